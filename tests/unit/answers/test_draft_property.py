"""Whatever a person does, in whatever order: nothing raises, no answer is lost, no key gets out of the bag."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.walk_tools import built_forms, everything_said
from tui.answers import changes, recipe, remarks, request, rules, saved_drafts, steps
from tui.answers import draft as drafts
from tui.answers.draft import Check, Draft
from tui.answers.finding import Finding, Level, Offer
from tui.secrets.bag import Bag
from tui.text.clean import clean
from tui.text.redact import Redactor
from tui.wizard import review, walk

MARK = "Q7cAnArY"
FORMS = built_forms()
STEPS = [each.key for each in steps.STEPS]
PLAIN = ["host", "project", "config-name", "config-tags", "source-api"]
PLAIN += sorted({v.key for each in FORMS.values() for v in each.variables if not v.secret})
SECRET = ["token", *sorted({v.key for each in FORMS.values() for v in each.variables if v.secret})]

texts = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(exclude_categories=()), max_size=12),
    st.sampled_from(
        ["us", "eu", "https://unleash.example.com/api", "http://127.0.0.1:4242", "https://a:b@c.example", "default",
         "production", "simple:payments", "1f03bc00-01f0-11ec-a057-42851e80ca2c", "a, b c", "", "\n", "'\"\\$`@@0@@"]
    ),
)  # fmt: skip
tails = st.text("0123456789abcdef", max_size=40).map(lambda text: f"{MARK}{text}")
secrets = st.one_of(
    st.just(""),
    tails,
    tails.map(lambda tail: f"api-{tail}"),
    st.tuples(st.sampled_from(["default", "*", "[]", "user"]), st.sampled_from(["production", "*"]), tails).map(
        lambda parts: f"{parts[0]}:{parts[1]}.{parts[2]}"
    ),
    st.tuples(texts, tails, texts).map("".join),
)
GOOD = {
    "host": "eu",
    "project-key": "web-shop",
    "config-name": 'It\'s "mine"\\ $HOME `id` @@0@@ ☃',
    "source-api": "https://split.example.com/api/v2",
    "base-url": "https://unleash.example.com",
    "source-project": "default",
    "source-environment": "production",
    "split-workspace": "8f2c4b10-5a4d-4b0c-8500-000000000001",
    "split-environment": "3d9e7a60-5a4d-4b0c-8500-000000000011",
}
"""An answer without a problem, by role; blank where that is one."""


class AnyWalk(RuleBasedStateMachine):
    """One draft and one bag, as a front holds them, and beside them what a person would remember."""

    def __init__(self) -> None:
        super().__init__()
        self.draft, self.bag = Draft(), Bag(Redactor())
        self.typed: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    @initialize(integration=st.none() | st.sampled_from(sorted(FORMS)))
    def begin(self, integration: str | None) -> None:
        if integration:
            self.draft = changes.choose(self.draft, FORMS[integration])

    @rule(integration=st.sampled_from(sorted(FORMS)))
    def choose(self, integration: str) -> None:
        self.draft = changes.choose(self.draft, FORMS[integration])

    @rule(key=st.sampled_from(PLAIN), text=texts)
    def put(self, key: str, text: str) -> None:
        if drafts.asks(self.draft, key):
            self.draft = changes.put(self.draft, key, text)
            self.typed[key] = rules.tidy(drafts.variable(self.draft, key), text).value

    @rule(key=st.sampled_from(SECRET), text=secrets, reference=st.sampled_from(["", drafts.KEYRING, "env:X"]))
    def put_secret(self, key: str, text: str, reference: str) -> None:
        if drafts.asks(self.draft, key):
            self.draft = changes.put_secret(self.draft, self.bag, key, text, reference=reference)
            self.secrets[key] = rules.tidy(drafts.variable(self.draft, key), text).value

    @rule(tail=tails)
    def answer_everything(self, tail: str) -> None:
        """So that Review is reached often enough."""
        for key in self.draft.checks:
            self.draft = changes.unchecked(self.draft, key)
        for each in (v for step in STEPS for v in drafts.fields(self.draft, step)):
            if each.secret:
                scope = "default:production." if each.role == "unleash-key" else ""
                self.put_secret(each.key, f"{scope}{MARK}{tail}xxxx", "")
            else:
                self.put(each.key, GOOD.get(each.role, ""))

    @rule(key=st.sampled_from(SECRET), where=st.sampled_from([drafts.SESSION, drafts.KEYRING]), done=st.booleans())
    def keep(self, key: str, where: str, *, done: bool) -> None:
        if drafts.asks(self.draft, key):
            self.draft = changes.keep(self.draft, key, where)
            self.draft = changes.was_kept(self.draft, key, "said", in_keyring=done)

    @rule(key=st.sampled_from(PLAIN), text=texts)
    def take(self, key: str, text: str) -> None:
        if drafts.asks(self.draft, key):
            self.draft = changes.take(self.draft, Offer("Use it", key, text))
            self.typed[key] = rules.tidy(drafts.variable(self.draft, key), text).value

    @rule(
        key=st.sampled_from(SECRET + PLAIN), other=st.sampled_from(PLAIN), level=st.sampled_from(Level), text=texts,
        named=st.booleans(),
    )  # fmt: skip
    def check(self, key: str, other: str, level: Level, text: str, *, named: bool) -> None:
        if drafts.asks(self.draft, key) and drafts.asks(self.draft, other):
            said = Finding(level, other, "a server said so")
            names = ((text, "a name"),) if named else ()
            fills = (Offer("from the key", other, text),)
            self.draft = changes.checked(self.draft, Check(key, level, "a server said this", (said,), fills, names))
            if not self.typed.get(other, "x"):
                del self.typed[other]

    @rule(key=st.sampled_from(SECRET + PLAIN))
    def forget_check(self, key: str) -> None:
        self.draft = changes.unchecked(self.draft, key)

    @rule(step=st.sampled_from(STEPS))
    def go(self, step: str) -> None:
        self.draft = changes.go(self.draft, step)

    @rule(step=st.sampled_from(STEPS[:4]))
    def change(self, step: str) -> None:
        self.draft = walk.change(self.draft, step)

    @rule(step=st.sampled_from(STEPS))
    def touch(self, step: str) -> None:
        self.draft = changes.touch(self.draft, step)

    @rule()
    def next_step(self) -> None:
        before = self.draft
        self.draft = walk.next_step(before)
        assert self.draft is before or not remarks.problems(before, before.step)

    @rule()
    def back(self) -> None:
        self.draft = walk.back(self.draft)

    @rule()
    def propose_name(self) -> None:
        self.draft = changes.propose_name(self.draft)

    @rule()
    def save_and_go_on_another_day(self) -> None:
        """What may be written down comes back; keys must be given anew."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "draft.json"
            saved_drafts.save(self.draft, path, 0.0)
            saved = saved_drafts.load(path)
            if self.draft.form is None:
                assert saved is None
                return
            assert MARK not in path.read_text("utf-8")
            assert saved is not None
            restored = saved_drafts.restore(saved, self.draft.form)
            values = drafts.values(restored)
            for key, _, _, _ in saved.answers:
                assert values[key] == clean(drafts.value(self.draft, key))
            assert not drafts.secret_facts(restored)

    @invariant()
    def no_answer_is_lost(self) -> None:
        for key, text in self.typed.items():
            if key == "config-name" and not text:
                continue  # a name is proposed again
            assert drafts.value(self.draft, key) == text, key
        for key, text in self.secrets.items():
            assert self.bag.peek(key) == text, key
            facts = drafts.answer(self.draft, key).secret
            assert (facts.length if facts else 0) == len(text)

    @invariant()
    def no_key_is_told(self) -> None:
        assert MARK not in everything_said(self.draft)
        assert MARK not in repr(self.bag)
        assert MARK not in "".join(line.text for line in review.lines(self.draft))

    @invariant()
    def every_step_can_be_asked_about(self) -> None:
        assert walk.first_open(self.draft, "submit") in STEPS
        following = walk.following(self.draft)
        assert following is None or following.key in STEPS
        for key in SECRET + PLAIN:
            assert drafts.step_of(self.draft, key) in STEPS
            drafts.revisions(self.draft, drafts.inputs_of(self.draft, key))

    @invariant()
    def what_is_ready_makes_a_request_and_a_recipe(self) -> None:
        if self.draft.form is None or remarks.problems(self.draft, "review"):
            return
        made = request.build(self.draft)
        assert MARK not in repr(made) + made.shown() + made.curl()
        made.body(self.bag).decode("utf-8")
        written = recipe.write(self.draft)
        assert MARK not in written.text
        document: dict[str, Any] = tomllib.loads(written.text)
        assert document["import"]["name"] == drafts.value(self.draft, "config-name")


TestAnyWalk = AnyWalk.TestCase
TestAnyWalk.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
