"""Continue with saved answers, or with an import of an earlier start."""

from __future__ import annotations

from tui.answers import draft as drafts
from tui.answers.builtin import TOKEN
from tui.answers.changes import go
from tui.answers.saved_drafts import Saved
from tui.apply.heads import Head
from tui.wizard import keys, launch, start
from tui.wizard.session import Session
from tui.wizard.walk import first_open


async def answers(session: Session, saved: Saved, now: float) -> str:
    """Restore saved answers and the keys that the keyring has, and go to the first step that needs something.

    Returns what to know about it. Raises KeyError if their integration is no longer known.
    """
    session.resume(saved)
    for step in ("launchdarkly", "keys"):
        await keys.fetch_stored(session, step)
    session.draft = go(session.draft, first_open(session.draft, saved.step))
    missing = [
        field.key
        for step in ("launchdarkly", "keys")
        for field in drafts.fields(session.draft, step)
        if field.secret and field.required and field.key not in session.bag
    ]
    return start.restored(session.draft, missing, saved.saved_at, now, practice=session.practice is not None)


async def run(session: Session, head: Head) -> bool:
    """Resume an import. Returns whether your token is known; without it nothing can be done. Raises Failure."""
    session.save()  # the first step offers these answers
    launch.resume(session, head)
    if TOKEN.key not in session.bag:
        await keys.fetch_stored(session, "launchdarkly")
    return TOKEN.key in session.bag
