"""The step Run without a screen: start an import, watch it, compare it with the plan, and what can be done now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing, suppress

from tui.apply.engine import Import
from tui.apply.journal import Stage
from tui.net.errors import Failure, Kind
from tui.net.events import Sink
from tui.wizard.session import Session

ACTIONS = ("start", "it-started", "it-did-not", "look-again", "compare-anyway", "token", "replace-key", "look-now")
"""What may be offered before there is a report."""


async def to_its_end(
    run: Import, begun: Callable[[], None], looked: Callable[[], None], show: Sink, *, start: bool
) -> None:
    """Start it if `start` is set, or find out whether an earlier start got through; then watch it to its end.

    `begun` is called before the watching, `looked` after each look, `show` with the events of the start. A failure is
    the import's trouble, and not raised.
    """
    run.trouble = None
    with suppress(Failure):
        if start or run.journal.stage is Stage.STARTING:
            await _started(run, show)
        if run.trouble is None and run.journal.stage is Stage.STARTED:
            begun()
            async with aclosing(run.watch()) as looks:
                async for _ in looks:
                    looked()


async def _started(run: Import, show: Sink) -> None:
    try:
        async with run.start() as events:
            async for event in events:
                show(event)
    except Failure:
        run.forget_deleted()
        raise


async def compared(run: Import, show: Sink) -> bool:
    """Compare what was imported with the plan. Returns False if that failed: it is the import's trouble then."""
    with suppress(Failure):
        async with run.compare() as events:
            async for event in events:
                show(event)
    return run.trouble is None


def is_compared(run: Import) -> bool:
    """Return whether the report can be shown at once."""
    return run.verification is not None and run.trouble is None


def waits_for_user(run: Import) -> bool:
    """Return whether the user decides before anything continues."""
    return not run.begun or run.unsure


def offered(run: Import, *, reported: bool) -> frozenset[str]:
    """Return which of `ACTIONS` make sense now. `reported`: its report is shown."""
    watching = run.begun and not run.over and run.trouble is None and not reported
    fits = {
        "start": not run.begun and bool(run.journal.configuration),
        "compare-anyway": run.begun and run.trouble is not None and run.trouble.kind is Kind.NOT_FOUND,
        "it-started": run.unsure,
        "it-did-not": run.unsure,
        "look-again": run.begun and run.trouble is not None,
        "token": run.trouble is not None and run.trouble.status_code in (401, 403),
        "replace-key": watching and run.key_refused,
        "look-now": watching,
    }
    return frozenset(action for action, on in fits.items() if on)


def runs_on(session: Session) -> bool:
    """Whether the import is running: quitting leaves it to LaunchDarkly."""
    return session.run is not None and session.run.journal.stage is Stage.STARTED
