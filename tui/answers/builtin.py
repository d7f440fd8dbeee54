"""The fields that are in no manifest, and the help for the three form variables that every source has."""

from __future__ import annotations

from tui.answers.fields import Guide, Variable
from tui.answers.rules import INSTANCE_KEYS

_WHERE_TO_CREATE = "In LaunchDarkly: gear icon (Organization settings) > Authorization > Access tokens > Create token."


TOKEN = Variable(
    "token",
    "Your token",
    role="ld-token",
    help="A LaunchDarkly access token: api- and 36 characters.",
    secret=True,
    guide=Guide(
        what="A LaunchDarkly access token. The wizard uses it to list your projects and to create the import. It is "
        "sent only to the instance you chose, and it isn't part of the import. SDK keys (sdk-), mobile keys (mob-), "
        "and client-side IDs don't work.",
        where=(
            _WHERE_TO_CREATE,
            "LaunchDarkly shows the token once, right after you create it. Copy it then.",
            "If you don't see the gear icon or Create token, ask an admin of your LaunchDarkly account for a token.",
        ),
        right="It must be able to create import configurations in the project. LaunchDarkly doesn't document which "
        "role allows that. Reader doesn't; Admin most likely does. The wizard shows what the token can list.",
    ),
)

HOST = Variable(
    "host",
    "Instance",
    role="host",
    help="The LaunchDarkly instance you sign in to.",
    default="us",
    placeholder="for example https://ld.example.com",
    choices=INSTANCE_KEYS,
    guide=Guide(
        what="LaunchDarkly runs separate instances. A token works on one of them only. Enter another address only if "
        "your company has its own: your token is sent there.",
        where=(
            "Check the address in your browser when you are signed in to LaunchDarkly:",
            "app.launchdarkly.com is US, app.eu.launchdarkly.com is EU, app.launchdarkly.us is Federal.",
        ),
    ),
)

PROJECT = Variable(
    "project",
    "Project",
    role="project-key",
    help="The LaunchDarkly project to import the flags into.",
    placeholder="type to search",
    guide=Guide(
        what="The import creates all flags in one LaunchDarkly project. You can't change the project later; create "
        "another import for another project. Flags whose key already exists in the project are skipped.",
        where=(
            "Type part of the project's name or key here, and choose it from the list.",
            "In LaunchDarkly: the key comes after /projects/ in the address. You can paste the whole address.",
        ),
        right="Your token must be able to see the project. If a project isn't in the list, your role may hide it.",
    ),
)

CONFIG_NAME = Variable(
    "config-name",
    "Name",
    role="config-name",
    help="Shown in LaunchDarkly's list of imports.",
    guide=Guide(
        what="The name of the import in LaunchDarkly, so that you can find it again. LaunchDarkly allows two imports "
        "with the same name. The wizard doesn't, because one of them could be a duplicate.",
        where=("In LaunchDarkly: the Integrations page lists imports under Split or Unleash.",),
    ),
)

CONFIG_TAGS = Variable(
    "config-tags",
    "Import tags",
    role="config-tags",
    help="Optional. Tags for the import, not for the flags.",
    required=False,
    placeholder="for example migration, team-a",
    guide=Guide(
        what="Tags for the import itself, separated by commas. They can contain letters, digits, . _ and -. To tag "
        "the flags, use the field Flag tag.",
    ),
)

SOURCE_API = Variable(
    "source-api",
    "Split API address",
    role="source-api",
    help="Where the wizard reads Split. Usually correct.",
    hidden=True,
    default="https://api.split.io/internal/api/v2",
    guide=Guide(
        what="The wizard reads Split itself, to check your key and to show what the import will do. The address is "
        "the same after a move to Harness FME. It isn't sent to LaunchDarkly, which uses its own.",
        where=("Change it only if your company reaches Split at another address. Ask whoever runs it.",),
    ),
)

HELPER = Variable(
    "source-helper",
    "Unleash admin token",
    role="unleash-helper",
    help="Lets you pick from lists. Never stored.",
    required=False,
    secret=True,
    hidden=True,
    guide=Guide(
        what="An SDK key can't list projects, environments, and tags. An admin token (*:*.) or a personal token "
        "(user:) can: with it you pick them from lists on the next step. It is sent only to your Unleash address, "
        "never to LaunchDarkly. The wizard forgets it when you quit.",
        where=(
            "In Unleash: your picture, top right > View profile settings > Personal API tokens > New token.",
            "In older versions, for admins: Admin settings > API access, type admin.",
        ),
        right="The lists show what the token's owner can see in Unleash. Without a token, enter the values yourself.",
    ),
)

GUIDES: dict[str, Guide] = {
    "import-key": Guide(
        what="A second LaunchDarkly access token. LaunchDarkly stores it in the import and uses it to create the "
        "flags each time the import runs. Use a token with few permissions, preferably a service token, instead of "
        "your own token.",
        where=(
            "Create one creates a service token that can only create flags in your project. Your own token needs the "
            "role Admin, or a custom role that can manage access tokens.",
            "Or create it yourself, and paste it here.",
            _WHERE_TO_CREATE,
            "Select that it is a service token, so that it doesn't depend on a member's account.",
            "For Role, choose an inline policy or a custom role if your plan has them. Otherwise choose Writer.",
            "A narrow policy allows createFlag on proj/PROJECT:env/*:flag/*. Replace PROJECT with your project's key.",
        ),
        right="It must be able to create flags in the project. LaunchDarkly doesn't document whether setting tags and "
        "the maintainer needs more. If imported flags don't have them, also allow updateTags and updateMaintainer.",
    ),
    "ld-tag": Guide(
        what="The import adds this tag to every flag it creates. You can filter LaunchDarkly's flag list by it, and "
        "the wizard uses it to check the imported flags. Enter a new tag to create it. Tags have at most 64 "
        "characters: letters, digits, . _ and -, no spaces.",
        where=("In LaunchDarkly: you can filter the Flags list by tag.",),
    ),
    "member-id": Guide(
        what="The LaunchDarkly member who becomes the maintainer of the imported flags. If you leave it blank, "
        "LaunchDarkly decides. LaunchDarkly's own import form doesn't show this field.",
        where=(
            "Pick the member here by name or email address.",
            "The ID has 24 characters: digits and a-f. In LaunchDarkly's API it is a member's _id.",
        ),
        right="To pick from a list, your token must be able to list members. Otherwise enter the ID.",
    ),
}
"""The help pages of the form variables that every source has, by role. A manifest's own guide comes first."""
