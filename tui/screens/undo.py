"""Undo of one import: the list first, then the question with count and project, then the work with live ticks."""

from __future__ import annotations

from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from tui.apply.engine import Import
from tui.apply.undo import Decision, Undo, UndoAction
from tui.net.errors import Failure, joined
from tui.net.events import Counted, Pausing, ProgressEvent
from tui.plan.words import flags
from tui.screens.dialogs import Question
from tui.screens.sheet import Sheet
from tui.text.clean import clean
from tui.widgets.bar import Bar, Part
from tui.widgets.buttons import Plain
from tui.widgets.row_list import RowList
from tui.widgets.symbols import mark
from tui.wizard import remedies, undo_words
from tui.wizard.rebuilding import Rebuilt, rebuilt_flags

_TICKS_SECONDS = 0.2
"""Between two redraws of the list while it works; a long list costs more."""
_LONG, _LONG_SECONDS = 1_000, 1.0


class UndoScreen(Sheet[bool]):
    """Gives True if flags were archived or deleted, so that the report below is out of date."""

    KEYS = (
        ("Enter", "press"),
        ("Tab", "next"),
        ("Space", "include"),
        ("r", "reload"),
        ("Esc", "close"),
        ("Ctrl+Q", "quit"),
    )
    HELP = (
        "Undo archives or deletes only flags that this import certainly created and no one changed since. A flag marked"
        " not certain is kept. Press Space to include it if you know that the import created it. You can restore an"
        " archived flag in LaunchDarkly, but not a deleted one."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read", "Reload", show=False),
        Binding("space", "tick", "Include a flag that is not certain", show=False),
    ]

    def __init__(self, run: Import) -> None:
        super().__init__()
        self._run = run
        self._rebuilt = Rebuilt()
        self._undo = self._new_undo()
        self._decisions: tuple[Decision, ...] = ()
        self._changed = False
        self._taken_back: tuple[str, str] | None = None
        """Level and text of how taking back rebuilds ended, to be said with the next list."""
        self._fresh: list[Decision] = []
        """Carried out, and not ticked in the list yet."""
        self._taken, self._count_all = 0, 0
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None

    def title_text(self) -> str:
        return f"Undo {clean(self._run.journal.identity.name)}"

    def place(self) -> str:
        where = "LaunchDarkly" if self.app.practicing else f"LaunchDarkly {self._run.instance.name}"
        return f"{where} {clean(self._run.journal.identity.project)}"

    def compose_body(self) -> ComposeResult:
        yield Static(Content(undo_words.PURPOSE), id="undo-purpose", markup=False)
        yield Static("", id="undo-counted", markup=False)
        yield Bar(id="undo-bar")
        yield RowList(id="undo-list", compact=True)

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Close", id="close")
        yield Plain("Take back", id="take-back")
        yield Plain("Archive", id="archive")
        yield Plain("Delete", id="delete")
        yield Plain("Stop", id="stop")

    def on_mount(self) -> None:
        for name in ("take-back", "archive", "delete", "stop"):
            self.query_one(f"#{name}").display = False
        self.query_one("#close").focus()
        self.action_read()

    @property
    def _busy(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    def action_close(self) -> None:
        """Close; Esc doesn't stop an undo."""
        if self._busy:
            self.say("warning", "Undo is running. Stop it before you close this page.")
            self.query_one("#stop").focus()
        else:
            self.dismiss(self._changed)

    def _new_undo(self) -> Undo:
        run, done = self._run, self._rebuilt
        return Undo(run.journal, run.instance, run.bag, run.context, run.note, own=done.own, adopted=done.adopted)

    # --- the list

    def action_read(self) -> None:
        """Read the flags again. Nothing is changed."""
        if not self._busy:
            self._read()

    @work(exclusive=True, group="undo", exit_on_error=True)
    async def _read(self) -> None:
        self.say("note", "Reading the flags. This changes nothing.")
        try:
            self._rebuilt = rebuilt_flags(self.app.session)
            self._undo = self._new_undo()
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
        self._show(self._decisions)
        text = undo_words.NOTHING_CHANGED if self._count else "No flag can be undone."
        uncertain = sum(each.not_certain for each in self._decisions)
        self.say("note", f"{text} {flags(uncertain)} not certain: press Space to include one." if uncertain else text)
        if kept := self._count_rebuilt:
            self.say("warning", undo_words.rebuilt(kept))
        if self._taken_back is not None:
            self.say(*self._taken_back)
            self._taken_back = None
        self._offer()

    @property
    def _count_rebuilt(self) -> int:
        return len(self._rebuilt.standing & {each.key for each in self._decisions})

    def _offer(self) -> None:
        """The buttons that begin, with the number of flags."""
        count, rebuilt = self._count, self._count_rebuilt
        take_back = self.query_one("#take-back", Plain)
        take_back.display = rebuilt > 0
        take_back.rename(f"Take back {rebuilt:,}")
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
            self.say("note", "You can include only flags that are marked not certain.")
            return
        kept = self._decisions[at].action is UndoAction.KEEP
        changed = self._undo.choose(self._decisions[at], wanted=kept)
        self._decisions = (*self._decisions[:at], changed, *self._decisions[at + 1 :])
        rows.replace_option_prompt_at_index(rows.highlighted, self._row(changed))
        self._write_summary(undo_words.summary(self._decisions))
        self._offer()
        self.say("note", undo_words.NOTHING_CHANGED)

    @property
    def _count(self) -> int:
        return sum(each.action is not UndoAction.KEEP for each in self._decisions)

    def _show(self, decisions: tuple[Decision, ...], *, done: bool = False, open_: int = 0) -> None:
        """List the flags by reason, the exceptions first."""
        self._write_summary(undo_words.summary(decisions, done=done, open_=open_))
        rows = self.query_one("#undo-list", OptionList)
        rows.clear_options()
        options: list[Option] = []
        for group in undo_words.groups(decisions, done=done):
            heading = Content.styled(clean(self._run.context.redactor(group.heading)), "bold")
            options += [Option(Content(" "), disabled=True)] if options else []
            options.append(Option(mark(self.symbols, group.level) + heading, disabled=True))
            options += [Option(self._row(each, done=done), id=_row_id(each)) for each in group.decisions]
        rows.add_options(options)

    def _write_summary(self, text: str) -> None:
        self.query_one("#undo-counted", Static).update(Content(text))

    def _row(self, each: Decision, *, done: bool = False) -> Content:
        """A flag below the reason that it shares. While it works each row shows what was done with its flag."""
        key, kept = clean(each.key), each.action is UndoAction.KEEP
        if done and not kept:
            return Content("  ") + mark(self.symbols, "ok") + Content(key)
        if done and each in self._fresh:
            why = clean(self._run.context.redactor(undo_words.reason(each)))
            return Content("  ") + mark(self.symbols, "warning") + Content(f"{key}   kept: {why}")
        if each.not_certain and not done:
            return Content(f"  {self.symbols.unticked if kept else self.symbols.ticked} {key}")
        return Content(f"  {self.symbols.note if kept else self.symbols.open} {key}")

    # --- the work

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "close":
            self.action_close()
        elif event.button.id == "stop" and self._worker is not None:
            self._worker.cancel()
        elif not self._busy and event.button.id == "take-back":
            self._take_back()
        elif not self._busy:
            self._ask(delete=event.button.id == "delete")

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _take_back(self) -> None:
        """Take back the rebuilt targeting in every environment, and list the flags again."""
        project = clean(self._run.journal.identity.project)
        title, text = undo_words.take_back_question(project, self._count_rebuilt)
        if await self.app.push_screen_wait(Question(title, text, yes="Take back", no="No")):
            self._worker = self._carry_back()

    @work(exclusive=True, group="undo", exit_on_error=True)
    async def _carry_back(self) -> None:
        from tui.wizard.rebuild_run import all_taken_back

        session, run = self.app.session, self._run
        path = session.run_path
        if path is None:
            return
        self.say("note", undo_words.TAKING_BACK)
        try:
            where = path, run.instance, run.bag, run.context
            _, stays = await all_taken_back(session.rebuild_records(), *where, self._report_progress)
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        self._changed, session.rebuilding = True, None
        if self.query("#undo-list"):
            self._taken_back = undo_words.taken_back(stays)
            self._read()

    def _report_progress(self, event: ProgressEvent) -> None:
        if isinstance(event, Pausing):
            self.say("warning", event.words)

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _ask(self, *, delete: bool) -> None:
        title, text = undo_words.question(clean(self._run.journal.identity.project), self._count, delete=delete)
        yes = "Delete" if delete else "Archive"
        if await self.app.push_screen_wait(Question(title, text, yes=yes, no="No")):
            self._worker = self._carry_out(delete=delete)

    @work(exclusive=True, group="undo", exit_on_error=True)
    async def _carry_out(self, *, delete: bool) -> None:
        undo, done = self._undo, dict[str, Decision]()
        undo.action = UndoAction.DELETE if delete else UndoAction.ARCHIVE
        self._begin(delete=delete)
        said = ("ok", "Done.")
        try:
            async with aclosing(undo.carried_out(self._decisions)) as decisions:
                async for each in decisions:
                    done[each.key] = each
                    self._taken += each.action is not UndoAction.KEEP
                    self._changed = self._changed or self._taken > 0
                    self._fresh.append(each)
        except Failure as failure:
            said = ("problem", joined(remedies.sentence(failure), undo_words.stays(delete=delete)))
        finally:
            if self._ticker is not None:
                self._ticker.stop()
            if self.query("#undo-list"):
                whole = len(done) == len(self._decisions) or said[0] == "problem"
                self._ended(tuple(done.values()), said if whole else ("warning", undo_words.stopped(delete=delete)))

    def _begin(self, *, delete: bool) -> None:
        self._fresh, self._taken, self._count_all = [], 0, self._count
        self._show_stop(on=True)
        self._write_summary(undo_words.progress(0, self._count_all, delete=delete))
        self.say("note", f"You can stop at any time. {undo_words.stays(delete=delete)}")
        seconds = _TICKS_SECONDS if len(self._decisions) <= _LONG else _LONG_SECONDS
        self._ticker = self.set_interval(seconds, lambda: self._tick_off(delete=delete))

    def _tick_off(self, *, delete: bool) -> None:
        """Tick the rows of what was done since the last time; heading and bar follow."""
        if not self._fresh or not self.query("#undo-list"):
            return
        rows = self.query_one("#undo-list", OptionList)
        touched = {each.key for each in self._decisions if each.action is not UndoAction.KEEP}
        for each in self._fresh:
            if each.key in touched:
                rows.replace_option_prompt(_row_id(each), self._row(each, done=True))
                rows.highlighted = rows.get_option_index(_row_id(each))
        self._fresh = []
        self._write_summary(undo_words.progress(self._taken, self._count_all, delete=delete))
        left = max(0, self._count_all - self._taken)
        s = self.symbols
        self.query_one("#undo-bar", Bar).show([Part(self._taken, s.full, "$success"), Part(left, s.empty, "$skipped")])

    def _ended(self, done: tuple[Decision, ...], said: tuple[str, str]) -> None:
        missed = sum(each.action is not UndoAction.KEEP for each in self._decisions[len(done) :])
        self._decisions, self._fresh = (), []
        self._show(done, done=True, open_=missed)
        self._show_stop(on=False)
        self.say(*said)
        self.query_one("#undo-bar", Bar).show(())
        self.query_one("#close").focus()

    def _show_stop(self, *, on: bool) -> None:
        for name in ("take-back", "archive", "delete"):
            self.query_one(f"#{name}").display = False
        self.query_one("#stop").display = on
        self.query_one("#close").display = not on
        if on:
            self.set_focus(None)  # a key held down too long must not stop what it has just begun


def _row_id(each: Decision) -> str:
    """Return an option's id, whose prefix keeps a flag's key apart from Textual's own ids."""
    return f"flag-{each.key}"
