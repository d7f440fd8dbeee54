"""Changing a configuration: only changes are sent, no secret that was not typed, and a lost answer is looked up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.unit.manage_tools import NEW_KEY, account_of, edit_of, editing, loses, made, patches, whole
from tests.unit.run_tools import Time
from tests.unit.sandbox_tools import config_for, launchdarkly
from tests.unit.walk_tools import built_forms, configurations, drained, session
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.fields import Form
from tui.answers.finding import Level
from tui.configurations import edit
from tui.configurations.edit import Changed
from tui.launchdarkly.models import Configuration, parse
from tui.net.errors import Kind, Remedy
from tui.sandbox.faults import FAULTS, Fault, cut, refuse
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.sandbox.struck_request import StruckRequest
from tui.wizard.session import Session

MASKED = "********"


def unleash(**config: Any) -> Configuration:
    held = {
        "sourceBaseUrl": "https://unleash.example.com", "sourceApiKey": MASKED, "sourceProjectId": "default",
        "sourceEnvironmentId": "production", "sourceTag": "", "ldApiKey": MASKED, "ldTag": "imported", **config,
    }  # fmt: skip
    return parse(Configuration,
        {
            "_id": "12ab", "integrationKey": "unleash", "projectKey": "web", "name": "Production", "tags": ["a", "b"],
            "version": 3, "config": held,
        }
    )  # fmt: skip


def opened(one: Configuration, form: Form | None = None) -> Session:
    made = session()
    made.draft = edit.draft_of(form or built_forms().get(one.integration_key), one)
    return made


def sent_of(made: Session, one: Configuration) -> dict[str, object]:
    return {str(each["path"]): each["value"] for each in edit.operations(made.draft, one, made.bag)}


# --- what is sent


def test_form_that_is_left_alone_changes_nothing() -> None:
    one = unleash()
    made = opened(one)
    assert edit.changes(made.draft, one) == ()
    assert edit.operations(made.draft, one, made.bag) == ()
    assert not edit.problems(made.draft, one)


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)
_PLAIN = ("config-name", "config-tags", "sourceBaseUrl", "sourceProjectId", "sourceEnvironmentId", "sourceTag", "ldTag")
_SECRET = ("sourceApiKey", "ldApiKey")


@given(
    st.dictionaries(st.sampled_from(_PLAIN), _TEXTS),
    st.dictionaries(st.sampled_from(_SECRET), st.sampled_from([NEW_KEY, TOKENS["writer"].value])),
    st.booleans(),
)
def test_only_changes_and_typed_secrets_are_sent(texts: dict[str, str], secrets: dict[str, str], clear: bool) -> None:
    """Whether LaunchDarkly shows its keys masked or not."""
    held = "held-by-launchdarkly-0001" if clear else MASKED
    one = unleash(sourceApiKey=held, ldApiKey=held)
    made = opened(one)
    for key, text in (texts | secrets).items():
        made.put(key, text)
    sent = sent_of(made, one)
    assert SecretStr(held) not in sent.values()
    assert held not in [value for value in sent.values() if not isinstance(value, SecretStr)]
    held_texts = {"name": one.name, "tags": list(one.tags), **{f"config/{k}": v for k, v in (one.config or {}).items()}}
    for path, value in sent.items():
        assert value != held_texts[path[1:]]
    at = {"config-name": "/name", "config-tags": "/tags"}
    touched = {at.get(key, f"/config/{key}") for key in texts | secrets}
    assert sent.keys() <= touched
    for key, secret in secrets.items():
        assert sent[f"/config/{key}"] == SecretStr(secret)
    for key in texts.keys() - at.keys():
        now = drafts.value(made.draft, key)
        assert (f"/config/{key}" in sent) == (now != (one.config or {}).get(key, ""))
        assert sent.get(f"/config/{key}", now) == now
    said = f"{made.draft!r} {[*map(str, edit.changes(made.draft, one))]} {sent!r}"
    assert not [key for key in (held, *secrets.values()) if key != MASKED and key in said]


def test_missing_setting_is_added_and_keys_are_escaped() -> None:
    tag = next(each for each in built_forms()["unleash"].variables if each.key == "ldTag")
    odd = Form("odd", "Odd", (replace(tag, key="a/b~c", role="text"), tag))
    one = parse(Configuration, {"_id": "1", "integrationKey": "odd", "name": "N", "config": {"a/b~c": "old"}})
    made = opened(one, odd)
    made.put("a/b~c", "new")
    made.put("ldTag", "tag")
    assert edit.operations(made.draft, one, made.bag) == (
        {"op": "replace", "path": "/config/a~1b~0c", "value": "new"},
        {"op": "add", "path": "/config/ldTag", "value": "tag"},
    )


def test_fixed_field_cannot_be_changed() -> None:
    form = built_forms()["unleash"]
    fixed = replace(form, variables=tuple(replace(v, fixed_after_saving=v.key == "ldTag") for v in form.variables))
    made = opened(unleash(), fixed)
    assert not {"ldTag", "project"} & {each.key for each in edit.fields(made.draft)}
    made.put("ldTag", "another")
    assert edit.changes(made.draft, unleash()) == ()


def test_booleans_and_choices_keep_their_kinds() -> None:
    like = built_forms()["unleash"].variables[-1]
    yes = replace(like, key="yes", kind="boolean", role="boolean", default="false", hidden=False)
    many = replace(like, key="many", kind="multiselect", role="choices", choices=("x", "y"), hidden=False)
    one = parse(Configuration, {"_id": "1", "name": "N", "config": {"yes": True, "many": ["x"]}})
    made = opened(one, Form("odd", "Odd", (yes, many)))
    assert edit.changes(made.draft, one) == ()
    made.put("yes", "false")
    made.put("many", "")
    assert sent_of(made, one) == {"/config/yes": False, "/config/many": []}


def test_integration_without_a_manifest_has_a_name_and_tags() -> None:
    one = parse(Configuration, {"_id": "1", "integrationKey": "newrelic", "name": "N", "config": {"x": "y"}})
    made = opened(one)
    assert [each.key for each in edit.fields(made.draft)] == ["config-name", "config-tags"]
    made.put("config-name", "M")
    assert sent_of(made, one) == {"/name": "M"}


def test_only_a_new_problem_counts() -> None:
    one = unleash(ldTag="not a tag", sourceBaseUrl="")
    made = opened(one)
    made.put("config-name", "Another")
    assert not edit.problems(made.draft, one)
    made.put("ldTag", "still none")
    assert [each.field for each in edit.problems(made.draft, one)] == ["ldTag"]


def test_blank_key_keeps_the_one_that_is_there() -> None:
    one = unleash()
    made = opened(one)
    made.put("ldApiKey", NEW_KEY)
    made.put("ldApiKey", "")
    assert edit.changes(made.draft, one) == ()
    assert remarks.findings(made.draft, "ldApiKey") == ()
    line = remarks.line(edit.draft_of(built_forms()["unleash"], one), "ldApiKey")
    assert line.text == "Leave blank to keep the key that LaunchDarkly has."


def test_blank_field_is_no_problem_before_it_changes() -> None:
    one = unleash(sourceBaseUrl="", sourceProjectId="", sourceEnvironmentId="")
    draft = edit.draft_of(built_forms()["unleash"], one)
    assert {remarks.line(draft, field.key).level for field in edit.all_fields(draft)} == {Level.NOTE}
    emptied = changes.put(draft, "config-name", "")
    assert remarks.line(emptied, "config-name").level is Level.PROBLEM


# --- sent over HTTP


async def changed(box: Sandbox, answers: dict[str, str], time: Time | None = None) -> tuple[Changed, Configuration]:
    account = account_of(box, time=time)
    one = await whole(account, made(box))
    editor = editing(account, one)
    for key, text in answers.items():
        editor.put(key, text)
    _, outcome = await drained(edit_of(account, one, editor).send())
    for secret in (NEW_KEY, TOKENS["writer"].value, TOKENS["import-key"].value):
        assert secret not in f"{outcome!r} {outcome.failure}"
    return outcome, one


def kept(box: Sandbox, one: Configuration) -> dict[str, Any]:
    """What another client sees of it."""
    return next(each for each in configurations(box) if each["_id"] == one.id)


async def test_only_changes_are_made_and_the_keys_stay(box: Sandbox) -> None:
    outcome, one = await changed(box, {"config-name": "Renamed", "ldTag": "new-tag", "config-tags": "x, y"})
    assert (outcome.failure, outcome.ignored) == (None, ())
    there = kept(box, one)
    assert (there["name"], there["tags"], there["version"]) == ("Renamed", ["x", "y"], 2)
    assert there["config"]["ldTag"] == "new-tag"
    assert there["config"]["sourceProjectId"] == config_for(box, "unleash")["sourceProjectId"]
    with launchdarkly(box) as ld:  # the import still works: its keys were not overwritten by what is shown of them
        assert ld.post(f"{there['_links']['self']['href']}/trigger").status_code == 201


async def test_key_is_replaced_by_the_new_one_alone(box: Sandbox) -> None:
    outcome, one = await changed(box, {"sourceApiKey": NEW_KEY})
    assert outcome.failure is None
    assert outcome.configuration is not None
    assert outcome.configuration.version == (one.version or 0) + 1


@pytest.mark.parametrize("answers", [{}, {"ldTag": "no tag"}])
async def test_nothing_changed_or_a_problem_sends_nothing(box: Sandbox, answers: dict[str, str]) -> None:
    outcome, _ = await changed(box, answers)
    assert outcome.failure is not None
    assert outcome.failure.kind is Kind.BAD_REQUEST
    assert patches(box) == 0


async def test_conflict_reads_again_and_keeps_the_changes(box: Sandbox) -> None:
    account = account_of(box)
    one = await whole(account, made(box))
    mine, other = editing(account, one), editing(account, one)
    mine.put("ldTag", "mine")
    mine.put("sourceApiKey", NEW_KEY)
    other.put("sourceTag", "simple:theirs")
    _, theirs = await drained(edit_of(account, one, other).send())
    assert theirs.failure is None
    box.set_fault("patch-conflict")
    _, outcome = await drained(edit_of(account, one, mine).send())
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.remedy) == (Kind.CONFLICT, Remedy.SEE_DIFFERENCE)
    assert outcome.configuration is not None
    mine.draft = edit.rebased(mine.draft, one, outcome.configuration)
    assert {each.key for each in edit.changes(mine.draft, outcome.configuration)} == {"ldTag", "sourceApiKey"}
    assert drafts.value(mine.draft, "sourceTag") == "simple:theirs"
    box.set_fault(None)
    _, outcome = await drained(edit_of(account, outcome.configuration, mine).send())
    assert outcome.failure is None


async def test_lost_answer_about_a_key_is_looked_up(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    loses(monkeypatch, box, "PATCH")
    outcome, _ = await changed(box, {"sourceApiKey": NEW_KEY})
    assert (outcome.found, outcome.failure, patches(box)) == (True, None, 1)


@pytest.mark.parametrize("answers", [{"ldTag": "new"}, {"sourceApiKey": NEW_KEY}])
async def test_lost_request_is_known_not_to_have_changed_anything(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]
) -> None:
    loses(monkeypatch, box, "PATCH", cut())
    time = Time()
    outcome, one = await changed(box, answers, time)
    assert outcome.failure is not None
    assert not outcome.failure.sent
    assert sum(time.naps) >= 15
    assert kept(box, one)["version"] == 1


async def test_nothing_is_claimed_where_it_cannot_be_read(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(exchange: StruckRequest) -> None:
        await cut(carried_out=True)(exchange)
        box.set_fault("everything-gone")

    loses(monkeypatch, box, "PATCH", gone)
    everything = Fault("everything-gone", "", "", lambda s, m, p: s == "launchdarkly", cut())
    monkeypatch.setitem(FAULTS, everything.name, everything)
    outcome, _ = await changed(box, {"ldTag": "new"})
    assert outcome.configuration is None
    assert outcome.failure is not None
    assert "Can't check it" in outcome.failure.why
    assert outcome.failure.remedy is Remedy.SEND_CHANGES_AGAIN


async def test_change_that_is_accepted_and_not_made_is_reported(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """LaunchDarkly ignores what its schema does not have: a 2xx is no proof."""

    async def ignores(exchange: StruckRequest) -> None:
        operations = [each for each in json.loads(exchange.body) if each["path"] != "/config/ldTag"]
        exchange.body = json.dumps(operations).encode()
        await exchange.go_on()

    loses(monkeypatch, box, "PATCH", ignores)
    outcome, _ = await changed(box, {"ldTag": "new", "config-name": "Renamed"})
    assert (outcome.failure, outcome.ignored) == (None, ("Flag tag",))


async def test_refusal_changes_nothing_and_a_quoted_key_is_not_repeated(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    loses(monkeypatch, box, "PATCH", refuse(400, f"config is not valid: {NEW_KEY}"))
    outcome, _ = await changed(box, {"sourceApiKey": NEW_KEY})
    assert outcome.failure is not None
    assert (outcome.failure.kind, patches(box)) == (Kind.BAD_REQUEST, 1)
