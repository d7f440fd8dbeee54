"""Imports whose source is a real Unleash, each command a process of its own, and what that server itself says."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.real import unleash_seed as seed
from tests.real.test_unleash_plan import destination
from tests.real.unleash_server import Unleash
from tests.unit.headless_tools import Ran, Recipe, recipe_in
from tui.sandbox.server import Sandbox


def practice(unleash: Unleash, **more: Any) -> Sandbox:
    """A practice LaunchDarkly that imports from a real Unleash, and has three of its keys before."""
    return Sandbox.start(destination=destination(), unleash_port=urlsplit(unleash.address).port or 0, **more)


def recipe_of(box: Sandbox, unleash: Unleash, folder: Path) -> Recipe:
    """A recipe that imports what the SDK key `production` reads, and the variables it names."""
    made = recipe_in(
        box, folder, sourceBaseUrl=unleash.address, sourceProjectId=seed.DEFAULT, sourceEnvironmentId=seed.PRODUCTION
    )
    made.environ["UNLEASH_SDK_KEY"] = unleash.keys["production"]
    return made


def done(recipe: Recipe, command: str, *options: str, environ: Mapping[str, str] | None = None) -> Ran:
    """A command with --json, from its start to its end."""
    process = recipe.start(command, str(recipe.path), "--json", *options, environ=environ)
    out, err = process.communicate(timeout=90)
    return Ran(process.returncode, out, err)


def killed_after(recipe: Recipe, event: str, arrived: int = 0) -> None:
    """Apply, and kill -9 as soon as it tells `event` with at least so many flags arrived, where it tells any."""
    with recipe.start("apply", str(recipe.path), "--json", "--yes") as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            if told["event"] == event and told.get("arrived", arrived) >= arrived:
                break
        else:
            raise AssertionError(f"it ended before it told {event}")
        process.kill()


def served(unleash: Unleash) -> dict[str, bool]:
    """Whether each flag that the SDK key `production` reads is on, as the server says without our code between."""
    answer = httpx.get(
        f"{unleash.address}/api/client/features",
        headers={"Authorization": unleash.keys["production"]},
        trust_env=False,
        timeout=30,
    )
    return {each["name"]: each["enabled"] for each in answer.raise_for_status().json()["features"]}


class Page(HTMLParser):
    """A report as a reader sees it: its numbers by their words, and the first cells of each list by the list's name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}
        self.lists: defaultdict[str, list[str]] = defaultdict(list)
        self._tag = self._word = self._list = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._tag = "row" if given.get("scope") == "row" else tag
        if tag == "table":
            self._list = (given.get("class") or "").removeprefix("list ")

    def handle_data(self, data: str) -> None:
        if self._tag == "dt":
            self._word = data
        elif self._tag == "dd" and data.replace(",", "").isdigit():
            self.numbers[self._word] = int(data.replace(",", ""))
        elif self._tag == "row" and self._list:
            self.lists[self._list].append(data)
        self._tag = ""
