"""What the page of a configuration says while it is watched, and after a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.apply.engine import Import
from tui.apply.import_errors import foreseen
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.configurations import listing
from tui.configurations.edit import Changed
from tui.launchdarkly.models import Configuration
from tui.plan.words import LeveledText
from tui.text.times import time_of_day

if TYPE_CHECKING:
    from tui.apply.watch import Moved
    from tui.wizard.session import Session

WATCHING = "Watching. Checking the status ..."
OPEN_ON_RUN = "This import is open on the Run step. Start and watch it there."
_LEVELS = {True: "note", False: "warning"}
"""The level of an error, by whether the plan expected it."""


def is_open(session: Session, configuration: Configuration) -> bool:
    """Return whether the walk's own import has this configuration: it is started and watched on Run."""
    return session.run is not None and session.run.journal.configuration == configuration.id


def start_question(configuration: Configuration) -> tuple[str, str]:
    """Return title and text of the question before a start."""
    text = (
        f"LaunchDarkly imports the flags of the source into {configuration.project_key}. Flags whose key already exists"
        " are skipped. You can't stop an import once it has started."
    )
    return f"Start the import into {configuration.project_key}?", text


def delete_question(configuration: Configuration) -> tuple[str, str]:
    """Return title and text of the question before deleting."""
    caution = listing.caution(configuration, listing.Deed.DELETE)
    text = (
        "This deletes the configuration and the keys in it. Flags that it has imported into"
        f" {configuration.project_key} stay. {caution}"
    )
    return f'Delete "{configuration.name or configuration.id}"?', text.strip()


def deleted(name: str) -> str:
    """Return what to know after deleting."""
    return f'Deleted "{name}". The flags it imported are still in LaunchDarkly.'


def news(watched: Import, event: Moved | Resting | Stuck, now: float) -> Iterator[LeveledText]:
    """Return what one look shows."""
    if isinstance(event, Resting):
        trouble = f"{event.trouble} The import is not affected. " if event.trouble else ""
        at = time_of_day(event.until, now)
        yield "warning" if event.trouble else "note", f"{trouble}Next check at {at}."
    elif isinstance(event, Stuck):
        since = time_of_day(event.since, now)
        text = f"No flags imported since {since}. Don't start it again. You can close this page and check later."
        yield "warning", text
    else:
        yield "note", f"{time_of_day(event.at, now)}  {_counted(watched, event.status, event.arrived)}"
        for told in foreseen(watched.journal).explained(event.errors):
            yield _LEVELS[told.expected], f"expected: {told.text}" if told.expected else told.text


def ended(watched: Import, event: Ended) -> LeveledText:
    """Return how it ended."""
    level = "ok" if event.status == "complete" else "warning" if event.status == "partial" else "problem"
    return level, f"Import {_counted(watched, event.status, len(event.arrived))}."


def _counted(watched: Import, status: str, arrived: int) -> str:
    status = status or listing.NOT_TOLD
    if not watched.planned:
        return status
    return f"{status}, {arrived:,} of {len(watched.journal.awaited):,} flags imported"


def changed(outcome: Changed) -> LeveledText:
    """Return the outcome of a change in a sentence."""
    if outcome.ignored:
        which = ", ".join(outcome.ignored)
        return ("warning", f"LaunchDarkly accepted the change but still has the old value of: {which}. Check it there.")
    if outcome.found:
        return ("ok", "Changed. The response was lost, but LaunchDarkly has the new values.")
    return ("ok", "Changed.")
