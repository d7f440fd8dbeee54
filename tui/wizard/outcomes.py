"""Describe a configuration that was created and started, and show the response's body."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from tui.answers import remarks
from tui.answers.draft import Draft
from tui.answers.fields import Form
from tui.apply.create import FOUND, NOT_KNOWN, Outcome
from tui.apply.engine import Import
from tui.apply.start_watch import Started
from tui.launchdarkly.models import Configuration
from tui.launchdarkly.words import access_in_words, status_in_words
from tui.net.errors import Failure
from tui.net.events import Answered, Note, ProgressEvent
from tui.net.messages import Response
from tui.rebuild.record import Record
from tui.report.report import Report, redacted, report
from tui.text.clean import clean
from tui.text.limited_json import parse_answer
from tui.text.redact import Redactor, tree

OFFERS = ("use-that", "go-to-field", "look-again", "send-again")
"""What the user may do if creating failed."""
_CONFLICT = 409
_LIMITS = (("route-remaining", "{} requests left"), ("retry-after", "retry after {}"))
"""Ends of the headers that may matter next, and their words."""
_HIDDEN = "••••"


def verb(outcome: Outcome) -> str:
    """Return how the configuration came to be, in a word."""
    return "Found" if outcome.fate == FOUND else "Used" if outcome.reused else "Created"


def title(made: Configuration) -> str:
    """Return its id and version."""
    return f"{made.id}{f', version {made.version}' if made.version is not None else ''}"


def facts(made: Configuration, events: Iterable[ProgressEvent]) -> Iterator[tuple[str, str]]:
    """Yield labels and texts: its state, what may be done with it, and the rate limit's rest or a requested pause."""
    status, *more = status_in_words(made.status)
    yield "Status", status
    for line in more:
        yield " ", line
    yield "Permissions", access_in_words(made.access)
    answered = [event for event in events if isinstance(event, Answered)]
    headers = answered[-1].headers if answered else ()
    limits = [(value, words) for name, value in headers for end, words in _LIMITS if name.lower().endswith(end)]
    yield "Rate limit", ", ".join(words.format(value) for value, words in limits)


def offered(outcome: Outcome, *, current: bool) -> frozenset[str]:
    """Return the useful ones of `OFFERS`. `current`: the answers still ask for what was sent."""
    failure, conflict, known = outcome.failure, outcome.conflict, outcome.fate != NOT_KNOWN
    if failure is None:
        return frozenset()
    sensible = {
        "use-that": current and conflict is not None and not conflict.differences,
        "go-to-field": bool(failure.field),
        "look-again": not known or failure.status_code == _CONFLICT,
        "send-again": current and known and conflict is None,
    }
    return frozenset(offer for offer, fits in sensible.items() if fits)


def why(failure: Failure, draft: Draft) -> str:
    """Return the reason of a failure, with the field's label before its key in the API."""
    field = failure.field or ""
    label = remarks.label(draft, field)
    return failure.why.replace(field, f"{label} ({field})") if field and label != field else failure.why


def document(answer: Response) -> object:
    """Return the body as JSON, or as text if it is none."""
    try:
        return answer.json()
    except Exception:
        return answer.text()


def raw(text: str, hidden: Iterable[str], redactor: Redactor) -> str:
    """Return the raw body, cleaned. Secret fields (`hidden`) are masked even if the server changed their values."""
    try:
        whole = parse_answer(text)
    except ValueError:
        return clean(redactor.foreign(text), multiline=True)
    if isinstance(whole, dict) and isinstance(config := whole.get("config"), dict):
        secret = set(hidden)
        whole["config"] = {key: (_HIDDEN if key in secret and value else value) for key, value in config.items()}
    shown = json.dumps(tree(whole, redactor.foreign), ensure_ascii=False, indent=2)
    return clean(redactor(shown), multiline=True)


def start_told(started: Started) -> Note:
    """Return the line of the timeline about the start."""
    if not started.known:
        return Note("start", "can't tell whether it started", level="unknown")
    if not started.triggered:
        return Note("running", "not started a second time")
    if started.status_code is None:
        return Note("started", "the response was lost, but the status shows that it started")
    return Note(f"{started.status_code}, start queued", "empty response (expected)")


def report_of(run: Import, forms: Mapping[str, Form], records: Iterable[Record] = ()) -> Report:
    """Return the report of an import so far, without any known secret. `records` are those of its rebuilds."""
    form, now = forms.get(run.journal.identity.integration), run.context.now()
    return redacted(report(run.journal, run.verification, now, form=form, records=records), run.context.redactor)
