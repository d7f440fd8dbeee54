"""A report for a person, in Markdown: foreign text in it formats nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui.net.times import stamp
from tui.report.report import Report
from tui.report.sections import Cell, Section, byline, cause_of, counted, number, sections
from tui.text.markdown import plain, table

_BAR_CELLS = 36


def as_markdown(report: Report) -> str:
    """The report as one document."""
    lines = [f"# {plain(report.title)}", "", f"**{plain(report.summary[1])}**", ""]
    lines += [plain(byline(report)), "", f"Written {stamp(report.written_at)}.", ""]
    lines += ["## From where to where, who and when", ""]
    lines += table(("what", "value"), (*report.source, *report.target, *report.run))
    lines += _errors(report)
    lines += ["", "## What is left for you", ""]
    lines += [f"- [ ] **{plain(step)}**: {plain(text)}" for step, text in report.remaining] or ["Nothing."]
    lines += ["", "## In numbers", ""]
    lines += table(("flags", "number"), ((word, number(count)) for word, count in counted(report.numbers)))
    lines += _bars("What became of each flag of the source", report.outcomes)
    lines += _bars("What the planned flags lose", report.losses)
    for section in sections(report):
        lines += _section(section)
    return "\n".join(lines) + "\n"


def _errors(report: Report) -> Iterator[str]:
    if report.errors:
        yield from ("", "## What LaunchDarkly reported", "")
        yield from table(("error", "cause"), ((each.text, cause_of(each)) for each in report.errors))


def _bars(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    """A table with bars of text: the word, the number, and a length that repeats it."""
    if counts:
        most = max(counts.values())
        yield from ("", f"### {title}", "", "| what | flags | picture |", "|---|---:|---|")
        yield from (f"| {plain(word)} | {count:,} | {bar(count, most)} |" for word, count in counts.items())


def bar(count: int, most: int) -> str:
    """A bar of blocks; what is there at all has one."""
    return "█" * max(1, round(_BAR_CELLS * count / most))


def _section(section: Section) -> Iterator[str]:
    yield from ("", f"## {section.heading}", "", plain(section.said if section.rows else section.empty), "")
    if not section.rows:
        return
    if section.ticks:
        for row in section.rows:
            yield from _ticked(section, row)
    elif not section.columns:
        yield from (f"- {_cell(row[0])}" for row in section.rows)
    else:
        yield from table(section.columns, ([_text(cell) for cell in row] for row in section.rows))


def _ticked(section: Section, row: tuple[Cell, ...]) -> Iterator[str]:
    key, *rest = row
    told = [f"{plain(column).lower()} {_cell(cell)}" for column, cell in zip(section.columns[1:], rest, strict=True)
            if isinstance(cell, str) and cell]  # fmt: skip
    yield f"- [ ] **{_cell(key)}**{': ' if told else ''}{'; '.join(told)}"
    for cell in rest:
        if not isinstance(cell, str):
            yield from (f"  - {plain(lost.kind)}: {plain(lost.text)}" for lost in cell)


def _cell(cell: Cell) -> str:
    return plain(_text(cell)) or "(blank)"


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else "; ".join(f"{lost.kind}: {lost.text}" for lost in cell)
