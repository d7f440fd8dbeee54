"""What Split lists for pickers, and what is said where a key may not list it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from tests.unit.sources_server import Asked, Handler, Reply, serving
from tests.unit.split_made import ANSWERS, BASE, FLAGS, KEY, MadeSplit, flag, no_wait
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Choice, Connection
from tui.sources.split import check as split_check

ENVIRONMENTS = [
    {"id": "env-2", "name": "Staging", "production": False},
    {"id": "env-1", "name": "production", "production": True},
    {"id": None, "name": "odd"},
    7,
]


def lists(path: str, reply: Reply) -> Callable[[Asked, int], Reply | None]:
    return lambda asked, offset: reply if asked.path == f"{BASE}{path}" else None


async def found(handler: Handler, field: str, **answers: str) -> tuple[Choice, ...]:
    async with serving(handler) as server, Http(sleep=no_wait) as http:
        given = {**ANSWERS, **answers}
        return await split_check.discover(Connection(http, server.url + BASE, SecretStr(KEY)), field, given)


async def refused(handler: Handler, field: str, **answers: str) -> Failure:
    with pytest.raises(Failure) as caught:
        await found(handler, field, **answers)
    assert KEY not in str(caught.value)
    return caught.value


async def counted(handler: Handler, **answers: str) -> int | None:
    async with serving(handler) as server, Http(sleep=no_wait) as http:
        return await split_check.count_flags(
            Connection(http, server.url + BASE, SecretStr(KEY)), {**ANSWERS, **answers}
        )


@pytest.mark.parametrize("by", ["authorization", "x-api-key"])
async def test_workspaces_by_name_with_their_ids(by: str) -> None:
    page = {"objects": [{"id": "ws-2", "name": "mobile"}, {"id": "ws-1", "name": "Default"}], "totalCount": 2}
    made = MadeSplit(by=by, before=lists("/workspaces", Reply(200, page)))
    assert await found(made, "workspaceId") == (Choice("ws-1", "Default"), Choice("ws-2", "mobile"))


# The field, the path that fails, the status, and the field at fault
DENIED = [
    ("workspaceId", "/workspaces", 403, "workspaceId"),
    ("environmentId", "/environments/ws/ws-1", 403, "environmentId"),
    ("environmentId", "/environments/ws/ws-1", 404, "workspaceId"),
    ("splitTag", "/splits/ws/ws-1", 404, "workspaceId"),
]


@pytest.mark.parametrize(("field", "path", "status", "at_fault"), DENIED)
async def test_a_list_that_is_denied(field: str, path: str, status: int, at_fault: str) -> None:
    failure = await refused(MadeSplit(before=lists(path, Reply(status, b""))), field)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, status, at_fault)
    if field == "workspaceId":
        assert failure.remedy is Remedy.TYPE_ID


async def test_environments_come_as_a_bare_array() -> None:
    made = MadeSplit(before=lists("/environments/ws/ws-1", Reply(200, ENVIRONMENTS)))
    environments = (Choice("env-1", "production", "production"), Choice("env-2", "Staging"))
    assert await found(made, "environmentId") == environments


async def test_tags_are_those_of_the_flags_with_their_counts() -> None:
    made = MadeSplit([flag(number, "Payments", *(["growth"] if number % 5 == 0 else [])) for number in range(120)])
    made.flags += [flag(500), flag(501, "one"), flag(502, tags="odd"), flag(503, tags=[None, {"name": 3}])]
    assert await found(made, "splitTag") == (
        Choice("growth", "growth", "24 flags"),
        Choice("one", "one", "1 flag"),
        Choice("Payments", "Payments", "120 flags"),
    )
    assert {asked.path for asked in made.asked} == {FLAGS}
    assert len(made.asked) == 3
    assert not any("tag=" in asked.target for asked in made.asked)


async def test_tags_of_a_flag_that_went_away_meanwhile_do_not_count() -> None:
    made = MadeSplit([flag(number, "all", *(["first"] if number == 0 else [])) for number in range(120)])

    def before(asked: Asked, offset: int) -> Reply | None:
        if offset == 50 and len(made.flags) == 120:
            del made.flags[0]
        return None

    made.before = before
    assert await found(made, "splitTag") == (Choice("all", "all", "119 flags"),)


@pytest.mark.parametrize("field", ["workspaceId", "environmentId", "splitTag"])
async def test_an_unknown_key_or_another_program_fails_every_list(field: str) -> None:
    failure = await refused(MadeSplit(by="nothing"), field)
    assert (failure.status_code, failure.field) == (401, "workspaceApiKey")
    for reply in (Reply(200, "<html>", "text/html"), Reply(403, "<html>", "text/html"), Reply(200, {})):
        assert (await refused(MadeSplit(before=lambda *_, reply=reply: reply), field)).kind is Kind.NOT_JSON


async def test_hostile_names_are_cleaned() -> None:
    hostile = f"\x1b[2J{KEY}\u202e"
    made = MadeSplit([flag(1, hostile)])
    made.before = lists("/environments/ws/ws-1", Reply(200, [{"id": hostile, "name": hostile}]))
    for field in ("splitTag", "environmentId"):
        (choice,) = await found(made, field)
        assert (choice.value + choice.label).isprintable()
        assert KEY not in repr(choice)


async def test_flags_are_counted_by_one_request() -> None:
    made = MadeSplit([flag(number, "a b" if number % 3 else "c") for number in range(130)])
    assert await counted(made) == 130
    assert await counted(made, splitTag="a b") == 86
    assert await counted(made, splitTag="nobody has it") == 0
    assert len(made.asked) == 3
    assert "limit=1&tag=a%20b&offset=0" in made.asked[1].target


async def test_an_untold_count_is_none_and_a_refusal_a_failure() -> None:
    made = MadeSplit(before=lambda asked, offset: Reply(200, {"objects": [{"name": "a"}]}))
    assert await counted(made) is None
    with pytest.raises(Failure) as caught:
        await counted(MadeSplit(), workspaceId="other")
    assert (caught.value.status_code, caught.value.field) == (404, "workspaceId")
