"""Split (Harness FME), through its Admin API. Facts come from its documentation; none was measured."""

from __future__ import annotations

from tui.sources.split.check import check_key, compare
from tui.sources.split.client import DEFAULT_ADDRESS, KEY_FIELD, NAME
from tui.sources.split.finding import DISCOVERS, count_flags, discover
from tui.sources.split.flags import list_flags
from tui.sources.split.rules import explain

__all__ = [
    "ADDRESS_FIELD", "DEFAULT_ADDRESS", "DISCOVERS", "KEY_FIELD", "NAME", "check_key", "compare", "count_flags",
    "discover", "explain", "list_flags",
]  # fmt: skip

ADDRESS_FIELD: str | None = None
