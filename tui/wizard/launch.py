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
from tui.answers.checks import TokenOwner, facts
from tui.answers.draft import Draft
from tui.answers.fields import Form
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply import lock, store
from tui.apply.account import must_be_of
from tui.apply.engine import Import
from tui.apply.heads import Head
from tui.apply.journal import Journal, Stage
from tui.apply.new_journal import journal_of
from tui.apply.record import Keep
from tui.configurations.listing import as_text
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.words import who_in_words
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets.names import outside
from tui.text.clean import clean
from tui.wizard.session import Given, Session

NOTED = "from an earlier start"


def begin(session: Session, *, reuse: bool) -> None:
    """Prepare the import that the answers ask for, to be sent. An earlier run stays until there is a new one.

    Raises Failure if its journal cannot be used, or is of an import that has to be resumed; ValueError while an
    answer has a problem.
    """
    wanted = request.build(session.draft)
    keep: Keep = _nothing
    run, path = session.run, None
    noted = run.journal if run is not None and run.journal.identity == journals.identity_of(wanted) else None
    account = _account(session.draft)
    if session.practice is None:
        path = _path(wanted)
        with _locked(session, path):
            keep, noted = _keeper(session, path), store.load(path)
            if noted is not None and account:
                must_be_of(noted, account, writes=True)
            _must_be_over(noted, session.draft)
    else:
        _must_be_over(noted, session.draft)
    token = facts(session.draft, TOKEN.key)
    who = who_in_words(token.identity, token.member) if isinstance(token, TokenOwner) else ""
    references = recipe.references_of(session.draft, wanted.secrets)
    journal = journal_of(noted, wanted, references, session.draft.plan, session.context.redactor, who, account)
    session.attempt = Import(journal, wanted.instance, session.bag, session.context, keep, wanted)
    session.attempt.creation.renew(reuse=reuse)
    session.resumed, session.journal_path = None, path


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


def _account(draft: Draft) -> str:
    """The id of the account that your token belongs to, "" if no check has asked, or LaunchDarkly doesn't say."""
    account = facts(draft, TOKEN.key)
    return account.identity.account_id if isinstance(account, TokenOwner) else ""


def settled(session: Session) -> None:
    """An attempt is over. If its configuration exists, its import is the run from here on."""
    attempt = session.attempt
    outcome = attempt.creation.outcome if attempt is not None else None
    if outcome is not None and outcome.configuration is not None:
        session.run = attempt
        session.release(but=session.journal_path)


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
    session.attempt = session.run = None
    creating = journal.stage is Stage.CREATING
    wanted = request.of_settings(session.draft) if creating else None
    resumed = Import(journal, where, session.bag, session.context, _keeper(session, head.path), wanted)
    if creating:
        session.attempt, step = resumed, "submit"
    else:
        session.run, step = resumed, "run"
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
            store.save(journal, path, session.context.redactor)
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
