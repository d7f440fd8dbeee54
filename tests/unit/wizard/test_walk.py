"""From step to step: forwards only without problems, back from everywhere, Change leads to Review again."""

from __future__ import annotations

import pytest

from tests.unit.answers.test_recipe import SECRETS, answered
from tests.unit.walk_tools import built_forms
from tui.answers import changes, plan_state, remarks, steps
from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.secrets.bag import Bag
from tui.wizard import walk

UNLEASH = built_forms()["unleash"]
KEYS = [each.key for each in steps.STEPS]


def walked(stop: str = "review") -> Draft:
    """All answered, standing on a step that was reached by going on."""
    draft = plan_state.go_without(answered(config_name="")[0], True)  # plans have tests of their own
    while draft.step != stop:
        before = draft.step
        draft = walk.next_step(draft)
        assert draft.step != before
    return draft


def next_key(draft: Draft) -> str:
    step = walk.following(draft)
    assert step is not None
    return step.key


def test_the_steps_stand_in_their_order() -> None:
    assert KEYS == ["integration", "launchdarkly", "keys", "fields", "plan", "review", "submit", "run", "rebuild"]
    assert steps.before("integration") is None
    assert steps.after("rebuild") is None
    assert [steps.index(key) for key in KEYS] == list(range(9))
    assert steps.step("review").title == "Review"
    with pytest.raises(ValueError, match="not in"):
        steps.index("report")


def test_nothing_is_left_without_an_integration() -> None:
    assert walk.next_step(Draft()) == Draft()
    assert [f.field for f in remarks.problems(Draft(), "integration")] == ["integration"]
    assert walk.first_open(Draft(), "review") == "integration"


def test_next_goes_on_only_without_a_problem() -> None:
    draft = walk.next_step(changes.choose(Draft(), UNLEASH))
    assert draft.step == "launchdarkly"
    assert walk.next_step(draft) is draft  # no token yet
    draft = changes.put_secret(changes.put(draft, "project", "web"), Bag(), "token", SECRETS["token"])
    assert walk.next_step(draft).step == "keys"


def test_a_whole_walk_and_all_the_way_back_keeps_every_answer() -> None:
    draft = walk.next_step(walk.next_step(walked("submit")))
    assert draft.step == "rebuild"
    assert walk.next_step(draft) is draft
    answers = draft.answers
    for key in reversed(KEYS[:-1]):
        draft = walk.back(draft)
        assert draft.step == key
        assert draft.answers == answers
    assert walk.back(draft) is draft
    assert draft.furthest == changes.go(draft, "keys").furthest == "rebuild"


def test_the_name_is_proposed_on_the_way_to_fields() -> None:
    assert drafts.value(walked("keys"), "config-name") == ""
    assert drafts.value(walked("fields"), "config-name") == "Unleash default production"


@pytest.mark.parametrize("step", KEYS[:4])
def test_change_returns_to_review(step: str) -> None:
    draft = walk.change(walked(), step)
    assert (draft.step, draft.returns) == (step, True)
    assert next_key(draft) == "review"
    draft = walk.next_step(draft)
    assert (draft.step, draft.returns) == ("review", False)


def test_change_does_not_return_over_a_problem_elsewhere() -> None:
    draft = changes.put(walk.change(walked(), "launchdarkly"), "sourceProjectId", "")
    assert next_key(draft) == "fields"
    draft = walk.next_step(draft)
    assert (draft.step, draft.returns) == ("fields", True)
    assert walk.next_step(draft) is draft
    draft = changes.put(draft, "sourceProjectId", "default")
    assert walk.next_step(draft).step == "review"


def test_change_leads_to_a_plan_that_is_missing_before_it_leads_to_review() -> None:
    draft = plan_state.go_without(walk.change(walked(), "keys"), False)
    assert next_key(draft) == "plan"
    assert walk.next_step(draft).returns


def test_back_gives_up_the_return_to_review() -> None:
    draft = walk.back(walk.change(walked(), "fields"))
    assert (draft.step, draft.returns) == ("keys", False)
    assert next_key(draft) == "fields"


def test_review_and_submit_have_the_problems_of_all_steps() -> None:
    draft = changes.put(walked(), "project", "")
    for step in ("launchdarkly", "review", "submit"):
        assert [f.field for f in remarks.problems(draft, step)] == ["project"]
    assert not remarks.problems(draft, "keys")
    assert walk.next_step(draft) is draft
    assert walk.first_open(draft, "review") == "launchdarkly"


def test_the_first_open_step_has_a_limit() -> None:
    draft = walked()
    assert walk.first_open(draft, "submit") == "submit"
    assert walk.first_open(draft, "keys") == "keys"
    assert walk.first_open(changes.put(draft, "sourceProjectId", ""), "keys") == "keys"


def test_touch_says_what_is_missing_as_a_problem() -> None:
    draft = walk.next_step(changes.choose(Draft(), UNLEASH))
    assert remarks.line(draft, "token").level == "note"
    assert remarks.summary(draft, "launchdarkly").text == "Still needed: Your token, Project."
    touched = changes.touch(draft, "launchdarkly")
    assert remarks.line(touched, "token").level == "problem"
    assert remarks.summary(touched, "launchdarkly").text == "2 problems: Your token, Project."
    assert remarks.line(touched, "sourceApiKey").level == "note"  # of another step
    assert drafts.values(touched).keys() >= drafts.values(draft).keys()


@pytest.mark.parametrize(
    ("host", "project", "told"),
    [
        ("eu", "web-shop", "LaunchDarkly EU web-shop"),
        ("us", "", "LaunchDarkly US, project not chosen"),
        ("nonsense", "web", "LaunchDarkly ? web"),
        ("", "web", ""),
        ("https://ld.example.com", "web", "LaunchDarkly ld.example.com web"),
    ],
)
def test_the_route_says_from_where_to_where(host: str, project: str, told: str) -> None:
    draft = changes.put(changes.put(walked(), "host", host), "project", project)
    assert drafts.route(draft) == ("Unleash default/production", told)
    assert drafts.route(Draft()) == ("", "")
    assert drafts.route(changes.choose(Draft(), UNLEASH)) == ("Unleash", "LaunchDarkly US, project not chosen")


def test_each_field_belongs_to_one_step() -> None:
    draft = walked()
    asked = [(step, v.key) for step in KEYS for v in drafts.fields(draft, step)]
    assert len({key for _, key in asked}) == len(asked)
    for step, key in asked:
        assert drafts.step_of(draft, key) == step
    assert drafts.step_of(draft, "workspaceId") == "review"
    on_keys = [v.key for v in drafts.fields(draft, "keys")]
    assert on_keys == ["sourceBaseUrl", "sourceApiKey", "ldApiKey", "source-helper"]
    split = changes.choose(Draft(), built_forms()["split"])
    assert [v.key for v in drafts.fields(split, "keys")] == ["workspaceApiKey", "ldApiKey", "source-api"]
    assert drafts.fields(Draft(), "keys") == ()
