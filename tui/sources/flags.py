"""The common form in which every source lists its flags."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tui.text.redacted_fields import DataText


@dataclass(frozen=True, slots=True)
class Variation:
    """A variation that the import is expected to create: a boolean or a string value, and its name."""

    value: bool | DataText
    name: DataText


Targets = tuple[tuple[int, tuple[DataText, ...]], ...]
"""Users who get a variation of their own: its place and their keys, both sorted."""


@dataclass(frozen=True, slots=True)
class SourceFlag:
    """One flag as its source has it in the chosen environment. Its text is data, letter by letter as the source has
    it: clean it before it is shown. Only `warnings` and `cut_over_warning` are sentences, and cleaned.

    `tags` is None if the key cannot read them. `variations` are those that the import is expected to create; `on` and
    `off` are the indexes of the default variations, None if not known. `losses` are kinds of
    `tui.targeting.losses.LOSSES`, sorted. `cut_over_warning` says what turning it on in LaunchDarkly takes away, ""
    for nothing. `definition` is the source's own JSON object, which `Source.targeting` reads. Small: there can be
    10,000.
    """

    key: str
    name: str
    description: str
    tags: tuple[str, ...] | None
    variations: tuple[Variation, ...]
    on: int | None
    off: int | None
    on_at_source: bool
    losses: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    cut_over_warning: str = ""
    definition: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    targets: Targets = ()
    """Individual targets that the import may bring along."""


BOOLEAN: tuple[Variation, ...] = (Variation(True, "on"), Variation(False, "off"))
"""The variations of a flag without variants: on is the first, off the second."""


@lru_cache(maxsize=512)
def strings(names: tuple[str, ...]) -> tuple[Variation, ...]:
    """String variations of these foreign names: the same objects for the same names, which most flags share."""
    return tuple(Variation(name, name) for name in names)


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of a listing.

    `flags` are the flags that are complete by now and were in no earlier batch. `gone` are the very objects of
    earlier batches that no longer hold: the list changed while it was read, and the flag was deleted, or is in
    `flags` again. `read` and `total` count what was fetched and what exists, by noun ("flags", "definitions"); a total
    is None if not known. `notes` are sentences about the whole listing.
    """

    flags: tuple[SourceFlag, ...] = ()
    read: Mapping[str, int] = field(default_factory=dict)
    total: Mapping[str, int | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    gone: tuple[SourceFlag, ...] = ()


Listing = AsyncGenerator[Batch, None]
"""Batches until the list is complete. Raises Failure if it cannot be, after what was read has been yielded."""
