"""The response that creates an access token."""

from __future__ import annotations

import json

import pytest

from tui.launchdarkly.tokens import created_token, learn_values
from tui.net.errors import Failure, Kind
from tui.net.messages import Response
from tui.text.redact import Redactor

VALUE = "q8-not-the-usual-shape-41b7c0"
ID = "5ac0de510004000000001000"


def answer(body: str) -> Response:
    return Response(201, "Created", {}, body.encode(), 0.1)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"_id": ID, "token": VALUE}),
        f'{{"token": "{VALUE}", "_id": "5ac',
        f'{{"_id": "{ID}", "token" :  "{VALUE}',
        f'<html>{{"token":"{VALUE}"}}',
        json.dumps({"message": f'broken: {{"token": "{VALUE}"}}', "token": VALUE}),
    ],
)
def test_redactor_learns_the_value_of_any_body(body: str) -> None:
    redactor = Redactor()
    learn_values(answer(body), redactor)
    assert VALUE not in redactor(f"log: {body}")
    assert VALUE not in redactor.foreign(body)


def test_escaped_value_is_learned_as_it_is_used() -> None:
    redactor = Redactor()
    learn_values(answer('{"token": "q8\\u002dnot-the-usual-shape-41b7c0"}'), redactor)
    assert VALUE not in redactor(VALUE)


@pytest.mark.parametrize(
    ("shape", "id_", "usable"),
    [
        ({"_id": ID, "token": VALUE}, ID, True),
        ({"_id": ID}, ID, False),
        ({"_id": ID, "token": "41b7"}, ID, False),
        ({"_id": ID, "token": f"{VALUE} "}, ID, False),
        ({"_id": ID, "token": None}, ID, False),
        ({"_id": VALUE, "token": VALUE}, "", True),
        ({"_id": "../../projects", "token": VALUE}, "", True),
        ({"_id": 7, "token": VALUE}, "", True),
        ([], "", False),
        (None, "", False),
    ],
)
def test_only_a_usable_value_and_id_are_taken(shape: object, id_: str, usable: bool) -> None:
    created = created_token(answer(json.dumps(shape)), Redactor())
    assert (created.id, created.value is not None) == (id_, usable)
    assert VALUE not in repr(created)


def test_broken_body_is_a_failure_that_leaves_open_whether_it_exists() -> None:
    with pytest.raises(Failure) as raised:
        created_token(answer(f'{{"token": "{VALUE}'), Redactor())
    assert (raised.value.kind, raised.value.sent) == (Kind.NOT_JSON, True)
    assert VALUE not in str(raised.value)
