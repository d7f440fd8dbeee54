"""The flags of a plan: lists by filter, a search, and one flag in full."""

from __future__ import annotations

from collections.abc import Sequence

from tui.plain.walk import Walk
from tui.plan.plan import WORDS, Plan, PlannedFlag
from tui.plan.reading import explain
from tui.plan.words import flags, kind_label
from tui.sources.registry import SOURCES
from tui.text.clean import clean, readable
from tui.text.redact import tree
from tui.wizard import flag_facts, plan_words
from tui.wizard.flag_view import FILTERS, SortableFlags, View


def show_flags(walk: Walk, text: str) -> None:
    """List flags: all, those of a filter, or those that contain a text."""
    word, _, rest = text.partition(" ")
    if word.casefold() in FILTERS:
        show_filter(walk, word.casefold(), rest)
        return
    _show(walk, View(query=text))
    names = ", ".join(f"{key} ({label} {count:,})" for key, label, count in _ready(walk).chips)
    if names and not text:
        walk.say("note", f"To see a part of them, type flags and one of: {names}.")


def show_filter(walk: Walk, name: str, text: str) -> None:
    """List the flags of one filter."""
    _show(walk, View(only=name, query=text.strip()))


def show_loss(walk: Walk, kind: str, text: str) -> None:
    """List the flags that lose one kind of targeting."""
    _show(walk, View(loses=kind, query=text))


def find(walk: Walk, text: str) -> None:
    """List the flags whose key, name or description contains a text."""
    if text:
        _show(walk, View(query=text))
    else:
        walk.say("note", "Type find and a part of a key, a name, or a description.")


def _plan(walk: Walk) -> Plan | None:
    return walk.session.draft.plan


def _ready(walk: Walk) -> SortableFlags:
    plan = _plan(walk)
    return SortableFlags(plan.flags if plan is not None else ())


def _show(walk: Walk, view: View) -> None:
    shown = _ready(walk).seen(view)
    walk.say("note", f"{flags(len(shown))}.")
    walk.ask.pages([_row(planned, view.loses) for planned in shown])


def _row(planned: PlannedFlag, loss: str) -> str:
    """ "checkout-v2, import, on now: percentage rollout, constraints"."""
    source = "on now" if planned.flag.on_at_source else "off now"
    why = flag_facts.why(planned, loss).removeprefix("! ")
    return f"{clean(planned.flag.key)}, {WORDS[planned.verdict]}, {source}{f': {why}' if why else ''}"


# --- one flag


def show_flag(walk: Walk, key: str) -> None:
    """Write what the import does with one flag, and what it leaves behind."""
    plan, planned = _plan(walk), _named(walk, key)
    if plan is None or planned is None:
        return
    walk.terminal.say(f"{clean(planned.flag.key)}: {WORDS[planned.verdict]}")
    for label, level, text in flag_facts.facts(planned, walk.session.draft):
        walk.say(level, f"{label}: {clean(text)}" if label else clean(text), indent=2)
    for warning in planned.warnings:
        walk.say("warning", clean(warning), indent=2)
    if planned.arrives:
        lost = explain(plan.request, planned.flag, walk.session.context.redactor)
        walk.say("note" if lost else "ok", plan_words.LEFT_BEHIND if lost else plan_words.NOTHING_LEFT_BEHIND)
        walk.ask.pages([f"{kind_label(each.kind)}: {clean(each.text)}" for each in lost])
    walk.say("note", f"Type source {clean(planned.flag.key)} to see its definition in {_source(plan)}.")


def show_definition(walk: Walk, key: str) -> None:
    """Write a flag's definition in the source as JSON, with keys hidden."""
    planned = _named(walk, key)
    if planned is not None:
        hidden = tree(planned.flag.definition, walk.session.context.redactor.setting)
        walk.ask.pages(readable(hidden).split("\n"))


def _source(plan: Plan) -> str:
    return SOURCES[plan.request.integration].name


def _named(walk: Walk, key: str) -> PlannedFlag | None:
    """Return the flag with a key, or the only one whose key contains it."""
    plan = _plan(walk)
    all_: Sequence[PlannedFlag] = plan.flags if plan is not None else ()
    exact = [planned for planned in all_ if planned.flag.key == key]
    near = [planned for planned in all_ if key and key.casefold() in planned.flag.key.casefold()]
    if exact or len(near) == 1:
        return (exact or near)[0]
    names = ", ".join(clean(planned.flag.key) for planned in near[:5])
    walk.say("note", f"Which one? {names}." if near else "No flag has this key. Type flag and its key.")
    return None
