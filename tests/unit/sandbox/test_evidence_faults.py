"""What faults make of the evidence that an import leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import FI, Clock, create, launchdarkly, path_of, run_import
from tui.sandbox.evidence_faults import EVIDENCE_FAULTS
from tui.sandbox.keys import TOKENS, token_id
from tui.sandbox.server import Sandbox

LOG = "/api/v2/auditlog"
NOW = 1_700_000_000_000
SOURCES = ("split", "unleash")


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(now=Clock(NOW / 1000)) as made:
        yield made


@pytest.fixture
def ld(box: Sandbox) -> Iterator[httpx.Client]:
    with launchdarkly(box) as client:
        yield client


def imported(box: Sandbox, ld: httpx.Client, integration: str = "split") -> list[dict[str, Any]]:
    """The flags that an import creates, each as it is read alone."""
    before = box.colleague().flags()
    _, status = run_import(ld, path_of(create(ld, box, integration)))
    assert status["status"] == "complete"
    keys = [key for key in box.colleague().flags() if key not in before]
    assert len(keys) > 20
    return [ld.get(f"/api/v2/flags/web-shop/{key}").json() for key in keys]


def environments(flags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [state for flag in flags for state in flag["environments"].values()]


def test_without_a_fault_flags_are_written_once(box: Sandbox, ld: httpx.Client) -> None:
    flags = imported(box, ld)
    assert {flag["_version"] for flag in flags} == {1}
    assert {(state["version"], state["lastModified"]) for state in environments(flags)} == {(1, NOW)}
    assert {flag["creationDate"] for flag in flags} == {NOW}


@pytest.mark.parametrize(("fault", "version"), [("written-twice", 2), ("written-thrice", 3)])
@pytest.mark.parametrize("integration", SOURCES)
def test_flags_begin_with_the_same_later_version(
    box: Sandbox, ld: httpx.Client, integration: str, fault: str, version: int
) -> None:
    box.set_fault(fault)
    flags = imported(box, ld, integration)
    assert {flag["_version"] for flag in flags} == {version}
    assert {state["version"] for state in environments(flags)} == {1}
    spec = f"proj/web-shop:env/*:flag/{flags[0]['key']}"
    entries = ld.get(LOG, params={"spec": spec}).json()["items"]
    assert [entry["accesses"][0]["action"] for entry in entries] == ["updateTags"] * (version - 1) + ["createFlag"]
    assert {entry["token"]["_id"] for entry in entries} == {token_id(TOKENS["import-key"])}


def test_environments_are_modified_after_creation(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("modified-after-creation")
    flags = imported(box, ld)
    assert {flag["creationDate"] for flag in flags} == {NOW}
    assert {(state["version"], state["lastModified"]) for state in environments(flags)} == {(1, NOW + 40)}


def test_split_flags_have_both_defaults_on_the_first_variation(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("split-defaults-zero")
    assert {tuple(flag["defaults"].values()) for flag in imported(box, ld, "split")} == {(0, 0)}


def test_unleash_flags_keep_their_defaults(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("split-defaults-zero")
    assert (0, 1) in {tuple(flag["defaults"].values()) for flag in imported(box, ld, "unleash")}


@pytest.mark.parametrize(
    ("fault", "of_flag", "of_environment"),
    [
        ("no-creation-date", {"creationDate"}, set()),
        ("no-version", {"_version"}, set()),
        ("no-environment-versions", set(), {"version", "lastModified"}),
    ],
)
def test_fields_of_imported_flags_are_left_out(
    box: Sandbox, ld: httpx.Client, fault: str, of_flag: set[str], of_environment: set[str]
) -> None:
    whole = ld.get("/api/v2/flags/web-shop/log-level").json()
    box.set_fault(fault)
    flags = imported(box, ld)
    state = whole["environments"]["test"]
    for flag in flags:
        assert set(whole) - set(flag) == of_flag
    for one in environments(flags):
        assert set(state) - set(one) == of_environment
    listed = {one["key"]: one for one in ld.get("/api/v2/flags/web-shop", params={"limit": 100}).json()["items"]}
    assert not of_flag & set(listed[flags[0]["key"]])
    assert ld.get("/api/v2/flags/web-shop/log-level").json() == whole
    box.set_fault(None)
    box.colleague().rename(flags[0]["key"], "x")
    assert not of_flag & set(ld.get(f"/api/v2/flags/web-shop/{flags[0]['key']}").json())


@pytest.mark.parametrize(
    ("fault", "status"), [("audit-log-forbidden", 403), ("audit-log-missing", 404), ("audit-log-error", 500)]
)
def test_audit_log_is_refused(box: Sandbox, ld: httpx.Client, fault: str, status: int) -> None:
    box.set_fault(fault)
    assert ld.get(LOG).status_code == ld.post(LOG, json=[]).status_code == status
    assert ld.get("/api/v2/flags/web-shop").status_code == 200


def test_audit_log_has_no_entries_or_no_names(box: Sandbox, ld: httpx.Client) -> None:
    for number in range(12):
        box.colleague("no-configurations").create(f"flag-{number}")
    box.set_fault("audit-log-empty")
    page = ld.get(LOG).json()
    assert (page["items"], set(page["_links"])) == ([], {"self"})
    box.set_fault("audit-log-anonymous")
    page = ld.get(LOG).json()
    assert (len(page["items"]), "next" in page["_links"]) == (10, True)
    assert not any({"member", "token"} & set(entry) for entry in page["items"])
    assert ld.get(LOG, params={"limit": "0"}).status_code == 400


def test_audit_log_answers_late(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("audit-log-slow")
    with pytest.raises(httpx.ReadTimeout):
        ld.get(LOG, timeout=0.1)
    assert ld.get(LOG).json()["items"] == []


def test_status_has_no_time_of_the_last_import(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("no-last-import")
    made = create(ld, box)
    _, status = run_import(ld, path_of(made))
    assert (status["status"], "lastImport" in status) == ("complete", False)
    assert not any("lastImport" in one["_status"] for one in ld.get(FI).json()["items"])
    box.set_fault(None)
    assert ld.get(path_of(made)).json()["_status"]["lastImport"] == NOW


def test_several_faults_strike_at_once(box: Sandbox, ld: httpx.Client) -> None:
    box.set_faults(
        "written-twice", "modified-after-creation", "no-creation-date", "split-defaults-zero", "audit-log-empty",
        "no-last-import", "import-slow",
    )  # fmt: skip
    flags = imported(box, ld)
    assert {flag["_version"] for flag in flags} == {2}
    assert {state["lastModified"] for state in environments(flags)} == {NOW + 40}
    assert not any("creationDate" in flag for flag in flags)
    assert {tuple(flag["defaults"].values()) for flag in flags} == {(0, 0)}
    assert ld.get(LOG).json()["items"] == []
    assert not any("lastImport" in one["_status"] for one in ld.get(FI).json()["items"])


def test_first_of_several_faults_answers(box: Sandbox, ld: httpx.Client) -> None:
    box.set_faults("audit-log-missing", "audit-log-error")
    assert ld.get(LOG).status_code == 404
    with pytest.raises(ValueError, match="no such"):
        box.set_faults("audit-log-missing", "nothing")
    assert box.fault == "audit-log-missing"
    assert {name for name, *_ in EVIDENCE_FAULTS} < {fault.name for fault in box.faults()}
