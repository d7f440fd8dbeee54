"""JSON with a limit on its nesting."""

from __future__ import annotations

import json

import pytest

from tui.net.messages import Response
from tui.text.limited_json import DEEPEST, TooDeepError, first_object, parse_answer, parse_file


def nested(levels: int, opened: str, closed: str) -> str:
    return opened * levels + "1" + closed * levels


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}"), ('[2,{"a":3,"b":', "}]")])
def test_as_many_levels_as_allowed_and_no_more(opened: str, closed: str) -> None:
    each = opened.count("[") + opened.count("{")
    text = nested(DEEPEST // each, opened, closed)
    assert parse_answer(text) == parse_answer(text.encode()) == json.loads(text)
    for levels in (DEEPEST // each + 1, 600, 5_000, 100_000):
        with pytest.raises(TooDeepError):
            parse_answer(nested(levels, opened, closed))


@pytest.mark.parametrize("text", ["", "{", "[" * 99, b"\xff", "1" * 5_000])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json has its own subclasses
        parse_answer(text)


@pytest.mark.parametrize("text", ["null", "7", '"a"', "[]", '{"a": {}}'])
def test_small_values_are_read(text: str) -> None:
    assert parse_answer(text) == json.loads(text)


def test_an_allowed_depth_can_be_shown_again() -> None:
    body = nested(DEEPEST, "[", "]").encode()
    assert json.dumps(Response(200, "OK", {}, body, 0.0).json()).encode() == body


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_a_file_may_have_forty_levels_and_no_more(opened: str, closed: str) -> None:
    text = nested(40, opened, closed)
    assert parse_file(text) == parse_file(text.encode("utf-8-sig")) == first_object(f"x{text} y", 1) == json.loads(text)
    for levels in (41, 600, 100_000):
        for read in (parse_file, lambda each: first_object(each, 0)):
            with pytest.raises(TooDeepError):
                read(nested(levels, opened, closed))


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", str(2**64), "[1]x", "1" * 5_000])
def test_a_file_has_only_numbers_that_are_kept_exactly(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_file(text)
