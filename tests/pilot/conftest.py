"""What the tests of the wizard share.

No request leaves this machine, not even by mistake: those not for loopback go to a proxy that notes the host and
refuses.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from textual._compositor import Compositor

from tests.pilot.runs import Brake
from tui.sandbox.server import Sandbox


@dataclass
class Outside:
    """The hosts that somebody wanted to talk to, in order, and whether the test expected it."""

    asked: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    outside: Outside


class _Refusing(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline(4096).decode("latin-1")
        assert isinstance(self.server, _Proxy)
        self.server.outside.asked.append(line.split(" ")[1].rpartition(":")[0] if " " in line else line)
        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture(autouse=True)
def outside(own_world: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Every request that is not for loopback ends here; one that the test did not expect fails it."""
    seen = Outside()
    with _Proxy(("127.0.0.1", 0), _Refusing) as proxy:
        proxy.outside = seen
        threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield seen
        proxy.shutdown()
    assert set(seen.asked) <= seen.expected


@pytest.fixture(autouse=True)
def draws_when_looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the frames for a terminal that isn't there; they take a third of the time of a test.

    `shown`, `settled`, and pictures draw the whole screen. Layout, styles, focus, and callbacks are as always.
    """
    if "draws_every_frame" not in request.fixturenames:
        draw = Compositor.render_update

        def render_update(compositor: Compositor, full: bool = False, **options: Any) -> object:
            if full:  # a picture
                return draw(compositor, full, **options)
            compositor._dirty_regions.clear()
            return None

        monkeypatch.setattr(Compositor, "render_update", render_update)


@pytest.fixture
def draws_every_frame() -> None:
    """For tests that count what is drawn."""


@pytest.fixture
def brake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Brake]:
    """Holds an import of the practice servers in its middle."""
    made = Brake(monkeypatch)
    yield made
    made.let_off()


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """Practice servers that stand in for an account."""
    with Sandbox.start() as servers:
        yield servers
