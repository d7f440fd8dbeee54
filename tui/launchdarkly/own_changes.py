"""What this program itself has changed in a flag since its import: it doesn't count as someone's change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tui.launchdarkly.models import FlagState, WholeFlag


@dataclass(frozen=True, slots=True)
class OwnChange:
    """Our changes of a flag in one environment: as in `before` it stood before them, as in `after` they left it.

    `writes` is by how much the flag's own version moved, `moments` are the times of the changes by LaunchDarkly's clock
    (ms).
    """

    before: FlagState
    after: FlagState
    writes: int
    moments: tuple[int, ...] = ()


OwnChanges = Mapping[str, Mapping[str, OwnChange]]
"""By the flag's key, and by environment."""

NO_CHANGES: OwnChanges = MappingProxyType({})


def untouched(flag: WholeFlag, own: Mapping[str, OwnChange]) -> WholeFlag:
    """Return a flag as it would be without our own changes, wherever it still stands as they left it."""
    states, version = dict(flag.environments or {}), flag.version
    for environment, change in own.items():
        if states.get(environment) == change.after:
            states[environment] = change.before
            version = None if version is None else version - change.writes
    return flag if flag.environments is None else replace(flag, environments=states, version=version)
