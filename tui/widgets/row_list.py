"""A list whose first row Up leaves, and whose last row Down leaves."""

from __future__ import annotations

from textual.widgets import OptionList

from tui.widgets.moving import show_row, step_out


class RowList(OptionList):
    """A list that Up leaves at its first row and Down at its last."""

    def on_focus(self) -> None:
        """Highlight a row, so that Enter always has one to open."""
        if self.highlighted is None and self.option_count:
            self.action_first()
        show_row(self, (self.highlighted or 0) - self.scroll_offset.y)

    def action_cursor_up(self) -> None:
        """Move to the row above, or to the control above the list."""
        self._step(-1)

    def action_cursor_down(self) -> None:
        """Move to the row below, or to the control below the list."""
        self._step(1)

    def _step(self, by: int) -> None:
        at = self.highlighted
        ahead = () if at is None else range(at + by, self.option_count if by > 0 else -1, by)
        if self.option_count and (at is None or any(not self.get_option_at_index(i).disabled for i in ahead)):
            (super().action_cursor_down if by > 0 else super().action_cursor_up)()
        else:
            step_out(self, by)
