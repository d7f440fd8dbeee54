"""The faults that can be switched on by name, each with its title and a sentence for trainers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tui.sandbox import mischief, page_mischief
from tui.sandbox.answers import Refusal, ld_refusal
from tui.sandbox.evidence_faults import EVIDENCE_FAULTS
from tui.sandbox.mischief import Struck, refuses
from tui.sandbox.run_faults import RUN_FAULTS
from tui.sandbox.shapes import FLAG_IMPORT

Strikes = Callable[[str, str, str], bool]
"""Whether a request is hit: service ("launchdarkly", "split", "unleash"), method, path."""

Act = Callable[[Struck], Awaitable[None]]

_CREATE = re.compile(re.escape(FLAG_IMPORT) + r"/[^/]+/[^/]+/?")
_FLAGS = re.compile(r"/api/v2/flags/[^/]+/?")
_PROJECT = re.compile(r"/api/v2/projects/[^/]+/?")


@dataclass(frozen=True, slots=True)
class Fault:
    """`title` for a menu, `explains` says what happens and where it strikes."""

    name: str
    title: str
    explains: str
    strikes: Strikes = field(repr=False, compare=False)
    act: Act = field(repr=False, compare=False)


def at_create(service: str, method: str, path: str) -> bool:
    return service == "launchdarkly" and method == "POST" and _CREATE.fullmatch(path) is not None


def at_launchdarkly(service: str, method: str, path: str) -> bool:
    return service == "launchdarkly"


def at_source(service: str, method: str, path: str) -> bool:
    return service != "launchdarkly"


def at_flags(service: str, method: str, path: str) -> bool:
    return service == "launchdarkly" and method == "GET" and _FLAGS.fullmatch(path) is not None


def at_project(service: str, method: str, path: str) -> bool:
    return service == "launchdarkly" and method == "GET" and _PROJECT.fullmatch(path) is not None


def _internal_error() -> Refusal:
    return ld_refusal(500)


def _source_401() -> Refusal:
    return Refusal(401, {"code": 401, "message": "Invalid API key"})


_AT_CREATE: tuple[tuple[str, str, str, Act], ...] = (
    (
        "unauthorized",
        "Token refused (401)",
        "The create call is answered 401, as if your token had just been deleted.",
        refuses(lambda: ld_refusal(401)),
    ),
    (
        "unauthorized-empty",
        "Token refused, no text (401)",
        "The create call is answered 401 with an empty body, as LaunchDarkly sometimes does.",
        refuses(lambda: Refusal(401, None)),
    ),
    (
        "forbidden",
        "Not allowed (403)",
        "The create call is answered 403, as for a role that does not cover import configurations.",
        refuses(lambda: ld_refusal(403)),
    ),
    (
        "bad-request",
        "Request not accepted (400)",
        "The create call is answered 400 with a message that names the field ldTag.",
        refuses(lambda: ld_refusal(400, "ldTag is not valid")),
    ),
    (
        "not-found",
        "Project is gone (404)",
        "The create call is answered 404, as if the project had been deleted meanwhile.",
        refuses(lambda: ld_refusal(404)),
    ),
    (
        "conflict",
        "Conflict (409)",
        "The create call is answered 409, the one error LaunchDarkly says to try again.",
        refuses(lambda: ld_refusal(409)),
    ),
    (
        "rate-limited",
        "Short pause (429)",
        "Every other create call is answered 429 and asks for some seconds' pause; the next one succeeds.",
        mischief.asks_for_a_pause,
    ),
    (
        "rate-limited-long",
        "Pause of 3 minutes (429)",
        "The create call is answered 429 and asks for three minutes' pause, longer than this program waits.",
        mischief.asks_for_a_long_pause,
    ),
    (
        "server-error",
        "LaunchDarkly fails (500)",
        "The create call is answered 500 and creates nothing.",
        refuses(_internal_error),
    ),
    (
        "html",
        "A web page in place of JSON (502)",
        "The create call is answered 502 with a web page, as by a gateway; nothing is created.",
        mischief.answers_a_page,
    ),
    ("slow", "Slow answer", "The create call is answered after some seconds, and succeeds.", mischief.waits),
    (
        "drip",
        "Answer that drips for ever",
        "The answer to the create call comes one byte at a time and never ends; nothing is created.",
        mischief.drips,
    ),
    (
        "reset",
        "Connection reset in mid-answer",
        "The create call succeeds, and the connection is reset after half of its answer.",
        mischief.resets,
    ),
    (
        "redirect",
        "Redirect to another host (302)",
        "The create call is answered 302 to a login page elsewhere; nothing is created.",
        mischief.redirects,
    ),
    (
        "too-large",
        "Answer of 64 MiB",
        "The create call is answered with 64 MiB; nothing is created.",
        mischief.never_ends,
    ),
    (
        "lost-answer",
        "Created, but the answer is lost",
        "The create call succeeds, and the connection is cut before any answer.",
        mischief.loses_the_answer,
    ),
    (
        "lost-request",
        "Not created, and no answer",
        "The connection is cut before the create call does anything.",
        mischief.loses_the_request,
    ),
    (
        "echoed-secrets",
        "The answer shows the keys",
        "The create call succeeds, and its answer shows every sent value, also within an error text.",
        mischief.echoes_secrets,
    ),
    (
        "echoed-secrets-error",
        "The error shows the keys",
        "The create call is answered 400 with a message that quotes every sent value.",
        mischief.quotes_secrets,
    ),
    (
        "hostile-error",
        "Error with terminal codes",
        "The create call is answered 400 with a message full of terminal codes and markup.",
        mischief.refuses_in_hostile_words,
    ),
)

_ELSEWHERE: tuple[tuple[str, str, str, Strikes, Act], ...] = (
    (
        "hostile-text",
        "Names with terminal codes",
        "Every answer of LaunchDarkly has terminal codes in its names and messages; all calls succeed.",
        at_launchdarkly,
        mischief.writes_on_the_terminal,
    ),
    (
        "source-unauthorized",
        "Source refuses its key (401)",
        "Split and Unleash answer every call with 401, also when the import itself reads them.",
        at_source,
        refuses(_source_401),
    ),
    (
        "source-html",
        "Source answers a web page",
        "Split and Unleash answer every call with a web page and 200, as behind a wrong address.",
        at_source,
        mischief.answers_an_app,
    ),
    (
        "source-slow",
        "Source answers late",
        "Split and Unleash answer every call after some seconds, also when the import itself reads them.",
        at_source,
        mischief.waits,
    ),
    (
        "source-down",
        "Source is down",
        "Split and Unleash cut every connection before they answer, also that of the import itself.",
        at_source,
        mischief.loses_the_request,
    ),
    (
        "source-rate-limited",
        "Source asks for a short pause (429)",
        "Split and Unleash answer each read with 429 and ask for some seconds' pause; asked again, they give it.",
        at_source,
        page_mischief.asks_for_a_pause,
    ),
    (
        "source-rate-limited-long",
        "Source asks for 3 minutes (429)",
        "Split and Unleash answer every call with 429 and ask for three minutes, longer than this program waits.",
        at_source,
        page_mischief.asks_for_a_long_pause,
    ),
    (
        "source-garbage",
        "Source answers nonsense",
        "Split and Unleash answer 200: half a JSON document, another service's, or theirs with nonsense in it.",
        at_source,
        page_mischief.answers_garbage,
    ),
    (
        "source-hostile",
        "Flags with terminal codes",
        "Split and Unleash have terminal codes in descriptions and rules, and in the names of some flags.",
        at_source,
        page_mischief.writes_on_the_terminal,
    ),
    (
        "source-changing",
        "Flags change while they are read",
        "A flag comes and goes while Split's lists are read: later pages move by one; read again, they are at rest.",
        at_source,
        page_mischief.moves_pages,
    ),
    (
        "source-lost-page",
        "A page of flags is lost (503)",
        "The second page of each of Split's lists is answered 503, whenever it is asked for; Unleash has no pages.",
        at_source,
        page_mischief.loses_a_page,
    ),
    (
        "launchdarkly-flags-lost-page",
        "A page of existing flags is lost (500)",
        "LaunchDarkly answers 500 for the second page of a project's flags, and for those that are archived.",
        at_flags,
        page_mischief.loses_a_page_of_flags,
    ),
    (
        "no-naming-convention",
        "Naming convention is not shown",
        "LaunchDarkly shows the project without its naming convention; the import keeps to it all the same.",
        at_project,
        page_mischief.hides_the_convention,
    ),
    (
        "naming-convention-forbidden",
        "Naming convention cannot be read (403)",
        "LaunchDarkly does not show the project to your token (403), and so not its naming convention either.",
        at_project,
        refuses(lambda: ld_refusal(403)),
    ),
)

FAULTS: dict[str, Fault] = {
    name: Fault(name, title, explains, strikes, act)
    for name, title, explains, strikes, act in (
        *((name, title, explains, at_create, act) for name, title, explains, act in _AT_CREATE),
        *_ELSEWHERE,
        *RUN_FAULTS,
        *EVIDENCE_FAULTS,
    )
}
