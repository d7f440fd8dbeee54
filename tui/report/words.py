"""The sentences of a report: how an import ended, where it went and when, and what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tui.answers.fields import Form
from tui.apply.import_errors import Explained
from tui.apply.journal import GONE, Journal, Stage
from tui.apply.undo import UndoAction
from tui.apply.verify import Verification
from tui.net.times import stamp, time_of_day
from tui.plan.words import LeveledText, flags
from tui.secrets.names import inside

LabeledText = tuple[str, str]
"""A label and its text."""

_LD_FIELDS = ("ldTag", "ldMaintainer")
"""Settings of the flags in LaunchDarkly; all others are of the source."""


# --- facts that more than one sentence needs


def taken_back(journal: Journal, verification: Verification | None) -> dict[str, UndoAction]:
    """The flags that an undo archived or deleted and that aren't there now, with what it did."""
    present = verification.arrived if verification else {}
    return {key: UndoAction(did) for key, did in journal.undone.items() if did in _DONE and key not in present}


_DONE = {UndoAction.ARCHIVE: "archived", UndoAction.DELETE: "deleted"}


def still_missing(journal: Journal, verification: Verification) -> tuple[str, ...]:
    """The keys that are missing and were not taken back by an undo."""
    return tuple(key for key in verification.missing if key not in journal.undone)


def to_come(journal: Journal, verification: Verification | None) -> int:
    """How many flags another start would bring: those that are missing, except archived ones, which are skipped."""
    if verification is None:
        return 0
    archived = verification.archived
    if archived is None:
        archived = frozenset(key for key, did in journal.undone.items() if did == UndoAction.ARCHIVE)
    return len(set(verification.missing) - archived)


def on_everywhere(verification: Verification) -> frozenset[str]:
    """The flags that somebody has switched on in every environment."""
    return frozenset(key for key, where in verification.on if len(where) >= len(verification.environments) > 0)


# --- the first sentence


def headline(journal: Journal, verification: Verification | None, now: float) -> LeveledText:
    """The level and the words on top: "Ended PARTIAL at 14:07:02. 44 of 47 arrived, 3 missing, 1 different." """
    undone = _undone(journal, verification)
    text = undone or f"{_ended(journal, now)} {_arrived(journal, verification)}"
    if journal.incomplete:
        text = f"The plan was NOT COMPLETE: {journal.incomplete.rstrip('.')}. {text}"
    lacks = verification and (still_missing(journal, verification) or verification.unexpected)
    if undone:
        level = "problem" if verification and verification.unexpected else "ok"
    elif journal.ended == "failed" or journal.incomplete or lacks:
        level = "problem"
    else:
        level = "ok" if verification and journal.ended == "complete" and verification.agrees else "warning"
    return level, text


def _undone(journal: Journal, verification: Verification | None) -> str:
    """The outcome if nothing of this import is left: "Undone: 46 flags archived." """
    gone = taken_back(journal, verification)
    if not gone or (verification.arrived if verification else journal.traces.keys() - gone.keys()):
        return ""
    counted = Counter(gone.values())
    return f"Undone: {', '.join(f'{flags(counted[did])} {word}' for did, word in _DONE.items() if counted[did])}."


def _ended(journal: Journal, now: float) -> str:
    if journal.ended == GONE.status:
        return "Its configuration was deleted; nobody has seen its end."
    if journal.ended and journal.stage is not Stage.STARTING:
        # What is not known stays as it is: in other letters a key would not be known again when it is taken out.
        known = journal.ended in ("complete", "failed", "partial")
        word = journal.ended.upper() if known else f'"{journal.ended}"'
        return f"Ended {word} at {time_of_day(journal.end, now)}."
    at = journal.start_sent_at if journal.stage is Stage.STARTING else journal.started_at
    return _STAGES.get(journal.stage, "Nobody has seen its end.").format(at=time_of_day(at or now, now))


_STAGES = {
    Stage.PLANNED: "Planned; nothing is known of a start.",
    Stage.CREATING: "Whether its configuration was created is not known yet.",
    Stage.CREATED: "Its configuration is created; it was not started.",
    Stage.STARTING: "Whether it was started at {at} is not known.",
    Stage.STARTED: "Started at {at}; nobody has seen its end.",
}


def _arrived(journal: Journal, verification: Verification | None) -> str:
    planned = len(journal.expected)
    if verification is None and not journal.planned_at:
        return "Nobody planned it here, so nothing was compared."
    if not planned and (verification is None or verification.agrees):
        return "There was nothing to import."
    if verification is None:
        return f"{flags(planned)} planned. NOT VERIFIED: nobody has compared what arrived with the plan."
    arrived, missing = len(verification.arrived), len(still_missing(journal, verification))
    counts = (
        (missing, "missing"), (len(verification.missing) - missing, "taken back"),
        (len(verification.different), "different"), (len(verification.on), "on in LaunchDarkly"),
        (len(verification.unexpected), "not planned"), (verification.skipped, "there before"),
    )  # fmt: skip
    details = "".join(f", {count:,} {word}" for count, word in counts if count)
    share = f"{arrived:,} of {planned:,} arrived" if arrived else f"None of {planned:,} arrived"
    if arrived == planned and planned > 1:
        share = f"All {planned:,} arrived"
    return f"{share}{details or ', nothing is missing or different'}."


# --- from where to where, who and when


def source_facts(journal: Journal, form: Form | None, name: str) -> Iterator[LabeledText]:
    """Where the flags come from; settings that are blank are left out."""
    yield "Source", name
    for key, value in journal.config.items():
        if key not in _LD_FIELDS and value not in ("", None):
            yield _label(form, key), str(value)


def target_facts(journal: Journal, form: Form | None) -> Iterator[LabeledText]:
    """Where they go, and what every one of them gets."""
    yield "LaunchDarkly", journal.identity.host
    yield "Project", journal.identity.project
    yield "Configuration", journal.identity.name
    yield "Its id", journal.configuration or "none yet"
    if journal.tags:
        yield "Its tags", ", ".join(journal.tags)
    for key in _LD_FIELDS:
        if value := journal.config.get(key):
            yield _label(form, key), str(value)


def _label(form: Form | None, key: str) -> str:
    variable = form.get(inside(key)) if form else None
    return variable.label if variable else key


def moments(journal: Journal, compared_at: float) -> dict[str, float]:
    """When what happened, by name, in seconds since the epoch; what has not come yet is left out."""
    known = {
        "planned": journal.planned_at, "created": journal.sent_at, "started": journal.started_at,
        "ended": journal.end, "verified": compared_at or journal.verified_at,
    }  # fmt: skip
    return {name: at for name, at in known.items() if at}


def run_facts(journal: Journal, compared_at: float) -> Iterator[LabeledText]:
    """Who ran it and when."""
    yield "Run by", journal.who or "not known"
    known = moments(journal, compared_at)
    for name in ("planned", "created", "started", "ended", "verified"):
        if name != "created" or not journal.reused:
            yield name.capitalize(), stamp(known[name]) if name in known else "not yet"
    if journal.reused:
        yield "Configuration", "was there already and was used again"


# --- what is left


def remaining(
    journal: Journal, verification: Verification | None, errors: Sequence[Explained]
) -> Iterator[LabeledText]:
    """What is left to do, the most urgent first, each step with what it does."""
    if any(error.key_refused for error in errors):
        yield "Replace a key", "LaunchDarkly reports a key that was refused; a new start fails until it is replaced."
    if verification is None and journal.expected:
        yield "Verify", "compares what arrived with the plan, flag by flag, and changes nothing."
    if missing := to_come(journal, verification):
        left = len(journal.expected) - missing
        rest = f"; the other {left:,} exist now and are skipped" if left else ""
        yield "Start again", f"brings only the {flags(missing)} that {_is(missing)} missing{rest}."
    if verification:
        yield from _differences(verification)
        yield from _work(journal, verification)
    yield from _undo(journal, verification)


def _differences(verification: Verification) -> Iterator[LabeledText]:
    if count := len(verification.different):
        yield "Put right", f"{flags(count)} {_is(count)} not as planned; both sides stand below."
    if count := len(verification.on):
        yield "Look at", f"{flags(count)} {_is(count)} on in LaunchDarkly; an import leaves all of them off."
    if count := len(verification.unexpected):
        yield "Ask about", f"{flags(count)} with this import's tag that nobody planned."


def _work(journal: Journal, verification: Verification) -> Iterator[LabeledText]:
    """Only flags that are there now can be rebuilt or cut over."""
    present = [flag for flag in journal.expected if flag.key in verification.arrived]
    if count := sum(bool(flag.lost) for flag in present):
        yield "Rebuild", f"{flags(count)}, rule by rule: no import brings rules, targets or percentages."
    everywhere = on_everywhere(verification)
    on = [flag for flag in present if flag.on_at_source and flag.key not in everywhere]
    if count := len(on):
        warned = sum(bool(flag.cut_over_warning) for flag in on)
        mind = f" {flags(warned)} would reach fewer people than today until rebuilt: see the list." if warned else ""
        yield "Cut over", f"{flags(count)} {_was(count)} on at the source and {_is(count)} off in LaunchDarkly.{mind}"


def _undo(journal: Journal, verification: Verification | None) -> Iterator[LabeledText]:
    gone = taken_back(journal, verification)
    made = journal.traces.keys() - gone.keys()
    if count := len(made & verification.arrived.keys() if verification else made):
        kept = "it shows the list first, and keeps what anybody touched"
        yield "Undo", f"could archive up to {flags(count)} of this import; {kept}."
    if count := len(gone):
        yield "Undone", f"{flags(count)} of this import {_was(count)} archived or deleted by an undo."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
