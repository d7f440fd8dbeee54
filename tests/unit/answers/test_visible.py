"""Which fields the answers so far let appear."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.answers.fields import FORM_VARIABLES, Condition, Dependency, Form, Guide, Variable
from tui.answers.form import visible
from tui.answers.rules import ROLE_OF_KIND


def _field(key: str, *depends: Dependency, **members: Any) -> Variable:
    kind = members.pop("kind", "string")
    return Variable(key, key, "", Guide(), kind, ROLE_OF_KIND[kind], depends_on=depends, **members)


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
