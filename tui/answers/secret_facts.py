"""What the shape of a key says about it, without keeping any of it.

Shapes of LaunchDarkly's keys: its documentation and CLI (`api-` and a UUID; `sdk-`, `mob-` and client-side
ids never open the REST API). Of Unleash's tokens: `generateSecretKey` in its server. Split's keys are opaque.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tui.answers.fields import SecretFacts, Variable
from tui.answers.finding import Finding, Level
from tui.net.errors import Advice, Remedy
from tui.secrets.references import is_placeholder
from tui.text.key_shapes import LD_UUID, UNLEASH_V2, holds_key
from tui.text.redact import SHORTEST

LD_API = "ld-api"
LD_SDK = "ld-sdk"
LD_MOBILE = "ld-mobile"
LD_CLIENT_ID = "ld-client-id"
UNLEASH_SDK = "unleash-sdk"
UNLEASH_ADMIN = "unleash-admin"
UNLEASH_PERSONAL = "unleash-personal"
HARNESS = "harness"
UNKNOWN = ""

LONGEST = 4096

_LD_API = re.compile(rf"api-{LD_UUID}", re.IGNORECASE)
_UNLEASH_SECRET = rf"(?:[0-9a-f]{{56}}|{UNLEASH_V2})"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (LD_API, _LD_API),
    (LD_SDK, re.compile(r"sdk-[0-9a-zA-Z-]+")),
    (LD_MOBILE, re.compile(r"mob-[0-9a-zA-Z-]+")),
    (LD_CLIENT_ID, re.compile(r"[0-9a-f]{24}")),
    (UNLEASH_ADMIN, re.compile(r"\*:\*\..+", re.DOTALL)),
    (UNLEASH_PERSONAL, re.compile(r"user:[^.]+", re.DOTALL)),
    (HARNESS, re.compile(r"[ps]at\.[^.]+\..+")),
)
_PROJECT = r"(\*|\[\]|[A-Za-z0-9~_.-]{1,100})"
# Made by Unleash: its secret after the last dot before it. Set by hand: anything after the first one; what follows
# must be long enough to be the secret, so that no piece of an unknown key is taken for an environment.
_UNLEASH = (
    re.compile(rf"{_PROJECT}:([A-Za-z0-9~_.-]{{1,100}}?)\.{_UNLEASH_SECRET}"),
    re.compile(rf"{_PROJECT}:([A-Za-z0-9~_-]{{1,100}})\.[^:]{{12,}}"),
)
_VARIABLE_NAME = re.compile(r"env:\w+|file:.+|keyring")
_ASSIGNMENT = re.compile(r"(?:export\s*)?[A-Z][A-Z0-9_]{2,}=[\w\"'].*")
_FOREIGN = re.compile(r"[^!-~]")
_MASKED = re.compile(r"\*{3}|•|…|\.{3}|x{8}", re.IGNORECASE)


def kind_of(value: str) -> str:
    """The kind of key that `value` is by its shape; `UNKNOWN` where the shape says nothing."""
    for kind, shape in _SHAPES:
        if shape.fullmatch(value):
            return kind
    return UNLEASH_SDK if scope_of(value) else UNKNOWN


def scope_of(value: str) -> tuple[str, str] | None:
    """Project and environment written into an Unleash SDK key; a hint only, since an alias may differ."""
    for shape in _UNLEASH:
        if match := shape.fullmatch(value):
            return match[1], match[2]
    return None


def looks_secret(value: str) -> bool:
    """Whether a value typed into a field that is no key field has, or contains, the unmistakable shape of a key."""
    return len(value) <= LONGEST and holds_key(value)


def secret_facts(variable: Variable, value: str) -> SecretFacts:
    """What may be known of the secret `value` typed for `variable`. Raises nothing, keeps nothing of it."""
    if not value:
        return SecretFacts(0)
    kind = kind_of(value) if len(value) <= LONGEST else UNKNOWN
    expects = _EXPECTS.get(variable.role, _any_secret)
    damage = next(_damaged(value), None)
    findings = (
        (Finding(Level.PROBLEM, variable.key, damage[0], advice=damage[1]),)
        if damage
        else tuple(Finding(level, variable.key, text) for level, text in expects(value, kind))
    )
    scope = scope_of(value) if kind == UNLEASH_SDK and variable.role == "unleash-key" else None
    return SecretFacts(len(value), kind, scope, findings)


_Said = tuple[Level, str]


_AGAIN = Advice(Remedy.PASTE_AGAIN)
_ITSELF = Advice(Remedy.PASTE_ALONE, "the key itself")


def _damaged(value: str) -> Iterator[tuple[str, Advice | None]]:
    """What is wrong with a key whatever it opens: the first thing found is the one to mend."""
    if is_placeholder(value):
        yield "This is a placeholder that was not filled in.", _ITSELF
    if len(value) < SHORTEST:
        yield f"Too short for a key: {len(value)} characters, of at least {SHORTEST}.", _AGAIN
    if len(value) > LONGEST:
        yield f"Too long for a key: {len(value):,} characters arrived.", Advice(Remedy.PASTE_ALONE, "the key alone")
    if _MASKED.search(value):
        yield "This is a key with a part hidden. Copy it where it is made, whole.", None
    if _VARIABLE_NAME.fullmatch(value):
        yield "This names where a key is kept.", _ITSELF
    if _ASSIGNMENT.fullmatch(value):
        yield "This is a line NAME=key.", Advice(Remedy.PASTE_ALONE, "only what stands after the =")
    if foreign := _FOREIGN.search(value):
        what = "A blank" if foreign[0].isspace() else "The character"
        yield f"{what} at place {foreign.start() + 1} cannot be part of a key.", _AGAIN


_NOT_FOR_REST = {
    LD_SDK: "This is an SDK key; it does not open the API. Make an access token; it starts with api-.",
    LD_MOBILE: "This is a mobile key; it does not open the API. Make an access token (api-).",
    LD_CLIENT_ID: "This is a client-side ID, which is no key. Make an access token; it starts with api-.",
    UNLEASH_SDK: "This is an Unleash key. LaunchDarkly's tokens start with api-.",
    UNLEASH_ADMIN: "This is an Unleash admin token. LaunchDarkly's tokens start with api-.",
    UNLEASH_PERSONAL: "This is an Unleash personal token. LaunchDarkly's tokens start with api-.",
    HARNESS: "This is a Harness token. LaunchDarkly's tokens start with api-.",
}


def _launchdarkly(value: str, kind: str) -> Iterator[_Said]:
    if kind in _NOT_FOR_REST:
        yield Level.PROBLEM, _NOT_FOR_REST[kind]
    elif kind != LD_API and value.lower().startswith("api-"):
        yield Level.WARNING, f"Tokens have 40 characters; {len(value)} arrived. A part may be missing."
    elif kind != LD_API:
        yield Level.WARNING, "Tokens start with api-; this does not. The check asks LaunchDarkly."


_NOT_FOR_UNLEASH = {
    LD_API: "This is a LaunchDarkly token. Unleash's keys look like project:environment.secret.",
    LD_SDK: "This is a LaunchDarkly SDK key. Unleash's keys look like project:environment.secret.",
    LD_MOBILE: "This is a LaunchDarkly mobile key. Unleash's look like project:environment.secret.",
    HARNESS: "This is a Harness token. Unleash's keys look like project:environment.secret.",
    UNLEASH_ADMIN: "An admin token is for looking only. As SDK key it silently reads the wrong "
    "environment; make a backend token. This one can be given below, under more.",
    UNLEASH_PERSONAL: "A personal token is for looking only. As SDK key it silently reads the wrong "
    "environment; make a backend token. This one can be given below, under more.",
}


def _unleash(value: str, kind: str) -> Iterator[_Said]:
    if kind in _NOT_FOR_UNLEASH:
        yield Level.PROBLEM, _NOT_FOR_UNLEASH[kind]
    elif scope := scope_of(value):
        project = {"*": "all projects", "[]": "several projects"}.get(scope[0], f"project {_short(scope[0])}")
        yield Level.NOTE, f"Written into it: {project}, {_short(scope[1])}."
    else:
        yield Level.WARNING, "Not as usual: project:environment.secret. The check asks Unleash."


_LOOKING = (UNLEASH_ADMIN, UNLEASH_PERSONAL)


def _unleash_helper(value: str, kind: str) -> Iterator[_Said]:
    if kind == UNLEASH_SDK:
        yield Level.PROBLEM, "This is an SDK key, which can list nothing. It belongs above; clear this field."
    elif kind in _NOT_FOR_LOOKING:
        yield Level.PROBLEM, _NOT_FOR_LOOKING[kind]
    elif kind not in _LOOKING:
        yield Level.WARNING, "Not as usual: *:*. or user: and a secret. The check asks Unleash."


_NOT_FOR_LOOKING = {
    LD_API: "This is a LaunchDarkly token. Unleash's start with *:*. or user: here.",
    LD_SDK: "This is a LaunchDarkly SDK key. Unleash's tokens start with *:*. or user: here.",
    LD_MOBILE: "This is a LaunchDarkly mobile key. Unleash's tokens start with *:*. or user: here.",
    HARNESS: "This is a Harness token. Unleash's start with *:*. or user: here.",
}

_NOT_FOR_SPLIT = {
    LD_API: "This is a LaunchDarkly token, not a key of Split.",
    LD_SDK: "This is a LaunchDarkly SDK key, not a key of Split.",
    LD_MOBILE: "This is a LaunchDarkly mobile key, not a key of Split.",
    UNLEASH_SDK: "This is an Unleash key, not a key of Split.",
    UNLEASH_ADMIN: "This is an Unleash token, not a key of Split.",
    UNLEASH_PERSONAL: "This is an Unleash token, not a key of Split.",
}


def _split(value: str, kind: str) -> Iterator[_Said]:
    if kind in _NOT_FOR_SPLIT and looks_secret(value):  # Split's own keys have no shape: only what is certain
        yield Level.PROBLEM, _NOT_FOR_SPLIT[kind]
    elif kind == HARNESS:
        yield Level.UNKNOWN, "A Harness token. Split takes it; whether the import can is not known."


def _any_secret(value: str, kind: str) -> Iterator[_Said]:
    yield from ()


_EXPECTS: dict[str, Callable[[str, str], Iterator[_Said]]] = {
    "ld-token": _launchdarkly,
    "import-key": _launchdarkly,
    "unleash-key": _unleash,
    "unleash-helper": _unleash_helper,
    "split-key": _split,
}
KEY_ROLES = frozenset(_EXPECTS)


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:21]}..."
