"""Points and spans of time in words. Months are English in every locale, as all sentences are."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def _at(seconds: float, zone: tzinfo | None = None) -> datetime | None:
    """Return a moment in `zone` or in local time; None for what is beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, zone)
    except (ValueError, OverflowError, OSError):
        return None


def _date(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def moment(seconds: float) -> str:
    """Seconds since the epoch as `23 Nov 14:02:11` in local time; what is beyond the calendar stays a number."""
    at = _at(seconds)
    return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M:%S}" if at else f"{seconds:.0f}"


def day(seconds: float) -> str:
    """Seconds since the epoch as `2 Mar 2025` in local time; a number as above."""
    at = _at(seconds)
    return _date(at) if at else f"{seconds:.0f}"


def stamp(seconds: float) -> str:
    """Seconds since the epoch as `23 Nov 2025 14:02:11 UTC+01:00`, for readers elsewhere; a number as above."""
    at = _at(seconds)
    if at is None:
        return f"{seconds:.0f}"
    try:
        offset = at.astimezone().strftime("%z")
    except (ValueError, OverflowError, OSError):  # at the calendar's edge
        return f"{seconds:.0f}"
    zone = "" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    return f"{_date(at)} {at:%H:%M:%S} UTC{zone}"


def utc(seconds: float, *, clock: bool = True) -> str:
    """Seconds since the epoch as `2 Mar 2025 14:02 UTC`, without `clock` the day alone; a number as above."""
    at = _at(seconds, UTC)
    return f"{_date(at)}{f' {at:%H:%M} UTC' if clock else ''}" if at else f"{seconds:.0f}"


def time_of_day(seconds: float, now: float) -> str:
    """Seconds since the epoch as `14:02:11`, after the day if that is not today."""
    whole = moment(seconds)
    try:
        same_day = time.localtime(now)[:3] == time.localtime(seconds)[:3]
    except (ValueError, OverflowError, OSError):
        return whole
    return whole.rpartition(" ")[2] if same_day else whole


def moment_json(name: str, milliseconds: float | None) -> dict[str, int | str | None]:
    """A moment in JSON results: milliseconds since the epoch under `name`, ISO 8601 under `<name>_at`.

    The text has milliseconds if there are any, and is None for what is beyond the calendar.
    """
    whole = round(milliseconds) if milliseconds is not None and math.isfinite(milliseconds) else None
    return {name: whole, f"{name}_at": None if whole is None else _iso(whole)}


def _iso(milliseconds: int) -> str | None:
    try:
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


def span(seconds: float) -> str:
    """A duration in a fitting unit, rounded up: "45 seconds", "100 seconds", "3 minutes", "1 hour"."""
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= 2 * s or seconds == s), (1, "second"))
    count = -int(-seconds // size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def http_date(text: str) -> int | None:
    """A `Date` header as milliseconds since the epoch, at the beginning of its second; None if it is not a date."""
    from email.utils import parsedate_to_datetime  # deferred: the first screen has no header to read

    try:
        at = parsedate_to_datetime(text)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * 1000
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
