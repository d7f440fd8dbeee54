"""The result of creating: the configuration, with the response's body to open, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.answers.draft import Draft
from tui.apply.create import NOT_KNOWN, Creation, Outcome
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.text.clean import clean
from tui.text.redact import Redactor
from tui.widgets.facts import Fact
from tui.widgets.json_tree import JsonTree
from tui.widgets.symbols import Symbols, mark
from tui.wizard import outcomes, remedies


class OutcomeView(Vertical):
    """Empty until something is shown. `redactor` masks keys in all text from outside."""

    def __init__(self, symbols: Symbols, redactor: Redactor, *, id: str) -> None:
        super().__init__(id=id)
        self._symbols, self._redactor = symbols, redactor

    def clear(self) -> None:
        """Show nothing: there is no result yet."""
        self.remove_children()

    def headline(self, text: str) -> None:
        """Show one line of success."""
        self.clear()
        self.mount(self._fine(text))

    def show(self, outcome: Outcome, creation: Creation | None, draft: Draft) -> None:
        """Show an outcome. `draft` has the labels of its fields."""
        self.clear()
        if outcome.configuration is not None:
            self.mount(*self._created(outcome, outcome.configuration, creation))
        elif outcome.failure is not None:
            self.mount(*self._failed(outcome.failure, known=outcome.fate != NOT_KNOWN, draft=draft))

    def _created(self, outcome: Outcome, made: Configuration, creation: Creation | None) -> Iterator[Widget]:
        yield self._fine(f"{outcomes.verb(outcome)}: {outcomes.title(made)}")
        for label, text in outcomes.facts(made, creation.events if creation else ()):
            if text:
                yield Fact(label, self._safe(text))
        if outcome.answer is not None:
            yield JsonTree(
                f"Response body, {len(outcome.answer.body):,} bytes (keys hidden)",
                outcomes.document(outcome.answer),
                hidden=creation.request.secrets if creation else (),
                redact=self._redactor.foreign,
                id="answer-body",
            )

    def _failed(self, failure: Failure, *, known: bool, draft: Draft) -> Iterator[Widget]:
        sign = mark(self._symbols, "problem" if known else "unknown")
        yield Static(sign + Content(self._safe(failure.what)), classes="headline", markup=False)
        for head, text in (("Why", outcomes.why(failure, draft)), ("Next", remedies.advice(failure.advice))):
            if text:
                yield Fact(head, self._safe(text))

    def _fine(self, text: str) -> Static:
        return Static(Content(self._safe(text)), classes="headline ok", markup=False)

    def _safe(self, text: str) -> str:
        return clean(self._redactor(text))
