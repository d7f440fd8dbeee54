"""Damaged journals, drafts, key indexes, and recipes: commands end with a documented exit code and no traceback."""

from __future__ import annotations

import io
import json
import random
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from tests.unit.headless_tools import Recipe, killed, recipe_in
from tests.unit.mutations import mangled, mutated
from tests.unit.walk_tools import at_review, session
from tui import cli
from tui.answers import saved_drafts
from tui.apply.heads import heads
from tui.apply.journal import Stage
from tui.commands import keys
from tui.net.errors import Failure
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.text.private_files import state_dir
from tui.wizard import launch

CODES = {0, 2, 3, 4, 5, 6, 7}


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """A command in this process: its exit code, stdout, and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main([*map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


def check(number: int, *arguments: str | Path) -> int:
    """Run a command with `--json`, and return its exit code."""
    code, out, err = run(*arguments, "--json")
    assert code in CODES, (number, code, err)
    assert "Traceback" not in err, (number, err)
    for line in out.splitlines():
        json.loads(line)
    return code


@pytest.fixture
def recipe(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    made = recipe_in(box, tmp_path)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def journal(recipe: Recipe) -> bytes:
    """The journal of an import that was verified."""
    assert recipe.run().code == 0
    return recipe.journals[0].read_bytes()


def test_damaged_journals(recipe: Recipe, journal: bytes) -> None:
    chance, path = random.Random(1), recipe.journals[0]
    codes = set()
    for number in range(600):
        path.write_bytes(mutated(chance, journal))
        command = chance.choice((("verify",), ("undo", "--dry-run")))
        codes.add(check(number, command[0], recipe.path, *command[1:]))
    assert {0, 2} <= codes


@pytest.mark.parametrize("stage", [Stage.CREATING, Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED])
def test_damaged_journals_of_an_import_that_is_resumed(recipe: Recipe, stage: Stage) -> None:
    killed(recipe, stage)
    chance, path = random.Random(stage), recipe.journals[0]
    journal = path.read_bytes()
    for number in range(40):
        path.write_bytes(mutated(chance, journal))
        ran = recipe.run()
        assert ran.code in CODES, number
        assert ran.lines[-1]["event"] == "result"


async def test_damaged_journals_and_drafts_in_the_wizard(recipe: Recipe, journal: bytes, tmp_path: Path) -> None:
    """What the first screen reads, and what follows when a row of it is chosen."""
    chance, journal_path, draft_path = random.Random(3), recipe.journals[0], tmp_path / "draft.json"
    saved_drafts.save((await at_review(recipe.box, "unleash")).draft, draft_path, 1_763_906_531.0)
    draft, taken = draft_path.read_bytes(), 0
    for number in range(600):
        draft_path.write_bytes(mutated(chance, draft))
        journal_path.write_bytes(mutated(chance, journal))
        saved = saved_drafts.load(draft_path)
        made = session(draft_path=draft_path)
        if saved is not None and saved.integration in made.forms:
            made.resume(saved)
            made.save()
            taken += 1
        for head in heads(journal_path.parent):
            assert all(form.isprintable() for form in head.in_words(head.integration, "->", 0.0)), number
            with suppress(Failure):
                launch.resume(made, head)
        made.release()
    assert taken > 50


def test_damaged_key_indexes() -> None:
    chance, path = random.Random(4), state_dir() / "keys.json"
    entry = {"user": "app.launchdarkly.com/token", "label": "Login", "created": 1_763_906_531.5}
    raw = json.dumps({"version": 1, "keys": [entry, {**entry, "user": "app.launchdarkly.com/web/split/key"}]}).encode()
    codes = set()
    for number in range(400):
        path.write_bytes(mutated(chance, raw))
        check(number, "keys", "forget", "no-such-name")
        out = io.StringIO()
        codes.add(keys.run("list", out=out, err=io.StringIO(), keyring=Keyring(child=["/nonexistent"])))
        assert all(line.isprintable() for line in out.getvalue().splitlines()), number
    assert codes == {0, 2}


def test_damaged_recipes(recipe: Recipe) -> None:
    chance, raw, path = random.Random(5), recipe.path.read_bytes(), recipe.path.with_name("damaged.toml")
    codes = set()
    for number in range(300):
        path.write_bytes(mangled(chance, raw))
        codes.add(check(number, chance.choice(("undo", "verify")), path, "--journal", path.with_name("none.json")))
    assert 2 in codes
