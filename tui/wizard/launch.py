"""Begin the import that the answers ask for, and resume one that an earlier start of this program has left.

Each import has a journal, in practice as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tui.answers import changes, recipe, request
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, TOKEN
from tui.answers.checks import token_owner
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
from tui.launchdarkly.instances import instance
from tui.launchdarkly.own_changes import OwnChanges
from tui.launchdarkly.words import who_in_words
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets.names import outside
from tui.text.clean import clean
from tui.wizard import import_key
from tui.wizard.session import Session, StartOptions

NOTED = "from an earlier import"


def begin(session: Session, *, reuse: bool) -> None:
    """Prepare the import that the answers ask for, to be sent. An earlier run stays until there is a new one.

    Raises Failure if its journal cannot be used, or is of an import that has to be resumed; ValueError while an
    answer has a problem.
    """
    wanted = request.build(session.draft)
    path = _path(session, wanted)
    owner = token_owner(session.draft)
    account = owner.identity.account_id if owner else ""
    with _locked(session, path):
        keep, noted = _keeper(session, path), store.load(path)
        if noted is not None and account:
            must_be_of(noted, account, writes=True)
        _must_be_over(noted, session.draft)
    who = who_in_words(owner.identity, owner.member) if owner else ""
    references = recipe.references_of(session.draft, wanted.secrets)
    journal = journal_of(noted, wanted, references, session.draft.plan, session.context.redactor, who, account)
    journal = replace(journal, import_keys=import_key.for_journal(session, noted.import_keys if noted else ()))
    session.attempt = Import(
        journal, wanted.instance, session.bag, session.context, keep, wanted, own=_own(journal, path)
    )
    session.attempt.creation.renew(reuse=reuse)
    session.resumed, session.journal_path = None, path


def _must_be_over(noted: Journal | None, draft: Draft) -> None:
    """Raise Failure if the journal's import must be resumed, or ran after the plan was read."""
    if noted is None:
        return
    name = clean(noted.identity.name)
    if noted.unsettled:
        raise Failure(
            Kind.CONFLICT,
            f'The import "{name}" must be resumed first ({noted.stage}).',
            "A second one could run it twice and lose track of its flags.",
            Remedy.RESUME_OR_RENAME,
            safe=Safe.NOTHING_SENT,
        )
    if draft.plan is not None and draft.plan.read_at <= noted.latest:
        raise Failure(
            Kind.CONFLICT,
            f'The plan is older than the last run of the import "{name}".',
            "The flags that it created would count as someone else's.",
            Remedy.READ_PLAN,
            safe=Safe.NOTHING_SENT,
        )


def settled(session: Session) -> None:
    """Make the attempt's import the run if its configuration exists now."""
    attempt = session.attempt
    outcome = attempt.creation.outcome if attempt is not None else None
    if outcome is not None and outcome.configuration is not None:
        session.run = attempt
        session.release(but=session.journal_path)


def resume(session: Session, head: Head) -> str:
    """Resume an import of an earlier start, and return its step. Raises Failure and then leaves the walk as it was."""
    with _locked(session, head.path):
        journal = store.load(head.path)
        if journal is None:
            why = "Someone moved or deleted it."
            raise Failure(Kind.RECIPE, "The journal of this import is missing.", why, Remedy.LOOK_UNDER_CONFIGURATIONS)
        form = session.forms.get(journal.identity.integration)
        if form is None:
            what = f"The integration {clean(head.integration)} is not available."
            why = "Most likely it needs its own manifest."
            raise Failure(Kind.RECIPE, what, why, Remedy.GIVE_MANIFEST)
        try:
            where = instance(journal.identity.host)
        except ValueError:
            raise Failure(
                Kind.RECIPE,
                f"Its journal doesn't have a LaunchDarkly address: {clean(journal.identity.host)}.",
                "Most likely someone changed it.",
                Remedy.LOOK_UNDER_CONFIGURATIONS,
                safe=Safe.NOTHING_SENT,
            ) from None
    session.release(but=head.path)
    session.journal_path = head.path
    before, host = session.draft, session.host_name()
    session.draft, session.start_options = draft_of(journal, form), StartOptions()
    if session.host_name() != host:  # your token is only for the host that you gave it for
        session.bag.drop(TOKEN.key)
    elif TOKEN.key in session.bag:
        token = drafts.answer(before, TOKEN.key)
        session.draft = replace(session.draft, answers={**session.draft.answers, TOKEN.key: token})
    session.attempt = session.run = None
    creating = journal.stage is Stage.CREATING
    wanted = request.of_settings(session.draft) if creating else None
    resumed = Import(
        journal, where, session.bag, session.context, _keeper(session, head.path), wanted, own=_own(journal, head.path)
    )
    if creating:
        session.attempt, step = resumed, "submit"
    else:
        session.run, step = resumed, "run"
    session.draft = changes.go(session.draft, step)
    session.look_around()
    session.overhear(journal.references)
    session.resumed = drafts.values(session.draft)
    return step


def draft_of(journal: Journal, form: Form) -> Draft:
    """Return the answers of a journal, without any key."""
    identity = journal.identity
    values = {HOST.key: instance(identity.host).key, PROJECT.key: identity.project, CONFIG_NAME.key: identity.name}
    values[CONFIG_TAGS.key] = ", ".join(journal.tags)
    known = {outside(variable.key): variable.key for variable in form.variables if not variable.secret}
    values |= {known[name]: as_text(value) for name, value in journal.config.items() if name in known}
    draft = changes.choose(Draft(), form)
    for key, value in values.items():
        draft = changes.put(draft, key, value, source=NOTED)
    return draft


def _path(session: Session, wanted: CreateRequest) -> Path:
    try:
        return store.path_of(journals.identity_of(wanted), session.journals)
    except OSError as error:
        raise _unwritten(error) from None


def _own(journal: Journal, path: Path) -> Callable[[], OwnChanges]:
    """Return what reads the changes that rebuilds have made in the import's flags. It raises Failure."""

    def own() -> OwnChanges:
        from tui.rebuild.record import own_changes  # deferred: an import needs none of it before its end
        from tui.wizard.rebuild_run import records_beside

        return own_changes(records_beside(path, journal.identity))

    return own


def lock_journal(session: Session, path: Path) -> None:
    """Lock a journal that need not exist against other processes, for this session. Raises Failure."""
    with _locked(session, path):
        pass


@contextmanager
def _locked(session: Session, path: Path) -> Iterator[None]:
    """Lock a journal against other processes, for longer than the block unless it raises. Raises Failure."""
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
        f"Can't write the journal of this import: {error.strerror or 'no reason given'}.",
        "Without it you couldn't resume or undo the import.",
        Remedy.MAKE_ROOM,
        safe=Safe.SENT_STAYS_SENT,
    )
