"""Step 6: everything once more, the exact request, and the only button that sends."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers import changes, recipe, remarks, request
from tui.answers.builtin import CONFIG_NAME
from tui.answers.finding import Level
from tui.answers.lookup import Standing
from tui.net.errors import Failure
from tui.screens.dialogs import TextScreen
from tui.screens.step import StepScreen
from tui.text.clean import clean
from tui.widgets.buttons import Plain
from tui.widgets.choices import ChoiceOption, Choices
from tui.widgets.symbols import Symbols, mark
from tui.wizard import launch, remedies, sending, walk
from tui.wizard.review import Line, create_label, lead, leads_to, lines

START, CREATE_ONLY = "start", "create"
_THEN = (ChoiceOption(START, "Create and start"), ChoiceOption(CREATE_ONLY, "Create only"))


class ReviewLine(Horizontal):
    """One answer, and the way back to it."""

    def __init__(self, line: Line, symbols: Symbols) -> None:
        super().__init__(classes="review-line")
        self.line = line
        self._symbols = symbols

    def compose(self) -> ComposeResult:
        yield Static(Content(self.line.label), classes="review-label", markup=False)
        yield Static(self._content(), classes="review-text", markup=False)
        if self.line.step:
            yield Plain(self._leads_on(), classes=f"change to-{self.line.step}")

    def _leads_on(self) -> str:
        """Return the label of its button."""
        return "List" if self.line.at else "Change"

    def _content(self) -> Content:
        return mark(self._symbols, self.line.level) + Content(self.line.text)

    def rewrite(self, line: Line) -> None:
        """Show another line."""
        before, self.line = self.line, line
        for label in self.query(".review-label").results(Static):  # none yet: a new row draws itself
            label.update(Content(line.label))
        for text in self.query(".review-text").results(Static):
            text.update(self._content())
        for button in self.query(".change").results(Plain):
            button.rename(self._leads_on())
            button.remove_class(f"to-{before.step}").add_class(f"to-{line.step}")


class ReviewScreen(StepScreen):
    """Leads with what will happen. The name is looked up when the step opens, and again right before sending."""

    STEP: ClassVar[str] = "review"
    KEYS = (
        ("Enter", "press"),
        ("w", "save recipe"),
        ("y", "curl"),
        ("Esc", "to Back"),
        ("F1", "help"),
        ("Ctrl+Q", "quit"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "save_recipe", show=False),
        Binding("y", "curl", show=False),
    ]

    def compose_step(self) -> ComposeResult:
        self.session.ask_again(CONFIG_NAME.key)  # someone may have created one meanwhile
        self.session.look_at_clock()
        yield Static(Content(lead(self.session.draft)), id="review-lead", markup=False)
        with Horizontal(id="review-then"):
            chosen = START if self.session.draft.starts else CREATE_ONLY
            yield Choices(_THEN, [chosen], self.symbols, told=self._then, row=True, id="then")
        yield Static("", id="name-looked-up", classes="review-note", markup=False)
        yield Plain("Use that one", id="use-that")
        with Vertical(id="review-lines"):
            for line in lines(self.session.draft):
                yield ReviewLine(line, self.symbols)
        with Horizontal(id="review-buttons"):
            yield Plain("Details", id="details")
            yield Plain("Save recipe", id="save-recipe")
            yield Static(Content(recipe.file_name(self.session.draft)), id="recipe-name", markup=False)

    def next_label(self) -> str:
        return create_label(self.session.draft)

    def _then(self, chosen: tuple[str, ...]) -> None:
        self.session.draft = changes.start_too(self.session.draft, START in chosen)
        self.query_one("#next", Plain).rename(self.next_label())

    async def opened(self) -> None:
        self.query_one("#use-that").display = False
        self.query_one("#name-looked-up").display = False
        for key in (*self.session.pending(), CONFIG_NAME.key):
            self.begin_check(key)

    def focus_first(self) -> None:
        self.query_one("#then").focus()

    async def checked(self, key: str) -> None:
        """A key's check or the name's look-up has ended: show its result."""
        for due in self.session.pending():  # a token that was checked makes the import key's check due again
            if not self._under_way(due):
                self.begin_check(due)
        self._rewrite_lines()
        self.summarize()
        made = self.session.draft.checks.get(CONFIG_NAME.key)
        if made is None:
            return
        standing = made.facts
        self.query_one("#use-that").display = isinstance(standing, Standing) and standing.same is not None
        box = self.query_one("#name-looked-up", Static)
        box.display = made.level is not Level.OK
        box.update(mark(self.symbols, made.level) + Content(remedies.text(made)))
        self.summarize()

    def _rewrite_lines(self) -> None:
        """In place as far as there are rows, so that the focus stays."""
        self.query_one("#review-lead", Static).update(Content(lead(self.session.draft)))
        shown, rows = lines(self.session.draft), list(self.query(ReviewLine))
        for row, line in zip(rows, shown, strict=False):
            row.rewrite(line)
        for row in rows[len(shown) :]:
            row.remove()
        self.query_one("#review-lines").mount(*(ReviewLine(line, self.symbols) for line in shown[len(rows) :]))

    def summarize(self) -> None:
        found = remarks.problems(self.session.draft, self.STEP)
        if found:
            self.say("problem", f"{remarks.label(self.session.draft, found[0].field)}: {remedies.text(found[0])}")
        elif self.session.pending() or self.session.due(CONFIG_NAME.key):
            self.say("note", "Checking the keys again and looking up the name ...")
        else:
            self.say("note", "Nothing has been sent yet.")

    # --- changing, looking, saving

    @on(Button.Pressed, ".change")
    def _change(self, event: Button.Pressed) -> None:
        event.stop()
        line = next(row.line for row in self.query(ReviewLine) if row in event.button.ancestors)
        self._go_to(line.step, at=line.at)

    @on(Button.Pressed, "#details")
    def _show_details(self, event: Button.Pressed) -> None:
        """Show the exact request."""
        event.stop()
        if self._complete():
            text = request.build(self.session.draft).shown()
            note = "Keys are hidden. On Review, y shows the same request for curl."
            self.app.push_screen(TextScreen("The request, as it will be sent", text, note=note))

    def action_curl(self) -> None:
        """Show the same request for a shell."""
        if self._complete():
            text = request.build(self.session.draft).curl()
            note = "For bash or zsh. Set the variables first. The keys stay out of the shell history and of `ps`."
            self.app.push_screen(TextScreen("The same request with curl", text, note=note))

    @on(Button.Pressed, "#save-recipe")
    def action_save_recipe(self) -> None:
        """Save the answers as a recipe, without any key."""
        if not self._complete():
            return
        made = recipe.write(self.session.draft)
        try:
            path = recipe.save(made, self.app.folder, recipe.file_name(self.session.draft))
        except OSError as error:
            self.say(
                "problem",
                f"Can't save the recipe ({error.strerror}). Start the wizard in a folder you can write to.",
            )
            return
        self.query_one("#recipe-name", Static).update(Content(path.name))
        self.say("ok", f"Saved {path.name}. It contains no keys.")
        first = f" Before you run it, set: {', '.join(made.must_be_set)}." if made.must_be_set else ""
        note = f"In {clean(str(path.parent))}. It contains no keys.{first}"
        self.app.push_screen(TextScreen(f"Saved {path.name}", made.text, note=note))

    def _complete(self) -> bool:
        found = remarks.problems(self.session.draft, self.STEP)
        if found:
            self.say("problem", f"{remarks.label(self.session.draft, found[0].field)}: {remedies.text(found[0])}")
        return not found

    # --- sending

    def action_next(self) -> None:
        """Ctrl+O only moves the focus to the button: only Enter on it sends."""
        self.query_one("#next").focus()

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        event.stop()
        self._send(reuse=False)

    @on(Button.Pressed, "#use-that")
    def _use_that(self, event: Button.Pressed) -> None:
        event.stop()
        self._send(reuse=True)

    def _send(self, *, reuse: bool) -> None:
        if self.session.draft.step != self.STEP or self.app.screen is not self:
            return  # pressed twice
        if (blocking := sending.blocking(self.session)) is not None:
            self._go_to(leads_to(self.session.draft, blocking))
            return
        if self.session.pending():
            self.say("note", "The keys are still being checked. Press again in a moment.")
            return
        try:
            launch.begin(self.session, reuse=reuse)
        except Failure as failure:
            self.say("problem", failure.what)
            self.app.push_screen(TextScreen("Not sent", remedies.sentence(failure), copies=False))
            return
        self.session.draft = changes.go(self.session.draft, "submit")
        self.app.show_step()

    def _go_to(self, step: str, *, at: str = "") -> None:
        self.session.draft = walk.change(self.session.draft, step)
        self.app.show_step(at=at)
