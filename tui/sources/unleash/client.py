"""Unleash's client API for an SDK key, its admin API for a read-only token, and refusals in words.

Facts were measured on real servers of version 4.19, 5.12, 6.10, 7.5 and 8.2. `query` in the response shows the
key's true scope; `project` and `environment` in the request change nothing for a key of named projects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.messages import Request, RequestLimits, Response
from tui.sources.base import Answers, Connection, answered, request_refused, server_error, source_failure
from tui.sources.lenient import Object, Reader, elements, members, text
from tui.text.phrases import location, quoted, short

NAME = "Unleash"
KEY_FIELD = "sourceApiKey"
ADDRESS_FIELD = "sourceBaseUrl"
PROJECT_FIELD = "sourceProjectId"
ENVIRONMENT_FIELD = "sourceEnvironmentId"
TAG_FIELD = "sourceTag"

_LIMITS = RequestLimits(
    total_seconds=120.0, max_bytes=64 * 1024 * 1024
)  # the list of features is one response without pages
_WRONG_KIND = "different token type"  # what Unleash says in a 403 to a key of another kind than the path is for
_FEATURES = "/api/client/features"
# With it segments come as ids with a list of their own; without it, and from older servers, as constraints.
_SPEC = {"Unleash-Client-Spec": "5.2.0"}
_UI_PATHS = frozenset({"api", "admin", "features", "insights", "login", "projects", "search", "ui"})
_QUERIES = {"project": PROJECT_FIELD, "tag": TAG_FIELD}
_COPY_KEY = Advice(Remedy.COPY_KEY, "the whole key in Unleash under API access", Safe.NOTHING_CREATED)

_Api = Literal["client", "admin"]
"""The API for an SDK key, or for a read-only token."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key reads: `named` are the projects of `query`, `seen` those of the features themselves.

    `has_query` is false if the response has no `query`. `tags` are the tags of `query`, as type:value; None if it
    says nothing of them.
    """

    flags: int
    seen: tuple[str, ...]
    named: tuple[str, ...]
    environment: str
    has_query: bool
    tags: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """The features as they came, foreign and uncleaned, the segments that they name, and the scope of the key."""

    items: Sequence[object]
    segments: Sequence[object]
    scope: Scope


class UnleashClient:
    """Unleash, with an SDK key or a read-only token. It goes raw: server 4 refuses it behind Bearer."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._address = connection, connection.address.rstrip("/")
        self.reader = Reader(connection.key, connection.http.redactor)

    async def features(self, answers: Answers | None = None, *, apart: bool = False) -> Features:
        """Return the features that the SDK key reads; with `answers` those of their project and tag, as far as the key
        can be narrowed. `apart` keeps segments apart from constraints. The environment is never asked for: an SDK key
        has its own, and an admin token, which has none, could not be recognized by it any more."""
        answers = answers or {}
        query = {name: value for name, field in _QUERIES.items() if (value := answered(answers, field))}
        path = f"{_FEATURES}?{urlencode(query, quote_via=quote, errors='replace')}" if query else _FEATURES
        with _field_named():
            answer = await self._send(path, _SPEC if apart else {})
            if answer.status_code == 400 and query:
                raise _bad_query(self.reader.message(answer), answers)
            if answer.status_code != 200:
                raise self._refusal(answer, "client")
            if answer.is_page:
                raise _page(self._address, 200)
            body = self.reader.json(answer)
            items = body.get("features") if isinstance(body, dict) else None
            if not isinstance(body, dict) or not isinstance(items, list):
                raise self._not_a_list(answer, "flags")
            scope, tag = self._scope(body, items), answered(answers, TAG_FIELD)
            if tag and scope.tags is not None and tag not in scope.tags:
                raise source_failure(
                    f"The server ignored the tag {short(tag)} and returned flags without it.",
                    "Most likely this is Unleash Edge, which can't filter by tag.",
                    Remedy.USE,
                    "the address of Unleash itself, or leave the tag blank to import every flag",
                    field=TAG_FIELD,
                )
            return Features(items, elements(body.get("segments")), scope)

    async def user(self) -> Object:
        """Return the owner of a read-only token; empty if the server doesn't say, as for a token without a person."""
        with _field_named():
            answer = await self._send("/api/admin/user", {})
        body = members(self.reader.json(answer)) if answer.status_code == 200 and not answer.is_page else {}
        return members(body.get("user"))

    async def admin_list(self, what: str) -> list[object]:
        """Return the list of `what` ("projects") that the admin API shows to a read-only token."""
        with _field_named():
            answer = await self._send(f"/api/admin/{what}", {})
            if answer.status_code != 200 or answer.is_page:
                raise self._refusal(answer, "admin")
            entries = members(self.reader.json(answer)).get(what)
            if isinstance(entries, list):
                return entries
            raise self._not_a_list(answer, what)

    async def _send(self, path: str, headers: Mapping[str, str]) -> Response:
        connection = self._connection
        request = Request(
            "GET", self._address + path, {"Authorization": connection.key, "Accept": "application/json", **headers}
        )
        return await connection.http.send(request, peer=NAME, sink=connection.sink, limits=_LIMITS)

    def _scope(self, body: Object, features: Sequence[object]) -> Scope:
        query = members(body.get("query"))
        # Unleash writes `project`; its cache Edge writes `projects`, with "*" for all of them.
        projects = query.get("project", query.get("projects"))
        names = projects if isinstance(projects, list) else [projects]
        # The tags that the response was narrowed to. Unleash writes type and value apart, Edge as one text.
        tag_lists = [query[name] for name in ("tag", "tags") if name in query]
        tags = [tag for tag_list in tag_lists for tag in elements(tag_list)]
        return Scope(
            flags=len(features),
            seen=self._unique(members(feature).get("project") for feature in features),
            named=self._unique(names) if "*" not in names else (),
            environment=self.reader.plain(query.get("environment")),
            has_query=isinstance(body.get("query"), dict),
            tags=frozenset(":".join(map(text, tag)) if isinstance(tag, list) else text(tag) for tag in tags)
            if tag_lists
            else None,
        )

    def _unique(self, names: Iterable[object]) -> tuple[str, ...]:
        texts = {name for name in names if isinstance(name, str)}  # few projects, many features: clean each once
        return tuple(sorted({plain for plain in map(self.reader.plain, texts) if plain}))

    def _refusal(self, answer: Response, api: _Api) -> Failure:
        """Return the failure for a response that is no list."""
        status_code, message = answer.status_code, self.reader.message(answer)
        if status_code < 300 and not answer.is_page:
            return answer.not_json("flags" if api == "client" else "a list")
        if status_code >= 500:
            return server_error(NAME, status_code, message)
        if status_code == 404:
            what = f"{location(self._address)} has no Unleash {api} API (404)."
            return _wrong_address(
                source_failure(what, status_code=404, field=ADDRESS_FIELD),
                self._address,
                "Most likely Unleash is at a path on that host, such as /team.",
                Advice(Remedy.BROWSER_ADDRESS, safe=Safe.NOTHING_CREATED),
            )
        if answer.is_page:
            return _page(self._address, status_code)
        if status_code in (401, 403):
            return (_key_refused if api == "client" else _helper_refused)(status_code, message)
        if api == "client" and status_code == 400 and not message:
            return _without_a_word()
        failure = request_refused(NAME, status_code, message)
        if failure.why or api == "admin":
            return failure
        return failure.replaced(why="Most likely this is another server.", at_address=True)

    def _not_a_list(self, answer: Response, what: str) -> Failure:
        """Return the failure for data of another program."""
        return source_failure(
            f"{location(self._address)} responded with data, but not with Unleash's list of {what}.",
            "Most likely this is the address of another program.",
            Remedy.GIVE_ADDRESS,
            "Unleash itself",
            kind=Kind.NOT_JSON,
            status_code=answer.status_code,
            at_address=True,
        )


@contextmanager
def _field_named() -> Iterator[None]:
    """Name the field at fault in each Failure that is about the key or the address."""
    try:
        yield
    except Failure as failure:
        if failure.field is None and (failure.kind is Kind.CREDENTIAL or failure.at_address):
            field = KEY_FIELD if failure.kind is Kind.CREDENTIAL else ADDRESS_FIELD
            raise failure.replaced(field=field) from None
        raise


# --- refusals


def _bad_query(message: str, answers: Answers) -> Failure:
    """A 400 to a request with a project or a tag: Unleash wants tags as type:value, projects as in an address."""
    tag = answered(answers, TAG_FIELD)
    if tag and ":" not in tag:
        what, about = f"Unleash rejected the tag {short(tag)} (400).", f"simple:{short(tag)}"
        return source_failure(
            what, "Tags in Unleash have the form type:value.", Remedy.ENTER_TAG, about, status_code=400, field=TAG_FIELD
        )
    if not message:
        return _without_a_word()
    used = {word: field for word, field in _QUERIES.items() if answered(answers, field)}
    named = [field for word, field in used.items() if word in message.lower()] or [*used.values()]
    return request_refused(NAME, 400, message, named[0] if len(named) == 1 else None)


def _without_a_word() -> Failure:
    """A 400 with nothing in it: Unleash itself always gives a reason, so the key was refused before it got there."""
    failure = request_refused(NAME, 400, "", KEY_FIELD)
    return failure.advised(_COPY_KEY, why="Most likely the key was cut off or changed when it was copied.")


_NOT_KNOWN = "It is mistyped, cut off, expired, deleted, or from another Unleash."


def _key_refused(status_code: int, message: str) -> Failure:
    what = f"Unleash rejected the SDK key ({status_code})"
    if status_code == 401:  # not quoted: Unleash blames a missing header for every key that it does not know
        failure = source_failure(f"{what}.", _NOT_KNOWN, status_code=status_code, field=KEY_FIELD)
        return failure.advised(_COPY_KEY)
    frontend = _WRONG_KIND in message
    what += ": it is a frontend key." if frontend else quoted(message)
    why = "The import needs a server-side key." if frontend else "Most likely it is not a server-side SDK key."
    return source_failure(what, why, Remedy.MAKE_KEY, status_code=status_code, field=KEY_FIELD)


def _helper_refused(status_code: int, message: str) -> Failure:
    what = f"Unleash rejected the admin token ({status_code})"
    if status_code == 401:
        return source_failure(f"{what}.", _NOT_KNOWN, Remedy.COPY_HELPER, status_code=status_code)
    sdk_key = _WRONG_KIND in message
    what += ": it is an SDK key." if sdk_key else quoted(message)
    why = "SDK keys can't list projects or tags." if sdk_key else "Its owner's role doesn't allow this."
    return source_failure(what, why, Remedy.OTHER_HELPER, status_code=status_code)


def _page(address: str, status_code: int) -> Failure:
    """Return the failure for a web page. Unleash itself returns one at every unknown path."""
    status = "" if status_code == 200 else f" ({status_code})"
    what = f"{location(address)} responded with a web page{status}, not with flags."
    return _wrong_address(
        source_failure(what, kind=Kind.NOT_JSON, status_code=status_code, field=ADDRESS_FIELD),
        address,
        "Most likely a login page or proxy is in front of Unleash, or this is another server.",
        Advice(Remedy.GIVE_ADDRESS, "Unleash itself", Safe.NOTHING_CREATED),
    )


def _wrong_address(failure: Failure, address: str, why: str, advice: Advice) -> Failure:
    """The failure with `why` and `advice`, or with the shorter address to try if `address` has a path."""
    parts = urlsplit(address)
    if not parts.path:
        return failure.advised(advice, why=why)
    # Up to where a page of Unleash's own begins, or the host alone where none does.
    segments = parts.path.split("/")
    first = next((at for at, segment in enumerate(segments) if segment in _UI_PATHS), 0)
    shorter = f"{parts.scheme}://{location(parts._replace(path='/'.join(segments[:first])).geturl())}"
    advice = Advice(Remedy.TRY_ADDRESS, shorter, Safe.NOTHING_CREATED)
    return failure.advised(advice, why="Most likely the path doesn't belong to the address.")
