"""Unleash's key check against real loopback HTTP that answers as servers 4.19 to 8.2 were seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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


async def test_a_key_tells_its_project_its_environment_and_its_flags() -> None:
    report = await check(server_of_unleash)
    assert report.text == "reads project default, environment production, 3 flags"
    assert (report.level, report.remarks) == ("ok", ())
    assert (report.project, report.environment, report.projects) == ("default", "production", ("default",))
    assert (report.every_project, report.flags, report.workspaces) == (False, 3, None)


async def test_the_key_is_sent_raw_and_only_once() -> None:
    async with serving(server_of_unleash) as server, Http() as http:
        await unleash_check.check_key(Connection(http, server.url + "/", SecretStr(KEY)), {})
    assert [(a.method, a.target, a.headers["authorization"]) for a in server.asked] == [
        ("GET", "/api/client/features", KEY)
    ]


@pytest.mark.parametrize(
    ("key", "answers", "level", "field", "instead"),
    [
        (KEY, {"sourceEnvironmentId": "staging"}, "problem", "sourceEnvironmentId", ("production",)),
        (KEY, {"sourceProjectId": "payments"}, "problem", "sourceProjectId", ("default",)),
        (SEVERAL, {"sourceProjectId": "payments"}, "problem", "sourceProjectId", ("default", "web-shop")),
        (SEVERAL, {}, "note", "sourceProjectId", ("default", "web-shop")),
    ],
)
async def test_a_contradiction_names_the_answer_and_offers_what_the_key_reads(
    key: str, answers: dict[str, str], level: str, field: str, instead: tuple[str, ...]
) -> None:
    (remark,) = (await check(server_of_unleash, key, answers=answers)).on_answers
    assert (remark.level, remark.field, remark.instead) == (level, field, instead)
    assert all(name in remark.text for name in (*answers.values(), *instead))


async def test_other_answers_are_compared_without_asking_again() -> None:
    report = await check(server_of_unleash)
    for answers, level in (
        ({"sourceProjectId": " default ", "sourceEnvironmentId": "production"}, "ok"),
        ({"sourceProjectId": "shop"}, "problem"),
    ):
        assert replace(report, on_answers=unleash_check.compare(report, answers)).level == level


async def test_a_key_of_several_projects_warns_that_all_may_be_imported() -> None:
    report = await check(server_of_unleash, SEVERAL, answers={"sourceProjectId": "default"})
    assert report.text == "reads projects default and web-shop, environment development, 5 flags"
    assert (report.project, report.projects, report.every_project) == (None, ("default", "web-shop"), False)
    (remark,) = report.remarks
    assert remark.level == "warning"
    assert "web-shop as well as default" in remark.text


@pytest.mark.parametrize(
    ("typed", "level", "says"),
    [
        ("default", "warning", "every project, web-shop too"),
        ("payments", "warning", "no flag in payments"),
        ("", "note", "every project"),
    ],
)
async def test_a_key_of_every_project(typed: str, level: str, says: str) -> None:
    report = await check(server_of_unleash, EVERY, answers={"sourceProjectId": typed})
    assert report.text == "reads every project, environment development, 5 flags"
    assert (report.every_project, report.projects, report.level) == (True, ("default", "web-shop"), level)
    assert says in report.remarks[0].text


async def test_a_key_of_every_project_where_only_the_chosen_one_has_flags_is_a_note() -> None:
    body = {"features": features(["default"]), "query": SCOPES[EVERY]}
    report = await check(lambda _: Reply(200, body), EVERY, answers={"sourceProjectId": "default"})
    assert report.level == "note"


async def test_an_admin_or_personal_token_is_a_problem_whatever_the_answers() -> None:
    report = await check(server_of_unleash, ADMIN, answers={"sourceEnvironmentId": "production"})
    (remark,) = report.remarks
    assert (remark.level, remark.field) == ("problem", "sourceApiKey")
    assert "not an SDK key" in remark.text
    assert (report.environment, report.flags) == (None, 5)


async def test_no_flags_says_what_it_may_mean() -> None:
    report = await check(lambda _: Reply(200, {"features": [], "query": SCOPES[KEY]}))
    assert (report.level, report.flags) == ("warning", 0)
    assert "0 flags" in report.remarks[0].text


async def test_an_answer_without_query_is_called_not_known() -> None:
    """`query` is missing where something else than Unleash keeps the list."""
    body = {"version": 1, "features": features(["default"])}
    report = await check(lambda _: Reply(200, body), answers={"sourceProjectId": "payments"})
    assert [(r.level, r.field) for r in report.remarks] == [
        ("unknown", "sourceApiKey"),
        ("warning", "sourceProjectId"),
    ]
    assert report.text == "reads flags of default, 3 flags"
    assert (report.project, report.environment, report.every_project) == (None, None, False)
    assert report.level == "warning"  # the gravest


@pytest.mark.parametrize(
    ("projects", "every"), [(["*"], True), (["*", "default"], True), (["default"], False), ("default", False)]
)
async def test_unleash_edge_writes_projects(projects: object, every: bool) -> None:
    query = {"tags": None, "projects": projects, "namePrefix": None, "environment": "production"}
    report = await check(lambda _: Reply(200, {"features": features(["default"]), "query": query}))
    assert (report.every_project, report.projects, report.environment) == (every, ("default",), "production")


@pytest.mark.parametrize("reply", [Reply(401, {"message": NO_TOKEN}), Reply(401, "Unauthorized", "text/plain")])
async def test_an_unknown_key_is_not_blamed_on_a_missing_header(reply: Reply) -> None:
    failure = await refusal(lambda _: reply, "default:production.nobody-knows-it")
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 401, "sourceApiKey")
    assert failure.exit_code == 3
    assert "requires" not in str(failure)


async def test_a_frontend_key_is_named() -> None:
    failure = await refusal(server_of_unleash, FRONTEND)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 403, "sourceApiKey")
    assert failure.what == "Unleash refused the SDK key (403): it is a frontend key."


async def test_another_403_is_quoted() -> None:
    failure = await refusal(lambda _: Reply(403, {"message": "IP \x1b[31mnot allowed"}))
    assert '"IP \ufffd[31mnot allowed"' in failure.what
    assert "frontend" not in str(failure)


async def test_a_base_that_ends_in_api() -> None:
    failure = await refusal(server_of_unleash, path="/api")
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 404, "sourceBaseUrl")
    assert failure.exit_code == 5
    assert failure.about.endswith(tuple("0123456789"))  # the address without its path


async def test_a_server_under_a_path() -> None:
    failure = await refusal(lambda _: CANNOT_GET)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 404, "sourceBaseUrl")
    assert "under a path" in failure.why


@pytest.mark.parametrize(
    ("path", "tried"),
    [("/ui", ""), ("/projects/default", ""), ("/team/projects/default", "/team"), ("/x", "")],
)
async def test_a_page_in_place_of_flags(path: str, tried: str) -> None:
    async with serving(server_of_unleash) as server, Http() as http:
        with pytest.raises(Failure) as caught:
            await unleash_check.check_key(Connection(http, server.url + path, SecretStr(KEY)), {})
    failure = caught.value
    assert (failure.kind, failure.status_code, failure.field) == (Kind.NOT_JSON, 200, "sourceBaseUrl")
    assert failure.what.endswith(f"{path} answers with a web page, not with flags.")
    assert (failure.remedy, failure.about) == (Remedy.TRY_ADDRESS, f"{server.url}{tried}")
    assert failure.safe is Safe.NOTHING_CREATED


async def test_a_page_at_an_address_without_a_path() -> None:
    failure = await refusal(lambda _: PAGE)
    assert "one too many" not in str(failure)
    assert failure.kind is Kind.NOT_JSON


NESTED = b'{"features": ' + b"[" * 600 + b"]" * 600 + b"}"


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, NESTED, b'{"features": [' + b"9" * 5000 + b"]}", b"\xff"])
async def test_no_json_at_all(body: bytes) -> None:
    failure = await refusal(lambda _: Reply(200, body))
    assert (failure.kind, failure.field) == (Kind.NOT_JSON, "sourceBaseUrl")


async def test_a_redirect_is_the_address_s_fault() -> None:
    failure = await refusal(lambda _: Reply(302, b"", headers={"Location": "https://login.example.com/?x=1"}))
    assert (failure.kind, failure.field) == (Kind.REDIRECT, "sourceBaseUrl")


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
