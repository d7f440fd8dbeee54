"""Split (Harness FME), through its Admin API. Facts come from its documentation; none was measured."""

from __future__ import annotations

from tui.sources.split_check import check_key, compare
from tui.sources.split_door import DEFAULT_ADDRESS, KEY_FIELD, NAME
from tui.sources.split_finding import DISCOVERS, count_flags, discover
from tui.sources.split_flags import list_flags
from tui.sources.split_rules import explain

__all__ = [
    "ADDRESS_FIELD", "DEFAULT_ADDRESS", "DISCOVERS", "KEY_FIELD", "NAME", "check_key", "compare", "count_flags",
    "discover", "explain", "list_flags",
]  # fmt: skip

ADDRESS_FIELD: str | None = None
