"""The step Run, from Review's button to the report: every fault ends in the right words, and in one import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pilot.runs import (
    arrived,
    buttons,
    ended,
    report,
    reported,
    run_of,
    sent,
    swapped,
    to_run,
    told,
)
from tests.unit.run_tools import creates, triggers

# --- every fault


@dataclass(frozen=True)
class End:
    """What the report says, in which {n} is the number planned, and what Submit has said before.

    `came` gives the number of flags that arrive of the number planned.
    """

    says: tuple[str, ...]
    on_submit: str = "201, start queued"
    triggers: tuple[int, ...] = (1,)
    """Started by its creation it may still be pending when its status is read: a start is then answered 409."""
    came: tuple[int, int] = (1, 1)
    """The share of the new flags that arrive: so many of so many."""
    offers: frozenset[str] = frozenset()


def share(n: int, of: tuple[int, int]) -> int:
    """All of n but each so many-th, where not all arrive."""
    arriving, every = of
    return 0 if not arriving else n if every == 1 else n - n // every


WHOLE = ("Ended COMPLETE", "All {n} arrived, nothing is missing or different.", "checked {n} as planned")
FEW = frozenset({"again", "list-missing"})
BY_FAULT: dict[str, End] = {
    "none": End(WHOLE),
    "import-slow": End(WHOLE),
    "import-partial": End(
        ("Ended PARTIAL", "{came} of {n} arrived, {rest} missing.", "tag is not valid", "only the {rest} flags"),
        came=(3, 4),
        offers=FEW,
    ),
    "import-failed": End(
        ("Ended FAILED", "None of {n} arrived, {n} missing.", "The import could not be finished (500)"),
        came=(0, 1),
        offers=FEW,
    ),
    "source-refused-at-import": End(
        ("Ended FAILED", "None of {n} arrived", "The source refused the request (401)", "Replace a key"),
        came=(0, 1),
        offers=FEW | {"replace"},
    ),
    "import-error-then-success": End((*WHOLE, "The source did not answer, trying again (503)")),
    "stale-complete": End(WHOLE),
    "unknown-status": End(WHOLE),
    "started-by-create": End(WHOLE, "not started once more", (0, 1)),
    "trigger-conflict": End(WHOLE, "it runs already     409"),
    "lost-trigger-answer": End(WHOLE, "its answer was lost; the status shows it"),
    "flags-dropped": End(("Ended COMPLETE", "{came} of {n} arrived, {rest} missing."), came=(4, 5), offers=FEW),
    "default-swapped": End(
        ("Ended COMPLETE", "All {n} arrived, {swapped} different.", "variation"), offers=frozenset({"list-different"})
    ),
    "tag-left-out": End(
        ("Ended COMPLETE", "All {n} arrived, {fifth} different.", "tags none, planned imported-from-unleash"),
        offers=frozenset({"list-different"}),
    ),
    "watch-rate-limited": End(WHOLE),
    "server-gone": End(WHOLE),
    "lost-answer": End(WHOLE, "going on with it; nothing is sent twice"),
}


@pytest.mark.parametrize("fault", BY_FAULT)
async def test_each_fault_ends_in_the_right_words(fault: str, tmp_path: Path) -> None:
    end = BY_FAULT[fault]
    async with sent(tmp_path, None if fault == "none" else fault) as (walk, _):
        assert end.on_submit in walk.text("#timeline")
        await to_run(walk)
        text = await reported(walk)
        n = len(run_of(walk).journal.expected)
        came = share(n, end.came)
        numbers = {"n": n, "came": came, "rest": n - came, "fifth": n // 5, "swapped": len(swapped(walk))}
        assert [words for each in end.says if (words := each.format(**numbers)) not in text] == []
        assert arrived(walk) == run_of(walk).arrived == came
        assert end.offers <= buttons(walk)
        assert ("again" in buttons(walk)) == (came < n)
        assert triggers(walk.box) in end.triggers
        assert (creates(walk.box), walk.created()) == (1, ["Unleash default production"])
        assert told(walk) == came
        assert walk.text("#next") == "[ Done ]"


async def test_split_is_imported_in_the_same_way(tmp_path: Path) -> None:
    async with ended(tmp_path, integration="split") as walk:
        assert "Ended COMPLETE" in report(walk)
        assert "Tags:" not in report(walk)
        assert arrived(walk) == len(run_of(walk).journal.expected)


async def test_what_the_plan_foresaw_is_no_news(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        refused = [each for each in run_of(walk).journal.left_out if not each.verdict.startswith("skip-")]
        assert refused
        assert f"expected {len(refused)} errors about flags that the plan left out" in report(walk)
        assert "reported" not in report(walk)


async def test_nothing_is_shown_where_nothing_was_created(tmp_path: Path) -> None:
    async with sent(tmp_path, "unauthorized") as (walk, _):
        assert "next" not in buttons(walk)
        await walk.next()
        assert walk.on("submit")
        assert triggers(walk.box) == 0
