"""The step Submit without a screen: send the reviewed request, look up a lost answer, start what was created."""

from __future__ import annotations

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.finding import Finding, Level
from tui.apply.engine import Import
from tui.apply.journal import Stage
from tui.net.errors import Failure
from tui.net.events import Note, Pausing, ProgressEvent, Sink
from tui.plan.words import LeveledText
from tui.text.clean import clean
from tui.text.times import time_of_day
from tui.wizard import launch, outcomes, remedies, walk
from tui.wizard.session import Session

UNKNOWN = "Don't send it again yet."
NOT_CREATED = "Nothing was created. Your answers are saved."
NOTHING_SENT = "Nothing was sent. Go to Review to send the request."
STILL_RUNNING = "A request is running. Cancel it or stop waiting first."


def blocking(session: Session) -> Finding | None:
    """Return the first problem that keeps the request from being sent now; the plan may have become too old."""
    session.look_at_clock()
    return next(iter(remarks.problems(session.draft, "review")), None)


async def sent(session: Session, attempt: Import, show: Sink, *, looking: bool) -> None:
    """Send the request, or with `looking` look up one whose answer was lost. Then start the import if the user wants
    that. The result is in `attempt`; a failure isn't raised."""
    try:
        async with attempt.look_again() if looking else attempt.send() as events:
            async for event in events:
                show(event)
        launch.settled(session)
        if events.result.configuration is not None and session.draft.starts:
            await _started(attempt, show)
    except Failure:
        launch.settled(session)  # it may exist though it could not be noted
        attempt.forget_deleted()


async def _started(created: Import, show: Sink) -> None:
    """Start what was just created, unless creating it has already started it."""

    def keep(event: ProgressEvent) -> None:
        if isinstance(event, (Note, Pausing)):
            created.creation.events.append(event)  # shown again when the step is
            show(event)

    keep(outcomes.start_told(await created.start().finish(keep)))


def leads_to_run(session: Session) -> bool:
    """Return whether Run comes next without a question: it was created, and it started."""
    run = session.run
    fine = run is not None and run.begun and run.trouble is None and run.journal.stage is not Stage.STARTING
    return fine and session.draft.starts and not session.outdated


def asks_for_review(session: Session) -> bool:
    """Return whether the answers ask for something else than what was sent; those of a journal lack only the keys."""
    outcome = session.attempt.creation.outcome if session.attempt is not None else None
    found = outcome is not None and outcome.configuration is not None and session.of_journal
    return session.outdated and not found


def created(session: Session, verb: str) -> LeveledText:
    """Return what to know after a configuration was created. `verb` says how."""
    run = session.run
    trouble = run.trouble if run is not None else None
    if trouble is not None:
        level = "unknown" if run is not None and run.unsure else "problem"
        return level, clean(session.context.redactor(remedies.sentence(trouble)))
    if run is not None and run.journal.stage is Stage.STARTING:
        return "unknown", f"{verb}. Can't tell whether it started. Run checks."
    if run is not None and run.begun:
        return "ok", f"{verb} and {'started' if run.by_us else 'running'}. Next: watch it run."
    project = session.attempt.creation.request.project if session.attempt is not None else ""
    return "ok", f"{verb} in {project}, not started. You can start it on Run."


def to_field(session: Session, failure: Failure) -> str:
    """Go to the field that a failure names, which shows it until its answer changes. Returns the field, "" if none is
    named."""
    field = failure.field or ""
    if field:
        said = drafts.Check(field, Level.WARNING, failure.what, facts=failure)
        session.draft = changes.checked(session.draft, said)
        session.draft = walk.change(session.draft, drafts.step_of(session.draft, field))
    return field


def pause(session: Session, failure: Failure | None) -> str:
    """Return until when LaunchDarkly asked to wait before the next try, "" if it may be sent now."""
    now = session.context.now()
    if failure is None or not failure.until or failure.until <= now:
        return ""
    return f"LaunchDarkly asked for a pause until {time_of_day(failure.until, now)}. Try again then."
