"""Foreign text (of a server, a file, a paste, the environment) made safe to show in a terminal.

Textual's widgets and `print` pass escape sequences on as they are: a server's error text could set the
clipboard or the window's title, or turn the reading direction. Everything foreign passes here first.
"""

from __future__ import annotations

REPLACEMENT = "\ufffd"


def clean(text: str, *, multiline: bool = False) -> str:
    """`text` with each character that does not print replaced by U+FFFD; a tab becomes a blank.

    Line breaks stay as `\\n` with `multiline`, otherwise each becomes a blank. Lone surrogates, C0 and C1
    controls and the marks that turn reading direction do not print.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if not multiline:
        text = text.replace("\n", " ")
    return "".join(c if c.isprintable() or c == "\n" else REPLACEMENT for c in text)
