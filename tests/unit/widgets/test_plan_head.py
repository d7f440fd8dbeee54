"""The numbers of a plan while the program ends."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tui.widgets.plan_head import PlanHead
from tui.widgets.symbols import UNICODE


class Head(App[None]):
    def compose(self) -> ComposeResult:
        yield PlanHead(UNICODE, id="plan-head")


async def test_head_without_its_parts_writes_nothing() -> None:
    async with Head().run_test() as pilot:
        head = pilot.app.query_one(PlanHead)
        await head.query_one("#plan-again").remove()
        head.nothing("problem", "Nothing has been read yet", again=True)
        await head.remove_children()
        head.on_mount()
