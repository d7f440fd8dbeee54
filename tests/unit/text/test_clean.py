"""Foreign text made safe for a terminal, and text measured in cells."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.text.cells import cells, fitted, wrapped
from tui.text.clean import REPLACEMENT, clean

anything = st.text(st.characters(exclude_categories=()))


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
    printable = "".join(c for c in text if c.isprintable())
    assert clean(printable) is printable


# --- cells


KEYCAP, SKIN_TONE, FAMILY, HEART = "1\ufe0f\u20e3", "👍\U0001f3fd", "👨\u200d👩\u200d👧", "❤\ufe0f"
THAI = "ที่น้ำ"
CLUSTERED = [
    ("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0), (KEYCAP, 2), (SKIN_TONE, 2), (FAMILY, 2), (HEART, 2), ("❤", 1),
    (THAI, 3), ("हिन्दी", 3), ("\u1112\u1161\u11ab", 2), ("🇩🇪", 2), ("a\u200bb", 2), ("☎\ufe0e", 1), ("x\ufe0f", 1),
]  # fmt: skip


_MARKS = ("\ufe0f", "\u20e3", "\U0001f3fd", "\u200d")
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
    assert not text[len(kept) :].startswith(_MARKS)


@given(_mixed | st.text(st.sampled_from("ab 日e\u0301"), max_size=80), st.integers(8, 40))
def test_wrapped_lines_fit_and_keep_every_character_whole(text: str, width: int) -> None:
    lines = list(wrapped(text, width, first="  - ", rest="    "))
    assert all(cells(line) <= width for line in lines)
    assert not any(line[4:].startswith(_MARKS) for line in lines[1:])
    assert lines[0].startswith("  - ")
    assert all(line.startswith("    ") for line in lines[1:])
    assert "".join(line[4:] for line in lines).replace(" ", "") == text.replace(" ", "")


def test_without_a_width_there_is_one_line() -> None:
    assert list(wrapped("a " * 100, None, first="- ")) == ["- " + "a " * 100]
    assert list(wrapped("one two three", 9)) == ["one two", "three"]
