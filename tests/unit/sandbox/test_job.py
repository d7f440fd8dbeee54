"""What the import job creates from other companies than the seeded one, and what a page of many costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.sandbox_tools import (
    SEGMENTS,
    big_company,
    big_destination,
    create,
    launchdarkly,
    path_of,
    run_import,
    split,
)
from tui.sandbox import flags as ld_part
from tui.sandbox import split as split_part
from tui.sandbox.account import Convention, Destination
from tui.sandbox.company import STARTED, Company, CompanyFlag
from tui.sandbox.keys import WORKSPACES
from tui.sandbox.server import Sandbox

SPLITS = f"/splits/ws/{WORKSPACES['default'][0]}"


def _flag(key: str, about: str = "", **more: Any) -> CompanyFlag:
    return CompanyFlag(key, about, (), STARTED, **more)


def _imported(*flags: CompanyFlag, integration: str = "split") -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Import these flags. Returns those that arrived, by key, and the keys that the job reported, sorted."""
    company = Company(SEGMENTS, {"default": flags})
    with Sandbox.start(company=company, destination=Destination()) as box, launchdarkly(box) as ld:
        _, status = run_import(ld, path_of(create(ld, box, integration)))
        assert status["status"] == "complete"
        reported = sorted({str(error["message"]).split('"')[1] for error in status["errors"]})
        return {flag["key"]: flag for flag in ld.get("/api/v2/flags/web-shop").json()["items"]}, reported


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
def test_convention_applies_its_case_after_the_prefix(case: str, kept: str, broken: str, prefix: str) -> None:
    convention = Convention(case, prefix)
    assert all(convention.allows(prefix + key) for key in kept.split())
    assert not any(convention.allows(prefix + key) for key in broken.split())
    assert not prefix or not any(convention.allows(key) for key in kept.split())
    assert convention.allows(prefix) == (case in ("", "trainCase"))


# What the job makes of a flag


@pytest.mark.parametrize(("integration", "values"), [("split", ["red", "blue"]), ("unleash", [True, False])])
def test_first_flag_of_a_name_arrives(integration: str, values: list[object]) -> None:
    first = _flag("Twin", "first", variants=(("red", 50), ("blue", 50)))
    others = (_flag("twin", "other case"), _flag("Twin", "second"), _flag("a b"))
    arrived, reported = _imported(first, *others, integration=integration)
    assert {key: flag["description"] for key, flag in arrived.items()} == {"Twin": "first", "twin": "other case"}
    assert reported == ["a b"]
    assert [variation["value"] for variation in arrived["Twin"]["variations"]] == values


@pytest.mark.parametrize(
    ("variants", "on", "off"),
    [
        ((("red", 50), ("blue", 50)), 0, 1),
        ((("red", 20), ("blue", 40), ("green", 40)), 1, 2),
        ((("red", 0), ("off", 0), ("green", 100)), 2, 1),
    ],
)
def test_on_is_the_first_largest_share_of_the_default_rule(
    variants: tuple[tuple[str, int], ...], on: int, off: int
) -> None:
    arrived, _ = _imported(_flag("colour", variants=variants))
    assert [variation["value"] for variation in arrived["colour"]["variations"]] == [name for name, _ in variants]
    assert arrived["colour"]["defaults"] == {"onVariation": on, "offVariation": off}


def test_unknown_treatment_does_not_stop_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(flag: CompanyFlag, environment: str) -> dict[str, Any]:
        rule = [{"treatment": "gone", "size": 90}, {"treatment": "b", "size": 10}] if flag.key == "half" else []
        treatments = [] if flag.key == "none" else [{"name": "a"}, {"name": "b"}]
        return {"name": flag.key, "treatments": treatments, "defaultTreatment": "gone", "defaultRule": rule}

    monkeypatch.setattr(split_part, "definition_json", odd)
    arrived, _ = _imported(_flag("half"), _flag("empty"), _flag("none"))
    assert {key: flag["defaults"] for key, flag in arrived.items()} == {
        "half": {"onVariation": 1, "offVariation": 1},
        "empty": {"onVariation": 0, "offVariation": 1},
        "none": {"onVariation": 0, "offVariation": 1},
    }


# A thousand flags


@pytest.fixture(scope="module")
def big() -> Iterator[Sandbox]:
    with Sandbox.start(company=big_company(1_000), destination=big_destination(1_000)) as made:
        yield made


def test_page_of_a_long_list_shapes_only_its_own_flags(big: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
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
        last = {"limit": 50, "offset": 900}
        flags = admin.get(SPLITS, params=last).json()
        tagged = admin.get(SPLITS, params=last | {"tag": "payments", "offset": 50}).json()
        defined = admin.get(f"{SPLITS}/environments/production", params=last).json()
        there = ld.get("/api/v2/flags/web-shop", params={"limit": 100, "offset": 800}).json()
    assert len(shaped) == 50 + 50 + 50 + 100
    assert flags["totalCount"] == 1_000
    assert 50 < tagged["totalCount"] < 1_000
    assert 900 < defined["totalCount"] < 1_000
    assert there["totalCount"] == 900
    assert [len(page["objects"]) for page in (flags, tagged, defined)] == [50, 50, 50]
