"""Bars with their words and numbers, as SVG inside a page. Colour says nothing that a word beside it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from tui.report.report import AS_PLANNED, MISSING, NOT_AS_PLANNED

_WIDTH = 560
_ROW = 26
_WORDS = 170
_NUMBER = 60
_BAR = _WIDTH - _WORDS - _NUMBER
_LONGEST = 26
_FILLS = {AS_PLANNED: "good", NOT_AS_PLANNED: "fair", MISSING: "poor"}


def picture(ident: str, title: str, counts: Mapping[str, int]) -> Iterator[str]:
    """A figure with one bar for each word; nothing for no counts. Words and numbers also stand in its description."""
    if not counts:
        return
    most, height = max(counts.values()), _ROW * len(counts)
    told = ", ".join(f"{word} {count:,}" for word, count in counts.items())
    yield f"<figure>\n<figcaption>{escape(title)}</figcaption>"
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{ident}-title {ident}-desc">'
    yield f'<title id="{ident}-title">{escape(title)}</title>\n<desc id="{ident}-desc">{escape(told)}</desc>'
    for place, (word, count) in enumerate(counts.items()):
        yield _bar(place * _ROW, word, count, most)
    yield "</svg>\n</figure>"


def _bar(top: int, word: str, count: int, most: int) -> str:
    short = word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"
    length = max(3, round(_BAR * count / most))
    middle = top + _ROW / 2 + 4.5
    fill = _FILLS.get(word, "calm")
    return (
        f'<text x="{_WORDS - 10}" y="{middle}" class="word">{escape(short)}</text>'
        f'<rect x="{_WORDS}" y="{top + 4}" width="{length}" height="{_ROW - 8}" rx="3" class="{fill}"/>'
        f'<text x="{_WORDS + length + 8}" y="{middle}" class="number">{count:,}</text>'
    )
