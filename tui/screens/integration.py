"""Step 1: where the flags are now. Painted before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from tui.screens.frame import Frame
from tui.text.cells import cells, padded
from tui.widgets.buttons import Plain
from tui.widgets.facts import Facts
from tui.widgets.ids import widget_id
from tui.widgets.symbols import Symbols
from tui.wizard import start

_GAP = 2
_TITLE_CELLS = 16
"""The column of titles below the cards."""


class IntegrationRow(Static, can_focus=True):
    """A row to choose with Enter or a click: a title, and the longest of `forms` that fits beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", show=False)]

    class Chosen(Message):
        """The row was pressed."""

        def __init__(self, row: IntegrationRow) -> None:
            super().__init__()
            self.row = row

        @property
        def control(self) -> IntegrationRow:
            return self.row

    def __init__(
        self,
        title: str,
        forms: Sequence[str],
        symbols: Symbols,
        *,
        id: str,
        width: int = _TITLE_CELLS,
        radio: bool = False,
    ) -> None:
        super().__init__("", id=id, classes="row", markup=False)
        self._title, self._forms, self._width = title, forms, width
        self._symbols = symbols
        self._radio = radio
        self.chosen = False

    def on_mount(self) -> None:
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def on_focus(self) -> None:
        self.draw()

    def on_blur(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Draw the title in bold and the rest muted, or all in one style for the reverse of the focus."""
        box = (self._symbols.chosen if self.chosen else self._symbols.unchosen) + " " if self._radio else ""
        title = f"{box}{padded(self._title, self._width)}"
        text = start.fitting(self._forms, self.size.width - cells(title))
        if self.has_focus:
            self.update(Content(f"{title}{text}"), layout=False)
        else:
            self.update(Content.styled(title, "bold") + Content.styled(text, "$muted"), layout=False)

    def on_click(self, event: events.Click) -> None:
        self.focus()
        self.action_choose()

    def action_choose(self) -> None:
        """Post that this row was chosen."""
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
        yield from self._cards()
        yield Facts(start.WHAT_HAPPENS)
        resumable = [*self._resumable()]
        for row in resumable:
            yield row.add_class("second") if row is not resumable[0] else row
        yield IntegrationRow("Configurations", start.CONFIGURATIONS, self.symbols, id="configurations")
        if self.app.practicing and self.app.runs:
            yield IntegrationRow("Start fresh", start.fresh(len(self.app.runs)), self.symbols, id="start-fresh")
        if not self.app.practicing:
            yield IntegrationRow("Practice", start.PRACTICE, self.symbols, id="practice")

    def _cards(self) -> Iterator[IntegrationRow]:
        """One row for each integration: its title, its other name, and what the user needs."""
        cards = self.app.cards
        title, also = (max(cells(card.get(part, "")) for card in cards) + _GAP for part in ("title", "also"))
        for card in cards:
            needs = f"You need {card.get('needs') or 'its keys'}"
            forms = (f"{padded(card.get('also', ''), also)}{needs}", needs)
            id_ = widget_id("integration", card["key"])
            yield IntegrationRow(card["title"], forms, self.symbols, id=id_, width=title, radio=True)

    def _resumable(self) -> Iterator[IntegrationRow]:
        """An import that isn't finished comes before saved answers."""
        app, arrow = self.app, self.symbols.arrow
        unfinished = [head for head in app.runs if head.under_way]
        if unfinished:
            more = f", and {len(unfinished) - 1} more" if len(unfinished) > 1 else ""
            title = app.title_of(unfinished[0].integration)
            forms = unfinished[0].in_words(title, arrow, app.now, practice=app.practicing)
            yield IntegrationRow("Resume", [f"{form}{more}" for form in forms], self.symbols, id="go-on-run")
        if (saved := app.saved) is not None:
            title = app.title_of(saved.integration)
            forms = start.saved_answers(saved, title, arrow, app.now, practice=app.practicing)
            yield IntegrationRow("Resume", forms, self.symbols, id="resume")

    def integration_at_cursor(self) -> str:
        at = self.focused.id if self.focused is not None else ""
        keys = [str(card["key"]) for card in self.app.cards]
        return next((key for key in keys if widget_id("integration", key) == at), keys[0])

    def compose_buttons(self) -> ComposeResult:
        if self.app.practicing:
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
        fresh = self.app.practicing and self.app.runs and not any(head.under_way for head in self.app.runs)
        choose = start.CHOOSE_IN_PRACTICE if self.app.practicing else start.CHOOSE
        self.say("note", "" if chosen else start.CHOOSE_OR_START_FRESH if fresh else choose)

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
            await self._resume_answers()
            return
        if event.row.id == "go-on-run":
            await self._resume_import()
            return
        key = next(c["key"] for c in self.app.cards if widget_id("integration", c["key"]) == event.row.id)
        self._mark(key)
        self.query_one("#next").focus()
        session = await self.app.loaded()
        session.choose(key)
        self.refresh_frame()

    async def _resume_import(self) -> None:
        from tui.screens.resume import resume  # deferred: it needs pydantic

        self.say("note", start.CHECKING_IMPORT)
        await self.app.loaded()
        unfinished = [head for head in self.app.runs if head.under_way]
        if len(unfinished) != 1:
            self.say("note", "")
            self.app.show_runs()
            return
        self.say("problem" if (trouble := await resume(self.app, unfinished[0])) else "note", trouble)

    async def _resume_answers(self) -> None:
        from tui.wizard import resuming  # deferred: it needs pydantic

        self.say("note", start.LOADING_ANSWERS)
        session = await self.app.loaded()
        if self.app.saved is None:
            return
        try:
            text = await resuming.answers(session, self.app.saved, self.app.now)
        except KeyError:
            self.say("problem", start.NOT_LOADED)
            return
        if self.app.screen is self:  # help may be open: the row can be chosen again
            self.app.saved = None
            self.app.show_step(message=text)

    def action_next(self) -> None:
        if not self._chosen():
            self.say("problem", start.CHOOSE_FIRST)
            next(iter(self.query(IntegrationRow))).focus()
            return
        self._next_when_loaded()

    @work(exclusive=True, group="next", exit_on_error=True)
    async def _next_when_loaded(self) -> None:
        session = await self.app.loaded()
        if not session.draft.integration:
            session.choose(
                next(c["key"] for c in self.app.cards if widget_id("integration", c["key"]) == self._chosen())
            )
        self.go_on()
