"""One flag of a rebuild: both sides' rules, what differs and for whom, and how far that is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tui.net.errors import Failure
from tui.plan.plan import Prospect
from tui.plan.words import GRADES
from tui.rebuild.preview import OpenedFlag
from tui.rebuild.proposal import Row
from tui.rebuild.words import source_lines
from tui.screens.host import Host
from tui.text.clean import clean
from tui.widgets.flow import Flow
from tui.widgets.key_line import key_line
from tui.widgets.rebuild_view import RebuildView
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import Symbols, sentence
from tui.wizard import remedies
from tui.wizard.rebuild_words import NOT_ADOPTABLE
from tui.wizard.rebuilding import Rebuilding

_KEYS = (("Esc", "close"), ("n", "next"), ("p", "previous"), ("Space", "adopt"), ("y", "copy key"))


class RebuildFlagScreen(ModalScreen[None]):
    """A page over the whole window. `adopt` gets each tick, and returns what to say about it."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f7", "close", show=False, priority=True),
        Binding("n,right", "step(1)", show=False, priority=True),
        Binding("p,left", "step(-1)", show=False, priority=True),
        Binding("space", "adopt", show=False),
        Binding("y", "copy", show=False),
    ]
    app = getters.app(Host)

    def __init__(
        self,
        rebuilding: Rebuilding,
        keys: Sequence[str],
        at: int,
        symbols: Symbols,
        adopt: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._rebuilding, self._keys, self._at, self._symbols, self._adopt = rebuilding, tuple(keys), at, symbols, adopt

    @property
    def key(self) -> str:
        """The flag on the screen."""
        return self._keys[self._at]

    def compose(self) -> ComposeResult:
        yield Flow(id="flag-title")
        yield VerticalScroll(id="flag-page")
        yield Static("", id="flag-message", markup=False)
        hints = [hint for hint in _KEYS if hint[0] != "Space" or self._rebuilding.others]
        yield Static(key_line(hints, self.app.size.width - 4), id="flag-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#flag-page").focus()
        self._open()

    @work(exclusive=True, group="open", exit_on_error=True)
    async def _open(self) -> None:
        key = self.key
        self._headline(None)
        try:
            row = await self._rebuilding.opened(key)
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        if not self.is_attached or key != self.key:
            return
        page = self.query_one("#flag-page", VerticalScroll)
        with self.app.batch_update():
            self._headline(row)
            await page.remove_children()
            await page.mount_all(self._blocks(row))
            page.scroll_home(animate=False)
        page.focus()

    def _headline(self, row: Row | None) -> None:
        parts = [Content.styled(clean(self.key), "bold")]
        if row is not None:
            parts.append(Content(GRADES[row.rebuilt.grade]))
            if row.targeting is not None:
                parts.append(Content(f"{'on' if row.targeting.on else 'off'} in {self._rebuilding.source}"))
        parts.append(Content(f"flag {self._at + 1:,} of {len(self._keys):,}"))
        self.query_one("#flag-title", Flow).show(parts)

    def _blocks(self, row: Row | None) -> Iterator[Widget]:
        sides, s = self._rebuilding.sides, self._symbols
        if row is None or sides is None:
            yield Static(sentence(s, "unknown", "This flag can't be shown."), markup=False)
            return
        outcome = self._rebuilding.outcomes.get(row.key)
        if outcome is not None and outcome.reason:
            yield Sentences(s, [("warning", clean(outcome.reason))], classes="rebuild-reasons")
        rebuilt = row.rebuilt
        if row.targeting is None:
            yield Sentences(s, [("problem", clean(reason)) for reason in rebuilt.reasons], classes="rebuild-reasons")
            return
        needed = rebuilt.targeting.prerequisites if rebuilt.targeting is not None else ()
        parents = {one.flag: sides.targeting[one.flag] for one in needed if one.flag in sides.targeting}
        prospect = Prospect(rebuilt.grade, rebuilt.approximations, rebuilt.reasons)
        opened = OpenedFlag(row.targeting, rebuilt, row.proof, prospect, parents)
        yield RebuildView(opened, self._rebuilding.source, s, id="rebuild-view")
        if rebuilt.targeting is None:
            yield Static(f"In {self._rebuilding.source}", classes="flag-group", markup=False)
            said = [("note", clean(text)) for text in source_lines(row.targeting)]
            yield Sentences(s, said, classes="rebuild-reasons")

    def say(self, level: str, text: str) -> None:
        """Write the message line."""
        self.query_one("#flag-message", Static).update(sentence(self._symbols, level, text), layout=False)

    # --- keys

    def action_close(self) -> None:
        """Go back to the list."""
        self.dismiss()

    def action_step(self, by: int) -> None:
        """Show the next or the previous flag of the filtered list."""
        to = self._at + by
        if not 0 <= to < len(self._keys):
            self.say("note", f"This is the {'last' if by > 0 else 'first'} flag in the list.")
            return
        self._at = to
        self.say("note", "")
        self._open()

    def action_adopt(self) -> None:
        """Adopt this flag, or no longer."""
        known = self.key in self._rebuilding.others or self.key in self._rebuilding.adopted
        self.say("note", self._adopt(self.key) if known else NOT_ADOPTABLE)

    def action_copy(self) -> None:
        """Copy the key to the terminal's clipboard."""
        self.app.copy_to_clipboard(self.key.encode("utf-8", "replace").decode())
        self.say("ok", "Copied the key, if your terminal allows it. You can also select it above.")
