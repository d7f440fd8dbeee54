"""Lists to pick from: projects, members and workspaces, page by page over real HTTP."""

from __future__ import annotations

import pytest

from tests.unit.walk_tools import at_review, attempt, checked, sent, session, values
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.net.errors import Failure
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.wizard import picks
from tui.wizard.picks import PAGE, PICKABLE, Picks, fetch_for
from tui.wizard.session import Session


def begun(box: Sandbox, integration: str = "unleash", who: str = "writer") -> Session:
    made = session()
    made.choose(integration)
    made.put("host", values(box, integration)["host"])
    made.put("token", TOKENS[who].value)
    return made


async def page(made: Session, key: str, query: str = "", offset: int = 0) -> Picks:
    fetch = fetch_for(made, key)
    assert fetch is not None
    return await fetch(query, offset)


async def test_projects_are_found_by_a_part_of_their_name(box: Sandbox) -> None:
    found = await page(begun(box), "project", "web sh")
    assert [(pick.value, pick.label) for pick in found.items][:1] == [("web-shop", "Web Shop")]
    assert found.total == len(found.items)


async def test_projects_say_what_imports_into_them_already(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    made = begun(box)
    await checked(made, "token")
    found = await page(made, "project", "web-shop")
    details = {pick.value: pick.detail for pick in found.items}
    assert details["web-shop"] == "1 Unleash import"
    assert set(details.values()) == {"1 Unleash import", ""}
    split = begun(box, "split")
    await checked(split, "token")
    assert {pick.detail for pick in (await page(split, "project", "web-shop")).items} == {""}


async def test_members_come_in_pages_with_you_first(box: Sandbox) -> None:
    made = begun(box, who="no-configurations")
    await checked(made, "token")
    first = await page(made, "ldMaintainer")
    assert len(first.items) == PAGE
    assert (first.items[0].label, first.items[0].detail) == ("Chloe Martin, chloe@example.com", "you")
    assert first.items[1].label == "Ana Ruiz, ana@example.com"
    second = await page(made, "ldMaintainer", offset=PAGE)
    assert first.total is not None
    assert len(second.items) == first.total - PAGE
    assert not {pick.value for pick in first.items} & {pick.value for pick in second.items}
    assert not remarks.findings(changes.put(made.draft, "ldMaintainer", first.items[0].value), "ldMaintainer")


async def test_workspaces_are_those_the_key_has_shown(box: Sandbox) -> None:
    made = begun(box, "split")
    made.put("source-api", values(box, "split")["source-api"])
    made.put("workspaceApiKey", values(box, "split")["workspaceApiKey"])
    await checked(made, "workspaceApiKey")
    count = len(box.requests)
    assert {pick.label for pick in (await page(made, "workspaceId")).items} == {"Acme", "Acme Mobile"}
    (found,) = (await page(made, "workspaceId", "MOBILE")).items
    assert found.label == "Acme Mobile"
    assert (await page(made, "workspaceId", "", PAGE)).items == ()
    assert len(box.requests) == count  # nobody was asked


def test_without_a_token_there_is_nothing_to_list(box: Sandbox) -> None:
    made = session()
    made.choose("split")
    assert fetch_for(made, "project") is None
    assert fetch_for(made, "ldMaintainer") is None
    assert fetch_for(made, "ldTag") is None
    assert fetch_for(made, "config-name") is None
    assert fetch_for(made, "workspaceId") is not None


@pytest.mark.parametrize("host", ["nonsense at all", ""])
async def test_an_address_that_is_none_is_a_failure(box: Sandbox, host: str) -> None:
    made = begun(box)
    made.put("host", host)
    with pytest.raises(Failure):
        await page(made, "project")
    assert box.requests == []


async def test_hostile_names_are_clean(box: Sandbox) -> None:
    box.set_fault("hostile-text")
    made = begun(box)
    for key in ("project", "ldMaintainer"):
        for pick in (await page(made, key)).items:
            assert f"{pick.label}{pick.detail}".isprintable()


def test_every_list_is_of_a_role_that_a_field_has(box: Sandbox) -> None:
    roles = {v.role for name in ("split", "unleash") for v in drafts.all_fields(begun(box, name).draft)}
    assert roles >= PICKABLE
    assert picks.PAGE <= 100
