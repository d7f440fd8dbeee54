"""Move a draft from step to step."""

from __future__ import annotations

from dataclasses import replace

from tui.answers import steps
from tui.answers.changes import go
from tui.answers.draft import Draft
from tui.answers.remarks import problems


def change(draft: Draft, step: str) -> Draft:
    """Go to a step whose `next` leads back to Review (Review's "Change")."""
    return replace(go(draft, step), returns=True)


def first_open(draft: Draft, limit: str) -> str:
    """Return the first step that has a problem, `limit` if none before it has."""
    ahead = steps.STEPS[: steps.index(limit)]
    return next((each.key for each in ahead if problems(draft, each.key)), limit)


def following(draft: Draft) -> steps.Step | None:
    """Return the step that `next` leads to."""
    if draft.returns:
        open_ = first_open(draft, "review")
        if steps.index(open_) > steps.index(draft.step):
            return steps.step(open_)  # Review, or Plan where an answer that it was made from has changed
    return steps.after(draft.step)


def next_step(draft: Draft) -> Draft:
    """Go to the next step. Returns the same draft if the step has a problem or is the last."""
    ahead = following(draft)
    return draft if ahead is None or problems(draft, draft.step) else go(draft, ahead.key)


def back(draft: Draft) -> Draft:
    """Go back one step. Returns the same draft on the first."""
    behind = steps.before(draft.step)
    return draft if behind is None else replace(go(draft, behind.key), returns=False)


def to_rebuild(draft: Draft, *, imported: bool) -> Draft:
    """Go to Rebuild from anywhere. Without an import it adopts flags, and doesn't count as having been reached."""
    there = go(draft, "rebuild")
    return there if imported else replace(there, furthest=draft.furthest)
