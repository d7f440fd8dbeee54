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
from tui.answers.created_key import CreatedKey
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
    `said` names what tidying took away. `touched` is False while the person has neither typed nor confirmed it.
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
    """Counts the changes of the value, so that a check can see that its answer is still the same."""


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
    import_keys: tuple[CreatedKey, ...] = ()
    """The import keys that the wizard created, or was about to create, the latest last."""

    @property
    def integration(self) -> str:
        """The manifest's key, "" while none is chosen."""
        return self.form.integration if self.form else ""


BUILT_IN = {v.key: v for v in (HOST, TOKEN, PROJECT, CONFIG_NAME, CONFIG_TAGS, SOURCE_API, HELPER)}


def variable(draft: Draft, key: str) -> Variable:
    """Return the field with that key, built in or of the manifest. Raises KeyError."""
    return BUILT_IN[key] if key in BUILT_IN else {v.key: v for v in form_variables(draft)}[key]


def form_variables(draft: Draft) -> tuple[Variable, ...]:
    """Return the variables of the chosen integration, none without one."""
    return draft.form.variables if draft.form else ()


def fields(draft: Draft, step: str) -> tuple[Variable, ...]:
    """Return the fields that a step asks for after the answers so far, in order; those under "more" are `hidden`."""
    if step == "launchdarkly":
        return (HOST, TOKEN, PROJECT)
    if draft.form is None or step not in ("keys", "fields"):
        return ()
    shown = forms.visible(draft.form, values(draft))
    on_keys = tuple(v for v in shown if v.secret or v.role == "base-url")  # secrets, and the address they are for
    if step == "fields":
        return (CONFIG_NAME, CONFIG_TAGS, *(v for v in shown if v not in on_keys))
    roles = {v.role for v in on_keys}
    if "base-url" not in roles:
        return (*on_keys, SOURCE_API)
    return (*on_keys, HELPER) if "unleash-key" in roles else on_keys


def may_be_kept(field: Variable) -> bool:
    """Return whether the keyring or an environment variable may hold this key. The read-only token is never kept."""
    return field.secret and field.role != HELPER.role


def all_fields(draft: Draft) -> tuple[Variable, ...]:
    """Return the fields of all steps."""
    return tuple(v for step in steps.STEPS for v in fields(draft, step.key))


def revisions(draft: Draft, keys: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """Return the state of some answers, to be compared with a later one."""
    return tuple((key, answer(draft, key).revision) for key in sorted(keys))


def step_of(draft: Draft, key: str) -> str:
    """Return the step that asks for a field, Review if none does."""
    asking = (step.key for step in steps.STEPS if any(v.key == key for v in fields(draft, step.key)))
    return next(asking, "review")


def asks(draft: Draft, key: str) -> bool:
    """Return whether the field is one of this integration. The draft keeps answers to another one's fields too."""
    return key in BUILT_IN or any(v.key == key for v in form_variables(draft))


def values(draft: Draft) -> dict[str, str]:
    """Return the answers of this integration that are no secrets, by key."""
    return {key: a.value for key, a in draft.answers.items() if a.secret is None and asks(draft, key)}


def secret_facts(draft: Draft) -> dict[str, SecretFacts]:
    """Return what is known about each secret of this integration, by key."""
    return {key: a.secret for key, a in draft.answers.items() if a.secret is not None and asks(draft, key)}


def answer(draft: Draft, key: str) -> Answer:
    """Return the answer to a field, an empty one before the first."""
    return draft.answers.get(key) or Answer()


def value(draft: Draft, key: str) -> str:
    """Return the value of a field that is no secret, "" before the first answer."""
    return answer(draft, key).value


_SCOPE_ROLES = ("source-project", "source-environment", "split-workspace", "split-environment")
_ID = re.compile(r"[0-9a-f-]{20,}", re.IGNORECASE)


def scope(draft: Draft) -> tuple[str, ...]:
    """Return the part of the source that is imported, by names that mean something to people: ids are left out."""
    names = (name(draft, fit(draft, v)) for v in form_variables(draft) if v.role in _SCOPE_ROLES)
    return tuple(name for name in names if name and not _ID.fullmatch(name))


def fit(draft: Draft, field: Variable) -> str:
    """Return an answer that may be repeated elsewhere: "" if it has a problem, and may be a key in the wrong field."""
    text = value(draft, field.key)
    findings = rules.validate(field, text, values(draft), secret_facts(draft))
    return "" if any(f.level is Level.PROBLEM for f in findings) else text


def name(draft: Draft, identity: str) -> str:
    """Return the source's name of an id, the id itself if no check has reported one."""
    return next((n for check in draft.checks.values() for i, n in check.names if i == identity), identity)


def source_address(draft: Draft) -> str:
    """Return where this program asks the source: the form's own address, else that of the source's API."""
    own = next((value(draft, v.key) for v in form_variables(draft) if v.role == "base-url"), "")
    return own or value(draft, SOURCE_API.key)


SOURCE_KEY_ROLES = ("unleash-key", "split-key")

_LAUNCHDARKLY = frozenset({HOST.key, TOKEN.key})
_SOURCE = frozenset({SOURCE_API.key})
_USES_FIELDS = {
    "ld-token": _LAUNCHDARKLY,
    "project-key": _LAUNCHDARKLY,
    "config-name": _LAUNCHDARKLY,
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


def inputs_of(draft: Draft, key: str) -> frozenset[str]:
    """Return the fields whose answers the check of a field uses: change one, and the check is out of date."""
    variables = form_variables(draft)
    role = variable(draft, key).role if asks(draft, key) else ""
    inputs = {key, *_USES_FIELDS.get(role, ()), *(v.key for v in variables if v.role in _USES_ROLES.get(role, ()))}
    if key == CONFIG_NAME.key and variables:
        inputs |= {PROJECT.key, CONFIG_TAGS.key, *(v.key for v in variables)}
    return frozenset(inputs)


def route(draft: Draft) -> tuple[str, str]:
    """Return source and target for the top line: ("Unleash default/production", "LaunchDarkly EU web-shop")."""
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
    project = fit(draft, PROJECT)
    return (origin, f"LaunchDarkly {name}{f' {project}' if project else ', project not chosen'}")
