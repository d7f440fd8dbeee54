"""A report for a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from tui.net.times import moment_json
from tui.report.report import Report
from tui.sources.flags import Lost

VERSION = 1
"""Of the document's shape."""


def as_json(report: Report) -> dict[str, object]:
    """The report. Moments stand twice: in milliseconds, and ISO 8601 in UTC under `<name>_at`, null where not yet.
    Counts are null before a comparison.

    Lists of flags hold objects with a `key`, as the `verified` event has them (contract §4).
    """
    return {
        "version": VERSION,
        "title": report.title,
        "level": report.summary[0],
        "headline": report.summary[1],
        **moment_json("written", report.written_at * 1000),
        "integration": report.identity.integration,
        "host": report.identity.host,
        "project": report.identity.project,
        "configuration": {"id": report.configuration or None, "name": report.identity.name},
        "source": [{"label": label, "value": value} for label, value in report.source],
        "target": [{"label": label, "value": value} for label, value in report.target],
        "who": report.who or None,
        "stage": report.stage,
        "times": _times(report),
        "ended": report.ended or None,
        "errors": [
            {"text": each.text, "cause": each.cause or None, "expected": each.expected} for each in report.errors
        ],
        "counts": asdict(report.numbers),
        "outcomes": dict(report.outcomes),
        "losses": dict(report.losses),
        "verified": report.verified,
        **_lists(report),
        "remaining": [{"step": step, "text": text} for step, text in report.remaining],
        "not_compared": list(report.not_compared),
        "notes": list(report.notes),
    }


_TIMES = ("planned", "created", "started", "ended", "verified")


def _times(report: Report) -> dict[str, int | str | None]:
    moments = ((name, report.moments.get(name)) for name in _TIMES)
    pairs = (moment_json(name, None if at is None else at * 1000) for name, at in moments)
    return {key: value for pair in pairs for key, value in pair.items()}


def _lists(report: Report) -> dict[str, object]:
    return {
        "flags": [
            {
                "key": row.key, "name": row.name, "result": row.result, "on_at_source": row.on_at_source,
                "serves_when_on": row.serves, "losses": _losses(row.lost), "warnings": list(row.warnings),
                "cut_over_warning": row.cut_over_warning or None,
            }
            for row in report.rows
        ],
        "missing": [asdict(each) for each in report.missing],
        "different": [
            {"key": key, "properties": [asdict(each) for each in unlike]} for key, unlike in report.different
        ],
        "unexpected": [{"key": key} for key in report.unexpected],
        "on_in_launchdarkly": [{"key": key, "environments": list(where)} for key, where in report.on],
        "environments": list(report.environments),
        "left_out": [asdict(each) for each in report.left_out],
    }  # fmt: skip


def _losses(lost: Sequence[Lost]) -> list[dict[str, str]]:
    return [asdict(each) for each in lost]
