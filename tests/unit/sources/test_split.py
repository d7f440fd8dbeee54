"""Split's key check against real loopback HTTP that answers as its documentation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.unit.sources_server import (
    Asked,
    Handler,
    Reply,
    Scripted,
    Server,
    json_values,
    replies,
    report_or_failure,
    serving,
    texts,
)
from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.net.messages import Response
from tui.sources.base import Choice, Connection, SourceReport
from tui.sources.lenient import Reader
from tui.sources.registry import SOURCES
from tui.sources.split import check as split_check
from tui.sources.split import client as split_client
from tui.text.redact import Redactor

BASE = "/internal/api/v2"
KEY = "bbka4th38dlfh1cmn3ron8s36a7s2r3jpp9q"
WORKSPACES = [{"name": "Default", "type": "workspace", "id": "ws-1"}, {"name": "Mobile Apps", "id": "ws-2"}]
FLAGS = 60
PAGE = Reply(200, "<html>Sign in</html>", "text/html")


def page(objects: list[object], total: object) -> Reply:
    return Reply(200, {"objects": objects, "offset": 0, "limit": 50, "totalCount": total})


def split_server(
    *,
    by: str = "authorization",
    workspaces: list[dict[str, str]] | None = None,
    may_list: bool = True,
    may_read: bool = True,
) -> Handler:
    """Split with workspaces ws-1 and ws-2, the former with 60 flags, the latter empty."""
    shown = WORKSPACES if workspaces is None else workspaces

    def handle(asked: Asked) -> Reply:
        if asked.headers.get(by) != (f"Bearer {KEY}" if by == "authorization" else KEY):
            return Reply(401, {"code": 401, "message": "Unauthorized"})
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
        if asked.path == f"{BASE}/workspaces":
            assert query == {"offset": "0", "limit": "1000"}
            return page(list(shown), len(shown)) if may_list else Reply(403, {"message": "role"})
        assert query == {"offset": "0", "limit": "1"}
        workspace = unquote(asked.path.removeprefix(f"{BASE}/splits/ws/"))
        if not may_read:
            return Reply(403, b"")
        known = {"ws-1": page([{"name": "checkout"}], FLAGS), "ws-2": page([], 0)}
        return known.get(workspace, Reply(404, {}))

    return handle


async def ask(server: Server, answers: Mapping[str, str] | None = None) -> SourceReport:
    async with Http() as http:
        source = SOURCES["split"]
        return await source.check_key(Connection(http, server.url + BASE, SecretStr(KEY)), answers or {})


async def check(handler: Handler, workspace: str = "") -> SourceReport:
    async with serving(handler) as server:
        return await ask(server, {"workspaceId": workspace})


async def refusal(handler: Handler, workspace: str = "") -> Failure:
    with pytest.raises(Failure) as caught:
        await check(handler, workspace)
    assert KEY not in repr(caught.value) + str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("server", "workspace", "text", "level", "project", "flags"),
    [
        ({}, "", "lists 2 workspaces: Default and Mobile Apps", "ok", None, None),
        ({}, "ws-1", "reads workspace Default, 60 flags, lists 2 workspaces", "ok", "ws-1", FLAGS),
        ({}, "ws-2", "reads workspace Mobile Apps, 0 flags, lists 2 workspaces", "warning", "ws-2", 0),
        ({"workspaces": WORKSPACES[:1]}, "", "reads workspace Default, 60 flags", "ok", "ws-1", FLAGS),
        # Restrictions may hide a workspace from the list.
        ({"workspaces": WORKSPACES[1:]}, "ws-1", "reads workspace ws-1, 60 flags", "ok", "ws-1", FLAGS),
        ({"workspaces": []}, "", "lists 0 workspaces", "warning", None, None),
        # A 403 on the list is no bad key: a viewer's key may not list.
        ({"may_list": False}, "", "may not list workspaces: the next step asks for the id", "note", None, None),
        (
            {"may_list": False}, "ws-1", "reads workspace ws-1, 60 flags, may not list workspaces", "ok", "ws-1", FLAGS,
        ),
    ],
)  # fmt: skip
async def test_report_says_what_the_key_reads(
    server: dict[str, Any], workspace: str, text: str, level: str, project: str | None, flags: int | None
) -> None:
    report = await check(split_server(**server), workspace)
    assert (report.text, report.level, report.project, report.flags) == (text, level, project, flags)
    assert report.projects == ((project,) if project else ())
    listed = tuple(Choice(one["id"], one["name"]) for one in server.get("workspaces", WORKSPACES))
    assert report.workspaces == (listed if server.get("may_list", True) else None)


async def test_as_few_requests_as_needed_each_with_bearer_alone() -> None:
    async with serving(split_server()) as server:
        await ask(server)
        await ask(server, {"workspaceId": "ws-1"})
    assert [asked.path for asked in server.asked] == [
        f"{BASE}/workspaces",
        f"{BASE}/workspaces",
        f"{BASE}/splits/ws/ws-1",
    ]
    assert all("x-api-key" not in asked.headers for asked in server.asked)


async def test_a_key_that_only_works_as_x_api_key_is_warned_of() -> None:
    async with serving(split_server(by="x-api-key")) as server:
        report = await ask(server, {"workspaceId": "ws-1"})
    assert (report.level, report.by_header, report.flags) == ("warning", "x-api-key", FLAGS)
    assert "LaunchDarkly" in report.on_key[0].text
    tried = [("authorization" in asked.headers, "x-api-key" in asked.headers) for asked in server.asked]
    assert tried == [(True, False), (False, True), (False, True)]


async def test_a_key_refused_by_both_headers() -> None:
    async with serving(split_server(by="nothing")) as server:
        with pytest.raises(Failure) as caught:
            await ask(server)
    failure = caught.value
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 401, "workspaceApiKey")
    assert (failure.exit_code, len(server.asked)) == (3, 2)
    assert 'refused the Admin API key (401): "Unauthorized".' in failure.what


@pytest.mark.parametrize(("status", "told"), [(400, 401), (404, 401), (503, 503)])
async def test_the_second_try_speaks_only_where_it_tells_more(status: int, told: int) -> None:
    failure = await refusal(lambda asked: Reply(401 if "authorization" in asked.headers else status, b""))
    assert (failure.kind, failure.status_code) == (Kind.SOURCE, told)


async def test_a_key_that_may_do_neither() -> None:
    failure = await refusal(split_server(may_list=False, may_read=False), "ws-1")
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 403, "workspaceApiKey")
    assert "neither" in failure.what


async def test_a_key_that_lists_but_may_not_read() -> None:
    report = await check(split_server(may_read=False), "ws-1")
    (remark,) = report.remarks
    assert (remark.level, remark.field) == ("problem", "workspaceApiKey")
    assert "(403)" in remark.text
    assert report.workspaces is not None


async def test_a_listed_workspace_that_is_denied_is_the_key_s_fault() -> None:
    """A 404 may mean no access."""
    report = await check(split_server(workspaces=[{"id": "ws-9", "name": "Ninth"}]), "ws-9")
    (remark,) = report.remarks
    assert (remark.level, remark.field) == ("problem", "workspaceApiKey")
    assert "(404)" in remark.text


@pytest.mark.parametrize(("may_list", "instead"), [(True, ("ws-1", "ws-2")), (False, ())])
async def test_a_workspace_that_does_not_exist(may_list: bool, instead: tuple[str, ...]) -> None:
    async with serving(split_server(may_list=may_list)) as server:
        report = await ask(server, {"workspaceId": "harness/project id"})
    assert server.asked[-1].path == f"{BASE}/splits/ws/harness%2Fproject%20id"
    (remark,) = report.on_answers
    assert (remark.level, remark.field, remark.instead) == ("problem", "workspaceId", instead)
    assert "(404)" in remark.text
    assert "harness/project id" in remark.text
    assert report.absent == "harness/project id"


async def test_a_workspace_that_no_address_can_hold() -> None:
    report = await check(split_server(), "\ud800")
    assert report.level == "problem"
    assert report.on_answers[0].text.isprintable()


async def test_a_403_for_a_workspace_that_is_not_listed_does_not_blame_the_key() -> None:
    report = await check(split_server(may_read=False), "elsewhere")
    (remark,) = report.remarks
    assert (remark.level, remark.field) == ("warning", "workspaceId")


async def test_a_name_in_place_of_the_id_is_told_without_asking_for_it() -> None:
    async with serving(split_server()) as server:
        report = await ask(server, {"workspaceId": " mobile apps "})
    (remark,) = report.remarks
    assert (remark.level, remark.field, remark.instead) == ("problem", "workspaceId", ("ws-2",))
    assert len(server.asked) == 1


async def test_a_workspace_typed_later_is_compared_without_asking() -> None:
    report = await check(split_server())
    assert split_check.compare(report, {"workspaceId": "ws-2"}) == ()
    (remark,) = split_check.compare(report, {"workspaceId": "elsewhere"})
    assert (remark.level, remark.instead) == ("warning", ("ws-1", "ws-2"))
    unlisted = await check(split_server(may_list=False))
    assert split_check.compare(unlisted, {"workspaceId": "elsewhere"}) == ()


@pytest.mark.parametrize("total", [None, True, -1, 10**12, "१२", "many", "9" * 20, 1.5])
async def test_a_total_that_is_no_count_is_not_known(total: object) -> None:
    whole = split_server()
    flags = page([{"name": "checkout"}], total)
    report = await check(lambda asked: flags if "/splits/" in asked.path else whole(asked), "ws-1")
    assert (report.flags, report.text) == (None, "reads workspace Default, lists 2 workspaces")


async def test_an_empty_page_without_a_total_is_no_flags() -> None:
    whole = split_server()
    report = await check(lambda a: Reply(200, {"objects": []}) if "/splits/" in a.path else whole(a), "ws-1")
    assert report.flags == 0


async def test_more_workspaces_than_one_page_are_counted() -> None:
    report = await check(lambda _: page([{"id": f"ws-{n}", "name": f"W{n}"} for n in range(6)], "1200"))
    assert report.text == "lists 1,200 workspaces: W0, W1, W2, W3 and 1,196 more"


async def test_a_short_pause_is_waited_for_and_a_long_one_is_told() -> None:
    whole, slept = split_server(), list[float]()
    limited = iter([{"X-RateLimit-Reset-Seconds-Org": "2", "X-RateLimit-Reset-Seconds-IP": "5"}])

    def handle(asked: Asked) -> Reply:
        headers = next(limited, None)
        return Reply(429, b"", headers=headers) if headers else whole(asked)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with serving(handle) as server, Http(sleep=sleep) as http:
        report = await split_check.check_key(Connection(http, server.url + BASE, SecretStr(KEY)), {})
    assert report.level == "ok"
    assert sum(slept) >= 5
    failure = await refusal(lambda _: Reply(429, b"", headers={"X-RateLimit-Reset-Seconds-IP": "900"}))
    assert failure.kind is Kind.RATE_LIMITED


async def test_an_echoed_key_and_hostile_names_reach_no_sentence() -> None:
    named = {"id": f"{KEY}\x1b[2J", "name": "\x1b]0;title\x07" + "n" * 500}
    hostile = [named, {"id": 7}, {"name": "no id"}, None]
    report = await check(lambda _: page(hostile, 4), "\x1b[31m")
    assert KEY not in repr(report)
    assert report.workspaces is not None
    (choice,) = report.workspaces
    assert all(text.isprintable() for text in (choice.value, choice.label, report.text))
    assert all(remark.text.isprintable() for remark in report.remarks)
    assert len(report.text) < 300
    failure = await refusal(lambda _: Reply(401, {"message": f"key {KEY}\u202e is unknown"}))
    assert str(failure).isprintable()


workspaces_like = st.fixed_dictionaries({}, optional={"id": json_values, "name": json_values})
bodies_like = st.fixed_dictionaries(
    {"objects": st.lists(json_values | workspaces_like, max_size=4)},
    optional={
        "totalCount": json_values,
        "message": json_values,
    },
)


@given(scripted=st.lists(replies(bodies_like), min_size=3, max_size=3), workspace=texts)
async def test_no_answer_raises_anything_but_a_failure(scripted: list[tuple[int, bytes]], workspace: str) -> None:
    answers = {"workspaceId": workspace}
    check = split_check.check_key(Connection(Scripted(scripted), split_client.DEFAULT_ADDRESS, SecretStr(KEY)), answers)
    assert (await report_or_failure(check)).isprintable()


def test_a_message_is_found_in_json_and_in_plain_text_and_nowhere_else() -> None:
    reader = Reader(SecretStr(KEY), Redactor())

    def message(body: bytes, kind: str = "application/json") -> str:
        return reader.message(Response(400, "", {"content-type": kind}, body, 0.0))

    assert message(b'{"message": "no"}') == "no"
    assert message(b" Unauthorized\n", "text/plain") == "Unauthorized"
    assert message(b"<html>no</html>", "text/html") == ""
    assert message(b'{"message": 3}') == message(b"") == message(b"x" * 70_000) == ""
    assert len(message(b"x" * 1_000)) == 200
