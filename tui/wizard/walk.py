"""From step to step: where a draft stands, and where it goes next."""

from __future__ import annotations

from dataclasses import replace

from tui.answers import steps
from tui.answers.changes import go
from tui.answers.draft import Draft
from tui.answers.remarks import problems


def change(draft: Draft, step: str) -> Draft:
    """Review's "Change": stand on a step whose `next` leads back to Review."""
    return replace(go(draft, step), returns=True)


def first_open(draft: Draft, limit: str) -> str:
    """The first step that still has a problem, `limit` where none before it has."""
    ahead = steps.STEPS[: steps.index(limit)]
    return next((each.key for each in ahead if problems(draft, each.key)), limit)


def following(draft: Draft) -> steps.Step | None:
    """The step that `next` leads to."""
    if draft.returns:
        open_ = first_open(draft, "review")
        if steps.index(open_) > steps.index(draft.step):
            return steps.step(open_)  # Review, or Plan where an answer that it was made from has changed
    return steps.after(draft.step)


def next_step(draft: Draft) -> Draft:
    """Go on, unless the step has a problem or is the last; the same draft then comes back."""
    ahead = following(draft)
    return draft if ahead is None or problems(draft, draft.step) else go(draft, ahead.key)


def back(draft: Draft) -> Draft:
    """Go back one step; the same draft from the first."""
    behind = steps.before(draft.step)
    return draft if behind is None else replace(go(draft, behind.key), returns=False)
