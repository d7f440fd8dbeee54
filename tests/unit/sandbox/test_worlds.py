"""Other companies than the seeded one: what arrives of them, conventions, and what ten thousand flags cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sandbox_tools import (
    LEGAL_KEY,
    SEGMENTS,
    World,
    big_company,
    big_destination,
    companies,
    create,
    launchdarkly,
    path_of,
    run_import,
    split,
    unleash,
)
from tui.sandbox import launchdarkly as ld_part
from tui.sandbox import split as split_part
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.company import STARTED, Company, CompanyFlag
from tui.sandbox.keys import WORKSPACES
from tui.sandbox.naming import Convention
from tui.sandbox.server import Sandbox

SPLITS = f"/splits/ws/{WORKSPACES['default'][0]}"


def _company(*flags: CompanyFlag) -> Company:
    return Company(SEGMENTS, {"default": flags})


def _flag(key: str, about: str = "", **more: Any) -> CompanyFlag:
    return CompanyFlag(key, about, (), STARTED, **more)


def _there(ld: httpx.Client, **query: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    while True:
        asked = {"limit": "100", "offset": str(len(found)), **query}
        page = ld.get("/api/v2/flags/web-shop", params=asked).json()
        found |= {flag["key"]: flag for flag in page["items"]}
        if len(found) >= page["totalCount"]:
            return found


def _imported(world: World, integration: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The flags that arrived in web-shop, by key, and the keys that the job reported, sorted."""
    with Sandbox.start(company=world.company, destination=world.destination) as box, launchdarkly(box) as ld:
        before = _there(ld)
        _, status = run_import(ld, path_of(create(ld, box, integration)))
        assert status["status"] == "complete"
        told = sorted({str(error["message"]).split('"')[1] for error in status["errors"]})
        return {key: flag for key, flag in _there(ld).items() if key not in before}, told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=companies(duplicates=True), integration=st.sampled_from(["split", "unleash"]))
def test_what_arrives_is_what_is_legal_new_and_keeps_the_convention(world: World, integration: str) -> None:
    flags = world.company.flags("default", integration)
    taken = {flag.key for flag in world.destination.flags}
    keys = dict.fromkeys(flag.key for flag in flags)
    legal = [key for key in keys if LEGAL_KEY.fullmatch(key)]
    convention = world.destination.convention
    kept = [key for key in legal if key not in taken and (convention is None or convention.allows(key))]
    arrived, told = _imported(world, integration)
    assert list(arrived) == kept
    assert told == sorted({*keys} - {*kept} - taken)
    first = {flag.key: flag for flag in reversed(flags)}
    assert all(arrived[key]["description"] == first[key].about for key in kept)


# Conventions


@pytest.mark.parametrize(
    ("case", "kept", "broken"),
    [
        ("camelCase", "a newCart cart2 nEW", "NewCart new-cart new_cart 2cart"),
        ("upperCamelCase", "A NewCart Cart2", "newCart New-Cart 2Cart"),
        ("snakeCase", "a new_cart v2_1 9lives", "new-cart New_cart new__cart new_ newCart"),
        ("kebabCase", "a new-cart v2-1 9lives", "new_cart New-cart new--cart new- new.cart"),
        ("constantCase", "A NEW_CART V2_1 9LIVES", "new_cart NEW-CART NEW__CART NEW_"),
        ("", "a New.Cart_2-x", ""),
        ("trainCase", "New-Cart new", ""),
    ],
)
@pytest.mark.parametrize("prefix", ["", "shop-"])
def test_a_convention_takes_the_prefix_first_and_asks_the_case_of_the_rest(
    case: str, kept: str, broken: str, prefix: str
) -> None:
    convention = Convention(case, prefix)
    assert all(convention.allows(prefix + key) for key in kept.split())
    assert not any(convention.allows(prefix + key) for key in broken.split())
    assert not prefix or not any(convention.allows(key) for key in kept.split())
    assert convention.allows(prefix) == (case in ("", "trainCase"))


def test_projects_tell_their_convention_where_they_have_one() -> None:
    with Sandbox.start() as box, launchdarkly(box) as ld:
        shown = {key: ld.get(f"/api/v2/projects/{key}").json().get("namingConvention", "none")
                 for key in ("web-shop", "kiosk", "warehouse", "payments")}  # fmt: skip
    assert shown == {
        "web-shop": {"case": "kebabCase"},
        "kiosk": {"case": "kebabCase", "prefix": "kiosk-"},
        "warehouse": {"case": "snakeCase"},
        "payments": "none",
    }


# What the job makes of a flag


def test_of_flags_with_one_name_the_first_arrives_and_keys_stay_as_they_are() -> None:
    first = _flag("Twin", "first", variants=(("red", 50), ("blue", 50)))
    company = _company(first, _flag("twin", "other case"), _flag("Twin", "second"), _flag("a b"))
    for integration in ("split", "unleash"):
        arrived, told = _imported(World(company, Destination()), integration)
        assert {key: flag["description"] for key, flag in arrived.items()} == {"Twin": "first", "twin": "other case"}
        assert told == ["a b"]
        values = [one["value"] for one in arrived["Twin"]["variations"]]
        assert values == (["red", "blue"] if integration == "split" else [True, False])


def test_a_key_stays_taken_when_its_flag_is_archived() -> None:
    destination = Destination((LdFlag("old", "Old", (), STARTED, archived=True), LdFlag("new", "New", (), STARTED)))
    arrived, told = _imported(World(_company(_flag("old"), _flag("new"), _flag("third")), destination), "split")
    assert (list(arrived), told) == (["third"], [])


@pytest.mark.parametrize(
    ("variants", "on", "off"),
    [
        ((("red", 50), ("blue", 50)), 0, 1),
        ((("red", 20), ("blue", 40), ("green", 40)), 1, 2),
        ((("red", 0), ("off", 0), ("green", 100)), 2, 1),
    ],
)
def test_on_is_the_largest_share_of_the_default_rule_and_the_first_of_equals(
    variants: tuple[tuple[str, int], ...], on: int, off: int
) -> None:
    arrived, _ = _imported(World(_company(_flag("colour", variants=variants)), Destination()), "split")
    assert [one["value"] for one in arrived["colour"]["variations"]] == [name for name, _ in variants]
    assert arrived["colour"]["defaults"] == {"onVariation": on, "offVariation": off}


def test_a_split_flag_that_is_not_defined_there_arrives_as_boolean() -> None:
    arrived, _ = _imported(World(_company(_flag("later", state="absent")), Destination()), "split")
    assert [one["value"] for one in arrived["later"]["variations"]] == [True, False]


def test_a_treatment_that_a_definition_does_not_have_stops_no_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(flag: CompanyFlag, environment: str) -> dict[str, Any]:
        rule = [{"treatment": "gone", "size": 90}, {"treatment": "b", "size": 10}] if flag.key == "half" else []
        treatments = [] if flag.key == "none" else [{"name": "a"}, {"name": "b"}]
        return {"name": flag.key, "treatments": treatments, "defaultTreatment": "gone", "defaultRule": rule}

    monkeypatch.setattr(split_part, "definition_json", odd)
    flags = (_flag("half"), _flag("empty"), _flag("none"))
    arrived, _ = _imported(World(_company(*flags), Destination()), "split")
    assert {key: flag["defaults"] for key, flag in arrived.items()} == {
        "half": {"onVariation": 1, "offVariation": 1},
        "empty": {"onVariation": 0, "offVariation": 1},
        "none": {"onVariation": 0, "offVariation": 1},
    }


# Ten thousand flags


@pytest.fixture(scope="module")
def big() -> Iterator[Sandbox]:
    with Sandbox.start(company=big_company(10_000), destination=big_destination(10_000)) as made:
        yield made


def test_a_page_of_a_long_list_costs_its_own_flags_alone(big: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    shaped: list[str] = []

    def counted(module: Any, name: str) -> None:
        original = getattr(module, name)

        def shape(*args: Any, **named: Any) -> Any:
            shaped.append(name)
            return original(*args, **named)

        monkeypatch.setattr(module, name, shape)

    for module, name in ((split_part, "flag_json"), (split_part, "definition_json"), (ld_part, "flag_json")):
        counted(module, name)
    with split(big) as admin, launchdarkly(big) as ld:
        last = {"limit": 50, "offset": 9_600}
        flags = admin.get(SPLITS, params=last).json()
        tagged = admin.get(SPLITS, params=last | {"tag": "payments", "offset": 50}).json()
        defined = admin.get(f"{SPLITS}/environments/production", params=last).json()
        there = ld.get("/api/v2/flags/web-shop", params={"limit": 100, "offset": 8_900}).json()
    assert len(shaped) == 50 + 50 + 50 + 100
    assert flags["totalCount"] == 10_000
    assert 50 < tagged["totalCount"] < 10_000
    assert 9_000 < defined["totalCount"] < 10_000
    assert there["totalCount"] == 9_000
    assert [len(page["objects"]) for page in (flags, tagged, defined)] == [50, 50, 50]


def test_a_big_company_and_what_is_there_already_overlap(big: Sandbox) -> None:
    company, destination = big_company(1_000), big_destination(1_000)
    keys = {flag.key for flag in company.projects["default"]}
    taken = {flag.key for flag in destination.flags}
    assert (len(keys), len(taken)) == (1_000, 1_000)
    assert 400 < len(keys & taken) < 500
    assert sum(flag.archived for flag in destination.flags) == 100
    with unleash(big) as sdk:
        assert len(sdk.get("/api/client/features").json()["features"]) == 10_000
