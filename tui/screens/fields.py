"""Steps that are made of fields: what they share, and the step Fields itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.content import Content
from textual.widgets import Static

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME
from tui.answers.fields import Variable
from tui.screens.dialogs import Question
from tui.screens.picker import PickerScreen
from tui.screens.step import StepScreen
from tui.widgets.field_row import FieldRow
from tui.widgets.keep_row import KeepRow
from tui.wizard import keys
from tui.wizard.picks import PICKABLE, fetch_for, read_again


class FieldsStep(StepScreen):
    """A step with field rows: offers are taken over, keys are kept where the person says."""

    def row(self, variable: Variable, *, label: str = "") -> FieldRow:
        """The row of a field, with a button for its list where there is one."""
        pick = "Pick" if variable.role in PICKABLE - {"project-key"} else ""
        return FieldRow(self.session, variable, self.symbols, label=label, pick=pick, typing=self.hold_back)

    def compose_step(self) -> ComposeResult:
        shown = drafts.fields(self.session.draft, self.STEP)
        for variable in shown:
            if not variable.hidden:
                yield self.row(variable)
                yield from self.compose_keep(variable)
        hidden = [variable for variable in shown if variable.hidden]
        if hidden:
            yield Static(Content("more"), classes="group", markup=False)
        for variable in hidden:
            yield self.row(variable)

    # --- where a key is kept

    def compose_keep(self, variable: Variable) -> ComposeResult:
        """Below a key: where it is kept."""
        if drafts.may_be_kept(variable):
            yield KeepRow(self.session, variable, self.symbols)

    async def opened(self) -> None:
        self.ask_keyring()

    @work(exclusive=True, group="ask-keyring", exit_on_error=True)
    async def ask_keyring(self, *, again: bool = False) -> None:
        """Find out what the keyring can do, and take from it the keys of this step that it holds."""
        if not await keys.ask_keyring(self.session, again=again):
            return
        filled = await keys.fetch_stored(self.session, self.STEP)
        if not self.is_attached:
            return
        self._show_keep()
        if filled:
            self.refresh_rows()
            for variable in drafts.fields(self.session.draft, self.STEP):
                self.begin_check(variable.key)

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand(
            "Ask the keyring again", "After you unlocked or installed one", lambda: self.ask_keyring(again=True)
        )

    def _show_keep(self) -> None:
        for row in self.query(KeepRow):
            row.show()

    @on(KeepRow.PlaceChosen)
    def _keep(self, event: KeepRow.PlaceChosen) -> None:
        event.stop()
        self.session.draft = changes.keep(self.session.draft, event.key, event.where)
        if event.where == drafts.KEYRING:
            self._store(event.key)
        self.refresh_rows()

    @work(group="keyring", exit_on_error=True)
    async def _store(self, key: str, *, unlock: bool = False) -> None:
        if key not in self.session.bag:
            await self._fetch_locked(key)
            return
        if self.session.due(key):
            self.say("note", "It is stored once the key has been checked.")
            return
        self.say("note", "Storing the key ...")
        said = await keys.store(self.session, key, unlock=unlock)
        if not self.is_attached:
            return
        self.refresh_rows()
        self._show_keep()
        self.say("ok" if drafts.answer(self.session.draft, key).reference == drafts.KEYRING else "warning", said)
        if self.session.needs_unlocking and not unlock and await self._wants_to_unlock():
            self._store(key, unlock=True)

    async def _fetch_locked(self, key: str) -> None:
        """The field is empty: the key that a locked keyring holds may be meant."""
        if not self.session.held_but_locked(key):
            self.say("note", "It is stored once the key is here and has been checked.")
            return
        if await self._wants_to_unlock():
            self.say("note", "Waiting for the keyring; its password window may be open on that machine ...")
            said = await keys.fetch(self.session, key, unlock=True)
            if self.is_attached:
                self.refresh_rows()
                self._show_keep()
                self.say("warning" if said else "ok", said or "The key is here.")
                self.begin_check(key)

    async def _wants_to_unlock(self) -> bool:
        text = (
            "Your keyring is locked. A password window may open on this machine's desktop, not in this terminal."
            " The import does not need the key to be stored."
        )
        question = Question("Unlock the keyring?", text, yes="Unlock", no="Keep it for this session")
        unlock = await self.app.push_screen_wait(question)
        return unlock is True

    async def checked(self, key: str) -> None:
        """A key that shall be kept is stored once it has proved itself."""
        answer = drafts.answer(self.session.draft, key)
        wanted = answer.keep == drafts.KEYRING and answer.reference != drafts.KEYRING
        if wanted and not any(f.level == "problem" for f in remarks.findings(self.session.draft, key)):
            self._store(key)

    # --- offers and lists

    @on(FieldRow.Take)
    def _take(self, event: FieldRow.Take) -> None:
        self.session.take(event.offer)
        self.refresh_rows()
        self.begin_check(event.offer.field)

    @on(FieldRow.PickRequested)
    @work(exclusive=True, group="pick", exit_on_error=True)
    async def _pick(self, event: FieldRow.PickRequested) -> None:
        fetch = fetch_for(self.session, event.key)
        if fetch is None:
            self.say("problem", "There is no list yet: it needs the key of the step before.")
            return
        label = drafts.variable(self.session.draft, event.key).label
        again = partial(read_again, self.session, event.key)
        picked = await self.app.push_screen_wait(PickerScreen(label, fetch, again))
        if picked is None:
            return
        value, words = picked
        self.session.pick(event.key, value, words)
        self.refresh_rows()
        self.begin_check(event.key)
        self._check_what_is_due()


class FieldsScreen(FieldsStep):
    """Step 4: the manifest's fields, but for keys and addresses."""

    STEP: ClassVar[str] = "fields"

    async def opened(self) -> None:
        """Fields may fill themselves; the name is looked up once it is left."""
        await super().opened()
        for variable in drafts.fields(self.session.draft, self.STEP):
            if variable.key != CONFIG_NAME.key:
                self.begin_check(variable.key)

    @on(FieldRow.Edited)
    async def _recompose_if_needed(self, event: FieldRow.Edited) -> None:
        """A field that others depend on may show or hide them."""
        shown = [v.key for v in drafts.fields(self.session.draft, self.STEP)]
        if shown == [row.key for row in self.query(FieldRow)] or sorted(shown) == sorted(
            r.key for r in self.query(FieldRow)
        ):
            return
        body = self.query_one("#body")
        rows = {row.key: row for row in self.query(FieldRow)}
        for key in rows.keys() - set(shown):
            await rows[key].remove()
        last: FieldRow | None = None
        for key in shown:
            if key not in rows:
                row = self.row(drafts.variable(self.session.draft, key))
                await body.mount(row, after=last) if last else await body.mount(row, before=0)
                rows[key] = row
            last = rows[key]


class KeysScreen(FieldsStep):
    """Step 3: all secret fields, and the address a key is checked against."""

    STEP: ClassVar[str] = "keys"
    KEYS = (
        ("Enter", "check"),
        ("Ctrl+U", "clear"),
        ("Ctrl+O", "next"),
        ("Esc", "to Back"),
        ("F1", "help"),
        ("Ctrl+Q", "quit"),
    )

    async def opened(self) -> None:
        await super().opened()
        for variable in drafts.fields(self.session.draft, self.STEP):
            self.begin_check(variable.key)
