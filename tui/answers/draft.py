"""All answers of one walk, frozen, and what can be read from them. `changes` makes the next draft from the last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as slot
from types import MappingProxyType
from typing import TYPE_CHECKING

from tui.answers import form as forms
from tui.answers import rules, steps
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HELPER, HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.fields import Form, SecretFacts, Variable
from tui.answers.finding import Finding, Level, Offer
from tui.launchdarkly.instances import instance
from tui.net.errors import Advice

if TYPE_CHECKING:
    from tui.plan.plan import Plan

SESSION = "session"
KEYRING = "keyring"
PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one field. A secret's `value` is always ""; the bag holds it.

    `source` says in words where the value came from ("from LD_ACCESS_TOKEN"), "" if it was typed; `reference`
    is how a recipe names a secret (`env:NAME`, `file:PATH`, `keyring`), "" for one of this session only.
    `said` tells what tidying took away. `touched` is False while the person has neither typed nor confirmed it.
    """

    value: str = ""
    source: str = ""
    said: str = ""
    touched: bool = False
    secret: SecretFacts | None = None
    keep: str = SESSION
    kept: str = ""
    reference: str = ""
    revision: int = 0
    """Counts the changes of the value, so that a check can tell that what it asked about is still there."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a server said about an answer. `facts` is what later steps use (a token's owner, a key's scope)."""

    field: str
    level: Level
    text: str
    findings: tuple[Finding, ...] = ()
    fills: tuple[Offer, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """(id, name) of what the source calls by an id."""
    facts: object = slot(default=None, repr=False)
    advice: Advice | None = None
    """What to do about it, if `text` is a failure's."""
    instead: Offer | None = None
    """What takes the place of the answer that was asked about: the id of what was named."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All answers of one walk through the steps."""

    form: Form | None = None
    answers: Mapping[str, Answer] = slot(default_factory=lambda: MappingProxyType({}))
    checks: Mapping[str, Check] = slot(default_factory=lambda: MappingProxyType({}))
    step: str = "integration"
    furthest: str = "integration"
    returns: bool = False
    """Review's "Change" was pressed: the next step is Review again."""
    same_as_token: frozenset[str] = frozenset()
    """The secret fields that hold your token once more."""
    plan: Plan | None = None
    """What the import will do, as it was last read; it may be out of date by now."""
    plan_is_old: bool = False
    """Too much time has gone since the plan was read."""
    seen: frozenset[str] = frozenset()
    """The kinds of losses that the person has ticked."""
    without_plan: bool = False
    """The person goes on without a whole plan, or with one that brings nothing."""
    starts: bool = True
    """The import is started as soon as its configuration exists."""

    @property
    def integration(self) -> str:
        """The manifest's key, "" while none is chosen."""
        return self.form.integration if self.form else ""


BUILT_IN = {v.key: v for v in (HOST, TOKEN, PROJECT, CONFIG_NAME, CONFIG_TAGS, SOURCE_API, HELPER)}


def variable(draft: Draft, key: str) -> Variable:
    """The field with that key, built in or of the manifest. Raises KeyError."""
    if key in BUILT_IN:
        return BUILT_IN[key]
    for each in draft.form.variables if draft.form else ():
        if each.key == key:
            return each
    raise KeyError(key)


def fields(draft: Draft, step: str) -> tuple[Variable, ...]:
    """Return the fields that a step asks for after the answers so far, in order; those under "more" are `hidden`."""
    if step == "launchdarkly":
        return (HOST, TOKEN, PROJECT)
    if draft.form is None or step not in ("keys", "fields"):
        return ()
    shown = forms.visible(draft.form, values(draft))
    on_keys = tuple(v for v in shown if _belongs_to_keys(v))
    if step == "keys":
        roles = {v.role for v in on_keys}
        if "base-url" not in roles:
            return (*on_keys, SOURCE_API)
        return (*on_keys, HELPER) if "unleash-key" in roles else on_keys
    return (CONFIG_NAME, CONFIG_TAGS, *(v for v in shown if v not in on_keys))


def _belongs_to_keys(each: Variable) -> bool:
    """Secrets, and the address a key is checked against."""
    return each.secret or each.role == "base-url"


def may_be_kept(each: Variable) -> bool:
    """Return whether the keyring or an environment variable may hold this key. The read-only token is never kept."""
    return each.secret and each.role != HELPER.role


def all_fields(draft: Draft) -> tuple[Variable, ...]:
    """Every field of every step."""
    return tuple(v for step in steps.STEPS for v in fields(draft, step.key))


def revisions(draft: Draft, keys: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """The state of some answers, to be compared with a later one."""
    return tuple((key, answer(draft, key).revision) for key in sorted(keys))


def step_of(draft: Draft, key: str) -> str:
    """Return the step that asks for a field, Review if none does."""
    for step in steps.STEPS:
        if any(v.key == key for v in fields(draft, step.key)):
            return step.key
    return "review"


def asks(draft: Draft, key: str) -> bool:
    """Whether the field is one of this integration; answers to another one's fields wait in the draft."""
    return key in BUILT_IN or any(v.key == key for v in _variables(draft))


def values(draft: Draft) -> dict[str, str]:
    """Every answer of this integration that is no secret, by key."""
    return {key: a.value for key, a in draft.answers.items() if a.secret is None and asks(draft, key)}


def secret_facts(draft: Draft) -> dict[str, SecretFacts]:
    """What is known of each secret of this integration, by key."""
    return {key: a.secret for key, a in draft.answers.items() if a.secret is not None and asks(draft, key)}


def answer(draft: Draft, key: str) -> Answer:
    """The answer to a field; an empty one where nothing was answered."""
    return draft.answers.get(key) or Answer()


def value(draft: Draft, key: str) -> str:
    """The value of a field that is no secret, "" where nothing was answered."""
    return answer(draft, key).value


_SCOPE_ROLES = ("source-project", "source-environment", "split-workspace", "split-environment")


def scope(draft: Draft) -> tuple[str, ...]:
    """Which part of the source is imported, by names that tell a person something: ids are left out."""
    told = (name(draft, fit(draft, v)) for v in _variables(draft) if v.role in _SCOPE_ROLES)
    return tuple(each for each in told if each and not _ID.fullmatch(each))


def fit(draft: Draft, field: Variable) -> str:
    """An answer that may stand elsewhere too: "" for one with a problem, which may be a key in the wrong place."""
    given = value(draft, field.key)
    found = rules.validate(field, given, values(draft), secret_facts(draft))
    return "" if any(f.level is Level.PROBLEM for f in found) else given


def name(draft: Draft, identity: str) -> str:
    """What the source calls an id, as far as a check has told; the id itself where none has."""
    return next((n for check in draft.checks.values() for i, n in check.names if i == identity), identity)


def _variables(draft: Draft) -> tuple[Variable, ...]:
    return draft.form.variables if draft.form else ()


def source_address(draft: Draft) -> str:
    """Where this program asks the source: the form's own address, else that of the source's interface."""
    own = next((value(draft, v.key) for v in _variables(draft) if v.role == "base-url"), "")
    return own or value(draft, SOURCE_API.key)


_ID = re.compile(r"[0-9a-f-]{20,}", re.IGNORECASE)


def inputs_of(draft: Draft, key: str) -> frozenset[str]:
    """The fields whose answers the check of a field uses: change one, and the check is out of date."""
    used = {key}
    if key in (TOKEN.key, PROJECT.key, CONFIG_NAME.key):
        used |= {HOST.key, TOKEN.key}
    if key == CONFIG_NAME.key:
        used |= {PROJECT.key, CONFIG_TAGS.key, *(v.key for v in draft.form.variables)} if draft.form else set()
    try:
        role = variable(draft, key).role
    except KeyError:
        return frozenset(used)
    used |= _USES_FIELDS.get(role, frozenset())
    roles = _USES_ROLES.get(role, ())
    return frozenset(used | {v.key for v in _variables(draft) if v.role in roles})


SOURCE_KEY_ROLES = ("unleash-key", "split-key")

_LAUNCHDARKLY = frozenset({HOST.key, TOKEN.key})
_SOURCE = frozenset({SOURCE_API.key})
_USES_FIELDS = {
    "import-key": _LAUNCHDARKLY,
    "base-url": frozenset({HOST.key}),  # what LaunchDarkly reaches depends on where it is
    "ld-tag": _LAUNCHDARKLY | {PROJECT.key},
    "member-id": _LAUNCHDARKLY,
    **dict.fromkeys((*SOURCE_KEY_ROLES, "split-environment", "split-tag", "unleash-tag"), _SOURCE),
}
_USES_ROLES = {
    **dict.fromkeys((*SOURCE_KEY_ROLES, "unleash-helper"), ("base-url",)),
    **dict.fromkeys(("split-environment", "split-tag"), ("split-key", "split-workspace", "base-url")),
    "unleash-tag": ("unleash-key", "source-project", "base-url"),
}


def route(draft: Draft) -> tuple[str, str]:
    """From where to where, for the top line: ("Unleash default/production", "LaunchDarkly EU web-shop")."""
    if draft.form is None:
        return ("", "")
    origin = f"{draft.form.title} {'/'.join(scope(draft))}".strip()
    host = value(draft, HOST.key)
    if not host:
        return (origin, "")
    try:
        name = instance(host).name
    except ValueError:
        name = "?"
    project = fit(draft, PROJECT) or ", project not chosen"
    return (origin, f"LaunchDarkly {name} {project}".replace(" , ", ", "))
