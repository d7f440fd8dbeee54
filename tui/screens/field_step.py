"""Steps made of fields: their rows in groups, the keyring, suggested values, and lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.content import Content
from textual.widgets import Static

from tui.answers import draft as drafts
from tui.answers.fields import Variable
from tui.screens.dialogs import Question
from tui.screens.picker import PickerScreen
from tui.screens.step import StepScreen
from tui.widgets.field_row import FieldRow
from tui.widgets.store_row import StoreRow
from tui.wizard import import_key, keys
from tui.wizard.groups import groups
from tui.wizard.picks import PICKABLE, fetch_for, read_again


class FieldStep(StepScreen):
    """A step with field rows. Keys are stored where the user chooses."""

    def __init__(self) -> None:
        super().__init__()
        self._keyring_turn = asyncio.Lock()
        """Held while keys are stored, so that only one question about a locked keyring is open."""

    def row(self, variable: Variable, *, label: str = "") -> FieldRow:
        """Return the row of a field, with a button for its list if there is one."""
        pick = "Pick" if variable.role in PICKABLE - {"project-key"} else ""
        create = "Create one" if variable.role == import_key.ROLE else ""
        return FieldRow(
            self.session, variable, self.symbols, label=label, pick=pick, create=create, typing=self.hold_back
        )

    def compose_step(self) -> ComposeResult:
        with_store = bool(keys.stored_keys(self.session, self.STEP))
        for number, group in enumerate(groups(self.session.draft, self.STEP)):
            if group.title and with_store:
                yield from self.compose_store()
                with_store = False
            if group.title:
                yield Static(Content(group.title), classes="group", markup=False)
            for variable in group.fields:
                row = self.row(variable)
                row.set_class(number > 0 and not group.title and variable is group.fields[0], "group-start")
                yield row
        if with_store:
            yield from self.compose_store()

    # --- where keys are stored

    def compose_store(self) -> ComposeResult:
        """Below the keys of a step: where they are stored."""
        yield StoreRow(self.session, self.STEP, self.symbols)

    async def opened(self) -> None:
        self.ask_keyring()

    @work(exclusive=True, group="ask-keyring", exit_on_error=True)
    async def ask_keyring(self, *, again: bool = False) -> None:
        """Find out what the keyring can do, and fill in the keys of this step that it has."""
        if not await keys.ask_keyring(self.session, again=again):
            return
        filled = await keys.fetch_stored(self.session, self.STEP)
        if not self.stands:
            return
        self._show_store()
        if filled:
            self.refresh_rows()
            for variable in drafts.fields(self.session.draft, self.STEP):
                self.begin_check(variable.key)

    def commands(self) -> Iterable[SystemCommand]:
        if self.session.keyring is not None:
            yield SystemCommand(
                "Check the keyring again", "After you unlock or install one", lambda: self.ask_keyring(again=True)
            )

    def refresh_rows(self) -> None:
        super().refresh_rows()
        self._show_store()

    def _show_store(self) -> None:
        for row in self.query(StoreRow):
            row.show()

    @on(StoreRow.PlaceChosen)
    def _place_chosen(self, event: StoreRow.PlaceChosen) -> None:
        event.stop()
        keys.choose_place(self.session, self.STEP, event.place)
        if event.place == drafts.KEYRING:
            self._store(keys.stored_keys(self.session, self.STEP))
        self.refresh_rows()

    @work(group="keyring", exit_on_error=True)
    async def _store(self, names: Sequence[str]) -> None:
        """Store the checked keys of some fields, and read the locked ones."""
        async with self._keyring_turn:
            if locked := [key for key in keys.locked_keys(self.session, self.STEP) if key in names]:
                await self._fetch_locked(locked)
            ready = [key for key in names if keys.is_ready(self.session, key)]
            if not ready:
                if not locked and any(self.session.due(key) or key not in self.session.bag for key in names):
                    self.say("note", keys.STORED_LATER)
                return
            self.say("note", keys.STORING)
            outcome = await keys.store_all(self.session, ready, unlock=False)
            if self.session.needs_unlocking and self.stands:
                if await self._wants_to_unlock():
                    outcome = await keys.store_all(self.session, ready, unlock=True)
                else:
                    keys.choose_place(self.session, self.STEP, drafts.SESSION)
            if self.stands:
                self.refresh_rows()
                stored = keys.place(self.session, self.STEP) == drafts.KEYRING
                self.say("ok" if stored else "warning", outcome)

    async def _fetch_locked(self, names: Sequence[str]) -> None:
        """The fields are empty: the keys in the locked keyring may be meant."""
        if not await self._wants_to_unlock():
            keys.choose_place(self.session, self.STEP, drafts.SESSION)
            self.refresh_rows()
            return
        self.say("note", keys.WAITING)
        failures = [await keys.fetch(self.session, key, unlock=True) for key in names]
        if self.stands:
            self.refresh_rows()
            failure = next(filter(None, failures), "")
            self.say("warning" if failure else "ok", failure or keys.FETCHED)
            for key in names:
                self.begin_check(key)

    async def _wants_to_unlock(self) -> bool:
        question = Question(keys.UNLOCK_TITLE, keys.UNLOCK_TEXT, yes=keys.UNLOCK_YES, no=keys.UNLOCK_NO)
        unlock = await self.app.push_screen_wait(question)
        return unlock is True

    async def checked(self, key: str) -> None:
        """Store a key that is to be stored once its check found no problem."""
        if drafts.answer(self.session.draft, key).keep == drafts.KEYRING and keys.is_ready(self.session, key):
            self._store((key,))

    # --- suggested values and lists

    @on(FieldRow.Take)
    def _take(self, event: FieldRow.Take) -> None:
        self.session.take(event.offer)
        self._answered(event.offer.field)

    @on(FieldRow.PickRequested)
    @work(exclusive=True, group="pick", exit_on_error=True)
    async def _pick(self, event: FieldRow.PickRequested) -> None:
        fetch = fetch_for(self.session, event.key)
        if fetch is None:
            self.say("problem", "There is no list without a key. Enter the key on the step before.")
            return
        label = drafts.variable(self.session.draft, event.key).label
        again = partial(read_again, self.session, event.key)
        picked = await self.app.push_screen_wait(PickerScreen(label, fetch, again))
        if picked is None:
            return
        value, words = picked
        self.session.pick(event.key, value, words)
        self._answered(event.key)

    def _answered(self, key: str) -> None:
        """A suggested or picked value is in its field: check it, and go on to the next field."""
        self.refresh_rows()
        self.begin_check(key)
        self.check_what_is_due()
        self.focus_after(key)
