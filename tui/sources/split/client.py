"""Split's Admin API as one key opens it: the header that it takes, pages of lists, and refusals in words.

Facts come from its documentation; none was measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.events import Sink
from tui.net.messages import Answer, Request
from tui.net.pages import Fetch, Part
from tui.sources.base import Choice
from tui.sources.foreign import Foreign, failed, place, refused_request, said, short
from tui.sources.shapes import Object, number, objects, text

NAME: str = "Split"
KEY_FIELD: str = "workspaceApiKey"
WORKSPACE_FIELD = "workspaceId"
ENVIRONMENT_FIELD = "environmentId"
TAG_FIELD = "splitTag"
DEFAULT_ADDRESS: str = "https://api.split.io/internal/api/v2"
"""Documented by Split; it stays after the move to Harness."""

BEARER = "Authorization"
X_API_KEY = "x-api-key"
WORKSPACES = "/workspaces?offset=0&limit=1000"
"""As many as one page may hold."""
LISTS_OR_NOT = frozenset({403})
"""Statuses that a known key gets for workspaces: a viewer's may not list them."""
PAGE = 50
"""As many flags or definitions as Split gives at once."""

_WRONG_ADDRESS = "Most likely the address of Split's Admin API is wrong."
_USUAL_ADDRESS = Advice(Remedy.USUAL_ADDRESS, DEFAULT_ADDRESS, Safe.NOTHING_CREATED)
_MALFORMED_KEY = "Most likely the Admin API key is cut short, or was changed while it was copied."
_COPY_KEY = Advice(Remedy.COPY_KEY, "an Admin API key whole", Safe.NOTHING_CREATED)
_MOST = 10**9  # a greater total is a server's mistake
_KNOWN = frozenset({403, 404})  # statuses that a key gets which Split knows


@dataclass(frozen=True, slots=True)
class Workspaces:
    """Those that a key lists, of `total` that there are."""

    choices: tuple[Choice, ...]
    total: int


class Door:
    """Where to ask and with what. The key goes as Bearer, and as `x-api-key` where only that is taken: Harness'
    own clients send its tokens so. Which it is the first request finds out; the others wait for it."""

    def __init__(self, http: Http, address: str, key: SecretStr, sink: Sink) -> None:
        self.http, self.address, self.sink = http, address.rstrip("/"), sink
        self.foreign = Foreign(key, http.redactor)
        self.by_header = BEARER
        self._key = key
        self._opened = False
        self._first = asyncio.Lock()

    async def get(self, path: str, sink: Sink | None = None, *, known: frozenset[int] = _KNOWN) -> Answer:
        """The answer, whatever its status. After a 401 the other header's answer counts only where it tells more:
        a success, a failure of the server, or one of the statuses of a `known` key."""
        if not self._opened:
            async with self._first:
                if not self._opened:
                    return await self._try(path, sink, known)
        return await self._sent(path, sink, self.by_header)

    async def _try(self, path: str, sink: Sink | None, known: frozenset[int]) -> Answer:
        answer, self.by_header = await self._sent(path, sink, BEARER), BEARER
        if answer.status_code == 401 and not answer.is_page:
            other = await self._sent(path, sink, X_API_KEY)
            if other.status_code in known or not 400 <= other.status_code < 500:
                answer, self.by_header = other, X_API_KEY
        self._opened = answer.status_code < 400 or answer.status_code in known
        return answer

    async def _sent(self, path: str, sink: Sink | None, header: str) -> Answer:
        secret = self._key if header == X_API_KEY else SecretStr(f"Bearer {self._key.get_secret_value()}")
        headers: dict[str, SecretStr | str] = {header: secret, "Accept": "application/json"}
        request = Request("GET", self.address + path, headers)
        try:
            return await self.http.send(request, peer=NAME, sink=sink or self.sink)
        except Failure as failure:
            if failure.kind is Kind.CREDENTIAL and failure.field is None:
                raise failure.replaced(field=KEY_FIELD) from None
            raise

    def pages(self, path: str, what: str, denied: Callable[[int], Failure | None]) -> Fetch[Object]:
        """Fetches one page of a list; `path` lacks the offset. `denied` makes the failure of a status that means
        something of its own here. An entry without a name comes as an empty object that knows its place alone."""

        async def fetch(offset: int, told: Sink) -> Part[Object]:
            answer = await self.get(f"{path}&offset={offset}", told)
            if answer.status_code != 200 or answer.is_page:
                raise await self.denial(answer, denied)
            body, found = self.listing(answer, what)
            items = (_named(item, offset + at) for at, item in enumerate(found))
            return Part(tuple(items), total(body, None))

        return fetch

    async def denial(self, answer: Answer, denied: Callable[[int], Failure | None]) -> Failure:
        """The failure for an answer that is no list. A 404 is only about a workspace if Split's API is there."""
        nowhere = answer.status_code == 404 and not answer.is_page and await self._is_nowhere(answer)
        return (None if answer.is_page or nowhere else denied(answer.status_code)) or self.refusal(answer)

    async def _is_nowhere(self, answer: Answer) -> bool:
        """Whether there is no Admin API at the address, so that even the list of workspaces isn't there.

        Split's own errors are objects with a `code`: after one of those nobody doubts the address.
        """
        if self.foreign.has_member(answer, "code"):
            return False
        try:
            workspaces = await self.get(WORKSPACES, known=LISTS_OR_NOT)
        except Failure:
            return False
        absent = workspaces.status_code == 404 and not self.foreign.has_member(workspaces, "code")
        return absent or workspaces.is_page

    def listing(self, answer: Answer, what: str) -> tuple[dict[str, object], list[object]]:
        """A page of a list: the object around it and its `objects`."""
        body = self.foreign.json(answer)
        found = body.get("objects") if isinstance(body, dict) else None
        if isinstance(body, dict) and isinstance(found, list):
            return body, found
        raise self.not_a_list(answer, what)

    def not_a_list(self, answer: Answer, what: str) -> Failure:
        """The failure for data that are of another program."""
        return Failure(
            Kind.NOT_JSON,
            f"{place(self.address)} answers with data, but not with Split's list of {what}.",
            _WRONG_ADDRESS,
            status_code=answer.status_code,
            at_address=True,
        ).advised(_USUAL_ADDRESS)

    def refusal(self, answer: Answer) -> Failure:
        """The failure for an answer whose status means the same everywhere."""
        status_code, message = answer.status_code, self.foreign.message(answer)
        if status_code < 300 and not answer.is_page:
            return answer.not_json("workspaces or flags")
        if status_code >= 500:
            return failed(NAME, status_code, message)
        if answer.is_page:
            return Failure(
                Kind.NOT_JSON,
                f"{place(self.address)} answers with a web page ({status_code}), not with workspaces or flags.",
                "Most likely a proxy answers in Split's place, or the address is wrong.",
                status_code=status_code,
                at_address=True,
            ).advised(_USUAL_ADDRESS)
        if status_code == 401:
            return Failure(
                Kind.SOURCE,
                f"Split refused the Admin API key (401){said(message)}",
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


def in_path(value: str) -> str:
    """`value` as one part of a path, or as a value of a query."""
    return quote(value, safe="", errors="replace")


def flags_path(workspace: str, limit: int, tag: str = "") -> str:
    """The list of a workspace's flags, or of those with `tag`, without an offset."""
    return f"/splits/ws/{in_path(workspace)}?limit={limit}{f'&tag={in_path(tag)}' if tag else ''}"


def workspace(answers: Mapping[str, str]) -> str:
    """The workspace that was typed or picked."""
    return answers.get(WORKSPACE_FIELD, "").strip()


def workspaces_in(answer: Answer, door: Door) -> Workspaces:
    """The workspaces that a page lists, and how many there are."""
    body, found = door.listing(answer, "workspaces")
    choices = {}
    for item in objects(found):
        if value := door.foreign.plain(item.get("id")):
            choices[value] = Choice(value, door.foreign.plain(item.get("name")) or value)
    of_all = total(body, len(choices)) or 0
    return Workspaces(tuple(choices.values()), max(of_all, len(choices)))


def identity(item: Object) -> Hashable:
    """What tells one entry of a list from the next: a definition has no id, and an entry may have no name."""
    place_in_list = None if has_name(item) else item.get(_PLACE)
    return text(item.get("id")), text(item.get("name")), number(item.get("creationTime")), place_in_list


def has_name(item: Object) -> bool:
    """Whether an entry of a list has a name, so that it can be told apart from others wherever it is."""
    return bool(text(item.get("name")))


def total(body: Mapping[str, object], otherwise: int | None) -> int | None:
    """`totalCount`, where it is a number, or a string of one."""
    told = body.get("totalCount")
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 10:
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int):
        return otherwise
    return told if 0 <= told < _MOST else otherwise


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
    """As `no_workspace`, where the workspace's flags could be read."""
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


def broader_key(of: str) -> Advice:
    """What helps where a key may not view the flags `of` something."""
    return Advice(Remedy.USE, f"a key that may view the flags of {of}", Safe.NOTHING_CREATED)


_PLACE = "place"


def _named(item: object, place_in_list: int) -> Object:
    if isinstance(item, dict) and text(item.get("name")):
        return item
    return {_PLACE: place_in_list}
