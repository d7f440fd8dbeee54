"""The wizard's words for each remedy: its reader has fields, lists, and steps on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from tui.answers.draft import Check
from tui.answers.finding import Finding
from tui.net import remedies
from tui.net.errors import Advice, Failure, Remedy, Safe, joined

WORDS: Mapping[Remedy, str] = {
    Remedy.TRY_LATER: "Try again in a moment",
    Remedy.SEND_AFTER: "Send it again after {about}",
    Remedy.CORRECT_ANSWER: "Fix that answer",
    Remedy.LOOK_THROUGH_ANSWERS: "Check your answers",
    Remedy.CHOOSE_ONE: "Choose one",
    Remedy.CHOOSE_PROJECT: "Choose the project again",
    Remedy.CHECK_INSTANCE: "Check the instance",
    Remedy.PICK: "Pick {about}, or press F1 for help",
    Remedy.PICK_OR_CLEAR: "Pick {about}, or clear this field",
    Remedy.CLEAR: "Clear the field",
    Remedy.SEE_HELP: "Press F1 to see where to find it",
    Remedy.PASTE_FIRST: "Paste it first",
    Remedy.PASTE_AGAIN: "Paste it again",
    Remedy.PASTE_ALONE: "Paste {about}",
    Remedy.COPY_KEY: "Copy {about} and paste it again",
    Remedy.MAKE_KEY: "Create a backend token in Unleash under API access, then paste it here",
    Remedy.REPLACE_KEY: "Paste it again, or create a new one",
    Remedy.REPLACE_TOKEN: "Paste another token",
    Remedy.TOKEN_OR_INSTANCE: "Paste it again, or choose {about}",
    Remedy.COPY_HELPER: "Copy all of it and paste it again, or leave this blank and type the values",
    Remedy.OTHER_HELPER: "Paste an admin token or a personal token with read access, or leave this blank",
    Remedy.LOOK_UP_CONFIGURATION: "Find it under Configurations",
    Remedy.READ_LIST: "Check what is there before you send it again",
    Remedy.LOOK_FIRST: "Check whether it did before you send it again",
    Remedy.LOOK_AGAIN: "Don't send it again yet. Check again first, or you may create a duplicate",
    Remedy.SEND_AGAIN: "You can send it again",
    Remedy.SEND_CHANGES_AGAIN: "Your changes are kept. You can safely send them again",
    Remedy.SEE_DIFFERENCE: "Your changes are kept. Review the difference, then send them again",
    Remedy.READ_DIFFERENCE: "Your changes are kept. Reload, review the difference, then send them again",
    Remedy.RELOAD_LIST: "Reload the list",
    Remedy.WATCH_LATER: "Check later with: ld-flag-import configs watch {about}",
    Remedy.MAKE_ROOM: "Free some space in your home directory, then try again",
    Remedy.MOVE_JOURNAL: "Move the file away",
    Remedy.OTHER_JOURNAL: "Use another journal",
    Remedy.RESUME_OR_RENAME: "Resume it under Earlier imports (F2), or change the name",
    Remedy.READ_PLAN: "Go to Plan, reload it, then come back",
    Remedy.LOOK_UNDER_CONFIGURATIONS: "Find it under Configurations",
}
_SAFE: Mapping[Safe, str] = {}


def advice(of: Advice) -> str:
    """Return what to do next, and what is safe, in a sentence or two; "" for nothing."""
    return remedies.worded(of, WORDS, _SAFE)


def sentence(failure: Failure) -> str:
    """Return the whole sentence about a failure: what, why, and what to do next."""
    return joined(str(failure), advice(failure.advice))


def text(said: Finding | Check) -> str:
    """Return what a rule or a server says about an answer, with its advice."""
    return joined(said.text, advice(said.advice) if said.advice else "")
