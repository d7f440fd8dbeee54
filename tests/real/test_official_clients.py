"""Independent judges: the vendors' own clients speak to the practice servers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.unit.sandbox_tools import launchdarkly, split
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


@pytest.fixture
def vendor() -> Any:
    """LaunchDarkly's own package. Imported by need: that takes seconds."""
    return import_module("launchdarkly_api")


def _beta_api(vendor: Any, box: Sandbox) -> Any:
    """LaunchDarkly's client. A header for one call is overridden by it: beta must be a default."""
    there = box.addresses()["launchdarkly"]
    configuration = vendor.Configuration(host=there["url"], api_key={"ApiKey": there["token"]})
    client = vendor.ApiClient(configuration)
    client.set_default_header("LD-API-Version", "beta")
    return client


def test_launchdarkly_client_makes_all_six_calls(vendor: Any, box: Sandbox) -> None:
    there = box.addresses()
    with _beta_api(vendor, box) as client:
        api = vendor.FlagImportConfigurationsBetaApi(client)
        at = {"project_key": "web-shop", "integration_key": "split"}
        made = api.create_flag_import_configuration_with_http_info(
            **at,
            flag_import_configuration_post=vendor.FlagImportConfigurationPost(
                name="Official",
                tags=["migration"],
                config={
                    "workspaceApiKey": there["split"]["key"],
                    "workspaceId": there["split"]["workspace"],
                    "environmentId": there["split"]["environment"],
                    "ldApiKey": there["launchdarkly"]["import_key"],
                },
            ),
        )
        assert made.status_code == 200
        assert made.data.status.status == "pending"
        at["integration_id"] = made.data.id
        assert made.data.id in {one.id for one in api.get_flag_import_configurations().items}
        patch = [vendor.PatchOperation(op="replace", path="/name", value="Renamed")]
        assert api.patch_flag_import_configuration(**at, patch_operation=patch).version == 2
        assert api.trigger_flag_import_job_with_http_info(**at).status_code == 201
        seen = api.get_flag_import_configuration(**at)
        while seen.status.status in ("pending", "importing"):
            seen = api.get_flag_import_configuration(**at)
        assert (seen.name, seen.status.status) == ("Renamed", "complete")
        assert seen.status.last_import > 0
        assert api.delete_flag_import_configuration_with_http_info(**at).status_code == 204
        with pytest.raises(vendor.exceptions.NotFoundException):
            api.get_flag_import_configuration(**at)


def test_launchdarkly_client_without_the_beta_header_is_refused(vendor: Any, box: Sandbox) -> None:
    with _beta_api(vendor, box) as client:
        client.set_default_header("LD-API-Version", "20240415")
        with pytest.raises(vendor.exceptions.ForbiddenException) as refused:
            vendor.FlagImportConfigurationsBetaApi(client).get_flag_import_configurations()
    assert refused.value.headers["X-Ratelimit-Reset"].isdigit()


def test_launchdarkly_client_reads_what_a_wizard_needs(vendor: Any, box: Sandbox) -> None:
    with _beta_api(vendor, box) as client:
        client.set_default_header("LD-API-Version", "20240415")
        identity = vendor.OtherApi(client).get_caller_identity()
        me = vendor.AccountMembersApi(client).get_member("me")
        assert identity.member_id == me.id
        assert vendor.AccountMembersApi(client).get_members(limit=26).total_count == 26
        projects = vendor.ProjectsApi(client)
        assert projects.get_projects(filter="query:web-shop").total_count == 2
        assert projects.get_project("kiosk").name == "Kiosk"  # its model passes over what it does not know
        environments = vendor.EnvironmentsApi(client).get_environments_by_project("web-shop")
        assert environments.items[0].key == "production"
        assert [one.approval_settings.required for one in environments.items] == [False, True, False, False]
        assert vendor.SegmentsApi(client).get_segments("web-shop", "production").items == []
        flags = vendor.FeatureFlagsApi(client)
        assert len(flags.get_feature_flags("web-shop").items) == 20
        assert flags.get_feature_flags("web-shop", filter="state:archived").total_count == 2
        assert flags.get_feature_flag("web-shop", "log-level").environments["production"].on is False
        assert "payments" in vendor.TagsApi(client).get_tags(kind=["flag"]).items


def test_launchdarkly_client_understands_the_naming_convention(vendor: Any, box: Sandbox) -> None:
    """Its package has the type for making a project, not for reading one."""
    with launchdarkly(box) as client:
        shown = [client.get(f"/api/v2/projects/{key}").json()["namingConvention"] for key in ("web-shop", "kiosk")]
    read = [vendor.NamingConvention.from_dict(one) for one in shown]
    assert [(one.case, one.prefix) for one in read] == [("kebabCase", None), ("kebabCase", "kiosk-")]


def test_launchdarkly_client_reads_the_audit_log(vendor: Any, box: Sandbox) -> None:
    """Entries by a member, by a service token, and by a member's own token."""
    box.colleague("greta@example.com").create("by-hand")
    box.colleague("automation").create("by-service")
    box.colleague("no-configurations").create("by-own-token")
    with _beta_api(vendor, box) as client:
        client.set_default_header("LD-API-Version", "20240415")
        api = vendor.AuditLogApi(client)
        items = api.get_audit_log_entries(spec="proj/web-shop:env/*:flag/*", limit=20).items
        assert [(one.name, one.member is not None, one.token and one.token.service_token) for one in items] == [
            ("by-own-token", True, False),
            ("by-service", False, True),
            ("by-hand", True, None),
        ]
        assert {one.accesses[0].action for one in items} == {"createFlag"}
        assert items[0].account_id == vendor.OtherApi(client).get_caller_identity().account_id
        first = api.get_audit_log_entries(limit=2)
        assert (len(first.items), first.links["next"].href.startswith("/api/v2/auditlog?")) == (2, True)
        assert api.get_audit_log_entries(after=items[0].var_date).items == []


def test_launchdarkly_client_reads_targeting_where_it_asks(vendor: Any, box: Sandbox) -> None:
    greta = box.colleague()
    greta.add_rule("log-level", attribute="email", values=["ana@example.com"], variation=1)
    greta.add_target("log-level", "u-1")
    greta.add_target("log-level", "o-1", kind="organization")
    greta.require("log-level", "two-factor")
    with _beta_api(vendor, box) as client:
        client.set_default_header("LD-API-Version", "20240415")
        api = vendor.FeatureFlagsApi(client)
        query = {"project_key": "web-shop", "tag": "ops", "env": "production"}
        whole = api.get_feature_flags(**query, summary=False).items[-1].environments["production"]
        short = api.get_feature_flags(**query).items[-1].environments["production"]
        single = api.get_feature_flag("web-shop", "log-level").environments["production"]
    assert whole.to_dict() == single.to_dict()
    assert whole.rules[0].clauses[0].values == ["ana@example.com"]
    assert (whole.targets[0].values, whole.context_targets[0].context_kind) == (["u-1"], "organization")
    assert whole.prerequisites[0].key == "two-factor"
    assert (short.version, short.rules, short.targets, short.prerequisites) == (whole.version, None, None, None)


def test_launchdarkly_client_reads_what_waits_for_approval(vendor: Any, box: Sandbox) -> None:
    box.colleague().request_approval("log-level")
    with _beta_api(vendor, box) as client:
        api = vendor.ApprovalsApi(client)
        asked = {"filter": 'projectKey equals web-shop, status anyOf ["pending","scheduled"]', "limit": 200}
        assert [one.resource_id for one in api.get_approval_requests(**asked).items] == [
            "proj/web-shop:env/production:flag/log-level"
        ]
        assert api.get_approval_requests(filter="projectKey equals kiosk").items == []


def test_split_client_reads_segments(box: Sandbox) -> None:
    client = _split_client(box, apikey=SPLIT_KEYS["admin"].value)
    workspace, environment = box.addresses()["split"]["workspace"], ENVIRONMENTS["production"]
    standard = client.segment_definitions.list(environment, workspace)
    assert [one.name for one in standard] == ["beta-testers", "staff"]
    assert client.segment_definitions.get_keys("staff", environment) == [
        "ana@example.com",
        "ben@example.com",
        "chloe@example.com",
    ]
    (ruled,) = client.rule_based_segment_definitions.list(environment, workspace)
    assert (ruled.name, ruled.excluded_keys) == ("wholesale", ["u-2207"])


def _split_client(box: Sandbox, **keys: Any) -> Any:
    get_client = import_module("splitapiclient.main").get_client
    api = box.addresses()["split"]["api"]
    return get_client({"base_url": api, "base_url_v3": api, **keys})


@pytest.mark.parametrize(
    "keys",
    [
        {"apikey": SPLIT_KEYS["admin"].value},
        {"harness_mode": True, "harness_token": SPLIT_KEYS["harness"].value, "account_identifier": "acme"},
    ],
    ids=["bearer", "x-api-key"],
)
def test_split_client_reads_workspaces_environments_and_flags(box: Sandbox, keys: dict[str, Any]) -> None:
    client = _split_client(box, **keys)
    there = box.addresses()["split"]
    workspace = client.workspaces.find("Acme")
    assert workspace.id == there["workspace"]
    environment = client.environments.find("production", workspace.id)
    assert environment.id == there["environment"]
    assert len({flag.name for flag in client.splits.list(workspace.id)}) == 60
    assert [path for _, path, _ in box.requests].count(f"/internal/api/v2/splits/ws/{workspace.id}") == 3
    assert len(client.splits.list(workspace.id, tags=["mail", "b2b"])) == 7
    definitions = client.split_definitions.list(environment.id, workspace.id)
    assert len(definitions) == 58
    checkout = next(definition for definition in definitions if definition.name == "checkout-v2")
    assert [treatment.export_dict()["name"] for treatment in checkout.treatments] == ["on", "off"]


def test_split_client_finds_the_flags_that_a_page_by_page_reading_finds(box: Sandbox) -> None:
    client = _split_client(box, apikey=SPLIT_KEYS["admin"].value)
    at = f"/splits/ws/{box.addresses()['split']['workspace']}"
    assert [(one.name, one.id) for one in client.workspaces.list()] == [
        (name, id_) for id_, name in WORKSPACES.values()
    ]
    workspace = client.workspaces.find("Acme").id
    names = {one.name: one.id for one in client.environments.list(workspace)}
    assert names == ENVIRONMENTS
    ours = _all_pages(box, at)
    theirs = client.splits.list(workspace)
    assert [one.name for one in theirs] == [one["name"] for one in ours]
    assert {one.name: one._tags for one in theirs} == {one["name"]: one["tags"] for one in ours}
    assert {one.name: one.description for one in theirs} == {one["name"]: one["description"] for one in ours}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_split_client_reads_the_same_definitions_with_all_their_rules(box: Sandbox, environment: str) -> None:
    client = _split_client(box, apikey=SPLIT_KEYS["admin"].value)
    workspace, id_ = box.addresses()["split"]["workspace"], ENVIRONMENTS[environment]
    ours = _all_pages(box, f"/splits/ws/{workspace}/environments/{id_}")
    theirs = client.split_definitions.list(id_, workspace)
    asked = [path for _, path, _ in box.requests if path.endswith(id_)]
    assert len(asked) == 2 + 3  # by fifty, then by twenty
    assert [_definition(one) for one in theirs] == [
        {key: one[key] for key in _definition(theirs[0])} | {"treatments": _without_blank(one["treatments"])}
        for one in ours
    ]
    kinds = {matcher["type"] for one in ours for rule in one["rules"] for matcher in rule["condition"]["matchers"]}
    assert environment != "production" or kinds == {
        "EQUAL_SET", "GREATER_THAN_OR_EQUAL_NUMBER", "GREATER_THAN_OR_EQUAL_TO_SEMVER", "IN_LIST_STRING",
        "IN_RULE_BASED_SEGMENT", "IN_SEGMENT", "IN_SPLIT", "MATCHES_STRING", "ON_OR_AFTER_DATE", "STARTS_WITH_STRING",
    }  # fmt: skip


def _definition(one: Any) -> dict[str, Any]:
    """What Split's client made of a definition."""
    return {
        "name": one.name,
        "killed": one.killed,
        "defaultTreatment": one.default_treatment,
        "baselineTreatment": one.baseline_treatment,
        "trafficAllocation": one.traffic_allocation,
        "treatments": [treatment.export_dict() for treatment in one.treatments],
        "rules": [rule.export_dict() for rule in one.rules or ()],
        "defaultRule": [bucket.export_dict() for bucket in one.default_rule],
    }


def _without_blank(treatments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Split's client leaves a description out that is blank."""
    return [{key: value for key, value in one.items() if value != ""} for one in treatments]


def _all_pages(box: Sandbox, at: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with split(box) as client:
        while True:
            page = client.get(at, params={"limit": 50, "offset": len(found)}).json()
            found += page["objects"]
            if len(found) >= page["totalCount"]:
                return found


def test_split_client_knows_a_refused_key(box: Sandbox) -> None:
    refused = import_module("splitapiclient.util.exceptions").HTTPUnauthorizedError
    with pytest.raises(refused):
        _split_client(box, apikey="wrong").workspaces.list()
