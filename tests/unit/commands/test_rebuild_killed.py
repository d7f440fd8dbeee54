"""Kill -9 at any moment of a rebuild, and every fault at every request: the next run doubles nothing, loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.headless_tools import Recipe
from tests.unit.rebuild_tools import content, few_flags, killed, mortal, rebuilt, states, taken_back
from tui.sandbox.server import Sandbox

_SHARES = 4
"""The moments are parted among so many tests, so that they can run side by side."""
_UNFINISHED = (0, 5, 6)
"""Exit codes after which the same command completes what is left. 5: the connection broke in a read."""
FAULTS = [
    f"{what}-{how}"
    for what in ("flag-change", "segment")
    for how in ("lost-answer", "lost-request", "half-answer", "rate-limited", "server-error", "conflict")
] + ["segment-needs-approval"]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    few = few_flags("pickup-points", "beta-search", "wholesale-prices", "wholesale-credit")
    with Sandbox.start(company=few) as made:
        yield made


@pytest.mark.parametrize("share", range(_SHARES))
def test_after_any_end_the_next_run_completes_it(unleash: Recipe, box: Sandbox, share: int) -> None:
    imported, before = unleash, content(box)
    with mortal() as program:
        whole = rebuilt(imported, turn_on=True)
    wanted = content(box, ids=False)
    assert whole.code == 0, whole.out
    assert wanted["segments"]
    assert taken_back(imported).code == 0
    assert content(box) == before
    assert program.moments > 40
    for moment in range(1 + share, program.moments + 1, _SHARES):
        assert killed(imported, moment, turn_on=True), moment
        again = rebuilt(imported, turn_on=True)
        assert (again.code, states(again)) == (0, states(whole)), (moment, again.out)
        assert content(box, ids=False) == wanted, moment
        assert taken_back(imported).code == 0, moment
        assert content(box) == before, moment


@pytest.mark.parametrize("share", range(_SHARES))
def test_after_any_end_the_next_undo_completes_it(unleash: Recipe, box: Sandbox, share: int) -> None:
    imported, before = unleash, content(box)
    assert rebuilt(imported).code == 0
    with mortal() as program:
        assert taken_back(imported).code == 0
    assert program.moments > 20
    for moment in range(1 + share, program.moments + 1, _SHARES):
        assert rebuilt(imported).code == 0, moment
        assert killed(imported, moment, undo=True), moment
        again = taken_back(imported)
        assert again.code == 0, (moment, again.out)
        assert content(box) == before, moment


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_a_state_that_the_next_run_completes(imported: Recipe, box: Sandbox, fault: str) -> None:
    before = content(box)
    assert rebuilt(imported).code == 0
    wanted = content(box, ids=False)
    assert taken_back(imported).code == 0
    box.set_faults(fault)
    struck = rebuilt(imported)
    assert struck.code in _UNFINISHED, struck.out
    box.set_faults()
    again = rebuilt(imported)
    assert again.code == 0, again.out
    assert content(box, ids=False) == wanted
    box.set_faults(fault)
    assert taken_back(imported).code in _UNFINISHED
    box.set_faults()
    assert taken_back(imported).code == 0
    assert content(box) == before
