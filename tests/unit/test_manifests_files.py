"""Manifests: LaunchDarkly's rules, every problem at once, and no file that could do harm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.made_manifests import needs, variable, written
from tui.flagimport.form import KINDS
from tui.manifests.files import ManifestError, Problem, bundled, load, registry
from tui.manifests.models import without_links


def problems(path: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load(path)
    assert str(caught.value).count("\n") == len(caught.value.problems) - 1
    return [str(problem) for problem in caught.value.problems]


# What LaunchDarkly's own two manifests say of each variable (integration-framework, formVariables).
SPLIT = {
    "workspaceApiKey": (True, True, None),
    "workspaceId": (True, False, None),
    "environmentId": (True, False, None),
    "splitTag": (False, False, ""),
    "ldApiKey": (True, True, None),
    "ldTag": (False, False, "imported-from-split"),
    "ldMaintainer": (False, False, ""),
}
UNLEASH = {
    "sourceBaseUrl": (True, False, None),
    "sourceApiKey": (True, True, None),
    "sourceProjectId": (True, False, None),
    "sourceEnvironmentId": (True, False, None),
    "sourceTag": (False, False, ""),
    "ldApiKey": (True, True, None),
    "ldTag": (False, False, "imported-from-unleash"),
    "ldMaintainer": (False, False, ""),
}


@pytest.mark.parametrize(("key", "facts"), [("split", SPLIT), ("unleash", UNLEASH)])
def test_the_bundled_ones_say_what_launchdarkly_says(key: str, facts: dict[str, Any]) -> None:
    manifest = registry()[key]
    said = {v.key: (not v.is_optional, v.is_secret, v.default_value) for v in manifest.form_variables}
    assert list(said.items()) == list(facts.items()), "in this order too: the request is made in it"
    assert {v.type for v in manifest.form_variables} == {"string"}
    assert [v.key for v in manifest.form_variables if v.is_hidden] == ["ldMaintainer"]
    assert manifest.notes == ()


def test_the_cards_are_plain_json() -> None:
    folder = Path(__file__).parents[2] / "tui" / "manifests"
    for manifest in bundled():
        card = json.loads((folder / f"{manifest.key}.json").read_text(encoding="utf-8"))["guide"]["card"]
        assert set(card) == {"title", "also", "needs"}
        assert all(card.values())


def test_every_kind_is_known(tmp_path: Path) -> None:
    made = [variable(key=f"v{place}", type=kind) for place, kind in enumerate(KINDS)]
    made[KINDS.index("enum")] |= {"allowedValues": ["a"]}
    made[KINDS.index("multiselect")] |= {"multiselectOptions": ["a"], "multiselectDefaultOptions": ["a"]}
    manifest = load(written(tmp_path, *made))
    assert tuple(v.type for v in manifest.form_variables) == KINDS
    assert manifest.notes == ("formVariables[5]: dynamicEnum without dynamicOptions",)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"key": "k" * 21}, "formVariables[0].key: is longer than 20 characters (it has 21)"),
        ({"key": "a b"}, "formVariables[0].key: holds a blank: “a b”"),
        ({"key": ""}, "formVariables[0].key: is empty"),
        ({"key": "a\x1b]0;x"}, "formVariables[0].key: holds characters that do not print"),
        ({"key": None}, "formVariables[0].key: is missing"),
        ({"name": "n" * 51}, "formVariables[0].name: is longer than 50 characters (it has 51)"),
        (
            {"description": "d" * 251},
            "formVariables[0].description: is longer than 250 characters (it has 251)",
        ),
        ({"description": 3}, "formVariables[0].description: must be a text in quotes"),
        (
            {"type": "number"},
            "formVariables[0].type: must be one of string, boolean, uri, enum, oauth, dynamicEnum, "
            "generated, environmentSelector, multiselect, publicKey, not “number”",
        ),
        ({"isSecret": "true"}, "formVariables[0].isSecret: must be true or false, without quotes"),
        (
            {"isSecert": True},
            "formVariables[0].isSecert: is not known to LaunchDarkly's schema; check its spelling",
        ),
        ({"type": "enum"}, "formVariables[0]: is an enum without allowedValues"),
        (
            {"type": "enum", "allowedValues": ["a"], "defaultValue": "b"},
            "formVariables[0]: has a defaultValue that is none of its allowedValues",
        ),
        ({"type": "enum", "allowedValues": "a"}, "formVariables[0].allowedValues: must be a list"),
        (
            {"type": "enum", "allowedValues": ["\x07"]},
            "formVariables[0].allowedValues[0]: holds characters that do not print",
        ),
        ({"type": "multiselect"}, "formVariables[0]: is a multiselect without multiselectOptions"),
        (
            {"type": "multiselect", "multiselectOptions": ["a"], "multiselectDefaultOptions": ["b"]},
            "formVariables[0]: has multiselectDefaultOptions that are none of its multiselectOptions",
        ),
        (
            {"type": "boolean", "defaultValue": "yes"},
            "formVariables[0]: is a boolean whose defaultValue is neither true nor false",
        ),
        (
            {"defaultValue": True},
            "formVariables[0]: has true or false as defaultValue, but is of type string",
        ),
        (
            {"dependsOn": [needs("one")]},
            "formVariables[0].dependsOn: depends on itself, over others or directly",
        ),
        ({"dependsOn": [needs("two")]}, "formVariables[0].dependsOn: names two, which is no variable here"),
        (
            {"dependsOn": [needs("one", action="dropField")]},
            "formVariables[0].dependsOn[0].action: must be one of hideField, showField, not “dropField”",
        ),
        (
            {"dependsOn": [needs("one", where="elsewhere")]},
            "formVariables[0].dependsOn[0].variableLocation: must be one of formVariables, "
            "approvalFormVariables, environmentFormVariables, flagFormVariables, not “elsewhere”",
        ),
        (
            {"dependsOn": [needs("one", value="v" * 251)]},
            "formVariables[0].dependsOn[0].conditions[0].value: is longer than 250 characters (it has 251)",
        ),
        (
            {"dependsOn": [needs("one", conditions=[])]},
            "formVariables[0].dependsOn[0].conditions: is empty",
        ),
    ],
)
def test_a_rule_of_launchdarkly(tmp_path: Path, members: dict[str, Any], problem: str) -> None:
    assert problems(written(tmp_path, variable(**members))) == [problem]


@pytest.mark.parametrize(
    "members",
    [
        {"key": "k" * 20},
        {"name": "n" * 50},
        {"description": "d" * 250},
        {"description": ""},
        {"clearSecretsOnChange": True},
        {"type": "boolean", "isOptional": True, "defaultValue": "false"},
        {"dependsOn": [needs("other", where="environmentFormVariables")]},
    ],
)
def test_what_is_just_right_is_taken(tmp_path: Path, members: dict[str, Any]) -> None:
    assert load(written(tmp_path, variable(**members))).notes == ()


@pytest.mark.parametrize(
    ("members", "note"),
    [
        ({"isOptional": True}, "formVariables[0]: isOptional without a defaultValue"),
        ({"defaultValue": "x"}, "formVariables[0]: a defaultValue without isOptional"),
        ({"type": "uri", "isSecret": True}, "formVariables[0]: isSecret on a type other than string"),
        ({"type": "dynamicEnum"}, "formVariables[0]: dynamicEnum without dynamicOptions"),
    ],
)
def test_what_only_launchdarklys_tests_refuse_is_noted(tmp_path: Path, members: dict[str, Any], note: str) -> None:
    assert load(written(tmp_path, variable(**members))).notes == (note,)


def test_a_manifest_for_something_else_is_noted(tmp_path: Path) -> None:
    path = written(tmp_path, variable(), capabilities={"approval": {}})
    assert load(path).notes == ("capabilities: flagImport is missing",)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        variable(key="a b", type="number"),
        variable(name=None),
        variable(isHidden=1),
        name="bad.json",
        key="not a key",
    )
    found = problems(path)
    assert [text.split(":")[0] for text in found] == [
        "key",
        "formVariables[0].key",
        "formVariables[0].type",
        "formVariables[1].name",
        "formVariables[2].isHidden",
    ]


def test_a_circle_and_a_key_twice(tmp_path: Path) -> None:
    def after(key: str, other: str) -> dict[str, Any]:
        return variable(key=key, dependsOn=[needs(other)])

    circle = problems(written(tmp_path, after("a", "b"), after("b", "c"), after("c", "a"), after("d", "a")))
    assert [text.split(":")[0] for text in circle] == [f"formVariables[{place}].dependsOn" for place in range(3)]
    assert problems(written(tmp_path, variable(), variable())) == [
        f"formVariables[{place}].key: one stands there more than once" for place in range(2)
    ]


def test_nothing_long_or_unprintable_is_echoed(tmp_path: Path) -> None:
    found = problems(written(tmp_path, variable(type="\x1b[2J" + "t" * 500), variable(**{"\x07" + "m" * 500: 1})))
    for text in found:
        assert text.isprintable()
        assert "t" * 81 not in text
        assert "m" * 81 not in text


def test_the_key_is_the_files_or_the_folders(tmp_path: Path) -> None:
    assert load(written(tmp_path, name="statsig.json")).key == "statsig"
    assert load(written(tmp_path, name="statsig/manifest.json")).key == "statsig"
    assert load(written(tmp_path, name="any.json", key="own")).key == "own"


def test_a_byte_order_mark_is_no_part_of_it(tmp_path: Path) -> None:
    path = written(tmp_path, variable())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path).form_variables[0].key == "one"


def test_an_extra_manifest_adds_or_replaces(tmp_path: Path) -> None:
    extra = [written(tmp_path, name="statsig.json"), written(tmp_path, variable(), name="split.json")]
    found = registry(extra)
    assert list(found) == ["split", "unleash", "statsig"]
    assert [v.key for v in found["split"].form_variables] == ["one"]
    assert registry()["split"].form_variables[0].key == "workspaceApiKey"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{",
        b"[" * 200_000,
        b"1" * 10_000,
        b'{"formVariables": NaN}',
        b'{"name": "\\ud800"}',
    ],
    ids=["empty", "cut off", "list", "null", "no utf-8", "deep", "long number", "nan", "surrogate"],
)
def test_no_manifest_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.json"
    path.write_bytes(content)
    assert problems(path)


def test_where_no_file_is(tmp_path: Path) -> None:
    assert len(problems(tmp_path)) == 1
    assert problems(tmp_path / "none.json") == ["cannot be read: No such file or directory"]
    assert problems(Path("\0")) == ["cannot be read: it is no path"]
    big = tmp_path / "big.json"
    big.write_bytes(b" " * (1024 * 1024 + 1))
    assert problems(big) == ["is larger than 1 MiB, which no manifest is"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.dictionaries(
    st.sampled_from(
        [
            "key",
            "name",
            "type",
            "description",
            "isSecret",
            "defaultValue",
            "dependsOn",
            "allowedValues",
            "multiselectOptions",
            "placeholder",
            "guide",
            "x",
        ]
    ),
    JSON | st.sampled_from(KINDS) | st.sampled_from(["a", "b"]),
)


@settings(max_examples=150, deadline=None)
@given(
    content=JSON
    | st.fixed_dictionaries(
        {"name": st.text(max_size=60), "formVariables": st.lists(MEMBERS, max_size=3)},
        optional={"guide": JSON, "key": JSON, "capabilities": JSON},
    )
)
def test_loading_raises_its_own_error_alone(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    found: Sequence[Problem] = ()
    try:
        load(path)
    except ManifestError as error:
        found = error.problems or [Problem("", "\0 no problem named")]
    assert all(str(problem).isprintable() for problem in found)


def test_links_lose_their_addresses() -> None:
    assert without_links("Read [the docs](https://x.example) or [this](y).") == "Read the docs or this."
