"""Taking back what one import made: the list first, then the question with count and project, then the work."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from tui.apply.engine import Import
from tui.apply.undo import Decision, Undo, UndoAction
from tui.net.errors import Failure
from tui.net.events import Counted, Pausing
from tui.plan.words import flags
from tui.screens.dialogs import Question
from tui.screens.sheet import Sheet
from tui.text.cells import cells, padded
from tui.text.clean import clean
from tui.widgets.buttons import Plain
from tui.widgets.row_list import RowList
from tui.widgets.symbols import mark
from tui.wizard import remedies

_TO_DO = {UndoAction.ARCHIVE: "archive", UndoAction.DELETE: "delete", UndoAction.KEEP: "keep"}
_DONE = {UndoAction.ARCHIVE: "archived", UndoAction.DELETE: "deleted", UndoAction.KEEP: "kept"}
_LEVELS = {UndoAction.ARCHIVE: "warning", UndoAction.DELETE: "problem", UndoAction.KEEP: "note"}
_LONGEST_KEY = 30
"""Cells of the column of keys; a longer key moves its reason to the right."""


class UndoScreen(Sheet[bool]):
    """Gives True when something was taken back, so that what is shown below is old."""

    KEYS = (
        ("Enter", "press"),
        ("Tab", "next"),
        ("Space", "include"),
        ("Esc", "close"),
        ("Ctrl+Q", "quit"),
    )
    HELP = (
        "Undo archives or deletes only flags that this import certainly created and no one changed since. A flag marked"
        " not certain is kept. Press Space to include it if you know that the import created it. You can restore an"
        " archived flag in LaunchDarkly, but not a deleted one."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read", "Read again", show=False),
        Binding("space", "tick", "Include a flag that is not certain", show=False),
    ]

    def __init__(self, run: Import) -> None:
        super().__init__()
        self._run = run
        self._undo = self._new_undo()
        self._decisions: tuple[Decision, ...] = ()
        self._changed = False
        self._widest = 0
        self._ticks = False
        self._worker: Worker[None] | None = None

    def title_text(self) -> str:
        return f"Undo {clean(self._run.journal.identity.name)}"

    def place(self) -> str:
        where = "LaunchDarkly" if self.app.practising else f"LaunchDarkly {self._run.instance.name}"
        return f"{where} {clean(self._run.journal.identity.project)}"

    def compose_body(self) -> ComposeResult:
        yield Static("", id="undo-counted", classes="lead", markup=False)
        yield RowList(id="undo-list", compact=True)

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Close, change nothing", id="close")
        yield Plain("Archive", id="archive")
        yield Plain("Delete", id="delete")
        yield Plain("Stop", id="stop")

    def on_mount(self) -> None:
        for name in ("archive", "delete", "stop"):
            self.query_one(f"#{name}").display = False
        self.query_one("#close").focus()
        self.action_read()

    @property
    def _busy(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    def action_close(self) -> None:
        """Esc alone stops nothing that is under way."""
        if self._busy:
            self.say("warning", "It is under way. Stop ends it; what is done stays done.")
            self.query_one("#stop").focus()
        else:
            self.dismiss(self._changed)

    def _new_undo(self) -> Undo:
        run = self._run
        return Undo(run.journal, run.instance, run.bag, run.context, run.note)

    # --- the list

    def action_read(self) -> None:
        """Read anew what could be taken back. Nothing is changed."""
        if not self._busy:
            self._read()

    @work(exclusive=True, group="undo", exit_on_error=True)
    async def _read(self) -> None:
        self.say("note", "Reading how the flags stand now; nothing is changed by that ...")
        self._undo = self._new_undo()
        try:
            async with self._undo.listed() as events:
                async for event in events:
                    if isinstance(event, Counted):
                        self.say("note", f"Reading: {event.words}")
                    elif isinstance(event, Pausing):
                        self.say("warning", event.words)
            self._decisions = events.result
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        if not self.query("#undo-list"):
            return  # the page is closing
        self._show(self._decisions, _TO_DO)
        said = "Nothing has been changed yet." if self._count else "There is nothing that could be taken back."
        open_ = sum(each.not_certain for each in self._decisions)
        self.say("note", f"{said} {flags(open_)} not certain: Space includes one." if open_ else said)
        self._offer()

    def _offer(self) -> None:
        """The buttons that begin, with how many flags they would take back."""
        count = self._count
        for name, verb in (("archive", "Archive"), ("delete", "Delete")):
            button = self.query_one(f"#{name}", Plain)
            button.display = count > 0
            button.rename(f"{verb} {count:,}")

    def action_tick(self) -> None:
        """Include the highlighted flag although it isn't certain, or leave it out again."""
        rows = self.query_one("#undo-list", OptionList)
        if self._busy or rows.highlighted is None or not rows.has_focus:
            return
        key = rows.get_option_at_index(rows.highlighted).id
        at = next((i for i, each in enumerate(self._decisions) if _row_id(each) == key), None)
        if at is None or not self._decisions[at].not_certain:
            self.say("note", "Only flags marked not certain can be included or left out.")
            return
        kept = self._decisions[at].action is UndoAction.KEEP
        changed = self._undo.choose(self._decisions[at], wanted=kept)
        self._decisions = (*self._decisions[:at], changed, *self._decisions[at + 1 :])
        rows.replace_option_prompt_at_index(rows.highlighted, self._row(changed, _TO_DO))
        self._count_up(self._decisions, _TO_DO)
        self._offer()
        self.say("note", "Nothing has been changed yet.")

    @property
    def _count(self) -> int:
        return sum(each.action is not UndoAction.KEEP for each in self._decisions)

    def _show(self, decisions: tuple[Decision, ...], words: dict[UndoAction, str]) -> None:
        """What is taken back first, then what is not certain; what is kept has its reason."""
        self._count_up(decisions, words)
        rows = self.query_one("#undo-list", OptionList)
        rows.clear_options()
        self._widest = min(_LONGEST_KEY, max((cells(clean(each.key)) for each in decisions), default=0))
        self._ticks = words is _TO_DO and any(each.not_certain for each in decisions)
        taken = sorted(decisions, key=lambda each: (each.action is UndoAction.KEEP, not each.not_certain))
        rows.add_options(Option(self._row(each, words), id=_row_id(each)) for each in taken)

    def _count_up(self, decisions: tuple[Decision, ...], words: dict[UndoAction, str]) -> None:
        counted = Counter(each.action for each in decisions)
        to = "would be " if words is _TO_DO else ""
        parts = [f"{flags(counted[a])} {to}{_DONE[a]}" for a in UndoAction if counted[a]]
        self.query_one("#undo-counted", Static).update(Content("; ".join(parts) or "This import made no flag."))

    def _row(self, each: Decision, words: dict[UndoAction, str]) -> Content:
        level = "unknown" if each.not_certain and words is _TO_DO else _LEVELS[each.action]
        tick = ("[ ] " if each.action is UndoAction.KEEP else "[x] ") if each.not_certain else "    "
        sign = mark(self.symbols, level) if level != "note" else Content(f"{self.symbols.note} ")
        reason = clean(self._run.context.redactor(each.reason))
        key = clean(each.key)
        done = f"{tick if self._ticks else ''}{words[each.action]:<9}"
        return sign + Content(f"{done}{padded(key, self._widest)}   {reason}")

    # --- the work

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "close":
            self.action_close()
        elif event.button.id == "stop" and self._worker is not None:
            self._worker.cancel()
        elif not self._busy:
            self._ask(delete=event.button.id == "delete")

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _ask(self, *, delete: bool) -> None:
        project = clean(self._run.journal.identity.project)
        verb, number = ("Delete" if delete else "Archive"), flags(self._count)
        after = (
            "A deleted flag cannot be brought back." if delete else "An archived flag can be restored in LaunchDarkly."
        )
        text = f"Each is read once more right before; what anybody changed meanwhile is kept. {after}"
        if await self.app.push_screen_wait(Question(f"{verb} {number} in {project}?", text, yes=verb, no="No")):
            self._worker = self._carry_out(delete=delete)

    @work(exclusive=True, group="undo", exit_on_error=True)
    async def _carry_out(self, *, delete: bool) -> None:
        undo, done, count = self._undo, dict[str, Decision](), self._count
        undo.action = UndoAction.DELETE if delete else UndoAction.ARCHIVE
        self._show_stop(on=True)
        said = ("ok", "Done.")
        try:
            async with aclosing(undo.carried_out(self._decisions)) as decisions:
                async for each in decisions:
                    done[each.key] = each
                    taken = sum(d.action is not UndoAction.KEEP for d in done.values())
                    self._changed = self._changed or taken > 0
                    self.say("note", f"{taken:,} of {count:,} taken back ...")
        except Failure as failure:
            said = ("problem", f"{remedies.sentence(failure)} What is done stays done; open this page again to go on.")
        finally:
            if self.query("#undo-list"):
                self._ended(tuple(done.values()), said if len(done) == len(self._decisions) else _stopped(said))

    def _ended(self, done: tuple[Decision, ...], said: tuple[str, str]) -> None:
        self._decisions = ()
        self._show(done, _DONE)
        self._show_stop(on=False)
        self.say(*said)
        self.query_one("#close", Plain).rename("Close")
        self.query_one("#close").focus()

    def _show_stop(self, *, on: bool) -> None:
        for name in ("archive", "delete"):
            self.query_one(f"#{name}").display = False
        self.query_one("#stop").display = on
        self.query_one("#close").display = not on
        if on:
            self.set_focus(None)  # a key held down a little too long must not stop what it has just begun


def _row_id(each: Decision) -> str:
    """Return an option's id, whose prefix keeps a flag's key apart from Textual's own ids."""
    return f"flag-{each.key}"


def _stopped(said: tuple[str, str]) -> tuple[str, str]:
    return said if said[0] == "problem" else ("warning", "Stopped. What is done stays done; open this page to go on.")
