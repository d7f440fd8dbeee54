"""Rebuilds by the command over few flags of the practice company, and programs that die in the middle of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.unit.headless_tools import KilledError, Ran, Recipe
from tests.unit.sandbox_tools import launchdarkly
from tui.commands import rebuild
from tui.launchdarkly.client import LaunchDarkly
from tui.rebuild import store
from tui.rebuild.record import Record
from tui.sandbox.company import Company, seeded
from tui.sandbox.server import Sandbox

PLACE = "development"
"""The environment that needs no approval and isn't critical."""
NAMES = (
    "rebucketed", "numbers-as-numbers", "dates-in-ms", "booleans-as-booleans", "always-has-a-key",
    "segment-copied-today", "sdk-dependent-negation", "random-becomes-sticky", "regex-dialect",
)  # fmt: skip
KEYS = ("checkout-v2", "pickup-points", "beta-search", "shipping-estimate", "wholesale-prices", "wholesale-credit")
"""Two share a helper segment, two have one of their own, and from Unleash the last one has a parent."""
_VOLATILE = frozenset({"version", "lastModified", "lastModifiedDate", "creationDate", "_id", "ref", "tags"})


def few_flags(*keys: str) -> Company:
    company = seeded()
    flags = tuple(flag for flag in company.projects["default"] if flag.key in (keys or KEYS))
    return Company(company.segments, {"default": flags, "mobile-app": ()})


def rebuilt(recipe: Recipe, **options: Any) -> Ran:
    """Rebuild with --yes, and every name accepted."""
    return recipe.run(rebuild.run, **{"environment": PLACE, "accept": NAMES, **options})


def taken_back(recipe: Recipe, **options: Any) -> Ran:
    return rebuilt(recipe, undo=True, **options)


def writes(box: Sandbox) -> list[tuple[str, str]]:
    """The requests so far that may change something."""
    return [(method, path) for method, path, _ in box.requests if method not in ("GET", "HEAD")]


def states(ran: Ran) -> dict[str, str]:
    (document,) = ran.lines
    return {flag["key"]: flag["state"] for flag in document["flags"]}


def on_change(act: Callable[[], object], at: int = 1) -> Callable[[str, str], None]:
    """What acts when a flag is about to be changed, at the given one of these requests."""
    count = 0

    def watch(method: str, path: str) -> None:
        nonlocal count
        if method == "PATCH" and "/flags/" in path:
            count += 1
            if count == at:
                act()

    return watch


def content(box: Sandbox, environment: str = PLACE, *, ids: bool = True) -> dict[str, Any]:
    """What everyone sees of flags and segments in an environment, without versions and times; ids only if asked."""
    hidden = _VOLATILE - ({"_id", "ref"} if ids else set())
    with launchdarkly(box, version="20240415") as client:
        query: dict[str, str | int] = {"env": environment, "summary": "0", "limit": 100}
        flags = client.get("/api/v2/flags/web-shop", params=query).json()["items"]
        segments = client.get(f"/api/v2/segments/web-shop/{environment}").json()["items"]
    found: dict[str, Any] = _without(
        {
            "flags": {flag["key"]: flag["environments"][environment] for flag in flags},
            "segments": {segment["key"]: segment for segment in segments},
        },
        hidden,
    )
    return found


def _without(value: Any, names: frozenset[str] | set[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    return [_without(each, names) for each in value] if isinstance(value, list) else value


@dataclass
class Mortal:
    """A program that dies at one of its moments: before and after each saving, and before and after each write.

    The moments are counted from 1; at 0 it lives.
    """

    dies_at: int = 0
    moments: int = 0
    dead: bool = field(default=False, init=False)

    def passes(self) -> None:
        self.moments += 1
        self.dead = self.dead or self.moments == self.dies_at
        if self.dead:
            raise KilledError


@contextmanager
def mortal(dies_at: int = 0) -> Iterator[Mortal]:
    """Run commands in a program that dies. What it does afterwards, such as cleaning up, doesn't happen."""
    program, save, exchange = Mortal(dies_at), store.save, LaunchDarkly.exchange

    def saving(record: Record, *more: Any) -> None:
        program.passes()
        save(record, *more)
        program.passes()

    async def sending(self: LaunchDarkly, method: str, *more: Any, **named: Any) -> Any:
        if method == "GET":
            return await exchange(self, method, *more, **named)
        program.passes()
        try:
            return await exchange(self, method, *more, **named)
        finally:
            program.passes()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "save", saving)
        patch.setattr(LaunchDarkly, "exchange", sending)
        yield program


def killed(recipe: Recipe, dies_at: int, **options: Any) -> bool:
    """Rebuild, and die at a moment. Return False if it ended before."""
    with mortal(dies_at):
        try:
            rebuilt(recipe, **options)
        except KilledError:
            return True
    return False
