"""`ld-flag-import rebuild` without --dry-run: applied, read back, turned on, taken back; approvals, and colleagues."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needed
from tests.unit.headless_tools import Ran, Recipe
from tests.unit.rebuild_tools import NAMES, PLACE, content, few_flags, rebuilt, states, taken_back, writes
from tests.unit.sandbox.vendor_evaluator import evaluated as vendor_evaluator
from tui.commands import rebuild, report, undo, verify
from tui.commands.surroundings import Surroundings
from tui.rebuild import store
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=few_flags()) as made:
        yield made


def reasons(recipe: Recipe, **options: Any) -> dict[str, str]:
    (document,) = rebuilt(recipe, **options).lines
    return {flag["key"]: " ".join(flag["reasons"]) for flag in document["flags"]}


def on(box: Sandbox, environment: str = PLACE) -> set[str]:
    return {key for key, flag in box.colleague().flags().items() if flag.state(environment).on}


def test_accepted_flags_are_applied_read_back_and_taken_back_to_the_byte(imported: Recipe, box: Sandbox) -> None:
    before = content(box)
    ran = rebuilt(imported)
    (document,) = ran.lines
    assert (ran.code, ran.err, set(states(ran).values()) - {"skipped"}) == (0, "", {"equal"})
    assert document["counts"]["applied"] == [*states(ran).values()].count("equal") > 4
    assert not on(box) - on(box, "staging")
    sent = writes(box)
    again = rebuilt(imported)
    assert (again.code, states(again), writes(box)) == (0, states(ran), sent)
    assert imported.run(verify.run).code == 0
    (record,) = store.beside(imported.journals[0])
    assert record.stat().st_mode & 0o777 == 0o600
    back = taken_back(imported)
    assert (back.code, set(states(back).values())) == (0, {"taken-back"})
    assert content(box) == before
    assert (rebuilt(imported).code, taken_back(imported).code) == (0, 0)
    assert content(box) == before


def test_one_patch_a_flag_and_a_segment_before_its_flag(unleash: Recipe, box: Sandbox) -> None:
    start = len(writes(box))
    assert rebuilt(unleash).code == 0
    sent = writes(box)[start:]
    flags = [path for _, path in sent if path.startswith("/api/v2/flags/")]
    assert len(flags) == len(set(flags)) == 6
    assert flags.index("/api/v2/flags/web-shop/wholesale-prices") < flags.index(
        "/api/v2/flags/web-shop/wholesale-credit"
    )
    created = [path for method, path in sent if method == "POST"]
    assert len(created) == 2  # pickup-points and beta-search share one


def test_only_accepted_names_are_applied(unleash: Recipe, box: Sandbox) -> None:
    start = len(writes(box))
    ran = rebuilt(unleash, accept=())
    assert (ran.code, writes(box)[start:]) == (2, [])
    partly = rebuilt(unleash, accept=("segment-copied-today",))
    assert partly.code == 0
    assert states(partly)["checkout-v2"] == "skipped"
    assert states(partly)["pickup-points"] == "equal"


def test_undo_takes_rebuilds_back_first_and_archives(imported: Recipe, box: Sandbox) -> None:
    turned = rebuilt(imported, turn_on=True)
    assert turned.code == 0, turned.out
    assert len(on(box)) > 2
    assert imported.run(verify.run).code == 0
    listed = imported.run(undo.run, as_json=False, dry_run=True)
    assert "is taken back first." in listed.out
    ran = imported.run(undo.run)
    (document,) = ran.lines
    assert ({flag["action"] for flag in document["flags"]}, ran.err) == ({"archive"}, "")
    assert content(box)["segments"] == {}


def test_turn_on_leaves_flags_that_are_off_at_the_source(imported: Recipe, box: Sandbox) -> None:
    equal = {key for key, state in states(rebuilt(imported)).items() if state == "equal"}
    assert not on(box) & {flag.key for flag in imported.journal.expected}
    assert rebuilt(imported, turn_on=True).code == 0
    at_source = {flag.key for flag in imported.journal.expected if flag.on_at_source}
    assert on(box) & imported.journal.keys == at_source & equal


def test_adopted_flag_is_rebuilt_and_never_archived(unleash: Recipe, box: Sandbox) -> None:
    box.colleague().rename("checkout-v2", "Theirs")
    assert states(rebuilt(unleash))["checkout-v2"] == "skipped"
    assert states(rebuilt(unleash, adopt=("checkout-v2",)))["checkout-v2"] == "equal"
    ran = unleash.run(undo.run, flags=("checkout-v2",))
    actions = {flag["key"]: flag["action"] for flag in ran.lines[0]["flags"]}
    assert actions["checkout-v2"] == "keep"
    assert actions["pickup-points"] == "archive"
    assert not box.colleague().flag("checkout-v2").archived


# Others


def test_flag_that_someone_changed_since_stays_with_the_difference(unleash: Recipe, box: Sandbox) -> None:
    assert rebuilt(unleash).code == 0
    theirs = box.colleague().add_rule("checkout-v2", PLACE)
    ran = rebuilt(unleash)
    assert (ran.code, states(ran)["checkout-v2"]) == (6, "differs")
    assert "rules" in reasons(unleash)["checkout-v2"]
    verified = unleash.run(verify.run)
    assert verified.code == 6
    assert [each["key"] for each in verified.lines[0]["different"]] == ["checkout-v2"]
    back = taken_back(unleash)
    assert (back.code, states(back)["checkout-v2"], states(back)["pickup-points"]) == (6, "differs", "taken-back")
    assert box.colleague().flag("checkout-v2") == theirs


def test_segment_that_a_colleague_uses_or_changed_stays(unleash: Recipe, box: Sandbox) -> None:
    assert rebuilt(unleash).code == 0
    greta = box.colleague()
    used, changed = sorted(greta.segments(PLACE))
    greta.create("theirs", variations=((True, ""), (False, "")))
    greta.add_rule("theirs", PLACE, attribute="segmentMatch", op="segmentMatch", values=[used])
    edited = greta.edit_segment(changed, PLACE, description="theirs")
    ran = taken_back(unleash)
    kept = {each["key"]: each["reason"] for each in ran.lines[0]["segments"]}
    assert kept == {used: "It is used by theirs.", changed: "Someone has changed it."}
    assert greta.segments(PLACE)[changed] == edited
    greta.delete("theirs")
    assert taken_back(unleash).lines[0]["segments"] == [{"key": changed, "reason": "Someone has changed it."}]
    assert [*greta.segments(PLACE)] == [changed]


def test_foreign_segment_with_the_key_stops_its_flags(unleash: Recipe, box: Sandbox) -> None:
    dry = unleash.run(rebuild.run, dry_run=True, environment=PLACE, accept=NAMES)
    flags = {flag["key"]: flag for flag in dry.lines[0]["flags"]}
    key = flags["pickup-points"]["segments"][0]["key"]
    theirs = box.colleague().create_segment(key, PLACE)
    ran = rebuilt(unleash)
    assert ran.code == 6
    assert (states(ran)["pickup-points"], states(ran)["beta-search"]) == ("failed", "failed")
    assert states(ran)["checkout-v2"] == "equal"
    assert "already exists" in str(ran.lines[0])
    assert (taken_back(unleash).code, box.colleague().segments(PLACE)) == (0, {key: theirs})


def test_flag_that_changes_after_it_was_read_isnt_touched(unleash: Recipe, box: Sandbox) -> None:
    done: list[str] = []

    def called(method: str, path: str) -> None:
        if path == "/api/v2/flags/web-shop/checkout-v2" and not done:
            done.append(path)
            box.colleague().add_target("checkout-v2", "u-1", environment=PLACE)

    box.on_request = called
    ran = rebuilt(unleash)
    box.on_request = None
    assert (ran.code, states(ran)["checkout-v2"]) == (6, "failed")
    assert not box.colleague().flag("checkout-v2").state(PLACE).rules


def test_version_that_moved_more_than_once_is_someone_elses(unleash: Recipe, box: Sandbox) -> None:
    looks: list[str] = []

    def called(method: str, path: str) -> None:
        if (method, path) == ("GET", "/api/v2/flags/web-shop/checkout-v2"):
            looks.append(path)
            if len(looks) == 2:  # right after the change
                box.colleague().switch("checkout-v2", PLACE)
                box.colleague().switch("checkout-v2", PLACE, on=False)

    box.on_request = called
    ran = rebuilt(unleash)
    box.on_request = None
    theirs = box.colleague().flag("checkout-v2")
    assert (ran.code, states(ran)["checkout-v2"]) == (6, "differs")
    back = taken_back(unleash)
    assert (back.code, states(back)["checkout-v2"]) == (6, "differs")
    assert "rules and default rule changed" in str(back.lines[0])
    assert box.colleague().flag("checkout-v2") == theirs


# Approvals


def test_approval_is_requested_once_and_noticed_when_applied(unleash: Recipe, box: Sandbox) -> None:
    greta, before = box.colleague(), content(box, "test")
    greta.set_up("test", approvals=True)
    ran = rebuilt(unleash, environment="test")
    assert (ran.code, states(ran)["checkout-v2"]) == (6, "pending-approval")
    waiting = {each.flag: each.id for each in greta.pending().values() if each.status == "pending"}
    assert "checkout-v2" in waiting
    again = rebuilt(unleash, environment="test")
    assert states(again)["checkout-v2"] == "pending-approval"
    assert {each.flag: each.id for each in greta.pending().values()} == waiting
    greta.apply(waiting["checkout-v2"])
    assert states(rebuilt(unleash, environment="test"))["checkout-v2"] == "equal"
    greta.set_up("test", approvals=False)
    back = taken_back(unleash, environment="test")
    assert (back.code, set(states(back).values())) == (0, {"taken-back"})
    assert not [each for each in greta.pending().values() if each.status == "pending"]
    assert content(box, "test") == before


def test_segments_that_need_an_approval_leave_nothing_behind(unleash: Recipe, box: Sandbox) -> None:
    ran = rebuilt(unleash, environment="staging")
    assert ran.code == 6
    assert "need an approval" in str(ran.lines[0])
    assert box.colleague().segments("staging") == {}


def test_conflict_with_a_pending_change_is_told(unleash: Recipe, box: Sandbox) -> None:
    box.set_faults("flag-change-conflict")
    assert "conflict" in " ".join(reasons(unleash).values())


# Accounts


def test_record_of_another_account_is_refused(unleash: Recipe, box: Sandbox) -> None:
    assert rebuilt(unleash).code == 0
    other = next(token for token in TOKENS.values() if token.account != "acme")
    sent = len(writes(box))
    ran = rebuilt(unleash, environ={**unleash.environ, "LD_ACCESS_TOKEN": other.value})
    assert (ran.code, ran.lines[0]["kind"], len(writes(box))) == (3, "credential", sent)


def test_reversed_weights_are_equal(unleash: Recipe, box: Sandbox) -> None:
    box.set_faults("weights-reversed")
    assert states(rebuilt(unleash))["checkout-v2"] == "equal"


# LaunchDarkly's own evaluation


def test_flags_that_are_on_answer_by_launchdarkly_itself_as_they_should(imported: Recipe, box: Sandbox) -> None:
    needed(find_spec("ldclient"), "launchdarkly-server-sdk")
    box.evaluator = vendor_evaluator
    ran = rebuilt(imported, turn_on=True)
    asked = [path for _, path, _ in box.requests if path.endswith("/flags/evaluate")]
    assert (ran.code, len(asked) > 6) == (0, True), ran.out
    assert "isn't available" not in str(ran.lines[0]["notes"])
    assert taken_back(imported).code == 0


def test_another_answer_of_launchdarkly_is_told(unleash: Recipe, box: Sandbox) -> None:
    box.evaluator = lambda flags, segments, context: {flag["key"]: ("other", {"kind": "OFF"}) for flag in flags}
    ran = rebuilt(unleash, turn_on=True)
    assert (ran.code, states(ran)["pickup-points"]) == (6, "differs")
    assert "LaunchDarkly serves other" in str(ran.lines[0])


def test_evaluation_that_isnt_available_is_a_note(unleash: Recipe) -> None:
    ran = rebuilt(unleash, turn_on=True)
    assert ran.code == 0
    assert "isn't available" in str(ran.lines[0]["notes"])


# Reports


@pytest.mark.parametrize("format", ["html", "md", "csv", "json"])
def test_report_has_the_state_of_each_flag_and_what_is_left(unleash: Recipe, format: str) -> None:
    assert rebuilt(unleash, accept=("segment-copied-today",)).code == 0
    ran = unleash.run(report.run, format=format, output=Path("-"), as_json=False)
    assert ran.code == 0, ran.err
    if format == "json":
        states = {each["key"]: each["state"] for each in json.loads(ran.out)["rebuilt"]}
        assert (states["pickup-points"], states["checkout-v2"]) == ("equal", "skipped")
    elif format == "csv":
        rows = {row["flag"]: row for row in csv.DictReader(ran.out.splitlines())}
        assert "pickup-points" not in rows
        assert rows["checkout-v2"]["rebuilt"] == f"{PLACE}: skipped"
    else:
        assert "Rebuilt targeting" in ran.out
        assert "rebuilt, read back equal" in ran.out


def test_child_alone_is_rebuilt_once_its_parent_stands(unleash: Recipe, box: Sandbox) -> None:
    alone = rebuilt(unleash, flags=("wholesale-credit",))
    assert (alone.code, states(alone)) == (6, {"wholesale-credit": "failed"})
    assert states(rebuilt(unleash, flags=("wholesale-prices",))) == {"wholesale-prices": "equal"}
    assert states(rebuilt(unleash, flags=("wholesale-credit",))) == {"wholesale-credit": "equal"}
    parent = taken_back(unleash, flags=("wholesale-prices",))
    assert (parent.code, states(parent)) == (6, {"wholesale-prices": "applied"})
    assert "depends on it" in str(parent.lines[0])


# Questions


def test_names_and_a_critical_environment_are_asked_for(unleash: Recipe, box: Sandbox) -> None:
    answers = asked(unleash, box, "production", "y\n" * 8)
    assert (answers.code, "Accept rebucketed for 2 flags?" in answers.err) == (0, True), answers.err
    assert "production is a critical environment. Set the targeting there? [y/N]" in answers.err
    assert "read back equal" in answers.out


def test_no_to_the_critical_environment_changes_nothing(unleash: Recipe, box: Sandbox) -> None:
    sent = len(writes(box))
    answers = asked(unleash, box, "production", "n\nn\ny\nn\n")
    assert (answers.code, len(writes(box))) == (2, sent), answers.err
    assert answers.err.endswith("Nothing was changed.\n")


def asked(recipe: Recipe, box: Sandbox, environment: str, typed: str) -> Ran:
    """Rebuild in a terminal, with these answers."""
    answers = iter(typed.splitlines())

    async def confirm(self: Surroundings, question: str) -> bool:
        self.prompt(f"{question} [y/N] \n")
        return next(answers) == "y"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Surroundings, "confirm", confirm)
        patch.setattr(Surroundings, "can_ask", lambda self, as_json: True)
        return rebuilt(recipe, environment=environment, accept=(), yes=False, as_json=False)
