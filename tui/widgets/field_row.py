"""A field: its label, its input, and the line below it, which is always there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.fields import Variable
from tui.answers.finding import Finding, Level, Offer
from tui.answers.rules import tidy
from tui.widgets.buttons import Plain
from tui.widgets.choices import ChoiceOption, Choices, Toggle
from tui.widgets.ids import field_id, problem_id, widget_id
from tui.widgets.inputs import LiveInput, SecretInput
from tui.widgets.symbols import Symbols, sentence
from tui.wizard import remedies

if TYPE_CHECKING:
    from tui.wizard.session import Session

SHOWN_SECONDS = 10.0


class FieldRow(Vertical):
    """Shows one field of the draft, and passes what is typed to the session."""

    @dataclass
    class Edited(Message):
        """The answer to a field has changed."""

        key: str

    @dataclass
    class Left(Message):
        """The field lost the focus; its answer may be checked."""

        key: str

    @dataclass
    class PickRequested(Message):
        """The button for a list of values was pressed."""

        key: str

    @dataclass
    class CreateRequested(Message):
        """The button that creates a key was pressed."""

        key: str

    @dataclass
    class Take(Message):
        """An offered value was accepted."""

        offer: Offer

    def __init__(
        self,
        session: Session,
        variable: Variable,
        symbols: Symbols,
        *,
        label: str = "",
        pick: str = "",
        create: str = "",
        typing: Callable[[], None] = lambda: None,
    ) -> None:
        """`typing` is called on each key press, before the draft changes."""
        super().__init__(classes="field-row", id=widget_id("row", variable.key))
        self.session = session
        self.variable = variable
        self.symbols = symbols
        self._label = label or variable.label
        self._pick, self._create = pick, create
        self._typing = typing
        self._text: Content | None = None
        self._busy = ""
        self._shown_end = ""
        self._offer: Offer | None = None
        self._timer: Timer | None = None

    @property
    def key(self) -> str:
        return self.variable.key

    def compose(self) -> ComposeResult:
        self._line = Static(Content(""), id=problem_id(self.key), classes="field-line", markup=False)
        self._input = WIDGETS[self.variable.kind](self)
        with Horizontal(classes="field-entry"):
            yield Static(Content(self.symbols.focus), classes="field-marker")
            yield Static(Content(self._label), classes="field-label", markup=False)
            with Horizontal(classes="field-answer"):
                yield self._input
                if self.variable.secret:
                    yield Plain("Show end", classes="field-button show-end")
                elif self._pick:
                    yield Plain(self._pick, classes="field-button pick")
                if self._create:
                    yield Plain(self._create, classes="field-button create")
        yield self._line
        self._offer_button = Plain("Use it", classes="field-offer")
        self._offer_button.display = False
        yield self._offer_button

    def on_mount(self) -> None:
        self.show(settled=True)

    # --- from the person to the draft

    def typed(self, raw: str) -> None:
        """Pass a key press to the draft, and update the line below at once."""
        self.hide_end()
        self._typing()
        self.session.put(self.key, raw)
        if self.variable.secret or (isinstance(self._input, LiveInput) and self._input.value != raw):
            self.seed()  # tidied; and a paste the input shows only now
        self.show(settled=False)
        self.post_message(self.Edited(self.key))

    def seed(self) -> None:
        """Show the draft's answer in the input: it was tidied, accepted, or filled in."""
        value = drafts.value(self.session.draft, self.key)
        if isinstance(self._input, Choices):
            self._input.show(_CHOSEN[self.variable.kind](value))
        elif isinstance(self._input, LiveInput):
            self._input.seed(self.session.bag.peek(self.key) if self.variable.secret else value)

    # --- from the draft to the person

    def show(self, *, settled: bool) -> None:
        """Write the line below the field. While typing it stays one row, so that nothing below it moves."""
        finding = self._finding()
        text = sentence(self.symbols, finding.level, remedies.text(finding))
        if settled != self._line.has_class("settled"):
            self._line.set_class(settled, "settled")
        if text != self._text:
            self._text = text
            self._line.update(text, layout=settled)
            if settled:
                self.call_after_refresh(self._keep_focus_in_view)
        if settled:
            self._show_offer(finding.offer)

    def _keep_focus_in_view(self) -> None:
        """A longer line pushes the fields below it down, maybe the one in focus out of view."""
        focused = self.screen.focused if self.is_attached else None
        if focused is not None and focused is not self._input:
            focused.scroll_visible(animate=False)

    def _show_offer(self, offer: Offer | None) -> None:
        """Show the value that one press accepts, when the field is left, since the button needs a row."""
        self._offer = offer
        if offer is not None:
            self._offer_button.rename(offer.label)
        if self._offer_button.display != (offer is not None):
            self._offer_button.display = offer is not None

    @on(Button.Pressed, ".field-offer")
    def take_offer(self, event: Button.Pressed) -> None:
        event.stop()
        if self._offer is not None:
            self.post_message(self.Take(self._offer))

    def _finding(self) -> Finding:
        if self._busy:
            return Finding(Level.NOTE, self.key, self._busy)
        if self._shown_end:
            return Finding(Level.NOTE, self.key, self._shown_end)
        return remarks.line(self.session.draft, self.key)

    def refresh_from_draft(self) -> None:
        """The draft has changed under the field."""
        if not self.is_mounted:
            return
        if not self._being_typed():
            self.seed()
        self.show(settled=True)

    def _being_typed(self) -> bool:
        """Whether the focused input has the draft's answer before it was tidied: the next letter may belong to it."""
        raw = self._input.value if isinstance(self._input, LiveInput) else ""
        value = drafts.value(self.session.draft, self.key)
        return self._input.has_focus and not self.variable.secret and tidy(self.variable, raw).value == value

    def on_paste(self, event: events.Paste) -> None:
        """Pass a paste on the row's button to its input."""
        if isinstance(self._input, LiveInput) and self.screen.focused is not self._input:
            event.stop()
            self._input.focus()
            self._input.pasted(event.text)

    def busy(self, text: str) -> None:
        """Show that a check is running; "" when it has ended."""
        self._busy = text
        self.show(settled=True)

    # --- the end of a key

    @on(Button.Pressed, ".show-end")
    def show_end(self, event: Button.Pressed) -> None:
        """Show the last four characters for ten seconds: enough to tell two keys apart."""
        event.stop()
        value = self.session.bag.peek(self.key)
        if not value:
            self._shown_end = "Nothing to show yet. Paste the key first."
        else:
            end = value[-4:] if len(value) >= 12 else "…"
            self._shown_end = f"{len(value)} characters, ending in {end}. Hidden again after 10 seconds."
        self.show(settled=True)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SHOWN_SECONDS, self.hide_end)

    def hide_end(self) -> None:
        """Hide a key's last characters again."""
        if self._shown_end:
            self._shown_end = ""
            self.show(settled=True)

    @on(Button.Pressed, ".pick")
    def pick(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.PickRequested(self.key))

    @on(Button.Pressed, ".create")
    def create(self, event: Button.Pressed) -> None:
        event.stop()
        self.request_key()

    def request_key(self) -> None:
        """Ask the screen to create a key for this field."""
        self.post_message(self.CreateRequested(self.key))

    # --- focus

    def on_descendant_focus(self) -> None:
        self.add_class("current")

    def on_descendant_blur(self) -> None:
        self.remove_class("current")
        self.hide_end()
        if not self.has_focus_within_soon():
            self.seed()
            self.show(settled=True)
            self.post_message(self.Left(self.key))

    def has_focus_within_soon(self) -> bool:
        """Whether the focus went from the input to the row's own button."""
        focused = self.screen.focused if self.is_attached else None
        return focused is not None and self in focused.ancestors and focused is not self._input

    @property
    def control(self) -> Widget:
        """The widget that takes the answer."""
        return self._input


def _example(placeholder: str) -> str:
    """In words, an example can't be taken for an answer. A placeholder of several words says itself what it is."""
    text = placeholder.removeprefix("e.g. ")
    return f"for example {text}" if text != placeholder or (text and " " not in text) else text


def _text_input(row: FieldRow) -> Widget:
    given = drafts.value(row.session.draft, row.key)
    if row.variable.secret:
        secret = row.session.bag.peek(row.key)
        return SecretInput(secret, id=field_id(row.key), told=row.typed, dot=row.symbols.dot)
    return LiveInput(given, placeholder=_example(row.variable.placeholder), id=field_id(row.key), told=row.typed)


def _toggle(row: FieldRow) -> Widget:
    on_ = drafts.value(row.session.draft, row.key) == "true"
    return Toggle(on_, row.symbols, id=field_id(row.key), told=lambda is_on: row.typed("true" if is_on else "false"))


def _one_of(row: FieldRow) -> Widget:
    options = tuple(ChoiceOption(value, label) for value, label in row.variable.options)
    chosen = (drafts.value(row.session.draft, row.key),)
    return Choices(
        options,
        chosen,
        row.symbols,
        id=field_id(row.key),
        told=lambda keys: row.typed(keys[0] if keys else ""),
    )


def _many_of(row: FieldRow) -> Widget:
    options = tuple(ChoiceOption(value, label) for value, label in row.variable.options)
    chosen = tuple(drafts.value(row.session.draft, row.key).splitlines())
    return Choices(
        options,
        chosen,
        row.symbols,
        many=True,
        id=field_id(row.key),
        told=lambda keys: row.typed("\n".join(keys)),
    )


def _yes(value: str) -> tuple[str, ...]:
    return ("yes",) if value == "true" else ()


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _lines(value: str) -> tuple[str, ...]:
    return tuple(value.splitlines())


_CHOSEN: dict[str, Callable[[str], tuple[str, ...]]] = {"boolean": _yes, "enum": _one, "multiselect": _lines}

WIDGETS: dict[str, Callable[[FieldRow], Widget]] = {
    "string": _text_input,
    "uri": _text_input,
    "boolean": _toggle,
    "enum": _one_of,
    "multiselect": _many_of,
    "dynamicEnum": _text_input,
    "oauth": _text_input,
    "generated": _text_input,
    "environmentSelector": _text_input,
    "publicKey": _text_input,
}
"""From the kind of a form variable to the widget that asks for it; a test holds its keys to `variables.KINDS`."""
