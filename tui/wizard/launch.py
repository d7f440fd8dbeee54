"""From the answers to a run: what Review's button begins, and what an earlier start of this program has left.

Each import has a journal in the state directory, but for practice, whose servers are gone with the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tui.answers import changes, recipe, request
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, TOKEN
from tui.answers.checks import Account, facts
from tui.answers.draft import Draft
from tui.answers.fields import Form
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply import lock, store
from tui.apply.account import must_be_of
from tui.apply.create import Creation
from tui.apply.heads import Head
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Keep
from tui.apply.submission import Outcome
from tui.apply.watch import RUNS
from tui.configurations.listing import as_text
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.words import who_in_words
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.plan import reading
from tui.secrets.names import outside
from tui.text.clean import clean
from tui.text.redact import Redactor
from tui.wizard.run import Run
from tui.wizard.session import Given, Session

NOTED = "from an earlier start"


def begin(session: Session, *, reuse: bool) -> None:
    """Make the attempt ready that creates what the answers ask for. A run of before stays until there is a new one.

    Raises Failure where its journal cannot be used, or tells of an import that has to be gone on with; ValueError
    while an answer has a problem.
    """
    asked = request.build(session.draft)
    keep: Keep = _nothing
    run, where = session.run, None
    noted = run.journal if run is not None and run.journal.identity == journals.identity_of(asked) else None
    if session.practice is None:
        where = _path(asked)
        with _locked(session, where):
            keep, noted = _keeper(session, where), store.load(where)
            if noted is not None and (account := _account(session.draft)):
                must_be_of(noted, account, writes=True)
            _must_be_over(noted, session.draft)
    else:
        _must_be_over(noted, session.draft)
    journal = _journal(session.draft, asked, noted, session.tools.redactor)
    session.creation = Creation(journal, asked, session.bag, session.tools, keep, reuse)
    session.submission, session.resumed, session.journal_path = session.creation.submission(), None, where


def _must_be_over(noted: Journal | None, draft: Draft) -> None:
    """Raises Failure where a journal has to be gone on with, or the plan is older than what it tells of."""
    if noted is None:
        return
    name = clean(noted.identity.name)
    if noted.unsettled:
        raise Failure(
            Kind.CONFLICT,
            f'An import "{name}" was begun, and its end is not verified ({noted.stage}).',
            "Beginning it once more could start it twice, and forget what it has made.",
            Remedy.RESUME_OR_RENAME,
            safe=Safe.NOTHING_SENT,
        )
    if draft.plan is not None and draft.plan.read_at <= noted.latest:
        raise Failure(
            Kind.CONFLICT,
            f'The plan was read before the import "{name}" ran last.',
            "What it has made would be taken for flags of others.",
            Remedy.READ_PLAN,
            safe=Safe.NOTHING_SENT,
        )


def _journal(draft: Draft, asked: CreateRequest, noted: Journal | None, redactor: Redactor) -> Journal:
    references = recipe.references_of(draft, asked.secrets)
    account, plan = facts(draft, TOKEN.key), draft.plan
    who = who_in_words(account.identity, account.member) if isinstance(account, Account) else ""
    if plan is None:
        return journals.renewed(noted, journals.unplanned(asked, references, who, _account(draft)), None, {})
    explained = reading.explanations(plan, redactor)
    fresh = journals.begin(asked, references, plan, explained, who, _account(draft))
    return journals.renewed(noted, fresh, plan, explained)


def _account(draft: Draft) -> str:
    """The id of the account that your token belongs to, "" if no check has asked, or LaunchDarkly doesn't say."""
    account = facts(draft, TOKEN.key)
    return account.identity.account_id if isinstance(account, Account) else ""


def settled(session: Session, outcome: Outcome) -> Failure | None:
    """An attempt has ended. If the configuration exists there is a run from here on. Gives why that could not be
    written down, if so."""
    creation, there = session.creation, outcome.configuration
    if creation is None:
        return None
    trouble = None
    try:
        creation.note(outcome)
        if there is not None and outcome.reused and there.status.status != RUNS:
            # what ran before the plan was read is no run of ours
            creation.journal = replace(creation.journal, mark=journals.mark_of(there.status))
    except Failure as failure:
        trouble = failure
        if there is not None:
            creation.journal = journals.created(creation.journal, there, reused=outcome.reused)
    if there is not None:
        session.run = _run(session, creation.journal, creation.request.instance, creation.keep)
        session.release(but=session.journal_path)
    return trouble


def resume(session: Session, head: Head) -> str:
    """Go on with an import of an earlier start, and give the step that it stands on. Raises Failure; the walk then
    stays as it was."""
    with _locked(session, head.path):
        journal = store.load(head.path)
        form = session.forms.get(journal.identity.integration) if journal is not None else None
        if journal is None or form is None:
            raise _not_to_be_resumed(head, gone=journal is None)
        where = _instance_of(journal)
    session.release(but=head.path)
    session.journal_path = head.path
    _answers(session, journal, form)
    session.submission = session.creation = session.run = None
    keep = _keeper(session, head.path)
    if journal.stage is Stage.CREATING:
        asked = request.of_settings(session.draft)
        session.creation = Creation(journal, asked, session.bag, session.tools, keep)
        session.submission = session.creation.interrupted()
        step = "submit"
    else:
        session.run = _run(session, journal, where, keep)
        step = "run"
    session.draft = changes.go(session.draft, step)
    session.look_around()
    session.overhear(journal.references)
    session.resumed = drafts.values(session.draft)
    return step


def _instance_of(journal: Journal) -> Instance:
    try:
        return instance(journal.identity.host)
    except ValueError:
        raise Failure(
            Kind.RECIPE,
            f"Its journal names no address of LaunchDarkly: {clean(journal.identity.host)}.",
            "Somebody has changed it, most likely.",
            Remedy.LOOK_UNDER_CONFIGURATIONS,
            safe=Safe.NOTHING_SENT,
        ) from None


def _answers(session: Session, journal: Journal, form: Form) -> None:
    """The answers of the journal in place of those of the walk. Your token stays only if it was given for this host."""
    before, host = session.draft, session.host_name()
    session.draft, session.given = draft_of(journal, form), Given()
    if session.host_name() != host:
        session.bag.drop(TOKEN.key)
    elif TOKEN.key in session.bag:
        token = drafts.answer(before, TOKEN.key)
        session.draft = replace(session.draft, answers={**session.draft.answers, TOKEN.key: token})


def _not_to_be_resumed(head: Head, *, gone: bool) -> Failure:
    if gone:
        why = "Somebody has moved or deleted it."
        return Failure(Kind.RECIPE, "Its journal is gone.", why, Remedy.LOOK_UNDER_CONFIGURATIONS)
    return Failure(
        Kind.RECIPE,
        f"This start knows no integration {clean(head.integration)}.",
        "It came with a manifest of its own, most likely.",
        Remedy.GIVE_MANIFEST,
    )


def draft_of(journal: Journal, form: Form) -> Draft:
    """The answers that a journal stands for; keys are none of them."""
    who = journal.identity
    given = {HOST.key: instance(who.host).key, PROJECT.key: who.project, CONFIG_NAME.key: who.name}
    given[CONFIG_TAGS.key] = ", ".join(journal.tags)
    known = {outside(each.key): each.key for each in form.variables if not each.secret}
    given |= {known[name]: as_text(value) for name, value in journal.config.items() if name in known}
    draft = changes.choose(Draft(), form)
    for key, value in given.items():
        draft = changes.put(draft, key, value, source=NOTED)
    return draft


def _run(session: Session, journal: Journal, where: Instance, keep: Keep) -> Run:
    form = session.forms.get(journal.identity.integration)
    return Run(journal, where, session.bag, session.tools, keep, form)


def _nothing(journal: Journal) -> None:
    """Practice: its servers and all they know are gone with the program."""


def _path(asked: CreateRequest) -> Path:
    try:
        return store.path_of(journals.identity_of(asked))
    except OSError as error:
        raise _unwritten(error) from None


@contextmanager
def _locked(session: Session, path: Path) -> Iterator[None]:
    """Keep other processes away from a journal from here on, unless what is done with it fails. Raises Failure."""
    had = path in session.locks
    try:
        if not had:
            session.locks[path] = lock.taken(path)
        yield
    except OSError as error:
        raise _unwritten(error) from None
    except Failure:
        if not had and path in session.locks:
            session.locks.pop(path).release()
        raise


def _keeper(session: Session, path: Path) -> Keep:
    def keep(journal: Journal) -> None:
        try:
            store.save(journal, path, session.tools.redactor)
        except OSError as error:
            raise _unwritten(error) from None

    return keep


def _unwritten(error: OSError) -> Failure:
    return Failure(
        Kind.INTERNAL,
        f"The journal of this import cannot be written: {error.strerror or 'no reason given'}.",
        "Without it nobody could go on with the import after an interruption, or undo it.",
        Remedy.MAKE_ROOM,
        safe=Safe.SENT_STAYS_SENT,
    )
