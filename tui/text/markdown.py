"""Foreign text in a Markdown document (CommonMark with GitHub's tables)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tui.text.clean import clean

_MEANT = re.compile(r"([\\`*_{}\[\]<>#+!|~&$@]|/(?=/)|(?<=www)\.|^[-=]|^\d+(?=[.)]))", re.IGNORECASE)
_NUMBER = re.compile(r"^\\(\d+)")


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is: no table, link, tag, picture or formatting can come of it."""
    return _NUMBER.sub(r"\1\\", _MEANT.sub(r"\\\1", " ".join(clean(text).split())))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table. All text in it is foreign to Markdown; a row has as many cells as there are columns."""
    yield f"| {' | '.join(map(plain, columns))} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"
