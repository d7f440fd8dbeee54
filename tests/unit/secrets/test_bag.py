"""Secrets in a bag, which never shows them."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from pydantic import SecretStr

from tui.secrets.bag import Bag
from tui.text.redact import MASK, Redactor

CANARY = "api-canary-7d1f0c"


def test_bag_holds_compares_and_drops_secrets() -> None:
    bag = Bag()
    bag.put("token", CANARY)
    bag.put("ldApiKey", SecretStr(CANARY))
    bag.put("sourceApiKey", "another")
    assert bag.get("token") == SecretStr(CANARY)
    assert bag.keys() == ("token", "ldApiKey", "sourceApiKey")
    assert bag.same("token", "ldApiKey")
    assert not bag.same("token", "sourceApiKey")
    bag.drop("token")
    bag.drop("token")
    assert bag.get("token") is None
    assert bag.keys() == ("ldApiKey", "sourceApiKey")
    assert not bag.same("token", "nothing either")


def test_bag_shows_only_the_names_of_its_fields() -> None:
    bag = Bag()
    bag.put("token", CANARY)
    assert repr(bag) == str(bag) == "Bag(token)"
    try:
        raise RuntimeError(bag)
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert CANARY not in shown


@pytest.mark.parametrize("make", [pickle.dumps, copy.copy, copy.deepcopy])
def test_is_never_copied(make: object) -> None:
    bag = Bag()
    bag.put("token", CANARY)
    assert callable(make)
    with pytest.raises(TypeError):
        make(bag)


def test_the_redactor_knows_what_was_sent_and_what_is_held() -> None:
    redactor = Redactor()
    bag = Bag(redactor)
    bag.put("token", CANARY)
    assert bag.get("token") is not None  # it was opened to be sent
    bag.put("token", "the-second-one-that-is-held")
    assert redactor(f"{CANARY} the-second-one-that-is-held") == f"{MASK} {MASK}"


def test_a_key_typed_letter_by_letter_leaves_no_beginnings_behind() -> None:
    redactor = Redactor()
    bag = Bag(redactor)
    for end in range(1, len(CANARY) + 1):
        bag.put("token", CANARY[:end])
        assert bag.peek("token") == CANARY[:end]
    assert redactor(f"api-gateway {CANARY} {CANARY[:9]}") == f"api-gateway {MASK} {CANARY[:9]}"
