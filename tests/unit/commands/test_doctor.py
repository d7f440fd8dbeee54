"""doctor: each check says its problem, nothing private is shown, and the exit code names what stops an import."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.apply.test_lock import another
from tests.unit.headless_tools import recipe_in
from tests.unit.net.test_tls import certificate
from tests.unit.raw_http import always, answer, free_port, serving
from tui.apply import store
from tui.commands import doctor, doctor_checks, doctor_hosts
from tui.commands.doctor import DoctorOptions, screen_of
from tui.commands.doctor_checks import Check, Screen
from tui.commands.doctor_hosts import Host
from tui.commands.surroundings import Surroundings
from tui.context import Context
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.text import private_files
from tui.text.private_files import write_private

WIDE = Screen((120, 40), "utf-8", True)
UTF8 = {"LANG": "en_US.UTF-8", "TERM": "xterm-256color"}
PEM = "SSL_CERT_FILE"
Usage = namedtuple("Usage", "free")


def levels(checks: Iterator[Check]) -> dict[str, str]:
    return {check.name: check.level for check in checks}


@pytest.mark.parametrize(
    ("environ", "screen", "name", "level", "word"),
    [
        ({}, WIDE, "terminal", "warning", "Set TERM"),
        ({"TERM": "dumb"}, WIDE, "terminal", "note", "line by line"),
        ({}, Screen(None, "utf-8"), "terminal", "note", "Not a terminal"),
        ({}, Screen((50, 12), "utf-8", True), "terminal", "warning", "50x12"),
        ({"LC_ALL": "C", "LANG": ""}, WIDE, "characters", "note", "ASCII"),
        ({}, Screen((80, 24), "latin-1", True), "characters", "warning", "latin-1"),
        ({"NO_COLOR": "1"}, WIDE, "colors", "note", "NO_COLOR"),
        ({}, WIDE, "colors", "ok", "16 colors"),
        ({"COLORTERM": "truecolor"}, WIDE, "colors", "ok", "24-bit"),
        ({}, Screen((80, 24), "utf-8", False), "paste", "warning", "pasted"),
        ({}, Screen((80, 24), "utf-8", None), "paste", "unknown", "pasted"),
    ],
)
def test_the_terminal_is_described(
    environ: Mapping[str, str], screen: Screen, name: str, level: str, word: str
) -> None:
    variables = {**UTF8, **environ} if environ or screen is not WIDE or name != "terminal" else {"LANG": "C.UTF-8"}
    check = next(check for check in doctor_checks.terminal(variables, screen) if check.name == name)
    assert (check.level, word in f"{check.text} {check.next}", check.exit_code) == (level, True, 0)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, []),
        ({"SSH_TTY": "/dev/pts/1"}, ["ssh", "multiplexer"]),
        ({"SSH_CONNECTION": "1 2 3 4", "TMUX": "x"}, ["ssh", "tmux"]),
        ({"STY": "x"}, ["screen"]),
    ],
)
def test_a_connection_is_described(environ: Mapping[str, str], names: list[str]) -> None:
    assert [check.name for check in doctor_checks.connection(environ)] == names


@pytest.fixture
def home(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return own_world


def test_a_state_folder_that_does_not_exist_is_not_created(home: Path) -> None:
    (check, journals) = doctor_checks.state()
    assert (check.level, "doesn't exist yet" in check.text, check.text.startswith("~/")) == ("ok", True, True)
    assert (journals.level, private_files.state_path().exists()) == ("ok", False)


def test_a_state_folder_that_cannot_be_used_stops_an_import(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    (home / "file").write_text("")
    check = next(doctor_checks.state())
    assert (check.name, check.level, check.exit_code) == ("state", "problem", 2)


def test_a_state_folder_of_others_is_a_warning(home: Path) -> None:
    private_files.state_dir().chmod(0o777)
    check = next(doctor_checks.state())
    assert (check.level, "chmod" in check.next) == ("warning", True)


def test_little_space_is_a_warning(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1024))
    assert levels(doctor_checks.state())["space"] == "warning"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_a_locked_journal_names_its_process(home: Path) -> None:
    path = store.folder() / "one.json"
    write_private(path, "{}")
    with another(path) as process:
        lock = next(check for check in doctor_checks.state() if check.name == "lock")
    assert (f"process {process.pid}, since " in lock.text, f"kill {process.pid}" in lock.next) == (True, True)


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, 0),
        ({"LD_ACCESS_TOKEN": "api-00000000-0000-4000-8000-000000000000"}, 0),
        ({"LD_ACCESS_TOKEN": "two\nlines-of-a-key"}, 2),
        ({"LDFI_SOMETHING": "${NOT_FILLED_IN}"}, 2),
    ],
)
def test_a_key_that_cannot_be_one_is_found_and_not_shown(environ: Mapping[str, str], code: int) -> None:
    checks = list(doctor_checks.variables(environ))
    assert max(check.exit_code for check in checks) == code
    assert not [check for check in checks for value in environ.values() if value in f"{check.text}{check.next}"]


@pytest.mark.parametrize(("file", "level"), [("missing", "problem"), ("empty", "problem"), ("server.pem", "ok")])
def test_certificate_variables_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, level: str
) -> None:
    certificate(tmp_path)
    (tmp_path / "empty").write_text("")
    monkeypatch.setenv(PEM, str(tmp_path / file))
    check = next(check for check in doctor_checks.variables(os.environ) if check.name == "certificates")
    assert (check.level, check.exit_code) == (level, 2 if level == "problem" else 0)


@pytest.mark.parametrize(
    ("state", "level"), [("ready", "ok"), ("locked", "warning"), ("unavailable", "note"), ("error", "warning")]
)
async def test_the_keyring_is_described(tmp_path: Path, state: str, level: str) -> None:
    reply = json.dumps({"state": state, "label": "Fake Keyring"})
    child = [sys.executable, "-c", f"print({reply!r})"]
    keyring = Keyring(child=child, index=tmp_path / "i", window=False)
    check = await doctor_checks.keyring(keyring, time.perf_counter)
    assert (check.level, check.exit_code) == (level, 0)
    assert ("window can't open" in check.text) is (state == "locked")


# --- servers


async def test_a_server_that_responds_is_described() -> None:
    async with serving(always(answer())) as server:
        (check,) = await doctor_hosts.checks(Host("Unleash", server.url, "/health"), Context())
    assert (check.level, check.text) == ("ok", "Unleash responds (200).")
    assert b"authorization" not in server.seen[0].lower()


async def test_the_issuer_of_a_certificate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert = certificate(tmp_path, name="Acme Root CA")
    monkeypatch.setenv(PEM, str(cert.file))
    async with serving(always(answer()), cert.context) as server:
        (check,) = await doctor_hosts.checks(Host("Unleash", f"https://localhost:{server.port}"), Context())
    assert check.text == "Unleash responds (200), TLSv1.3, certificate by Acme Root CA."


@pytest.mark.parametrize(
    ("reply", "name", "word"),
    [
        (answer(body=b"<!doctype html>"), "host", "web page"),
        (answer("503 Service Unavailable"), "host", "server error"),
        (answer("200 OK", b"{}", "Date: Tue, 15 Nov 1994 08:12:31 GMT"), "clock", "ahead of"),
    ],
)
async def test_a_strange_answer_is_a_warning(reply: bytes, name: str, word: str) -> None:
    async with serving(always(reply)) as server:
        *_, check = await doctor_hosts.checks(Host("Unleash", server.url), Context())
    assert (check.name, check.level, word in check.text, check.exit_code) == (name, "warning", True, 0)


async def test_a_server_that_is_not_there_ends_with_5() -> None:
    (check,) = await doctor_hosts.checks(Host("Unleash", f"http://127.0.0.1:{free_port()}"), Context())
    assert (check.level, check.exit_code, bool(check.next)) == ("problem", 5, True)


async def test_a_proxy_that_cannot_be_used_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secret-proxy.example:99999")
    (check,) = await doctor_hosts.checks(Host("LaunchDarkly US", "https://app.launchdarkly.invalid"), Context())
    assert (check.level, check.exit_code) == ("problem", 2)
    assert ("HTTPS_PROXY" in check.text, "secret-proxy" in f"{check.text}{check.next}") == (True, False)


# --- the command


def ran(options: DoctorOptions, environ: Mapping[str, str]) -> tuple[int, str]:
    out = io.StringIO()
    code = doctor.run(
        options, Surroundings(Context(), environ, Keyring(child=["/nonexistent"]), out, io.StringIO(), io.StringIO())
    )
    return code, out.getvalue()


@pytest.mark.parametrize("integration", ["unleash", "split"])
def test_the_servers_of_a_recipe_are_checked(box: Sandbox, tmp_path: Path, integration: str) -> None:
    recipe = recipe_in(box, tmp_path, integration)
    code, text = ran(DoctorOptions(recipe.path, as_json=True), recipe.environ)
    document: dict[str, Any] = json.loads(text)
    hosts = [check for check in document["checks"] if check["name"] == "host"]
    assert (code, document["exit"], [check["level"] for check in hosts]) == (0, 0, ["ok", "ok"])
    assert [*document["checks"][0]] == ["name", "level", "text", "next"]
    assert not [value for value in recipe.environ.values() if value in text]
    assert "127.0.0.1" not in text


def test_a_bad_recipe_or_host_ends_with_2(tmp_path: Path) -> None:
    assert ran(DoctorOptions(host="http://example.com"), {})[0] == 2
    assert ran(DoctorOptions(tmp_path / "missing.toml"), {})[0] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("reply", "bracketed"), [(b"\x1b[?2004;2$y", True), (b"\x1b[?2004;0$y", False), (b"", None)])
def test_the_terminal_is_asked_for_bracketed_paste(reply: bytes, bracketed: bool | None) -> None:
    ours, theirs = os.openpty()

    def respond() -> None:
        seen = b""
        while not seen.endswith(b"$p"):
            seen += os.read(ours, 64)
        os.write(ours, reply)

    terminal = threading.Thread(target=respond)
    terminal.start()
    with open(theirs, "r+b", buffering=0) as both:
        text = io.TextIOWrapper(both, "utf-8", write_through=True)
        assert screen_of(text, text).bracketed is bracketed
        terminal.join()
        text.detach()
    os.close(ours)
