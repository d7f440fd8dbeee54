"""The errors that the demo can simulate, by step."""

from __future__ import annotations

from tui.sandbox.server import Sandbox
from tui.wizard.practice import PracticeFault, grouped


def test_each_fault_is_in_one_group_and_ten_come_first() -> None:
    faults = [PracticeFault(fault.name, fault.title, fault.explains) for fault in Sandbox.faults()]
    groups = dict(grouped(faults))
    assert sorted(fault.name for members in groups.values() for fault in members) == sorted(f.name for f in faults)
    assert len(next(iter(groups.values()))) == 10
    assert "source-down" in [fault.name for fault in groups["Reading the source"]]
    assert "lost-trigger-answer" in [fault.name for fault in groups["Starting the import"]]
    assert "audit-log-empty" in [fault.name for fault in groups["Undoing the import"]]
