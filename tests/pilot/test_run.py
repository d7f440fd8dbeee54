"""The step Run, from Review's button to the report: every fault ends in the right words, and in one import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pilot.runs import arrived, buttons, ended, listed, notes, report, reported, run_of, sent, to_run, told
from tests.unit.run_tools import creates, triggers
from tests.unit.sandbox_tools import launchdarkly

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


WHOLE = ("Import complete: all {n} flags created as planned.", "As planned {n} flags, off in all 4 environments")
FEW = frozenset({"again", "list-missing"})
BY_FAULT: dict[str, End] = {
    "import-slow": End(WHOLE),
    "import-failed": End(
        ("Import failed: 0 of {n} flags created.", "The import could not be finished (500)"),
        came=(0, 1),
        offers=FEW,
    ),
    "import-error-then-success": End((*WHOLE, "The source did not answer, trying again (503)")),
    "stale-complete": End(WHOLE),
    "started-by-create": End(WHOLE, "not started a second time", (0, 1)),
    "trigger-conflict": End(WHOLE, "already running 409"),
    "lost-trigger-answer": End(WHOLE, "the response was lost, but the status shows that it started"),
    "flags-dropped": End(("Import complete: {came} of {n} flags created, {rest} missing.",), came=(4, 5), offers=FEW),
    "tag-left-out": End(
        ("Import complete: all {n} flags created, {fifth} different.", "tags none, planned imported-from-unleash"),
        offers=frozenset({"list-different"}),
    ),
    "lost-answer": End(WHOLE, "using it; nothing is sent twice"),
}


@pytest.mark.parametrize("fault", BY_FAULT)
async def test_each_fault_ends_in_the_right_words(fault: str, tmp_path: Path) -> None:
    end = BY_FAULT[fault]
    async with sent(tmp_path, fault) as (walk, _):
        assert end.on_submit in notes(walk)
        await to_run(walk)
        text = await reported(walk)
        n = len(run_of(walk).journal.expected)
        came = share(n, end.came)
        numbers = {"n": n, "came": came, "rest": n - came, "fifth": n // 5}
        assert [words for each in end.says if (words := each.format(**numbers)) not in text] == []
        assert arrived(walk) == run_of(walk).arrived == came
        assert end.offers <= buttons(walk)
        assert ("again" in buttons(walk)) == (came < n)
        assert triggers(walk.box) in end.triggers
        assert (creates(walk.box), walk.created()) == (1, ["Unleash default production"])
        assert told(walk) == came
        assert walk.text("#next") == "Next: Rebuild"


async def test_complete_import_reports_no_planned_error_and_r_compares_again(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        n = len(run_of(walk).journal.expected)
        refused = [skipped for skipped in run_of(walk).journal.left_out if not skipped.verdict.startswith("skip-")]
        assert refused
        assert [words for words in WHOLE if words.format(n=n) not in report(walk)] == []
        assert f"Expected {len(refused)} errors about flags that the plan skips" in report(walk)
        assert " Errors " not in report(walk)
        assert arrived(walk) == told(walk) == n
        key = run_of(walk).journal.expected[0].key
        with launchdarkly(walk.box) as other:
            assert other.delete(f"/api/v2/flags/web-shop/{key}").status_code == 204
        await walk.press("r")
        await walk.until(lambda: "1 missing" in report(walk), "the comparison")
        await walk.settled()
        assert key in await listed(walk, "#list-missing")
        assert triggers(walk.box) == 1
