"""Step 1: where the flags are now, or what to resume. Asked before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.plain.asking import Option
from tui.plain.walk import Moved, StartOver, Walk
from tui.plain.words import stem
from tui.wizard import start
from tui.wizard.earlier import unfinished

if TYPE_CHECKING:
    from tui.apply.heads import Head

_RESUME_RUN, _RESUME, _CONFIGURATIONS, _FRESH, _PRACTICE = (
    "go-on-run",
    "resume",
    "configurations",
    "start-fresh",
    "practice",
)


def ask(walk: Walk) -> None:
    """Ask for the integration, and go to the next step. Raises Moved after anything else."""
    walk.head("integration")
    for title, text in start.WHAT_HAPPENS:
        walk.terminal.say(f"{title}: {text}.", indent=2)
    options = tuple(_options(walk))
    chosen = walk.session.draft.integration if walk.loading is not None else ""
    keys = [option.key for option in options]
    first = next((key for key in (chosen, _RESUME_RUN, _RESUME) if key in keys), "")
    default = str(keys.index(first) + 1) if first else ""
    key = walk.ask.choose("Where are your flags now? Number", options, default).text
    if key == _PRACTICE:
        raise StartOver(practice=True)
    if key == _FRESH:
        walk.session  # noqa: B018 - the servers must have started before they stop
        raise StartOver(practice=True, fresh=True)
    if key == _CONFIGURATIONS:
        from tui.plain.configurations import show

        show(walk)
        raise Moved
    if key in (_RESUME, _RESUME_RUN):
        _resume(walk, key)
        raise Moved
    _choose(walk, key)


def _options(walk: Walk) -> Iterator[Option]:
    for card in walk.cards:
        also = f" ({card['also'].removeprefix('also ').strip()})" if card.get("also") else ""
        yield Option(card["key"], f"{card['title']}{also}. You need {card.get('needs') or 'its keys'}.")
    now, practice = walk.now(), walk.practicing
    if heads := unfinished(walk.earlier.runs):
        yield Option(_RESUME_RUN, f"Resume {heads[0].name}: {_state(walk, heads[0], now)}{_more(len(heads))}.")
    if (saved := walk.earlier.saved) is not None:
        text = start.saved_answers(saved, walk.title_of(saved.integration), "to", now, practice=practice)[0]
        yield Option(_RESUME, f"Resume your answers: {stem(text)}.")
    yield Option(_CONFIGURATIONS, f"Configurations: {start.CONFIGURATIONS[0]}.")
    if practice and walk.earlier.runs:
        yield Option(_FRESH, f"Start fresh: {start.fresh(len(walk.earlier.runs))[0]}.")
    if not practice:
        yield Option(_PRACTICE, f"Practice: {start.PRACTICE[0]}.")


def _state(walk: Walk, head: Head, now: float) -> str:
    return head.in_words(walk.title_of(head.integration), "to", now, practice=walk.practicing)[0]


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _resume(walk: Walk, key: str) -> None:
    from tui.plain.resume import answers, unfinished_run

    (answers if key == _RESUME else unfinished_run)(walk)


def _choose(walk: Walk, key: str) -> None:
    from tui.plan.request import ACCEPTED, not_accepted
    from tui.wizard.walk import next_step

    session = walk.session
    session.choose(key)
    if key not in ACCEPTED:
        walk.say("unknown", not_accepted(walk.title_of(key)))
    session.draft = next_step(session.draft)
