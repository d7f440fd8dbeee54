"""The account's configurations in the wizard: found, opened, changed, started, watched and deleted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.color import Color
from textual.widgets import OptionList

from tests.pilot.walking import ENVIRON, Walk, practice_app, real_app
from tests.unit.echoes import TRANSFORMATIONS, left_of, truncated
from tests.unit.manage_tools import NEW_KEY, made
from tests.unit.sandbox_tools import launchdarkly
from tests.unit.walk_tools import configurations
from tui.sandbox import flag_import
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.screens.configuration import ConfigurationScreen, DeleteQuestion
from tui.screens.configuration_edit import DifferenceQuestion, EditScreen
from tui.screens.configurations import ConfigurationsScreen
from tui.screens.dialogs import Question

SMALL = (60, 16)


@asynccontextmanager
async def listed(
    box: Sandbox, folder: Path, *, who: str = "writer", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Walk]:
    """The list on the screen, opened by its row on the first one; the token comes from the environment."""
    given = {**ENVIRON, "LD_ACCESS_TOKEN": TOKENS[who].value, "LD_BASE_URI": box.addresses()["launchdarkly"]["url"]}
    async with real_app(box, folder, size=size, environ=given) as walk:
        await walk.push("#configurations")
        await walk.opened(ConfigurationsScreen)
        await walk.until(lambda: rows(walk).option_count and rows(walk).has_focus, "the list")
        yield walk


def rows(walk: Walk) -> OptionList:
    return next(s for s in walk.app.screen_stack if isinstance(s, ConfigurationsScreen)).query_one(
        "#configs", OptionList
    )


def there(box: Sandbox, identity: str) -> dict[str, Any] | None:
    return next((each for each in configurations(box) if each["_id"] == identity), None)


async def open_(walk: Walk, name: str) -> None:
    await walk.press("/", *name)
    await walk.press("enter")
    await walk.has_focus("configs")
    await walk.press("enter")
    await walk.opened(ConfigurationScreen)
    await walk.until(lambda: "Settings" in walk.shown and "Loading" not in message(walk), "it to be read")


async def shows(walk: Walk, text: str) -> None:
    await walk.until(lambda: text in walk.shown, text)


def message(walk: Walk) -> str:
    return walk.text("#sheet-message")


# --- the list


async def test_finds_filters_and_sorts(box: Sandbox, tmp_path: Path) -> None:
    made(box)
    async with listed(box, tmp_path, size=SMALL) as walk:
        await shows(walk, "2 of 2, sorted by name")
        await shows(walk, "Blog, from the")
        await walk.press("s")
        await shows(walk, "sorted by project")
        await walk.press("f")
        await shows(walk, "1 of 2")
        await shows(walk, "status complete")
        await walk.press("f", "f")
        await shows(walk, "2 of 2")
        await walk.press("/", *"web-s")
        await shows(walk, "1 of 2")
        await walk.press("escape")
        await shows(walk, "2 of 2")
        box.stop()
        await walk.press("r")
        await walk.until(lambda: "Can't reach" in message(walk), "the failure")
        assert rows(walk).option_count
        await walk.press("escape")
        await walk.closed("integration")
        assert walk.posts() == [p for p in walk.posts() if p.endswith("/unleash")]  # what the test itself made


async def test_asks_for_instance_and_token_where_they_are_not_known(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.open_actions("configurations")
        await walk.press("enter")
        await walk.opened(ConfigurationsScreen)
        await walk.has_focus("token")
        await walk.press("enter")
        assert "token" in message(walk)
        await walk.paste("#host", box.addresses()["launchdarkly"]["url"])
        await walk.paste("#token", TOKENS["reader"].value[:-1] + "0")
        await walk.press("enter")
        await walk.until(lambda: "rejected your access token (401)" in walk.shown, "the refusal")
        await walk.paste("#token", TOKENS["writer"].value)
        await walk.press("enter")
        await walk.until(lambda: rows(walk).option_count, "the list")
        assert TOKENS["writer"].value not in walk.app.export_screenshot()


async def test_in_practice_the_token_is_filled_in(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.push("#configurations")
        await walk.opened(ConfigurationsScreen)
        await walk.has_focus("token")
        await walk.press("f4")
        await walk.until(lambda: rows(walk).option_count, "the list")
        await shows(walk, "PRACTICE")


async def test_dates_of_another_year_show_it(box: Sandbox, tmp_path: Path) -> None:
    made(box)
    async with listed(box, tmp_path) as walk:
        assert "1 May 2024" in str(rows(walk).get_option_at_index(0).prompt)
        await shows(walk, "Last import: 1 May 2024 10:40")
        await open_(walk, "Blog")
        await shows(walk, "1 May 2024 10:40")


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
async def test_symbol_is_readable_on_the_selected_row(theme: str, tmp_path: Path) -> None:
    async with practice_app(tmp_path, theme=theme) as walk:
        await walk.push("#configurations")
        await walk.opened(ConfigurationsScreen)
        await walk.has_focus("token")
        await walk.push("#fill-in")
        await walk.until(lambda: rows(walk).option_count and rows(walk).has_focus, "the list")
        await walk.pilot.pause()
        symbol = next(segment for segment in rows(walk).render_line(0) if "✓" in segment.text)
        assert symbol.style is not None
        assert symbol.style.color is not None
        assert symbol.style.bgcolor is not None
        light, dark = sorted((luminance(symbol.style.color), luminance(symbol.style.bgcolor)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(color: Color) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [part / 255 for part in color.get_truecolor()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_practice_is_marked_on_every_page(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.push("#configurations")
        await walk.opened(ConfigurationsScreen)
        await walk.has_focus("token")
        assert walk.get("#practice-badge").region.y == 0
        await walk.push("#fill-in")
        await walk.until(lambda: rows(walk).option_count and rows(walk).has_focus, "the list")
        await open_(walk, "Blog")
        assert walk.get("#practice-badge").region.y == 0
        await walk.press("b")
        await walk.until(lambda: "no web pages" in message(walk), "why no browser opens")
        await walk.push("#edit")
        await walk.opened(EditScreen)
        assert walk.get("#practice-badge").region.y == 0
        assert "✗" not in walk.shown, "blank fields of an earlier form are no problem before they change"


async def test_page_of_imports_is_named_where_no_browser_is(box: Sandbox, tmp_path: Path) -> None:
    made(box)
    async with listed(box, tmp_path) as walk:
        address = f"{box.addresses()['launchdarkly']['url']}/settings/integrations"
        await walk.press("b")
        await walk.until(lambda: any(address in each.message for each in walk.app._notifications), "the address")


async def test_foreign_text_stays_text(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    box.set_fault("hostile-text")
    async with listed(box, tmp_path) as walk:
        await open_(walk, identity)
        await walk.until(lambda: "[bold red]x[/]" in walk.shown, "the markup as text")
        assert all(c.isprintable() or c == "\n" for c in walk.shown)


# --- one of them


async def test_changes_only_what_was_changed(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    async with listed(box, tmp_path, size=SMALL) as walk:
        await open_(walk, identity)
        await walk.press("enter")
        await walk.opened(EditScreen)
        await walk.push("#difference")
        assert "Nothing has changed" in message(walk)
        await walk.write("#config-name", "Renamed")
        await walk.paste("#field-ldTag", "no tag")
        await walk.push("#difference")
        assert "Flag tag" in message(walk)
        await walk.paste("#field-ldTag", "new-tag")
        await walk.paste("#field-sourceApiKey", NEW_KEY)
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await shows(walk, "Practice → Renamed")
        said = f"replaced, {len(NEW_KEY)} characters"
        await walk.until(lambda: said in " ".join(walk.shown.replace("│", " ").split()), said)
        assert NEW_KEY not in walk.app.export_screenshot()
        assert walk.focused == "no"
        assert not [p for m, p, _ in box.requests if m == "PATCH"]
        await walk.push("#yes")
        await walk.opened(ConfigurationScreen)
        await walk.until(lambda: "Changed." in message(walk), "the end")
    after = there(box, identity)
    assert after is not None
    assert (after["name"], after["config"]["ldTag"], after["tags"]) == ("Renamed", "new-tag", ["migration"])


async def test_a_conflict_keeps_the_changes(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    async with listed(box, tmp_path) as walk:
        await open_(walk, identity)
        await walk.press("enter")
        await walk.opened(EditScreen)
        await walk.write("#config-name", "Mine")
        with launchdarkly(box) as ld:
            path = there(box, identity)["_links"]["self"]["href"]  # type: ignore[index]
            ld.patch(path, json=[{"op": "replace", "path": "/config/sourceTag", "value": "simple:theirs"}])
        box.set_fault("patch-conflict")
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await walk.push("#yes")
        await walk.until(lambda: isinstance(walk.app.screen, EditScreen) and "(409)" in message(walk), "the conflict")
        assert walk.text("#config-name") == "Mine"
        assert walk.text("#field-sourceTag") == "simple:theirs"
        box.set_fault(None)
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await walk.push("#yes")
        await walk.until(lambda: isinstance(walk.app.screen, ConfigurationScreen) and "Changed." in message(walk))


async def test_replaces_a_key_and_asks_before_it_is_forgotten(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    async with listed(box, tmp_path) as walk:
        await open_(walk, identity)
        await walk.push("#replace")
        await walk.opened(EditScreen)
        assert not walk.app.screen.query("#config-name")
        await walk.paste("#field-ldApiKey", TOKENS["writer"].value)
        await walk.press("escape")
        await walk.opened(Question)
        assert walk.focused == "no"
        await walk.press("enter")
        await walk.opened(EditScreen)
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await shows(walk, "This is your own token")
        await walk.push("#yes")
        await walk.until(lambda: isinstance(walk.app.screen, ConfigurationScreen) and "Changed." in message(walk))


async def test_starts_and_watches_to_the_end(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    async with listed(box, tmp_path, size=SMALL) as walk:
        await open_(walk, identity)
        await walk.push("#start")
        await walk.opened(Question)
        await walk.press("enter")  # "No" has the focus
        await walk.opened(ConfigurationScreen)
        assert not [p for p in walk.posts() if p.endswith("/trigger")]
        await walk.push("#start")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.until(lambda: "Import complete" in walk.shown and not message(walk), "the end")
        await walk.push("#watch")
        assert "the import is complete" in message(walk)
        await walk.press("escape")
        await walk.opened(ConfigurationsScreen)
        await walk.until(lambda: "complete" in str(rows(walk).get_option_at_index(0).prompt), "the list read again")


async def test_one_that_runs_is_not_started_again(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    box.set_fault("import-stuck")
    with launchdarkly(box) as ld:
        ld.post(f"{there(box, identity)['_links']['self']['href']}/trigger")  # type: ignore[index]
    async with listed(box, tmp_path) as walk:
        await open_(walk, identity)
        await walk.until(lambda: "importing" in walk.shown, "the status")
        before = len(walk.posts())
        await walk.push("#start")
        assert "importing now" in message(walk)
        await walk.push("#watch")
        await walk.until(lambda: "Next check" in walk.shown, "a look")
        assert len(walk.posts()) == before
        await walk.press("escape")
        await walk.opened(ConfigurationsScreen)


async def test_deletes_with_the_name_typed(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    async with listed(box, tmp_path, size=SMALL) as walk:
        await open_(walk, identity)
        await walk.push("#delete")
        await walk.opened(DeleteQuestion)
        await walk.press(*"Pract")
        await walk.press("enter")
        await walk.has_focus("yes")
        await walk.press("enter")
        await shows(walk, "Nothing was deleted")
        assert there(box, identity)
        await walk.write("#typed-name", "Practice")
        assert there(box, identity)
        await walk.push("#yes")
        await walk.opened(ConfigurationsScreen)
        await walk.until(lambda: not rows(walk).option_count, "the list without it")
    assert there(box, identity) is None


async def test_a_reader_is_told_why_not(box: Sandbox, tmp_path: Path) -> None:
    identity = made(box)
    async with listed(box, tmp_path, who="reader") as walk:
        await open_(walk, identity)
        await walk.push("#edit")
        assert "edit it (role reader)" in message(walk)
        await walk.push("#delete")
        assert "delete it" in message(walk)


# --- keys that LaunchDarkly quotes


async def test_no_part_of_a_quoted_key_is_shown(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has typed these keys here: the variables have one, and the configuration shows the other."""
    made(box)
    keys = TOKENS["import-key"].value, box.addresses()["unleash"]["key"]
    transforms = TRANSFORMATIONS.values()
    parts = [transform(part) for key in keys for part in truncated(key) for transform in transforms]
    before, quoted = flag_import.status_json, [f"{'x' * 185} {part}" for part in parts[:: len(parts) // 60]]

    def quoting(configuration: Any) -> dict[str, Any]:
        errors = [{"message": each, "statusCode": 400} for each in quoted]
        return {**before(configuration), "status": "partial", "errors": errors}

    monkeypatch.setattr(flag_import, "status_json", quoting)
    monkeypatch.setattr(flag_import, "SECRETS", {"unleash": ("ldApiKey",), "split": ()})
    monkeypatch.setitem(ENVIRON, "LD_IMPORT_API_KEY", keys[0])
    async with listed(box, tmp_path, size=(120, 300)) as walk:
        seen = [walk.shown, walk.app.export_screenshot()]
        await walk.press("/", *"Practice", "enter")
        await walk.has_focus("configs")
        await walk.press("enter")
        await walk.opened(ConfigurationScreen)
        await walk.until(lambda: walk.app.screen.query("#one-settings > *"), "it to be read")
        await walk.until(lambda: walk.shown.count("xxxxx") > len(quoted), "all of them to be on the page")
        seen += [walk.shown, walk.app.export_screenshot()]
        await walk.press("escape")
        await walk.has_focus("configs")
        seen += [walk.shown, walk.app.export_screenshot()]
    for text in seen:
        flat = re.sub(r"<[^>]*>|&#160;|\s", "", text)  # a picture and a narrow page break a line inside a word
        assert [key for key in keys if left_of(key, text) or left_of(key, flat)] == []
