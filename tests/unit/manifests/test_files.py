"""Manifests: LaunchDarkly's rules, every problem at once, and no file that could do harm."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.made_manifests import FETCHED, needs, options, variable, written
from tui.answers.fields import KINDS
from tui.manifests.files import ManifestError, ManifestProblem, bundled, load, registry
from tui.manifests.models import without_links
from tui.secrets.names import OWN_FIELDS


def found(path: Path) -> tuple[ManifestProblem, ...]:
    with pytest.raises(ManifestError) as caught:
        load(path)
    assert str(caught.value).count("\n") == len(caught.value.problems) - 1
    return caught.value.problems


def problems(path: Path) -> list[str]:
    return [str(problem) for problem in found(path)]


def places(path: Path) -> list[str]:
    return [problem.place for problem in found(path)]


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
    folder = Path(__file__).parents[3] / "tui" / "manifests"
    for manifest in bundled():
        card = json.loads((folder / f"{manifest.key}.json").read_text(encoding="utf-8"))["guide"]["card"]
        assert set(card) == {"title", "also", "needs"}
        assert all(card.values())


def test_every_kind_is_known(tmp_path: Path) -> None:
    made = [variable(key=f"v{place}", type=kind) for place, kind in enumerate(KINDS)]
    made[KINDS.index("enum")] |= {"allowedValues": ["a"]}
    made[KINDS.index("multiselect")] |= {"multiselectOptions": options("A"), "multiselectDefaultOptions": ["a"]}
    made[KINDS.index("dynamicEnum")] |= {"dynamicOptions": FETCHED}
    manifest = load(written(tmp_path, *made))
    assert tuple(v.type for v in manifest.form_variables) == KINDS
    assert manifest.notes == ()


OPTIONAL: dict[str, Any] = {"isOptional": True, "defaultValue": ""}
MANY: dict[str, Any] = {"type": "multiselect", "multiselectOptions": options("A", "B")}
FETCHES: dict[str, Any] = {"type": "dynamicEnum", "dynamicOptions": FETCHED}
HERE = "formVariables[0]"
ENDPOINT = FETCHED["endpoint"]


def fetched_from(**endpoint: object) -> dict[str, Any]:
    return FETCHES | {"dynamicOptions": {**FETCHED, "endpoint": endpoint}}


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"key": "k" * 21}, f"{HERE}.key"),
        ({"key": "a b"}, f"{HERE}.key"),
        ({"key": "a\n"}, f"{HERE}.key"),
        ({"key": ""}, f"{HERE}.key"),
        ({"key": "a\x1b]0;x"}, f"{HERE}.key"),
        ({"name": "n" * 51}, f"{HERE}.name"),
        ({"description": "d" * 251}, f"{HERE}.description"),
        ({"description": None}, f"{HERE}.description"),
        ({"type": "number"}, f"{HERE}.type"),
        ({"isSecret": "true"}, f"{HERE}.isSecret"),
        ({"isSecert": True}, f"{HERE}.isSecert"),
        # what LaunchDarkly's tests refuse
        ({"type": "uri", "isSecret": True}, HERE),
        ({"type": "enum", "allowedValues": ["a"], "isSecret": True}, HERE),
        ({"isOptional": True}, HERE),
        ({"defaultValue": "x"}, HERE),
        ({"type": "dynamicEnum"}, HERE),
        ({"dynamicOptions": FETCHED}, HERE),
        ({"type": "boolean", "isOptional": True, "defaultValue": "false"}, HERE),
        ({"isOptional": True, "defaultValue": True}, HERE),
        (FETCHES | {"isOptional": True, "defaultValue": True}, HERE),
        ({"type": "enum"}, HERE),
        ({"type": "enum", "allowedValues": ["a"], "isOptional": True, "defaultValue": "b"}, HERE),
        ({"type": "enum", "allowedValues": "a"}, f"{HERE}.allowedValues"),
        ({"type": "enum", "allowedValues": ["\x07"]}, f"{HERE}.allowedValues[0]"),
        # lists to pick several from
        ({"type": "multiselect"}, HERE),
        ({"type": "multiselect", "multiselectOptions": []}, HERE),
        ({"type": "multiselect", "multiselectOptions": [{"label": "A"}]}, f"{HERE}.multiselectOptions[0].value"),
        (MANY | {"multiselectDefaultOptions": ["A"]}, HERE),
        (MANY | {"multiselectDefaultOptions": options("A")}, f"{HERE}.multiselectDefaultOptions[0]"),
        (MANY | OPTIONAL, HERE),
        (MANY | {"allowedValues": ["a"]}, HERE),
        (MANY | {"isSecret": True}, HERE),
        # lists that LaunchDarkly fetches
        (FETCHES | {"dynamicOptions": {}}, f"{HERE}.dynamicOptions.endpoint"),
        (FETCHES | {"dynamicOptions": {**FETCHED, "extra": 1}}, f"{HERE}.dynamicOptions.extra"),
        (fetched_from(url="https://example.com"), f"{HERE}.dynamicOptions.endpoint.method"),
        (fetched_from(**ENDPOINT, body="x"), f"{HERE}.dynamicOptions.endpoint.body"),
        (fetched_from(**ENDPOINT | {"method": "HEAD"}), f"{HERE}.dynamicOptions.endpoint.method"),
        (fetched_from(**ENDPOINT | {"headers": [{"name": "a"}]}), f"{HERE}.dynamicOptions.endpoint.headers[0].value"),
        # dependencies
        ({"dependsOn": [needs("one")]}, f"{HERE}.dependsOn"),
        ({"dependsOn": [needs("two")]}, f"{HERE}.dependsOn"),
        ({"dependsOn": [needs("one", action="dropField")]}, f"{HERE}.dependsOn[0].action"),
        ({"dependsOn": [needs("one", where="elsewhere")]}, f"{HERE}.dependsOn[0].variableLocation"),
        ({"dependsOn": [needs("one", value="v" * 251)]}, f"{HERE}.dependsOn[0].conditions[0].value"),
        ({"dependsOn": [needs("one", conditions=[])]}, f"{HERE}.dependsOn[0].conditions"),
        ({"dependsOn": [{**needs("one"), "extra": 1}]}, f"{HERE}.dependsOn[0].extra"),
    ],
)
def test_form_variable_that_launchdarkly_refuses_is_refused(
    tmp_path: Path, members: dict[str, Any], place: str
) -> None:
    # Defaults of null are their own tests: `variable` leaves such members out.
    assert places(written(tmp_path, variable(**members)))[:1] == [place]


@pytest.mark.parametrize("member", ["defaultValue", "dynamicOptions", "allowedValues", "isSecret", "placeholder"])
def test_null_is_no_value_of_a_form_variable(tmp_path: Path, member: str) -> None:
    (place,) = places(written(tmp_path, {**variable(isOptional=True, defaultValue=""), member: None}))
    assert place in (HERE, f"{HERE}.{member}")


@pytest.mark.parametrize(
    "members",
    [
        {"key": "k" * 20},
        {"name": "n" * 50},
        {"description": "d" * 250},
        {"isSecret": True},
        {"clearSecretsOnChange": True},
        {"isHidden": True, "disableAfterSaving": True, "hideEmpty": True, "placeholder": "x"},
        OPTIONAL,
        OPTIONAL | {"isSecret": True},
        {"type": "boolean", "isOptional": True, "defaultValue": False},
        {"type": "enum", "allowedValues": ["a"], "isOptional": True, "defaultValue": "a"},
        {"type": "oauth"},
        {"type": "generated", **OPTIONAL},
        {"type": "publicKey", **OPTIONAL},
        {"type": "environmentSelector"},
        {"type": "environmentSelector", "isOptional": True},
        MANY,
        MANY | {"isOptional": True},
        MANY | {"multiselectDefaultOptions": ["b", "a"]},
        FETCHES,
        {"dependsOn": [needs("other", where="environmentFormVariables")]},
        *({"key": name} for name in OWN_FIELDS),
    ],
)
def test_form_variable_that_launchdarkly_takes_is_taken(tmp_path: Path, members: dict[str, Any]) -> None:
    assert load(written(tmp_path, variable(**members))).notes == ()


REQUIRED = ("name", "version", "overview", "description", "author", "supportEmail", "links", "categories", "icons")


@pytest.mark.parametrize("member", REQUIRED)
def test_part_that_every_manifest_has_must_be_there(tmp_path: Path, member: str) -> None:
    left_out: dict[str, Any] = {"title" if member == "name" else member: None}
    path = written(tmp_path, variable(), **left_out)
    assert places(path) == [member]


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"title": "n" * 101}, "name"),
        ({"version": "1"}, "version"),
        ({"version": "1.0.0-" + "b" * 20}, "version"),
        ({"categories": []}, "categories"),
        ({"categories": ["a", "b", "c", "d"]}, "categories"),
        ({"links": {}}, "links.site"),
        ({"links": {"site": "https://example.com", "blog": "https://example.com"}}, "links.blog"),
        ({"icons": {"square": "a.svg"}}, "icons.horizontal"),
        ({"icons": {"square": "a.png", "horizontal": "b.svg"}}, "icons.square"),
        ({"formVariabels": []}, "formVariabels"),
        ({"requiresOAuth": "no"}, "requiresOAuth"),
        ({"legacy": {}}, "legacy.kind"),
        ({"capabilities": {"flagImports": {}}}, "capabilities.flagImports"),
        ({"capabilities": {"flagImport": {}}}, "capabilities.flagImport.includeErrorResponseBody"),
        (
            {"capabilities": {"flagImport": {"includeErrorResponseBody": True, "templates": {"unleash": "x"}}}},
            "capabilities.flagImport.templates.unleash",
        ),
        ({"capabilities": None}, ""),
        ({"otherCapabilities": []}, "otherCapabilities"),
        ({"categories": ["a", "a"]}, "categories"),
        ({"links": {"site": "ftp://example.com"}}, "links.site"),
        ({"links": {"site": "https://example.com", "privacyPolicy": "example.com"}}, "links.privacyPolicy"),
        ({"overview": "Imports flags"}, "overview"),
    ],
)
def test_manifest_that_launchdarkly_refuses_is_refused(tmp_path: Path, members: dict[str, Any], place: str) -> None:
    assert places(written(tmp_path, variable(), **members)) == [place]


CAPABILITIES = (
    "approval", "auditLogEventsHook", "bigSegmentStore", "buttonAction", "eventsHook", "externalConfigurationPages",
    "externalConfigurationURL", "featureStore", "flagCleanup", "flagLink", "hideConfiguration",
    "internalConfigurationURL", "reservedCustomProperties", "syncedSegment", "trigger",
)  # fmt: skip


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_manifest_for_something_else_is_right_and_noted(tmp_path: Path, capability: str) -> None:
    path = written(tmp_path, formVariables=None, capabilities={capability: {"any": ["thing"]}})
    manifest = load(path)
    assert (manifest.form_variables, len(manifest.notes)) == ((), 1)


@pytest.mark.parametrize(
    "members",
    [
        {"capabilities": None, "otherCapabilities": ["external"]},
        {"capabilities": {}},
        {"otherCapabilities": ["external"]},
        {"details": "More of it.", "legacy": {"kind": "dataExport"}, "otherCapabilities": ["dataExport", "sso"]},
        {"requiresOAuth": True, "oauthIntegrationKey": "made-up"},
        {"title": "n" * 100},
        {"version": "1.0.0-beta"},
    ],
)
def test_manifest_that_launchdarkly_takes_is_taken(tmp_path: Path, members: dict[str, Any]) -> None:
    load(written(tmp_path, formVariables=None, **members))


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    wrong = (variable(key="a b", type="number"), variable(name=None), variable(isHidden=1))
    assert places(written(tmp_path, *wrong, name="bad.json", key="not a key")) == [
        "key", "formVariables[0].key", "formVariables[0].type", "formVariables[1].name", "formVariables[2].isHidden",
    ]  # fmt: skip


def test_a_circle_and_a_key_twice(tmp_path: Path) -> None:
    def after(key: str, other: str) -> dict[str, Any]:
        return variable(key=key, dependsOn=[needs(other)])

    circle = written(tmp_path, after("a", "b"), after("b", "c"), after("c", "a"), after("d", "a"))
    assert places(circle) == [f"formVariables[{place}].dependsOn" for place in range(3)]
    assert problems(written(tmp_path, variable(), variable())) == [
        f"formVariables[{place}].key: one appears more than once" for place in range(2)
    ]


def test_nothing_long_or_unprintable_is_echoed(tmp_path: Path) -> None:
    texts = problems(written(tmp_path, variable(type="\x1b[2J" + "t" * 500), variable(**{"\x07" + "m" * 500: 1})))
    for text in texts:
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
    manifests = registry(extra)
    assert list(manifests) == ["split", "unleash", "statsig"]
    assert [v.key for v in manifests["split"].form_variables] == ["one"]
    assert registry()["split"].form_variables[0].key == "workspaceApiKey"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe{", b"[" * 200_000, b"1" * 10_000, b'{"formVariables": NaN}',
        b'{"name": "\\ud800"}',
    ],
    ids=["empty", "cut off", "list", "null", "no utf-8", "deep", "long number", "nan", "surrogate"],
)  # fmt: skip
def test_no_manifest_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.json"
    path.write_bytes(content)
    assert problems(path)


def test_where_no_file_is(tmp_path: Path) -> None:
    assert len(problems(tmp_path)) == 1
    assert problems(tmp_path / "none.json") == ["can't be read: No such file or directory"]
    assert problems(Path("\0")) == ["can't be read: not a valid path"]
    big = tmp_path / "big.json"
    big.write_bytes(b" " * (1024 * 1024 + 1))
    assert problems(big) == ["is too large: manifests have at most 1 MiB"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "key", "name", "type", "description", "isSecret", "defaultValue", "dependsOn", "allowedValues",
    "multiselectOptions", "placeholder", "guide", "x",
]  # fmt: skip
MEMBERS = st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(KINDS) | st.sampled_from(["a", "b"]))


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
    with suppress(ManifestError):
        load(path)
        return
    assert problems(path)
    assert all(map(str.isprintable, problems(path)))


def test_links_lose_their_addresses() -> None:
    assert without_links("Read [the docs](https://x.example) or [this](y).") == "Read the docs or this."
