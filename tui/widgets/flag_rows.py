"""How one flag of a plan is written in a row: its columns, and what stands in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from tui.plan.plan import WORDS, PlannedFlag, Verdict
from tui.plan.words import loses, served_when_on
from tui.text.clean import clean
from tui.widgets.symbols import Symbols

Piece = tuple[str, str]
"""A text and the role it is drawn in, as `symbols` knows it."""

LEVELS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "ok",
    Verdict.SKIP_EXISTS: "note",
    Verdict.SKIP_ARCHIVED: "note",
    Verdict.INVALID_KEY: "problem",
    Verdict.DUPLICATE: "problem",
    Verdict.BREAKS_CONVENTION: "problem",
}
NOT_YET = "not yet"
"""In place of "arrives" while keys are still being read: it may turn out to exist."""
_VERDICT = max(len(NOT_YET), *map(len, WORDS.values()))
_MARGIN = 2
_WIDE = 72
_LEAST_KEY = 12
_LEAST_WHY = 16
_FULL_WHY = 26


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; `why` is 0 where there is no room for it."""

    source: int
    key: int
    why: int

    @classmethod
    def fitting(cls, width: int, longest: int) -> Columns:
        """For a row of `width`, and keys of at most `longest` characters."""
        source = len("at source") if width >= _WIDE else len("now")
        rest = max(0, width - _MARGIN * 4 - _VERDICT - source - _MARGIN)
        if rest < _LEAST_KEY + _MARGIN + _LEAST_WHY:
            return cls(source, rest, 0)
        most = max(rest // 2, rest - _FULL_WHY) - _MARGIN
        key = min(max(longest, _LEAST_KEY), most)
        return cls(source, key, rest - key - _MARGIN)


def heading(columns: Columns) -> str:
    """The names of the columns, above them."""
    source = "at source" if columns.source > len("now") else "now"
    why = f"{'':{_MARGIN}}{'loses or why':.{columns.why}}" if columns.why else ""
    return f"{'':{_MARGIN * 2}}{'verdict':{_VERDICT + _MARGIN}}{source}{'':{_MARGIN}}{'key':{columns.key}}{why}"


def pieces(each: PlannedFlag, columns: Columns, symbols: Symbols, *, reading: bool) -> list[Piece]:
    """The texts of a row but for the mark of the cursor, one after the other."""
    level = LEVELS[each.verdict]
    word = WORDS[each.verdict]
    if reading and each.arrives:
        level, word = "note", NOT_YET
    gap = " " * _MARGIN
    row = [
        (f"{getattr(symbols, level)} {word:{_VERDICT}}{gap}", level),
        (f"{'on' if each.flag.on_at_source else 'off':{columns.source}}{gap}", "note"),
        (fitted(clean(each.flag.key), columns.key, symbols), "note"),
    ]
    if columns.why:
        text, role = _why(each, columns.why)
        row += [(gap, "note"), (fitted(text, columns.why, symbols), role)]
    return row


def _why(each: PlannedFlag, width: int) -> Piece:
    if not each.arrives:
        return clean(each.reason), "note"
    if each.cut_over_warning:
        served = served_when_on(each.flag.variations, each.flag.on)
        return clean(f"! ON serves {served}; {loses(each.flag.losses)}".rstrip("; ")), "warning"
    if each.flag.losses:
        whole = ", ".join(each.flag.losses)
        return (whole if len(whole) <= width else loses(each.flag.losses)), "warning"
    return (f"! {clean(each.warnings[0])}" if each.warnings else ""), "warning"


def fitted(text: str, width: int, symbols: Symbols) -> str:
    """`text` in exactly `width` cells; a longer one is cut, and shows that it is."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - 1)) + (symbols.cut if width else "")
