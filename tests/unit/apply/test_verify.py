"""What arrived against what was planned: every kind of difference is named, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.run_tools import flags_of, instructed, run_of
from tests.unit.sandbox_tools import launchdarkly
from tests.unit.walk_tools import INTEGRATIONS, drained, strangers
from tui.apply.journal import Expected
from tui.apply.verify import Promise, Verification, compare, promise_of, verify
from tui.launchdarkly.instances import EU
from tui.launchdarkly.models import FlagState, FlagVariation, WholeFlag, parse
from tui.net.errors import Failure, Kind
from tui.sandbox.server import Sandbox
from tui.sources.flags import BOOLEAN, Variation

ENVIRONMENTS = ("production", "test")
TAG = "imported"


def expected(key: str, **more: Any) -> Expected:
    given: dict[str, Any] = {
        "name": key, "description": "d", "tags": ("t",), "variations": BOOLEAN, "on": 0, "off": 1,
        "on_at_source": False, "lost": (),
    } | more  # fmt: skip
    return Expected(key=key, **given)


def arrived(planned: Expected, **more: Any) -> WholeFlag:
    """As LaunchDarkly has it when all went well."""
    members: dict[str, Any] = {
        "key": planned.key, "name": planned.name, "description": planned.description,
        "tags": (TAG, *(planned.tags or ())), "on": planned.on, "off": planned.off, "maintainer": "",
        "variations": tuple(FlagVariation(each.value, each.name) for each in planned.variations),
        "archived": False, "created": 5, "version": 1,
        "environments": {key: FlagState(False, 1, 5) for key in ENVIRONMENTS},
    } | more  # fmt: skip
    return WholeFlag(**members)


def promise(*planned: Expected, before: frozenset[str] | None = frozenset(), **more: Any) -> Promise:
    given: dict[str, Any] = {"flag_tag": TAG, "maintainer": ""} | more
    return Promise(EU, "web-shop", planned, before, **given)


def differences(verification: Verification) -> dict[str, list[str]]:
    return {key: [each.what for each in unlike] for key, unlike in verification.different}


def compared(planned: Expected, **more: Any) -> Verification:
    """One planned flag, and that flag with other members."""
    return compare(promise(planned), {planned.key: arrived(planned, **more)}, ENVIRONMENTS)


TREATMENTS = (Variation("red", "red"), Variation("blue", "blue"))
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"name": "other"}, "name"),
    "description": ({"description": "other"}, "description"),
    "no description": ({"description": ""}, "description"),
    "variations": ({"variations": (FlagVariation("red", "red"),)}, "variations"),
    "order": ({"variations": (FlagVariation("blue", "blue"), FlagVariation("red", "red"))}, "variations"),
    "names": ({"variations": (FlagVariation("red", "rot"), FlagVariation("blue", "blue"))}, "variation names"),
    "on": ({"on": 1}, "on variation"),
    "off": ({"off": 0}, "off variation"),
    "no off": ({"off": None}, "off variation"),
    "flag tag": ({"tags": ("t",)}, "tags"),
    "own tag": ({"tags": (TAG,)}, "tags"),
    "one tag more": ({"tags": (TAG, "t", "x")}, "tags"),
    "maintainer": ({"maintainer": "m2"}, "maintainer"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_difference_is_named_alone(change: str) -> None:
    more, what = CHANGES[change]
    planned = expected("a", variations=TREATMENTS)
    flags = {"a": arrived(planned, **{"maintainer": "m1"} | more), "b": arrived(expected("b"), maintainer="m1")}
    found = compare(promise(planned, expected("b"), maintainer="m1"), flags, ENVIRONMENTS)
    assert differences(found) == {"a": [what]}
    ((_, (unlike,)),) = found.different
    assert unlike.planned != unlike.there
    assert (found.missing, found.unexpected, found.on, found.as_planned) == ((), (), (), 1)
    assert not found.agrees


@pytest.mark.parametrize("values", [("true", "false"), (1, 0)])
def test_boolean_is_not_a_text_or_number_that_looks_like_it(values: tuple[object, object]) -> None:
    variations = tuple(map(FlagVariation, values, ("on", "off")))
    assert differences(compared(expected("a"), variations=variations)) == {"a": ["variations"]}


def test_what_cannot_be_read_is_not_compared_and_said() -> None:
    planned = expected("a", tags=None, on=None, off=None)
    unfit = expected("b", tags=("größe",), variations=())
    there = {
        "a": arrived(planned, tags=(TAG, "anything"), on=1, off=0),
        "b": arrived(unfit, tags=(TAG,), environments={"test": FlagState(False, 1, 5)}),
    }
    found = compare(promise(planned, unfit), there, ENVIRONMENTS)
    assert found.agrees
    said = "\n".join(found.not_compared)
    for word in ("Tags", "größe", "On and off variations", "aren't defined", "Maintainers", "production"):
        assert word in said
    assert "Whether flags are on in production:" in said


@pytest.mark.parametrize("states", [None, {}])
def test_states_that_nobody_told_are_said(states: dict[str, FlagState] | None) -> None:
    found = compared(expected("a"), environments=states)
    assert any("Whether flags are on" in each for each in found.not_compared)


def test_one_that_stood_there_before_was_skipped_whatever_it_looks_like() -> None:
    planned = expected("a")
    found = compare(promise(planned, before=frozenset({"a"})), {"a": arrived(planned, name="x")}, ENVIRONMENTS)
    assert (found.agrees, found.skipped, found.arrived) == (True, 1, {})


def test_without_a_snapshot_the_tag_tells_what_was_skipped() -> None:
    a, b = expected("a"), expected("b")
    there = {"a": arrived(a, tags=()), "b": arrived(b), "c": arrived(expected("c"))}
    found = compare(promise(a, b, before=None), there, ENVIRONMENTS)
    assert (found.skipped, list(found.arrived), found.unexpected) == (1, ["b"], ())
    assert any("weren't recorded" in each for each in found.not_compared)


KEYS = st.sampled_from("abcdef")


@given(st.sets(KEYS), st.sets(KEYS), st.sets(KEYS), st.sets(KEYS), st.sets(KEYS), st.sets(KEYS))
def test_every_flag_is_in_its_list_and_in_no_other(
    planned: set[str], there: set[str], before: set[str], untagged: set[str], renamed: set[str], on: set[str]
) -> None:
    flags = {
        key: arrived(
            expected(key),
            tags=() if key in untagged else (TAG, "t"),
            name="other" if key in renamed else key,
            environments={"test": FlagState(key in on, 1, 5), "production": FlagState(False, 1, 5)},
        )
        for key in sorted(there)
    }
    wanted = tuple(map(expected, sorted(planned)))
    found = compare(promise(*wanted, before=frozenset(before)), flags, ENVIRONMENTS)
    ours = planned & there - before
    assert set(found.missing) == planned - there
    assert set(found.unexpected) == there - planned - before - untagged
    assert {key for key, _ in found.different} == ours & (renamed | untagged)
    assert dict(found.on) == dict.fromkeys(ours & on, ("test",))
    assert set(found.arrived) == ours
    assert found.skipped == len(planned & there & before)
    assert found.as_planned == len(ours - renamed - untagged - on)
    whole = (found.missing, found.unexpected, found.different, found.on)
    assert found.agrees == (not any(whole))


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_a_dropped_a_swapped_and_an_untagged_flag_are_all_named(box: Sandbox, integration: str) -> None:
    run = await run_of(box, integration)
    await run.to_the_end()
    first, second, third, fourth = sorted(run.journal.keys)[:4]
    with launchdarkly(box) as ld:
        ld.delete(f"/api/v2/flags/web-shop/{first}")
    instructed(box, second, "updateName", value="x")
    instructed(box, third, "removeTags", values=[run.journal.flag_tag])
    instructed(box, fourth, "turnFlagOn", environmentKey="staging")
    found = await run.verify()
    assert found.missing == (first,)
    assert differences(found) == {second: ["name"], third: ["tags"]}
    assert found.on == ((fourth, ("staging",)),)
    assert found.environments == ("production", "staging", "test", "development")
    assert found.as_planned == len(run.journal.keys) - 4


async def test_it_reads_what_another_client_reads(box: Sandbox) -> None:
    run = await run_of(box)
    await run.to_the_end()
    found = await run.verify()
    there = flags_of(box)
    assert found.arrived == {key: parse(WholeFlag, there[key]) for key in found.arrived}


async def test_a_reading_that_fails_is_no_verification(box: Sandbox) -> None:
    run = await run_of(box)
    await run.to_the_end()
    box.stop()
    with pytest.raises(Failure) as lost:
        await drained(verify(promise_of(run.journal, run.request.instance), run.bag, run.context))
    assert lost.value.kind is Kind.UNREACHABLE
    assert not strangers()


# --- tags that LaunchDarkly refuses, and text letter by letter


REFUSED = ("q3 2026", "team:web")


@pytest.mark.parametrize(
    ("present", "differs"),
    [
        (("fine",), False),
        (("fine", *REFUSED), False),
        (("fine", "q3-2026", "team-web"), False),
        (("fine", "q3-2026"), False),
        (("fine", "q3-2026", "team-web", "a-third"), True),
        (("a", "b"), True),
    ],
)
def test_a_refused_tag_is_not_held_against_what_came_of_it(present: tuple[str, ...], differs: bool) -> None:
    found = compared(expected("flag", tags=("fine", *REFUSED)), tags=(TAG, *present))
    assert differences(found) == ({"flag": ["tags"]} if differs else {})
    assert any("q3 2026" in each for each in found.not_compared)


def test_values_that_differ_by_a_tab_are_different() -> None:
    planned = expected("flag", variations=(Variation("a\tb", "a\tb"), Variation("off", "off")))
    variations = [{"value": "a b", "name": "a\tb"}, {"value": "off", "name": "off"}]
    members = {
        "key": "flag", "name": "flag", "description": "d", "tags": [TAG, "t"], "variations": variations,
        "defaults": {"onVariation": 0, "offVariation": 1},
    }  # fmt: skip
    flag = parse(WholeFlag, members)
    assert differences(compare(promise(planned), {"flag": flag}, ENVIRONMENTS)) == {"flag": ["variations"]}


def test_breaks_in_a_description_are_no_difference_to_a_journal_that_holds_blanks() -> None:
    assert compared(expected("flag", description="two lines"), description="two\nlines").agrees
