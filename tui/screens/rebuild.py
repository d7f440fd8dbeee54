"""Step 9: set the targeting that the import left behind, in one environment, flag by flag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.answers import draft as drafts
from tui.net.errors import Failure
from tui.net.events import Counted, Pausing, ProgressEvent
from tui.screens.dialogs import TextScreen
from tui.screens.in_fields import SlashSearches
from tui.screens.rebuild_accept import AcceptScreen
from tui.screens.rebuild_deeds import RebuildDeeds
from tui.screens.rebuild_flag import RebuildFlagScreen
from tui.screens.token import TokenScreen
from tui.text.clean import clean
from tui.widgets.bar import Bar
from tui.widgets.buttons import Plain
from tui.widgets.key_line import KeyHints
from tui.widgets.rebuild_list import RebuildList
from tui.widgets.row_list import RowList
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import sentence
from tui.wizard import keys, rebuild_deeds, rebuild_words, remedies
from tui.wizard.help import HelpPage, Section
from tui.wizard.rebuild_words import TO_ACCEPT

_PARTS = ("rebuild-environments", "rebuild-work", "rebuild-list", "rebuild-count", "rebuild-notes", "rebuild-bar")


class RebuildScreen(SlashSearches, RebuildDeeds):
    """Asks for the environment, reads both sides, and shows what a rebuild would set. Only Apply sends anything."""

    STEP: ClassVar[str] = "rebuild"
    KEYS = (("Enter", "choose"), ("Esc", "to Back"), ("F1", "help"), ("F2", "actions"), ("Ctrl+Q", "quit"))
    LIST_KEYS = (
        ("Enter", "open"),
        ("a", "accept differences"),
        ("F1", "help"),
        ("/", "search"),
        ("f", "filter"),
        ("Space", "adopt"),
        ("r", "reload"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accept", show=False),
        Binding("f", "filter", show=False),
        Binding("space", "adopt", show=False),
        Binding("r", "read_again", show=False),
        Binding("l", "left", show=False),
        Binding("e", "environment", show=False),
    ]
    flags = getters.query_one("#rebuild-list", RebuildList)

    def compose_step(self) -> ComposeResult:
        yield Sentences(self.symbols, id="rebuild-missing")
        yield Plain("Enter the key", id="rebuild-key")
        yield RowList(id="rebuild-environments", compact=True)
        with Vertical(id="rebuild-work"):
            yield Static("", id="rebuild-count", markup=False)
            yield Bar(id="rebuild-bar")
            yield Sentences(self.symbols, id="rebuild-notes")
            with Horizontal(id="rebuild-actions"):
                yield Plain("Accept differences", id="accept")
                yield Plain("Apply", id="apply", classes="primary")
                yield Plain("Request approvals", id="approvals")
                yield Plain("Turn on", id="turn-on")
                yield Plain("Take back", id="take-back")
                yield Plain("Left by hand", id="left")
                yield Plain("Environment", id="environment")
                yield Plain("Stop", id="stop")
            yield RebuildList(self.symbols, id="rebuild-list")

    @property
    def stands(self) -> bool:
        return super().stands and all(self.query(f"#{part}") for part in _PARTS)

    # --- what is shown

    def heading(self) -> str:
        chosen = self.rebuilding.environment
        return rebuild_deeds.chosen(chosen)[0] if chosen is not None else super().heading()

    def purpose(self) -> str:
        rebuilding = self.rebuilding
        if self.busy and rebuilding.sides is None:
            return rebuild_words.READING
        if rebuilding.environment is None:
            return rebuild_words.CHOOSE if rebuilding.environments else super().purpose()
        return rebuild_deeds.chosen(rebuilding.environment)[1]

    def next_label(self) -> str:
        return "Quit"

    def key_hints(self) -> KeyHints:
        if self.focused is not None and self.focused.id == "rebuild-rows":
            others = bool(self.rebuilding.others)
            return [hint for hint in self.LIST_KEYS if others or hint[0] != "Space"]
        return super().key_hints()

    def summarize(self) -> None:
        """The message line belongs to what was done last."""

    def help_page(self) -> HelpPage:
        line = self.flags.current
        if line is not None and self.focused is self.flags.list and self.has_class("-wide"):
            return rebuild_words.flag_page(self.rebuilding, line)
        page = super().help_page()
        found = tuple(rebuild_words.notes(self.rebuilding))
        return replace(page, parts=(*([Section("Notes on this rebuild", found)] if found else ()), *page.parts))

    async def opened(self) -> None:
        for name in ("rebuild-environments", "rebuild-work", "rebuild-key"):
            self.query_one(f"#{name}").display = False
        rebuilding = self.rebuilding
        if rebuilding.sides is not None:
            self.show_flags()
        elif self.is_ready():
            self.list_environments()

    def is_ready(self) -> bool:
        """Whether all that reading needs is there. Shows what is missing."""
        missing = self.query_one("#rebuild-missing", Sentences)
        if why := rebuild_deeds.not_ready(self.rebuilding):
            missing.show(why)
            if why[0][0] == "problem":
                self.say("problem", rebuild_deeds.NEEDS_ANSWERS)
            return False
        lacks = self.rebuilding.missing_key()
        self.query_one("#rebuild-key").display = bool(lacks)
        if not lacks:
            missing.show(())
            return True
        label = drafts.variable(self.session.draft, lacks).label
        self.query_one("#rebuild-key", Plain).rename(f"Enter the {label}")
        missing.show([("note", rebuild_deeds.key_needed(self.rebuilding, lacks))])
        return False

    def focus_first(self) -> None:
        """Focus a widget on which an Enter held too long changes nothing."""
        names = ("#rebuild-key", "#rebuild-environments", "#rebuild-rows", "#stop", "#back")
        shown = (widget for name in names for widget in self.query(name) if _is_shown(widget))
        widget = next(shown, None)
        if widget is not None:
            widget.focus(scroll_visible=False)

    def show_flags(self) -> None:
        """Show the flags as they are by now."""
        if not self.stands:
            return
        self.query_one("#rebuild-environments").display = False
        self.query_one("#rebuild-work").display = True
        self.flags.display = self.rebuilding.sides is not None
        found = rebuild_words.lines(self.rebuilding)
        only = rebuild_words.OTHERS if not self.rebuilding.rows and not self.flags.keys else ""
        self.flags.show(found, only=only)
        level, text = rebuild_words.headline(self.rebuilding)
        self.query_one("#rebuild-count", Static).update(sentence(self.symbols, level, text))
        notes = [("note", note) for note in self.rebuilding.notes]
        self.query_one("#rebuild-notes", Sentences).show(notes)
        self.show_buttons()
        self.refresh_frame()

    def show_buttons(self) -> None:
        rebuilding = self.rebuilding
        offered = frozenset({"stop"}) if self.busy else rebuild_deeds.offered(rebuilding)
        for button in self.query("#rebuild-actions Plain"):
            button.display = button.id in offered
        self.query_one("#apply", Plain).rename(f"Apply to {len(rebuilding.planned()):,}")
        self.query_one("#approvals", Plain).rename(f"Request approvals for {len(rebuilding.needing_approval()):,}")

    # --- the environment

    @work(exclusive=True, group="rebuild", exit_on_error=True)
    async def list_environments(self) -> None:
        """Read the project's environments, and ask for one if there are several."""
        self.say("note", f"{rebuild_deeds.READING_ENVIRONMENTS} ...")
        rebuilding = self.rebuilding
        try:
            await rebuilding.list_environments()
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        if not self.stands:
            return
        self.say("note", "")
        if len(rebuilding.environments) == 1:
            self.choose(rebuilding.environments[0].key)
        else:
            self._offer_environments()

    def _offer_environments(self) -> None:
        rebuilding, rows = self.rebuilding, self.query_one("#rebuild-environments", RowList)
        self.query_one("#rebuild-work").display = False
        longest = max((len(clean(each.key)) for each in rebuilding.environments), default=0)
        rows.set_options(
            Option(
                Content.styled(f"{clean(each.key):{longest}}", "bold")
                + Content("  ")
                + sentence(
                    self.symbols, _level(each.critical, each.approval_required), rebuild_words.environment(each)
                ),
                id=f"environment-{each.key}",
            )
            for each in rebuilding.environments
        )
        rows.display = True
        self.refresh_frame()
        rows.focus()

    @on(OptionList.OptionSelected, "#rebuild-environments")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.choose(self.rebuilding.environments[event.option_index].key)

    def choose(self, key: str) -> None:
        """Choose an environment, and read both sides."""
        self.rebuilding.choose(key)
        self.action_read_again()

    @on(Button.Pressed, "#environment")
    def action_environment(self) -> None:
        """Choose another environment."""
        if not self.busy and self.rebuilding.environments:
            self.rebuilding.environment = None
            self._offer_environments()

    # --- reading

    @on(Button.Pressed, "#rebuild-key")
    @work(exclusive=True, group="key", exit_on_error=True)
    async def _enter_key(self) -> None:
        """Ask for the key that is missing."""
        await keys.fetch_stored(self.session, "keys")
        while lacks := self.rebuilding.missing_key():
            label = drafts.variable(self.session.draft, lacks).label
            text = rebuild_deeds.key_use(self.rebuilding, lacks)
            if not await self.app.push_screen_wait(TokenScreen(self.session, f"Enter the {label}", lacks, text)):
                return
        if self.is_ready():
            self.list_environments()

    def action_read_again(self) -> None:
        """Read both sides again. Nothing is changed."""
        if not self.busy and self.rebuilding.environment is not None and self.is_ready():
            self.query_one("#rebuild-environments").display = False
            self.query_one("#rebuild-work").display = True
            self.flags.display = self.rebuilding.sides is not None
            self.begin(self._read())

    async def _read(self) -> None:
        self.say("note", rebuild_words.READING)
        await self.rebuilding.read(self.happened)
        self.say("note", rebuild_words.NOTHING_CHANGED)

    def happened(self, event: ProgressEvent) -> None:
        """Show progress."""
        if isinstance(event, Counted):
            self.say("note", f"{event.words}")
        elif isinstance(event, Pausing):
            self.say("warning", event.words)

    # --- the list

    @on(RebuildList.CursorMoved)
    def _moved(self, event: RebuildList.CursorMoved) -> None:
        event.stop()
        line = event.line
        if not self.stands:
            return
        self._show_help()
        if line is None or line.key == self.rests_on:
            return
        self.rests_on = line.key
        if not self.busy and self.flags.list.has_focus and self.flags.is_cut(line):
            self.say("note", f"{clean(line.key)}: {line.text}")

    @on(RebuildList.Opened)
    def _open(self, event: RebuildList.Opened) -> None:
        event.stop()
        shown = self.flags.keys
        if event.key in shown and self.rebuilding.sides is not None:
            page = RebuildFlagScreen(self.rebuilding, shown, shown.index(event.key), self.symbols, self.adopt)
            self.app.push_screen(page, lambda _: self._back_from(page.key))

    def _back_from(self, key: str) -> None:
        if not self.busy:
            self.show_flags()
        self.flags.go_to(key)

    @on(Button.Pressed, "#accept")
    @work(exclusive=True, group="accept", exit_on_error=True)
    async def action_accept(self) -> None:
        """Accept differences by name; list the flags of one on request."""
        proposal = self.rebuilding.proposal
        found = rebuild_words.to_accept(proposal) if proposal is not None else ()
        if self.busy or not found:
            self.say("note", rebuild_deeds.NOTHING_TO_ACCEPT)
            return
        screen = AcceptScreen(found, self.rebuilding.accepted, self.symbols, self.rebuilding.accept)
        name = await self.app.push_screen_wait(screen)
        self.show_flags()
        if name:
            self.flags.show(rebuild_words.lines(self.rebuilding), only=TO_ACCEPT)
        self.flags.list.focus()
        self.say("note", rebuild_words.NOTHING_CHANGED)

    def action_adopt(self) -> None:
        """Adopt the flag at the cursor, once it was opened, or no longer."""
        line = self.flags.current
        if line is None or self.busy or not self.flags.list.has_focus:
            return
        if line.adopted is None:
            self.say("note", rebuild_words.NOT_ADOPTABLE)
        else:
            self.say("note", self.adopt(line.key))

    def adopt(self, key: str) -> str:
        """Adopt a flag that was opened, or no longer. Return what to say."""
        rebuilding = self.rebuilding
        if self.busy:
            return "Wait until both sides are read."
        wanted, text = rebuild_deeds.adoption(rebuilding, key)
        if wanted != rebuilding.adopted:
            self.begin(rebuilding.adopt(wanted))
        return text

    def action_filter(self) -> None:
        """Show the next kind of flags."""
        self.flags.filter()
        self.flags.list.focus()

    def action_search(self) -> None:
        """Search in the list."""
        if self.flags.display:
            self.flags.search()

    def action_take(self) -> None:
        """Keep the result of the search."""
        self.in_field()
        self.flags.keep_search()

    @on(Button.Pressed, "#left")
    def action_left(self) -> None:
        """List what is left by hand, with the reasons."""
        if (proposal := self.rebuilding.proposal) is not None:
            self.app.push_screen(TextScreen(*rebuild_words.left_by_hand(proposal, self.rebuilding.outcomes)))

    # --- the rest

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Accept differences", "a: by name, none is preset", self.action_accept)
        yield SystemCommand("What is left by hand", "l: with the reasons", self.action_left)
        yield SystemCommand("Reload", "r: read both sides again", self.action_read_again)
        yield SystemCommand("Choose another environment", "e", self.action_environment)
        yield SystemCommand("Search flags", "/", self.action_search)

    def action_next(self) -> None:
        """Ctrl+O only focuses the button: one key press too many must not end the program."""
        self.query_one("#next").focus()

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        """Quit. What was rebuilt is noted."""
        event.stop()
        self.app.action_leave()


def _level(critical: bool, approval: bool) -> str:
    return "warning" if critical else "unknown" if approval else "note"


def _is_shown(widget: Widget) -> bool:
    return all(each.display for each in widget.ancestors_with_self if isinstance(each, Widget))
