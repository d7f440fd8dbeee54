"""The journal: what it says is read back as it was, and what is ours is told from what is not."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit import plan_tools
from tui.answers.request import CreateRequest, Slot
from tui.apply import journal as journals
from tui.apply import new_journal, store
from tui.apply.heads import heads
from tui.apply.journal import Expected, Identity, Journal, LeftOut, Mark, Stage, Trace
from tui.launchdarkly.instances import EU
from tui.launchdarkly.models import Configuration, FlagState, ImportStatus, WholeFlag
from tui.net.errors import Failure
from tui.sources.flags import Variation
from tui.targeting.losses import Lost
from tui.text.redact import MASK, Redactor

TEXT = st.text(max_size=12) | st.just("a lone \ud800")
KEY = st.text("abcxyz.-_9", min_size=1, max_size=8)
MS = st.none() | st.integers(0, 2**50)
WHEN = st.floats(0, 2e9)
VALUES = st.booleans() | TEXT
VARIATIONS = st.lists(st.builds(Variation, VALUES, TEXT), max_size=3).map(tuple)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
PLACES = st.none() | st.integers(0, 3)
LOST = st.lists(st.builds(Lost, TEXT, TEXT), max_size=2).map(tuple)
EXPECTED = st.builds(Expected, KEY, TEXT, TEXT, st.none() | TEXTS, VARIATIONS, PLACES, PLACES, st.booleans(), LOST)
TRACES = st.builds(Trace, MS, MS, st.dictionaries(TEXT, st.tuples(MS, MS), max_size=2))
JOURNALS = st.builds(
    Journal,
    identity=st.builds(Identity, TEXT, TEXT, TEXT, TEXT),
    tags=TEXTS,
    config=st.dictionaries(TEXT, VALUES, max_size=3),
    references=st.dictionaries(TEXT, TEXT, max_size=3),
    planned_at=WHEN,
    expected=st.lists(EXPECTED, max_size=4).map(tuple),
    left_out=st.lists(st.builds(LeftOut, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    notes=TEXTS,
    before=st.frozensets(KEY, max_size=4),
    who=TEXT,
    incomplete=TEXT,
    stage=st.sampled_from(Stage),
    ids_before=st.frozensets(TEXT, max_size=3),
    sent_at=WHEN,
    configuration=KEY,
    reused=st.booleans(),
    mark=st.none() | st.builds(Mark, TEXT, MS, MS, st.frozensets(TEXT, max_size=2)),
    snapshot_at=WHEN,
    start_sent_at=WHEN,
    started_at=WHEN,
    verified_at=WHEN,
    ended_at=WHEN,
    ended=TEXT,
    errors=TEXTS,
    traces=st.dictionaries(KEY, TRACES, max_size=3),
    undone=st.dictionaries(KEY, st.sampled_from(["archive", "delete"]), max_size=3),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journals")


LONE = "\ud800"  # pydantic refuses one in a value, and replaces it in a key
SURROGATES = Journal(Identity("", "", "", ""), (), {}, {LONE: ""})


@given(JOURNALS)
@example(SURROGATES)
def test_what_is_written_is_read(place: Path, journal: Journal) -> None:
    path = place / "one.json"
    store.save(journal, path)
    assert store.load(path) == journal
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(place) == ["one.json"]


@given(JOURNALS, st.data())
def test_a_damaged_journal_is_refused_in_words(place: Path, journal: Journal, data: st.DataObject) -> None:
    path = place / "damaged.json"
    store.save(journal, path)
    document: dict[str, Any] = json.loads(path.read_text())
    name = data.draw(st.sampled_from(sorted(document)))
    if data.draw(st.booleans()):
        del document[name]
    else:
        document[name] = data.draw(st.sampled_from([{"x": []}, [7], "never"]))
    path.write_text(json.dumps(document))
    said = ""
    try:
        store.load(path)
    except Failure as failure:
        said = f"{failure.exit_code} {failure}"
    path.unlink()
    assert not said or (said.startswith("2 ") and "damaged.json" in said)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 2}', "\x00\xff", "[" * 100_000])
def test_what_is_no_journal_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "latin-1")
    with pytest.raises(Failure):
        store.load(path)


UNSOUND: dict[str, dict[str, object]] = {
    "no configuration": {"stage": "created", "configuration": ""},
    "a time that no calendar holds": {"started_at": 32_503_680_000},
    "a time before the epoch": {"ended_at": -1},
    "half a millisecond": {"mark": {"status": "", "last_import": 0.5, "last_error": None, "errors": []}},
    "too many milliseconds": {"mark": {"status": "", "last_import": 10**18, "last_error": None, "errors": []}},
    "an unknown stage": {"stage": "ending"},
}


@pytest.mark.parametrize("case", UNSOUND)
def test_journal_that_contradicts_itself_is_refused(tmp_path: Path, case: str) -> None:
    path = tmp_path / "x.json"
    store.save(begun("a"), path)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"snapshot": ["a"], "born_here": True, "later": 1}))
    assert store.load(path) == begun("a"), "members of later versions are ignored"
    path.write_text(json.dumps(document | UNSOUND[case]))
    with pytest.raises(Failure):
        store.load(path)


def test_no_file_is_no_journal_and_a_folder_is_none_either(tmp_path: Path) -> None:
    assert store.load(tmp_path / "none.json") is None
    with pytest.raises(Failure):
        store.load(tmp_path)


def test_each_import_has_a_file_of_its_own() -> None:
    identities = [Identity(*parts) for parts in ("habc", "hab ", "ha c", "h bc", "\ud800b c")]
    assert len({store.path_of(each, Path("x")) for each in identities}) == len(identities)
    assert store.path_of(Identity("h", "p/../q", "split", "N" * 300)).name.startswith("split-p-q-nnn")


CONFIG = {"ldTag": "imported", "ldMaintainer": "", "sourceApiKey": Slot("sourceApiKey"), "ldApiKey": Slot("ldApiKey")}
REQUEST = CreateRequest(EU, "web-shop", "unleash", "Production", ("migration",), CONFIG)


def begun(*keys: str, existing: tuple[str, ...] = ()) -> Journal:
    plan = plan_tools.plan(*map(plan_tools.flag, keys), existing=plan_tools.there(*existing))
    return new_journal.begin(REQUEST, {"token": "env:LD_ACCESS_TOKEN"}, plan, {}, "ana@example.com")


def test_it_holds_no_secret(tmp_path: Path) -> None:
    """Neither the places of keys nor what a source or LaunchDarkly says with a key in it."""
    redactor = Redactor()
    key = "api-c0ffee00-5ec3-4e70-8c4f-c0ffeec0ffee"
    redactor.add(key)
    flag = plan_tools.flag("a", description=f"by {key}", name=key, tags=(key,))
    journal = new_journal.begin(REQUEST, {"token": "keyring"}, plan_tools.plan(flag), {}, "me")
    journal = replace(journal, errors=(f"403: {key}",), notes=(key,))
    path = tmp_path / "x.json"
    store.save(journal, path, redactor)
    text = path.read_text()
    assert "c0ffee" not in text
    assert "sourceApiKey" not in text
    loaded = store.load(path)
    assert loaded is not None
    assert loaded.errors == (f"403: {MASK}",)
    assert loaded.keys == {"a"}


def test_one_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    store.save(begun("a"), path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save(begun("b"), path)
    loaded = store.load(path)
    assert loaded is not None
    assert loaded.keys == {"a"}
    assert os.listdir(tmp_path) == ["x.json"]


def test_ten_thousand_flags_are_written_and_read(tmp_path: Path) -> None:
    journal = begun(*(f"flag-{number:05}" for number in range(10_000)))
    path = tmp_path / "x.json"
    store.save(journal, path)
    assert store.load(path) == journal
    assert 1_000_000 < path.stat().st_size < 5_000_000
    (head,) = heads(tmp_path)
    assert head.expected == 10_000


def configuration(status: dict[str, Any] | None = None) -> Configuration:
    return Configuration.model_validate(
        {"_id": "12ab", "projectKey": "web-shop", "integrationKey": "unleash", "name": "Production"}
        | {"_status": status or {}}
    )


def whole(key: str, created: int = 5, version: int = 1) -> WholeFlag:
    states = {"test": FlagState(False, version, created)}
    return WholeFlag(key, key, "", (), (), 0, 1, "", False, created, version, states)


def verified(*keys: str, missing: tuple[str, ...] = ()) -> Journal:
    """An import of some keys that has ended and was verified, at 200."""
    made = journals.created(begun(*keys, *missing), configuration(), reused=False)
    run = journals.started(journals.starting(made, journals.NEVER_RUN, 90), journals.NEVER_RUN, 100)
    done = journals.ended(run, Mark("partial", None, 7), ("e",), 150)
    return journals.verified(done, map(whole, keys), 200)


@pytest.mark.timeout(10)
def test_ten_thousand_flags_are_verified_in_no_time() -> None:
    keys = [f"flag-{number:05}" for number in range(10_000)]
    assert len(verified(*keys).traces) == 10_000


def test_a_new_configuration_is_told_from_its_birth_and_a_reused_one_from_now() -> None:
    there = configuration({"status": "complete", "lastImport": 7})
    assert journals.created(begun("a"), there, reused=False).mark == journals.NEVER_RUN
    assert journals.created(begun("a"), there, reused=True).mark == Mark("complete", 7, None)


def test_the_first_verification_is_what_changes_are_told_from() -> None:
    journal = verified("a", missing=("b",))
    later = journals.verified(journal, [whole("a", version=9), whole("b")], 900)
    assert later == journal  # what somebody changed or made since is not taken for ours
    assert journal.traces["a"] == Trace(5, 1, {"test": (1, 5)})


def test_only_what_was_planned_and_absent_before_is_traced() -> None:
    run = replace(verified("a"), stage=Stage.ENDED, traces={}, before=frozenset({"a"}))
    assert journals.verified(run, [whole("a"), whole("stranger")], 300).traces == {}


def test_a_second_start_keeps_what_was_expected_and_brings_what_is_new() -> None:
    journal = verified("a", "b", missing=("c",))
    # c came by somebody's hand, b was deleted, d is new at the source, x is a stranger
    plan = plan_tools.plan(
        *map(plan_tools.flag, "abcd"),
        existing={**plan_tools.there("a", created=5), **plan_tools.there("c", "x", created=400)},
        read_at=500.0,
    )
    after = new_journal.again(journal, plan, {"d": (Lost("segments", "staff"),)})
    assert after.stage is Stage.CREATED
    assert after.keys == set("abcd")
    assert after.before == {"c", "x"}
    assert after.awaited == set("abd")
    assert set(after.traces) == {"a"}
    assert after.expected[-1].lost == (Lost("segments", "staff"),)
    assert (after.mark, after.configuration) == (journal.mark, "12ab")
    assert (after.planned_at, after.snapshot_at) == (500.0, 500.0)


def test_a_plan_that_is_not_whole_is_no_snapshot() -> None:
    """The start takes one then, however soon it comes: what the plan has not seen would be taken for ours."""
    half = plan_tools.plan(plan_tools.flag("a"), existing={}, incomplete="A page was lost.", read_at=500.0)
    fresh = new_journal.begin(REQUEST, {}, half, {}, "")
    assert (fresh.incomplete, fresh.snapshot_at) == ("A page was lost.", 0.0)
    run = verified("a", "b")
    after = new_journal.again(run, half, {})
    assert (after.snapshot_at, after.before, after.traces) == (0.0, run.before, run.traces)


def test_what_came_in_a_run_that_nobody_verified_is_ours() -> None:
    run = replace(verified("a"), stage=Stage.ENDED, traces={}, verified_at=0.0)
    assert journals.standing(run, {"a": 5, "x": 6}, 300).before == {"x"}
    done = journals.verified(run, [whole("a")], 300)
    assert journals.standing(done, {"a": 5}, 300).before == frozenset()
    assert journals.standing(done, {"a": 6}, 300).before == {"a"}  # made anew by somebody


def test_a_refused_start_goes_back_to_what_was_known() -> None:
    mark = Mark("complete", 7, None)
    starting = journals.starting(verified("a"), mark, 300)
    after = journals.created_again(starting)
    assert (after.stage, after.mark) == (Stage.CREATED, mark)


def test_a_configuration_that_nobody_planned_expects_nothing() -> None:
    journal = new_journal.of_existing(EU.url, configuration({"status": "importing"}), "me")
    assert (journal.stage, journal.keys, journal.configuration) == (Stage.CREATED, frozenset(), "12ab")
    assert journal.identity == Identity(EU.url, "web-shop", "unleash", "Production")


def test_a_print_tells_nothing_of_an_error() -> None:
    told = {"errors": [{"message": "key sesame", "timestamp": 5}, {"message": "key sesame", "timestamp": 6}]}
    mark = journals.mark_of(ImportStatus.model_validate(told))
    assert len(mark.errors) == 2
    assert "sesame" not in repr(mark)
