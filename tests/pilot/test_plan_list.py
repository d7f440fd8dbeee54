"""The list of flags: moving, searching, filtering, sorting; nothing of it changes the plan."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.widgets import Static

from tests.pilot.plans import FEW, keys, made, many, showing
from tests.pilot.walking import Walk, practice_at
from tests.unit.plan_tools import flag
from tui.plan.words import kind_label
from tui.screens.faults import FaultScreen
from tui.screens.losses import LossesScreen
from tui.targeting.losses import PERCENTAGE_ROLLOUT, SEGMENTS, TARGETING_RULES
from tui.widgets.choices import TickList
from tui.widgets.flag_list import FlagList
from tui.widgets.flow import Flow
from tui.wizard.flag_view import SORTS, View

BY_VERDICT = ["checkout-v2", "dark-mode", "search-boost", "zebra", "kill-payments", "old-banner", "promo~summer"]
ARRIVE = BY_VERDICT[:4]
ORDERS = {
    "result": BY_VERDICT,
    "key": sorted(BY_VERDICT),
    "source order": [each.key for each in FEW],
    "losses": ["checkout-v2", "search-boost", "dark-mode", "zebra", "kill-payments", "old-banner", "promo~summer"],
}


def numbers(walk: Walk) -> str:
    return walk.get("#plan-counts", Flow).text + walk.text("#loss-line") + walk.text("#plan-cut-over")


def listed(walk: Walk) -> FlagList:
    return walk.plan_screen.browser.list


def chips(walk: Walk) -> str:
    """The filters and the order that are shown, "" for none."""
    return walk.text("#flags-shown").strip() if walk.get("#flags-shown").display else ""


def chosen(walk: Walk) -> list[str]:
    """The filters in bold."""
    content = walk.get("#flags-shown", Static).content
    assert isinstance(content, Content)
    return [content.plain[span.start : span.end] for span in content.spans if "bold" in str(span.style)]


# --- what is listed


async def test_filters_and_orders_go_round_and_leave_the_numbers_alone(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        before = numbers(walk)
        assert chips(walk) == ""
        assert list(keys(walk)) == BY_VERDICT
        for chip, matching in (
            ("import 4", ARRIVE),
            ("lose targeting 2", ["checkout-v2", "search-boost"]),
            ("on now 3", ["checkout-v2", "search-boost", "zebra"]),
            ("exist 1", ["kill-payments"]),
            ("archived 1", ["old-banner"]),
            ("can't 1", ["promo~summer"]),
        ):
            await walk.press("f")
            assert (chosen(walk), list(keys(walk))) == ([chip], matching)
            assert numbers(walk) == before
            assert "all 7" in chips(walk)
        await walk.press("f")
        assert keys(walk) == BY_VERDICT
        await walk.press("o")
        assert keys(walk) == ["checkout-v2", "search-boost", "zebra"]
        await walk.press("o")
        for order in [*SORTS, next(iter(SORTS))]:
            assert keys(walk) == ORDERS[order]
            assert (f"by {order}" in chips(walk)) is (order != "result")
            assert numbers(walk) == before
            await walk.press("s")


async def test_flags_of_one_kind_of_loss_name_it_first(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        for place, (kind, matching) in enumerate(
            (
                (PERCENTAGE_ROLLOUT, ["checkout-v2"]),
                (SEGMENTS, ["search-boost"]),  # kill-payments isn't imported
                (TARGETING_RULES, ["checkout-v2"]),
            )
        ):
            await walk.press("l")
            await walk.opened(LossesScreen)
            walk.get("#loss-kinds", TickList).go_to(kind)
            await walk.press("enter")
            await walk.closed("plan")
            assert keys(walk) == matching, place
            assert chosen(walk) == [f"lose {kind_label(kind)} 1"]
            assert walk.focused == "flag-rows"
            row = next(line for line in walk.shown.splitlines() if f"▎ {matching[0]}" in line)
            assert kind_label(kind) in row


async def test_a_text_without_room_in_its_row_is_in_the_message_line(tmp_path: Path) -> None:
    kinds = (SEGMENTS, TARGETING_RULES, PERCENTAGE_ROLLOUT)
    async with showing(tmp_path, made(flag("alpha"), flag("beta", *kinds))) as walk:
        await walk.focus("#flag-rows")
        await walk.press("down")
        assert walk.message() == "beta: percentage rollout, segments, targeting rules"


async def test_twelve_rows_are_listed_at_80x24_and_some_at_60x16(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "plan") as walk:
        await walk.planned()
        assert listed(walk).size.height >= 12
    async with practice_at(tmp_path, "plan", size=(60, 16)) as walk:
        await walk.planned()
        assert listed(walk).size.height >= 4


# --- search


async def test_search_filters_at_each_letter_until_escape(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        requests = len(walk.box.requests)
        await walk.press("/", "o")
        assert walk.focused == "search"
        assert keys(walk) == ["checkout-v2", "dark-mode", "search-boost", "old-banner", "promo~summer"]
        await walk.press("backspace", *"SECOND")
        assert keys(walk) == ["checkout-v2"]  # by its description, in whatever case
        await walk.press("ctrl+u", *"night")
        assert keys(walk) == ["dark-mode"]  # by its name
        await walk.press("ctrl+u", *"frowls")
        assert keys(walk) == []
        assert "0 of 7" in walk.text("#flags-found")
        assert walk.on("plan")
        assert len(walk.box.requests) == requests  # `r` was a letter

        await walk.press("ctrl+u", *"che", "enter")
        assert walk.focused == "flag-rows"
        assert chosen(walk)[0] == '"che" 1'
        await walk.press("f")
        assert chosen(walk) == ['"che" 1', "import 4"]
        await walk.press("escape")
        assert keys(walk) == ARRIVE
        await walk.press("escape")
        assert walk.focused == "back"
        await walk.press("/", "x", "escape")
        assert keys(walk) == ARRIVE
        assert walk.focused == "flag-rows"
        assert not walk.get("#flags-search").display
        await walk.press("/", "e", "down")
        assert walk.focused == "flag-rows"
        await walk.press("down")
        assert listed(walk).at == 1


# --- moving


MOVES = (("down", 1), ("j", 2), ("k", 1), ("end", 9_999), ("up", 9_998), ("home", 0), ("pagedown", None), ("pageup", 0))


@pytest.mark.usefixtures("draws_every_frame")
async def test_cursor_stays_in_view_and_only_visible_rows_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with showing(tmp_path, many(10_000)) as walk:
        rows = listed(walk)
        for key, at in MOVES:
            await walk.press(key)
            assert rows.at == (rows.size.height - 1 if at is None else at), key
            await walk.pilot.pause()
            assert rows.scroll_offset.y <= rows.at < rows.scroll_offset.y + rows.size.height
            assert f"{rows.at + 1:,} of 10,000" in walk.text("#flags-heading")
            assert "▎" in next(line for line in walk.shown.splitlines() if rows.rows[rows.at].flag.key in line)
        await walk.press("end", "down")
        assert rows.at == 9_999
        await walk.focus("#flag-rows")
        await walk.press("home")
        await walk.pilot.pause()

        drawn: list[int] = []
        render = FlagList.render_line

        def counted(self: FlagList, y: int) -> Strip:
            drawn.append(y)
            return render(self, y)

        monkeypatch.setattr(FlagList, "render_line", counted)
        height = rows.size.height
        for key, most in (("down", 2), ("pagedown", height), ("end", height), ("f", height), ("s", height)):
            drawn.clear()
            await walk.press(key)
            await walk.until(lambda: drawn, f"{key} to draw")
            await walk.pilot.pause()
            assert len(drawn) <= 2 * most, key  # Textual may draw a change and its layout apart
        assert len(list(rows.query("*"))) == 0


async def test_a_click_chooses_a_row_and_another_opens_it_and_the_wheel_scrolls(tmp_path: Path) -> None:
    async with showing(tmp_path, many(100)) as walk:
        await walk.pilot.click("#flag-rows", offset=(12, 2))
        assert listed(walk).at == 2
        assert walk.on("plan")
        rows = listed(walk)
        wheel = events.MouseScrollDown(rows, 1, 1, 0, 1, 0, False, False, False)
        rows.post_message(wheel)
        await walk.until(lambda: rows.scroll_offset.y > 0, "the list to scroll")
        assert rows.at == 2
        await walk.press("down")
        assert rows.scroll_offset.y <= rows.at
        await walk.press("home")
        await walk.pilot.pause()
        await walk.pilot.click("#flag-rows", offset=(12, 0))
        await walk.until(lambda: not walk.on("plan"), "the flag")


# --- windows


async def test_in_a_small_window_at_least_four_rows_are_listed(tmp_path: Path) -> None:
    size = (40, 12)
    async with showing(tmp_path, many(50), size=size) as walk:
        await walk.press("down")
        await walk.in_view()
        assert listed(walk).size.height >= 4
        assert len([line for line in walk.shown.splitlines() if "flag-000" in line]) >= 4
        for line in walk.shown.splitlines():
            assert len(line) <= size[0]


async def test_long_key_is_cut_in_the_list_and_empty_filters_are_left_out(tmp_path: Path) -> None:
    key = "a-very-long-key-" * 9
    async with showing(tmp_path, made(flag(key, SEGMENTS))) as walk:
        assert key not in walk.shown
        row = next(line for line in walk.shown.splitlines() if "a-very-long" in line)
        assert "…" in row
        assert SEGMENTS in row
        for chip in ("import 1", "lose targeting 1"):
            await walk.press("f")
            assert chosen(walk) == [chip]
        await walk.press("f")
        assert chips(walk) == ""
        await walk.focus("#flag-rows")
        await walk.press("enter")
        await walk.until(lambda: not walk.on("plan"), "the flag")
        assert key in "".join(line.strip() for line in walk.shown.splitlines())


async def test_letters_typed_ahead_of_the_search_go_into_it(tmp_path: Path) -> None:
    """A slow connection delivers them together: they must not sort, filter, or open the losses."""
    async with practice_at(tmp_path, "plan") as walk:
        await walk.planned()
        await walk.focus("#flag-rows")
        await walk.type_at_once("/", *"slow")
        await walk.until(lambda: walk.text("#search") == "slow", "the search")
        assert walk.plan_screen.browser.view.sort == View().sort
        assert walk.on("plan")
        await walk.type_at_once("/", "x")
        await walk.until(lambda: walk.text("#search") == "slow/x", "a slash in the search")
        await walk.press("escape")
        await walk.push("#fault")
        await walk.opened(FaultScreen)
        await walk.type_at_once("/", *"stuck")
        await walk.until(lambda: walk.text("#faults-filter") == "stuck", "the search of the errors")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_flags_that_go_off_are_counted_in_a_line_that_fits(size: tuple[int, int], tmp_path: Path) -> None:
    async with practice_at(tmp_path, "plan", "split", size=size) as walk:
        plan = await walk.planned()
        line = walk.get("#plan-cut-over")
        await walk.until(lambda: f"{plan.counts.on_at_source} flags" in walk.text("#plan-cut-over"), "the line")
        assert "serve fewer users" in walk.text("#plan-cut-over")
        assert len(walk.text("#plan-cut-over")) <= line.size.width
        first = walk.text("#plan-cut-over")
        await walk.press("f7")
        await walk.at("fields")
        await walk.next()
        await walk.at("plan")
        await walk.until(lambda: walk.text("#plan-cut-over") == first, "the same line after a visit to Fields")
