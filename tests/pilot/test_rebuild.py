"""The step Rebuild: from an import to its rules in LaunchDarkly, and back; approvals, and flags of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList, Static

from tests.pilot.rebuilds import PLAIN, accepted, applied, chosen, content, done, held, marked, rebuilding, rows
from tests.pilot.runs import asked, buttons, ended, question, report
from tests.pilot.walking import Walk, practice_app
from tests.unit.history_tools import some_flags
from tui.sandbox.server import Sandbox
from tui.screens.dialogs import Question, TextScreen
from tui.screens.rebuild_accept import AcceptScreen
from tui.screens.rebuild_flag import RebuildFlagScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen
from tui.wizard.rebuilding import rebuilding_of

SMALL = (60, 16)


@pytest.mark.parametrize(("integration", "size"), [("split", (80, 24)), ("unleash", SMALL)])
async def test_rules_are_accepted_applied_read_back_and_taken_back(
    tmp_path: Path, integration: str, size: tuple[int, int]
) -> None:
    async with rebuilding(tmp_path, integration, size=size) as walk:
        assert "critical" in walk.shown
        assert "need an approval" in walk.shown
        await chosen(walk)
        assert walk.text("#heading") == f"Rebuild targeting in {PLAIN}"
        before, sent = content(walk), walk.posts()
        await accepted(walk)
        ready = marked(walk, "ready")
        assert len(ready) > 3

        text = await asked(walk, "#apply")
        assert f"Apply to {len(ready)} flags in {PLAIN}?" in text
        assert "All flags stay off." in text
        await walk.press("enter")  # No
        await walk.closed("rebuild")
        assert walk.posts() == sent

        await applied(walk)
        assert ready == marked(walk, "equal")
        after = content(walk)
        assert not any(after[key]["on"] for key in ready)
        assert len([key for key in ready if after[key] != before[key]]) > 3
        assert {"turn-on", "take-back"} <= buttons(walk)
        assert "apply" not in buttons(walk)

        await walk.push("#take-back")
        await walk.opened(Question)
        assert walk.focused == "no"
        await walk.push("#yes")
        await done(walk)
        assert content(walk) == before


async def test_a_flag_shows_both_sides_and_what_differs_for_whom(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        rows_ = walk.get("#rebuild-rows", OptionList)
        rows_.highlighted = rows_.get_option_index("flag-checkout-v2")
        await walk.press("enter")
        await walk.opened(RebuildFlagScreen)
        await walk.until(lambda: "In LaunchDarkly" in walk.shown, "the rules")
        assert "37.5% of users get another variation" in " ".join(walk.shown.split())
        await walk.press("n")
        await walk.until(lambda: "flag 2 of" in walk.shown, "the next flag")
        await walk.press("escape")
        await walk.closed("rebuild")
        await walk.has_focus("rebuild-rows")
        assert walk.posts()[-1].endswith("/trigger")


async def test_differences_are_accepted_one_by_one_and_none_is_preset(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        sent = walk.posts()
        await walk.press("a")
        await walk.opened(AcceptScreen)
        differences = walk.get("#differences", OptionList)
        assert "[x]" not in "".join(str(option.prompt) for option in differences.options)
        differences.highlighted = differences.get_option_index("difference-segment-copied-today")
        await walk.press("space", "enter")  # accepted, then the flags that still need a yes are listed
        await walk.closed("rebuild")
        await walk.settled()
        assert held(walk).accepted == {"segment-copied-today"}
        assert set(rows(walk)) == {row.key for row in held(walk).rows.values() if row.not_accepted}
        assert "buy-now-pay-later" in {row.key for row in held(walk).planned()}
        assert walk.posts() == sent


async def test_critical_environment_asks_twice(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk, "production")
        await accepted(walk)
        sent = walk.posts()
        await asked(walk, "#apply")
        await walk.push("#yes")
        second = "Apply to the critical environment production?"
        await walk.until(lambda: isinstance(walk.app.screen, Question) and second in question(walk), second)
        assert walk.focused == "no"
        await walk.press("enter")
        await walk.closed("rebuild")
        await walk.settled()
        assert walk.posts() == sent


async def test_approvals_are_requested_only_after_their_own_question(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk, "staging")
        before = content(walk, "staging")
        await applied(walk)
        assert "need an approval" in walk.message()
        assert not [path for path in walk.posts() if path.endswith("/approval-requests")]
        await asked(walk, "#approvals")
        await walk.push("#yes")
        await done(walk)
        assert marked(walk, "pending")
        requests = [path for path in walk.posts() if path.endswith("/approval-requests")]
        assert len(requests) == len(marked(walk, "pending"))
        assert {key: value for key, value in content(walk, "staging").items() if key != "segments"} == {
            key: value for key, value in before.items() if key != "segments"
        }


async def test_turn_on_asks_and_turns_on_only_what_is_on_at_the_source(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        await applied(walk)
        await walk.push("#turn-on")
        await walk.opened(Question)
        assert "Turn on" in question(walk)
        assert walk.focused == "no"
        await walk.push("#yes")
        await walk.until(lambda: isinstance(walk.app.screen, Question) and "evaluate" in question(walk), "evaluate?")
        await walk.press("enter")  # No
        await done(walk)
        on = {key for key, flag in content(walk).items() if key != "segments" and flag["on"]}
        sources = {key for key, row in held(walk).rows.items() if row.targeting is not None and row.targeting.on}
        assert on
        assert on <= sources | {"kill-payments", "invoice-pdf", "guest-checkout"}


async def test_flags_of_others_are_adopted_by_a_tick_after_they_were_opened(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        key = min(held(walk).others)
        list_ = walk.get("#rebuild-rows", OptionList)
        list_.highlighted = list_.get_option_index(f"flag-{key}")
        await walk.press("space")
        assert "Open this flag first" in walk.message()
        await walk.press("enter")
        await walk.opened(RebuildFlagScreen)
        await walk.until(lambda: key in held(walk).seen, "the flag")
        await walk.settled()
        await walk.press("escape")
        await walk.closed("rebuild")
        await walk.press("space")
        await done(walk)
        assert "[x]" in rows(walk)[key]
        assert key in held(walk).adopted
        await walk.press("space")
        await done(walk)
        assert "[ ]" in rows(walk)[key]


async def test_without_an_import_flags_can_be_adopted_from_the_actions(tmp_path: Path) -> None:
    with Sandbox.start(company=some_flags(14)) as box:
        async with practice_app(tmp_path, box=box) as walk:
            await walk.jump("plan")
            sent = walk.posts()
            walk.screen.action_rebuild()
            await walk.at("rebuild")
            await chosen(walk)
            assert set(rows(walk)) == set(held(walk).others)
            assert walk.draft.furthest == "plan"
            assert walk.posts() == sent


async def test_what_is_left_by_hand_is_listed_with_reasons(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        await walk.press("l")
        await walk.opened(TextScreen)
        assert "Left by hand" in walk.text(".dialog-title")
        assert "Not accepted: " in walk.text(".dialog-code")
        await walk.press("escape")
        await walk.closed("rebuild")


async def test_search_and_filter_narrow_the_list(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        everything = set(rows(walk))
        await walk.press("f")
        assert set(rows(walk)) == marked(walk, "ready") < everything
        await walk.press("/", *"dark", "enter")
        await walk.has_focus("rebuild-rows")
        assert set(rows(walk)) == {"dark-mode"}
        await walk.press("escape")
        assert set(rows(walk)) == marked(walk, "ready")


async def test_refused_reading_is_shown_and_can_be_repeated(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        walk.box.set_fault("source-unauthorized")
        environments = walk.get("#rebuild-environments", OptionList)
        environments.highlighted = environments.get_option_index(f"environment-{PLAIN}")
        await walk.press("enter")
        await done(walk)
        assert "401" in walk.message()
        walk.box.set_fault(None)
        await walk.press("r")
        await done(walk)
        assert marked(walk, "ready")


async def test_days_later_the_token_and_the_source_key_are_enough(tmp_path: Path) -> None:
    async with ended(tmp_path, company=some_flags(14)) as walk:
        session = walk.app.session
        session.bag.drop("sourceApiKey")
        await walk.next()
        await walk.at("rebuild")
        await walk.has_focus("rebuild-key")
        await walk.press("enter")
        await walk.opened(TokenScreen)
        await walk.press("f4")
        await walk.closed("rebuild")
        await walk.has_focus("rebuild-environments")
        await chosen(walk)
        assert marked(walk, "ready")
        # The same import, opened anew: the rebuild of before is known.
        await applied(walk)
        equal = marked(walk, "equal")
        session.rebuilding = None
        await walk.show("rebuild")
        await walk.has_focus("rebuild-environments")
        await chosen(walk)
        assert equal == marked(walk, "rebuilt")
        assert {"take-back", "turn-on"} <= buttons(walk)


@pytest.mark.parametrize("fault", ["flag-change-lost-answer", "segment-lost-answer"])
async def test_lost_answers_are_looked_up_and_nothing_is_doubled(fault: str, tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        await accepted(walk)
        ready = marked(walk, "ready")
        walk.box.set_fault(fault)
        await applied(walk)
        assert marked(walk, "equal") == ready, walk.shown
        rules = {key: flag["rules"] for key, flag in content(walk).items() if key in ready}
        assert len(rules["checkout-v2"]) == 1


async def test_flags_that_failed_come_first_and_can_be_applied_again(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        ready = marked(walk, "ready")
        walk.box.colleague().switch(min(ready), PLAIN)
        await applied(walk)
        assert "1 flag to check" in walk.message()
        assert marked(walk, "failed") == {min(ready)}
        assert marked(walk, "equal") == ready - {min(ready)}
        await walk.press("r")
        await done(walk)
        assert "It isn't a flag of this import as" in rows(walk)[min(ready)]


async def test_the_pane_of_a_wide_window_shows_the_flag_at_the_cursor(tmp_path: Path) -> None:
    async with rebuilding(tmp_path, size=(120, 40)) as walk:
        await chosen(walk)
        await walk.until(lambda: walk.text("#aside-title") == "checkout-v2", "the flag in the pane")
        await walk.press("down")
        await walk.until(lambda: walk.text("#aside-title") == "dark-mode", "the next flag")
        assert "In LaunchDarkly" in walk.text("#aside-text")


async def test_quitting_while_a_change_is_on_its_way_asks(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        rebuilding_of(walk.app.session).writing = True
        await walk.press("ctrl+q")
        await walk.opened(Question)
        assert "looked up next time" in "".join(str(text.content) for text in walk.app.screen.query(Static))


async def test_undo_keeps_rebuilt_flags_until_their_rebuild_is_taken_back(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        await chosen(walk)
        await accepted(walk)
        await applied(walk)
        rebuilt, left = len(marked(walk, "equal")), len(marked(walk, "by hand"))
        await walk.show("run")
        await walk.press("r")
        await walk.until(lambda: f"Recreate the targeting of {left} flags" in report(walk), "what is left")
        assert "created as planned" in walk.text("#heading")
        text = await undo_message(walk)
        assert f"{rebuilt} flags have rebuilt targeting and are kept" in text
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.until(lambda: walk.get("#take-back").display, "the offer to take back")
        await walk.push("#take-back")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.opened(UndoScreen)
        await walk.until(lambda: "is taken back" in walk.text("#sheet-message"), "what was taken back")
        assert not walk.get("#take-back").display
        assert walk.get("#archive").display


async def undo_message(walk: Walk) -> str:
    """Open Undo from the report, and return its message with what it would do."""
    await walk.show("run")
    await walk.push("#undo")
    await walk.opened(UndoScreen)
    await walk.until(lambda: walk.text("#sheet-message") and "Reading" not in walk.text("#sheet-message"), "the list")
    text = f"{walk.text('#undo-counted')} {walk.text('#sheet-message')}"
    await walk.press("escape")
    await walk.closed("run")
    return text
