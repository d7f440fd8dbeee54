"""Unleash's client API as an SDK key opens it, its admin API for a token that only looks, and refusals in words.

Facts were measured on real servers of version 4.19, 5.12, 6.10, 7.5 and 8.2. `query` in the answer tells the
key's true scope; `project` and `environment` in the request change nothing for a key of named projects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.events import Sink
from tui.net.messages import Answer, Limits, Request
from tui.sources.foreign import Foreign, failed, place, refused_request, said, short
from tui.sources.shapes import elements, members, text

NAME: str = "Unleash"
KEY_FIELD: str = "sourceApiKey"
ADDRESS_FIELD: str | None = "sourceBaseUrl"
PROJECT_FIELD = "sourceProjectId"
ENVIRONMENT_FIELD = "sourceEnvironmentId"
TAG_FIELD = "sourceTag"

LIMITS = Limits(total_seconds=120.0, max_bytes=64 * 1024 * 1024)
"""The list of features is one answer without pages."""

WRONG_KIND = "different token type"
"""What Unleash says in a 403 to a key of another kind than the path is for."""

_COPY_KEY = Advice(Remedy.COPY_KEY, "it whole in Unleash under API access", Safe.NOTHING_CREATED)
_PATH = "/api/client/features"
# With it segments come as ids with a list of their own; without it, and from older servers, as constraints.
_SPEC = {"Unleash-Client-Spec": "5.2.0"}
_UI_PATHS = frozenset({"api", "admin", "features", "insights", "login", "projects", "search", "ui"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What the answer said: `named` are the projects of `query`, `seen` those of the features themselves.

    `tags` are the tags of `query`, as type:value; None where it says nothing of them.
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


@dataclass(frozen=True, slots=True)
class Door:
    """Where to ask, with an SDK key or a token for looking. It goes raw: server 4 refuses it behind Bearer."""

    http: Http
    address: str
    key: SecretStr
    sink: Sink

    async def features(self, answers: Mapping[str, str] | None = None, *, apart: bool = False) -> Features:
        """The features that the SDK key reads; with `answers` those of their project and tag, as far as the key can
        be narrowed. `apart` keeps segments apart from constraints. The environment is never asked for: an SDK key
        has its own, and an admin token, which has none, could not be told by it any more."""
        asked = _query(answers or {})
        foreign = Foreign(self.key, self.http.redactor)
        answer = await self._sent(_PATH + asked, LIMITS, _SPEC if apart else {})
        try:
            if answer.status_code == 400 and asked:
                raise _bad_query(foreign.message(answer), answers or {})
            features = _read(answer, self.address, foreign)
            _must_have_the_tag(features.scope, typed(answers or {}, TAG_FIELD))
            return features
        except Failure as failure:
            raise _with_field(failure) from None

    async def admin(self, path: str) -> Answer:
        """What the admin API answers a token for looking."""
        return await self._sent(path, LIMITS, {})

    async def _sent(self, path: str, limits: Limits, more: Mapping[str, str]) -> Answer:
        headers: dict[str, SecretStr | str] = {"Authorization": self.key, "Accept": "application/json", **more}
        try:
            request = Request("GET", self.address + path, headers)
            return await self.http.send(request, peer=NAME, sink=self.sink, limits=limits)
        except Failure as failure:
            raise _with_field(failure) from None


def door(http: Http, address: str, key: SecretStr, sink: Sink) -> Door:
    """The door at a base URL, with or without a slash at its end."""
    return Door(http, address.rstrip("/"), key, sink)


def typed(answers: Mapping[str, str], field: str) -> str:
    """What stands in one field of the form."""
    return answers.get(field, "").strip()


def _query(answers: Mapping[str, str]) -> str:
    asked = {"project": typed(answers, PROJECT_FIELD), "tag": typed(answers, TAG_FIELD)}
    given = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(given, quote_via=quote, errors='replace')}" if given else ""


def _read(answer: Answer, address: str, foreign: Foreign) -> Features:
    if answer.status_code != 200:
        raise refusal(answer, address, foreign)
    if answer.is_page:
        raise page(address, answer.status_code)
    body = foreign.json(answer)
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(features, list):
        raise Failure(
            Kind.NOT_JSON,
            f"{place(address)} answers with data, but not with Unleash's list of flags.",
            "Most likely another program answers at this address.",
            Remedy.GIVE_ADDRESS,
            about="Unleash itself",
            safe=Safe.NOTHING_CREATED,
            status_code=answer.status_code,
            at_address=True,
        )
    return Features(features, elements(body.get("segments")), _scope(body, features, foreign))


def _scope(body: Mapping[str, object], features: Sequence[object], foreign: Foreign) -> Scope:
    query = members(body.get("query"))
    # Unleash writes `project`; its cache Edge writes `projects`, with "*" for all of them.
    projects = query.get("project", query.get("projects"))
    names = projects if isinstance(projects, list) else [projects]
    return Scope(
        flags=len(features),
        seen=_unique(foreign, (members(feature).get("project") for feature in features)),
        named=_unique(foreign, (name for name in names if name != "*")) if "*" not in names else (),
        environment=foreign.plain(query.get("environment")),
        told=isinstance(body.get("query"), dict),
        tags=_tags(query),
    )


def _tags(query: Mapping[str, object]) -> frozenset[str] | None:
    """The tags that the answer was narrowed to. Unleash writes `tag`, with type and value apart; Edge `tags`."""
    said = [query[name] for name in ("tag", "tags") if name in query]
    if not said:
        return None
    pairs = [one for each in said if isinstance(each, list) for one in each]
    return frozenset(":".join(map(text, one)) if isinstance(one, list) else text(one) for one in pairs)


def _must_have_the_tag(scope: Scope, tag: str) -> None:
    """Raises Failure where the answer itself says that it was not narrowed to the tag that was asked for."""
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


def _unique(foreign: Foreign, names: Iterable[object]) -> tuple[str, ...]:
    texts = {name for name in names if isinstance(name, str)}  # few projects, many features: clean each once
    return tuple(sorted({plain for plain in map(foreign.plain, texts) if plain}))


def _bad_query(message: str, answers: Mapping[str, str]) -> Failure:
    """A 400 to a request with a project or a tag: Unleash wants tags as type:value, projects as in an address."""
    tag = typed(answers, TAG_FIELD)
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
    asked = {word: field for word, field in _ASKED.items() if typed(answers, field)}
    named = [field for word, field in asked.items() if word in message.lower()] or [*asked.values()]
    return refused_request(NAME, 400, message, named[0] if len(named) == 1 else None)


_ASKED = {"tag": TAG_FIELD, "project": PROJECT_FIELD}
"""What a 400 may name, and the form variables behind it."""


def _without_a_word() -> Failure:
    """A 400 with nothing in it: Unleash itself always gives a reason, so the key was refused before it got there."""
    failure = refused_request(NAME, 400, "", KEY_FIELD)
    return failure.advised(_COPY_KEY, why="Most likely the key is cut short, or was changed while it was copied.")


def refusal(answer: Answer, address: str, foreign: Foreign) -> Failure:
    """The failure for an SDK key's answer that is none of 200."""
    status_code, message = answer.status_code, foreign.message(answer)
    if status_code < 300:
        return answer.not_json("flags")
    if status_code >= 500:
        return failed(NAME, status_code, message)
    if status_code == 404:
        return not_found(address)
    if answer.is_page:
        return page(address, status_code)
    if status_code in _REFUSED_KEYS:
        return _REFUSED_KEYS[status_code](message)
    if status_code == 400 and not message:
        return _without_a_word()
    failure = refused_request(NAME, status_code, message, None)
    if failure.why:
        return failure
    return failure.replaced(why="Most likely another server answers there.", at_address=True)


def _unknown_key(message: str) -> Failure:
    # Not quoted: Unleash blames a missing header for every key that it does not know.
    return Failure(
        Kind.SOURCE,
        "Unleash refused the SDK key (401).",
        "It is mistyped, cut short, expired or deleted, or belongs to another Unleash.",
        status_code=401,
        field=KEY_FIELD,
    ).advised(_COPY_KEY)


def _wrong_kind_of_key(message: str) -> Failure:
    frontend = WRONG_KIND in message
    return Failure(
        Kind.SOURCE,
        f"Unleash refused the SDK key (403){': it is a frontend key.' if frontend else said(message)}",
        "The import needs a server-side key." if frontend else "Most likely it is not a server-side SDK key.",
        Remedy.MAKE_KEY,
        safe=Safe.NOTHING_CREATED,
        status_code=403,
        field=KEY_FIELD,
    )


_REFUSED_KEYS: dict[int, Callable[[str], Failure]] = {401: _unknown_key, 403: _wrong_kind_of_key}


def not_found(address: str, api: str = "client") -> Failure:
    """The failure for an address below which there is no such API."""
    what = f"{place(address)} has no {api} API of Unleash (404)."
    failure = Failure(Kind.SOURCE, what, status_code=404, field=ADDRESS_FIELD)
    if urlsplit(address).path:
        return failure.advised(_shorter(address), why=_TOO_LONG)
    return failure.advised(
        Advice(Remedy.BROWSER_ADDRESS, safe=Safe.NOTHING_CREATED),
        why="Unleash most likely lives under a path of that host, such as /team.",
    )


def page(address: str, status_code: int) -> Failure:
    """The failure for a web page: Unleash itself answers one at each path that it does not know."""
    status = "" if status_code == 200 else f" ({status_code})"
    what = f"{place(address)} answers with a web page{status}, not with flags."
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
    return f"{parts.scheme}://{place(parts._replace(path='/'.join(segments[:first])).geturl())}"


def _with_field(failure: Failure) -> Failure:
    if failure.field is None and failure.kind is Kind.CREDENTIAL:
        return failure.replaced(field=KEY_FIELD)
    if failure.field is None and failure.at_address:
        return failure.replaced(field=ADDRESS_FIELD)
    return failure
