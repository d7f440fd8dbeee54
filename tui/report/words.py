"""The sentences of a report: the outcome, from where to where, who and when, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from tui.answers.fields import Form
from tui.apply.import_errors import Explained, key_too_narrow
from tui.apply.journal import GONE, Journal, Stage
from tui.apply.undo import UndoAction
from tui.apply.verify import Verification
from tui.plan.words import LeveledText, flags
from tui.secrets.names import inside
from tui.text.clean import clean
from tui.text.times import stamp, time_of_day

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
    """How many flags another start would import: the missing ones, except archived ones, which are skipped."""
    if verification is None:
        return 0
    archived = verification.archived
    if archived is None:
        archived = frozenset(key for key, did in journal.undone.items() if did == UndoAction.ARCHIVE)
    return len(set(verification.missing) - archived)


def on_everywhere(verification: Verification) -> frozenset[str]:
    """The flags that someone has turned on in every environment."""
    return frozenset(key for key, where in verification.on if len(where) >= len(verification.environments) > 0)


# --- the headline


def headline(journal: Journal, verification: Verification | None, now: float) -> LeveledText:
    """Return the outcome with its level: "Import partly complete: 44 of 47 flags created, 3 missing, 1 different." """
    undone = _undone(journal, verification)
    text = undone or f"{_outcome(journal, now)}: {_created(journal, verification)}."
    if journal.incomplete:
        text = f"The plan was INCOMPLETE: {journal.incomplete.rstrip('.')}. {text}"
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
    return f"Undone: {_taken(gone)}."


def _taken(gone: Mapping[str, UndoAction]) -> str:
    """What an undo did: "46 flags archived, 1 flag deleted"."""
    counted = Counter(gone.values())
    return ", ".join(f"{flags(counted[did])} {word}" for did, word in _DONE.items() if counted[did])


def _outcome(journal: Journal, now: float) -> str:
    if journal.ended == GONE.status:
        return "Configuration deleted before the import ended"
    if journal.ended and journal.stage is not Stage.STARTING:
        # An unknown status stays as it is: in other letters a key would not be recognized when it is taken out.
        return ENDS.get(journal.ended, f'Import ended with the status "{journal.ended}"')
    at = journal.start_sent_at if journal.stage is Stage.STARTING else journal.started_at
    return _STAGES.get(journal.stage, "Import not finished").format(at=time_of_day(at or now, now))


ENDS = {"complete": "Import complete", "partial": "Import partly complete", "failed": "Import failed"}
_STAGES = {
    Stage.PLANNED: "Planned, not started",
    Stage.CREATING: "Can't tell whether the configuration was created",
    Stage.CREATED: "Configuration created, import not started",
    Stage.STARTING: "Can't tell whether the import started at {at}",
    Stage.STARTED: "Import started at {at}, not finished when last checked",
}


def _created(journal: Journal, verification: Verification | None) -> str:
    """How many of the planned flags exist, and what differs."""
    planned = len(journal.expected)
    if verification is None and not journal.planned_at:
        return "there is no plan, so nothing was compared"
    if not planned and (verification is None or verification.agrees):
        return "there was nothing to import"
    if verification is None:
        return f"{flags(planned)} planned, NOT VERIFIED yet"
    created, missing = len(verification.arrived), len(still_missing(journal, verification))
    counts = (
        (missing if created else 0, "missing"), (len(verification.missing) - missing, "undone"),
        (len(verification.different), "different"), (len(verification.on), "on in LaunchDarkly"),
        (len(verification.unexpected), "unplanned"), (verification.skipped, "already existed"),
    )  # fmt: skip
    details = "".join(f", {count:,} {word}" for count, word in counts if count)
    if created < planned:
        return f"{created:,} of {flags(planned)} created{details}"
    return f"{'all ' if planned > 1 else ''}{flags(planned)} created{details or ' as planned'}"


# --- from where to where, who and when


def source_facts(journal: Journal, form: Form | None, name: str) -> Iterator[LabeledText]:
    """Where the flags come from, without blank settings."""
    yield "Source", name
    for key, value in journal.config.items():
        if key not in _LD_FIELDS and value not in ("", None):
            yield _label(form, key), str(value)


def target_facts(journal: Journal, form: Form | None) -> Iterator[LabeledText]:
    """Where they go, and what each of them gets."""
    yield "LaunchDarkly", journal.identity.host
    yield "Project", journal.identity.project
    yield "Configuration", journal.identity.name
    yield "Configuration ID", journal.configuration or "none yet"
    if journal.tags:
        yield "Configuration tags", ", ".join(journal.tags)
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
    yield "Run by", journal.who or "unknown"
    known = moments(journal, compared_at)
    for name in ("planned", "created", "started", "ended", "verified"):
        if name != "created" or not journal.reused:
            yield name.capitalize(), stamp(known[name]) if name in known else "not yet"
    if journal.reused:
        yield "Configuration", "existed already and was reused"


# --- next steps


def remaining(
    journal: Journal,
    verification: Verification | None,
    errors: Sequence[Explained],
    rebuilt: Collection[str] = (),
) -> Iterator[LabeledText]:
    """Return what is left to do, the most urgent first. `rebuilt` flags have their targeting."""
    if any(error.key_refused for error in errors):
        yield "Replace a key", "LaunchDarkly reports a rejected key. Replace it before you start again."
    if key_too_narrow(errors) and any(not key.wide and not key.replaced for key in journal.import_keys):
        project = clean(journal.identity.project)
        yield "Wider key", f"The import key may have too few permissions. Create one for all flag actions in {project}."
    if verification is None and journal.expected:
        yield "Verify", "Compare LaunchDarkly with the plan. This changes nothing."
    if missing := to_come(journal, verification):
        yield "Start again", f"Import the {f'{missing:,} missing flags' if missing > 1 else 'missing flag'}."
    if verification:
        yield from _differences(verification)
        yield from _work(journal, verification, rebuilt)
        yield from _import_keys(journal)
    yield from _undo(journal, verification)


def _differences(verification: Verification) -> Iterator[LabeledText]:
    if count := len(verification.different):
        yield "Fix", f"{flags(count)} {'differs' if count == 1 else 'differ'} from the plan."
    if count := len(verification.on):
        yield "Check", f"{flags(count)} {_is(count)} on in LaunchDarkly. The import left all of them off."
    if count := len(verification.unexpected):
        tag = "has this import's tag but wasn't planned" if count == 1 else "have this import's tag but weren't planned"
        yield "Investigate", f"{flags(count)} {tag}. Find out who created {'it' if count == 1 else 'them'}."


def _work(journal: Journal, verification: Verification, rebuilt: Collection[str]) -> Iterator[LabeledText]:
    """Only flags that exist now can be rebuilt or turned on."""
    present = [flag for flag in journal.expected if flag.key in verification.arrived]
    if count := sum(bool(flag.lost) and flag.key not in rebuilt for flag in present):
        yield "Rebuild", f"Recreate the targeting of {flags(count)}."
    everywhere = on_everywhere(verification)
    on = [flag for flag in present if flag.on_at_source and flag.key not in everywhere]
    if count := len(on):
        warned = sum(bool(flag.cut_over_warning) and flag.key not in rebuilt for flag in on)
        first = f" Rebuild {warned:,} first, or fewer users will get them." if warned else ""
        yield "Cut over", f"Turn on {flags(count)} that {_was(count)} on at the source.{first}"


def _import_keys(journal: Journal) -> Iterator[LabeledText]:
    """Keys that the wizard created, those that the import doesn't use first."""
    for key in sorted(journal.import_keys, key=lambda key: not key.replaced)[:1]:
        use = "This import doesn't use it" if key.replaced else "Delete it if you won't run this import again"
        yield "Import key", f"The wizard created {clean(key.name)}. {use}."


def _undo(journal: Journal, verification: Verification | None) -> Iterator[LabeledText]:
    gone = taken_back(journal, verification)
    made = journal.traces.keys() - gone.keys()
    if count := len(made & verification.arrived.keys() if verification else made):
        yield "Undo", f"Archive up to {flags(count)}. You see the list first."
    if gone:
        yield "Undone", f"{_taken(gone)}."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
