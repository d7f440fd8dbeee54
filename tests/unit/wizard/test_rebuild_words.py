"""What the step Rebuild says: environments, flags and their states, differences, and what is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.context import Context
from tui.launchdarkly.models import Environment
from tui.rebuild.model import Example, FlagTargeting, Grade, Proof, Rebuilt
from tui.rebuild.proposal import Proposal, Row
from tui.rebuild.read_back import Outcome
from tui.rebuild.record import State
from tui.targeting.approximations import REBUCKETED, SEGMENT_COPIED_TODAY, sentence
from tui.targeting.model import Context as Person
from tui.wizard import rebuild_words
from tui.wizard.rebuild_words import FILTERS
from tui.wizard.rebuilding import Rebuilding
from tui.wizard.session import Session

NOTHING = FlagTargeting("user", 0, 0)
EXAMPLE = Example(Person("ann"), {0: 100}, {1: 100}, "Ann gets on in Split, off in LaunchDarkly.")


def row(key: str, grade: Grade = "faithful", *names: str, reasons: tuple[str, ...] = ()) -> Row:
    rebuilt = Rebuilt(key, grade, names, reasons, targeting=None if reasons else NOTHING)
    return Row(key, None, rebuilt, Proof(examples=dict.fromkeys(names[:1], EXAMPLE)), not_accepted=names)


ROWS = (
    row("plain"),
    row("shares", "approximate", REBUCKETED),
    row("copied", "approximate", SEGMENT_COPIED_TODAY, REBUCKETED),
    row("odd", "by-hand", reasons=("It serves nothing.", "It is odd.")),
)


def rebuilding(*outcomes: Outcome, rows: tuple[Row, ...] = ROWS) -> Rebuilding:
    made = Rebuilding(Session({}, Context()), _proposal=Proposal(rows))
    made.outcomes = {outcome.key: outcome for outcome in outcomes}
    return made


def listed(of: Rebuilding) -> dict[str, tuple[str, str, str]]:
    return {line.key: (line.level, line.word, line.text) for line in rebuild_words.lines(of)}


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({}, "no approval needed"),
        ({"critical": True}, "critical"),
        ({"approvalSettings": {"required": True}}, "changes need an approval"),
        (
            {"critical": True, "approvalSettings": {"required": True, "requiredApprovalTags": ["payments"]}},
            "critical, changes of flags tagged payments need an approval",
        ),
    ],
)
def test_an_environment_says_what_to_know_before_it_is_changed(environment: dict[str, object], text: str) -> None:
    assert rebuild_words.environment(Environment.model_validate({"key": "e", **environment})) == text


def test_each_flag_has_its_grade_its_names_or_its_reason() -> None:
    assert listed(rebuilding()) == {
        "plain": ("ok", "ready", "faithful"),
        "shares": ("warning", "to accept", REBUCKETED),
        "copied": ("warning", "to accept", f"{SEGMENT_COPIED_TODAY}, {REBUCKETED}"),
        "odd": ("problem", "by hand", "It serves nothing. And 1 more."),
    }


def test_a_flag_is_ready_only_if_every_name_is_accepted() -> None:
    made = rebuilding()
    made.accept([REBUCKETED])
    assert listed(made)["shares"] == ("ok", "ready", f"approximate: {REBUCKETED}")
    assert listed(made)["copied"] == ("warning", "to accept", SEGMENT_COPIED_TODAY)
    assert [each.key for each in made.planned()] == ["plain", "shares"]
    made.accept([])
    assert [each.key for each in made.planned()] == ["plain"]


@pytest.mark.parametrize("state", [state for state in State if state not in (State.PLANNED, State.SKIPPED)])
def test_each_state_has_words_a_filter_and_a_meaning(state: State) -> None:
    (line,) = rebuild_words.lines(rebuilding(Outcome("plain", state, "Because."), rows=ROWS[:1]))
    assert line.text == "Because."
    assert line.word in rebuild_words.WORDS or state is State.TAKEN_BACK
    assert sum(kind.keep(line) for kind in FILTERS.values()) == (1 if state is State.TAKEN_BACK else 2)


def test_headline_counts_grades_before_and_states_afterwards() -> None:
    assert rebuild_words.headline(rebuilding()) == ("ok", "4 flags: 1 faithful, 2 approximate, 1 by hand")
    done = rebuilding(Outcome("plain", State.EQUAL), Outcome("shares", State.FAILED, "No."))
    assert rebuild_words.headline(done) == ("warning", "1 rebuilt and read back equal, 1 failed, 1 left by hand")


def test_differences_come_with_their_number_their_meaning_and_an_example() -> None:
    first, second = rebuild_words.to_accept(Proposal(ROWS))
    assert (first.name, first.number, first.text, first.example) == (
        REBUCKETED,
        2,
        sentence(REBUCKETED),
        EXAMPLE.words,
    )
    assert (second.name, second.number) == (SEGMENT_COPIED_TODAY, 1)
    standing = tuple(replace(each, recorded=State.APPLIED) for each in ROWS)
    assert rebuild_words.to_accept(Proposal(standing)) == ()


def test_what_is_left_names_every_reason() -> None:
    outcomes = {"plain": Outcome("plain", State.DIFFERS, "Someone else changed it.")}
    title, text = rebuild_words.left_by_hand(Proposal(ROWS), outcomes)
    assert title == "Left by hand: 4 flags"
    assert "odd\n  It serves nothing.\n  It is odd." in text
    assert "plain\n  Someone else changed it." in text
    assert f"shares\n  Not accepted: {REBUCKETED}." in text


def test_keys_of_flags_cannot_write_to_the_terminal() -> None:
    outcomes = {"a\x1b[2J": Outcome("a\x1b[2J", State.FAILED, "x\x1b[31m")}
    assert "\x1b" not in rebuild_words.left_by_hand(Proposal((row("a\x1b[2J"),)), outcomes)[1]
    (line,) = rebuild_words.lines(rebuilding(*outcomes.values(), rows=(row("a\x1b[2J"),)))
    assert "\x1b" not in line.text
