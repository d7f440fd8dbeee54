"""How the check of a key and the listing of flags fail: the kind, the field at fault or none, and advice that helps."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.unit.net.test_tls import NAME, PASSWORD, certificate
from tests.unit.raw_http import always, answer, free_port
from tests.unit.raw_http import serving as raw_serving
from tests.unit.sources import unleash_made
from tests.unit.sources_server import Handler, Reply, Scripted, json_values, replies, serving, texts
from tests.unit.split_made import ANSWERS, KEY, MadeSplit, listed, no_wait
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Answers, Connection, SourceReport
from tui.sources.registry import SOURCES
from tui.sources.split.client import DEFAULT_ADDRESS
from tui.sources.unleash.check import check_helper

KEYS = {"split": KEY, "unleash": unleash_made.KEY}
FIELDS = {"split": dict(ANSWERS), "unleash": unleash_made.ANSWERS}
AT_KEY = {"split": "workspaceApiKey", "unleash": "sourceApiKey"}
AT_ADDRESS = {"split": None, "unleash": "sourceBaseUrl"}
NOWHERE = {"split": None, "unleash": None}
REPEATS = {Remedy.TRY_AGAIN, Remedy.TRY_LATER, Remedy.SEND_AFTER}


async def checked(source: str, url: str, key: str = "") -> Failure:
    async with Http(sleep=no_wait) as http:
        with pytest.raises(Failure) as caught:
            await SOURCES[source].check_key(Connection(http, url, SecretStr(key or KEYS[source])), FIELDS[source])
    assert str(caught.value).isprintable()
    assert not any(secret in str(caught.value) + repr(caught.value) for secret in (PASSWORD, KEYS[source]))
    return caught.value


async def not_listed(source: str, handler: Handler, key: str = "", **answers: str) -> Failure:
    entered = {**FIELDS[source], **answers}
    failure = (await listed(handler, entered, source=source, key=key or KEYS[source], base="")).failure
    assert failure is not None
    return failure


def page(status: int) -> Reply:
    return Reply(status, "<html>Sign in</html>", "text/html")


DEEP = b'{"features": ' + b"[" * 600 + b"]" * 600 + b"}"
NO_JSON = [b"{", b"[" * 100_000, DEEP, b'{"features": [' + b"9" * 5000 + b"]}", b"\xff"]
OTHER_DATA: list[object] = [{}, [], {"objects": None, "features": None}, {"objects": {}, "features": {}}, None, 3]
# What a server answers to everything; the kind, the field at fault, and the exit code of the failure
ANSWERED: dict[str, tuple[Reply, Kind, dict[str, str | None] | dict[str, None] | dict[str, str], int]] = {
    "unknown key": (Reply(401, {"message": "no"}), Kind.SOURCE, AT_KEY, 3),
    "unknown key, plain": (Reply(401, "Unauthorized", "text/plain"), Kind.SOURCE, AT_KEY, 3),
    "forbidden": (Reply(403, {"message": "IP \x1b[31mnot allowed"}), Kind.SOURCE, AT_KEY, 3),
    "400 without a word": (Reply(400, b""), Kind.SOURCE, AT_KEY, 5),
    "400 with an empty message": (Reply(400, {"code": 400, "message": ""}), Kind.SOURCE, AT_KEY, 5),
    "not found": (Reply(404, {"message": "no route"}), Kind.SOURCE, AT_ADDRESS, 5),
    "failing": (Reply(500, {"message": "boom"}), Kind.SOURCE, NOWHERE, 5),
    "failing page": (page(502), Kind.SOURCE, NOWHERE, 5),
    "network login": (Reply(511, b""), Kind.SOURCE, NOWHERE, 5),
    "long pause": (Reply(429, {}, headers={"Retry-After": "3600"}), Kind.RATE_LIMITED, NOWHERE, 5),
    "redirect": (Reply(302, b"", headers={"Location": "https://login.example.com/"}), Kind.REDIRECT, AT_ADDRESS, 5),
    **{f"page {status}": (page(status), Kind.NOT_JSON, AT_ADDRESS, 5) for status in (200, 401, 403)},
    **{f"nothing {status}": (Reply(status, b""), Kind.NOT_JSON, NOWHERE, 5) for status in (200, 204, 300, 304)},
    **{f"data {body!r}": (Reply(200, json.dumps(body)), Kind.NOT_JSON, AT_ADDRESS, 5) for body in OTHER_DATA},
    **{f"no JSON {body[:14]!r}": (Reply(200, body), Kind.NOT_JSON, AT_ADDRESS, 5) for body in NO_JSON},
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", ANSWERED)
async def test_failure_names_the_field_only_if_it_is_at_fault(source: str, case: str) -> None:
    reply, kind, fields, exit_code = ANSWERED[case]
    async with serving(lambda _: reply) as server:
        failures = [await checked(source, server.url), await not_listed(source, lambda _: reply)]
    for failure in failures:
        assert (failure.kind, failure.status_code) == (kind, reply.status)
        assert (failure.field, failure.exit_code) == (fields[source], exit_code)
        assert failure.remedy is not Remedy.TRY_ADDRESS, "there is no path to leave out"
        if case.startswith("nothing") or reply.status == 511:
            assert failure.remedy not in REPEATS
        if case.startswith("data"):
            assert failure.at_address


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("status", [400, 402, 405, 406, 408, 410, 413, 415, 418, 422, 426, 431, 451])
async def test_nobody_is_told_to_repeat_what_will_be_refused_again(source: str, status: int) -> None:
    for body in ({"code": status, "message": "no"}, b"x"):
        failure = await not_listed(source, lambda _, body=body: Reply(status, body))  # type: ignore[misc]
        assert (failure.kind, failure.status_code) == (Kind.SOURCE, status)
        assert failure.remedy not in REPEATS
        if status in (402, 406, 415, 426):
            assert failure.field is None


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
        failure = await not_listed("unleash", lambda _, body=body: Reply(400, body), **answers)  # type: ignore[misc]
        assert failure.field == field


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("key", ["a\u200bb", "line\nbreak"])
async def test_a_key_that_cannot_be_sent_is_not_sent(source: str, key: str) -> None:
    async with serving(lambda _: Reply(200, {})) as server:
        failure = await checked(source, server.url, key)
    assert (failure.kind, failure.field, server.asked) == (Kind.CREDENTIAL, AT_KEY[source], [])


@pytest.mark.parametrize("reply", [Reply(404, b""), Reply(404, "Not Found"), Reply(404, {"message": "no route"})])
async def test_a_wrong_address_of_split_is_not_a_wrong_workspace(reply: Reply) -> None:
    failure = await not_listed("split", lambda _: reply)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 404, None)
    assert (failure.remedy, failure.about) == (Remedy.USUAL_ADDRESS, DEFAULT_ADDRESS)


@pytest.mark.parametrize("reply", [Reply(404, {"code": 404, "message": "no"}), Reply(404, b"")])
async def test_a_workspace_that_does_not_exist_is_at_fault_if_the_address_is_right(reply: Reply) -> None:
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
        ("user:v2.0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
        ("0123456789abcdef", Kind.CREDENTIAL, "sourceApiKey"),
    ],
)
async def test_an_answer_without_environment_blames_a_token_or_the_server(
    key: str, kind: Kind, field: str | None
) -> None:
    failure = await not_listed("unleash", lambda _: AUTH_NONE, key)
    assert (failure.kind, failure.field) == (kind, field)
    async with serving(lambda _: AUTH_NONE) as server, Http() as http:
        report = await SOURCES["unleash"].check_key(Connection(http, server.url, SecretStr(key)), FIELDS["unleash"])
    assert [(remark.level, remark.field) for remark in report.remarks] == [("problem", "sourceApiKey")]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:{closed}", "http://a:b@127.0.0.1:{proxy}", "127.0.0.1:99999"])
async def test_a_proxy_at_fault_is_named_and_no_field_is(
    source: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw_serving(always(answer("407 Auth", b""))) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.format(closed=free_port(), proxy=server.port))
        failure = await checked(source, f"https://{NAME}")
    assert (failure.kind, failure.field, failure.at_address) == (Kind.UNREACHABLE, None, False)
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
        assert (failure.kind, failure.field, failure.at_address) == (Kind.TLS, AT_ADDRESS[source], True)
    failure = await checked(source, f"http://127.0.0.1:{free_port()}")
    assert (failure.kind, failure.field) == (Kind.UNREACHABLE, AT_ADDRESS[source])


# --- any answer


async def _list(connection: Connection, source: str, answers: Answers) -> str:
    flags = [flag async for batch in SOURCES[source].list_flags(connection, answers) for flag in batch.flags]
    assert all(flag.key for flag in flags)
    return ""


FIELD_NAMES: dict[str, dict[str, str]] = {
    "split": {"project": "workspaceId", "environment": "environmentId", "tag": "splitTag"},
    "unleash": {"project": "sourceProjectId", "environment": "sourceEnvironmentId", "tag": "sourceTag"},
}
Operation = Callable[[Connection, str, Answers], Awaitable[object]]
OPERATIONS: dict[str, Operation] = {
    "check": lambda connection, source, answers: SOURCES[source].check_key(connection, answers),
    "count": lambda connection, source, answers: SOURCES[source].count_flags(connection, answers),
    "list": _list,
    **{f"discover {name}": lambda connection, source, answers, name=name: SOURCES[source].discover(  # type: ignore[misc]
            connection, FIELD_NAMES[source][name], answers, connection.key if source == "unleash" else None)
       for name in ("project", "environment", "tag")},
    "check a read-only token": lambda connection, source, answers: check_helper(connection),
}  # fmt: skip
_ITEM = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("id", "name", "project", "projects", "environment", "strategies"), json_values)
)
_ITEMS = st.lists(json_values | _ITEM, max_size=4)
_BODY = st.fixed_dictionaries(
    {"objects": _ITEMS, "features": _ITEMS},
    optional={"query": _ITEM | json_values, "totalCount": json_values | st.integers(0, 3), "projects": _ITEMS,
              **dict.fromkeys(("message", "segments", "user", "environments", "tags"), json_values)},
)  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=120)
@given(
    name=st.sampled_from(sorted(OPERATIONS)),
    scripted=st.lists(replies(_BODY), min_size=2, max_size=2),
    project=texts,
    environment=texts,
)
async def test_no_answer_raises_anything_but_a_failure(
    source: str, name: str, scripted: list[tuple[int, bytes]], project: str, environment: str
) -> None:
    fields = FIELD_NAMES[source]
    answers = {**FIELDS[source], fields["project"]: project, fields["environment"]: environment}
    connection = Connection(Scripted(scripted * 4), "https://example.com", SecretStr(KEYS[source]))
    try:
        outcome = await OPERATIONS[name](connection, source, answers)
        text = outcome.text if isinstance(outcome, SourceReport) else str(outcome or "")
        remarks = outcome.remarks if isinstance(outcome, SourceReport) else ()
        assert all(remark.text.isprintable() for remark in remarks)
    except Failure as failure:
        text = str(failure)
    except IndexError:  # the script is at its end
        return
    assert text.isprintable()
