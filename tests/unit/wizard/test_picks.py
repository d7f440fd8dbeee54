"""Lists to pick from: projects, members and workspaces, page by page over real HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.sandbox_tools import FI, create, launchdarkly, path_of
from tests.unit.sources_server import Asked, Reply, serving
from tests.unit.split_made import BASE, KEY, MadeSplit, flag
from tests.unit.walk_tools import at_review, attempt, checked, sent, session, values
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.net.errors import Failure, Remedy
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, TOKENS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox
from tui.wizard import picks
from tui.wizard.picks import MOST_OTHERS, PAGE, PICKABLE, Pick, Picks, fetch_for, read_again
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


def test_every_list_is_of_a_role_that_a_field_has(box: Sandbox) -> None:
    roles = {v.role for name in ("split", "unleash") for v in drafts.all_fields(begun(box, name).draft)}
    assert roles >= PICKABLE
    assert picks.PAGE <= 100


WORKSPACE = WORKSPACES["default"][0]
OLD = "1f03bc00-01f0-11ec-a057-42851e80ca2c"


def begun_source(box: Sandbox, integration: str = "split", **changed: str) -> Session:
    made = session()
    made.choose(integration)
    for key, value in {**values(box, integration), **changed}.items():
        made.put(key, value)
    return made


def asked(box: Sandbox, part: str) -> int:
    return sum(part in path for _, path, _ in box.requests)


def made_split(api: str) -> Session:
    made = session()
    made.choose("split")
    for key, value in {"source-api": api, "workspaceApiKey": KEY, "workspaceId": "ws-1"}.items():
        made.put(key, value)
    return made


# --- the source's own


async def test_environments_are_listed_by_name_and_read_once(box: Sandbox) -> None:
    made = begun_source(box)
    for _ in range(3):
        found = await page(made, "environmentId")
        told = [(pick.label, pick.detail) for pick in found.items]
        assert told == [("development", ""), ("production", "production")]
    assert [pick.value for pick in (await page(made, "environmentId", "PROD")).items] == [ENVIRONMENTS["production"]]
    assert asked(box, "/environments/") == 1


async def test_a_list_is_read_anew_when_asked_for_and_when_what_it_depends_on_changes(box: Sandbox) -> None:
    made = begun_source(box)
    await checked(made, "environmentId")
    changes: tuple[Callable[[], None], ...] = (
        lambda: read_again(made, "environmentId"),
        lambda: made.put("workspaceId", WORKSPACES["mobile-app"][0]),
        lambda: made.put("workspaceApiKey", SPLIT_KEYS["viewer"].value),
    )
    for number, change in enumerate(changes, 2):
        change()
        for _ in range(2):
            assert len((await page(made, "environmentId")).items) == 2
        assert asked(box, "/environments/") == number


async def test_tags_are_those_of_the_flags_with_how_many_have_them() -> None:
    flags = [flag(n, "payments", *(["new"] if n < 3 else [])) for n in range(70)]
    async with serving(MadeSplit(flags=flags)) as server:
        made = made_split(server.url + BASE)
        found = await page(made, "splitTag")
        assert found.items == (Pick("new", "new", "3 flags"), Pick("payments", "payments", "70 flags"))
        assert len(server.asked) == 2  # 70 flags, 50 a page
        assert [pick.value for pick in (await page(made, "splitTag", "pay")).items] == ["payments"]
        assert len(server.asked) == 2


async def test_a_long_list_comes_in_pages_that_cost_no_request() -> None:
    flags = [flag(n, f"tag-{n:03}") for n in range(50)]
    async with serving(MadeSplit(flags=flags)) as server:
        made = made_split(server.url + BASE)
        pages = [await page(made, "splitTag", offset=offset) for offset in range(0, 60, PAGE)]
        assert [len(each.items) for each in pages] == [20, 20, 10]
        assert {each.total for each in pages} == {50}
        assert len(server.asked) == 2  # the second shows that the only full page is the last


async def test_a_failure_is_told_and_not_kept() -> None:
    down = [True]

    def before(asked: Asked, offset: int) -> Reply | None:
        return Reply(403, {"code": 403, "message": "no"}) if down[0] else None

    async with serving(MadeSplit(before=before)) as server:
        made = made_split(server.url + BASE)
        with pytest.raises(Failure, match=r"\(403\)"):
            await page(made, "splitTag")
        down[0] = False
        assert (await page(made, "splitTag")).note == ""


async def test_workspaces_that_a_key_may_not_list(box: Sandbox) -> None:
    made = begun_source(box, workspaceApiKey=SPLIT_KEYS["viewer"].value)
    with pytest.raises(Failure) as raised:
        await page(made, "workspaceId")
    assert raised.value.remedy is Remedy.TYPE_ID


@pytest.mark.parametrize("missing", ["workspaceApiKey", "sourceApiKey"])
async def test_without_a_key_there_is_a_sentence(box: Sandbox, missing: str) -> None:
    made = begun_source(box, {"workspaceApiKey": "split", "sourceApiKey": "unleash"}[missing], **{missing: ""})
    with pytest.raises(Failure, match="Enter the key first"):
        await page(made, {"workspaceApiKey": "environmentId", "sourceApiKey": "sourceProjectId"}[missing])


async def test_an_sdk_key_lists_what_it_reads_and_no_tags(box: Sandbox) -> None:
    made = begun_source(box, "unleash", sourceApiKey=UNLEASH_KEYS["two-projects"].value)
    await checked(made, "sourceApiKey")
    count = len(box.requests)
    assert [pick.value for pick in (await page(made, "sourceProjectId")).items] == ["default", "mobile-app"]
    assert [pick.value for pick in (await page(made, "sourceEnvironmentId")).items] == ["production"]
    with pytest.raises(Failure, match="Can't list Unleash tags") as raised:
        await page(made, "sourceTag")
    assert raised.value.remedy is Remedy.TYPE_TAG
    assert len(box.requests) == count


async def test_flag_tags_are_found_by_how_they_begin(box: Sandbox) -> None:
    found = await page(begun_source(box), "ldTag", "sec")
    assert [pick.value for pick in found.items] == ["security"]
    assert found.total == 1
    assert (await page(begun_source(box), "ldTag", "sec", PAGE)).items == ()


# --- the account's other configurations


async def with_account(box: Sandbox, integration: str = "split", **changed: str) -> Session:
    made = begun_source(box, integration, **changed)
    await checked(made, "token")
    return made


async def test_ids_of_other_configurations_are_offered_and_named(box: Sandbox) -> None:
    with launchdarkly(box) as client:
        create(client, box, "split", "blog", workspaceId=OLD)
        create(client, box, "split", "web-shop", workspaceId=WORKSPACE)
        create(client, box, "unleash", "web-shop")
    made = await with_account(box)
    await checked(made, "workspaceApiKey")
    found = {pick.value: pick for pick in (await page(made, "workspaceId")).items}
    assert found[OLD] == Pick(OLD, OLD, 'used by "Practice"')
    assert found[WORKSPACE] == Pick(WORKSPACE, "Acme", 'used by "Practice"')
    assert len(found) == 3
    environments = {pick.value: pick.detail for pick in (await page(made, "environmentId")).items}
    assert environments[ENVIRONMENTS["production"]] == 'production, used by "Practice", "Practice"'
    assert [pick.value for pick in (await page(made, "workspaceId", OLD[:6])).items] == [OLD]


async def test_they_are_read_when_a_list_opens_and_once(box: Sandbox) -> None:
    with launchdarkly(box) as client:
        for _ in range(MOST_OTHERS + 2):
            create(client, box, "split", "blog", workspaceId=OLD)
    made = await with_account(box)
    await checked(made, "workspaceApiKey")
    before = asked(box, f"{FI}/blog/split/")
    for key in ("workspaceId", "environmentId", "splitTag", "workspaceId"):
        await page(made, key)
    assert asked(box, f"{FI}/blog/split/") == before + MOST_OTHERS
    assert {pick.detail for pick in (await page(made, "splitTag")).items if "used" in pick.detail} == set()


async def test_that_one_cannot_be_read_is_no_matter(box: Sandbox) -> None:
    with launchdarkly(box) as client:
        gone = path_of(create(client, box, "split", "blog", workspaceId=OLD))
        create(client, box, "split", "blog", workspaceId=WORKSPACE)
        made = await with_account(box)
        await checked(made, "workspaceApiKey")
        assert client.delete(gone).status_code == 204
    found = {pick.label: pick.detail for pick in (await page(made, "workspaceId")).items}
    assert found == {"Acme": 'used by "Practice"', "Acme Mobile": ""}
    assert (f"{gone}", 404) in {(path, status) for _, path, status in box.requests}


async def test_they_stand_in_for_a_list_that_cannot_be_read(box: Sandbox) -> None:
    with launchdarkly(box) as client:
        create(client, box, "split", "blog", workspaceId=OLD)
    made = await with_account(box, workspaceApiKey=SPLIT_KEYS["viewer"].value)
    found = await page(made, "workspaceId")
    assert [pick.value for pick in found.items] == [OLD]
    assert found.note.startswith("Can't read the source's own list. ")
    assert "(403)" in found.note


async def test_hostile_names_of_the_source_are_clean(box: Sandbox) -> None:
    with launchdarkly(box) as client:
        create(client, box, "unleash", "web-shop", sourceProjectId="a\x1b[2Jb")
    made = await with_account(box, "unleash")
    box.set_fault("hostile-text")
    await checked(made, "sourceApiKey")
    for key in ("sourceProjectId", "sourceEnvironmentId"):
        for pick in (await page(made, key)).items:
            assert f"{pick.value}{pick.label}{pick.detail}".isprintable()
