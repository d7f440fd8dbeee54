"""Answers taken into a draft: what is kept, what is tidied, what a secret leaves behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.made_manifests import variable, written
from tests.unit.walk_tools import built_forms
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.draft import KEYRING, PROPOSED, SESSION, Answer, Draft
from tui.answers.finding import Level, Offer
from tui.manifests.files import load
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.secrets.bag import Bag
from tui.text.redact import Redactor

TOKEN = TOKENS["writer"].value
IMPORT_KEY = TOKENS["import-key"].value
SDK_KEY = UNLEASH_KEYS["sdk"].value
SPLIT, UNLEASH = built_forms()["split"], built_forms()["unleash"]


@pytest.fixture
def bag() -> Bag:
    return Bag(Redactor())


@pytest.fixture
def unleash() -> Draft:
    return changes.choose(Draft(), UNLEASH)


def found(draft: Draft, bag: Bag) -> Draft:
    said, reference = "from LD_ACCESS_TOKEN", "env:LD_ACCESS_TOKEN"
    return changes.put_secret(draft, bag, "token", TOKEN, source=said, reference=reference)


def answers(draft: Draft) -> dict[str, str]:
    return {key: each.value for key, each in draft.answers.items() if each.value}


# --- choose


def test_choosing_fills_in_defaults_as_proposals() -> None:
    draft = changes.choose(Draft(), UNLEASH)
    assert draft.integration == "unleash"
    assert answers(draft) == {
        "host": "us",
        "source-api": "https://api.split.io/internal/api/v2",
        "ldTag": "imported-from-unleash",
    }
    assert {each.source for each in draft.answers.values()} == {PROPOSED}
    assert not any(each.touched for each in draft.answers.values())


def test_answers_of_another_integration_take_no_part(unleash: Draft, bag: Bag) -> None:
    typed = changes.put(unleash, "sourceBaseUrl", "https://unleash.example.com")
    typed = changes.put_secret(typed, bag, "sourceApiKey", SDK_KEY)
    split = changes.choose(typed, SPLIT)
    assert "sourceBaseUrl" not in drafts.values(split)
    assert "sourceApiKey" not in drafts.secret_facts(split)
    assert not drafts.asks(split, "sourceBaseUrl")
    assert drafts.asks(split, "workspaceId")
    assert drafts.asks(split, "host")


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_proposal_of_one_integration_is_none_for_another(unleash: Draft, *, confirmed: bool) -> None:
    """Pressing Next confirms a default; it still is not the other integration's tag."""
    draft = changes.touch(unleash, "fields") if confirmed else unleash
    assert drafts.value(changes.choose(draft, SPLIT), "ldTag") == "imported-from-split"
    assert drafts.value(changes.choose(changes.choose(draft, SPLIT), UNLEASH), "ldTag") == "imported-from-unleash"


def test_a_tag_that_was_emptied_stays_empty(unleash: Draft) -> None:
    draft = changes.choose(changes.put(unleash, "ldTag", ""), SPLIT)
    assert drafts.value(draft, "ldTag") == ""
    assert "ldTag" in draft.answers


def test_choosing_the_same_again_changes_nothing(unleash: Draft) -> None:
    draft = changes.put(unleash, "ldTag", "mine")
    assert changes.choose(draft, UNLEASH) == draft


def test_a_proposal_counts_as_a_change_of_the_answer(unleash: Draft) -> None:
    """A check that is under way must be able to see it."""
    split = changes.choose(unleash, SPLIT)
    again = changes.choose(split, UNLEASH)
    seen = {drafts.answer(draft, "ldTag").revision for draft in (unleash, split, again)}
    assert len(seen) == 3


def test_a_key_that_is_no_secret_elsewhere_never_shows(tmp_path: Path, unleash: Draft, bag: Bag) -> None:
    """A manifest of one's own may use the same name for something else."""
    variables = variable(key="sourceApiKey"), variable(key="sourceBaseUrl", isSecret=True)
    made = forms.build(load(written(tmp_path, *variables)))
    typed = changes.put(
        changes.put_secret(unleash, bag, "sourceApiKey", SDK_KEY), "sourceBaseUrl", "https://un.example"
    )
    draft = changes.choose(typed, made)
    assert drafts.answer(draft, "sourceApiKey") == Answer()
    assert drafts.answer(draft, "sourceBaseUrl") == Answer()


# --- put


def test_what_is_typed_is_tidied_and_said(unleash: Draft) -> None:
    draft = changes.put(unleash, "sourceBaseUrl", " https://Unleash.example.com/api/\n")
    given = drafts.answer(draft, "sourceBaseUrl")
    assert given.value == "https://unleash.example.com"
    assert "/api" in given.said
    assert (given.touched, given.source) == (True, "")


def test_revisions_count_changes_of_the_value_alone(unleash: Draft) -> None:
    draft = changes.put(unleash, "project", "web")
    assert drafts.answer(draft, "project").revision == 1
    assert changes.put(draft, "project", "web") is draft
    assert drafts.answer(changes.put(draft, "project", "web ", source="from X"), "project").revision == 1
    assert drafts.answer(changes.put(draft, "project", "shop"), "project").revision == 2


def test_a_field_of_no_form_is_a_key_error(unleash: Draft) -> None:
    with pytest.raises(KeyError):
        changes.put(unleash, "workspaceId", "x")
    with pytest.raises(KeyError):
        remarks.line(Draft(), "ldTag")


def test_an_offer_is_taken_over(unleash: Draft) -> None:
    draft = changes.take(unleash, Offer("Use default", "sourceProjectId", "default"))
    given = drafts.answer(draft, "sourceProjectId")
    assert (given.value, given.source, given.touched) == ("default", "", True)


# --- secrets


def test_of_a_secret_the_draft_learns_its_shape_alone(unleash: Draft, bag: Bag) -> None:
    draft = changes.put_secret(unleash, bag, "sourceApiKey", f" {SDK_KEY}\n")
    given = drafts.answer(draft, "sourceApiKey")
    assert bag.peek("sourceApiKey") == SDK_KEY
    assert given.value == ""
    assert given.secret is not None
    assert (given.secret.length, given.secret.scope) == (len(SDK_KEY), ("default", "production"))
    assert "removed" in given.said
    assert SDK_KEY not in repr(draft)
    assert SDK_KEY.partition(".")[2] not in repr(draft)


def test_reference_of_a_secret_lasts_as_long_as_its_value(unleash: Draft, bag: Bag) -> None:
    draft = found(unleash, bag)
    assert changes.put_secret(draft, bag, "token", TOKEN) is draft
    same = changes.put_secret(draft, bag, "token", f"{TOKEN}\n")
    assert drafts.answer(same, "token").reference == "env:LD_ACCESS_TOKEN"
    assert drafts.answer(same, "token").said == "A line break was removed."
    failed = changes.was_kept(draft, "token", "It is locked.", in_keyring=False)
    assert drafts.answer(failed, "token").reference == "env:LD_ACCESS_TOKEN"
    other = drafts.answer(changes.put_secret(draft, bag, "token", TOKENS["reader"].value), "token")
    assert (other.reference, other.source, other.revision) == ("", "", 2)
    emptied = changes.put_secret(draft, bag, "token", "  ")
    assert drafts.answer(emptied, "token") == Answer(touched=True, revision=2)
    assert "token" not in bag
    assert any(f.level is Level.PROBLEM for f in remarks.findings(emptied, "token"))


def test_the_same_key_twice_is_said_and_unsaid(unleash: Draft, bag: Bag) -> None:
    draft = changes.put_secret(unleash, bag, "token", TOKEN)
    assert not draft.same_as_token
    draft = changes.put_secret(draft, bag, "ldApiKey", TOKEN)
    assert draft.same_as_token == {"ldApiKey"}
    assert remarks.line(draft, "ldApiKey").text == remarks.SAME_KEY
    assert remarks.line(draft, "ldApiKey").level is Level.WARNING
    assert not remarks.problems(draft, "keys") or all(f.field != "ldApiKey" for f in remarks.problems(draft, "keys"))
    other = changes.put_secret(draft, bag, "token", TOKENS["reader"].value)
    assert not other.same_as_token
    both = changes.put_secret(other, bag, "ldApiKey", TOKENS["reader"].value)
    assert both.same_as_token == {"ldApiKey"}
    assert not changes.put_secret(both, bag, "token", "").same_as_token


def test_where_a_key_is_kept(unleash: Draft, bag: Bag) -> None:
    draft = changes.put_secret(unleash, bag, "token", TOKEN)
    assert drafts.answer(draft, "token").keep == SESSION
    draft = changes.keep(draft, "token", KEYRING)
    assert drafts.answer(draft, "token").reference == ""  # wished for, not done
    stored = changes.was_kept(draft, "token", "", in_keyring=True)
    assert (drafts.answer(stored, "token").reference, drafts.answer(stored, "token").keep) == (KEYRING, KEYRING)
    failed = changes.was_kept(stored, "token", "It is locked.", in_keyring=False)
    assert (drafts.answer(failed, "token").reference, drafts.answer(failed, "token").keep) == ("", SESSION)
    assert "It is locked" in remarks.line(failed, "token").text


# --- the proposed name


def test_name_follows_what_is_imported_unless_it_was_typed(unleash: Draft) -> None:
    assert changes.propose_name(Draft()) == Draft()
    draft = changes.propose_name(unleash)
    assert drafts.value(draft, "config-name") == "Unleash"
    draft = changes.put(changes.put(draft, "sourceProjectId", "default"), "sourceEnvironmentId", "production")
    draft = changes.propose_name(draft)
    assert drafts.value(draft, "config-name") == "Unleash default production"
    confirmed = changes.put(changes.touch(draft, "fields"), "sourceEnvironmentId", "staging")
    assert drafts.value(changes.propose_name(confirmed), "config-name") == "Unleash default staging"
    assert drafts.value(changes.propose_name(changes.choose(confirmed, SPLIT)), "config-name").startswith("Split")
    typed = changes.put(unleash, "config-name", "Mine")
    assert changes.propose_name(typed) is typed
    assert drafts.value(changes.propose_name(changes.put(typed, "config-name", "")), "config-name") == "Unleash"


def test_a_very_long_scope_makes_a_name_that_fits(unleash: Draft) -> None:
    each = Answer(value="p" * 64, touched=True)
    long = replace(unleash, answers={**unleash.answers, "sourceProjectId": each, "sourceEnvironmentId": each})
    assert len(drafts.value(changes.propose_name(long), "config-name")) == 100
