"""The steps as a person takes them, by keyboard alone, whatever the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from tests.terminal.terminal import Terminal

Addresses = Mapping[str, Mapping[str, str]]
"""What `ld-flag-import sandbox --json` prints."""

CREATED = r"(?:Created|Found|Used): "
RUN = "● Run"
"""The stepper's mark: where Submit goes on by itself when the import has started."""
ENDED = (CREATED, RUN, r"\[ Send again \]", r"\[ Check again \]", r"\[ Use that one \]", r"\[ Go to ")
"""One of these is on the screen as soon as the request has come to an end, whichever."""


def variables(there: Addresses) -> dict[str, str]:
    """The keys of an import from Unleash, as variables."""
    ours = there["launchdarkly"]
    return {"LD_ACCESS_TOKEN": ours["token"], "UNLEASH_SDK_KEY": there["unleash"]["key"],
            "LD_IMPORT_API_KEY": ours["import_key"]}  # fmt: skip


def choose(term: Terminal, title: str) -> None:
    """Step 1: take an integration, and go on."""
    term.wait("( ) Unleash")
    term.to(title)
    term.press("enter")
    term.wait(f"(o) {title}")
    term.press("ctrl+o")
    term.wait("Your token", "Project")


def to_address(term: Terminal) -> None:
    """Choose another address than a known instance's: its field appears, and has the focus."""
    term.to("Instance")
    term.press("right", "right", "right", "enter")
    term.wait("(o) Other address")
    term.until(lambda: "Address" in term.focus().label, "the focus in the address")


def address(term: Terminal, url: str) -> None:
    """Type another address than a known instance's."""
    to_address(term)
    term.press("ctrl+u")
    term.type(url)


def launchdarkly(term: Terminal, there: Addresses) -> None:
    """Step 2: the address typed, the token pasted with the line break it was copied with, the project typed."""
    ours = there["launchdarkly"]
    address(term, ours["url"])
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
    address(term, there["launchdarkly"]["url"])
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
    term.wait_for_one(rf"{label} [^•\n]* Show end")
    term.paste(value + "\n")
    term.wait_for_one(rf"{label} .*•.*\n.* {len(value)} characters")


def plan(term: Terminal) -> None:
    """From Fields, where all is suggested, to Plan, which reads both sides by itself."""
    term.press("ctrl+o")
    term.wait("Read in full", "not confirmed")


def review(term: Terminal) -> None:
    """From Fields over Plan to Review."""
    plan(term)
    confirm(term)
    term.press("ctrl+o")
    term.wait("Nothing has been sent yet")


def confirm(term: Terminal) -> None:
    """On Plan: confirm what the import leaves behind."""
    term.press("l")
    term.wait("What the import leaves behind")
    term.press("a")
    term.wait_gone("[ ]")
    term.press("escape")
    term.wait("All losses confirmed")


def press_create(term: Terminal) -> None:
    """Review's own button: Ctrl+O goes there, Enter presses it."""
    term.press("ctrl+o")
    term.until(lambda: "Create in" in term.focus().drawn, "the focus on Review's button")
    term.press("enter")


def send(term: Terminal) -> None:
    """Press Review's own button, and wait until the request has ended."""
    press_create(term)
    term.wait_for_one(*ENDED)


def fill_in(term: Terminal, check: str) -> None:
    """Practice answers the fields of a step; the result of their check is waited for."""
    term.to("Fill in")
    term.press("enter")
    term.until(lambda: "Next" in term.focus().drawn, "the focus on next, when all is filled in")
    term.until(lambda: check.lower() in term.text().lower(), f"waiting for {check!r}")


def practice(term: Terminal, title: str) -> None:
    """The practice mode's walk from the first screen to Review: F4 fills in everything."""
    term.wait("( ) Unleash")
    term.to(title)
    term.press("f4")
    term.wait("Read in full", "not confirmed")
    confirm(term)
    term.press("ctrl+o")
    term.wait("Nothing has been sent yet")


def create_only(term: Terminal) -> None:
    """On Review: what is created is not started too."""
    term.to("Create and start")
    term.press("right", "space")
    term.wait("(o) Create only")


def whole(term: Terminal, there: Addresses) -> None:
    """From the first screen to a started import from Unleash."""
    choose(term, "Unleash")
    launchdarkly(term, there)
    keys(term, there, "Unleash")
    fields(term)
    review(term)
    send(term)
    term.wait(RUN)


def run_to_its_end(term: Terminal) -> None:
    """On Run, where a started import leads by itself, until what arrived is compared with the plan."""
    term.wait(RUN, "Next steps", "Report")


def write_report(term: Terminal, form: str) -> None:
    """On Run: write the report in this form."""
    term.press("w")
    term.wait("Save the report")
    term.to(form)
    term.press("enter")
    term.wait("Saved ")
