"""The locale that the user chose, though Python changes the C locale as it starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tui.text import locale

COERCED = {"LC_CTYPE": "C.UTF-8"}


@pytest.mark.parametrize(
    ("environ", "started_with", "chosen"),
    [
        ({}, b"", "C"),
        ({"LANG": "de_DE.UTF-8"}, b"", "de_DE.UTF-8"),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C"}, b"", "C"),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, b"", "C"),
        (COERCED, b"HOME=/root\0TERM=xterm\0", "C"),
        ({**COERCED, "LANG": "POSIX"}, b"LANG=POSIX\0", "POSIX"),
        (COERCED, b"LC_CTYPE=C.UTF-8\0", "C.UTF-8"),
        ({**COERCED, "LANG": "de_DE.UTF-8"}, b"", "C.UTF-8"),
    ],
)
def test_what_python_changed_does_not_count(
    environ: Mapping[str, str], started_with: bytes, chosen: str, tmp_path: Path
) -> None:
    original = tmp_path / "environ"
    original.write_bytes(started_with)
    assert locale.chosen(environ, original) == chosen
    assert locale.is_plain(chosen) is (chosen in ("C", "POSIX"))


def test_a_system_that_does_not_show_it_counts_as_c(tmp_path: Path) -> None:
    assert locale.chosen(COERCED, tmp_path / "missing") == "C"
