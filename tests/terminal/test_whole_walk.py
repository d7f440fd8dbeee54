"""From the first screen to a created configuration, by keyboard, in a real terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.tmux import Tmux
from tests.terminal.walks import Addresses
from tests.terminal.world import PROGRAM, World, configurations
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.terminal

_RESTORED = {
    "alternate_on": "0", "cursor_flag": "1", "mouse_any_flag": "0", "mouse_sgr_flag": "0", "wrap_flag": "1",
}  # fmt: skip


@pytest.fixture
def there(world: World) -> Iterator[Addresses]:
    """The practice servers as a process of their own, started by the command."""
    command = [*PROGRAM, "sandbox", "--json"]
    with subprocess.Popen(command, env=world.environ(), cwd=world.folder, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 128 + signal.SIGTERM


def test_unleash_to_created_in_tmux_with_a_resize_and_a_look_back(world: World, there: Addresses) -> None:
    with Tmux(PROGRAM, world.environ(), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.launchdarkly(term, there)
        walks.keys(term, there, "Unleash")

        term.resize(60, 16)
        term.wait("Step 3 of 9: Keys", "Next: Fields")
        term.resize(80, 24)
        term.wait("● Keys", "75 characters", "40 characters", "Next: Fields")

        walks.fields(term)
        term.to("Import tags")
        term.type("team-blue")
        for shown in ("75 characters", there["launchdarkly"]["project"]):
            term.press("f7")
            term.wait(shown)
        term.wait("40 characters", there["launchdarkly"]["url"])
        for shown in ("75 characters", "team-blue"):
            term.press("ctrl+o")
            term.wait(shown)
        walks.review(term)
        term.wait("Unleash " + there["unleash"]["url"], there["launchdarkly"]["url"].removeprefix("http://"))
        walks.send(term)

        made = configurations(there)
        assert [(each["name"], each["tags"]) for each in made] == [("Unleash default production", ["team-blue"])]
        term.wait(walks.RUN)
        term.press("f7")
        term.wait(f"Created: {made[0]['_id']}", "200 OK", "Status")
        for key in ("token", "import_key"):
            assert there["launchdarkly"][key] not in term.text()
        term.press("ctrl+q")
        assert term.end() == 0
        term.wait(f"({made[0]['_id']}) in web-shop")
        assert term.modes() == _RESTORED


def test_split_in_practice_fills_itself_in(world: World) -> None:
    environ = world.environ(LD_ACCESS_TOKEN="api-00000000-0000-4000-8000-00000000beef", LD_PROJECT="not-this-one")
    with Pty([*PROGRAM, "--demo"], environ, world.folder) as term:
        term.wait("PRACTICE")
        walks.practice(term, "Split")
        term.wait("Split Acme", "as Ana Ruiz")
        walks.send(term)
        term.wait(walks.RUN)
        term.press("f7")
        term.wait("Created: ", "200 OK", "Status")
        assert "not-this-one" not in term.raw.decode()
        term.press("ctrl+q")
        term.wait("[ Stay ]")  # the demo's import is running
        term.to("[ Quit ]")
        term.press("enter")
        assert term.end() == 0
        term.check_sane()
        assert term.said("in web-shop, demo account")
    assert not world.draft.exists()


def test_an_import_goes_on_after_the_program_was_killed(world: World) -> None:
    """Begun in one terminal, killed there, come back to from another with the token alone: one configuration."""
    with Sandbox.start(fault="import-slow") as box:
        there, token = box.addresses(), box.addresses()["launchdarkly"]["token"]
        with Pty(PROGRAM, world.environ(), world.folder) as term:
            walks.whole(term, there)
            term.wait("importing, started", "of 46 flags", "To come back")
            os.kill(term.pid, signal.SIGKILL)
        with Pty(PROGRAM, world.environ(), world.folder) as term:
            term.wait("Resume", "started, ", "web-shop")
            term.to("Resume")
            term.press("enter")
            term.wait("Paste your LaunchDarkly token")
            term.paste(token)
            term.press("enter")
            term.wait("Import complete: all 46 flags created", "Next steps")
            term.press("ctrl+q")
            assert term.end() == 0
            term.check_sane()
        assert len(configurations(there)) == 1
        assert len([path for method, path, _ in box.requests if method == "POST" and path.endswith("/trigger")]) == 1
