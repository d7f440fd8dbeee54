"""What is said about import keys that the wizard creates: each page of the dialog, and the questions about deleting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.answers.created_key import CreatedKey
from tui.apply.import_key import Fate, KeyOutcome, action, resource
from tui.net.errors import Failure, Remedy
from tui.plan.words import LeveledText
from tui.text.clean import clean
from tui.wizard import remedies

WORKING = "Creating the import key"
CHECKING = "Checking for the import key"
DELETING = "Deleting the import key"
PATIENCE: LeveledText = ("note", "Waiting for LaunchDarkly. This takes a few seconds.")
NOTHING_SENT = "You stopped before anything was sent. Nothing was created."


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the dialog. `yes` and `no` are buttons; "" for none. `no` changes nothing.

    `news` is what just happened, above the facts.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    said: Sequence[LeveledText]
    no: str
    yes: str = ""
    news: str = ""


def ask(key: CreatedKey, news: str = "") -> Page:
    """Return the question before a key is created. `news` is what just happened, "" for nothing."""
    project = clean(key.project)
    facts = [
        ("Name", clean(key.name)),
        ("Project", project),
        ("Can do", f"{'Anything with flags' if key.wide else 'Create flags, nothing else'}, in {project}"),
        ("Policy", f"allow {action(key)} on {clean(resource(key.project))}"),
        ("Kind", "Service token. It doesn't depend on a member."),
    ]
    if key.wide:
        said: list[LeveledText] = [
            ("warning", "Whoever has this key can also change and delete flags in this project."),
            ("note", "You review the change before LaunchDarkly gets the key."),
        ]
    else:
        said = [
            ("unknown", NOT_DOCUMENTED),
            ("note", "LaunchDarkly stores it with the import. You can delete it after the import."),
        ]
    return Page("Create a wider import key?" if key.wide else "Create an import key?", facts, said, "No", "Create key",
                news)  # fmt: skip


NOT_DOCUMENTED = (
    "LaunchDarkly doesn't document which permissions the import needs. If these are too few, you can create a wider"
    " key afterward."
)


def earlier(key: CreatedKey) -> Page:
    """Return what the dialog shows first if a key was created before, and its value isn't in the field."""
    if not key.id:
        said = [("unknown", "The wizard was about to create this key, but never got a response.")]
        return Page("Was this key created?", [("Name", clean(key.name))], said, "Close", "Check")
    said = [
        ("note", "You created this key earlier. LaunchDarkly showed its value only once."),
        ("note", "If you have the value, close this and paste it. Otherwise delete the key and create another one."),
    ]
    return Page("You already created a key", [("Name", clean(key.name))], said, "Close", "Delete it")


def working(title: str, said: Sequence[LeveledText] = (PATIENCE,)) -> Page:
    """Return what is shown while a request runs."""
    return Page(title, (), said, "Stop waiting")


def ended(outcome: KeyOutcome) -> Page:
    """Return what is shown if no key was created, or none that can be used."""
    failure = outcome.failure
    if outcome.fate is Fate.LOST:
        said: list[LeveledText] = [
            ("warning", "The key exists, but its value never arrived, so no one can use it."),
            ("note", "Delete it. Then you can create another one."),
        ]
        if failure is not None:
            said.insert(1, ("note", str(failure)))
        return Page("Key created, value lost", [("Name", clean(outcome.key.name))], said, "Keep it", "Delete it")
    if outcome.fate is Fate.NOT_KNOWN:
        return Page("Can't tell whether it was created", [("Name", clean(outcome.key.name))], sentences(failure),
                    "Close", "Check again")  # fmt: skip
    asks = failure is not None and failure.remedy is Remedy.ASK
    paste: list[LeveledText] = [] if asks else [("note", "You can still paste a key.")]
    return Page("No key was created", (), [*sentences(failure), *paste], "Close")


def not_deleted(key: CreatedKey, failure: Failure) -> Page:
    """Return what is shown if a key couldn't be deleted."""
    return Page("The key was not deleted", [("Name", clean(key.name))], sentences(failure), "Close", "Try again")


def sentences(failure: Failure | None) -> list[LeveledText]:
    """Return a failure as sentences: what, why, and what to do next."""
    if failure is None:
        return []
    advice = remedies.advice(failure.advice)
    level = "unknown" if failure.sent else "problem"
    return [(level, failure.what), *(("note", text) for text in (failure.why, advice) if text)]


def deleted(key: CreatedKey, *, there: bool = True, stored: bool = False) -> str:
    """Return what happened to a key. `stored`: the keyring may still have its value."""
    text = f"Deleted {clean(key.name)}." if there else f"{clean(key.name)} was already deleted."
    return f"{text} Remove its value from the keyring with: ld-flag-import keys forget" if stored else text


def not_created(key: CreatedKey) -> str:
    """Return what a look-up found out."""
    return f"{clean(key.name)} was not created."


CREATED = "Key created and filled in. LaunchDarkly shows its value only once."


# --- leaving


def leaving(key: CreatedKey, more: int, *, stored: bool, quits: bool) -> tuple[str, str]:
    """Return title and text of the question before leaving. `more` counts other such keys; `stored`: the keyring has
    the value."""
    others = f" and {more} more" if more else ""
    title = f"Delete the import key before you {'quit' if quits else 'leave'}?"
    verb = "uses them" if more else "uses it"
    text = f"The wizard created {clean(key.name)}{others} in LaunchDarkly, and no import {verb} yet."
    if stored:
        return title, f"{text} Your keyring has its value, so you can resume with it."
    return title, f"{text} If you keep it, you can't use it later: LaunchDarkly doesn't show its value again."


def kept(keys: Sequence[CreatedKey]) -> str:
    """Return what the terminal shows after the wizard about keys that no import uses."""
    names = ", ".join(clean(key.name) for key in keys)
    return f"Not used yet, but still in LaunchDarkly: the import key {names}." if keys else ""


# --- after an import

REPLACED: LeveledText = ("ok", "Key replaced. Start again to import the missing flags.")
NOT_USED: LeveledText = ("warning", "The wider key exists, but the import doesn't use it. Delete it, or try again.")
NONE_CREATED = "The wizard didn't create an import key for this import."


def delete_question(key: CreatedKey) -> tuple[str, str]:
    """Return title and text of the question before the key of an import is deleted."""
    name = clean(key.name)
    if key.replaced:
        return "Delete this import key?", f"{name} isn't used by this import."
    return (
        "Delete the import key?",
        f"{name}: LaunchDarkly uses it each time this import runs. After you delete it, running this import again"
        " fails until you give it another key. Imported flags stay as they are.",
    )
