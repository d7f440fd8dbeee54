"""From a manifest to a form, which fields appear, and what is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.made_manifests import FETCHED, options, variable, written
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, GUIDES, HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.fields import (
    FORM_VARIABLES,
    HELP_CELLS,
    KINDS,
    LABEL_CELLS,
    Condition,
    Dependency,
    Form,
    Guide,
    Variable,
)
from tui.answers.form import build, config, effective, visible
from tui.answers.rules import ROLE_OF_KIND, ROLES, tidy, validate
from tui.answers.secret_facts import secret_facts
from tui.manifests.files import bundled, load
from tui.manifests.models import VariableType
from tui.widgets.ids import widget_id

FORMS = [build(manifest) for manifest in bundled()]
BUILT_IN = [TOKEN, HOST, PROJECT, CONFIG_NAME, CONFIG_TAGS, SOURCE_API]
ALL = [*BUILT_IN, *(each for form in FORMS for each in form.variables)]


def _made(tmp_path: Path, *variables: dict[str, Any], **members: Any) -> Form:
    return build(load(written(tmp_path, *variables, **members)))


# --- the words


@pytest.mark.parametrize("field", ALL, ids=lambda field: str(field.key))
def test_every_field_has_its_words(field: Variable) -> None:
    assert 0 < len(field.label) <= LABEL_CELLS
    assert 0 < len(field.help) <= HELP_CELLS
    assert "..." not in field.help, "a help that is cut off is too long"
    assert len(field.guide.what) > 60
    assert field.guide.where or field.role == "config-tags"
    assert all(not line.endswith(" ") and len(line) > 20 for line in field.guide.where)
    if field.secret:
        assert len(field.guide.right) > 60


def test_your_token_and_the_import_key_are_never_called_anything_else() -> None:
    for form in FORMS:
        key = form.get("ldApiKey")
        assert key is not None
        assert (key.label, key.guide) == ("Import key", GUIDES["import-key"])
        assert "your own token" in key.guide.what
    assert TOKEN.label == "Your token"


def test_launchdarklys_own_manifest_plays_the_same_roles(tmp_path: Path) -> None:
    """Its files have neither `key` nor `guide`; the folder is the key."""
    for form in FORMS:
        plain = [variable(key=each.key, isSecret=each.secret) for each in form.variables]
        folder = _made(tmp_path, *plain, name=f"{form.integration}/manifest.json")
        assert folder.integration == form.integration
        assert [each.role for each in folder.variables] == [each.role for each in form.variables]
        assert [each.guide for each in folder.variables] == [each.guide for each in form.variables]


def test_a_manifest_of_ones_own(tmp_path: Path) -> None:
    form = _made(
        tmp_path,
        variable(
            key="a",
            name="A name that is longer than the label may be",
            description="One [link](https://x.y). Two.",
        ),
        variable(key="ldApiKey", isOptional=True, defaultValue=""),
        variable(key="pass", isSecret=True, description="\x1b[2J" + "long " * 40, placeholder="\x07x"),
        variable(key="ldTag", name="標籤標籤標籤標籤標籤標籤"),
    )
    one, key, password, tag = form.variables
    assert (one.label, one.help, one.role) == ("A name that is...", "One link. Two.", "text")
    assert one.guide.what == "One link. Two."
    assert (key.role, key.secret, key.required) == ("import-key", True, False)
    assert (password.role, password.secret) == ("secret", True)
    assert password.help.isprintable()
    assert password.placeholder.isprintable()
    assert len(password.help) <= HELP_CELLS
    assert (tag.label, tag.role) == ("標籤標籤標籤標籤...", "ld-tag")


def test_members_of_a_form_variable_are_honoured(tmp_path: Path) -> None:
    form = _made(
        tmp_path,
        variable(key="b", type="boolean", isOptional=True, defaultValue=True),
        variable(key="e", type="enum", allowedValues=["x", "y"], isOptional=True, defaultValue="y"),
        variable(
            key="m",
            type="multiselect",
            multiselectOptions=options("P", "Q", "R"),
            isOptional=True,
            multiselectDefaultOptions=["r", "p"],
        ),
        variable(key="h", isHidden=True, disableAfterSaving=True, hideEmpty=True, placeholder="like this"),
        variable(key="d", type="dynamicEnum", dynamicOptions=FETCHED),
    )
    b, e, m, h, d = form.variables
    assert (b.default, e.default, m.default) == ("true", "y", "r\np")
    assert (e.choices, m.choices) == (("x", "y"), ("p", "q", "r"))
    assert (e.options, m.options) == ((("x", "x"), ("y", "y")), (("p", "P"), ("q", "Q"), ("r", "R")))
    assert (e.role, m.role, b.role) == ("choice", "choices", "boolean")
    assert (h.hidden, h.fixed_after_saving, h.hide_empty, h.placeholder) == (True, True, True, "like this")
    assert d.note
    assert d.role == "text"


def test_kinds_are_the_same_everywhere() -> None:
    assert VariableType.__args__ == KINDS  # type: ignore[attr-defined]
    assert set(ROLE_OF_KIND) == set(KINDS)
    assert set(ROLE_OF_KIND.values()) <= set(ROLES)


# --- what is sent


def _field(key: str, *depends: Dependency, **members: Any) -> Variable:
    kind = members.pop("kind", "string")
    return Variable(key, key, "", Guide(), kind, ROLE_OF_KIND[kind], depends_on=depends, **members)


def test_config_of_the_bundled_forms() -> None:
    split, unleash = FORMS
    answers = {
        "workspaceId": "w",
        "environmentId": "e",
        "sourceBaseUrl": "https://u",
        "sourceProjectId": "p",
        "sourceEnvironmentId": "v",
        "sourceTag": "simple:x",
        "ldTag": "",
        "token": "no",
        "config-name": "no",
    }
    assert list(config(split, answers, str.upper).items()) == [
        ("workspaceApiKey", "WORKSPACEAPIKEY"),
        ("workspaceId", "w"),
        ("environmentId", "e"),
        ("splitTag", ""),
        ("ldApiKey", "LDAPIKEY"),
        ("ldTag", ""),
    ]
    del answers["ldTag"]
    assert config(unleash, answers | {"ldMaintainer": "m"}, str.upper) == {
        "sourceBaseUrl": "https://u",
        "sourceApiKey": "SOURCEAPIKEY",
        "sourceProjectId": "p",
        "sourceEnvironmentId": "v",
        "sourceTag": "simple:x",
        "ldApiKey": "LDAPIKEY",
        "ldTag": "imported-from-unleash",
        "ldMaintainer": "m",
    }


def test_each_kind_is_sent_as_what_it_is() -> None:
    form = Form(
        "x",
        "X",
        (
            _field("b", kind="boolean", default="true"),
            _field("c", kind="boolean"),
            _field("e", kind="enum", default="y"),
            _field("m", kind="multiselect", choices=("p", "q")),
            _field("n", kind="multiselect", choices=("p",)),
            _field("h", kind="multiselect", hidden=True),
            _field("s", secret=True),
            _field("gone", Dependency("e", FORM_VARIABLES, True, (Condition("equalTo", "1"),))),
        ),
    )
    answers = {"b": "false", "c": "", "e": "", "m": "q\np", "gone": "still typed"}
    sent = config(form, answers, lambda key: None)
    assert sent == {"b": False, "c": False, "e": "y", "m": ["q", "p"], "n": []}
    assert json.dumps(sent)


def test_a_text_cleared_on_purpose_is_blank_and_one_never_given_is_the_default() -> None:
    field = _field("t", default="d")
    assert (effective(field, {}), effective(field, {"t": ""}), effective(field, {"t": "x"})) == ("d", "", "x")
    chosen = _field("e", kind="enum", default="d")
    assert effective(chosen, {"e": ""}) == "d"


# --- nothing raises


FIELDS = st.sampled_from([*ALL, *(Variable("x", "X", role=role, choices=("a",)) for role in ROLES)])
TEXT = st.text(max_size=200) | st.text(alphabet="htps:/.@#[]*-apiuser=“” \n\u200b", max_size=60)
KEYS = st.sampled_from([each.key for each in ALL])


@given(FIELDS, TEXT, st.dictionaries(KEYS, TEXT, max_size=4), TEXT)
def test_no_answer_makes_the_form_raise(field: Variable, raw: str, answers: dict[str, str], key: str) -> None:
    tidied = tidy(field, raw)
    facts = {"sourceApiKey": secret_facts(FORMS[1].variables[1], key)}
    for value in (raw, tidied.value):
        for finding in validate(field, value, answers, facts):
            assert finding.field == field.key
            assert finding.text.isprintable()
    secret_facts(field, raw)


@given(st.dictionaries(KEYS, TEXT, max_size=8))
def test_any_answers_make_a_config_that_can_be_sent(answers: dict[str, str]) -> None:
    for form in FORMS:
        sent = config(form, answers, lambda key: "secret")
        order = [each.key for each in form.variables]
        assert list(sent) == [key for key in order if key in sent]
        json.dumps(sent)


# --- ids, and what is loaded


def test_ids_of_inputs() -> None:
    assert widget_id("field", "ldApiKey") == "field-ldApiKey"
    assert widget_id("problem", "a.b") == "problem-a_x002Eb"
    assert widget_id("field", "größe") == "field-gr_x00F6_x00DFe"
    assert widget_id("field", "🎉") == "field-_xD83C_xDF89"
    assert widget_id("field", "_x002E") != widget_id("field", ".") == "field-_x002E"


TRICKY = st.text(alphabet="_x002E.", max_size=12) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(TRICKY, min_size=2, max_size=6, unique=True))
def test_ids_are_legal_and_never_shared(keys: list[str]) -> None:
    ids = [widget_id("field", key) for key in keys]
    assert len(set(ids)) == len(ids)
    for each in ids:
        assert each.isascii()
        assert each.replace("-", "").replace("_", "").isalnum()


def _after(shows: bool, *conditions: tuple[str, str], key: str = "a", location: str = FORM_VARIABLES) -> Dependency:
    return Dependency(key, location, shows, tuple(Condition(*condition) for condition in conditions))


def _shown(form: Form, **answers: str) -> list[str]:
    return [each.key for each in visible(form, answers)]


@pytest.mark.parametrize("shows", [True, False], ids=["showField", "hideField"])
@pytest.mark.parametrize(
    ("operator", "value", "answer", "holds"),
    [
        ("lessThan", "10", "9", True),
        ("lessThan", "10", "10", False),
        ("lessThan", "b", "a", True),
        ("lessThanOrEqualTo", "10", "10.0", True),
        ("lessThanOrEqualTo", "10", "11", False),
        ("greaterThan", "9", "10", True),
        ("greaterThan", "a", "b", True),
        ("greaterThan", "9", "", False),
        ("greaterThanOrEqualTo", "9", "9", True),
        ("greaterThanOrEqualTo", "9", "8", False),
        ("greaterThan", "1", "nan", True),  # no number: compared as texts
        ("equalTo", "true", "true", True),
        ("equalTo", "1", "1.0", False),
        ("equalTo", "", "", True),
        ("notEqual", "true", "false", True),
        ("notEqual", "", "", False),
        ("contains", "bc", "abcd", True),
        ("contains", "x", "abcd", False),
        ("startsWith", "ab", "abcd", True),
        ("startsWith", "b", "abcd", False),
        ("endsWith", "cd", "abcd", True),
        ("endsWith", "c", "abcd", False),
    ],
)
def test_a_dependency(shows: bool, operator: str, value: str, answer: str, holds: bool) -> None:
    form = Form("x", "X", (_field("a"), _field("b", _after(shows, (operator, value)))))
    assert ("b" in _shown(form, a=answer)) == (holds == shows)


def test_all_conditions_of_all_dependencies_must_hold() -> None:
    both = _after(True, ("startsWith", "x"), ("endsWith", "y"))
    never = _after(False, ("equalTo", "no"), key="c")
    form = Form("x", "X", (_field("a"), _field("b", both, never), _field("c")))
    assert _shown(form, a="xy") == ["a", "b", "c"]
    assert _shown(form, a="x") == ["a", "c"]
    assert _shown(form, a="xy", c="no") == ["a", "c"]


def test_what_does_not_appear_counts_as_blank_for_others() -> None:
    form = Form(
        "x",
        "X",
        (
            _field("a", kind="boolean", default="false"),
            _field("b", _after(True, ("equalTo", "true")), default="here"),
            _field("c", _after(True, ("equalTo", "here"), key="b")),
        ),
    )
    assert _shown(form, a="true") == ["a", "b", "c"]
    assert _shown(form) == ["a"]


def test_hidden_ones_stay_under_more_unless_they_are_brought_up() -> None:
    form = Form(
        "x",
        "X",
        (_field("a"), _field("b", hidden=True), _field("c", _after(True, ("equalTo", "1")), hidden=True)),
    )
    assert [(each.key, each.hidden) for each in visible(form, {"a": "1"})] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]
    assert _shown(form) == ["a", "b"]


def test_a_place_of_another_form_decides_nothing_and_a_circle_ends() -> None:
    elsewhere = _after(True, ("equalTo", "1"), location="approvalFormVariables")
    assert _shown(Form("x", "X", (_field("b", elsewhere),))) == ["b"]
    assert _shown(Form("x", "X", (_field("a"), _field("b", elsewhere)))) == ["a", "b"]
    circle = Form(
        "x",
        "X",
        (_field("a", _after(True, ("notEqual", ""), key="b")), _field("b", _after(True, ("notEqual", "")))),
    )
    assert _shown(circle, a="1", b="1") == []


def test_hide_empty() -> None:
    form = Form("x", "X", (_field("a", hide_empty=True), _field("b", hide_empty=True, default="d")))
    assert _shown(form) == ["b"]
    assert _shown(form, a="1") == ["a", "b"]


OPERATORS = st.sampled_from(
    ["lessThan", "lessThanOrEqualTo", "greaterThan", "greaterThanOrEqualTo", "equalTo", "notEqual", "contains",
     "startsWith", "endsWith"]
)  # fmt: skip
DEPENDENCIES = st.builds(
    Dependency,
    st.sampled_from("abcx"),
    st.sampled_from([FORM_VARIABLES, "approvalFormVariables"]),
    st.booleans(),
    st.lists(st.builds(Condition, OPERATORS, st.text(max_size=3)), min_size=1, max_size=2).map(tuple),
)


@given(
    st.lists(st.lists(DEPENDENCIES, max_size=2), min_size=3, max_size=3),
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=5)),
)
def test_any_dependencies_come_to_an_end(depends: list[list[Dependency]], answers: dict[str, str]) -> None:
    form = Form("x", "X", tuple(_field(key, *each) for key, each in zip("abc", depends, strict=True)))
    shown = visible(form, answers)
    assert [each.key for each in shown] == sorted(each.key for each in shown)
