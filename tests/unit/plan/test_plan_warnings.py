"""What `plan` warns about: what LaunchDarkly refuses, and flags that reach fewer people when they are turned on.

The made-up sources answer over loopback; the documents are those of the command.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.recipe_tools import keys_for, planned, recipe_for
from tests.unit.sources_server import Handler, Reply, serving
from tests.unit.split_made import BASE, KEY, MadeSplit, definition, flag
from tui.sandbox.server import Sandbox
from tui.sources.split import rules as split_rules
from tui.sources.split.flags import source_flag

SDK_KEY = "default:production.9c1c40e1b2f3a4958677f1e2d3c4b5a6978877665544332211009988"
ON_FOR_ALL = [{"treatment": "on", "size": 100}]
A_QUARTER = [{"treatment": "on", "size": 25}, {"treatment": "off", "size": 75}]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as shared:
        yield shared


def of_split(made: MadeSplit) -> Handler:
    """The same whichever workspace and environment a recipe names."""

    def answer(asked: Any) -> Reply:
        listed: list[Any] = made.definitions if "/environments/" in asked.path else made.flags
        if "offset=0" not in asked.target and "offset=" in asked.target:
            return Reply(200, {"objects": [], "offset": 50, "limit": 50, "totalCount": len(listed)})
        return Reply(200, {"objects": listed, "offset": 0, "limit": 50, "totalCount": len(listed)})

    return answer


async def plan_of(
    box: Sandbox, folder: Path, integration: str, handler: Handler, *, as_json: bool = True
) -> tuple[dict[str, Any], str]:
    """The plan of a made-up source into the sandbox's LaunchDarkly: its document by key, and the raw output."""
    async with serving(handler) as server:
        recipe = recipe_for(box, integration, folder)
        there = box.addresses()[integration]
        text = recipe.read_text()
        address = there["api"] if integration == "split" else there["url"]
        assert address in text
        recipe.write_text(text.replace(address, server.url + (BASE if integration == "split" else "")))
        keys = keys_for(box, integration)
        keys |= {"SPLIT_ADMIN_KEY": KEY, "UNLEASH_SDK_KEY": SDK_KEY}
        code, out, err = await asyncio.to_thread(planned, recipe, keys, as_json=as_json)
    assert code == 0, out + err
    return ({each["key"]: each for each in json.loads(out)["flags"]} if as_json else {}), out


async def plan_of_features(box: Sandbox, folder: Path, *features: dict[str, Any]) -> dict[str, Any]:
    where = box.addresses()["unleash"]
    scope = {"project": [where["project"]], "environment": where["environment"]}
    whole = [{"enabled": True, "project": where["project"], "strategies": [], "variants": []} | one for one in features]
    body = {"version": 2, "features": whole, "query": scope}
    return (await plan_of(box, folder, "unleash", lambda _: Reply(200, body)))[0]


def split_with(*tags: str, **more: Any) -> MadeSplit:
    return MadeSplit([flag(1, *tags)], [definition(1, **more)])


# --- turning on


async def test_a_flag_whose_on_takes_something_away_is_warned_about_and_listed_first(
    box: Sandbox, tmp_path: Path
) -> None:
    made = MadeSplit(
        [flag(1), flag(2), flag(3)],
        [definition(1), definition(2, defaultRule=A_QUARTER), definition(3, defaultRule=A_QUARTER, killed=True)],
    )
    flags, _ = await plan_of(box, tmp_path, "split", of_split(made))
    assert [len(flags[f"flag-{at}"]["warnings"]) for at in (1, 2, 3)] == [0, 1, 0]
    assert '"off"' in flags["flag-2"]["warnings"][0]
    _, text = await plan_of(box, tmp_path, "split", of_split(made), as_json=False)
    listed = [line.strip() for line in text.splitlines() if line.strip() in ("flag-1", "flag-2", "flag-3")]
    assert listed == ["flag-2", "flag-1"], "only what is on now goes off, and the dangerous one comes first"
    assert flags["flag-2"]["warnings"][0] in " ".join(text.split())


async def test_a_flag_that_exists_already_is_not_warned_about(box: Sandbox, tmp_path: Path) -> None:
    made = MadeSplit([flag(1, "a b", name="old-banner")], [definition(1, name="old-banner", defaultRule=A_QUARTER)])
    flags, _ = await plan_of(box, tmp_path, "split", of_split(made))
    (one,) = flags.values()
    assert one["verdict"].startswith("skip-")
    assert one["warnings"] == []


# --- what LaunchDarkly refuses


async def test_tags_that_launchdarkly_refuses_are_named(box: Sandbox, tmp_path: Path) -> None:
    refused = ["q3 2026", "team:web", "Überblick", "t" * 65]
    flags, _ = await plan_of(box, tmp_path, "split", of_split(split_with("fine.tag_1-2", *refused)))
    (warning,) = flags["flag-1"]["warnings"]
    assert all(tag[:50] in warning for tag in refused)
    assert "fine.tag_1-2" not in warning
    assert flags["flag-1"]["tags"] == ["fine.tag_1-2", *refused]


@pytest.mark.parametrize("treatments", [["on"], ["on", "on"], ["on", ""]])
async def test_treatments_that_launchdarkly_refuses(box: Sandbox, tmp_path: Path, treatments: list[str]) -> None:
    made = split_with(treatments=[{"name": name} for name in treatments], defaultRule=ON_FOR_ALL)
    flags, _ = await plan_of(box, tmp_path, "split", of_split(made))
    assert flags["flag-1"]["variations"] == treatments
    assert len(flags["flag-1"]["warnings"]) == 1


async def test_a_definition_without_treatments_is_warned_about(box: Sandbox, tmp_path: Path) -> None:
    flags, _ = await plan_of(box, tmp_path, "split", of_split(split_with(treatments=[])))
    assert (flags["flag-1"]["variations"], len(flags["flag-1"]["warnings"])) == ([], 1)


@pytest.mark.parametrize("tags", [[{"name": "a"}, {"name": "b c"}], ["a", "b c"], ["a", {"name": "b c"}]])
async def test_tags_are_read_as_objects_or_as_texts(box: Sandbox, tmp_path: Path, tags: list[Any]) -> None:
    made = MadeSplit([flag(1, tags=tags)], [definition(1)])
    flags, _ = await plan_of(box, tmp_path, "split", of_split(made))
    assert flags["flag-1"]["tags"] == ["a", "b c"]
    assert len(flags["flag-1"]["warnings"]) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"treatments": [{"name": "on", "configuration": '{"a": 1}'}, {"name": "off"}]},
        {"configurations": {"on": '{"a": 1}', "off": None}},
    ],
)
async def test_dynamic_configuration_in_other_places_is_named(
    box: Sandbox, tmp_path: Path, more: dict[str, Any]
) -> None:
    flags, _ = await plan_of(box, tmp_path, "split", of_split(split_with(**more)))
    (warning,) = flags["flag-1"]["warnings"]
    assert "on" in warning
    assert "off" not in warning


@pytest.mark.parametrize(
    "parents",
    [
        [{"name": "base", "treatments": ["on", "beta"]}], [{"n": "base", "ts": ["on", "beta"]}],
        [{"splitName": "base", "treatments": ["on", "beta"]}], [{"flagName": "base", "treatments": ["on", "beta"]}],
        {"base": ["on", "beta"]},
    ],
)  # fmt: skip
def test_prerequisites_of_a_flag_are_read_in_every_spelling(parents: Any) -> None:
    read = source_flag({"name": "flag-1"}, definition(1, prerequisites=parents))
    assert read.losses == ("prerequisites",)
    (one,) = split_rules.explain(read)
    assert {"base", "on,", "beta"} <= set(one.text.split())


def test_one_treatment_of_a_parent_may_be_a_text() -> None:
    read = [
        split_rules.explain(
            source_flag({"name": "flag-1"}, definition(1, prerequisites=[{"n": "base", "ts": treatments}]))
        )
        for treatments in ("on", ["on"])
    ]
    assert read[0] == read[1]


async def test_variants_that_launchdarkly_refuses(box: Sandbox, tmp_path: Path) -> None:
    flags = await plan_of_features(
        box,
        tmp_path,
        {"name": "none-of-them"},
        {"name": "fine", "variants": [{"name": "a", "weight": 1000}, {"name": "b", "weight": 0}]},
        {"name": "one", "variants": [{"name": "only", "weight": 1000}]},
        {"name": "twins", "variants": [{"name": "a", "weight": 1000}, {"name": "a", "weight": 0}]},
        {"name": "nameless", "variants": [{"weight": 1000}, {"name": "b", "weight": 0}]},
    )
    told = {key: len(each["warnings"]) for key, each in flags.items()}
    always = told["fine"]  # the shares, and that off is not known
    assert told == {"none-of-them": 0, "fine": 2, "one": 2, "twins": always + 1, "nameless": always + 1}


# --- names as they are


async def test_a_key_and_its_tags_are_raw_in_json_and_clean_on_a_screen(box: Sandbox, tmp_path: Path) -> None:
    name = "a\tb\u202e\x9b\ud800"
    made = MadeSplit(
        [flag(1, "t\tt", name=name, description="x\r\ny"), flag(2, name="a b")],
        [definition(1, name=name, treatments=[{"name": "o\tn"}, {"name": "off"}]), definition(2, name="a b")],
    )
    flags, out = await plan_of(box, tmp_path, "split", of_split(made))
    assert set(flags) == {name, "a b"}, "names that differ are two flags"
    one = flags[name]
    assert (one["name"], one["tags"], one["variations"]) == (name, ["t\tt"], ["o\tn", "off"])
    assert {each["verdict"] for each in flags.values()} == {"invalid-key"}
    assert out.removesuffix("\n").isprintable()
    _, text = await plan_of(box, tmp_path, "split", of_split(made), as_json=False)
    assert all(line.isprintable() for line in text.splitlines())


async def test_a_break_at_the_end_of_a_name_is_no_part_of_a_key(box: Sandbox, tmp_path: Path) -> None:
    flags = await plan_of_features(box, tmp_path, {"name": "checkout\n"}, {"name": "checkout-x9"})
    verdicts = {key: each["verdict"] for key, each in flags.items()}
    assert verdicts == {"checkout\n": "invalid-key", "checkout-x9": "import"}
