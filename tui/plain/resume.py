"""Resume: saved answers, or an import of an earlier start, which needs only your token."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tui.answers import draft as drafts
from tui.answers.builtin import TOKEN
from tui.apply.heads import Head
from tui.net.errors import Failure
from tui.plain import help as pages
from tui.plain import import_key
from tui.plain.asking import Back, Option
from tui.plain.fields import accept, shown_value
from tui.plain.walk import Moved, Walk
from tui.plain.words import stem
from tui.wizard import earlier, keys, remedies, resuming, start


def answers(walk: Walk) -> None:
    """Continue with saved answers."""
    saved = walk.earlier.saved
    if saved is None:
        return
    try:
        text = walk.do(resuming.answers(walk.session, saved, walk.session.context.now()))
    except KeyError:
        walk.say("problem", start.NOT_LOADED)
        return
    walk.say("ok", text)


def unfinished_run(walk: Walk) -> None:
    """Resume the only unfinished import, or ask which one."""
    session = walk.session  # in practice the journals follow the servers first
    found, _ = earlier.runs(session.journals.parent if session.journals is not None else None)
    unfinished = earlier.unfinished(found)
    if len(unfinished) == 1:
        _resume(walk, unfinished[0])
    else:
        choose(walk, session.journals.parent if session.journals is not None else None)


def choose(walk: Walk, folder: Path | None) -> bool:
    """List the imports of this machine, and resume or open one. Returns whether the walk has another step now."""
    session = walk.session
    found, damaged = earlier.runs(folder)
    for text in damaged:
        walk.say("warning", text)
    if not found:
        walk.say("note", "You haven't started an import on this machine yet.")
        return False
    walk.say("note", "Imports that you started on this machine. Unfinished imports come first.")
    now = session.context.now()
    options = [Option(str(head.path), f"{head.name}: {_state(walk, head, now)}") for head in found]
    with suppress(Back):
        path = walk.ask.choose("Which import? Number, or back", options).text
        if not import_key.may_leave(walk, quits=False):
            return False
        return _resume(walk, next(head for head in found if str(head.path) == path))
    return False


def _state(walk: Walk, head: Head, now: float) -> str:
    words = head.in_words(walk.title_of(head.integration), "to", now, practice=walk.practicing)
    return stem(words[0])


def _resume(walk: Walk, head: Head) -> bool:
    session = walk.session
    before = session.draft
    try:
        known = walk.do(resuming.run(session, head), still="Reading the import")
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return False
    walk.shown_step = ""
    if not known:
        with suppress(Back):
            if ask_token(walk, f"Resume {head.name}"):
                return True
        session.draft, session.run, session.attempt = before, None, None
        session.release()
        raise Moved
    return True


class _Filled(BaseException):
    """The demo account's value is wanted."""


def _fill(rest: str) -> None:
    raise _Filled


def ask_token(walk: Walk, title: str) -> bool:
    """Ask for your token until LaunchDarkly accepts it. Returns False if the user goes back."""
    return ask_key(walk, title, TOKEN.key, keys.NO_OTHER_KEY)


def ask_key(walk: Walk, title: str, key: str, text: str) -> bool:
    """Ask for a key until its server accepts it. `text` says what it is for. Returns False if the user goes back."""
    session = walk.session
    field = drafts.variable(session.draft, key)
    fill = " Type fill to fill it in." if walk.practicing else ""
    walk.say("note", f"{title}. {text}{fill}")
    while True:
        try:
            with walk.ask.meaning("fill", _fill):
                reply = walk.ask.ask_hidden(field.label, shown_value(walk, field), help=pages.of_field(walk, field))
            accept(walk, field, reply)
        except Back:
            return False
        except _Filled:
            if key == TOKEN.key:
                session.fill_practice_token()
            else:
                session.fill_practice("keys")
        problem = keys.key_problem(session, key) or walk.do(keys.check_key(session, key), still="Checking")
        if not problem:
            return True
        walk.say("problem", problem)
