"""Faults that change the evidence an import leaves: flag versions and dates, the audit log, and status times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui.sandbox import mischief
from tui.sandbox.account import ENVIRONMENT_KEYS, LdFlag, State
from tui.sandbox.answers import ld_refusal
from tui.sandbox.audit_log import AUDIT_LOG
from tui.sandbox.job import Twist
from tui.sandbox.mischief import Struck, refuses
from tui.sandbox.run_faults import ONE, TRIGGER, Act, Strikes, at, twists
from tui.sandbox.shapes import FLAG_IMPORT

_LATER = 40
"""How many ms after its creation an environment of a flag shows that it was modified."""

_LISTED = re.compile(re.escape(FLAG_IMPORT) + "/?")
_LOG = re.compile(re.escape(AUDIT_LOG) + "/?")
_SPLIT_TRIGGER = re.compile(re.escape(FLAG_IMPORT) + r"/[^/]+/split/[^/]+/trigger/?")

_at_trigger, _at_look = at("POST", TRIGGER), at("GET", ONE, _LISTED)


def _at_log(service: str, method: str, path: str) -> bool:
    return service == "launchdarkly" and _LOG.fullmatch(path) is not None


def _born(change: Callable[[LdFlag], LdFlag]) -> Act:
    """Every flag of the import is created like this."""
    return twists(Twist(arrives=lambda number, flag: change(flag)))


def _without(*fields: str) -> Act:
    return _born(lambda flag: replace(flag, lacks=flag.lacks | {*fields}))


def _modified_later(flag: LdFlag) -> LdFlag:
    state = State(False, 1, flag.created + _LATER)
    return replace(flag, states=dict.fromkeys(ENVIRONMENT_KEYS, state))


def _rewrites(change: Callable[[dict[str, Any]], None]) -> Act:
    """Change the collection of a 200, or its one item."""

    async def act(struck: Struck) -> None:
        kept = await struck.captured()
        if kept.status != 200:
            await struck.give(kept)
            return
        shape = json.loads(kept.body)
        change(shape)
        await struck.answer_json(kept, shape)

    return act


def _empty(page: dict[str, Any]) -> None:
    page["items"] = []
    page["_links"].pop("next", None)


def _anonymous(page: dict[str, Any]) -> None:
    for entry in page["items"]:
        entry.pop("member", None)
        entry.pop("token", None)


def _timeless(shape: dict[str, Any]) -> None:
    for one in shape.get("items", [shape]):
        one["_status"].pop("lastImport", None)


EVIDENCE_FAULTS: tuple[tuple[str, str, str, Strikes, Act], ...] = (
    (
        "written-twice",
        "Import writes each flag twice",
        "The import writes each new flag twice, so all of them start at version 2.",
        _at_trigger,
        twists(Twist(writes=2)),
    ),
    (
        "written-thrice",
        "Import writes each flag three times",
        "The import writes each new flag three times, so all of them start at version 3.",
        _at_trigger,
        twists(Twist(writes=3)),
    ),
    (
        "modified-after-creation",
        "Flags change right after creation",
        "The import changes each new flag in every environment 40 ms after creating it.",
        _at_trigger,
        _born(_modified_later),
    ),
    (
        "split-defaults-zero",
        "Both defaults are the first variation",
        "The import from Split uses the first variation of every flag for both defaults.",
        at("POST", _SPLIT_TRIGGER),
        _born(lambda flag: replace(flag, on=0, off=0)),
    ),
    (
        "no-creation-date",
        "Flags without a creation date",
        "LaunchDarkly leaves out the creation date of imported flags.",
        _at_trigger,
        _without("creationDate"),
    ),
    (
        "no-version",
        "Flags without a version",
        "LaunchDarkly leaves out the version of imported flags.",
        _at_trigger,
        _without("_version"),
    ),
    (
        "no-environment-versions",
        "Environments without versions",
        "LaunchDarkly leaves out version and last change in every environment of imported flags.",
        _at_trigger,
        _without("version", "lastModified"),
    ),
    (
        "audit-log-forbidden",
        "Audit log refused (403)",
        "LaunchDarkly answers 403 for the audit log, as if the role does not cover it.",
        _at_log,
        refuses(lambda: ld_refusal(403)),
    ),
    (
        "audit-log-missing",
        "No audit log (404)",
        "LaunchDarkly answers 404 for the audit log.",
        _at_log,
        refuses(lambda: ld_refusal(404)),
    ),
    (
        "audit-log-error",
        "Audit log fails (500)",
        "LaunchDarkly answers 500 for the audit log.",
        _at_log,
        refuses(lambda: ld_refusal(500)),
    ),
    (
        "audit-log-slow",
        "Audit log answers late",
        "LaunchDarkly takes some seconds to answer for the audit log.",
        _at_log,
        mischief.waits,
    ),
    (
        "audit-log-empty",
        "Audit log is empty",
        "LaunchDarkly's audit log never shows an entry, no matter what changes.",
        _at_log,
        _rewrites(_empty),
    ),
    (
        "audit-log-anonymous",
        "Audit log names nobody",
        "LaunchDarkly's audit log entries name neither a member nor a token.",
        _at_log,
        _rewrites(_anonymous),
    ),
    (
        "no-last-import",
        "Status without a time",
        "A configuration's status leaves out the time of its last import, even after it completes.",
        _at_look,
        _rewrites(_timeless),
    ),
)
