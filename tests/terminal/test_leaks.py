"""Canary keys go through the whole walk, every fault and every crash, and are looked for everywhere afterwards."""

from __future__ import annotations

import base64
import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import altered, walks
from tests.terminal.pseudo import Pty
from tests.terminal.walks import Addresses
from tests.terminal.world import (
    PROGRAM,
    Canary,
    Watch,
    World,
    access_token,
    delete_all,
    found_in,
    split_key,
    unleash_key,
)
from tests.unit.echoes import TRANSFORMATIONS, truncated
from tests.unit.sandbox_tools import FI, config_for, launchdarkly
from tui.sandbox import flag_import
from tui.sandbox.account import StoredConfiguration
from tui.sandbox.keys import SPLIT_KEYS, TOKENS, UNLEASH_KEYS, KeyRing
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.terminal

_OSC_52 = b"\x1b]52"


@dataclass(frozen=True)
class Planted:
    """Practice servers whose keys are canaries."""

    box: Sandbox
    canaries: Sequence[Canary]

    @property
    def there(self) -> Addresses:
        return self.box.addresses()

    def check(self, term: Pty, world: World) -> None:
        """No canary, in no spelling, was written to the terminal or into any file."""
        assert found_in(term.raw, self.canaries) == []
        for path, data in world.files().items():
            assert found_in(data, self.canaries) == [], path


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    canaries = (access_token("token"), access_token("import key"), unleash_key("SDK key"), split_key("Admin key"))
    rings: list[KeyRing[Any]] = [TOKENS, TOKENS, UNLEASH_KEYS, SPLIT_KEYS]
    names = ["writer", "import-key", "sdk", "admin"]
    for ring, name, canary in zip(rings, names, canaries, strict=True):
        key = dataclasses.replace(ring[name], value=canary.value)
        monkeypatch.setitem(ring, name, key)
    with Sandbox.start() as box:
        yield Planted(box, canaries)


def test_the_search_itself_finds_a_key_in_every_spelling() -> None:
    for canary in (access_token("a"), unleash_key("b"), split_key("c")):
        encoded = base64.b64encode(f"Authorization: Bearer {canary.value}".encode())
        broken = canary.value[:16] + "\x1b[0m\x1b[7m" + canary.value[16:]
        for data in (canary.value.encode(), encoded, broken.encode(), repr(canary.value).encode()):
            assert found_in(b"before " + data + b" after", [canary]) == [canary.name]
        assert found_in(f"characters, ending in {canary.value[-4:]}".encode(), [canary]) == []


# --- the whole walk


@pytest.mark.timeout(300)  # some twenty requests, each looked at from all sides
def test_no_key_is_written_anywhere_under_any_fault(world: World, planted: Planted) -> None:
    there, log = planted.there, world.folder / "own.log"
    command = [sys.executable, altered.__file__, "hasty", "--log", str(log)]
    with Pty(command, _chatty(world), world.folder) as term, Watch(term.pid) as watch:
        walks.choose(term, "Unleash")
        walks.launchdarkly(term, there)
        _keys_refused_first(term, planted)
        _picture_with_the_end_shown(term, world, there)
        walks.fields(term)
        walks.review(term)
        walks.create_only(term)  # the same is created again and again
        _look_at_everything(term)
        assert world.draft.exists()
        planted.check(term, world)
        for fault in planted.box.faults():
            if fault.strikes("launchdarkly", "POST", f"{FI}/web-shop/unleash"):
                _send_under(term, planted, fault.name)
        assert _limit(term.pid, "Max core file size") == ("0", "0")
        planted.check(term, world)
        walks.send(term)
        term.press("ctrl+q")
        assert term.end() == 0
        term.check_sane()
    planted.check(term, world)
    assert "POST" in log.read_text()
    assert (world.folder / "unleash-default-production.toml").exists()
    assert not (world.folder / "textual.log").exists()
    assert not (world.folder / "devtools").exists()
    told = b"\0".join(each for seen in watch.seen.values() for each in seen)
    assert len(watch.seen) > 1 or not Path("/proc").exists(), "the keyring's process was never seen"
    assert found_in(told, planted.canaries) == []


def _chatty(world: World) -> dict[str, str]:
    """An environment in which a stock Textual app writes all it is told into files. Shown by running one."""
    installed = world.root / "installed/textual_dev"
    installed.mkdir(parents=True)
    (installed / "__init__.py").touch()
    (installed / "redirect_output.py").write_text("StdoutRedirector = lambda client: None\n")
    (installed / "client.py").write_text(_DEVTOOLS)
    given = {"TEXTUAL": "devtools,debug", "TEXTUAL_LOG": str(world.folder / "textual.log"),
             "LDFI_DEVTOOLS": str(world.folder / "devtools"), "PYTHONPATH": str(installed.parent),
             "TEXTUAL_SCREENSHOT": "1", "TEXTUAL_SCREENSHOT_LOCATION": str(world.folder)}  # fmt: skip
    environ = world.environ(**given)
    stock = [sys.executable, "-c", "from textual.app import App; App().run(headless=True, auto_pilot=_quit)"]
    stock[2] = "async def _quit(pilot): pilot.app.exit()\n" + stock[2]
    subprocess.run(stock, env=environ, cwd=world.folder, check=True, capture_output=True, timeout=30)
    for written in ("textual.log", "devtools"):
        (world.folder / written).unlink()
    for picture in world.folder.glob("*.svg"):
        picture.unlink()
    return environ


_DEVTOOLS = """
import os
class DevtoolsConnectionError(Exception): pass
class DevtoolsLog:
    def __init__(self, objects_or_string, caller): self.said = objects_or_string
class DevtoolsClient:
    url, is_connected, verbose = "", True, True
    def __init__(self, host): open(os.environ["LDFI_DEVTOOLS"], "a").close()
    async def connect(self): pass
    async def disconnect(self): pass
    def log(self, log, *_): print(log.said, file=open(os.environ["LDFI_DEVTOOLS"], "a"))
"""


def _keys_refused_first(term: Pty, planted: Planted) -> None:
    """Step 3, where the source refuses the key in two ways before it takes it."""
    there = planted.there
    term.to("Unleash address")
    term.type(there["unleash"]["url"])
    for fault, said in (("source-unauthorized", "(401)"), ("source-html", "web page")):
        planted.box.set_fault(fault)
        walks.secret(term, "Unleash SDK key", there["unleash"]["key"])
        term.press("enter")
        term.wait(said)
    planted.box.set_fault(None)
    walks.secret(term, "Unleash SDK key", there["unleash"]["key"])
    term.press("enter")
    term.wait("Reads project default")
    walks.secret(term, "Import key", there["launchdarkly"]["import_key"])
    term.press("enter")
    term.wait("same account")


def _picture(term: Pty, world: World) -> str:
    """Save a picture of the screen, and return it."""
    term.press("f2")
    term.wait("Search for actions")
    term.write("picture")
    term.wait_gone("Search for actions")
    term.wait("Save a picture")
    term.press("enter")
    picture = world.folder / "ld-flag-import.svg"
    term.until(picture.exists, "the picture")
    return picture.read_text()


def _picture_with_the_end_shown(term: Pty, world: World, there: Addresses) -> None:
    end = there["launchdarkly"]["import_key"][-4:]
    term.to("Import key")
    term.press("tab")
    term.until(lambda: "Show end" in term.focus().drawn, "the focus on Show end")
    term.press("enter")
    term.wait(f"ending in {end}")
    picture = _picture(term, world)
    assert "Import&#160;key" in picture
    assert f"ending&#160;in&#160;{end}" not in picture


def _look_at_everything(term: Pty) -> None:
    """Request, curl and recipe on Review; the curl command is copied to the clipboard too."""
    term.to("[ Details ]")
    term.press("enter")
    term.wait("The request, as it will be sent", "Authorization: ••••")
    term.press("escape")
    term.wait_gone("as it will be sent")
    term.press("y")
    term.wait("with curl", "${LD_ACCESS_TOKEN}", "[ Copy ]")
    before = term.raw.count(_OSC_52)
    term.press("y")
    term.until(lambda: term.raw.count(_OSC_52) > before, "the command on the clipboard")
    term.press("escape")
    term.wait_gone("with curl")
    term.press("w")
    term.wait("contains no keys", "[ Close ]")
    term.press("escape")
    term.wait_gone("[ Close ]")


def _send_under(term: Pty, planted: Planted, fault: str) -> None:
    """Send, look at what came of it from all sides, and be back on Review."""
    planted.box.set_fault(fault)
    walks.press_create(term)
    if fault == "drip":
        term.wait("200 OK")
        _stop_waiting(term)
    term.wait_for_one(*walks.ENDED)
    if term.shows("Response body, "):
        term.to("Response body, ") if "Response body" not in term.focus().drawn else None
        term.press("enter", *["down", "enter"] * 6)
        term.press("r")
        term.wait("Raw response")
        term.press("escape")
        term.wait_gone("Raw response")
    planted.box.set_fault(None)
    delete_all(planted.there)
    term.press("f7")
    term.wait("● Review")


def _stop_waiting(term: Pty) -> None:
    """While a request is under way its only button gets the focus by Tab alone."""
    term.press("tab")
    term.until(lambda: "Stop waiting" in term.focus().drawn, "the focus on Stop waiting")
    term.press("enter")


def _limit(pid: int, name: str) -> tuple[str, str]:
    """The soft and the hard limit of a process."""
    if not Path("/proc").exists():
        return ("0", "0")
    line = next(each for each in Path(f"/proc/{pid}/limits").read_text().splitlines() if each.startswith(name))
    soft, hard, *_ = line.removeprefix(name).split()
    return soft, hard


def test_a_key_of_odd_characters_is_hidden_in_every_spelling(world: World, planted: Planted) -> None:
    """Split's keys may hold quotes, backslashes, percent signs: JSON, URLs and shells write them differently."""
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        walks.choose(term, "Split")
        walks.launchdarkly(term, planted.there)
        walks.keys(term, planted.there, "Split")
        walks.fields(term)
        for label, value in (("Split workspace", "workspace"), ("Split environment", "environment")):
            term.to(label)
            term.press("ctrl+u")
            term.type(planted.there["split"][value])
        walks.review(term)
        walks.create_only(term)  # the same is created again and again
        _look_at_everything(term)
        for fault in ("echoed-secrets", "echoed-secrets-error"):
            _send_under(term, planted, fault)
        planted.check(term, world)


# --- crashes


@pytest.mark.parametrize("where", list(altered.CRASHES))
def test_a_crash_tells_no_key_and_keeps_the_answers(world: World, planted: Planted, where: str) -> None:
    there = planted.there
    keys = walks.variables(there)
    command = [sys.executable, altered.__file__, where, "--log", str(world.folder / "own.log")]
    with Pty(command, world.environ(**keys), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.to_fields(term, there)
        if where != "worker":  # which looks the name up already
            walks.plan(term)
            walks.confirm(term)
        term.press("ctrl+o")
        if where == "handler":
            term.wait("● Review")
            term.press("w")
        if where == "thread":
            term.wait("● Review")
            walks.press_create(term)
        assert term.end() == 1
        term.check_sane()
        assert term.said("This is a bug")
        assert term.said("Your answers are saved")
        assert term.said("altered.py"), "the report does not tell where"
        assert not term.said("textual run --dev"), "that mode shows keys"
    planted.check(term, world)
    assert world.draft.exists()


# --- the clipboard, and keys that arrive faster than the program


def test_a_key_is_never_copied_or_cut(world: World) -> None:
    canary = access_token("token")
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.secret(term, "Your token", canary.value)
        bells = term.raw.count(b"\x07")
        term.press("shift+home", "ctrl+c", "ctrl+x")
        term.until(lambda: term.raw.count(b"\x07") == bells + 2, "a bell for each refusal")
        assert _OSC_52 not in term.raw
        term.to("Project")  # leaving the token checks it, and what the check says moves the fields below
        term.wait_for_one("Can't reach|rejected")
        term.to("Project")
        term.type("shop")
        term.press("shift+home", "ctrl+c")  # the same keys do copy what is no secret
        shop = _OSC_52 + b";c;" + base64.b64encode(b"shop")
        term.until(lambda: shop in term.raw, "the project on the clipboard")
        assert found_in(term.raw, [canary]) == []


@pytest.mark.parametrize("key", ["\t", "\r", "\x1b[B"], ids=["tab", "enter", "down"])
def test_a_key_pasted_in_the_same_breath_lands_in_the_next_field(world: World, key: str) -> None:
    """Over a slow line a key press and a paste arrive together; the paste must not go to the field before."""
    canary = access_token("token")
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        walks.choose(term, "Unleash")
        term.wait("no keyring")
        walks.to_address(term)
        term.write(f"{key}\x1b[200~{canary.value}\x1b[201~")
        term.wait_for_one(r"Your token +•{39}.*\n +40 characters")
        assert re.search(r"Address +for example https", term.text()), "the paste went to the field before"
        assert found_in(term.raw, [canary]) == []


# --- keys that LaunchDarkly quotes, whole and in part


def _quoting(monkeypatch: pytest.MonkeyPatch, planted: Planted) -> None:
    """The practice LaunchDarkly shows the settings of every configuration, and quotes their keys in its errors."""
    parts = [part for canary in planted.canaries for part in truncated(canary.value)]
    shown = [transform(part) for part in parts[:: len(parts) // 20] for transform in TRANSFORMATIONS.values()]
    before = flag_import.status_json

    def quoting(configuration: StoredConfiguration) -> dict[str, Any]:
        errors = [{"message": f"{'x' * 180} {each}", "statusCode": 400} for each in shown]
        return {**before(configuration), "status": "failed", "errors": errors}

    monkeypatch.setattr(flag_import, "status_json", quoting)
    monkeypatch.setattr(flag_import, "SECRETS", {"unleash": (), "split": ()})


def _made(planted: Planted, integration: str) -> str:
    """A configuration whose keys are canaries."""
    with launchdarkly(planted.box) as ld:
        config = config_for(planted.box, integration) | {"ldApiKey": planted.there["launchdarkly"]["import_key"]}
        answer = ld.post(f"{FI}/web-shop/{integration}", json={"name": integration, "tags": [], "config": config})
        return str(answer.json()["_id"])


@pytest.mark.timeout(300)
def test_no_part_of_a_quoted_key_is_written_anywhere(
    world: World, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, log = planted.there, world.folder / "own.log"
    made = [_made(planted, integration) for integration in ("unleash", "split")]
    _quoting(monkeypatch, planted)
    environ = world.environ(LD_ACCESS_TOKEN=there["launchdarkly"]["token"], LD_BASE_URI=there["launchdarkly"]["url"])
    known = {"UNLEASH_SDK_KEY": there["unleash"]["key"], "SPLIT_ADMIN_KEY": there["split"]["key"],
             "LD_IMPORT_API_KEY": there["launchdarkly"]["import_key"]}  # fmt: skip
    for asked in (["list"], *(["show", each] for each in made), *(["watch", each] for each in made)):
        for more in ([], ["--json"]):
            command = [*PROGRAM, "configs", *asked, "--log", str(log), *more]
            ended = subprocess.run(command, env={**environ, **known}, cwd=world.folder, capture_output=True, timeout=60)
            assert ended.returncode == (6 if asked[0] == "watch" else 0), ended.stderr
            assert found_in(ended.stdout + ended.stderr, planted.canaries) == []
    with Pty([*PROGRAM, "--log", str(log)], environ | known, world.folder) as term:
        term.wait("( ) Unleash")
        term.to("Configurations")
        term.press("enter")
        term.wait("3 of 3")
        term.press("enter")
        term.wait("xxxxx", "[ Delete ]")
        term.press("pagedown", "pagedown", "pagedown")
        _picture(term, world)
        planted.check(term, world)
        term.press("ctrl+q")
        assert term.end() == 0
    planted.check(term, world)
