"""Tab, Up, and Down reach every control of every step, whatever the window, and the focused row is on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Button, OptionList, Tree

from tests.pilot.walking import STEPS, Walk, practice_app, practice_at
from tui.widgets.choices import Choices, TickList
from tui.widgets.flag_list import FlagList

MOST = 400
"""Presses after which a walk through one step must have ended."""


def row_of(widget: Widget) -> int:
    """The row at the cursor inside a widget with several, 0 in any other."""
    if isinstance(widget, OptionList):
        return widget.highlighted if widget.highlighted is not None else -1
    if isinstance(widget, Tree):
        return widget.cursor_line
    if isinstance(widget, FlagList):
        return widget.at
    if isinstance(widget, TickList):
        return widget._at // len(widget._widths(widget.size.width))
    if isinstance(widget, Choices):
        return 0 if widget._row else widget._at
    return 0


def place(walk: Walk) -> tuple[Widget, int]:
    """Where a key would act: the focused control and the row inside it."""
    assert walk.app.focused is not None
    return walk.app.focused, row_of(walk.app.focused)


def row_region(widget: Widget, row: int) -> Region:
    """The cells of the row at the cursor, in coordinates of the screen."""
    inside = widget.content_region
    top = inside.y + row - (widget.scroll_offset.y if isinstance(widget, (OptionList, Tree, FlagList)) else 0)
    return Region(inside.x, top, inside.width, 1)


def is_seen(walk: Walk) -> bool:
    widget, row = place(walk)
    body = walk.get("#body", VerticalScroll)
    window = body.content_region if body in widget.ancestors else walk.app.screen.region
    return row >= 0 and window.contains_region(row_region(widget, row))


async def pressed(walk: Walk, key: str) -> tuple[Widget, int]:
    """Press a key; the place it leads to, once it is on the screen."""
    before = place(walk)
    await walk.press(key)
    await walk.until(lambda: place(walk) != before, f"{key} to move from {before}", seconds=3.0)
    await walk.until(lambda: is_seen(walk), f"{place(walk)} to be seen after {key}", seconds=3.0)
    return place(walk)


@pytest.mark.parametrize(("integration", "size"), [("split", (60, 16)), ("unleash", (80, 24))], ids=str)
async def test_tab_down_and_up_reach_every_control_of_every_step(
    integration: str, size: tuple[int, int], tmp_path: Path
) -> None:
    async with practice_at(tmp_path, "review", integration, size=size) as walk:
        await walk.send()  # so that each step has all it can have
        for step in STEPS:
            await walk.show(step)
            for name in ("next",) if step == "integration" else ("back", "next"):
                button = walk.get(f"#{name}", Button)
                assert str(button.label) in walk.shown.splitlines()[button.region.y]
            await tab_through(walk)
            await walk_through(walk)


async def tab_through(walk: Walk) -> None:
    wanted = set(walk.app.screen.focus_chain)
    assert wanted == {widget for widget in walk.app.screen.query("*").results(Widget) if takes_focus(widget)}
    reached: set[Widget] = set()
    for _ in range(len(wanted) + 1):
        await walk.press("tab")
        assert walk.app.focused is not None
        reached.add(walk.app.focused)
        await walk.in_view()
    assert reached == wanted


def takes_focus(widget: Widget) -> bool:
    return widget.focusable and widget.display and all(parent.display for parent in widget.ancestors if parent)


async def walk_through(walk: Walk) -> None:
    chain = walk.app.screen.focus_chain
    first, last = chain[0], chain[-1]
    first.focus()
    await walk.until(lambda: walk.app.focused is first, "the focus on the first control")
    seen: list[Any] = [walk.app.focused]
    for _ in range(MOST):
        if walk.app.focused is last:
            break
        seen.append((await pressed(walk, "down"))[0])
    assert walk.app.focused is last, walk.shown
    assert set(seen) == set(chain)
    for _ in range(MOST):
        if walk.app.focused is first:
            break
        await pressed(walk, "up")
    assert walk.app.focused is first, walk.shown


async def test_down_and_enter_choose_what_is_highlighted_and_visible(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(60, 16)) as walk:
        await walk.focus("#integration-split")
        await walk.press("down")
        await walk.until(lambda: is_seen(walk), "the row with the focus to be seen")
        highlighted = walk.focused
        await walk.press("enter")
        await walk.until(lambda: walk.draft.integration, "a choice")
        assert highlighted == f"integration-{walk.draft.integration}" == "integration-unleash"


async def test_only_page_keys_scroll_a_step(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(60, 12)) as walk:
        body = walk.get("#body", VerticalScroll)
        assert body.max_scroll_y > 0
        for key in ("down", "up", "home", "end", "left", "right"):
            await walk.focus("#next")
            await walk.settled()
            before = body.scroll_y
            await walk.press(key)
            assert body.scroll_y == before or walk.focused != "next"
        await walk.focus("#integration-split")
        await walk.press("pagedown")
        await walk.until(lambda: body.scroll_y > 0, "PgDn to scroll")
        await walk.press("pageup")
        await walk.until(lambda: body.scroll_y == 0, "PgUp to scroll")
