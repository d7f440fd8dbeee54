"""Unleash, through the one read that its SDK keys and LaunchDarkly's import share: the client features."""

from __future__ import annotations

from tui.sources.base import Source
from tui.sources.unleash.check import check_key, compare, count_flags, discover
from tui.sources.unleash.client import ADDRESS_FIELD, KEY_FIELD, NAME
from tui.sources.unleash.flags import list_flags
from tui.sources.unleash.rules import explain

UNLEASH = Source(
    name=NAME,
    key_field=KEY_FIELD,
    address_field=ADDRESS_FIELD,
    default_address="",
    check_key=check_key,
    compare=compare,
    discover=discover,
    count_flags=count_flags,
    list_flags=list_flags,
    explain=explain,
)
