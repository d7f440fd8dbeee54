"""One flag import configuration: its state and settings, and what you can do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from tui.answers.fields import Form
from tui.apply.engine import Import
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.configurations import listing
from tui.configurations import run as manage_run
from tui.configurations.listing import Account, Deed
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.net.events import Note, Pausing
from tui.screens.configuration_edit import EditScreen
from tui.screens.dialogs import Dialog, Question
from tui.screens.sheet import Sheet
from tui.widgets.buttons import Plain
from tui.widgets.facts import Fact
from tui.widgets.inputs import LiveInput
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import mark
from tui.wizard import configuration_words as words
from tui.wizard import remedies
from tui.wizard.browser import integrations_page

if TYPE_CHECKING:
    from tui.apply.watch import Moved
    from tui.plan.words import LeveledText
    from tui.wizard.session import Session


_MOST_NEWS = 8
_BLOCKS = 4


class ConfigurationScreen(Sheet[bool]):
    """Returns True if something has changed, so that the list must be loaded again."""

    HELP = "LaunchDarkly can't stop a running import. Watching changes nothing: you can close this page at any time."
    KEYS = (
        ("Enter", "press"),
        ("PgDn", "more"),
        ("b", "browser"),
        ("Esc", "close"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("b", "browse", "Open in a browser", show=False)]

    def __init__(
        self, session: Session, account: Account, one: Configuration, listed: tuple[Configuration, ...]
    ) -> None:
        super().__init__()
        self._session, self._account, self._listed = session, account, listed
        self._one = one
        self._form: Form | None = session.forms.get(one.integration_key)
        self._whole = False
        self._changed = False
        self._news: list[LeveledText] = []

    def title_text(self) -> str:
        return self._account.context.redactor.data(self._one.name or self._one.id)

    def purpose(self) -> str:
        form = self._form
        return f"Imports flags from {form.title if form else self._one.integration_key} into {self._one.project_key}."

    def place(self) -> str:
        where = "LaunchDarkly" if self.app.practicing else f"LaunchDarkly {self._account.instance.name}"
        return f"{where} {self._one.project_key}"

    def compose_body(self) -> ComposeResult:
        yield Vertical(id="one-facts")
        yield Sentences(self.symbols, id="one-watch")
        yield Sentences(self.symbols, id="one-errors")
        yield Static(Content("Settings"), classes="group", markup=False)
        yield Vertical(id="one-settings")

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Edit", id="edit")
        yield Plain("Replace a key", id="replace")
        yield Plain("Start", id="start", classes="primary")
        yield Plain("Watch", id="watch")
        yield Plain("Delete", id="delete")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#edit").focus()
        self._read()

    def action_close(self) -> None:
        """Close the page. A watched import continues."""
        self.dismiss(self._changed)

    def action_browse(self) -> None:
        """Open LaunchDarkly's page of imports in a browser."""
        browse(self, self._account)

    # --- reading and showing

    @work(exclusive=True, group="read", exit_on_error=True)
    async def _read(self, said: LeveledText = ("note", "")) -> None:
        self.say("note", "Loading ...")
        await self._read_now(said)

    async def _read_now(self, said: LeveledText) -> None:
        """Load it again, then show `said`, or why it can't be loaded."""
        try:
            async with listing.opened(self._account, self._one) as events:
                async for event in events:
                    if isinstance(event, Pausing):
                        self.say("warning", event.words)
            self._one, self._whole = events.result, True
        except Failure as failure:
            self._changed = True  # it may be gone
            said = ("problem", remedies.sentence(failure))
        self._show()
        self.say(*said)

    def _show(self) -> None:
        one, redactor = self._one, self._account.context.redactor
        if len(self.query("#one-facts, #one-watch, #one-errors, #one-settings")) < _BLOCKS:
            return  # the page is closing
        with self.app.batch_update():
            self.query_one(".sheet-title", Static).update(Content(self.title_text()))
            facts = self.query_one("#one-facts")
            facts.remove_children()
            facts.mount_all(
                Fact(label, mark(self.symbols, level) + Content(text), classes="one-fact")
                for label, level, text in listing.details(one, self._form, redactor, self._account.context.now())
                if label != "Imports"  # the purpose says that
            )
            said: list[LeveledText] = []
            for error, cause in listing.errors(one, redactor):
                said += [("problem", error), *([("note", cause)] if cause else [])]
            self.query_one("#one-errors", Sentences).show(said)
            settings = self.query_one("#one-settings")
            settings.remove_children()
            settings.mount_all(
                Fact(label, text, classes="one-fact") for label, text in listing.settings(one, self._form, redactor)
            )

    # --- actions

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        deed, do = self._deeds()[event.button.id or ""]
        if not self._whole:
            self.say("note", "Still loading. Try again in a moment.")
        elif reason := listing.why_not(self._one, deed, self._form):
            self.say("problem", reason)
        else:
            do()

    def _deeds(self) -> Mapping[str, tuple[Deed, Callable[[], object]]]:
        return {
            "edit": (Deed.EDIT, lambda: self._edit(keys_alone=False)),
            "replace": (Deed.REPLACE_KEY, lambda: self._edit(keys_alone=True)),
            "start": (Deed.START, self._start),
            "watch": (Deed.WATCH, lambda: self._watch(manage_run.to_watch(self._account, self._one))),
            "delete": (Deed.DELETE, self._delete),
        }

    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _edit(self, *, keys_alone: bool) -> None:
        screen = EditScreen(self._session, self._account, self._one, self._listed, keys_alone=keys_alone)
        changed = await self.app.push_screen_wait(screen)
        if changed is None:
            return
        self._changed = True
        await self._read_now(words.changed(changed))

    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _start(self) -> None:
        if words.is_open(self._session, self._one):
            self.say("note", words.OPEN_ON_RUN)
            return
        question = Question(*words.start_question(self._one), yes="Start", no="Cancel")
        if not await self.app.push_screen_wait(question):
            return
        self.say("note", "Starting ...")
        self._changed = True
        started_import = manage_run.to_start(self._account, self._one)
        try:
            async with started_import.start(again=True) as events:
                async for event in events:
                    if isinstance(event, Note):
                        self.say(event.level, f"{event.text}: {event.detail}".rstrip(": "))
            started = events.result
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        except OSError as error:
            self.say("problem", f"Can't save the journal ({error.strerror}). Nothing was started.")
            return
        if not started.known:
            self.say("unknown", str(started.failure))
            return
        self.say("ok", "Import started." if started.triggered else "It is already running, so it wasn't started again.")
        self._watch(started_import)

    # --- watching

    @work(exclusive=True, group="watch", exit_on_error=True)
    async def _watch(self, watched: Import) -> None:
        """Watch it to its end. Closing the page stops the watching, not the import."""
        self._news = []
        self._tell(words.WATCHING, "note")
        try:
            async with aclosing(watched.watch()) as events:
                async for event in events:
                    if isinstance(event, Ended):
                        await self._has_ended(watched, event)
                        return
                    self._told_of(watched, event)
        except Failure as failure:
            self._tell(remedies.sentence(failure), "problem")
        except OSError as error:
            self._tell(f"Can't save the result ({error.strerror}). Watch it again.", "problem")

    def _told_of(self, watched: Import, event: Moved | Resting | Stuck) -> None:
        keep = not isinstance(event, Resting)
        for level, text in words.news(watched, event, self._account.context.now()):
            self._tell(text, level, keep=keep)

    async def _has_ended(self, watched: Import, event: Ended) -> None:
        self._changed = True
        self._news = []  # the errors are listed below
        level, text = words.ended(watched, event)
        self._tell(text, level)
        await self._read_now(("note", ""))

    def _tell(self, text: str, level: str, *, keep: bool = True) -> None:
        """Show news of the import, the newest first."""
        if keep:
            self._news = [(level, text), *self._news][:_MOST_NEWS]
        shown = self._news if keep else [(level, text), *self._news]
        for news in self.query("#one-watch").results(Sentences):
            news.show(shown)

    # --- deleting

    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _delete(self) -> None:
        question = DeleteQuestion(self._one)
        if not await self.app.push_screen_wait(question):
            return
        self.say("note", "Deleting ...")
        self._changed = True
        try:
            async with manage_run.deleted(self._account, self._one) as events:
                async for event in events:
                    if isinstance(event, Note):
                        self.say(event.level, f"{event.text}: {event.detail}")
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        self.app.notify(words.deleted(self.title_text()), markup=False)
        self.dismiss(True)


def browse(sheet: Sheet[Any], account: Account | None) -> None:
    """Open LaunchDarkly's page of imports in a browser. The demo LaunchDarkly has no pages."""
    if sheet.app.practicing:
        sheet.say("note", "The demo LaunchDarkly has no web pages.")
    elif account is not None:
        sheet.app.open_page(integrations_page(account.instance.url))


class DeleteQuestion(Dialog[bool]):
    """Returns True once the name was typed and the button was pressed."""

    def __init__(self, one: Configuration) -> None:
        super().__init__()
        self._one = one

    def compose(self) -> ComposeResult:
        one = self._one
        title, text = words.delete_question(one)
        with Vertical(classes="dialog"):
            yield Static(Content(title), classes="dialog-title", markup=False)
            yield Static(Content(text), classes="dialog-text", markup=False)
            label = f"To confirm, type: {listing.to_type(one)}"
            yield Static(Content(label), id="to-type", classes="dialog-note", markup=False)
            yield LiveInput("", id="typed-name", told=lambda text: None)
            yield Static("", id="delete-said", classes="dialog-hint", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Cancel", id="no")
                yield Plain("Delete", id="yes")

    def on_mount(self) -> None:
        self.query_one("#typed-name").focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter in the field moves to the button."""
        event.stop()
        self.query_one("#yes").focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id != "yes":
            self.dismiss(False)
        elif listing.confirms(self._one, self.query_one("#typed-name", LiveInput).value):
            self.dismiss(True)
        else:
            self.query_one("#delete-said", Static).update(Content("That doesn't match. Nothing was deleted."))
            self.query_one("#typed-name").focus()
