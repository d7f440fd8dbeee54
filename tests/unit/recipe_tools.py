"""Recipes for the practice company, the plan command in this process, and any command in its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.unit.walk_tools import SOURCE_KEY, Naps, session, values
from tui.answers import recipe
from tui.commands.case import RecipeOptions
from tui.commands.plan import run
from tui.commands.surroundings import Surroundings
from tui.context import Context
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.secrets.names import proposed_variable
from tui.text.redact import Redactor

ROOT = Path(__file__).parents[2]


def recipe_for(box: Sandbox, integration: str, folder: Path, **changed: str) -> Path:
    """A saved recipe of the practice company's answers; `changed` are other answers."""
    made = session()
    made.choose(integration)
    given = {**values(box, integration), "config-name": "Practice plan", **changed}
    for key, text in given.items():
        made.put(key.replace("_", "-"), text)
    return recipe.save(recipe.write(made.draft), folder, f"{integration}.toml")


def keys_for(box: Sandbox, integration: str) -> dict[str, str]:
    """The variables that a plan of such a recipe needs: those of your token and of the source's key alone."""
    given = values(box, integration)
    return {proposed_variable(integration, key): given[key] for key in ("token", SOURCE_KEY[integration])}


def planned(
    path: Path, environ: Mapping[str, str], *, keyring: Keyring | None = None, **options: Any
) -> tuple[int, str, str]:
    """The command in this process, without naps: its exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    context = Context(redactor=Redactor(), sleep=Naps())
    surroundings = Surroundings(context, environ, keyring or Keyring(child=["/nonexistent"]), out, err)
    code = run(RecipeOptions(path, **options), surroundings)
    return code, out.getvalue(), err.getvalue()


def program(*arguments: str | Path, environ: Mapping[str, str] | None = None, **more: Any) -> subprocess.Popen[str]:
    """`ld-flag-import` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tui", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        stdin=subprocess.DEVNULL,
        text=True,
        **{"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )
