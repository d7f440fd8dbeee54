"""The facts about one import, from its journal and its verification. No request is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from tui.answers.fields import Form
from tui.apply.import_errors import Explained, by_flag, foreseen
from tui.apply.journal import Identity, Journal, LeftOut
from tui.apply.verify import Unlike, Verification
from tui.plan.plan import WORDS, Prospect, Verdict
from tui.plan.words import LeveledText, served_when_on
from tui.rebuild.record import Record, State
from tui.report.words import (
    LabeledText,
    headline,
    moments,
    on_everywhere,
    remaining,
    run_facts,
    source_facts,
    still_missing,
    taken_back,
    target_facts,
)
from tui.targeting.losses import Lost
from tui.text.redact import Redactor

AS_PLANNED = "as planned"
NOT_AS_PLANNED = "not as planned"
MISSING = "missing"
TAKEN_BACK = "taken back"
NOT_VERIFIED = "not verified"
THERE_BEFORE = "there before"
_RESULTS = (AS_PLANNED, NOT_AS_PLANNED, MISSING, TAKEN_BACK, NOT_VERIFIED, THERE_BEFORE)


@dataclass(frozen=True, slots=True)
class Row:
    """One planned flag and its result: one of the six above.

    `serves` is what it serves when on: in LaunchDarkly if it is there, else as planned. `warnings` are those of the
    plan; `cut_over_warning` is the one of them about turning the flag on, or "". `on_everywhere`: it is on in every
    environment of LaunchDarkly.
    """

    key: str
    name: str
    result: str
    on_at_source: bool
    serves: str
    lost: tuple[Lost, ...]
    warnings: tuple[str, ...] = ()
    cut_over_warning: str = ""
    on_everywhere: bool = False
    prospect: Prospect | None = None
    """Whether its targeting can be rebuilt, None if the plan didn't work that out."""

    @property
    def may_need_work(self) -> bool:
        """Whether it is in LaunchDarkly now, or may be: nothing was compared."""
        return self.result in (AS_PLANNED, NOT_AS_PLANNED, NOT_VERIFIED)


@dataclass(frozen=True, slots=True)
class Missing:
    """A planned flag that isn't in LaunchDarkly. `reason` says that it is archived, or is the error about it, or ""."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class RebuiltFlag:
    """One flag in an environment, as the latest rebuild there left it. `state` is as documented in JSON.

    `reason` is a sentence, "" if there is nothing to say; `approximations` are the names that were accepted.
    """

    key: str
    environment: str
    state: str
    reason: str
    approximations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """Counts of flags. `arrived` and what follows it are None before a comparison.

    `skipped` and `refused` are those of the plan, `there_before` are planned ones that count as skipped, `lossy` and
    `on_at_source` are planned ones. `undone` counts those that an undo took back.
    """

    source: int
    planned: int
    skipped: int
    refused: int
    lossy: int
    on_at_source: int
    arrived: int | None = None
    as_planned: int | None = None
    different: int | None = None
    on: int | None = None
    missing: int | None = None
    unexpected: int | None = None
    there_before: int = 0
    undone: int = 0


@dataclass(frozen=True)
class Report:
    """One import. Times are in seconds since the epoch; `moments` has those that have come.

    Foreign text is raw, so that secrets can still be found in it: screens and documents clean and escape it. `shared`
    are the notes about differences that all flags share. `outcomes` and `losses` are for the pictures: a word, and its
    number of flags.
    """

    title: str
    summary: LeveledText
    written_at: float
    identity: Identity
    configuration: str
    who: str
    stage: str
    ended: str
    moments: Mapping[str, float]
    source: tuple[LabeledText, ...]
    target: tuple[LabeledText, ...]
    run: tuple[LabeledText, ...]
    numbers: Numbers
    errors: tuple[Explained, ...]
    remaining: tuple[LabeledText, ...]
    rows: tuple[Row, ...]
    missing: tuple[Missing, ...]
    different: tuple[tuple[str, tuple[Unlike, ...]], ...]
    unexpected: tuple[str, ...]
    on: tuple[tuple[str, tuple[str, ...]], ...]
    environments: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    not_compared: tuple[str, ...]
    notes: tuple[str, ...]
    shared: tuple[str, ...]
    outcomes: Mapping[str, int]
    losses: Mapping[str, int]
    rebuilt: tuple[RebuiltFlag, ...] = ()
    """What rebuilds have made of flags, those that the import didn't create too."""

    @property
    def verified(self) -> bool:
        return self.numbers.arrived is not None

    @property
    def cut_over(self) -> tuple[Row, ...]:
        """The flags that were on at the source, are there now, and aren't on everywhere; planned ones before any
        comparison. Those with a warning about turning them on come first."""
        on = (row for row in self.rows if row.on_at_source and row.may_need_work and not row.on_everywhere)
        return tuple(sorted(on, key=lambda row: not row.cut_over_warning))

    @property
    def warned(self) -> tuple[Row, ...]:
        """The flags that the plan warned about and that are there now; planned ones before any comparison."""
        return tuple(row for row in self.rows if row.warnings and row.may_need_work)

    @property
    def graded(self) -> tuple[Row, ...]:
        """The flags that are there now and whose rebuild was graded; planned ones before any comparison."""
        return tuple(row for row in self.rows if row.prospect is not None and row.may_need_work)

    @property
    def rebuild(self) -> tuple[Row, ...]:
        """The flags that are there now and lost something; planned ones before any comparison. A flag that was rebuilt
        and read back equal wherever it was tried has nothing left."""
        done = done_by_rebuilds(self.rebuilt)
        return tuple(row for row in self.rows if row.lost and row.may_need_work and row.key not in done)


def done_by_rebuilds(rebuilt: Iterable[RebuiltFlag]) -> frozenset[str]:
    """Return the flags that are equal in each environment in which they were to be rebuilt."""
    states: dict[str, set[str]] = {}
    for flag in rebuilt:
        states.setdefault(flag.key, set()).add(flag.state)
    return frozenset(key for key, found in states.items() if found == {State.EQUAL.value})


def report(
    journal: Journal,
    verification: Verification | None,
    now: float,
    *,
    form: Form | None = None,
    records: Iterable[Record] = (),
) -> Report:
    """The report of one import at `now`. `verification` is None before a comparison.

    `form` gives the settings their names. `records` are those of the import's rebuilds.
    """
    rebuilt = tuple(
        RebuiltFlag(key, record.environment, result.state.value, result.reason, result.approximations)
        for record in records
        for key, result in record.results.items()
    )
    v = verification
    rows = tuple(_rows(journal, v))
    errors = foreseen(journal).explained(journal.errors)
    name = form.title if form else journal.identity.integration
    compared_at = (v.at or now) if v else 0.0
    lost = Counter(kind for flag in journal.expected for kind in {lost.kind for lost in flag.lost})
    error_about, missing = by_flag(journal.errors), []
    for key in still_missing(journal, v) if v else ():
        archived = v is not None and key in (v.archived or ())
        missing.append(Missing(key, "archived, so its key is still taken" if archived else error_about(key)))
    return Report(
        title=f"Flag import from {name} into {journal.identity.project}",
        summary=headline(journal, v, now),
        written_at=now,
        identity=journal.identity,
        configuration=journal.configuration,
        who=journal.who,
        stage=journal.stage.value,
        ended=journal.ended,
        moments=moments(journal, compared_at),
        source=tuple(source_facts(journal, form, name)),
        target=tuple(target_facts(journal, form)),
        run=tuple(run_facts(journal, compared_at)),
        numbers=_numbers(journal, v),
        errors=errors,
        remaining=tuple(remaining(journal, v, errors, done_by_rebuilds(rebuilt))),
        rows=rows,
        missing=tuple(missing),
        different=v.different if v else (),
        unexpected=v.unexpected if v else (),
        on=v.on if v else (),
        environments=v.environments if v else (),
        left_out=journal.left_out,
        not_compared=v.not_compared if v else (),
        notes=(*journal.notes, *(v.notes if v else ())),
        shared=v.notes if v else (),
        outcomes=_outcomes(rows, journal.left_out),
        losses=dict(sorted(lost.items(), key=lambda pair: (-pair[1], pair[0]))),
        rebuilt=rebuilt,
    )


def _rows(journal: Journal, verification: Verification | None) -> Iterator[Row]:
    missing = frozenset(verification.missing) if verification else frozenset()
    unlike = frozenset(key for key, _ in (*verification.different, *verification.on)) if verification else frozenset()
    everywhere = on_everywhere(verification) if verification else frozenset()
    for flag in journal.expected:
        present = verification.arrived.get(flag.key) if verification else None
        if verification is None:
            result = NOT_VERIFIED
        elif flag.key in missing:
            result = TAKEN_BACK if flag.key in journal.undone else MISSING
        elif present is None:
            result = THERE_BEFORE
        else:
            result = NOT_AS_PLANNED if flag.key in unlike else AS_PLANNED
        yield Row(
            key=flag.key,
            name=flag.name,
            result=result,
            on_at_source=flag.on_at_source,
            serves=served_when_on(flag.variations, present.on if present else flag.on),
            lost=flag.lost,
            warnings=flag.warnings,
            cut_over_warning=flag.cut_over_warning,
            on_everywhere=flag.key in everywhere,
            prospect=flag.prospect,
        )


def _numbers(journal: Journal, verification: Verification | None) -> Numbers:
    skipped = sum(flag.verdict.startswith("skip-") for flag in journal.left_out)
    planned = Numbers(
        source=len(journal.expected) + len(journal.left_out),
        planned=len(journal.expected),
        skipped=skipped,
        refused=len(journal.left_out) - skipped,
        lossy=sum(bool(flag.lost) for flag in journal.expected),
        on_at_source=sum(flag.on_at_source for flag in journal.expected),
        undone=len(taken_back(journal, verification)),
    )
    if verification is None:
        return planned
    return replace(
        planned,
        arrived=len(verification.arrived),
        as_planned=verification.as_planned,
        different=len(verification.different),
        on=len(verification.on),
        missing=len(still_missing(journal, verification)),
        unexpected=len(verification.unexpected),
        there_before=verification.skipped,
    )


def verdict_word(verdict: str) -> str:
    """What a person calls a verdict; one that is not known here is shown as it is."""
    return next((word for known, word in WORDS.items() if known.value == verdict), verdict)


def _outcomes(rows: Iterable[Row], left_out: Iterable[LeftOut]) -> dict[str, int]:
    """Every flag of the source once, the good news first."""
    counted = Counter(row.result for row in rows) + Counter(verdict_word(flag.verdict) for flag in left_out)
    order = (*_RESULTS, *(WORDS[verdict] for verdict in Verdict), *counted)
    return {word: counted[word] for word in order if counted[word]}


# --- secrets


T = TypeVar("T")


def redacted(value: T, redactor: Redactor) -> T:
    """Return the same data without any secret that `redactor` knows.

    The texts were redacted when they came, but a journal may be older than the secrets that are known now. It is done
    before a document is written, because a key that is escaped there would not be found.
    """
    result: Any = value
    if type(value) is str:
        result = redactor(result)
    elif isinstance(value, Explained):
        result = replace(value, text=redactor.foreign(value.text))
    elif isinstance(value, Missing):
        result = replace(value, key=redactor.data(value.key), reason=redactor.foreign(value.reason))
    elif isinstance(value, tuple):
        result = tuple(redacted(item, redactor) for item in value)
    elif isinstance(value, Mapping):
        result = {redacted(key, redactor): redacted(item, redactor) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {item.name: redacted(getattr(value, item.name), redactor) for item in fields(value) if item.init}
        result = replace(value, **changed)
    return cast("T", result)
