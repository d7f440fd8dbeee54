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
    inputs_of,
    scope,
    variable,
)
from tui.answers.fields import Form, Tidied, Variable
from tui.answers.finding import Offer
from tui.answers.rules import TOGETHER_IN_AN_ADDRESS
from tui.answers.secret_facts import looks_secret

if TYPE_CHECKING:
    from tui.secrets.bag import Bag


def choose(draft: Draft, form: Form) -> Draft:
    """Choose an integration: fill in its defaults, and keep the answers to another one's fields for later."""
    chosen = replace(draft, form=form)
    changed = draft.integration not in ("", form.integration)
    asked = {v.key: v for v in (*BUILT_IN.values(), *form.variables)}
    answers = {key: each for key, each in draft.answers.items() if not _misfits(asked.get(key), each)}
    for key, field_ in asked.items():
        old = answers.get(key)
        stale = changed and old is not None and old.source == PROPOSED and key not in BUILT_IN
        if field_.default and not field_.secret and (old is None or (stale and old.value != field_.default)):
            answers[key] = Answer(value=field_.default, source=PROPOSED, revision=old.revision + 1 if old else 0)
    checks = {key: check for key, check in draft.checks.items() if key in BUILT_IN and not changed}
    return replace(chosen, answers=answers, checks=checks)


def _misfits(field_: Variable | None, each: Answer) -> bool:
    """A key of the same name is a secret in one form and none in the other."""
    if field_ is None:
        return False
    return bool(each.value) if field_.secret else each.secret is not None


def put(draft: Draft, key: str, raw: str, *, source: str = "", touched: bool = True) -> Draft:
    """Answer a field that is no secret, with what was typed or pasted. Drops the checks that used the old answer."""
    tidied = _without_key(rules.tidy(variable(draft, key), raw))
    old = answer(draft, key)
    changed = old.value != tidied.value
    new = Answer(value=tidied.value, source=source, said=tidied.said, touched=touched, revision=old.revision + changed)
    if new == old:
        return draft
    draft = _with_answer(draft, key, new)
    draft = replace(draft, checks=_without_stale(draft, key)) if changed else draft
    return _with_companions(draft, key, raw) if "://" in raw and "://" not in tidied.value else draft


def _with_companions(draft: Draft, key: str, address: str) -> Draft:
    """Fill in the other ids of a pasted address where nothing was answered."""
    together = TOGETHER_IN_AN_ADDRESS.get(variable(draft, key).role, ())
    for each in draft.form.variables if draft.form else ():
        old = answer(draft, each.key)
        if each.role in together and each.key != key and not (old.touched and old.value):
            value = rules.tidy(each, address).value
            if "://" not in value:
                draft = put(draft, each.key, value, source="from the address you pasted", touched=False)
    return draft


def renamed(draft: Draft) -> Draft:
    """Propose the name again if it was proposed before: it follows what is imported."""
    return propose_name(draft) if steps.index(draft.furthest) >= steps.index("fields") else draft


def take_out(draft: Draft, key: str) -> Draft:
    """Empty a field that shows what it holds, since it held a key."""
    old = answer(draft, key)
    new = replace(old, value="", source="", said=_TAKEN_OUT, touched=True, revision=old.revision + 1)
    draft = _with_answer(draft, key, new)
    return replace(draft, checks=_without_stale(draft, key))


_TAKEN_OUT = "A key was put here, in plain sight. It was taken out: paste it into its own field."


def _without_key(tidied: Tidied) -> Tidied:
    """Take a key out of a field that shows its value."""
    if not looks_secret(tidied.value):
        return tidied
    return Tidied("", _TAKEN_OUT)


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
    """Answer a secret field. The value goes into the bag; the draft learns its length, kind and scope.

    Only a `pasted` value is tidied; any other is taken as it is.
    """
    field_ = variable(draft, key)
    tidied = rules.tidy(field_, raw) if pasted else Tidied(raw)
    old = answer(draft, key)
    if not tidied.value:
        bag.drop(key)
        blank = Answer(touched=touched, keep=old.keep, revision=old.revision + 1)
        draft = _with_answer(draft, key, blank)
        return _with_same_keys(replace(draft, checks=_without_stale(draft, key)), bag)
    unchanged = bag.peek(key) == tidied.value
    if unchanged and old.secret is not None and not source:
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
    return _with_same_keys(replace(_with_answer(draft, key, new), checks=_without_stale(draft, key)), bag)


def refuse_secret(draft: Draft, key: str, why: str, *, source: str) -> Draft:
    """Leave a secret field empty and show why: what was found for it at `source` can't be a key."""
    return _with_answer(draft, key, replace(answer(draft, key), said=why, source=source, touched=True))


def keep(draft: Draft, key: str, where: str) -> Draft:
    """Decide whether a key is kept for this session or in the keyring."""
    return _with_answer(draft, key, replace(answer(draft, key), keep=where, kept=""))


def was_kept(draft: Draft, key: str, said: str, *, in_keyring: bool) -> Draft:
    """Note what storing a key came to; only a key that is really in the keyring is referred to by it."""
    old = answer(draft, key)
    reference = KEYRING if in_keyring else ("" if old.reference == KEYRING else old.reference)
    return _with_answer(
        draft, key, replace(old, kept=said, reference=reference, keep=KEYRING if in_keyring else SESSION)
    )


def checked(draft: Draft, check: Check) -> Draft:
    """Put a check's result into the draft, and fill the fields it answers where the person has not."""
    draft = replace(draft, checks={**draft.checks, check.field: check})
    for fill in check.fills:
        old = answer(draft, fill.field)
        if not old.touched or not old.value:
            draft = put(draft, fill.field, fill.value, source=fill.label, touched=False)
    if check.instead is not None:
        draft = put(draft, check.field, check.instead.value, source=check.instead.label)
    return replace(draft, checks={**draft.checks, check.field: check})


def unchecked(draft: Draft, key: str) -> Draft:
    """Forget what a server said of a field."""
    return replace(draft, checks={k: check for k, check in draft.checks.items() if k != key})


def take(draft: Draft, offer: Offer) -> Draft:
    """Use an offered value."""
    return put(draft, offer.field, offer.value, source="taken over")


def start_too(draft: Draft, starts: bool) -> Draft:
    """Choose whether the import starts as soon as its configuration exists."""
    return replace(draft, starts=starts)


def propose_name(draft: Draft) -> Draft:
    """Name the configuration after what it imports, unless the person named it."""
    old = answer(draft, CONFIG_NAME.key)
    if draft.form is None or (old.touched and old.value and old.source != PROPOSED):
        return draft
    words = " ".join((draft.form.title, *scope(draft)))[:100]
    return put(draft, CONFIG_NAME.key, words, source=PROPOSED, touched=False)


def _with_answer(draft: Draft, key: str, new: Answer) -> Draft:
    return replace(draft, answers={**draft.answers, key: new})


def _with_same_keys(draft: Draft, bag: Bag) -> Draft:
    same = frozenset(key for key in bag.keys() if key != TOKEN.key and bag.same(key, TOKEN.key))  # noqa: SIM118 - a bag is no mapping
    return replace(draft, same_as_token=same)


def _without_stale(draft: Draft, changed: str) -> dict[str, Check]:
    """The checks that did not use the answer to `changed`."""
    return {key: check for key, check in draft.checks.items() if changed not in inputs_of(draft, key)}


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
