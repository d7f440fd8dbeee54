"""Faults that can be switched on by name (`data/faults.json`).

Each line of the file is a fault: `title` for a menu, `explains` for people, `at` which requests it strikes (`PLACES`),
`when` it does (`CONDITIONS`; left out: always), what it does (`ACTIONS`), and `with` which arguments.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
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

_JSON = [(b"content-type", b"application/json")]
_CHUNK = b"a" * 65536
_LATER = 40
"""How many ms after its creation an environment of a flag shows that it was modified."""


Strikes = Callable[[str, str, str], bool]
"""Whether a fault strikes a request: service ("launchdarkly", "split", "unleash"), method, path."""

Act = Callable[[StruckRequest], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`title` for a menu; `explains` says what happens and where it strikes."""

    name: str
    title: str
    explains: str
    strikes: Strikes = field(repr=False, compare=False)
    act: Act = field(repr=False, compare=False)


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
}

CONDITIONS: Mapping[str, Callable[[StruckRequest], bool]] = {
    "odd": lambda exchange: exchange.count % 2 == 1,
    "odd read": lambda exchange: exchange.here % 2 == 1,
    "third": lambda exchange: exchange.count % 3 == 0,
    "3 to 10": lambda exchange: 3 <= exchange.count <= 10,  # at the pace of a watch, about a minute
    "second page": lambda exchange: 0 < exchange.offset <= exchange.limit,
    "second page or archived": lambda exchange: (
        0 < exchange.offset <= exchange.limit or "archived" in exchange.query.get("filter", "")
    ),
}


def refuse(status: int, message: str = "", code: str = "", *, carried_out: bool = False) -> Act:
    """Respond with LaunchDarkly's error. `{hostile}` and `{config}` in the message stand for terminal codes and for
    the sent values. `carried_out` does what was asked before."""

    async def act(exchange: StruckRequest) -> None:
        if carried_out:
            await exchange.captured()
        text = message.replace("{hostile}", HOSTILE).replace("{config}", _listed(_sent_config(exchange)))
        await exchange.answer(ld_refusal(status, text, code).response())

    return act


def answer(
    status: int = 200, json: object = None, html: str = "", headers: Mapping[str, str] | None = None
) -> Act:  # fmt: skip
    """Respond with JSON, a page, or an empty body."""

    async def act(exchange: StruckRequest) -> None:
        if json is not None:
            await exchange.answer(JSONResponse(json, status, headers))
        elif html:
            await exchange.answer(HTMLResponse(html, status, headers))
        else:
            await exchange.answer(Response(None, status, headers))

    return act


def pause(seconds: float | None = None) -> Act:
    """Respond with LaunchDarkly's 429, which asks for a pause (None: the short one)."""

    async def act(exchange: StruckRequest) -> None:
        refusal = ld_refusal(429)
        end = exchange.now() + (exchange.pace.pause if seconds is None else seconds)
        refusal.headers = {"X-Ratelimit-Route-Remaining": "0", "X-Ratelimit-Reset": str(int(end * 1000))}
        await exchange.answer(refusal.response())

    return act


def pause_source(seconds: float | None = None) -> Act:
    """Respond with a source's 429. Its headers are Split's for both windows, and those of a proxy before Unleash."""

    async def act(exchange: StruckRequest) -> None:
        wait = str(math.ceil(exchange.pace.pause if seconds is None else seconds))
        headers = {"Retry-After": wait}
        for scope in ("Org", "IP"):
            headers |= {f"X-RateLimit-Reset-Seconds-{scope}": wait, f"X-RateLimit-Remaining-{scope}": "0"}
        await exchange.answer(Refusal(429, {"code": 429, "message": "Too many requests"}, headers).response())

    return act


def cut(*, carried_out: bool = False) -> Act:
    """Reset the connection before any response, having done what was asked or not."""

    async def act(exchange: StruckRequest) -> None:
        if carried_out:
            await exchange.captured()
        await exchange.cut()

    return act


async def _cut_halfway(exchange: StruckRequest) -> None:
    """Do what was asked, announce the whole response, send half of it, and reset the connection."""
    kept = await exchange.captured()
    await exchange.start(kept.status, kept.headers)
    await exchange.some(kept.body[: len(kept.body) // 2])
    if not await exchange.gone(exchange.pace.drip):
        await exchange.cut()


async def _wait(exchange: StruckRequest) -> None:
    if not await exchange.gone(exchange.pace.slow):
        await exchange.go_on()


async def _drip(exchange: StruckRequest) -> None:
    await exchange.start(200, _JSON)
    await exchange.some(b'{"_id": "')
    while not await exchange.gone(exchange.pace.drip):
        await exchange.some(b"a")


def flood(mebibytes: int) -> Act:
    async def act(exchange: StruckRequest) -> None:
        await exchange.start(200, _JSON)
        await exchange.some(b'{"padding": "')
        for _ in range(mebibytes * 1024 * 1024 // len(_CHUNK)):
            await exchange.some(_CHUNK)
        await exchange.send({"type": "http.response.body", "body": b'"}'})

    return act


def alter(drop: Sequence[str] = (), set: Mapping[str, object] | None = None) -> Act:
    """Change the JSON of a 200: drop paths, in which `*` is every item of a list, and set members."""

    async def act(exchange: StruckRequest) -> None:
        kept = await exchange.captured()
        shape = kept.json() if kept.status == 200 else None
        if isinstance(shape, dict):
            for path in drop:
                _drop(shape, path.split("/"))
            shape |= set or {}
        await exchange.answer_json(kept, shape)

    return act


def _drop(shape: Any, path: list[str]) -> None:
    head, *rest = path
    if head == "*":
        for item in shape if isinstance(shape, list) else ():
            _drop(item, rest)
    elif isinstance(shape, dict) and rest:
        _drop(shape.get(head), rest)
    elif isinstance(shape, dict):
        shape.pop(head, None)


def hostile_text(always: Sequence[str], sometimes: Sequence[str] = (), *, errors: bool = False) -> Act:
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

    async def act(exchange: StruckRequest) -> None:
        kept = await exchange.captured()
        shape = hostile(kept.json()) if errors or kept.status == 200 else None
        if errors and isinstance(shape, dict) and "_status" in shape:
            shape["_status"]["errors"] = [{"message": f"Import failed {HOSTILE}", "statusCode": 400}]
        await exchange.answer_json(kept, shape)

    return act


async def _echo_config(exchange: StruckRequest) -> None:
    """Do what was asked, and show every value of the sent config in the response, also within a text."""
    config, kept = _sent_config(exchange), await exchange.captured()
    shape = kept.json()
    if kept.status == 200:
        shape["config"] = config
        shape["_status"]["errors"] = [{"message": f"Import could not use {_listed(config)}", "statusCode": 400}]
    await exchange.answer_json(kept, shape)


def _sent_config(exchange: StruckRequest) -> Mapping[str, Any]:
    try:
        config = json.loads(exchange.body)["config"]
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


async def _garbage(exchange: StruckRequest) -> None:
    """By turns: half of the response, JSON of another service, and the right frame around nonsense."""
    turn = exchange.count % 3
    if turn == 1:
        kept = await exchange.captured()
        await exchange.answer(Response(kept.body[: len(kept.body) // 2], 200, media_type="application/json"))
    else:
        await exchange.answer(JSONResponse({"data": [1, 2, 3], "ok": True} if turn == 2 else _GARBAGE))


async def _move_pages(exchange: StruckRequest) -> None:
    """A flag is created at the head of the list after its first page was read, and deleted before it is read again.

    So every later page begins one flag earlier on its first read, and counts one flag more.
    """
    if not exchange.offset or exchange.here > 1:
        await exchange.go_on()
        return
    moved = urlencode({**exchange.query, "offset": str(exchange.offset - 1), "limit": str(exchange.limit)})
    kept = await replace(exchange, scope={**exchange.scope, "query_string": moved.encode()}).captured()
    shape = kept.json()
    if kept.status == 200:
        shape |= {"totalCount": shape["totalCount"] + 1, "offset": exchange.offset}
    await exchange.answer_json(kept, shape)


def twists(twist: Twist) -> Act:
    """Change the job that the request starts, together with other faults."""

    async def act(exchange: StruckRequest) -> None:
        extensions = exchange.scope.setdefault("extensions", {})
        extensions[TWIST] = twist.over(extensions.get(TWIST, Twist()))
        await exchange.go_on()

    return act


def job(change: str = "", nth: int = 1, lacks: Sequence[str] = (), **twist: Any) -> Act:
    """Change the job that the request starts: `change` every `nth` new flag, let fields of all be missing, `twist`."""

    def arrives(number: int, flag: LdFlag) -> LdFlag | None:
        arriving = replace(flag, lacks=flag.lacks | {*lacks})
        return _CHANGES[change](arriving) if change and number % nth == 0 else arriving

    return twists(Twist(**twist, arrives=arrives))


def _modified(flag: LdFlag) -> LdFlag:
    state = State(False, 1, flag.created + _LATER)
    return replace(flag, states=dict.fromkeys(ENVIRONMENT_KEYS, state))


_CHANGES: Mapping[str, Callable[[LdFlag], LdFlag | None]] = {
    "drop": lambda flag: None,
    "swap": lambda flag: replace(flag, on=flag.off, off=flag.on),
    "zero": lambda flag: replace(flag, on=0, off=0),
    "untag": lambda flag: replace(flag, tags=()),
    "modify": _modified,
}

ACTIONS: Mapping[str, Callable[..., Act]] = {
    "refuse": refuse,
    "answer": answer,
    "pause": pause,
    "pause_source": pause_source,
    "cut": cut,
    "cut_halfway": lambda: _cut_halfway,
    "wait": lambda: _wait,
    "drip": lambda: _drip,
    "flood": flood,
    "alter": alter,
    "hostile_text": hostile_text,
    "echo_config": lambda: _echo_config,
    "garbage": lambda: _garbage,
    "move_pages": lambda: _move_pages,
    "job": job,
}


def _fault(line: Mapping[str, Any]) -> Fault:
    act = ACTIONS[line["do"]](**line.get("with", {}))
    if "when" in line:
        act = _under(CONDITIONS[line["when"]], act)
    return Fault(line["name"], line["title"], line["explains"], PLACES[line["at"]], act)


def _under(condition: Callable[[StruckRequest], bool], act: Act) -> Act:
    async def under_condition(exchange: StruckRequest) -> None:
        await (act(exchange) if condition(exchange) else exchange.go_on())

    return under_condition


FAULTS: dict[str, Fault] = {line["name"]: _fault(line) for line in read_data("faults", list[dict[str, Any]])}


def fault_named(name: str) -> Fault:
    """Raises ValueError, with all names, for a fault that does not exist."""
    if name not in FAULTS:
        raise ValueError(f"There is no such fault. Choose one of: {', '.join(FAULTS)}.")
    return FAULTS[name]


class ActiveFaults:
    """The faults that are switched on. The first ones act first where several strike the same request."""

    def __init__(self, pace: Pace, now: Callable[[], float]) -> None:
        self._pace = pace
        self._now = now
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
            exchange = StruckRequest(app, scope, receive, send, self._pace, self._now, *counts)
            await exchange.read()
            await fault.act(exchange)

        return applied
