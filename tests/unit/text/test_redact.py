"""What the redactor takes out of foreign texts, of data, and of finished ones, and what it leaves there."""

from __future__ import annotations

import base64
import json
import re
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from tests.unit.echoes import TRANSFORMATIONS, left_of, letters, secret_part, truncated
from tui.text.clean import plain
from tui.text.redact import MASK, Redactor, holds

TOKEN = "api-1f0e2d3c-4b5a-4697-8877-665544332211"
SDK = "default:production.0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5"
DOTTED = "[]:pre.prod.c41d8cd98f00b204e9800998ecf8427e3d1bb0a6b3e2e1c48e9c7a55"
PERSONAL = "user:77de68daecd823babbb58edb1c8e14d7106e83bb6f0c2d94a1e5b7f3"
OPAQUE = "9f8x2lq7vbn4mzr1tk6wp3yd5hc0gj8s2fa"
ODD = "k7\"w2\\p9/r4+t6=z1%y8&q3'n5$m0`j2<h7{g4?f6#d1;"
KEYS = (TOKEN, SDK, DOTTED, PERSONAL, OPAQUE, ODD)
NAMES = {
    "LaunchDarkly's": TOKEN, "Unleash's": SDK, "Unleash's with a dot": DOTTED, "a personal one": PERSONAL,
    "Split's": OPAQUE, "of odd characters": ODD,
}  # fmt: skip

# Keys as people make them, too: letters and digits with separators between.
keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=60)
made = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_."), min_size=20, max_size=60)


def knowing(*keys: str) -> Redactor:
    redactor = Redactor()
    for key in keys:
        redactor.add(key)
    return redactor


# --- parts of keys


@pytest.mark.parametrize("key", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("transformation", TRANSFORMATIONS.values(), ids=TRANSFORMATIONS)
def test_no_part_is_left_in_any_transformation(key: str, transformation: object) -> None:
    assert callable(transformation)
    redactor = knowing(*KEYS)
    parts = list(truncated(key))
    assert all(left_of(key, transformation(part)) for part in (parts[0], parts[5])), "the search finds the shortest"
    for part in parts:
        text = f"why: {transformation(part)}, try another"
        redacted = redactor.foreign(text)
        assert left_of(key, redacted) == "", (part, redacted)
        assert redacted.startswith("why")
        assert redacted.endswith("another")


def test_twelve_characters_in_a_row_go_even_if_some_are_dashes() -> None:
    part, redactor = secret_part(TOKEN), knowing(TOKEN)
    for start in range(len(part) - 11):
        for length in (12, 13, 20):
            for shown in (part[start : start + length], part[start : start + length].upper()):
                assert redactor.foreign(f"got {shown}...") == f"got {MASK}..."


@seed(1)
@settings(max_examples=150, deadline=None)
@example(key=ODD, name="in a URL twice", start=3, length=30, before="%", after="&#")
@given(
    key=made,
    name=st.sampled_from(sorted(TRANSFORMATIONS)),
    start=st.integers(0, 30),
    length=st.integers(16, 60),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_a_part_of_any_key_is_taken_out_of_any_text(
    key: str, name: str, start: int, length: int, before: str, after: str
) -> None:
    redacted = knowing(key).foreign(
        f"{before} {TRANSFORMATIONS[name](secret_part(key)[start : start + length])} {after}"
    )
    assert left_of(key, redacted) == ""


@seed(2)
@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300))
def test_a_text_without_keys_stays(text: str) -> None:
    redactor = knowing(*KEYS)
    if all(left_of(key, text) == "" for key in KEYS):
        assert redactor.foreign(text) == redactor.data(text) == redactor(text) == text
    assert Redactor()(text) is text


@seed(3)
@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.sampled_from((*KEYS, "%", "&amp;", "\\u0041", "a word", " ", "\n", MASK)), max_size=8))
def test_what_was_redacted_stays_as_it_is(parts: list[str]) -> None:
    redactor = knowing(*KEYS)
    once = redactor.foreign("".join(parts))
    assert redactor.foreign(once) == once
    assert all(left_of(key, once) == "" for key in KEYS)


def test_what_is_no_secret_of_a_key_stays() -> None:
    redactor = knowing(*KEYS)
    for text in ("default:production", "api-gateway", "[]:pre", TOKEN[:14], f"{SDK[:30]}", "user:someone"):
        assert redactor.foreign(text) == text


def test_a_key_that_is_much_longer_than_a_look_is_found_anywhere() -> None:
    redactor = knowing(TOKEN)
    spelled = TRANSFORMATIONS["in a URL twice"](TOKEN)
    for size in (3_500, 3_583, 3_584, 4_000, 4_090, 4_096, 10_000, 400_000):
        text = f"{'x ' * (size // 2)}{spelled}{' y' * 3_000}"
        assert left_of(TOKEN, redactor.foreign(text)) == ""
        assert redactor.foreign(text).count(MASK) == 1


# --- keys that nobody has told of


UNKNOWN = (
    "api-aaaabbbb-cccc-4ddd-8eee-ffff00001111",
    "SDK-AAAABBBB-CCCC-4DDD-8EEE-FFFF00001111",
    "default:production.aaaabbbbccccddddeeeeffff0000111122223333444455556666777788",
    "*:*.aaaabbbbccccddddeeeeffff0000111122223333444455556666777788",
    "user:aaaabbbbccccddddeeeeffff0000111122223333444455556666777788",
    "default:production.v2_AbCdEfGhIjKlMnOpQrStUv_0123456789abcdefghijABCDEFGHIJ0123456789abc",
    "user:v2_AbCdEfGhIjKlMnOpQrStUv_0123456789abcdefghijABCDEFGHIJ0123456789abc",
)
HARNESS = (
    "pat.AbCdEfGhIjKlMnOpQrStUv.65f0c0ffee0c0ffee0c0ffee.QwErTyUiOpAsDfGhJkLz",
    "sat.AbCdEfGhIjKlMnOpQrStUv.65f0c0ffee0c0ffee0c0ffee.QwErTyUiOpAsDfGhJkLz",
)
HEX = "aaaabbbbccccddddeeeeffff00001111"


@pytest.mark.parametrize("key", [*UNKNOWN, *HARNESS, HEX, HEX.upper()])
def test_a_shape_is_found_inside_a_text(key: str) -> None:
    for text in (f"bad key={key}.", f'"{key}"', f"({key})", key):
        assert Redactor().foreign(text) == text.replace(key, MASK)
    if key in UNKNOWN:
        assert Redactor().data(f"flag {key}") == f"flag {MASK}"


@pytest.mark.parametrize(
    "name",
    [
        HEX, f"sha-{HEX}", TOKEN[:-1], TOKEN.upper()[5:], SDK[20:], "65f0c0ffee0c0ffee0c0ffee",
        "1f0e2d3c-4b5a-4697-8877-665544332211", "checkout-v2", "a-split-key-of-words",
    ],
)  # fmt: skip
def test_data_lose_nothing_but_whole_tokens(name: str) -> None:
    redactor = knowing(TOKEN, SDK, OPAQUE, "a-split-key-of-words")
    assert redactor.data(f"{OPAQUE} {name}") == f"{MASK} {name}"
    assert redactor.document({"flags": [{"key": name, "tags": [name]}]}) == {"flags": [{"key": name, "tags": [name]}]}


def test_ids_of_the_recipe_are_no_keys_by_their_shape() -> None:
    redactor = Redactor()
    redactor.exempt(["web-shop", HEX.upper()])
    assert redactor.foreign(f"no environment {HEX}") == f"no environment {HEX}"
    assert redactor.setting("0" * 32) == "0" * 32
    redactor.add(f"default:production.{HEX}")
    assert redactor.foreign(f"no environment {HEX}") == f"no environment {MASK}"
    assert redactor.setting(HEX) == MASK


def test_words_of_this_program_stay_whatever_the_key() -> None:
    redactor = knowing("launchdarkly-targeting-rules-percentage-rollout")
    said = "LaunchDarkly refused: targeting-rules, percentage-rollout are not imported."
    document = {"message": said, "losses": ["targeting-rules"]}
    assert redactor(said) == said
    assert redactor.document(document) == document


# --- what a configuration shows


def test_it_learns_the_secret_settings_of_a_configuration() -> None:
    redactor = Redactor()
    redactor.secret_settings({"unleash": ["sourceApiKey", "ldApiKey"], "split": ["workspaceApiKey"]})
    redactor.learn("unleash", {"sourceApiKey": SDK, "ldApiKey": "*" * 40, "workspaceApiKey": OPAQUE, "n": 1})
    assert redactor.foreign(f"{SDK[20:40]} {'*' * 40} {OPAQUE}") == f"{MASK} {'*' * 40} {OPAQUE}"
    redactor.learn("nobody-knows", {"workspaceApiKey": OPAQUE, "ldApiKey": None})
    assert redactor.foreign(OPAQUE[:14]) == MASK


# --- a key inside an answer


@pytest.mark.parametrize("key", NAMES.values(), ids=NAMES)
def test_an_answer_that_has_a_key_in_it_is_told(key: str) -> None:
    part = secret_part(key)
    for text in (key, f"Import {key}", f"x{key}y", part, key.upper(), letters(part), f"{part[:9]} {part[9:]}"):
        assert holds(text, key)
    for text in ("", "Import of flags", key[:-1][:12], part[:-3]):
        assert not holds(text, key)
    assert not holds("anything at all", "")
    assert not holds("short", "short")


# --- whole keys


def spelled(secret: str) -> list[str]:
    raw = secret.encode()
    return [
        secret,
        json.dumps(secret),
        json.dumps({"error": f"not valid: {secret}"}),
        repr(secret),
        plain(secret),
        plain(f"said: {secret}"),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        re.sub("%..", lambda match: match[0].lower(), quote(secret)),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        base64.b64encode(b"user:" + raw).decode(),  # in a Basic header
        base64.b64encode(raw + b":user").decode(),
    ]


@given(key=keys, before=st.text(max_size=5), after=st.text(max_size=5))
def test_a_key_is_found_however_it_is_spelled(key: str, before: str, after: str) -> None:
    redactor = knowing(key)
    for text in spelled(key):
        redacted = redactor(f"{before} {text} {after}")
        assert MASK in redacted
        assert key not in redacted


@pytest.mark.parametrize(
    ("known", "text", "redacted"),
    [
        ([" " * 20], "promo of the year 2025", "promo of the year 2025"),
        (["launchdarkly123", "api-gateway-api"], "launchdarkly123 api-gateway-api", "launchdarkly123 api-gateway-api"),
        (
            ["a-secret-key-of-ours", "a-secret-key-of-ours-and-more"],
            "x a-secret-key-of-ours-and-more y a-secret-key-of-ours z",
            f"x {MASK} y {MASK} z",
        ),
        (["*:*.[a](b)+$|a*?"], "x *:*.[a](b)+$|a*? y aaaa", f"x {MASK} y aaaa"),
    ],
    ids=["blanks", "too short for keys", "the longer of two", "marks of a pattern"],
)
def test_whole_keys_are_masked_and_nothing_else(known: list[str], text: str, redacted: str) -> None:
    redactor = Redactor()
    for slot, key in enumerate(known):
        redactor.add(key)
        redactor.hold(str(slot), key)
    assert redactor(text) == redactor.foreign(text) == redacted
    assert redactor.data(text) in (text, redacted)


def test_what_a_field_holds_is_known_until_it_holds_something_else() -> None:
    redactor = Redactor()
    redactor.hold("token", "the-first-secret")
    redactor.hold("other", "the-other-secret")
    redactor.hold("token", "the-second-secret")
    assert redactor("the-first-secret the-second-secret the-other-secret") == f"the-first-secret {MASK} {MASK}"
    redactor.add("the-second-secret")
    redactor.hold("token", "")
    assert redactor("the-second-secret") == MASK


def test_a_redactor_shows_nothing_of_what_it_knows() -> None:
    redactor = Redactor()
    redactor.add("a-secret-of-some-length")
    redactor.hold("token", "another-secret-of-some-length")
    assert "secret-of" not in repr(redactor)
    assert "2" in repr(redactor)


@given(keys)
def test_a_document_stays_one_whatever_the_key(key: str) -> None:
    redactor = knowing(key)
    taken = redactor.document({"said": key, "list": [key, f"a {key}", None, True, 1], "nested": {"b": {"c": key}}})
    assert json.loads(json.dumps(taken)) == {
        "said": MASK,
        "list": [MASK, redactor(f"a {key}"), None, True, 1],
        "nested": {"b": {"c": MASK}},
    }


# --- speed


def test_ten_thousand_descriptions_take_no_time_to_speak_of() -> None:
    redactor = knowing(*KEYS)
    texts = [f"Enables checkout {n} for users of region & market, see https://example.com/{n}" for n in range(10_000)]
    redactor.foreign("warm")
    began = time.process_time()
    assert [redactor.foreign(text) for text in texts] == texts
    assert time.process_time() - began < 2.0
