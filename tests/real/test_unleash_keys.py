"""What the check of a key says, against real servers: each kind of key, each way to get the address wrong."""

from __future__ import annotations

import socket

import pytest
from pydantic import SecretStr

from tests.real import unleash_seed as seed
from tests.real.unleash_server import Unleash
from tui.net.address import normal_base_url
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Connection, Remark, SourceReport
from tui.sources.unleash import check as unleash_check

pytestmark = pytest.mark.timeout(600)  # the first one may have to install the servers


async def check(unleash: Unleash, key: str, address: str = "", **answers: str) -> SourceReport:
    async with Http() as http:
        secret = SecretStr(unleash.keys[key])
        return await unleash_check.check_key(Connection(http, address or unleash.address, secret), answers)


async def refused(unleash: Unleash, key: str, address: str = "") -> Failure:
    with pytest.raises(Failure) as caught:
        await check(unleash, key, address)
    assert unleash.keys[key] not in repr(caught.value) + str(caught.value)
    return caught.value


async def one_remark(unleash: Unleash, key: str, **answers: str) -> Remark:
    (remark,) = (await check(unleash, key, **answers)).remarks
    return remark


def flags_in(unleash: Unleash, *projects: str) -> int:
    return len(seed.listed(unleash.version, *projects))


@pytest.mark.parametrize(("key", "environment"), [("production", seed.PRODUCTION), ("development", seed.DEVELOPMENT)])
async def test_a_key_of_one_project(unleash: Unleash, key: str, environment: str) -> None:
    report = await check(unleash, key, sourceProjectId="default", sourceEnvironmentId=environment)
    count = flags_in(unleash, seed.DEFAULT)
    assert report.text == f"reads project default, environment {environment}, {count} flags"
    assert (report.level, report.remarks, report.flags) == ("ok", (), count)
    assert (report.project, report.environment) == ("default", environment)


async def test_the_key_beats_what_was_typed(unleash: Unleash) -> None:
    report = await check(unleash, "shop", sourceProjectId="default", sourceEnvironmentId="staging")
    assert [(one.level, one.field, one.instead) for one in report.remarks] == [
        ("problem", "sourceEnvironmentId", ("production",)),
        ("problem", "sourceProjectId", ("web-shop",)),
    ]


async def test_a_key_of_two_projects(unleash: Unleash) -> None:
    report = await check(unleash, "both")
    count = flags_in(unleash)
    assert report.text == f"reads projects default and web-shop, environment production, {count} flags"
    assert (report.project, report.every_project) == (None, False)
    before = await one_remark(unleash, "both")
    assert (before.level, before.instead) == ("note", ("default", "web-shop"))
    chosen = await one_remark(unleash, "both", sourceProjectId="web-shop")
    assert (chosen.level, chosen.field) == ("warning", "sourceProjectId")
    assert "default as well as web-shop" in chosen.text


async def test_a_key_of_every_project(unleash: Unleash) -> None:
    report = await check(unleash, "everything")
    assert report.text == f"reads every project, environment production, {flags_in(unleash)} flags"
    assert (report.every_project, report.projects) == (True, ("default", "web-shop"))
    assert (await one_remark(unleash, "everything")).level == "note"
    chosen = await one_remark(unleash, "everything", sourceProjectId="web-shop")
    assert (chosen.level, "every project, including default" in chosen.text) == ("warning", True)
    absent = await one_remark(unleash, "everything", sourceProjectId="nowhere")
    assert (absent.level, absent.instead) == ("warning", ("default", "web-shop"))
    assert "no flags in nowhere" in absent.text


@pytest.mark.parametrize("key", ["admin", "personal"])
async def test_a_token_that_is_no_sdk_key(unleash: Unleash, key: str) -> None:
    remark = await one_remark(unleash, key, sourceEnvironmentId="production")
    assert (remark.level, remark.field) == ("problem", "sourceApiKey")
    assert remark.text.startswith("This is an admin or personal token, not an SDK key")


async def test_a_frontend_key(unleash: Unleash) -> None:
    failure = await refused(unleash, "frontend")
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 403, "sourceApiKey")
    assert failure.what == "Unleash rejected the SDK key (403): it is a frontend key."


@pytest.mark.parametrize("key", ["deleted", "expired", "unknown"])
async def test_a_key_that_is_none_any_more(unleash: Unleash, key: str) -> None:
    failure = await refused(unleash, key)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 401, "sourceApiKey")
    assert failure.what == "Unleash rejected the SDK key (401)."
    assert "header" not in str(failure), "Unleash blames a missing header"


@pytest.mark.parametrize("tail", ["", "/", "//", "/api", "/api/", "/api/client/features", "/?x=1"])
async def test_an_address_that_normalising_makes_right(unleash: Unleash, tail: str) -> None:
    base = normal_base_url(unleash.address + tail).url
    assert base == unleash.address
    assert (await check(unleash, "shop", base)).flags == flags_in(unleash, seed.SHOP)


async def test_a_slash_at_the_end_does_no_harm(unleash: Unleash) -> None:
    assert (await check(unleash, "shop", f"{unleash.address}/")).level == "ok"


async def test_an_address_with_api_left_in_it(unleash: Unleash) -> None:
    failure = await refused(unleash, "production", f"{unleash.address}/api")
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 404, "sourceBaseUrl")
    assert (failure.remedy, failure.about) == (Remedy.TRY_ADDRESS, unleash.address)


@pytest.mark.parametrize("path", ["/projects/default", "/health", "/unleash", "/admin/api"])
async def test_an_address_of_a_page_of_unleash(unleash: Unleash, path: str) -> None:
    failure = await refused(unleash, "production", unleash.address + path)
    assert (failure.kind, failure.status_code, failure.field) == (Kind.NOT_JSON, 200, "sourceBaseUrl")
    assert failure.what.endswith(f"{path} responded with a web page, not with flags.")
    assert (failure.remedy, failure.about) == (Remedy.TRY_ADDRESS, unleash.address)


async def test_a_port_where_nobody_listens(unleash: Unleash) -> None:
    with socket.socket() as taken:  # bound and not listening: refused for as long as this lasts
        taken.bind(("127.0.0.1", 0))
        failure = await refused(unleash, "production", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (failure.kind, failure.field) == (Kind.UNREACHABLE, "sourceBaseUrl")
