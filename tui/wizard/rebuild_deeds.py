"""What a person can do with a rebuild now, and what is said before each deed and after it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import TOKEN
from tui.launchdarkly.models import Environment
from tui.plan.reading import can_be_read
from tui.plan.words import LeveledText, flags
from tui.rebuild.proposal import Row
from tui.rebuild.record import State
from tui.text.clean import clean
from tui.wizard import rebuild_words, remedies
from tui.wizard.rebuild_words import NOTHING_CHANGED, STAYS_OFF
from tui.wizard.rebuilding import Rebuilding

READING_ENVIRONMENTS = "Reading the project's environments"
NEEDS_ANSWERS = "Rebuild needs your earlier answers. Go back to fix them."
CAN_STOP = "You can stop at any time. What is done stays."
NOTHING_TO_ACCEPT = "There is no difference to accept."
BEFORE_TURNING_ON = "Reading both sides again. Nothing is turned on yet."
BEFORE_TAKING_BACK = "Reading the rebuilt flags. Nothing is changed yet."
NOTHING_TO_TAKE_BACK = "No flag stands as a rebuild left it, so nothing can be taken back."
TAKEN_BACK = "Taken back: these flags are as they were before. Press r to read both sides again."


# --- what is needed


def not_ready(rebuilding: Rebuilding) -> tuple[LeveledText, ...]:
    """Return why flags can't be read for a rebuild, () if keys alone may be missing."""
    draft = rebuilding.walk.draft
    if draft.form is None:
        return (("problem", "Choose an integration on the first step."),)
    if not can_be_read(draft.integration):
        return (("unknown", rebuild_words.cannot_read(clean(draft.form.title))),)
    problems = rebuilding.problems()
    return tuple(
        ("problem", clean(f"{remarks.label(draft, found.field)}: {remedies.text(found)}")) for found in problems
    )


def key_needed(rebuilding: Rebuilding, key: str) -> str:
    """Return why a key must be entered."""
    label = drafts.variable(rebuilding.walk.draft, key).label
    return f"To read your flags once more, the wizard needs the {label}. Keys aren't saved."


def key_use(rebuilding: Rebuilding, key: str) -> str:
    """Return what a key is used for, where it is entered."""
    where = "LaunchDarkly" if key == TOKEN.key else rebuilding.source
    return f"The wizard reads your flags in {where} once more. Nothing is changed there."


def chosen(environment: Environment) -> tuple[str, str]:
    """Return title and text about the environment that was chosen."""
    about = rebuild_words.environment(environment).capitalize()
    return f"Rebuild targeting in {clean(environment.key)}", f"{about}. {STAYS_OFF}"


# --- what can be done


def offered(rebuilding: Rebuilding) -> frozenset[str]:
    """Return what makes sense now: accept, apply, approvals, turn-on, check, take-back, left, environment."""
    proposal, differences = rebuilding.proposal, rebuild_words.may_accept(rebuilding)
    sensible = {
        "accept": differences,
        "apply": bool(rebuilding.planned()) or differences,
        "approvals": bool(rebuilding.needing_approval()),
        "turn-on": bool(rebuilding.equal() or rebuilding.unchecked()),
        "check": bool(rebuilding.unchecked()),
        "take-back": rebuilding.standing,
        "left": proposal is not None and bool(proposal.rows),
        "environment": len(rebuilding.environments) > 1,
    }
    return frozenset(name for name, makes_sense in sensible.items() if makes_sense)


def adoption(rebuilding: Rebuilding, key: str) -> tuple[frozenset[str], str]:
    """Return the flags that are adopted after a tick at this one, and what to say. It must have been opened first."""
    before = rebuilding.adopted
    if key not in rebuilding.seen and key not in before:
        return before, rebuild_words.OPEN_FIRST
    after = before ^ {key}
    return after, f"{clean(key)} is {'adopted' if key in after else 'not adopted'}. {NOTHING_CHANGED}"


# --- how it went


def progress(verb: str, done: int, total: int) -> str:
    """Return how far it has come: "Done 3 of 14 flags"."""
    return f"{verb} {done:,} of {flags(total)}"


def nothing_to_turn_on(rebuilding: Rebuilding) -> str:
    """Return why no flag can be turned on."""
    return f"No flag to turn on: only flags that are on in {rebuilding.source} and read back equal can be."


def turned_on(rebuilding: Rebuilding, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the flags that were turned on and read back."""
    outcomes = rebuilding.outcomes
    return tuple(row for row in rows if row.key in outcomes and outcomes[row.key].state is State.EQUAL)


def turned_on_words(count: int) -> str:
    """Return how many flags were turned on."""
    return f"Turned on {flags(count)}."
