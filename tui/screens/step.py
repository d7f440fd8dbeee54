"""What the steps after the first share: fields, their checks, and the way to the next and previous step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.answers import changes, remarks, steps
from tui.answers import draft as drafts
from tui.answers.finding import Level
from tui.net.events import Connected, Pausing
from tui.screens.frame import Frame
from tui.screens.in_fields import InFields
from tui.text.times import moment
from tui.widgets.buttons import Plain
from tui.widgets.field_row import FieldRow
from tui.widgets.key_line import KeyHints
from tui.wizard import remedies, walk
from tui.wizard.help import HelpPage, field_help

if TYPE_CHECKING:
    from textual.worker import WorkType


class StepScreen(InFields, Frame):
    """A step with fields. A subclass sets `STEP` and composes the body."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "back", "Back", priority=True, show=False),
        Binding("escape", "focus_back", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._going = False
        """Whether to continue once the checks that are due have their results."""

    def compose_buttons(self) -> ComposeResult:
        if self.app.practicing and drafts.fields(self.session.draft, self.STEP):
            yield Plain("Fill in", id="fill-in")
        yield from super().compose_buttons()

    def key_hints(self) -> KeyHints:
        behind = steps.before(self.STEP)
        if behind is None or self.focused is None or self.focused.id != "back":
            return super().key_hints()
        others = [hint for hint in self.KEYS if hint[0] not in ("Enter", "Esc")]
        return (("Enter", f"back to {behind.title}"), *others)

    def next_label(self) -> str:
        ahead = walk.following(self.session.draft)
        return f"Next: {ahead.title}" if ahead else "Done"

    def summarize(self) -> None:
        """Show problems first, then what is missing, then warnings."""
        if self.announcement:
            self.say("ok", self.announcement)
            return
        summary = remarks.summary(self.session.draft, self.STEP)
        self.say(summary.level, remedies.text(summary))

    # --- fields

    def focus_first(self) -> None:
        """Focus the first field that is not answered well."""
        unanswered = {f.field for f in remarks.problems(self.session.draft, self.STEP)}
        rows = self._rows()
        row = next((r for r in rows if r.key in unanswered), next(iter(rows), None))
        if row is not None:
            row.control.focus()

    def _rows(self) -> list[FieldRow]:
        return [row for row in self.query(FieldRow) if row.display]

    def refresh_rows(self) -> None:
        """Show each field as it is in the draft now."""
        for row in self.query(FieldRow):
            row.refresh_from_draft()
        self.refresh_frame()

    @on(FieldRow.Edited)
    def _edited(self, event: FieldRow.Edited) -> None:
        """Update the message. This event may follow Ctrl+O, so only `hold_back` cancels `next`, at the key press."""
        self.announcement = ""
        if not self._going:
            self.summarize()

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        self.announcement = ""
        self._settle(but=self.focused)
        self.refresh_frame()
        self.check_what_is_due()

    def _settle(self, but: Widget | None = None) -> None:
        """Replace names with their ids, except in the field that the user types in."""
        for row in self.query(FieldRow):
            if row.control is not but and self.session.settle(row.key):
                row.refresh_from_draft()

    def check_what_is_due(self) -> None:
        """Start all checks that are possible now, except the one of the field that the user types in."""
        row = self._row_of(self.focused)
        for each in drafts.fields(self.session.draft, self.STEP):
            if row is None or each.key != row.key:
                self.begin_check(each.key)

    def hold_back(self) -> None:
        """Cancel a pending `next`: while the user types, nothing may move the focus."""
        self._going = False

    def action_take(self) -> None:
        """Accept the answer, start its check, and focus the next field; after the last one, `next`.

        An answer with a problem keeps the focus.
        """
        self.in_field()
        row = self._row_of(self.focused)
        if row is None:
            self.set_focus(self.query_one("#next"))
            return
        if self.session.settle(row.key):
            row.seed()
        if self._is_wrong(row):
            self.begin_check(row.key, again=True)  # a server that failed may answer now
            row.show(settled=True)
            if row.variable.secret and isinstance(row.control, Input):
                row.control.action_select_all()  # the next paste replaces it
            return
        self.begin_check(row.key, again=True)
        self.focus_after(row.key)

    def _is_wrong(self, row: FieldRow) -> bool:
        """Whether there is an answer, and it has a problem."""
        answer = drafts.answer(self.session.draft, row.key)
        entered = bool(answer.value or answer.secret)
        return entered and any(f.level is Level.PROBLEM for f in remarks.findings(self.session.draft, row.key))

    def focus_after(self, key: str) -> None:
        """Focus the field after this one, `next` after the last."""
        rows = list(self.query(FieldRow))
        at = next((i for i, row in enumerate(rows) if row.key == key), len(rows))
        self.set_focus(rows[at + 1].control if at + 1 < len(rows) else self.query_one("#next"))

    def begin_check(self, key: str, *, again: bool = False) -> bool:
        """Check a field with the server if a check is due. Returns whether one is running."""
        if not self.session.due(key, again=again):
            return False
        self.session.ask_again(key)
        asking = cast("WorkType[None]", partial(self._check, key))  # a coroutine is made only if it begins
        self.run_worker(asking, group=f"check-{key}", exclusive=True, exit_on_error=True)
        return True

    async def _check(self, key: str) -> None:
        row = next((r for r in self.query(FieldRow) if r.key == key), None)
        if row is not None:
            row.busy("Checking ...")
        try:
            async for event in self.session.check(key):
                if row is not None and isinstance(event, Connected):
                    row.busy(f"Checking, connected to {event.host} ...")
                elif isinstance(event, Pausing):
                    limit = f" ({event.limit})" if event.limit else ""
                    self.say("warning", f"Paused until {moment(event.until)} by a rate limit{limit}.")
        finally:
            if row is not None and row.is_attached:
                row.busy("")
        if self.stands:
            self._settle(but=self.focused)
            self.refresh_rows()
            await self.checked(key)
            self._maybe_go_on()

    async def checked(self, key: str) -> None:
        """Update the step after a check has put its result into the draft."""

    def _maybe_go_on(self) -> None:
        """Continue, unless a dialog is open, a check is still due, or there is a problem."""
        if not self._going or self.app.screen is not self:
            return
        due = [v.key for v in drafts.fields(self.session.draft, self.STEP) if self.session.due(v.key)]
        for key in due:  # a value that was filled in may need a check
            if not self._under_way(key):
                self.begin_check(key)
        if due:
            return
        self._going = False
        if not self.stopped_by_problem():
            self.go_on()

    def _under_way(self, key: str) -> bool:
        group = f"check-{key}"
        return any(each.group == group and each.node is self and not each.is_finished for each in self.workers)

    def on_screen_resume(self) -> None:
        """Continue a pending `next` after a dialog has closed."""
        if self._held is not None:
            self._maybe_go_on()

    # --- next and back

    @on(Button.Pressed, "#back")
    def _pressed_back(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_back()

    def action_next(self) -> None:
        """Continue, after the checks that are due; or show what is missing and focus it."""
        self.announcement = ""
        self._settle()
        fields = drafts.fields(self.session.draft, self.STEP)
        due = [v.key for v in fields if not self._going and self.session.due(v.key, again=True)]
        for key in due:
            self.session.ask_again(key)  # a check that failed before may do better now
        if not self._may_fill_itself(due) and self.stopped_by_problem():
            return
        if due:
            self._going = True
            for key in due:
                self.begin_check(key)
            self.say("note", "Checking, then continuing. Press again to continue without the result.")
            return
        self._going = False
        self.go_on()

    def _may_fill_itself(self, due: list[str]) -> bool:
        """Whether the checks that are due may fill in everything that is missing."""
        blank = {key for key in due if not drafts.value(self.session.draft, key)}
        return blank >= {f.field for f in remarks.problems(self.session.draft, self.STEP)}

    def stopped_by_problem(self) -> bool:
        """Show what is missing on this step, and focus it. Returns whether something is."""
        problems = remarks.problems(self.session.draft, self.STEP)
        if not problems:
            return False
        self._going = False
        self.session.draft = changes.touch(self.session.draft, self.STEP)
        self.refresh_rows()
        row = next((r for r in self.query(FieldRow) if r.key == problems[0].field), None)
        if row is not None:
            row.control.focus()
            row.scroll_visible()
        return True

    def action_back(self) -> None:
        """Go to the previous step. All answers are kept."""
        self.session.draft = walk.back(self.session.draft)
        self.app.show_step()

    def action_focus_back(self) -> None:
        """Focus Back. Esc alone never leaves a step: an arrow key in two pieces looks like Esc."""
        for button in self.query("#back").results(Plain):
            button.focus()

    # --- help and practice

    def help_page(self) -> HelpPage:
        row = self._row_of(self.focused)
        return field_help(row.variable) if row is not None else super().help_page()

    def _row_of(self, widget: Widget | None) -> FieldRow | None:
        return next((a for a in widget.ancestors_with_self if isinstance(a, FieldRow)), None) if widget else None

    @on(Button.Pressed, "#fill-in")
    def _fill_in(self, event: Button.Pressed) -> None:
        event.stop()
        self.session.fill_practice(self.STEP)
        self.refresh_rows()
        for each in drafts.fields(self.session.draft, self.STEP):
            self.begin_check(each.key)
        self.query_one("#next").focus()
