"""Steps that are made of fields: what they share, and the step Fields itself."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.flagimport import walk
from tui.flagimport.picks import PICKABLE, fetch_for
from tui.flagimport.variables import Variable, widget_id
from tui.screens.dialogs import Question
from tui.screens.picker import PickerScreen
from tui.screens.step import StepScreen
from tui.widgets.choices import Choice, Choices
from tui.widgets.field_row import FieldRow


class FieldsStep(StepScreen):
    """A step with field rows: offers are taken over, keys are kept where the person says."""

    def row(self, variable: Variable, *, label: str = "") -> FieldRow:
        """The row of a field, with a button for its list where there is one."""
        pick = "Pick" if variable.role in PICKABLE - {"project-key"} else ""
        return FieldRow(self.session, variable, self.symbols, label=label, pick=pick)

    # --- where a key is kept

    def compose_keep(self, variable: Variable) -> ComposeResult:
        """Below a key: for this session, or in the keyring. In practice nothing is kept, and that is said."""
        if not variable.secret:
            return
        with Horizontal(classes="field-entry keep-row"):
            yield Static(Content("    keep"), classes="field-label wide-label", markup=False)
            if self.session.keyring is None:
                yield Static(Content("for this session only: practice stores nothing"), markup=False)
                return
            name = self.session.probe.label if self.session.probe else "keyring"
            options = (Choice(walk.SESSION, "this session"), Choice(walk.KEYRING, name or "keyring"))
            chosen = walk.answer(self.session.draft, variable.key).keep
            yield Choices(
                options,
                (chosen,),
                self.symbols,
                row=True,
                id=widget_id("keep", variable.key),
                told=lambda keys: self._keep(variable.key, keys[0]),
            )

    def _keep(self, key: str, where: str) -> None:
        self.session.draft = walk.keep(self.session.draft, key, where)
        if where == walk.KEYRING:
            self._store(key)
        else:
            self.refresh_rows()

    @work(group="keyring", exit_on_error=True)
    async def _store(self, key: str, *, unlock: bool = False) -> None:
        if self.session.bag.get(key) is None:
            self.say("note", "It is stored as soon as the key is here and checked.")
            return
        if self.session.due(key):
            return  # stored when the check has answered
        self.say("note", "Storing the key ...")
        said = await self.session.store(key, unlock=unlock)
        if not self.is_attached:
            return
        answer = walk.answer(self.session.draft, key)
        for choice in self.query(f"#{widget_id('keep', key)}").results(Choices):
            choice.show((answer.keep,))
        self.refresh_rows()
        self.say("ok" if answer.reference == walk.KEYRING else "warning", said)
        if self.session.needs_unlocking and not unlock:
            await self._offer_unlock(key)

    async def _offer_unlock(self, key: str) -> None:
        text = (
            "Your keyring is locked. A password window may open on this machine's desktop, not in this terminal."
            " The import does not need the key to be stored."
        )
        unlock = await self.app.push_screen_wait(
            Question("Unlock the keyring?", text, yes="Unlock", no="Keep it for this session")
        )
        if unlock:
            self._store(key, unlock=True)

    async def checked(self, key: str) -> None:
        """A key that shall be kept is stored once it has proved itself."""
        answer = walk.answer(self.session.draft, key)
        wanted = answer.keep == walk.KEYRING and answer.reference != walk.KEYRING
        if wanted and not any(f.level == "problem" for f in walk.findings(self.session.draft, key)):
            self._store(key)

    # --- offers and lists

    @on(FieldRow.Take)
    def _take(self, event: FieldRow.Take) -> None:
        self.session.take(event.offer)
        self.refresh_rows()
        self.begin_check(event.offer.field)

    @on(FieldRow.Pick)
    @work(exclusive=True, group="pick", exit_on_error=True)
    async def _pick(self, event: FieldRow.Pick) -> None:
        fetch = fetch_for(self.session, event.key)
        if fetch is None:
            self.say("problem", "There is no list yet: it needs the key of the step before.")
            return
        label = walk.variable(self.session.draft, event.key).label
        picked = await self.app.push_screen_wait(PickerScreen(label, fetch))
        if picked is None:
            return
        value, words = picked
        self.session.draft = walk.put(self.session.draft, event.key, value, source=words)
        self.refresh_rows()


class FieldsScreen(FieldsStep):
    """Step 4: the manifest's fields, but for keys and addresses."""

    STEP: ClassVar[str] = "fields"

    def compose_step(self) -> ComposeResult:
        shown = walk.fields(self.session.draft, self.STEP)
        for variable in shown:
            if not variable.hidden:
                yield self.row(variable)
        hidden = [variable for variable in shown if variable.hidden]
        if hidden:
            yield Static(Content("more"), classes="group", markup=False)
        for variable in hidden:
            yield self.row(variable)

    @on(FieldRow.Edited)
    async def _recompose_if_needed(self, event: FieldRow.Edited) -> None:
        """A field that others depend on may show or hide them."""
        shown = [v.key for v in walk.fields(self.session.draft, self.STEP)]
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
                row = self.row(walk.variable(self.session.draft, key))
                await body.mount(row, after=last) if last else await body.mount(row, before=0)
                rows[key] = row
            last = rows[key]


class KeysScreen(FieldsStep):
    """Step 3: all secret fields, and the address a key is checked against."""

    STEP: ClassVar[str] = "keys"
    KEYS = "Paste, then Enter to check   Ctrl+U clear   Ctrl+O next   F1 Ctrl+G help"

    def compose_step(self) -> ComposeResult:
        shown = walk.fields(self.session.draft, self.STEP)
        for variable in shown:
            if not variable.hidden:
                yield self.row(variable)
                yield from self.compose_keep(variable)
        hidden = [variable for variable in shown if variable.hidden]
        if hidden:
            yield Static(Content("more"), classes="group", markup=False)
        for variable in hidden:
            yield self.row(variable)

    async def opened(self) -> None:
        self._fetch_kept()
        for variable in walk.fields(self.session.draft, self.STEP):
            self.begin_check(variable.key)

    @work(group="keyring", exit_on_error=True)
    async def _fetch_kept(self) -> None:
        if await self.session.fetch_kept(self.STEP) and self.is_attached:
            self.refresh_rows()
            for variable in walk.fields(self.session.draft, self.STEP):
                self.begin_check(variable.key)
