"""From the answers to a run: what Review's button begins, and what an earlier start of this program has left.

Each import has a journal in the state directory, but for practice, whose servers are gone with the program.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tui.flagimport import journal as journals
from tui.flagimport import journal_file, journal_lock, reading, recipe, request, walk
from tui.flagimport.builtin_fields import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, TOKEN
from tui.flagimport.checks import Account, facts
from tui.flagimport.creation import Creation
from tui.flagimport.form import Form
from tui.flagimport.journal import Journal, Stage
from tui.flagimport.journal_heads import Head
from tui.flagimport.manage import as_text
from tui.flagimport.request import CreateRequest
from tui.flagimport.run import Run
from tui.flagimport.running import Keep
from tui.flagimport.session import Given, Session
from tui.flagimport.submit import Outcome
from tui.flagimport.walk import Draft
from tui.flagimport.watch import RUNS
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.words import who_in_words
from tui.net.errors import Failure, Kind
from tui.text import clean

NOTED = "from an earlier start"


def begin(session: Session, *, reuse: bool) -> None:
    """Make the attempt ready that creates what the answers ask for. Raises Failure where its journal cannot be used,
    ValueError while an answer has a problem."""
    asked = request.build(session.draft)
    keep: Keep = _nothing
    noted: Journal | None = None
    if session.practice is None:
        path = _path(asked)
        _take(session, path)
        keep, noted = _keeper(session, path), journal_file.load(path)
    journal = _journal(session.draft, asked, noted)
    session.creation = Creation(journal, asked, session.bag, session.tools, keep, reuse)
    session.submission, session.run, session.resumed = session.creation.submission(), None, None


def _journal(draft: Draft, asked: CreateRequest, noted: Journal | None) -> Journal:
    references = recipe.references_of(draft, asked.secrets)
    account, plan = facts(draft, TOKEN.key), draft.plan
    who = who_in_words(account.identity, account.member) if isinstance(account, Account) else ""
    if plan is None:
        return journals.unplanned(asked, references, who)
    explained = reading.explanations(plan)
    fresh = journals.begin(asked, references, plan, explained, who)
    return journals.renewed(noted, fresh, plan, explained)


def created(session: Session, outcome: Outcome) -> Failure | None:
    """The configuration exists: from here on there is a run. Gives why that could not be written down, if so."""
    creation, there = session.creation, outcome.configuration
    if creation is None or there is None:
        return None
    trouble = None
    try:
        creation.note(outcome)
        if outcome.reused and there.status.status != RUNS:  # what ran before the plan was read is no run of ours
            creation.journal = replace(creation.journal, mark=journals.mark_of(there.status))
    except Failure as failure:
        trouble = failure
        creation.journal = journals.created(creation.journal, there, reused=outcome.reused)
    session.run = _run(session, creation.journal, creation.request.instance, creation.keep)
    return trouble


def resume(session: Session, head: Head) -> str:
    """Go on with an import of an earlier start, and give the step that it stands on. Raises Failure."""
    _take(session, head.path)
    journal = journal_file.load(head.path)
    form = session.forms.get(journal.identity.integration) if journal is not None else None
    if journal is None or form is None:
        raise Failure(
            Kind.RECIPE,
            f"This start knows no integration {clean(head.integration)}." if journal else "Its journal is gone.",
            "It came with a manifest of its own, most likely." if journal else "Somebody has moved or deleted it.",
            "Start with --manifest to go on with it." if journal else "Look under Configurations.",
        )
    session.draft = draft_of(journal, form)
    session.given = Given()
    session.submission = session.creation = session.run = None
    keep, where = _keeper(session, head.path), instance(journal.identity.host)
    if journal.stage is Stage.CREATING:
        asked = request.of_settings(session.draft)
        session.creation = Creation(journal, asked, session.bag, session.tools, keep)
        session.submission = session.creation.interrupted()
        step = "submit"
    else:
        session.run = _run(session, journal, where, keep)
        step = "run"
    session.draft = walk.go(session.draft, step)
    session.look_around()
    session.resumed = walk.values(session.draft)
    return step


def draft_of(journal: Journal, form: Form) -> Draft:
    """The answers that a journal stands for; keys are none of them."""
    who = journal.identity
    given = {HOST.key: instance(who.host).key, PROJECT.key: who.project, CONFIG_NAME.key: who.name}
    given[CONFIG_TAGS.key] = ", ".join(journal.tags)
    known = {each.key for each in form.variables if not each.secret}
    given |= {key: as_text(value) for key, value in journal.config.items() if key in known}
    draft = walk.choose(Draft(), form)
    for key, value in given.items():
        draft = walk.put(draft, key, value, source=NOTED)
    return replace(draft, starts=True)


def _run(session: Session, journal: Journal, where: Instance, keep: Keep) -> Run:
    form = session.forms.get(journal.identity.integration)
    return Run(journal, where, session.bag, session.tools, keep, form)


def _nothing(journal: Journal) -> None:
    """Practice: its servers and all they know are gone with the program."""


def _path(asked: CreateRequest) -> Path:
    try:
        return journal_file.path_of(journals.identity_of(asked))
    except OSError as error:
        raise _unwritten(error) from None


def _take(session: Session, path: Path) -> None:
    """Keep other processes away from a journal, and let go of the one before. Raises Failure."""
    session.release()
    try:
        session.lock = journal_lock.taken(path)
    except OSError as error:
        raise _unwritten(error) from None


def _keeper(session: Session, path: Path) -> Keep:
    def keep(journal: Journal) -> None:
        try:
            journal_file.save(journal, path, session.tools.redactor)
        except OSError as error:
            raise _unwritten(error) from None

    return keep


def _unwritten(error: OSError) -> Failure:
    return Failure(
        Kind.INTERNAL,
        f"The journal of this import cannot be written: {error.strerror or 'no reason given'}.",
        "Without it nobody could go on with the import after an interruption, or undo it.",
        "Make room in your home directory, then press again; what was sent before stays sent.",
    )
