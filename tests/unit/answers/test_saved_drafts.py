"""Answers written down and read back: for their owner alone, without a key, and never a crash."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.answers.test_recipe import SECRETS
from tests.unit.answers.test_recipe import answered as all_answers
from tests.unit.made_manifests import options, variable, written
from tests.unit.sources_server import json_values
from tests.unit.walk_tools import built_forms, session
from tui.answers import changes, fields, remarks, saved_drafts
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.draft import Draft
from tui.answers.saved_drafts import Saved
from tui.manifests.files import load
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.text.times import moment

UNLEASH = built_forms()["unleash"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "draft.json"


def answered() -> Draft:
    draft = changes.put(all_answers(host="eu", config_name="")[0], "project", "other")
    draft = changes.put(draft, "project", "web-shop", source="from LD_PROJECT", touched=False)
    draft = changes.was_kept(changes.put(draft, "ldTag", ""), "ldApiKey", "", in_keyring=True)
    return changes.go(draft, "launchdarkly")


def reloaded(draft: Draft, path: Path, now: float = 0.0) -> Saved:
    saved_drafts.save(draft, path, now)
    saved = saved_drafts.load(path)
    assert saved is not None
    return saved


def test_saved_answers_come_back(path: Path) -> None:
    draft = answered()
    saved = reloaded(draft, path, 1_700_000_000.5)
    assert (saved.integration, saved.step, saved.saved_at) == ("unleash", "launchdarkly", 1_700_000_000.5)
    assert saved.route == "Unleash default/production -> LaunchDarkly EU web-shop"
    assert saved.keyring == ("ldApiKey",)
    restored = saved_drafts.restore(saved, UNLEASH)
    assert restored.step == "launchdarkly"
    assert restored.starts
    assert drafts.values(restored).items() <= drafts.values(draft).items()
    for key in ("host", "project", "sourceBaseUrl", "ldTag"):
        before, after = drafts.answer(draft, key), drafts.answer(restored, key)
        assert (after.value, after.source, after.touched) == (before.value, before.source, before.touched)
    assert not drafts.secret_facts(restored)


def test_the_file_is_its_owners_alone_and_holds_no_key(path: Path) -> None:
    saved_drafts.save(answered(), path, 0.0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = path.read_text("utf-8")
    for secret in SECRETS.values():
        assert secret not in text
        assert secret[-12:] not in text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("config-name", TOKENS["writer"].value),
        ("ldTag", UNLEASH_KEYS["admin"].value),
        ("sourceBaseUrl", "https://ana:s3cret-word@unleash.example.com"),
        ("host", "https://ana:s3cret-word@ld.example.com"),
    ],
)
def test_a_key_in_the_wrong_field_is_not_written_down(path: Path, key: str, text: str) -> None:
    saved = reloaded(changes.put(answered(), key, text), path)
    assert text not in path.read_text("utf-8")
    assert "s3cret-word" not in path.read_text("utf-8")
    assert text not in {value for _, value, *_ in saved.answers}


def test_answers_of_another_integration_are_left_out(path: Path) -> None:
    saved = reloaded(changes.choose(answered(), built_forms()["split"]), path)
    assert "sourceBaseUrl" not in {key for key, *_ in saved.answers}
    assert saved.keyring == ("ldApiKey",)


@pytest.mark.parametrize("step", ["keys", "fields", "review", "submit"])
def test_keys_are_asked_for_again(path: Path, step: str) -> None:
    saved = reloaded(changes.go(answered(), step), path)
    assert saved.step == ("review" if step == "submit" else step)
    assert saved_drafts.restore(saved, UNLEASH).step == "launchdarkly"


def test_several_choices_stay_several(path: Path, tmp_path: Path) -> None:
    several = options("a b", "c", "d, e")
    made = forms.build(load(written(tmp_path, variable(key="many", type="multiselect", multiselectOptions=several))))
    draft = changes.put(changes.choose(Draft(), made), "many", fields.joined(["a b", "d, e"]))
    restored = saved_drafts.restore(reloaded(draft, path), made)
    assert fields.selected(drafts.variable(draft, "many"), drafts.value(restored, "many")) == ("a b", "d, e")


def test_answers_that_the_form_no_longer_takes_are_left_out(tmp_path: Path) -> None:
    answers = (("gone", "x", "", True), ("project", "web", "", True), ("token", "api-1", "", True))
    restored = saved_drafts.restore(Saved("unleash", "keys", answers, ("gone",), "", 0.0), UNLEASH)
    assert drafts.value(restored, "project") == "web"
    assert "gone" not in restored.answers
    assert drafts.value(restored, "token") == ""
    secret = forms.build(load(written(tmp_path, variable(key="one", isSecret=True))))
    restored = saved_drafts.restore(Saved("made", "keys", (("one", "text", "", True),), (), "", 0.0), secret)
    assert "text" not in repr(restored)


# --- files that are none of ours

GOOD: dict[str, Any] = {
    "version": 1,
    "integration": "unleash",
    "step": "keys",
    "answers": {"project": {"value": "web", "source": "", "touched": True}},
    "keyring": ["token"],
    "route": "Unleash -> LaunchDarkly",
    "saved_at": 1.0,
}


def changed(**members: object) -> bytes:
    return json.dumps(GOOD | members).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"null", b"[]", b"{}", b'"draft"', b"[" * 100_000, changed(version=2),
        changed(step="report"), changed(step=None), changed(answers=[1]), changed(answers={"a": "b"}),
        changed(answers={"a": {"value": "x"}}), changed(keyring=5), changed(saved_at="yesterday"),
        changed(saved_at=10**400), changed(saved_at=None), changed(route="x" * 300_000),
        b'{"saved_at": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda content: repr(content[-24:]),
)  # fmt: skip
def test_any_other_file_is_no_draft(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(changed())
    assert saved_drafts.load(path) is not None
    path.write_bytes(content)
    assert saved_drafts.load(path) is None


def test_neither_are_folders_and_broken_links(tmp_path: Path) -> None:
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("nowhere", "loop", ".", "missing", "missing/deeper", "a" * 300):
        assert saved_drafts.load(tmp_path / name) is None, name


shapes = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "integration": st.just("unleash") | json_values,
        "step": st.sampled_from(["integration", "launchdarkly", "keys", "review", "submit", "run"]) | json_values,
        "answers": st.dictionaries(
            st.sampled_from(["project", "host", "token", "ldTag", "sourceBaseUrl"]) | st.text(max_size=5),
            st.fixed_dictionaries({"value": json_values, "source": json_values, "touched": json_values}) | json_values,
            max_size=5,
        )
        | json_values,
        "keyring": st.lists(st.sampled_from(["token", "ldApiKey", "project", "gone"]) | json_values) | json_values,
        "route": json_values,
        "saved_at": json_values | st.floats(),
    }
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=st.binary(max_size=200) | (shapes | json_values).map(lambda shape: json.dumps(shape).encode()))
def test_no_file_makes_anything_raise(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "draft.json"
    path.write_bytes(content)
    saved = saved_drafts.load(path)
    if saved is None:
        return
    assert saved.route.isprintable()
    moment(saved.saved_at)
    made = session(draft_path=path)
    try:
        made.resume(saved)
    except KeyError:
        assert saved.integration not in built_forms()
        return
    for key in [v.key for v in drafts.all_fields(made.draft)]:
        assert remarks.line(made.draft, key).text.isprintable()
    assert made.save() == ""
    assert path.read_bytes() == content or saved_drafts.load(path) is not None
