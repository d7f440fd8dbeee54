"""Points and spans of time in words. Months are English in every locale, as all sentences are."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def _worded(seconds: float, words: Callable[[datetime], str], zone: tzinfo | None = None) -> str:
    """Put a point in time into words, in `zone` or in local time; what is beyond the calendar stays a number."""
    try:
        return words(datetime.fromtimestamp(seconds, zone))
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"


def _date(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def moment(seconds: float) -> str:
    """Return seconds since the epoch as `23 Nov 14:02:11` in local time; a number if it is beyond the calendar."""
    return _worded(seconds, lambda at: f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M:%S}")


def minute(seconds: float, now: float) -> str:
    """Return seconds since the epoch as `23 Nov 14:02` in local time, with the year if it isn't that of `now`; a number
    as above."""

    def words(at: datetime) -> str:
        year = _worded(now, lambda today: str(today.year))
        return f"{at.day} {_MONTHS[at.month - 1]}{'' if str(at.year) == year else f' {at.year}'} {at:%H:%M}"

    return _worded(seconds, words)


def day(seconds: float) -> str:
    """Return seconds since the epoch as `2 Mar 2025` in local time; a number as above."""
    return _worded(seconds, _date)


def stamp(seconds: float) -> str:
    """Return seconds since the epoch as `23 Nov 2025 14:02:11 UTC+01:00`, for readers elsewhere; a number as above."""

    def words(at: datetime) -> str:
        offset = at.astimezone().strftime("%z")
        return f"{_date(at)} {at:%H:%M:%S} UTC{'' if offset == '+0000' else f'{offset[:3]}:{offset[3:5]}'}"

    return _worded(seconds, words)


def iso_date(seconds: float) -> str:
    """Return seconds since the epoch as `2025-03-02` in local time; a number as above."""
    return _worded(seconds, lambda at: f"{at:%Y-%m-%d}")


def iso_minute(seconds: float) -> str:
    """Return seconds since the epoch as `2025-03-02 14:02` in local time; a number as above."""
    return _worded(seconds, lambda at: f"{at:%Y-%m-%d %H:%M}")


def utc(seconds: float, *, clock: bool = True) -> str:
    """Return seconds since the epoch as `2 Mar 2025 14:02 UTC`, or the day alone; a number as above."""
    return _worded(seconds, lambda at: f"{_date(at)}{f' {at:%H:%M} UTC' if clock else ''}", UTC)


def time_of_day(seconds: float, now: float) -> str:
    """Return seconds since the epoch as `14:02:11`, after the day if it isn't today, with the year if not this one."""
    if iso_date(seconds) == iso_date(now):
        return moment(seconds).rpartition(" ")[2]
    this_year = iso_date(seconds).partition("-")[0] == iso_date(now).partition("-")[0]
    return moment(seconds) if this_year else _worded(seconds, lambda at: f"{_date(at)} {at:%H:%M:%S}")


def moment_json(name: str, milliseconds: float | None) -> dict[str, int | str | None]:
    """Return a moment for JSON results: milliseconds since the epoch under `name`, ISO 8601 under `<name>_at`.

    The text has milliseconds if there are any, and is None for what is beyond the calendar.
    """
    whole = round(milliseconds) if milliseconds is not None and math.isfinite(milliseconds) else None
    text = None
    if whole is not None:
        with suppress(OverflowError):
            at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=whole)
            text = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return {name: whole, f"{name}_at": text}


def span(seconds: float) -> str:
    """Return a duration in a fitting unit, rounded up: "45 seconds", "100 seconds", "3 minutes", "1 hour"."""
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= 2 * s or seconds == s), (1, "second"))
    count = -int(-seconds // size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def http_date(text: str) -> int | None:
    """Return a `Date` header as milliseconds since the epoch; None if it is not a date."""
    from email.utils import parsedate_to_datetime  # deferred: the first screen has no header to read

    try:
        at = parsedate_to_datetime(text)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * 1000
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
