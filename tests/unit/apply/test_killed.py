"""Kill -9 in every moment of an import: another process goes on, and ends as if nothing had been."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.apply.test_undo import small
from tests.unit.run_tools import flags_of
from tests.unit.sandbox_tools import FI
from tests.unit.walk_tools import NAME, configurations
from tui.apply import store
from tui.apply.journal import Stage
from tui.sandbox.server import Sandbox

_SHARES = 4
"""The moments are parted among so many tests, so that they can run side by side."""


class Driver:
    """The process of `run_driver`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.unit.run_driver"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, box: Sandbox, journal: Path, dies_at: int | None = None) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"addresses": box.addresses(), "journal": str(journal), "dies_at": dies_at}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def driver() -> Iterator[Driver]:
    made = Driver()
    try:
        yield made
    finally:
        made.end()


def starts(box: Sandbox) -> int:
    """Starts that have begun a run."""
    return sum(path.startswith(FI) and path.endswith("/trigger") and code == 201 for _, path, code in box.requests)


@pytest.mark.parametrize("share", range(_SHARES))
def test_after_any_end_another_process_goes_on(driver: Driver, tmp_path: Path, share: int) -> None:
    planned, first = tmp_path / "planned.json", tmp_path / "whole.json"
    with Sandbox.start(company=small()) as box:
        assert driver.run(box, planned, 1)["code"] == -9  # it has its plan, and nothing was sent
        shutil.copy(planned, first)
        whole = driver.run(box, first)
    assert whole["code"] == 0
    moments, arrived = whole["said"]["moments"], whole["said"]["arrived"]
    assert moments > 30
    for moment in range(1 + share, moments + 1, _SHARES):
        path = Path(shutil.copy(planned, tmp_path / f"{moment}.json"))
        with Sandbox.start(company=small()) as box:
            before = set(flags_of(box))
            killed = driver.run(box, path, moment)
            assert killed["code"] in (-9, 0), moment  # a quick import has fewer moments
            resumed = driver.run(box, path)
            assert resumed["code"] == 0, moment
            said = resumed["said"]
            assert (said["status"], said["agrees"], said["arrived"]) == ("complete", True, arrived), moment
            assert len(configurations(box, NAME)) == 1, moment
            assert starts(box) == 1, moment
            journal = store.load(path)
            assert journal is not None
            assert journal.stage is Stage.VERIFIED
            assert journal.keys == set(flags_of(box)) - before
            assert set(journal.traces) == journal.keys
