"""Practice: answer every step up to the plan with the demo account's values."""

from __future__ import annotations

from tui.answers import changes
from tui.answers import draft as drafts
from tui.wizard.session import Session

_STEPS = ("launchdarkly", "keys", "fields")


async def fill_in_everything(session: Session) -> None:
    """Fill in and check all fields, and go to Plan. The integration is chosen already.

    Keeps what the user answered where the demo has no value of its own.
    """
    for step in _STEPS:
        session.draft = changes.go(session.draft, step)
        session.fill_practice(step)
        for field in drafts.fields(session.draft, step):
            if session.due(field.key):
                async for _ in session.check(field.key):
                    pass
    session.draft = changes.go(session.draft, "plan")
