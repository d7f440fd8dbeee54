"""What Unleash can list for the fields of the form: by a token for looking, or as far as the SDK key itself tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Sink, ignore
from tui.net.messages import Answer
from tui.sources.base import Choice, SourceReport
from tui.sources.foreign import Foreign, failed, listed, place, refused_request, said, short
from tui.sources.shapes import members, objects
from tui.sources.unleash.check import require_environment
from tui.sources.unleash.client import (
    ADDRESS_FIELD,
    ENVIRONMENT_FIELD,
    NAME,
    PROJECT_FIELD,
    TAG_FIELD,
    WRONG_KIND,
    Door,
    Scope,
    door,
    not_found,
    page,
)

_PROJECTS = "/api/admin/projects"


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
    """The choices for one of `DISCOVERS`, by `helper` (an admin or personal token), else by the SDK key `key`.

    An SDK key tells its own projects and environment and no tags. Raises Failure, SOURCE with the status of a
    refusal.
    """
    if helper is None:
        scope = None if field == TAG_FIELD else (await door(http, address, key, sink).features()).scope
        return _by_key(field, scope, key)
    choices = await _FINDERS[field](door(http, address, helper, sink))
    return tuple(sorted(choices, key=lambda choice: (choice.label.casefold(), choice.value)))


async def count_flags(
    http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
) -> int | None:
    """How many flags the project and the tag match, as far as the key can be narrowed; by one request."""
    return (await door(http, address, key, sink).features(answers)).scope.flags


async def check_helper(http: Http, address: str, key: SecretStr, *, sink: Sink = ignore) -> SourceReport:
    """What a token for looking sees. Raises Failure: SOURCE with 401 or 403 where it is none, and what
    `Http.send` raises."""
    at, foreign = door(http, address, key, sink), Foreign(key, http.redactor)
    projects = tuple(sorted(choice.value for choice in await _projects(at)))
    user = await at.admin("/api/admin/user")
    # Not every server tells who a token without a person is.
    body = members(foreign.json(user)) if user.status_code == 200 and not user.is_page else {}
    names = members(body.get("user"))
    name = next((told for part in ("name", "username", "email") if (told := foreign.plain(names.get(part)))), "")
    word = "project" if len(projects) == 1 else "projects"
    text = f"lists {word} {listed(projects)}" if projects else "lists no project"
    text += f", as {short(name)}" if name else ""
    return SourceReport(text=text, projects=projects)


def _by_key(field: str, scope: Scope | None, key: SecretStr) -> tuple[Choice, ...]:
    if scope is None:
        raise Failure(
            Kind.SOURCE,
            "An SDK key cannot list the tags of Unleash.",
            "They are not in what it reads.",
            Remedy.TYPE_TAG,
            field=TAG_FIELD,
        )
    require_environment(scope, key)
    environments = (scope.environment,) if scope.environment else ()
    values = {PROJECT_FIELD: scope.named or scope.seen, ENVIRONMENT_FIELD: environments}[field]
    return tuple(Choice(value, value) for value in values)


async def _projects(at: Door) -> list[Choice]:
    plain = Foreign(at.key, at.http.redactor).plain
    found = objects(await _admin(at, _PROJECTS, "projects"))
    return [Choice(own, plain(one.get("name")) or own) for one in found if (own := plain(one.get("id")))]


async def _environments(at: Door) -> list[Choice]:
    plain = Foreign(at.key, at.http.redactor).plain
    found = objects(await _admin(at, "/api/admin/environments", "environments"))
    return [
        Choice(name, name, "disabled" if one.get("enabled") is False else plain(one.get("type")))
        for one in found
        if (name := plain(one.get("name")))
    ]


async def _tags(at: Door) -> list[Choice]:
    plain = Foreign(at.key, at.http.redactor).plain
    found = objects(await _admin(at, "/api/admin/tags", "tags"))
    parts = ((plain(one.get("type")), plain(one.get("value"))) for one in found)
    return [Choice(tag, tag) for tag in dict.fromkeys(f"{kind}:{value}" for kind, value in parts if kind and value)]


_FINDERS: Mapping[str, Callable[[Door], Awaitable[list[Choice]]]] = {
    PROJECT_FIELD: _projects,
    ENVIRONMENT_FIELD: _environments,
    TAG_FIELD: _tags,
}
DISCOVERS: frozenset[str] = frozenset(_FINDERS)


async def _admin(at: Door, path: str, what: str) -> list[object]:
    """The list named `what` that the admin API answers with."""
    answer = await at.admin(path)
    foreign = Foreign(at.key, at.http.redactor)
    if answer.status_code != 200 or answer.is_page:
        raise _refusal(answer, at.address, foreign)
    found = members(foreign.json(answer)).get(what)
    if isinstance(found, list):
        return found
    raise Failure(
        Kind.NOT_JSON,
        f"{place(at.address)} answers with data, but not with Unleash's list of {what}.",
        "Most likely another program answers at this address.",
        Remedy.GIVE_ADDRESS,
        about="Unleash itself",
        safe=Safe.NOTHING_CREATED,
        status_code=answer.status_code,
        field=ADDRESS_FIELD,
    )


def _refusal(answer: Answer, address: str, foreign: Foreign) -> Failure:
    status_code, message = answer.status_code, foreign.message(answer)
    if status_code < 300 and not answer.is_page:
        return answer.not_json("a list")
    if status_code >= 500:
        return failed(NAME, status_code, message)
    if status_code == 404:
        return not_found(address, "admin")
    if answer.is_page:
        return page(address, status_code)
    if status_code not in (401, 403):
        failure = refused_request(NAME, status_code, message, None)
        return failure.replaced(field=ADDRESS_FIELD) if failure.at_address else failure
    why, remedy = _REFUSED[status_code]
    what = f"Unleash refused the token for looking ({status_code})"
    if status_code == 403 and WRONG_KIND in message:
        what, why = f"{what}: it is an SDK key.", "Such a key reads flags and lists nothing else."
    else:
        what += said(message) if status_code == 403 else "."
    return Failure(Kind.SOURCE, what, why, remedy, safe=Safe.NOTHING_CREATED, status_code=status_code)


_REFUSED: Mapping[int, tuple[str, Remedy]] = {
    401: (
        "It is mistyped, cut short, expired or deleted, or belongs to another Unleash.",
        Remedy.COPY_HELPER,
    ),
    403: (
        "Its owner's role does not cover that.",
        Remedy.OTHER_HELPER,
    ),
}
