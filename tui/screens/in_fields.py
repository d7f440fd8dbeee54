"""Keys that act inside a field before the next key or paste is looked at.

Typed ahead, a key pasted after Tab would otherwise land in the field before, in plain sight.
"""

from __future__ import annotations

from typing import ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input


class SlashSearches(Widget):
    """A part of screens with a list and a search: letters typed ahead after `/` go into the search, not to the list.

    `action_search` focuses the search with `set_focus`, which acts at once.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "slash", priority=True, show=False)]

    def action_slash(self) -> None:
        """Search, unless the key is typed into a field."""
        if isinstance(self.screen.focused, Input):
            raise SkipAction
        self.action_search()

    def action_search(self) -> None:
        """Open the search, and focus it."""
        raise NotImplementedError


class InFields(Widget):
    """A part of screens with field rows, which say by `action_take` what Enter does in one."""

    # One list, for a key of a subclass's list would take the place of the same key here.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("enter", "take", priority=True, show=False),
        Binding("tab,down", "field_next", priority=True, show=False),
        Binding("shift+tab,up", "field_previous", priority=True, show=False),
    ]

    def action_field_next(self) -> None:
        """From a field to the next control."""
        self.in_field()
        self.screen.focus_next()

    def action_field_previous(self) -> None:
        """From a field to the control before."""
        self.in_field()
        self.screen.focus_previous()

    def in_field(self) -> None:
        """Leave the key to others where the focus is in no field."""
        if not isinstance(self.screen.focused, Input):
            raise SkipAction
