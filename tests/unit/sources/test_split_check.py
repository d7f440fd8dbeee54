"""The check of a Split key, pickers and counts, over real loopback HTTP that answers as Split documents it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pydantic import SecretStr

from tests.unit.sources_server import Asked, Handler, Reply, serving
from tests.unit.split_made import ANSWERS, BASE, FLAGS, KEY, MadeSplit, flag, no_wait
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.net.messages import Response
from tui.sources.base import Choice, Connection, SourceReport
from tui.sources.lenient import Reader
from tui.sources.split import check as split_check
from tui.text.redact import Redactor

WORKSPACES = [{"name": "Default", "type": "workspace", "id": "ws-1"}, {"name": "Mobile Apps", "id": "ws-2"}]
COUNT = 60


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
        known = {"ws-1": page([{"name": "checkout"}], COUNT), "ws-2": page([], 0)}
        return known.get(workspace, Reply(404, {}))

    return handle


async def check(handler: Handler, workspace: str = "", requests: list[Asked] | None = None) -> SourceReport:
    async with serving(handler) as server, Http() as http:
        connection = Connection(http, server.url + BASE, SecretStr(KEY))
        report = await split_check.check_key(connection, {"workspaceId": workspace})
    if requests is not None:
        requests += server.asked
    return report


async def refusal(handler: Handler, workspace: str = "") -> Failure:
    with pytest.raises(Failure) as caught:
        await check(handler, workspace)
    assert KEY not in repr(caught.value) + str(caught.value)
    return caught.value


LIST, FIRST = f"{BASE}/workspaces", f"{BASE}/splits/ws/ws-1"
BOTH = (Choice("ws-1", "Default"), Choice("ws-2", "Mobile Apps"))
Options = dict[str, Any]
# How the server answers, the workspace typed, the paths requested, and facts of the report
REPORTS: dict[str, tuple[Options, str, list[str], dict[str, Any]]] = {
    "all are listed": ({}, "", [LIST], {"level": "ok", "workspaces": BOTH, "project": None, "flags": None,
        "by_header": "Authorization", "text": "lists 2 workspaces: Default and Mobile Apps"}),
    "typed": ({}, "ws-1", [LIST, FIRST], {"level": "ok", "project": "ws-1", "projects": ("ws-1",), "flags": COUNT}),
    "the only one": ({"workspaces": WORKSPACES[:1]}, "", [LIST, FIRST],
        {"level": "ok", "project": "ws-1", "flags": COUNT}),
    "may not list": ({"may_list": False}, "", [LIST], {"level": "note", "workspaces": None, "flags": None}),
    "viewer": ({"may_list": False}, "ws-1", [LIST, FIRST], {"level": "ok", "project": "ws-1", "flags": COUNT}),
    "hidden from the list": ({"workspaces": WORKSPACES[1:]}, "ws-1", [LIST, FIRST], {"level": "ok", "flags": COUNT}),
    "no flags": ({}, "ws-2", [LIST, f"{BASE}/splits/ws/ws-2"], {"level": "warning", "flags": 0}),
    "no workspaces": ({"workspaces": []}, "", [LIST], {"level": "warning", "workspaces": ()}),
    "only x-api-key": ({"by": "x-api-key"}, "ws-1", [LIST, LIST, FIRST],
        {"level": "warning", "flags": COUNT, "by_header": "x-api-key"}),
}  # fmt: skip


@pytest.mark.parametrize("case", REPORTS)
async def test_check_reports_what_the_key_reads_with_few_requests(case: str) -> None:
    options, workspace, paths, facts = REPORTS[case]
    requests = list[Asked]()
    report = await check(split_server(**options), workspace, requests)
    assert {name: getattr(report, name) for name in facts} == facts
    assert [asked.path for asked in requests] == paths
    headers = [{"authorization", "x-api-key"} & asked.headers.keys() for asked in requests]
    assert headers == [{"authorization"}, *[{report.by_header.lower()}] * (len(paths) - 1)]


# How the server answers, the workspace typed, the last path, and the remark's level, field and suggestions
REMARKS: dict[str, tuple[Options, str, str, tuple[str, str, tuple[str, ...]]]] = {
    "lists but may not read": ({"may_read": False}, "ws-1", FIRST, ("problem", "workspaceApiKey", ())),
    "listed but denied": ({"workspaces": [{"id": "ws-9", "name": "Ninth"}]}, "ws-9", f"{BASE}/splits/ws/ws-9",
        ("problem", "workspaceApiKey", ())),
    "neither listed nor readable": ({"may_read": False}, "elsewhere", f"{BASE}/splits/ws/elsewhere",
        ("warning", "workspaceId", ("ws-1", "ws-2"))),
    "does not exist": ({}, "harness/project id", f"{BASE}/splits/ws/harness%2Fproject%20id",
        ("problem", "workspaceId", ("ws-1", "ws-2"))),
    "does not exist, no list": ({"may_list": False}, "harness/project id",
        f"{BASE}/splits/ws/harness%2Fproject%20id", ("problem", "workspaceId", ())),
    "name instead of the id": ({}, " mobile apps ", LIST, ("problem", "workspaceId", ("ws-2",))),
}  # fmt: skip


@pytest.mark.parametrize("case", REMARKS)
async def test_workspace_that_cannot_be_read_has_a_remark(case: str) -> None:
    options, workspace, path, remarked = REMARKS[case]
    requests = list[Asked]()
    report = await check(split_server(**options), workspace, requests)
    assert requests[-1].path == path
    remark = report.on_answers[0] if report.on_answers else report.remarks[0]
    assert (remark.level, remark.field, remark.instead) == remarked
    assert (report.workspaces is None) is (options == {"may_list": False})
    if case.startswith("does not exist"):
        assert report.absent == workspace


async def test_a_workspace_that_no_address_can_hold() -> None:
    report = await check(split_server(), "\ud800")
    assert report.level == "problem"
    assert report.on_answers[0].text.isprintable()


async def test_a_workspace_typed_later_is_compared_without_asking() -> None:
    report = await check(split_server())
    assert split_check.compare(report, {"workspaceId": "ws-2"}) == ()
    (remark,) = split_check.compare(report, {"workspaceId": "elsewhere"})
    assert (remark.level, remark.instead) == ("warning", ("ws-1", "ws-2"))
    unlisted = await check(split_server(may_list=False))
    assert split_check.compare(unlisted, {"workspaceId": "elsewhere"}) == ()


@pytest.mark.parametrize("total", [None, True, -1, 10**12, "१२", "many", "9" * 20, 1.5, "1200"])
async def test_a_total_that_is_no_count_is_not_known(total: object) -> None:
    whole, flags = split_server(), page([{"name": "checkout"}], total)
    report = await check(lambda asked: flags if "/splits/" in asked.path else whole(asked), "ws-1")
    assert report.flags == (1200 if total == "1200" else None)


async def test_more_workspaces_than_one_page_are_counted() -> None:
    report = await check(lambda _: page([{"id": f"ws-{n}", "name": f"W{n}"} for n in range(6)], "1200"))
    assert report.text == "lists 1,200 workspaces: W0, W1, W2, W3 and 1,196 more"


def second_header(status: int) -> Handler:
    return lambda asked: Reply(401 if "authorization" in asked.headers else status, b"")


# The server, and the failure's status, field and exit code
REFUSALS: dict[str, tuple[Handler, tuple[int, str | None, int]]] = {
    "both headers refused": (split_server(by="nothing"), (401, "workspaceApiKey", 3)),
    "may do neither": (split_server(may_list=False, may_read=False), (403, "workspaceApiKey", 3)),
    "401, then 400": (second_header(400), (401, "workspaceApiKey", 3)),
    "401, then 404": (second_header(404), (401, "workspaceApiKey", 3)),
    "401, then 503": (second_header(503), (503, None, 5)),
    "400 after the key worked": (
        lambda asked: Reply(400, b"") if "/splits/" in asked.path else split_server(by="x-api-key")(asked),
        (400, None, 5),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusal_blames_the_key_only_if_it_is_at_fault(case: str) -> None:
    handler, expected = REFUSALS[case]
    failure = await refusal(handler, "ws-1")
    assert failure.kind is Kind.SOURCE
    assert (failure.status_code, failure.field, failure.exit_code) == expected


async def test_an_echoed_key_and_hostile_names_reach_no_sentence() -> None:
    named = {"id": f"{KEY}\x1b[2J", "name": "\x1b]0;title\x07" + "n" * 500}
    hostile = [named, {"id": 7}, {"name": "no id"}, None]
    report = await check(lambda _: page(hostile, 4), "\x1b[31m")
    assert KEY not in repr(report)
    assert report.workspaces is not None
    (choice,) = report.workspaces
    shown = (choice.value, choice.label, report.text, *(remark.text for remark in report.remarks))
    assert all(text.isprintable() for text in shown)
    assert len(report.text) < 300
    assert str(await refusal(lambda _: Reply(401, {"message": f"key {KEY}\u202e is unknown"}))).isprintable()


def test_a_message_is_found_in_json_and_in_plain_text_and_nowhere_else() -> None:
    reader = Reader(SecretStr(KEY), Redactor())

    def message(body: bytes, kind: str = "application/json") -> str:
        return reader.message(Response(400, "", {"content-type": kind}, body, 0.0))

    assert message(b'{"message": "no"}') == "no"
    assert message(b" Unauthorized\n", "text/plain") == "Unauthorized"
    assert message(b"<html>no</html>", "text/html") == ""
    assert message(b'{"message": 3}') == message(b"") == message(b"x" * 70_000) == ""
    assert len(message(b"x" * 1_000)) == 200


# --- pickers and counts

ENVIRONMENTS = [
    {"id": "env-2", "name": "Staging", "production": False},
    {"id": "env-1", "name": "production", "production": True},
    {"id": None, "name": "odd"},
    7,
]


def lists(path: str, reply: Reply) -> Callable[[Asked, int], Reply | None]:
    return lambda asked, offset: reply if asked.path == f"{BASE}{path}" else None


async def choices(handler: Handler, field: str, **answers: str) -> tuple[Choice, ...]:
    async with serving(handler) as server, Http(sleep=no_wait) as http:
        entered = {**ANSWERS, **answers}
        return await split_check.discover(Connection(http, server.url + BASE, SecretStr(KEY)), field, entered)


async def refused(handler: Handler, field: str, **answers: str) -> Failure:
    with pytest.raises(Failure) as caught:
        await choices(handler, field, **answers)
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
    assert await choices(made, "workspaceId") == (Choice("ws-1", "Default"), Choice("ws-2", "mobile"))


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
    assert await choices(made, "environmentId") == environments


async def test_tags_are_those_of_the_flags_with_their_counts() -> None:
    made = MadeSplit([flag(number, "Payments", *(["growth"] if number % 5 == 0 else [])) for number in range(120)])
    made.flags += [flag(500), flag(501, "one"), flag(502, tags="odd"), flag(503, tags=[None, {"name": 3}])]
    assert await choices(made, "splitTag") == (
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
    assert await choices(made, "splitTag") == (Choice("all", "all", "119 flags"),)


@pytest.mark.parametrize("field", ["workspaceId", "environmentId", "splitTag"])
async def test_another_program_fails_every_list(field: str) -> None:
    for reply in (Reply(200, "<html>", "text/html"), Reply(403, "<html>", "text/html"), Reply(200, {})):
        assert (await refused(MadeSplit(before=lambda *_, reply=reply: reply), field)).kind is Kind.NOT_JSON


async def test_hostile_names_are_cleaned() -> None:
    hostile = f"\x1b[2J{KEY}\u202e"
    made = MadeSplit([flag(1, hostile)])
    made.before = lists("/environments/ws/ws-1", Reply(200, [{"id": hostile, "name": hostile}]))
    for field in ("splitTag", "environmentId"):
        (choice,) = await choices(made, field)
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
