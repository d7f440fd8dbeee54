"""Whether this import created a flag: positive evidence for it, something that speaks against it, or neither.

Undo acts on a flag only on evidence, by LaunchDarkly's own clock: it was created while a start of this import ran,
wasn't in the project right before, looks as planned, and no one has changed it since it was first seen. A missing value
never counts as evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.apply.journal import Expected, Habits, Journal, Start, trace_of
from tui.launchdarkly.models import CREATION, AuditEntry, FlagState, WholeFlag
from tui.launchdarkly.own_changes import NO_CHANGES, OwnChanges, untouched
from tui.launchdarkly.tags import is_tag

_SHARED_BY = 3
"""Flags of a run that must share a version above 1, or a detail, for it to count as the importer's own way."""
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
    None if it can't be read or says nothing of this run. `own` is what rebuilds have changed since.
    """

    journal: Journal
    expected: Mapping[str, Expected]
    same_account: bool
    habits: Habits = field(default_factory=Habits)
    changes: Mapping[str, tuple[AuditEntry, ...]] | None = field(default=None, repr=False)
    own: OwnChanges = field(default_factory=dict, repr=False)


def audit_window(journal: Journal) -> tuple[int, int] | None:
    """Return the first and last moment of all starts, in ms since the epoch; None if no start has a window."""
    windows = [start.window for start in journal.starts if start.window is not None]
    return (min(first for first, _ in windows), max(last for _, last in windows)) if windows else None


def evidence(
    journal: Journal,
    flags: Iterable[WholeFlag],
    entries: Iterable[AuditEntry] | None,
    *,
    same_account: bool,
    own: OwnChanges = NO_CHANGES,
) -> Evidence:
    """Return what the whole run says about each of its flags. `entries` is None if the audit log can't be read."""
    expected = {flag.key: flag for flag in journal.expected}
    known = Evidence(journal, expected, same_account and bool(journal.account), own=own)
    present = (untouched(flag, own.get(flag.key, {})) for flag in flags)
    born = [flag for flag in present if not any(_against(known, flag)) and not any(_missing_but_version(known, flag))]
    changes: dict[str, tuple[AuditEntry, ...]] = {}
    for entry in entries or ():
        for key in entry.keys:
            changes[key] = (*changes.get(key, ()), entry)
    names_a_birth = any(CREATION in entry.actions for flag in born for entry in changes.get(flag.key, ()))
    return replace(known, habits=_habits(known, born), changes=changes if names_a_birth else None)


def _habits(known: Evidence, born: Collection[WholeFlag]) -> Habits:
    """The lowest version, if enough flags share it; and what isn't as planned in most of them. Too few flags say only
    what is in the journal already."""
    earlier, tag = known.journal.habits, known.journal.flag_tag
    versions = Counter(_first_version(known.journal, flag) for flag in born)
    lowest = min((version for version in versions if version is not None), default=None)
    enough = None not in versions and (versions[lowest] >= _SHARED_BY or lowest == earlier.version)
    pairs = [(known.expected[flag.key], flag) for flag in born]
    return Habits(lowest if enough else None, _shared_details(pairs, tag) | earlier.details)


def judge(flag: WholeFlag | None, known: Evidence) -> Judgment:
    """Return whose flag this is as it is now; None is one that doesn't exist."""
    if flag is None:
        return Judgment(Owner.OTHERS, "no longer in the project")
    if flag.key not in known.expected:
        return Judgment(Owner.OTHERS, "not planned")
    flag = untouched(flag, known.own.get(flag.key, {}))
    for reason in (*_against(known, flag), *_by_others(known, flag)):
        return Judgment(Owner.OTHERS, reason)
    for reason in _missing(known, flag):
        return Judgment(Owner.NOT_CERTAIN, f"not certain: {reason}")
    return Judgment(Owner.OURS, "created by this import, unchanged, off")


# --- what speaks against it


def _against(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    journal, planned, states = known.journal, known.expected.get(flag.key), flag.environments or {}
    if flag.archived:
        yield "already archived"
    if all(flag.key in keys for keys in [start.before for start in journal.starts] or [journal.before]):
        yield "existed before the import"
    if flag.environments is None:
        yield "LaunchDarkly doesn't report whether it is on"
    if on := [key for key, state in states.items() if state.on]:
        yield f"on in {', '.join(on)}"
    targeting = {key: _beyond_plan(planned, state) for key, state in states.items()}
    if places := [f"{' and '.join(names)} in {key}" for key, names in targeting.items() if names]:
        yield f"has {', '.join(places)}"
    yield from _unlike(planned, flag, journal.flag_tag)
    yield from _changed(journal, flag)
    windows = [start.window for start in journal.starts]
    if flag.created is not None and windows and None not in windows and not _owning_starts(journal, flag):
        yield "not created while this import ran"


def _beyond_plan(planned: Expected | None, state: FlagState) -> list[str]:
    """What an import doesn't copy: it may copy the source's individual targets, exactly as the plan has them."""
    as_planned = planned is not None and bool(planned.targets) and state.targets == planned.targets
    return [name for name in state.targeting or () if not (as_planned and name == "targets")]


def _unlike(planned: Expected | None, flag: WholeFlag, tag: str) -> Iterator[str]:
    if planned is None:
        yield "not planned"
        return
    if flag.name != planned.name:
        yield "its name differs from the plan"
    if planned.variations:
        values = [(type(each.value), each.value) for each in planned.variations]
        if [(type(each.value), each.value) for each in flag.variations] != values:
            yield "its variations differ from the plan"
        if flag.kind and (flag.kind == "boolean") != all(isinstance(value, bool) for _, value in values):
            yield "its kind differs from the plan"
    if tag and tag not in flag.tags:
        yield f"doesn't have the tag {tag}"


def _changed(journal: Journal, flag: WholeFlag) -> Iterator[str]:
    """Its versions have moved since it was first seen."""
    first, now = journal.traces.get(flag.key), trace_of(flag)
    if first is None:
        return
    if None not in (first.created, now.created) and first.created != now.created:
        yield "deleted and created again since the import"
    if None not in (first.version, now.version) and first.version != now.version:
        yield "changed since the import"
    if moved := [key for key, state in first.environments.items() if now.environments.get(key, state) != state]:
        yield f"changed in {', '.join(moved)} since the import"


def _by_others(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    """The audit log names someone else, for its creation or for a change."""
    importer = known.journal.importer
    if not importer.token and not importer.member:
        return  # whom it would have to name isn't known
    for entry in _changes(known, flag):
        by_member = bool(entry.member) and entry.member != importer.member
        if entry.token not in (importer.token, *importer.later) if entry.token else by_member:
            action = "created" if CREATION in entry.actions else "changed"
            yield f"someone else {action} it, according to the audit log"


def _changes(known: Evidence, flag: WholeFlag) -> Iterator[AuditEntry]:
    """The audit log's entries since the flag was created: what it says of an earlier flag of this key doesn't count.

    An entry of a creation may be minute a little before or after the flag itself.
    """
    own = known.own.get(flag.key, {})
    for entry in (known.changes or {}).get(flag.key, ()):
        if CREATION not in entry.actions and any(
            environment in entry.environments and abs((entry.date or 0) - moment) <= _SETTLES
            for environment, change in own.items()
            for moment in change.moments
        ):
            continue  # a rebuild's own
        earliest = (flag.created or 0) - (_SETTLES if CREATION in entry.actions else 0)
        if entry.date is None or entry.date >= earliest:
            yield entry


# --- what is missing for it


def _missing(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    journal, importer, tag = known.journal, known.journal.importer, known.journal.flag_tag
    yield from _missing_but_version(known, flag)
    if flag.version is None:
        yield "LaunchDarkly doesn't report its version"
    unplanned = _unplanned_details(known.expected[flag.key], flag, tag)
    version = _first_version(journal, flag)
    # A version above 1 is no edit if the run shares it and all details except shared defaults are as planned.
    as_written = version == known.habits.version and unplanned <= {_DEFAULTS}
    if version is None or not (version == 1 or as_written):
        yield "may have changed before the wizard first saw it"
    for name in sorted(unplanned - known.habits.details):
        yield f"its {name} {'differ' if name.endswith('s') else 'differs'} from the plan"
    if known.changes is None:
        if not tag:
            yield "the import has no flag tag, and the audit log can't be read"
        return
    creations = [entry for entry in _changes(known, flag) if CREATION in entry.actions]
    named = any(entry.token or entry.member for entry in creations)
    if not creations:
        yield "the audit log doesn't show its creation"
    elif named and not (importer.token or importer.member):
        yield "the owner of the import key is unknown"
    elif not named and not tag:
        yield "the import has no flag tag, and the audit log doesn't show who created it"


def _missing_but_version(known: Evidence, flag: WholeFlag) -> Iterator[str]:
    if not known.same_account:
        yield "the account of this import is unknown"
    starts = _owning_starts(known.journal, flag)
    if not starts:
        yield "its creation time can't be matched with this import"
    if not flag.environments:
        yield "LaunchDarkly doesn't report its environments"
    end_of_writing = max((start.window[1] for start in starts if start.window), default=0)
    for key, state in (flag.environments or {}).items():
        if state.targeting is None:
            yield f"LaunchDarkly doesn't report whether it has rules in {key}"
        # Untouched is an environment's first version, or a change within the importer's own time.
        in_time = (
            flag.created is not None
            and state.last_modified is not None
            and state.last_modified <= max(end_of_writing, flag.created + _SETTLES)
        )
        if state.version is None or not (state.version == 1 or in_time):
            yield f"may have changed in {key}"


def _owning_starts(journal: Journal, flag: WholeFlag) -> list[Start]:
    """The starts that can have created it."""
    return [
        start
        for start in journal.starts
        if flag.created is not None
        and start.window is not None
        and start.window[0] <= flag.created <= start.window[1]
        and flag.key not in start.before
    ]


def _first_version(journal: Journal, flag: WholeFlag) -> int | None:
    first = journal.traces.get(flag.key)
    return flag.version if first is None else first.version


# --- details that an importer may set in its own way: the same for a whole run, so no one's edit

_DEFAULTS = "default variations"
_Detail = Callable[[Expected, WholeFlag, str], tuple[object, object]]


def _variation_names(planned: Expected, flag: WholeFlag) -> tuple[object, object]:
    """A variation without a name is as good as one with the planned name."""
    pairs = [(ours.name, theirs.name) for ours, theirs in zip(planned.variations, flag.variations, strict=False)]
    return [name for name, _ in pairs], [theirs or name for name, theirs in pairs]


def _default_variations(planned: Expected, flag: WholeFlag) -> tuple[object, object]:
    """Those that the plan knows."""
    actual = None if planned.on is None else flag.on, None if planned.off is None else flag.off
    return (planned.on, planned.off), actual


_DETAILS: Mapping[str, _Detail] = {
    "description": lambda planned, flag, tag: (planned.description.strip(), flag.description.strip()),
    "tags": lambda planned, flag, tag: ({*filter(is_tag, planned.tags or ())} - {tag}, {*flag.tags} - {tag}),
    "variation names": lambda planned, flag, tag: _variation_names(planned, flag),
    _DEFAULTS: lambda planned, flag, tag: _default_variations(planned, flag),
}
"""By name: what is planned, and what the flag has. `tag` is the import's own, which is judged elsewhere."""


def _unplanned_details(planned: Expected, flag: WholeFlag, tag: str) -> frozenset[str]:
    """The names of details that aren't as planned."""
    pairs = {name: detail(planned, flag, tag) for name, detail in _DETAILS.items()}
    return frozenset(name for name, (wanted, actual) in pairs.items() if wanted != actual)


def _shared_details(flags: Collection[tuple[Expected, WholeFlag]], tag: str) -> frozenset[str]:
    """The names of details that differ from the plan in enough flags, and in most of the run."""

    def is_shared(detail: _Detail) -> bool:
        pairs = [detail(planned, flag, tag) for planned, flag in flags]
        differing = sum(wanted != actual for wanted, actual in pairs)
        telling = sum(wanted != actual or bool(wanted) for wanted, actual in pairs)
        return differing >= _SHARED_BY and 2 * differing > telling

    return frozenset(name for name, detail in _DETAILS.items() if is_shared(detail))
