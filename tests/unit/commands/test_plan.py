"""`ld-flag-import plan`: what it prints, what it ends with, and what it never does."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import eventually
from tests.unit.answers.test_recipe import SECRETS
from tests.unit.headless_tools import error_of
from tests.unit.made_manifests import written
from tests.unit.recipe_tools import keys_for, planned, program, recipe_for
from tests.unit.walk_tools import INTEGRATIONS, values
from tui.sandbox.company import STARTED, Company, CompanyFlag
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox
from tui.targeting.losses import LOSSES
from tui.text.redact import MASK

VERDICTS = {"import", "skip-exists", "skip-archived", "invalid-key", "duplicate", "breaks-convention"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox.start() as box:
        yield box


@pytest.fixture
def box(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.set_fault(None)


def error(code: int, out: str, err: str) -> dict[str, Any]:
    """The error object, which is the only output."""
    assert out.count("\n") == 1
    return error_of((code, out, err))


def check_document(document: dict[str, Any], integration: str) -> None:
    """Check the document member by member."""
    assert list(document) == ["integration", "project", "environment", "counts", "flags", "notes"]
    assert (document["integration"], document["project"]) == (integration, "web-shop")
    flags, counts = document["flags"], document["counts"]
    arriving = [each for each in flags if each["verdict"] == "import"]
    assert counts == {
        "source": len(flags),
        "import": len(arriving),
        "skip": sum(each["verdict"].startswith("skip-") for each in flags),
        "invalid": sum(each["verdict"] in ("invalid-key", "duplicate", "breaks-convention") for each in flags),
        "lossy": sum(bool(each["losses"]) for each in arriving),
        "on_at_source": sum(each["on_at_source"] for each in arriving),
    }
    for each in flags:
        assert list(each) == [
            "key", "name", "verdict", "reason", "on_at_source", "variations", "tags", "losses", "warnings",
        ]  # fmt: skip
        assert each["verdict"] in VERDICTS
        assert bool(each["reason"]) == (each["verdict"] != "import")
        assert isinstance(each["on_at_source"], bool)
        assert each["losses"] == sorted(each["losses"])
        assert set(each["losses"]) <= set(LOSSES)
        assert (each["tags"] is None) == (integration == "unleash")
        assert all(isinstance(word, str) for word in (*each["variations"], *each["warnings"], *(each["tags"] or ())))
    assert all(isinstance(note, str) and note.endswith(".") for note in document["notes"])


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_one_document_from_the_whole_program(box: Sandbox, tmp_path: Path, integration: str) -> None:
    before, keys = len(box.requests), keys_for(box, integration)
    assert "LD_IMPORT_API_KEY" not in keys, "a plan needs no import key"
    out, err = (
        process := program("plan", recipe_for(box, integration, tmp_path), "--json", environ=keys)
    ).communicate()
    assert (process.returncode, err, out.count("\n")) == (0, "", 1)
    document = json.loads(out)
    check_document(document, integration)
    assert document["environment"] == box.addresses()[integration]["environment"]
    assert document["counts"]["source"] == 60
    assert {each["verdict"] for each in document["flags"]} >= {"import", "skip-exists", "skip-archived"}
    requests = box.requests[before:]
    assert {method for method, _, _ in requests} == {"GET"}, "a plan writes nothing"
    assert len(requests) <= {"unleash": 4, "split": 8}[integration]


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_lines_show_the_same_plan(box: Sandbox, tmp_path: Path, integration: str) -> None:
    path, keys = recipe_for(box, integration, tmp_path), keys_for(box, integration)
    code, out, _ = planned(path, keys)
    assert code == 0
    document, lines = json.loads(planned(path, keys, as_json=True)[1]), out.splitlines()
    assert lines[0].startswith({"unleash": "Unleash default/production -> ", "split": "Split -> "}[integration])
    assert "of 60 flags will be imported" in lines[1]
    assert f"+ {document['counts']['import']} to import" in lines
    for each in document["flags"]:
        assert any(f" {each['key']} " in f"{line} " for line in lines), each["key"]
        if each["verdict"] == "import":
            assert all(any(f"- {kind}: " in line for line in lines) for kind in each["losses"])


# --- before anything is sent


def test_missing_keys_are_named_and_nothing_is_sent(box: Sandbox, tmp_path: Path) -> None:
    before = len(box.requests)
    told = error(*planned(recipe_for(box, "unleash", tmp_path), {}, as_json=True))
    assert told["kind"] == "credential"
    assert "LD_ACCESS_TOKEN is not set" in told["message"]
    assert "UNLEASH_SDK_KEY is not set" in told["message"]
    assert told["advice"].endswith("Nothing was sent.")
    assert planned(recipe_for(box, "unleash", tmp_path), {})[0] == 3
    assert len(box.requests) == before


def test_all_mistakes_in_a_recipe_are_reported_at_once(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'version = 2\n[launchdarkly]\ntoken = "{SECRETS["token"]}"\n[import]\nname = 1\n')
    before = len(box.requests)
    code, out, err = planned(path, {})
    assert (code, out) == (2, "")
    fields = ["version", "launchdarkly.project", "launchdarkly.token", "import.integration", "import.name"]
    assert [line.split(" ")[0] for line in err.splitlines()[:-1]] == fields
    told = error(*planned(path, {}, as_json=True))
    assert (told["kind"], told["message"].splitlines()) == ("recipe", err.splitlines()[:-1])
    assert len(box.requests) == before


def test_keys_in_the_wrong_places_appear_nowhere(box: Sandbox, tmp_path: Path) -> None:
    """In every entry, in the options, as the file's name: not one is repeated."""
    text = recipe_for(box, "unleash", tmp_path).read_text()
    for number, (key, secret) in enumerate(SECRETS.items()):
        lines = [f'{line.partition(" = ")[0]} = "{secret}"' if " = " in line else line for line in text.splitlines()]
        path = tmp_path / f"bad-{number}.toml"
        path.write_text("\n".join(lines))
        options = {"host": secret, "project": secret, "integration": secret}
        for asked in ({}, {"as_json": True}, options, {**options, "as_json": True}):
            code, out, err = planned(path, {"LD_BASE_URI": secret}, **asked)
            assert code == 2
            assert not any(each in out + err for each in SECRETS.values()), key
        path.write_text(text.replace("version = 1", secret))
        code, out, err = planned(path, {})
        assert (code, secret in out + err) == (2, False)
        code, out, err = planned(Path(SECRETS["token"]), {})
        assert (code, SECRETS["token"] in out + err) == (2, False)


def test_hostile_text_in_a_recipe_is_made_harmless(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(recipe_for(box, "unleash", tmp_path).read_text() + '"a\\u001b[2J" = 1\n')
    code, out, err = planned(path, {})
    assert (code, out, "\x1b" in err, "import.config.a" in err) == (2, "", False, True)


def test_a_wrong_manifest_and_a_source_that_cannot_be_read(box: Sandbox, tmp_path: Path) -> None:
    bad = tmp_path / "flipt.json"
    written(tmp_path, {}, name="flipt.json")
    path = recipe_for(box, "unleash", tmp_path)
    code, _, err = planned(path, keys_for(box, "unleash"), manifests=(bad,))
    assert code == 2
    assert "formVariables[0].key" in err
    written(tmp_path, name="flipt.json")
    own = tmp_path / "own.toml"
    own.write_text(
        'version = 1\n[launchdarkly]\nproject = "p"\ntoken = "env:X"\n[import]\nintegration = "flipt"\nname = "n"\n'
    )
    told = error(*planned(own, {}, manifests=(bad,), as_json=True))
    assert told["kind"] == "recipe"
    assert "can't read" in told["message"]


# --- what servers do


@pytest.mark.parametrize(
    ("fault", "integration", "kind", "status", "code", "field"),
    [
        ("source-unauthorized", "unleash", "source", 401, 3, "sourceApiKey"),
        ("source-unauthorized", "split", "source", 401, 3, "workspaceApiKey"),
        ("source-down", "unleash", "unreachable", None, 5, "sourceBaseUrl"),
        ("source-html", "split", "not-json", 200, 5, None),
        ("source-rate-limited-long", "split", "rate-limited", 429, 5, None),
        ("source-lost-page", "split", "source", 503, 5, None),
        ("launchdarkly-flags-lost-page", "unleash", "server-error", 500, 5, None),
    ],
)
def test_incomplete_plan_is_an_error_and_no_document(
    box: Sandbox,
    tmp_path: Path,
    fault: str,
    integration: str,
    kind: str,
    status: int | None,
    code: int,
    field: str | None,
) -> None:
    box.set_fault(fault)
    path, keys = recipe_for(box, integration, tmp_path), keys_for(box, integration)
    ended, out, err = planned(path, keys, as_json=True)
    told = error(ended, out, err)
    assert (ended, told["kind"], told["status_code"]) == (code, kind, status)
    assert field in (None, told["field"])
    ended, out, err = planned(path, keys)
    assert (ended, out) == (code, "")
    assert err.startswith(told["message"])


def test_a_pause_that_is_short_is_waited(box: Sandbox, tmp_path: Path) -> None:
    box.set_fault("source-rate-limited")
    code, out, err = planned(recipe_for(box, "split", tmp_path), keys_for(box, "split"), as_json=True)
    assert (code, err) == (0, "")
    check_document(json.loads(out), "split")


def test_hostile_text_of_a_source_is_made_harmless(box: Sandbox, tmp_path: Path) -> None:
    box.set_fault("source-hostile")
    for integration in INTEGRATIONS:
        path, keys = recipe_for(box, integration, tmp_path), keys_for(box, integration)
        code, out, _ = planned(path, keys)
        assert code == 0
        assert all(line.isprintable() for line in out.splitlines())
        check_document(json.loads(planned(path, keys, as_json=True)[1]), integration)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("LD_ACCESS_TOKEN", "api-00000000-0000-4000-8000-000000000000", ("unauthorized", 401, "token")),
        ("UNLEASH_SDK_KEY", UNLEASH_KEYS["frontend"].value, ("source", 403, None)),
        ("UNLEASH_SDK_KEY", UNLEASH_KEYS["admin"].value, ("credential", None, "sourceApiKey")),
        ("LD_ACCESS_TOKEN", "api-nobody-knows-this", ("unauthorized", 401, "token")),
    ],
)
def test_refused_keys(
    box: Sandbox, tmp_path: Path, variable: str, value: str, told: tuple[str, int | None, str | None]
) -> None:
    path = recipe_for(box, "unleash", tmp_path)
    code, out, err = planned(path, keys_for(box, "unleash") | {variable: value}, as_json=True)
    kind, status, field = told
    shown = error(code, out, err)
    assert (code, shown["kind"], shown["status_code"]) == (3, kind, status)
    assert field in (None, shown["field"])


def test_a_project_that_is_not_there(box: Sandbox, tmp_path: Path) -> None:
    path, keys = recipe_for(box, "unleash", tmp_path), keys_for(box, "unleash")
    code, out, err = planned(path, keys, project="nobody", as_json=True)
    told = error(code, out, err)
    assert (code, told["kind"], told["status_code"], told["field"]) == (4, "not-found", 404, "project")


def test_options_and_variables_have_their_places(box: Sandbox, tmp_path: Path) -> None:
    """An option beats the recipe; the environment counts where the recipe says nothing."""
    path, keys = recipe_for(box, "unleash", tmp_path), keys_for(box, "unleash")
    there = values(box, "unleash")["host"]
    nowhere = "http://127.0.0.1:9"
    assert planned(path, keys | {"LD_BASE_URI": nowhere, "LD_PROJECT": "nobody"})[0] == 0
    assert planned(path, keys, host=nowhere)[0] == 5
    path.write_text(path.read_text().replace(f'host = "{there}"', ""))
    assert planned(path, keys | {"LD_BASE_URI": there})[0] == 0
    assert planned(path, keys | {"LD_BASE_URI": there}, host=nowhere)[0] == 5


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        sock.settimeout(30)
        yield sock


def waiting_recipe(box: Sandbox, folder: Path, silent: socket.socket) -> Path:
    return recipe_for(box, "unleash", folder, sourceBaseUrl=f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_the_whole_run_has_a_limit(box: Sandbox, tmp_path: Path, silent: socket.socket) -> None:
    path = waiting_recipe(box, tmp_path, silent)
    code, out, err = planned(path, keys_for(box, "unleash"), as_json=True, timeout=0.3)
    told = error(code, out, err)
    assert (code, told["kind"]) == (5, "timeout")


# --- ended from outside


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_and_leaves_nothing_running(
    box: Sandbox, tmp_path: Path, silent: socket.socket, number: signal.Signals, code: int
) -> None:
    path = waiting_recipe(box, tmp_path, silent)
    process = program("plan", path, "--json", environ=keys_for(box, "unleash"), start_new_session=True)
    connection, _ = silent.accept()  # it is reading now
    with connection:
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "")
    assert err == "Stopped before the plan was complete. Nothing was changed.\n"
    eventually(lambda: _group_is_gone(process.pid), "its processes are gone")


def _group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("as_json", [False, True])
def test_a_reader_that_leaves_is_no_fault(box: Sandbox, tmp_path: Path, as_json: bool) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    options = ["--json"] if as_json else []
    path = recipe_for(box, "unleash", tmp_path)
    process = program("plan", path, *options, environ=keys_for(box, "unleash"), stdout=theirs)
    os.close(theirs)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_a_key_that_a_source_quotes_is_hidden(tmp_path: Path) -> None:
    """Flags may be named and ruled by anything, by a key as well."""
    token = TOKENS["writer"].value
    named = CompanyFlag(f"flag-{token}", "", (token,), STARTED, targets=(token,))
    with Sandbox.start(company=Company({}, {"default": (named,)})) as box:
        for integration in INTEGRATIONS:
            path, keys = recipe_for(box, integration, tmp_path), keys_for(box, integration)
            for as_json in (False, True):
                code, out, err = planned(path, keys, as_json=as_json)
                assert (code, token in out + err) == (0, False)
                assert f"flag-{MASK if not as_json else json.dumps(MASK)[1:-1]}" in out
