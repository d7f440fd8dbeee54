"""What the screens say about keys and buttons, said for a prompt."""

from __future__ import annotations

import re

import pytest

from tests.unit.plain.lines import KEYS_OR_BUTTONS
from tests.unit.walk_tools import built_forms
from tui.answers import builtin, draft, remarks, steps
from tui.answers.finding import Level
from tui.plain.words import LEVELS, in_lines, leveled
from tui.wizard import help as pages
from tui.wizard import rebuild_deeds, rebuild_words, remedies
from tui.wizard.help import HelpPage, Section, Table
from tui.wizard.remedies import WORDS


def texts(page: HelpPage) -> list[str]:
    found: list[str] = []
    for part in page.parts:
        match part:
            case str():
                found.append(part)
            case Section(_, lines):
                found += lines
            case Table(_, _, rows):
                found += [f"{head}: {text}" for head, text in rows]
    return found


def test_every_level_has_a_word() -> None:
    assert set(LEVELS) == set(Level)
    assert leveled("problem", "No.") == "Problem: No."
    assert leveled("note", "Yes.") == "Yes."


@pytest.mark.parametrize("step", [step.key for step in steps.STEPS])
def test_help_of_a_step_names_no_key_and_no_button(step: str) -> None:
    known = steps.step(step)
    for text in (*texts(pages.step_help(step, keys=False)), known.heading, known.purpose):
        assert not KEYS_OR_BUTTONS.search(in_lines(text)), text


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_help_of_a_field_names_no_key_and_no_button(integration: str) -> None:
    fields = (*built_forms()[integration].variables, *draft.BUILT_IN.values())
    for field in fields:
        for text in (field.help, *texts(pages.field_help(field))):
            assert not KEYS_OR_BUTTONS.search(in_lines(text)), text


def test_sentences_of_rebuild_name_no_key() -> None:
    stops = [rebuild_words.stopped(writing=writing) for writing in (True, False)]
    words = (*rebuild_words.WORDS.values(), rebuild_words.OPEN_FIRST, rebuild_deeds.TAKEN_BACK, *stops)
    for text in words:
        assert not re.search(r"[Pp]ress|\((?:Enter|a|r)\)|Space|\btick\b", in_lines(text)), text


def test_remedies_name_no_key_and_no_button() -> None:
    for text in (*WORDS.values(), remarks.SAME_KEY, remarks.OTHER_PROJECT):
        assert not KEYS_OR_BUTTONS.search(in_lines(text)), text
    assert remedies.WORDS is WORDS
    assert builtin.TOKEN.secret
