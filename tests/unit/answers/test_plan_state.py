"""The plan inside the draft: what stops, what warns, and what makes it out of date."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.answers.test_recipe import answered as all_answers
from tests.unit.plan_tools import READ_AT, flag, there
from tests.unit.plan_tools import plan as made_plan
from tui.answers import changes, plan_state, remarks
from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.answers.finding import Level
from tui.answers.plan_state import plan_request
from tui.plan.plan import Plan
from tui.sandbox.keys import UNLEASH_KEYS
from tui.secrets.bag import Bag
from tui.wizard import walk


def answered() -> Draft:
    return changes.go(all_answers(host="eu", config_name="Ours")[0], "plan")


def read(draft: Draft, *flags: Any, **more: Any) -> Draft:
    """The draft with a plan that was made from its answers."""
    request = plan_request(draft)
    assert request is not None
    return plan_state.with_plan(draft, replace(made_plan(*flags, **more), request=request))


def said(draft: Draft) -> list[str]:
    return [f.text for f in remarks.problems(draft, "plan")]


def test_what_a_plan_is_made_from() -> None:
    request = plan_request(answered())
    assert request is not None
    assert (request.instance.key, request.project, request.integration) == ("eu", "web-shop", "unleash")
    assert (request.environment, request.address) == ("production", "https://unleash.example.com")
    assert dict(request.answers).keys() == {"sourceBaseUrl", "sourceProjectId", "sourceEnvironmentId", "sourceTag"}
    assert plan_request(Draft()) is None
    assert plan_request(changes.put(answered(), "host", "nonsense")) is None


def test_without_a_plan_nobody_goes_on() -> None:
    draft = answered()
    assert said(draft) == ["There is no plan yet, so the result of the import is unknown."]
    assert walk.next_step(draft) is draft
    assert remarks.answer_problems(draft) == ()


def test_each_kind_of_loss_is_ticked_by_itself() -> None:
    draft = read(answered(), flag("a", "segments", "constraints"), flag("b", "segments"))
    assert said(draft) == ["Confirm 2 kinds of loss: segments, constraints."]
    draft = plan_state.see(draft, frozenset({"segments"}))
    assert said(draft) == ["Confirm 1 kind of loss: constraints."]
    assert remarks.summary(draft, "plan").level is Level.PROBLEM
    draft = plan_state.see(draft, frozenset({"segments", "constraints"}))
    assert said(draft) == []
    assert walk.next_step(draft).step == "review"


def test_a_tick_stays_where_a_new_reading_found_the_same_number() -> None:
    flags = (flag("a", "segments", "constraints"), flag("b", "segments"))
    draft = plan_state.see(read(answered(), *flags), frozenset({"segments", "constraints"}))
    again = read(draft, *flags, flag("c", "constraints"))
    assert again.seen == {"segments"}
    assert said(again) == ["Confirm 1 kind of loss: constraints."]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sourceProjectId", "mobile"),
        ("sourceTag", "simple:payments"),
        ("sourceBaseUrl", "https://other.example.com"),
        ("project", "other"),
        ("host", "us"),
    ],
)
def test_a_changed_answer_puts_the_plan_out_of_date(key: str, value: str) -> None:
    draft, before = changes.put(read(answered(), flag("a")), key, value), drafts.value(answered(), key)
    assert said(draft) == ["The plan is out of date: your answers have changed. Reload it."]
    assert remarks.problems(draft, "review")
    assert said(changes.put(draft, key, before)) == []


@pytest.mark.parametrize(("key", "value"), [("ldTag", "moved"), ("config-name", "Other"), ("config-tags", "x")])
def test_an_answer_that_says_not_which_flags_changes_nothing(key: str, value: str) -> None:
    assert said(changes.put(read(answered(), flag("a")), key, value)) == []


@pytest.mark.parametrize("key", ["token", "sourceApiKey"])
def test_another_key_puts_the_plan_out_of_date(key: str) -> None:
    draft = changes.put_secret(read(answered(), flag("a")), Bag(), key, UNLEASH_KEYS["development"].value)
    assert plan_state.out_of_date(draft)


def test_fifteen_minutes_put_the_plan_out_of_date() -> None:
    draft = read(answered(), flag("a"))
    assert said(plan_state.aged(draft, READ_AT + 15 * 60)) == []
    old = plan_state.aged(draft, READ_AT + 15 * 60 + 1)
    assert said(old) == ["The plan is out of date: it is more than 15 minutes old. Reload it."]
    assert said(read(old, flag("a"))) == []
    assert plan_state.aged(answered(), READ_AT) == answered()


@pytest.mark.parametrize(
    ("flags", "more", "what"),
    [
        ((), {}, "0 flags match. Unleash gives the same response for a project or tag that doesn't exist."),
        ((flag("a"),), {"existing": there("a")}, "No flag would be imported: each one already exists in the project"),
        ((flag("a"),), {"incomplete": "You stopped the reading."}, "INCOMPLETE. You stopped the reading."),
    ],
)
def test_a_plan_that_lacks_something_needs_a_tick_of_its_own(flags: Any, more: Any, what: str) -> None:
    draft = read(answered(), *flags, **more)
    (text,) = said(draft)
    assert what in text
    assert walk.next_step(draft) is draft
    on = plan_state.go_without(draft, True)
    assert said(on) == []
    assert [f.level for f in remarks.step_findings(on, "plan")] == [Level.WARNING]
    assert walk.next_step(on).step == "review"
    assert said(plan_state.go_without(on, False)) == [text]
    assert said(changes.put(on, "sourceProjectId", "mobile"))  # it was given for what was asked then
    assert said(read(on, *flags, **more)) == [text]


def test_going_on_without_any_plan_is_a_warning() -> None:
    on = plan_state.go_without(answered(), True)
    assert said(on) == []
    assert remarks.summary(on, "plan").level is Level.WARNING


def test_a_draft_says_nothing_of_a_plan_that_is_well() -> None:
    draft = read(answered(), flag("a"))
    plan = draft.plan
    assert isinstance(plan, Plan)
    assert remarks.step_findings(draft, "plan") == ()
    assert remarks.summary(draft, "plan").text == ""
