"""Whether this import made a flag: positive evidence for it, something that speaks against it, or neither.

Undo acts on a flag only on evidence, by LaunchDarkly's own clock: it was created while a start of this import ran,
wasn't in the project right before, looks as planned, and no one has changed it since it was first seen. A missing value
never counts as evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.apply.flag_details import DEFAULTS, shared, unplanned
from tui.apply.journal import Expected, Habits, Journal, Start, trace_of
from tui.launchdarkly.audit import CREATION, AuditEntry
from tui.launchdarkly.whole_flags import FlagState, WholeFlag

_SHARED_BY = 3
"""Flags of a run that must share a version above 1 for it to count as the version at birth."""
_SETTLES = 2_000
"""Milliseconds after its creation within which the importer may still touch a flag's environments."""


class Owner(StrEnum):
    """Whose flag it is."""

    OURS = "ours"
    NOT_CERTAIN = "not certain"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Judgment:
    """`reason` is a part of a sentence: the evidence, or what is missing, or what speaks against it."""

    owner: Owner
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside a flag itself.

    `same_account` says that LaunchDarkly confirmed the journal's account. `changes` are the audit log's entries by key,
    None if it can't be read or says nothing of this run.
    """

    journal: Journal
    expected: Mapping[str, Expected]
    same_account: bool
    habits: Habits = field(default_factory=Habits)
    changes: Mapping[str, tuple[AuditEntry, ...]] | None = field(default=None, repr=False)


def audit_window(journal: Journal) -> tuple[int, int] | None:
    """First and last moment of all starts, in ms since the epoch; None if no start has a window."""
    windows = [start.window for start in journal.starts if start.window is not None]
    return (min(first for first, _ in windows), max(last for _, last in windows)) if windows else None


def evidence(
    journal: Journal, flags: Iterable[WholeFlag], entries: Iterable[AuditEntry] | None, *, same_account: bool
) -> Evidence:
    """What the whole run says about each of its flags. `entries` is None if the audit log can't be read."""
    known = Evidence(journal, {each.key: each for each in journal.expected}, same_account and bool(journal.account))
    born = [flag for flag in flags if not _against(known, flag) and not any(_lacking_but_version(known, flag))]
    known = replace(known, habits=_habits(known, born))
    changes = _by_key(entries)
    if any(CREATION in entry.actions for flag in born for entry in changes.get(flag.key, ())):
        known = replace(known, changes=changes)
    return known


def _habits(known: Evidence, born: Sequence[WholeFlag]) -> Habits:
    """The lowest version, if enough flags share it; and what isn't as planned in most of them. Too few flags say only
    what is in the journal already."""
    journal = known.journal
    counted = Counter(_first_version(journal, flag) for flag in born)
    lowest = min((version for version in counted if version is not None), default=None)
    enough = counted[lowest] >= _SHARED_BY or lowest == journal.habits.version
    pairs = [(known.expected[flag.key], flag) for flag in born]
    details = shared(pairs, journal.flag_tag, at_least=_SHARED_BY) | journal.habits.details
    return Habits(lowest if enough and None not in counted else None, details)


def _by_key(entries: Iterable[AuditEntry] | None) -> dict[str, tuple[AuditEntry, ...]]:
    found: dict[str, tuple[AuditEntry, ...]] = {}
    for entry in entries or ():
        for key in entry.keys:
            found[key] = (*found.get(key, ()), entry)
    return found


def judge(flag: WholeFlag | None, known: Evidence) -> Judgment:
    """Whose flag this is as it is now; None is one that isn't there."""
    if flag is None:
        return Judgment(Owner.OTHERS, "it is not there any more")
    if flag.key not in known.expected:
        return Judgment(Owner.OTHERS, "it was not planned")
    for reason in (*_against(known, flag), *_foreign(known, flag)):
        return Judgment(Owner.OTHERS, reason)
    for reason in _lacking(known, flag):
        return Judgment(Owner.NOT_CERTAIN, f"not certain: {reason}")
    return Judgment(Owner.OURS, "made by this import, unchanged, off")


# --- what speaks against it


def _against(known: Evidence, flag: WholeFlag) -> list[str]:
    return [reason for check in _AGAINST if (reason := check(known, flag))]


def _archived(known: Evidence, flag: WholeFlag) -> str:
    return "it is archived already" if flag.archived else ""


def _there_before(known: Evidence, flag: WholeFlag) -> str:
    journal = known.journal
    before = [start.before for start in journal.starts] or [journal.before]
    return "it existed before the import" if all(flag.key in keys for keys in before) else ""


def _on(known: Evidence, flag: WholeFlag) -> str:
    if flag.environments is None:
        return "LaunchDarkly doesn't say whether it is on"
    on = [key for key, state in flag.environments.items() if state.on]
    return f"it is on in {', '.join(on)}" if on else ""


def _targeted(known: Evidence, flag: WholeFlag) -> str:
    planned = known.expected.get(flag.key)
    extra = {key: _beyond_plan(planned, state) for key, state in _states(flag)}
    found = [f"{' and '.join(names)} in {key}" for key, names in extra.items() if names]
    return f"it has {', '.join(found)}" if found else ""


def _beyond_plan(planned: Expected | None, state: FlagState) -> list[str]:
    """What an import doesn't bring: it may bring the source's individual targets, exactly as the plan has them."""
    brought = planned is not None and bool(planned.targets) and state.targets == planned.targets
    return [each for each in state.targeting or () if not (brought and each == "targets")]


def _unlike(known: Evidence, flag: WholeFlag) -> str:
    planned, tag = known.expected.get(flag.key), known.journal.flag_tag
    if planned is None:
        return "it was not planned"
    if flag.name != planned.name:
        return "its name is not the planned one"
    if planned.variations and _values(flag) != [(type(each.value), each.value) for each in planned.variations]:
        return "its variations are not the planned ones"
    if planned.variations and flag.kind and (flag.kind == "boolean") != _is_boolean(planned):
        return "its kind is not the planned one"
    return f"it lacks the tag {tag}" if tag and tag not in flag.tags else ""


def _values(flag: WholeFlag) -> list[tuple[type, object]]:
    return [(type(each.value), each.value) for each in flag.variations]


def _is_boolean(planned: Expected) -> bool:
    return all(isinstance(each.value, bool) for each in planned.variations)


def _changed(known: Evidence, flag: WholeFlag) -> str:
    """Its versions have moved since it was first seen."""
    first, now = known.journal.traces.get(flag.key), trace_of(flag)
    if first is None:
        return ""
    if None not in (first.created, now.created) and first.created != now.created:
        return "it was created again since"
    if None not in (first.version, now.version) and first.version != now.version:
        return "it was changed since"
    moved = [key for key, state in first.environments.items() if now.environments.get(key, state) != state]
    return f"it was changed in {', '.join(moved)} since" if moved else ""


def _outside(known: Evidence, flag: WholeFlag) -> str:
    """Every start's window is known, and it was created in none of them."""
    windows = [start.window for start in known.journal.starts]
    if flag.created is None or not windows or None in windows or _owning(known.journal, flag):
        return ""
    return "it was not created while this import ran"


_AGAINST: tuple[Callable[[Evidence, WholeFlag], str], ...] = (
    _archived,
    _there_before,
    _on,
    _targeted,
    _unlike,
    _changed,
    _outside,
)


def _foreign(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    """The audit log names somebody else, for its creation or for a change."""
    ours = known.journal.importer
    for entry in _changes(known, flag):
        if not ours.token and not ours.member:
            return  # whom it would have to name is not known
        other = entry.token != ours.token if entry.token else bool(entry.member) and entry.member != ours.member
        if other:
            done = "created" if CREATION in entry.actions else "changed"
            yield f"the audit log says that somebody else {done} it"


def _changes(known: Evidence, flag: WholeFlag) -> Iterator[AuditEntry]:
    """The audit log's entries since the flag was created; what it says of an earlier flag of this key doesn't count.

    An entry of a creation may be dated a little before or after the flag itself.
    """
    for entry in (known.changes or {}).get(flag.key, ()):
        earliest = (flag.created or 0) - (_SETTLES if CREATION in entry.actions else 0)
        if entry.date is None or entry.date >= earliest:
            yield entry


# --- what is missing for it


def _lacking(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    journal = known.journal
    yield from _lacking_but_version(known, flag)
    version = _first_version(journal, flag)
    if flag.version is None:
        yield "LaunchDarkly doesn't give its version"
    if version is None or not (version == 1 or (version == known.habits.version and _as_written(known, flag))):
        yield "it may have been changed before it was first seen"
    for name in sorted(_unplanned(known, flag) - known.habits.details):
        yield f"its {name} {'are' if name.endswith('s') else 'is'} not as planned"
    if known.changes is None:
        if not journal.flag_tag:
            yield "there is no flag tag, and the audit log can't be read"
        return
    creations = [entry for entry in _changes(known, flag) if CREATION in entry.actions]
    named = any(entry.token or entry.member for entry in creations)
    if not creations:
        yield "the audit log has no entry of its creation"
    elif named and not (journal.importer.token or journal.importer.member):
        yield "whose token the import key is was not noted"
    elif not named and not journal.flag_tag:
        yield "there is no flag tag, and the audit log doesn't say who created it"


def _unplanned(known: Evidence, flag: WholeFlag) -> frozenset[str]:
    return unplanned(known.expected[flag.key], flag, known.journal.flag_tag)


def _lacking_but_version(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    if not known.same_account:
        yield "the account of its import isn't known"
    if not _owning(known.journal, flag):
        yield "when it was created can't be matched with this import"
    if not flag.environments:
        yield "LaunchDarkly doesn't say how it is in its environments"
    for key, state in _states(flag):
        if state.targeting is None:
            yield f"LaunchDarkly doesn't say whether it has rules in {key}"
        if state.version is None or not _untouched(known.journal, flag, state):
            yield f"it may have been changed in {key}"


def _as_written(known: Evidence, flag: WholeFlag) -> bool:
    """Return whether all details except shared defaults are as planned, so that a version above 1 is no edit."""
    return _unplanned(known, flag) <= {DEFAULTS}


def _owning(journal: Journal, flag: WholeFlag) -> list[Start]:
    """The starts that can have made it."""
    return [
        start
        for start in journal.starts
        if flag.created is not None
        and start.window is not None
        and start.window[0] <= flag.created <= start.window[1]
        and flag.key not in start.before
    ]


def _untouched(journal: Journal, flag: WholeFlag, state: FlagState) -> bool:
    """An environment's first version, or a change within the importer's own time."""
    if state.version == 1:
        return True
    if state.last_modified is None or flag.created is None:
        return False
    latest = max((start.window[1] for start in _owning(journal, flag) if start.window), default=0)
    return state.last_modified <= max(latest, flag.created + _SETTLES)


def _first_version(journal: Journal, flag: WholeFlag) -> int | None:
    first = journal.traces.get(flag.key)
    return flag.version if first is None else first.version


def _states(flag: WholeFlag) -> list[tuple[str, FlagState]]:
    return list((flag.environments or {}).items())
