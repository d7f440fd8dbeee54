"""The question before quitting, or before leaving an import: what would be lost."""

from __future__ import annotations

from dataclasses import dataclass

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.wizard.session import Session

REBUILD_STAYS = "What is done stays done. A change that is on its way is looked up next time."


@dataclass(frozen=True, slots=True)
class LeavingQuestion:
    """`yes` is the word for leaving."""

    title: str
    text: str
    yes: str


def question(session: Session, *, quits: bool = True) -> LeavingQuestion | None:
    """Return the question; None if nothing would be lost.

    Answers are saved. A request that is running and keys of this session are not. A practice import pauses.
    """
    verb = "Quit" if quits else "Leave"
    creation = session.attempt.creation if session.attempt is not None else None
    if creation is not None and creation.begun and creation.outcome is None:
        text = f"LaunchDarkly has not responded yet. If you {verb.lower()} now, you won't see the result."
        return LeavingQuestion(f"{verb} before the response?", text, verb)
    if session.rebuilding is not None and session.rebuilding.writing:
        return LeavingQuestion(f"{verb} before the rebuild is done?", REBUILD_STAYS, verb)
    if session.practice is not None:
        if session.run is None or session.run.over:
            return None
        text = "The demo account saves this import. To resume it, start practice again."
        return LeavingQuestion(f"{verb} this practice import?", text, verb)
    lost = [
        remarks.label(session.draft, key)
        for key in session.bag.keys()  # noqa: SIM118 - a bag is no mapping
        if not drafts.answer(session.draft, key).reference
    ]
    # Resuming an import from its journal needs only your token.
    noted = session.run is not None and (session.of_journal or not session.outdated)
    if noted or not lost:
        return None
    keys = f"{', '.join(lost)} {'is' if len(lost) == 1 else 'are'} not: paste {'it' if len(lost) == 1 else 'them'}"
    text = f"Your answers are saved. {keys} again next time."
    return LeavingQuestion(f"{verb}?" if quits else "Leave this import?", text, verb)
