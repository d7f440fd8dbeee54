"""The wizard's words for each remedy: its reader has fields, lists, and steps on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from tui.answers.draft import Check
from tui.answers.finding import Finding
from tui.net import remedies
from tui.net.errors import Advice, Failure, Remedy, Safe, joined

WORDS: Mapping[Remedy, str] = {
    Remedy.TRY_LATER: "Check again in a moment",
    Remedy.SEND_AFTER: "Send again after {about}",
    Remedy.CORRECT_ANSWER: "Correct that answer",
    Remedy.LOOK_THROUGH_ANSWERS: "Look through your answers",
    Remedy.CHOOSE_ONE: "Choose one",
    Remedy.CHOOSE_PROJECT: "Choose the project again",
    Remedy.CHECK_INSTANCE: "Check the instance",
    Remedy.PICK: "Pick {about}, or see F1",
    Remedy.PICK_OR_CLEAR: "Pick {about}, or clear this",
    Remedy.CLEAR: "Clear the field",
    Remedy.SEE_HELP: "F1 tells where to find it",
    Remedy.PASTE_FIRST: "Paste it first",
    Remedy.PASTE_AGAIN: "Paste it again",
    Remedy.PASTE_ALONE: "Paste {about}",
    Remedy.COPY_KEY: "Copy {about} and paste it again",
    Remedy.MAKE_KEY: "Make a server-side SDK key in Unleash under API access, then paste it here",
    Remedy.REPLACE_KEY: "Paste it again, or make a new one",
    Remedy.REPLACE_TOKEN: "Paste another one",
    Remedy.TOKEN_OR_INSTANCE: "Choose {about}, or paste it again",
    Remedy.COPY_HELPER: "Copy it whole and paste it again, or leave the token out and type the values",
    Remedy.OTHER_HELPER: (
        "Paste an admin token, or a personal one of somebody who may look, or leave the token out and type the values"
    ),
    Remedy.LOOK_UP_CONFIGURATION: "Look it up in the list",
    Remedy.READ_LIST: "Read the list again before you send",
    Remedy.LOOK_FIRST: "Look whether it did before you send it again",
    Remedy.LOOK_AGAIN: "Do not send again yet: look again first, or a copy may come to be",
    Remedy.SEND_AGAIN: "You can send again",
    Remedy.SEND_CHANGES_AGAIN: ("Your changes are kept. To send them again is harmless: they replace the same again"),
    Remedy.SEE_DIFFERENCE: ("It was read again, and your changes are kept: look at the difference, then send again"),
    Remedy.READ_DIFFERENCE: ("Your changes are kept: read it again, look at the difference, then send again"),
    Remedy.RELOAD_LIST: "Reload the list",
    Remedy.WATCH_LATER: "Look later, with: ld-flag-import configs watch {about}",
    Remedy.MAKE_ROOM: "Make room in your home directory, then press again",
    Remedy.MOVE_JOURNAL: "Move it away",
    Remedy.OTHER_JOURNAL: "Use another journal",
    Remedy.RESUME_OR_RENAME: ("Go on with it on the step Run, or under Earlier imports (F2); or change the name"),
    Remedy.READ_PLAN: "Read it again on the step Plan, then come back",
    Remedy.LOOK_UNDER_CONFIGURATIONS: "Look under Configurations",
}
_SAFE = {Safe.ANSWERS_KEPT: "your answers are kept"}


def advice(of: Advice) -> str:
    """Return what to do next, and what is safe, in a sentence or two; "" for nothing."""
    return remedies.worded(of, WORDS, _SAFE)


def sentence(failure: Failure) -> str:
    """Return the whole sentence about a failure: what, why, and what to do next."""
    return joined(str(failure), advice(failure.advice))


def text(said: Finding | Check) -> str:
    """Return what a rule or a server says about an answer, with its advice."""
    return joined(said.text, advice(said.advice) if said.advice else "")
