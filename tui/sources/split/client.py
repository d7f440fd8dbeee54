"""Split's Admin API for one key: the header it accepts, pages of lists, and refusals in words.

Facts come from Split's documentation; none was measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable, Mapping
from urllib.parse import quote

from pydantic import SecretStr

from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.events import Sink
from tui.net.messages import Request, Response
from tui.net.pages import ListPage, ListProgress, read_all
from tui.sources.base import Connection, request_refused, server_error, source_failure
from tui.sources.lenient import Object, Reader, number, text
from tui.text.phrases import location, quoted, short

NAME = "Split"
KEY_FIELD = "workspaceApiKey"
WORKSPACE_FIELD = "workspaceId"
ENVIRONMENT_FIELD = "environmentId"
TAG_FIELD = "splitTag"
DEFAULT_ADDRESS = "https://api.split.io/internal/api/v2"
"""Documented by Split; it stays after the move to Harness."""

X_API_KEY = "x-api-key"
_BEARER = "Authorization"
_WORKSPACES = "/workspaces?offset=0&limit=1000"  # as many as one page may hold
_PAGE_SIZE = 50  # as many flags or definitions as Split gives at once
_PLACE = "place"
_MOST = 10**9  # a greater total is a server's mistake
_KNOWN = frozenset({403, 404})  # statuses that a key gets which Split knows
_KNOWN_FOR_WORKSPACES = frozenset({403})  # a viewer's key may not list them

_WRONG_ADDRESS = "Most likely the address of Split's Admin API is wrong."
_USUAL_ADDRESS = Advice(Remedy.USUAL_ADDRESS, DEFAULT_ADDRESS, Safe.NOTHING_CREATED)
_COPY_KEY = Advice(Remedy.COPY_KEY, "the whole Admin API key", Safe.NOTHING_CREATED)

Denials = Mapping[int, Failure]
"""The failures for statuses that mean something of their own at one path."""


class SplitClient:
    """The key goes as Bearer, and as `x-api-key` if only that is accepted: Harness' own clients send its tokens so.
    The first request finds out which; the others wait for it."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self._address = connection, connection.address.rstrip("/")
        self.reader = Reader(connection.key, connection.http.redactor)
        self.by_header = _BEARER
        self._opened = False
        self._first = asyncio.Lock()

    async def get(self, path: str, sink: Sink | None = None, *, known: frozenset[int] = _KNOWN) -> Response:
        """Return the answer, whatever its status. After a 401 the other header's answer counts only if it shows more:
        a success, a failure of the server, or one of the statuses of a `known` key."""
        if not self._opened:
            async with self._first:
                if not self._opened:
                    return await self._open(path, sink, known)
        return await self._send(path, sink, self.by_header)

    async def _open(self, path: str, sink: Sink | None, known: frozenset[int]) -> Response:
        answer, self.by_header = await self._send(path, sink, _BEARER), _BEARER
        if answer.status_code == 401 and not answer.is_page:
            other = await self._send(path, sink, X_API_KEY)
            if other.status_code in known or not 400 <= other.status_code < 500:
                answer, self.by_header = other, X_API_KEY
        self._opened = answer.status_code < 400 or answer.status_code in known
        return answer

    async def workspaces(self) -> Response:
        """Return the answer to the list of workspaces, whatever its status."""
        return await self.get(_WORKSPACES, known=_KNOWN_FOR_WORKSPACES)

    async def _send(self, path: str, sink: Sink | None, header: str) -> Response:
        key = self.connection.key
        secret = key if header == X_API_KEY else SecretStr(f"Bearer {key.get_secret_value()}")
        request = Request("GET", self._address + path, {header: secret, "Accept": "application/json"})
        try:
            return await self.connection.http.send(request, peer=NAME, sink=sink or self.connection.sink)
        except Failure as failure:
            if failure.kind is Kind.CREDENTIAL and failure.field is None:
                raise failure.replaced(field=KEY_FIELD) from None
            raise

    def flags(self, workspace: str, tag: str = "") -> AsyncGenerator[ListProgress[Object], None]:
        """Read a workspace's flags, or those with `tag`."""
        return self._entries(flags_path(workspace, _PAGE_SIZE, tag), "flags", flag_denials(workspace))

    def definitions(self, workspace: str, environment: str) -> AsyncGenerator[ListProgress[Object], None]:
        """Read the definitions of a workspace's flags in one environment."""
        path = f"/splits/ws/{in_path(workspace)}/environments/{in_path(environment)}?limit={_PAGE_SIZE}"
        denials = {
            403: not_allowed(f"the definitions in {short(environment)}", broader_key("this environment")),
            404: _not_found(
                f"environment {short(environment)} in this workspace",
                "Most likely the name is spelled differently, or the ID belongs to another workspace.",
                "the environment",
                ENVIRONMENT_FIELD,
            ),
        }
        return self._entries(path, "definitions", denials)

    def _entries(self, path: str, what: str, denials: Denials) -> AsyncGenerator[ListProgress[Object], None]:
        """Read every entry of a list, page by page; `path` lacks the offset, and `what` names the entries. An entry
        without a name comes as an empty object that knows its place alone."""

        async def fetch(offset: int, sink: Sink) -> ListPage[Object]:
            answer = await self.get(f"{path}&offset={offset}", sink)
            if not is_list(answer):
                raise await self.denial(answer, denials)
            body, entries = self.listing(answer, what)
            items = (
                entry if isinstance(entry, dict) and has_name(entry) else {_PLACE: offset + at}
                for at, entry in enumerate(entries)
            )
            return ListPage(tuple(items), total(body, None))

        http, sink, name = self.connection.http, self.connection.sink, f"Split's list of {what}"
        return read_all(http, fetch, identity, what=name, size=_PAGE_SIZE, named=has_name, sink=sink)

    def listing(self, answer: Response, what: str) -> tuple[Object, list[object]]:
        """Return a page of a list: the object around it and its `objects`."""
        body = self.reader.json(answer)
        entries = body.get("objects") if isinstance(body, dict) else None
        if isinstance(body, dict) and isinstance(entries, list):
            return body, entries
        raise self.not_a_list(answer, what)

    async def denial(self, answer: Response, denials: Denials) -> Failure:
        """Return the failure for an answer that is no list. A 404 is only about a workspace if Split's API is there."""
        if answer.is_page or (answer.status_code == 404 and await self._is_elsewhere(answer)):
            return self.refusal(answer)
        return denials.get(answer.status_code) or self.refusal(answer)

    async def _is_elsewhere(self, answer: Response) -> bool:
        """Whether the Admin API isn't at this address, so that even the list of workspaces is missing.

        Split's own errors are objects with a `code`: after one of those the address is right.
        """
        if self.reader.has_member(answer, "code"):
            return False
        try:
            workspaces = await self.workspaces()
        except Failure:
            return False
        return workspaces.is_page or (workspaces.status_code == 404 and not self.reader.has_member(workspaces, "code"))

    def not_a_list(self, answer: Response, what: str) -> Failure:
        """Return the failure for data of another program."""
        return self._elsewhere(answer, f"data, but not with Split's list of {what}", _WRONG_ADDRESS)

    def _elsewhere(self, answer: Response, content: str, why: str) -> Failure:
        what = f"{location(self._address)} responded with {content}."
        failure = source_failure(what, why, kind=Kind.NOT_JSON, status_code=answer.status_code, at_address=True)
        return failure.advised(_USUAL_ADDRESS)

    def refusal(self, answer: Response) -> Failure:
        """Return the failure for an answer whose status means the same at every path."""
        status_code, message = answer.status_code, self.reader.message(answer)
        if status_code < 300 and not answer.is_page:
            return answer.not_json("workspaces or flags")
        if status_code >= 500:
            return server_error(NAME, status_code, message)
        if answer.is_page:
            content = f"a web page ({status_code}), not with workspaces or flags"
            return self._elsewhere(
                answer, content, "Most likely a proxy responded instead of Split, or the address is wrong."
            )
        if status_code == 401:
            why = (
                "It is mistyped, deleted, or an SDK key, which doesn't work with the Admin API. A project created in "
                "Harness needs a Harness token."
            )
            what = f"Split rejected the Admin API key (401){quoted(message)}"
            return source_failure(what, why, status_code=401, field=KEY_FIELD).advised(_COPY_KEY)
        failure = request_refused(NAME, status_code, message)
        if status_code == 400 and not message and not self._opened:
            why = "Most likely the Admin API key was cut off or changed when it was copied."
            return failure.advised(_COPY_KEY, field=KEY_FIELD, why=why)
        if status_code == 404:
            return failure.advised(_USUAL_ADDRESS, why=_WRONG_ADDRESS, at_address=True)
        return failure


# --- addresses and entries


def in_path(value: str) -> str:
    """Quote `value` as one part of a path, or as a value of a query."""
    return quote(value, safe="", errors="replace")


def flags_path(workspace: str, limit: int, tag: str = "") -> str:
    """Return the path of a workspace's flags, or of those with `tag`, without an offset."""
    return f"/splits/ws/{in_path(workspace)}?limit={limit}{f'&tag={in_path(tag)}' if tag else ''}"


def is_list(answer: Response) -> bool:
    """Whether the answer may be a list."""
    return answer.status_code == 200 and not answer.is_page


def identity(entry: Object) -> Hashable:
    """Return what tells one entry of a list from the next: a definition has no id, and an entry may have no name."""
    place_in_list = None if has_name(entry) else entry.get(_PLACE)
    return text(entry.get("id")), text(entry.get("name")), number(entry.get("creationTime")), place_in_list


def has_name(entry: Object) -> bool:
    """Whether an entry of a list has a name, so that it can be told apart from others wherever it is."""
    return bool(text(entry.get("name")))


def total(body: Object, otherwise: int | None) -> int | None:
    """Return `totalCount`, if it is a number, or a string of one."""
    value = body.get("totalCount")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return otherwise
    return value if 0 <= value < _MOST else otherwise


# --- refusals of one path


def flag_denials(workspace: str) -> Denials:
    """Return what 403 and 404 mean for a workspace's flags."""
    forbidden = not_allowed(f"the flags of {short(workspace)}", broader_key("the workspace"))
    return {403: forbidden, 404: no_workspace(workspace)}


def no_workspace(id: str) -> Failure:
    """Return the failure for a workspace that doesn't exist or that the key can't see."""
    why = "Most likely this is the Harness project ID."
    return _not_found(f"workspace {short(id)}", why, "the workspace", WORKSPACE_FIELD)


def _not_found(what: str, why: str, pick: str, field: str) -> Failure:
    what = f"Split has no {what}, or this key can't see it (404). Split doesn't say which."
    return source_failure(what, why, Remedy.PICK, pick, status_code=404, field=field)


def not_allowed(what: str, advice: Advice, field: str = KEY_FIELD) -> Failure:
    """Return the failure for a 403: Split accepts the key, but its role doesn't allow reading `what`."""
    what = f"Split accepts the Admin API key, but it can't read {what} (403)."
    failure = source_failure(what, "Its role doesn't allow this.", status_code=403, field=field)
    return failure.advised(advice)


def broader_key(scope: str) -> Advice:
    """Return the advice for a key that can't view the flags of `scope`."""
    return Advice(Remedy.USE, f"a key that can view the flags of {scope}", Safe.NOTHING_CREATED)
