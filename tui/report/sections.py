"""The lists of a report, the same in every kind of document: what each is called, says and holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.apply.import_errors import Explained
from tui.net.times import day
from tui.report.report import Numbers, Report, Row, verdict_word
from tui.sources.flags import Lost

Cell = str | tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One list. A row has a cell for each of `columns`; without columns a row is one sentence. `lead` goes before.

    With `ticks` each row is something to tick off. Where there is no row, `empty` says so.
    """

    ident: str
    title: str
    lead: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    ticks: bool = False

    @property
    def heading(self) -> str:
        """The title, and how many rows there are: "Missing (3)"."""
        return f"{self.title} ({len(self.rows):,})" if self.rows else self.title

    def named_cells(self, row: tuple[Cell, ...]) -> Iterator[tuple[str, Cell]]:
        """The cells of a row after its first, each with the name of its column."""
        return zip(self.columns[1:], row[1:], strict=True)


def byline(report: Report) -> str:
    """Which configuration, where, who and when, in one line."""
    first = next(iter(report.moments.values()), report.written_at)
    host = report.identity.host.partition("://")[2] or report.identity.host
    return f"{report.identity.name}, at {host}. Run by {report.who or 'somebody not known'}. {day(first)}."


def counted(numbers: Numbers) -> Iterator[tuple[str, int | None]]:
    """Each number with its words; None is not known."""
    yield "at the source", numbers.source
    yield "planned to arrive", numbers.planned
    yield "arrived", numbers.arrived
    yield "as planned", numbers.as_planned
    yield "different", numbers.different
    yield "on in LaunchDarkly", numbers.on
    yield "missing", numbers.missing
    yield "not planned", numbers.unexpected
    if numbers.there_before:
        yield "planned, there before", numbers.there_before
    if numbers.undone:
        yield "taken back by an undo", numbers.undone
    yield "skipped: they existed", numbers.skipped
    yield "could not be taken", numbers.refused
    yield "planned that lose something", numbers.lossy
    yield "planned that were on at the source", numbers.on_at_source


def cause_of(error: Explained) -> str:
    """What is behind an error, in a cell."""
    cause = error.cause or ("" if error.expected else "not known here")
    return f"Expected: the plan left this flag out. {cause}".rstrip() if error.expected else cause


def number(count: int | None) -> str:
    """ "1,204"; "not known" where nobody has compared."""
    return "not known" if count is None else f"{count:,}"


def sections(report: Report) -> Iterator[Section]:
    """The lists in the order in which a person wants them: what is wrong, what is to do, all the rest."""
    yield from _compared(report)
    yield _cut_over(report)
    yield _rebuild(report)
    if report.warned:
        yield Section(
            "warnings", "Warnings of the plan", "Said of single flags when the plan was read.", ("Flag", "Warnings"),
            tuple((row.key, " ".join(row.warnings)) for row in report.warned), "",
        )  # fmt: skip
    left_out = tuple((each.key, verdict_word(each.verdict), each.reason) for each in report.left_out)
    yield Section(
        "left-out", "Left out", "Flags of the source that do not arrive, and why.",
        ("Flag", "Verdict", "Why"), left_out, "Every flag of the source was planned to arrive.",
    )  # fmt: skip
    yield Section(
        "not-compared", "Not compared", "What could not be read is not called different.", (),
        tuple((each,) for each in report.not_compared),
        "Everything was compared." if report.verified else _NOBODY,
    )  # fmt: skip
    if report.notes:
        notes = tuple((each,) for each in report.notes)
        yield Section("notes", "Notes", "About the import as a whole.", (), notes, "")
    yield Section(
        "planned", "Every planned flag", "In the order of the plan.",
        ("Flag", "Name", "Result", "At the source", "Loses"),
        tuple(_planned(row) for row in report.rows), "No flag was planned to arrive.",
    )  # fmt: skip


_NOBODY = "Not known: nobody has compared what arrived with the plan."


def _compared(report: Report) -> Iterator[Section]:
    def section(ident: str, title: str, said: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...],
                empty: str) -> Section:  # fmt: skip
        return Section(ident, title, said, columns, rows, empty if report.verified else _NOBODY)

    yield section(
        "missing", "Missing", "Planned, and not in LaunchDarkly.", ("Flag", "What LaunchDarkly says of it"),
        tuple((each.key, each.reason or "nothing") for each in report.missing), "Nothing that was planned is missing.",
    )  # fmt: skip
    yield section(
        "different", "Different", "Arrived, and not as planned.", ("Flag", "Property", "Planned", "There"),
        tuple(
            (key, one.what, one.planned or "blank", one.there or "blank")
            for key, unlike in report.different
            for one in unlike
        ),
        "Whatever arrived looks as planned.",
    )  # fmt: skip
    everywhere = f"Everything that arrived is off in all environments: {', '.join(report.environments)}."
    yield section(
        "on", "On in LaunchDarkly", "An import leaves flags switched off: somebody switched these on.",
        ("Flag", "On in"), tuple((key, ", ".join(where)) for key, where in report.on),
        everywhere if report.numbers.arrived and report.environments else "Nothing that arrived is on.",
    )  # fmt: skip
    yield section(
        "unexpected", "Not planned", "New flags with this import's tag that nobody planned.", ("Flag",),
        tuple((key,) for key in report.unexpected), "No flag came that was not planned.",
    )  # fmt: skip


def _cut_over(report: Report) -> Section:
    return Section(
        "cut-over", "Cut-over checklist",
        "On at the source when the plan was read, and made switched off in LaunchDarkly."
        " Switch each on when your code asks LaunchDarkly.",
        ("Flag", "Serves when on", "Rebuild first", "Warning", "Result"),
        tuple(
            (row.key, row.serves, _kinds(row), row.cut_over_warning, row.result) for row in report.cut_over
        ),
        "No imported flag is on at the source and off in LaunchDarkly.",
        ticks=True,
    )  # fmt: skip


def _rebuild(report: Report) -> Section:
    return Section(
        "rebuild", "To be made again by hand", "No import brings these: make them in LaunchDarkly, flag by flag.",
        ("Flag", "What it had at the source"), tuple((row.key, row.lost) for row in report.rebuild),
        "No imported flag has anything to rebuild.",
        ticks=True,
    )  # fmt: skip


def _planned(row: Row) -> tuple[str, ...]:
    return row.key, row.name, row.result, "ON" if row.on_at_source else "off", _kinds(row)


def _kinds(row: Row) -> str:
    return ", ".join(dict.fromkeys(lost.kind for lost in row.lost)) or "nothing"
