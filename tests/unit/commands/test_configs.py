"""`configs list|show|trigger|watch|delete`: what they print, what they end with, and what they never do."""

from __future__ import annotations

import asyncio
import io
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.unit.headless_tools import error_of
from tests.unit.manage_tools import made
from tests.unit.raw_http import always, answer, serving
from tests.unit.recipe_tools import program
from tests.unit.run_tools import Time, begun, context_of, run_of, triggers
from tests.unit.sandbox_tools import launchdarkly
from tests.unit.secrets.test_keyring import keyring
from tests.unit.walk_tools import configurations
from tui.apply import store
from tui.commands.configs import ConfigsOptions, run
from tui.commands.surroundings import Surroundings
from tui.sandbox.faults import HOSTILE
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.secrets.names import entry_name


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Variables(dict[str, str]):
    """Variables that lead to the practice servers, whose imports the command's clock waits for."""

    box: Sandbox | None = None


def environ(box: Sandbox, who: str = "writer") -> Variables:
    made = Variables(LD_ACCESS_TOKEN=TOKENS[who].value, LD_BASE_URI=box.addresses()["launchdarkly"]["url"])
    made.box = box
    return made


def configs(
    given: dict[str, str],
    *asked: Any,
    time: Time | None = None,
    ring: Keyring | None = None,
    typed: str | None = None,
    **options: Any,
) -> tuple[int, str, str]:
    """The command in this process: its exit code, stdout and stderr. `typed` is what stands on the terminal."""
    out, err = io.StringIO(), Terminal() if typed is not None else io.StringIO()
    answers = Terminal(typed) if typed is not None else io.StringIO()
    clock = time or Time(box=given.box if isinstance(given, Variables) else None)
    around = Surroundings(context_of(clock), given, ring or Keyring(child=["/nonexistent"]), out, err, answers)
    code = run(ConfigsOptions(*asked, **options), around)
    said = out.getvalue() + err.getvalue()
    for token in TOKENS.values():
        assert token.value not in said
    return code, out.getvalue(), err.getvalue()


# --- list and show


def test_lists_and_filters(box: Sandbox) -> None:
    identity = made(box)
    code, out, err = configs(environ(box), "list")
    assert (code, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.split() == ["ID", "INTEGRATION", "PROJECT", "NAME", "STATUS", "LAST", "IMPORT", "LAST", "ERROR", "TAGS"]
    assert [row.split()[0] for row in rows] == [c["_id"] for c in sorted(configurations(box), key=_name)]
    narrowed = configs(environ(box), "list", project="web-shop", integration="unleash", as_json=True)
    document = json.loads(narrowed[1])
    assert [each["id"] for each in document["configurations"]] == [identity]
    assert configs(environ(box), "list", project="none")[1] == "No flag import configurations found.\n"
    assert json.loads(configs(environ(box), "list", project="none", as_json=True)[1]) == {"configurations": []}


def test_each_moment_is_there_twice(box: Sandbox) -> None:
    identity = made(box)
    never = json.loads(configs(environ(box), "show", identity, as_json=True)[1])
    names = ("last_import", "last_import_at", "last_error", "last_error_at")
    assert [never[name] for name in names] == [None] * 4
    box.set_fault("import-partial")
    configs(environ(box), "trigger", identity)
    configs(environ(box), "watch", identity)
    (raw,) = (each["_status"] for each in configurations(box) if each["_id"] == identity)
    listed = json.loads(configs(environ(box), "list", as_json=True)[1])["configurations"]
    shown = json.loads(configs(environ(box), "show", identity, as_json=True)[1])
    for document in (shown, *(each for each in listed if each["id"] == identity)):
        assert (document["last_import"], document["last_error"]) == (raw.get("lastImport"), raw["lastError"])
        at = datetime.fromisoformat(document["last_error_at"])
        assert (round(at.timestamp() * 1000), at.tzinfo is None) == (raw["lastError"], False)


def _name(each: dict[str, Any]) -> str:
    return str(each["name"]).casefold()


@pytest.mark.parametrize("masked", [True, False])
def test_shows_one_without_its_keys(box: Sandbox, monkeypatch: pytest.MonkeyPatch, masked: bool) -> None:
    """Whether LaunchDarkly masks them is not known."""
    identity = made(box)
    if not masked:
        monkeypatch.setattr("tui.sandbox.flag_import.SECRETS", {"unleash": (), "split": ()})
        assert TOKENS["import-key"].value in json.dumps(configurations(box))
    code, out, _ = configs(environ(box), "show", identity)
    assert (code, "stored" in out, "********" in out) == (0, True, False)
    text = configs(environ(box), "show", identity, as_json=True)[1]
    document = json.loads(text)
    assert document["secrets"] == ["sourceApiKey", "ldApiKey"]
    assert not set(document["secrets"]) & set(document["config"])
    assert document["config"]["ldTag"] == "imported-from-unleash"
    assert box.addresses()["unleash"]["key"] not in out + text


def test_foreign_text_stays_text(box: Sandbox) -> None:
    identity = made(box)
    box.set_fault("hostile-text")
    for asked in (("list",), ("show", identity)):
        code, out, err = configs(environ(box), *asked)
        assert code == 0
        assert all(c.isprintable() or c == "\n" for c in out + err)
        assert HOSTILE not in out


async def test_names_and_tags_are_exact_in_json_and_clean_in_text() -> None:
    name, tags = "Unleash\tto \u202ecod\x07", ["a\tb", "\u2066c"]
    shape: dict[str, Any] = {"_id": "12ab3c4d5ef1a2345bcde67f", "name": name, "tags": tags, "integrationKey": "split"}
    shape["projectKey"] = "web-shop"
    whole = answer("200 OK", json.dumps({"items": [shape], **shape}).encode())
    async with serving(always(whole)) as raw:
        given = {"LD_ACCESS_TOKEN": TOKENS["writer"].value, "LD_BASE_URI": raw.url}

        async def told(*asked: str, as_json: bool = False) -> str:
            return (await asyncio.to_thread(configs, given, *asked, as_json=as_json))[1]

        (listed,) = json.loads(await told("list", as_json=True))["configurations"]
        shown = json.loads(await told("show", shape["_id"], as_json=True))
        assert [(each["name"], each["tags"]) for each in (listed, shown)] == [(name, tags)] * 2
        for asked in (("list",), ("show", shape["_id"])):
            assert all(c.isprintable() or c == "\n" for c in await told(*asked))


# --- the token and the host


@pytest.mark.parametrize(
    ("variables", "host", "code", "told"),
    [
        ({"LD_ACCESS_TOKEN": ""}, "", 3, ("credential", "token")),
        ({}, "eu", 3, ("credential", "token")),
        ({"LD_ACCESS_TOKEN": "sdk-5a4db0c5-0000-4000-8000-5a4db0c5a11a"}, "", 3, ("credential", "token")),
        ({}, "ftp://x", 2, ("recipe", "host")),
    ],
    ids=["missing", "of another instance", "of another kind", "wrong host"],
)
def test_nothing_is_sent_without_a_token_for_this_host(
    box: Sandbox, variables: dict[str, str], host: str, code: int, told: tuple[str, str]
) -> None:
    before = len(box.requests)
    answer = configs(environ(box) | variables, "list", as_json=True, host=host)
    failure = error_of(answer)
    assert (answer[0], (failure["kind"], failure["field"])) == (code, told)
    assert len(box.requests) == before


def test_finds_the_token_in_the_keyring(box: Sandbox, tmp_path: Path) -> None:
    url, ring = environ(box)["LD_BASE_URI"], keyring(tmp_path, "store")
    asyncio.run(ring.put(entry_name(url), SecretStr(TOKENS["writer"].value)))
    assert configs({}, "list", host=url, ring=ring)[0] == 0


@pytest.mark.parametrize(("who", "kind", "code"), [("nobody", "unauthorized", 3), ("reader", "forbidden", 3)])
def test_refusals(box: Sandbox, who: str, kind: str, code: int) -> None:
    identity = made(box)
    given = environ(box)
    given["LD_ACCESS_TOKEN"] = TOKENS[who].value if who != "nobody" else "api-00000000-0000-4000-8000-000000000000"
    answer = configs(given, "delete", identity, yes=True, as_json=True)
    assert (error_of(answer)["kind"], answer[0]) == (kind, code)
    assert ("LD_ACCESS_TOKEN" in error_of(answer)["advice"]) == (kind == "unauthorized")
    assert identity in [each["_id"] for each in configurations(box)]


@pytest.mark.parametrize("action", ["show", "trigger", "watch", "delete"])
def test_one_that_is_not_there(box: Sandbox, action: str) -> None:
    answer = configs(environ(box), action, "nope", yes=True, as_json=True)
    assert error_of(answer)["kind"] == "not-found"
    assert answer[0] == 4
    lines = answer[1].splitlines()[1:]
    assert lines == (['{"event": "result", "exit": 4, "report": null}'] if action == "watch" else [])


def test_a_server_that_is_gone(box: Sandbox) -> None:
    given = environ(box)
    box.stop()
    answer = configs(given, "list", as_json=True)
    assert (error_of(answer)["kind"], answer[0]) == ("unreachable", 5)


# --- trigger and watch


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_starts_and_watches_to_the_end(box: Sandbox) -> None:
    identity = made(box)
    code, out, _ = configs(environ(box), "trigger", identity, as_json=True)
    assert code == 0
    assert json.loads(out) == {"id": identity, "triggered": True, "status_code": 201}
    code, out, err = configs(environ(box), "watch", identity, as_json=True)
    *progress, finished, result = events(out)
    assert (code, err) == (0, "")
    assert {each["event"] for each in progress} == {"progress"}
    assert list(finished) == ["event", "status", "arrived", "expected", "errors"]
    assert (finished["status"], finished["arrived"], finished["expected"]) == ("complete", None, None)
    assert result == {"event": "result", "exit": 0, "report": None}
    assert "Import complete." in configs(environ(box), "watch", identity)[1]


def test_failed_import_has_its_own_code(box: Sandbox) -> None:
    identity = made(box)
    box.set_fault("import-failed")
    assert configs(environ(box), "trigger", identity)[0] == 0
    code, out, _ = configs(environ(box), "watch", identity, as_json=True)
    *_, finished, result = events(out)
    assert (code, finished["status"], result["exit"]) == (6, "failed", 6)
    assert finished["errors"]


def test_one_that_is_stuck(box: Sandbox) -> None:
    identity = made(box)
    box.set_fault("import-stuck")
    assert configs(environ(box), "trigger", identity)[0] == 0
    code, out, _ = configs(environ(box), "watch", identity, as_json=True, stuck_after=60.0)
    *_, failed, result = events(out)
    assert (code, failed["kind"], result["exit"]) == (7, "stuck", 7)
    assert "importing" in failed["message"]
    code, _, err = configs(environ(box), "watch", identity, timeout=20.0)
    assert code == 7
    assert "in time" in err
    assert f"configs watch {identity}" in err


def test_a_start_on_top_of_one_that_runs(box: Sandbox) -> None:
    identity = made(box)
    box.set_fault("import-stuck")
    configs(environ(box), "trigger", identity)
    begun(box, identity)
    code, out, _ = configs(environ(box), "trigger", identity)
    assert code == 0
    assert "is already running" in out
    assert triggers(box) == 1


@pytest.mark.parametrize(("fault", "code"), [("lost-trigger-answer", 0), ("lost-trigger-request", 5)])
def test_lost_start_is_looked_up(box: Sandbox, fault: str, code: int) -> None:
    identity = made(box)
    box.set_fault(fault)
    answer = configs(environ(box), "trigger", identity, as_json=True)
    assert answer[0] == code
    assert "Can't tell" in error_of(answer)["message"] if code else json.loads(answer[1])["triggered"]
    assert triggers(box) == 1


async def _journalled(box: Sandbox) -> str:
    run_ = await run_of(box)
    run_.keep = lambda journal: store.save(journal, store.path_of(run_.journal.identity), run_.context.redactor)
    await run_.create()
    await run_.start()
    return run_.journal.configuration


def test_counts_where_it_is_known_what_arrives(box: Sandbox) -> None:
    identity = asyncio.run(_journalled(box))
    _, out, _ = configs(environ(box), "watch", identity, as_json=True)
    *_, finished, result = events(out)
    assert finished["arrived"] == finished["expected"] > 0
    assert result["exit"] == 0
    assert "flags imported" in configs(environ(box), "watch", identity)[1]


# --- delete


def test_without_a_terminal_nothing_is_asked(box: Sandbox) -> None:
    identity, before = made(box), len(box.requests)
    code, out, err = configs(environ(box), "delete", identity)
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert configs(environ(box), "delete", identity, as_json=True, typed="Practice\n")[0] == 2
    assert len(box.requests) == before


def test_deletes_with_the_name_typed(box: Sandbox) -> None:
    identity = made(box)
    for typed in ("", "practice\n", "y\n"):
        code, _, err = configs(environ(box), "delete", identity, typed=typed)
        assert code == 2
        assert "Nothing was deleted" in err
    assert identity in [each["_id"] for each in configurations(box)]
    code, out, _ = configs(environ(box), "delete", identity, typed="Practice\n")
    assert code == 0
    assert "The flags it imported stay" in out
    assert identity not in [each["_id"] for each in configurations(box)]


# --- the whole program


def configs_program(*arguments: str, given: dict[str, str]) -> tuple[int, str, str]:
    process = program("configs", *arguments, environ=given)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_the_program_takes_it_from_the_environment(box: Sandbox, tmp_path: Path) -> None:
    identity, log = made(box), tmp_path / "log"
    code, out, err = configs_program("list", "--json", "--log", str(log), given=environ(box))
    assert (code, err) == (0, "")
    assert identity in out
    assert TOKENS["writer"].value not in log.read_text()
    assert configs_program("delete", identity, "--yes", "--project", "web-shop", given=environ(box))[0] == 0
    with launchdarkly(box) as ld:
        assert identity not in ld.get("/api/v2/integration-capabilities/flag-import").text
    assert configs_program("show", given=environ(box))[0] == 2
    home = Path(os.environ["HOME"])
    assert not [p for p in home.rglob("*") if p.is_file() and TOKENS["writer"].value in p.read_text(errors="replace")]
