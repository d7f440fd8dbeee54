"""The page behind F1: about one field, or about one step."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers import steps
from tui.answers.fields import Variable
from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain

_KEY_TABLE = (
    ("Tab, Shift+Tab, Down, Up", "next and previous field or button"),
    ("Enter", "take the answer; press or open what has the focus"),
    ("Ctrl+O or F8", "next step, from anywhere; on Review it only goes to the button"),
    ("Esc, then Enter", "back; F7 goes back at once"),
    ("F1, Ctrl+G, ?", "help for the field at the cursor"),
    ("F2, Ctrl+P, :", "all actions by name"),
    ("Ctrl+Q, Ctrl+C, q", "leave; your answers are kept, keys only where you said so"),
    ("Ctrl+L", "draw the whole screen again"),
)

_LIST_TABLE = (
    ("Up, Down, PgUp, PgDn", "move, as j and k do; Home and End: first and last"),
    ("Enter", "look at one flag: what arrives, what is lost, rule by rule"),
    ("/", "search; Enter keeps what was found, Esc shows all again"),
    ("f, s", "the next filter, the next order"),
    ("l", "the flags that lose the kind at the cursor; again: the next kind"),
    ("o", "the flags that are ON now and will be OFF"),
    ("r", "read both sides again"),
    ("w", "write the plan to a file, as Markdown or JSON"),
)

_ABOUT: dict[str, tuple[str, ...]] = {
    "integration": (
        "Choose the product your feature flags are in now.",
        "LaunchDarkly then reads them from there itself, with a key you give it; this program writes no flags. What it"
        " does is the part before: ask for the right values, check them, and create the import's configuration.",
        "Nothing is sent to LaunchDarkly to be created before you press the button on Review.",
    ),
    "launchdarkly": (
        "Your token is used from here, to create the configuration. It is not the import key, which LaunchDarkly"
        " keeps.",
        "When you leave the token's field, LaunchDarkly is asked whose it is and whether it may see import"
        " configurations. It goes to no other address than the instance you chose.",
    ),
    "keys": (
        "These keys become part of the configuration: LaunchDarkly keeps them, to read your flags there and to create"
        " them here. Each is checked when you leave its field; that check changes nothing.",
        "A key is kept for this session, in memory, or in your system's keyring if you tick it. It is never written"
        " to a file.",
    ),
    "fields": (
        "What the keys told is filled in already. An optional field may stay blank.",
        "Warnings let you go on; problems do not.",
    ),
    "plan": (
        "Both sides have been read, and nothing was changed on either. Each flag of the source has a verdict; the bar"
        " and the numbers beside it show all of them, whatever the list below shows.",
        "LaunchDarkly's import brings a flag's variations, not who gets which. What is lost is counted by kind, for the"
        " flags that arrive. Tick a kind once you have seen it: you will make those things again by hand.",
        "A plan is believed for 15 minutes, and until an answer it was made from changes.",
    ),
    "review": (
        "Change goes to the answer and comes back here. Only the button at the bottom sends.",
        "The request can be looked at as it will be sent, or as a curl command with variables in place of keys.",
        "It is not known whether creating a configuration already starts its import.",
    ),
    "submit": (
        "The lines show what happens as it happens. Until the request has left it can be cancelled; after that you can"
        " only stop waiting, and the program finds out what became of it.",
    ),
    "run": (
        "LaunchDarkly runs the import, and tells a status without counts. What has arrived is counted here, flag by"
        " flag, as long as this step is open. Leaving it changes nothing: start the program again to come"
        " back, with your token alone.",
        "An import cannot be stopped: LaunchDarkly has no way to. A second start skips what exists by then, and brings"
        " only what is missing.",
        "After the end what arrived is compared with the plan, flag by flag. Undo archives or deletes only flags that"
        " this import made and nobody has touched since; it shows the list first.",
    ),
}


HelpPage = tuple[str, Callable[[int], Content]]
"""A title, and what stands on the page for a width in cells."""
_NARROW = 60


class HelpScreen(Dialog[None]):
    """Reads like a page: a title, then paragraphs."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1,ctrl+g,question_mark,q", "close", "Close", show=False)]

    def __init__(self, page: HelpPage) -> None:
        super().__init__()
        self._title, self._page = page

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-scroll"):
                yield Static("", classes="dialog-text", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Close", id="close")
                yield Static(Content("  Esc close   Up Down scroll"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self._write()
        self.query_one(VerticalScroll).focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._write)

    def _write(self) -> None:
        """Paragraphs wrap by themselves; the second columns of tables do not."""
        if self.is_attached:
            page = self.query_one(VerticalScroll)
            width = page.size.width or min(_WIDEST, self.app.size.width - _EDGES)
            self.query_one(".dialog-text", Static).update(self._page(width))

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)


_WIDEST, _EDGES = 73, 5


def field_help(variable: Variable) -> HelpPage:
    """The page of a field: what it is, where to find it, which right it needs."""
    guide = variable.guide
    parts = [Content(guide.what or variable.help)]
    if guide.where:
        parts.append(
            _heading("Where to find it") + Content("\n") + Content("\n").join(Content(f"  {w}") for w in guide.where)
        )
    if guide.right:
        parts.append(_heading("Which right it needs") + Content(f"\n  {guide.right}"))
    if variable.note:
        parts.append(Content(variable.note))
    if variable.choices:
        parts.append(_heading("One of") + Content(f"\n  {', '.join(label for _, label in variable.options)}"))
    parts.append(Content("Optional: it may stay blank." if not variable.required else "It is required."))
    whole = Content("\n\n").join(parts)
    return (variable.label, lambda width: whole)


def step_help(step: str) -> HelpPage:
    """The page of a step: what it is for, and the keys."""

    def page(width: int) -> Content:
        parts = [Content(text) for text in _ABOUT[step]]
        tables = [*(_about_a_plan() if step == "plan" else ()), Table("Keys", 26, _KEY_TABLE)]
        return Content("\n\n").join([*parts, *(table.drawn(width) for table in tables)])

    return (f"{steps.step(step).title}: {steps.step(step).asks}", page)


@dataclass(frozen=True, slots=True)
class Table:
    """Words and what they mean; `width` is that of the first column, in cells."""

    title: str
    width: int
    rows: Sequence[tuple[str, str]]

    def drawn(self, width: int) -> Content:
        """In two columns; in a narrow window the second stands below the first."""
        lines = [_heading(self.title)]
        for head, text in self.rows:
            below = width < _NARROW
            indent = 4 if below else self.width + 2
            wrapped = textwrap.wrap(text, max(10, width - indent))
            first = [f"  {head}"] if below else [f"  {head:<{self.width}}{wrapped.pop(0)}"]
            lines += [Content(line) for line in (*first, *(" " * indent + line for line in wrapped))]
        return Content("\n").join(lines)


def _about_a_plan() -> tuple[Table, ...]:
    """What its words mean, and the keys of its list."""
    from tui.plan.plan import WORDS
    from tui.plan.words import KINDS, MEANINGS

    return (
        Table("Verdicts", 14, [(WORDS[verdict], means) for verdict, means in MEANINGS.items()]),
        Table("What is lost", 22, tuple(KINDS.items())),
        Table("In the list", 26, _LIST_TABLE),
    )


def _heading(text: str) -> Content:
    return Content.styled(text, "bold")
