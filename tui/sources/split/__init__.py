"""Split (Harness FME), through its Admin API. Facts come from its documentation; none was measured."""

from __future__ import annotations

from tui.sources.base import Source
from tui.sources.split.check import check_key, compare, count_flags, discover
from tui.sources.split.client import DEFAULT_ADDRESS, KEY_FIELD, NAME
from tui.sources.split.flags import list_flags
from tui.sources.split.rules import explain

SPLIT = Source(
    name=NAME,
    key_field=KEY_FIELD,
    address_field=None,
    default_address=DEFAULT_ADDRESS,
    check_key=check_key,
    compare=compare,
    discover=discover,
    count_flags=count_flags,
    list_flags=list_flags,
    explain=explain,
)
