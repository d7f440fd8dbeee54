"""One-line inputs that answer each key press at once, and the masked one for keys."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import Input

_LONGEST_PASTE = 16_384


class LiveInput(Input):
    """An input that tells its row of a new value inside its own watcher.

    By a message (`Input.Changed`) the answer to a key press took three to four times as long.
    """

    def __init__(
        self, value: str, *, placeholder: str = "", id: str | None = None, told: Callable[[str], None]
    ) -> None:
        super().__init__(value, placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False  # a blinking cursor is output while nothing happens
        self._told = told
        self.quiet = False

    def watch_value(self, value: str) -> None:
        """Called by Textual on each change."""
        if self.is_mounted and not self.quiet:
            self._told(value)

    def render_line(self, y: int) -> Strip:
        """In the terminal's own colors a field has no ground of its own: what is blank is drawn as a line."""
        strip = super().render_line(y)
        text = self._value.cell_len if self.value else cell_len(self.placeholder)
        used, width = text + (1 if self.has_focus else 0), self.scrollable_content_region.width
        if y or used >= width or not self.app.current_theme.ansi:
            return strip
        return Strip.join([strip.crop(0, used), Strip([Segment("_" * (width - used), self.rich_style)])])

    @property
    def cursor_screen_offset(self) -> Offset:
        """The cell where the cursor is drawn. Textual's is the next one, at the end of the value."""
        x, y, _, _ = self.content_region
        return Offset(x + self._position_to_cell(self.cursor_position) - self.scroll_offset.x, y)

    def on_focus(self) -> None:
        """Scroll to the cursor: Input shows the beginning of the value it was made with, the cursor is at its end."""
        at = self.cursor_position
        self.cursor_position = 0
        self.cursor_position = at

    def seed(self, value: str) -> None:
        """Show another value without telling the row."""
        if value == self.value:
            return
        self.quiet = True
        try:
            with self.prevent(Input.Changed):
                self.value = value
                self.cursor_position = 0  # Input does not scroll to the end of its very first value otherwise
                self.cursor_position = len(value)
        finally:
            self.quiet = False

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]
        """Ctrl+U empties the field in its turn; as a binding it would take along what was typed right after it."""
        if event.key == "ctrl+u":
            event.stop()
            event.prevent_default()
            self.value = ""

    def _on_paste(self, event: events.Paste) -> None:
        """Take all lines of a paste: Input keeps the first one only, and nothing at all of "\\nkey"."""
        event.stop()
        event.prevent_default()
        self.pasted(event.text[:_LONGEST_PASTE])

    def pasted(self, text: str) -> None:
        """A paste goes to the row whole, so that it can say what was taken away, and comes back tidied."""
        start, end = sorted(self.selection)
        self._told(self.value[:start] + text + self.value[end:])


class SecretInput(LiveInput):
    """Shows a dot for each character. What it holds never reaches a clipboard, a log or a screenshot."""

    def __init__(
        self,
        value: str,
        *,
        placeholder: str = "",
        id: str | None = None,
        told: Callable[[str], None],
        dot: str,
    ) -> None:
        self._dot = dot  # first: Input draws its value while it is being made
        super().__init__(value, placeholder=placeholder, id=id, told=told)
        self.password = True

    @property
    def _value(self) -> Text:
        return Text(self._dot * len(self.value), no_wrap=True, overflow="ignore", end="")

    def action_copy(self) -> None:
        """Refused: Textual would send the plain text to the terminal's clipboard."""
        if self.selection.is_empty:
            raise SkipAction
        self.app.bell()

    def action_cut(self) -> None:
        """Refused, as copying is."""
        self.app.bell()

    def __repr__(self) -> str:
        return f"SecretInput(id={self.id!r})"
