"""Whether anything would be lost by leaving now, and the question about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.screens.dialogs import Question

if TYPE_CHECKING:
    from tui.wizard.session import Session


def leaving_question(session: Session | None) -> Question | None:
    """None where nothing is lost: answers are saved, only keys of this session and a request under way are not."""
    if session is None or session.practice is not None:
        return None
    creation = session.attempt.creation if session.attempt is not None else None
    if creation is not None and creation.begun and creation.outcome is None:
        text = "A request is under way. If you leave now, you will not see whether it was created."
        return Question("Leave while waiting?", text, yes="Leave", no="Stay")
    lost = [
        remarks.label(session.draft, key)
        for key in session.bag.keys()  # noqa: SIM118 - a bag is no mapping
        if not drafts.answer(session.draft, key).reference
    ]
    # an import that is noted needs your token alone when it is gone on with
    noted = session.run is not None and (session.of_journal or not session.outdated)
    if noted or not lost:
        return None
    text = (
        f"Your answers are kept for the next start. These keys are not: {', '.join(lost)}. You would paste them again."
    )
    return Question("Leave?", text, yes="Leave", no="Stay")
