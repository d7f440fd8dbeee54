"""What a field's role says about an answer: how a paste is tidied, and how an answer is judged while it is typed.

The rules for LaunchDarkly's keys, tags and ids are those of its Terraform provider; the rules for Unleash's tags and
ids are those of its server's schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.answers.fields import KINDS, SecretFacts, Tidied, Variable, selected
from tui.answers.finding import Finding, Level, Offer, problem, short, unknown, use, warning
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
from tui.net.errors import Remedy
from tui.net.reach import Outlook, Reach, Sighting, classify
from tui.secrets.references import is_placeholder

Answers = Mapping[str, str]
Secrets = Mapping[str, SecretFacts]
Rule = Callable[[Variable, str, Answers, Secrets], Iterator[Finding]]

LONGEST_ANSWER = 4096
INSTANCE_KEYS = tuple(each.key for each in INSTANCES)

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_NOT_IN_A_TAG = re.compile(r"[^a-zA-Z0-9_.-]+")
_LONGEST_PROJECT_KEY = 100
_MEMBER = re.compile(r"[a-fA-F0-9]{24}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_URL_FRIENDLY = re.compile(r"[A-Za-z0-9~_.-]{1,100}")
_LAUNCHDARKLY = re.compile(r"(?:.+\.)?launchdarkly\.(?:com|us)")
_UNLEASH_PAGE = re.compile(r"/(?:projects|features|admin|login|applications|playground|search)(?:/.*)?")


def anything(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    yield from ()


def boolean(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if value not in ("true", "false"):
        yield problem(variable, "Only true or false can stand here.")


def choice(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if value not in variable.choices:
        yield problem(variable, f"“{short(value)}” is none of the {len(variable.choices)} choices.")


def choices(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    for chosen in selected(variable, value):
        if chosen not in variable.choices:
            yield problem(variable, f"“{short(chosen)}” is none of the {len(variable.choices)} choices.")
            return


def project_key(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if "://" in value:
        yield problem(variable, "This is an address; the key stands in it after /projects/.")
    elif not _KEY.fullmatch(value):
        yield problem(variable, "A key has letters, digits, . _ - only. This may be the name.")
    elif len(value) > _LONGEST_PROJECT_KEY:
        yield warning(variable, f"Long for a project key: {len(value)} characters.")


def tags_of(text: str) -> tuple[str, ...]:
    """The tags in one line of text, between commas or blanks, each once, in their order."""
    return tuple(dict.fromkeys(re.findall(r"[^\s,;]+", text)))


def tags(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    written = tags_of(value)
    bad = next((tag for tag in written if _tag_fault(tag)), None)
    if bad is not None:
        good = ", ".join(tags_of(" ".join(_as_tag(tag) for tag in written)))
        yield problem(variable, _tag_fault(bad), use(variable, good) if good else None)


def tag(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if fault := _tag_fault(value):
        good = _as_tag(value)
        yield problem(variable, fault, use(variable, good) if good else None)


def _tag_fault(text: str) -> str:
    if not TAG.fullmatch(text):
        return "A tag has letters, digits, . _ - only, and no blank."
    if len(text) > LONGEST_TAG:
        return f"A tag has at most {LONGEST_TAG} characters; this has {len(text)}."
    return ""


def _as_tag(text: str) -> str:
    return _NOT_IN_A_TAG.sub("-", text).strip("-")[:LONGEST_TAG]


_PICK_MEMBER = Remedy.PICK_OR_CLEAR, "the member"


def member_id(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if "@" in value:
        yield problem(variable, "This is an e-mail address; the field takes the member's id.", None, *_PICK_MEMBER)
    elif not _MEMBER.fullmatch(value):
        yield problem(variable, "A member's id is 24 letters a-f and digits.", None, *_PICK_MEMBER)


def split_id(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if " " in value and "://" not in value:
        yield problem(variable, "This is a name; the field takes the id.", None, Remedy.PICK, "it")
    else:
        yield from split_environment(variable, value, answers, secrets)


def split_environment(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    """A name is no problem yet: asking Split turns it into the id."""
    if "://" in value:
        yield problem(variable, "No id stands in this address. Paste that of a flag's page in Split.")
    elif not _UUID.fullmatch(value):
        yield warning(variable, "Ids look like 1f03bc00-01f0-11ec-a057-42851e80ca2c. This may be the name.")
    elif any(answers.get(key) == value for key in ("workspaceId", "environmentId") if key != variable.key):
        yield problem(variable, "Workspace and environment hold the same id. One of them is wrong.")


def split_tag(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if "," in value:
        yield warning(variable, "Only one tag can stand here; a comma is taken as part of it.")


def source_project(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    yield from _unleash_id(variable, value, _written(secrets, 0), "project")


def source_environment(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    yield from _unleash_id(variable, value, _written(secrets, 1), "environment")


def _unleash_id(variable: Variable, value: str, written: str, what: str) -> Iterator[Finding]:
    offer = use(variable, written) if written and written != value else None
    if "://" in value:
        yield problem(variable, f"No {what} stands in this address. Write its id.", offer)
    elif not _URL_FRIENDLY.fullmatch(value):
        yield problem(variable, "An id has letters, digits, . _ ~ - only. This may be a name.", offer)
    elif offer:
        # A warning only: a key set by hand may say what it is not. The check of the key asks Unleash itself.
        yield warning(variable, f"The SDK key says {what} {short(written)}; Unleash would answer for that.", offer)


def from_key(variable: Variable, secrets: Secrets) -> Offer | None:
    """What the SDK key says about a field that is still blank."""
    part = {"source-project": 0, "source-environment": 1}.get(variable.role)
    written = "" if part is None else _written(secrets, part)
    return use(variable, written) if written else None


def _written(secrets: Secrets, part: int) -> str:
    scope = next((facts.scope for facts in secrets.values() if facts.scope), None)
    return "" if scope is None or scope[part] in ("*", "[]") else scope[part]


def unleash_tag(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    kind, colon, text = value.partition(":")
    if not colon:
        yield problem(
            variable,
            f"Unleash tags are type:value. Enter: simple:{short(value)}",
            use(variable, f"simple:{value}"),
        )
    elif not 2 <= len(kind) <= 50 or not 2 <= len(text.strip()) <= 50:
        yield problem(variable, "Unleash tags are type:value, each of 2 to 50 characters.")
    else:
        yield unknown(variable, f"Not known: does LaunchDarkly want this, or {short(text)} alone?")


# --- addresses


def check_uri(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    try:
        normal_base_url(value)
    except AddressError as error:
        yield problem(variable, str(error))


def check_base_url(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    """The address that LaunchDarkly itself will ask: to be reached from there, not only from here."""
    try:
        base = normal_base_url(value).url
    except AddressError as error:
        yield problem(variable, str(error))
        return
    parts = urlsplit(base)
    if page := _UNLEASH_PAGE.search(parts.path):
        shorter = base[: len(base) - len(page[0])]
        yield warning(
            variable,
            f"This is a page of Unleash. Its address ends before {short(page[0])}.",
            use(variable, shorter),
        )
    yield from _reach(variable, parts.hostname or "", answers)


def _reach(variable: Variable, host: str, answers: Answers) -> Iterator[Finding]:
    """By the host's text alone; the check of an address asks about one that looks public."""
    seen = Sighting(host, classify(host))
    if seen.reach is not Reach.PUBLIC and not reached_there(host, answers.get("host", "")):
        yield Finding(level_of(seen), variable.key, seen.sentence)


def level_of(seen: Sighting) -> Level:
    """How much it matters that LaunchDarkly is given such a host. OK says only that nothing is against it."""
    return {Outlook.PUBLIC: Level.OK, Outlook.LOOPBACK: Level.WARNING}.get(seen.outlook, Level.UNKNOWN)


def reached_there(host: str, launchdarkly: str) -> bool:
    """Whether LaunchDarkly itself is a practice server on this machine, which reaches what is here."""
    try:
        there = urlsplit(normal_base_url(launchdarkly).url).hostname or ""
    except AddressError:
        return False
    return is_loopback(host) and is_loopback(there)


def check_host(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> Iterator[Finding]:
    if value in INSTANCE_KEYS:
        return
    try:
        host = urlsplit(normal_base_url(value).url).hostname or ""
    except AddressError as error:
        yield problem(variable, f"{error} Or choose us, eu or federal.")
        return
    if not is_loopback(host) and not _LAUNCHDARKLY.fullmatch(host):
        yield warning(variable, "No address of LaunchDarkly's own. Your token would be sent there.")


# --- roles


@dataclass(frozen=True, slots=True)
class Role:
    """What a field is for. A key's own shape is judged by `secret_facts`, so its check adds nothing."""

    name: str
    tidy: Tidier
    check: Rule = anything


def tidy(variable: Variable, raw: str) -> Tidied:
    """`raw` without what a paste brought along. It may shorten an address: write it back to the input when
    the field is left or after a paste, not while the person types. Raises nothing."""
    return role_of(variable).tidy(raw)


def validate(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> tuple[Finding, ...]:
    """What there is to say about `value`, the worst first; nothing where all is well. Raises nothing.

    Of a secret `variable` the facts in `secrets` are judged; `value` only where there are none. No finding
    holds a secret. `answers` and `secrets` are those of all fields, for what contradicts another answer.
    """
    if variable.secret:
        facts = secrets.get(variable.key) or secret_facts(variable, value)
        return facts.findings if facts.length else _blank(variable, secrets)
    if not value.strip():
        return _blank(variable, secrets)
    if len(value) > LONGEST_ANSWER:
        return (problem(variable, f"Too long: {len(value):,} characters."),)
    if looks_secret(value.strip()):
        return (problem(variable, "This is a key, and no key belongs here.", None, Remedy.CLEAR),)
    if any(is_placeholder(each) for each in (value, *_entries(variable, value))):
        return (problem(variable, "This is a placeholder that was not filled in. Write the value itself."),)
    return tuple(role_of(variable).check(variable, value, answers, secrets))


def _entries(variable: Variable, value: str) -> tuple[str, ...]:
    """The single values of an answer that holds several."""
    return tags_of(value) if variable.role == "config-tags" else ()


def _blank(variable: Variable, secrets: Secrets) -> tuple[Finding, ...]:
    if variable.role == "ld-tag" and not variable.required:
        return (
            warning(variable, "Without a tag, imported flags are known only by key. Undo then needs the audit log."),
        )
    if not variable.required:
        return ()
    remedy = Remedy.CHOOSE_ONE if variable.choices else Remedy.SEE_HELP
    return (problem(variable, f"{variable.label} is missing.", from_key(variable, secrets), remedy),)


def role_of(variable: Variable) -> Role:
    """The role of a field; a secret is never taken for anything but a key."""
    role = ROLES.get(variable.role, ROLES["text"])
    return ROLES["secret"] if variable.secret and role.name not in KEY_ROLES else role


_PROJECT_ADDRESSES = (r"/projects/([^/?#\s]+)", r"launchdarkly\.[a-z]+/([^/?#\s]+)/[^/?#\s]+/features")

ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("text", tidy_text),
        Role("secret", tidy_key),
        Role("boolean", tidy_nothing, boolean),
        Role("choice", tidy_nothing, choice),
        Role("choices", tidy_nothing, choices),
        Role("uri", tidy_id, check_uri),
        Role("ld-token", tidy_key),
        Role("import-key", tidy_key),
        Role("host", tidy_host, check_host),
        Role("project-key", tidy_id_from(*_PROJECT_ADDRESSES), project_key),
        Role("config-name", tidy_text),
        Role("config-tags", tidy_text, tags),
        Role("ld-tag", tidy_id, tag),
        Role("member-id", tidy_id_from(r"/members/([a-f0-9]{24})"), member_id),
        Role("split-key", tidy_key),
        Role("split-workspace", tidy_id_from(r"/ws/([^/?#\s]+)"), split_id),
        Role("split-environment", tidy_id_from(r"/env/([^/?#\s]+)"), split_environment),
        Role("split-tag", tidy_text, split_tag),
        Role("source-api", tidy_base_url, check_uri),
        Role("base-url", tidy_base_url, check_base_url),
        Role("unleash-key", tidy_key),
        Role("unleash-helper", tidy_key),
        Role("source-project", tidy_id_from(r"/projects/([^/?#\s]+)"), source_project),
        Role("source-environment", tidy_id_from(r"[?&]environmentId=([^&#\s]+)"), source_environment),
        Role("unleash-tag", tidy_text, unleash_tag),
    )
}
"""All roles by name. A front may ask for a picker by role; a manifest's guide may name one."""

TOGETHER_IN_AN_ADDRESS: dict[str, tuple[str, ...]] = {
    "split-workspace": ("split-environment",),
    "split-environment": ("split-workspace",),
}
"""The roles whose ids stand in one browser address, that of a flag's page in Split or Harness FME
(`/ws/ID/splits/ID/env/ID`)."""

ROLE_OF_KIND: dict[str, str] = {
    **dict.fromkeys(KINDS, "text"),
    "boolean": "boolean",
    "uri": "uri",
    "enum": "choice",
    "multiselect": "choices",
}
"""What a variable is where nothing tells more than its kind."""
