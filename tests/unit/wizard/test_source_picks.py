"""Lists that the source gives: read once, filtered here, beside the ids of the account's other configurations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.sandbox_tools import FI, create, launchdarkly, path_of
from tests.unit.sources_server import Asked, Reply, serving
from tests.unit.split_made import BASE, KEY, MadeSplit, flag
from tests.unit.walk_tools import checked, session, values
from tests.unit.wizard.test_picks import page
from tui.answers import draft as drafts
from tui.net.errors import Failure, Remedy
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox
from tui.wizard.picks import MOST_OTHERS, PAGE, Pick, read_again
from tui.wizard.session import Session

WORKSPACE = WORKSPACES["default"][0]
OLD = "1f03bc00-01f0-11ec-a057-42851e80ca2c"


def begun(box: Sandbox, integration: str = "split", **changed: str) -> Session:
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
    made = begun(box)
    for _ in range(3):
        found = await page(made, "environmentId")
        told = [(pick.label, pick.detail) for pick in found.items]
        assert told == [("development", ""), ("production", "production")]
    assert [pick.value for pick in (await page(made, "environmentId", "PROD")).items] == [ENVIRONMENTS["production"]]
    assert asked(box, "/environments/") == 1


async def test_what_a_check_has_listed_costs_nothing(box: Sandbox) -> None:
    made = begun(box)
    await checked(made, "environmentId")
    assert len((await page(made, "environmentId")).items) == 2
    assert asked(box, "/environments/") == 1


async def test_a_list_is_read_anew_when_asked_for_and_when_what_it_depends_on_changes(box: Sandbox) -> None:
    made = begun(box)
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


async def test_picking_keeps_the_list(box: Sandbox) -> None:
    made = begun(box)
    await page(made, "splitTag")
    before = len(box.requests)
    made.pick("splitTag", "payments", "payments")
    assert (drafts.value(made.draft, "splitTag"), drafts.answer(made.draft, "splitTag").source) == ("payments", "")
    await page(made, "splitTag")
    assert len(box.requests) == before


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
    made = begun(box, workspaceApiKey=SPLIT_KEYS["viewer"].value)
    with pytest.raises(Failure) as raised:
        await page(made, "workspaceId")
    assert raised.value.remedy is Remedy.TYPE_ID


@pytest.mark.parametrize("missing", ["workspaceApiKey", "sourceApiKey"])
async def test_without_a_key_there_is_a_sentence(box: Sandbox, missing: str) -> None:
    made = begun(box, {"workspaceApiKey": "split", "sourceApiKey": "unleash"}[missing], **{missing: ""})
    with pytest.raises(Failure, match="no key yet"):
        await page(made, {"workspaceApiKey": "environmentId", "sourceApiKey": "sourceProjectId"}[missing])


async def test_an_sdk_key_lists_what_it_reads_and_no_tags(box: Sandbox) -> None:
    made = begun(box, "unleash", sourceApiKey=UNLEASH_KEYS["two-projects"].value)
    await checked(made, "sourceApiKey")
    count = len(box.requests)
    assert [pick.value for pick in (await page(made, "sourceProjectId")).items] == ["default", "mobile-app"]
    assert [pick.value for pick in (await page(made, "sourceEnvironmentId")).items] == ["production"]
    with pytest.raises(Failure, match="An SDK key cannot list the tags") as raised:
        await page(made, "sourceTag")
    assert raised.value.remedy is Remedy.TYPE_TAG
    assert len(box.requests) == count


async def test_flag_tags_are_found_by_how_they_begin(box: Sandbox) -> None:
    found = await page(begun(box), "ldTag", "sec")
    assert [pick.value for pick in found.items] == ["security"]
    assert found.total == 1
    assert (await page(begun(box), "ldTag", "sec", PAGE)).items == ()


# --- the account's other configurations


async def with_account(box: Sandbox, integration: str = "split", **changed: str) -> Session:
    made = begun(box, integration, **changed)
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
    assert found.note.startswith("The source's own list could not be read: ")
    assert "(403)" in found.note


async def test_hostile_names_are_clean(box: Sandbox) -> None:
    with launchdarkly(box) as client:
        create(client, box, "unleash", "web-shop", sourceProjectId="a\x1b[2Jb")
    made = await with_account(box, "unleash")
    box.set_fault("hostile-text")
    await checked(made, "sourceApiKey")
    for key in ("sourceProjectId", "sourceEnvironmentId"):
        for pick in (await page(made, key)).items:
            assert f"{pick.value}{pick.label}{pick.detail}".isprintable()
