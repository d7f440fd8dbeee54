"""Step 7: the request as it happens, then LaunchDarkly's answer."""

from __future__ import annotations

from tui.answers import changes, remarks
from tui.apply.create import NOT_KNOWN, Creation, Outcome
from tui.apply.engine import Import
from tui.net.errors import Failure
from tui.plain.asking import Back, Option
from tui.plain.events import teller
from tui.plain.walk import Moved, Stopped, Walk
from tui.text.clean import clean
from tui.wizard import launch, outcomes, remedies, sending

_RAW_SHOWN = 20_000


def ask(walk: Walk) -> None:
    """Send the reviewed request once; then show the result, and ask what to do unless Run comes next."""
    walk.head("submit")
    session = walk.session
    creation = session.attempt.creation if session.attempt is not None else None
    if creation is None:
        _without_one(walk)
    if creation is not None and creation.outcome is None and not creation.begun:
        _run(walk, looking=creation.out)
    elif creation is not None and creation.outcome is not None:
        _show(walk, creation)
    while True:
        _menu(walk)


def _without_one(walk: Walk) -> None:
    """This start of the program has sent nothing; an earlier one may have."""
    session = walk.session
    if session.run is None:
        walk.say("note", sending.NOTHING_SENT)
        session.draft = changes.go(session.draft, "review")
    else:
        walk.say("ok", f"Created in an earlier session: {session.run.journal.configuration}")
        session.draft = changes.go(session.draft, "run")
    raise Moved


# --- while it happens


def _run(walk: Walk, *, looking: bool) -> None:
    """Send, or look up. Stopping cancels before the bytes are out; after that it only stops the waiting."""
    session = walk.session
    attempt = session.attempt
    if attempt is None:
        return
    creation = attempt.creation
    if walk.terminal.watchable is not None:
        walk.say("note", "Sending. Type stop to cancel." if not looking else "Checking. Type stop to stop waiting.")
    try:
        walk.do(sending.sent(session, attempt, teller(walk), looking=looking), {"stop": walk.stop}, still="Waiting")
    except Stopped:
        launch.settled(session)
        if creation.outcome is None and creation.stop() is None:
            _run(walk, looking=True)
            return
    _show(walk, creation)
    if sending.leads_to_run(session):
        session.draft = changes.go(session.draft, "run")
        raise Moved


# --- the result


def _show(walk: Walk, creation: Creation) -> None:
    session, outcome = walk.session, creation.outcome
    if outcome is None:
        return
    if outcome.configuration is not None:
        session.forget_draft()
        made = outcome.configuration
        walk.say("ok", f"{outcomes.verb(outcome)}: {outcomes.title(made)}.")
        for label, text in outcomes.facts(made, creation.events):
            if text:
                walk.terminal.say(f"{label}: {clean(text)}" if label.strip() else clean(text), indent=2)
        walk.say(*sending.created(session, outcomes.verb(outcome)))
        return
    if outcome.failure is not None:
        _failed(walk, outcome, outcome.failure)
    unknown = outcome.fate == NOT_KNOWN
    walk.say("unknown" if unknown else "problem", sending.UNKNOWN if unknown else sending.NOT_CREATED)


def _failed(walk: Walk, outcome: Outcome, failure: Failure) -> None:
    known = outcome.fate != NOT_KNOWN
    walk.say("problem" if known else "unknown", clean(failure.what))
    for head, text in (("Why", outcomes.why(failure, walk.session.draft)), ("Next", remedies.advice(failure.advice))):
        if text:
            walk.say("note", f"{head}: {clean(text)}", indent=2)


# --- what to do


def _menu(walk: Walk) -> None:
    """Ask for one of the actions that make sense now. Raises Moved once the walk goes to another step."""
    session = walk.session
    attempt = session.attempt
    outcome = attempt.creation.outcome if attempt is not None else None
    options = tuple(_options(walk, outcome))
    if not options:
        raise Back
    key = walk.ask.choose("What next? Number", options, "1").text
    if attempt is None:
        raise Back
    if key == "next":
        _go(walk, "run")
    elif key == "go-to-field" and outcome is not None and outcome.failure is not None:
        sending.to_field(session, outcome.failure)
        raise Moved
    elif key == "to-review":
        _go(walk, "review")
    elif key == "raw":
        _raw(walk, attempt, outcome)
    elif key == "look-again":
        _run(walk, looking=True)
    else:
        _again(walk, attempt, outcome, reuse=key == "use-that")


def _go(walk: Walk, step: str) -> None:
    walk.session.draft = changes.go(walk.session.draft, step)
    raise Moved


def _options(walk: Walk, outcome: Outcome | None) -> list[Option]:
    """The useful actions, first those that send nothing."""
    session = walk.session
    offered = outcomes.offered(outcome, current=not session.outdated) if outcome is not None else frozenset()
    options = []
    if session.run is not None and (outcome is None or outcome.failure is None):
        options.append(Option("next", "Go to Run"))
    if "go-to-field" in offered and outcome is not None and outcome.failure is not None:
        options.append(Option("go-to-field", f"Go to {remarks.label(session.draft, outcome.failure.field or '')}"))
    if "look-again" in offered:
        options.append(Option("look-again", "Check again"))
    if sending.asks_for_review(session) or (outcome is not None and outcome.failure is not None):
        options.append(Option("to-review", "Go to Review"))
    if "use-that" in offered:
        options.append(Option("use-that", "Use that one"))
    if "send-again" in offered:
        options.append(Option("send-again", "Send again"))
    if outcome is not None and outcome.answer is not None:
        options.append(Option("raw", "Show the raw response"))
    return options


def _raw(walk: Walk, attempt: Import, outcome: Outcome | None) -> None:
    if outcome is not None and outcome.answer is not None:
        redactor = walk.session.context.redactor
        text = outcomes.raw(outcome.answer.text(), attempt.creation.request.secrets, redactor)
        walk.say("note", "Control characters are removed and keys are hidden.")
        walk.terminal.copy(text[:_RAW_SHOWN])


def _again(walk: Walk, attempt: Import, outcome: Outcome | None, *, reuse: bool) -> None:
    """Send again once the project's key was typed, or use the configuration that exists."""
    if wait := sending.pause(walk.session, outcome.failure if outcome is not None else None):
        walk.say("warning", wait)
        return
    project = attempt.creation.request.project
    if walk.ask.typed("Use that one?" if reuse else f"Send the request to {project} again?", project):
        attempt.creation.renew(reuse=reuse)
        _run(walk, looking=False)
