"""The symbols and styles of the roles. Color repeats the symbol, the symbol repeats the word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from textual.content import Content

from tui.text import locale


@dataclass(frozen=True, slots=True)
class Symbols:
    """One character for each role; `dot` is what stands for each character of a key."""

    ok: str = "✓"
    warning: str = "!"
    problem: str = "✗"
    note: str = "·"
    unknown: str = "?"
    focus: str = "▎"
    current: str = "●"
    """In the stepper: the step that is shown. `open` are those not done yet."""
    open: str = "○"
    dot: str = "•"
    arrow: str = "→"
    ticked: str = "[x]"
    unticked: str = "[ ]"
    chosen: str = "(o)"
    unchosen: str = "( )"
    cut: str = "…"
    """Stands for the rest of a text that does not fit."""
    full: str = "█"
    """In a bar: what is done, what is imported. `light` is for other parts, `empty` for what is to come."""
    light: str = "░"
    crossed: str = "╳"
    empty: str = "░"


UNICODE = Symbols()
ASCII = Symbols(
    ok="+", problem="x", note=".", focus=">", current=">", open=".", dot="*", arrow="->", cut="~",
    full="#", light="-", crossed="x", empty="-",
)  # fmt: skip

STYLES = {
    "ok": "$success",
    "warning": "$warning",
    "problem": "bold $error",
    "unknown": "$accent",
    "note": "",
}


def choose(environ: Mapping[str, str], encoding: str = "utf-8", wanted: str = "") -> Symbols:
    """ASCII in a C locale, on the Linux console and on a VT100, where LDFI_ASCII is set, and where the output's
    encoding lacks any of the other symbols. `wanted` is `unicode` or `ascii` where the user chose.
    """
    try:
        "".join(astuple(UNICODE)).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    if wanted:
        return ASCII if wanted == "ascii" else UNICODE
    plain = locale.is_plain(locale.chosen(environ)) or environ.get("TERM", "") in ("linux", "vt100")
    return ASCII if plain or environ.get("LDFI_ASCII") else UNICODE


def mark(symbols: Symbols, level: str) -> Content:
    """The symbol of a level in its color; nothing for a note."""
    if level == "note":
        return Content("")
    return Content.styled(f"{getattr(symbols, level)} ", STYLES[level])


def sentence(symbols: Symbols, level: str, text: str) -> Content:
    """A symbol and its sentence. `text` is taken as it is: no markup is read from it."""
    return mark(symbols, level) + (Content.styled(text, "$muted") if level == "note" else Content(text))
