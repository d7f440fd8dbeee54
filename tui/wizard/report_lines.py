"""A report in lines: what LaunchDarkly has now, and the next steps, each with what does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.launchdarkly.words import without_date
from tui.plan.words import flags, named
from tui.report.report import Report

_BUTTONS = {
    "Replace a key": ("replace", "Replace"),
    "Wider key": ("wider-key", "Create"),
    "Import key": ("delete-key", "Delete"),
    "Verify": ("compare", "Compare"),
    "Start again": ("again", "Start"),
    "Rebuild": ("list-rebuild", "List"),
    "Cut over": ("list-cut-over", "List"),
    "Undo": ("undo", "Undo"),
}
"""From a next step to what does it, and the label of its button."""
_LISTED_ABOVE = ("Fix", "Check", "Investigate", "Undone")
"""Next steps that the first group, or the headline, shows already."""
_AFTER_THE_REPORT = ("Undo",)


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One line. `button` is what can be done about it and the label of its button, None for nothing."""

    level: str
    label: str
    text: str
    button: tuple[str, str] | None = None


def outcome(report: Report) -> Iterator[ReportItem]:
    """What LaunchDarkly reported, and what the comparison shows."""
    yield from _errors(report)
    if report.missing:
        yield ReportItem("problem", "Missing", named([flag.key for flag in report.missing]), ("list-missing", "Why"))
    if report.different:
        key, (unlike, *_) = report.different[0]
        text = f"{key}: {unlike.what} {unlike.there or 'blank'}, planned {unlike.planned or 'blank'}"
        if more := len(report.different) - 1:
            text += f", and {more:,} more"
        yield ReportItem("warning", "Different", text, ("list-different", "Compare"))
    if report.on:
        yield ReportItem("warning", "Turned on", named([key for key, _ in report.on]), ("list-on", "Where"))
    if report.unexpected:
        yield ReportItem("warning", "Unplanned", named(report.unexpected), ("list-unexpected", "List"))
    if report.numbers.as_planned:
        count = len(report.environments)
        places = f"all {count:,} environments" if count != 1 else "the only environment"
        yield ReportItem("ok", "As planned", f"{flags(report.numbers.as_planned)}, off in {places}")
    if report.shared:
        yield ReportItem("warning", "All flags", report.shared[0], ("list-notes", "All"))
    if report.not_compared:
        yield ReportItem("unknown", "Not compared", report.not_compared[0], ("list-not-compared", "All"))


def _errors(report: Report) -> Iterator[ReportItem]:
    """Errors that the plan expects, about flags that it skips, are no problem."""
    news = [error for error in report.errors if not error.expected]
    button = ("list-errors", "All")
    if news:
        first = without_date(news[0].text)
        cause = f". {news[0].cause}" if news[0].cause and len(news) == 1 else ""
        count = "" if len(news) == 1 else f"{len(news):,}, such as "
        yield ReportItem("problem" if report.missing else "warning", "Errors", f"{count}{first}{cause}", button)
    elif known := len(report.errors):
        text = f"{known:,} {'error' if known == 1 else 'errors'} about flags that the plan skips"
        yield ReportItem("note", "Expected", text, button)


def next_steps(report: Report) -> Iterator[ReportItem]:
    """What is left for the user to do. The report comes before Undo."""
    steps = [step for step in report.remaining if step[0] not in _LISTED_ABOVE]
    yield from (_step(report, *step) for step in steps if step[0] not in _AFTER_THE_REPORT)
    if report.warned:
        text = f"The plan has warnings about {flags(len(report.warned))}."
        yield ReportItem("note", "Warnings", text, ("list-warnings", "List"))
    yield ReportItem("note", "Report", "Save it as HTML, Markdown, JSON, or CSV.", ("write", "Save"))
    yield from (_step(report, *step) for step in steps if step[0] in _AFTER_THE_REPORT)


def _step(report: Report, label: str, text: str) -> ReportItem:
    hurts = label == "Cut over" and any(row.cut_over_warning for row in report.cut_over)
    return ReportItem("warning" if hurts else "note", label, text, _BUTTONS.get(label))
