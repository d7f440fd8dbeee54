"""The practice LaunchDarkly's strictness, its reads and its rate limits."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.unit.sandbox_tools import FI, Clock, launchdarkly
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.sandbox.windows import Limits


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


@pytest.fixture
def ld(box: Sandbox) -> Iterator[httpx.Client]:
    with launchdarkly(box, version="20240415") as client:
        yield client


@pytest.mark.parametrize("sent", ["", "Bearer {}", "{} {}", "api-00000000-0000-0000-0000-000000000000"])
def test_only_the_raw_token_is_known(box: Sandbox, ld: httpx.Client, sent: str) -> None:
    token = TOKENS["writer"].value
    answer = ld.get("/api/v2/caller-identity", headers={"Authorization": sent.format(token, token)})
    assert answer.status_code == 401
    assert answer.json() == {"code": "unauthorized", "message": "Invalid access token"}


@pytest.mark.parametrize("version", ["20240415", ""])
def test_without_the_beta_header_flag_import_looks_forbidden(ld: httpx.Client, version: str) -> None:
    answer = ld.get(FI, headers={"LD-API-Version": version})
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    assert ld.get(FI, headers={"LD-API-Version": "beta"}).status_code == 200


def test_caller_identity_tells_members_from_services(box: Sandbox) -> None:
    found = {}
    for name in TOKENS.named:
        with launchdarkly(box, name) as client:
            found[name] = client.get("/api/v2/caller-identity").json()
    assert found["writer"]["serviceToken"] is False
    assert found["import-key"]["serviceToken"] is True
    assert "memberId" not in found["import-key"]
    accounts = {name: identity["accountId"] for name, identity in found.items()}
    others = {accounts.pop(name) for name in ("other-account", "other-import-key")}
    assert len(others) == len(set(accounts.values())) == 1
    assert others.isdisjoint(accounts.values())
    assert len({identity["tokenId"] for identity in found.values()}) == len(TOKENS.named)


def test_me_is_the_owner_and_nobody_for_a_service(box: Sandbox, ld: httpx.Client) -> None:
    me = ld.get("/api/v2/members/me").json()
    assert (me["firstName"], me["lastName"], me["email"], me["role"]) == (
        "Ana",
        "Ruiz",
        "ana@example.com",
        "writer",
    )
    assert ld.get(f"/api/v2/members/{me['_id']}").json() == me
    assert ld.get("/api/v2/members/ana@example.com").status_code == 404
    with launchdarkly(box, "import-key") as service:
        assert service.get("/api/v2/members/me").status_code == 404


def _followed(client: httpx.Client, path: str) -> list[str]:
    keys: list[str] = []
    while path:
        page = client.get(path).json()
        assert len(page["items"]) <= 20
        keys += [one["key"] for one in page["items"]]
        path = page["_links"].get("next", {}).get("href", "")
    return keys


def test_projects_come_in_pages_with_links_as_far_as_there_are_pages(ld: httpx.Client) -> None:
    keys = _followed(ld, "/api/v2/projects")
    assert len(keys) == len(set(keys)) == 42
    assert ld.get("/api/v2/projects").json()["totalCount"] == 42
    links = ld.get("/api/v2/projects", params={"limit": 20, "offset": 40}).json()["_links"]
    assert sorted(links) == ["first", "prev", "self"]
    assert links["prev"]["href"] == "/api/v2/projects?limit=20&offset=20"


def test_projects_are_found_by_a_piece_of_name_or_key(ld: httpx.Client) -> None:
    page = ld.get("/api/v2/projects", params={"filter": "query:WEB", "limit": 2}).json()
    assert page["totalCount"] == 4
    assert "filter=query%3AWEB" in page["_links"]["next"]["href"]
    assert [one["key"] for one in page["items"]] == ["web-shop", "web-shop-staging"]
    tagged = ld.get("/api/v2/projects", params={"filter": "query:web,tags:shop+tier-1"}).json()["items"]
    assert [one["key"] for one in tagged] == ["web-shop"]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "many"}, {"limit": "1001"}, {"offset": "-1"}])
def test_a_page_that_cannot_be_is_refused(ld: httpx.Client, query: dict[str, str]) -> None:
    answer = ld.get("/api/v2/projects", params=query)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


def test_one_project_and_its_environments(ld: httpx.Client) -> None:
    assert ld.get("/api/v2/projects/web-shop").json()["name"] == "Web Shop"
    expanded = ld.get("/api/v2/projects/web-shop", params={"expand": "environments"}).json()
    listed = ld.get("/api/v2/projects/web-shop/environments").json()
    assert expanded["environments"]["items"] == listed["items"]
    assert [one["key"] for one in listed["items"]] == ["production", "staging", "test", "development"]
    for path in ("/api/v2/projects/nope", "/api/v2/projects/nope/environments", "/api/v2/flags/nope"):
        assert ld.get(path).status_code == 404


def test_members_by_piece_of_name_or_mail_and_by_role(ld: httpx.Client) -> None:
    assert ld.get("/api/v2/members").json()["totalCount"] == 26
    for query in ("query:dvoř", "query:tomas@"):
        assert [one["lastName"] for one in ld.get("/api/v2/members", params={"filter": query}).json()["items"]] == [
            "Dvořák"
        ]
    admins = ld.get("/api/v2/members", params={"filter": "role:admin|owner"}).json()["items"]
    assert {one["role"] for one in admins} == {"admin", "owner"}
    invited = ld.get("/api/v2/members", params={"filter": "email:xavier@example.com"}).json()["items"]
    assert invited[0]["_pendingInvite"]
    assert "firstName" not in invited[0]


def test_tags_are_plain_strings(ld: httpx.Client) -> None:
    everything = ld.get("/api/v2/tags").json()
    assert all(isinstance(tag, str) for tag in everything["items"])
    assert {"payments", "tier-1"} <= set(everything["items"])
    assert "tier-1" not in ld.get("/api/v2/tags", params={"kind": "flag"}).json()["items"]
    assert ld.get("/api/v2/tags", params={"kind": "flag", "pre": "le"}).json()["items"] == ["legal"]


def test_flags_come_by_twenty_and_archived_ones_on_request_alone(ld: httpx.Client) -> None:
    keys = _followed(ld, "/api/v2/flags/web-shop")
    assert len(keys) == 24
    assert not {"old-banner", "promo-2025"} & set(keys)
    archived = ld.get("/api/v2/flags/web-shop", params={"filter": "state:archived"}).json()["items"]
    assert [one["key"] for one in archived] == ["old-banner", "promo-2025"]
    assert ld.get("/api/v2/flags/web-shop/old-banner").json()["archived"] is True
    assert ld.get("/api/v2/flags/web-shop/nope").status_code == 404


def test_flags_by_tag_and_order(ld: httpx.Client) -> None:
    one = ld.get("/api/v2/flags/web-shop", params={"tag": "payments"}).json()["items"]
    assert [flag["key"] for flag in one] == ["kill-payments"]
    both = ld.get("/api/v2/flags/web-shop", params={"filter": "tags:search+ui"}).json()["items"]
    assert [flag["key"] for flag in both] == ["colour-filter"]
    newest = ld.get("/api/v2/flags/web-shop", params={"sort": "-creationDate", "limit": 1}).json()["items"]
    assert newest[0]["key"] == "wish-list"
    assert ld.get("/api/v2/flags/web-shop", params={"filter": "creationDate:soon"}).status_code == 400


def test_environments_stand_in_a_flag_only_where_asked_for(ld: httpx.Client) -> None:
    assert "environments" not in ld.get("/api/v2/flags/web-shop").json()["items"][0]
    asked = ld.get("/api/v2/flags/web-shop", params={"env": "test"}).json()["items"][0]
    assert [(key, state["on"]) for key, state in asked["environments"].items()] == [("test", False)]
    assert len(ld.get("/api/v2/flags/web-shop/log-level").json()["environments"]) == 4


def test_another_account_sees_its_own_things(box: Sandbox) -> None:
    with launchdarkly(box, "other-account") as other:
        assert [one["key"] for one in other.get("/api/v2/projects").json()["items"]] == ["store", "web-shop"]
        assert other.get(FI).json()["items"] == []
        assert other.get("/api/v2/flags/web-shop").json()["items"] == []
        assert other.get("/api/v2/flags/mobile-app").status_code == 404


def test_what_is_not_there_is_told_in_json(ld: httpx.Client) -> None:
    assert ld.get("/api/v2/nothing").json()["code"] == "not_found"
    assert ld.get("/").status_code == 404
    wrong_verb = ld.put("/api/v2/projects")
    assert (wrong_verb.status_code, wrong_verb.json()["code"]) == (405, "method_not_allowed")


def test_every_answer_tells_where_the_limits_stand(box: Sandbox, ld: httpx.Client) -> None:
    for path, token in (("/api/v2/projects", "writer"), ("/api/v2/nothing", "writer"), (FI, "reader")):
        headers = ld.get(path, headers={"Authorization": TOKENS[token].value}).headers
        for name in ("Global-Remaining", "Route-Remaining", "Auth-Token-Remaining", "Reset"):
            assert int(headers[f"X-Ratelimit-{name}"]) >= 0


def test_a_window_runs_out_and_a_new_one_opens() -> None:
    clock = Clock(1_700_000_003.0)
    with Sandbox.start(now=clock, limits=Limits(reads=2)) as box, launchdarkly(box) as ld:
        left = [ld.get("/api/v2/projects").headers["X-Ratelimit-Route-Remaining"] for _ in range(2)]
        refused = ld.get("/api/v2/projects")
        assert left == ["1", "0"]
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["X-Ratelimit-Reset"] == "1700000010000"
        assert ld.get("/api/v2/members").status_code == 200  # another route has a window of its own
        clock.at = 1_700_000_010.0
        assert ld.get("/api/v2/projects").status_code == 200
