"""The locale that the user chose: Python itself changes the C locale to UTF-8 as it starts (PEP 538)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_ENVIRONMENT = Path("/proc/self/environ")
_NAMES = ("LC_ALL", "LC_CTYPE", "LANG")
_COERCED = "C.UTF-8"


def chosen(environ: Mapping[str, str], original: Path = _ENVIRONMENT) -> str:
    """Return the name of the locale that decides about characters, such as `en_US.UTF-8`; "C" if none is set.

    Python's own change sets only LC_CTYPE, so that is compared with the environment the process started with. Where
    the system doesn't show that one (`original` is Linux's), a coerced locale counts as C.
    """
    values = {name: environ.get(name, "") for name in _NAMES}
    if not values["LC_ALL"] and values["LC_CTYPE"] == _COERCED and values["LANG"] in ("", "C", "POSIX"):
        values["LC_CTYPE"] = _started_with(original)
    return next((value for value in values.values() if value), "C")


def _started_with(original: Path) -> str:
    with suppress(OSError):
        for entry in original.read_bytes().split(b"\0"):
            name, _, value = entry.partition(b"=")
            if name == b"LC_CTYPE":
                return value.decode("ascii", "replace")
    return ""


def is_plain(locale: str) -> bool:
    """Return whether a locale is C or POSIX, which has ASCII alone."""
    return locale in ("C", "POSIX")
