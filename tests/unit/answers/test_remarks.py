"""What stands below a field and in the message line."""

from __future__ import annotations

import pytest

from tests.unit.walk_tools import built_forms
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.draft import Check, Draft
from tui.answers.finding import Finding, Level
from tui.sandbox.keys import TOKENS
from tui.secrets.bag import Bag
from tui.wizard import review

SPLIT, UNLEASH = built_forms()["split"], built_forms()["unleash"]


@pytest.fixture
def draft() -> Draft:
    return changes.choose(Draft(), UNLEASH)


def test_open_field_shows_its_help(draft: Draft) -> None:
    for each in drafts.all_fields(draft):
        said = remarks.line(draft, each.key)
        assert said.field == each.key
        assert said.level is Level.NOTE
        assert said.text
    for key, word in (("ldMaintainer", "optional"), ("sourceTag", "blank"), ("ldTag", "optional")):
        assert remarks.line(draft, key).text.lower().count(word) == 1


def test_worst_finding_is_shown_first(draft: Draft) -> None:
    draft = changes.put(draft, "sourceBaseUrl", "https://unleash.example.com")
    for level in (Level.UNKNOWN, Level.WARNING, Level.PROBLEM):
        worse = Finding(level, "sourceBaseUrl", f"{level} of another check")
        earlier = draft.checks.get("token")
        draft = changes.checked(draft, Check("token", Level.OK, "", (*(earlier.findings if earlier else ()), worse)))
        assert remarks.line(draft, "sourceBaseUrl") == worse


def test_line_shows_a_proposal_the_source_of_a_value_and_the_address_of_an_instance(draft: Draft) -> None:
    assert remarks.line(draft, "ldTag").text.startswith("Suggested. ")
    found = changes.put(draft, "project", "web", source="from LD_PROJECT", touched=False)
    assert remarks.line(found, "project").text == "From LD_PROJECT"
    assert "https://app.eu.launchdarkly.com" in remarks.line(changes.put(draft, "host", "eu"), "host").text
    assert "app.launchdarkly" not in remarks.line(changes.put(draft, "host", "https://ld.example.com"), "host").text


def test_a_secret_shows_its_length_and_its_check(draft: Draft) -> None:
    token = TOKENS["writer"].value
    draft = changes.put_secret(draft, Bag(), "token", token)
    assert remarks.line(draft, "token") == Finding(Level.NOTE, "token", f"{len(token)} characters")
    draft = changes.checked(draft, Check("token", Level.OK, "Ana Ruiz, writer"))
    assert remarks.line(draft, "token").text == "Ana Ruiz, writer. 40 characters."


def test_the_same_sentence_is_said_once(draft: Draft) -> None:
    twice = Finding(Level.WARNING, "project", "Once.")
    draft = changes.put(draft, "project", "web")
    draft = changes.checked(draft, Check("token", Level.OK, "", (twice, twice)))
    draft = changes.checked(draft, Check("project", Level.OK, "", (twice,)))
    assert remarks.findings(draft, "project").count(twice) == 1


def test_a_summary_counts_warnings(draft: Draft) -> None:
    draft = changes.put(changes.put_secret(draft, Bag(), "token", TOKENS["writer"].value), "project", "web")
    assert remarks.summary(draft, "launchdarkly").text == ""
    warned = changes.checked(draft, Check("project", Level.WARNING, "Hm."))
    assert remarks.summary(warned, "launchdarkly").text == "1 warning. You can continue; Review shows it again."
    both = changes.checked(warned, Check("token", Level.UNKNOWN, "Who knows."))
    said = remarks.summary(both, "launchdarkly")
    assert said.text == "1 warning, 1 open question. You can continue; Review shows them again."
    assert said.level is Level.WARNING


def test_labels() -> None:
    assert remarks.label(Draft(), "token") == "Your token"
    assert remarks.label(Draft(), "workspaceId") == "workspaceId"
    assert remarks.label(changes.choose(Draft(), SPLIT), "workspaceId") == "Split workspace"


# --- Review


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_review_leads_to_the_step_of_each_line(integration: str) -> None:
    assert review.lines(Draft()) == ()
    shown = review.lines(changes.choose(Draft(), built_forms()[integration]))
    assert {line.step for line in shown} <= {"launchdarkly", "keys", "fields", "plan"}
    labels = [line.label for line in shown]
    for label in ("Into", "From", "Plan", "Import key", "Name", "Which flags", "New flags get"):
        assert label in labels


def test_review_repeats_warnings_and_what_is_not_known(draft: Draft) -> None:
    draft = changes.put(draft, "project", "web")
    draft = changes.checked(draft, Check("project", Level.WARNING, "Something imports there already."))
    told = [line for line in review.lines(draft) if line.level is Level.WARNING]
    assert [(line.label, line.text, line.step) for line in told if line.label == "Project"] == [
        ("Project", "Something imports there already.", "launchdarkly")
    ]


def test_review_shows_no_secret_and_no_bare_id(draft: Draft) -> None:
    token = TOKENS["writer"].value
    workspace = "8f2c4b10-5a4d-4b0c-8500-000000000001"
    split = changes.put_secret(changes.choose(draft, SPLIT), Bag(), "token", token)
    split = changes.put(split, "workspaceId", workspace)
    shown = " ".join(line.text for line in review.lines(split))
    assert token not in shown
    assert workspace not in shown
    named = changes.checked(split, Check("workspaceApiKey", Level.OK, "", names=((workspace, "Acme"),)))
    assert "workspace Acme" in " ".join(line.text for line in review.lines(named))


def test_review_says_that_the_name_is_free(draft: Draft) -> None:
    draft = changes.checked(changes.propose_name(draft), Check("config-name", Level.OK, "Available in web-shop"))
    line = next(each for each in review.lines(draft) if each.label == "Name")
    assert line.text == "Unleash, no tags (available in web-shop)"
    assert line.level is Level.OK
