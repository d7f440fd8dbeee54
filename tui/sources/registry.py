"""The sources by their integration's key. Another one is a package, a manifest, and an entry here."""

from __future__ import annotations

from tui.sources.base import Source
from tui.sources.split import check as split
from tui.sources.split import client as split_client
from tui.sources.split import flags as split_flags
from tui.sources.split import segments as split_segments
from tui.sources.split import targeting as split_targeting
from tui.sources.unleash import check as unleash
from tui.sources.unleash import client as unleash_client
from tui.sources.unleash import flags as unleash_flags
from tui.sources.unleash import targeting as unleash_targeting

SOURCES: dict[str, Source] = {
    "split": Source(
        name=split_client.NAME,
        key_field=split_client.KEY_FIELD,
        address_field=None,
        default_address=split_client.DEFAULT_ADDRESS,
        check_key=split.check_key,
        compare=split.compare,
        discover=split.discover,
        count_flags=split.count_flags,
        list_flags=split_flags.list_flags,
        targeting=lambda flag, sdk: split_targeting.targeting_of(flag.definition, sdk),
        read_segments=lambda connection, answers, flags, sdk: split_segments.read_segments(
            connection, answers, split_segments.named(flags), sdk
        ),
    ),
    "unleash": Source(
        name=unleash_client.NAME,
        key_field=unleash_client.KEY_FIELD,
        address_field=unleash_client.ADDRESS_FIELD,
        default_address="",
        check_key=unleash.check_key,
        compare=unleash.compare,
        discover=unleash.discover,
        count_flags=unleash.count_flags,
        list_flags=unleash_flags.list_flags,
        targeting=lambda flag, sdk: unleash_targeting.targeting_of(flag.definition),
        read_segments=None,
    ),
}
