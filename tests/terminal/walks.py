"""The steps as a person takes them, by keyboard alone, whatever the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from tests.terminal.terminal import Terminal

Addresses = Mapping[str, Mapping[str, str]]
"""What `ld-flag-import sandbox --json` prints."""

CREATED = r"(?:Created|Found|Used): "
ENDED = (CREATED, r"\[ Send again \]", r"\[ Look again \]", r"\[ Use that one \]", r"\[ Go to ")
"""One of these stands on Submit as soon as the request has come to an end, whichever."""


def choose(term: Terminal, title: str) -> None:
    """Step 1: take an integration, and go on."""
    term.wait("Where are they now?")
    term.until(lambda: any(term.focus()), "a focus")
    for _ in range(8):
        if f"(o) {title}" in term.text():
            break
        before = term.focus()
        if title in before[1]:
            term.press("enter")
            term.wait(f"(o) {title}")
        else:
            term.press("down")
            term.until(lambda before=before: term.focus() != before, "Down to the next row")  # type: ignore[misc]
    term.press("ctrl+o")
    term.wait("Your token", "Project")


def launchdarkly(term: Terminal, there: Addresses) -> None:
    """Step 2: the address typed, the token pasted with the line break it was copied with, the project typed."""
    ours = there["launchdarkly"]
    term.to("its address")
    term.press("ctrl+u")
    term.write(ours["url"])
    term.wait(ours["url"])
    term.to("Your token")
    term.paste(ours["token"] + "\n")
    term.wait(f"{len(ours['token'])} characters", "A line break was removed")
    term.to("Project")
    term.wait("Ana Ruiz")
    term.write(ours["project"])
    term.wait(f"{ours['project']}")
    term.press("ctrl+o")
    term.wait("Import key")


def keys(term: Terminal, there: Addresses, title: str) -> None:
    """Step 3: where the source is, its key and the import key, pasted."""
    if title == "Unleash":
        term.to("Unleash address")
        term.write(there["unleash"]["url"])
        secret(term, "Unleash SDK key", there["unleash"]["key"])
        term.to("Import key")
        term.wait("reads project default")
    else:
        secret(term, "Split Admin", there["split"]["key"])
        term.to("Split API address")
        term.press("ctrl+u")
        term.write(there["split"]["api"])
        term.wait(there["split"]["api"])
    secret(term, "Import key", there["launchdarkly"]["import_key"])
    term.press("ctrl+o")
    term.wait("Name", "Flag tag")


def secret(term: Terminal, label: str, value: str) -> None:
    """Put a key into its field, in place of what is there."""
    term.to(label)
    term.press("ctrl+u")
    term.wait_gone("characters;") if term.shows(f"{label} •") else None
    term.paste(value + "\n")
    term.wait("A line break was removed")


def review(term: Terminal) -> None:
    """From Fields, where all is proposed, to Review."""
    term.press("ctrl+o")
    term.wait("Only the button below sends")


def send(term: Terminal) -> None:
    """Review's own button: Ctrl+O goes there, Enter presses it. Waits until the request has ended."""
    term.press("ctrl+o")
    term.to("Create in")
    term.press("enter")
    term.wait_for_one(*ENDED)


def practise(term: Terminal, title: str) -> None:
    """The practice mode's walk to Review: Fill in on each step that has fields."""
    choose(term, title)
    for last in ("Ana Ruiz", "same account"):
        term.to("Fill in")
        term.press("enter")
        term.wait(last)
        term.press("ctrl+o")
        term.wait_gone(last)
    term.to("Fill in")
    term.press("enter")
    review(term)
