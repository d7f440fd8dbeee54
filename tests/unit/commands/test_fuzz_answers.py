"""Servers whose answers are damaged: each command ends with a documented exit code and no traceback."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.unit.commands.test_fuzz_files import CODES, check
from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.mutations import mutated
from tui.commands import undo, verify
from tui.sandbox.server import Sandbox


class Damaging(Sandbox):
    """Demo servers that damage some of their JSON answers while `chance` is set."""

    chance: random.Random | None = None
    share = 0.3

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        chance = self.chance
        if chance is None or chance.random() > self.share:
            await super()._serve(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await super()._serve(scope, receive, collect)
        if body.startswith((b"{", b"[")):
            body = mutated(chance, body)
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            start = {**start, "headers": [*kept, (b"content-length", b"%d" % len(body))]}
        await send(start)
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def box() -> Iterator[Damaging]:
    with Damaging.start() as made:
        yield made


@pytest.fixture(params=["unleash", "split"])
def recipe(box: Damaging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Recipe:
    made = recipe_in(box, tmp_path, request.param)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LD_BASE_URI", box.addresses()["launchdarkly"]["url"])
    return made


def test_damaged_answers(recipe: Recipe, box: Damaging) -> None:
    assert recipe.run().code == 0
    id_ = recipe.journal.configuration
    codes = set()
    for number in range(150):
        box.chance = random.Random(number)
        which = box.chance.choice(("plan", "verify", "undo", "list", "show"))
        if which == "plan":
            codes.add(check(number, "plan", recipe.path, "--timeout", "5"))
        elif which in ("list", "show"):
            codes.add(check(number, "configs", which, *([id_] if which == "show" else []), "--timeout", "5"))
        else:
            ran = recipe.run(verify.run if which == "verify" else undo.run, dry_run=True)
            assert ran.code in CODES, (number, ran.err)
            codes.add(ran.code)
    assert {0, 5} <= codes


def test_damaged_answers_while_an_import_is_applied(recipe: Recipe, box: Damaging) -> None:
    codes = set()
    for number in range(60):
        box.chance = random.Random(number)
        ran = recipe.run()
        assert ran.code in CODES, (number, ran.err)
        assert ran.lines[-1]["event"] == "result"
        codes.add(ran.code)
    assert len(codes) > 1
