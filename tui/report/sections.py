"""The lists of a report: sections, the same in HTML and Markdown, and the texts of a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tui.apply.import_errors import Explained
from tui.net.times import day
from tui.report.report import Numbers, Report, Row, verdict_word
from tui.sources.flags import Lost
from tui.text.clean import clean

Cell = str | tuple[Lost, ...]


def byline(report: Report) -> str:
    """Which configuration, where, who and when, in one line."""
    first = next(iter(report.moments.values()), report.written_at)
    host = report.identity.host.partition("://")[2] or report.identity.host
    return f"{report.identity.name}, at {host}. Run by {report.who or 'somebody not known'}. {day(first)}."


def counted(numbers: Numbers) -> Iterator[tuple[str, int | None]]:
    """Each number with its words; None if it isn't known."""
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
    """The cause of an error, in a cell."""
    if error.expected:
        return f"Expected: the plan left this flag out. {error.cause}".rstrip()
    return error.cause or "not known here"


# --- sections of a document


@dataclass(frozen=True, slots=True)
class Section:
    """One list. A row has a cell for each of `columns`; without columns a row is one sentence.

    `lead` goes before the rows; `empty` is shown if there are none. With `ticks` each row is a task to tick off.
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


def sections(report: Report) -> Iterator[Section]:
    """The lists, the most urgent first: what is wrong, what is to do, all the rest."""
    yield from _compared(report)
    yield Section(
        "cut-over", "Cut-over checklist",
        "On at the source when the plan was read, and made switched off in LaunchDarkly."
        " Switch each on when your code asks LaunchDarkly.",
        ("Flag", "Serves when on", "Rebuild first", "Warning", "Result"),
        tuple((row.key, row.serves, _kinds(row) or "nothing", row.cut_over_warning, row.result)
              for row in report.cut_over),
        "No imported flag is on at the source and off in LaunchDarkly.",
        ticks=True,
    )  # fmt: skip
    yield Section(
        "rebuild", "To be made again by hand", "No import brings these: make them in LaunchDarkly, flag by flag.",
        ("Flag", "What it had at the source"), tuple((row.key, row.lost) for row in report.rebuild),
        "No imported flag has anything to rebuild.",
        ticks=True,
    )  # fmt: skip
    if report.warned:
        yield Section(
            "warnings", "Warnings of the plan", "Said of single flags when the plan was read.", ("Flag", "Warnings"),
            tuple((row.key, " ".join(row.warnings)) for row in report.warned), "",
        )  # fmt: skip
    yield Section(
        "left-out", "Left out", "Flags of the source that do not arrive, and why.", ("Flag", "Verdict", "Why"),
        tuple((flag.key, verdict_word(flag.verdict), flag.reason) for flag in report.left_out),
        "Every flag of the source was planned to arrive.",
    )  # fmt: skip
    yield Section(
        "not-compared", "Not compared", "What could not be read is not called different.", (),
        tuple((text,) for text in report.not_compared), "Everything was compared." if report.verified else _NOBODY,
    )  # fmt: skip
    if report.notes:
        notes = tuple((text,) for text in report.notes)
        yield Section("notes", "Notes", "About the import as a whole.", (), notes, "")
    yield Section(
        "planned", "Every planned flag", "In the order of the plan.",
        ("Flag", "Name", "Result", "At the source", "Loses"),
        tuple((row.key, row.name, row.result, "ON" if row.on_at_source else "off", _kinds(row) or "nothing")
              for row in report.rows),
        "No flag was planned to arrive.",
    )  # fmt: skip


_NOBODY = "Not known: nobody has compared what arrived with the plan."


def _compared(report: Report) -> Iterator[Section]:
    """What the comparison shows."""
    everywhere = f"Everything that arrived is off in all environments: {', '.join(report.environments)}."
    for ident, title, lead, columns, rows, empty in (
        (
            "missing", "Missing", "Planned, and not in LaunchDarkly.", ("Flag", "What LaunchDarkly says of it"),
            [(flag.key, flag.reason or "nothing") for flag in report.missing],
            "Nothing that was planned is missing.",
        ),
        (
            "different", "Different", "Arrived, and not as planned.", ("Flag", "Property", "Planned", "There"),
            [(key, unlike.what, unlike.planned or "blank", unlike.there or "blank")
             for key, all_unlike in report.different for unlike in all_unlike],
            "Whatever arrived looks as planned.",
        ),
        (
            "on", "On in LaunchDarkly", "An import leaves flags switched off: somebody switched these on.",
            ("Flag", "On in"), [(key, ", ".join(where)) for key, where in report.on],
            everywhere if report.numbers.arrived and report.environments else "Nothing that arrived is on.",
        ),
        (
            "unexpected", "Not planned", "New flags with this import's tag that nobody planned.", ("Flag",),
            [(key,) for key in report.unexpected], "No flag came that was not planned.",
        ),
    ):  # fmt: skip
        yield Section(ident, title, lead, columns, tuple(rows), empty if report.verified else _NOBODY)


def _kinds(row: Row) -> str:
    return ", ".join(dict.fromkeys(lost.kind for lost in row.lost))


# --- lists on a screen


MOST = 2_000
"""Lines of a list on a screen; a document has all."""

IndentedLines = tuple[str, ...]
"""A line, and the lines below it, which are indented."""


def _cut_over(row: Row) -> IndentedLines:
    rebuild = f"rebuild first: {_kinds(row)}" if row.lost else ""
    return (f"{row.key}  serves {row.serves} when on", *filter(None, (rebuild, row.cut_over_warning)))


LISTS: Mapping[str, tuple[str, Callable[[Report], Iterable[IndentedLines]]]] = {
    "errors": ("LaunchDarkly reported", lambda report: ((error.text, cause_of(error)) for error in report.errors)),
    "missing": ("Missing", lambda report: (
        (flag.key, f"LaunchDarkly: {flag.reason}" if flag.reason else "LaunchDarkly names no reason for it.")
        for flag in report.missing
    )),
    "different": ("Not as planned, side by side", lambda report: (
        (key, *(line for unlike in all_unlike for line in (
            unlike.what, f"  planned  {unlike.planned or 'blank'}", f"  there    {unlike.there or 'blank'}"
        )))
        for key, all_unlike in report.different
    )),
    "on": ("On in LaunchDarkly", lambda report: ((f"{key}  on in {', '.join(where)}",) for key, where in report.on)),
    "unexpected": ("Nobody planned these", lambda report: ((key,) for key in report.unexpected)),
    "rebuild": ("To be made again by hand", lambda report: (
        (row.key, *(f"{lost.kind}: {lost.text}" for lost in row.lost)) for row in report.rebuild
    )),
    "cut-over": ("On at the source, off in LaunchDarkly", lambda report: map(_cut_over, report.cut_over)),
    "warnings": ("Warnings of the plan", lambda report: ((row.key, *row.warnings) for row in report.warned)),
    "notes": ("Notes", lambda report: ((text,) for text in report.notes)),
    "not-compared": ("Not compared", lambda report: ((text,) for text in report.not_compared)),
}  # fmt: skip
"""The title and the entries of each list, by its key."""


def list_text(report: Report, key: str) -> tuple[str, str]:
    """Title and text of a list. Foreign text in it is cleaned, not redacted. Raises KeyError."""
    title, entries = LISTS[key]
    lines = [clean(f"  {line}" if n else line) for entry in entries(report) for n, line in enumerate(entry)]
    if len(lines) > MOST:
        lines = [*lines[:MOST], f"... and {len(lines) - MOST:,} more lines: the written report has all of them."]
    return title, "\n".join(lines) or "None."
