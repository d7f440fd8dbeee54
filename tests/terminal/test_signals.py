"""Whatever ends the program, the terminal is in order afterwards, and the answers are kept: without keys."""

from __future__ import annotations

import json
import signal
import stat

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World, access_token, found_in
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.terminal

_TOKEN = access_token("token")
_NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: the check of the token ends in "could not reach", and nothing leaves this machine."""


def _at_step_two(term: Pty) -> None:
    """An address and a key are typed; the step has not been left, so nothing has saved them yet."""
    walks.choose(term, "Unleash")
    walks.address(term, _NOWHERE)
    walks.secret(term, "Your token", _TOKEN.value)


def _check_saved(world: World) -> None:
    assert stat.S_IMODE(world.draft.stat().st_mode) == 0o600
    saved = json.loads(world.draft.read_text())
    assert saved["integration"] == "unleash"
    assert saved["answers"]["host"]["value"] == _NOWHERE
    for path, data in world.files().items():
        assert found_in(data, [_TOKEN]) == [], path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_restores_the_terminal_and_saves_the_answers(world: World, number: signal.Signals) -> None:
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        _at_step_two(term)
        term.signal(number)
        assert term.end(5) == 128 + number
        term.check_sane()
        assert b"Traceback" not in term.raw
        assert found_in(term.raw, [_TOKEN]) == []
    _check_saved(world)


def test_a_lost_connection_saves_the_answers(world: World) -> None:
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        _at_step_two(term)
        term.hang_up()
        assert term.end(5) == 128 + signal.SIGHUP
    _check_saved(world)


def test_a_signal_before_anything_is_loaded_or_over_a_dialog(world: World) -> None:
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        term.wait("( ) Unleash")
        term.signal(signal.SIGTERM)
        assert term.end(5) == 128 + signal.SIGTERM
        term.check_sane()
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        _at_step_two(term)
        term.press("f1")
        term.wait("Where to find it")
        term.signal(signal.SIGHUP)
        assert term.end(5) == 128 + signal.SIGHUP
        term.check_sane()
    _check_saved(world)


def test_a_signal_while_a_request_is_under_way(world: World, sandbox: Sandbox) -> None:
    sandbox.set_fault("drip")
    there = sandbox.addresses()
    keys = walks.variables(there)
    with Pty(PROGRAM, world.environ(**keys), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.to_fields(term, there)
        walks.review(term)
        walks.press_create(term)
        term.wait("[ Stop waiting ]")
        term.signal(signal.SIGTERM)
        assert term.end(5) == 128 + signal.SIGTERM
        term.check_sane()
    assert json.loads(world.draft.read_text())["step"] == "review"


def test_leaving_by_its_own_key_restores_the_terminal(world: World) -> None:
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        _at_step_two(term)
        term.press("ctrl+q")
        term.wait("[ Stay ]")
        assert term.shows("token is not")
        term.press("enter")  # "Stay" has the focus
        term.wait_gone("[ Stay ]")
        term.press("ctrl+q")
        term.wait("[ Stay ]")
        term.to("[ Quit ]")
        term.press("enter")
        assert term.end() == 0
        term.check_sane()
        assert term.said("answers are saved")
    _check_saved(world)
