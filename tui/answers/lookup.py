"""Look up what LaunchDarkly has already: a configuration of the same name, or another one from the same source.

Names are not unique on the server and creating is not idempotent, so this is asked when Review opens, again right
before sending, and whenever an answer was lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.answers.request import CreateRequest, Slot
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Sink, ignore
from tui.text.clean import clean

if TYPE_CHECKING:
    from tui.launchdarkly.client import LaunchDarkly
    from tui.launchdarkly.models import Configuration


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which an existing configuration differs from the request."""

    key: str
    there: str
    here: str

    def __str__(self) -> str:
        return f"{self.key} is {self.there or 'blank'} there, {self.here or 'blank'} here"


@dataclass(frozen=True, slots=True)
class Named:
    """A configuration with the requested name; without differences it is the requested one."""

    configuration: Configuration
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The result of a look-up. `ids` are those of all configurations, to tell a new one from them."""

    ids: frozenset[str]
    named: tuple[Named, ...]
    siblings: tuple[Configuration, ...]

    @property
    def same(self) -> Configuration | None:
        """The one that may be reused."""
        return next((each.configuration for each in self.named if not each.differences), None)

    @property
    def different(self) -> Named | None:
        """The one that has the name with other settings, so that the name can't be used."""
        return None if self.same else next(iter(self.named), None)


async def look_up(ld: LaunchDarkly, request: CreateRequest, *, sink: Sink = ignore) -> Standing:
    """List the account's configurations and read those with the requested name. Raises Failure."""
    listed = await ld.list_configurations(sink=sink)
    named, others = [], []
    name = clean(request.name)  # as the models clean what the server says
    for sibling in siblings(listed, request.project, request.integration):
        if sibling.name == name:
            whole = await ld.get(request.project, request.integration, sibling.id, sink=sink)
            named.append(Named(whole, differences(whole, request)))
        else:
            others.append(sibling)
    return Standing(frozenset(configuration.id for configuration in listed), tuple(named), tuple(others))


def siblings(listed: Iterable[Configuration], project: str, integration: str) -> tuple[Configuration, ...]:
    """Return the configurations of one project and integration; the server lists those of the whole account."""
    return tuple(c for c in listed if c.project_key == project and c.integration_key == integration)


def differences(there: Configuration, request: CreateRequest) -> tuple[Difference, ...]:
    """Return the settings that differ. Secrets are no difference: servers mask or drop them."""
    settings = there.config or {}
    return tuple(
        Difference(key, _words(settings.get(key)), _words(wanted))
        for key, wanted in request.config.items()
        if not isinstance(wanted, Slot) and _words(settings.get(key)) != _words(wanted)
    )


def _words(setting: object) -> str:
    """Return a setting as text; absent, null, and "" are all blank."""
    if setting is None:
        return ""
    if isinstance(setting, bool):
        return "true" if setting else "false"
    if isinstance(setting, (list, tuple)):
        return ", ".join(_words(each) for each in setting)
    return clean(str(setting))


def differs(named: Named) -> Failure:
    """Return the failure that a configuration with other settings has the name."""
    shown = "; ".join(map(str, named.differences[:4]))
    more = f"; and {len(named.differences) - 4} more" if len(named.differences) > 4 else ""
    return Failure(
        Kind.CONFLICT,
        f'An import "{named.configuration.name}" with other settings already exists in'
        f" {named.configuration.project_key}: {shown}{more}.",
        "Each import needs a name of its own.",
        Remedy.RENAME_OR_MATCH,
        safe=Safe.NOTHING_SENT,
        field="config-name",
    )
