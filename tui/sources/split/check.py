"""What a Split key is, what it sees, and what it can list for the fields of the form.

Listing workspaces needs an administrator's role, reading flags a viewer's, so the one says nothing of the
other: if a workspace is known, its flags are asked for too (one flag, for the total).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from pydantic import SecretStr

from tui.net.errors import Advice, Remedy
from tui.net.messages import Response
from tui.sources.base import Answers, Choice, Connection, Remark, SourceReport, answered, by_label, source_failure
from tui.sources.lenient import objects
from tui.sources.split.client import (
    ENVIRONMENT_FIELD,
    KEY_FIELD,
    TAG_FIELD,
    WORKSPACE_FIELD,
    X_API_KEY,
    SplitClient,
    broader_key,
    flag_denials,
    flags_path,
    identity,
    in_path,
    is_list,
    no_workspace,
    not_allowed,
    total,
)  # fmt: skip
from tui.text.phrases import count, listed, short

_TYPE_THE_ID = Advice(Remedy.TYPE_ID)


@dataclass(frozen=True, slots=True)
class _Workspaces:
    """Those that a key lists, of `total` that exist."""

    choices: tuple[Choice, ...]
    total: int


@dataclass(frozen=True, slots=True)
class _Flags:
    """The status of a request for a workspace's flags; `total` of them, None if Split didn't say."""

    workspace: str
    status_code: int
    total: int | None


async def check_key(connection: Connection, answers: Answers) -> SourceReport:
    """List the workspaces, and ask for the flags of the entered one, or of the only one.

    A 403 on the list doesn't mean that the key is wrong. Raises Failure: SOURCE with the status of a refusal,
    NOT_JSON for a page or another server's data, and what `Http.send` raises.
    """
    client = SplitClient(connection)
    answer = await client.workspaces()
    if answer.status_code not in (200, 403) or answer.is_page:
        raise client.refusal(answer)
    workspaces = _workspaces_in(answer, client) if answer.status_code == 200 else None
    workspace = _workspace_to_read(workspaces, answers)
    flags = await _read_flags(client, workspace) if workspace else None
    if workspaces is None and flags is not None and flags.status_code == 403:
        raise source_failure(
            f"Split accepts the Admin API key, but it can't list workspaces or read the flags of "
            f"{short(workspace)} (403).",
            "Its role doesn't allow this, or the key is limited to one environment.",
            status_code=403,
            field=KEY_FIELD,
        ).advised(broader_key("the workspace"))
    readable = flags if flags and flags.status_code == 200 else None
    report = SourceReport(
        text=_summary(workspaces, readable),
        on_key=tuple(_on_key(workspaces, flags, client.by_header)),
        project=workspace if readable else None,
        projects=(workspace,) if readable else (),
        flags=readable.total if readable else None,
        workspaces=workspaces.choices if workspaces else None,
        absent=workspace if flags and flags.status_code == 404 else None,
        by_header=client.by_header,
    )
    return replace(report, on_answers=compare(report, answers))


def compare(report: SourceReport, answers: Answers) -> tuple[Remark, ...]:
    """Compare the entered workspace with the workspaces that the key lists."""
    workspace = answered(answers, WORKSPACE_FIELD)
    choices = report.workspaces or ()
    ids = tuple(choice.value for choice in choices)
    if not workspace or workspace == report.project or workspace in ids:
        return ()
    if same_name := tuple(choice.value for choice in choices if choice.label.casefold() == workspace.casefold()):
        text = f"{short(workspace)} is the name of a workspace. LaunchDarkly needs its ID. Use {listed(same_name)}."
        return (Remark("problem", WORKSPACE_FIELD, text, same_name),)
    if workspace == report.absent:
        absent = no_workspace(workspace)
        return (Remark("problem", WORKSPACE_FIELD, str(absent), ids, absent.advice),)
    if report.workspaces is None:
        return ()
    text = (
        f"The key lists {count(len(ids), 'workspace')}, but not {short(workspace)}. Most likely this is the Harness "
        "project ID, or the key can't see this workspace. Pick one from the list."
    )
    return (Remark("warning", WORKSPACE_FIELD, text, ids),)


def _workspaces_in(answer: Response, client: SplitClient) -> _Workspaces:
    body, entries = client.listing(answer, "workspaces")
    plain = client.reader.plain
    names = {plain(entry.get("id")): plain(entry.get("name")) for entry in objects(entries)}
    choices = [Choice(key, name or key) for key, name in names.items() if key]
    return _Workspaces(tuple(choices), max(total(body, None) or 0, len(choices)))


def _workspace_to_read(workspaces: _Workspaces | None, answers: Answers) -> str:
    """The workspace whose flags show whether the key reads any: the entered one, else the only one there is."""
    workspace = answered(answers, WORKSPACE_FIELD)
    if workspaces is None:
        return workspace
    ids = [choice.value for choice in workspaces.choices]
    if not workspace and len(ids) == 1:
        return ids[0]
    names = {choice.label.casefold() for choice in workspaces.choices}
    return "" if workspace not in ids and workspace.casefold() in names else workspace


async def _read_flags(client: SplitClient, workspace: str) -> _Flags:
    answer = await client.get(f"{flags_path(workspace, 1)}&offset=0")
    if answer.is_page or answer.status_code not in (200, 403, 404):
        raise client.refusal(answer)
    return _Flags(workspace, answer.status_code, _total(client, answer) if answer.status_code == 200 else None)


def _total(client: SplitClient, answer: Response) -> int | None:
    body, entries = client.listing(answer, "flags")
    return total(body, None if entries else 0)


def _summary(workspaces: _Workspaces | None, flags: _Flags | None) -> str:
    """What follows "the key ..."; `flags` are those that it reads."""
    choices = workspaces.choices if workspaces else ()
    parts = []
    if flags:
        name = next((choice.label for choice in choices if choice.value == flags.workspace), flags.workspace)
        parts.append(f"reads workspace {short(name)}")
        if flags.total is not None:
            parts.append(count(flags.total, "flag"))
    if workspaces is None:
        parts.append("can't list workspaces" + ("" if flags else " (enter the ID on the next step)"))
    elif workspaces.total > 1 or not flags:
        parts.append(f"lists {count(workspaces.total, 'workspace')}")
    if workspaces and choices and not flags:
        parts[-1] += f": {listed([choice.label for choice in choices], workspaces.total)}"
    return ", ".join(parts)


def _on_key(workspaces: _Workspaces | None, flags: _Flags | None, by_header: str) -> Iterator[Remark]:
    if by_header == X_API_KEY:
        text = (
            "Split accepts this key only in the x-api-key header, like a Harness token. Can't tell whether "
            "LaunchDarkly sends it that way. A Split Admin API key is safer."
        )
        yield Remark("warning", KEY_FIELD, text)
    if workspaces is None and flags is None:
        text = (
            "Split accepts the key, but it can't list workspaces (403). The import doesn't need that list. Enter the "
            "workspace ID to check whether the key reads flags."
        )
        yield Remark("note", KEY_FIELD, text)
    if workspaces is not None and workspaces.total == 0:
        text = (
            "Split lists no workspaces for this key. Most likely a restriction hides them. Enter the ID on the next "
            "step."
        )
        yield Remark("warning", KEY_FIELD, text)
    ids = {choice.value for choice in workspaces.choices} if workspaces else set()
    # A 404 may mean no access as well. For a workspace that is not listed the id is the likelier mistake.
    if flags and flags.status_code in (403, 404) and flags.workspace in ids:
        text = (
            f"The key lists workspaces but can't read the flags of {short(flags.workspace)} ({flags.status_code}). Its "
            "role doesn't allow this, or the key is limited to one environment. Use a key that can view the flags."
        )
        yield Remark("problem", KEY_FIELD, text)
    if flags and flags.total == 0:
        text = (
            f"The key reads 0 flags in {short(flags.workspace)}. The workspace is empty, or it's not the one you want."
        )
        yield Remark("warning", KEY_FIELD, text)


# --- what it can list


async def discover(
    connection: Connection, field: str, answers: Answers, helper: SecretStr | None = None
) -> tuple[Choice, ...]:
    """Return the choices for workspace, environment, or tag. Split has no `helper`.

    Raises Failure, SOURCE with 403 or 404 if the key may not list it.
    """
    return by_label(await _LISTS[field](SplitClient(connection), answered(answers, WORKSPACE_FIELD)))


async def count_flags(connection: Connection, answers: Answers) -> int | None:
    """Count the flags of the workspace with the tag, or all of them without one; by one request."""
    client, workspace = SplitClient(connection), answered(answers, WORKSPACE_FIELD)
    answer = await client.get(f"{flags_path(workspace, 1, answered(answers, TAG_FIELD))}&offset=0")
    if not is_list(answer):
        raise await client.denial(answer, flag_denials(workspace))
    return _total(client, answer)


async def _workspaces(client: SplitClient, workspace: str) -> list[Choice]:
    answer = await client.workspaces()
    if not is_list(answer):
        forbidden = not_allowed("the list of workspaces", _TYPE_THE_ID, WORKSPACE_FIELD)
        raise await client.denial(answer, {403: forbidden})
    return list(_workspaces_in(answer, client).choices)


async def _environments(client: SplitClient, workspace: str) -> list[Choice]:
    answer = await client.get(f"/environments/ws/{in_path(workspace)}")
    if not is_list(answer):
        forbidden = not_allowed(f"the environments of {short(workspace)}", _TYPE_THE_ID, ENVIRONMENT_FIELD)
        raise await client.denial(answer, {403: forbidden, 404: no_workspace(workspace)})
    body = client.reader.json(answer)
    if not isinstance(body, list):
        raise client.not_a_list(answer, "environments")
    plain = client.reader.plain
    return [
        Choice(key, plain(entry.get("name")) or key, "production" if entry.get("production") is True else "")
        for entry in objects(body)
        if (key := plain(entry.get("id")))
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
