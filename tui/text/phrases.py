"""Foreign names, values, shares, and dates as parts of a sentence: cleaned, and short enough to read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tui.text.clean import clean
from tui.text.times import utc

_LONGEST_NAME = 60
_MOST_NAMES = 4
_MOST_VALUES = 8
_MISREAD = frozenset(',":')
_OLDEST_MILLISECONDS = 1e11  # a smaller number is read as seconds, as Split's own examples write dates


def short(text: str, limit: int = _LONGEST_NAME) -> str:
    """Return `text`, cleaned and cut to `limit` characters."""
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def listed(names: Sequence[str], total: int = 0) -> str:
    """ "a", "a and b", "a, b and c"; beyond four names the rest is counted, of `total` if that is more."""
    shown = [short(name) for name in names[:_MOST_NAMES]]
    if (more := max(total, len(names)) - len(shown)) > 0:
        shown.append(f"{more:,} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def count(number: int, noun: str) -> str:
    """ "1 flag", "1,200 flags"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def left_out(source: str, number: int) -> str:
    """Return the note on a list with entries that have no name."""
    if number == 1:
        return f"1 entry in {source}'s list of flags has no name and is ignored."
    return f"{number:,} entries in {source}'s list of flags have no name and are ignored."


def quoted(message: str) -> str:
    """Return the end of a sentence that quotes a server's message, if it sent one."""
    return f': "{message}".' if message else "."


def location(url: str) -> str:
    """Return host, port, and path of `url`, as sentences show them."""
    parts = urlsplit(url)
    return short(parts.netloc.rpartition("@")[2] + parts.path.rstrip("/"), 100)


def value(raw: object) -> str:
    """Return one value, in quotes if its edges could be misread."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return short(str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw))
    if not isinstance(raw, str):
        return "(blank)" if raw is None else "(not text)"
    shown = short(raw)
    return f'"{shown}"' if not shown or shown != shown.strip() or _MISREAD & set(shown) else shown


def together(parts: Sequence[str], total: int = 0) -> str:
    """ "a, b, c"; of a long list the first eight and how many more there are, of `total` if that is more."""
    shown = parts[:_MOST_VALUES]
    more = max(total, len(parts)) - len(shown)
    return f"{', '.join(shown)} and {more:,} more" if more else ", ".join(shown) or "(none)"


def values(raws: Sequence[object]) -> str:
    """Return several values, joined as in `together`."""
    return together([value(raw) for raw in raws[:_MOST_VALUES]], len(raws))


def any_of(raws: Sequence[object]) -> str:
    """ "a"; "any of a, b"."""
    return f"any of {values(raws)}" if len(raws) > 1 else values(raws)


def percent(share: float) -> str:
    """ "25%", "12.5%"."""
    return f"{share:g}%"


def shares(parts: Sequence[tuple[str, float]]) -> str:
    """ "on" if it has all of it, "25% on, 75% off" otherwise. `parts` are names with percents."""
    served = [(name, share) for name, share in parts if share > 0]
    if len(served) == 1 and served[0][1] == 100:
        return value(served[0][0])
    return together([f"{percent(share)} {value(name)}" for name, share in served])


def date(at: object, *, clock: bool = True) -> str:
    """Return a point in time in UTC, from epoch seconds or milliseconds, or ISO 8601; anything else unchanged."""
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return value(at)
        # Without a zone Unleash means UTC.
        return utc(moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp(), clock=clock)
    if isinstance(at, bool) or not isinstance(at, int | float) or abs(at) > sys.float_info.max:
        return value(at)
    return utc(at if abs(at) < _OLDEST_MILLISECONDS else at / 1000, clock=clock)
