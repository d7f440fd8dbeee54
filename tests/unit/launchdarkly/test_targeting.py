"""What a rebuild reads of LaunchDarkly: environments, flags with their targeting, and changes that wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.targeting import TargetedFlag, parse_approvals, parse_targeted_flags
from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[LaunchDarkly]:
    url = box.addresses()["launchdarkly"]["url"]
    async with Http() as http:
        yield LaunchDarkly(http, Instance(url, "here", url), SecretStr(TOKENS["writer"].value))


async def test_environments_show_approvals_and_whether_they_are_critical(client: LaunchDarkly) -> None:
    settings = {each.key: each for each in await client.environment_settings("web-shop")}
    assert [*settings] == ["production", "staging", "test", "development"]
    assert (settings["production"].name, settings["production"].critical) == ("Production", True)
    assert (settings["staging"].critical, settings["staging"].approval_required) == (False, True)
    assert not settings["production"].approval_required


async def _flags(client: LaunchDarkly, environment: str) -> dict[str, TargetedFlag]:
    pages = client.targeted_flags("web-shop", environment)
    return {flag.key: flag async for page in pages for flag in page.fresh}


async def test_flags_have_the_targeting_of_one_environment(client: LaunchDarkly, box: Sandbox) -> None:
    greta = box.colleague()
    greta.add_rule("log-level", attribute="email", values=["ana@example.com"], variation=1)
    greta.add_target("log-level", "u-1")
    greta.add_target("log-level", "o-1", kind="organization")
    greta.require("log-level", "two-factor")
    flag = (await _flags(client, "production"))["log-level"]
    assert flag.targeting is not None
    assert flag.targeting.rules[0]["clauses"][0]["values"] == ["ana@example.com"]
    assert [target["values"] for target in flag.targeting.targets] == [["u-1"], ["o-1"]]
    assert flag.targeting.prerequisites[0]["key"] == "two-factor"
    assert flag.targeting.salt
    assert [*(flag.flag.environments or {})] == ["production"]
    assert len({*flag.variation_ids}) == len(flag.flag.variations)
    elsewhere = (await _flags(client, "staging"))["log-level"]
    assert elsewhere.targeting is not None
    assert elsewhere.targeting.rules == ()


async def test_an_environment_that_is_not_there_has_no_targeting(client: LaunchDarkly) -> None:
    assert {flag.targeting for flag in (await _flags(client, "nowhere")).values()} == {None}


async def test_waiting_changes_are_those_of_the_environment(client: LaunchDarkly, box: Sandbox) -> None:
    greta = box.colleague()
    greta.request_approval("log-level")
    greta.request_approval("dark-mode", "staging")
    assert await client.pending_approvals("web-shop", "production") == {"log-level"}
    assert await client.pending_approvals("web-shop", "staging") == {"dark-mode"}


@pytest.mark.parametrize("state", [None, [], "x", {"rules": "x", "targets": [7], "fallthrough": 1, "offVariation": {}}])
def test_an_odd_targeting_is_read_as_far_as_possible(state: object) -> None:
    item = {"key": "a", "variations": [{"value": True}, None, {"_id": 7}], "environments": {"production": state}}
    (flag,) = parse_targeted_flags({"items": [item]}, "production").items
    assert flag.variation_ids == ("", "7")
    if isinstance(state, dict):
        assert flag.targeting is not None
        assert (flag.targeting.rules, flag.targeting.targets, flag.targeting.off) == ((), (), None)
    else:
        assert flag.targeting is None


@pytest.mark.parametrize("value", [None, [], {"items": 7}, {"items": [{"key": ""}]}])
def test_what_is_no_list_of_flags_is_refused(value: object) -> None:
    with pytest.raises(Failure) as failure:
        parse_targeted_flags(value, "production")
    assert failure.value.kind is Kind.NOT_JSON


def test_an_approval_without_a_resource_is_about_no_flag() -> None:
    items = [{"_id": "1"}, {"resourceId": "proj/p:env/e:flag/a;tag"}, {"resourceId": "proj/p:env/e:segment/a"}, 7]
    assert [one.flag for one in parse_approvals({"items": items}, "p", "e").items] == ["", "a", "", ""]
