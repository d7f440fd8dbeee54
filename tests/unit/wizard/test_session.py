"""A session: what is known without asking, in which order it counts, and what it keeps and forgets."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.unit.walk_tools import built_forms, sent, session, values
from tui.answers import changes, remarks, saved_drafts
from tui.answers import draft as drafts
from tui.context import Context
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox
from tui.text.redact import MASK, Redactor
from tui.wizard import launch
from tui.wizard.options import PracticeServers
from tui.wizard.practice import Practice
from tui.wizard.session import Session, StartOptions
from tui.wizard.setup import _practice

TOKEN, IMPORT_KEY = TOKENS["writer"].value, TOKENS["import-key"].value
SDK_KEY = UNLEASH_KEYS["sdk"].value


def found(made: Session, key: str) -> tuple[str, str]:
    """(value or "set", where it came from)."""
    given = drafts.answer(made.draft, key)
    return ("set" if given.secret else given.value, given.source)


def ldcli(home: Path, text: str) -> dict[str, str]:
    path = home / ".config" / "ldcli" / "config.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return {"HOME": str(home)}


# --- values that are known without asking


def test_without_anything_only_defaults_are_there() -> None:
    made = session()
    made.choose("unleash")
    assert found(made, "host") == ("us", drafts.PROPOSED)
    assert made.bag.keys() == ()


def test_variables_fill_every_field_they_are_for() -> None:
    environ = {
        "LD_ACCESS_TOKEN": TOKEN,
        "LD_IMPORT_API_KEY": f" {IMPORT_KEY}\n",
        "UNLEASH_SDK_KEY": SDK_KEY,
        "SPLIT_ADMIN_KEY": "not-asked-for-here",
        "LD_PROJECT": "web-shop",
        "LD_BASE_URI": "https://app.eu.launchdarkly.com/",
    }
    made = session(environ=environ)
    made.choose("unleash")
    assert found(made, "host")[1] == "from LD_BASE_URI"
    assert drafts.route(made.draft)[1] == "LaunchDarkly EU web-shop"
    assert found(made, "project") == ("web-shop", "from LD_PROJECT")
    names = {"token": "LD_ACCESS_TOKEN", "ldApiKey": "LD_IMPORT_API_KEY", "sourceApiKey": "UNLEASH_SDK_KEY"}
    for key, name in names.items():
        assert found(made, key) == ("set", f"from {name}")
        assert drafts.answer(made.draft, key).reference == f"env:{name}"
        assert f"From {name}" in remarks.line(made.draft, key).text
    assert made.bag.peek("ldApiKey") == IMPORT_KEY
    assert "workspaceApiKey" not in made.bag
    assert TOKEN not in repr(made)


def test_a_token_is_not_offered_for_another_instance() -> None:
    environ = {"LD_ACCESS_TOKEN": TOKEN, "LD_BASE_URI": "https://app.eu.launchdarkly.com"}
    made = session(environ=environ, start_options=StartOptions(host="us"))
    made.choose("unleash")
    assert "token" not in made.bag


EU = "https://app.eu.launchdarkly.com"


@pytest.mark.parametrize(
    ("environ", "ldcli_text", "start_options", "known"),
    [
        ({"LD_PROJECT": "env", "LD_BASE_URI": EU}, "", StartOptions(host="federal", project="line"),
         {"host": ("federal", "from the command line"), "project": ("line", "from the command line")}),
        ({"LD_PROJECT": "env", "LD_ACCESS_TOKEN": TOKEN}, f"access-token: {IMPORT_KEY}\nproject: ldcli\n",
         StartOptions(), {"project": ("env", "from LD_PROJECT"), "token": ("set", "from LD_ACCESS_TOKEN")}),
        ({}, f"access-token: {TOKEN}\nproject: ldcli\n", StartOptions(),
         {"project": ("ldcli", "from ldcli's configuration"), "token": ("set", "from ldcli's configuration")}),
    ],
    ids=["command line", "variables", "ldcli"],
)  # fmt: skip
def test_what_beats_what(
    own_world: Path,
    environ: dict[str, str],
    ldcli_text: str,
    start_options: StartOptions,
    known: dict[str, tuple[str, str]],
) -> None:
    made = session(
        environ={**(ldcli(own_world, ldcli_text) if ldcli_text else {}), **environ}, start_options=start_options
    )
    made.choose("split")
    assert {key: found(made, key) for key in known} == known
    assert made.bag.peek("token") == (TOKEN if "token" in known else "")
    if "LD_ACCESS_TOKEN" not in environ:
        assert drafts.answer(made.draft, "token").reference == ""  # a recipe cannot name ldcli


@pytest.mark.parametrize("start_options", [StartOptions(), StartOptions(project="of-the-line")])
def test_what_was_typed_is_not_replaced_by_what_is_found(start_options: StartOptions) -> None:
    made = session(environ={"LD_PROJECT": "found", "LD_ACCESS_TOKEN": TOKEN}, start_options=start_options)
    made.choose("unleash")
    made.put("project", "typed")
    made.put("token", IMPORT_KEY)
    made.choose("split")
    assert found(made, "project") == ("typed", "")
    assert made.bag.peek("token") == IMPORT_KEY


def test_a_key_of_the_other_integration_is_found_when_it_is_chosen() -> None:
    made = session(environ={"SPLIT_ADMIN_KEY": "q7practice0acme0split0admin0key00a1b2"})
    made.choose("unleash")
    made.choose("split")
    assert found(made, "workspaceApiKey") == ("set", "from SPLIT_ADMIN_KEY")


def test_an_unknown_integration_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        session().choose("flipt")


# --- answers


def test_a_key_pasted_into_a_plain_field_too_is_not_written_down(tmp_path: Path) -> None:
    made = session(draft_path=tmp_path / "draft.json")
    made.choose("split")
    key = "an-opaque-key-of-split-0123456789"
    made.put("splitTag", key)
    made.put("workspaceApiKey", key)
    made.put("project", "web")
    assert made.save() == ""
    assert key not in (tmp_path / "draft.json").read_text()


# --- the saved draft


def test_save_and_resume(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    made = session(draft_path=path)
    made.choose("unleash")
    made.put("project", "web-shop")
    made.put("token", TOKEN)
    made.draft = changes.was_kept(made.draft, "token", "", in_keyring=True)
    assert made.save() == ""
    saved = saved_drafts.load(path)
    assert saved is not None
    again = session(draft_path=path, environ={"LD_ACCESS_TOKEN": IMPORT_KEY, "LD_PROJECT": "found"})
    again.resume(saved)
    assert drafts.value(again.draft, "project") == "web-shop"
    assert again.bag.peek("token") == IMPORT_KEY  # found anew; a saved draft has none
    again.forget_draft()
    assert saved_drafts.load(path) is None


def test_a_resumed_draft_knows_what_was_to_be_kept(tmp_path: Path) -> None:
    saved = saved_drafts.Saved("unleash", "keys", (), ("token", "project", "gone"), "", 0.0)
    made = session(draft_path=tmp_path / "draft.json")
    made.resume(saved)
    assert drafts.answer(made.draft, "token").keep == drafts.KEYRING
    assert drafts.answer(made.draft, "project").keep == drafts.SESSION
    assert "gone" not in made.draft.answers
    made.put("project", "web")
    assert made.save() == ""


@pytest.mark.parametrize("place", [True, False])
def test_the_farewell_says_whether_answers_are_kept(tmp_path: Path, place: bool) -> None:
    made = session(draft_path=tmp_path / "draft.json") if place else session()
    assert made.farewell() == ""
    made.choose("unleash")
    made.put("project", "web")
    assert made.farewell() == ("Your answers are saved. Start the wizard again to resume." if place else "")
    assert made.save() == ""


# --- practice


def practice(box: Sandbox) -> Practice:
    return _practice(cast("PracticeServers", box))


async def test_practice_fills_in_every_field_and_ends_in_a_configuration() -> None:
    with Sandbox.start() as box:
        for integration in ("split", "unleash"):
            made = session(practice=practice(box), environ={"LD_ACCESS_TOKEN": "api-mine", "LD_PROJECT": "mine"})
            made.choose(integration)
            assert found(made, "host")[1] == "Demo server"
            assert "token" not in made.bag  # nothing of the person's own
            for step in ("launchdarkly", "keys", "fields"):
                made.fill_practice(step)
            made.draft = changes.propose_name(made.draft)
            assert not remarks.answer_problems(made.draft)
            launch.begin(made, reuse=False)
            assert made.attempt is not None
            outcome = await sent(made.attempt)
            assert outcome.configuration is not None
            launch.settled(made)
            assert "demo account" in made.farewell()


def test_practice_sets_faults() -> None:
    with Sandbox.start() as box:
        made = practice(box)
        assert {fault.name for fault in made.faults} == {fault.name for fault in box.faults()}
        assert all(fault.title and fault.explains for fault in made.faults)
        seen = []
        for name in ("conflict", None):
            made.set_fault(name)
            seen.append(box.fault)
        assert seen == ["conflict", None]
        assert not any(key in repr(made) for key in (TOKEN, IMPORT_KEY, SDK_KEY))


def test_practice_with_a_manifest_of_ones_own_still_talks_to_the_practice_server() -> None:
    with Sandbox.start() as box:
        made = session(practice=practice(box))
        made.forms = {"mine": built_forms()["unleash"]}
        made.choose("mine")
        assert drafts.value(made.draft, "host") == values(box, "unleash")["host"]
        made.fill_practice("fields")


def test_all_keys_are_known_to_the_redactor() -> None:
    redactor = Redactor()
    made = session(Context(redactor=redactor), environ={"LD_ACCESS_TOKEN": TOKEN})
    made.choose("unleash")
    made.put("sourceApiKey", SDK_KEY)
    assert redactor(f"{TOKEN} {SDK_KEY}") == f"{MASK} {MASK}"
