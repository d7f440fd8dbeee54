"""A plan whose source is a real Unleash server, held against labels written by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.real import unleash_seed as seed
from tests.real.unleash_server import Unleash
from tests.unit.walk_tools import planned, session, values, walked
from tui.answers import draft as drafts
from tui.answers import plan_state
from tui.plan.plan import Plan, Verdict
from tui.plan.reading import explain
from tui.sandbox.account import Convention, Destination, LdFlag
from tui.sandbox.server import Sandbox
from tui.text.redact import Redactor
from tui.wizard.session import Session

pytestmark = pytest.mark.timeout(600)  # the first one may have to install the servers

THERE = ("half", "twin")
ARCHIVED = "several"


def destination(convention: Convention | None = None) -> Destination:
    """A project in LaunchDarkly that has three of the keys already, one of them archived."""
    flags = tuple(LdFlag(key, key, (), 1_700_000_000_000) for key in THERE)
    return Destination((*flags, LdFlag(ARCHIVED, ARCHIVED, (), 1_700_000_000_000, archived=True)), convention)


async def at_plan(box: Sandbox, unleash: Unleash, key: str = "production", **answers: str) -> Session:
    """A walk from the keys on, each check made: what the key tells fills the fields."""
    given = values(box, "unleash") | {"config-name": "Real", "sourceBaseUrl": unleash.address}
    given = {k: v for k, v in given.items() if k not in ("sourceProjectId", "sourceEnvironmentId")}
    given |= {"sourceApiKey": unleash.keys[key], **answers}
    made = await walked(session(), "unleash", given, checks=True)
    made.draft = plan_state.go_without(made.draft, False)
    return made


async def read(box: Sandbox, unleash: Unleash, key: str = "production", **answers: str) -> Plan:
    return await planned(await at_plan(box, unleash, key, **answers))


def verdict(name: str) -> Verdict:
    """By hand: what LaunchDarkly does with a flag of the seed."""
    if name in seed.ILLEGAL_NAMES:
        return Verdict.INVALID_KEY
    if name == ARCHIVED:
        return Verdict.SKIP_ARCHIVED
    return Verdict.SKIP_EXISTS if name in THERE else Verdict.IMPORT


async def test_every_flag_of_the_server_has_its_verdict_and_losses(unleash: Unleash) -> None:
    with Sandbox.start(destination=destination()) as box:
        plan = await read(box, unleash)
    truth = seed.listed(unleash.version, seed.DEFAULT)
    assert plan.whole
    assert {each.flag.key: each.verdict for each in plan.flags} == {name: verdict(name) for name in truth}
    assert {each.flag.key: each.flag.losses for each in plan.flags} == {
        name: tuple(sorted(flag.lost)) for name, flag in truth.items()
    }
    arriving = [flag for name, flag in truth.items() if verdict(name) is Verdict.IMPORT]
    counts = plan.counts
    assert counts.arrive == len(arriving)
    assert counts.lossy == sum(bool(flag.lost) for flag in arriving)
    assert counts.on_at_source == sum(seed.PRODUCTION in flag.on for flag in arriving)
    assert plan.losses == Counter(kind for flag in arriving for kind in flag.lost)
    assert {key: n for key, n in counts_of_warnings(plan).items() if key in ("Twin", "home-made")} == {
        "Twin": 1, "home-made": 1,
    }  # fmt: skip


def counts_of_warnings(plan: Plan) -> dict[str, int]:
    return {each.flag.key: len(each.warnings) for each in plan.flags}


async def test_each_loss_is_told_in_words_from_which_it_can_be_made_again(unleash: Unleash) -> None:
    with Sandbox.start(destination=destination()) as box:
        plan = await read(box, unleash)
    truth = seed.listed(unleash.version, seed.DEFAULT)
    for each in plan.flags:
        told = " ".join(lost.text for lost in explain(plan.request, each.flag, Redactor()))
        assert told.isprintable()
        assert [word for word in truth[each.flag.key].words if word not in told] == []


async def test_the_key_fills_project_and_environment(unleash: Unleash) -> None:
    with Sandbox.start(destination=destination()) as box:
        made = await at_plan(box, unleash, "development")
        assert drafts.value(made.draft, "sourceEnvironmentId") == seed.DEVELOPMENT
        plan = await planned(made)
    truth = seed.listed(unleash.version, seed.DEFAULT)
    assert {each.flag.key: each.flag.losses for each in plan.flags} == {
        name: tuple(sorted(flag.lost_in_development)) for name, flag in truth.items()
    }


async def test_a_convention_of_the_project_holds_for_real_names_too(unleash: Unleash) -> None:
    with Sandbox.start(destination=destination(Convention("kebabCase"))) as box:
        plan = await read(box, unleash)
    broken = {each.flag.key for each in plan.flags if each.verdict is Verdict.BREAKS_CONVENTION}
    assert broken == {"Twin"}


async def test_a_tag_narrows_the_plan(unleash: Unleash) -> None:
    with Sandbox.start(destination=destination()) as box:
        plan = await read(box, unleash, sourceTag="simple:payments")
        none = await read(box, unleash, sourceTag="simple:nobody")
    tagged = {
        name for name, flag in seed.listed(unleash.version, seed.DEFAULT).items() if ("simple", "payments") in flag.tags
    }
    assert {each.flag.key for each in plan.flags} == tagged
    assert none.counts.source == 0


async def test_a_key_of_two_projects_brings_both_and_says_so(unleash: Unleash) -> None:
    with Sandbox.start(destination=destination()) as box:
        plan = await read(box, unleash, "both", sourceProjectId=seed.DEFAULT, sourceEnvironmentId=seed.PRODUCTION)
    assert {each.flag.key for each in plan.flags} == set(seed.listed(unleash.version))
    assert any("web-shop as well as default" in note for note in plan.notes)
