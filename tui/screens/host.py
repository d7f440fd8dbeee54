"""What a screen may ask of the app."""

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
    """The app as its screens know it. The answers are in the session's draft."""

    symbols: Symbols
    folder: Path
    """Where files are saved: the folder the program was started in."""
    practicing: bool
    saved: Saved | None
    """The answers of an earlier session, offered on the first screen."""
    runs: tuple[Head, ...]
    """The imports of earlier sessions, unfinished ones first."""

    @property
    @abstractmethod
    def session(self) -> Session:
        """Raises RuntimeError while it is being loaded, which only the first screen can see."""

    @property
    @abstractmethod
    def draft(self) -> Draft | None:
        """The session's draft, None while the session is being loaded."""

    @property
    @abstractmethod
    def cards(self) -> list[dict[str, str]]:
        """The words for each integration on the first screen: `key`, `title`, `also`, `needs`."""

    def title_of(self, integration: str) -> str:
        """Return an integration's title, its key if no card has it."""
        return next((card["title"] for card in self.cards if card["key"] == integration), integration)

    @property
    @abstractmethod
    def now(self) -> float:
        """The time, in seconds since the epoch."""

    @abstractmethod
    async def loaded(self) -> Session:
        """Wait for the session."""

    @abstractmethod
    def show_step(self, *, at: str = "", message: str = "") -> None:
        """Show the draft's step, opened `at` a part of it and with a `message`, and save the answers."""

    @abstractmethod
    def focus_field(self, key: str) -> None:
        """Focus a field of the step on the screen."""

    @abstractmethod
    def action_leave(self) -> None:
        """Quit; ask only if something would be lost."""

    @abstractmethod
    def show_runs(self) -> object:
        """List the imports of earlier sessions, to resume one."""

    @abstractmethod
    def open_page(self, address: str) -> object:
        """Open an address in a browser; show it if there is none here."""

    @abstractmethod
    def begin_again(self) -> None:
        """Go to the first step, without answers."""

    @abstractmethod
    def begin_practice(self) -> None:
        """Start the demo servers, and the first step on them."""

    @abstractmethod
    def reset_practice(self) -> None:
        """Delete all practice imports, and begin with a fresh demo account."""
