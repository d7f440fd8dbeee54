"""One flag of a plan: how it is imported, what the import leaves behind, and its definition in the source."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tui.plan.plan import WORDS, Plan, PlannedFlag
from tui.plan.reading import explain
from tui.plan.words import kind_label
from tui.rebuild.preview import Preview
from tui.screens.host import Host
from tui.screens.write import write_plan
from tui.sources.registry import SOURCES
from tui.text.clean import clean
from tui.widgets.facts import Fact
from tui.widgets.flow import Flow
from tui.widgets.json_tree import JsonTree
from tui.widgets.key_line import key_line
from tui.widgets.rebuild_view import RebuildView
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import Symbols, mark, sentence
from tui.wizard import flag_facts, plan_words

if TYPE_CHECKING:
    from tui.wizard.session import Session

_MOST_LOST = 100
"""The most rows. A flag with more rules is easier to read in a file."""
_KEYS = (
    ("Esc", "close"),
    ("n", "next"),
    ("p", "previous"),
    ("y", "copy key"),
    ("w", "save"),
    ("Enter", "source definition"),
)


@dataclass(frozen=True, slots=True)
class Looking:
    """What the page of a flag needs. While `reading`, verdicts may still change."""

    plan: Plan
    session: Session
    symbols: Symbols
    reading: bool = False


class FlagScreen(ModalScreen[None]):
    """A page over the whole window. `planned` is the current flag."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f7", "close", show=False, priority=True),
        Binding("n,right", "step(1)", show=False, priority=True),
        Binding("p,left", "step(-1)", show=False, priority=True),
        Binding("y", "copy", show=False),
        Binding("w", "write", show=False),
        Binding("enter", "definition", show=False),
    ]
    app = getters.app(Host)
    _title = getters.query_one("#flag-title", Flow)
    page = getters.query_one("#flag-page", VerticalScroll)

    def __init__(self, rows: Sequence[PlannedFlag], at: int, looking: Looking) -> None:
        super().__init__()
        self._rows, self._at, self._looking = tuple(rows), at, looking

    @property
    def planned(self) -> PlannedFlag:
        """The flag on the screen."""
        return self._rows[self._at]

    def compose(self) -> ComposeResult:
        yield Flow(id="flag-title")
        with VerticalScroll(id="flag-page"):
            yield from self._blocks()
        yield Static("", id="flag-message", markup=False)
        yield Static(key_line(_KEYS, self.app.size.width - 4), id="flag-keys", markup=False)

    def on_mount(self) -> None:
        self._title.show(self._headline())
        self.page.focus()
        self._rebuild()

    # --- content

    def _headline(self) -> list[Content]:
        """Return its key, its verdict, and its place in the list."""
        planned, s = self.planned, self._looking.symbols
        level, word = flag_facts.LEVELS[planned.verdict], WORDS[planned.verdict]
        if self._looking.reading and planned.arrives:
            level, word = "note", flag_facts.NOT_YET
        parts = [Content.styled(clean(planned.flag.key), "bold")]
        parts.append((mark(s, level) if level != "note" else Content(f"{s.note} ")) + Content(word))
        kinds = len(planned.flag.losses)
        if planned.arrives and kinds:
            parts.append(sentence(s, "warning", f"loses {kinds} kind{'' if kinds == 1 else 's'} of targeting"))
        parts.append(Content(f"{'on' if planned.flag.on_at_source else 'off'} at the source"))
        parts.append(Content(f"flag {self._at + 1:,} of {len(self._rows):,}"))
        return parts

    def _blocks(self) -> Iterator[Widget]:
        looking, planned = self._looking, self.planned
        for label, level, text in flag_facts.facts(planned, looking.session.draft):
            yield Fact(label, sentence(looking.symbols, level, clean(text)), classes="flag-fact")
        if planned.warnings:
            said = [("warning", clean(warning)) for warning in planned.warnings]
            yield Sentences(looking.symbols, said, classes="flag-warning")
        yield from self._lost()
        source = SOURCES[looking.plan.request.integration].name
        if planned.arrives and planned.flag.losses and not looking.reading:
            yield Vertical(id="flag-rebuild")
        yield JsonTree(
            f"Definition in {source} (Enter opens it)",
            planned.flag.definition,
            hidden=(),
            redact=looking.session.context.redactor.setting,
            id="flag-definition",
        )

    @work(exclusive=True, group="rebuild", exit_on_error=True)
    async def _rebuild(self) -> None:
        """Translate the flag in a thread: a flag may have thousands of values. Its place is empty until then."""
        looking, planned = self._looking, self.planned
        places = self.query("#flag-rebuild")
        if not places:
            return
        preview = Preview(looking.plan, looking.session.context.redactor)
        opened = await asyncio.to_thread(preview.opened, planned)
        if planned is self.planned and self.is_attached:
            source = SOURCES[looking.plan.request.integration].name
            await places.first().mount(RebuildView(opened, source, looking.symbols, id="rebuild-view"))

    def _lost(self) -> Iterator[Widget]:
        planned, s = self.planned, self._looking.symbols
        if not planned.arrives:
            return
        lost = explain(self._looking.plan.request, planned.flag, self._looking.session.context.redactor)
        if not lost:
            yield Static(sentence(s, "ok", plan_words.NOTHING_LEFT_BEHIND), classes="flag-group", markup=False)
            return
        yield Static(Content(plan_words.LEFT_BEHIND), classes="flag-group", markup=False)
        for each in lost[:_MOST_LOST]:
            label = Content.assemble(mark(s, "warning"), kind_label(each.kind))
            yield Fact(label, clean(each.text), classes="flag-lost")
        if more := len(lost) - min(len(lost), _MOST_LOST):
            yield Static(Content(f"    and {more:,} more. Save the plan (w) to see them all."), markup=False)

    def say(self, level: str, text: str) -> None:
        """Write the message line."""
        self.query_one("#flag-message", Static).update(sentence(self._looking.symbols, level, text), layout=False)

    # --- keys

    def action_close(self) -> None:
        """Go back to the list."""
        self.dismiss()

    async def action_step(self, by: int) -> None:
        """Show the next or the previous flag of the filtered list."""
        to = self._at + by
        if not 0 <= to < len(self._rows):
            self.say("note", f"This is the {'last' if by > 0 else 'first'} flag in the list.")
            return
        self._at = to
        self.say("note", "")
        with self.app.batch_update():
            self._title.show(self._headline())
            await self.page.remove_children()
            await self.page.mount_all(self._blocks())
            self.page.scroll_home(animate=False)
        self.page.focus()
        self._rebuild()

    def action_copy(self) -> None:
        """Copy the key to the terminal's clipboard."""
        # A lone surrogate isn't text and can't be sent.
        self.app.copy_to_clipboard(self.planned.flag.key.encode("utf-8", "replace").decode())
        self.say("ok", "Copied the key, if your terminal allows it. You can also select it above.")

    def action_write(self) -> None:
        """Save the whole plan to a file."""
        if self._looking.reading:
            self.say("note", "You can save the plan once it is complete.")
        else:
            write_plan(self.app, self._looking.session, self._looking.plan, self.say)

    def action_definition(self) -> None:
        """Open the source's definition and focus it."""
        tree = self.query_one("#flag-definition", JsonTree)
        tree.focus()
        tree.root.expand()
        tree.scroll_visible(animate=False)
