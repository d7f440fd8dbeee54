"""Text of a server, of the environment, of a file or of a paste never reaches the terminal as an order to it."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World
from tui.sandbox.faults import HOSTILE
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.terminal

_LITERAL = "[bold red]x[/]"
"""The payload's markup. It is seen only where it was not obeyed."""

_OWN = re.compile(
    r"\x1b(?:\[[0-9;?<>]*(?:\$p| q|[A-Za-z])"  # CSI: movement, colors, modes, the shape of the cursor
    r"|\]22;[a-z]*(?:\x07|\x1b\\)"  # the shape of the mouse pointer
    r"|\([B0]|[=>78Mc])"
)
_ORDERS = (
    "]52;c;aGFjaw==",  # the clipboard
    "]0;hacked",  # the title
    "[2J",
    "[31m\x9b31m",
)


def obeyed(raw: bytes) -> list[str]:
    """What in these bytes a terminal would obey or turn around, beyond what Textual itself writes."""
    text = raw.decode()
    found = [order for order in _ORDERS if "\x1b" + order in text]
    rest = _OWN.sub("", text)
    return found + sorted({repr(c) for c in rest if unicodedata.category(c) in ("Cc", "Cf") and c not in "\r\n\x07"})


def test_the_search_itself_finds_every_order() -> None:
    assert obeyed(f"\x1b[1;2H\x1b[32mAna{HOSTILE}".encode()) == [
        "]52;c;aGFjaw==", "]0;hacked", "[2J", "[31m\x9b31m",
        *sorted(repr(c) for c in "\x1b\x9b\x9c\x9d\u202e\u2066"),
    ]  # fmt: skip
    assert obeyed(b"\x1b[?1049h\x1b[1;2H\x1b[38;5;3mAna\x1b[0m\x1b]22;default\x1b\\\x1b[<u\x07") == []


def test_hostile_text_of_launchdarkly_on_every_screen(world: World, sandbox: Sandbox) -> None:
    there = sandbox.addresses()
    keys = walks.variables(there)
    sandbox.set_fault("hostile-text")
    log = world.folder / "own.log"
    with Pty([*PROGRAM, "--log", str(log)], world.environ(**keys), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.address(term, there["launchdarkly"]["url"])
        term.to("Project")
        term.wait("Ana�")  # whose the token is
        _harmless(term)
        term.write("web-shop")
        term.wait("Project web-shop")
        term.press("down")  # the list of projects comes into view
        term.wait("Web Shop�")
        term.press("ctrl+o")
        term.wait("Import key")
        term.to("Unleash address")
        term.type(there["unleash"]["url"])
        walks.fields(term)
        term.to("Maintainer")
        term.to("[ Pick ]")
        term.press("enter")
        term.wait("Type to filter", "ana@example.com")
        _harmless(term)
        term.press("escape")
        term.wait_gone("Type to filter")
        walks.review(term)
        _harmless(term)
        walks.send(term)
        term.wait(walks.RUN)
        term.press("f7")
        term.wait("Import failed")
        _harmless(term)
        term.to("Response body, ")
        term.press("enter", *["down", "enter"] * 8)
        term.press("r")
        term.wait("Raw response")
        for _ in range(12):
            term.press("down")
        term.press("escape")
        term.wait_gone("Raw response")
        term.press("ctrl+q")
        assert term.end() == 0
        assert obeyed(term.frames) == []
        assert _LITERAL in _OWN.sub("", term.raw.decode())
        term.check_sane()
    assert obeyed(log.read_bytes()) == []


def _harmless(term: Pty) -> None:
    """The payload stands on the screen, as far as there was room, and nothing of it was obeyed."""
    term.until(lambda: "aGFjaw==" in term.text(), "the payload as text")
    assert obeyed(term.frames) == []


def test_hostile_flags_of_the_source_on_the_plan(world: World, sandbox: Sandbox) -> None:
    there = sandbox.addresses()
    keys = walks.variables(there)
    sandbox.set_fault("source-hostile")
    with Pty(PROGRAM, world.environ(**keys), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.to_fields(term, there)
        walks.plan(term)
        term.press(*"ffffff")  # those that can't be imported: most because of their names
        term.wait("1 of 17")
        term.press("end")
        term.wait("17 of 17", "]52;c")
        assert obeyed(term.frames) == []
        term.press("k", "enter")
        term.wait("Definition in ")
        _harmless(term)
        term.press("enter", *["down", "enter"] * 8)
        _harmless(term)
        for _ in range(4):
            term.press("p")
        term.wait("flag 12 of 17")  # before Esc: in the middle of a frame the page looks closed
        _harmless(term)
        term.press("escape")
        term.wait_gone("Definition in ")
        term.press("w")
        term.until(lambda: "Markdown" in term.focus().drawn, "the question in which form")
        term.press("enter")
        term.wait("Saved plan-")
        term.press("ctrl+q")
        assert term.end() == 0
        assert obeyed(term.frames) == []
        assert _LITERAL in _OWN.sub("", term.raw.decode())
    for path in world.folder.glob("plan-*"):
        assert obeyed(path.read_bytes()) == []


def test_a_hostile_refusal_is_quoted_harmlessly(world: World, sandbox: Sandbox) -> None:
    sandbox.set_fault("hostile-error")
    there = sandbox.addresses()
    keys = walks.variables(there)
    with Pty(PROGRAM, world.environ(**keys), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.to_fields(term, there)
        walks.review(term)
        walks.send(term)
        term.wait("environmentId is not valid", "400")
        _harmless(term)
        term.press("ctrl+q")
        assert term.end() == 0
        assert obeyed(term.frames) == []


def test_hostile_environment_draft_and_paste(world: World) -> None:
    """A variable, a saved draft and a paste are foreign too."""
    world.state.mkdir(mode=0o700, parents=True)
    saved = {
        "version": 1, "integration": "unleash", "step": "launchdarkly", "keyring": [], "saved_at": 1.0,
        "route": f"Unleash {HOSTILE} -> LaunchDarkly",
        "answers": {"config-name": {"value": f"Name {HOSTILE}", "source": f"from {HOSTILE}", "touched": True}},
    }  # fmt: skip
    world.draft.write_text(json.dumps(saved))
    environ = world.environ(LD_PROJECT=f"shop{HOSTILE}", LD_BASE_URI=f"https://{HOSTILE}")
    with Pty(PROGRAM, environ, world.folder) as term:
        term.wait("Resume", "Unleash")
        term.to("Resume")
        term.press("enter")
        term.wait("Your token", "shop")
        assert obeyed(term.frames) == []
        term.to("Project")
        term.press("ctrl+u")
        term.wait("type to search")
        term.paste(f"x{HOSTILE}")
        term.wait_for_one(r"Project .*gnp\.exe")  # the end of it: the beginning is scrolled off
        assert obeyed(term.frames) == []
        term.press("ctrl+q")
        assert term.end() == 0
        assert obeyed(term.frames) == []
