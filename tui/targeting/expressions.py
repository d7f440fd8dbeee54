"""Foreign regular expressions, as Python reads them: no pattern is an error or a warning."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache


@lru_cache(4096)
def expression(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str] | None:
    """Return the compiled pattern, None if Python can't read it."""
    try:
        with warnings.catch_warnings():
            # "[[" may get another meaning in Python one day.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None
