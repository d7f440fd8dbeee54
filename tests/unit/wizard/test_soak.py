"""Imports one after the other, each with other faults: nothing lost, nothing doubled, nothing left behind."""

from __future__ import annotations

from tests.unit.soaking import soaked


async def test_many_imports_lose_and_leave_nothing() -> None:
    soak = await soaked(40, seed=4)
    assert sum(soak.ends.values()) == 40
    assert set(soak.ends) == {"complete", "partial", "failed", "stuck"}
    first, *_, last = soak.objects
    assert last - first < 2000, soak.objects  # a hundred for each import would be thousands
    assert soak.files[-1] <= soak.files[0] + 2, soak.files
