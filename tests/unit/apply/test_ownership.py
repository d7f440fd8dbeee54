"""Whose flag it is: positive evidence that this import made it, evidence against it, or neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.apply import store
from tui.apply.journal import Expected, Identity, Importer, Journal, Stage, Start, Trace
from tui.apply.ownership import Evidence, Owner, evidence, judge
from tui.launchdarkly.models import AuditEntry, FlagState, FlagVariation, WholeFlag
from tui.sources.flags import Variation

SECOND = 1_000
OPENED, CLOSED = 100 * SECOND, 160 * SECOND
TAG = "imported"
BOOLEAN = (Variation(True, "on"), Variation(False, "off"))
JSON_1_1_0 = Path(__file__).parents[1] / "journals_1_1_0"


def expected(key: str) -> Expected:
    return Expected(key, key, "", None, BOOLEAN, 0, 1, False, ())


def journal(*keys: str, tag: str = TAG) -> Journal:
    """An import that created flags between 100 s and 160 s of LaunchDarkly's clock, and was verified."""
    traces = {key: Trace(110 * SECOND, 1, {"test": (1, 110 * SECOND)}) for key in keys}
    return Journal(
        identity=Identity("https://app.launchdarkly.com", "shop", "unleash", "Nightly"),
        tags=(),
        config={"ldTag": tag},
        references={},
        planned_at=1.0,
        expected=tuple(map(expected, keys)),
        left_out=(),
        notes=(),
        before=frozenset({"old"}),
        stage=Stage.VERIFIED,
        traces=traces,
        account="acme",
        importer=Importer("key-1", "ana"),
        starts=(Start(frozenset({"old"}), OPENED, CLOSED),),
    )


def flag(key: str = "a", **changes: object) -> WholeFlag:
    made = WholeFlag(
        key=key,
        name=key,
        description="",
        tags=(TAG,),
        variations=(FlagVariation(True, "on"), FlagVariation(False, "off")),
        on=0,
        off=1,
        maintainer="",
        archived=False,
        created=110 * SECOND,
        version=1,
        environments={"test": FlagState(False, 1, 110 * SECOND)},
        kind="boolean",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def owner(
    noted: Journal,
    judged: WholeFlag | None,
    *others: WholeFlag,
    entries: list[AuditEntry] | None = None,
    same_account: bool = True,
) -> Owner:
    there = [each for each in (judged, *others) if each is not None]
    return judge(judged, evidence(noted, there, entries, same_account=same_account)).owner


def entry(key: str, action: str = "createFlag", token: str = "key-1", member: str = "ana") -> AuditEntry:
    return AuditEntry(f"{key}-{action}-{token}", 110 * SECOND, frozenset({action}), frozenset({key}), token, member)


def test_an_untouched_flag_of_the_run_is_ours() -> None:
    assert owner(journal("a"), flag()) is Owner.OURS
    assert owner(journal("a"), flag(), entries=[entry("a")]) is Owner.OURS


def state(**changes: object) -> dict[str, FlagState]:
    return {"test": replace(FlagState(False, 1, 110 * SECOND), **changes)}  # type: ignore[arg-type]


OTHERS: dict[str, WholeFlag | None] = {
    "gone": None,
    "archived": flag(archived=True),
    "existed before": flag("old"),
    "created before the window": flag(created=OPENED - 1),
    "created after the window": flag(created=CLOSED + 1),
    "created again": flag(created=120 * SECOND),
    "edited": flag(version=2),
    "edited in an environment": flag(environments=state(version=2)),
    "touched in an environment": flag(environments=state(last_modified=150 * SECOND)),
    "on": flag(environments=state(on=True)),
    "on in a new environment": flag(environments={**state(), "new": FlagState(True, 1, 110 * SECOND)}),
    "environments left out": flag(environments=None),
    "with a rule": flag(environments=state(targeting=("rules",))),
    "renamed": flag(name="mine"),
    "other variations": flag(variations=(FlagVariation(False, "off"), FlagVariation(True, "on"))),
    "other types": flag(variations=(FlagVariation("true", "on"), FlagVariation("false", "off")), kind="multivariate"),
    "without the tag": flag(tags=()),
    "not planned": flag("b"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_evidence_against_it_leaves_it_to_others(case: str) -> None:
    noted = journal("a", "old")
    assert owner(noted, OTHERS[case]) is Owner.OTHERS
    assert owner(replace(noted, traces={}), flag()) is Owner.OURS, "the first sight may be the undo itself"


NOT_CERTAIN: dict[str, Callable[[Journal], tuple[Journal, WholeFlag]]] = {
    "no creation date": lambda noted: (noted, flag(created=None)),
    "no version": lambda noted: (noted, flag(version=None)),
    "no version, then or now": lambda noted: (replace(noted, traces={}), flag(version=None)),
    "no version of an environment": lambda noted: (replace(noted, traces={}), flag(environments=state(version=None))),
    "no environments at all": lambda noted: (replace(noted, traces={}), flag(environments={})),
    "rules left out": lambda noted: (noted, flag(environments=state(targeting=None))),
    "server without a date": lambda noted: (replace(noted, starts=(Start(frozenset(), None, CLOSED),)), flag()),
    "somebody else's run": lambda noted: (replace(noted, starts=(Start(frozenset(), None),)), flag()),
    "never seen to run": lambda noted: (replace(noted, starts=(Start(frozenset(), OPENED),)), flag()),
    "no account": lambda noted: (replace(noted, account=""), flag()),
    "no start": lambda noted: (replace(noted, starts=()), flag()),
    "no tag and no audit log": lambda noted: (replace(noted, config={}), flag(tags=())),
    "written twice": lambda noted: (replace(noted, traces={}), flag(version=2)),
}


@pytest.mark.parametrize("case", NOT_CERTAIN)
def test_what_lacks_evidence_is_not_certain(case: str) -> None:
    assert owner(*NOT_CERTAIN[case](journal("a"))) is Owner.NOT_CERTAIN


def test_a_token_without_an_account_makes_nothing_certain() -> None:
    assert owner(journal("a"), flag(), same_account=False) is Owner.NOT_CERTAIN


def test_a_window_closes_with_the_second_in_which_the_run_was_last_seen() -> None:
    noted = replace(journal("a"), traces={}, starts=(Start(frozenset(), OPENED, None, 120 * SECOND + 999),))
    assert owner(noted, flag(created=120 * SECOND + 999)) is Owner.OURS
    assert owner(noted, flag(created=121 * SECOND)) is Owner.OTHERS


def test_each_start_has_a_snapshot_of_its_own() -> None:
    """Deleted after the first run, and created again by the second: the first knew it, the second did not."""
    second = Start(frozenset({"old"}), 200 * SECOND, 260 * SECOND)
    noted = replace(journal("a"), traces={}, starts=(Start(frozenset({"a"}), OPENED, CLOSED), second))
    assert owner(noted, flag(created=210 * SECOND)) is Owner.OURS
    assert owner(noted, flag()) is Owner.OTHERS


def test_a_version_that_the_whole_run_shares_is_that_of_birth() -> None:
    noted = replace(journal("a", "b", "c"), traces={})
    twice = [flag(key, version=2) for key in "abc"]
    assert owner(noted, twice[0], *twice[1:]) is Owner.OURS
    assert owner(noted, twice[0], twice[1]) is Owner.NOT_CERTAIN, "two are too few"
    assert owner(noted, replace(twice[0], version=3), *twice[1:]) is Owner.NOT_CERTAIN
    described = [replace(each, description="theirs") for each in twice]
    assert owner(noted, described[0], *described[1:]) is Owner.NOT_CERTAIN, "an edit of all of them"


def test_the_audit_log_names_who_created_it() -> None:
    noted = journal("a", "b")
    other = flag("b")
    seen = [entry("b")]
    assert owner(noted, flag(), other, entries=[*seen, entry("a", token="key-2")]) is Owner.OTHERS
    assert owner(noted, flag(), other, entries=[*seen, entry("a", token="", member="greta")]) is Owner.OTHERS
    assert owner(noted, flag(), other, entries=[*seen, entry("a", token="", member="")]) is Owner.OURS
    assert owner(noted, flag(), other, entries=seen) is Owner.NOT_CERTAIN, "no entry of its creation"
    edited = [*seen, entry("a"), entry("a", action="updateName", token="", member="greta")]
    assert owner(noted, flag(), other, entries=edited) is Owner.OTHERS


def test_without_a_tag_the_audit_log_decides() -> None:
    noted, bare = journal("a", tag=""), flag(tags=())
    assert owner(noted, bare, entries=[entry("a")]) is Owner.OURS
    assert owner(noted, bare, entries=[]) is Owner.NOT_CERTAIN
    assert owner(replace(noted, importer=Importer()), bare, entries=[entry("a")]) is Owner.NOT_CERTAIN


MAYBE = st.sampled_from
FLAGS = st.builds(
    flag,
    name=MAYBE(["a", "mine"]),
    tags=MAYBE([(TAG,), (), ("theirs", TAG)]),
    archived=st.booleans(),
    created=MAYBE([110 * SECOND, OPENED - 1, CLOSED + 1, None]),
    version=MAYBE([1, 2, None]),
    environments=st.none()
    | st.dictionaries(
        MAYBE(["test", "new"]),
        st.builds(
            FlagState,
            st.booleans(),
            MAYBE([1, 2, None]),
            MAYBE([110 * SECOND, CLOSED + 5 * SECOND, None]),
            MAYBE([(), ("rules",), None]),
        ),
    ),
)


@given(FLAGS, st.booleans(), st.booleans())
def test_nothing_is_ours_without_every_piece_of_evidence(one: WholeFlag, traced: bool, before: bool) -> None:
    noted = journal("a")
    noted = noted if traced else replace(noted, traces={})
    if before:
        noted = replace(noted, starts=(Start(frozenset({"a"}), OPENED, CLOSED),))
    states = (one.environments or {}).items()
    assert (owner(noted, one) is Owner.OURS) == (
        not before
        and one.name == "a"
        and TAG in one.tags
        and not one.archived
        and one.created == 110 * SECOND
        and one.version == 1
        and bool(one.environments)
        and all(each.targeting == () and not each.on for _, each in states)
        and all(each.version == 1 or (each.version == 2 and each.last_modified == 110 * SECOND) for _, each in states)
        and (
            not traced
            or all(key != "test" or (each.version, each.last_modified) == (1, 110 * SECOND) for key, each in states)
        )
    )


@pytest.mark.parametrize("name", ["started", "verified"])
def test_a_journal_of_1_1_0_opens_and_makes_nothing_certain(name: str) -> None:
    noted = store.load(JSON_1_1_0 / f"{name}.json")
    assert noted is not None
    assert (noted.account, noted.starts, len(noted.expected)) == ("", (), 3)
    known: Evidence = evidence(noted, (), None, same_account=True)
    key = noted.expected[0].key
    trace = noted.traces.get(key, Trace(1, 1, {}))
    there = flag(
        key,
        tags=(noted.flag_tag,),
        created=trace.created,
        version=trace.version,
        environments={
            name: FlagState(False, version, modified) for name, (version, modified) in trace.environments.items()
        }
        or state(),
    )
    assert judge(there, known).owner is Owner.NOT_CERTAIN
