"""`_access` and `_status` of a configuration in words, all foreign text in them cleaned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tui.text.clean import clean
from tui.text.times import moment

if TYPE_CHECKING:
    from tui.launchdarkly.models import Access, AccessAction, CallerIdentity, ImportFault, ImportStatus, Member

_LONGEST = 200
# LaunchDarkly's actions begin with what they do (createIntegration, deleteIntegration). Those of flag imports
# are not documented: what begins otherwise is shown as it is.
_VERBS = (
    ("create", "create"), ("delete", "delete"), ("update", "edit"), ("edit", "edit"), ("view", "see"),
    ("get", "see"), ("trigger", "start"), ("import", "start"), ("start", "start"), ("*", "do everything"),
)  # fmt: skip
_EVERYTHING = "do everything"
# Sentences for the states of LaunchDarkly's FlagImportStatus; any other word is shown as it is.
_STATES = {
    "complete": "complete",
    "importing": "importing",
    "pending": "pending",
    "failed": "failed",
    "partial": "partial: some flags were imported",
    "": "unknown",
}


def who_in_words(caller: CallerIdentity, member: Member | None) -> str:
    """Whose token it is, for a report; "" where it does not tell."""
    return (member.email or member.display_name) if member else caller.token_name


def access_in_words(access: Access | None) -> str:
    """What your token may do, as in "You can start and edit, but not delete (role Writer)."."""
    if access is None or not (access.allowed or access.denied):
        return "Can't tell what your token can do with it."
    may, may_not = _verbs(access.allowed, "and"), _verbs(access.denied, "or")
    roles = _roles(access.denied) or _roles(access.allowed)
    roles = f" ({roles})" if roles else ""
    if not may_not:
        return f"You can {may}{roles}."
    return f"You can {may}, but not {may_not}{roles}." if may else f"You can't {may_not}{roles}."


def refused_by(access: Access | None, verb: str) -> str | None:
    """Whether your token may not `verb` ("edit", "delete", "start") it: the role that says so in words, "" where none
    is named; None where nothing forbids it. What is not told is not forbidden: the server has the last word."""
    if access is None:
        return None
    against = [one for one in access.denied if _verb(one.action) in (verb, _EVERYTHING)]
    if not against or any(_verb(one.action) == verb for one in access.allowed):
        return None
    return _roles(tuple(against))


def status_in_words(status: ImportStatus) -> tuple[str, ...]:
    """The state first, then when it last went well and badly, then each of the errors; one line each.

    Dates are local time, as `23 Nov 14:02:11`.
    """
    lines = [_STATES.get(status.status, _short(status.status))]
    if status.last_import is not None:
        lines.append(f"last import {moment(status.last_import / 1000)}")
    if status.last_error is not None:
        lines.append(f"last error {moment(status.last_error / 1000)}")
    return (*lines, *map(fault_in_words, status.errors))


def fault_in_words(fault: ImportFault) -> str:
    """One error of an import: `23 Nov 14:06:04: Forbidden (403)`."""
    when = f"{moment(fault.timestamp / 1000)}: " if fault.timestamp is not None else ""
    status = f" ({fault.status_code})" if fault.status_code is not None else ""
    return f"{when}{_short(fault.message) or 'an error without a message'}{status}"


_DATE = re.compile(r"\d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d: ")


def without_date(error: str) -> str:
    """Return an error of `fault_in_words` without its moment, to be shown beside one."""
    return _DATE.sub("", error, count=1) if _DATE.match(error) else error


def _verbs(actions: tuple[AccessAction, ...], last: str) -> str:
    """Return what the actions do: "start, edit, and delete"."""
    *verbs, end = dict.fromkeys(_verb(one.action) for one in actions if one.action) or ("",)
    return f"{', '.join(verbs)}{',' if len(verbs) > 1 else ''} {last} {end}" if verbs else end


def _verb(action: str) -> str:
    return next((word for begin, word in _VERBS if action.startswith(begin)), _short(action))


def _roles(actions: tuple[AccessAction, ...]) -> str:
    names = list(dict.fromkeys(_short(one.reason.role_name) for one in actions if one.reason.role_name))
    return f"role {', '.join(names)}" if names else ""


def _short(text: str) -> str:
    cleaned = clean(text).strip()
    return cleaned if len(cleaned) <= _LONGEST else f"{cleaned[: _LONGEST - 1]}…"
