"""Independent judges: the vendors' own clients speak to the practice servers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tui.sandbox.keys import SPLIT_KEYS
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
        assert projects.get_project("web-shop", expand="environments").environments.total_count == 4
        environments = vendor.EnvironmentsApi(client).get_environments_by_project("web-shop")
        assert environments.items[0].key == "production"
        flags = vendor.FeatureFlagsApi(client)
        assert len(flags.get_feature_flags("web-shop").items) == 20
        assert flags.get_feature_flags("web-shop", filter="state:archived").total_count == 2
        assert flags.get_feature_flag("web-shop", "log-level").environments["production"].on is False
        assert "payments" in vendor.TagsApi(client).get_tags(kind=["flag"]).items


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
    one = client.split_definitions.get_definition("checkout-v2", environment.id, workspace.id)
    assert one.name == "checkout-v2"
    assert [treatment.export_dict()["name"] for treatment in one.treatments] == ["on", "off"]


def test_split_client_knows_a_refused_key(box: Sandbox) -> None:
    refused = import_module("splitapiclient.util.exceptions").HTTPUnauthorizedError
    with pytest.raises(refused):
        _split_client(box, apikey="wrong").workspaces.list()
