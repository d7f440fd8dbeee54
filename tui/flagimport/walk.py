"""The heart: a frozen draft of all answers, and the pure functions that take it on.

A front (the Textual wizard, prompts, a test) holds one draft and one bag of secrets. It shows what the draft
says and sends it what the person does; it keeps no answers of its own. Nothing here touches a network, a file
or a clock: checks that ask a server are in `checks`, and their results are put into the draft here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as slot
from types import MappingProxyType
from typing import TYPE_CHECKING

from tui.flagimport import form as forms
from tui.flagimport import steps
from tui.flagimport.builtin_fields import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, SOURCE_API, TOKEN
from tui.flagimport.finding import Finding, Level, Offer
from tui.flagimport.form import Form, SecretFacts, Variable
from tui.launchdarkly.instances import instance

if TYPE_CHECKING:
    from tui.secrets.bag import Bag

SESSION = "session"
KEYRING = "keyring"
PROPOSED = "proposed"
_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one field. A secret's `value` is always ""; it stands in the bag.

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
    """What a server said of an answer. `facts` is what later steps use of it (an account, a key's scope)."""

    field: str
    level: Level
    text: str
    findings: tuple[Finding, ...] = ()
    fills: tuple[Offer, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """(id, name) of what the source calls by an id."""
    facts: object = slot(default=None, repr=False)


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

    @property
    def integration(self) -> str:
        """The manifest's key, "" while none is chosen."""
        return self.form.integration if self.form else ""


# --- fields -----------------------------------------------------------------------------------------------

_BUILT_IN = {v.key: v for v in (HOST, TOKEN, PROJECT, CONFIG_NAME, CONFIG_TAGS, SOURCE_API)}


def variable(draft: Draft, key: str) -> Variable:
    """The field with that key, built in or of the manifest. Raises KeyError."""
    if key in _BUILT_IN:
        return _BUILT_IN[key]
    for each in draft.form.variables if draft.form else ():
        if each.key == key:
            return each
    raise KeyError(key)


def fields(draft: Draft, step: str) -> tuple[Variable, ...]:
    """The fields a step asks for, in their order; those under "more" are `hidden`. Depends on earlier answers."""
    if step == "launchdarkly":
        return (HOST, TOKEN, PROJECT)
    if draft.form is None or step not in ("keys", "fields"):
        return ()
    shown = forms.visible(draft.form, values(draft))
    on_keys = tuple(v for v in shown if _belongs_to_keys(v))
    if step == "keys":
        addressed = any(v.role == "base-url" for v in shown)
        return on_keys if addressed else (*on_keys, SOURCE_API)
    return (CONFIG_NAME, CONFIG_TAGS, *(v for v in shown if v not in on_keys))


def _belongs_to_keys(each: Variable) -> bool:
    """Secrets, and the address a key is checked against."""
    return each.secret or each.role == "base-url"


def all_fields(draft: Draft) -> tuple[Variable, ...]:
    """Every field of every step."""
    return tuple(v for step in steps.STEPS for v in fields(draft, step.key))


def revisions(draft: Draft, keys: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """The state of some answers, to be compared with a later one."""
    return tuple((key, answer(draft, key).revision) for key in sorted(keys))


def step_of(draft: Draft, key: str) -> str:
    """The step that asks for a field; Review where none does."""
    for step in steps.STEPS:
        if any(v.key == key for v in fields(draft, step.key)):
            return step.key
    return "review"


def values(draft: Draft) -> dict[str, str]:
    """Every answer that is no secret, by key."""
    return {key: answer.value for key, answer in draft.answers.items() if answer.secret is None}


def secret_facts(draft: Draft) -> dict[str, SecretFacts]:
    """What is known of every secret that was given, by key."""
    return {key: answer.secret for key, answer in draft.answers.items() if answer.secret is not None}


def answer(draft: Draft, key: str) -> Answer:
    """The answer to a field; an empty one where nothing was answered."""
    return draft.answers.get(key) or Answer()


def value(draft: Draft, key: str) -> str:
    """The value of a field that is no secret, "" where nothing was answered."""
    return answer(draft, key).value


# --- taking the draft on ----------------------------------------------------------------------------------


def choose(draft: Draft, form: Form) -> Draft:
    """Take an integration. Answers to fields that the new form has too are kept, defaults are filled in."""
    chosen = replace(draft, form=form)
    known = {v.key for v in all_fields(chosen)} | {v.key for v in form.variables} | set(_BUILT_IN)
    changed = draft.integration not in ("", form.integration)
    answers = {
        key: each
        for key, each in draft.answers.items()
        if key in known and not (changed and not each.touched and key not in _BUILT_IN)
    }
    for each in (*_BUILT_IN.values(), *form.variables):
        if each.default and each.key not in answers and not each.secret:
            answers[each.key] = Answer(value=each.default, source=PROPOSED)
    checks = {key: check for key, check in draft.checks.items() if key in _BUILT_IN and not changed}
    return replace(chosen, answers=answers, checks=checks)


def put(draft: Draft, key: str, raw: str, *, source: str = "", touched: bool = True) -> Draft:
    """Answer a field that is no secret, with what was typed or pasted. Checks that used the old answer are dropped."""
    tidied = forms.tidy(variable(draft, key), raw)
    old = answer(draft, key)
    changed = old.value != tidied.value
    new = Answer(
        value=tidied.value, source=source, said=tidied.said, touched=touched, revision=old.revision + changed
    )
    if new == old:
        return draft
    draft = _with_answer(draft, key, new)
    return replace(draft, checks=_without_stale(draft, key)) if changed else draft


def put_secret(
    draft: Draft, bag: Bag, key: str, raw: str, *, source: str = "", reference: str = "", touched: bool = True
) -> Draft:
    """Answer a secret field. The value goes into the bag; the draft learns its length, kind and scope."""
    field_ = variable(draft, key)
    tidied = forms.tidy(field_, raw)
    old, before = answer(draft, key), bag.get(key)
    if not tidied.value:
        bag.drop(key)
        blank = Answer(touched=touched, keep=old.keep, revision=old.revision + 1)
        draft = _with_answer(draft, key, blank)
        return _with_same_keys(replace(draft, checks=_without_stale(draft, key)), bag)
    unchanged = before is not None and before.get_secret_value() == tidied.value
    if unchanged and old.secret is not None and not source:
        return draft if old.said or not tidied.said else _with_answer(draft, key, replace(old, said=tidied.said))
    bag.put(key, tidied.value)
    new = Answer(
        source=source, said=tidied.said, touched=touched, secret=forms.secret_facts(field_, tidied.value),
        keep=KEYRING if reference == KEYRING else old.keep, reference=reference, revision=old.revision + 1,
    )
    return _with_same_keys(replace(_with_answer(draft, key, new), checks=_without_stale(draft, key)), bag)


def keep(draft: Draft, key: str, where: str) -> Draft:
    """Decide whether a key is kept for this session or in the keyring."""
    return _with_answer(draft, key, replace(answer(draft, key), keep=where, kept=""))


def was_kept(draft: Draft, key: str, said: str, *, in_keyring: bool) -> Draft:
    """Note what storing a key came to; only a key that is really in the keyring is referred to by it."""
    old = answer(draft, key)
    reference = KEYRING if in_keyring else ("" if old.reference == KEYRING else old.reference)
    return _with_answer(draft, key, replace(old, kept=said, reference=reference, keep=KEYRING if in_keyring else SESSION))


def checked(draft: Draft, check: Check) -> Draft:
    """Put a check's result into the draft, and fill the fields it answers where the person has not."""
    draft = replace(draft, checks={**draft.checks, check.field: check})
    for fill in check.fills:
        old = answer(draft, fill.field)
        if not old.touched or not old.value:
            draft = put(draft, fill.field, fill.value, source=fill.label, touched=False)
    return replace(draft, checks={**draft.checks, check.field: check})


def unchecked(draft: Draft, key: str) -> Draft:
    """Forget what a server said of a field."""
    return replace(draft, checks={k: check for k, check in draft.checks.items() if k != key})


def take(draft: Draft, offer: Offer) -> Draft:
    """Take an offered value over into its field."""
    return put(draft, offer.field, offer.value, source="taken over")


def propose_name(draft: Draft) -> Draft:
    """Name the configuration after what it imports, unless the person named it."""
    old = answer(draft, CONFIG_NAME.key)
    if draft.form is None or (old.touched and old.value):
        return draft
    words = " ".join((draft.form.title, *scope(draft)))[:100]
    return put(draft, CONFIG_NAME.key, words, source=PROPOSED, touched=False)


_SCOPE_ROLES = ("source-project", "source-environment", "split-workspace", "split-environment")


def scope(draft: Draft) -> tuple[str, ...]:
    """Which part of the source is imported, by names that tell a person something: ids are left out."""
    told = (name(draft, value(draft, v.key)) for v in _variables(draft) if v.role in _SCOPE_ROLES)
    return tuple(each for each in told if each and not _ID.fullmatch(each))


def name(draft: Draft, identity: str) -> str:
    """What the source calls an id, as far as a check has told; the id itself where none has."""
    return next((n for check in draft.checks.values() for i, n in check.names if i == identity), identity)


def _variables(draft: Draft) -> tuple[Variable, ...]:
    return draft.form.variables if draft.form else ()


_ID = re.compile(r"[0-9a-f-]{20,}", re.IGNORECASE)


def _with_answer(draft: Draft, key: str, new: Answer) -> Draft:
    return replace(draft, answers={**draft.answers, key: new})


def _with_same_keys(draft: Draft, bag: Bag) -> Draft:
    same = frozenset(key for key in bag.keys() if key != TOKEN.key and bag.same(key, TOKEN.key))
    return replace(draft, same_as_token=same)


def _without_stale(draft: Draft, changed: str) -> dict[str, Check]:
    """The checks that did not use the answer to `changed`."""
    return {key: check for key, check in draft.checks.items() if changed not in inputs_of(draft, key)}


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
    if role == "import-key":
        used |= {HOST.key, TOKEN.key}
    if role in SOURCE_KEY_ROLES and draft.form:
        used |= {SOURCE_API.key, *(v.key for v in draft.form.variables if v.role == "base-url")}
    return frozenset(used)


SOURCE_KEY_ROLES = ("unleash-key", "split-key")


def touch(draft: Draft, step: str) -> Draft:
    """The person wanted to go on: from now on what is missing on this step is said as a problem."""
    untouched = [v.key for v in fields(draft, step) if not answer(draft, v.key).touched]
    touched = {key: replace(answer(draft, key), touched=True) for key in untouched}
    return replace(draft, answers={**draft.answers, **touched})


# --- what there is to say ---------------------------------------------------------------------------------


def findings(draft: Draft, key: str) -> tuple[Finding, ...]:
    """All there is to say about one answer: by the form's rules, by comparing keys, by the server's word."""
    field_ = variable(draft, key)
    given = answer(draft, key)
    shape = given.value if not field_.secret else ("x" if given.secret else "")
    found = list(forms.validate(field_, shape, values(draft), secret_facts(draft)))
    if key in draft.same_as_token:
        found.append(Finding(Level.WARNING, key, SAME_KEY))
    found += [f for check in draft.checks.values() for f in check.findings if f.field == key]
    check = draft.checks.get(key)
    if check and check.level in (Level.PROBLEM, Level.WARNING, Level.UNKNOWN) and check.text:
        found.append(Finding(check.level, key, check.text))
    return tuple(dict.fromkeys(found))


SAME_KEY = (
    "This is your own token again. LaunchDarkly would keep it, with all its rights. F1: how to make a narrower one."
)


def step_findings(draft: Draft, step: str) -> tuple[Finding, ...]:
    """What there is to say about all answers of a step."""
    if step == "integration":
        return () if draft.form else (Finding(Level.PROBLEM, "integration", "Choose where your flags are now."),)
    return tuple(f for v in fields(draft, step) for f in findings(draft, v.key))


def problems(draft: Draft, step: str) -> tuple[Finding, ...]:
    """What must be put right before this step can be left forwards. For Review: of all steps before it."""
    covered = [s.key for s in steps.STEPS[: steps.index("review")]] if step in ("review", "submit") else [step]
    return tuple(f for each in covered for f in step_findings(draft, each) if f.level is Level.PROBLEM)


_ORDER = (Level.PROBLEM, Level.WARNING, Level.UNKNOWN, Level.OK, Level.NOTE)


def line(draft: Draft, key: str) -> Finding:
    """What stands below a field: its worst finding; else the check's word and where the value came from; else its help."""
    field_ = variable(draft, key)
    given = answer(draft, key)
    empty = not given.value and given.secret is None
    found = findings(draft, key)
    if empty and not given.touched:
        return Finding(Level.NOTE, key, _help(field_))
    found = tuple(sorted(found, key=lambda f: _ORDER.index(f.level)))
    if found and found[0].level in (Level.PROBLEM, Level.WARNING, Level.UNKNOWN):
        return found[0]
    check = draft.checks.get(key)
    known = name(draft, given.value) if given.value and name(draft, given.value) != given.value else ""
    parts = [
        _length(given), known, _address(draft, key), given.source, check.text if check else "", given.said, given.kept,
    ]
    text = "; ".join(part.rstrip(".") for part in parts if part)
    if text == PROPOSED:
        return Finding(Level.NOTE, key, f"Proposed. {_help(field_)}")
    if text:
        fine = Level.OK if check or given.secret else Level.NOTE
        return Finding(fine, key, text + ("." if given.said else ""))
    return Finding(Level.NOTE, key, next((f.text for f in found), "") or _help(field_))


def _length(given: Answer) -> str:
    return f"{given.secret.length} characters" if given.secret else ""


def _address(draft: Draft, key: str) -> str:
    """The address behind `us`, `eu` and `federal`."""
    host = value(draft, key)
    if key != HOST.key or "://" in host:
        return ""
    try:
        return instance(host).url
    except ValueError:
        return ""


def _help(field_: Variable) -> str:
    told = field_.required or "blank" in field_.help.lower()
    return field_.help if told else f"{field_.help} May stay blank."


# --- going from step to step ------------------------------------------------------------------------------


def go(draft: Draft, step: str) -> Draft:
    """Stand on a step. All answers are kept."""
    furthest = max(draft.furthest, step, key=steps.index)
    draft = replace(draft, step=step, furthest=furthest, returns=draft.returns and step != "review")
    return propose_name(draft) if step == "fields" else draft


def change(draft: Draft, step: str) -> Draft:
    """Review's "Change": stand on a step whose `next` leads back to Review."""
    return replace(go(draft, step), returns=True)


def first_open(draft: Draft, limit: str) -> str:
    """The first step that still has a problem, `limit` where none before it has."""
    ahead = steps.STEPS[: steps.index(limit)]
    return next((each.key for each in ahead if problems(draft, each.key)), limit)


def following(draft: Draft) -> steps.Step | None:
    """The step that `next` leads to."""
    if draft.returns and not any(problems(draft, s.key) for s in steps.STEPS[: steps.index("review")]):
        return steps.step("review")
    return steps.after(draft.step)


def next_step(draft: Draft) -> Draft:
    """Go on, unless the step has a problem or is the last; the same draft then comes back."""
    ahead = following(draft)
    return draft if ahead is None or problems(draft, draft.step) else go(draft, ahead.key)


def back(draft: Draft) -> Draft:
    """Go back one step; the same draft from the first."""
    behind = steps.before(draft.step)
    return draft if behind is None else replace(go(draft, behind.key), returns=False)


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
    project = value(draft, PROJECT.key) or ", project not chosen"
    return (origin, f"LaunchDarkly {name} {project}".replace(" , ", ", "))
