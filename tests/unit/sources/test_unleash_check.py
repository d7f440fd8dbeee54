"""The check of an Unleash key and of a read-only token, pickers and counts, over real loopback HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from tests.unit.sources.unleash_made import (
    ADMIN,
    ANSWERS,
    EVERY,
    FEATURES,
    FRONTEND,
    HELPER,
    KEY,
    SCOPES,
    SEVERAL,
    unleash,
)
from tests.unit.sources_server import (
    Asked,
    Handler,
    Reply,
    serving,
)
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.sources.base import Choice, Connection, SourceReport
from tui.sources.unleash import check as unleash_check

PROJECT, ENVIRONMENT, ADDRESS = "sourceProjectId", "sourceEnvironmentId", "sourceBaseUrl"


async def check(
    handler: Handler, key: str = KEY, answers: Mapping[str, str] | None = None, *, path: str = "", zipped: bool = False
) -> SourceReport:
    async with serving(handler, zipped=zipped) as server, Http() as http:
        return await unleash_check.check_key(Connection(http, server.url + path, SecretStr(key)), answers or {})


async def refusal(handler: Handler, key: str = KEY, *, path: str = "") -> Failure:
    with pytest.raises(Failure) as caught:
        await check(handler, key, path=path)
    assert key not in repr(caught.value) + str(caught.value)
    return caught.value


ONE, BOTH = ("default",), ("default", "web-shop")
# The key, the answers, facts of the report, and its remarks: level, field, suggestions
REPORTS: dict[str, tuple[str, dict[str, str], dict[str, object], list[tuple[str, str | None, tuple[str, ...]]]]] = {
    "nothing entered": (KEY, {}, {"project": "default", "environment": "production", "projects": ONE, "flags": 2,
        "every_project": False, "workspaces": None,
        "text": "reads project default, environment production, 2 flags"}, []),
    "answers agree": (KEY, {PROJECT: " default ", ENVIRONMENT: "production"}, {"level": "ok"}, []),
    "another environment": (KEY, {ENVIRONMENT: "staging"}, {}, [("problem", ENVIRONMENT, ("production",))]),
    "another project": (KEY, {PROJECT: "payments"}, {}, [("problem", PROJECT, ("default",))]),
    "several, one of them": (SEVERAL, {PROJECT: "default"}, {"project": None, "projects": BOTH, "flags": 3,
        "every_project": False}, [("warning", PROJECT, ())]),
    "several, none entered": (SEVERAL, {}, {}, [("note", PROJECT, BOTH)]),
    "several, another": (SEVERAL, {PROJECT: "payments"}, {}, [("problem", PROJECT, BOTH)]),
    "every, one of them": (EVERY, {PROJECT: "default"}, {"every_project": True, "projects": BOTH},
        [("warning", PROJECT, ())]),
    "every, one without flags": (EVERY, {PROJECT: "payments"}, {"every_project": True}, [("warning", PROJECT, BOTH)]),
    "every, none entered": (EVERY, {PROJECT: ""}, {"every_project": True}, [("note", PROJECT, BOTH)]),
    "admin": (ADMIN, {ENVIRONMENT: "production"}, {"environment": None, "flags": 3}, [("problem", "sourceApiKey", ())]),
}  # fmt: skip


@pytest.mark.parametrize("case", REPORTS)
async def test_check_compares_the_scope_of_the_key_with_the_answers(case: str) -> None:
    key, answers, facts, remarks = REPORTS[case]
    report = await check(unleash, key, answers)
    assert {name: getattr(report, name) for name in facts} == facts
    assert [(remark.level, remark.field, remark.instead) for remark in report.remarks] == remarks
    if remarks and key != ADMIN:
        assert all(text in report.remarks[0].text for text in answers.values())
    if key != ADMIN:
        assert unleash_check.compare(replace(report, on_answers=()), answers) == report.on_answers


async def test_the_key_is_sent_raw_and_only_once() -> None:
    async with serving(unleash) as server, Http() as http:
        await unleash_check.check_key(Connection(http, server.url + "/", SecretStr(KEY)), {})
    sent = [(asked.method, asked.target, asked.headers["authorization"]) for asked in server.asked]
    assert sent == [("GET", "/api/client/features", KEY)]


EDGE = {"tags": None, "namePrefix": None, "environment": "production"}
# The features and the query of an answer, the project entered, and facts of the report
SCOPE_CASES: dict[str, tuple[list[dict[str, object]], object, str, dict[str, object]]] = {
    "flags only in the project": (FEATURES[:2], SCOPES[EVERY], "default", {"level": "note"}),
    "no flags": ([], SCOPES[KEY], "", {"level": "warning", "flags": 0}),
    "no query": (FEATURES[:2], None, "payments", {"level": "warning", "project": None, "environment": None,
        "every_project": False, "flags": 2}),
    **{f"Edge {projects}": (FEATURES[:2], {**EDGE, "projects": projects}, "default", {"every_project": every,
        "projects": ONE, "environment": "production"})
       for projects, every in ((("*",), True), (("*", "default"), True), (("default",), False), ("default", False))},
}  # fmt: skip


@pytest.mark.parametrize("case", SCOPE_CASES)
async def test_scope_is_read_from_the_answer(case: str) -> None:
    features, query, project, facts = SCOPE_CASES[case]
    body = {"features": features, **({"query": query} if query else {})}
    report = await check(lambda _: Reply(200, body), EVERY, {PROJECT: project})
    assert {name: getattr(report, name) for name in facts} == facts
    if query is None:
        assert [remark.level for remark in report.remarks] == ["unknown", "warning"]


@pytest.mark.parametrize(
    ("path", "suggested"), [("/ui", ""), ("/projects/default", ""), ("/team/projects/default", "/team"), ("/x", "")]
)
async def test_a_page_instead_of_flags_suggests_the_address_without_its_path(path: str, suggested: str) -> None:
    failure = await refusal(unleash, path=path)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.NOT_JSON, 200, ADDRESS)
    assert (failure.remedy, failure.safe) == (Remedy.TRY_ADDRESS, Safe.NOTHING_CREATED)
    address = urlsplit(failure.about)
    assert (address.scheme, address.hostname, address.path) == ("http", "127.0.0.1", suggested)


async def test_a_base_that_ends_in_api() -> None:
    failure = await refusal(unleash, path="/api")
    assert (failure.kind, failure.status_code, failure.field, failure.exit_code) == (Kind.SOURCE, 404, ADDRESS, 5)
    assert failure.about.endswith(tuple("0123456789"))  # the address without its path


async def test_a_frontend_key_is_named_and_a_missing_header_is_not() -> None:
    failure = await refusal(unleash, FRONTEND)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 403, "sourceApiKey")
    assert "frontend key" in failure.what
    assert "requires" not in str(await refusal(unleash, "default:production.unknown"))


async def test_more_than_eight_mebibytes_are_read() -> None:
    """The usual limit is too low for one list without pages."""
    flag = {"name": "x" * 1024, "project": "default"}
    report = await check(lambda _: Reply(200, {"features": [flag] * 9_000, "query": SCOPES[KEY]}), zipped=True)
    assert report.flags == 9_000


async def test_an_echoed_key_and_hostile_names_reach_no_sentence() -> None:
    query = {"project": [f"p-{KEY}", "\x1b]52;c;aGk=\x07" + "x" * 500], "environment": f"\u202e{KEY}"}
    report = await check(lambda _: Reply(200, {"features": [], "query": query}), answers={PROJECT: "p"})
    assert KEY not in repr(report)
    assert all(fact.isprintable() for fact in (*report.projects, str(report.environment), report.text))
    assert all(remark.text.isprintable() and len(remark.text) < 400 for remark in report.remarks)
    failure = await refusal(lambda _: Reply(403, {"message": f"{KEY}\x1b[2J is not allowed"}))
    assert str(failure).isprintable()


# --- pickers


async def choices(field: str, key: str = KEY, helper: str = "", handler: Handler = unleash) -> tuple[Choice, ...]:
    async with serving(handler) as server, Http() as http:
        token = SecretStr(helper) if helper else None
        return await unleash_check.discover(Connection(http, server.url, SecretStr(key)), field, ANSWERS, token)


HELPER_LISTS = {
    PROJECT: (Choice("default", "Default"), Choice("web-shop", "Web shop")),
    ENVIRONMENT: (
        Choice("development", "development", "disabled"),
        Choice("production", "production", "production"),
    ),
    "sourceTag": (Choice("simple:payments", "simple:payments"), Choice("team:growth squad", "team:growth squad")),
}


@pytest.mark.parametrize("field", HELPER_LISTS)
async def test_read_only_token_lists_all_and_the_key_is_not_sent(field: str) -> None:
    keys = set[str]()

    def handler(asked: Asked) -> Reply:
        keys.add(asked.headers["authorization"])
        return unleash(asked)

    assert await choices(field, helper=HELPER, handler=handler) == HELPER_LISTS[field]
    assert keys == {HELPER}


@pytest.mark.parametrize(
    ("field", "key", "values"),
    [
        (PROJECT, SEVERAL, ["default", "web-shop"]),
        (PROJECT, EVERY, ["default", "web-shop"]),
        (ENVIRONMENT, KEY, ["production"]),
    ],
)
async def test_sdk_key_lists_its_own_scope(field: str, key: str, values: list[str]) -> None:
    assert await choices(field, key) == tuple(Choice(value, value) for value in values)


async def test_sdk_key_cannot_list_tags_and_nothing_is_sent() -> None:
    async with serving(unleash) as server, Http() as http:
        with pytest.raises(Failure) as caught:
            await unleash_check.discover(Connection(http, server.url, SecretStr(KEY)), "sourceTag", ANSWERS)
    assert server.asked == []
    assert (caught.value.kind, caught.value.field, caught.value.remedy) == (
        Kind.SOURCE,
        "sourceTag",
        Remedy.TYPE_TAG,
    )


async def test_admin_token_instead_of_an_sdk_key_is_an_error() -> None:
    with pytest.raises(Failure) as caught:
        await choices(ENVIRONMENT, ADMIN)
    assert (caught.value.kind, caught.value.field) == (Kind.CREDENTIAL, "sourceApiKey")


PAGE = "<html>", "text/html"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        *((Reply(status, {}), Kind.SOURCE) for status in (401, 403, 404, 418, 500)),
        (Reply(200, {}), Kind.NOT_JSON),
        (Reply(200, *PAGE), Kind.NOT_JSON),
        (Reply(403, *PAGE), Kind.NOT_JSON),
    ],
)
async def test_a_list_that_is_refused(reply: Reply, kind: Kind) -> None:
    for field in HELPER_LISTS:
        with pytest.raises(Failure) as caught:
            await choices(field, helper=HELPER, handler=lambda _: reply)
        assert (caught.value.kind, caught.value.status_code) == (kind, reply.status)
        assert HELPER not in str(caught.value)


# --- read-only tokens, and counts


async def helper(handler: Handler = unleash, key: str = HELPER) -> SourceReport:
    async with serving(handler) as server, Http() as http:
        return await unleash_check.check_helper(Connection(http, server.url + "/", SecretStr(key)))


@pytest.mark.parametrize("user", [None, Reply(404, {}), Reply(200, []), Reply(200, {"user": None})])
async def test_read_only_token_shows_what_it_lists_and_its_owner(user: Reply | None) -> None:
    report = await helper(lambda asked: user if user and asked.path.endswith("/user") else unleash(asked))
    assert (report.level, report.projects) == ("ok", ("default", "web-shop"))
    assert ("Ana Ruiz" in report.text) is (user is None)


@pytest.mark.parametrize(("key", "status", "is_sdk_key"), [(KEY, 403, True), ("user:unknown", 401, False)])
async def test_sdk_key_or_unknown_key_is_no_read_only_token(key: str, status: int, is_sdk_key: bool) -> None:
    with pytest.raises(Failure) as caught:
        await helper(key=key)
    assert (caught.value.kind, caught.value.status_code) == (Kind.SOURCE, status)
    assert ("SDK key" in caught.value.what) is is_sdk_key
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "tag", "flags"), [(KEY, "", 2), (SEVERAL, "", 3), (EVERY, "", 2), (KEY, "team:growth squad", 1)]
)
async def test_flags_are_counted_by_one_request(key: str, tag: str, flags: int) -> None:
    async with serving(unleash) as server, Http() as http:
        connection = Connection(http, server.url, SecretStr(key))
        assert await unleash_check.count_flags(connection, {**ANSWERS, "sourceTag": tag}) == flags
    assert len(server.asked) == 1
