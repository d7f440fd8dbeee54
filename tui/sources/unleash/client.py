"""Unleash's client API as an SDK key opens it, its admin API for a read-only token, and refusals in words.

Facts were measured on real servers of version 4.19, 5.12, 6.10, 7.5 and 8.2. `query` in the response shows the
key's true scope; `project` and `environment` in the request change nothing for a key of named projects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.messages import Request, RequestLimits, Response
from tui.sources.base import Answers, Connection, failed, refused_request
from tui.sources.lenient import Reader, elements, members, text
from tui.sources.phrases import location, quoted, short

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
_COPY_KEY = Advice(Remedy.COPY_KEY, "it whole in Unleash under API access", Safe.NOTHING_CREATED)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key reads: `named` are the projects of `query`, `seen` those of the features themselves.

    `told` is false if the response has no `query`. `tags` are the tags of `query`, as type:value; None if it says
    nothing of them.
    """

    flags: int
    seen: tuple[str, ...]
    named: tuple[str, ...]
    environment: str
    told: bool
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
        """The features that the SDK key reads; with `answers` those of their project and tag, as far as the key can
        be narrowed. `apart` keeps segments apart from constraints. The environment is never asked for: an SDK key
        has its own, and an admin token, which has none, could not be recognized by it any more."""
        answers = answers or {}
        query = {name: value for name, field in _QUERIES.items() if (value := answered(answers, field))}
        path = f"{_FEATURES}?{urlencode(query, quote_via=quote, errors='replace')}" if query else _FEATURES
        answer = await self._send(path, _SPEC if apart else {})
        try:
            if answer.status_code == 400 and query:
                raise _bad_query(self.reader.message(answer), answers)
            features = self._read(answer)
            _must_have_the_tag(features.scope, answered(answers, TAG_FIELD))
            return features
        except Failure as failure:
            raise _with_field(failure) from None

    async def user(self) -> Mapping[str, object]:
        """The owner of a read-only token; empty if the server doesn't say, as for a token without a person."""
        answer = await self._send("/api/admin/user", {})
        body = members(self.reader.json(answer)) if answer.status_code == 200 and not answer.is_page else {}
        return members(body.get("user"))

    async def admin_list(self, what: str) -> list[object]:
        """The list of `what` ("projects") that the admin API shows to a read-only token."""
        answer = await self._send(f"/api/admin/{what}", {})
        if answer.status_code != 200 or answer.is_page:
            raise self._admin_refusal(answer)
        entries = members(self.reader.json(answer)).get(what)
        if isinstance(entries, list):
            return entries
        raise _with_field(self._not_a_list(answer, what))

    async def _send(self, path: str, headers: Mapping[str, str]) -> Response:
        connection = self._connection
        request = Request(
            "GET", self._address + path, {"Authorization": connection.key, "Accept": "application/json", **headers}
        )
        try:
            return await connection.http.send(request, peer=NAME, sink=connection.sink, limits=_LIMITS)
        except Failure as failure:
            raise _with_field(failure) from None

    def _read(self, answer: Response) -> Features:
        if answer.status_code != 200:
            raise self._refusal(answer)
        if answer.is_page:
            raise _page(self._address, answer.status_code)
        body = self.reader.json(answer)
        features = body.get("features") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(features, list):
            raise self._not_a_list(answer, "flags")
        return Features(features, elements(body.get("segments")), self._scope(body, features))

    def _scope(self, body: Mapping[str, object], features: Sequence[object]) -> Scope:
        query = members(body.get("query"))
        # Unleash writes `project`; its cache Edge writes `projects`, with "*" for all of them.
        projects = query.get("project", query.get("projects"))
        names = projects if isinstance(projects, list) else [projects]
        return Scope(
            flags=len(features),
            seen=self._unique(members(feature).get("project") for feature in features),
            named=self._unique(names) if "*" not in names else (),
            environment=self.reader.plain(query.get("environment")),
            told=isinstance(body.get("query"), dict),
            tags=_tags(query),
        )

    def _unique(self, names: Iterable[object]) -> tuple[str, ...]:
        texts = {name for name in names if isinstance(name, str)}  # few projects, many features: clean each once
        return tuple(sorted({plain for plain in map(self.reader.plain, texts) if plain}))

    def _refusal(self, answer: Response) -> Failure:
        """The failure for a response to an SDK key whose status is not 200."""
        status_code, message = answer.status_code, self.reader.message(answer)
        if failure := self._common_refusal(answer, "flags", "client"):
            return failure
        if status_code == 401:
            # Not quoted: Unleash blames a missing header for every key that it does not know.
            return Failure(
                Kind.SOURCE,
                "Unleash refused the SDK key (401).",
                "It is mistyped, cut short, expired or deleted, or belongs to another Unleash.",
                status_code=401,
                field=KEY_FIELD,
            ).advised(_COPY_KEY)
        if status_code == 403:
            frontend = _WRONG_KIND in message
            return Failure(
                Kind.SOURCE,
                f"Unleash refused the SDK key (403){': it is a frontend key.' if frontend else quoted(message)}",
                "The import needs a server-side key." if frontend else "Most likely it is not a server-side SDK key.",
                Remedy.MAKE_KEY,
                safe=Safe.NOTHING_CREATED,
                status_code=403,
                field=KEY_FIELD,
            )
        if status_code == 400 and not message:
            return _without_a_word()
        failure = refused_request(NAME, status_code, message, None)
        if failure.why:
            return failure
        return failure.replaced(why="Most likely another server answers there.", at_address=True)

    def _admin_refusal(self, answer: Response) -> Failure:
        """The failure for a response to a read-only token that is no list."""
        status_code, message = answer.status_code, self.reader.message(answer)
        if failure := self._common_refusal(answer, "a list", "admin"):
            return failure
        if status_code not in (401, 403):
            failure = refused_request(NAME, status_code, message, None)
            return failure.replaced(field=ADDRESS_FIELD) if failure.at_address else failure
        what = f"Unleash refused the token for looking ({status_code})"
        if status_code == 401:
            return Failure(
                Kind.SOURCE,
                f"{what}.",
                "It is mistyped, cut short, expired or deleted, or belongs to another Unleash.",
                Remedy.COPY_HELPER,
                safe=Safe.NOTHING_CREATED,
                status_code=status_code,
            )
        sdk_key = _WRONG_KIND in message
        return Failure(
            Kind.SOURCE,
            f"{what}: it is an SDK key." if sdk_key else what + quoted(message),
            "Such a key reads flags and lists nothing else." if sdk_key else "Its owner's role does not cover that.",
            Remedy.OTHER_HELPER,
            safe=Safe.NOTHING_CREATED,
            status_code=status_code,
        )

    def _common_refusal(self, answer: Response, expected: str, api: str) -> Failure | None:
        """The failure for a status that means the same to every key; None for any other."""
        status_code = answer.status_code
        if status_code < 300 and not (answer.is_page and api == "admin"):
            return answer.not_json(expected)
        if status_code >= 500:
            return failed(NAME, status_code, self.reader.message(answer))
        if status_code == 404:
            return _not_found(self._address, api)
        return _page(self._address, status_code) if answer.is_page else None

    def _not_a_list(self, answer: Response, what: str) -> Failure:
        """The failure for data of another program."""
        return Failure(
            Kind.NOT_JSON,
            f"{location(self._address)} answers with data, but not with Unleash's list of {what}.",
            "Most likely another program answers at this address.",
            Remedy.GIVE_ADDRESS,
            about="Unleash itself",
            safe=Safe.NOTHING_CREATED,
            status_code=answer.status_code,
            at_address=True,
        )


def answered(answers: Answers, field: str) -> str:
    """The answer for `field`, "" without one."""
    return answers.get(field, "").strip()


def _tags(query: Mapping[str, object]) -> frozenset[str] | None:
    """The tags that the response was narrowed to. Unleash writes `tag`, with type and value apart; Edge `tags`."""
    lists = [query[name] for name in ("tag", "tags") if name in query]
    if not lists:
        return None
    tags = [tag for one in lists if isinstance(one, list) for tag in one]
    return frozenset(":".join(map(text, tag)) if isinstance(tag, list) else text(tag) for tag in tags)


def _must_have_the_tag(scope: Scope, tag: str) -> None:
    """Raise Failure if the response itself says that it was not narrowed to the requested tag."""
    if tag and scope.tags is not None and tag not in scope.tags:
        raise Failure(
            Kind.SOURCE,
            f"The server ignored the tag {short(tag)}: it returned flags without looking at their tags.",
            "Most likely the address is that of Unleash Edge, which has no filter for tags.",
            Remedy.USE,
            about="the address of Unleash itself, or leave the tag blank to import every flag",
            safe=Safe.NOTHING_CREATED,
            field=TAG_FIELD,
        )


def _bad_query(message: str, answers: Answers) -> Failure:
    """A 400 to a request with a project or a tag: Unleash wants tags as type:value, projects as in an address."""
    tag = answered(answers, TAG_FIELD)
    if tag and ":" not in tag:
        return Failure(
            Kind.SOURCE,
            f"Unleash did not accept the tag {short(tag)} (400).",
            "Its tags are type:value.",
            Remedy.ENTER_TAG,
            about=f"simple:{short(tag)}",
            safe=Safe.NOTHING_CREATED,
            status_code=400,
            field=TAG_FIELD,
        )
    if not message:
        return _without_a_word()
    used = {word: field for word, field in _QUERIES.items() if answered(answers, field)}
    named = [field for word, field in used.items() if word in message.lower()] or [*used.values()]
    return refused_request(NAME, 400, message, named[0] if len(named) == 1 else None)


def _without_a_word() -> Failure:
    """A 400 with nothing in it: Unleash itself always gives a reason, so the key was refused before it got there."""
    failure = refused_request(NAME, 400, "", KEY_FIELD)
    return failure.advised(_COPY_KEY, why="Most likely the key is cut short, or was changed while it was copied.")


def _not_found(address: str, api: str) -> Failure:
    """The failure for an address below which there is no such API."""
    what = f"{location(address)} has no {api} API of Unleash (404)."
    failure = Failure(Kind.SOURCE, what, status_code=404, field=ADDRESS_FIELD)
    if urlsplit(address).path:
        return failure.advised(_shorter(address), why=_TOO_LONG)
    return failure.advised(
        Advice(Remedy.BROWSER_ADDRESS, safe=Safe.NOTHING_CREATED),
        why="Unleash most likely lives under a path of that host, such as /team.",
    )


def _page(address: str, status_code: int) -> Failure:
    """The failure for a web page: Unleash itself answers one at each path that it does not know."""
    status = "" if status_code == 200 else f" ({status_code})"
    what = f"{location(address)} answers with a web page{status}, not with flags."
    failure = Failure(Kind.NOT_JSON, what, status_code=status_code, field=ADDRESS_FIELD)
    if urlsplit(address).path:
        return failure.advised(_shorter(address), why=_TOO_LONG)
    return failure.advised(
        Advice(Remedy.GIVE_ADDRESS, "Unleash itself", Safe.NOTHING_CREATED),
        why="Most likely a login page or a proxy stands before Unleash, or this is another server.",
    )


_TOO_LONG = "The path is most likely one too many."


def _shorter(address: str) -> Advice:
    return Advice(Remedy.TRY_ADDRESS, _without_ui_path(address), Safe.NOTHING_CREATED)


def _without_ui_path(address: str) -> str:
    """The address up to where a page of Unleash's own begins, or its host alone where none does."""
    parts = urlsplit(address)
    segments = parts.path.split("/")
    first = next((at for at, segment in enumerate(segments) if segment in _UI_PATHS), 0)
    return f"{parts.scheme}://{location(parts._replace(path='/'.join(segments[:first])).geturl())}"


def _with_field(failure: Failure) -> Failure:
    if failure.field is None and failure.kind is Kind.CREDENTIAL:
        return failure.replaced(field=KEY_FIELD)
    if failure.field is None and failure.at_address:
        return failure.replaced(field=ADDRESS_FIELD)
    return failure
