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
from tui.answers import draft as drafts
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
from tui.wizard import launch, remedies, walk
from tui.wizard.review import Line, leads_to, lines

START, CREATE_ONLY = "start", "create"
_THEN = (ChoiceOption(START, "create and start"), ChoiceOption(CREATE_ONLY, "create only"))


class ReviewLine(Horizontal):
    """One answer, and the way back to it."""

    def __init__(self, line: Line, symbols: Symbols) -> None:
        super().__init__(classes="review-line")
        self.line = line
        self._symbols = symbols

    def compose(self) -> ComposeResult:
        yield Static(Content(f"  {self.line.label}"), classes="review-label", markup=False)
        yield Static(self._content(), classes="review-text", markup=False)
        if self.line.step:
            yield Plain(self._leads_on(), classes=f"change to-{self.line.step}")

    def _leads_on(self) -> str:
        """The words on its button."""
        return "List" if self.line.at else "Change"

    def _content(self) -> Content:
        return mark(self._symbols, self.line.level) + Content(self.line.text)

    def rewrite(self, line: Line) -> None:
        """Say something else."""
        before, self.line = self.line, line
        for label in self.query(".review-label").results(Static):  # none yet: a row that was just added draws itself
            label.update(Content(f"  {line.label}"))
        for text in self.query(".review-text").results(Static):
            text.update(self._content())
        for button in self.query(".change").results(Plain):
            button.rename(self._leads_on())
            button.remove_class(f"to-{before.step}").add_class(f"to-{line.step}")


class ReviewScreen(StepScreen):
    """Nothing is asked here. The name is looked up when the step opens, and again right before sending."""

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
        self.session.ask_again(CONFIG_NAME.key)  # somebody may have made one meanwhile
        self.session.look_at_clock()
        with Vertical(id="review-lines"):
            for line in lines(self.session.draft):
                yield ReviewLine(line, self.symbols)
        yield Static(self._address(), classes="review-request", markup=False)
        with Horizontal(classes="review-buttons"):
            yield Plain("Request", id="request")
            yield Plain("curl", id="curl")
            yield Plain("Save recipe", id="save-recipe")
            yield Plain("Use that one", id="use-that")
            yield Static(Content(f" {recipe.file_name(self.session.draft)}"), id="recipe-name", markup=False)
        yield Static("", id="name-looked-up", classes="field-line settled review-note", markup=False)
        with Horizontal(classes="review-then"):
            yield Static(Content("  Then"), classes="review-label", markup=False)
            chosen = START if self.session.draft.starts else CREATE_ONLY
            yield Choices(_THEN, [chosen], self.symbols, told=self._then, row=True, id="then")
        text = "Not known of the beta: whether creating alone starts it too. Its status is read first."
        yield Static(mark(self.symbols, "unknown") + Content(text), classes="review-note", markup=False)

    def _address(self) -> Content:
        """Method and address, broken where the interface's own part ends; what it carries."""
        if remarks.problems(self.session.draft, self.STEP):
            return Content("")
        asked = request.build(self.session.draft)
        start, found, rest = asked.url.partition("/flag-import/")
        size = f"headers {len(asked.headers) + 1}, config {len(asked.config)} keys, {len(asked.secrets)} of them secret"
        return Content(f"{asked.method} {start}\n     {found}{rest}\n     {size}")

    def next_label(self) -> str:
        project = drafts.value(self.session.draft, "project")
        return f"Create in {project}{' and start' if self.session.draft.starts else ''}" if project else "Create"

    def _then(self, chosen: tuple[str, ...]) -> None:
        self.session.draft = changes.start_too(self.session.draft, START in chosen)
        self.query_one("#next", Plain).rename(self.next_label())

    async def opened(self) -> None:
        self.query_one("#use-that").display = False
        self.query_one("#name-looked-up").display = False
        for key in (*self.session.pending(), CONFIG_NAME.key):
            self.begin_check(key)

    def focus_first(self) -> None:
        for button in self.query(".change, #request").results(Plain):
            button.focus()
            return

    async def checked(self, key: str) -> None:
        """A key's check, or the name's look-up, has ended: say anew what there is to say."""
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
        said, rows = lines(self.session.draft), list(self.query(ReviewLine))
        for row, line in zip(rows, said, strict=False):
            row.rewrite(line)
        for row in rows[len(said) :]:
            row.remove()
        self.query_one("#review-lines").mount(*(ReviewLine(line, self.symbols) for line in said[len(rows) :]))

    def summarize(self) -> None:
        found = remarks.problems(self.session.draft, self.STEP)
        if found:
            self.say("problem", f"{remarks.label(self.session.draft, found[0].field)}: {remedies.text(found[0])}")
        elif self.session.pending() or self.session.due(CONFIG_NAME.key):
            self.say("note", "Checking the keys once more, and looking the name up ...")
        else:
            self.say("note", "Nothing has been sent yet. Only the button below sends.")

    # --- changing, looking, saving

    @on(Button.Pressed, ".change")
    def _change(self, event: Button.Pressed) -> None:
        event.stop()
        line = next(row.line for row in self.query(ReviewLine) if row in event.button.ancestors)
        self._go_to(line.step, at=line.at)

    @on(Button.Pressed, "#request")
    def _show_request(self, event: Button.Pressed) -> None:
        event.stop()
        if not self._complete():
            return
        text = request.build(self.session.draft).shown()
        self.app.push_screen(TextScreen("The request, as it will be sent", text, note="Keys are hidden here."))

    @on(Button.Pressed, "#curl")
    def action_curl(self) -> None:
        """The same request for a shell."""
        if not self._complete():
            return
        note = "For bash or zsh. Set the variables first; the keys stay out of the history and of `ps`."
        self.app.push_screen(
            TextScreen("The same request by curl", request.build(self.session.draft).curl(), note=note)
        )

    @on(Button.Pressed, "#save-recipe")
    def action_save_recipe(self) -> None:
        """Write the answers down as a recipe, without any key."""
        if not self._complete():
            return
        made = recipe.write(self.session.draft)
        try:
            path = recipe.save(made, self.app.folder, recipe.file_name(self.session.draft))
        except OSError as error:
            self.say(
                "problem",
                f"The recipe could not be written ({error.strerror}). Start the wizard in a folder of yours.",
            )
            return
        self.query_one("#recipe-name", Static).update(Content(f" {path.name}"))
        self.say("ok", f"Saved {path.name}; it holds no key.")
        first = f" Set first, for who uses it: {', '.join(made.must_be_set)}." if made.must_be_set else ""
        note = f"In {clean(str(path.parent))}. It holds no key.{first}"
        self.app.push_screen(TextScreen(f"Saved {path.name}", made.text, note=note))

    def _complete(self) -> bool:
        found = remarks.problems(self.session.draft, self.STEP)
        if found:
            self.say("problem", f"{remarks.label(self.session.draft, found[0].field)}: {remedies.text(found[0])}")
        return not found

    # --- sending

    def action_next(self) -> None:
        """Ctrl+O only puts the focus on the button: nothing is sent by a key made for something else."""
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
        self.session.look_at_clock()
        found = remarks.problems(self.session.draft, self.STEP)
        if found:
            self._go_to(leads_to(self.session.draft, found[0]))
            return
        if self.session.pending():
            self.say("note", "The keys are still being checked; press again when that is done.")
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
