"""The check of Unleash's address: what it says on the line, once, and that practice asks nobody."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.unit.walk_tools import checked, session
from tui.answers import changes, checks, remarks
from tui.answers.checks import Reached
from tui.answers.finding import Level
from tui.context import Context
from tui.net.reach import PUBLIC, Outlook
from tui.wizard import review
from tui.wizard.session import Session

KEY = "sourceBaseUrl"
NAMED = "https://unleash.example.com"
PRACTICE = "http://127.0.0.1:4000"


@dataclass
class Network:
    """The event loop's own look-up, answered here; no connection comes about."""

    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)

    async def getaddrinfo(self, host: str, port: int, **more: Any) -> list[Any]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in self.answers[host]]

    async def create_connection(self, protocol: Any, host: str, port: int, **more: Any) -> Any:
        self.connected.append(host)
        raise OSError("no network in this test")


@pytest.fixture
async def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", made.getaddrinfo)
    monkeypatch.setattr(loop, "create_connection", made.create_connection)
    return made


async def asked(url: str, *, host: str = "us", context: Context | None = None) -> Session:
    """A session in which the address has been checked."""
    made = session(context)
    made.choose("unleash")
    made.put("host", host)
    made.put(KEY, url)
    assert made.due(KEY)
    assert await checked(made, KEY) == []
    return made


def said(made: Session) -> list[tuple[Level, str]]:
    return [(f.level, f.text) for f in remarks.findings(made.draft, KEY)]


async def test_a_name_with_private_addresses(network: Network) -> None:
    network.answers["unleash.example.com"] = ("10.2.0.7",)
    made = await asked(NAMED)
    text = "Resolves to 10.2.0.7, a private address. LaunchDarkly runs the import and may not be able to reach it."
    assert said(made) == [(Level.UNKNOWN, text)]
    assert remarks.line(made.draft, KEY).text == text
    assert network.connected == []
    assert [each.text for each in review.reminders(made.draft)].count(text) == 1
    facts = checks.facts(made.draft, KEY)
    assert isinstance(facts, Reached)
    assert (facts.level, facts.sentence, facts.sighting.outlook) == (Level.UNKNOWN, text, Outlook.PRIVATE)


async def test_public_name_is_good_and_no_proof(network: Network) -> None:
    network.answers["unleash.example.com"] = ("10.2.0.7", "8.8.8.8")
    made = await asked(NAMED)
    line = remarks.line(made.draft, KEY)
    assert (line.level, line.text) == (Level.OK, PUBLIC)
    assert said(made) == []
    assert network.connected == ["8.8.8.8"]  # for its certificate; without an answer nothing changes


@pytest.mark.parametrize("proxy", ["", "http://proxy.example:3128"])
async def test_name_that_dns_does_not_know_is_not_known(
    network: Network, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    ((level, text),) = said(await asked(NAMED))
    assert level is Level.UNKNOWN
    assert ("only through a proxy" in text) is bool(proxy)
    assert network.connected == []


@pytest.mark.parametrize("url", ["", "unleash", "http://unleash.example.com", "https://a:b@c.example"])
def test_invalid_address_is_not_asked_about(url: str) -> None:
    made = session()
    made.choose("unleash")
    made.put(KEY, url)
    assert not made.due(KEY)


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("http://localhost:4242", Level.WARNING),
        ("http://127.0.0.1:4242", Level.WARNING),
        ("https://10.2.0.7", Level.UNKNOWN),
        ("https://[fd00::1]:8443/x", Level.UNKNOWN),
        ("https://unleash", Level.UNKNOWN),
        ("https://unleash.acme.internal", Level.UNKNOWN),
    ],
)
async def test_what_the_text_tells_is_said_once_before_and_after(network: Network, url: str, level: Level) -> None:
    made = await asked(url)
    after = said(made)
    made.ask_again(KEY)
    assert after == said(made)
    ((found, _),) = after
    assert found is level
    assert network.asked == network.connected == []


async def test_practice_asks_nobody(network: Network) -> None:
    practice = Context(loopback_only=True)
    made = await asked("http://127.0.0.1:4242", host=PRACTICE, context=practice)
    assert said(made) == []
    assert remarks.line(made.draft, KEY).level is Level.OK
    made = await asked(NAMED, host=PRACTICE, context=practice)
    ((level, text),) = said(made)
    assert level is Level.UNKNOWN
    assert text.startswith("Practice connects only to this machine.")
    assert network.asked == network.connected == []


async def test_another_address_or_another_launchdarkly_is_another_question(network: Network) -> None:
    made = await asked("http://127.0.0.1:4242")
    made.put("project", "web-shop")
    assert KEY in made.draft.checks
    made.put("host", PRACTICE)
    assert KEY not in made.draft.checks
    assert made.due(KEY)
    await checked(made, KEY)
    assert said(made) == []
    made.put(KEY, NAMED)
    assert KEY not in made.draft.checks


async def test_an_address_that_its_manifest_calls_secret_is_not_looked_up(network: Network) -> None:
    made = session()
    form = made.forms["unleash"]
    secret = tuple(replace(v, secret=True) if v.key == KEY else v for v in form.variables)
    made.draft = changes.choose(made.draft, replace(form, variables=secret))
    made.put(KEY, "https://hidden.example.com")
    await checked(made, KEY)
    facts = checks.facts(made.draft, KEY)
    assert isinstance(facts, Reached)
    assert facts.level is Level.UNKNOWN
    assert "hidden.example" not in repr(made.draft)
    assert network.asked == []
