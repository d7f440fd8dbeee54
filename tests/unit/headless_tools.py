"""The commands on a recipe in this process: over the practice servers, with a clock that nobody waits for."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.recipe_tools import program, recipe_for
from tests.unit.run_tools import Time, context_of
from tests.unit.walk_tools import SOURCE_KEY, values
from tui.apply import store
from tui.apply.heads import heads
from tui.apply.journal import Journal, Stage
from tui.commands import apply
from tui.commands.case import RecipeOptions
from tui.commands.surroundings import Surroundings
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.secrets.names import proposed_variable

ERROR = ["event", "kind", "status_code", "message", "advice", "field"]
Command = Callable[[RecipeOptions, Surroundings], int]


@dataclass
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def events(self) -> list[str]:
        """The events in their order, repeated ones once."""
        names = [line["event"] for line in self.lines]
        return [name for number, name in enumerate(names) if names[number - 1 : number] != [name]]

    def one(self, event: str) -> dict[str, Any]:
        (document,) = (line for line in self.lines if line["event"] == event)
        return document


@dataclass
class Recipe:
    """A recipe of the practice company, and the variables that it names."""

    box: Sandbox
    integration: str
    path: Path
    environ: dict[str, str]
    time: Time = field(default_factory=lambda: Time(time.time()))
    """It begins now: the practice servers tell when a pause ends."""

    def run(self, command: Command = apply.run, *, environ: Mapping[str, str] | None = None, **options: Any) -> Ran:
        """With --json and --yes, unless `options` say otherwise."""
        self.time.box = self.box
        out, err = io.StringIO(), io.StringIO()
        values = {"as_json": True, "yes": True, **options}
        variables = self.environ if environ is None else environ
        keyring = Keyring(child=["/nonexistent"])
        surroundings = Surroundings(
            context_of(self.time), variables, keyring, out, err, io.StringIO(), self.path.parent
        )
        code = command(RecipeOptions(self.path, **values), surroundings)
        return Ran(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        return program(*arguments, environ=self.environ if environ is None else environ, cwd=self.path.parent)

    def run_in_terminal(self, command: Command, typed: str) -> tuple[int, str, str]:
        """Run it in a terminal. Return its exit code, its results, and what the terminal shows up to the question."""
        ours, theirs = os.openpty()
        os.write(ours, typed.encode())
        out = io.StringIO()
        with open(theirs, encoding="utf-8", closefd=False) as keys, open(theirs, "w", closefd=False) as screen:
            context, keyring = context_of(self.time), Keyring(child=["/nonexistent"])
            surroundings = Surroundings(context, self.environ, keyring, out, screen, keys, self.path.parent)
            code = command(RecipeOptions(self.path), surroundings)
            screen.flush()
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(ours, 65_536)
        os.close(ours)
        os.close(theirs)
        return code, out.getvalue(), shown.decode()

    @property
    def journals(self) -> list[Path]:
        return [head.path for head in heads(store.folder())]

    @property
    def journal(self) -> Journal:
        (path,) = self.journals
        journal = store.load(path)
        assert journal is not None
        return journal


def recipe_in(box: Sandbox, folder: Path, integration: str = "unleash", **changed: str) -> Recipe:
    given = values(box, integration)
    secrets = ("token", "ldApiKey", SOURCE_KEY[integration])
    environ = {proposed_variable(integration, key): given[key] for key in secrets}
    return Recipe(box, integration, recipe_for(box, integration, folder, **changed), environ)


def error_of(answer: tuple[int, str, str]) -> dict[str, Any]:
    """The error object: the first line of stdout, with nothing on stderr."""
    code, out, err = answer
    error: dict[str, Any] = json.loads(out.splitlines()[0])
    assert ([*error], error["event"], err) == (ERROR, "error", "")
    assert code
    return error


class KilledError(BaseException):
    """The program ends here and now."""


def killed(recipe: Recipe, stage: Stage, *, noted: bool = True) -> None:
    """Apply, and die where the journal comes to `stage`: right after that was written down, or right before."""
    save = store.save

    def dies(journal: Journal, *more: Any) -> None:
        if noted or journal.stage is not stage:
            save(journal, *more)
        if journal.stage is stage:
            raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "save", dies)
        with pytest.raises(KilledError):
            recipe.run()
