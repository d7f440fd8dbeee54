"""Step 2: the instance, your token, and the project."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers import changes, checks, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, HOST, PROJECT, TOKEN
from tui.configurations import listing
from tui.launchdarkly.instances import INSTANCES, instance
from tui.launchdarkly.models import Configuration
from tui.screens.configuration import ConfigurationScreen
from tui.screens.configurations import ConfigurationsScreen
from tui.screens.field_step import FieldStep
from tui.widgets.buttons import Plain
from tui.widgets.choices import ChoiceOption, Choices
from tui.widgets.field_row import FieldRow
from tui.widgets.pick_list import PickList
from tui.widgets.symbols import sentence
from tui.wizard.picks import fetch_for

_OTHER = "other"
_OPEN_ONE, _OPEN_LIST = "Open that import", "Open the list of imports"


class LaunchDarklyScreen(FieldStep):
    """The instance, the token and what its check shows, and the project above its list."""

    STEP: ClassVar[str] = "launchdarkly"

    def __init__(self) -> None:
        super().__init__()
        self._offered: tuple[tuple[str, str], ...] = ()

    def compose_step(self) -> ComposeResult:
        with Horizontal(classes="field-entry choice-row"):
            yield Static(Content("  Instance"), classes="field-label wide-label", markup=False)
            options = (*(ChoiceOption(i.key, i.name) for i in INSTANCES), ChoiceOption(_OTHER, "Other address"))
            if self.app.practicing:
                options = (ChoiceOption(_OTHER, "Demo server"),)
            yield Choices(options, (self._instance(),), self.symbols, row=True, id="instance", told=self._chosen)
        yield Static("", id="instance-host", classes="field-line settled", markup=False)
        yield self.row(HOST, label="Address")
        yield self.row(TOKEN)
        yield from self.compose_store()
        with Horizontal(id="other-instances"):
            pass
        yield self.row(PROJECT)
        with Horizontal(id="imported-already"):
            yield Plain(_OPEN_ONE, id="open-imports")
        yield Static("", id="projects-count", classes="field-line settled", markup=False)

    def _instance(self) -> str:
        try:
            key = instance(drafts.value(self.session.draft, HOST.key)).key
        except ValueError:
            return _OTHER
        return key if any(key == i.key for i in INSTANCES) else _OTHER

    def _show_instance(self) -> None:
        """Show the address of a known instance, or the field for another one."""
        key, answer = self._instance(), drafts.answer(self.session.draft, HOST.key)
        other = key == _OTHER
        origin = f", {answer.source}" if answer.source.startswith("from ") else ""
        line = self.query_one("#instance-host", Static)
        line.display = not other
        if not other:
            line.update(sentence(self.symbols, "note", f"{instance(key).host}{origin}"))
        for row in self.query(FieldRow):
            if row.key == HOST.key:
                row.display = other

    def _chosen(self, keys: tuple[str, ...]) -> None:
        key = keys[0]
        if key == _OTHER:
            self.session.draft = changes.put(self.session.draft, HOST.key, "", touched=False)
            self.refresh_rows()
            self.query_one("#host").focus()
            return
        self.session.put(HOST.key, key)
        self.refresh_rows()
        self._offer_instances()
        self.begin_check(TOKEN.key)
        self.ask_keyring()  # its entries are named by instance

    async def opened(self) -> None:
        self._show_instance()
        await super().opened()
        await self._show_projects()
        self._offer_instances()
        self._offer_imports()
        self.begin_check(TOKEN.key)
        self.begin_check(PROJECT.key)

    def refresh_frame(self) -> None:
        super().refresh_frame()
        self._show_instance()
        self._offer_imports()

    @on(FieldRow.Edited)
    async def _typed(self, event: FieldRow.Edited) -> None:
        if event.key == HOST.key:
            self.query_one("#instance", Choices).show((self._instance(),))
        if TOKEN.key not in self.session.draft.checks:
            for picks in self.query(PickList):
                await picks.remove()  # the next token may belong to another account
        if event.key == PROJECT.key:
            self.show_route()
            for picks in self.query(PickList):
                picks.filter_by(drafts.value(self.session.draft, PROJECT.key))

    async def checked(self, key: str) -> None:
        await super().checked(key)
        if key == TOKEN.key:
            self._offer_instances()
            await self._show_projects()
            if checks.must_ask_project_again(self.session.draft):
                self.session.ask_again(PROJECT.key)
            self.begin_check(PROJECT.key)
        if key == PROJECT.key and any(f.level == "problem" for f in remarks.findings(self.session.draft, key)):
            for picks in self.query(PickList):
                picks.filter_by("")  # all projects: the typed one doesn't exist

    async def _show_projects(self) -> None:
        """Show the list of projects once the token works."""
        for old in self.query(PickList):
            await old.remove()
        if not isinstance(checks.facts(self.session.draft, TOKEN.key), checks.TokenOwner):
            return
        fetch = fetch_for(self.session, PROJECT.key)
        if fetch is not None:
            await self.query_one("#body").mount(PickList(fetch, id="projects"), before="#projects-count")

    def _offer_instances(self) -> None:
        """Offer other instances for a rejected token. It is sent to one only if the user chooses it."""
        box = self.query_one("#other-instances", Horizontal)
        offered = checks.other_instances(self.session.draft)
        if offered == self._offered:
            return
        self._offered = offered
        box.remove_children()
        box.set_class(bool(offered), "offered")
        for key, name in () if self.app.practicing else offered:
            box.mount(Plain(f"Try {name}", classes=f"try try-{key}"))

    @on(Button.Pressed, ".try")
    def _try(self, event: Button.Pressed) -> None:
        event.stop()
        key = next(c.removeprefix("try-") for c in event.button.classes if c.startswith("try-"))
        self.query_one("#instance", Choices).show((key,))
        self._chosen((key,))

    # --- other imports into the project

    def _imports(self) -> tuple[Configuration, ...]:
        """Return the imports that the line below the project warns about."""
        draft = self.session.draft
        return checks.imported_already(draft) if PROJECT.key in draft.checks else ()

    def _offer_imports(self) -> None:
        imports = self._imports()
        self.query_one("#imported-already").set_class(bool(imports), "offered")
        if imports:
            self.query_one("#open-imports", Plain).rename(_OPEN_ONE if len(imports) == 1 else _OPEN_LIST)

    @on(Button.Pressed, "#open-imports")
    @work(exclusive=True, group="open", exit_on_error=True)
    async def _open_imports(self, event: Button.Pressed) -> None:
        """Open them over this step, and check again afterwards what may have changed."""
        event.stop()
        self.hold_back()
        imports, session = self._imports(), self.session
        known = checks.facts(session.draft, TOKEN.key)
        if not imports or not isinstance(known, checks.TokenOwner):
            return
        if len(imports) == 1:
            account = listing.Account(instance(drafts.value(session.draft, HOST.key)), session.bag, session.context)
            page = ConfigurationScreen(session, account, imports[0], known.configurations or ())
            if not await self.app.push_screen_wait(page):
                return
        else:
            await self.app.push_screen_wait(ConfigurationsScreen())
        for key in (TOKEN.key, PROJECT.key, CONFIG_NAME.key):
            session.ask_again(key)
        if self.is_attached:
            self.query_one(f"#{PROJECT.key}").focus()
            self.begin_check(TOKEN.key)

    # --- the list of projects

    @on(PickList.CountChanged)
    def _counted(self, event: PickList.CountChanged) -> None:
        self.query_one("#projects-count", Static).update(sentence(self.symbols, event.level, event.text))

    @on(PickList.Only)
    def _only(self, event: PickList.Only) -> None:
        if not drafts.value(self.session.draft, PROJECT.key):
            self.session.pick(PROJECT.key, event.value, "the only project your token can see")
            self.refresh_rows()
            self.begin_check(PROJECT.key)

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        self.session.put(PROJECT.key, event.value)
        self.refresh_rows()
        self.begin_check(PROJECT.key)
        self.query_one("#next").focus()
