"""Split (Harness FME), through its Admin API. Facts come from its documentation; none was measured.

Listing workspaces needs an administrator's role, reading flags a viewer's, so the one says nothing of the
other: where a workspace is known, its flags are asked for too (one flag, for the total).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from pydantic import SecretStr

from tui.net.client import Answer, Http, Request
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.sources.base import Choice, Remark, SourceReport
from tui.sources.foreign import Foreign, count, failed, listed, place, refused_request, said, short

NAME: str = "Split"
KEY_FIELD: str = "workspaceApiKey"
ADDRESS_FIELD: str | None = None
DEFAULT_ADDRESS: str = "https://api.split.io/internal/api/v2"
"""Documented by Split; it stays after the move to Harness."""
WORKSPACE_FIELD = "workspaceId"

_WORKSPACES = "/workspaces?offset=0&limit=1000"  # as many as one page may hold
_FLAGS = "/splits/ws/{}?offset=0&limit=1"
_WRONG_ADDRESS = "Most likely the address of Split's Admin API is wrong."
_USUAL_ADDRESS = f"The usual address is {DEFAULT_ADDRESS}; nothing was created."
_MOST = 10**9  # a greater total is a server's mistake
_BEARER = "Authorization"
_X_API_KEY = "x-api-key"


@dataclass(frozen=True, slots=True)
class _Door:
    """Where to ask and with what."""

    http: Http
    address: str
    key: SecretStr
    sink: Sink
    foreign: Foreign
    by_header: str = _BEARER

    async def get(self, path: str) -> Answer:
        secret = self.key
        if self.by_header == _BEARER:
            secret = SecretStr(f"Bearer {self.key.get_secret_value()}")
        headers: dict[str, SecretStr | str] = {self.by_header: secret, "Accept": "application/json"}
        return await self.http.send(Request("GET", self.address + path, headers), peer=NAME, sink=self.sink)


@dataclass(frozen=True, slots=True)
class _Workspaces:
    choices: tuple[Choice, ...]
    total: int


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
    door = _Door(http, address.rstrip("/"), key, sink, Foreign(key))
    try:
        door, answer = await _opened(door)
        workspaces = None if answer.status_code == 403 else _workspaces(answer, door)
        asked = _to_ask(workspaces, answers)
        flags = await _flags(door, asked) if asked else None
    except Failure as failure:
        if failure.kind is Kind.CREDENTIAL and failure.field is None:
            raise failure.replaced(field=KEY_FIELD) from None
        raise
    report = _report(workspaces, flags, door.by_header)
    return replace(report, on_answers=compare(report, answers))


def compare(report: SourceReport, answers: Mapping[str, str]) -> tuple[Remark, ...]:
    """The typed workspace against the workspaces that the key lists."""
    typed = answers.get(WORKSPACE_FIELD, "").strip()
    choices = report.workspaces or ()
    ids = tuple(choice.value for choice in choices)
    if not typed or typed == report.project or typed in ids:
        return ()
    named = tuple(choice.value for choice in choices if choice.label.casefold() == typed.casefold())
    if named:
        text = f"{short(typed)} is a workspace's name; LaunchDarkly's form asks for its id. Take over {listed(named)}."
        return (Remark("problem", WORKSPACE_FIELD, text, named),)
    if typed == report.absent:
        text = (
            f"Split has no workspace {short(typed)}, or this key may not see it (404); Split does not say "
            "which. Most likely this is the Harness project id. Pick the workspace, or look it up with F1."
        )
        return (Remark("problem", WORKSPACE_FIELD, text, ids),)
    if report.workspaces is None:
        return ()
    text = (
        f"{short(typed)} is not among the {count(len(ids), 'workspace')} this key lists. Most likely it is "
        "the Harness project id, or a restriction hides it. Pick one that is listed."
    )
    return (Remark("warning", WORKSPACE_FIELD, text, ids),)


async def _opened(door: _Door) -> tuple[_Door, Answer]:
    """The answer with the list of workspaces or 403, and the door with the header that led to it."""
    answer = await door.get(_WORKSPACES)
    if answer.status_code == 401 and not answer.is_page:
        other_door = replace(door, by_header=_X_API_KEY)
        other = await other_door.get(_WORKSPACES)
        if other.status_code == 403 or not 400 <= other.status_code < 500:
            door, answer = other_door, other
    if answer.status_code not in (200, 403) or answer.is_page:
        raise _refusal(answer, door)
    return door, answer


def _to_ask(workspaces: _Workspaces | None, answers: Mapping[str, str]) -> str:
    """The workspace whose flags tell whether the key reads any: the typed one, else the only one there is."""
    typed = answers.get(WORKSPACE_FIELD, "").strip()
    if workspaces is None:
        return typed
    ids = [choice.value for choice in workspaces.choices]
    if not typed and len(ids) == 1:
        return ids[0]
    is_name = typed not in ids and any(c.label.casefold() == typed.casefold() for c in workspaces.choices)
    return "" if is_name else typed


async def _flags(door: _Door, workspace: str) -> _Flags:
    answer = await door.get(_FLAGS.format(quote(workspace, safe="", errors="replace")))
    if answer.is_page or answer.status_code not in (200, 403, 404):
        raise _refusal(answer, door)
    total = None
    if answer.status_code == 200:
        body, objects = _listing(answer, door, "flags")
        total = _total(body, None if objects else 0)
    return _Flags(workspace, answer.status_code, total)


def _workspaces(answer: Answer, door: _Door) -> _Workspaces:
    body, objects = _listing(answer, door, "workspaces")
    choices = {}
    for item in objects:
        workspace = item if isinstance(item, dict) else {}
        if value := door.foreign.plain(workspace.get("id")):
            choices[value] = Choice(value, door.foreign.plain(workspace.get("name")) or value)
    total = _total(body, len(choices)) or 0
    return _Workspaces(tuple(choices.values()), max(total, len(choices)))


def _listing(answer: Answer, door: _Door, what: str) -> tuple[dict[str, object], list[object]]:
    """A page of a list: the object around it and its `objects`."""
    body = answer.json()
    objects = body.get("objects") if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(objects, list):
        return body, objects
    raise Failure(
        Kind.NOT_JSON,
        f"{place(door.address)} answers with data, but not with Split's list of {what}.",
        _WRONG_ADDRESS,
        _USUAL_ADDRESS,
        status_code=answer.status_code,
    )


def _total(body: Mapping[str, object], otherwise: int | None) -> int | None:
    """`totalCount`, where it is a number, or a string of one."""
    total = body.get("totalCount")
    if isinstance(total, str) and total.isascii() and total.isdigit() and len(total) < 10:
        total = int(total)
    if isinstance(total, bool) or not isinstance(total, int):
        return otherwise
    return total if 0 <= total < _MOST else otherwise


def _report(workspaces: _Workspaces | None, flags: _Flags | None, by_header: str) -> SourceReport:
    if workspaces is None and flags is not None and flags.status_code == 403:
        raise Failure(
            Kind.SOURCE,
            f"Split knows the Admin API key, but lets it read neither workspaces nor the flags of "
            f"{short(flags.workspace)} (403).",
            "Its role does not cover that, or it was made for one environment alone.",
            "Use a key that may view the flags of the workspace; nothing was created.",
            status_code=403,
            field=KEY_FIELD,
        )
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


def _summary(workspaces: _Workspaces | None, read: _Flags | None) -> str:
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


def _on_key(workspaces: _Workspaces | None, flags: _Flags | None, by_header: str) -> tuple[Remark, ...]:
    remarks = []
    if by_header == _X_API_KEY:
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


def _denied(workspaces: _Workspaces | None, flags: _Flags) -> bool:
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


def _refusal(answer: Answer, door: _Door) -> Failure:
    status_code, message = answer.status_code, door.foreign.message(answer)
    if status_code >= 500:
        return failed(NAME, status_code, message)
    if answer.is_page:
        return Failure(
            Kind.NOT_JSON,
            f"{place(door.address)} answers with a web page ({status_code}), not with workspaces or flags.",
            "Most likely a proxy answers in Split's place, or the address is wrong.",
            _USUAL_ADDRESS,
            status_code=status_code,
        )
    if status_code == 401:
        return Failure(
            Kind.SOURCE,
            f"Split refused the Admin API key (401){said(message)}",
            "It is mistyped or was deleted, or it is an SDK key, which does not open the Admin API.",
            "Copy an Admin API key and paste it again; nothing was created.",
            status_code=401,
            field=KEY_FIELD,
        )
    failure = refused_request(NAME, status_code, message, None)
    if status_code not in (400, 404):
        return failure
    return failure.replaced(why=_WRONG_ADDRESS, next_step=_USUAL_ADDRESS)
