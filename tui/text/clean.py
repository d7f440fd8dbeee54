"""Foreign text (of a server, a file, a paste, the environment) made safe for where it is shown.

Textual's widgets and `print` pass escape sequences on to the terminal: a server's error text could set the clipboard
or the window's title, or turn the reading direction. Clean everything foreign before showing it.
"""

from __future__ import annotations

import json
import re

REPLACEMENT = "\ufffd"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#+!|~&$@]|/(?=/)|(?<=www)\.|^[-=]|^\d+(?=[.)]))", re.IGNORECASE)
_LIST_NUMBER = re.compile(r"^\\(\d+)")


def clean(text: str, *, multiline: bool = False) -> str:
    """Replace each character that does not print by U+FFFD, and a tab by a blank.

    Line breaks stay as `\\n` with `multiline`, otherwise each becomes a blank. Lone surrogates, C0 and C1
    controls and the marks that turn reading direction do not print.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if not multiline:
        text = text.replace("\n", " ")
    return "".join(c if c.isprintable() or c == "\n" else REPLACEMENT for c in text)


def readable(value: object) -> str:
    """Return indented JSON. What does not print is escaped, so that no terminal obeys it and none is dropped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def plain(text: str) -> str:
    """Return one line that Markdown (CommonMark with GitHub's tables) shows as it is: no table, link or tag."""
    return _LIST_NUMBER.sub(r"\1\\", _MARKDOWN.sub(r"\\\1", " ".join(clean(text).split())))
