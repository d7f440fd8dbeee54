"""What a server said, put into a draft: it fills what is open, and goes when its inputs change."""

from __future__ import annotations

import pytest

from tests.unit.answers.test_recipe import answered
from tests.unit.walk_tools import built_forms
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.draft import Check, Draft
from tui.answers.fields import Form
from tui.answers.finding import Finding, Level, Offer
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.secrets.bag import Bag

SPLIT, UNLEASH = built_forms()["split"], built_forms()["unleash"]
ALL = ("token", "project", "sourceApiKey", "ldApiKey", "config-name")


@pytest.fixture
def answers() -> tuple[Draft, Bag]:
    return answered()


@pytest.fixture
def bag(answers: tuple[Draft, Bag]) -> Bag:
    return answers[1]


@pytest.fixture
def draft(answers: tuple[Draft, Bag]) -> Draft:
    """All answered and all checked."""
    made = answers[0]
    for key in ALL:
        made = changes.checked(made, Check(key, Level.OK, "fine"))
    return made


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ("host", {"token", "project", "ldApiKey", "config-name"}),
        ("project", {"project", "config-name"}),
        ("sourceBaseUrl", {"sourceApiKey", "config-name"}),
        ("config-name", {"config-name"}),
        ("config-tags", {"config-name"}),
        ("ldTag", {"config-name"}),
        ("sourceProjectId", {"config-name"}),
    ],
)
def test_a_changed_answer_drops_the_checks_that_used_it(draft: Draft, changed: str, stale: set[str]) -> None:
    text = "https://other.example.com" if changed in ("host", "sourceBaseUrl") else "other"
    assert set(ALL) - set(changes.put(draft, changed, text).checks) == stale


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ("token", {"token", "project", "ldApiKey", "config-name"}),
        ("ldApiKey", {"ldApiKey", "config-name"}),
        ("sourceApiKey", {"sourceApiKey", "config-name"}),
    ],
)
@pytest.mark.parametrize("text", ["a-quite-different-key", ""])
def test_a_changed_key_does_too(draft: Draft, bag: Bag, changed: str, stale: set[str], text: str) -> None:
    assert set(ALL) - set(changes.put_secret(draft, bag, changed, text).checks) == stale


def test_the_same_answer_again_drops_nothing(draft: Draft, bag: Bag) -> None:
    draft = changes.put(draft, "project", " web-shop")
    draft = changes.put_secret(draft, bag, "token", TOKENS["writer"].value)
    assert set(draft.checks) == set(ALL)


def test_another_integration_has_no_checks(draft: Draft) -> None:
    assert not changes.choose(draft, SPLIT).checks
    assert not changes.choose(changes.choose(draft, SPLIT), UNLEASH).checks


def test_the_same_integration_again_keeps_those_of_launchdarkly(draft: Draft) -> None:
    assert set(changes.choose(draft, UNLEASH).checks) == {"token", "project", "config-name"}


def test_a_check_fills_what_is_open_alone(bag: Bag) -> None:
    draft = changes.choose(Draft(), UNLEASH)
    draft = changes.put(draft, "sourceProjectId", "mine")
    fills = (Offer("from the key", "sourceProjectId", "default"), Offer("from the key", "sourceEnvironmentId", "prod"))
    draft = changes.checked(draft, Check("sourceApiKey", Level.OK, "reads all", fills=fills))
    assert drafts.value(draft, "sourceProjectId") == "mine"
    filled = drafts.answer(draft, "sourceEnvironmentId")
    assert (filled.value, filled.source, filled.touched) == ("prod", "from the key", False)
    assert "sourceApiKey" in draft.checks


def test_filling_drops_the_checks_that_used_the_field(draft: Draft) -> None:
    draft = changes.put(draft, "sourceProjectId", "")
    draft = changes.checked(draft, Check("config-name", Level.OK, "free"))
    check = Check("sourceApiKey", Level.OK, "", fills=(Offer("from the key", "sourceProjectId", "default"),))
    draft = changes.checked(draft, check)
    assert drafts.value(draft, "sourceProjectId") == "default"
    assert "config-name" not in draft.checks
    assert draft.checks["sourceApiKey"] == check


def test_a_check_is_said_at_its_field_and_at_others(draft: Draft) -> None:
    other = Finding(Level.WARNING, "project", "Something imports there already.")
    draft = changes.checked(draft, Check("config-name", Level.PROBLEM, "The name is taken.", (other,)))
    assert remarks.line(draft, "config-name") == Finding(Level.PROBLEM, "config-name", "The name is taken.")
    assert remarks.line(draft, "project") == other
    assert [f.text for f in remarks.problems(draft, "fields")] == ["The name is taken."]
    assert remarks.answer_problems(draft) == remarks.problems(draft, "fields")
    assert remarks.problems(draft, "review") == remarks.problems(draft, "fields") + remarks.problems(draft, "plan")


def test_names_of_ids_are_told(draft: Draft) -> None:
    draft = changes.choose(draft, SPLIT)
    where = "8f2c4b10-5a4d-4b0c-8500-000000000001"
    draft = changes.put(draft, "workspaceId", where)
    assert drafts.scope(draft) == ()  # an id tells a person nothing
    draft = changes.checked(draft, Check("workspaceApiKey", Level.OK, "", names=((where, "Acme"),)))
    assert drafts.scope(draft) == ("Acme",)
    assert drafts.name(draft, where) == "Acme"
    assert "Acme" in remarks.line(draft, "workspaceId").text
    assert drafts.route(draft)[0] == "Split Acme"


def test_revisions_tell_whether_inputs_changed(draft: Draft, bag: Bag) -> None:
    used = drafts.inputs_of(draft, "sourceApiKey")
    assert used == {"sourceApiKey", "sourceBaseUrl", "source-api"}
    before = drafts.revisions(draft, used)
    assert drafts.revisions(changes.put(draft, "ldTag", "other"), used) == before
    assert drafts.revisions(changes.put(draft, "sourceBaseUrl", "https://x.example"), used) != before
    away = changes.put_secret(draft, bag, "sourceApiKey", "")
    back = changes.put_secret(away, bag, "sourceApiKey", UNLEASH_KEYS["sdk"].value)
    assert drafts.revisions(back, used) != before  # it was another one in between


SPLIT_KEY, UNLEASH_KEY = {"workspaceApiKey", "source-api"}, {"sourceApiKey", "sourceBaseUrl"}


@pytest.mark.parametrize(
    ("form", "field", "inputs"),
    [
        (None, "workspaceId", {"workspaceId"}),
        (None, "config-name", {"config-name", "host", "token"}),
        (SPLIT, "environmentId", {"environmentId", "workspaceId"} | SPLIT_KEY),
        (UNLEASH, "sourceTag", {"sourceTag", "sourceProjectId"} | UNLEASH_KEY),
    ],
    ids=["no form", "name", "split", "unleash"],
)
def test_a_check_depends_on_what_it_asks_with(form: Form | None, field: str, inputs: set[str]) -> None:
    assert drafts.inputs_of(changes.choose(Draft(), form) if form else Draft(), field) >= inputs
