"""How a keyring stands, and the sentence that tells a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What an attempt to use the keyring came to."""

    READY = "ready"
    """It answers and is unlocked, as far as can be told without asking for its password."""
    OK = "ok"
    LOCKED = "locked"
    NO_COLLECTION = "no-collection"
    """It answers, but was never set up: it has no password yet."""
    UNAVAILABLE = "unavailable"
    DISABLED = "disabled"
    INSECURE = "insecure"
    """The only one there is none of the operating system's own, and is not used."""
    TIMEOUT = "timeout"
    ERROR = "error"
    MISSING = "missing"
    VERIFY_FAILED = "verify-failed"
    """It took a key and does not give it back."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a sentence about a state needs. All texts are cleaned.

    `label` is the keyring's human name; `by` is what chose it (a variable, a file, or ""); `backend` and
    `error` are names of classes; `variable` is an environment variable that can hold the key; `unlocked` says
    that the keyring's password window was given the chance to open.
    """

    op: str
    label: str
    by: str = ""
    backend: str = ""
    error: str = ""
    seconds: float = 0.0
    variable: str = "LD_ACCESS_TOKEN"
    unlocked: bool = False


NO_NAME = "the keyring"
"""The label of a keyring that has not yet said which it is."""

_WINDOW = "A password window may open on that machine's desktop, not here."
_SESSION = "keep the key for this session; the import does not need it stored."

_WHAT = {
    State.OK: "{Label} answered.",
    State.READY: "{Label} is ready.",
    State.MISSING: "{Label} has no such key.",
    State.LOCKED: "Your keyring is locked.",
    State.NO_COLLECTION: "Your keyring has not been set up yet: it asks once for a new password.",
    State.UNAVAILABLE: "There is no keyring on this host, which is normal over SSH.",
    State.DISABLED: "The keyring is switched off by {by}.",
    State.INSECURE: "The keyring found here, {backend}, is none of the operating system's own. "
    "It might store keys unprotected, and is not used.",
    State.TIMEOUT: "{Label} gave no answer in {seconds:.0f} s; {undone}. "
    "A password window may still be open; it is safe to close.",
    State.ERROR: "{Label} failed ({error}); {undone}.",
    State.VERIFY_FAILED: "{Label} took the key but does not give it back; it is not relied on.",
}
_CHOSEN_ONE_FAILED = "{by} names the keyring backend {backend}, which can't be used here ({error})."
_CHOICE_FAILED = "{by} chooses the keyring backend, but can't be used ({error})."
_COLLECTION_GONE = "{by} names a collection that {label} doesn't have."
_NO_DEFAULT = "{Label} has collections, but none of them is its default one."
_REPAIR = {
    _CHOSEN_ONE_FAILED: "Install that backend's package, or remove the setting.",
    _CHOICE_FAILED: "Correct or remove it.",
    _COLLECTION_GONE: "Correct or remove it.",
    _NO_DEFAULT: "Set a default one in its own program, such as Passwords and Keys.",
}
"""By what is wrong with how a keyring was set up: what to do about it."""
_STILL_LOCKED = "Your keyring is still locked: its password window was closed, or had nowhere to open."
_UNDONE = {
    "probe": "it is not used",
    "get": "no key was read",
    "put": "the key does not count as saved",
    "forget": "the key does not count as removed",
    "have": "nothing was looked up",
}
_DONE = {
    ("probe", State.READY): "",
    ("put", State.OK): "Saved in {label}.",
    ("get", State.OK): "",
    ("get", State.MISSING): "The key is no longer in {label}; paste it again.",
    ("forget", State.OK): "Removed from {label}.",
    ("forget", State.MISSING): "It was not in {label} any more; its name is off the list.",
    ("have", State.OK): "",
}
_MAY_UNLOCK = frozenset({State.LOCKED, State.NO_COLLECTION})
_NEXT = {
    "probe": "Keys are kept until you quit; for the next start {variable} can hold one.",
    "get": "Paste the key, or set {variable} before you start.",
    "put": "The key is kept until you quit; for the next start {variable} can hold it.",
    "forget": "The entry stays listed; forget it again once the keyring answers.",
    "have": "Which keys are still there is not known.",
}
_NEXT_UNLOCK = {
    "probe": f"{_WINDOW} Unlock it, or {_SESSION}",
    "get": f"{_WINDOW} Unlock it, or paste the key.",
    "put": f"{_WINDOW} Unlock it, or {_SESSION}",
    "forget": "Unlock it on that machine's desktop, then forget the entry again; it stays listed.",
    "have": "Which keys are still there is not known.",
}


def sentence(state: State, about: Circumstances) -> str:
    """What happened, why, and the next thing to do, for a person. "" where there is nothing to say."""
    if (about.op, state) in _DONE:
        return _DONE[about.op, state].format(**_parts(about))
    may_unlock = state in _MAY_UNLOCK and not about.unlocked and _what(state, about) not in _REPAIR
    then = (_NEXT_UNLOCK if may_unlock else _NEXT)[about.op]
    return f"{reason(state, about)} {then.format(**_parts(about))}"


def reason(state: State, about: Circumstances) -> str:
    """What happened and why; if a setting is at fault, also what to do about that."""
    what = _what(state, about)
    return f"{what} {_REPAIR.get(what, '')}".strip().format(**_parts(about))


def _what(state: State, about: Circumstances) -> str:
    if state is State.ERROR and about.by:
        return _CHOSEN_ONE_FAILED if about.backend else _CHOICE_FAILED
    if state is State.NO_COLLECTION and about.by:
        return _COLLECTION_GONE
    if state is State.NO_COLLECTION and about.error:
        return _NO_DEFAULT
    if state is State.LOCKED and about.unlocked:
        return _STILL_LOCKED
    return _WHAT[state]


def _parts(about: Circumstances) -> dict[str, object]:
    return {
        "label": about.label, "Label": about.label[:1].upper() + about.label[1:], "by": about.by,
        "backend": about.backend, "error": about.error or "no reason given", "seconds": about.seconds,
        "variable": about.variable, "undone": _UNDONE[about.op],
    }  # fmt: skip
