"""What the step Run says while an import is started, watched, and compared."""

from __future__ import annotations

from tui.answers import steps
from tui.apply.engine import Import
from tui.apply.journal import Stage
from tui.apply.start_watch import watch_command
from tui.launchdarkly.words import without_date
from tui.plan.words import LeveledText, flags
from tui.text.clean import clean
from tui.text.times import time_of_day
from tui.wizard import remedies

_NEWS_SHOWN = 8
_FEW_LEFT = 100
"""Requests left in LaunchDarkly's window below which the user sees them: the whole account shares the limit."""


def heading(run: Import | None) -> str:
    """Return the title over the step before there is a report."""
    if run is None:
        return steps.step("run").heading
    if not run.journal.configuration:
        return "Configuration deleted"
    if not run.begun:
        return "Import not started"
    if run.journal.stage is Stage.STARTING:
        return "Start not confirmed"
    return "Import ended" if run.over else f"Importing into {clean(run.journal.identity.project)}"


def purpose(run: Import | None, *, practicing: bool) -> str:
    """Return the sentence below the title."""
    if run is None:
        return steps.step("run").purpose
    if not run.journal.configuration:
        return "Someone deleted it in LaunchDarkly, so this import can't be started."
    if not run.begun:
        return "LaunchDarkly has the configuration. Nothing has been imported yet."
    if run.journal.stage is Stage.STARTING:
        return "The start request was sent, but no response arrived."
    if run.over:
        return "The wizard compares LaunchDarkly with the plan, flag by flag."
    if practicing:
        return "The demo account runs the import. You can quit; it continues when you resume it."
    return steps.step("run").purpose


def state(run: Import) -> str:
    """Return the import's name, its status, and since when it runs."""
    name = clean(run.journal.identity.name)
    if not run.journal.configuration:
        return f"{name}: the configuration no longer exists"
    if not run.begun:
        return f"{name}: {'not started again' if run.journal.ended else 'created, not started'}"
    if run.journal.stage is Stage.STARTING:
        return f"{name}: can't tell whether it started"
    verb = "started" if run.by_us else "already running when checked"
    at = time_of_day(run.journal.started_at, run.context.now())
    status = clean(run.context.redactor(run.status)) or "checking"
    return f"{name}: {status}, {verb} at {at}"


def times(run: Import) -> str:
    """Return when something last changed, when the wizard checks next, and the limit if it is near."""
    now, parts = run.context.now(), []
    if run.changed_at:
        parts.append(f"Last change {time_of_day(run.changed_at, now)}")
    if run.resting is not None:
        parts.append(f"Next check {time_of_day(run.resting.until, now)}")
        if run.resting.left is not None and run.resting.left < _FEW_LEFT:
            parts.append(f"{run.resting.left:,} requests left before LaunchDarkly's rate limit")
    return "   ".join(parts)


def news(run: Import) -> list[LeveledText]:
    """Return the newest arrival and the newest errors, the newest first.

    A list of arrivals would move all its lines whenever one comes, which is much for a slow line.
    """
    arrival = next((each for each in run.news if each.level == "ok"), None)
    shown: list[LeveledText] = []
    for each in [each for each in run.news if each.level != "ok" or each is arrival][:_NEWS_SHOWN]:
        text = without_date(each.text)
        if each.expected:
            text = f"Expected: {text}"
        elif each.why:
            text = f"{text}. {each.why}"
        shown.append((each.level, _safe(run, f"{time_of_day(each.at, run.context.now())}  {text}")))
    return shown


def trouble(run: Import) -> list[LeveledText]:
    """Return why the import makes no progress, or why the wizard can't continue, and what to do."""
    shown: list[LeveledText] = []
    if run.stuck is not None:
        shown.append(("problem", _safe(run, f"{stuck(run)} {_counted(run)}")))
        shown.append(("note", "Most likely LaunchDarkly can't reach the source."))
        shown.append(("note", "Don't start the import again. You can quit and check later."))
    if run.trouble is not None:
        shown.append(("unknown" if run.unsure else "problem", _safe(run, run.trouble.what)))
        advice = remedies.advice(run.trouble.advice)
        shown += [("note", _safe(run, text)) for text in (run.trouble.why, advice) if text]
    return shown


def stuck(run: Import) -> str:
    """Return since when there is no progress. A time of day stays true however long it is shown."""
    since = run.stuck.since if run.stuck is not None else run.context.now()
    return f"No progress since {time_of_day(since, run.context.now())}."


def _counted(run: Import) -> str:
    counted = f"{run.arrived:,} of {flags(len(run.journal.awaited))} imported; " if run.planned else ""
    return f"{counted}LaunchDarkly's status is {run.status or 'unknown'}."


def message(run: Import) -> LeveledText | None:
    """Return what the message line says of the import; None to leave it as it is."""
    if run.resting is not None and run.resting.trouble and run.trouble is None:
        at = time_of_day(run.resting.until, run.context.now())
        return "warning", f"{_safe(run, run.resting.trouble)} Checking again at {at}. The import isn't affected."
    if run.unsure:
        return "unknown", "Check in LaunchDarkly whether it started, then choose a button below."
    if run.trouble is not None:
        return "problem", _safe(run, run.trouble.what)
    if run.stuck is not None:
        return "problem", stuck(run)
    if run.resting is not None:
        return "note", ""
    return None if run.begun else ("note", "The import isn't running. Start it when you are ready.")


def coming_back(run: Import, *, practicing: bool) -> str:
    """Return how to come back to a running import, "" if there is nothing to come back to."""
    if not run.begun or run.over or run.journal.stage is Stage.STARTING or not run.journal.configuration:
        return ""
    command = watch_command(run.journal.configuration)
    if practicing:
        return "To come back, run: ld-flag-import --demo"
    return (
        f"To come back, start the wizard again, or run: {command}\n"
        "LaunchDarkly can't stop an import once it has started."
    )


def start_question(run: Import, missing: int, *, again: bool) -> tuple[str, str]:
    """Return title and text of the question before a start. `missing` counts what another start would import."""
    project, once = clean(run.journal.identity.project), "You can't stop it once it has started."
    if again:
        title = f"Start the import into {project} again?"
        verb = "is" if missing == 1 else "are"
        return title, f"{flags(missing)} {verb} missing. Flags that already exist are skipped. {once}"
    title = f"Start the import into {project}?"
    if not run.planned:
        return title, f"There is no plan for this import, so its flags can't be counted. {once}"
    return title, f"LaunchDarkly will create {flags(len(run.journal.awaited))}, all off. {once}"


def _safe(run: Import, text: str) -> str:
    return clean(run.context.redactor(text))
