"""Each file of this program on a disk that has no room: a sentence, the right exit code, the old file whole."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.commands.test_fuzz_files import check, run
from tests.unit.headless_tools import Recipe, killed
from tests.unit.walk_tools import at_review, planned
from tui.answers import recipe as recipes
from tui.answers import saved_drafts
from tui.apply.journal import Stage
from tui.commands import undo
from tui.plan import documents
from tui.report import documents as report_documents
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import IndexFileError, KeyIndex, KeyringEntry
from tui.text.private_files import state_dir
from tui.text.redact import Redactor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")


@contextmanager
def full(most: int = 0) -> Iterator[None]:
    """No file of this process can grow beyond `most` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_without_room_for_a_journal_nothing_is_sent(recipe: Recipe, box: Sandbox) -> None:
    with full():
        ran = recipe.run()
    assert (ran.code, [line["event"] for line in ran.lines][-2:]) == (2, ["error", "result"])
    assert not [method for method, _, _ in box.requests if method != "GET"]
    assert content(state_dir()) == {}


def test_a_journal_without_room_stays_as_it_was(recipe: Recipe) -> None:
    killed(recipe, Stage.STARTED)
    before = content(state_dir())
    with full(100):
        ran = recipe.run()
    assert (ran.code, ran.one("error")["kind"]) == (5, "unreachable")
    assert content(state_dir()) == before
    assert recipe.run().code == 0


def test_an_undo_without_room_can_be_repeated(recipe: Recipe) -> None:
    assert recipe.run().code == 0
    before = content(state_dir())
    with full(100):
        ran = recipe.run(undo.run)
    assert ran.code == 5
    assert content(state_dir()) == before
    assert recipe.run(undo.run).code == 0


def test_a_report_without_room_does_not_fail_the_import(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    save = report_documents.save

    def without_room(*given: Any) -> Path:
        with full(100):
            return save(*given)

    monkeypatch.setattr(report_documents, "save", without_room)
    ran = recipe.run()
    assert (ran.code, ran.one("result")["report"]) == (0, None)
    assert ran.err
    assert [*content(recipe.path.parent)] == [recipe.path.name]


def test_a_log_without_room_does_not_fail_the_command(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in recipe.environ.items():
        monkeypatch.setenv(name, value)
    log = recipe.path.with_name("log")
    with full():
        code, out, err = run("plan", recipe.path, "--json", "--log", log)
    assert (code, err) == (0, "")
    assert out.startswith("{")
    assert log.read_bytes() == b""


async def test_a_draft_without_room_is_reported_and_the_old_one_stays(box: Sandbox, tmp_path: Path) -> None:
    made = await at_review(box, "unleash")
    made.draft_path = tmp_path / "draft.json"
    assert made.save() == ""
    before = content(tmp_path)
    made.put("config-name", "Another name")
    with full(100):
        assert made.save()
    assert content(tmp_path) == before
    assert saved_drafts.load(made.draft_path) is not None


async def test_recipes_and_plans_without_room_leave_nothing_behind(box: Sandbox, tmp_path: Path) -> None:
    made = await at_review(box, "unleash")
    plan = await planned(made)
    with full(100):
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
            recipes.save(recipes.write(made.draft), tmp_path, "recipe.toml")
        with pytest.raises(OSError):  # noqa: PT011
            documents.save(plan, tmp_path, "md", Redactor())
    assert content(tmp_path) == {}


def test_a_key_index_without_room_stays_as_it_was() -> None:
    index = KeyIndex()
    index.add(KeyringEntry("app.launchdarkly.com/token", "Login", 1.0))
    before = content(state_dir())
    with full(10), pytest.raises(IndexFileError):
        index.add(KeyringEntry("app.launchdarkly.com/web/split/key", "Login", 2.0))
    assert content(state_dir()) == before
    assert check(0, "keys", "forget", "no-such-name") == 2
