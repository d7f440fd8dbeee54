"""`ld-flag-import rebuild` without --dry-run: applied, read back, turned on, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Ran, Recipe, recipe_in
from tests.unit.history_tools import some_flags
from tests.unit.sandbox_tools import launchdarkly
from tui.commands import rebuild, undo, verify
from tui.sandbox.server import Sandbox

PLACE = "development"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=some_flags(14)) as made:
        yield made


@pytest.fixture(params=["unleash", "split"])
def imported(request: pytest.FixtureRequest, box: Sandbox, tmp_path: Path) -> Recipe:
    made = recipe_in(box, tmp_path, request.param)
    assert made.run().code == 0
    return made


def rebuilt(recipe: Recipe, **options: Any) -> Ran:
    return recipe.run(rebuild.run, **{"environment": PLACE, **options})


def states(ran: Ran) -> dict[str, str]:
    (document,) = ran.lines
    return {flag["key"]: flag["state"] for flag in document["flags"]}


def content(box: Sandbox, environment: str = PLACE) -> dict[str, Any]:
    """What people see of every flag in the environment, without versions and times."""
    with launchdarkly(box, version="20240415") as client:
        flags = client.get("/api/v2/flags/web-shop", params={"env": environment, "summary": "0", "limit": 100}).json()
        there = client.get(f"/api/v2/segments/web-shop/{environment}").json()["items"]
    volatile = {"version", "lastModified"}
    return {
        "segments": there,
        **{
            flag["key"]: {
                name: value for name, value in flag["environments"][environment].items() if name not in volatile
            }
            for flag in flags["items"]
        },
    }


NAMES = ("rebucketed", "numbers-as-numbers", "dates-in-ms", "booleans-as-booleans", "always-has-a-key",
         "segment-copied-today", "sdk-dependent-negation", "random-becomes-sticky", "regex-dialect")  # fmt: skip


def test_accepted_flags_are_applied_and_read_back_equal(imported: Recipe, box: Sandbox) -> None:
    before = content(box)
    ran = rebuilt(imported, accept=NAMES)
    (document,) = ran.lines
    print(document["counts"], states(ran), document["notes"])
    print([(f["key"], f["reasons"]) for f in document["flags"] if f["state"] not in ("equal",)])
    assert ran.code == 0
    assert document["counts"]["applied"] == sum(state == "equal" for state in states(ran).values()) > 3
    again = rebuilt(imported, accept=NAMES)
    assert (again.code, states(again)) == (0, states(ran))
    assert recipe_is_verified(imported)
    back = rebuilt(imported, undo=True)
    print(back.out[:500], back.err)
    assert back.code == 0
    assert content(box) == before


def recipe_is_verified(recipe: Recipe) -> bool:
    return recipe.run(verify.run).code == 0


def test_undo_takes_rebuilds_back_first_and_archives(imported: Recipe, box: Sandbox) -> None:
    turned = rebuilt(imported, accept=NAMES, turn_on=True)
    assert turned.code == 0, turned.out
    on = [key for key, flag in box.colleague().flags().items() if flag.state(PLACE).on]
    assert len(on) > 2
    assert recipe_is_verified(imported)
    ran = imported.run(undo.run)
    (document,) = ran.lines
    assert {flag["action"] for flag in document["flags"]} == {"archive"}, (ran.out, ran.err)
    assert content(box)["segments"] == []
