"""The faults of an import that was created: its start, its run, and what is read while it is watched."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tui.sandbox import mischief
from tui.sandbox.account import LdFlag
from tui.sandbox.answers import ld_refusal
from tui.sandbox.job import TWIST, Twist
from tui.sandbox.mischief import Struck, refuses
from tui.sandbox.shapes import FLAG_IMPORT

_CREATE = re.compile(re.escape(FLAG_IMPORT) + r"/[^/]+/[^/]+/?")
ONE = re.compile(re.escape(FLAG_IMPORT) + r"/[^/]+/[^/]+/[^/]+/?")
TRIGGER = re.compile(re.escape(FLAG_IMPORT) + r"/[^/]+/[^/]+/[^/]+/trigger/?")
_FLAG = re.compile(r"/api/v2/flags/[^/]+/[^/]+/?")
_GONE = range(3, 11)
"""Which looks at a configuration the server is gone for: at the pace of a watch, about a minute."""

Strikes = Callable[[str, str, str], bool]
Act = Callable[[Struck], Awaitable[None]]


def at(wanted: str, *paths: re.Pattern[str]) -> Strikes:
    return lambda service, method, path: (
        service == "launchdarkly" and method == wanted and any(each.fullmatch(path) for each in paths)
    )


def twists(twist: Twist) -> Act:
    """Change the job that the request starts, together with other faults."""

    async def act(struck: Struck) -> None:
        extensions = struck.scope.setdefault("extensions", {})
        extensions[TWIST] = twist.over(extensions.get(TWIST, Twist()))
        await struck.go_on()

    return act


async def _conflicts(struck: Struck) -> None:
    """The job starts, and the answer says that one runs already, as if something else had started it."""
    await struck.captured()
    await struck.answer(ld_refusal(409, "An import is running already", "conflict").response())


async def _goes_away(struck: Struck) -> None:
    if struck.count in _GONE:
        await mischief.loses_the_request(struck)
    else:
        await struck.go_on()


async def _pauses_in_between(struck: Struck) -> None:
    """Refuses every third look, so that the one after the pause goes through."""
    if struck.count % 3:
        await struck.go_on()
    else:
        await mischief.asks_for_a_pause_now(struck)


def _each(nth: int, change: Callable[[LdFlag], LdFlag | None]) -> Callable[[int, LdFlag], LdFlag | None]:
    return lambda number, flag: flag if number % nth else change(flag)


_at_trigger, _at_look = at("POST", TRIGGER), at("GET", ONE)

RUN_FAULTS: tuple[tuple[str, str, str, Strikes, Act], ...] = (
    (
        "import-slow",
        "Import takes long",
        "After the start the flags arrive one by one, with a pause before each.",
        _at_trigger,
        twists(Twist(at_once=1)),
    ),
    (
        "import-stuck",
        "Import gets stuck",
        "After the start three flags arrive; then nothing moves any more, and the status stays importing.",
        _at_trigger,
        twists(Twist(stops_after=3)),
    ),
    (
        "import-partial",
        "Import ends partial",
        "Every fourth flag is refused with an error, and the import ends partial; started again, the rest comes.",
        _at_trigger,
        twists(Twist(refused=4)),
    ),
    (
        "import-failed",
        "Import fails",
        "After the start the import ends failed with an error, and no flag arrives.",
        _at_trigger,
        twists(Twist(fails=("The import could not be finished", 500))),
    ),
    (
        "source-refused-at-import",
        "Source refuses its key at the import",
        "The source takes its key from here, but refuses it (401) when the import reads: no flag arrives.",
        _at_trigger,
        twists(Twist(fails=("The source refused the request", 401))),
    ),
    (
        "import-error-then-success",
        "Error, and success after it",
        "An error is reported in the middle of the import, which goes on and ends complete.",
        _at_trigger,
        twists(Twist(stumbles=("The source did not answer, trying again", 503))),
    ),
    (
        "stale-complete",
        "Status of the run before",
        "After a second start some looks still show the end of the run before.",
        _at_trigger,
        twists(Twist(stale_looks=4)),
    ),
    (
        "unknown-status",
        "Status that nobody knows",
        "While the import runs its status is a word that is not documented; it ends complete.",
        _at_trigger,
        twists(Twist(status="reconciling")),
    ),
    (
        "started-by-create",
        "Creating starts the import",
        "The create call starts the import by itself; a start on top of it is refused while it runs.",
        at("POST", _CREATE),
        twists(Twist()),
    ),
    (
        "trigger-conflict",
        "Start refused: it runs (409)",
        "The start is answered 409, as something else has started the import in that moment.",
        _at_trigger,
        _conflicts,
    ),
    (
        "lost-trigger-answer",
        "Started, but the answer is lost",
        "The start succeeds, and the connection is cut before any answer.",
        _at_trigger,
        mischief.loses_the_answer,
    ),
    (
        "lost-trigger-request",
        "Not started, and no answer",
        "The connection is cut before the start does anything.",
        _at_trigger,
        mischief.loses_the_request,
    ),
    (
        "flags-dropped",
        "Flags are left out",
        "Every fifth flag never arrives, without a word; the import ends complete.",
        _at_trigger,
        twists(Twist(arrives=_each(5, lambda flag: None))),
    ),
    (
        "default-swapped",
        "Default variations are swapped",
        "Every fifth flag arrives with its on and off variation swapped; the import ends complete.",
        _at_trigger,
        twists(Twist(arrives=_each(5, lambda flag: replace(flag, on=flag.off, off=flag.on)))),
    ),
    (
        "tag-left-out",
        "Tags are left out",
        "Every fifth flag arrives without any tag; the import ends complete.",
        _at_trigger,
        twists(Twist(arrives=_each(5, lambda flag: replace(flag, tags=())))),
    ),
    (
        "watch-rate-limited",
        "Pauses while watching (429)",
        "Every third look at the import is answered 429 and asks for some seconds' pause.",
        _at_look,
        _pauses_in_between,
    ),
    (
        "server-gone",
        "LaunchDarkly is gone for a while",
        "LaunchDarkly cuts eight looks from the third on, then it is back. The import goes on meanwhile.",
        _at_look,
        _goes_away,
    ),
    (
        "patch-conflict",
        "Change refused: conflict (409)",
        "Every change of a configuration or of a flag is answered 409, as somebody else changed it.",
        at("PATCH", ONE, _FLAG),
        refuses(lambda: ld_refusal(409)),
    ),
)
