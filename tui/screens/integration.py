"""Step 1: where the flags are now. Painted before anything heavy is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from tui.answers import steps
from tui.net.times import moment
from tui.screens.frame import Frame
from tui.text.cells import padded
from tui.widgets.buttons import Plain
from tui.widgets.facts import Facts
from tui.widgets.ids import widget_id
from tui.widgets.symbols import Symbols

_WHAT_HAPPENS = (
    ("Imported", "name, key, description, variations, default variations, tags"),
    ("Not imported", "targeting rules, individual targets, rollouts, prerequisites"),
    ("Off", "every imported flag, in every environment, even if it is on now"),
    ("Skipped", "flags whose key already exists in the project"),
    ("You need", "your LaunchDarkly token, and an import key that can create flags"),
)


class IntegrationRow(Static, can_focus=True):
    """A row to choose with Enter or a click."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", show=False)]

    class Chosen(Message):
        """The row was pressed."""

        def __init__(self, row: IntegrationRow) -> None:
            super().__init__()
            self.row = row

        @property
        def control(self) -> IntegrationRow:
            return self.row

    def __init__(self, title: str, also: str, needs: str, symbols: Symbols, *, id: str, radio: bool = False) -> None:
        super().__init__("", id=id, classes="row", markup=False)
        self._words = (title, also, needs)
        self._symbols = symbols
        self._radio = radio
        self.chosen = False

    def on_mount(self) -> None:
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Three columns; below 80 columns the middle one goes."""
        title, also, needs = self._words
        box = (self._symbols.chosen if self.chosen else self._symbols.unchosen) + " " if self._radio else ""
        also = padded(also, 24) if self._radio and self.size.width >= 76 else ("" if self._radio else also)
        width = 12 if self._radio else 18
        self.update(Content(f"{box}{padded(title, width)}{also}{needs}".rstrip()), layout=False)

    def on_click(self, event: events.Click) -> None:
        self.focus()
        self.action_choose()

    def action_choose(self) -> None:
        """Say that this row was chosen."""
        self.post_message(self.Chosen(self))


class IntegrationScreen(Frame):
    """The integrations, what an import does, and what else can be opened from here."""

    STEP = "integration"
    KEYS = (
        ("Enter", "choose"),
        ("Ctrl+O", "next"),
        ("F1", "help"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )

    def compose_step(self) -> ComposeResult:
        for card in self.app.cards:
            yield IntegrationRow(
                card["title"],
                card.get("also", ""),
                f"you need {card.get('needs') or 'its keys'}",
                self.symbols,
                id=widget_id("integration", card["key"]),
                radio=True,
            )
        yield Facts(_WHAT_HAPPENS)
        yield from self._begun_before()
        if self.app.saved is not None:
            saved = self.app.saved
            when = moment(saved.saved_at).rpartition(":")[0]
            text = f"at {steps.step(saved.step).title}, {when}, {saved.route}"
            text = text.replace(" -> ", f" {self.symbols.arrow} ")
            if self.app.practising:
                text = re.sub(r"(LaunchDarkly )?127\.0\.0\.1:\d+", "practice", text)
            row = IntegrationRow("Resume", text, "", self.symbols, id="resume")
            yield row.add_class("second") if any(each.under_way for each in self.app.runs) else row
        yield IntegrationRow(
            "Configurations",
            "import configurations in your account: start, watch, edit, delete",
            "",
            self.symbols,
            id="configurations",
        )
        if self.app.practising and self.app.runs:
            count = len(self.app.runs)
            text = f"restore the demo account; deletes {count} practice import{'' if count == 1 else 's'}"
            yield IntegrationRow("Start fresh", text, "", self.symbols, id="start-fresh")
        if not self.app.practising:
            yield IntegrationRow(
                "Practice",
                "the same steps with demo servers on this machine; no account needed",
                "",
                self.symbols,
                id="practice",
            )

    def _begun_before(self) -> Iterator[IntegrationRow]:
        """An import that has not been seen to its end comes before saved answers."""
        going = [each for each in self.app.runs if each.under_way]
        if going:
            more = f", and {len(going) - 1} more" if len(going) > 1 else ""
            title = self.app.title_of(going[0].integration)
            text = f"{going[0].in_words(title, self.symbols.arrow, practice=self.app.practising)}{more}"
            yield IntegrationRow("Resume", text, "", self.symbols, id="go-on-run")

    def integration_at_cursor(self) -> str:
        at = self.focused.id if self.focused is not None else ""
        keys = [str(card["key"]) for card in self.app.cards]
        return next((key for key in keys if widget_id("integration", key) == at), keys[0])

    def compose_buttons(self) -> ComposeResult:
        if self.app.practising:
            yield Plain("Fill in everything (F4)", id="fill-everything")
        yield from super().compose_buttons()

    @on(Button.Pressed, "#fill-everything")
    def _fill_everything(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_fill_in()

    def next_label(self) -> str:
        return "Next: LaunchDarkly"

    async def opened(self) -> None:
        if self.app.draft is not None and self.app.draft.integration:
            self._mark(self.app.draft.integration)
        self.focus_first()  # before the first paint: a key pressed as soon as the rows are seen acts on them

    def focus_first(self) -> None:
        chosen = self.app.draft.integration if self.app.draft is not None else ""
        wanted = (widget_id("integration", chosen),) if chosen else ("go-on-run", "resume")
        rows = list(self.query(IntegrationRow))
        next((row for key in wanted for row in rows if row.id == key), rows[0]).focus()

    def summarize(self) -> None:
        chosen = self._chosen()
        card = next((c for c in self.app.cards if widget_id("integration", c["key"]) == chosen), None)
        if card is not None:
            from tui.plan.request import ACCEPTED, not_accepted

            if card["key"] not in ACCEPTED:
                self.say("unknown", not_accepted(card["title"]))
                return
        what = "Press Up or Down to choose, then Enter."
        if self.app.practising and self.app.runs and not any(each.under_way for each in self.app.runs):
            what = "Choose Start fresh to remove your earlier practice imports."
        self.say("note", "" if chosen else what)

    def _chosen(self) -> str:
        return next((row.id or "" for row in self.query(IntegrationRow) if row.chosen), "")

    def _mark(self, integration: str) -> None:
        for row in self.query(IntegrationRow):
            row.chosen = row.id == widget_id("integration", integration)
            row.draw()
        self.summarize()

    @on(IntegrationRow.Chosen)
    @work(exclusive=True, group="choose", exit_on_error=True)
    async def _choose(self, event: IntegrationRow.Chosen) -> None:
        if event.row.id == "practice":
            self.app.begin_practice()
            return
        if event.row.id == "start-fresh":
            self.app.reset_practice()
            return
        if event.row.id == "configurations":
            from tui.screens.configurations import ConfigurationsScreen  # deferred: it needs pydantic

            self.app.push_screen(ConfigurationsScreen())
            return
        if event.row.id == "resume":
            await self._resume()
            return
        if event.row.id == "go-on-run":
            await self._go_on_with_run()
            return
        key = next(c["key"] for c in self.app.cards if widget_id("integration", c["key"]) == event.row.id)
        self._mark(key)
        self.query_one("#next").focus()
        session = await self.app.loaded()
        session.choose(key)
        self.refresh_frame()

    async def _go_on_with_run(self) -> None:
        from tui.screens.resume import go_on_with  # deferred: it needs pydantic

        self.say("note", "Checking its status ...")
        await self.app.loaded()
        going = [each for each in self.app.runs if each.under_way]
        if len(going) != 1:
            self.say("note", "")
            self.app.show_runs()
            return
        self.say("problem" if (trouble := await go_on_with(self.app, going[0])) else "note", trouble)

    async def _resume(self) -> None:
        from tui.answers.builtin import TOKEN
        from tui.answers.changes import go
        from tui.wizard.keys import fetch_stored
        from tui.wizard.walk import first_open

        self.say("note", "Loading your answers ...")
        session = await self.app.loaded()
        if self.app.saved is None:
            return
        try:
            session.resume(self.app.saved)
        except KeyError:
            self.say("problem", "These answers are for an integration that isn't loaded. Start with its --manifest.")
            return
        for step in ("launchdarkly", "keys"):
            await fetch_stored(session, step)
        session.draft = go(session.draft, first_open(session.draft, self.app.saved.step))
        if self.app.screen is self:  # help may be open: the row can be chosen again
            when = moment(self.app.saved.saved_at).rpartition(":")[0]
            self.app.saved = None
            self.app.show_step()
            if TOKEN.key not in session.bag and not self.app.practising:
                self.app.notify(f"Answers from {when} restored. Keys are never saved. Paste them again.", markup=False)

    def action_next(self) -> None:
        if not self._chosen():
            self.say("problem", "Choose where your flags are now.")
            next(iter(self.query(IntegrationRow))).focus()
            return
        self._go_on_when_loaded()

    @work(exclusive=True, group="next", exit_on_error=True)
    async def _go_on_when_loaded(self) -> None:
        session = await self.app.loaded()
        if not session.draft.integration:
            session.choose(
                next(c["key"] for c in self.app.cards if widget_id("integration", c["key"]) == self._chosen())
            )
        self.go_on()
