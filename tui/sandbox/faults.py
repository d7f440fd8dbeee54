"""Faults that can be switched on by name (`data/faults.json`).

Each line of the file is a fault: `title`, `explains`, `step` and `teaches` for the menu, `at` which requests it strikes
(`PLACES`), `when` it does (`CONDITIONS`; left out: always), what it does (an `@action`), and `with` which arguments.
"""

from __future__ import annotations

import json as json_format
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tui.sandbox.account import ENVIRONMENT_KEYS, LdFlag, State
from tui.sandbox.clock import Pace
from tui.sandbox.company import read_data
from tui.sandbox.endpoints import Refusal, ld_refusal
from tui.sandbox.flag_import import FLAG_IMPORT
from tui.sandbox.flags import AUDIT_LOG
from tui.sandbox.job import TWIST, Twist
from tui.sandbox.struck_request import StruckRequest

HOSTILE = (
    "\x1b]52;c;aGFjaw==\x07\x1b]0;hacked\x07\x1b[2J\x1b[31m\x9b31m\x9d0;x\x9c\u202egnp.exe\u2066[bold red]x[/]\r\n"
)
"""Clipboard and title by OSC 52 and OSC 0, CSI, the same as C1, text running backwards, Textual's markup."""

P = ParamSpec("P")

Strikes = Callable[[str, str, str], bool]
"""Whether a fault strikes a request: service ("launchdarkly", "split", "unleash"), method, path."""

Act = Callable[[StruckRequest], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`title` for a menu; `explains` describes what happens.

    `step` is the part of the wizard that shows it. `teaches` marks the cases that a course starts with.
    """

    name: str
    title: str
    explains: str
    strikes: Strikes = field(repr=False, compare=False)
    act: Act = field(repr=False, compare=False)
    step: str = ""
    teaches: bool = False


# Which requests, and when


def at(method: str, *paths: str) -> Strikes:
    """Strike LaunchDarkly's requests with this method ("": any) to paths that match a pattern."""
    pattern = re.compile("|".join(f"(?:{path})/?" for path in paths))
    return lambda service, sent, path: (
        service == "launchdarkly" and method in ("", sent) and pattern.fullmatch(path) is not None
    )


_CREATE = FLAG_IMPORT + "/[^/]+/[^/]+"
_ONE = _CREATE + "/[^/]+"
TRIGGER = _ONE + "/trigger"

PLACES: Mapping[str, Strikes] = {
    "launchdarkly": lambda service, method, path: service == "launchdarkly",
    "source": lambda service, method, path: service != "launchdarkly",
    "create": at("POST", _CREATE),
    "trigger": at("POST", TRIGGER),
    "split-trigger": at("POST", FLAG_IMPORT + "/[^/]+/split/[^/]+/trigger"),
    "look": at("GET", _ONE),
    "status": at("GET", FLAG_IMPORT, _ONE),
    "change": at("PATCH", _ONE, "/api/v2/flags/[^/]+/[^/]+"),
    "flags": at("GET", "/api/v2/flags/[^/]+"),
    "project": at("GET", "/api/v2/projects/[^/]+"),
    "log": at("", AUDIT_LOG),
    "split-segments": lambda service, method, path: service == "split" and "segments/" in path,
}

CONDITIONS: Mapping[str, Callable[[StruckRequest], bool]] = {
    "odd": lambda struck: struck.count % 2 == 1,
    "odd read": lambda struck: struck.here % 2 == 1,
    "third": lambda struck: struck.count % 3 == 0,
    "3 to 10": lambda struck: 3 <= struck.count <= 10,  # at the pace of a watch, about a minute
    "second page": lambda struck: 0 < struck.offset <= struck.limit,
    "second page or archived": lambda struck: (
        0 < struck.offset <= struck.limit or "archived" in struck.query.get("filter", "")
    ),
}


# What happens

_ACTIONS: dict[str, Callable[..., Act]] = {}


def action(respond: Callable[Concatenate[StruckRequest, P], Awaitable[None]]) -> Callable[P, Act]:
    """Make a function that takes the other arguments first, and enter it in the table by its name."""

    def with_arguments(*args: P.args, **named: P.kwargs) -> Act:
        return lambda struck: respond(struck, *args, **named)

    _ACTIONS[respond.__name__] = with_arguments
    return with_arguments


@action
async def refuse(
    struck: StruckRequest, status: int, message: str = "", code: str = "", *, carried_out: bool = False
) -> None:
    """Respond with LaunchDarkly's error. `carried_out` does what was asked before.

    `{hostile}` and `{config}` in the message stand for terminal codes and for the sent values.
    """
    if carried_out:
        await struck.captured()
    text = message.replace("{hostile}", HOSTILE).replace("{config}", _listed(_sent_config(struck)))
    await struck.answer(ld_refusal(status, text, code).response())


@action
async def answer(
    struck: StruckRequest,
    status: int = 200,
    json: object = None,
    html: str = "",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Respond with JSON, a page, or an empty body."""
    if json is not None:
        await struck.answer(JSONResponse(json, status, headers))
    else:
        await struck.answer(HTMLResponse(html, status, headers) if html else Response(None, status, headers))


@action
async def pause(struck: StruckRequest, seconds: float | None = None) -> None:
    """Respond with LaunchDarkly's 429, which asks for a pause (None: the short one)."""
    refusal = ld_refusal(429)
    end = struck.now() + (struck.pace.pause if seconds is None else seconds)
    refusal.headers = {"X-Ratelimit-Route-Remaining": "0", "X-Ratelimit-Reset": str(int(end * 1000))}
    await struck.answer(refusal.response())


@action
async def pause_source(struck: StruckRequest, seconds: float | None = None) -> None:
    """Respond with a source's 429. Its headers are Split's for both windows, and those of a proxy before Unleash."""
    wait = str(math.ceil(struck.pace.pause if seconds is None else seconds))
    headers = {"Retry-After": wait}
    for scope in ("Org", "IP"):
        headers |= {f"X-RateLimit-Reset-Seconds-{scope}": wait, f"X-RateLimit-Remaining-{scope}": "0"}
    await struck.answer(Refusal(429, {"code": 429, "message": "Too many requests"}, headers).response())


@action
async def cut(struck: StruckRequest, *, carried_out: bool = False) -> None:
    """Reset the connection before any response, having done what was asked or not."""
    if carried_out:
        await struck.captured()
    await struck.cut()


@action
async def cut_halfway(struck: StruckRequest) -> None:
    """Do what was asked, announce the whole response, send half of it, and reset the connection."""
    response = await struck.captured()
    await struck.start(response.status_code, response.raw_headers)
    await struck.some(bytes(response.body[: len(response.body) // 2]))
    if not await struck.gone(struck.pace.drip):
        await struck.cut()


@action
async def wait(struck: StruckRequest) -> None:
    if not await struck.gone(struck.pace.slow):
        await struck.go_on()


@action
async def drip(struck: StruckRequest) -> None:
    await struck.start()
    await struck.some(b'{"_id": "')
    while not await struck.gone(struck.pace.drip):
        await struck.some(b"a")


@action
async def flood(struck: StruckRequest, mebibytes: int) -> None:
    await struck.start()
    for _ in range(mebibytes * 16):
        await struck.some(b'"' + b"a" * 65535)
    await struck.some(b"", more=False)


@action
async def alter(struck: StruckRequest, drop: Sequence[str] = (), set: Mapping[str, object] | None = None) -> None:
    """Change the JSON of a 200: drop paths, in which `*` is every item of a list, and set members."""

    def change(shape: dict[str, Any]) -> object:
        for path in drop:
            _drop(shape, path.split("/"))
        return shape | dict(set or {})

    await struck.rewrite(change)


def _drop(shape: Any, path: list[str]) -> None:
    head, *rest = path
    if head == "*":
        for item in shape if isinstance(shape, list) else ():
            _drop(item, rest)
    elif isinstance(shape, dict) and rest:
        _drop(shape.get(head), rest)
    elif isinstance(shape, dict):
        shape.pop(head, None)


@action
async def hostile_text(
    struck: StruckRequest, always: Sequence[str], sometimes: Sequence[str] = (), *, errors: bool = False
) -> None:
    """Append `HOSTILE` to the members named `always`, and to every fourth one named `sometimes`.

    Whether one is a fourth depends on the text alone, so that lists which are joined by it still match.
    `errors` includes error responses, and gives each configuration an error.
    """

    def hostile(shape: Any, key: str = "") -> Any:
        if isinstance(shape, dict):
            return {name: hostile(value, name) for name, value in shape.items()}
        if isinstance(shape, list):
            return [hostile(value, key) for value in shape]
        if isinstance(shape, str) and (key in always or (key in sometimes and len(shape) % 4 == 0)):
            return shape + HOSTILE
        return shape

    def change(shape: Any) -> object:
        changed = hostile(shape)
        if errors and "_status" in changed:
            changed["_status"]["errors"] = [{"message": f"Import failed {HOSTILE}", "statusCode": 400}]
        return changed

    await struck.rewrite(change, errors=errors)


@action
async def echo_config(struck: StruckRequest) -> None:
    """Do what was asked, and show every value of the sent config in the response, also within a text."""
    config = _sent_config(struck)
    errors = [{"message": f"Import could not use {_listed(config)}", "statusCode": 400}]
    await struck.rewrite(lambda shape: shape | {"config": config, "_status": shape["_status"] | {"errors": errors}})


def _sent_config(struck: StruckRequest) -> Mapping[str, Any]:
    try:
        config = json_format.loads(struck.body)["config"]
    except (ValueError, KeyError, TypeError):
        return {}
    return config if isinstance(config, dict) else {}


def _listed(config: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in config.items())


_GARBAGE = {
    "objects": [None, 7, {"name": None, "tags": "none", "treatments": {}}],
    "features": [None, 7, {"name": None, "strategies": "none"}],
    "totalCount": "many",
}
"""Either source's outermost shape, with nothing valid in it."""


@action
async def garbage(struck: StruckRequest) -> None:
    """By turns: half of the response, JSON of another service, and the right frame around nonsense."""
    turn = struck.count % 3
    if turn == 1:
        body = (await struck.captured()).body
        await struck.answer(Response(body[: len(body) // 2], 200, media_type="application/json"))
    else:
        await struck.answer(JSONResponse({"data": [1, 2, 3], "ok": True} if turn == 2 else _GARBAGE))


@action
async def move_pages(struck: StruckRequest) -> None:
    """A flag is created at the head of the list after its first page was read, and deleted before it is read again.

    So every later page begins one flag earlier on its first read, and counts one flag more.
    """
    if not struck.offset or struck.here > 1:
        await struck.go_on()
        return
    query = urlencode({**struck.query, "offset": str(struck.offset - 1), "limit": str(struck.limit)})
    await replace(struck, scope={**struck.scope, "query_string": query.encode()}).rewrite(
        lambda page: page | {"totalCount": page["totalCount"] + 1, "offset": struck.offset}
    )


@action
async def twists(struck: StruckRequest, twist: Twist) -> None:
    """Change the job that the request starts, together with other faults."""
    extensions = struck.scope.setdefault("extensions", {})
    extensions[TWIST] = twist.over(extensions.get(TWIST, Twist()))
    await struck.go_on()


_MODIFIED_AFTER = 40
"""How many ms after its creation an environment of a flag shows that it was modified."""

_FLAG_CHANGES: Mapping[str, Callable[[LdFlag], LdFlag | None]] = {
    "drop": lambda flag: None,
    "swap": lambda flag: replace(flag, on=flag.off, off=flag.on),
    "zero": lambda flag: replace(flag, on=0, off=0),
    "untag": lambda flag: replace(flag, tags=()),
    "modify": lambda flag: replace(
        flag, states=dict.fromkeys(ENVIRONMENT_KEYS, State(False, 1, flag.created + _MODIFIED_AFTER))
    ),
}


def job(change: str = "", nth: int = 1, lacks: Sequence[str] = (), **twist: Any) -> Act:
    """Change the job that the request starts: `change` every `nth` new flag, let fields of all be missing, `twist`."""

    def imported(number: int, flag: LdFlag) -> LdFlag | None:
        incomplete = replace(flag, lacks=flag.lacks | {*lacks})
        return _FLAG_CHANGES[change](incomplete) if change and number % nth == 0 else incomplete

    return twists(Twist(**twist, imported=imported))


_ACTIONS["job"] = job


# The table


def _fault(line: Mapping[str, Any]) -> Fault:
    act = _ACTIONS[line["do"]](**line.get("with", {}))
    if "when" in line:
        act = _under(CONDITIONS[line["when"]], act)
    words = line["name"], line["title"], line["explains"]
    return Fault(*words, PLACES[line["at"]], act, line["step"], line.get("teaches", False))


def _under(condition: Callable[[StruckRequest], bool], act: Act) -> Act:
    return lambda struck: act(struck) if condition(struck) else struck.go_on()


FAULTS: dict[str, Fault] = {line["name"]: _fault(line) for line in read_data("faults", list[dict[str, Any]])}


def fault_named(name: str) -> Fault:
    """Raises ValueError, with all names, for a fault that does not exist."""
    if name not in FAULTS:
        raise ValueError(f"No fault has this name. Choose one of: {', '.join(FAULTS)}.")
    return FAULTS[name]


class ActiveFaults:
    """The faults that are switched on. The first ones act first where several strike the same request."""

    def __init__(self, pace: Pace, now: Callable[[], float]) -> None:
        self._pace, self._now = pace, now
        self._tally: Counter[tuple[str, str]] = Counter()
        self.faults: tuple[Fault, ...] = ()

    def set(self, names: Sequence[str]) -> None:
        """Raises ValueError for an unknown name."""
        self.faults = tuple(fault_named(name) for name in names)
        self._tally = Counter()

    def around(self, service: str, app: ASGIApp) -> ASGIApp:
        """Return the service with the faults that strike it."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            handler = app
            for fault in reversed(self.faults):
                if fault.strikes(service, scope["method"], scope["path"]):
                    handler = self._apply(fault, handler)
            await handler(scope, receive, send)

        return faulty

    def _apply(self, fault: Fault, app: ASGIApp) -> ASGIApp:
        async def applied(scope: Scope, receive: Receive, send: Send) -> None:
            overall = (fault.name, "")
            here = (fault.name, f"{scope['path']}?{scope['query_string'].decode('latin-1')}")
            self._tally.update((overall, here))
            counts = self._tally[overall], self._tally[here]
            struck = StruckRequest(app, scope, receive, send, self._pace, self._now, *counts)
            await struck.read()
            await fault.act(struck)

        return applied
