"""Plans made by hand, without any server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tui.launchdarkly.instances import EU
from tui.launchdarkly.models import Flag, NamingConvention
from tui.plan.plan import Plan, decide
from tui.plan.request import PlanRequest
from tui.sources.flags import BOOLEAN, SourceFlag

READ_AT = 1_763_906_531.0
"""23 Nov 2025 14:02:11 in UTC, seconds since the epoch."""

REQUEST = PlanRequest(
    instance=EU,
    project="web-shop",
    integration="unleash",
    environment="production",
    address="https://unleash.example.com",
    answers=(("sourceProjectId", "default"), ("sourceEnvironmentId", "production"), ("sourceTag", "")),
)


def flag(key: str, *losses: str, on: bool = False, **more: Any) -> SourceFlag:
    """A boolean flag; `losses` are kinds, `more` goes over the rest."""
    given: dict[str, Any] = {
        "name": key, "description": "", "tags": None, "variations": BOOLEAN, "on": 0, "off": 1,
    } | more  # fmt: skip
    return SourceFlag(key=key, on_at_source=on, losses=tuple(sorted(losses)), **given)


def there(*keys: str, archived: Iterable[str] = (), created: int | None = 1_740_873_600_000) -> dict[str, Flag]:
    """Flags that a LaunchDarkly project has, by key; made on 2 Mar 2025 unless said otherwise."""
    made = [(key, False) for key in keys] + [(key, True) for key in archived]
    return {key: Flag(key, key, (), gone, created) for key, gone in made}


def plan(
    *flags: SourceFlag,
    existing: Mapping[str, Flag] | None = None,
    convention: NamingConvention | None = None,
    **more: Any,
) -> Plan:
    """A plan that was read in full, unless `more` says otherwise."""
    known = existing or {}
    given: dict[str, Any] = {"request": REQUEST, "notes": (), "read_at": READ_AT, "announced": len(flags)} | more
    return Plan(flags=decide(flags, known, convention), existing=known, **given)
