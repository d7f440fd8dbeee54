"""Five palettes: dark, light, high contrast, the terminal's own sixteen colors, and no color at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from textual.theme import BUILTIN_THEMES, Theme

_PRACTICE = {"practice-foreground": "#000000", "practice-background": "#f2c200"}

DARK = Theme(
    name="dark", dark=True,
    primary="#8ea2ff", secondary="#8b93a7", accent="#5fd0d6", foreground="#e7e9f0", background="#11131a",
    surface="#1a1d27", panel="#161922", success="#52d3a2", warning="#f2c55c", error="#ff7a7a",
    variables={
        **_PRACTICE, "muted": "#8b93a7", "line": "#2b3040", "field": "#1f2330", "field-focus": "#2a3044",
        "button": "#272c3b", "on-primary": "#11131a", "skipped": "#596076",
    },
)  # fmt: skip
LIGHT = Theme(
    name="light", dark=False,
    primary="#3d4fd1", secondary="#59606f", accent="#00696e", foreground="#16191d", background="#fbfbf9",
    surface="#ececea", panel="#f3f3f0", success="#1a6e2e", warning="#8a5a00", error="#b3261e",
    variables={
        **_PRACTICE, "muted": "#59606f", "line": "#c9ccd3", "field": "#e9ebef", "field-focus": "#d8defa",
        "button": "#dfe2e8", "on-primary": "#ffffff", "skipped": "#9aa1af",
    },
)  # fmt: skip
CONTRAST = Theme(
    name="contrast", dark=True,
    primary="#ffff00", secondary="#ffffff", accent="#00ffff", foreground="#ffffff", background="#000000",
    surface="#000000", panel="#000000", success="#00ff00", warning="#ffff00", error="#ff6060",
    variables={
        **_PRACTICE, "muted": "#ffffff", "line": "#ffffff", "field": "#303030", "field-focus": "#0000a0",
        "button": "#404040", "on-primary": "#000000", "skipped": "#909090",
    },
)  # fmt: skip
ANSI = replace(
    BUILTIN_THEMES["ansi-dark"],
    name="ansi",
    primary="ansi_cyan",
    secondary="ansi_default",
    accent="ansi_cyan",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "practice-foreground": "ansi_black", "practice-background": "ansi_yellow",
        "muted": "ansi_default", "line": "ansi_default", "field": "ansi_default", "field-focus": "ansi_default",
        "button": "ansi_default", "on-primary": "ansi_default", "skipped": "ansi_default",
        "input-cursor-background": "ansi_default", "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
    },
)  # fmt: skip
_NONE = "ansi_default"
MONO = replace(
    ANSI,
    name="mono",
    primary=_NONE, secondary=_NONE, warning=_NONE, error=_NONE, success=_NONE, accent=_NONE,
    variables={
        **ANSI.variables,
        **dict.fromkeys(
            (
                "practice-foreground", "practice-background", "block-cursor-foreground", "block-cursor-background",
                "block-cursor-blurred-foreground", "block-cursor-blurred-background", "block-hover-background",
                "border", "border-blurred", "scrollbar", "scrollbar-hover", "scrollbar-active", "scrollbar-background",
                "scrollbar-background-hover", "scrollbar-background-active", "link-background-hover", "link-color",
                "link-color-hover", "footer-key-foreground", "input-selection-background",
                "input-selection-foreground", "screen-selection-background", "screen-selection-foreground",
                "ansi-background", "ansi-foreground", *(f"markdown-h{level}-color" for level in range(1, 7)),
            ),
            _NONE,
        ),
    },
)  # fmt: skip
"""Symbols and words say everything; reverse and bold show the focus and what matters most."""
THEMES = (DARK, LIGHT, CONTRAST, ANSI, MONO)
UNFILLED = (ANSI.name, MONO.name)
"""The themes without backgrounds of their own: reverse, bold and brackets carry what a fill does elsewhere."""


def choose_theme(environ: Mapping[str, str], wanted: str = "") -> str:
    """Return `mono` under NO_COLOR, else what the user `wanted`, else `ansi` over SSH and without 24-bit color.

    The owner of a terminal chose its 16 colors to be readable.
    """
    if environ.get("NO_COLOR"):
        return "mono"
    if wanted:
        return wanted
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    full = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    return "dark" if full and not remote else "ansi"


_PACKAGE = Path(__file__).resolve().parents[1]


def styles_dir() -> Path:
    """The folder of the `.tcss` files."""
    packaged = _PACKAGE / "styles"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "styles"
