"""Every text can be read on its ground, in each theme with colors of its own."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from tui.widgets.themes import CONTRAST, DARK, LIGHT, choose_theme

_LEAST = 4.5
"""Contrast of text to its ground, by WCAG 2 level AA."""
_PAIRS = [
    ("foreground", "background"), ("muted", "background"), ("muted", "surface"), ("primary", "background"),
    ("primary", "surface"), ("primary", "panel"), ("muted", "panel"), ("success", "background"),
    ("warning", "background"), ("warning", "panel"), ("error", "background"), ("error", "panel"),
    ("accent", "background"), ("foreground", "field"), ("foreground", "field-focus"), ("foreground", "button"),
    ("on-primary", "primary"), ("muted", "field"), ("practice-foreground", "practice-background"),
]  # fmt: skip


def luminance(color: Color) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)
@pytest.mark.parametrize(("text", "ground"), _PAIRS)
def test_text_contrasts_with_its_ground(theme: Theme, text: str, ground: str) -> None:
    def color(name: str) -> Color:
        return Color.parse(theme.variables.get(name) or getattr(theme, name))

    darker, lighter = sorted((luminance(color(text)), luminance(color(ground))))
    assert (lighter + 0.05) / (darker + 0.05) >= _LEAST


@pytest.mark.parametrize(
    ("environ", "wanted", "theme"),
    [
        ({"COLORTERM": "truecolor"}, "", "dark"),
        ({"COLORTERM": "truecolor", "SSH_TTY": "/dev/pts/1"}, "", "ansi"),
        ({}, "", "ansi"),
        ({"SSH_TTY": "/dev/pts/1"}, "light", "light"),
        ({"NO_COLOR": "1"}, "light", "mono"),
        ({"NO_COLOR": ""}, "light", "light"),
    ],
)
def test_theme_follows_no_color_then_the_user_then_the_terminal(
    environ: dict[str, str], wanted: str, theme: str
) -> None:
    assert choose_theme(environ, wanted) == theme
