"""What a screen may ask of the app it runs in."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from tui.widgets.symbols import Symbols

if TYPE_CHECKING:
    from tui.answers.draft import Draft
    from tui.answers.saved_drafts import Saved
    from tui.apply.heads import Head
    from tui.wizard.session import Session


class Host(App[int]):
    """The app as its screens know it. It holds no answers; they are in the session's draft."""

    symbols: Symbols
    folder: Path
    """Where files the person asks for are written: the folder the program was started in."""
    practising: bool
    saved: Saved | None
    """The answers of an earlier start, offered on the first screen."""
    runs: tuple[Head, ...]
    """The imports of earlier starts, those under way first."""

    @property
    @abstractmethod
    def session(self) -> Session:
        """The walk. Raises RuntimeError while it is still being loaded, which only the first screen can see."""

    @property
    @abstractmethod
    def draft(self) -> Draft | None:
        """The session's draft, None while the session is being loaded."""

    @property
    @abstractmethod
    def cards(self) -> list[dict[str, str]]:
        """What the first screen says of each integration: `key`, `title`, `also`, `needs`."""

    def title_of(self, integration: str) -> str:
        """What an integration is called; its key where no card has it."""
        return next((card["title"] for card in self.cards if card["key"] == integration), integration)

    @abstractmethod
    async def loaded(self) -> Session:
        """Wait until the session is there."""

    @abstractmethod
    def show_step(self, *, at: str = "") -> None:
        """Show the screen of the step the draft stands on, opened `at` a part of it, and save the answers."""

    @abstractmethod
    def focus_field(self, key: str) -> None:
        """Put the focus into a field of the step that is being shown."""

    @abstractmethod
    def action_leave(self) -> None:
        """Leave; asks only where something would be lost."""

    @abstractmethod
    def show_runs(self) -> object:
        """The imports of earlier starts in a list, to go on with one."""

    @abstractmethod
    def begin_again(self) -> None:
        """Back to the first step, with nothing answered."""

    @abstractmethod
    def begin_practice(self) -> None:
        """Start the demo servers, and the first step on them."""

    @abstractmethod
    def reset_practice(self) -> None:
        """Delete all practice imports, and begin with a fresh demo account."""
