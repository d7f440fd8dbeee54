"""Values, shares and dates of a rule in words, from which a person can make it again by hand. All is cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tui.net.times import utc
from tui.sources.foreign import short
from tui.sources.shapes import number

_MOST_VALUES = 8
_MISREAD = frozenset(',":')
_OLDEST_MILLISECONDS = 1e11  # below this it is read as seconds, as Split's own examples write dates


def value(raw: object) -> str:
    """One value, in quotes where its edges could be misread."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return short(str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw))
    if not isinstance(raw, str):
        return "nothing" if raw is None else "something that is no text"
    shown = short(raw)
    return f'"{shown}"' if not shown or shown != shown.strip() or _MISREAD & set(shown) else shown


def together(parts: Sequence[str], total: int = 0) -> str:
    """ "a, b, c"; of a long list the first eight and how many more there are, of `total` where that is more."""
    shown = parts[:_MOST_VALUES]
    more = max(total, len(parts)) - len(shown)
    return f"{', '.join(shown)} and {more:,} more" if more else ", ".join(shown) or "nothing"


def values(raws: Sequence[object]) -> str:
    """Several values, as `together`."""
    return together([value(raw) for raw in raws[:_MOST_VALUES]], len(raws))


def any_of(raws: Sequence[object]) -> str:
    """ "a"; "any of a, b"."""
    return f"any of {values(raws)}" if len(raws) > 1 else values(raws)


def percent(share: float) -> str:
    """ "25 %", "12.5 %"."""
    return f"{share:g} %"


def shares(parts: Sequence[tuple[str, float]]) -> str:
    """Who gets what: "on" where it is all, "25 % on, 75 % off" otherwise. `parts` are names with percents."""
    some = [(name, share) for name, share in parts if share > 0]
    if len(some) == 1 and some[0][1] == 100:
        return value(some[0][0])
    return together([f"{percent(share)} {value(name)}" for name, share in some])


def date(at: object, *, clock: bool = True) -> str:
    """A point in time in UTC, from epoch milliseconds or ISO 8601; what is neither stays as it is."""
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return value(at)
        # Without a zone Unleash means UTC.
        return utc(moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp(), clock=clock)
    seconds = number(at)
    if seconds is None:
        return value(at)
    return utc(seconds if abs(seconds) < _OLDEST_MILLISECONDS else seconds / 1000, clock=clock)
