"""A report written to a file, without any secret, for its owner alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from tui.net.times import day
from tui.report.html import as_html
from tui.report.json_document import as_json
from tui.report.markdown import as_markdown
from tui.report.report import Report, redacted
from tui.text.private_files import unused, write_private
from tui.text.redact import Redactor

Kind = Literal["html", "md", "json"]

_KINDS: Mapping[Kind, Callable[[Report], str]] = {
    "html": as_html,
    "md": as_markdown,
    "json": lambda report: json.dumps(as_json(report), indent=2) + "\n",
}


def text_of(report: Report, kind: Kind, redactor: Redactor) -> str:
    """The document, without any secret that the redactor knows."""
    return _KINDS[kind](redacted(report, redactor))


def save(report: Report, folder: Path, kind: Kind, redactor: Redactor) -> Path:
    """Write the report beside any that is there (`unleash-web-shop-23-Nov.html`, then `...-2.html`), 0600, in one step.

    Raises OSError; nothing was written then.
    """
    path = unused(folder, file_name(redacted(report, redactor), kind))
    write_private(path, text_of(report, kind, redactor))
    return path


def file_name(report: Report, kind: Kind) -> str:
    """Source, project, and the day on which it was written; nothing in it means anything to a shell or a path."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", f"{report.identity.integration} {report.identity.project}").strip("-")
    when = "-".join(day(report.written_at).split(" ")[:2])
    return f"{words[:60]}-{when}.{kind}"
