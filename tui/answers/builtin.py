"""The fields that stand in no manifest, and what is said of the three that every source shares."""

from __future__ import annotations

from tui.answers.fields import Guide, Variable
from tui.answers.rules import INSTANCE_KEYS

_WHERE_ACCESS_IS_MADE = (
    "In LaunchDarkly: gear icon (Organization settings) > Authorization > Access tokens > Create token."
)


TOKEN = Variable(
    "token",
    "Your token",
    role="ld-token",
    help="Makes the import for you: api- and 36 characters.",
    secret=True,
    guide=Guide(
        what="A LaunchDarkly access token. This program uses it to look up your projects and to create the "
        "import. It is sent to the instance chosen here and nowhere else, and is not written "
        "into the import. An SDK key (sdk-), a mobile key (mob-) or a client-side ID is something else and "
        "does not work.",
        where=(
            _WHERE_ACCESS_IS_MADE,
            "It is shown once, right after it is made. Copy it then; later it is masked.",
            "No gear icon, or no Create token there? Ask an admin of your LaunchDarkly account for a token.",
        ),
        right="It must be allowed to create import configurations in the project. Which role covers that "
        "is not documented; Reader does not, Admin most likely does. The check here shows what it may see.",
    ),
)

HOST = Variable(
    "host",
    "Instance",
    role="host",
    help="The LaunchDarkly you sign in to.",
    default="us",
    placeholder="https://",
    choices=INSTANCE_KEYS,
    guide=Guide(
        what="LaunchDarkly runs in separate places that know nothing of each other. A token of one is "
        "refused by the others. Another address is for special set-ups only: your token is sent there.",
        where=(
            "Look at the address in your browser when you are signed in to LaunchDarkly:",
            "app.launchdarkly.com is US, app.eu.launchdarkly.com is EU, app.launchdarkly.us is Federal.",
        ),
    ),
)

PROJECT = Variable(
    "project",
    "Project",
    role="project-key",
    help="The LaunchDarkly project that gets the flags.",
    placeholder="type to search",
    guide=Guide(
        what="All flags of this import arrive in one LaunchDarkly project. It cannot be changed later; for "
        "another project make another import. A flag whose key already exists in the project is left alone.",
        where=(
            "Type a part of its name or key here and choose it from the list.",
            "In LaunchDarkly: the key is the part after /projects/ in the address. You may paste the whole address.",
        ),
        right="Your token must see the project. One that is missing in the list may be hidden from your role.",
    ),
)

CONFIG_NAME = Variable(
    "config-name",
    "Name",
    role="config-name",
    help="How this import is listed in LaunchDarkly.",
    guide=Guide(
        what="The name of the import configuration, to find it again. LaunchDarkly itself takes the same "
        "name twice; this program does not, since two of one name could be a copy by mistake.",
        where=("In LaunchDarkly: imports are listed on the Integrations page, under Split or Unleash.",),
    ),
)

CONFIG_TAGS = Variable(
    "config-tags",
    "Configuration tags",
    role="config-tags",
    help="Tag the configuration, not the flags. May be blank.",
    required=False,
    placeholder="e.g. migration, team-a",
    guide=Guide(
        what="Labels for the import configuration itself, with commas between them: letters, digits, . _ "
        "and - . The tag that the flags get is another field, Flag tag.",
    ),
)

SOURCE_API = Variable(
    "source-api",
    "Split API address",
    role="source-api",
    help="Where this program asks Split. Leave it as it is.",
    hidden=True,
    default="https://api.split.io/internal/api/v2",
    guide=Guide(
        what="This program reads Split itself, to check the key and to show what would arrive. The address "
        "stays the same after a move to Harness FME. It is not sent to LaunchDarkly, which has its own.",
        where=("Only where your company reaches Split over an address of its own: ask whoever runs it.",),
    ),
)

HELPER = Variable(
    "source-helper",
    "Token for looking",
    role="unleash-helper",
    help="Fills lists to pick from. May be blank; it is not kept.",
    required=False,
    secret=True,
    hidden=True,
    guide=Guide(
        what="An SDK key cannot list projects, environments and tags. An admin token (*:*.) or a personal one (user:) "
        "can: with it the next step has lists to pick from. It is sent to your Unleash address and nowhere else, "
        "LaunchDarkly never sees it, and it is forgotten when you leave.",
        where=(
            "In Unleash: your picture, top right > View profile settings > Personal API tokens > New token.",
            "In older ones, for admins: Admin settings > API access, type admin.",
        ),
        right="What its owner may see in Unleash is what the lists show. Leave it blank and type the values.",
    ),
)

GUIDES: dict[str, Guide] = {
    "import-key": Guide(
        what="A second LaunchDarkly access token. LaunchDarkly stores it in the import and makes the flags "
        "with it, every time the import runs. So it should be a narrow one, best a service token, and not "
        "your own token.",
        where=(
            _WHERE_ACCESS_IS_MADE,
            "Tick that it is a service token: it then does not end with a member's account.",
            "For Role choose an inline policy or a custom role, if your plan has them; else Writer.",
            "A narrow policy allows createFlag on proj/PROJECT:env/*:flag/* with your project's key as PROJECT.",
        ),
        right="It must be allowed to create flags in the project. Whether setting tags and the maintainer "
        "needs more is not documented; if flags arrive without them, allow updateTags and updateMaintainer "
        "too.",
    ),
    "ld-tag": Guide(
        what="Every flag that this import creates gets this tag, so that you find them all: in "
        "LaunchDarkly by filtering the flag list, here when arrivals are counted and checked. A new tag is "
        "made by writing it. It has letters, digits, . _ and - , at most 64 and no blank.",
        where=("In LaunchDarkly: the Flags list can be filtered by tag.",),
    ),
    "member-id": Guide(
        what="The LaunchDarkly member who becomes the maintainer of the flags that arrive. Left blank, "
        "LaunchDarkly decides. Its own import form hides this field; it is set here alone.",
        where=(
            "Pick the member here by name or e-mail address.",
            "The id itself is 24 letters a-f and digits; LaunchDarkly's API shows it as _id of a member.",
        ),
        right="Your token must be allowed to list the members, or you type the id.",
    ),
}
"""What F1 says of the form variables that every source has, by role; a manifest's own guide comes first."""
