"""What a rebuild writes, each after a question of its own: apply, request approvals, turn on, take back.

Typing the environment's key confirms. What was written is noted flag by flag, so each can be stopped and repeated.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from tui.net.errors import Failure
from tui.net.events import Sink
from tui.plain import rebuild_flags
from tui.plain.signals import Ended
from tui.plain.walk import Progress, Stopped, Walk
from tui.rebuild.read_back import Outcome
from tui.wizard import leaving, rebuild_deeds, rebuild_words, remedies
from tui.wizard.rebuilding import Rebuilding

T = TypeVar("T")
_RESUME = "To continue, start the wizard again, type imports, choose this import, then type go rebuild."


def apply(walk: Walk, rebuilding: Rebuilding) -> None:
    """Ask, once more for a critical environment, and set the targeting of the flags that are ready."""
    if not rebuilding.planned():
        walk.say("problem", rebuild_words.nothing_to_apply(rebuilding))
        return
    if not _confirmed(walk, rebuilding, rebuild_words.apply_question(rebuilding)):
        return
    if rebuilding.environment is not None and rebuilding.environment.critical:
        title, text = rebuild_words.critical_question(rebuilding)
        walk.say("warning", text)
        if not walk.ask.confirm(title):
            walk.say("note", "Nothing was sent.")
            return
    _apply(walk, rebuilding, approvals=False)


def request_approvals(walk: Walk, rebuilding: Rebuilding) -> None:
    """Ask, and request the approvals that are needed."""
    if not rebuilding.needing_approval():
        walk.say("note", "No flag needs an approval.")
    elif _confirmed(walk, rebuilding, rebuild_words.approvals_question(rebuilding)):
        _apply(walk, rebuilding, approvals=True)


def _apply(walk: Walk, rebuilding: Rebuilding, *, approvals: bool) -> None:
    if walk.terminal.watchable is not None:
        walk.say("note", f"{rebuild_deeds.CAN_STOP} Type stop to stop.")
    done = _watched(walk, "Done", len(rebuilding.rows), lambda sink: rebuilding.apply(approvals=approvals, sink=sink))
    rebuild_flags.summarize(walk, rebuilding, after=True)
    if done:
        walk.say(*rebuild_words.applied(rebuilding))


def check(walk: Walk, rebuilding: Rebuilding) -> None:
    """Read back what earlier runs have rebuilt. Changes nothing."""
    if not (unchecked := rebuilding.unchecked()):
        walk.say("note", "Every rebuilt flag was read back already.")
    else:
        _watched(walk, "Checked", len(unchecked), rebuilding.check, writing=False)
        rebuild_flags.summarize(walk, rebuilding, after=True)


def turn_on(walk: Walk, rebuilding: Rebuilding) -> None:
    """Read both sides again, ask with the flags that may be turned on, and turn them on."""
    walk.say("note", rebuild_deeds.BEFORE_TURNING_ON)
    unchecked = len(rebuilding.unchecked())
    if unchecked and not _watched(walk, "Checked", unchecked, rebuilding.check, writing=False):
        return
    rows = _read(walk, rebuilding.to_turn_on(Progress(walk).pauses))
    if rows is None:
        return
    if not rows:
        walk.say("note", rebuild_deeds.nothing_to_turn_on(rebuilding))
        return
    if not _confirmed(walk, rebuilding, rebuild_words.turn_on_question(rebuilding, rows)):
        return
    done = _watched(walk, "Turned on", len(rows), lambda sink: rebuilding.turn_on(rows, sink))
    rebuild_flags.summarize(walk, rebuilding, after=True)
    on_now = rebuild_deeds.turned_on(rebuilding, rows)
    walk.say("ok" if done else "warning", rebuild_deeds.turned_on_words(len(on_now)))
    if not done or not on_now:
        return
    title, text = rebuild_words.evaluate_question(len(on_now))
    walk.say("note", text)
    if walk.ask.confirm(title):
        _watched(walk, "Evaluated", len(on_now), lambda sink: rebuilding.evaluate(on_now, sink), writing=False)
        rebuild_flags.summarize(walk, rebuilding, after=True)


def take_back(walk: Walk, rebuilding: Rebuilding) -> None:
    """Look at each rebuilt flag, ask, and take back what stands as a rebuild left it."""
    walk.say("note", rebuild_deeds.BEFORE_TAKING_BACK)
    removals = _read(walk, rebuilding.removals(Progress(walk).pauses))
    if removals is None:
        return
    possible = sum(removal.possible for removal in removals)
    if not possible:
        walk.say("note", rebuild_deeds.NOTHING_TO_TAKE_BACK)
        return
    question = rebuild_words.take_back_question(rebuilding, possible, len(removals) - possible)
    if not _confirmed(walk, rebuilding, question):
        return
    done = _watched(walk, "Taken back", len(removals), lambda sink: rebuilding.take_back(removals, sink))
    rebuild_flags.summarize(walk, rebuilding, after=True)
    if done:
        walk.say("ok", rebuild_deeds.TAKEN_BACK)


def _confirmed(walk: Walk, rebuilding: Rebuilding, question: tuple[str, str]) -> bool:
    """Ask to type the environment's key."""
    title, text = question
    walk.say("note", text)
    return rebuilding.environment is not None and walk.ask.typed(title, rebuilding.environment.key)


# --- the work


def _read(walk: Walk, work: Coroutine[Any, Any, T]) -> T | None:
    """Run what changes nothing. Returns None after a failure or a stop, which is said."""
    try:
        return walk.do(work, {"stop": walk.stop}, still="Reading")
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
    except Stopped:
        walk.say("note", rebuild_words.NOTHING_CHANGED)
    return None


def _watched(
    walk: Walk, verb: str, total: int, begin: Callable[[Sink], AsyncGenerator[Outcome, None]], *, writing: bool = True
) -> bool:
    """Write how far it has come, and pauses, when it is time for a line. Returns whether it came to its end."""
    progress = Progress(walk)

    async def work() -> None:
        count = 0
        async with aclosing(begin(progress.pauses)) as outcomes:
            async for _ in outcomes:
                count += 1
                progress.show("note", f"{rebuild_deeds.progress(verb, count, total)}.")

    try:
        walk.do(work(), {"stop": walk.stop})
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
    except Stopped:
        walk.say("warning", rebuild_words.stopped(writing=writing))
    except Ended:
        walk.parting = f"{leaving.REBUILD_STAYS} {_RESUME}" if writing else ""
        raise
    else:
        return True
    return False
