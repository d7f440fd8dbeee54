"""The steps as a person takes them, by keyboard alone, whatever the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tests.terminal.terminal import Terminal

Addresses = Mapping[str, Mapping[str, str]]
"""What `ld-flag-import sandbox --json` prints."""

CREATED = r"(?:Created|Found|Used): "
ENDED = (CREATED, r"\[ Send again \]", r"\[ Look again \]", r"\[ Use that one \]", r"\[ Go to ")
"""One of these stands on Submit as soon as the request has come to an end, whichever."""


def choose(term: Terminal, title: str) -> None:
    """Step 1: take an integration, and go on."""
    term.wait("Choose the product")
    term.to(title)
    term.press("enter")
    term.wait(f"(o) {title}")
    term.press("ctrl+o")
    term.wait("Your token", "Project")


def launchdarkly(term: Terminal, there: Addresses) -> None:
    """Step 2: the address typed, the token pasted with the line break it was copied with, the project typed."""
    ours = there["launchdarkly"]
    term.to("its address")
    term.press("ctrl+u")
    term.type(ours["url"])
    secret(term, "Your token", ours["token"])
    term.wait("A line break was removed")
    term.to("Project")
    term.wait("Ana Ruiz")
    term.write(ours["project"])
    term.wait(f"Project {ours['project']}")
    term.press("ctrl+o")
    term.wait("Import key")


def keys(term: Terminal, there: Addresses, title: str) -> None:
    """Step 3: where the source is, its key and the import key, pasted. Ends before `next`."""
    if title == "Unleash":
        term.to("Unleash address")
        term.type(there["unleash"]["url"])
        secret(term, "Unleash SDK key", there["unleash"]["key"])
    else:
        secret(term, "Split Admin API key", there["split"]["key"])
        term.to("Split API address")
        term.press("ctrl+u")
        term.type(there["split"]["api"])
    secret(term, "Import key", there["launchdarkly"]["import_key"])


def fields(term: Terminal) -> None:
    """From Keys to step 4; what has not been checked is checked first."""
    term.press("ctrl+o")
    term.wait("Name", "Flag tag")


def to_fields(term: Terminal, there: Addresses) -> None:
    """From step 2 to Fields for Unleash, with all keys found in the environment: only addresses are typed."""
    term.to("its address")
    term.press("ctrl+u")
    term.type(there["launchdarkly"]["url"])
    term.to("Project")
    term.write(there["launchdarkly"]["project"])
    term.wait("Ana Ruiz", f"Project {there['launchdarkly']['project']}")
    term.press("ctrl+o")
    term.wait("Import key")
    term.to("Unleash address")
    term.type(there["unleash"]["url"])
    fields(term)


def secret(term: Terminal, label: str, value: str) -> None:
    """Put a key into its field, in place of what is there, with the line break it was copied with."""
    term.to(label)
    term.press("ctrl+u")
    term.wait_for_one(rf"{label} [^•\n]*\[ Show end")
    term.paste(value + "\n")
    term.wait_for_one(rf"{label} .*•.*\n.* {len(value)} characters")


def plan(term: Terminal) -> None:
    """From Fields, where all is proposed, to Plan, which reads both sides by itself."""
    term.press("ctrl+o")
    term.wait("Read in full", "not ticked")


def review(term: Terminal) -> None:
    """From Fields over Plan to Review."""
    plan(term)
    tick(term)
    term.press("ctrl+o")
    term.wait("Only the button below sends")


def tick(term: Terminal) -> None:
    """On Plan: tick each kind of loss by a key press of its own."""
    term.press("ctrl+o")
    term.until(lambda: "[ ]" in term.focus().drawn, "the focus on the first kind that is not ticked")
    for left in range(_unticked(term), 0, -1):
        term.press("space")
        term.until(partial(lambda before: _unticked(term) < before, left), "the tick")
        term.press("right")
    term.wait("Every kind of loss is ticked")


def _unticked(term: Terminal) -> int:
    return term.text().count("[ ]")


def send(term: Terminal) -> None:
    """Review's own button: Ctrl+O goes there, Enter presses it. Waits until the request has ended."""
    term.press("ctrl+o")
    term.until(lambda: "Create in" in term.focus().drawn, "the focus on Review's button")
    term.press("enter")
    term.wait_for_one(*ENDED)


def fill_in(term: Terminal, said: str) -> None:
    """The practice mode answers the fields of a step; what their check says is waited for."""
    term.to("Fill in")
    term.press("enter")
    term.until(lambda: "Next" in term.focus().drawn, "the focus on next, when all is filled in")
    term.until(lambda: said.lower() in term.text().lower(), f"waiting for {said!r}")


def practise(term: Terminal, title: str) -> None:
    """The practice mode's walk from the first screen to Review."""
    choose(term, title)
    for said in ("Ana Ruiz", "same account"):
        fill_in(term, said)
        term.press("ctrl+o")
        term.wait_gone(said)
    fill_in(term, "proposed")
    review(term)


def create_only(term: Terminal) -> None:
    """On Review: what is created is not started too."""
    term.to("create and start")
    term.press("right", "space")
    term.wait("(o) create only")


def whole(term: Terminal, there: Addresses) -> None:
    """From the first screen to a started import from Unleash."""
    choose(term, "Unleash")
    launchdarkly(term, there)
    keys(term, there, "Unleash")
    fields(term)
    review(term)
    send(term)
    term.wait("start queued", "Next: Run")


def run_to_its_end(term: Terminal) -> None:
    """From Submit to Run, until what arrived is compared with the plan."""
    term.press("ctrl+o")
    term.wait("8/8")
    term.wait("What is left for you", "Report")


def write_report(term: Terminal, form: str) -> None:
    """On Run: write the report in this form."""
    term.press("w")
    term.wait("Write the report to a file")
    term.to(form)
    term.press("enter")
    term.wait("it holds no key")
