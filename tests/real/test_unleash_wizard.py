"""The whole wizard in tmux with a real Unleash as the source: from the keys to a verified report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.real import unleash_seed as seed
from tests.real.unleash_server import Unleash
from tests.terminal import walks
from tests.terminal.tmux import Tmux
from tests.terminal.world import PROGRAM, World, configurations
from tui.sandbox.account import Destination
from tui.sandbox.server import Sandbox

pytestmark = [pytest.mark.timeout(600), pytest.mark.terminal]  # the first one may have to install the servers


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Empty folders for the program."""
    return World.made(tmp_path / "world")


@pytest.fixture
def box(unleash: Unleash) -> Iterator[Sandbox]:
    """A practice LaunchDarkly whose project holds none of the flags; its import reads the real Unleash."""
    port = urlsplit(unleash.address).port or 0
    with Sandbox.start(destination=Destination((), None), unleash_port=port) as made:
        yield made


def test_from_the_keys_to_a_report_whose_numbers_are_the_server_s(world: World, box: Sandbox, unleash: Unleash) -> None:
    there = box.addresses() | {"unleash": {"url": unleash.address, "key": unleash.keys["production"]}}
    with Tmux(PROGRAM, world.environ(), world.folder) as term:
        walks.whole(term, there)
        walks.run_to_its_end(term)
        shown = term.text()
        walks.write_report(term, "JSON")
        term.press("ctrl+q")
        assert term.end() == 0

    listed = features(unleash)
    legal = {each["name"] for each in listed} - set(seed.ILLEGAL_NAMES)
    lossy = [name for name, flag in seed.listed(unleash.version, seed.DEFAULT).items() if flag.lost and name in legal]
    (path,) = world.folder.glob("unleash-*.json")
    report = json.loads(path.read_text())
    numbers = report["counts"]
    assert numbers["source"] == len(listed)
    assert (numbers["planned"], numbers["arrived"], numbers["as_planned"]) == (len(legal),) * 3
    assert numbers["refused"] == len(listed) - len(legal)
    assert (numbers["missing"], numbers["different"], numbers["on"], numbers["unexpected"]) == (0, 0, 0, 0)
    assert numbers["on_at_source"] == sum(each["enabled"] for each in listed if each["name"] in legal)
    assert numbers["lossy"] == len(lossy)
    assert f"all {len(legal)} flags created as planned" in shown
    assert {each["key"] for each in arrived(box)} == legal
    assert len(configurations(there)) == 1
    for data in world.files().values():
        assert unleash.keys["production"].encode() not in data


def features(unleash: Unleash) -> list[dict[str, Any]]:
    """What the server itself tells, asked without this program."""
    answer = httpx.get(f"{unleash.address}/api/client/features", headers={"Authorization": unleash.keys["production"]})
    listed: list[dict[str, Any]] = answer.raise_for_status().json()["features"]
    return listed


def arrived(box: Sandbox) -> list[dict[str, Any]]:
    """The flags that LaunchDarkly has now."""
    ours = box.addresses()["launchdarkly"]
    address = f"{ours['url']}/api/v2/flags/{ours['project']}?limit=100"
    answer = httpx.get(address, headers={"Authorization": ours["token"]})
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items
