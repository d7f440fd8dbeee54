"""Foreign text in a Markdown document (CommonMark with GitHub's tables)."""

from __future__ import annotations

import re

from tui.text.clean import clean

_MEANT = re.compile(r"([\\`*_{}\[\]<>#+!|~&$@]|/(?=/)|(?<=www)\.|^[-=]|^\d+(?=[.)]))", re.IGNORECASE)
_NUMBER = re.compile(r"^\\(\d+)")


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is: no table, link, tag, picture or formatting can come of it."""
    return _NUMBER.sub(r"\1\\", _MEANT.sub(r"\\\1", " ".join(clean(text).split())))
