"""Undo after a shared history: what somebody else made or touched stays, and our own flags are taken back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.pilot.runs import strike
from tests.unit.headless_tools import ERROR, KilledError, Ran, Recipe, recipe_in
from tests.unit.history_tools import (
    CREATE,
    ENVIRONMENTS,
    NEWEST,
    TRIGGER,
    actions,
    as_imported,
    content,
    create_equal,
    idle,
    just_before,
    killed_at,
    some_flags,
    taken_back,
)
from tests.unit.run_tools import creates, triggers
from tests.unit.sandbox_tools import create, launchdarkly, path_of, run_import
from tui.apply import store
from tui.apply.journal import Identity, Stage
from tui.commands import apply, undo, verify
from tui.launchdarkly.client import LaunchDarkly
from tui.sandbox.colleague import Colleague
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox

KEY = "google-pay"
"""A planned flag that a colleague creates or changes."""
OTHER = "dark-mode"
DAY = 86_400_000
WITHOUT_LOG = ("audit-log-forbidden", "audit-log-missing", "audit-log-error", "audit-log-empty", "audit-log-anonymous")
DELETE = pytest.mark.parametrize("delete", [False, True], ids=["archive", "delete"])


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=some_flags()) as made:
        yield made


@pytest.fixture(params=["unleash", "split"])
def recipe(box: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Recipe:
    return recipe_in(box, tmp_path, request.param)


@pytest.fixture
def one(box: Sandbox, tmp_path: Path) -> Recipe:
    """A recipe for one integration, where the other would show nothing new."""
    return recipe_in(box, tmp_path)


def deletes(recipe: Recipe) -> bool:
    """Flags from Split are deleted, those from Unleash archived."""
    return recipe.integration == "split"


def planned(recipe: Recipe) -> set[str]:
    return set(as_imported(recipe.integration))


def applied(recipe: Recipe, code: int = 0) -> Ran:
    ran = recipe.run()
    assert ran.code == code, ran.out
    return ran


# --- histories that leave a flag of somebody else's under a planned key


def before_the_start(recipe: Recipe) -> set[str]:
    done = just_before(recipe.box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    return {KEY}


def before_the_create(recipe: Recipe) -> set[str]:
    done = just_before(recipe.box, CREATE, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    return {KEY}


def after_the_plan_with_the_clock_set_back(recipe: Recipe) -> set[str]:
    """The snapshot of the plan lies in the future by the client's clock."""

    def act() -> None:
        recipe.time.at -= 86_400
        create_equal(recipe, KEY)

    done = just_before(recipe.box, CREATE, act)
    applied(recipe)
    assert done
    return {KEY}


def created_killed_and_the_clock_set_back(recipe: Recipe) -> set[str]:
    killed_at(recipe, Stage.CREATED)
    recipe.time.at -= 86_400
    create_equal(recipe, KEY)
    applied(recipe)
    return {KEY}


def killed_and_created_by_hand_before_resuming(recipe: Recipe) -> set[str]:
    killed_at(recipe, Stage.CREATING)
    create_equal(recipe, KEY)
    applied(recipe)
    return {KEY}


def while_it_runs(recipe: Recipe) -> set[str]:
    """The last flags are not there yet when the colleague creates one of them."""
    late: list[str] = []
    there = recipe.box.colleague().flags().keys()

    def act(method: str, path: str) -> None:
        flags = recipe.box.colleague().flags().keys()
        missing = planned(recipe) - flags
        if not late and missing and len(flags) > len(there):
            late.append(sorted(missing)[-1])
            create_equal(recipe, late[0])

    recipe.box.set_fault("import-slow")
    recipe.box.on_request = act
    applied(recipe)
    assert late
    return set(late)


def killed_failed_and_created_later(recipe: Recipe) -> set[str]:
    """The import of before ended without a flag."""
    recipe.box.set_fault("import-failed")
    killed_at(recipe, Stage.STARTED)
    recipe.box.clock.shift += 1  # later than the end, by LaunchDarkly's clock
    create_equal(recipe, KEY)
    recipe.box.set_fault(None)
    applied(recipe, 6)
    return planned(recipe)


def stuck_and_created_later(recipe: Recipe) -> set[str]:
    recipe.box.set_fault("import-stuck")
    applied(recipe, 7)
    missing = sorted(planned(recipe) - recipe.box.colleague().flags().keys())
    recipe.box.clock.shift += 5
    create_equal(recipe, missing[0])
    recipe.run(verify.run)
    return set(missing)


def deleted_and_created_again(recipe: Recipe) -> set[str]:
    applied(recipe)
    recipe.box.colleague().recreate(KEY)
    return {KEY}


def recreated_before_it_was_seen(recipe: Recipe) -> set[str]:
    """Nobody saw the import's own flag."""
    killed_at(recipe, Stage.STARTED)
    recipe.box.colleague().recreate(KEY)
    applied(recipe)
    return {KEY}


def configuration_deleted_and_created_anew(recipe: Recipe) -> set[str]:
    killed_at(recipe, Stage.CREATED)
    recipe.box.colleague().delete_configuration(recipe.journal.configuration)
    create_equal(recipe, KEY)
    applied(recipe)
    assert creates(recipe.box) == 2
    return {KEY}


def created_before_a_second_start(recipe: Recipe) -> set[str]:
    """Undone by deletion; before the second start a colleague creates one of the deleted flags."""
    applied(recipe)
    assert taken_back(recipe, delete=True) == planned(recipe)
    done = just_before(recipe.box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    assert triggers(recipe.box) == 2
    return {KEY}


def lost_start_answer(recipe: Recipe) -> set[str]:
    recipe.box.set_fault("lost-trigger-answer")
    just_before(recipe.box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    return {KEY}


HAND_MADE: list[Callable[[Recipe], set[str]]] = [
    before_the_start,
    before_the_create,
    after_the_plan_with_the_clock_set_back,
    created_killed_and_the_clock_set_back,
    killed_and_created_by_hand_before_resuming,
    while_it_runs,
    killed_failed_and_created_later,
    stuck_and_created_later,
    deleted_and_created_again,
    recreated_before_it_was_seen,
    configuration_deleted_and_created_anew,
    created_before_a_second_start,
    lost_start_answer,
]


@pytest.mark.parametrize("history", HAND_MADE, ids=[each.__name__ for each in HAND_MADE])
def test_flag_made_by_hand_stays_and_ours_are_taken_back(recipe: Recipe, history: Callable[[Recipe], set[str]]) -> None:
    theirs = history(recipe)
    assert taken_back(recipe, delete=deletes(recipe)) == planned(recipe) - theirs


WITHOUT_WINDOW = [
    created_killed_and_the_clock_set_back,
    killed_and_created_by_hand_before_resuming,
    killed_failed_and_created_later,
    stuck_and_created_later,
    deleted_and_created_again,
    configuration_deleted_and_created_anew,
]
"""Without the audit log these are known by the snapshot, the window or the trace alone."""


@pytest.mark.parametrize("history", WITHOUT_WINDOW, ids=[each.__name__ for each in WITHOUT_WINDOW])
@pytest.mark.parametrize("fault", WITHOUT_LOG)
def test_without_the_audit_log_a_flag_made_outside_the_window_stays(
    one: Recipe, history: Callable[[Recipe], set[str]], fault: str
) -> None:
    theirs = history(one)
    one.box.set_fault(fault)
    assert taken_back(one) == planned(one) - theirs


DIFFERENT: dict[str, dict[str, Any]] = {
    "name": {"name": "Google Pay"},
    "description": {"description": "Made by hand"},
    "tag": {"tags": ("imported",)},
    "values": {"variations": ((False, "off"), (True, "on"))},
    "kind": {"variations": (("true", "on"), ("false", "off"))},
    "defaults": {"on": 1, "off": 0},
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_without_the_audit_log_a_different_flag_made_before_the_start_stays(one: Recipe, what: str) -> None:
    done = just_before(one.box, TRIGGER, lambda: create_equal(one, KEY, **DIFFERENT[what]))
    one.run()
    assert done
    one.box.set_fault("audit-log-missing")
    assert taken_back(one) == planned(one) - {KEY}


def start_never_ran(recipe: Recipe) -> None:
    """The start got lost. A colleague's flag looks like its first one."""
    recipe.box.set_fault("lost-trigger-request")
    applied(recipe, 5)
    recipe.box.clock.shift += 2
    create_equal(recipe, KEY)
    recipe.box.set_fault("audit-log-missing")
    applied(recipe, 7)


def test_without_the_audit_log_a_flag_made_after_a_lost_start_stays(one: Recipe) -> None:
    start_never_ran(one)
    assert one.run(verify.run).code == 6
    assert taken_back(one) == set()


def test_without_the_audit_log_flags_made_one_by_one_before_the_start_stay(one: Recipe) -> None:
    """The newest flags are read once more after each look at the status."""
    one.box.set_fault("audit-log-missing")
    made: list[str] = []

    def act(method: str, path: str) -> None:
        if creates(one.box) and not triggers(one.box) and method == "GET" and path.rpartition("/")[2] != "web-shop":
            missing = sorted(planned(one) - one.box.colleague().flags().keys())
            if len(missing) > 4:
                made.append(missing[0])
                create_equal(one, missing[0])

    one.box.on_request = act
    applied(one)
    assert len(made) > 2
    assert taken_back(one) == planned(one) - set(made)


# --- somebody else started the same configuration


def a_colleagues_configuration(recipe: Recipe) -> str:
    """One with the recipe's name and settings; its id."""
    with launchdarkly(recipe.box) as ld:
        made = create(ld, recipe.box, recipe.integration)
        renamed = ld.patch(path_of(made), json=[{"op": "replace", "path": "/name", "value": "Practice plan"}])
        assert renamed.status_code == 200
        return str(made.json()["_id"])


def started_right_before_us(recipe: Recipe) -> None:
    """LaunchDarkly answers our start with 409."""
    configuration = a_colleagues_configuration(recipe)
    done = just_before(recipe.box, TRIGGER, lambda: recipe.box.colleague().trigger(configuration))
    assert applied(recipe).one("triggered")["status_code"] == 409
    assert done


def importing_when_we_came(recipe: Recipe) -> None:
    configuration = a_colleagues_configuration(recipe)
    done = just_before(recipe.box, NEWEST, lambda: recipe.box.colleague().trigger(configuration))
    assert applied(recipe).one("created")["id"] == configuration
    assert done


def pending_when_we_came(recipe: Recipe) -> None:
    """Somebody else's start may be queued: a second one (201) owns nothing."""
    a_colleagues_configuration(recipe)
    assert applied(recipe).one("triggered")["status_code"] == 201


def run_between_our_runs(recipe: Recipe) -> None:
    """It ended before we came back, and we started nothing."""
    killed_at(recipe, Stage.CREATED)
    recipe.box.colleague().trigger(recipe.journal.configuration)
    idle(recipe.box)
    applied(recipe)
    assert triggers(recipe.box) == 0


def running_again_after_our_start_failed(recipe: Recipe) -> None:
    """Our own import failed; the flags are those of a run that a colleague started later."""
    recipe.box.set_fault("import-failed")
    killed_at(recipe, Stage.STARTED)
    recipe.box.set_fault(None)
    recipe.box.clock.shift += 1
    recipe.box.colleague().trigger(recipe.journal.configuration)
    idle(recipe.box)
    recipe.run()


STARTED_BY_OTHERS = [
    started_right_before_us,
    importing_when_we_came,
    pending_when_we_came,
    run_between_our_runs,
    running_again_after_our_start_failed,
]


@pytest.mark.parametrize("history", STARTED_BY_OTHERS, ids=[each.__name__ for each in STARTED_BY_OTHERS])
def test_flags_of_a_run_that_somebody_else_started_stay(recipe: Recipe, history: Callable[[Recipe], None]) -> None:
    history(recipe)
    assert planned(recipe) <= recipe.box.colleague().flags().keys()
    assert taken_back(recipe, delete=deletes(recipe)) == set()


def test_of_a_reused_configuration_only_the_flags_of_this_run_are_taken_back(recipe: Recipe) -> None:
    """It ran long ago. Of its flags some were deleted since, and come again."""
    configuration = a_colleagues_configuration(recipe)
    greta = recipe.box.colleague()
    greta.trigger(configuration)
    idle(recipe.box)
    gone = sorted(planned(recipe))[:4]
    for key in gone:
        greta.delete(key)
    created = applied(recipe).one("created")
    assert (created["id"], created["reused"], creates(recipe.box)) == (configuration, True, 1)
    assert taken_back(recipe) == set(gone)


# --- changed before it was first seen


def switched_on_and_off(greta: Colleague) -> None:
    greta.switch(KEY)
    greta.switch(KEY, on=False)


def described_and_back(greta: Colleague) -> None:
    before = greta.flag(KEY).description
    greta.describe(KEY, "Mine")
    greta.describe(KEY, before)


EDITS: dict[str, Callable[[Colleague], object]] = {
    "renamed": lambda greta: greta.rename(KEY, "Mine"),
    "described": lambda greta: greta.describe(KEY, "Mine"),
    "described and back": described_and_back,
    "tagged": lambda greta: greta.tag(KEY, "mine"),
    "untagged": lambda greta: greta.untag(KEY, *greta.flag(KEY).tags),
    "targeting rule": lambda greta: greta.add_rule(KEY),
    "individual target": lambda greta: greta.add_target(KEY, "u-1"),
    "context target": lambda greta: greta.add_target(KEY, "o-1", kind="organization"),
    "prerequisite": lambda greta: greta.require(KEY, "invoice-pdf"),
    "switched on": lambda greta: greta.switch(KEY),
    "switched on and off": switched_on_and_off,
    "off variation": lambda greta: greta.edit_in(KEY, "staging", off=0),
    "default variations": lambda greta: greta.edit(KEY, off=0),
    "variation renamed": lambda greta: greta.change_variation(KEY, 0, greta.flag(KEY).variations[0][0], "Mine"),
    "maintainer": lambda greta: greta.edit(KEY, maintainer="5a4db0c50001000000000002"),
    "archived and restored": lambda greta: (greta.archive(KEY), greta.restore(KEY)),
}


def before_it_was_seen(recipe: Recipe, edit: Callable[[], object]) -> None:
    killed_at(recipe, Stage.STARTED)
    edit()
    recipe.run()


def between_the_end_and_the_verification(recipe: Recipe, edit: Callable[[], object]) -> None:
    done = just_before(recipe.box, ENVIRONMENTS, edit, after=TRIGGER)
    recipe.run()
    assert done


def after_the_verification(recipe: Recipe, edit: Callable[[], object]) -> None:
    recipe.run()
    edit()


def after_undo_listed_it(recipe: Recipe, edit: Callable[[], object]) -> None:
    """The edit comes before the flag is read once more."""
    recipe.run()
    later = just_before(recipe.box, ("GET", f"/api/v2/flags/web-shop/{KEY}"), edit)
    ran = recipe.run(undo.run)
    assert (ran.code, actions(ran)[KEY], bool(later)) == (0, "keep", True)
    for key, action in actions(ran).items():
        assert action == ("keep" if key == KEY else "archive"), key


MOMENTS = [before_it_was_seen, between_the_end_and_the_verification, after_the_verification]


@pytest.mark.parametrize("moment", MOMENTS, ids=[each.__name__ for each in MOMENTS])
@pytest.mark.parametrize("edit", EDITS)
def test_edited_flag_stays_and_the_others_are_taken_back(
    one: Recipe, edit: str, moment: Callable[[Recipe, Callable[[], object]], None]
) -> None:
    """Without the audit log, which names the colleague."""
    one.box.set_fault("audit-log-missing")
    moment(one, lambda: EDITS[edit](one.box.colleague()))
    assert taken_back(one) == planned(one) - {KEY}


@pytest.mark.parametrize("edit", EDITS)
def test_flag_edited_after_undo_listed_it_stays(one: Recipe, edit: str) -> None:
    after_undo_listed_it(one, lambda: EDITS[edit](one.box.colleague()))


@DELETE
def test_split_flags_edited_before_they_were_seen_stay(box: Sandbox, tmp_path: Path, delete: bool) -> None:
    recipe = recipe_in(box, tmp_path, "split")
    killed_at(recipe, Stage.STARTED)
    box.colleague().add_rule(KEY)
    box.colleague().describe(OTHER, "Mine")
    recipe.run()
    assert taken_back(recipe, delete=delete) == planned(recipe) - {KEY, OTHER}


# --- servers that leave something out, or write in their own way


@pytest.mark.parametrize(
    "fault", ["no-creation-date", "no-version", "no-environment-versions", "written-twice", "written-thrice"]
)
@pytest.mark.parametrize("log", [None, "audit-log-missing"], ids=["audit log", "no audit log"])
def test_flag_created_again_stays_whatever_the_server_leaves_out(one: Recipe, fault: str, log: str | None) -> None:
    one.box.set_faults(*filter(None, (fault, log)))
    applied(one)
    greta = one.box.colleague()
    greta.recreate(KEY, lacks=greta.flag(KEY).lacks)
    greta.edit_in(OTHER, "test", off=0)
    certain = fault.startswith("written")
    assert taken_back(one) == (planned(one) - {KEY, OTHER} if certain else set())


def test_without_a_date_nothing_is_certain(one: Recipe) -> None:
    one.box.clock.dated = False
    applied(one)
    assert taken_back(one) == set()


ODD = ["written-twice", "written-thrice", "modified-after-creation", "split-defaults-zero", "started-by-create"]


@pytest.mark.parametrize("log", [None, "audit-log-missing"], ids=["audit log", "no audit log"])
@pytest.mark.parametrize("fault", ODD)
def test_undisturbed_flags_of_an_odd_importer_are_taken_back(recipe: Recipe, fault: str, log: str | None) -> None:
    recipe.box.set_faults(*filter(None, (fault, log)))
    recipe.run()
    assert taken_back(recipe, delete=deletes(recipe)) == planned(recipe)


@pytest.mark.parametrize("faults", itertools.product(["written-twice", "written-thrice"], ["split-defaults-zero"]))
def test_undo_that_was_killed_takes_back_the_rest(
    box: Sandbox, tmp_path: Path, faults: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last two flags alone would be too few to tell how the importer writes."""
    recipe = recipe_in(box, tmp_path, "split")
    box.set_faults(*faults)
    recipe.run()
    left = len(planned(recipe)) - 2
    archive, count = LaunchDarkly.archive_flag, [0]

    async def dies(self: LaunchDarkly, *more: str) -> None:
        count[0] += 1
        if count[0] > left:
            raise KilledError
        await archive(self, *more)

    with monkeypatch.context() as patch:
        patch.setattr(LaunchDarkly, "archive_flag", dies)
        with pytest.raises(KilledError):
            recipe.run(undo.run)
    assert len(taken_back(recipe)) == 2


# --- another account


def as_another_account(recipe: Recipe) -> Recipe:
    """The same recipe with keys of another account."""
    keys = {"LD_ACCESS_TOKEN": "other-account", "LD_IMPORT_API_KEY": "other-import-key"}
    environ = recipe.environ | {name: TOKENS[key].value for name, key in keys.items()}
    return replace(recipe, environ=environ)


def with_old_flags_of_the_same_keys(recipe: Recipe) -> Colleague:
    """The other account has had flags of these keys, except KEY, for long."""
    gil = recipe.box.colleague("gil@globex.example", account="globex")
    for key, flag in as_imported(recipe.integration).items():
        if key == KEY:
            continue
        gil.create(key, **content(flag), created=flag.created - 200 * DAY)
    return gil


@pytest.mark.parametrize("stage", [Stage.CREATING, Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.VERIFIED])
@pytest.mark.parametrize("command", [apply.run, verify.run, undo.run], ids=["apply", "verify", "undo"])
def test_journal_of_another_account_is_refused(recipe: Recipe, stage: Stage, command: Callable[..., int]) -> None:
    gil = with_old_flags_of_the_same_keys(recipe)
    killed_at(recipe, stage)
    flags, sent, journal = gil.flags(), len(recipe.box.requests), recipe.journal
    ran = as_another_account(recipe).run(command)
    error = ran.lines[0]
    assert (ran.code, list(error), error["kind"], error["field"]) == (3, ERROR, "credential", "token")
    assert {method for method, _, _ in recipe.box.requests[sent:]} <= {"GET"}
    assert gil.flags() == flags
    assert recipe.journal == journal


def test_create_only_is_refused_to_another_account(one: Recipe) -> None:
    assert one.run(create_only=True).code == 0
    ran = as_another_account(one).run(create_only=True)
    assert (ran.code, ran.lines[0]["kind"], creates(one.box)) == (3, "credential", 1)


def test_another_journal_serves_the_other_account(recipe: Recipe, tmp_path: Path) -> None:
    """Old flags there were skipped: they are not taken back."""
    gil = with_old_flags_of_the_same_keys(recipe)
    killed_at(recipe, Stage.CREATED)
    other, path = as_another_account(recipe), tmp_path / "other.json"
    assert other.run(journal=path).code == 0
    before = gil.flags()
    ran = other.run(undo.run, journal=path)
    done = {key for key, action in actions(ran).items() if action != "keep"}
    assert done & planned(recipe) == {KEY}, ran.out
    assert {key for key, flag in gil.flags().items() if flag != before[key]} == done


def test_without_the_callers_account_undo_changes_nothing(one: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a flag that is named."""
    applied(one)
    strike(monkeypatch, one.box, "GET", "/api/v2/caller-identity", 403)
    assert taken_back(one) == set()
    sent = len(one.box.requests)
    ran = one.run(undo.run, flags=[KEY])
    assert (ran.code, ran.lines[0]["kind"]) == (3, "credential")
    assert {method for method, _, _ in one.box.requests[sent:]} == {"GET"}


# --- no flag tag


@pytest.mark.parametrize("fault", [None, *WITHOUT_LOG])
@pytest.mark.parametrize("integration", ["unleash", "split"])
def test_without_a_flag_tag_the_audit_log_alone_makes_certain(
    box: Sandbox, tmp_path: Path, integration: str, fault: str | None
) -> None:
    recipe = recipe_in(box, tmp_path, integration, ldTag="")
    done = just_before(box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    box.set_fault(fault)
    assert taken_back(recipe) == (set() if fault else planned(recipe) - {KEY})


# --- not certain


def not_certain(recipe: Recipe) -> None:
    """An import of which nothing is certain."""
    recipe.box.set_fault("no-creation-date")
    applied(recipe)


@DELETE
def test_a_flag_that_is_not_certain_is_taken_back_only_by_name(one: Recipe, delete: bool) -> None:
    not_certain(one)
    assert taken_back(one) == set()
    assert taken_back(one, flags=[KEY], delete=delete) == {KEY}
    assert taken_back(one) == set()


def test_a_named_flag_that_is_somebody_elses_stays(one: Recipe) -> None:
    not_certain(one)
    one.box.colleague().switch(KEY)
    assert taken_back(one, flags=[KEY]) == set()


def test_a_named_flag_that_is_edited_after_the_list_stays(one: Recipe) -> None:
    """The server gives no version that would move."""
    one.box.set_fault("no-version")
    applied(one)
    read_again = ("GET", f"/api/v2/flags/web-shop/{KEY}")
    done = just_before(one.box, read_again, lambda: one.box.colleague().describe(KEY, "Mine"))
    ran = one.run(undo.run, flags=[KEY])
    assert (ran.code, actions(ran)[KEY], bool(done)) == (0, "keep", True)


def test_a_key_that_was_not_planned_cannot_be_named(one: Recipe) -> None:
    applied(one)
    ran = one.run(undo.run, flags=["invoice-pdf"])
    assert (ran.code, ran.lines[0]["kind"]) == (2, "recipe")
    assert not any(method in ("PATCH", "DELETE") for method, _, _ in one.box.requests)


# --- journals of version 1.1.0


OLD = Path(__file__).parents[1] / "journals_1_1_0"
OLD_KEYS = {"checkout-v2", "dark-mode", "search-boost"}


@pytest.fixture
def old(box: Sandbox, tmp_path: Path) -> Recipe:
    """A recipe whose import version 1.1.0 began and verified: its journal knows neither account nor starts."""
    recipe = recipe_in(box, tmp_path)
    there = box.addresses()
    with launchdarkly(box) as ld:
        made = create(ld, box)
        ld.patch(path_of(made), json=[{"op": "replace", "path": "/name", "value": "Practice plan"}])
        status = run_import(ld, path_of(made))[1]
    flags = box.colleague().flags()
    for key in planned(recipe) - OLD_KEYS:
        box.colleague().delete(key)
    document = json.loads((OLD / "verified.json").read_text())
    document["identity"] |= {"host": there["launchdarkly"]["url"], "name": "Practice plan"}
    document["config"] |= {"sourceBaseUrl": there["unleash"]["url"]}
    document["configuration"] = made.json()["_id"]
    document["mark"]["last_import"] = status["lastImport"]
    for key, trace in document["traces"].items():
        trace["created"] = flags[key].created
        trace["environments"] = {name: [1, flags[key].created] for name in trace["environments"]}
    identity = Identity(**document["identity"])
    path = store.path_of(identity)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps(document))
    return recipe


def test_undo_by_a_journal_of_1_1_0_keeps_every_flag(old: Recipe) -> None:
    assert old.journal.keys == OLD_KEYS
    assert old.run(verify.run).code == 0
    assert taken_back(old) == set()
    assert taken_back(old, delete=True) == set()
    assert taken_back(old, flags=["dark-mode"]) == {"dark-mode"}
    assert set(old.journal.undone) == {"dark-mode"}


def test_by_a_journal_of_1_1_0_a_named_flag_that_was_changed_stays(old: Recipe) -> None:
    old.box.colleague().describe("dark-mode", "Mine")
    assert taken_back(old, flags=["dark-mode"]) == set()


def test_apply_does_not_resume_a_journal_of_1_1_0(old: Recipe, tmp_path: Path) -> None:
    sent = len(old.box.requests)
    ran = old.run()
    assert (ran.code, ran.lines[0]["kind"]) == (3, "credential")
    assert {method for method, _, _ in old.box.requests[sent:]} == {"GET"}
    assert old.run(journal=tmp_path / "new.json").code == 0, "a new journal is the way out"
