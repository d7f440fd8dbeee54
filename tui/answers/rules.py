"""The rules of each role: how a pasted answer is tidied, and how an answer is validated while it is typed.

The rules for LaunchDarkly's keys, tags, and ids are those of its Terraform provider; the rules for Unleash's tags and
ids are those of its server's schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.answers.fields import KINDS, SecretFacts, Tidied, Variable, selected
from tui.answers.finding import Finding, Level, Offer, short
from tui.answers.secret_facts import KEY_ROLES, looks_secret, secret_facts
from tui.answers.tidying import (
    Tidier,
    tidy_base_url,
    tidy_host,
    tidy_id,
    tidy_id_from,
    tidy_key,
    tidy_nothing,
    tidy_text,
)
from tui.launchdarkly.instances import INSTANCES
from tui.launchdarkly.tags import LONGEST_TAG, TAG
from tui.net.address import AddressError, is_loopback, normal_base_url
from tui.net.errors import Advice, Remedy
from tui.net.reach import Outlook, Reach, Sighting, classify
from tui.secrets.references import is_placeholder

LONGEST_ANSWER = 4096
INSTANCE_KEYS = tuple(instance.key for instance in INSTANCES)

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_NOT_IN_A_TAG = re.compile(r"[^a-zA-Z0-9_.-]+")
_LONGEST_PROJECT_KEY = 100
_MEMBER = re.compile(r"[a-fA-F0-9]{24}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_URL_FRIENDLY = re.compile(r"[A-Za-z0-9~_.-]{1,100}")
_LAUNCHDARKLY = re.compile(r"(?:.+\.)?launchdarkly\.(?:com|us)")
_UNLEASH_PAGE = re.compile(r"/(?:projects|features|admin|login|applications|playground|search)(?:/.*)?")


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value of a field, with the values and the secrets of all fields, which it may contradict."""

    field: Variable
    text: str
    values: Mapping[str, str]
    secrets: Mapping[str, SecretFacts]

    def problem(self, text: str, offer: Offer | None = None, remedy: Remedy | None = None, about: str = "") -> Finding:
        advice = Advice(remedy, about) if remedy else None
        return Finding(Level.PROBLEM, self.field.key, text, offer, advice)

    def warning(self, text: str, offer: Offer | None = None) -> Finding:
        return Finding(Level.WARNING, self.field.key, text, offer)

    def use(self, value: str) -> Offer:
        return Offer(f"Use {short(value)}", self.field.key, value)

    def in_key(self) -> str:
        """Return the project or environment that an Unleash SDK key names for this field, "" for none or several."""
        part = {"source-project": 0, "source-environment": 1}.get(self.field.role)
        scope = next((facts.scope for facts in self.secrets.values() if facts.scope), None)
        return "" if part is None or scope is None or scope[part] in ("*", "[]") else scope[part]


Rule = Callable[[FieldValue], Iterator[Finding]]


def _anything(value: FieldValue) -> Iterator[Finding]:
    yield from ()


def _boolean(value: FieldValue) -> Iterator[Finding]:
    if value.text not in ("true", "false"):
        yield value.problem("Enter true or false.")


def _choice(value: FieldValue) -> Iterator[Finding]:
    if value.text not in value.field.choices:
        yield _no_choice(value, value.text)


def _choices(value: FieldValue) -> Iterator[Finding]:
    unknown = [choice for choice in selected(value.field, value.text) if choice not in value.field.choices]
    yield from (_no_choice(value, choice) for choice in unknown[:1])


def _no_choice(value: FieldValue, text: str) -> Finding:
    return value.problem(f"“{short(text)}” isn't one of the {len(value.field.choices)} choices.")


def _project_key(value: FieldValue) -> Iterator[Finding]:
    if "://" in value.text:
        yield value.problem("No project key found in this address. It comes after /projects/.")
    elif not _KEY.fullmatch(value.text):
        yield value.problem("Use only letters, digits, and . _ - characters. Enter the key, not the name.")
    elif len(value.text) > _LONGEST_PROJECT_KEY:
        yield value.warning(f"{len(value.text)} characters is long for a project key.")


def tags_of(text: str) -> tuple[str, ...]:
    """Return the distinct tags in a line of text, in order. Commas and blanks separate them."""
    return tuple(dict.fromkeys(re.findall(r"[^\s,;]+", text)))


def _tags(value: FieldValue) -> Iterator[Finding]:
    yield from _tag_findings(value, tags_of(value.text))


def _tag(value: FieldValue) -> Iterator[Finding]:
    yield from _tag_findings(value, (value.text,))


def _tag_findings(value: FieldValue, tags: tuple[str, ...]) -> Iterator[Finding]:
    """Report the first tag that LaunchDarkly refuses, and offer all tags without the characters it refuses."""
    for tag in tags:
        if not TAG.fullmatch(tag):
            fault = "Tags contain only letters, digits, and . _ - characters, without spaces."
        elif len(tag) > LONGEST_TAG:
            fault = f"Tags have at most {LONGEST_TAG} characters. This one has {len(tag)}."
        else:
            continue
        allowed = (_NOT_IN_A_TAG.sub("-", tag).strip("-")[:LONGEST_TAG] for tag in tags)
        good = ", ".join(dict.fromkeys(filter(None, allowed)))
        yield value.problem(fault, value.use(good) if good else None)
        return


def _member_id(value: FieldValue) -> Iterator[Finding]:
    pick = Remedy.PICK_OR_CLEAR, "the member"
    if "@" in value.text:
        yield value.problem("This is an email address, not a member ID.", None, *pick)
    elif not _MEMBER.fullmatch(value.text):
        yield value.problem("Member IDs have 24 characters: digits and a-f.", None, *pick)


def _split_id(value: FieldValue) -> Iterator[Finding]:
    if " " in value.text and "://" not in value.text:
        yield value.problem("This is a name, not an ID.", None, Remedy.PICK, "it")
    else:
        yield from _split_environment(value)


def _split_environment(value: FieldValue) -> Iterator[Finding]:
    """Judge an environment's id. A name is no problem yet: asking Split turns it into the id."""
    others = [value.values.get(key) for key in ("workspaceId", "environmentId") if key != value.field.key]
    if "://" in value.text:
        yield value.problem("No ID found in this address. Paste the address of a flag's page in Split.")
    elif not _UUID.fullmatch(value.text):
        yield value.warning("IDs look like 1f03bc00-01f0-11ec-a057-42851e80ca2c. This may be a name.")
    elif value.text in others:
        yield value.problem("The workspace and the environment have the same ID. One of them is wrong.")


def _split_tag(value: FieldValue) -> Iterator[Finding]:
    if "," in value.text:
        yield value.warning("Enter one tag. A comma counts as part of it.")


def _unleash_id(value: FieldValue) -> Iterator[Finding]:
    noun = value.field.role.removeprefix("source-")
    in_key = value.in_key()
    offer = value.use(in_key) if in_key and in_key != value.text else None
    if "://" in value.text:
        yield value.problem(f"No {noun} found in this address. Enter its ID.", offer)
    elif not _URL_FRIENDLY.fullmatch(value.text):
        yield value.problem("Use only letters, digits, and . _ ~ - characters. Enter the ID, not the name.", offer)
    elif offer:
        # Only a warning: a key that was set by hand may name anything. The check of the key asks Unleash itself.
        yield value.warning(f"The SDK key is for {noun} {short(in_key)}. Unleash would return those flags.", offer)


def _unleash_tag(value: FieldValue) -> Iterator[Finding]:
    kind, colon, text = value.text.partition(":")
    if not colon:
        offer = value.use(f"simple:{value.text}")
        yield value.problem(f"Unleash tags look like type:value. Try simple:{short(value.text)}.", offer)
    elif not 2 <= len(kind) <= 50 or not 2 <= len(text.strip()) <= 50:
        yield value.problem("Unleash tags look like type:value. Each part has 2 to 50 characters.")
    else:
        question = f"LaunchDarkly doesn't document the format. It may expect only {short(text)}."
        yield Finding(Level.UNKNOWN, value.field.key, question)


# --- addresses


def _uri(value: FieldValue) -> Iterator[Finding]:
    try:
        normal_base_url(value.text)
    except AddressError as error:
        yield value.problem(str(error))


def _base_url(value: FieldValue) -> Iterator[Finding]:
    """Judge the address that LaunchDarkly itself will ask, by its text alone; the check resolves a public name."""
    try:
        base = normal_base_url(value.text).url
    except AddressError as error:
        yield value.problem(str(error))
        return
    parts = urlsplit(base)
    if page := _UNLEASH_PAGE.search(parts.path):
        offer = value.use(base.removesuffix(page[0]))
        yield value.warning(f"This is a page in Unleash. The server's address ends before {short(page[0])}.", offer)
    host = parts.hostname or ""
    sighting = Sighting(host, classify(host))
    if sighting.reach is not Reach.PUBLIC and not reached_there(host, value.values.get("host", "")):
        yield Finding(level_of(sighting), value.field.key, sighting.sentence)


def level_of(sighting: Sighting) -> Level:
    """Return how much a host's reachability matters. OK means only that nothing speaks against it."""
    return {Outlook.PUBLIC: Level.OK, Outlook.LOOPBACK: Level.WARNING}.get(sighting.outlook, Level.UNKNOWN)


def reached_there(host: str, launchdarkly: str) -> bool:
    """Return whether LaunchDarkly is a demo server on this machine, which reaches other servers here."""
    try:
        launchdarkly_host = urlsplit(normal_base_url(launchdarkly).url).hostname or ""
    except AddressError:
        return False
    return is_loopback(host) and is_loopback(launchdarkly_host)


def _host(value: FieldValue) -> Iterator[Finding]:
    if value.text in INSTANCE_KEYS:
        return
    try:
        host = urlsplit(normal_base_url(value.text).url).hostname or ""
    except AddressError as error:
        yield value.problem(f"{error} Or use us, eu, or federal.")
        return
    if not is_loopback(host) and not _LAUNCHDARKLY.fullmatch(host):
        yield value.warning("This isn't a LaunchDarkly address. Your token would be sent there.")


# --- roles


@dataclass(frozen=True, slots=True)
class Role:
    """What a field is for. `secret_facts` judges a key, so the rule of its role adds nothing."""

    name: str
    tidy: Tidier
    rule: Rule = _anything


def tidy(variable: Variable, raw: str) -> Tidied:
    """Return `raw` without what a paste brought along. Never raises.

    It may shorten an address: write it back to the input after a paste or when the field is left, not while the user
    types.
    """
    return role_of(variable).tidy(raw)


def validate(
    variable: Variable, value: str, values: Mapping[str, str], secrets: Mapping[str, SecretFacts]
) -> tuple[Finding, ...]:
    """Return the findings about `value`, the worst first. Never raises, and no finding contains a secret.

    A secret is judged by its facts in `secrets`; `value` counts only without them. `values` and `secrets` are those of
    all fields.
    """
    entry = FieldValue(variable, value, values, secrets)
    if variable.secret:
        facts = secrets.get(variable.key) or secret_facts(variable, value)
        return facts.findings if facts.length else _blank(entry)
    if not value.strip():
        return _blank(entry)
    if len(value) > LONGEST_ANSWER:
        return (entry.problem(f"Too long: {len(value):,} characters. The limit is {LONGEST_ANSWER:,}."),)
    if looks_secret(value.strip()):
        return (entry.problem("This is a key. Keys don't belong in this field.", None, Remedy.CLEAR),)
    parts = tags_of(value) if variable.role == "config-tags" else ()
    if any(is_placeholder(part) for part in (value, *parts)):
        return (entry.problem("This placeholder wasn't filled in. Enter the value."),)
    return tuple(role_of(variable).rule(entry))


def _blank(value: FieldValue) -> tuple[Finding, ...]:
    field = value.field
    if field.role == "ld-tag" and not field.required:
        return (value.warning("Without a tag, Undo needs access to the audit log."),)
    if not field.required:
        return ()
    offer = value.use(in_key) if (in_key := value.in_key()) else None
    remedy = Remedy.CHOOSE_ONE if field.choices else Remedy.SEE_HELP
    return (value.problem(f"{field.label} is required.", offer, remedy),)


def role_of(variable: Variable) -> Role:
    """Return the role of a field; a secret never passes for anything but a key."""
    role = ROLES.get(variable.role, ROLES["text"])
    return ROLES["secret"] if variable.secret and role.name not in KEY_ROLES else role


_PROJECT_ADDRESSES = (r"/projects/([^/?#\s]+)", r"launchdarkly\.[a-z]+/([^/?#\s]+)/[^/?#\s]+/features")

ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("text", tidy_text),
        Role("secret", tidy_key),
        Role("boolean", tidy_nothing, _boolean),
        Role("choice", tidy_nothing, _choice),
        Role("choices", tidy_nothing, _choices),
        Role("uri", tidy_id, _uri),
        Role("ld-token", tidy_key),
        Role("import-key", tidy_key),
        Role("host", tidy_host, _host),
        Role("project-key", tidy_id_from(*_PROJECT_ADDRESSES), _project_key),
        Role("config-name", tidy_text),
        Role("config-tags", tidy_text, _tags),
        Role("ld-tag", tidy_id, _tag),
        Role("member-id", tidy_id_from(r"/members/([a-f0-9]{24})"), _member_id),
        Role("split-key", tidy_key),
        Role("split-workspace", tidy_id_from(r"/ws/([^/?#\s]+)"), _split_id),
        Role("split-environment", tidy_id_from(r"/env/([^/?#\s]+)"), _split_environment),
        Role("split-tag", tidy_text, _split_tag),
        Role("source-api", tidy_base_url, _uri),
        Role("base-url", tidy_base_url, _base_url),
        Role("unleash-key", tidy_key),
        Role("unleash-helper", tidy_key),
        Role("source-project", tidy_id_from(r"/projects/([^/?#\s]+)"), _unleash_id),
        Role("source-environment", tidy_id_from(r"[?&]environmentId=([^&#\s]+)"), _unleash_id),
        Role("unleash-tag", tidy_text, _unleash_tag),
    )
}
"""All roles by name. A front may ask for a picker by role; a manifest's guide may name one."""

TOGETHER_IN_AN_ADDRESS: dict[str, tuple[str, ...]] = {
    "split-workspace": ("split-environment",),
    "split-environment": ("split-workspace",),
}
"""Roles whose ids share a browser address, that of a flag in Split or Harness FME (`/ws/ID/splits/ID/env/ID`)."""

ROLE_OF_KIND: dict[str, str] = {
    **dict.fromkeys(KINDS, "text"),
    "boolean": "boolean",
    "uri": "uri",
    "enum": "choice",
    "multiselect": "choices",
}
"""The role of a variable of which only the kind is known."""
