"""What each role says about an answer that is not blank.

Rules of LaunchDarkly's keys, tags and ids: its Terraform provider. Of Unleash's tags and ids: its server's
schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from tui.answers.fields import SecretFacts, Variable, selected
from tui.answers.finding import Finding, Offer
from tui.answers.say import problem, short, unknown, use, warning
from tui.launchdarkly.tags import LONGEST_TAG, TAG
from tui.net.errors import Remedy

Answers = Mapping[str, str]
Secrets = Mapping[str, SecretFacts]
Check = Callable[[Variable, str, Answers, Secrets], Iterator[Finding]]

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_NOT_IN_A_TAG = re.compile(r"[^a-zA-Z0-9_.-]+")
_LONGEST_PROJECT_KEY = 100
_MEMBER = re.compile(r"[a-fA-F0-9]{24}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_URL_FRIENDLY = re.compile(r"[A-Za-z0-9~_.-]{1,100}")


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
