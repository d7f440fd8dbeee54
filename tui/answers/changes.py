"""Change a draft: pure functions that return the next frozen draft of all answers.

A front holds one draft and one bag of secrets, and keeps no answers of its own. Nothing here touches a network, a file,
or a clock: `checks` asks servers, and `checked` puts the results into the draft. `remarks` says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.answers import rules, secret_facts, steps
from tui.answers.builtin import CONFIG_NAME, TOKEN
from tui.answers.draft import (
    BUILT_IN,
    KEYRING,
    PROPOSED,
    SESSION,
    Answer,
    Check,
    Draft,
    answer,
    fields,
    form_variables,
    inputs_of,
    scope,
    variable,
)
from tui.answers.fields import Form, Tidied
from tui.answers.finding import Offer
from tui.answers.rules import TOGETHER_IN_AN_ADDRESS
from tui.answers.secret_facts import looks_secret

if TYPE_CHECKING:
    from tui.secrets.bag import Bag


def choose(draft: Draft, form: Form) -> Draft:
    """Choose an integration: fill in its defaults, and keep the answers to another one's fields for later."""
    changed = draft.integration not in ("", form.integration)
    fields_by_key = {v.key: v for v in (*BUILT_IN.values(), *form.variables)}
    answers = {}
    for key, old in draft.answers.items():
        field_ = fields_by_key.get(key)
        # A key may be a secret in one form and plain text in another: such an answer is dropped.
        if field_ is None or not (old.value if field_.secret else old.secret):
            answers[key] = old
    for key, field_ in fields_by_key.items():
        old_ = answers.get(key)
        stale = changed and old_ is not None and old_.source == PROPOSED and key not in BUILT_IN
        if field_.default and not field_.secret and (old_ is None or (stale and old_.value != field_.default)):
            answers[key] = Answer(value=field_.default, source=PROPOSED, revision=old_.revision + 1 if old_ else 0)
    checks = {key: check for key, check in draft.checks.items() if key in BUILT_IN and not changed}
    return replace(draft, form=form, answers=answers, checks=checks)


BY_NAME = "Found by its name"
"""The origin of an id that was filled in for a name."""


def put(draft: Draft, key: str, raw: str, *, source: str = "", touched: bool = True) -> Draft:
    """Answer a field that is no secret with typed or pasted text, and drop the checks that used the old answer."""
    field_, old = variable(draft, key), answer(draft, key)
    tidied = rules.tidy(field_, raw)
    if looks_secret(tidied.value):
        tidied = Tidied("", _TAKEN_OUT)
    changed = old.value != tidied.value
    new = Answer(value=tidied.value, source=source, said=tidied.said, touched=touched, revision=old.revision + changed)
    if new == old:
        return draft
    draft = _with_answer(draft, key, new, changed=changed)
    if "://" not in raw or "://" in tidied.value:
        return draft
    for other in form_variables(draft):  # an address may have the id of another field too
        known = answer(draft, other.key)
        together = other.role in TOGETHER_IN_AN_ADDRESS.get(field_.role, ()) and other.key != key
        if together and not (known.touched and known.value):
            value = rules.tidy(other, raw).value
            if "://" not in value:
                draft = put(draft, other.key, value, source="from the address you pasted", touched=False)
    return draft


def renamed(draft: Draft) -> Draft:
    """Propose the name again from Fields on: it follows what is imported."""
    return propose_name(draft) if steps.index(draft.furthest) >= steps.index("fields") else draft


_TAKEN_OUT = "This was a key, so it was removed. Paste it into the field for that key."


def take_out(draft: Draft, key: str) -> Draft:
    """Empty a field that shows its value, since it contained a key."""
    old = answer(draft, key)
    new = replace(old, value="", source="", said=_TAKEN_OUT, touched=True, revision=old.revision + 1)
    return _with_answer(draft, key, new, changed=True)


def put_secret(
    draft: Draft,
    bag: Bag,
    key: str,
    raw: str,
    *,
    source: str = "",
    reference: str = "",
    touched: bool = True,
    pasted: bool = True,
) -> Draft:
    """Answer a secret field. The value goes into the bag; the draft learns its length, kind, and scope.

    Only a `pasted` value is tidied.
    """
    field_ = variable(draft, key)
    tidied = rules.tidy(field_, raw) if pasted else Tidied(raw)
    old = answer(draft, key)
    if not tidied.value:
        bag.drop(key)
        blank = Answer(touched=touched, keep=old.keep, revision=old.revision + 1)
        return _with_same_keys(_with_answer(draft, key, blank, changed=True), bag)
    if bag.peek(key) == tidied.value and old.secret is not None and not source:
        return draft if old.said or not tidied.said else _with_answer(draft, key, replace(old, said=tidied.said))
    bag.put(key, tidied.value)
    new = Answer(
        source=source,
        said=tidied.said,
        touched=touched,
        secret=secret_facts.secret_facts(field_, tidied.value),
        keep=KEYRING if reference == KEYRING else old.keep,
        reference=reference,
        revision=old.revision + 1,
    )
    return _with_same_keys(_with_answer(draft, key, new, changed=True), bag)


def refuse_secret(draft: Draft, key: str, why: str, *, source: str) -> Draft:
    """Leave a secret field empty and show why the value from `source` can't be a key."""
    return _with_answer(draft, key, replace(answer(draft, key), said=why, source=source, touched=True))


def keep(draft: Draft, key: str, where: str) -> Draft:
    """Decide whether a key is kept for this session or in the keyring."""
    return _with_answer(draft, key, replace(answer(draft, key), keep=where, kept=""))


def was_kept(draft: Draft, key: str, said: str, *, in_keyring: bool) -> Draft:
    """Record whether a key was stored: only one that is in the keyring is referred to by it."""
    old = answer(draft, key)
    reference = KEYRING if in_keyring else ("" if old.reference == KEYRING else old.reference)
    return _with_answer(
        draft, key, replace(old, kept=said, reference=reference, keep=KEYRING if in_keyring else SESSION)
    )


def checked(draft: Draft, check: Check) -> Draft:
    """Put a check's result into the draft, and fill the fields it answers unless the user has."""
    draft = replace(draft, checks={**draft.checks, check.field: check})
    for fill in check.fills:
        old = answer(draft, fill.field)
        if not old.touched or not old.value:
            draft = put(draft, fill.field, fill.value, source=fill.label, touched=False)
    if check.instead is not None:
        draft = put(draft, check.field, check.instead.value, source=check.instead.label)
    return replace(draft, checks={**draft.checks, check.field: check})


def unchecked(draft: Draft, key: str) -> Draft:
    """Forget the check of a field."""
    return replace(draft, checks={k: check for k, check in draft.checks.items() if k != key})


def take(draft: Draft, offer: Offer) -> Draft:
    """Use an offered value."""
    return put(draft, offer.field, offer.value, source="")


def settle(draft: Draft, key: str) -> Draft:
    """Replace a name by the id it certainly means. Returns the same draft if there is none."""
    if not answer(draft, key).value:
        return draft
    offers = (finding.offer for check in draft.checks.values() for finding in check.findings if finding.field == key)
    offer = next((offer for offer in offers if offer is not None and offer.certain), None)
    return put(draft, key, offer.value, source=BY_NAME) if offer is not None else draft


def start_too(draft: Draft, starts: bool) -> Draft:
    """Choose whether the import starts as soon as its configuration exists."""
    return replace(draft, starts=starts)


def propose_name(draft: Draft) -> Draft:
    """Name the configuration after what it imports, unless the user named it."""
    old = answer(draft, CONFIG_NAME.key)
    if draft.form is None or (old.touched and old.value and old.source != PROPOSED):
        return draft
    words = " ".join((draft.form.title, *scope(draft)))[:100]
    return put(draft, CONFIG_NAME.key, words, source=PROPOSED, touched=False)


def _with_answer(draft: Draft, key: str, new: Answer, *, changed: bool = False) -> Draft:
    """Replace an answer. If its value `changed`, drop the checks that used it."""
    checks = draft.checks
    if changed:
        checks = {field_: check for field_, check in checks.items() if key not in inputs_of(draft, field_)}
    return replace(draft, answers={**draft.answers, key: new}, checks=checks)


def _with_same_keys(draft: Draft, bag: Bag) -> Draft:
    same = frozenset(key for key in bag.keys() if key != TOKEN.key and bag.same(key, TOKEN.key))  # noqa: SIM118 - a bag is no mapping
    return replace(draft, same_as_token=same)


def touch(draft: Draft, step: str) -> Draft:
    """Mark the step's fields as touched, so that what is missing becomes a problem: the user wanted to go on."""
    untouched = [v.key for v in fields(draft, step) if not answer(draft, v.key).touched]
    touched = {key: replace(answer(draft, key), touched=True) for key in untouched}
    return replace(draft, answers={**draft.answers, **touched})


def go(draft: Draft, step: str) -> Draft:
    """Go to a step, with all answers kept."""
    furthest = max(draft.furthest, step, key=steps.index)
    draft = replace(draft, step=step, furthest=furthest, returns=draft.returns and step != "review")
    return renamed(draft)
