"""Where the keys of a step are stored: in this session only, or in the system's keyring."""

from __future__ import annotations

from tui.answers import draft as drafts
from tui.plain.asking import Option
from tui.plain.walk import Walk
from tui.wizard import keys


def prepare(walk: Walk, step: str) -> None:
    """At the beginning of a step: ask the keyring, fill in the keys that it has, and say where keys are kept."""
    session = walk.session
    first = session.probe is None
    if session.keyring is not None:
        walk.do(_fetch(walk, step), still="Asking the keyring")
    note = keys.store_note(session, step)
    if first and note and not is_asked(walk, step):
        walk.say("note", f"{keys.store_label(session, step)}: {note}")


async def _fetch(walk: Walk, step: str) -> None:
    if await keys.ask_keyring(walk.session):
        await keys.fetch_stored(walk.session, step)


def is_asked(walk: Walk, step: str) -> bool:
    """Return whether there is a keyring to choose, and a key of the step to store."""
    session = walk.session
    wanted = keys.stored_keys(session, step)
    open_ = [key for key in wanted if drafts.answer(session.draft, key).reference != drafts.KEYRING]
    return session.keyring is not None and session.may_store and bool(open_)


def ask(walk: Walk, step: str) -> None:
    """Ask where the keys are stored, and store them. A failure never stops the walk."""
    session = walk.session
    if session.probe is None:
        return
    options = (Option(drafts.SESSION, "This session"), Option(drafts.KEYRING, session.probe.label))
    now = next(option.text for option in options if option.key == keys.place(session, step))
    place = walk.ask.choose(
        f"{keys.store_label(session, step)} 1 {options[0].text}, 2 {options[1].text}", options, now, shown=False
    )
    keys.choose_place(session, step, place.text)
    if place.text != drafts.KEYRING:
        return
    if locked := keys.locked_keys(session, step):
        _fetch_locked(walk, step, locked)
    ready = [key for key in keys.stored_keys(session, step) if keys.is_ready(session, key)]
    if not ready:
        return
    outcome = walk.do(keys.store_all(session, ready, unlock=False), still="Storing the keys")
    if session.needs_unlocking:
        if _wants_to_unlock(walk):
            outcome = walk.do(keys.store_all(session, ready, unlock=True), still=keys.WAITING)
        else:
            keys.choose_place(session, step, drafts.SESSION)
    walk.say("ok" if keys.place(session, step) == drafts.KEYRING else "warning", outcome)


def _fetch_locked(walk: Walk, step: str, names: tuple[str, ...]) -> None:
    """The fields are empty: the keys in the locked keyring may be meant."""
    session = walk.session
    if not _wants_to_unlock(walk):
        keys.choose_place(session, step, drafts.SESSION)
        return

    async def fetched() -> list[str]:
        return [await keys.fetch(session, key, unlock=True) for key in names]

    failure = next(filter(None, walk.do(fetched(), still=keys.WAITING)), "")
    walk.say("warning" if failure else "ok", failure or keys.FETCHED)


def _wants_to_unlock(walk: Walk) -> bool:
    walk.say("note", keys.UNLOCK_TEXT)
    return walk.ask.confirm(keys.UNLOCK_TITLE)
