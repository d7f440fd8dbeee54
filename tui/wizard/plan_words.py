"""What the step Plan says of a plan, of the reading of one, and of answers that no plan can be read from."""

from __future__ import annotations

from tui.answers import draft as drafts
from tui.answers import plan_state, remarks
from tui.answers.draft import Draft
from tui.net.errors import joined
from tui.net.events import Pausing
from tui.plan import words
from tui.plan.plan import Plan
from tui.plan.reading import can_be_read
from tui.plan.request import not_accepted
from tui.plan.words import LeveledText
from tui.text.times import time_of_day
from tui.wizard import remedies

READING = "Reading your flags"
READING_PURPOSE = "The wizard reads both sides. Nothing is changed on either."
LOSSES_TITLE = "What the import leaves behind"
LOSSES_TEXT = (
    "LaunchDarkly imports these flags without the targeting below. Confirm each kind; you will need to rebuild it."
)
LEFT_BEHIND = "What the import leaves behind. Rebuild it in LaunchDarkly."
NOTHING_LEFT_BEHIND = "This flag has no targeting to rebuild."


def never(draft: Draft) -> tuple[str, str, str] | None:
    """Return why no plan can be read from these answers: a level, a headline and a sentence; None if one can."""
    if problems := remarks.answer_problems(draft):
        label = remarks.label(draft, problems[0].field)
        return "problem", "The plan needs your earlier answers", f"{label}: {remedies.text(problems[0])}"
    if not can_be_read(draft.integration):
        title = draft.form.title if draft.form else ""
        text = f"{not_accepted(title)} You can continue without a plan."
        return "unknown", f"This wizard can't read flags from {title}", text
    return None


def heading(draft: Draft) -> str:
    """Return the title of the step while nothing is read."""
    if (why := never(draft)) is not None:
        return why[1]
    return words.headline(draft.plan)[1] if draft.plan is not None else "Nothing has been read yet"


def fault(draft: Draft) -> str:
    """Return why the plan can't be used as it is: out of date, or not complete; "" if it can."""
    if draft.plan is None:
        return ""
    if stale := plan_state.out_of_date(draft):
        return f"This plan is out of date: {stale}."
    advice = plan_state.advice(draft)
    return joined(draft.plan.incomplete or plan_state.lacking(draft), remedies.advice(advice) if advice else "")


def usable(draft: Draft) -> bool:
    """Return whether the plan needn't be read again: it is fresh, and complete unless the user goes on without one."""
    plan = draft.plan
    return plan is not None and not plan_state.out_of_date(draft) and (plan.whole or draft.without_plan)


def may_go_without(draft: Draft) -> bool:
    """Return whether the user may continue without a complete plan. Only if there is none."""
    unknown = draft.plan is None or never(draft) is not None or bool(plan_state.lacking(draft))
    return unknown and not remarks.answer_problems(draft)


def field_at_fault(draft: Draft, plan: Plan) -> str:
    """Return the key of the field that the failure of the reading names, "" if it names none of this form's."""
    field = plan.failure.field if plan.failure else None
    return field if field and drafts.asks(draft, field) else ""


def pause(event: Pausing, now: float) -> LeveledText:
    """Return why the reading waits, and until when."""
    whose = f" (limit of {event.limit})" if event.limit else ""
    until = time_of_day(event.until, now)
    return "warning", f"{event.peer or 'A server'} asks for a pause{whose}. Reading continues at {until}."


def unconfirmed(count: int) -> str:
    """Return how many kinds of loss are not confirmed yet."""
    return f"{count} {'kind' if count == 1 else 'kinds'} of loss not confirmed yet"
