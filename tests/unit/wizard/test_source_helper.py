"""The token for looking: what it opens, and that it goes to Unleash and nowhere else."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.unit.secrets.test_keyring import FAKE, ROOMY
from tests.unit.sources_server import Asked, Reply, serving
from tests.unit.walk_tools import Naps, attempt, checked, everything_said, planned, sent, session, values, walked
from tui.answers import changes, recipe, remarks, request
from tui.answers import draft as drafts
from tui.answers.builtin import HELPER
from tui.answers.finding import Level
from tui.context import Context
from tui.net.client import Http
from tui.net.messages import Request
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.text.redact import Redactor
from tui.wizard import keys, review
from tui.wizard.picks import fetch_for
from tui.wizard.session import Session

ADMIN, PERSONAL = UNLEASH_KEYS["admin"].value, UNLEASH_KEYS["personal"].value


@dataclass(frozen=True, slots=True)
class Recording(Context):
    """Notes each request that leaves, and lets it go."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    """(address, everything in its headers and body)."""

    def http(self) -> Http:
        made = Http(now=self.now, sleep=self.sleep, log=self.log, timer=self.timer)
        send = made.send

        async def noted(request: Request, **more: object) -> object:
            headers = (v.get_secret_value() if isinstance(v, SecretStr) else v for v in request.headers.values())
            self.sent.append((request.url, " ".join((*headers, (request.body or b"").decode()))))
            return await send(request, **more)  # type: ignore[arg-type]

        made.send = noted  # type: ignore[method-assign,assignment]
        return made


def begun(box: Sandbox, token: str = ADMIN, **more: object) -> Session:
    made = session(**more)  # type: ignore[arg-type]
    made.choose("unleash")
    made.put("sourceBaseUrl", values(box, "unleash")["sourceBaseUrl"])
    made.put("sourceApiKey", UNLEASH_KEYS["sdk"].value)
    made.put(HELPER.key, token)
    return made


async def pickable(made: Session, key: str) -> list[str]:
    fetch = fetch_for(made, key)
    assert fetch is not None
    return [pick.value for pick in (await fetch("", 0)).items]


@pytest.mark.parametrize(("token", "whose"), [(ADMIN, "practice-admin-token"), (PERSONAL, "Ana Ruiz")])
async def test_it_tells_what_it_lists_by_two_requests_and_fills_the_pickers(
    box: Sandbox, token: str, whose: str
) -> None:
    made = begun(box, token)
    before = len(box.requests)
    await checked(made, HELPER.key)
    assert len(box.requests) == before + 2
    said = remarks.line(made.draft, HELPER.key)
    assert said.level is Level.OK
    assert f"Lists projects default and mobile-app, as {whose}. Used only for lists, never stored." in said.text
    assert await pickable(made, "sourceProjectId") == ["default", "mobile-app"]
    assert await pickable(made, "sourceEnvironmentId") == ["development", "production"]
    assert "simple:payments" in await pickable(made, "sourceTag")


async def test_its_report_is_not_held_against_the_answers(box: Sandbox) -> None:
    made = begun(box)
    await checked(made, HELPER.key)
    made.put("sourceProjectId", "mobile-app")  # it lists that one, the SDK key does not read it
    made.put("sourceProjectId", "somewhere-else")
    assert made.draft.checks[HELPER.key].findings == ()


async def test_one_that_unleash_refuses_is_a_problem_until_it_is_taken_out(box: Sandbox) -> None:
    made = begun(box, f"*:*.{'0' * 56}")
    await checked(made, HELPER.key)
    said = remarks.line(made.draft, HELPER.key)
    assert said.level is Level.PROBLEM
    assert "rejected the admin token (401)" in said.text
    assert await pickable(made, "sourceProjectId")  # what the SDK key itself tells: the bad token is left out
    made.put(HELPER.key, "")
    assert remarks.line(made.draft, HELPER.key).level is Level.NOTE


def test_it_is_asked_for_by_unleash_alone(box: Sandbox) -> None:
    made = begun(box)
    assert [v.hidden for v in drafts.fields(made.draft, "keys") if v.key == HELPER.key] == [True]
    made.choose("split")
    assert HELPER.key not in {v.key for v in drafts.all_fields(made.draft)}


async def test_it_goes_to_unleash_and_to_nobody_else(box: Sandbox, tmp_path: Path) -> None:
    context = Recording(redactor=Redactor(), sleep=Naps())
    made = session(context, draft_path=tmp_path / "draft.json")
    given = {**values(box, "unleash"), HELPER.key: ADMIN, "sourceTag": "simple:payments", "config-name": "Mine"}
    await walked(made, "unleash", given, checks=True)
    for key in ("sourceProjectId", "sourceEnvironmentId", "sourceTag", "ldTag", "ldMaintainer", "project"):
        await pickable(made, key)
    await planned(made)
    await sent(attempt(made))
    with_it = {url.partition("?")[0] for url, text in context.sent if ADMIN in text}
    there = values(box, "unleash")["sourceBaseUrl"]
    paths = ("projects", "user", "environments", "tags")
    assert with_it == {f"{there}/api/admin/{path}" for path in paths}
    assert any(ADMIN not in text for _, text in context.sent)
    asked = request.build(made.draft)
    assert ADMIN not in asked.body(made.bag).decode()
    assert HELPER.key not in asked.shown() + asked.curl() + asked.body(made.bag).decode()
    assert HELPER.key not in recipe.write(made.draft).text


async def test_a_redirect_takes_it_nowhere() -> None:
    async with serving(lambda asked: Reply(200, {"projects": []})) as other:

        def elsewhere(asked: Asked) -> Reply:
            return Reply(302, b"", headers={"Location": f"{other.url}{asked.target}"})

        async with serving(elsewhere) as unleash:
            made = session()
            made.choose("unleash")
            made.put("sourceBaseUrl", unleash.url)
            made.put(HELPER.key, ADMIN)
            await checked(made, HELPER.key)
            assert unleash.asked
            assert other.asked == []
            assert remarks.line(made.draft, HELPER.key).level is Level.PROBLEM


async def test_it_is_written_down_nowhere(box: Sandbox, tmp_path: Path) -> None:
    child = [sys.executable, "-I", FAKE, "store", str(tmp_path)]
    keyring = Keyring(child=child, index=tmp_path / "keys.json", now=lambda: 1.0, limits=ROOMY)
    made = begun(box, keyring=keyring, draft_path=tmp_path / "draft.json")
    made.put("project", "web-shop")
    made.put("token", TOKENS["writer"].value)
    await keys.store(made, "token")
    made.draft = changes.keep(made.draft, HELPER.key, drafts.KEYRING)  # no front offers that
    assert await keys.store(made, HELPER.key) == ""
    assert drafts.answer(made.draft, HELPER.key).reference == ""
    made.put("config-name", ADMIN)  # pasted into the wrong field, it does not stay there
    assert made.save() == ""
    files = await asyncio.to_thread(lambda: {p.name: p.read_text() for p in tmp_path.rglob("*") if p.is_file()})
    assert files.keys() >= {"draft.json", "keys.json", "store.json"}
    assert not any(ADMIN in text for text in files.values())
    assert HELPER.key not in "".join(files.values())
    assert ADMIN not in everything_said(made.draft) + repr(made.bag)
    assert HELPER.label not in {line.label for line in review.lines(made.draft)}


def test_no_environment_variable_gives_it(box: Sandbox) -> None:
    made = session(environ={"LDFI_SOURCE_HELPER": ADMIN, "UNLEASH_SDK_KEY": UNLEASH_KEYS["sdk"].value})
    made.choose("unleash")
    assert "sourceApiKey" in made.bag
    assert HELPER.key not in made.bag
