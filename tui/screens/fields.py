"""Step 4: the manifest's fields except keys and addresses, and the import's name and tags."""

from __future__ import annotations

from typing import ClassVar

from textual import on

from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME
from tui.screens.field_step import FieldStep
from tui.widgets.field_row import FieldRow
from tui.wizard.groups import groups


class FieldsScreen(FieldStep):
    """Name and tags of the import, what is read from the source, and what new flags get."""

    STEP: ClassVar[str] = "fields"

    async def opened(self) -> None:
        """Check what can be checked at once; the name is looked up when its field is left."""
        await super().opened()
        for variable in drafts.fields(self.session.draft, self.STEP):
            if variable.key != CONFIG_NAME.key:
                self.begin_check(variable.key)

    @on(FieldRow.Edited)
    async def _recompose_if_needed(self, event: FieldRow.Edited) -> None:
        """Show or hide the fields that depend on the edited one."""
        grouped = groups(self.session.draft, self.STEP)
        rows = {row.key: row for row in self.query(FieldRow)}
        shown = {variable.key for group in grouped for variable in group.fields}
        if shown == rows.keys():
            return
        for key in rows.keys() - shown:
            await rows[key].remove()
        last = self.query_one("#purpose")
        for group in grouped:
            for variable in group.fields:
                row = rows.get(variable.key)
                if row is None:
                    row = self.row(variable)
                    await self.query_one("#body").mount(row, after=last)
                row.set_class(variable is group.fields[0], "group-start")
                last = row
