"""The first step in words: what an import does, and what can be resumed. The first paint needs it, so it is light."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.answers import steps
from tui.text.cells import cells
from tui.text.times import minute

if TYPE_CHECKING:
    from tui.answers.draft import Draft
    from tui.answers.saved_drafts import Saved

WHAT_HAPPENS = (
    ("Imported", "name, key, description, variations, default variations, tags"),
    ("Not imported", "targeting rules, individual targets, rollouts, prerequisites"),
    ("Off", "all imported flags, in every environment"),
    ("Skipped", "flags whose key already exists in the project"),
    ("You need", "a LaunchDarkly token, and a key for the source"),
)
CHOOSE = "Press Up or Down to choose, then Enter."
CHOOSE_IN_PRACTICE = "Practice uses demo servers on this machine. Choose a source, or press F4."
CHOOSE_OR_START_FRESH = "Choose Start fresh to delete earlier practice imports."
CHOOSE_FIRST = "Choose where your flags are now."
CHECKING_IMPORT = "Checking the import ..."
LOADING_ANSWERS = "Loading your answers ..."
NOT_LOADED = "These answers are for an integration that isn't loaded. Start with its --manifest."
CONFIGURATIONS = ("start, watch, edit, or delete imports in your account", "all imports in your account")
PRACTICE = ("the same steps with demo servers on this machine; no account needed", "demo servers; no account needed")

_PRACTICE_HOST = re.compile(r"(?:LaunchDarkly )?127\.0\.0\.1:\d+")


def fresh(count: int) -> tuple[str, ...]:
    """Return the line that offers to remove `count` practice imports, in shorter forms."""
    imports = f"deletes {count} practice import{'' if count == 1 else 's'}"
    return (f"restore the demo account; {imports}", imports)


def fitting(forms: Sequence[str], width: int) -> str:
    """Return the first form that fits into `width` cells, else the last one."""
    return next((form for form in forms if cells(form) <= width), forms[-1])


def saved_answers(saved: Saved, title: str, arrow: str, now: float, *, practice: bool) -> tuple[str, ...]:
    """Return the line that offers saved answers, in ever shorter forms; where they stop comes first."""
    at = f"stopped at {steps.step(saved.step).title}, {minute(saved.saved_at, now)}"
    origin, _, target = saved.route.partition(" -> ")
    if practice:
        target = _PRACTICE_HOST.sub("demo account", target)
    short = target.removeprefix("LaunchDarkly ")
    project = short.rpartition(" ")[2]
    routes = (
        f"{origin} {arrow} {target}",
        f"{origin} {arrow} {short}",
        f"{title} {arrow} {short}",
        f"{title} {arrow} {project}",
    )
    return (*(f"{at}, {route}" for route in (routes if target else (origin, title))), at)


def restored(draft: Draft, missing: Sequence[str], saved_at: float, now: float, *, practice: bool) -> str:
    """Return what to know after saved answers were restored. `missing` are the keys that are not known, by field."""
    from tui.answers.builtin import TOKEN
    from tui.answers.draft import fields

    date = minute(saved_at, now).rpartition(" ")[0]
    if not missing:
        return f"Answers from {date} restored."
    here = {field.key for field in fields(draft, draft.step)}.intersection(missing)
    again = "your token" if here == {TOKEN.key} else "them again"
    what = "Press F4 to fill in the demo keys." if practice else f"Paste {again}."
    return f"Answers from {date} restored. Saved answers don't include keys. {what}"
