"""The sentences of the step Rebuild: environments, flags, differences to accept, questions, and the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from tui.launchdarkly.models import Environment
from tui.plan.words import GRADES, flags
from tui.rebuild.differences import differences, proof_words
from tui.rebuild.documents import counts
from tui.rebuild.proposal import Proposal, Row
from tui.rebuild.read_back import Outcome
from tui.rebuild.record import State
from tui.rebuild.words import lines as lines_in_launchdarkly
from tui.rebuild.words import source_lines
from tui.targeting.approximations import sentence
from tui.targeting.words import name as variation_name
from tui.text.clean import clean
from tui.text.phrases import count, listed
from tui.wizard.help import HelpPage, Section
from tui.wizard.rebuild_run import example_of
from tui.wizard.rebuilding import Rebuilding

CHOOSE = "Choose an environment in LaunchDarkly. Nothing is changed yet."
READING = "The wizard reads both sides. Nothing is changed on either."
NOTHING_CHANGED = "Nothing has been changed yet."
OPEN_FIRST = "Open this flag first (Enter). Then press Space to adopt it."
NOT_ADOPTABLE = "You can adopt only flags that this import didn't create."
ACCEPT_TITLE = "Differences to accept"
ACCEPT_TEXT = "These flags would serve some users something else. Accept a difference to include its flags."
STAYS_OFF = "All flags stay off."


def stopped(*, writing: bool) -> str:
    """Return what to know after a stop."""
    if writing:
        return "Stopped. What is done stays as it is. Press r to read both sides, then continue."
    return "Stopped. Press r to read both sides again."


def cannot_read(title: str) -> str:
    """Return why there is no rebuild from a source that needs its own manifest."""
    return f"This wizard can't read flags from {title}, so it can't rebuild them."


# --- environments


def environment(one: Environment) -> str:
    """Return what to know about an environment before anything is set in it."""
    parts = []
    if one.critical:
        parts.append("critical")
    if one.approval_required:
        which = f" of flags tagged {listed(one.approval_tags)}" if one.approval_tags else ""
        parts.append(f"changes{which} need an approval")
    return clean(", ".join(parts) or "no approval needed")


# --- flags


@dataclass(frozen=True, slots=True)
class Line:
    """One flag of the list. `adopted` is None unless it is a flag of others, which can be adopted by a tick."""

    key: str
    level: str
    word: str
    text: str = ""
    adopted: bool | None = None
    to_accept: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """`label` is its chip: "by hand 11"."""

    label: str
    keep: Callable[[Line], bool]


READY, REBUILT, BY_HAND, TO_ACCEPT, ATTENTION, OTHERS = "ready", "rebuilt", "by hand", "to accept", "check", "others"
FILTERS: Mapping[str, Filter] = {
    "all": Filter("all", lambda line: True),
    READY: Filter("ready", lambda line: line.word == READY),
    TO_ACCEPT: Filter("to accept", lambda line: line.to_accept),
    BY_HAND: Filter("by hand", lambda line: line.word == BY_HAND),
    REBUILT: Filter("rebuilt", lambda line: line.word in (REBUILT, "equal")),
    ATTENTION: Filter("to check", lambda line: line.word in ("differs", "failed", "pending")),
    OTHERS: Filter("not of this import", lambda line: line.adopted is not None),
}
"""The filters of the list, by key."""

_STATES: Mapping[State, tuple[str, str]] = {
    State.EQUAL: ("ok", "equal"),
    State.APPLIED: ("ok", REBUILT),
    State.DIFFERS: ("warning", "differs"),
    State.FAILED: ("problem", "failed"),
    State.PENDING_APPROVAL: ("unknown", "pending"),
    State.TAKEN_BACK: ("note", "taken back"),
}
_MEANINGS: Mapping[State, str] = {
    State.EQUAL: "set and read back",
    State.APPLIED: "set by an earlier run",
    State.PENDING_APPROVAL: "approval requested",
    State.TAKEN_BACK: "as before",
}
WORDS: Mapping[str, str] = {
    READY: "apply sets its targeting",
    TO_ACCEPT: "it differs in ways that you haven't accepted yet",
    BY_HAND: "its targeting can't be rebuilt automatically; recreate it in LaunchDarkly",
    REBUILT: "set by an earlier run, and unchanged since",
    "equal": "set, read back, and equal to what was meant",
    "differs": "it isn't as it was meant; nothing more is sent",
    "pending": "LaunchDarkly changes it once someone approves",
    "failed": "it wasn't changed; the reason is beside it",
    "not opened": "a flag of others; open it, then tick it to adopt it",
}
"""What the words in the list mean."""


def lines(rebuilding: Rebuilding) -> tuple[Line, ...]:
    """Return the flags of the proposal in its order, then those that can be adopted."""
    rows, outcomes = rebuilding.rows, rebuilding.outcomes
    mine = (_line(row, outcomes.get(row.key)) for row in rows.values())
    return (*mine, *(_other(key, rebuilding) for key in rebuilding.others if key not in rows))


def _other(key: str, rebuilding: Rebuilding) -> Line:
    if key in rebuilding.seen:
        return Line(key, "note", "seen", "not of this import; press Space to adopt it", adopted=False)
    return Line(key, "note", "not opened", "not of this import", adopted=False)


def _line(row: Row, outcome: Outcome | None) -> Line:
    adopted = True if row.adopted and row.recorded is None else None
    state = outcome.state if outcome is not None else row.state
    if state in _STATES:
        level, word = _STATES[state]
        reason = outcome.reason if outcome is not None else "".join(row.rebuilt.reasons[:1])
        return Line(row.key, level, word, clean(reason or _MEANINGS.get(state, "")), adopted)
    rebuilt = row.rebuilt
    if rebuilt.targeting is None:
        more = f" And {len(rebuilt.reasons) - 1} more." if len(rebuilt.reasons) > 1 else ""
        return Line(row.key, "problem", BY_HAND, f"{clean(''.join(rebuilt.reasons[:1]))}{more}", adopted)
    if row.not_accepted:
        return Line(row.key, "warning", TO_ACCEPT, clean(", ".join(row.not_accepted)), adopted, to_accept=True)
    names = ", ".join(rebuilt.approximations)
    return Line(row.key, "ok", READY, clean(f"{GRADES[rebuilt.grade]}{f': {names}' if names else ''}"), adopted)


def headline(rebuilding: Rebuilding) -> tuple[str, str]:
    """Return the level and the counts: "46 flags: 21 faithful, 14 approximate, 11 by hand"."""
    proposal = rebuilding.proposal
    if proposal is None or not proposal.rows:
        text = "No flags of an import here. Adopt flags: open one, then press Space." if proposal is not None else ""
        return "note", text
    if rebuilding.outcomes:
        return _result(proposal, rebuilding.outcomes)
    number = counts(proposal)
    parts = [f"{number[name]:,} {word}" for name, word in _COUNTED if number[name]]
    return "ok", f"{flags(number['flags'])}: {', '.join(parts)}"


_COUNTED = (("faithful", "faithful"), ("approximate", "approximate"), ("by_hand", "by hand"), ("applied", "rebuilt"))


def _result(proposal: Proposal, outcomes: Mapping[str, Outcome]) -> tuple[str, str]:
    number = Counter(outcome.state for outcome in outcomes.values())
    parts = [f"{number[state]:,} {word}" for state, word in _RESULTS if number[state]]
    level = "warning" if any(number[state] for state in _BAD) else "ok"
    left = sum(row.rebuilt.targeting is None for row in proposal.rows)
    by_hand = [f"{left:,} left by hand"] if left else []
    return level, clean(", ".join([*parts, *by_hand]) or "Nothing was changed")


_RESULTS = (
    (State.EQUAL, "rebuilt and read back equal"),
    (State.APPLIED, "rebuilt"),
    (State.DIFFERS, "differ"),
    (State.PENDING_APPROVAL, "wait for approval"),
    (State.FAILED, "failed"),
    (State.TAKEN_BACK, "taken back"),
)
_BAD = (State.DIFFERS, State.FAILED, State.PENDING_APPROVAL)


def applied(rebuilding: Rebuilding) -> tuple[str, str]:
    """Return the level and the message after flags were applied."""
    if waiting := len(rebuilding.needing_approval()):
        needs = "needs an approval first. It" if waiting == 1 else "need an approval first. They"
        return "warning", f"{flags(waiting)} {needs} {'was' if waiting == 1 else 'were'} not changed."
    number = Counter(outcome.state for outcome in rebuilding.outcomes.values())
    if requested := number[State.PENDING_APPROVAL]:
        return "ok", f"Approvals requested for {flags(requested)}. LaunchDarkly changes them once someone approves."
    if bad := number[State.DIFFERS] + number[State.FAILED]:
        return "warning", f"{flags(bad)} to check: open one (Enter) to see why."
    return "ok", f"Applied and read back. {STAYS_OFF}"


def flag_page(rebuilding: Rebuilding, line: Line, row: Row | None = None, most: int | None = 40) -> HelpPage:
    """Return a page about one flag: its state, both sides' rules, what differs, and the proof.

    `row` is that of a flag that isn't in the proposal. `most` is the number of rules of each side, None for all.
    """
    row, sides = row or rebuilding.rows.get(line.key), rebuilding.sides
    meaning = WORDS.get(line.word, line.text)
    parts: list[str | Section] = [f"{line.word.capitalize()}: {meaning}."]
    if row is not None and row.rebuilt.reasons:
        parts.append(Section("Why", [clean(reason) for reason in row.rebuilt.reasons]))
    if row is None or row.targeting is None or sides is None:
        return HelpPage(clean(line.key), parts)
    parts.append(Section(f"In {rebuilding.source}", [clean(text) for text in source_lines(row.targeting)[:most]]))
    meant = row.rebuilt.targeting
    if meant is not None:
        keys = {row.key, *(each.flag for each in meant.prerequisites)} & sides.targeting.keys()
        names = {key: [variation_name(value) for value in sides.targeting[key].variations] for key in keys}
        rules = lines_in_launchdarkly(meant, row.rebuilt.segments, names.get(row.key, ()), names)
        parts.append(Section("In LaunchDarkly", [clean(text) for text in rules[:most]]))
        unlike = [clean(f"{each.name}: {each.text} {each.example}") for each in differences(row.rebuilt, row.proof)]
        parts += [Section("What differs", unlike)] if unlike else []
        parts.append(proof_words(row.proof))
    return HelpPage(clean(line.key), parts)


# --- accepting


@dataclass(frozen=True, slots=True)
class Difference:
    """One approximation to accept: how many flags have it, what it means, and a context that gets something else."""

    name: str
    number: int
    text: str
    example: str = ""


def to_accept(proposal: Proposal) -> tuple[Difference, ...]:
    """Return the approximations of the flags, accepted or not, the most frequent first."""
    rows = [row for row in proposal.rows if row.rebuilt.targeting is not None and row.recorded is None]
    number = Counter(name for row in rows for name in row.rebuilt.approximations)
    found = (
        Difference(name, n, clean(sentence(name)), clean(example_of(proposal, name))) for name, n in number.items()
    )
    return tuple(sorted(found, key=lambda each: (-each.number, each.name)))


def may_accept(rebuilding: Rebuilding) -> bool:
    """Whether accepting a difference, or no longer accepting it, decides about a flag that isn't rebuilt yet."""
    rows, outcomes = rebuilding.rows, rebuilding.outcomes
    return any(row.rebuilt.approximations and row.recorded is None and row.key not in outcomes for row in rows.values())


# --- questions: title and text


def apply_question(rebuilding: Rebuilding) -> tuple[str, str]:
    """Return the question before anything is written."""
    rows = rebuilding.planned()
    segments = {segment.key for row in rows for segment in row.rebuilt.segments}
    parts = [f"This sets the rules of {flags(len(rows))} in {_where(rebuilding)}."]
    if segments:
        parts.append(
            f"It creates {count(len(segments), 'helper segment')} there, or uses those that it created before."
        )
    parts.append("All flags stay off. Each flag is read again first; one that changed meanwhile is kept as it is.")
    if rebuilding.environment is not None and rebuilding.environment.approval_required:
        parts.append("Where LaunchDarkly wants an approval, nothing is changed, and you are asked again.")
    parts.append("You can take back exactly what was added.")
    return f"Apply to {flags(len(rows))} in {_key(rebuilding)}?", " ".join(parts)


def critical_question(rebuilding: Rebuilding) -> tuple[str, str]:
    """Return the second question, for a critical environment."""
    text = f"LaunchDarkly marks {_key(rebuilding)} as critical. Flags stay off until you turn them on."
    return f"Apply to the critical environment {_key(rebuilding)}?", text


def approvals_question(rebuilding: Rebuilding) -> tuple[str, str]:
    """Return the question before approvals are requested."""
    number = len(rebuilding.needing_approval())
    text = "LaunchDarkly applies each change once someone approves it. A flag with an open request gets no second one."
    return f"Request approvals for {flags(number)} in {_key(rebuilding)}?", text


def turn_on_question(rebuilding: Rebuilding, rows: Collection[Row]) -> tuple[str, str]:
    """Return the question before flags are turned on: from then on users get their variations."""
    text = (
        f"These flags are on in {rebuilding.source} now, and were read back equal. Your users get their variations from"
        f" LaunchDarkly in {_where(rebuilding)} at once: {listed([clean(row.key) for row in rows])}."
    )
    return f"Turn on {flags(len(rows))} in {_key(rebuilding)}?", text


def evaluate_question(number: int) -> tuple[str, str]:
    """Return the question before LaunchDarkly evaluates flags itself."""
    text = (
        "The wizard sends a few sample contexts and compares LaunchDarkly's answers. LaunchDarkly doesn't record them."
    )
    return f"Let LaunchDarkly evaluate {flags(number)}?", text


def take_back_question(rebuilding: Rebuilding, possible: int, kept: int) -> tuple[str, str]:
    """Return the question before rebuilds are taken back."""
    more = f" {flags(kept)} changed since and stay as they are." if kept else ""
    text = (
        f"This removes exactly what rebuilds added in {_where(rebuilding)}, and helper segments that no flag uses."
        f" Flags that it turned on go off again.{more}"
    )
    return f"Take back {flags(possible)} in {_key(rebuilding)}?", text


def _key(rebuilding: Rebuilding) -> str:
    return clean(rebuilding.environment.key) if rebuilding.environment is not None else ""


def _where(rebuilding: Rebuilding) -> str:
    return f"{_key(rebuilding)} of {clean(rebuilding.identity.project)}"


# --- notes


def notes(rebuilding: Rebuilding) -> Iterator[str]:
    """Yield what is worth knowing about the rebuild as a whole."""
    proposal = rebuilding.proposal
    if proposal is None:
        return
    yield from (clean(f"{name}: {sentence(name)}") for name in proposal.run_names)
    yield from map(clean, (*rebuilding.notes, *proposal.notes))


def nothing_to_apply(rebuilding: Rebuilding) -> str:
    """Return why nothing can be applied."""
    proposal = rebuilding.proposal
    if proposal is not None and any(row.not_accepted for row in proposal.rows):
        return "No flag is ready. Accept differences (a) to include their flags."
    return "No flag is ready to be rebuilt."


def left_by_hand(proposal: Proposal, outcomes: Mapping[str, Outcome]) -> tuple[str, str]:
    """Return title and text of the list of what is left by hand, with every reason."""
    parts = []
    for row in proposal.rows:
        outcome = outcomes.get(row.key)
        reasons = [*row.rebuilt.reasons] if row.rebuilt.targeting is None else []
        if outcome is not None and outcome.state in _BAD and outcome.reason:
            reasons = [outcome.reason, *(reason for reason in reasons if reason != outcome.reason)]
        if row.not_accepted and outcome is None:
            reasons = [f"Not accepted: {', '.join(row.not_accepted)}."]
        if reasons:
            parts.append("\n".join([clean(row.key), *(f"  {clean(reason)}" for reason in reasons)]))
    return f"Left by hand: {flags(len(parts))}", "\n\n".join(parts) or "Nothing is left."
