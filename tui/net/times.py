"""Points and spans of time in words. Months are English in every locale, as all sentences are."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def moment(seconds: float) -> str:
    """Seconds since the epoch as `23 Nov 14:02:11` in local time; what no calendar holds stays a number."""
    try:
        at = datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M:%S}"


def day(seconds: float) -> str:
    """Seconds since the epoch as `2 Mar 2025` in local time; what no calendar holds stays a number."""
    try:
        at = datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def stamp(seconds: float) -> str:
    """Seconds since the epoch as `23 Nov 2025 14:02:11 UTC+01:00`, for readers elsewhere; a number as above."""
    try:
        at = datetime.fromtimestamp(seconds).astimezone()
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"
    offset = at.strftime("%z")
    zone = "" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} UTC{zone}"


def utc(seconds: float, *, clock: bool = True) -> str:
    """Seconds since the epoch as `2 Mar 2025 14:02 UTC`, without `clock` the day alone; a number as above."""
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}{f' {at:%H:%M} UTC' if clock else ''}"


def time_of_day(seconds: float, now: float) -> str:
    """`14:02:11`, with the day before it where that is not today's."""
    whole = moment(seconds)
    try:
        same_day = time.localtime(now)[:3] == time.localtime(seconds)[:3]
    except (ValueError, OverflowError, OSError):
        return whole
    return whole.rpartition(" ")[2] if same_day else whole


def span(seconds: float) -> str:
    """A length of time in a fitting unit, rounded up: "45 seconds", "100 seconds", "3 minutes", "1 hour"."""
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= 2 * s or seconds == s), (1, "second"))
    count = -int(-seconds // size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
