"""Only what the output can encode is drawn, in as many cells as what it stands for."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from tui.terminal.output import writable
from tui.text.cells import cells
from tui.widgets.symbols import ASCII, UNICODE, choose

DRAWN = "╭─┬─╮│▁▃█▌ ▸ ✓ … • → é 漢字 🔎 \ud800"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "cp1252", "utf-8", "euc-jp"])
def test_every_encoding_can_write_what_is_drawn(encoding: str) -> None:
    made = writable(DRAWN, encoding)
    made.encode(encoding)
    assert cells(made) == cells(DRAWN.replace("\ud800", "?"))
    assert "\\" not in made


def test_what_can_be_encoded_stays() -> None:
    assert writable("é ü", "latin-1") == "é ü"
    assert writable(DRAWN[:-1], "utf-8") == DRAWN[:-1]


@pytest.mark.parametrize(
    ("environ", "encoding", "symbols"),
    [
        ({"LANG": "C.UTF-8"}, "utf-8", UNICODE),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, "iso8859-1", ASCII),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, "utf-8", UNICODE),
        ({"LANG": "en_US.UTF-8"}, "ascii", ASCII),
        ({"LANG": "en_US.UTF-8"}, "no such encoding", ASCII),
        ({"LC_ALL": "C"}, "utf-8", ASCII),
        ({"LANG": "C.UTF-8", "LDFI_ASCII": "1"}, "utf-8", ASCII),
        ({"LANG": "C.UTF-8", "TERM": "vt100"}, "utf-8", ASCII),
    ],
)
def test_symbols_are_ones_the_output_can_write(environ: dict[str, str], encoding: str, symbols: object) -> None:
    assert choose(environ, encoding) is symbols


def test_ascii_symbols_are_ascii() -> None:
    assert "".join(astuple(ASCII)).isascii()
