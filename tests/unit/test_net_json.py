"""JSON with a limit on its nesting."""

from __future__ import annotations

import json

import pytest

from tui.net.json_text import DEEPEST, TooDeepError, parse_json
from tui.net.messages import Answer


def nested(levels: int, opened: str, closed: str) -> str:
    return opened * levels + "1" + closed * levels


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}"), ('[2,{"a":3,"b":', "}]")])
def test_as_many_levels_as_allowed_and_no_more(opened: str, closed: str) -> None:
    each = opened.count("[") + opened.count("{")
    text = nested(DEEPEST // each, opened, closed)
    assert parse_json(text) == parse_json(text.encode()) == json.loads(text)
    for levels in (DEEPEST // each + 1, 600, 5_000, 100_000):
        with pytest.raises(TooDeepError):
            parse_json(nested(levels, opened, closed))


@pytest.mark.parametrize("text", ["", "{", "[" * 99, b"\xff", "1" * 5_000])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json has its own subclasses
        parse_json(text)


@pytest.mark.parametrize("text", ["null", "7", '"a"', "[]", '{"a": {}}'])
def test_small_values_are_read(text: str) -> None:
    assert parse_json(text) == json.loads(text)


def test_an_allowed_depth_can_be_shown_again() -> None:
    body = nested(DEEPEST, "[", "]").encode()
    assert json.dumps(Answer(200, "OK", {}, body, 0.0).json()).encode() == body
