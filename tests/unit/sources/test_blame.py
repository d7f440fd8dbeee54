"""What a source's answers are blamed on: the field at fault or none, and advice that can help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.unit.net.test_tls import NAME, PASSWORD, certificate
from tests.unit.raw_http import Raw, Reader, Writer, always, answer, free_port
from tests.unit.raw_http import serving as raw_serving
from tests.unit.sources_server import Reply, serving
from tests.unit.split_made import ANSWERS, KEY, MadeSplit, listed
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Connection
from tui.sources.registry import SOURCES
from tui.sources.split import client as split_client
from tui.sources.unleash import check as unleash_check

KEYS = {"split": KEY, "unleash": "default:development.0123456789abcdef0123456789abcdef"}
FIELDS = {"split": dict(ANSWERS), "unleash": {"sourceProjectId": "default", "sourceEnvironmentId": "development"}}
ADDRESS = {"split": None, "unleash": "sourceBaseUrl"}
REPEATS = {Remedy.TRY_AGAIN, Remedy.TRY_LATER, Remedy.SEND_AFTER}
KEY_FIELD = {"split": "workspaceApiKey", "unleash": "sourceApiKey"}


async def blamed(source: str, reply: Reply, **answers: str) -> Failure:
    """How a listing fails where the source answers `reply` to everything."""
    given = {**FIELDS[source], **answers}
    failure = (await listed(lambda _: reply, given, source=source, key=KEYS[source], base="")).failure
    assert failure is not None
    return failure


async def checked(source: str, url: str) -> Failure:
    async with Http() as http:
        with pytest.raises(Failure) as caught:
            await SOURCES[source].check_key(Connection(http, url, SecretStr(KEYS[source])), FIELDS[source])
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("status", [400, 402, 405, 406, 408, 410, 413, 415, 418, 422, 426, 431, 451])
async def test_nobody_is_told_to_repeat_what_will_be_refused_again(source: str, status: int) -> None:
    for body in ({"code": status, "message": "no"}, b"x"):
        failure = await blamed(source, Reply(status, body))
        assert (failure.kind, failure.status_code) == (Kind.SOURCE, status)
        assert failure.remedy not in REPEATS
        if status in (402, 406, 415, 426):
            assert failure.field is None


@pytest.mark.parametrize("source", SOURCES)
async def test_a_400_without_a_word_is_about_the_key(source: str) -> None:
    failure = await blamed(source, Reply(400, b""))
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 400, KEY_FIELD[source])


async def test_a_400_after_the_key_worked_is_not_about_the_key() -> None:
    made = MadeSplit()
    made.before = lambda asked, offset: Reply(400, b"") if offset == 100 else None
    failure = (await listed(made)).failure
    assert failure is not None
    assert (failure.status_code, failure.field) == (400, None)


@pytest.mark.parametrize(
    ("answers", "message", "field"),
    [
        ({}, "must be URL friendly", "sourceProjectId"),
        ({"sourceTag": "simple:a"}, "the TAG is odd", "sourceTag"),
        ({"sourceTag": "simple:a"}, "the project is odd", "sourceProjectId"),
        ({"sourceTag": "simple:a"}, "odd", None),
        ({"sourceTag": "a"}, "odd", "sourceTag"),
    ],
)
async def test_a_400_of_unleash_is_about_what_it_names(
    answers: dict[str, str], message: str, field: str | None
) -> None:
    for body in ({"message": message}, {"message": "", "details": [{"message": message}]}):
        assert (await blamed("unleash", Reply(400, body), **answers)).field == field


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "body", [{}, [], {"objects": None, "features": None}, {"objects": {}, "features": {}}, None, 3]
)
async def test_data_of_another_program_is_about_the_address(source: str, body: object) -> None:
    failure = await blamed(source, Reply(200, json.dumps(body)))
    assert (failure.kind, failure.field, failure.at_address) == (Kind.NOT_JSON, ADDRESS[source], True)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("status", [200, 401, 403])
async def test_a_page_is_not_about_the_key(source: str, status: int) -> None:
    failure = await blamed(source, Reply(status, "<html>Sign in</html>", "text/html"))
    assert (failure.kind, failure.status_code, failure.field) == (Kind.NOT_JSON, status, ADDRESS[source])


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("reply", [Reply(502, "<html>", "text/html"), Reply(500, {"message": "boom"})])
async def test_a_failing_server_is_about_no_field(source: str, reply: Reply) -> None:
    failure = await blamed(source, reply)
    assert (failure.kind, failure.exit_code, failure.field) == (Kind.SOURCE, 5, None)


@pytest.mark.parametrize("source", SOURCES)
async def test_a_pause_that_is_too_long_is_about_no_field(source: str) -> None:
    failure = await blamed(source, Reply(429, {"message": "slow"}, headers={"Retry-After": "3600"}))
    assert (failure.kind, failure.field) == (Kind.RATE_LIMITED, None)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("key", ["", "a\u200bb", "line\nbreak"])
async def test_a_key_that_cannot_be_sent_is_not_sent(source: str, key: str) -> None:
    async with serving(lambda _: Reply(200, {})) as server, Http() as http:
        with pytest.raises(Failure) as caught:
            await SOURCES[source].check_key(Connection(http, server.url, SecretStr(key)), FIELDS[source])
    assert (caught.value.kind, caught.value.field, server.asked) == (Kind.CREDENTIAL, KEY_FIELD[source], [])


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Kind.NOT_JSON), (204, Kind.NOT_JSON), (300, Kind.NOT_JSON), (304, Kind.NOT_JSON), (511, Kind.SOURCE)],
)
async def test_answers_that_say_nothing_about_the_address(source: str, status: int, kind: Kind) -> None:
    failure = await blamed(source, Reply(status, b""))
    assert (failure.kind, failure.status_code, failure.field, failure.exit_code) == (kind, status, None, 5)
    assert failure.remedy not in REPEATS


@pytest.mark.parametrize("reply", [Reply(404, b""), Reply(404, "Not Found"), Reply(404, {"message": "no route"})])
async def test_a_wrong_address_of_split_is_not_a_wrong_workspace(reply: Reply) -> None:
    failure = await blamed("split", reply)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 404, None)
    assert (failure.remedy, failure.about) == (Remedy.USUAL_ADDRESS, split_client.DEFAULT_ADDRESS)


@pytest.mark.parametrize("reply", [Reply(404, {"code": 404, "message": "no"}), Reply(404, b"")])
async def test_a_workspace_that_is_not_there_is_one_all_the_same(reply: Reply) -> None:
    made = MadeSplit()
    made.before = lambda asked, offset: (
        Reply(200, {"objects": [], "totalCount": 0}) if asked.path.endswith("/workspaces") else reply
    )
    failure = (await listed(made)).failure
    assert failure is not None
    assert (failure.status_code, failure.field) == (404, "workspaceId")


AUTH_NONE = Reply(200, {"version": 2, "features": [{"name": "a"}], "query": {"inlineSegmentConstraints": True}})


@pytest.mark.parametrize(
    ("key", "kind", "field"),
    [
        ("default:development.0123456789abcdef", Kind.SOURCE, None),
        ("*:production.0123456789abcdef", Kind.SOURCE, None),
        ("[]:eu.west.production.0123456789abcdef", Kind.SOURCE, None),
        ("*:*.0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
        ("default:*.0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
        ("user:0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
        ("user:v2.0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
        ("0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
    ],
)
async def test_an_answer_without_environment_blames_a_token_or_the_server(
    key: str, kind: Kind, field: str | None
) -> None:
    failure = (await listed(lambda _: AUTH_NONE, FIELDS["unleash"], source="unleash", key=key, base="")).failure
    assert failure is not None
    assert (failure.kind, failure.field) == (kind, field)


async def test_a_server_that_ignores_keys_stops_the_check_of_the_key() -> None:
    async with serving(lambda _: AUTH_NONE) as server, Http() as http:
        report = await unleash_check.check_key(
            Connection(http, server.url, SecretStr(KEYS["unleash"])), FIELDS["unleash"]
        )
    assert [(each.level, each.field) for each in report.remarks] == [("problem", "sourceApiKey")]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "value", ["http://127.0.0.1:{closed}", "http://a:b@127.0.0.1:{proxy}", "https://127.0.0.1:{proxy}",
    "http://nowhere.invalid:1", "127.0.0.1:99999", "socks5://127.0.0.1:1", f"http://a:{PASSWORD}#@proxy:1"]
)  # fmt: skip
@pytest.mark.parametrize("proxy", [answer("407 Auth", b""), answer("502 Bad", b""), b"SSH-2.0-OpenSSH\r\n"])
async def test_a_proxy_at_fault_is_named_and_no_field_is(
    source: str, value: str, proxy: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def speaks_first(raw: Raw, reader: Reader, writer: Writer) -> None:
        writer.write(proxy)
        await writer.drain()
        await reader.read(10_000)

    async with raw_serving(speaks_first) as server:
        monkeypatch.setenv("HTTPS_PROXY", value.format(closed=free_port(), proxy=server.port))
        failure = await checked(source, f"https://{NAME}")
    assert failure.kind in (Kind.UNREACHABLE, Kind.TLS)
    assert (failure.field, failure.at_address) == (None, False)
    assert "HTTPS_PROXY" in f"{failure} {failure.about}"


@pytest.mark.parametrize("source", SOURCES)
async def test_an_authority_at_fault_is_no_field_and_a_wrong_name_is_the_address(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert = certificate(tmp_path)
    async with raw_serving(always(answer()), cert.context) as server:
        failure = await checked(source, f"https://localhost:{server.port}")
        assert (failure.kind, failure.field, failure.at_address) == (Kind.TLS, None, False)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert.file))
        failure = await checked(source, server.url)
        assert (failure.kind, failure.field, failure.at_address) == (Kind.TLS, ADDRESS[source], True)
