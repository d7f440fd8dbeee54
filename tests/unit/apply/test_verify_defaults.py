"""A difference in defaults that a whole run shares is reported once; one flag's difference is held against it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import recipe_in
from tests.unit.report_tools import NOW, expected, journal, there, verification
from tests.unit.run_tools import flags_of
from tui.apply.journal import Expected
from tui.apply.verify import Verification
from tui.commands import undo, verify
from tui.report.documents import as_json
from tui.report.report import report
from tui.sandbox.server import Sandbox
from tui.sources.flags import Variation

TREATMENTS = (Variation("on", "on"), Variation("off", "off"))
Defaults = tuple[int | None, int | None]


def compared(*flags: tuple[Defaults, Defaults]) -> Verification:
    """Flags with planned and actual defaults."""
    planned = [_flag(f"flag-{n}", wanted) for n, (wanted, _) in enumerate(flags)]
    present = [there(each, on=on, off=off) for each, (_, (on, off)) in zip(planned, flags, strict=True)]
    return verification(journal(*planned), present)


def _flag(key: str, defaults: Defaults) -> Expected:
    return replace(expected(key, variations=TREATMENTS), on=defaults[0], off=defaults[1])


def different(found: Verification) -> set[str]:
    return {key for key, _ in found.different}


SHARED: dict[str, tuple[tuple[Defaults, Defaults], ...]] = {
    "all planned alike": (((0, 1), (0, 0)),) * 3,
    "one as planned by chance": (*((((0, 1), (0, 0)),) * 2), ((0, 0), (0, 0))),
    "swapped everywhere": (((0, 1), (1, 0)),) * 4,
    "only one side planned": (*((((0, 1), (0, 0)),) * 3), ((None, 1), (0, 0))),
    "nothing planned for one": (*((((0, 1), (0, 0)),) * 3), ((None, None), (1, 0))),
    "left out everywhere": (((0, 1), (None, None)),) * 3,
}


@pytest.mark.parametrize("case", SHARED)
def test_what_all_share_is_one_note(case: str) -> None:
    found = compared(*SHARED[case])
    assert (different(found), found.agrees) == (set(), True)
    assert found.as_planned == len(SHARED[case])
    (note,) = found.notes
    told = report(journal(), found, NOW)
    assert note in told.notes
    assert note in as_json(told)["notes"]  # type: ignore[operator]


OWN: dict[str, tuple[tuple[tuple[Defaults, Defaults], ...], set[str]]] = {
    "two flags prove nothing": ((((0, 1), (0, 0)),) * 2, {"flag-0", "flag-1"}),
    "one of many": ((*((((0, 1), (0, 1)),) * 4), ((0, 1), (0, 0))), {"flag-4"}),
    "one that deviates until it is like the others": ((*((((0, 1), (0, 1)),) * 4), ((1, 0), (0, 1))), {"flag-4"}),
    "not all": ((*((((0, 1), (0, 0)),) * 3), ((0, 1), (1, 0))), {"flag-0", "flag-1", "flag-2", "flag-3"}),
    "three of four": ((*((((0, 1), (0, 0)),) * 3), ((0, 1), (0, 1))), {"flag-0", "flag-1", "flag-2"}),
}


@pytest.mark.parametrize("case", OWN)
def test_what_not_all_share_is_held_against_each(case: str) -> None:
    flags, keys = OWN[case]
    found = compared(*flags)
    assert (different(found), found.notes) == (keys, ())
    assert not found.agrees


def test_other_differences_stay_with_their_flag() -> None:
    planned = [_flag(f"flag-{n}", (0, 1)) for n in range(4)]
    present = [there(each, on=0, off=0, name="mine" if each.key == "flag-2" else each.name) for each in planned]
    found = verification(journal(*planned), present)
    assert {key: [each.what for each in unlike] for key, unlike in found.different} == {"flag-2": ["name"]}
    assert len(found.notes) == 1


def test_flags_that_existed_before_prove_nothing() -> None:
    planned = [_flag(f"flag-{n}", (0, 1)) for n in range(4)]
    made = journal(*planned, before=frozenset({"flag-0", "flag-1"}))
    found = verification(made, [there(each, on=0, off=0) for each in planned])
    assert different(found) == {"flag-2", "flag-3"}


def test_an_import_with_shared_defaults_ends_well_and_can_be_undone(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path, "split")
    box.set_fault("split-defaults-zero")
    ran = recipe.run()
    assert ran.code == 0
    verified = ran.one("verified")
    assert (verified["different"], len(verified["notes"])) == ([], 1)
    present = flags_of(box)
    arrived = [each for each in recipe.journal.expected if each.variations]
    assert {json.dumps(present[each.key]["defaults"]) for each in arrived} == {
        json.dumps({"onVariation": 0, "offVariation": 0})
    }
    again = recipe.run(verify.run)
    (document,) = again.lines
    assert (again.code, document["notes"]) == (0, verified["notes"])
    text = recipe.run(verify.run, as_json=False).out
    assert " ".join(document["notes"][0].split()[:4]) in " ".join(text.split())
    done: list[dict[str, Any]] = recipe.run(undo.run).lines[0]["flags"]
    assert {each["action"] for each in done} == {"archive"}


def test_a_run_without_it_has_no_notes(box: Sandbox, tmp_path: Path) -> None:
    ran = recipe_in(box, tmp_path, "split").run()
    assert ran.code == 0
    assert set(ran.one("verified")) == {"event", "missing", "unexpected", "different", "on_in_launchdarkly"}
