"""The first row of every screen: the program, PRACTICE where it is, and the route at the right."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.text.cells import cells

_BRAND = "ld-flag-import"
_BADGE = " PRACTICE "


class TopLine(Horizontal):
    """`routes` are the forms of the route, the longest first: the first one that fits is shown."""

    def __init__(self, routes: Sequence[Content], *, practice: bool) -> None:
        super().__init__(id="top")
        self._routes = routes
        self._practice = practice

    def compose(self) -> ComposeResult:
        yield Static(Content(_BRAND), id="brand", markup=False)
        if self._practice:
            yield Static(Content(_BADGE), id="practice-badge", markup=False)
        self._route = Static("", id="route", markup=False)
        yield self._route

    def on_mount(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def show(self, routes: Sequence[Content]) -> None:
        """Show another route, if it is another one."""
        if routes != self._routes:
            self._routes = routes
            self._fit()

    def _fit(self) -> None:
        around = 4 + cells(_BRAND) + (len(_BADGE) + 1 if self._practice else 0)
        room = self.size.width - around
        shown = next((each for each in self._routes if each.cell_length <= room), self._routes[-1])
        self._route.update(shown)
