"""How lines look: with color and symbols on a terminal that can show them, otherwise plain ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from tui.text.cells import wrapped

_SYMBOLS: Mapping[str, str] = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗", "unknown": "?", "item": "-"}
_ASCII: Mapping[str, str] = {"ok": "+", "note": ".", "warning": "!", "problem": "x", "unknown": "?", "item": "-"}
_COLORS: Mapping[str, str] = {"ok": "32", "note": "2", "warning": "33", "problem": "31", "unknown": "33", "item": "2"}
_BAR = 24


@dataclass(frozen=True, slots=True)
class Style:
    """What one stream can show. Color never carries a meaning that its symbol doesn't have."""

    color: bool = False
    symbols: bool = False
    live: bool = False
    """Whether a line can be rewritten in place."""

    def sign(self, level: str) -> str:
        """Return the symbol of a level, one cell wide."""
        return (_SYMBOLS if self.symbols else _ASCII)[level]

    def marked(self, level: str, text: str, width: int | None = None, *, indent: int = 0) -> Iterator[str]:
        """Yield lines of `text`, the first one with the symbol of `level`."""
        sign, blank = self.sign(level), " " * indent
        first, *rest = wrapped(text, width, first=f"{blank}{sign} ", rest=f"{blank}  ")
        yield f"{blank}{self._painted(sign, _COLORS[level])}{first.removeprefix(blank + sign)}"
        yield from rest

    def titled(self, level: str, text: str, width: int | None = None) -> Iterator[str]:
        """Yield lines of a result. Only on a terminal it has the symbol of its level: other lines are for programs."""
        return self.marked(level, text, width) if self.live else wrapped(text, width)

    def heading(self, text: str) -> str:
        return self._painted(text, "1")

    def bar(self, done: int, total: int) -> tuple[str, int]:
        """Return a bar for `done` of `total`, and the cells that it fills."""
        filled = _BAR * min(done, total) // max(total, 1)
        full, empty = ("█", "░") if self.symbols else ("#", "-")
        return f"{self._painted(full * filled, '32')}{empty * (_BAR - filled)}", _BAR

    def _painted(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text


PLAIN = Style()


def style_of(stream: TextIO, environ: Mapping[str, str]) -> Style:
    """Return what a stream can show: nothing special if it is no terminal or TERM=dumb; no color with NO_COLOR."""
    if not stream.isatty() or environ.get("TERM") == "dumb":
        return PLAIN
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return Style(color=not environ.get("NO_COLOR"), symbols=encoding == "utf8", live=True)
