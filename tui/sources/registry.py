"""The sources by their integration's key. One more is one module, one manifest and one line here."""

from __future__ import annotations

from tui.sources import split, unleash
from tui.sources.base import Source

SOURCES: dict[str, Source] = {"split": split, "unleash": unleash}
