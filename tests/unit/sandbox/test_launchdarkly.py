"""The practice LaunchDarkly's strictness, its reads and its rate limits."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.unit.sandbox_tools import FI, Clock, launchdarkly
from tui.sandbox.clock import Limits
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
def ld(box: Sandbox) -> Iterator[httpx.Client]:
    with launchdarkly(box, version="20240415") as client:
        yield client


@pytest.mark.parametrize("sent", ["", "Bearer {}", "{} {}", "api-00000000-0000-0000-0000-000000000000"])
def test_only_the_raw_token_is_known(ld: httpx.Client, sent: str) -> None:
    token = TOKENS["writer"].value
    response = ld.get("/api/v2/caller-identity", headers={"Authorization": sent.format(token, token)})
    assert response.status_code == 401
    assert response.json() == {"code": "unauthorized", "message": "Invalid access token"}


def test_caller_identity_distinguishes_members_services_and_accounts(box: Sandbox) -> None:
    found = {}
    for name in TOKENS:
        with launchdarkly(box, name) as client:
            found[name] = client.get("/api/v2/caller-identity").json()
    assert (found["writer"]["serviceToken"], found["import-key"]["serviceToken"]) == (False, True)
    assert "memberId" not in found["import-key"]
    accounts = {name: identity["accountId"] for name, identity in found.items()}
    others = {accounts.pop(name) for name in ("other-account", "other-import-key")}
    assert len(others) == len(set(accounts.values())) == 1
    assert others.isdisjoint(accounts.values())
    assert len({identity["tokenId"] for identity in found.values()}) == len(TOKENS)


def test_me_is_the_owner_of_the_token(box: Sandbox, ld: httpx.Client) -> None:
    me = ld.get("/api/v2/members/me").json()
    assert (me["firstName"], me["lastName"], me["email"], me["role"]) == ("Ana", "Ruiz", "ana@example.com", "writer")
    assert ld.get(f"/api/v2/members/{me['_id']}").json() == me
    assert ld.get("/api/v2/members/ana@example.com").status_code == 404
    with launchdarkly(box, "import-key") as service:
        assert service.get("/api/v2/members/me").status_code == 404


def _keys(client: httpx.Client, path: str) -> list[str]:
    """All pages, by their links."""
    keys: list[str] = []
    while path:
        page = client.get(path).json()
        assert len(page["items"]) <= 20
        keys += [item["key"] for item in page["items"]]
        path = page["_links"].get("next", {}).get("href", "")
    return keys


def test_pages_link_only_pages_that_exist(ld: httpx.Client) -> None:
    keys = _keys(ld, "/api/v2/projects")
    assert len(keys) == len(set(keys)) == ld.get("/api/v2/projects").json()["totalCount"] == 42
    links = ld.get("/api/v2/projects", params={"limit": 20, "offset": 40}).json()["_links"]
    assert sorted(links) == ["self"]
    for query in ({"limit": "0"}, {"limit": "many"}, {"limit": "1001"}, {"offset": "-1"}):
        assert ld.get("/api/v2/projects", params=query).json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("path", "query", "field", "found"),
    [
        ("projects", {"filter": "query:WEB", "limit": 2}, "key", ["web-shop", "web-shop-staging"]),
        ("projects", {"sort": "name", "limit": 2}, "key", ["api-gateway", "analytics"]),
        ("members", {"filter": "query:dvoř"}, "lastName", ["Dvořák"]),
        ("members", {"filter": "query:tomas@"}, "lastName", ["Dvořák"]),
        ("members", {"filter": "query:xavier"}, "firstName", [None]),
        ("flags/web-shop", {"filter": "state:archived"}, "key", ["old-banner", "promo-2025"]),
        ("flags/web-shop", {"tag": "payments"}, "key", ["kill-payments"]),
        ("flags/web-shop", {"sort": "-creationDate", "limit": 1}, "key", ["wish-list"]),
    ],
)
def test_lists_are_filtered_and_sorted(
    ld: httpx.Client, path: str, query: dict[str, object], field: str, found: list[str | None]
) -> None:
    page = ld.get(f"/api/v2/{path}", params={name: str(value) for name, value in query.items()}).json()
    assert [item.get(field) for item in page["items"]] == found


def test_flags_are_listed_without_archived_ones(ld: httpx.Client) -> None:
    keys = _keys(ld, "/api/v2/flags/web-shop")
    assert len(keys) == 24
    assert not {"old-banner", "promo-2025"} & set(keys)
    assert ld.get("/api/v2/flags/web-shop/old-banner").json()["archived"] is True


def test_other_account_sees_its_own_projects(box: Sandbox) -> None:
    with launchdarkly(box, "other-account") as other:
        assert [item["key"] for item in other.get("/api/v2/projects").json()["items"]] == ["store", "web-shop"]
        assert other.get(FI).json()["items"] == other.get("/api/v2/flags/web-shop").json()["items"] == []
        assert other.get("/api/v2/flags/mobile-app").status_code == 404


@pytest.mark.parametrize(
    "path", ["", "/api/v2/nothing", "/api/v2/projects/x", "/api/v2/projects/x/environments", "/api/v2/flags/x",
             "/api/v2/flags/web-shop/x"],
)  # fmt: skip
def test_missing_things_are_404_in_json(ld: httpx.Client, path: str) -> None:
    assert ld.get(path).json()["code"] == "not_found"
    assert ld.put("/api/v2/projects").json()["code"] == "method_not_allowed"


def test_window_runs_out_and_a_new_one_opens() -> None:
    clock = Clock(1_700_000_003.0)
    with Sandbox.start(now=clock, limits=Limits(reads=2)) as box, launchdarkly(box) as ld:
        left = [ld.get("/api/v2/projects").headers["X-Ratelimit-Route-Remaining"] for _ in range(2)]
        refused = ld.get("/api/v2/projects")
        assert left == ["1", "0"]
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["X-Ratelimit-Reset"] == "1700000010000"
        others = ld.get("/api/v2/members")
        assert others.status_code == 200  # another route has a window of its own
        assert {"X-Ratelimit-Global-Remaining", "X-Ratelimit-Auth-Token-Remaining"} <= {
            name.title() for name in others.headers
        }
        clock.at = 1_700_000_010.0
        assert ld.get("/api/v2/projects").status_code == 200
