"""The look-up of a configuration's name, and checks whose inputs change while they are under way."""

from __future__ import annotations

import pytest

from tests.unit.answers.test_checks_launchdarkly import of
from tests.unit.walk_tools import at_review, attempt, sent, strangers
from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.finding import Level
from tui.net.events import Connected
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox


async def test_a_free_name(box: Sandbox) -> None:
    made = await at_review(box)
    check = await of(made, "config-name")
    assert (check.level, check.text, check.findings) == (Level.OK, "free in web-shop", ())


async def test_a_name_of_the_same_settings(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    made = await at_review(box)
    check = await of(made, "config-name")
    assert check.level is Level.WARNING
    assert "Use that one, or change the name." in check.text
    assert not remarks.problems(made.draft, "review")


async def test_a_name_of_other_settings(box: Sandbox) -> None:
    await sent(attempt(await at_review(box, ldTag="another")))
    made = await at_review(box)
    check = await of(made, "config-name")
    assert check.level is Level.PROBLEM
    assert "ldTag: there another, here imported-from-unleash" in check.text
    assert [f.field for f in remarks.problems(made.draft, "review")] == ["config-name"]
    made.put("ldTag", "another")
    assert (await of(made, "config-name")).level is Level.WARNING


async def test_a_sibling_is_a_warning_at_the_project(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    made = await at_review(box, config_name="Another")
    check = await of(made, "config-name")
    assert check.level is Level.OK
    assert [f.field for f in check.findings] == ["project"]
    assert remarks.line(made.draft, "project").level is Level.WARNING
    assert not remarks.problems(made.draft, "review")


async def test_a_name_is_asked_about_only_when_all_else_is_answered(box: Sandbox) -> None:
    made = await at_review(box)
    made.put("sourceProjectId", "")
    assert not made.due("config-name")
    made.put("sourceProjectId", "default")
    assert made.due("config-name")


# --- what changes meanwhile


@pytest.mark.parametrize(
    ("key", "changed", "texts"),
    [
        ("token", "host", ("eu",)),
        ("token", "token", (TOKENS["reader"].value,)),
        ("project", "project", ("default",)),
        ("project", "project", ("default", "web-shop")),  # the server may have been asked about the first
        ("project", "token", (TOKENS["reader"].value,)),
        ("ldApiKey", "token", (TOKENS["reader"].value,)),
        ("ldApiKey", "ldApiKey", ("",)),
        ("config-name", "ldTag", ("another",)),
        ("config-name", "config-name", ("Another",)),
    ],
)
async def test_a_check_is_dropped_when_what_it_asked_about_changes(
    box: Sandbox, key: str, changed: str, texts: tuple[str, ...]
) -> None:
    made = await at_review(box)
    before = drafts.answer(made.draft, changed)
    async for event in made.check(key):
        if isinstance(event, Connected):
            for text in texts:
                made.put(changed, text)
    assert drafts.answer(made.draft, changed) != before
    assert key not in made.draft.checks


async def test_another_field_may_change_meanwhile(box: Sandbox) -> None:
    made = await at_review(box)
    async for event in made.check("project"):
        if isinstance(event, Connected):
            made.put("ldTag", "another")
    assert made.draft.checks["project"].level is Level.OK


async def test_another_integration_meanwhile_drops_a_check(box: Sandbox) -> None:
    made = await at_review(box)
    async for event in made.check("sourceApiKey"):
        if isinstance(event, Connected):
            made.choose("split")
    assert not made.draft.checks
    assert drafts.asks(made.draft, "workspaceId")


@pytest.mark.parametrize("key", ["token", "project", "ldApiKey", "sourceApiKey", "config-name"])
async def test_a_check_given_up_leaves_no_task(box: Sandbox, key: str) -> None:
    made = await at_review(box)
    events = made.check(key)
    await anext(events)
    await events.aclose()
    assert not strangers()
    assert key not in made.draft.checks
    assert made.due(key)
