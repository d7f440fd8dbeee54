"""How one flag's targeting could be rebuilt: both sides' rules in columns, what differs and for whom, and the proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.plan.words import GRADES
from tui.rebuild.differences import differences, proof_words
from tui.rebuild.preview import OpenedFlag
from tui.rebuild.words import lines as launchdarkly_lines
from tui.rebuild.words import source_lines
from tui.targeting.words import name
from tui.text.clean import clean
from tui.widgets.facts import Fact
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import Symbols, mark, sentence

_LEVELS = {"faithful": "ok", "approximate": "warning", "by-hand": "problem", "not-checked": "unknown"}
_OUTLOOK = {
    "faithful": "Everyone would get what they get today.",
    "approximate": "It would differ as listed below.",
    "by-hand": "Recreate its targeting in LaunchDarkly.",
    "not-checked": "`rebuild --dry-run` checks it after the import.",
}
_MOST_LINES = 100
"""The most rules of each side that are shown."""


class RebuildView(Vertical):
    """A part of a flag's page. `source` is the source's name."""

    def __init__(self, opened: OpenedFlag, source: str, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self._opened, self._source, self._symbols = opened, source, symbols

    def compose(self) -> ComposeResult:
        opened, s = self._opened, self._symbols
        grade, rebuilt = opened.prospect.grade, opened.rebuilt
        title = Content.assemble(mark(s, _LEVELS[grade]), f"Rebuild: {GRADES[grade]}. {_OUTLOOK[grade]}")
        yield Static(title, classes="flag-group", markup=False)
        if opened.prospect.reasons:
            reasons = [("note", clean(reason)) for reason in opened.prospect.reasons]
            yield Sentences(s, reasons, classes="rebuild-reasons")
        if rebuilt.targeting is None:
            return
        names = {key: [name(value) for value in one.variations] for key, one in opened.parents.items()}
        own = [name(value) for value in opened.targeting.variations]
        with Horizontal(classes="rebuild-sides"):
            yield from self._side(f"In {self._source}", source_lines(opened.targeting))
            rules = launchdarkly_lines(rebuilt.targeting, rebuilt.segments, own, names)
            yield from self._side("In LaunchDarkly", rules)
        for each in differences(rebuilt, opened.proof):
            yield Fact(each.name, clean(f"{each.text} {each.example}".strip()), classes="rebuild-difference")
        yield Static(sentence(s, "ok", proof_words(opened.proof)), classes="rebuild-proof", markup=False)

    def _side(self, title: str, texts: Sequence[str]) -> Iterator[Widget]:
        shown = [clean(text) for text in texts[:_MOST_LINES]]
        if more := len(texts) - len(shown):
            shown.append(f"and {more:,} more")
        with Vertical(classes="rebuild-side"):
            yield Static(title, classes="rebuild-title", markup=False)
            yield Static("\n".join(shown), markup=False)
