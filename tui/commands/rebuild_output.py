"""A proposal as lines: counts, a line for each flag, and for single flags both sides' rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from tui.commands.style import Style
from tui.plan.words import flags as flag_count
from tui.rebuild.differences import differences, proof_words
from tui.rebuild.documents import counts, state_of
from tui.rebuild.model import Grade
from tui.rebuild.proposal import Proposal, Row
from tui.rebuild.read_back import Outcome
from tui.rebuild.reading import BothSides
from tui.rebuild.record import State
from tui.rebuild.words import lines as launchdarkly_lines
from tui.rebuild.words import source_lines
from tui.targeting.model import Targeting
from tui.targeting.words import name
from tui.text.cells import padded, wrapped
from tui.text.clean import clean

_INDENT = "    "
_WIDE = 100
"""From this width on two columns have room."""
_GRADES: Mapping[Grade, str] = {"faithful": "faithful", "approximate": "approximate", "by-hand": "by hand"}


def proposal_lines(
    proposal: Proposal,
    sides: BothSides,
    source: str,
    notes: Sequence[str],
    width: int | None,
    style: Style,
    *,
    opened: bool,
) -> Iterator[str]:
    """Yield the counts, each flag, and the notes. With `opened` each flag shows the rules of both sides.

    `source` is the source's name.
    """
    number = counts(proposal)
    planned = sum(row.state is State.PLANNED for row in proposal.rows)
    applied = f" {number['applied']:,} are rebuilt already." if number["applied"] else ""
    headline = (
        f"{flag_count(number['flags'])}: {number['faithful']:,} faithful, {number['approximate']:,} approximate, "
        f"{number['by_hand']:,} by hand.{applied} A rebuild would set the targeting of {planned:,} in "
        f"{clean(sides.environment.key)}. Nothing was changed."
    )
    yield from style.titled("ok" if planned else "warning", headline, width)
    for row in proposal.rows:
        yield from style.marked(_level(row), _summary(row), width, indent=2)
        if opened:
            yield from _details(row, source, sides.targeting, width, style)
    if missing := _to_accept(proposal):
        text = "To include the flags that differ only by these names, accept them: "
        yield from wrapped(text + " ".join(f"--accept {each}" for each in missing), width)
    for note in notes:
        yield from style.marked("note", clean(note), width)


_WORDS: Mapping[State, tuple[str, str]] = {
    State.EQUAL: ("ok", "rebuilt, read back equal"),
    State.APPLIED: ("warning", "rebuilt, not checked"),
    State.DIFFERS: ("problem", "differs"),
    State.FAILED: ("problem", "failed"),
    State.PENDING_APPROVAL: ("warning", "waits for approval"),
    State.SKIPPED: ("warning", "not rebuilt"),
    State.PLANNED: ("warning", "not rebuilt"),
    State.TAKEN_BACK: ("ok", "taken back"),
}
"""The level and the words of each state after a run."""


def outcome_lines(
    proposal: Proposal,
    outcomes: Mapping[str, Outcome],
    sides: BothSides,
    notes: Sequence[str],
    width: int | None,
    style: Style,
) -> Iterator[str]:
    """Yield the counts, the outcome of each flag, and the notes."""
    states = Counter(state_of(row, outcomes) for row in proposal.rows)
    parts = [f"{states[state]:,} {words}" for state, (_, words) in _WORDS.items() if states[state]]
    bad = states[State.DIFFERS] + states[State.FAILED] + states[State.PENDING_APPROVAL]
    where = f"{flag_count(len(proposal.rows))} in {clean(sides.environment.key)}"
    yield from style.titled("warning" if bad else "ok", f"{where}: {', '.join(parts)}.", width)
    for row in proposal.rows:
        level, words = _WORDS[state_of(row, outcomes)]
        reason = outcomes[row.key].reason if row.key in outcomes else ""
        reason = reason or ", ".join(f"{name} not accepted" for name in row.not_accepted)
        text = f"{clean(row.key)}  {words}" + (f": {clean(reason)}" if reason else "")
        yield from style.marked(level, text, width, indent=2)
    for note in notes:
        yield from style.marked("note", clean(note), width)


def _level(row: Row) -> str:
    ready = row.state in (State.PLANNED, State.APPLIED)
    return "problem" if row.rebuilt.grade == "by-hand" else "ok" if ready else "warning"


def _summary(row: Row) -> str:
    """ "checkout-v2  approximate: rebucketed (not accepted)". The names may be those of a flag it depends on."""
    head = f"{clean(row.key)}  {_GRADES[row.rebuilt.grade]}"
    if row.rebuilt.targeting is None:
        more = f" And {len(row.rebuilt.reasons) - 1} more." if len(row.rebuilt.reasons) > 1 else ""
        return f"{head}: {''.join(map(clean, row.rebuilt.reasons[:1]))}{more}"
    text = ", ".join(rebuilt_names) if (rebuilt_names := row.rebuilt.approximations) else ""
    if row.not_accepted:
        text += f" (not accepted{'' if row.not_accepted == rebuilt_names else ': ' + ', '.join(row.not_accepted)})"
    return f"{head}: {clean(text.strip())}" if text else head


def _to_accept(proposal: Proposal) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in proposal.rows for name in row.not_accepted))


def _details(row: Row, source: str, flags: Mapping[str, Targeting], width: int | None, style: Style) -> Iterator[str]:
    """Yield both sides' rules, what differs and for whom, and the proof."""
    rebuilt, targeting = row.rebuilt, row.targeting
    for reason in rebuilt.reasons[1:]:
        yield from wrapped(clean(reason), width, first="      ", rest="      ")
    if targeting is None:
        return
    today = _section(f"In {source}", source_lines(targeting))
    if rebuilt.targeting is None:
        yield from _broken(today, width, style)
        return
    names = {key: [name(variation) for variation in flags[key].variations] for key in {row.key, *_parents(row)}}
    rules = launchdarkly_lines(rebuilt.targeting, rebuilt.segments, names[row.key], names)
    yield from _beside(today, _section("In LaunchDarkly", rules), width, style)
    unlike = [f"{each.name}: {each.text} {each.example}".strip() for each in differences(rebuilt, row.proof)]
    yield from _broken(_section("What differs", unlike), width, style)
    yield from wrapped(proof_words(row.proof), width, first=_INDENT, rest=_INDENT)


def _parents(row: Row) -> Iterator[str]:
    if row.rebuilt.targeting is not None:
        yield from (prerequisite.flag for prerequisite in row.rebuilt.targeting.prerequisites)


_Section = tuple[str, Sequence[str]]
"""A title, and texts that are cleaned."""


def _section(title: str, texts: Sequence[str]) -> _Section:
    return title, [clean(text) for text in texts]


def _broken(section: _Section, width: int | None, style: Style) -> Iterator[str]:
    title, texts = section
    if texts:
        yield f"{_INDENT}{style.heading(title)}"
    for text in texts:
        yield from wrapped(text, width, first=f"{_INDENT}  ", rest=f"{_INDENT}    ")


def _beside(left: _Section, right: _Section, width: int | None, style: Style) -> Iterator[str]:
    """Yield two sections in columns, or one after the other if the terminal is narrow, or is none."""
    if width is None or width < _WIDE:
        yield from _broken(left, width, style)
        yield from _broken(right, width, style)
        return
    column = (width - len(_INDENT)) // 2 - 1
    (first, texts), (second, others) = left, right
    yield f"{_INDENT}{style.heading(padded(first, column))} {style.heading(second)}"
    for text, other in zip_longest(texts, others, fillvalue=""):
        here, there = (list(wrapped(each, column, first="  ", rest="    ")) if each else [] for each in (text, other))
        for one, two in zip_longest(here, there, fillvalue=""):
            yield f"{_INDENT}{padded(one, column)} {two}".rstrip()
