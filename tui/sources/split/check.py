"""What a Split key is, what it sees, and what it can list for the fields of the form.

Listing workspaces needs an administrator's role, reading flags a viewer's, so the one says nothing of the
other: if a workspace is known, its flags are asked for too (one flag, for the total).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from pydantic import SecretStr

from tui.net.errors import Advice, Failure, Kind, Remedy
from tui.net.messages import Response
from tui.sources.base import Answers, Choice, Connection, Remark, SourceReport
from tui.sources.lenient import objects
from tui.sources.phrases import count, listed, short
from tui.sources.split.client import (
    ENVIRONMENT_FIELD,
    KEY_FIELD,
    TAG_FIELD,
    WORKSPACE_FIELD,
    X_API_KEY,
    SplitClient,
    answered,
    broader_key,
    flags_denied,
    flags_path,
    identity,
    in_path,
    no_workspace,
    not_allowed,
    total,
)  # fmt: skip

_TYPE_THE_ID = Advice(Remedy.TYPE_ID)


@dataclass(frozen=True, slots=True)
class _Workspaces:
    """Those that a key lists, of `total` that there are."""

    choices: tuple[Choice, ...]
    total: int


@dataclass(frozen=True, slots=True)
class _Flags:
    """`status_code` of asking for a workspace's flags; `total` of them, None if Split didn't say."""

    workspace: str
    status_code: int
    total: int | None


async def check_key(connection: Connection, answers: Answers) -> SourceReport:
    """List the workspaces, and ask for the flags of the entered one, or of the only one.

    The key goes as Bearer, and once more as `x-api-key` after a 401: Harness' own clients send its tokens so.
    A 403 on the list is no bad key. Raises Failure: SOURCE with the status of a refusal, NOT_JSON for a page
    or another server's data, and what `Http.send` raises.
    """
    client = SplitClient(connection)
    answer = await client.workspaces()
    if answer.status_code not in (200, 403) or answer.is_page:
        raise client.refusal(answer)
    workspaces = None if answer.status_code == 403 else _read_workspaces(answer, client)
    workspace = _to_read(workspaces, answers)
    flags = await _flags(client, workspace) if workspace else None
    report = _report(workspaces, flags, client.by_header)
    return replace(report, on_answers=compare(report, answers))


def compare(report: SourceReport, answers: Answers) -> tuple[Remark, ...]:
    """Compare the entered workspace with the workspaces that the key lists."""
    workspace = answered(answers, WORKSPACE_FIELD)
    choices = report.workspaces or ()
    ids = tuple(choice.value for choice in choices)
    if not workspace or workspace == report.project or workspace in ids:
        return ()
    named = tuple(choice.value for choice in choices if choice.label.casefold() == workspace.casefold())
    if named:
        text = (
            f"{short(workspace)} is a workspace's name; LaunchDarkly's form asks for its id. Take over {listed(named)}."
        )
        return (Remark("problem", WORKSPACE_FIELD, text, named),)
    if workspace == report.absent:
        absent = no_workspace(workspace)
        return (Remark("problem", WORKSPACE_FIELD, str(absent), ids, absent.advice),)
    if report.workspaces is None:
        return ()
    text = (
        f"{short(workspace)} is not among the {count(len(ids), 'workspace')} this key lists. Most likely it is "
        "the Harness project id, or a restriction hides it. Pick one that is listed."
    )
    return (Remark("warning", WORKSPACE_FIELD, text, ids),)


def _read_workspaces(answer: Response, client: SplitClient) -> _Workspaces:
    body, entries = client.listing(answer, "workspaces")
    plain = client.reader.plain
    names = {plain(entry.get("id")): plain(entry.get("name")) for entry in objects(entries)}
    choices = [Choice(own, name or own) for own, name in names.items() if own]
    return _Workspaces(tuple(choices), max(total(body, None) or 0, len(choices)))


def _to_read(workspaces: _Workspaces | None, answers: Answers) -> str:
    """The workspace whose flags show whether the key reads any: the entered one, else the only one there is."""
    workspace = answered(answers, WORKSPACE_FIELD)
    if workspaces is None:
        return workspace
    ids = [choice.value for choice in workspaces.choices]
    if not workspace and len(ids) == 1:
        return ids[0]
    names = {choice.label.casefold() for choice in workspaces.choices}
    return "" if workspace not in ids and workspace.casefold() in names else workspace


async def _flags(client: SplitClient, workspace: str) -> _Flags:
    answer = await client.get(f"{flags_path(workspace, 1)}&offset=0")
    if answer.is_page or answer.status_code not in (200, 403, 404):
        raise client.refusal(answer)
    return _Flags(workspace, answer.status_code, _total(client, answer) if answer.status_code == 200 else None)


def _total(client: SplitClient, answer: Response) -> int | None:
    body, entries = client.listing(answer, "flags")
    return total(body, None if entries else 0)


def _report(workspaces: _Workspaces | None, flags: _Flags | None, by_header: str) -> SourceReport:
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
        on_key=tuple(_on_key(workspaces, flags, by_header)),
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


def _on_key(workspaces: _Workspaces | None, flags: _Flags | None, by_header: str) -> list[Remark]:
    remarks = []
    if by_header == X_API_KEY:
        text = (
            "Split took it only as x-api-key, as Harness tokens are sent. How LaunchDarkly sends it is not known: "
            "it may not accept this one. An Admin API key of Split is safer."
        )
        remarks.append(Remark("warning", KEY_FIELD, text))
    if workspaces is None and flags is None:
        text = (
            "Split knows the key, but it may not list workspaces (403). The import need not. Whether it reads flags "
            "is not known before the id is given."
        )
        remarks.append(Remark("note", KEY_FIELD, text))
    if workspaces is not None and workspaces.total == 0:
        text = (
            "Split lists no workspace for this key. Most likely a restriction hides them: the next step asks for "
            "the id."
        )
        remarks.append(Remark("warning", KEY_FIELD, text))
    ids = {choice.value for choice in workspaces.choices} if workspaces else set()
    # A 404 may mean no access as well. For a workspace that is not listed the id is the likelier mistake.
    if flags and flags.status_code in (403, 404) and flags.workspace in ids:
        text = (
            f"It lists workspaces but may not read the flags of {short(flags.workspace)} ({flags.status_code}): "
            "its role does not cover them, or it is for one environment alone. Use a key that may view them."
        )
        remarks.append(Remark("problem", KEY_FIELD, text))
    if flags and flags.total == 0:
        text = f"It reads 0 flags in {short(flags.workspace)}: that is empty, or not the workspace you mean."
        remarks.append(Remark("warning", KEY_FIELD, text))
    return remarks


# --- what it can list


async def discover(
    connection: Connection, field: str, answers: Answers, helper: SecretStr | None = None
) -> tuple[Choice, ...]:
    """The choices for workspace, environment, or tag. Split has no `helper`.

    Raises Failure, SOURCE with 403 or 404 if the key may not list it.
    """
    choices = await _LISTS[field](SplitClient(connection), answered(answers, WORKSPACE_FIELD))
    return tuple(sorted(choices, key=lambda choice: (choice.label.casefold(), choice.value)))


async def count_flags(connection: Connection, answers: Answers) -> int | None:
    """How many flags of the workspace have the tag, or how many there are without one; by one request."""
    client, workspace = SplitClient(connection), answered(answers, WORKSPACE_FIELD)
    answer = await client.get(f"{flags_path(workspace, 1, answered(answers, TAG_FIELD))}&offset=0")
    if answer.status_code != 200 or answer.is_page:
        raise await client.denial(answer, flags_denied(workspace))
    return _total(client, answer)


async def _workspaces(client: SplitClient, workspace: str) -> list[Choice]:
    answer = await client.workspaces()
    if answer.status_code != 200 or answer.is_page:
        forbidden = not_allowed("the list of workspaces", _TYPE_THE_ID, WORKSPACE_FIELD)
        raise await client.denial(answer, {403: forbidden}.get)
    return list(_read_workspaces(answer, client).choices)


async def _environments(client: SplitClient, workspace: str) -> list[Choice]:
    answer = await client.get(f"/environments/ws/{in_path(workspace)}")
    if answer.status_code != 200 or answer.is_page:
        forbidden = not_allowed(f"the environments of {short(workspace)}", _TYPE_THE_ID, ENVIRONMENT_FIELD)
        raise await client.denial(answer, {403: forbidden, 404: no_workspace(workspace)}.get)
    body = client.reader.json(answer)
    if not isinstance(body, list):
        raise client.not_a_list(answer, "environments")
    plain = client.reader.plain
    return [
        Choice(own, plain(entry.get("name")) or own, "production" if entry.get("production") is True else "")
        for entry in objects(body)
        if (own := plain(entry.get("id")))
    ]


async def _tags(client: SplitClient, workspace: str) -> list[Choice]:
    """Split lists tags with their flags alone, so all flags are read."""
    tags_by_flag: dict[object, set[str]] = {}
    async with aclosing(client.flags(workspace)) as pages:
        async for page in pages:
            for flag in page.fresh:
                names = {client.reader.plain(tag.get("name")) for tag in objects(flag.get("tags"))}
                tags_by_flag[identity(flag)] = names - {""}
            for gone in page.gone:
                tags_by_flag.pop(gone, None)
    uses = Counter(tag for tags in tags_by_flag.values() for tag in tags)
    return [Choice(tag, tag, count(times, "flag")) for tag, times in uses.items()]


_LISTS: Mapping[str, Callable[[SplitClient, str], Awaitable[list[Choice]]]] = {
    WORKSPACE_FIELD: _workspaces,
    ENVIRONMENT_FIELD: _environments,
    TAG_FIELD: _tags,
}
