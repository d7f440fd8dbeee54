"""A manifest of the person's own: every kind of variable has its widget, and its answer reaches the request."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.pilot.walking import Walk, practice_app, real_app
from tests.unit.made_manifests import FETCHED, needs, options, variable, written
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers import recipe, recipe_reader, request
from tui.answers.fields import KINDS
from tui.manifests.files import load
from tui.sandbox.server import Sandbox
from tui.screens.dialogs import TextScreen
from tui.secrets.names import OWN_FIELDS
from tui.widgets.choices import Choices, Toggle
from tui.widgets.field_row import FieldRow

PLAIN = tuple(kind for kind in KINDS if kind not in ("boolean", "enum", "multiselect"))
"""Kinds that are typed, some of them with a note why."""


def fetched(kind: str) -> dict[str, Any] | None:
    return FETCHED if kind == "dynamicEnum" else None


def every_kind(folder: Path) -> Path:
    hues = ["red", "green", "blue"]
    return written(
        folder,
        variable(key="apiKey", name="Key", isSecret=True),
        variable(key="useTls", name="Use TLS", type="boolean", isOptional=True, defaultValue=False),
        variable(key="colour", name="Colour", type="enum", allowedValues=hues),
        variable(
            key="colours",
            name="Colours",
            type="multiselect",
            multiselectOptions=options(*(hue.title() for hue in hues)),
        ),
        variable(
            key="only.green",
            name="Only green",
            dependsOn=[needs("colour", value="green")],
            isOptional=True,
            defaultValue="",
        ),
        *(variable(key=kind, name=f"A {kind}"[:20], type=kind, dynamicOptions=fetched(kind)) for kind in PLAIN),
        name="made-up.json",
        key="made-up",
    )


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return every_kind(tmp_path)


async def on_fields(walk: Walk) -> None:
    await walk.choose("made-up")
    await walk.next()
    await walk.at("launchdarkly")
    there = walk.box.addresses()["launchdarkly"]
    if not walk.app.practicing:
        await walk.paste("#host", there["url"])
    await walk.paste("#token", there["token"])
    await walk.paste("#project", there["project"])
    await walk.focus("#next")
    await walk.settled()
    await walk.next()
    await walk.at("keys")
    await walk.paste("#field-apiKey", "a-key-of-a-source-nobody-knows")
    await walk.focus("#next")
    await walk.settled()
    await walk.next()
    await walk.at("fields")


async def test_every_kind_is_asked_for_and_reaches_the_request(manifest: Path, tmp_path: Path, box: Sandbox) -> None:
    async with real_app(box, tmp_path, manifests=(manifest,)) as walk:
        assert "Made up" in walk.text("#integration-made-up")
        await walk.choose("made-up")
        assert "Can't tell whether it accepts Made up" in walk.message()
        await on_fields(walk)
        assert not walk.app.screen.query("#field-only_x002Egreen")
        for kind in PLAIN:
            assert walk.get(f"#field-{kind}", Input)
            await walk.paste(f"#field-{kind}", answer_for(kind))
        await answer_choices(walk)
        await walk.write("#field-only_x002Egreen", "leaf")
        await walk.next()
        await walk.at("plan")
        assert "Made up" in walk.text("#heading")
        assert "LaunchDarkly documents imports from Split and Unleash only" in walk.shown
        await walk.back_to("fields")
        await walk.over_plan()
        assert await config(walk) == {
            "apiKey": "••••",
            "useTls": True,
            "colour": "green",
            "colours": ["red", "blue"],
            "only.green": "leaf",
            **{kind: answer_for(kind) for kind in PLAIN},
        }


def answer_for(kind: str) -> str:
    return "https://one.example.com" if kind == "uri" else f"answer to {kind}"


async def answer_choices(walk: Walk) -> None:
    """By keys alone: Space ticks, arrows move."""
    assert isinstance(walk.get("#field-useTls"), Toggle)
    await walk.focus("#field-useTls")
    await walk.press("space")
    assert "Green" in walk.shown
    await walk.focus("#field-colours")
    await walk.press("space", "down", "down", "space")
    assert walk.get("#field-colours", Choices).chosen == ("red", "blue")
    await walk.focus("#field-colour")
    await walk.press("down", "space")
    await walk.until(lambda: walk.app.screen.query("#field-only_x002Egreen"), "the field that depends on green")


async def config(walk: Walk) -> dict[str, Any]:
    await walk.push("#details")
    await walk.opened(TextScreen)
    document: dict[str, Any] = json.loads(walk.text(".dialog-code").partition("\n\n")[2])
    made: dict[str, Any] = document["config"]
    return made


async def test_a_field_that_depends_on_another_comes_and_goes(manifest: Path, tmp_path: Path) -> None:
    async with practice_app(tmp_path, manifests=(manifest,)) as walk:
        await on_fields(walk)
        before = [row.key for row in walk.app.screen.query(FieldRow)]
        await answer_choices(walk)
        rows = [row.key for row in walk.app.screen.query(FieldRow)]
        assert rows.index("only.green") == rows.index("colours") + 1
        await walk.write("#field-only_x002Egreen", "leaf")
        await walk.focus("#field-colour")
        await walk.press("down", "space")
        await walk.until(lambda: not walk.app.screen.query("#field-only_x002Egreen"), "it to go")
        assert [row.key for row in walk.app.screen.query(FieldRow)] == before
        await walk.press("up", "space")
        await walk.until(lambda: walk.app.screen.query("#field-only_x002Egreen"), "it to come back")
        assert walk.text("#field-only_x002Egreen") == "leaf"


async def test_what_the_choices_leave_open_is_said(manifest: Path, tmp_path: Path) -> None:
    async with practice_app(tmp_path, manifests=(manifest,)) as walk:
        await on_fields(walk)
        for kind in PLAIN:
            await walk.paste(f"#field-{kind}", answer_for(kind))
        await walk.next()
        await walk.has_focus("field-colour")
        assert walk.below("colour").startswith("✗")


def called_like_our_own_fields(folder: Path) -> Path:
    return written(
        folder,
        *(variable(key=name, name=name.title(), isSecret=name == "token") for name in sorted(OWN_FIELDS)),
        variable(key="more", dependsOn=[needs("host", value="host of mine")], isOptional=True, defaultValue=""),
        name="made-up.json",
        key="made-up",
    )


async def test_variables_may_be_called_like_our_own_fields(box: Sandbox, tmp_path: Path) -> None:
    path, secret = called_like_our_own_fields(tmp_path), "a-key-of-a-source-nobody-knows"
    others = sorted(OWN_FIELDS - {"token"})
    async with real_app(box, tmp_path, manifests=(path,)) as walk:
        await walk.choose("made-up")
        await walk.next()
        await walk.at("launchdarkly")
        there = walk.box.addresses()["launchdarkly"]
        for name, value in (("host", there["url"]), ("token", there["token"]), ("project", there["project"])):
            await walk.paste(f"#{name}", value)
            assert walk.get(f"#problem--{name}")
        await walk.focus("#next")
        await walk.settled()
        await walk.next()
        await walk.at("keys")
        await walk.paste("#field-token", secret)
        await walk.focus("#next")
        await walk.settled()
        await walk.next()
        await walk.at("fields")
        await walk.paste("#config-name", "Named by hand")
        for name in others:
            await walk.paste(f"#field-{name}", f"{name} of mine")
            assert walk.get(f"#problem-{name}")
        await walk.until(lambda: walk.app.screen.query("#field-more"), "the field that depends on the form's host")
        await walk.over_plan()
        assert await config(walk) == {**{name: f"{name} of mine" for name in others}, "token": "••••", "more": ""}
        draft, bag = walk.draft, walk.app.session.bag
    assert drafts.value(draft, "host") == there["url"]
    assert sorted(map(str, (bag.peek(key) for key in bag.keys()))) == sorted([secret, there["token"]])  # noqa: SIM118
    made = recipe.write(draft)
    assert made.must_be_set == ("LD_ACCESS_TOKEN", "LDFI_TOKEN")
    document = tomllib.loads(made.text)
    assert document["import"]["config"]["token"] == "env:LDFI_TOKEN"
    assert document["import"]["config"]["host"] == "host of mine"
    again = recipe_reader.read_text(made.text, {"made-up": forms.build(load(path))})
    assert request.of_settings(again.draft) == request.of_settings(draft)


async def test_a_manifest_of_the_same_key_replaces_the_bundled_one(tmp_path: Path) -> None:
    path = written(
        tmp_path, variable(key="sourceApiKey", name="Only this", isSecret=True), name="unleash.json", key="unleash"
    )
    async with practice_app(tmp_path, manifests=(path,)) as walk:
        assert sum((row.id or "").startswith("integration-") for row in walk.app.screen.query(".row")) == 2
        await walk.jump("keys")
        assert [row.key for row in walk.app.screen.query(FieldRow)][:1] == ["sourceApiKey"]
        assert "Only this" in walk.shown
