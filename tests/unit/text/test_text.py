"""Foreign text made safe, and secrets taken out of any text."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.text.cells import cells, fitted, wrapped
from tui.text.clean import REPLACEMENT, clean, plain
from tui.text.redact import MASK, Redactor

anything = st.text(st.characters(exclude_categories=()))
keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=60)


# --- clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain ☃ text", "plain ☃ text"),
        ("\x1b[2J", f"{REPLACEMENT}[2J"),
        ("\x1b]52;c;aGFjaw==\x07", f"{REPLACEMENT}]52;c;aGFjaw=={REPLACEMENT}"),
        ("\x9b31m\x9d0;x\x9c", f"{REPLACEMENT}31m{REPLACEMENT}0;x{REPLACEMENT}"),
        ("a\u202eb\u2066c\u200bd", f"a{REPLACEMENT}b{REPLACEMENT}c{REPLACEMENT}d"),
        ("\ud800", REPLACEMENT),
        ("a\tb", "a b"),
        ("a\r\nb\rc\nd", "a b c d"),
        ("\x00\x7f\ufeff", REPLACEMENT * 3),
        ("[bold]x[/]", "[bold]x[/]"),  # markup is off wherever it is shown
    ],
)
def test_what_a_terminal_would_obey_is_replaced(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_lines_may_be_kept() -> None:
    assert clean("a\r\nb\rc\n\x1b", multiline=True) == f"a\nb\nc\n{REPLACEMENT}"


@given(anything)
def test_what_comes_out_prints(text: str) -> None:
    assert clean(text).isprintable()
    lines = clean(text, multiline=True)
    assert all(line.isprintable() for line in lines.split("\n"))
    assert clean(lines, multiline=True) == lines
    assert clean(clean(text)) == clean(text)
    lines.encode("utf-8")
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in clean(text))


@given(anything)
def test_what_prints_stays_as_it_is(text: str) -> None:
    printable = "".join(c for c in text if c.isprintable())
    assert clean(printable) is printable


# --- the redactor


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
    ]


@given(key=keys, before=st.text(max_size=5), after=st.text(max_size=5))
def test_a_key_is_found_however_it_is_spelled(key: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(key)
    for text in spelled(key):
        redacted = redactor(f"{before} {text} {after}")
        assert MASK in redacted
        assert key not in redacted


@given(key=keys, user=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=10))
def test_a_key_inside_a_basic_header_is_found(key: str, user: str) -> None:
    redactor = Redactor()
    redactor.add(key)
    for pair in (f"{user}:{key}", f"{key}:{user}"):
        assert MASK in redactor(f"Basic {base64.b64encode(pair.encode()).decode()}")


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


@given(anything)
def test_without_secrets_a_text_stays(text: str) -> None:
    assert Redactor()(text) is text


@given(keys)
def test_a_document_stays_one_whatever_the_key(key: str) -> None:
    redactor = Redactor()
    redactor.add(key)
    taken = redactor.document({"said": key, "list": [key, f"a {key}", None, True, 1], "nested": {"b": {"c": key}}})
    assert json.loads(json.dumps(taken)) == {
        "said": MASK,
        "list": [MASK, redactor(f"a {key}"), None, True, 1],
        "nested": {"b": {"c": MASK}},
    }


# --- cells


KEYCAP, SKIN_TONE, FAMILY, HEART = "1\ufe0f\u20e3", "👍\U0001f3fd", "👨\u200d👩\u200d👧", "❤\ufe0f"
THAI = "ที่น้ำ"
CLUSTERED = [
    ("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0), (KEYCAP, 2), (SKIN_TONE, 2), (FAMILY, 2), (HEART, 2), ("❤", 1),
    (THAI, 3), ("हिन्दी", 3), ("\u1112\u1161\u11ab", 2), ("🇩🇪", 2), ("a\u200bb", 2), ("☎\ufe0e", 1), ("x\ufe0f", 1),
]  # fmt: skip


_mixed = st.lists(st.sampled_from(["ab ", "日", KEYCAP, SKIN_TONE, FAMILY, HEART, THAI]), max_size=30).map("".join)


@pytest.mark.parametrize(("text", "count"), CLUSTERED)
def test_text_fills_cells(text: str, count: int) -> None:
    assert cells(text) == count == cell_len(text)


@given(_mixed, st.integers(0, 30))
def test_text_is_fitted_to_cells_and_cut_between_characters(text: str, width: int) -> None:
    made = fitted(text, width)
    assert cells(made) == width
    kept = made.rstrip().removesuffix("…")
    assert text.startswith(kept)
    assert text.rstrip() == made.rstrip() or cells(text) > width
    assert not text[len(kept) :].startswith(("\ufe0f", "\u20e3", "\U0001f3fd", "\u200d"))


@given(_mixed, st.integers(6, 30))
def test_no_character_is_broken_over_two_lines(text: str, width: int) -> None:
    for line in wrapped(text, width):
        assert cells(line) <= width
        assert not line.startswith(("\ufe0f", "\u20e3", "\U0001f3fd", "\u200d"))


@given(st.text(st.sampled_from("ab 日e\u0301"), max_size=80), st.integers(8, 40))
def test_no_line_is_wider_than_it_may_be_and_nothing_is_lost(text: str, width: int) -> None:
    lines = list(wrapped(text, width, first="  - ", rest="    "))
    assert all(cells(line) <= width for line in lines)
    assert lines[0].startswith("  - ")
    assert all(line.startswith("    ") for line in lines[1:])
    assert "".join(line[4:] for line in lines).replace(" ", "") == text.replace(" ", "")


def test_without_a_width_there_is_one_line() -> None:
    assert list(wrapped("a " * 100, None, first="- ")) == ["- " + "a " * 100]
    assert list(wrapped("one two three", 9)) == ["one two", "three"]
