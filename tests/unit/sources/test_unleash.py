"""Unleash's key check against real loopback HTTP that answers as servers 4.19 to 8.2 were seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.unit.sources_server import (
    Asked,
    Handler,
    Reply,
    Scripted,
    json_values,
    replies,
    report_or_failure,
    serving,
    texts,
)
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.sources.base import Connection, SourceReport
from tui.sources.registry import SOURCES
from tui.sources.unleash import check as unleash_check

PROJECT, ENVIRONMENT, ADDRESS = "sourceProjectId", "sourceEnvironmentId", "sourceBaseUrl"
FLAGS = {"default": 3, "web-shop": 2}
KEY = "default:production.0123456789abcdef0123456789abcdef"
SEVERAL = "[]:development.0123456789abcdef0123456789abcdef"
EVERY = "*:development.0123456789abcdef0123456789abcdef"
ADMIN = "*:*.0123456789abcdef0123456789abcdef"
FRONTEND = "default:development.frontend0123456789abcdef"
SCOPES: dict[str, dict[str, object]] = {
    KEY: {"project": ["default"], "environment": "production", "inlineSegmentConstraints": True},
    SEVERAL: {"project": ["default", "web-shop"], "environment": "development"},
    EVERY: {"environment": "development"},
    ADMIN: {"inlineSegmentConstraints": True},
}
NO_TOKEN = "This endpoint requires an API token. Please add an authorization header to your request with a valid token"
PAGE = Reply(200, "<!doctype html><html><div id='app'></div></html>", "text/html; charset=utf-8")
CANNOT_GET = Reply(404, "<!DOCTYPE html><pre>Cannot GET /api/client/features</pre>", "text/html; charset=utf-8")


def features(projects: list[str]) -> list[dict[str, object]]:
    return [
        {"name": f"{project}-{number}", "enabled": True, "project": project, "strategies": [], "variants": []}
        for project in projects
        for number in range(FLAGS[project])
    ]


def server_of_unleash(asked: Asked) -> Reply:
    """Version 7.5.1."""
    if asked.path == "/api/api/client/features":
        return Reply(404, {"id": "1", "name": "NotFoundError", "message": "The path does not exist"})
    if asked.path != "/api/client/features":
        return PAGE
    key = asked.headers.get("authorization", "")
    if key == FRONTEND:
        return Reply(403, {"message": "invalid token: expected a different token type for this endpoint"})
    if key not in SCOPES:
        return Reply(401, {"message": NO_TOKEN})
    projects = SCOPES[key].get("project", list(FLAGS))
    assert isinstance(projects, list)
    body = {"version": 2, "features": features(projects), "query": SCOPES[key], "meta": {"revisionId": 7}}
    return Reply(200, body)


async def check(
    handler: Handler,
    key: str = KEY,
    path: str = "",
    answers: Mapping[str, str] | None = None,
    zipped: bool = False,
) -> SourceReport:
    async with serving(handler, zipped=zipped) as server, Http() as http:
        source = SOURCES["unleash"]
        return await source.check_key(Connection(http, server.url + path, SecretStr(key)), answers or {})


async def refusal(handler: Handler, key: str = KEY, path: str = "") -> Failure:
    with pytest.raises(Failure) as caught:
        await check(handler, key, path)
    assert key not in repr(caught.value) + str(caught.value)
    return caught.value


WEB, BOTH = ("default",), ("default", "web-shop")
# The key, the answers, facts of the report, and its remarks: level, field, suggestions
REPORTS: dict[str, tuple[str, dict[str, str], dict[str, object], list[tuple[str, str | None, tuple[str, ...]]]]] = {
    "nothing typed": (KEY, {}, {"project": "default", "environment": "production", "projects": WEB, "flags": 3,
        "every_project": False, "workspaces": None}, []),
    "answers agree": (KEY, {PROJECT: " default ", ENVIRONMENT: "production"}, {"level": "ok"}, []),
    "another environment": (KEY, {ENVIRONMENT: "staging"}, {}, [("problem", ENVIRONMENT, ("production",))]),
    "another project": (KEY, {PROJECT: "payments"}, {}, [("problem", PROJECT, ("default",))]),
    "several, one of them": (SEVERAL, {PROJECT: "default"}, {"project": None, "projects": BOTH, "flags": 5,
        "every_project": False}, [("warning", PROJECT, ())]),
    "several, none typed": (SEVERAL, {}, {}, [("note", PROJECT, BOTH)]),
    "several, another": (SEVERAL, {PROJECT: "payments"}, {}, [("problem", PROJECT, BOTH)]),
    "every, one of them": (EVERY, {PROJECT: "default"}, {"every_project": True, "projects": BOTH},
        [("warning", PROJECT, ())]),
    "every, one without flags": (EVERY, {PROJECT: "payments"}, {"every_project": True}, [("warning", PROJECT, BOTH)]),
    "every, none typed": (EVERY, {PROJECT: ""}, {"every_project": True}, [("note", PROJECT, BOTH)]),
    "admin": (ADMIN, {ENVIRONMENT: "production"}, {"environment": None, "flags": 5}, [("problem", "sourceApiKey", ())]),
}  # fmt: skip


@pytest.mark.parametrize("case", REPORTS)
async def test_check_compares_the_scope_of_the_key_with_the_answers(case: str) -> None:
    key, answers, facts, remarks = REPORTS[case]
    report = await check(server_of_unleash, key, answers=answers)
    assert {name: getattr(report, name) for name in facts} == facts
    assert [(remark.level, remark.field, remark.instead) for remark in report.remarks] == remarks
    if case == "nothing typed":
        assert report.text == "reads project default, environment production, 3 flags"
    elif remarks:
        typed = report.remarks[0].text
        assert all(text in typed for text in answers.values()) or key == ADMIN


async def test_the_key_is_sent_raw_and_only_once() -> None:
    async with serving(server_of_unleash) as server, Http() as http:
        await unleash_check.check_key(Connection(http, server.url + "/", SecretStr(KEY)), {})
    sent = [(asked.method, asked.target, asked.headers["authorization"]) for asked in server.asked]
    assert sent == [("GET", "/api/client/features", KEY)]


async def test_other_answers_are_compared_without_asking_again() -> None:
    report = await check(server_of_unleash)
    for answers, level in (({PROJECT: "default"}, "ok"), ({PROJECT: "shop"}, "problem")):
        assert replace(report, on_answers=unleash_check.compare(report, answers)).level == level


async def test_a_key_of_every_project_where_only_the_chosen_one_has_flags_is_a_note() -> None:
    body = {"features": features(["default"]), "query": SCOPES[EVERY]}
    report = await check(lambda _: Reply(200, body), EVERY, answers={PROJECT: "default"})
    assert report.level == "note"


async def test_no_flags_is_a_warning() -> None:
    report = await check(lambda _: Reply(200, {"features": [], "query": SCOPES[KEY]}))
    assert (report.level, report.flags) == ("warning", 0)


async def test_an_answer_without_query_is_called_not_known() -> None:
    """`query` is missing where something else than Unleash keeps the list."""
    body = {"version": 1, "features": features(["default"])}
    report = await check(lambda _: Reply(200, body), answers={PROJECT: "payments"})
    remarks = [(remark.level, remark.field) for remark in report.remarks]
    assert remarks == [("unknown", "sourceApiKey"), ("warning", PROJECT)]
    assert (report.project, report.environment, report.every_project, report.flags) == (None, None, False, 3)
    assert report.level == "warning"  # the gravest


@pytest.mark.parametrize(
    ("projects", "every"), [(["*"], True), (["*", "default"], True), (["default"], False), ("default", False)]
)
async def test_unleash_edge_writes_projects(projects: object, every: bool) -> None:
    query = {"tags": None, "projects": projects, "namePrefix": None, "environment": "production"}
    report = await check(lambda _: Reply(200, {"features": features(["default"]), "query": query}))
    assert (report.every_project, report.projects, report.environment) == (every, ("default",), "production")


@pytest.mark.parametrize(
    ("path", "tried"),
    [("/ui", ""), ("/projects/default", ""), ("/team/projects/default", "/team"), ("/x", "")],
)
async def test_a_page_in_place_of_flags_suggests_the_address_without_its_path(path: str, tried: str) -> None:
    async with serving(server_of_unleash) as server, Http() as http:
        with pytest.raises(Failure) as caught:
            await unleash_check.check_key(Connection(http, server.url + path, SecretStr(KEY)), {})
    failure = caught.value
    assert (failure.kind, failure.status_code, failure.field) == (Kind.NOT_JSON, 200, ADDRESS)
    assert (failure.remedy, failure.about) == (Remedy.TRY_ADDRESS, f"{server.url}{tried}")
    assert failure.safe is Safe.NOTHING_CREATED


async def test_a_base_that_ends_in_api() -> None:
    failure = await refusal(server_of_unleash, path="/api")
    assert (failure.kind, failure.status_code, failure.field, failure.exit_code) == (Kind.SOURCE, 404, ADDRESS, 5)
    assert failure.about.endswith(tuple("0123456789"))  # the address without its path


NESTED = b'{"features": ' + b"[" * 600 + b"]" * 600 + b"}"


def always(*args: Any, **more: Any) -> Handler:
    return lambda _: Reply(*args, **more)


LOGIN = {"Location": "https://login.example.com/?x=1"}
# The server, the kind, the status, the field and the exit code of the failure
REFUSALS: dict[str, tuple[Handler, tuple[Kind, int | None, str | None, int]]] = {
    "unknown key": (always(401, {"message": NO_TOKEN}), (Kind.SOURCE, 401, "sourceApiKey", 3)),
    "unknown key, plain": (always(401, "Unauthorized", "text/plain"), (Kind.SOURCE, 401, "sourceApiKey", 3)),
    "forbidden": (always(403, {"message": "IP \x1b[31mnot allowed"}), (Kind.SOURCE, 403, "sourceApiKey", 3)),
    "under a path": (lambda _: CANNOT_GET, (Kind.SOURCE, 404, ADDRESS, 5)),
    "bad request": (always(400, {"name": "BadDataError", "message": "no"}), (Kind.SOURCE, 400, ADDRESS, 5)),
    "redirect": (always(302, b"", headers=LOGIN), (Kind.REDIRECT, 302, ADDRESS, 5)),
    **{f"web page, {status}": (always(status, PAGE.body, PAGE.type), (Kind.NOT_JSON, status, ADDRESS, 5))
       for status in (200, 401, 403)},
    **{f"no JSON: {body[:20]!r}": (always(200, body), (Kind.NOT_JSON, 200, ADDRESS, 5))
       for body in (b"{", b"[" * 100_000, NESTED, b'{"features": [' + b"9" * 5000 + b"]}", b"\xff")},
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusal_blames_the_key_or_the_address_only_where_it_is_at_fault(case: str) -> None:
    handler, expected = REFUSALS[case]
    failure = await refusal(handler)
    assert (failure.kind, failure.status_code, failure.field, failure.exit_code) == expected
    assert failure.remedy is not Remedy.TRY_ADDRESS, "there is no path to leave out"
    assert "requires" not in str(failure), "no header is missing"
    assert "frontend" not in str(failure)
    assert str(failure).isprintable()


async def test_a_frontend_key_is_named() -> None:
    failure = await refusal(server_of_unleash, FRONTEND)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 403, "sourceApiKey")
    assert "frontend key" in failure.what


async def test_nobody_there_is_the_address_s_fault() -> None:
    async with serving(server_of_unleash) as server:
        pass
    async with Http() as http:
        with pytest.raises(Failure) as caught:
            await unleash_check.check_key(Connection(http, server.url, SecretStr(KEY)), {})
    assert (caught.value.kind, caught.value.field) == (Kind.UNREACHABLE, "sourceBaseUrl")


async def test_more_than_eight_mebibytes_are_read() -> None:
    """The usual limit is too low for one list without pages."""
    flag = {"name": "x" * 1024, "project": "default"}
    report = await check(lambda _: Reply(200, {"features": [flag] * 9_000, "query": SCOPES[KEY]}), zipped=True)
    assert report.flags == 9_000


async def test_an_echoed_key_and_hostile_names_reach_no_sentence() -> None:
    query = {"project": [f"p-{KEY}", "\x1b]52;c;aGk=\x07" + "x" * 500], "environment": f"\u202e{KEY}"}
    report = await check(lambda _: Reply(200, {"features": [], "query": query}), answers={"sourceProjectId": "p"})
    assert KEY not in repr(report)
    assert all(fact.isprintable() for fact in (*report.projects, str(report.environment), report.text))
    assert all(remark.text.isprintable() and len(remark.text) < 400 for remark in report.remarks)
    failure = await refusal(lambda _: Reply(403, {"message": f"{KEY}\x1b[2J is not allowed"}))
    assert str(failure).isprintable()


scopes_like = st.fixed_dictionaries(
    {}, optional={"project": json_values, "projects": json_values, "environment": json_values}
)
features_like = st.lists(json_values | st.fixed_dictionaries({"project": json_values}), max_size=4)
bodies_like = st.fixed_dictionaries(
    {"features": features_like},
    optional={"query": scopes_like | json_values, "message": json_values},
)


@given(reply=replies(bodies_like), project=texts, environment=texts)
async def test_no_answer_raises_anything_but_a_failure(
    reply: tuple[int, bytes], project: str, environment: str
) -> None:
    answers = {"sourceProjectId": project, "sourceEnvironmentId": environment}
    address = "https://unleash.example.com"
    check = unleash_check.check_key(Connection(Scripted([reply]), address, SecretStr(KEY)), answers)
    assert (await report_or_failure(check)).isprintable()
