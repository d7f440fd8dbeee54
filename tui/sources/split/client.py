"""Split's Admin API as one key opens it: the header it accepts, pages of lists, and refusals in words.

Facts come from Split's documentation; none was measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping
from urllib.parse import quote

from pydantic import SecretStr

from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.events import Sink
from tui.net.messages import Request, Response
from tui.net.pages import ListPage, ListProgress, read_all
from tui.sources.base import Answers, Connection, failed, refused_request
from tui.sources.lenient import Object, Reader, number, text
from tui.sources.phrases import location, quoted, short

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
_PAGE = 50  # as many flags or definitions as Split gives at once
_PLACE = "place"
_MOST = 10**9  # a greater total is a server's mistake
_KNOWN = frozenset({403, 404})  # statuses that a key gets which Split knows
_KNOWN_FOR_WORKSPACES = frozenset({403})  # a viewer's key may not list them

_WRONG_ADDRESS = "Most likely the address of Split's Admin API is wrong."
_USUAL_ADDRESS = Advice(Remedy.USUAL_ADDRESS, DEFAULT_ADDRESS, Safe.NOTHING_CREATED)
_MALFORMED_KEY = "Most likely the Admin API key is cut short, or was changed while it was copied."
_COPY_KEY = Advice(Remedy.COPY_KEY, "an Admin API key whole", Safe.NOTHING_CREATED)

Denied = Callable[[int], Failure | None]
"""The failure for a status that means something of its own at one path; None for any other status."""


class SplitClient:
    """The key goes as Bearer, and as `x-api-key` if only that is accepted: Harness' own clients send its tokens so.
    The first request finds out which; the others wait for it."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._address = connection, connection.address.rstrip("/")
        self.reader = Reader(connection.key, connection.http.redactor)
        self.by_header = _BEARER
        self._opened = False
        self._first = asyncio.Lock()

    async def get(self, path: str, sink: Sink | None = None, *, known: frozenset[int] = _KNOWN) -> Response:
        """The answer, whatever its status. After a 401 the other header's answer counts only if it tells more:
        a success, a failure of the server, or one of the statuses of a `known` key."""
        if not self._opened:
            async with self._first:
                if not self._opened:
                    return await self._try(path, sink, known)
        return await self._send(path, sink, self.by_header)

    async def workspaces(self) -> Response:
        """The answer to the list of workspaces, whatever its status."""
        return await self.get(_WORKSPACES, known=_KNOWN_FOR_WORKSPACES)

    async def _try(self, path: str, sink: Sink | None, known: frozenset[int]) -> Response:
        answer, self.by_header = await self._send(path, sink, _BEARER), _BEARER
        if answer.status_code == 401 and not answer.is_page:
            other = await self._send(path, sink, X_API_KEY)
            if other.status_code in known or not 400 <= other.status_code < 500:
                answer, self.by_header = other, X_API_KEY
        self._opened = answer.status_code < 400 or answer.status_code in known
        return answer

    async def _send(self, path: str, sink: Sink | None, header: str) -> Response:
        key = self._connection.key
        secret = key if header == X_API_KEY else SecretStr(f"Bearer {key.get_secret_value()}")
        request = Request("GET", self._address + path, {header: secret, "Accept": "application/json"})
        try:
            return await self._connection.http.send(request, peer=NAME, sink=sink or self._connection.sink)
        except Failure as failure:
            if failure.kind is Kind.CREDENTIAL and failure.field is None:
                raise failure.replaced(field=KEY_FIELD) from None
            raise

    def pages(self, path: str, what: str, denied: Denied) -> AsyncGenerator[ListProgress[Object], None]:
        """Every entry of a list, page by page; `path` lacks limit and offset, and `what` names the entries. An entry
        without a name comes as an empty object that knows its place alone."""

        async def fetch(offset: int, sink: Sink) -> ListPage[Object]:
            answer = await self.get(f"{path}&offset={offset}", sink)
            if answer.status_code != 200 or answer.is_page:
                raise await self.denial(answer, denied)
            body, entries = self.listing(answer, what)
            items = (
                entry if isinstance(entry, dict) and has_name(entry) else {_PLACE: offset + at}
                for at, entry in enumerate(entries)
            )
            return ListPage(tuple(items), total(body, None))

        connection, name = self._connection, f"Split's list of {what}"
        return read_all(connection.http, fetch, identity, what=name, size=_PAGE, named=has_name, sink=connection.sink)

    def flags(self, workspace: str, tag: str = "") -> AsyncGenerator[ListProgress[Object], None]:
        """A workspace's flags, or those with `tag`."""
        return self.pages(flags_path(workspace, _PAGE, tag), "flags", flags_denied(workspace))

    def definitions(self, workspace: str, environment: str) -> AsyncGenerator[ListProgress[Object], None]:
        """The definitions of a workspace's flags in one environment."""
        path = f"/splits/ws/{in_path(workspace)}/environments/{in_path(environment)}?limit={_PAGE}"
        forbidden = not_allowed(f"the definitions in {short(environment)}", broader_key("this environment"))
        return self.pages(path, "definitions", {403: forbidden, 404: no_environment(environment)}.get)

    async def denial(self, answer: Response, denied: Denied) -> Failure:
        """The failure for an answer that is no list. A 404 is only about a workspace if Split's API is there."""
        elsewhere = answer.status_code == 404 and not answer.is_page and await self._is_elsewhere(answer)
        return (None if answer.is_page or elsewhere else denied(answer.status_code)) or self.refusal(answer)

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
        absent = workspaces.status_code == 404 and not self.reader.has_member(workspaces, "code")
        return absent or workspaces.is_page

    def listing(self, answer: Response, what: str) -> tuple[Object, list[object]]:
        """A page of a list: the object around it and its `objects`."""
        body = self.reader.json(answer)
        entries = body.get("objects") if isinstance(body, dict) else None
        if isinstance(body, dict) and isinstance(entries, list):
            return body, entries
        raise self.not_a_list(answer, what)

    def not_a_list(self, answer: Response, what: str) -> Failure:
        """The failure for data of another program."""
        return Failure(
            Kind.NOT_JSON,
            f"{location(self._address)} answers with data, but not with Split's list of {what}.",
            _WRONG_ADDRESS,
            status_code=answer.status_code,
            at_address=True,
        ).advised(_USUAL_ADDRESS)

    def refusal(self, answer: Response) -> Failure:
        """The failure for an answer whose status means the same at every path."""
        status_code, message = answer.status_code, self.reader.message(answer)
        if status_code < 300 and not answer.is_page:
            return answer.not_json("workspaces or flags")
        if status_code >= 500:
            return failed(NAME, status_code, message)
        if answer.is_page:
            return Failure(
                Kind.NOT_JSON,
                f"{location(self._address)} answers with a web page ({status_code}), not with workspaces or flags.",
                "Most likely a proxy answers in Split's place, or the address is wrong.",
                status_code=status_code,
                at_address=True,
            ).advised(_USUAL_ADDRESS)
        if status_code == 401:
            return Failure(
                Kind.SOURCE,
                f"Split refused the Admin API key (401){quoted(message)}",
                "It is mistyped or was deleted, or it is an SDK key, which does not open the Admin API. An old Admin "
                "API key of Split also doesn't open a project that was created in Harness: that needs a Harness token.",
                status_code=401,
                field=KEY_FIELD,
            ).advised(_COPY_KEY)
        failure = refused_request(NAME, status_code, message, None)
        if status_code == 400 and not message and not self._opened:
            return failure.advised(_COPY_KEY, field=KEY_FIELD, why=_MALFORMED_KEY)
        if status_code != 404:
            return failure
        return failure.advised(_USUAL_ADDRESS, why=_WRONG_ADDRESS, at_address=True)


# --- addresses and answers


def in_path(value: str) -> str:
    """`value` as one part of a path, or as a value of a query."""
    return quote(value, safe="", errors="replace")


def flags_path(workspace: str, limit: int, tag: str = "") -> str:
    """The list of a workspace's flags, or of those with `tag`, without an offset."""
    return f"/splits/ws/{in_path(workspace)}?limit={limit}{f'&tag={in_path(tag)}' if tag else ''}"


def answered(answers: Answers, field: str) -> str:
    """The answer for `field`, "" without one."""
    return answers.get(field, "").strip()


# --- entries of lists


def identity(entry: Object) -> Hashable:
    """What tells one entry of a list from the next: a definition has no id, and an entry may have no name."""
    place_in_list = None if has_name(entry) else entry.get(_PLACE)
    return text(entry.get("id")), text(entry.get("name")), number(entry.get("creationTime")), place_in_list


def has_name(entry: Object) -> bool:
    """Whether an entry of a list has a name, so that it can be told apart from others wherever it is."""
    return bool(text(entry.get("name")))


def total(body: Mapping[str, object], otherwise: int | None) -> int | None:
    """`totalCount`, if it is a number, or a string of one."""
    value = body.get("totalCount")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return otherwise
    return value if 0 <= value < _MOST else otherwise


# --- refusals of one path


def flags_denied(workspace: str) -> Denied:
    """What 403 and 404 mean for a workspace's flags."""
    forbidden = not_allowed(f"the flags of {short(workspace)}", broader_key("the workspace"))
    return {403: forbidden, 404: no_workspace(workspace)}.get


def no_workspace(id: str) -> Failure:
    """Split answers 404 for what does not exist and for what a key may not see."""
    return Failure(
        Kind.SOURCE,
        f"Split has no workspace {short(id)}, or this key may not see it (404); Split does not say which.",
        "Most likely this is the Harness project id.",
        Remedy.PICK,
        about="the workspace",
        safe=Safe.NOTHING_CREATED,
        status_code=404,
        field=WORKSPACE_FIELD,
    )


def no_environment(id: str) -> Failure:
    """As `no_workspace`, if the workspace's flags could be read."""
    return Failure(
        Kind.SOURCE,
        f"Split has no environment {short(id)} in this workspace, or this key may not see it (404); Split does not "
        "say which.",
        "Most likely it is a name written differently, or the id of another workspace's environment.",
        Remedy.PICK,
        about="the environment",
        safe=Safe.NOTHING_CREATED,
        status_code=404,
        field=ENVIRONMENT_FIELD,
    )


def not_allowed(what: str, advice: Advice, field: str = KEY_FIELD) -> Failure:
    """A 403: the key is known, its role does not cover `what`."""
    return Failure(
        Kind.SOURCE,
        f"Split knows the Admin API key, but does not let it read {what} (403).",
        "Its role does not cover that.",
        status_code=403,
        field=field,
    ).advised(advice)


def broader_key(scope: str) -> Advice:
    """What helps if a key may not view the flags of `scope`."""
    return Advice(Remedy.USE, f"a key that may view the flags of {scope}", Safe.NOTHING_CREATED)
