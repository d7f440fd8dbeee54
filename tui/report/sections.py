"""The lists of a report: sections of HTML and Markdown, and the texts that a screen shows one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tui.apply.import_errors import Explained
from tui.plan.words import GRADES, kind_label
from tui.report.report import NOT_AS_PLANNED, TAKEN_BACK, THERE_BEFORE, Numbers, Report, Row, verdict_word
from tui.targeting.approximations import sentence
from tui.targeting.losses import Lost
from tui.text.clean import clean
from tui.text.times import day, time_of_day

Cell = str | tuple[Lost, ...]


def byline(report: Report) -> str:
    """Return which configuration, where, who, and when, in one line."""
    first = next(iter(report.moments.values()), report.written_at)
    host = report.identity.host.partition("://")[2] or report.identity.host
    return f"{report.identity.name} at {host}. Run by {report.who or 'an unknown person'} on {day(first)}."


def when(report: Report) -> str:
    """Return when the import ended by LaunchDarkly's clock, and when it was compared: two short sentences at most."""
    now, at = report.written_at, report.moments
    ended = f"Ended {_at(at['ended'], now)}" if "ended" in at else "Not finished"
    if "ended" not in at and "started" in at:
        ended = f"Started {_at(at['started'], now)}"
    compared = f"Compared with the plan {_at(at['verified'], now)}." if report.verified else "Not compared with a plan."
    return f"{ended}. {compared}"


def _at(moment: float, now: float) -> str:
    time = time_of_day(moment, now)
    return f"at {time}" if " " not in time else f"on {time}"


def counted(numbers: Numbers) -> Iterator[tuple[str, int | None]]:
    """Yield each number with its label; None is unknown."""
    yield "At the source", numbers.source
    yield "Planned", numbers.planned
    yield "Created", numbers.arrived
    yield "As planned", numbers.as_planned
    yield "Different", numbers.different
    yield "On in LaunchDarkly", numbers.on
    yield "Missing", numbers.missing
    yield "Unplanned", numbers.unexpected
    if numbers.there_before:
        yield "Planned, already existed", numbers.there_before
    if numbers.undone:
        yield "Undone", numbers.undone
    yield "Skipped", numbers.skipped
    yield "Can't be imported", numbers.refused
    yield "Planned, lose targeting", numbers.lossy
    yield "Planned, on at the source", numbers.on_at_source


def cause_of(error: Explained) -> str:
    """Return the cause of an error."""
    if error.expected:
        return f"Expected: the plan skips this flag. {error.cause}".rstrip()
    return error.cause or "unknown"


# --- sections of a document


@dataclass(frozen=True, slots=True)
class Section:
    """One list. A row has a cell for each of `columns`; without columns a row is one sentence.

    `lead` precedes the rows; `empty` replaces them if there are none. With `ticks` each row can be ticked off.
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
    """Yield the lists: what is wrong, what to do, everything else."""
    yield from _compared(report)
    yield Section(
        "cut-over", "Cutover checklist",
        "These flags were on at the source and are off in LaunchDarkly. Rebuild what is listed, then turn each flag on"
        " when your code uses LaunchDarkly. Flags with a warning come first.",
        ("Flag", "Serves when on", "Rebuild first", "Warning", "Result"),
        tuple((row.key, row.serves, _kinds(row) or "nothing", row.cut_over_warning, shown(row.result))
              for row in report.cut_over),
        "No imported flag was on at the source and is off in LaunchDarkly.",
        ticks=True,
    )  # fmt: skip
    yield Section(
        "rebuild", "Targeting to rebuild",
        "The import doesn't copy targeting. Recreate it in LaunchDarkly, flag by flag.",
        ("Flag", "At the source"), tuple((row.key, row.lost) for row in report.rebuild),
        "No imported flag needs its targeting rebuilt.",
        ticks=True,
    )  # fmt: skip
    if report.graded:
        yield Section(
            "prospects", "Rebuild", _GRADED.format(grades=", ".join(graded(report))),
            ("Flag", "Grade", "What differs, or why not"),
            tuple((row.key, *_prospect(row)) for row in report.graded), "",
        )  # fmt: skip
    if report.rebuilt:
        yield Section(
            "rebuilt", "Rebuilt targeting", "What rebuilds have made of flags, by LaunchDarkly's environment.",
            ("Flag", "Environment", "State", "What is left, or differs"),
            tuple((flag.key, flag.environment, REBUILT[flag.state], flag.reason or ", ".join(flag.approximations))
                  for flag in report.rebuilt), "",
        )  # fmt: skip
    if report.warned:
        yield Section(
            "warnings", "Plan warnings", "Warnings about single flags from the plan.", ("Flag", "Warnings"),
            tuple((row.key, " ".join(row.warnings)) for row in report.warned), "",
        )  # fmt: skip
    yield Section(
        "left-out", "Not imported", "Flags that the plan skips or can't import.", ("Flag", "Result", "Why"),
        tuple((flag.key, verdict_word(flag.verdict), flag.reason) for flag in report.left_out),
        "The plan imports every flag of the source.",
    )  # fmt: skip
    yield Section(
        "not-compared", "Not compared", "These properties couldn't be compared.", (),
        tuple((text,) for text in report.not_compared), "Everything was compared." if report.verified else _NOBODY,
    )  # fmt: skip
    if report.notes:
        notes = tuple((text,) for text in report.notes)
        yield Section("notes", "Notes", "About the whole import.", (), notes, "")
    yield Section(
        "planned", "All planned flags", "In the order of the plan.",
        ("Flag", "Name", "Result", "At the source", "Loses"),
        tuple((row.key, row.name, shown(row.result), "on" if row.on_at_source else "off", _kinds(row) or "nothing")
              for row in report.rows),
        "No flag was planned.",
    )  # fmt: skip


REBUILT: Mapping[str, str] = {
    "planned": "not rebuilt", "applied": "rebuilt, not checked", "equal": "rebuilt, read back equal",
    "differs": "differs", "skipped": "not rebuilt", "pending-approval": "waits for approval", "failed": "failed",
    "taken-back": "taken back",
}  # fmt: skip
"""The states of rebuilt flags in words."""

_GRADED = (
    "Graded when the plan was read, before the import: {grades}. To see each translation with its proof, run:"
    " ld-flag-import rebuild RECIPE --environment KEY --dry-run"
)


def graded(report: Report) -> Iterator[str]:
    """Yield how many flags have each grade, the best first: "17 faithful"."""
    numbers = Counter(row.prospect.grade for row in report.graded if row.prospect)
    yield from (f"{numbers[grade]:,} {word}" for grade, word in GRADES.items() if numbers[grade])


def _prospect(row: Row) -> tuple[str, str]:
    """The grade of a flag in words; its approximations, or why it isn't rebuilt."""
    if row.prospect is None:
        return "", ""
    names = "; ".join(f"{name}: {sentence(name)}" for name in row.prospect.approximations)
    return GRADES[row.prospect.grade], names or " ".join(row.prospect.reasons) or "nothing"


_NOBODY = "Unknown: LaunchDarkly was not compared with the plan."


def _compared(report: Report) -> Iterator[Section]:
    """Yield what the comparison shows."""
    everywhere = f"Every imported flag is off in all environments: {', '.join(report.environments)}."
    for ident, title, lead, columns, rows, empty in (
        (
            "missing", "Missing", "Planned, but not in LaunchDarkly.", ("Flag", "Reported by LaunchDarkly"),
            [(flag.key, flag.reason or "nothing") for flag in report.missing],
            "No planned flag is missing.",
        ),
        (
            "different", "Different", "In LaunchDarkly, but not as planned.", ("Flag", "Property", "Planned", "Now"),
            [(key, unlike.what, unlike.planned or "blank", unlike.there or "blank")
             for key, all_unlike in report.different for unlike in all_unlike],
            "Every imported flag is as planned.",
        ),
        (
            "on", "On in LaunchDarkly", "The import leaves flags off. Someone turned these on.",
            ("Flag", "On in"), [(key, ", ".join(where)) for key, where in report.on],
            everywhere if report.numbers.arrived and report.environments else "No imported flag is on.",
        ),
        (
            "unexpected", "Unplanned", "New flags that have this import's tag but weren't planned.", ("Flag",),
            [(key,) for key in report.unexpected], "No unplanned flag has this import's tag.",
        ),
    ):  # fmt: skip
        yield Section(ident, title, lead, columns, tuple(rows), empty if report.verified else _NOBODY)


def _kinds(row: Row) -> str:
    return ", ".join(dict.fromkeys(kind_label(lost.kind) for lost in row.lost))


def shown(result: str) -> str:
    """Return a row's result as people read it; documents for programs keep the word of `Row`."""
    return _SHOWN.get(result, result)


_SHOWN = {NOT_AS_PLANNED: "different", TAKEN_BACK: "undone", THERE_BEFORE: "already existed"}


# --- lists on a screen


MOST = 2_000
"""Lines of a list on a screen; a document has all."""

IndentedLines = tuple[str, ...]
"""A line, and the lines below it, which are indented."""


def _cut_over(row: Row) -> IndentedLines:
    rebuild = f" Rebuild first: {_kinds(row)}." if row.lost else " Nothing to rebuild."
    return (row.key, f'Serves "{row.serves}" when on.{rebuild}', *filter(None, (row.cut_over_warning,)))


def _rebuilt(row: Row) -> IndentedLines:
    grade, text = _prospect(row)
    return (f"Rebuild: {grade}. {text}",) if grade else ()


LISTS: Mapping[str, tuple[str, Callable[[Report], Iterable[IndentedLines]]]] = {
    "errors": ("Errors reported by LaunchDarkly", lambda report: (
        (error.text, cause_of(error)) for error in report.errors
    )),
    "missing": ("Missing", lambda report: (
        (flag.key, f"LaunchDarkly: {flag.reason}" if flag.reason else "LaunchDarkly gives no reason.")
        for flag in report.missing
    )),
    "different": ("Planned and actual", lambda report: (
        (key, *(line for unlike in all_unlike for line in (
            unlike.what, f"  planned  {unlike.planned or 'blank'}", f"  actual   {unlike.there or 'blank'}"
        )))
        for key, all_unlike in report.different
    )),
    "on": ("On in LaunchDarkly", lambda report: ((f"{key}  on in {', '.join(where)}",) for key, where in report.on)),
    "unexpected": ("Unplanned", lambda report: ((key,) for key in report.unexpected)),
    "rebuild": ("Targeting to rebuild", lambda report: (
        (row.key, *(f"{kind_label(lost.kind)}: {lost.text}" for lost in row.lost), *_rebuilt(row))
        for row in report.rebuild
    )),
    "cut-over": ("Cutover: on at the source, off in LaunchDarkly", lambda report: map(_cut_over, report.cut_over)),
    "warnings": ("Plan warnings", lambda report: ((row.key, *row.warnings) for row in report.warned)),
    "notes": ("Notes", lambda report: ((text,) for text in report.notes)),
    "not-compared": ("Not compared", lambda report: ((text,) for text in report.not_compared)),
}  # fmt: skip
"""The title and the entries of each list, by its key."""


def list_text(report: Report, key: str) -> tuple[str, str]:
    """Title and text of a list. Foreign text in it is cleaned, not redacted. Raises KeyError."""
    title, entries = LISTS[key]
    lines = [clean(f"  {line}" if n else line) for entry in entries(report) for n, line in enumerate(entry)]
    if len(lines) > MOST:
        lines = [*lines[:MOST], f"... and {len(lines) - MOST:,} more lines. Save the report to see all of them."]
    return title, "\n".join(lines) or "None."
