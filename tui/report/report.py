"""What there is to tell of one import, from its journal and its verification alone: no server is asked.

`report_markdown`, `report_html` and `report_json` are three faces of one `Report`; `report_files` writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from tui.answers.fields import Form
from tui.apply.import_errors import Explained, by_flag, foreseen
from tui.apply.journal import Expected, Identity, Journal, LeftOut
from tui.apply.verify import Unlike, Verification
from tui.plan.plan import WORDS, Verdict
from tui.plan.words import Said, served_when_on
from tui.report.words import (
    Fact,
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
from tui.sources.flags import Lost
from tui.text.redact import Redactor

AS_PLANNED = "as planned"
NOT_AS_PLANNED = "not as planned"
MISSING = "missing"
TAKEN_BACK = "taken back"
THERE_BEFORE = "there before"
NOT_VERIFIED = "not verified"


@dataclass(frozen=True, slots=True)
class Row:
    """One planned flag and what became of it: one of the six results above.

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

    @property
    def may_need_work(self) -> bool:
        """It is in LaunchDarkly now, or nobody has looked."""
        return self.result in (AS_PLANNED, NOT_AS_PLANNED, NOT_VERIFIED)


@dataclass(frozen=True, slots=True)
class Missing:
    """A planned flag that is not there. `reason` says that it is archived, or is the server's own error about it, ""
    where none names it."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """Counts of flags. `arrived` and what follows it are None where nobody has compared. `undone` counts those that
    an undo took back, as far as that is known.

    `skipped` and `refused` are those of the plan, `there_before` planned ones that were taken for skipped; `lossy`
    and `on_at_source` are of the planned ones.
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
    """One import, told. `moments` names those that have come: planned, started, ended, compared; times are in
    seconds since the epoch. Foreign text is in it letter by letter as it came, so that secrets can still be found in
    it; whoever shows it or writes it into a document cleans and escapes it.

    `shared` are those of the notes that are about differences which all flags share. `outcomes` and `losses` are what
    the pictures show: a word and how many flags it stands for.
    """

    title: str
    summary: Said
    written_at: float
    identity: Identity
    configuration: str
    who: str
    stage: str
    ended: str
    moments: Mapping[str, float]
    source: tuple[Fact, ...]
    target: tuple[Fact, ...]
    run: tuple[Fact, ...]
    numbers: Numbers
    errors: tuple[Explained, ...]
    remaining: tuple[Fact, ...]
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
        """The planned flags that the plan warned about."""
        return tuple(row for row in self.rows if row.warnings)

    @property
    def rebuild(self) -> tuple[Row, ...]:
        """The flags that are there now and of which something has to be rebuilt; planned ones before any
        comparison."""
        return tuple(row for row in self.rows if row.lost and row.may_need_work)


def report(
    journal: Journal,
    verification: Verification | None,
    now: float,
    *,
    form: Form | None = None,
) -> Report:
    """The report of one import as it stands `now`. Nobody has compared yet where `verification` is None.

    `form` gives the settings their names.
    """
    rows = tuple(_rows(journal, verification))
    numbers = _numbers(journal, verification)
    errors = foreseen(journal).explained(journal.errors)
    named = by_flag(journal.errors)
    name = form.title if form else journal.identity.integration
    v = verification
    compared_at = (v.at or now) if v else 0.0
    return Report(
        title=f"Flag import from {name} into {journal.identity.project}",
        summary=headline(journal, verification, now),
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
        numbers=numbers,
        errors=errors,
        remaining=tuple(remaining(journal, verification, errors)),
        rows=rows,
        missing=tuple(_missing(journal, v, named)) if v else (),
        different=v.different if v else (),
        unexpected=v.unexpected if v else (),
        on=v.on if v else (),
        environments=v.environments if v else (),
        left_out=journal.left_out,
        not_compared=v.not_compared if v else (),
        notes=(*journal.notes, *(v.notes if v else ())),
        shared=v.notes if v else (),
        outcomes=_outcomes(rows, journal.left_out),
        losses=_losses(journal.expected),
    )


def _missing(journal: Journal, verification: Verification, named: Callable[[str], str]) -> Iterator[Missing]:
    for key in still_missing(journal, verification):
        yield Missing(key, _ARCHIVED if key in (verification.archived or ()) else named(key))


_ARCHIVED = "archived, and its key is still taken"


def _rows(journal: Journal, verification: Verification | None) -> Iterator[Row]:
    missing, unlike, everywhere = frozenset[str](), frozenset[str](), frozenset[str]()
    if verification:
        everywhere = on_everywhere(verification)
        missing = frozenset(verification.missing)
        unlike = frozenset(key for key, _ in (*verification.different, *verification.on))
    for each in journal.expected:
        if verification is None:
            result = NOT_VERIFIED
        elif each.key in missing:
            result = TAKEN_BACK if each.key in journal.undone else MISSING
        elif each.key not in verification.arrived:
            result = THERE_BEFORE
        else:
            result = NOT_AS_PLANNED if each.key in unlike else AS_PLANNED
        there = verification.arrived.get(each.key) if verification else None
        serves = served_when_on(each.variations, there.on if there else each.on)
        more = each.warnings, each.cut_over_warning, each.key in everywhere
        yield Row(each.key, each.name, result, each.on_at_source, serves, each.lost, *more)


def _numbers(journal: Journal, verification: Verification | None) -> Numbers:
    skipped = sum(each.verdict.startswith("skip-") for each in journal.left_out)
    planned = Numbers(
        source=len(journal.expected) + len(journal.left_out),
        planned=len(journal.expected),
        skipped=skipped,
        refused=len(journal.left_out) - skipped,
        lossy=sum(bool(each.lost) for each in journal.expected),
        on_at_source=sum(each.on_at_source for each in journal.expected),
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
    known = {each.value: word for each, word in WORDS.items()}
    return known.get(verdict, verdict)


def _outcomes(rows: Iterable[Row], left_out: Iterable[LeftOut]) -> dict[str, int]:
    """Every flag of the source once, the good news first."""
    counted = Counter(row.result for row in rows)
    counted += Counter(verdict_word(each.verdict) for each in left_out)
    results = (AS_PLANNED, NOT_AS_PLANNED, MISSING, TAKEN_BACK, NOT_VERIFIED, THERE_BEFORE)
    order = (*results, *(WORDS[each] for each in Verdict))
    known = {word: counted[word] for word in order if counted[word]}
    return known | {word: count for word, count in counted.items() if word not in known}


def _losses(expected: Iterable[Expected]) -> dict[str, int]:
    counted = Counter(kind for each in expected for kind in {lost.kind for lost in each.lost})
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


# --- secrets


T = TypeVar("T")


def redacted(value: T, redactor: Redactor) -> T:
    """The same data without any secret: texts are taken as they are, before a document's own marks come between.

    They were redacted when they came, but a journal may be older than what is known now.
    """
    return _redacted(value, redactor)  # type: ignore[no-any-return]


def _redacted(value: Any, redactor: Redactor) -> Any:
    if type(value) is str:
        return redactor(value)
    if isinstance(value, Explained):
        return replace(value, text=redactor.foreign(value.text))
    if isinstance(value, Missing):
        return replace(value, key=redactor.data(value.key), reason=redactor.foreign(value.reason))
    if isinstance(value, tuple):
        return tuple(_redacted(each, redactor) for each in value)
    if isinstance(value, Mapping):
        return {_redacted(key, redactor): _redacted(each, redactor) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _redacted(getattr(value, each.name), redactor) for each in fields(value) if each.init}
        return replace(value, **changed)
    return value
