"""The calls about flags over real sockets, and flags read from whatever LaunchDarkly sends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from tests.unit import raw_http
from tests.unit.sandbox_tools import big_company, big_destination
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import FlagState, FlagVariation, WholeFlag, parse, parse_page
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Safe
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox

FLAG = {
    "key": "checkout",
    "name": "Checkout",
    "description": "d",
    "tags": ["a"],
    "variations": [{"value": True, "name": "on"}, {"value": {"x": 1}}],
    "defaults": {"onVariation": 0, "offVariation": 1},
    "maintainerId": "m1",
    "archived": False,
    "creationDate": 5,
    "_version": 3,
    "environments": {"test": {"on": True, "version": 7, "lastModified": "9"}},
}


def test_a_flag_is_read_whole() -> None:
    assert parse(WholeFlag, FLAG) == WholeFlag(
        key="checkout",
        name="Checkout",
        description="d",
        tags=("a",),
        variations=(FlagVariation(True, "on"), FlagVariation({"x": 1}, "")),
        on=0,
        off=1,
        maintainer="m1",
        archived=False,
        created=5,
        version=3,
        environments={"test": FlagState(True, 7, 9, None)},
    )


def test_states_that_are_not_told_are_not_off() -> None:
    bare = {key: value for key, value in FLAG.items() if key != "environments"}
    assert parse(WholeFlag, bare).environments is None
    assert parse(WholeFlag, {**FLAG, "environments": {}}).environments == {}


@pytest.mark.parametrize("value", [None, {}, {"items": None}, {"items": [{}]}, {"items": [{"key": 7.5e300}]}])
def test_what_is_no_list_of_flags_is_refused(value: object) -> None:
    with pytest.raises(Failure):
        parse_page(WholeFlag, value)


@asynccontextmanager
async def client(url: str) -> AsyncIterator[LaunchDarkly]:
    async with Http() as http:
        yield LaunchDarkly(http, Instance(url, url, url), SecretStr(TOKENS["writer"].value))


async def test_archiving_is_a_semantic_patch_of_one_instruction() -> None:
    path = "PATCH /api/v2/flags/web%2Fshop/a%20b"
    async with raw_http.serving(raw_http.routed({path: raw_http.answer()})) as raw, client(raw.url) as ld:
        await ld.archive_flag("web/shop", "a b", "why")
        (seen,) = raw.seen
    head, body = seen.split(b"\r\n\r\n")
    assert b"content-type: application/json; domain-model=launchdarkly.semanticpatch" in head.lower()
    assert b"ld-api-version: 20240415" in head.lower()
    assert json.loads(body) == {"comment": "why", "instructions": [{"kind": "archiveFlag"}]}


async def test_a_flag_that_is_not_there() -> None:
    async with raw_http.serving(raw_http.routed({})) as raw, client(raw.url) as ld:
        assert await ld.whole_flag("p", "gone") is None
        await ld.delete_flag("p", "gone")
        with pytest.raises(Failure) as refused:
            await ld.archive_flag("p", "gone", "")
    assert refused.value.kind is Kind.NOT_FOUND


@pytest.mark.parametrize("status", ["400 Bad Request", "409 Conflict", "403 Forbidden"])
async def test_a_refusal_says_that_nothing_was_done(status: str) -> None:
    async with raw_http.serving(raw_http.always(raw_http.answer(status))) as raw, client(raw.url) as ld:
        with pytest.raises(Failure) as refused:
            await ld.archive_flag("p", "k", "")
        assert (refused.value.safe, refused.value.sent) == (Safe.NOTHING_ARCHIVED, False)
        with pytest.raises(Failure) as refused:
            await ld.delete_flag("p", "k")
        assert refused.value.safe is Safe.NOTHING_DELETED


async def test_a_broken_server_may_have_archived_it() -> None:
    async with raw_http.serving(raw_http.always(raw_http.answer("502 Bad Gateway"))) as raw, client(raw.url) as ld:
        with pytest.raises(Failure) as broken:
            await ld.archive_flag("p", "k", "")
    assert broken.value.sent


async def test_all_flags_of_a_large_project_with_their_states() -> None:
    with Sandbox.start(company=big_company(2), destination=big_destination(730)) as box:
        url = box.addresses()["launchdarkly"]["url"]
        async with client(url) as ld:
            environments = await ld.environments("web-shop")
            found: dict[str, WholeFlag] = {}
            async for page in ld.whole_flags("web-shop", environments):
                found |= {flag.key: flag for flag in page.fresh}
            newest = await ld.newest_flags("web-shop", 0, 50)
    assert len(found) == 730 - 73
    assert {tuple(flag.environments or ()) for flag in found.values()} == {environments}
    made = [flag.created or 0 for flag in newest.items]
    assert made == sorted(made, reverse=True)
    assert made[0] == max(flag.created or 0 for flag in found.values())
