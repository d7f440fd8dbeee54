"""An import key that the wizard created in LaunchDarkly: what is remembered of it. Never its value.

A note is saved before the request that creates the key, so that no key is left without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

CREATED = "Created for you"
"""The origin of a key that was created here."""


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """One access token of the account. `host` and `project` are those it was created for.

    `id` is "" as long as it isn't known whether LaunchDarkly created it. `account` is the account's id, "" if
    LaunchDarkly didn't say. `wide`: it may do everything with the flags of the project, not only create them.
    """

    name: str
    host: str
    project: str
    id: str = ""
    account: str = ""
    wide: bool = False
    sent_at: float = 0.0
    """When the request was sent, seconds since the epoch."""
    replaced: bool = False
    """The import uses another key, so that nothing breaks when this one is deleted."""


def noted(keys: Iterable[CreatedKey], key: CreatedKey) -> tuple[CreatedKey, ...]:
    """Return the keys with this one as the latest, in the place of an earlier note of the same name."""
    return (*without(keys, key.name), key)


def without(keys: Iterable[CreatedKey], name: str) -> tuple[CreatedKey, ...]:
    """Return the keys without the one of this name."""
    return tuple(key for key in keys if key.name != name)


def moved(keys: Iterable[CreatedKey], host: str) -> tuple[CreatedKey, ...]:
    """Return the keys on a host that has a new address."""
    return tuple(replace(key, host=host) for key in keys)


def read(items: Iterable[Mapping[str, object]]) -> tuple[CreatedKey, ...]:
    """Return the keys in a saved draft. Raises LookupError, TypeError, ValueError or AttributeError for anything
    else."""
    return tuple(
        CreatedKey(
            str(item["name"]), str(item["host"]), str(item["project"]), str(item["id"]), str(item["account"]),
            wide=item["wide"] is True, sent_at=float(str(item["sent_at"])), replaced=item["replaced"] is True,
        )
        for item in items
    )  # fmt: skip
