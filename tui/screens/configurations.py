"""All flag import configurations of an account, whoever created them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import HOST, TOKEN
from tui.answers.finding import Level
from tui.configurations import listing
from tui.configurations.listing import Account, ConfigurationFilter, Sort
from tui.launchdarkly.instances import instance
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.net.events import Pausing
from tui.screens.configuration import ConfigurationScreen, browse
from tui.screens.in_fields import SlashSearches
from tui.screens.sheet import Sheet
from tui.text.cells import fitted
from tui.text.redact import Redactor
from tui.widgets.buttons import Plain
from tui.widgets.field_row import FieldRow
from tui.widgets.inputs import LiveInput
from tui.widgets.key_line import key_line
from tui.widgets.row_list import RowList
from tui.widgets.symbols import Symbols, mark
from tui.widgets.top_line import TopLine
from tui.wizard import keys, remedies

if TYPE_CHECKING:
    from tui.wizard.session import Session

_SORTS = tuple(Sort)
_ASKING_KEYS = (("Enter", "accept"), ("Ctrl+U", "clear"), ("F1", "help"), ("Esc", "close"), ("Ctrl+Q", "quit"))
_ASKING = "Choose an instance and enter your token. Listing the imports of an account changes nothing."
_LISTING = "All flag imports of this account, whoever created them."
_WIDEST = 120
_WIDE = 110
_NARROW = 74
_TIME_CELLS = 12


class ConfigurationsScreen(SlashSearches, Sheet[None]):
    """Ask for the instance and your token first, unless the session has them."""

    HELP = "Press Enter to open an import. Then you can start, watch, edit, or delete it."
    KEYS = (
        ("Enter", "open"),
        ("/", "search"),
        ("f", "status"),
        ("s", "sort"),
        ("r", "reload"),
        ("b", "browser"),
        ("Esc", "close"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "fill_in", priority=True, show=False),
        Binding("f", "filter", "Filter", show=False),
        Binding("s", "sort", "Sort", show=False),
        Binding("r", "read", "Reload", show=False),
        Binding("b", "browse", "Open in a browser", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._held: Session | None = None
        self._listed: tuple[Configuration, ...] | None = None
        self._shown: tuple[Configuration, ...] = ()
        self._wanted = ConfigurationFilter()
        self._by = Sort.NAME

    def title_text(self) -> str:
        return "Flag import configurations"

    def purpose(self) -> str:
        return _ASKING

    def compose_body(self) -> ComposeResult:
        yield Vertical(id="configs-account")
        with Vertical(id="configs-list"):
            yield Static("", id="configs-counted", markup=False)
            with Horizontal(id="configs-search"):
                yield Static("Search ", id="configs-search-label", markup=False)
                yield LiveInput(
                    "", placeholder="a name, project, tag, or status", id="configs-filter", told=self._typed
                )
            yield Static("", id="configs-heading", markup=False)
            yield RowList(id="configs", compact=True)
            yield Static("", id="configs-detail", markup=False)

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Close", id="close")
        yield Plain("List the imports", id="read", classes="primary")
        yield Plain("Change account", id="another")
        if self.app.practicing:
            yield Plain("Fill in", id="fill-in")

    # --- the account

    async def on_mount(self) -> None:
        self._turn(asking=True)
        self.query_one("#configs-search").display = False
        self._begin()

    @work(exclusive=True, group="begin", exit_on_error=True)
    async def _begin(self) -> None:
        self.say("note", "Loading ...")
        self._held = session = await self.app.loaded()
        session.look_around()
        await keys.fetch_stored(session, "launchdarkly")
        await keys.overhear_stored(session)
        if not self.is_attached:
            return
        await self.query_one("#configs-account").mount(
            FieldRow(session, HOST, self.symbols),
            FieldRow(session, TOKEN, self.symbols),
        )
        self.say("note", "")
        if self._may_read():
            self.action_read()
        else:
            self._ask()

    def _may_read(self) -> bool:
        """The instance and the token have no known problem."""
        return self._held is not None and not any(
            found.level is Level.PROBLEM
            for key in (HOST.key, TOKEN.key)
            for found in remarks.findings(self._held.draft, key)
        )

    def _ask(self) -> None:
        self._turn(asking=True)
        self._show_place()
        rows = list(self.query(FieldRow))
        first = rows[0] if self._problem(HOST.key) else rows[1]
        first.control.focus()

    def _turn(self, *, asking: bool) -> None:
        """Show the fields of the account, or its imports."""
        self.query_one("#configs-account").display = asking
        self.query_one("#configs-list").display = not asking
        self.query_one("#another").display = not asking
        self.query_one("#read", Plain).rename("List the imports" if asking else "Reload")
        self.query_one(".sheet-purpose", Static).update(Content(_ASKING if asking else _LISTING))
        self.query_one("#sheet-keys", Static).update(
            key_line(_ASKING_KEYS if asking else self.KEYS, self.app.size.width - 4)
        )
        for button in self.query("#fill-in"):
            button.display = asking

    def _problem(self, key: str) -> str:
        if self._held is None:
            return ""
        return next((remedies.text(f) for f in remarks.findings(self._held.draft, key) if f.level is Level.PROBLEM), "")

    def _account(self) -> Account | None:
        session = self._held
        if session is None or not self._may_read():
            return None
        return Account(instance(drafts.value(session.draft, HOST.key)), session.bag, session.context, session.journals)

    def _show_place(self) -> None:
        account = self._account()
        place = f"LaunchDarkly {account.instance.name}" if account and not self.app.practicing else ""
        self.query_one(TopLine).show((Content(place),))

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        event.stop()

    def action_take(self) -> None:
        """Enter in the token field lists the imports; in the search it moves to the list."""
        self.in_field()
        if self.focused is not None and self.focused.id == "configs-filter":
            self._to_list()
        elif self.focused is not None and self.focused.id == TOKEN.key:
            self.action_read()
        else:
            self.focus_next()

    # --- reading

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        {"close": self.action_close, "read": self.action_read, "another": self._ask, "fill-in": self.action_fill_in}[
            event.button.id or ""
        ]()

    def action_fill_in(self) -> None:
        """In practice, take address and token from the demo account, and list its imports."""
        session = self._held
        if session is None or session.practice is None:
            return
        known = next(iter(session.practice.values.values()))
        for key in (HOST.key, TOKEN.key):
            session.put(key, known[key])
        for row in self.query(FieldRow):
            row.refresh_from_draft()
        self.action_read()

    def action_read(self) -> None:
        """Ask LaunchDarkly for the list."""
        account = self._account()
        if self._held is None:
            return
        if account is None:
            problem = self._problem(HOST.key) or self._problem(TOKEN.key)
            self._ask()
            self.say("problem", problem)
            return
        self._read(account)

    @work(exclusive=True, group="read", exit_on_error=True)
    async def _read(self, account: Account) -> None:
        self.say("note", "Loading the list ...")
        try:
            async with listing.listed(account) as events:
                async for event in events:
                    if isinstance(event, Pausing):
                        self.say("warning", event.words)
            self._listed = events.result
        except Failure as failure:
            if not self.query("#configs"):
                return
            if failure.field in (HOST.key, TOKEN.key) or self._listed is None:
                self._ask()
            self.say("problem", remedies.sentence(failure))
            return
        if not self.query("#configs"):
            return  # the page is closing
        self.say("note", "")
        self._show_place()
        self._turn(asking=False)
        self._show()
        self.query_one("#configs").focus()

    # --- the list

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._listed is None or not self.is_attached:
            return
        rows = self.query_one("#configs", OptionList)
        before = self._highlighted()
        self._shown = listing.filtered(self._listed, self._wanted, self._by)
        width = max(40, min(_WIDEST, self.size.width - 5))
        redactor = self._redactor()
        rows.clear_options()
        rows.add_options(Option(_row(each, width, self.symbols, redactor, self._now())) for each in self._shown)
        at = next((i for i, each in enumerate(self._shown) if before is not None and each.id == before.id), 0)
        rows.highlighted = at if self._shown else None
        self.query_one("#configs-heading", Static).update(Content(_heading(width)))
        self._count()
        self._show_detail(self._highlighted())

    def _highlighted(self) -> Configuration | None:
        at = self.query_one("#configs", OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    def _redactor(self) -> Redactor:
        return self._held.context.redactor if self._held else Redactor()

    def _count(self) -> None:
        all_ = len(self._listed or ())
        parts = [f"{len(self._shown):,} of {all_:,}", f"sorted by {self._by.value}"]
        if self._wanted.status:
            parts.append(f"status {self._wanted.status}")
        if self._wanted.text:
            parts.append(f'containing "{self._wanted.text}"')
        text = ", ".join(parts) if all_ else "This account has no flag import configurations."
        self.query_one("#configs-counted", Static).update(Content(text))

    def _now(self) -> float:
        return self._held.context.now() if self._held else 0

    def _show_detail(self, one: Configuration | None) -> None:
        """Show what has no column, or is cut there: the tags, the times, and the latest error."""
        text = ""
        if one is not None:
            redactor, now = self._redactor(), self._now()
            newest = listing.newest_error(one, redactor)
            tags = redactor.data(", ".join(one.tags))
            text = f"Tags: {tags or 'none'}.  Last import: {listing.last_import(one, now)}."
            text += f"  Last error: {newest or listing.last_error(one, now)}".removesuffix(".") + "."
        self.query_one("#configs-detail", Static).update(Content(text))

    @on(OptionList.OptionHighlighted, "#configs")
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show_detail(self._highlighted())

    def _typed(self, text: str) -> None:
        self._wanted = ConfigurationFilter(text.strip(), status=self._wanted.status)
        self._show()

    def action_search(self) -> None:
        """Open the search."""
        if self._listed:
            self.query_one("#configs-search").display = True
            self.set_focus(self.query_one("#configs-filter"))

    def action_filter(self) -> None:
        """Show the next status that the list has, or all again."""
        there = ["", *sorted({listing.state(each) for each in self._listed or ()})]
        at = there.index(self._wanted.status) if self._wanted.status in there else 0
        self._wanted = ConfigurationFilter(self._wanted.text, status=there[(at + 1) % len(there)])
        self._show()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._by = _SORTS[(_SORTS.index(self._by) + 1) % len(_SORTS)]
        self._show()

    def action_browse(self) -> None:
        """Open LaunchDarkly's page of imports in a browser."""
        browse(self, self._account())

    def _to_list(self) -> None:
        self.query_one("#configs-search").display = bool(self._wanted.text)
        self.query_one("#configs").focus()

    def action_close(self) -> None:
        """Esc clears a search first."""
        if self.focused is not None and self.focused.id == "configs-filter":
            self.query_one("#configs-filter", LiveInput).value = ""
            self._to_list()
            return
        self.dismiss(None)

    @on(OptionList.OptionSelected, "#configs")
    @work(exclusive=True, group="open", exit_on_error=True)
    async def _open(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        account, one, session = self._account(), self._shown[event.option_index], self._held
        if account is None or session is None:
            return
        changed = await self.app.push_screen_wait(ConfigurationScreen(session, account, one, self._listed or ()))
        if changed:
            self.action_read()


def _heading(width: int) -> str:
    return _columns(("  NAME", "INTEGRATION", "PROJECT", "STATUS", "LAST IMPORT", "LAST ERROR", "TAGS"), width)


def _row(one: Configuration, width: int, symbols: Symbols, redactor: Redactor, now: float) -> Content:
    level = listing.level(one)
    sign = mark(symbols, level) if level != "note" else Content(f"{symbols.note} ")
    times = (listing.last_import(one, now), listing.last_error(one, now))
    texts = (one.name or one.id, one.integration_key, one.project_key, listing.state(one), ", ".join(one.tags))
    name, *others, tags = map(redactor.data, texts)  # before a text is cut
    short = (time if len(time) <= _TIME_CELLS else time.rpartition(" ")[0] for time in times)  # the day of another year
    line = _columns((f"  {name}", *others, *short, tags), width, symbols.cut)
    return sign + Content(line[2:])


def _columns(texts: tuple[str, ...], width: int, cut: str = "") -> str:
    """Return one line of the table. The name gets the remaining room; narrow windows lose the last columns."""
    name, *others = texts
    sizes = [11, 14, 10, _TIME_CELLS, _TIME_CELLS, 18]
    count = 6 if width >= _WIDE else 4 if width >= _NARROW else 3
    room = width - sum(sizes[:count]) - count
    padded = [fitted(name, room, cut), *(fitted(t, w, cut) for t, w in zip(others[:count], sizes, strict=False))]
    return " ".join(padded).rstrip()
