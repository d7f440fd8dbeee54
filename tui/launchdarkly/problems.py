"""LaunchDarkly's refusals in words: one sentence for each status, its own message quoted and never alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui.launchdarkly.instances import INSTANCES, Instance
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.messages import Response
from tui.net.problems import remedy
from tui.text.clean import clean
from tui.text.limited_json import parse_answer

_LONGEST = 200
_REQUEST_TIMEOUT = 408
"""A gateway may answer this after it passed the request on, so it is no refusal."""


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """What LaunchDarkly refused: sentences name it, and say what of it did not happen.

    `safe` is what is sure after a refusal, `of` what the right would be for, and `fields` are the config keys that a
    message may name.
    """

    instance: Instance
    safe: Safe = Safe.NOTHING_CHANGED
    of: str = "this"
    writes: bool = False
    project: str = ""
    integration: str = ""
    configuration: str = ""
    fields: tuple[str, ...] = ()


def refusal(answer: Response, request: RefusedRequest, redact: Callable[[str], str]) -> Failure:
    """Return the failure behind an answer that is no success. `redact` takes known secrets out of what is quoted.

    `field` is the config key that the message names, or `token` or `project` if the status says so. `sent`
    is true if LaunchDarkly may have acted all the same (5xx, 408); its refusals are sure.
    """
    status = answer.status_code
    if status >= 500 or status == _REQUEST_TIMEOUT:
        return _broken(answer, request)
    message = message_of(answer, redact)
    end = f' ({status}): "{message}".' if message else f" ({status})."
    if status == 401:
        others = [instance.name for instance in INSTANCES if instance != request.instance]
        return Failure(
            Kind.UNAUTHORIZED,
            f"LaunchDarkly rejected your access token{end}",
            f"Most likely it is incomplete, was deleted, or is not for {request.instance.name}.",
            Remedy.TOKEN_OR_INSTANCE,
            about=" or ".join((", ".join(others[:-1]), others[-1])),
            safe=Safe.ANSWERS_KEPT,
            status_code=status,
            field="token",
        )
    about, field, kind = "", None, Kind.BAD_REQUEST
    if status == 403:
        kind, field, step = Kind.FORBIDDEN, "token", Remedy.OTHER_TOKEN
        what = "LaunchDarkly doesn't allow this with your access token"
        where = f" in {clean(request.project)}" if request.project else ""
        why = f"Most likely its role doesn't cover {request.of}{where}, or your account doesn't have this feature."
    elif status == 404:
        kind = Kind.NOT_FOUND
        what, why, step, field = _not_found(request)
    elif status == 409:
        kind, step = Kind.CONFLICT, Remedy.READ_LIST
        what = "LaunchDarkly reports a conflict"
        why = "Someone else made a change at the same time, or the same thing already exists."
    else:
        what = "LaunchDarkly rejected the request"
        if field := named_field(message, request.fields):
            why, step = f"The problem is in {field}.", Remedy.CORRECT_ANSWER
        elif known := remedy(status):
            why, (step, about) = known
        else:
            why = "It doesn't say which answer is wrong." if request.fields else ""
            step = Remedy.LOOK_THROUGH_ANSWERS
    return Failure(kind, what + end, why, step, about=about, safe=request.safe, status_code=status, field=field)


def _not_found(request: RefusedRequest) -> tuple[str, str, Remedy, str | None]:
    """What is not there, why, what to do, and the field at fault."""
    if request.configuration:
        what = f"LaunchDarkly can't find configuration {clean(request.configuration)} in {clean(request.project)}"
        return what, "It was deleted, or your token can't see it.", Remedy.LOOK_UP_CONFIGURATION, None
    if request.project:
        what = f"LaunchDarkly can't find project {clean(request.project)}"
        why = "It was renamed or deleted, or your token can't see it."
        return what, why, Remedy.CHOOSE_PROJECT, "project"
    what = f"{clean(request.instance.host)} doesn't offer this API"
    return what, "Most likely it is not LaunchDarkly, or an older version of it.", Remedy.CHECK_INSTANCE, "host"


def _broken(answer: Response, request: RefusedRequest) -> Failure:
    status = answer.status_code
    if request.writes:
        safe, about, step = Safe.ANSWERS_KEPT, "", Remedy.LOOK_FIRST
        why = "Most likely a temporary problem on their side. The request may have succeeded."
    else:
        safe = request.safe
        why, (step, about) = remedy(status) or (
            "Most likely a temporary problem on their side.",
            (Remedy.TRY_LATER, ""),
        )
    what = f"LaunchDarkly returned {'an error page' if answer.is_page else 'a server error'} ({status})."
    if status == _REQUEST_TIMEOUT:
        what = f"LaunchDarkly waited too long for the request ({status})."
    kind = Kind.BAD_REQUEST if status == _REQUEST_TIMEOUT else Kind.SERVER_ERROR
    return Failure(kind, what, why, step, about=about, safe=safe, status_code=status, sent=True)


def message_of(answer: Response, redact: Callable[[str], str]) -> str:
    """Return the server's own message, cleaned, without known secrets and cut short; "" if there is none.

    LaunchDarkly promises `{"code", "message"}`; gateways before it answer with web pages or nothing.
    """
    try:
        body = parse_answer(answer.body)
    except ValueError:
        return ""
    values = [body.get(name) for name in ("message", "error", "code")] if isinstance(body, dict) else []
    text = next((value for value in values if isinstance(value, str)), "")
    text = clean(redact(text)).strip().rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def named_field(message: str, fields: tuple[str, ...]) -> str | None:
    """Return the first of `fields` that is in `message` as a word of its own, or None."""
    places = [
        (match.start(), name)
        for name in fields
        if (match := re.search(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])", message))
    ]
    return min(places)[1] if places else None
