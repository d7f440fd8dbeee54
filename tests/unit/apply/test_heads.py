"""The first screen learns which imports there are from the beginning of each file, whatever lies around there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plan_tools import READ_AT
from tests.unit.report_tools import expected, journal
from tests.unit.sources_server import json_values
from tui.apply import store
from tui.apply.heads import HEAD, Head, heads
from tui.apply.journal import Identity, Stage
from tui.text.redact import Redactor


def saved(folder: Path, name: str, stage: Stage = Stage.STARTED, at: float = READ_AT, **more: str) -> Path:
    """The journal of an import of two flags, written at that moment."""
    there = journal(expected("a"), expected("b"), stage=stage)
    noted = replace(there, identity=replace(there.identity, name=name, **more))
    path = store.path_of(noted.identity, folder)
    store.save(noted, path)
    os.utime(path, (at, at))
    return path


def names(folder: Path) -> list[str]:
    return [each.name for each in heads(folder)]


def test_a_head_tells_what_the_journal_does(tmp_path: Path) -> None:
    path = saved(tmp_path, "Unleash production", Stage.STARTED)
    noted = store.load(path)
    assert noted is not None
    (head,) = heads(tmp_path)
    assert head == Head(
        path, **asdict(noted.identity), stage="started", configuration=noted.configuration, expected=2, touched=READ_AT
    )
    forms = head.in_words("Unleash", "->", READ_AT)
    assert all(form.startswith(f"{head.state}, 23 Nov ") for form in forms), "what a narrow row shows comes first"
    assert [form.split(", ")[-1] for form in forms] == [
        "Unleash -> EU web-shop",
        "Unleash -> web-shop",
        "web-shop",
        "23 Nov 14:02",
    ]
    assert head.in_words("Unleash", "->", READ_AT, practice=True)[0].endswith(", Unleash -> web-shop")
    assert ", 23 Nov 2025 " in head.in_words("Unleash", "->", READ_AT + 366 * 86_400)[0]


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_its_words(tmp_path: Path, stage: Stage) -> None:
    saved(tmp_path, "one", stage)
    (head,) = heads(tmp_path)
    assert head.under_way is (stage not in (Stage.PLANNED, Stage.VERIFIED))
    assert head.state
    assert head.state != stage.value or stage is Stage.VERIFIED


def test_those_under_way_come_first_and_of_these_the_newest(tmp_path: Path) -> None:
    stages = [Stage.STARTED, Stage.VERIFIED, Stage.CREATED, Stage.PLANNED, Stage.ENDED]
    for at, stage in enumerate(stages):
        saved(tmp_path, stage.value, stage, READ_AT + at)
    assert names(tmp_path) == ["ended", "created", "started", "planned", "verified"]


def test_of_very_many_the_newest_are_looked_into(tmp_path: Path) -> None:
    path = saved(tmp_path, "pattern")
    text = path.read_text("utf-8")
    for number in range(600):
        copy = tmp_path / f"{number:03}.json"
        copy.write_text(text.replace("pattern", f"import {number:03}"), "utf-8")
        os.utime(copy, (READ_AT + number, READ_AT + number))
    found = names(tmp_path)
    assert len(found) == 500
    assert (found[0], found[-1]) == ("import 599", "import 100")


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path) -> None:
    """Four GiB, of which all but the head is a hole."""
    path = saved(tmp_path, "huge")
    path.write_text(path.read_text("utf-8")[:1000], "utf-8")
    os.truncate(path, 4 << 30)
    assert names(tmp_path) == ["huge"]


NO_JOURNALS = {
    "empty": "",
    "half": '{"head": {"host": "https://app.launchdarkly.com", "project"',
    "another": '{"version": 1, "answers": {}}',
    "list": "[1, 2]",
    "text": '{"head": "started"}',
    "lacking": '{"head": {"host": "x", "stage": "started"}}',
    "endless": '{"head": {"host":"h","project":"p","integration":"i","name":"n","stage":"s",'
    '"configuration":"c","expected":1e999}}',
    "deep": '{"head": {"host": ' + "[" * 8_000,
}


@pytest.mark.parametrize("text", NO_JOURNALS.values(), ids=NO_JOURNALS)
def test_what_is_no_journal_is_left_out(tmp_path: Path, text: str) -> None:
    saved(tmp_path, "whole")
    (tmp_path / "other.json").write_text(text, "utf-8")
    assert names(tmp_path) == ["whole"]


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    for number in range(8):  # whatever order the folder has, some come after a link that leads nowhere
        saved(tmp_path, f"whole {number}")
        (tmp_path / f"nowhere-{number}.json").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")  # to read it would be to wait for ever
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    assert sorted(names(tmp_path)) == [f"whole {number}" for number in range(8)]


def test_no_folder_has_no_imports(tmp_path: Path) -> None:
    assert heads(tmp_path / "none") == ()
    (tmp_path / "file").touch()
    assert heads(tmp_path / "file") == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*Identity.__slots__, "stage", "configuration", "expected"]), json_values))
def test_whatever_a_head_holds_nothing_is_raised(tmp_path: Path, document: dict[str, object]) -> None:
    whole = {"host": "https://app.launchdarkly.com", "project": "p", "integration": "i", "name": "n"}
    whole |= {"stage": "started", "configuration": "c", "expected": "1"}
    (tmp_path / "one.json").write_text(json.dumps({HEAD: whole | document}), "utf-8")
    for head in heads(tmp_path):
        assert all(form.isprintable() for form in head.in_words("Unleash", "->", READ_AT))


def test_a_head_has_neither_control_characters_nor_keys(tmp_path: Path) -> None:
    saved(tmp_path, "\x1b]0;hacked\x07web\u202e", project="\x1b[2Jshop")
    redactor, key = Redactor(), "api-5a4db0c5-0000-4000-8000-5a4db0c5a11a"
    redactor.add(key)
    noted = journal(expected("a"))
    store.save(replace(noted, identity=replace(noted.identity, name=f"mine {key}")), tmp_path / "one.json", redactor)
    found = heads(tmp_path)
    assert len(found) == 2
    for head in found:
        assert (head.name + head.project).isprintable()
        assert key not in repr(head)


def test_no_model_is_loaded_for_them() -> None:
    heavy = ("pydantic", "httpx", "tui.apply.journal", "tui.apply.store")
    code = f"import sys, tui.apply.heads; print([each for each in {heavy!r} if each in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
