"""What Split can list for the fields of the form: workspaces, environments, tags with how often they are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Advice, Failure, Remedy
from tui.net.events import Sink, ignore
from tui.net.pages import read_all
from tui.sources.base import Choice
from tui.sources.foreign import count, short
from tui.sources.shapes import objects
from tui.sources.split.client import (
    ENVIRONMENT_FIELD,
    LISTS_OR_NOT,
    PAGE,
    TAG_FIELD,
    WORKSPACE_FIELD,
    WORKSPACES,
    Door,
    broader_key,
    flags_path,
    has_name,
    identity,
    in_path,
    no_workspace,
    not_allowed,
    total,
    workspace,
    workspaces_in,
)

_TYPE_THE_ID = Advice(Remedy.TYPE_ID)


async def discover(
    http: Http,
    address: str,
    key: SecretStr,
    field: str,
    *,
    answers: Mapping[str, str],
    helper: SecretStr | None = None,
    sink: Sink = ignore,
) -> tuple[Choice, ...]:
    """The choices for one of `DISCOVERS`; tags stand with the flags, so that all flags are read for them.

    Split has no `helper`. Raises Failure, SOURCE with 403 or 404 where the key may not list it.
    """
    choices = await _FINDERS[field](Door(http, address, key, sink), workspace(answers))
    return tuple(sorted(choices, key=lambda choice: (choice.label.casefold(), choice.value)))


async def count_flags(
    http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
) -> int | None:
    """How many flags of the workspace have the tag, or how many there are without one; by one request."""
    door, of = Door(http, address, key, sink), workspace(answers)
    answer = await door.get(f"{flags_path(of, 1, answers.get(TAG_FIELD, '').strip())}&offset=0")
    if answer.status_code != 200 or answer.is_page:
        raise await door.denial(answer, flags_denied(of))
    body, found = door.listing(answer, "flags")
    return total(body, None if found else 0)


def flags_denied(id: str) -> Callable[[int], Failure | None]:
    """What 403 and 404 mean for a workspace's flags."""

    def denied(status_code: int) -> Failure | None:
        if status_code == 404:
            return no_workspace(id)
        if status_code != 403:
            return None
        return not_allowed(f"the flags of {short(id)}", broader_key("the workspace"))

    return denied


async def _workspaces(door: Door, id: str) -> list[Choice]:
    answer = await door.get(WORKSPACES, known=LISTS_OR_NOT)
    if answer.status_code != 200 or answer.is_page:
        denied = not_allowed("the list of workspaces", _TYPE_THE_ID, WORKSPACE_FIELD)
        raise await door.denial(answer, {403: denied}.get)
    return list(workspaces_in(answer, door).choices)


async def _environments(door: Door, id: str) -> list[Choice]:
    answer = await door.get(f"/environments/ws/{in_path(id)}")
    if answer.status_code != 200 or answer.is_page:
        denied = not_allowed(f"the environments of {short(id)}", _TYPE_THE_ID, ENVIRONMENT_FIELD)
        raise await door.denial(answer, {403: denied, 404: no_workspace(id)}.get)
    body = door.foreign.json(answer)
    if not isinstance(body, list):
        raise door.not_a_list(answer, "environments")
    plain = door.foreign.plain
    return [
        Choice(value, plain(one.get("name")) or value, "production" if one.get("production") is True else "")
        for one in objects(body)
        if (value := plain(one.get("id")))
    ]


async def _tags(door: Door, id: str) -> list[Choice]:
    fetch = door.pages(flags_path(id, PAGE), "flags", flags_denied(id))
    by_flag: dict[object, tuple[str, ...]] = {}
    pages = read_all(
        door.http, fetch, identity, what="Split's list of flags", size=PAGE, named=has_name, sink=door.sink
    )
    async with aclosing(pages) as progresses:
        async for page in progresses:
            for flag in page.fresh:
                names = (door.foreign.plain(tag.get("name")) for tag in objects(flag.get("tags")))
                by_flag[identity(flag)] = tuple(dict.fromkeys(name for name in names if name))
            for gone in page.gone:
                by_flag.pop(gone, None)
    used = Counter(tag for tags in by_flag.values() for tag in tags)
    return [Choice(tag, tag, count(times, "flag")) for tag, times in used.items()]


_FINDERS: Mapping[str, Callable[[Door, str], Awaitable[list[Choice]]]] = {
    WORKSPACE_FIELD: _workspaces,
    ENVIRONMENT_FIELD: _environments,
    TAG_FIELD: _tags,
}
DISCOVERS: frozenset[str] = frozenset(_FINDERS)
