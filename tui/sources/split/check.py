"""What a Split key is and sees.

Listing workspaces needs an administrator's role, reading flags a viewer's, so the one says nothing of the
other: where a workspace is known, its flags are asked for too (one flag, for the total).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.sources.base import Remark, SourceReport
from tui.sources.foreign import count, listed, short
from tui.sources.split.client import (
    KEY_FIELD,
    LISTS_OR_NOT,
    WORKSPACE_FIELD,
    WORKSPACES,
    X_API_KEY,
    Door,
    Workspaces,
    broader_key,
    flags_path,
    no_workspace,
    total,
    workspace,
    workspaces_in,
)


@dataclass(frozen=True, slots=True)
class _Flags:
    """`status_code` of asking for a workspace's flags; `total` of them, None where that was not said."""

    workspace: str
    status_code: int
    total: int | None


async def check_key(
    http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
) -> SourceReport:
    """List the workspaces, and ask for the flags of the typed one, or of the only one.

    The key goes as Bearer, and once more as `x-api-key` after a 401: Harness' own clients send its tokens so.
    A 403 on the list is no bad key. Raises Failure: SOURCE with the status of a refusal, NOT_JSON for a page
    or another server's data, and what `Http.send` raises.
    """
    door = Door(http, address, key, sink)
    answer = await door.get(WORKSPACES, known=LISTS_OR_NOT)
    if answer.status_code not in (200, 403) or answer.is_page:
        raise door.refusal(answer)
    workspaces = None if answer.status_code == 403 else workspaces_in(answer, door)
    asked = _to_ask(workspaces, answers)
    flags = await _flags(door, asked) if asked else None
    report = _report(workspaces, flags, door.by_header)
    return replace(report, on_answers=compare(report, answers))


def compare(report: SourceReport, answers: Mapping[str, str]) -> tuple[Remark, ...]:
    """The typed workspace against the workspaces that the key lists."""
    typed = workspace(answers)
    choices = report.workspaces or ()
    ids = tuple(choice.value for choice in choices)
    if not typed or typed == report.project or typed in ids:
        return ()
    named = tuple(choice.value for choice in choices if choice.label.casefold() == typed.casefold())
    if named:
        text = f"{short(typed)} is a workspace's name; LaunchDarkly's form asks for its id. Take over {listed(named)}."
        return (Remark("problem", WORKSPACE_FIELD, text, named),)
    if typed == report.absent:
        absent = no_workspace(typed)
        return (Remark("problem", WORKSPACE_FIELD, str(absent), ids, absent.advice),)
    if report.workspaces is None:
        return ()
    text = (
        f"{short(typed)} is not among the {count(len(ids), 'workspace')} this key lists. Most likely it is "
        "the Harness project id, or a restriction hides it. Pick one that is listed."
    )
    return (Remark("warning", WORKSPACE_FIELD, text, ids),)


def _to_ask(workspaces: Workspaces | None, answers: Mapping[str, str]) -> str:
    """The workspace whose flags tell whether the key reads any: the typed one, else the only one there is."""
    typed = workspace(answers)
    if workspaces is None:
        return typed
    ids = [choice.value for choice in workspaces.choices]
    if not typed and len(ids) == 1:
        return ids[0]
    is_name = typed not in ids and any(c.label.casefold() == typed.casefold() for c in workspaces.choices)
    return "" if is_name else typed


async def _flags(door: Door, workspace: str) -> _Flags:
    answer = await door.get(f"{flags_path(workspace, 1)}&offset=0")
    if answer.is_page or answer.status_code not in (200, 403, 404):
        raise door.refusal(answer)
    of_all = None
    if answer.status_code == 200:
        body, found = door.listing(answer, "flags")
        of_all = total(body, None if found else 0)
    return _Flags(workspace, answer.status_code, of_all)


def _report(workspaces: Workspaces | None, flags: _Flags | None, by_header: str) -> SourceReport:
    if workspaces is None and flags is not None and flags.status_code == 403:
        raise Failure(
            Kind.SOURCE,
            f"Split knows the Admin API key, but lets it read neither workspaces nor the flags of "
            f"{short(flags.workspace)} (403).",
            "Its role does not cover that, or it was made for one environment alone.",
            status_code=403,
            field=KEY_FIELD,
        ).advised(broader_key("the workspace"))
    read = flags if flags and flags.status_code == 200 else None
    return SourceReport(
        text=_summary(workspaces, read),
        on_key=_on_key(workspaces, flags, by_header),
        project=read.workspace if read else None,
        projects=(read.workspace,) if read else (),
        flags=read.total if read else None,
        workspaces=workspaces.choices if workspaces else None,
        absent=flags.workspace if flags and flags.status_code == 404 else None,
        by_header=by_header,
    )


def _summary(workspaces: Workspaces | None, read: _Flags | None) -> str:
    parts = []
    if read:
        choices = workspaces.choices if workspaces else ()
        name = next((choice.label for choice in choices if choice.value == read.workspace), read.workspace)
        parts.append(f"reads workspace {short(name)}")
        if read.total is not None:
            parts.append(count(read.total, "flag"))
    if workspaces is None:
        parts.append("may not list workspaces" + ("" if read else ": the next step asks for the id"))
    elif workspaces.total > 1 or not read:
        parts.append(f"lists {count(workspaces.total, 'workspace')}")
    if workspaces and workspaces.choices and not read:
        parts[-1] += f": {listed([choice.label for choice in workspaces.choices], workspaces.total)}"
    return ", ".join(parts)


def _on_key(workspaces: Workspaces | None, flags: _Flags | None, by_header: str) -> tuple[Remark, ...]:
    remarks = []
    if by_header == X_API_KEY:
        remarks.append(_ONLY_X_API_KEY)
    if workspaces is None and flags is None:
        remarks.append(_MAY_NOT_LIST)
    if workspaces is not None and workspaces.total == 0:
        remarks.append(_NO_WORKSPACE)
    if flags and _denied(workspaces, flags):
        remarks.append(_may_not_read(flags))
    if flags and flags.total == 0:
        text = f"It reads 0 flags in {short(flags.workspace)}: that is empty, or not the workspace you mean."
        remarks.append(Remark("warning", KEY_FIELD, text))
    return tuple(remarks)


_ONLY_X_API_KEY = Remark(
    "warning",
    KEY_FIELD,
    "Split took it only as x-api-key, as Harness tokens are sent. How LaunchDarkly sends it is not known: "
    "it may not accept this one. An Admin API key of Split is safer.",
)
_MAY_NOT_LIST = Remark(
    "note",
    KEY_FIELD,
    "Split knows the key, but it may not list workspaces (403). The import need not. Whether it reads flags "
    "is not known before the id is given.",
)
_NO_WORKSPACE = Remark(
    "warning",
    KEY_FIELD,
    "Split lists no workspace for this key. Most likely a restriction hides them: the next step asks for the id.",
)


def _denied(workspaces: Workspaces | None, flags: _Flags) -> bool:
    """Whether Split lists the workspace but not its flags; a 404 may mean no access as well.

    For a workspace that is not listed the id is the likelier mistake.
    """
    ids = {choice.value for choice in workspaces.choices} if workspaces else set()
    return flags.status_code in (403, 404) and flags.workspace in ids


def _may_not_read(flags: _Flags) -> Remark:
    text = (
        f"It lists workspaces but may not read the flags of {short(flags.workspace)} ({flags.status_code}): "
        "its role does not cover them, or it is for one environment alone. Use a key that may view them."
    )
    return Remark("problem", KEY_FIELD, text)
