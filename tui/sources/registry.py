"""The sources by their integration's key. Another one is a package, a manifest, and a line here."""

from __future__ import annotations

from tui.sources.base import Source
from tui.sources.split import SPLIT
from tui.sources.unleash import UNLEASH

SOURCES: dict[str, Source] = {"split": SPLIT, "unleash": UNLEASH}
