"""Start, stop, and the practice servers as a program of their own."""

from __future__ import annotations

import io
import json
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.unit.sandbox_tools import Clock, launchdarkly, split, unleash
from tui.sandbox.faults import FAULTS
from tui.sandbox.server import Sandbox, described, serve
from tui.sandbox.wire import listening


def _ports(box: Sandbox) -> list[int]:
    there = box.addresses()
    urls = (there["launchdarkly"]["url"], there["split"]["api"], there["unleash"]["url"])
    return [httpx.URL(url).port or 0 for url in urls]


def test_addresses_have_the_documented_keys_and_fit_together() -> None:
    with Sandbox.start() as box:
        there = box.addresses()
        assert {service: set(values) for service, values in there.items()} == {
            "launchdarkly": {"url", "token", "project", "import_key"},
            "split": {"api", "key", "workspace", "environment"},
            "unleash": {"url", "key", "project", "environment"},
        }
        assert len(set(_ports(box))) == 3
        with launchdarkly(box) as ld, split(box) as admin, unleash(box) as sdk:
            assert ld.get(f"/api/v2/projects/{there['launchdarkly']['project']}").status_code == 200
            at = f"/splits/ws/{there['split']['workspace']}/environments/{there['split']['environment']}"
            assert admin.get(at).status_code == 200
            assert sdk.get("/api/client/features").json()["query"]["environment"] == there["unleash"]["environment"]
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(f"api-{uuid}", there["launchdarkly"]["token"])
    assert re.fullmatch(f"api-{uuid}", there["launchdarkly"]["import_key"])
    assert re.fullmatch(r"[a-z0-9]{30,40}", there["split"]["key"])
    assert re.fullmatch(uuid, there["split"]["workspace"])
    assert re.fullmatch(r"default:production\.[0-9a-f]{56}", there["unleash"]["key"])


def test_stop_frees_the_ports_and_ends_the_thread() -> None:
    before = threading.active_count()
    box = Sandbox.start()
    ports = _ports(box)
    with launchdarkly(box) as ld:
        ld.get("/api/v2/projects")
        assert threading.active_count() == before + 1
        box.stop()
    box.stop()
    assert threading.active_count() == before
    for port in ports:
        with socket.socket() as sock:
            assert sock.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def _three_free_ports() -> Iterator[int]:
    """The first of three ports in a row that were free a moment ago."""
    for first in range(21000, 60000, 37):
        try:
            for sock in listening(first, 3):
                sock.close()
        except OSError:
            continue
        yield first
        return
    pytest.fail("no three free ports in a row")


def test_named_port_is_used_and_can_be_reused_at_once() -> None:
    with _three_free_ports() as port:
        for _ in range(2):
            with Sandbox.start(port=port) as box, launchdarkly(box) as ld:
                assert _ports(box) == [port, port + 1, port + 2]
                assert ld.get("/api/v2/projects").status_code == 200
            with Sandbox.start(port=port), pytest.raises(OSError, match="in use"):
                Sandbox.start(port=port)


def test_only_loopback_is_served() -> None:
    for sock in listening(0, 3):
        assert sock.getsockname()[0] == "127.0.0.1"
        sock.close()
    with pytest.raises(OSError, match="65535"):
        listening(65535, 3)


def test_fault_is_set_by_name() -> None:
    with Sandbox.start(fault="slow") as box:
        seen = [box.fault]
        box.set_fault(None)
        seen.append(box.fault)
        with pytest.raises(ValueError, match="Choose one of: unauthorized, "):
            box.set_fault("typo")
        assert [*seen, box.fault] == ["slow", None, None]
        assert [fault.name for fault in box.faults()] == list(FAULTS)
    with pytest.raises(ValueError, match="No fault has this name"):
        Sandbox.start(fault="typo")


def test_requests_are_recorded_without_their_query() -> None:
    with Sandbox.start() as box, launchdarkly(box) as ld:
        ld.get("/api/v2/projects", params={"filter": "query:web"})
        ld.get("/api/v2/projects/nope")
        assert box.requests == [("GET", "/api/v2/projects", 200), ("GET", "/api/v2/projects/nope", 404)]


def test_clock_dates_every_response_and_can_be_shifted() -> None:
    clock = Clock(1_700_000_000.7)
    with Sandbox.start(now=clock) as box, launchdarkly(box) as ld, split(box) as admin, unleash(box) as sdk:
        for shift in (0.0, 3600.0, -86400.0, 0.5):
            box.clock.shift = shift
            responses = [admin.get("/workspaces"), sdk.get("/api/client/features"), ld.get("/nothing")]
            dates = {parsedate_to_datetime(response.headers["Date"]).timestamp() for response in responses}
            assert dates == {int(clock.at + shift)}
            assert box.colleague().create(f"at-{shift}").created == int((clock.at + shift) * 1000)
        box.clock.minute = False
        assert "Date" not in ld.get("/api/v2/projects").headers


class Listening(io.StringIO):
    """Makes a request to the address that is printed, and sends a signal to this process."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number

    def flush(self) -> None:
        launchdarkly = json.loads(self.getvalue())["launchdarkly"]
        headers = {"Authorization": launchdarkly["token"]}
        assert httpx.get(launchdarkly["url"] + "/api/v2/projects", headers=headers, trust_env=False).status_code == 200
        signal.raise_signal(self._number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_serve_prints_one_line_and_ends_by_signal(
    capfd: pytest.CaptureFixture[str], number: signal.Signals, code: int
) -> None:
    before = signal.getsignal(number)
    out = Listening(number)
    assert serve(0, "forbidden", True, out) == code
    assert len(out.getvalue().splitlines()) == 1
    assert capfd.readouterr() == ("", "")
    assert signal.getsignal(number) is before


def test_description_has_addresses_keys_and_the_fault() -> None:
    with Sandbox.start(fault="drip") as box:
        text = described(box)
        for values in box.addresses().values():
            for value in values.values():
                assert value in text
    assert FAULTS["drip"].explains in text
    assert "a frontend key" in text
    assert max(len(line) for line in text.splitlines()) <= 110


def test_serve_refuses_a_taken_port_and_an_unknown_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    out = io.StringIO()
    with Sandbox.start() as box:
        assert serve(_ports(box)[0], None, True, out) == 2
        assert "Choose another --port." in capsys.readouterr().err
    assert serve(0, "typo", True, out) == 2
    assert "Choose one of: unauthorized, " in capsys.readouterr().err
    assert out.getvalue() == ""
    assert signal.getsignal(signal.SIGTERM) is before
