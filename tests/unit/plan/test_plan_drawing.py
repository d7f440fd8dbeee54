"""What a plan's widgets work out before they draw: shares of a bar, rows of ticks, columns, and what is listed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.plan_tools import flag, plan, there
from tui.plan.plan import WORDS, Verdict
from tui.plan.words import KINDS, MEANINGS
from tui.targeting.losses import LOSSES, SEGMENTS, TARGETING_RULES
from tui.widgets.bar import cells
from tui.widgets.choices import columns
from tui.widgets.flag_list import Columns, fitted, heading, pieces
from tui.widgets.flow import GAP, packed
from tui.widgets.symbols import ASCII, UNICODE
from tui.wizard.flag_facts import LEVELS
from tui.wizard.flag_view import FILTERS, ON, SORTS, SortableFlags, View

NUMBERS = st.lists(st.integers(0, 20_000), min_size=1, max_size=6)


@given(NUMBERS, st.integers(6, 200))
def test_a_bar_is_full_and_shows_whatever_there_is(numbers: list[int], width: int) -> None:
    shared = cells(numbers, width)
    assert [number > 0 for number in numbers] == [cell > 0 for cell in shared]
    assert sum(shared) == (width if any(numbers) else 0)


@given(NUMBERS, st.integers(20, 200))
def test_a_larger_part_of_a_bar_is_never_the_shorter_one(numbers: list[int], width: int) -> None:
    by_number = sorted(zip(numbers, cells(numbers, width), strict=True))
    lengths = [length for _, length in by_number]
    assert all(a <= b + 1 for a, b in pairwise(lengths))  # one cell may be left over


@given(st.lists(st.integers(1, 40), max_size=9), st.integers(20, 120))
def test_pieces_stay_whole_and_in_order(lengths: list[int], width: int) -> None:
    rows = packed(lengths, width)
    assert [i for row in rows for i in row] == list(range(len(lengths)))
    for row in rows:
        used = sum(lengths[i] for i in row) + GAP * (len(row) - 1)
        assert used <= width or len(row) == 1


@given(st.lists(st.integers(5, 30), min_size=1, max_size=8), st.integers(20, 120))
def test_ticks_fit_their_columns(lengths: list[int], width: int) -> None:
    widths = columns(tuple(lengths), width)
    assert sum(widths) + 3 * (len(widths) - 1) <= width or len(widths) == 1
    assert all(length <= widths[i % len(widths)] for i, length in enumerate(lengths))


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_text_is_made_to_fit_exactly(text: str, width: int) -> None:
    shown = "".join(c for c in text if c.isprintable())
    assert cell_len(fitted(shown, width, UNICODE)) == width


@given(st.integers(20, 160))
def test_a_row_is_never_wider_than_the_list_and_is_below_its_heading(width: int) -> None:
    at = Columns.fitting(width, longest=34)
    odd = plan(flag("k" * 34, *LOSSES, on=True), flag("x~y"), existing=there("z")).flags
    for each in odd:
        row = "".join(text for text, _ in pieces(each, at, UNICODE, reading=False))
        assert cell_len(row) + 2 <= max(width, 27)
        if at.why:
            assert heading(at).rindex("Loses, or why"[: at.why]) == 2 + len(row) - at.why


def test_a_long_list_of_losses_is_told_whole_where_there_is_room() -> None:
    lossy = plan(flag("a", SEGMENTS, TARGETING_RULES)).flags[0]
    wide = "".join(text for text, _ in pieces(lossy, Columns.fitting(120, 10), ASCII, reading=False))
    assert "segments, targeting rules" in wide
    narrow = "".join(text for text, _ in pieces(lossy, Columns.fitting(62, 40), ASCII, reading=False))
    assert "segments +1" in narrow


def test_while_keys_are_read_nothing_is_said_to_arrive() -> None:
    each = plan(flag("a")).flags[0]
    row = "".join(text for text, _ in pieces(each, Columns.fitting(80, 10), UNICODE, reading=True))
    assert "not yet" in row
    assert WORDS[Verdict.IMPORT] not in row


def test_every_verdict_and_every_kind_has_its_words() -> None:
    assert set(LEVELS) == set(MEANINGS) == set(Verdict)
    assert set(KINDS) == set(LOSSES)
    assert len({ASCII.full, ASCII.light, ASCII.crossed}) == 3


@pytest.mark.parametrize("only", FILTERS)
@pytest.mark.parametrize("sort", SORTS)
def test_a_view_keeps_what_its_filter_keeps_in_whatever_order(only: str, sort: str) -> None:
    made = plan(*(flag(f"f{i:02}", *([SEGMENTS] if i % 2 else []), on=i % 3 == 0) for i in (3, 1, 2, 9, 4)))
    seen = SortableFlags(made.flags).seen(View(only=only, sort=sort))
    assert {each.flag.key for each in seen} == {e.flag.key for e in made.flags if FILTERS[only].keep(e)}


# --- flags that reach fewer people when they are turned on, and text as the source has it

HURTS = flag("z-hurts", "percentage-rollout", on=True, cut_over_warning="Turning this on takes something away.")


def test_what_hurts_comes_first_among_the_flags_that_go_off() -> None:
    made = plan(flag("a", on=True), flag("b"), HURTS, flag("taken", on=True), existing=there("taken"))
    for sort in SORTS:
        assert [each.flag.key for each in SortableFlags(made.flags).seen(View(only=ON, sort=sort))] == ["z-hurts", "a"]
    assert [each.flag.key for each in made.cut_over] == ["z-hurts", "a"]


@given(st.text(max_size=20), st.sampled_from([30, 60, 80, 140]))
def test_no_row_holds_what_a_terminal_would_obey(text: str, width: int) -> None:
    made = plan(flag(text, description=text, warnings=(text,)))
    for symbols in (UNICODE, ASCII):
        row = pieces(made.flags[0], Columns.fitting(width, 20), symbols, reading=False)
        assert "".join(part for part, _ in row).isprintable()


def test_a_search_finds_a_key_as_it_is_shown() -> None:
    made = plan(flag("a\tb"))
    assert len(SortableFlags(made.flags).seen(View(query="a b"))) == 1


def test_what_each_loss_is_fits_its_row_at_80_columns() -> None:
    """Beside the longest kind and its count in the dialog that confirms losses."""
    assert max(map(len, KINDS.values())) <= 38
