"""The demo servers: LaunchDarkly, Split, and Unleash on loopback, with errors that can be switched on."""

from __future__ import annotations

import json
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox import saved_state
from tui.sandbox.account import Accounts, Destination
from tui.sandbox.approvals import Approvals
from tui.sandbox.clock import LIFELIKE, QUICK, ROOMY, Limits, Pace, ServerClock
from tui.sandbox.colleague import Colleague
from tui.sandbox.company import Company, seeded
from tui.sandbox.endpoints import Metered, application, ld_missing, with_headers
from tui.sandbox.evaluation import Evaluation, Evaluator
from tui.sandbox.faults import FAULTS, ActiveFaults, Fault, fault_named
from tui.sandbox.flag_import import FlagImport
from tui.sandbox.flags import Flags
from tui.sandbox.job import Jobs, Sources
from tui.sandbox.keys import ENVIRONMENTS, PROJECT, SPLIT_KEYS, TOKENS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.launchdarkly import Reads
from tui.sandbox.segments import Segments
from tui.sandbox.split import API, Split
from tui.sandbox.tokens import AccessTokens
from tui.sandbox.unleash import Unleash
from tui.sandbox.wire import ThreadedServer, listening

_SERVICES = ("launchdarkly", "split", "unleash")


class Sandbox:
    """Three servers in one thread. Make it by `start()`, end it by `stop()` or as a context manager."""

    requests: list[tuple[str, str, int]]
    """Every request since the start, in order: method, path, status; status 0 without a response (yet)."""

    clock: ServerClock

    on_request: Callable[[str, str], None] | None
    """Called in the servers' thread with method and path before each request. Colleagues may act here."""

    evaluator: Evaluator | None
    """What `flags/evaluate` answers with, such as LaunchDarkly's SDK in a test; None: not available."""

    def __init__(
        self,
        port: int,
        pace: Pace,
        now: Callable[[], float],
        limits: Limits,
        company: Company,
        destination: Destination | None,
        unleash_port: int,
        saved: str | None,
        save: Callable[[str], None] | None,
    ) -> None:
        self.clock = now = ServerClock(now)
        self._faults = ActiveFaults(pace, now)
        self.on_request = None
        self.evaluator = None
        self.requests = []
        sockets = listening(port, len(_SERVICES))
        self._ports = {service: sock.getsockname()[1] for service, sock in zip(_SERVICES, sockets, strict=True)}
        self._save = save
        self._restored = saved_state.restored(saved, self._ports, now) if saved is not None else None
        self._accounts = accounts = self._restored.accounts if self._restored else Accounts(now, destination)
        unleash = f"http://127.0.0.1:{unleash_port}" if unleash_port else self._url("unleash")
        self._jobs = jobs = Jobs(accounts, pace, Sources(self._url("split") + API, unleash), self._keep)
        evaluation = Evaluation(accounts, lambda: self.evaluator)
        writes = Flags(accounts), Segments(accounts), Approvals(accounts), AccessTokens(accounts)
        parts = (FlagImport(accounts, jobs), Reads(accounts), *writes, evaluation)
        launchdarkly = application([route for part in parts for route in part.routes()], ld_missing, accounts.tokens)
        around = self._faults.around
        self._apps: dict[int, ASGIApp] = {
            self._ports["launchdarkly"]: Metered(around("launchdarkly", launchdarkly), limits, now, accounts.tokens),
            self._ports["split"]: around("split", Split(company, limits, now).app()),
            self._ports["unleash"]: around("unleash", Unleash(company).app()),
        }
        self._server = ThreadedServer(self._serve, sockets, self._close)
        self._server.call(self._resume)

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
        saved: str | None = None,
        save: Callable[[str], None] | None = None,
    ) -> Self:
        """Serve on `port` and the two after it, or on free ones (0). `now` gives seconds since the epoch.

        `quick` is for tests: jobs, slow answers and pauses take fractions of a second, or what `pace` says, and
        without `limits` no rate limit is reached. `company` is what both sources have, `destination` LaunchDarkly's
        project `web-shop`; the defaults are the seeded ones. Imports read the Unleash on `unleash_port` of this
        machine instead of its own. `save` is called in the servers' thread with their state after each change; `saved`
        is such a state of an earlier start, whose unfinished imports continue. A damaged one is not used, see `moved`.

        Raises OSError for a taken port, ValueError for an unknown fault.
        """
        if fault is not None:
            fault_named(fault)  # before a port is taken
        limits = limits or (ROOMY if quick else Limits())
        pace = pace or (QUICK if quick else LIFELIKE)
        sandbox = cls(port, pace, now, limits, company or seeded(), destination, unleash_port, saved, save)
        sandbox.set_fault(fault)
        return sandbox

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End jobs and connections, free the ports and end the thread. May be called again."""
        self._server.stop()

    def moved(self) -> Mapping[str, str] | None:
        """Return each address (`127.0.0.1:<port>`) of the saved state with the one that took its place; None if the
        servers started without a state, or with a damaged one."""
        return self._restored.moved if self._restored is not None else None

    def _resume(self) -> None:
        for account, configuration in self._restored.unfinished if self._restored is not None else ():
            self._jobs.resume(account, configuration)

    def _keep(self) -> None:
        if self._save is not None:
            self._save(saved_state.dumped(self._accounts, self._jobs, self._ports))

    async def _close(self) -> None:
        self._keep()
        self._save = None
        await self._jobs.stop()

    def _url(self, service: str) -> str:
        return f"http://127.0.0.1:{self._ports[service]}"

    def addresses(self) -> dict[str, dict[str, str]]:
        """Return the addresses, with keys and names that fit together."""
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
                "workspace": WORKSPACES["default"][0],
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
        return self._faults.faults[0].name if self._faults.faults else None

    def set_fault(self, name: str | None) -> None:
        """Takes effect with the next request. Raises ValueError for an unknown name."""
        self._faults.set(() if name is None else (name,))

    def set_faults(self, *names: str) -> None:
        """Set several faults at once. The first ones act first where several strike the same request."""
        self._faults.set(names)

    def colleague(
        self, who: str = "greta@example.com", *, account: str | None = None, project: str = PROJECT
    ) -> Colleague:
        """Return someone else who works in this account, by email address or by the name of a token."""
        return Colleague(self._accounts, self._jobs, self._server, who, account, project)

    @staticmethod
    def faults() -> tuple[Fault, ...]:
        return tuple(FAULTS.values())

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the server by the port, and record the request."""
        app = self._apps[scope["server"][1]]
        number, method, path = len(self.requests), scope["method"], scope["path"]
        self.requests.append((method, path, 0))
        if self.on_request:
            self.on_request(method, path)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.requests[number] = (method, path, message["status"])
            await with_headers(send, self.clock.headers())(message)

        try:
            await app(scope, receive, sending)
        finally:
            if method not in ("GET", "HEAD"):
                self._keep()


def serve(port: int, fault: str | None, as_json: bool, out: TextIO) -> int:
    """Run only the demo servers, and print their addresses, until SIGINT, SIGTERM, or SIGHUP.

    Returns 128 plus the signal's number, or 2 if they can't start: unknown fault, port in use.
    """
    with _signals() as ended:
        try:
            sandbox = Sandbox.start(port=port, fault=fault, quick=False)
        except ValueError as problem:
            print(problem, file=sys.stderr)
            return 2
        except OSError:
            print(f"Port {port}, or one of the next two, is in use. Choose another --port.", file=sys.stderr)
            return 2
        with sandbox:
            text = json.dumps(sandbox.addresses()) if as_json else described(sandbox)
            print(text, file=out, flush=True)
            return 128 + ended.get()


def described(sandbox: Sandbox) -> str:
    """Return addresses and keys as text, with the keys that are wrong on purpose."""
    lines = ["Demo servers. Nothing leaves this machine, and nothing is saved.", ""]
    for service, values in sandbox.addresses().items():
        lines += [service, *(f"  {name:<12} {value}" for name, value in values.items()), ""]
    lines.append("Keys to practice mistakes with")
    for title, ring in (("launchdarkly", TOKENS), ("split", SPLIT_KEYS), ("unleash", UNLEASH_KEYS)):
        lines += [f"  {title}", *(f"    {key.value}\n      {key.explains}" for key in ring.values())]
    if sandbox.fault:
        lines += ["", f"Simulated error: {sandbox.fault}", f"  {FAULTS[sandbox.fault].explains}"]
    return "\n".join([*lines, "", "Press Ctrl+C to stop."])


@contextmanager
def _signals() -> Iterator[queue.SimpleQueue[int]]:
    """Put the signals that end this program into a queue, and restore the earlier handlers at the end."""
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()

    def put(number: int, frame: FrameType | None) -> None:
        ended.put(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, put) for number in numbers}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
