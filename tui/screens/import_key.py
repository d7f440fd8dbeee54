"""The dialogs about import keys that the wizard creates: create one, and delete it on leaving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static
from textual.worker import Worker

from tui.answers.created_key import CreatedKey
from tui.apply.import_key import Fate, ImportKeys, KeyOutcome
from tui.net.errors import Failure
from tui.net.events import Note, Pausing, ProgressEvent
from tui.screens.dialogs import Dialog, leaving_question
from tui.widgets.buttons import Plain
from tui.widgets.dialog_keys import DialogKeys
from tui.widgets.facts import Fact
from tui.widgets.sentences import Sentences
from tui.wizard import import_key
from tui.wizard import import_key_words as words
from tui.wizard.import_key_words import Page

if TYPE_CHECKING:
    from tui.plan.words import LeveledText
    from tui.screens.host import Host
    from tui.widgets.symbols import Symbols
    from tui.wizard.session import Session


class CreateKeyScreen(Dialog[KeyOutcome]):
    """Asks, creates the key, and gives the outcome; None if no key was created that can be used.

    `earlier` is a key that was created before and isn't in the field: it is settled first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(self, keys: ImportKeys, key: CreatedKey, symbols: Symbols, earlier: CreatedKey | None = None) -> None:
        super().__init__()
        self._keys = replace(keys, keep=self._keep)
        self._save = keys.keep
        self._key, self._symbols, self._earlier = key, symbols, earlier
        self._noted: CreatedKey | None = None
        """The key as it was noted last in this dialog."""
        self._no = ""
        self._act: Callable[[], object] = lambda: None
        self._stopped: Callable[[], Awaitable[None]] | None = None
        """What to show if the user stops waiting; None while nothing runs."""
        self._worker: Worker[None] | None = None

    def _keep(self, key: CreatedKey) -> None:
        self._save(key)
        self._noted = key

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide key-dialog"):
            yield Static("", classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-scroll", can_focus=False):
                yield Sentences(self._symbols, id="key-news")
                yield Vertical(id="key-facts")
                yield Sentences(self._symbols, id="key-said")
            with Horizontal(classes="dialog-buttons"):
                yield Plain("No", id="no")
                yield Plain("Create key", id="yes", classes="primary")
            yield DialogKeys(())

    async def on_mount(self) -> None:
        if self._earlier is not None:
            await self._show_earlier(self._earlier)
        else:
            await self._show_question()

    # --- pages

    async def _show(self, page: Page, act: Callable[[], object] = lambda: None) -> None:
        """Show a page; `act` is what its second button does."""
        self._no, self._act = page.no, act
        self.query_one(".dialog-title", Static).update(Content(page.title))
        box = self.query_one("#key-facts")
        await box.remove_children()
        await box.mount(*(Fact(label, text, classes="key-fact") for label, text in page.facts))
        box.display = bool(page.facts)
        self.query_one("#key-news", Sentences).show([("ok", page.news)] if page.news else [])
        self.query_one("#key-said", Sentences).show(page.said)
        self.query_one("#no", Plain).rename(page.no)
        yes = self.query_one("#yes", Plain)
        yes.display = bool(page.yes)
        yes.rename(page.yes)
        self.call_after_refresh(self._show_keys)
        self.query_one(VerticalScroll).scroll_home(animate=False)
        if self._stopped is None:
            self.query_one("#no").focus()
        else:
            self.set_focus(None)  # a key held down too long must not stop what it has just begun

    def _show_keys(self) -> None:
        """The keys depend on whether the page fits."""
        more = (("PgDn", "more"),) if any(box.max_scroll_y for box in self.query(VerticalScroll)) else ()
        for line in self.query(DialogKeys):  # none once the dialog is closed
            line.show((("Tab", "move"), ("Enter", "select"), ("Esc", self._no.lower()), *more))

    async def _show_question(self, news: str = "") -> None:
        self._stopped = None
        await self._show(words.ask(self._key, news), self._create)

    async def _show_earlier(self, key: CreatedKey) -> None:
        self._stopped = None
        await self._show(words.earlier(key), lambda: self._delete(key) if key.id else self._look(key))

    async def _show_outcome(self, outcome: KeyOutcome) -> None:
        self._stopped = None
        key = outcome.key
        acts: dict[Fate, Callable[[], object]] = {
            Fate.LOST: lambda: self._delete(key),
            Fate.NOT_KNOWN: lambda: self._look(key),
        }
        await self._show(words.ended(outcome), acts.get(outcome.fate, lambda: None))

    async def _begin(self, title: str, stopped: Callable[[], Awaitable[None]]) -> None:
        self._stopped = stopped
        await self._show(words.working(title))

    def _event(self, event: ProgressEvent) -> None:
        if isinstance(event, Pausing):
            self._say([("warning", event.words)])
        elif isinstance(event, Note):
            self._say([(event.level, f"{event.text[0].upper()}{event.text[1:]}: {event.detail}")])

    def _say(self, said: Sequence[LeveledText]) -> None:
        if self.is_attached:
            self.query_one("#key-said", Sentences).show(said)

    # --- the work

    def _create(self) -> None:
        self._worker = self._created()

    def _look(self, key: CreatedKey) -> None:
        self._worker = self._looked(key)

    def _delete(self, key: CreatedKey) -> None:
        self._worker = self._deleted(key)

    @work(exclusive=True, group="key", exit_on_error=True)
    async def _created(self) -> None:
        self._noted = None

        async def stopped() -> None:
            if self._noted is None:
                await self._show_question(words.NOTHING_SENT)
            else:
                await self._show_earlier(self._noted)

        await self._begin(words.WORKING, stopped)
        outcome = await self._keys.create(self._key).finish(self._event)
        if outcome.fate is Fate.CREATED:
            self._stopped = None
            self.dismiss(outcome)
        else:
            await self._show_outcome(outcome)

    @work(exclusive=True, group="key", exit_on_error=True)
    async def _looked(self, key: CreatedKey) -> None:
        await self._begin(words.CHECKING, lambda: self._show_earlier(key))
        outcome = await self._keys.look(key).finish(self._event)
        if outcome.fate is Fate.NOT_CREATED:
            await self._show_question(words.not_created(key))
        else:
            await self._show_outcome(outcome)

    @work(exclusive=True, group="key", exit_on_error=True)
    async def _deleted(self, key: CreatedKey) -> None:
        await self._begin(words.DELETING, lambda: self._show_earlier(key))
        try:
            there = await self._keys.delete(key).finish(self._event)
        except Failure as failure:
            self._stopped = None
            await self._show(words.not_deleted(key, failure), lambda: self._delete(key))
        else:
            await self._show_question(words.deleted(key, there=there))

    # --- buttons

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "yes":
            self._act()
        elif self._stopped is not None:
            await self._stop()
        else:
            self.dismiss(None)

    async def _stop(self) -> None:
        stopped, self._stopped = self._stopped, None
        if self._worker is not None:
            self._worker.cancel()
        if stopped is not None:
            await stopped()

    def action_page(self, pages: int) -> None:
        """Scroll what doesn't fit."""
        box = self.query_one(VerticalScroll)
        (box.scroll_page_down if pages > 0 else box.scroll_page_up)(animate=False)

    def action_close(self) -> None:
        """Esc doesn't stop a request: an arrow key in two pieces looks like it."""
        if self._stopped is None:
            self.dismiss(None)
        else:
            self.query_one("#no").focus()


class LeaveKeyScreen(Dialog[bool]):
    """Asks before leaving whether to delete keys that no import uses. Gives True to leave."""

    def __init__(
        self, keys: ImportKeys, created: Sequence[CreatedKey], symbols: Symbols, *, stored: bool, quits: bool
    ) -> None:
        """`stored`: the keyring has the value of the latest."""
        super().__init__()
        self._keys, self._created, self._symbols = keys, tuple(created), symbols
        self._title, self._text = words.leaving(created[-1], len(created) - 1, stored=stored, quits=quits)
        self._stored, self._verb = stored, "quit" if quits else "leave"
        self._busy = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog key-dialog"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield Static(Content(self._text), classes="dialog-text", markup=False)
            yield Sentences(self._symbols, id="key-said", classes="dialog-note")
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Stay", id="no")
                yield Plain(f"Keep and {self._verb}", id="keep", classes="primary" if self._stored else "")
                yield Plain(f"Delete and {self._verb}", id="delete", classes="" if self._stored else "primary")
            yield DialogKeys((("Tab", "move"), ("Enter", "select"), ("Esc", "stay")))

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "delete":
            if not self._busy:
                self._delete()
        else:
            self.dismiss(event.button.id == "keep")

    @work(exclusive=True, group="key", exit_on_error=True)
    async def _delete(self) -> None:
        self._busy = True
        self.query_one(Sentences).show([words.PATIENCE])
        try:
            for key in self._created:
                await self._keys.delete(key).finish()
        except Failure as failure:
            self._busy = False
            self.query_one(Sentences).show(words.sentences(failure))
            self.query_one("#no").focus()
            return
        self.dismiss(True)

    def action_close(self) -> None:
        self.dismiss(False)


async def may_leave(app: Host, session: Session | None, *, quits: bool = True) -> bool:
    """Ask before leaving the import, or quitting, if something would be lost or left behind."""
    created = import_key.unused(session) if session is not None else ()
    if session is not None and created:
        stored = import_key.is_stored(session)
        keys = import_key.keys_of_draft(session)
        screen = LeaveKeyScreen(keys, created, app.symbols, stored=stored, quits=quits)
        return await app.push_screen_wait(screen) is True
    question = leaving_question(session, quits=quits)
    return question is None or await app.push_screen_wait(question) is True
