"""Practice servers: a made-up LaunchDarkly, Split and Unleash on loopback, with faults that can be chosen."""

from __future__ import annotations

import json
import queue
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox.account import Accounts, Destination
from tui.sandbox.audit_log import AuditLog
from tui.sandbox.clock import ServerClock
from tui.sandbox.colleague import Colleague
from tui.sandbox.company import Company, seeded
from tui.sandbox.faults import FAULTS, Fault
from tui.sandbox.flag_import import FlagImport
from tui.sandbox.flag_writes import FlagWrites
from tui.sandbox.gate import Metered, with_headers
from tui.sandbox.job import LIFELIKE, QUICK, Jobs, Pace, Sources
from tui.sandbox.keys import ENVIRONMENTS, PROJECT, SPLIT_KEYS, TOKENS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.launchdarkly import Reads, json_app
from tui.sandbox.mischief import Struck
from tui.sandbox.split import API, Split
from tui.sandbox.unleash import Unleash
from tui.sandbox.windows import ROOMY, Limits
from tui.sandbox.wire import ThreadedServer, listening

_SERVICES = ("launchdarkly", "split", "unleash")


class Sandbox:
    """Three servers in one thread. Make it by `start()`, end it by `stop()` or as a context manager."""

    requests: list[tuple[str, str, int]]
    """Every request since the start, in order: method, path, status; status 0 without an answer (yet)."""

    clock: ServerClock
    """The servers' own clock."""

    on_request: Callable[[str, str], None] | None
    """Called in the servers' thread with method and path before a request is answered: here colleagues may act."""

    def __init__(
        self,
        port: int,
        pace: Pace,
        now: Callable[[], float],
        limits: Limits,
        company: Company,
        destination: Destination | None,
        unleash_port: int,
    ) -> None:
        self._pace = pace
        self.clock = now = ServerClock(now)
        self._faults: tuple[Fault, ...] = ()
        self._tally: Counter[tuple[str, str]] = Counter()
        self.on_request = None
        self.requests = []
        sockets = listening(port, len(_SERVICES))
        self._ports = {service: sock.getsockname()[1] for service, sock in zip(_SERVICES, sockets, strict=True)}
        self._accounts = accounts = Accounts(now, destination)
        unleash = _loopback(unleash_port) if unleash_port else self._url("unleash")
        self._jobs = jobs = Jobs(accounts, pace, Sources(self._url("split") + API, unleash))
        parts = (FlagImport(accounts, jobs), Reads(accounts), FlagWrites(accounts), AuditLog(accounts))
        routes = [route for part in parts for route in part.routes()]
        self._apps: dict[int, ASGIApp] = {
            self._ports["launchdarkly"]: Metered(self._faulty("launchdarkly", json_app(routes)), limits, now),
            self._ports["split"]: self._faulty("split", Split(company, limits, now).app()),
            self._ports["unleash"]: self._faulty("unleash", Unleash(company).app()),
        }
        self._server = ThreadedServer(self._serve, sockets, jobs.stop)

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        fault: str | None = None,
        quick: bool = True,
        now: Callable[[], float] = time.time,
        limits: Limits | None = None,
        company: Company | None = None,
        destination: Destination | None = None,
        pace: Pace | None = None,
        unleash_port: int = 0,
    ) -> Self:
        """Serves on `port` and the two after it, or on free ones (0). `now` gives seconds since the epoch.

        `quick` is for tests: jobs, slow answers and pauses take fractions of a second, or what `pace` says, and
        without `limits` the rate limits are out of reach. `company` is what both sources have, `destination` what
        LaunchDarkly's project `web-shop` holds; without them there is the seeded company and its flags. Imports
        read the Unleash on `unleash_port` of this machine rather than the one made here. Raises OSError for a
        taken port, ValueError for an unknown fault.
        """
        known(fault)
        roomy = limits or (ROOMY if quick else Limits())
        tempo = pace or (QUICK if quick else LIFELIKE)
        made = cls(port, tempo, now, roomy, company or seeded(), destination, unleash_port)
        made.set_fault(fault)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends jobs and connections, frees the ports and ends the thread. May be called again."""
        self._server.stop()

    def _url(self, service: str) -> str:
        return _loopback(self._ports[service])

    def addresses(self) -> dict[str, dict[str, str]]:
        """Where the servers are, and the keys and names that fit together."""
        workspace, _ = WORKSPACES["default"]
        return {
            "launchdarkly": {
                "url": self._url("launchdarkly"),
                "token": TOKENS["writer"].value,
                "import_key": TOKENS["import-key"].value,
                "project": PROJECT,
            },
            "split": {
                "api": self._url("split") + API,
                "key": SPLIT_KEYS["admin"].value,
                "workspace": workspace,
                "environment": ENVIRONMENTS["production"],
            },
            "unleash": {
                "url": self._url("unleash"),
                "key": UNLEASH_KEYS["sdk"].value,
                "project": "default",
                "environment": "production",
            },
        }

    @property
    def moves(self) -> int | None:
        """How many steps the import jobs have made since the start; None while none would make another by itself.

        A clock that runs faster than these servers can wait for it.
        """
        return self._jobs.moves

    @property
    def fault(self) -> str | None:
        return self._faults[0].name if self._faults else None

    def set_fault(self, name: str | None) -> None:
        """Takes effect with the next request. Raises ValueError for an unknown name."""
        self.set_faults(*(() if name is None else (name,)))

    def set_faults(self, *names: str) -> None:
        """Set several faults at once. The first ones act first where several strike the same request."""
        for name in names:
            known(name)
        self._tally = Counter()
        self._faults = tuple(FAULTS[name] for name in names)

    def colleague(
        self, who: str = "greta@example.com", *, account: str | None = None, project: str = PROJECT
    ) -> Colleague:
        """Somebody else who works in this account, by email address or by the name of a token."""
        return Colleague(self._accounts, self._jobs, self._server.call, who, account, project)

    @staticmethod
    def faults() -> tuple[Fault, ...]:
        return tuple(FAULTS.values())

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Finds the server by the port that was called, and keeps a record of the request."""
        app = self._apps[scope["server"][1]]
        number, method, path = len(self.requests), scope["method"], scope["path"]
        self.requests.append((method, path, 0))
        if self.on_request:
            self.on_request(method, path)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.requests[number] = (method, path, message["status"])
            await with_headers(send, self.clock.headers())(message)

        await app(scope, receive, sending)

    def _faulty(self, service: str, app: ASGIApp) -> ASGIApp:
        async def struck_or_not(scope: Scope, receive: Receive, send: Send) -> None:
            handler = app
            for fault in reversed(self._faults):
                if fault.strikes(service, scope["method"], scope["path"]):
                    handler = self._struck(fault, handler)
            await handler(scope, receive, send)

        return struck_or_not

    def _struck(self, fault: Fault, app: ASGIApp) -> ASGIApp:
        async def struck_by_fault(scope: Scope, receive: Receive, send: Send) -> None:
            overall = (fault.name, "")
            here = (fault.name, f"{scope['path']}?{scope['query_string'].decode('latin-1')}")
            self._tally.update((overall, here))
            counts = self._tally[overall], self._tally[here]
            struck = Struck(app, scope, receive, send, self._pace, self.clock, *counts)
            await struck.read()
            await fault.act(struck)

        return struck_by_fault


def _loopback(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def known(fault: str | None) -> None:
    """Raises ValueError, with the names there are, for a fault that does not exist."""
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"There is no such fault. Choose one of: {', '.join(FAULTS)}.")


def serve(port: int, fault: str | None, as_json: bool, out: TextIO) -> int:
    """Runs the practice servers alone, and says where they are, until SIGINT, SIGTERM or SIGHUP.

    Returns 128 and the signal's number, or 2 where it could not start: unknown fault, port taken.
    """
    with _signals() as ended:
        try:
            sandbox = Sandbox.start(port=port, fault=fault, quick=False)
        except ValueError as problem:
            print(problem, file=sys.stderr)
            return 2
        except OSError:
            said = f"Port {port}, or one of the two after it, is taken. Choose another --port."
            print(said, file=sys.stderr)
            return 2
        with sandbox:
            text = json.dumps(sandbox.addresses()) if as_json else described(sandbox)
            print(text, file=out, flush=True)
            return 128 + ended.get()


def described(sandbox: Sandbox) -> str:
    """Addresses and keys for people, with the keys that are wrong on purpose."""
    lines = ["Practice servers. Nothing leaves this machine; everything is forgotten at the end.", ""]
    for service, values in sandbox.addresses().items():
        lines += [service, *(f"  {name:<12} {value}" for name, value in values.items()), ""]
    lines.append("Keys for practising mistakes")
    for title, ring in (("launchdarkly", TOKENS), ("split", SPLIT_KEYS), ("unleash", UNLEASH_KEYS)):
        lines += [f"  {title}", *(f"    {key.value}\n      {key.explains}" for key in ring.named.values())]
    if sandbox.fault:
        lines += ["", f"Fault {sandbox.fault}: {FAULTS[sandbox.fault].explains}"]
    return "\n".join([*lines, "", "Ctrl+C ends this."])


@contextmanager
def _signals() -> Iterator[queue.SimpleQueue[int]]:
    """The signals that end this program arrive in the queue; the handlers of before come back at the end."""
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()

    def arrived(number: int, frame: FrameType | None) -> None:
        ended.put(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, arrived) for number in numbers}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
