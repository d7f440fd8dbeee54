"""LaunchDarkly's client on a real socket: what is sent, what is taken, and each refusal's words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from tests.unit.raw_http import Raw, Reader, Writer, always, answer, request, reset, routed, serving
from tests.unit.sandbox_tools import big_company, big_destination
from tui.launchdarkly.client import LaunchDarkly, request_for_create
from tui.launchdarkly.instances import EU, Instance
from tui.launchdarkly.models import WholeFlag
from tui.launchdarkly.problems import RefusedRequest, named_field, refusal
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.messages import Response
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.text.redact import Redactor

TOKEN = "api-c0ffee00-1111-2222-3333-canarycanary"
IMPORTS = "/api/v2/integration-capabilities/flag-import"
ONE = {
    "_id": "12ab",
    "integrationKey": "unleash",
    "projectKey": "web-shop",
    "name": "U",
    "_status": {},
    "config": {},
}
BODY = json.dumps({"name": "U", "tags": [], "config": {"sourceApiKey": "s3cret", "environmentId": "prod"}}).encode()


@asynccontextmanager
async def client(
    routes: dict[str, bytes] | bytes | Callable[[Raw, Reader, Writer], Awaitable[None]],
    redactor: Redactor | None = None,
) -> AsyncIterator[tuple[LaunchDarkly, Raw]]:
    """A client of a server that answers by `routes`, or all requests alike."""
    handler = routed(routes) if isinstance(routes, dict) else always(routes) if isinstance(routes, bytes) else routes
    async with serving(handler) as server, Http() as http:
        here = Instance(server.url, "here", server.url)
        yield LaunchDarkly(http, here, SecretStr(TOKEN), redactor=redactor), server


def json_answer(value: object, status: str = "200 OK") -> bytes:
    return answer(status, json.dumps(value).encode(), "Content-Type: application/json")


def headers(raw: Raw, at: int = -1) -> dict[str, str]:
    lines = raw.heads[at].strip().split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def test_the_six_calls_as_documented() -> None:
    own = f"{IMPORTS}/web-shop/unleash"
    routes = {
        f"GET {IMPORTS}": json_answer({"_links": {}, "items": [ONE]}),
        f"POST {own}": json_answer(ONE),
        f"GET {own}/12ab": json_answer(ONE),
        f"PATCH {own}/12ab": json_answer({**ONE, "name": "V"}),
        f"DELETE {own}/12ab": b"HTTP/1.1 204 No Content\r\n\r\n",
        f"POST {own}/12ab/trigger": answer("201 Created", b""),
    }
    async with client(routes) as (ld, raw):
        assert [one.id for one in await ld.list_configurations()] == ["12ab"]
        created = await ld.create("web-shop", "unleash", BODY)
        assert (created.configuration.id, created.answer.status_code) == ("12ab", 200)
        assert raw.seen[-1].endswith(b"\r\n\r\n" + BODY)
        assert headers(raw)["content-type"] == "application/json"
        assert (await ld.get("web-shop", "unleash", "12ab")).name == "U"
        operations = [{"op": "replace", "path": "/config/sourceApiKey", "value": SecretStr("n3w")}]
        assert (await ld.patch("web-shop", "unleash", "12ab", operations)).name == "V"
        assert json.loads(raw.seen[-1].split(b"\r\n\r\n")[1])[0]["value"] == "n3w"
        await ld.delete("web-shop", "unleash", "12ab")
        assert await ld.trigger("web-shop", "unleash", "12ab") == 201
        assert "content-type" not in headers(raw)
    for at in range(6):
        sent = headers(raw, at)
        assert (sent["authorization"], sent["ld-api-version"]) == (TOKEN, "beta")
    assert TOKEN not in repr(created) + repr(ld) + repr(vars(ld))


async def test_create_takes_201_too_and_nothing_unreadable() -> None:
    async with client({f"POST {IMPORTS}/p/split": json_answer(ONE, "201 Created")}) as (ld, _):
        assert (await ld.create("p", "split", BODY)).answer.status_code == 201
    for odd in (answer("200 OK", b""), json_answer({"name": "U"}), answer("200 OK", b"<html>")):
        async with client({f"POST {IMPORTS}/p/split": odd}) as (ld, _):
            with pytest.raises(Failure) as caught:
                await ld.create("p", "split", BODY)
        assert (caught.value.kind, caught.value.sent) == (Kind.NOT_JSON, True)


async def test_review_shows_what_create_sends() -> None:
    async with client({}) as (ld, raw):
        with pytest.raises(Failure):
            await ld.create("a b/..", "unleash", BODY)
        method, url, shown = request_for_create(ld.instance, "a b/..", "unleash")
    assert raw.heads[0].startswith(f"{method} {url.removeprefix(raw.url)} HTTP/1.1\r\n")
    assert url.endswith("/flag-import/a%20b%2F../unleash")
    assert shown.items() <= {name.title().replace("Ld-Api", "LD-API"): v for name, v in headers(raw).items()}.items()
    assert "Authorization" not in shown


@pytest.mark.parametrize(
    ("part", "encoded"), [("..", "%2E%2E"), (".", "%2E"), ("ü\ud800", "%C3%BC%3F"), ("a?b#c", "a%3Fb%23c")]
)
async def test_no_part_of_a_path_leads_elsewhere(part: str, encoded: str) -> None:
    async with client({}) as (ld, raw):
        with pytest.raises(Failure):
            await ld.get(part, "unleash", "x")
    assert raw.heads[0].startswith(f"GET {IMPORTS}/{encoded}/unleash/x HTTP/1.1")
    with pytest.raises(Failure):
        request_for_create(EU, "", "unleash")


async def test_the_reads_of_a_wizard() -> None:
    routes = {
        "GET /api/v2/caller-identity": json_answer({"memberId": "m1", "accountId": "a", "serviceToken": False}),
        "GET /api/v2/members/me": json_answer({"_id": "m1", "firstName": "Ana", "lastName": "Ruiz", "role": "writer"}),
        "GET /api/v2/members/gone": answer("404 Not Found", b"{}"),
        "GET /api/v2/projects/web-shop": json_answer({"key": "web-shop", "name": "Web Shop"}),
        "GET /api/v2/projects": json_answer({"items": [{"key": "web-shop"}], "totalCount": 214}),
        "GET /api/v2/members": json_answer({"items": [{"_id": "m1", "email": "ana@example.com"}]}),
        "GET /api/v2/tags": json_answer({"items": ["imported-from-split", "imported-from-unleash"]}),
    }
    async with client(routes) as (ld, raw):
        assert (await ld.caller_identity()).member_id == "m1"
        me = await ld.me()
        assert me is not None
        assert me.display_name == "Ana Ruiz"
        assert await ld.member("gone") is None
        assert (await ld.project("web-shop")).name == "Web Shop"
        page = await ld.projects(20, 50, "a+b,c d")
        assert (page.items[0].key, page.total_count) == ("web-shop", 214)
        assert "limit=50&offset=20&sort=name&filter=query%3Aa%2Bb%20c%20d" in raw.heads[-1]
        assert (await ld.members(search="ana")).items[0].display_name == "ana@example.com"
        assert await ld.tags("imported") == ("imported-from-split", "imported-from-unleash")
        assert "kind=flag&pre=imported&limit=100" in raw.heads[-1]
    assert {headers(raw, at)["ld-api-version"] for at in range(len(raw.heads))} == {"20240415"}


@pytest.mark.parametrize("total", [{}, {"totalCount": 137}])
@pytest.mark.parametrize("most", [20, 100])
async def test_flags_are_read_whole_with_or_without_a_total(most: int, total: dict[str, int]) -> None:
    """A server may give fewer than were asked for, and no word of how many there are."""
    keys = [f"flag-{n}" for n in range(137)]

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        while True:
            query = (await request(raw, reader)).split(" ")[1].partition("?")[2]
            asked = dict(pair.split("=") for pair in query.split("&"))
            items = [{"key": key} for key in keys[int(asked["offset"]) :][: min(most, int(asked["limit"]))]]
            writer.write(json_answer({"items": items, **total}))
            await writer.drain()

    async with client(handler) as (ld, raw):
        assert [flag.key async for page in ld.every_flag("p") for flag in page.fresh] == keys
        assert len(raw.seen) == -(-len(keys) // most) + (not total)
        assert await ld.count_flags("p", "imported") == (137 if total else None)
        assert "limit=1&offset=0&tag=imported" in raw.heads[-1]


async def test_configurations_that_are_counted_but_not_listed_are_no_whole_list() -> None:
    listed = {"items": [ONE], "totalCount": 2}
    async with client({f"GET {IMPORTS}": json_answer(listed)}) as (ld, raw):
        with pytest.raises(Failure) as caught:
            await ld.list_configurations()
        assert (caught.value.kind, len(raw.heads)) == (Kind.SERVER_ERROR, 2)


async def test_a_server_that_ignores_paging_cannot_hold_us() -> None:
    listed = {"items": [ONE], "_links": {"next": {"href": "https://evil.example/steal?page=2"}}}
    async with client({f"GET {IMPORTS}": json_answer(listed)}) as (ld, raw):
        assert len(await ld.list_configurations()) == 1
        assert raw.heads[-1].startswith(f"GET {IMPORTS}?page=2 ")
        assert len(raw.heads) == 2


async def refused(status: str, body: bytes, *more: str, redactor: Redactor | None = None) -> Failure:
    reply = answer(status, body, *more)
    async with client({f"POST {IMPORTS}/web-shop/split": reply}, redactor) as (ld, _):
        with pytest.raises(Failure) as caught:
            await ld.create("web-shop", "split", BODY)
    assert str(caught.value).isprintable()
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, Kind.BAD_REQUEST, 4),
        (401, Kind.UNAUTHORIZED, 3),
        (403, Kind.FORBIDDEN, 3),
        (404, Kind.NOT_FOUND, 4),
        (405, Kind.BAD_REQUEST, 4),
        (408, Kind.BAD_REQUEST, 4),
        (409, Kind.CONFLICT, 4),
        (418, Kind.BAD_REQUEST, 4),
        (500, Kind.SERVER_ERROR, 5),
        (502, Kind.SERVER_ERROR, 5),
        (599, Kind.SERVER_ERROR, 5),
    ],
)
async def test_every_refusal_has_its_kind_and_what_is_safe(status: int, kind: Kind, exit_code: int) -> None:
    for body in (b"", b"null", b"[1]", b'{"code": 7}', b"<html><b>CANARY</b>", b'{"message": "why \\u001b[2J not"}'):
        failure = await refused(f"{status} Status", body)
        assert (failure.kind, failure.status_code, failure.exit_code) == (kind, status, exit_code)
        assert f"({status})" in failure.what
        assert "CANARY" not in str(failure)
        maybe_done = status == 408 or status >= 500
        assert failure.sent is maybe_done
        if maybe_done:
            assert (failure.safe, failure.remedy) == (Safe.ANSWERS_KEPT, Remedy.LOOK_FIRST)
        else:
            assert failure.safe is (Safe.ANSWERS_KEPT if status == 401 else Safe.NOTHING_CREATED)
            assert ('"why \ufffd[2J not"' in failure.what) is (b"why" in body)
        if status in (401, 403):
            assert failure.field == "token"


def test_401_names_the_other_instances() -> None:
    failure = refusal(Response(401, "", {}, b"", 0.0), RefusedRequest(EU), str)
    assert (failure.remedy, failure.about) == (Remedy.TOKEN_OR_INSTANCE, "US or Federal")
    assert "not for EU" in failure.why


async def test_400_names_the_field() -> None:
    failure = await refused("400 Bad Request", b'{"code":"invalid_request","message":"environmentId is not valid."}')
    assert failure.field == "environmentId"
    assert failure.what == 'LaunchDarkly rejected the request (400): "environmentId is not valid".'
    assert named_field("ldApiKeys and x-ldApiKey", ("ldApiKey",)) is None
    assert named_field("config.ldTag: bad, ldApiKey: bad", ("ldApiKey", "ldTag")) == "ldTag"
    assert named_field("a.b", ("a+b", "a.b")) == "a.b"


async def test_404_is_about_the_configuration_or_the_project() -> None:
    failure = await refused("404 Not Found", b'{"code":"not_found","message":"Invalid resource identifier"}')
    assert failure.field == "project"
    assert failure.what.startswith("LaunchDarkly can't find project web-shop (404)")
    async with client({}) as (ld, _):
        with pytest.raises(Failure, match=r"configuration 12ab in web-shop \(404\)") as caught:
            await ld.trigger("web-shop", "split", "12ab")
        assert (caught.value.field, caught.value.safe) == (None, Safe.NOTHING_STARTED)
        with pytest.raises(Failure, match="doesn't offer this API") as caught:
            await ld.list_configurations()
    assert caught.value.field == "host"


async def test_an_echoed_key_is_not_quoted_not_even_in_part() -> None:
    redactor = Redactor()
    redactor.add("the-s3cret-of-another")
    body = json.dumps({"message": f"bad {TOKEN} and the-s3cret-of-another {'x' * 190} {TOKEN}"}).encode()
    failure = await refused("400 Bad Request", body, redactor=redactor)
    assert "s3cret" not in str(failure)
    assert TOKEN[:8] not in str(failure)
    assert "bad •••• and ••••" in failure.what
    cut_within = json.dumps({"message": f"{'x' * 180} {TOKEN}"}).encode()
    assert TOKEN[:8] not in str(await refused("400 Bad Request", cut_within))


async def test_a_lost_answer_leaves_it_open() -> None:
    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        await request(raw, reader)
        reset(writer)

    async with client(handler) as (ld, _):
        with pytest.raises(Failure) as caught:
            await ld.create("p", "split", BODY)
    assert (caught.value.kind, caught.value.sent) == (Kind.UNREACHABLE, True)


async def test_a_token_that_cannot_be_sent_is_never_sent() -> None:
    async with serving(routed({})) as server, Http() as http:
        ld = LaunchDarkly(http, Instance(server.url, "here", server.url), SecretStr(f"{TOKEN}\n"))
        with pytest.raises(Failure) as caught:
            await ld.caller_identity()
        assert server.connections == 0
    assert (caught.value.kind, caught.value.field) == (Kind.CREDENTIAL, "token")
    assert TOKEN not in str(caught.value) + repr(caught.value)


# --- flags


async def test_archiving_is_a_semantic_patch_of_one_instruction() -> None:
    path = "PATCH /api/v2/flags/web%2Fshop/a%20b"
    async with client({path: answer()}) as (ld, raw):
        await ld.archive_flag("web/shop", "a b", "why")
        (seen,) = raw.seen
    head, body = seen.split(b"\r\n\r\n")
    assert b"content-type: application/json; domain-model=launchdarkly.semanticpatch" in head.lower()
    assert b"ld-api-version: 20240415" in head.lower()
    assert json.loads(body) == {"comment": "why", "instructions": [{"kind": "archiveFlag"}]}


async def test_a_flag_that_is_not_there() -> None:
    async with client({}) as (ld, _):
        assert await ld.whole_flag("p", "gone") is None
        await ld.delete_flag("p", "gone")
        with pytest.raises(Failure) as caught:
            await ld.archive_flag("p", "gone", "")
    assert caught.value.kind is Kind.NOT_FOUND


async def test_a_refusal_did_nothing_and_a_broken_server_may_have() -> None:
    for status in ("400 Bad Request", "409 Conflict", "403 Forbidden", "502 Bad Gateway"):
        async with client(answer(status)) as (ld, _):
            with pytest.raises(Failure) as archived:
                await ld.archive_flag("p", "k", "")
            with pytest.raises(Failure) as deleted:
                await ld.delete_flag("p", "k")
        broken = status.startswith("502")
        assert archived.value.sent is deleted.value.sent is broken
        if not broken:
            assert (archived.value.safe, deleted.value.safe) == (Safe.NOTHING_ARCHIVED, Safe.NOTHING_DELETED)


async def test_all_flags_of_a_large_project_with_their_states() -> None:
    with Sandbox.start(company=big_company(2), destination=big_destination(730)) as box:
        url = box.addresses()["launchdarkly"]["url"]
        async with Http() as http:
            ld = LaunchDarkly(http, Instance(url, url, url), SecretStr(TOKENS["writer"].value))
            environments = await ld.environments("web-shop")
            flags: dict[str, WholeFlag] = {}
            async for page in ld.whole_flags("web-shop", environments):
                flags |= {flag.key: flag for flag in page.fresh}
            newest = await ld.newest_flags("web-shop", 0, 50)
    assert len(flags) == 730 - 73
    assert {tuple(flag.environments or ()) for flag in flags.values()} == {environments}
    created = [flag.created or 0 for flag in newest.items]
    assert created == sorted(created, reverse=True)
    assert created[0] == max(flag.created or 0 for flag in flags.values())
