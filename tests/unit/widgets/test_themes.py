"""Which theme is taken: decided by the environment alone, whatever the terminal's name."""

from __future__ import annotations

import pytest

from tui.widgets.themes import choose_theme

SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
TTY = {"SSH_TTY": "/dev/pts/3"}
TRUECOLOR = {"COLORTERM": "truecolor"}


@pytest.mark.parametrize("name", ["xterm-256color", "xterm", "screen", "tmux-256color", "linux", "vt100"])
@pytest.mark.parametrize(
    ("around", "colored"),
    [({}, "ansi"), (SSH, "ansi"), (TTY, "ansi"), (TRUECOLOR, "dark"), ({"COLORTERM": "24bit"}, "dark"),
     ({**SSH, **TRUECOLOR}, "ansi"), ({**TTY, **TRUECOLOR}, "ansi")],
    ids=str,
)  # fmt: skip
def test_theme_follows_no_color_then_ssh_then_true_color(name: str, around: dict[str, str], colored: str) -> None:
    environ = {"TERM": name, **around}
    assert choose_theme({**environ, "NO_COLOR": "1"}) == "mono"
    assert choose_theme({**environ, "NO_COLOR": ""}) == choose_theme(environ) == colored
