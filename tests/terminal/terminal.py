"""What a person does and sees in a terminal that runs the real program; `pseudo` and `tmux` are such terminals."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyte

from tui.widgets.themes import THEMES, UNFILLED

PATIENCE = 20.0
"""Seconds after which what a test waits for will not come any more."""

KEYS: dict[str, tuple[str, bytes]] = {
    "enter": ("Enter", b"\r"),
    "tab": ("Tab", b"\t"),
    "escape": ("Escape", b"\x1b"),
    "space": ("Space", b" "),
    "down": ("Down", b"\x1b[B"),
    "right": ("Right", b"\x1b[C"),
    "end": ("End", b"\x1b[F"),
    "shift+home": ("S-Home", b"\x1b[1;2H"),
    "f1": ("F1", b"\x1bOP"),
    "f2": ("F2", b"\x1bOQ"),
    "f4": ("F4", b"\x1bOS"),
    "f7": ("F7", b"\x1b[18~"),
    "backspace": ("BSpace", b"\x7f"),
    **{f"ctrl+{c}": (f"C-{c}", bytes([ord(c) - 96])) for c in "clopquwx"},
}
"""Each key as tmux names it, and the bytes a terminal sends for it."""


class Terminal(ABC):
    """What a person does and sees. All waiting ends after `PATIENCE` seconds with the screen in the message."""

    @abstractmethod
    def write(self, data: str) -> None:
        """Type characters."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys by name."""

    @abstractmethod
    def paste(self, text: str) -> None:
        """Paste, between the marks of a bracketed paste."""

    @abstractmethod
    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size."""

    @abstractmethod
    def screen(self) -> pyte.Screen:
        """What the terminal shows, with its attributes."""

    @abstractmethod
    def _settle(self) -> None:
        """Wait for the end of a frame, where the terminal itself does not tell it."""

    @abstractmethod
    def _pause(self) -> None:
        """Give the program some milliseconds."""

    def text(self) -> str:
        """What the terminal shows, as lines."""
        return "\n".join(line.rstrip() for line in self.screen().display)

    def until(self, true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"{what}: not within {seconds} s. The screen:\n{self.text()}"
            self._pause()

    def wait(self, *texts: str) -> None:
        """Wait until all of these stand on the screen. A text may be broken over lines."""
        self.until(lambda: all(self.shows(each) for each in texts), f"waiting for {texts}")

    def type(self, text: str) -> None:
        """Type, and wait until it stands on the screen."""
        self.write(text)
        self.wait(text)

    def wait_for_one(self, *patterns: str) -> None:
        """Wait until one of these regular expressions matches the screen."""
        either = re.compile("|".join(patterns), re.MULTILINE)
        self.until(lambda: either.search(self.text()), f"waiting for one of {patterns}")

    def wait_gone(self, text: str) -> None:
        """Wait until this stands on the screen no more."""
        self.until(lambda: not self.shows(text), f"waiting for the end of {text!r}")

    def shows(self, text: str) -> bool:
        """Whether a text is on the screen, wherever its lines are broken."""
        return squeezed(text) in squeezed(self.text())

    def to(self, name: str) -> None:
        """Go with Tab to the field with this label, or to the button with these words."""
        for _ in range(40):
            at = self.focus()
            if (name in at.label and not at.button) or name in at.drawn:
                return
            self.press("tab")
            self._until_moved(at)
        raise AssertionError(f"Tab does not lead to {name!r}. The screen:\n{self.text()}")

    def _until_moved(self, at: Focus) -> None:
        """Wait for another focus; the same one again is a rare coincidence, which costs a second."""
        with suppress(AssertionError):
            self.until(lambda: self.focus() != at, "a step of the focus", 1.0)
        self._settle()

    def focus(self) -> Focus:
        """Where the cursor is, or the button or row that a key would act on. Waits until there is one."""
        found: list[Focus] = []

        def any_marked() -> bool:
            found[:] = self.marked()
            return bool(found)

        self.until(any_marked, "something in focus")
        return found[0]

    def marked(self) -> list[Focus]:
        """What is drawn as being in focus below the stepper, from above."""
        screen, found = self.screen(), []
        for y in range(2, screen.lines):
            cells = (screen.buffer[y][x] for x in range(screen.columns - 2))  # the last two may be scrollbars
            drawn = "".join(c.data if _marked(c) else "\0" for c in cells).strip("\0")
            if drawn and not _scrollbar(screen, y, drawn):  # the cursor is one cell, whatever stands under it
                found.append(Focus(screen.display[y][:25].strip("▎> "), drawn if len(drawn) > 1 else _CURSOR))
        return found


def _marked(cell: Any) -> bool:
    """Whether a cell is drawn in reverse, or as the chosen row of a list in the terminal's own colors."""
    if (cell.fg, cell.bg) in _INVERTED:
        return True
    return (cell.reverse and cell.data not in _SCROLLBAR) or (cell.bold and cell.underscore)


def _scrollbar(screen: pyte.Screen, y: int, drawn: str) -> bool:
    """Whether this one blank of a row is part of a dialog's scrollbar, which is higher than a row."""
    if drawn != " ":
        return False
    x = next(x for x in range(screen.columns) if _marked(screen.buffer[y][x]))
    beside = [screen.buffer[row][x] for row in (y - 1, y + 1) if 0 <= row < screen.lines]
    return any(cell.reverse or cell.data in _SCROLLBAR for cell in beside)


@dataclass(frozen=True)
class Focus:
    """What has the focus: the label of its row, and the part of it that is drawn in reverse."""

    label: str
    drawn: str

    @property
    def button(self) -> bool:
        return self.drawn.startswith(("[ ", "  "))  # in brackets, or filled


_INVERTED = {(each.background.strip("#"), each.foreground.strip("#"))  # type: ignore[union-attr]
             for each in THEMES if each.name not in UNFILLED}  # fmt: skip
"""Foreground and background of the main button in focus, in the themes with fills."""
_CURSOR = "cursor"
_SCROLLBAR = "▁▂▃▄▅▆▇█▔"


def squeezed(text: str) -> str:
    return re.sub(r"[\s│]+", "", text)
