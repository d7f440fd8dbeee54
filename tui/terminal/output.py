"""Substitutes for characters that an output can't encode. Each fills as many cells as its character."""

from __future__ import annotations

import codecs

from tui.text.cells import cells

_SUBSTITUTES = {
    **dict.fromkeys("─━═╌╍┄┅┈┉╴╶╸╺–—‐‑▔", "-"),
    **dict.fromkeys("│┃║╎╏┆┇┊┋▏▕╵╷╹╻", "|"),
    **dict.fromkeys("▁▂▃▄▅▆▇█▀▌▐▊▉▋▍▎■", "#"),
    **dict.fromkeys("░▒▓", "="),
    **dict.fromkeys("▸▶►→❯›", ">"),
    **dict.fromkeys("◂◀◄←‹", "<"),
    **dict.fromkeys("▾▼↓", "v"),
    **dict.fromkeys("▴▲↑", "^"),
    **dict.fromkeys("•●◉∙", "*"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "✓": "+", "✔": "+", "✗": "x", "✘": "x", "╳": "x", "·": ".", "…": "~", "\xa0": " ",
}  # fmt: skip


def writable(text: str, encoding: str) -> str:
    """Return `text` with a substitute for each character that `encoding` does not have."""
    if text.isascii():
        return text
    return text.encode(encoding, _NAME).decode(encoding)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_instead_of, error.object[error.start : error.end])), error.end


def _instead_of(character: str) -> str:
    drawn = "+" if "─" <= character <= "╿" else "?" * cells(character)
    return _SUBSTITUTES.get(character, drawn)


_NAME = "tui-substitute"
codecs.register_error(_NAME, _substitute)
