"""What a plan warns about: what LaunchDarkly refuses, and flags that reach fewer people when they are turned on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.plan_tools import plan
from tests.unit.split_made import definition, flag
from tui.commands.plan import plan_lines
from tui.plan.documents import as_json
from tui.plan.plan import Plan
from tui.sources.split import flags as split
from tui.sources.split.targeting import targeting_of
from tui.sources.unleash import flags as unleash
from tui.targeting.losses import explained

A_QUARTER = [{"treatment": "on", "size": 25}, {"treatment": "off", "size": 75}]


def of_split(*tags: Any, **more: Any) -> dict[str, Any]:
    """A flag of Split with these tags and this definition, as `plan --json` shows it."""
    read = split.source_flag({**flag(1), "tags": list(tags)}, definition(1, **more))
    flags: Any = as_json(plan(read))["flags"]
    return dict(flags[0])


def of_unleash(name: str, *variants: dict[str, Any]) -> dict[str, Any]:
    read = unleash.source_flag({"name": name, "enabled": True, "strategies": [], "variants": list(variants)})
    flags: Any = as_json(plan(read))["flags"]
    return dict(flags[0])


def lines(made: Plan) -> list[str]:
    return list(plan_lines(made, ("here", "there"), {}, 80))


# --- turning on


def test_flag_whose_on_takes_something_away_is_warned_about_and_listed_first() -> None:
    made = plan(
        split.source_flag(flag(1), definition(1)),
        split.source_flag(flag(2), definition(2, defaultRule=A_QUARTER, rules=[])),
        split.source_flag(flag(3), definition(3, defaultRule=A_QUARTER, killed=True)),
    )
    assert [len(each.warnings) for each in made.flags] == [0, 1, 0]
    (warning,) = made.flags[1].warnings
    assert '"off"' in warning
    assert [each.flag.key for each in made.cut_over] == ["flag-2", "flag-1"], "only what is on now goes off"


# --- what LaunchDarkly refuses


def test_tags_that_launchdarkly_refuses_are_named() -> None:
    refused = ["q3 2026", "team:web", "Überblick", "t" * 65]
    planned = of_split({"name": "fine.tag_1-2"}, *refused)
    (warning,) = planned["warnings"]
    assert all(tag[:50] in warning for tag in refused)
    assert "fine.tag_1-2" not in warning
    assert planned["tags"] == ["fine.tag_1-2", *refused]


@pytest.mark.parametrize("treatments", [["on"], ["on", "on"], ["on", ""], []])
def test_treatments_that_launchdarkly_refuses(treatments: list[str]) -> None:
    planned = of_split(treatments=[{"name": name} for name in treatments])
    assert (planned["variations"], len(planned["warnings"])) == (treatments, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"treatments": [{"name": "on", "configuration": '{"a": 1}'}, {"name": "off"}]},
        {"configurations": {"on": '{"a": 1}', "off": None}},
    ],
)
def test_dynamic_configuration_in_other_places_is_named(more: dict[str, Any]) -> None:
    (warning,) = of_split(**more)["warnings"]
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
def test_prerequisites_are_read_in_every_spelling(parents: Any) -> None:
    read = split.source_flag({"name": "flag-1"}, definition(1, prerequisites=parents))
    assert read.losses == ("prerequisites",)
    (lost,) = explained(targeting_of(read.definition))
    assert {"base", "on,", "beta"} <= set(lost.text.split())


def test_one_treatment_of_a_parent_may_be_a_text() -> None:
    parents = ([{"n": "base", "ts": treatments}] for treatments in ("on", ["on"]))
    flags = [split.source_flag({"name": "flag-1"}, definition(1, prerequisites=parent)) for parent in parents]
    assert explained(targeting_of(flags[0].definition)) == explained(targeting_of(flags[1].definition))


@pytest.mark.parametrize(
    ("variants", "warnings"),
    [
        ([], 0),
        ([{"name": "a", "weight": 1000}, {"name": "b", "weight": 0}], 2),  # the shares, and that off is not known
        ([{"name": "only", "weight": 1000}], 2),
        ([{"name": "a", "weight": 1000}, {"name": "a", "weight": 0}], 3),
        ([{"weight": 1000}, {"name": "b", "weight": 0}], 3),
    ],
)
def test_variants_that_launchdarkly_refuses(variants: list[dict[str, Any]], warnings: int) -> None:
    assert len(of_unleash("one", *variants)["warnings"]) == warnings


# --- names as they are


def test_key_and_its_tags_are_raw_in_json_and_clean_on_a_screen() -> None:
    name = "a\tb\u202e\x9b\ud800"
    treatments = [{"name": "o\tn"}, {"name": "off"}]
    made = plan(
        split.source_flag(
            flag(1, "t\tt", name=name, description="x\r\ny"), definition(1, name=name, treatments=treatments)
        ),
        split.source_flag(flag(2, name="a b"), definition(2, name="a b")),
    )
    document: Any = as_json(made)
    shown, other = document["flags"]
    assert (shown["key"], other["key"]) == (name, "a b"), "names that differ are two flags"
    assert (shown["name"], shown["tags"], shown["variations"]) == (name, ["t\tt"], ["o\tn", "off"])
    assert shown["verdict"] == other["verdict"] == "invalid-key"
    assert json.dumps(document).isprintable()
    assert all(line.isprintable() for line in lines(made))


def test_line_break_at_the_end_of_a_name_is_no_part_of_a_key() -> None:
    assert [of_unleash(name)["verdict"] for name in ("checkout\n", "checkout-x9")] == ["invalid-key", "import"]
