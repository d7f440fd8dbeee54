"""Keys and tokens: where they came from, what is wrong with them, whom they are shown to."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.pilot.conftest import Outside
from tests.pilot.people import answers
from tests.pilot.walking import ENVIRON, Walk, practice_app, practice_at, problems, real_app
from tests.unit.secrets.test_keyring import FAKE, ROOMY
from tui.answers.draft import KEYRING, SESSION, answer
from tui.answers.remarks import SAME_KEY
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox
from tui.screens.review import ReviewLine
from tui.secrets.keyring import Keyring
from tui.widgets.choices import Choices
from tui.widgets.field_row import FieldRow


def variables(box: Sandbox) -> dict[str, str]:
    """The environment of a person who has set everything."""
    there = box.addresses()
    return {
        **ENVIRON,
        "LD_BASE_URI": there["launchdarkly"]["url"],
        "LD_ACCESS_TOKEN": there["launchdarkly"]["token"],
        "LD_PROJECT": there["launchdarkly"]["project"],
        "LD_IMPORT_API_KEY": there["launchdarkly"]["import_key"],
        "UNLEASH_SDK_KEY": there["unleash"]["key"],
        "SPLIT_ADMIN_KEY": there["split"]["key"],
    }


async def test_values_of_the_environment_say_so_at_their_fields(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path, environ=variables(box)) as walk:
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")
        assert walk.text("#host") == box.addresses()["launchdarkly"]["url"]
        assert "LD_BASE_URI" in walk.below("host")
        assert "LD_ACCESS_TOKEN" in walk.below("token")
        assert "40 characters" in walk.below("token")
        assert "Ana Ruiz" in walk.below("token")
        assert "LD_PROJECT" in walk.below("project")
        await walk.next()
        await walk.at("keys")
        assert "UNLEASH_SDK_KEY" in walk.below("sourceApiKey")
        assert "LD_IMPORT_API_KEY" in walk.below("ldApiKey")
        await walk.paste("#field-sourceBaseUrl", box.addresses()["unleash"]["url"])
        await walk.next()
        await walk.at("fields")
        await walk.over_plan()
        await walk.send()
        assert len(walk.created()) == 1


async def test_practice_takes_nothing_from_the_environment(box: Sandbox, tmp_path: Path) -> None:
    async with practice_app(tmp_path, box=box, environ=variables(box)) as walk:
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")
        assert walk.text("#token") == ""
        assert walk.app.session.keyring is None


async def test_a_refused_token_goes_to_another_instance_only_when_picked(
    box: Sandbox, tmp_path: Path, outside: Outside
) -> None:
    outside.expected = {"app.eu.launchdarkly.com"}
    wrong = "api-00000000-0000-4000-8000-000000000000"
    async with real_app(box, tmp_path) as walk:
        await walk.to("launchdarkly")
        await walk.paste("#host", box.addresses()["launchdarkly"]["url"])
        await walk.paste("#project", "web-shop")
        await walk.paste("#token", wrong)
        await walk.focus("#project")
        await walk.until(lambda: "401" in walk.below("token"), "the refusal")
        await walk.settled()
        assert len(walk.get("#other-instances").query(".try")) == 3
        await walk.next()
        await walk.has_focus("token")
        assert walk.on("launchdarkly")
        assert outside.asked == []

        await walk.push("#other-instances .try-eu")
        await walk.until(lambda: outside.asked, "the other instance to be asked")
        await walk.settled()
        assert set(outside.asked) == {"app.eu.launchdarkly.com"}
        assert "EU" in walk.text("#route")
        assert len(walk.text("#token")) == len(wrong)
        assert not walk.get("#other-instances").query(".try")


async def test_your_own_token_as_import_key_is_a_warning_repeated_on_review(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.to("keys")
        for selector, value in answers(box, "unleash")["keys"].items():
            await walk.paste(selector, value)
        await walk.paste("#field-ldApiKey", box.addresses()["launchdarkly"]["token"])
        await walk.focus("#next")
        await walk.settled()
        await walk.until(lambda: SAME_KEY in walk.below("ldApiKey"), "the warning")
        await walk.until(lambda: "1 warning" in walk.message(), "the warning counted")
        await walk.next()
        await walk.at("fields")
        await walk.over_plan()
        assert SAME_KEY.split(".")[0] in "\n".join(each.line.text for each in walk.app.screen.query(ReviewLine))


async def test_keys_of_another_kind_or_account_are_problems(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await walk.answer("unleash")
        for name, sign in (("reader", "!"), ("other-account", "✗"), ("import-key", "✓")):
            await walk.paste("#field-ldApiKey", TOKENS[name].value)
            await walk.focus("#next")
            await walk.settled()
            await walk.until(lambda sign=sign: walk.below("ldApiKey").startswith(sign), f"{name} judged")  # type: ignore[misc]
        await walk.paste("#field-sourceApiKey", UNLEASH_KEYS["frontend"].value)
        await walk.focus("#field-ldApiKey")
        await walk.settled()
        assert walk.below("sourceApiKey").startswith("✗")
        assert problems(walk) == ("sourceApiKey",)
        await walk.next()
        await walk.settled()
        assert walk.on("keys")
        assert walk.focused == "field-sourceApiKey"


async def test_enter_stays_in_any_field_with_a_problem_and_shows_why(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        for key, wrong in (
            ("sourceBaseUrl", "http://unleash.example.com"),
            ("sourceApiKey", TOKENS["writer"].value),
            ("sourceApiKey", UNLEASH_KEYS["frontend"].value),
            ("ldApiKey", TOKENS["other-account"].value),
        ):
            await walk.answer("unleash")
            await walk.paste(f"#field-{key}", wrong)
            await walk.press("enter")
            await walk.settled()
            await walk.focus(f"#field-{key}")  # a server's answer may come later than the next field
            await walk.press("enter")
            await walk.settled()
            assert walk.focused == f"field-{key}"
            assert walk.below(key).startswith("✗")
    async with practice_at(tmp_path, "fields") as walk:
        for key in ("config-tags", "field-ldTag", "field-sourceTag"):
            await walk.paste(f"#{key}", "no tag!")
            await walk.press("enter")
            assert walk.focused == key
        await walk.paste("#field-ldTag", "")
        await walk.press("enter")
        assert walk.focused != "field-ldTag"


async def test_address_without_https_gets_it_and_shows_that(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await walk.write("#field-sourceBaseUrl", "unleash.example.com")
        assert walk.text("#field-sourceBaseUrl") == "unleash.example.com"
        await walk.press("enter")
        await walk.settled()
        assert walk.text("#field-sourceBaseUrl") == "https://unleash.example.com"
        assert "https:// was added." in walk.below("sourceBaseUrl")


async def test_one_row_stores_all_keys_of_a_step(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path, environ=variables(box)) as walk:
        await walk.to("launchdarkly")
        child = [sys.executable, "-I", FAKE, "store", str(tmp_path)]
        walk.app.session.keyring = Keyring(
            child=child, index=tmp_path / "keys.json", now=walk.app.session.context.now, limits=ROOMY
        )
        walk.app.session.probe = None
        await walk.to("keys")
        await walk.paste("#field-sourceBaseUrl", box.addresses()["unleash"]["url"])
        await walk.focus("#store")
        await walk.settled()
        assert walk.shown.count("Fake Keyring") == 1 + walk.text(".store-row .field-line").count("Fake Keyring")
        assert walk.get("#store", Choices).chosen == (SESSION,)
        await walk.press("right", "space")
        await walk.until(lambda: len(stored(tmp_path)) == 2, "both keys to be stored")
        await walk.settled()
        assert walk.get("#store", Choices).chosen == (KEYRING,)
        assert {name.rpartition("/")[2] for name in stored(tmp_path)} == {"sourceApiKey", "ldApiKey"}
        await walk.press("left", "space")
        assert {answer(walk.draft, key).keep for key in ("sourceApiKey", "ldApiKey")} == {SESSION}


def stored(folder: Path) -> dict[str, str]:
    """What the keyring's process has written, nothing while it writes."""
    try:
        held: dict[str, str] = json.loads((folder / "store.json").read_text())
    except (OSError, ValueError):
        return {}
    return held


@pytest.mark.parametrize("integration", ["split", "unleash"])
async def test_key_takes_three_rows_in_a_small_window(integration: str, tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys", integration, size=(60, 16)) as walk:
        for row in walk.app.screen.query(FieldRow):
            assert row.outer_size.height <= 3
            assert not row.query(".show-end") or row.query_one(".show-end").region.y == row.control.region.y
        assert walk.shown.count("doesn't store keys") == 1


async def test_practice_presets_the_address_of_split(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys", "split") as walk:
        api = walk.box.addresses()["split"]["api"]
        assert walk.text("#field-source-api") == api
        await walk.paste("#field-workspaceApiKey", walk.box.addresses()["split"]["key"])
        await walk.press("enter")
        await walk.until(lambda: walk.below("workspaceApiKey").startswith("✓"), "the key to be checked")


async def test_placeholder_does_not_look_like_an_answer(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        assert walk.get("#field-sourceBaseUrl", Input).placeholder == "for example https://unleash.example.com"


async def test_pasted_keys_and_addresses_are_tidied(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        key = walk.box.addresses()["unleash"]["key"]
        await walk.paste("#field-sourceApiKey", f"\n  {key}\r\n")
        assert len(walk.text("#field-sourceApiKey")) == len(key)
        assert "removed" in walk.below("sourceApiKey")
        assert key not in walk.shown
        await walk.paste("#field-sourceBaseUrl", " HTTPS://Unleash.example.COM/api/ \n")
        await walk.until(lambda: "unleash.example.com" in walk.text("#field-sourceBaseUrl"), "the address")
        assert walk.text("#field-sourceBaseUrl").strip() == walk.text("#field-sourceBaseUrl")


async def test_plain_fields_show_neither_pasted_keys_nor_control_characters(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        token = walk.box.addresses()["launchdarkly"]["token"]
        for selector in ("#config-name", "#config-tags", "#field-sourceTag"):
            await walk.paste(selector, token)
            assert token not in walk.shown
            assert token not in walk.text(selector)
        assert "removed" in walk.below("sourceTag")
        assert token not in str(walk.draft)
        await walk.paste("#config-name", "a\x1b]52;c;aGFjaw==\x07b\u202ec")
        await walk.focus("#field-sourceTag")
        await walk.pilot.pause()
        assert not {"\x1b", "\x07", "\u202e"} & set(walk.text("#config-name") + walk.shown)


async def test_contradiction_is_fixed_by_one_button(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        for field, wrong, right in (
            ("sourceEnvironmentId", "staging", "production"),
            ("sourceProjectId", "mobile-app", "default"),
        ):
            await walk.paste(f"#field-{field}", wrong)
            await walk.focus("#config-name")
            await walk.settled()
            assert walk.below(field).startswith("✗")
            assert right in walk.below(field)
            await walk.next()
            await walk.settled()
            assert walk.on("fields")
            assert walk.focused == f"field-{field}"
            await walk.push(f"#row-{field} .field-offer")
            await walk.answered(field, right)
            assert walk.text(f"#field-{field}") == right
            assert not walk.get(f"#row-{field} .field-offer").display
        await walk.over_plan()


def sent_to(walk: Walk, path: str) -> int:
    return sum(each == path for _, each, _ in walk.box.requests)


async def test_key_is_checked_once_on_enter_and_typing_drops_the_answer(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "launchdarkly") as walk:
        await walk.paste("#token", walk.box.addresses()["launchdarkly"]["token"])
        assert sent_to(walk, "/api/v2/caller-identity") == 0
        await walk.press("enter")
        await walk.until(lambda: "Ana Ruiz" in walk.below("token"), "the account")
        await walk.settled()
        for _ in range(3):
            await walk.focus("#token")
            await walk.press("tab", "tab")
        await walk.settled()
        assert sent_to(walk, "/api/v2/caller-identity") == 1
        requests = len(walk.box.requests)
        await walk.focus("#token")
        await walk.press("end", "0")
        assert "Ana Ruiz" not in walk.below("token")
        assert requests == len(walk.box.requests)  # no check while typing


async def test_check_runs_once_and_not_for_an_answer_that_changed(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        requests = len(walk.box.requests)
        assert walk.fields_screen.begin_check("config-name")
        walk.app.session.put("ldTag", "not a tag")
        await walk.settled()
        assert walk.on("fields")
        assert requests == len(walk.box.requests)

        await walk.back_to("launchdarkly")
        before = sent_to(walk, "/api/v2/caller-identity")
        walk.app.session.ask_again("token")
        assert walk.fields_screen.begin_check("token")
        assert walk.fields_screen.begin_check("token")
        await walk.settled()
        gc.collect()  # the first, which never began, must not complain
        assert sent_to(walk, "/api/v2/caller-identity") == before + 1
