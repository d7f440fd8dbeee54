"""A report as one HTML page that asks for nothing from anywhere: no script, no font, no picture from outside.

It is made to be read on a screen, light or dark, by a screen reader, and on A4 paper in black and white.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from tui.net.times import stamp
from tui.plan.words import KINDS
from tui.report.charts import picture
from tui.report.report import Report
from tui.report.sections import Cell, Section, byline, cause_of, counted, number, sections
from tui.report.style import STYLE
from tui.report.words import Fact
from tui.text.clean import clean

_SYMBOLS = {"ok": "✓", "warning": "!", "problem": "✗"}


def as_html(report: Report) -> str:
    """The report as one document."""
    return "\n".join(_page(report)) + "\n"


def escape(text: str) -> str:
    """Foreign text as a page shows it: no order to a terminal that prints the file, and no markup."""
    return html.escape(clean(text))


def _page(report: Report) -> Iterator[str]:
    listed = tuple(sections(report))
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{escape(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    yield from _header(report)
    yield "<main>"
    yield from _numbers(report)
    yield from _pictures(report)
    yield from _remaining(report)
    yield from _errors(report)
    yield from _facts(report)
    yield from _contents(listed)
    for section in listed:
        yield from _section(report, section)
    yield "</main>"
    yield f"<footer>Written {escape(stamp(report.written_at))} by ld-flag-import.</footer>\n</body>\n</html>"


def _header(report: Report) -> Iterator[str]:
    level, words = report.summary
    yield f"<header>\n<h1>{escape(report.title)}</h1>"
    yield f'<p class="byline">{escape(byline(report))}</p>'
    yield f'<p class="verdict {escape(level)}"><span class="sign" aria-hidden="true">{_SYMBOLS.get(level, "?")}</span>'
    yield f"<strong>{escape(words)}</strong></p>\n</header>"


def _numbers(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="numbers">\n<h2 id="numbers">In numbers</h2>\n<dl class="tiles">'
    for word, count in counted(report.numbers):
        none = "" if count else ' class="none"'
        yield f"<div><dt>{escape(word)}</dt><dd{none}>{number(count)}</dd></div>"
    yield "</dl>\n</section>"


def _remaining(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="remaining">\n<h2 id="remaining">What is left for you</h2>'
    if report.remaining:
        yield '<dl class="steps">'
        yield from (f"<div><dt>{escape(step)}</dt><dd>{escape(text)}</dd></div>" for step, text in report.remaining)
        yield "</dl>"
    else:
        yield "<p>Nothing.</p>"
    yield "</section>"


def _errors(report: Report) -> Iterator[str]:
    if report.errors:
        yield '<section aria-labelledby="errors">\n<h2 id="errors">What LaunchDarkly reported</h2>'
        rows = ((each.text, cause_of(each)) for each in report.errors)
        yield from _table("Errors of the import, and what is behind them", ("Error", "Cause"), rows, ident="errors")
        yield "</section>"


def _facts(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="facts">\n<h2 id="facts">From where to where, who and when</h2>'
    yield '<div class="facts">'
    yield from _fact_table("From", report.source)
    yield from _fact_table("To", report.target)
    yield from _fact_table("Who and when", report.run)
    yield "</div>\n</section>"


def _fact_table(title: str, facts: Iterable[Fact]) -> Iterator[str]:
    yield f"<table>\n<caption>{escape(title)}</caption>\n<tbody>"
    yield from (f'<tr><th scope="row">{escape(label)}</th><td>{escape(text)}</td></tr>' for label, text in facts)
    yield "</tbody>\n</table>"


def _pictures(report: Report) -> Iterator[str]:
    if not report.outcomes:
        return
    yield '<section aria-labelledby="pictures">\n<h2 id="pictures">The picture</h2>\n<div class="pictures">'
    yield from picture("outcomes", "What became of each flag of the source", report.outcomes)
    yield from picture("losses", "What the planned flags lose, by number of flags", report.losses)
    yield "</div>\n</section>"


def _contents(listed: Iterable[Section]) -> Iterator[str]:
    yield '<nav aria-labelledby="contents">\n<h2 id="contents">The lists</h2>\n<ul>'
    for each in listed:
        yield f'<li><a href="#{each.ident}">{escape(each.title)}</a> {len(each.rows):,}</li>'
    yield "</ul>\n</nav>"


def _section(report: Report, section: Section) -> Iterator[str]:
    yield f'<section aria-labelledby="{section.ident}">\n<h2 id="{section.ident}">{escape(section.heading)}</h2>'
    yield f"<p>{escape(section.said if section.rows else section.empty)}</p>"
    if section.rows and section.ident == "rebuild":
        yield from _kinds(report)
    if section.rows and section.columns:
        yield from _table(section.title, section.columns, section.rows, ticks=section.ticks, ident=section.ident)
    elif section.rows:
        yield "<ul>"
        yield from (f"<li>{_cell(row[0])}</li>" for row in section.rows)
        yield "</ul>"
    yield "</section>"


def _kinds(report: Report) -> Iterator[str]:
    """What each kind of loss is, for whoever does not know the word."""
    yield '<dl class="kinds">'
    yield from (f"<div><dt>{kind}</dt><dd>{escape(KINDS[kind])}</dd></div>" for kind in report.losses if kind in KINDS)
    yield "</dl>"


def _table(
    caption: str, columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], *, ticks: bool = False, ident: str = ""
) -> Iterator[str]:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    done = '<th scope="col" class="tick">Done</th>' if ticks else ""
    yield f'<table class="list {ident}">\n<caption>{escape(caption)}</caption>'
    yield f"<thead><tr>{done}{head}</tr></thead>\n<tbody>"
    for first, *rest in rows:
        name = _cell(first)
        box = f'<td class="tick"><input type="checkbox" aria-label="done: {name}"></td>' if ticks else ""
        yield f'<tr>{box}<th scope="row">{name}</th>{"".join(f"<td>{_cell(cell)}</td>" for cell in rest)}</tr>'
    yield "</tbody>\n</table>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    items = "".join(f"<li><b>{escape(lost.kind)}</b> {escape(lost.text)}</li>" for lost in cell)
    return f"<ul>{items}</ul>"
