"""The wizard over SSH: the whole way, through connections that drop, and over a slow line."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from tests.conftest import needed
from tests.processes import alive, eventually
from tests.real import sshd
from tests.real.sshd import Sshd
from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World, configurations, descendants
from tui.sandbox.clock import QUICK
from tui.sandbox.server import Sandbox

DEMO = (*PROGRAM, "--demo")
ENDED_WITHIN = 5.0
"""Seconds after a connection has dropped."""
SLOW = 16_000
"""Bytes a second."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    needed(sshd.SSH and sshd.SSHD, "OpenSSH's client and server")
    with sshd.started(tmp_path_factory.mktemp("ssh") / "sshd") as server:
        if os.geteuid() != 0:
            probe = server.client(["true"], {"HOME": "/"})
            subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
            needed("chown(/dev/pts" not in server.log, "a terminal over SSH for this user")
        yield server


@dataclass(frozen=True, slots=True)
class Remote:
    """A user whose program runs in `world`, on the other side of a server."""

    server: Sshd
    world: World
    keys: Mapping[str, str]

    def connect(self, program: tuple[str, ...] = PROGRAM, port: int = 0) -> Pty:
        """Open a terminal with a program on the other side."""
        there = self.world.environ(**self.keys)
        return Pty(self.server.client(program, there, port), self.world.environ(), self.world.folder)

    def resume(self, *texts: str, program: tuple[str, ...] = PROGRAM) -> Pty:
        """Connect from another terminal, and resume what is offered."""
        term = self.connect(program)
        term.wait("Resume")
        term.to("Resume")
        term.press("enter")
        term.wait(*texts)
        return term

    def drop(self, term: Pty) -> None:
        """Drop the connection: the program and everything that it has started must end."""
        processes = descendants(self.server.pid)
        assert processes
        term.signal(signal.SIGKILL)
        assert term.end() == -signal.SIGKILL
        eventually(lambda: not any(map(alive, processes)), "the end of the program", ENDED_WITHIN)


@pytest.fixture
def remote(server: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Remote:
    return Remote(server, World.made(tmp_path_factory.mktemp("remote") / "world"), {})


def test_practice_over_a_dropping_connection_resumes_up_to_the_report(remote: Remote) -> None:
    with remote.connect(DEMO) as term:
        walks.practice(term, "Unleash")
        remote.drop(term)
    with remote.resume("Answers from", "Press F4", "web-shop", program=DEMO) as term:
        term.press("f4")
        term.wait("Read in full", "not confirmed")
        walks.confirm(term)
        term.press("ctrl+o")
        term.wait("Nothing has been sent yet")
        walks.send(term)
        term.wait(walks.RUN, "importing, started")
        remote.drop(term)
    with remote.resume("Paste your LaunchDarkly token", program=DEMO) as term:
        term.to("Fill in")
        term.press("enter")
        term.wait("Import complete: all 46 flags created")
        walks.write_report(term, "HTML")
        term.press("ctrl+q")
        assert term.end() == 0
        term.check_sane()


def test_plain_practice_reaches_the_report_without_a_sequence(remote: Remote) -> None:
    with remote.connect((*DEMO, "--plain")) as term:
        term.wait("Number:")
        term.write("unleash\n")
        term.wait("Step 2 of 9")
        for answer in ("fill all", "ok all", "next", "create", "web-shop"):
            term.write(f"{answer}\n")
        term.wait("all 46 flags created as planned")
        term.write("quit\n")
        assert term.end() == 0
        assert b"\x1b" not in term.raw


def test_connection_dropped_in_each_step_loses_nothing_and_sends_nothing_twice(remote: Remote) -> None:
    with Sandbox.start(pace=replace(QUICK, drip=60.0)) as box:
        there = box.addresses()
        ours, unleash = there["launchdarkly"], there["unleash"]
        keys = walks.variables(there)
        _drop_in_each_step_to_review(replace(remote, keys=keys), ours["url"], unleash["url"])
        posts = [request for request in box.requests if request[0] == "POST"]
        assert posts == []
        box.set_fault("reset")  # the import is created, and only half of the answer comes for a minute
        _drop_on_submit_and_run(replace(remote, keys=keys), box)
        posts = [request for request in box.requests if request[0] == "POST"]
        assert len(configurations(there)) == 1
        assert len(posts) == 2, "one create, one start"


def _drop_in_each_step_to_review(remote: Remote, launchdarkly: str, unleash: str) -> None:
    with remote.connect() as term:
        walks.choose(term, "Unleash")
        walks.address(term, launchdarkly)
        term.to("Project")
        term.type("web-shop")
        term.wait("Project web-shop")
        remote.drop(term)
    with remote.resume(launchdarkly, "Project web-shop") as term:
        term.press("ctrl+o")
        term.wait("Import key")
        term.to("Unleash address")
        term.type(unleash)
        remote.drop(term)
    with remote.resume("Import key", unleash) as term:
        walks.fields(term)
        term.to("Import tags")
        term.type("team-blue")
        remote.drop(term)
    with remote.resume("Import tags", "team-blue") as term:
        walks.plan(term)
        remote.drop(term)
    with remote.resume("Read in full", "not confirmed") as term:
        walks.confirm(term)
        term.press("ctrl+o")
        term.wait("Nothing has been sent yet")
        remote.drop(term)


def _drop_on_submit_and_run(remote: Remote, box: Sandbox) -> None:
    with remote.resume("Read in full", "not confirmed") as term:
        walks.confirm(term)
        term.press("ctrl+o")
        term.wait("Nothing has been sent yet")
        walks.press_create(term)
        term.wait("[ Stop waiting ]", "200 OK")
        remote.drop(term)
    box.set_fault("import-slow")
    with remote.resume("importing, started") as term:
        remote.drop(term)
    box.set_fault(None)
    with remote.resume("Import complete: all 46 flags created", "Next steps") as term:
        term.press("ctrl+q")
        assert term.end() == 0
    assert "team-blue" in str(configurations(box.addresses())[0]["tags"])


def test_practice_reaches_review_over_a_slow_line(remote: Remote) -> None:
    with sshd.slow_line(remote.server.port, SLOW) as port, remote.connect(DEMO, port) as term:
        walks.practice(term, "Split")
        term.press("ctrl+q")
        assert term.end() == 0
        term.check_sane()
