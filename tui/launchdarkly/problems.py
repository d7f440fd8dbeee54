"""LaunchDarkly's refusals in words: one sentence for each status, its own message quoted and never alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui.launchdarkly.instances import INSTANCES, Instance
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.messages import Response
from tui.net.problems import remedy
from tui.text.clean import clean
from tui.text.limited_json import parse_answer

_LONGEST = 200
_SERVER_ERROR = 500
_REQUEST_TIMEOUT = 408
"""A gateway may answer this after it passed the request on, so it is no refusal."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked when LaunchDarkly refused: sentences name it, and say what of it did not happen.

    `safe` is what is sure after a refusal; `of` what the right would be for; `fields`
    are the config keys that a message may name.
    """

    instance: Instance
    safe: Safe = Safe.NOTHING_CHANGED
    of: str = "this"
    writes: bool = False
    project: str = ""
    integration: str = ""
    configuration: str = ""
    fields: tuple[str, ...] = ()


def refusal(answer: Response, asked: Asked, redact: Callable[[str], str]) -> Failure:
    """The failure behind an answer that is no success. `redact` takes known secrets out of what is quoted.

    `field` is the config key that the message names, or `token` or `project` where the status says so. `sent`
    is true where LaunchDarkly may have acted all the same (5xx, 408); its refusals are sure.
    """
    if answer.status_code >= _SERVER_ERROR or answer.status_code == _REQUEST_TIMEOUT:
        return _broken(answer, asked)
    message = message_of(answer, redact)
    words = _WORDS.get(answer.status_code, _not_accepted)
    return words(answer.status_code, f': "{message}"' if message else "", message, asked)


def message_of(answer: Response, redact: Callable[[str], str]) -> str:
    """The server's own message, cleaned, without known secrets and cut short; "" where there is none.

    LaunchDarkly promises `{"code", "message"}`; gateways before it answer with web pages or nothing.
    """
    try:
        value = parse_answer(answer.body)
    except ValueError:
        value = None
    told = value if isinstance(value, dict) else {}
    found = next((told[name] for name in ("message", "error", "code") if isinstance(told.get(name), str)), "")
    text = clean(redact(found)).strip().rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _unauthorized(status: int, quoted: str, message: str, asked: Asked) -> Failure:
    others = [one.name for one in INSTANCES if one != asked.instance]
    return Failure(
        Kind.UNAUTHORIZED,
        f"LaunchDarkly refused your token ({status}){quoted}.",
        f"It is mistyped, was deleted, or belongs to another instance: this was {asked.instance.name}.",
        Remedy.TOKEN_OR_INSTANCE,
        about=" or ".join((", ".join(others[:-1]), others[-1])),
        safe=Safe.ANSWERS_KEPT,
        status_code=status,
        field="token",
    )


def _forbidden(status: int, quoted: str, message: str, asked: Asked) -> Failure:
    where = f" in {clean(asked.project)}" if asked.project else ""
    return Failure(
        Kind.FORBIDDEN,
        f"LaunchDarkly knows your token but does not allow this ({status}){quoted}.",
        f"Most likely its role does not cover {asked.of}{where}, or the account may not use it.",
        Remedy.OTHER_TOKEN,
        safe=asked.safe,
        status_code=status,
        field="token",
    )


def _not_found(status: int, quoted: str, message: str, asked: Asked) -> Failure:
    field: str | None = None
    if asked.configuration:
        what = f"LaunchDarkly has no configuration {clean(asked.configuration)} in {clean(asked.project)}"
        why, step = "It was deleted, or your token may not see it.", Remedy.LOOK_UP_CONFIGURATION
    elif asked.project:
        what, field = f"LaunchDarkly has no project {clean(asked.project)} for your token", "project"
        why, step = "It was renamed or deleted, or the token may not see it.", Remedy.CHOOSE_PROJECT
    else:
        what, field = f"{clean(asked.instance.host)} has nothing at this address", "host"
        why, step = "Most likely it is not LaunchDarkly's, or an older version of it.", Remedy.CHECK_INSTANCE
    what = f"{what} ({status}){quoted}."
    return Failure(Kind.NOT_FOUND, what, why, step, safe=asked.safe, status_code=status, field=field)


def _conflict(status: int, quoted: str, message: str, asked: Asked) -> Failure:
    return Failure(
        Kind.CONFLICT,
        f"LaunchDarkly reports a conflict ({status}){quoted}.",
        "Somebody changed the same thing at the same moment, or one like it exists.",
        Remedy.READ_LIST,
        safe=asked.safe,
        status_code=status,
    )


def _not_accepted(status: int, quoted: str, message: str, asked: Asked) -> Failure:
    field = named_field(message, asked.fields)
    if field:
        why, step = f"It names {field}.", (Remedy.CORRECT_ANSWER, "")
    elif stays := remedy(status):
        why, step = stays
    else:
        why = "It does not say which answer is wrong." if asked.fields else ""
        step = Remedy.LOOK_THROUGH_ANSWERS, ""
    return Failure(
        Kind.BAD_REQUEST,
        f"LaunchDarkly did not accept the request ({status}){quoted}.",
        why,
        step[0],
        about=step[1],
        safe=asked.safe,
        status_code=status,
        field=field,
    )


def _broken(answer: Response, asked: Asked) -> Failure:
    page = " with a web page" if answer.is_page else ""
    what = f"LaunchDarkly failed{page} ({answer.status_code})."
    stays = remedy(answer.status_code)
    safe = Safe.ANSWERS_KEPT if asked.writes else asked.safe
    if asked.writes:
        why = "The fault is on their side, and the request may have got through."
        step = Remedy.LOOK_FIRST, ""
    else:
        why, step = stays or ("The fault is on their side.", (Remedy.TRY_LATER, ""))
    kind = Kind.BAD_REQUEST if answer.status_code < _SERVER_ERROR else Kind.SERVER_ERROR
    return Failure(kind, what, why, step[0], about=step[1], safe=safe, status_code=answer.status_code, sent=True)


_Words = Callable[[int, str, str, Asked], Failure]
_WORDS: Mapping[int, _Words] = {401: _unauthorized, 403: _forbidden, 404: _not_found, 409: _conflict}


def named_field(message: str, fields: tuple[str, ...]) -> str | None:
    """The one of `fields` that stands in `message` as a word of its own; the first that does, or None."""
    places = [
        (found.start(), name)
        for name in fields
        if (found := re.search(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])", message))
    ]
    return min(places)[1] if places else None
