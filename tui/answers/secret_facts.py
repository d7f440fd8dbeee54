"""Describe a key by its shape, without keeping any of it.

LaunchDarkly's documentation and CLI show its keys' shapes (`api-` and a UUID; `sdk-`, `mob-` and client-side ids never
open the REST API); `generateSecretKey` in Unleash's server shows those of Unleash. Split's keys are opaque.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui.answers.fields import SecretFacts, Variable
from tui.answers.finding import Finding, Level, short
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
# A key that Unleash made has its secret after the last dot. One that was set by hand has anything after the first dot,
# if it is long enough to be the secret: no piece of an unknown key must pass for an environment.
_UNLEASH = (
    re.compile(rf"{_PROJECT}:([A-Za-z0-9~_.-]{{1,100}}?)\.{_UNLEASH_SECRET}"),
    re.compile(rf"{_PROJECT}:([A-Za-z0-9~_-]{{1,100}})\.[^:]{{12,}}"),
)
_VARIABLE_NAME = re.compile(r"env:\w+|file:.+|keyring")
_ASSIGNMENT = re.compile(r"(?:export\s*)?[A-Z][A-Z0-9_]{2,}=[\w\"'].*")
_FOREIGN = re.compile(r"[^!-~]")
_MASKED = re.compile(r"\*{3}|•|…|\.{3}|x{8}", re.IGNORECASE)


KEY_ROLES = frozenset({"ld-token", "import-key", "unleash-key", "unleash-helper", "split-key"})


def scope_of(value: str) -> tuple[str, str] | None:
    """Return the project and environment in an Unleash SDK key: a hint only, since an alias may differ."""
    matches = (shape.fullmatch(value) for shape in _UNLEASH)
    return next(((match[1], match[2]) for match in matches if match), None)


def looks_secret(value: str) -> bool:
    """Return whether a value of a field for no key has, or contains, the unmistakable shape of a key."""
    return len(value) <= LONGEST and holds_key(value)


def secret_facts(variable: Variable, value: str) -> SecretFacts:
    """Describe the secret `value` of `variable` by its shape, without keeping it."""
    if not value:
        return SecretFacts(0)
    kind, scope = UNKNOWN, None
    if len(value) <= LONGEST:
        scope = scope_of(value)
        known = (kind for kind, shape in _SHAPES if shape.fullmatch(value))
        kind = next(known, UNLEASH_SDK if scope else UNKNOWN)
    finding = _damage(variable, value) or _fit(variable, value, kind)
    own_scope = scope if kind == UNLEASH_SDK and variable.role == "unleash-key" else None
    return SecretFacts(len(value), kind, own_scope, (finding,) if finding else ())


def _damage(variable: Variable, value: str) -> Finding | None:
    """Return the first thing that is wrong with a key whatever it opens."""
    paste_again, paste_key = Advice(Remedy.PASTE_AGAIN), Advice(Remedy.PASTE_ALONE, "the key itself")
    foreign = _FOREIGN.search(value)
    character = "The space" if foreign and foreign[0].isspace() else "The character"
    faults: tuple[tuple[object, str, Advice | None], ...] = (
        (is_placeholder(value), "This placeholder wasn't filled in.", paste_key),
        (
            len(value) < SHORTEST,
            f"Too short: {len(value)} character{'' if len(value) == 1 else 's'}. Keys have at least {SHORTEST}.",
            paste_again,
        ),
        (
            len(value) > LONGEST,
            f"Too long for a key: {len(value):,} characters.",
            Advice(Remedy.PASTE_ALONE, "the key alone"),
        ),
        (_MASKED.search(value), "Part of this key is masked. Copy the whole key where you created it.", None),
        (_VARIABLE_NAME.fullmatch(value), "This is a reference to a key, not a key.", paste_key),
        (
            _ASSIGNMENT.fullmatch(value),
            "This is a NAME=key line.",
            Advice(Remedy.PASTE_ALONE, "only the part after the ="),
        ),
        (
            foreign,
            f"{character} at position {foreign.start() + 1 if foreign else 0} can't be part of a key.",
            paste_again,
        ),
    )
    return next((Finding(Level.PROBLEM, variable.key, text, advice=do) for wrong, text, do in faults if wrong), None)


_FOR_LAUNCHDARKLY = {
    LD_SDK: "This is an SDK key. Create an access token instead. It starts with api-.",
    LD_MOBILE: "This is a mobile key. Create an access token instead. It starts with api-.",
    LD_CLIENT_ID: "This is a client-side ID. Create an access token instead. It starts with api-.",
    UNLEASH_SDK: "This is an Unleash key. LaunchDarkly access tokens start with api-.",
    UNLEASH_ADMIN: "This is an Unleash admin token. LaunchDarkly access tokens start with api-.",
    UNLEASH_PERSONAL: "This is an Unleash personal token. LaunchDarkly access tokens start with api-.",
    HARNESS: "This is a Harness token. LaunchDarkly access tokens start with api-.",
}
_READS_WRONG = (
    "would silently read the wrong environment. Create a backend token. You can use this one "
    "below, as the Unleash admin token."
)
_REFUSED: Mapping[str, Mapping[str, str]] = {
    "ld-token": _FOR_LAUNCHDARKLY,
    "import-key": _FOR_LAUNCHDARKLY,
    "unleash-key": {
        LD_API: "This is a LaunchDarkly token. Unleash SDK keys look like project:environment.secret.",
        LD_SDK: "This is a LaunchDarkly SDK key. Unleash SDK keys look like project:environment.secret.",
        LD_MOBILE: "This is a LaunchDarkly mobile key. Unleash SDK keys look like project:environment.secret.",
        HARNESS: "This is a Harness token. Unleash SDK keys look like project:environment.secret.",
        UNLEASH_ADMIN: f"An admin token {_READS_WRONG}",
        UNLEASH_PERSONAL: f"A personal token {_READS_WRONG}",
    },
    "unleash-helper": {
        LD_API: "This is a LaunchDarkly token. Unleash admin tokens start with *:*. or user:.",
        LD_SDK: "This is a LaunchDarkly SDK key. Unleash admin tokens start with *:*. or user:.",
        LD_MOBILE: "This is a LaunchDarkly mobile key. Unleash admin tokens start with *:*. or user:.",
        HARNESS: "This is a Harness token. Unleash admin tokens start with *:*. or user:.",
        UNLEASH_SDK: "This is an SDK key, which can't list anything. Paste it above and clear this field.",
    },
    "split-key": {
        LD_API: "This is a LaunchDarkly token, not a Split key.",
        LD_SDK: "This is a LaunchDarkly SDK key, not a Split key.",
        LD_MOBILE: "This is a LaunchDarkly mobile key, not a Split key.",
        UNLEASH_SDK: "This is an Unleash key, not a Split key.",
        UNLEASH_ADMIN: "This is an Unleash token, not a Split key.",
        UNLEASH_PERSONAL: "This is an Unleash token, not a Split key.",
    },
}
"""The kinds of keys that a role doesn't accept, and why."""


def _fit(variable: Variable, value: str, kind: str) -> Finding | None:
    """Return what the kind of a key means for its field."""
    role = variable.role
    refusal = _REFUSED.get(role, {}).get(kind)
    # Split's own keys have no shape, so that only an unmistakable shape of another vendor counts.
    if refusal and (role != "split-key" or looks_secret(value)):
        return Finding(Level.PROBLEM, variable.key, refusal)
    if role in ("ld-token", "import-key") and kind != LD_API:
        text = "Access tokens usually start with api-. LaunchDarkly decides whether this one works."
        if value.lower().startswith("api-"):
            text = f"Access tokens have 40 characters. This one has {len(value)}, so part of it may be missing."
        return Finding(Level.WARNING, variable.key, text)
    if role == "unleash-key" and (scope := scope_of(value)):
        project = {"*": "all projects", "[]": "several projects"}.get(scope[0], f"project {short(scope[0])}")
        return Finding(Level.NOTE, variable.key, f"For {project}, environment {short(scope[1])}.")
    if role == "unleash-key":
        text = "SDK keys usually look like project:environment.secret. Unleash decides whether this one works."
        return Finding(Level.WARNING, variable.key, text)
    if role == "unleash-helper" and kind not in (UNLEASH_ADMIN, UNLEASH_PERSONAL):
        text = "Admin tokens usually start with *:*. or user:. Unleash decides whether this one works."
        return Finding(Level.WARNING, variable.key, text)
    if role == "split-key" and kind == HARNESS:
        text = "This is a Harness token. Split accepts it; LaunchDarkly doesn't document whether its import can use it."
        return Finding(Level.UNKNOWN, variable.key, text)
    return None
