"""Unleash, through the one read that its SDK keys and LaunchDarkly's import share: the client features."""

from __future__ import annotations

from tui.sources.unleash.check import check_key, compare
from tui.sources.unleash.client import ADDRESS_FIELD, KEY_FIELD, NAME
from tui.sources.unleash.finding import DISCOVERS, check_helper, count_flags, discover
from tui.sources.unleash.flags import list_flags
from tui.sources.unleash.rules import explain

__all__ = [
    "ADDRESS_FIELD", "DEFAULT_ADDRESS", "DISCOVERS", "KEY_FIELD", "NAME", "check_helper", "check_key", "compare",
    "count_flags", "discover", "explain", "list_flags",
]  # fmt: skip

DEFAULT_ADDRESS: str = ""
