"""A session and the import keys that the wizard creates: where they are noted, which of them no import uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tui.answers import changes, created_key
from tui.answers import draft as drafts
from tui.answers.builtin import HOST, PROJECT, TOKEN
from tui.answers.checks import token_owner
from tui.answers.created_key import CREATED, CreatedKey
from tui.answers.form import IMPORT_KEY
from tui.apply.engine import Import
from tui.apply.import_key import ImportKeys, KeyOutcome, proposed
from tui.launchdarkly.instances import Instance, instance
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.wizard.session import Session

ROLE = "import-key"
NO_TOKEN = "Enter your token on the LaunchDarkly step first. The wizard creates the key with it."  # noqa: S105 - words
NO_PROJECT = "Choose a project on the LaunchDarkly step first. The key is for that project only."
IN_THE_FIELD = "The key that the wizard created is in the field."


def missing(session: Session) -> str:
    """Return what must be answered before a key can be created, in a sentence; "" if nothing."""
    if TOKEN.key not in session.bag or not session.host_name():
        return NO_TOKEN
    return "" if drafts.fit(session.draft, PROJECT) else NO_PROJECT


def here(session: Session) -> tuple[CreatedKey, ...]:
    """Return the keys that were created for this host and project, the latest last."""
    project = drafts.value(session.draft, PROJECT.key)
    return tuple(key for key in _on_host(session) if key.project == project)


def earlier(session: Session) -> CreatedKey | None:
    """Return the key that must be settled before another one is created here."""
    return next((key for key in reversed(here(session)) if not key.replaced), None)


def _on_host(session: Session) -> tuple[CreatedKey, ...]:
    host = _instance(session)
    return tuple(key for key in session.draft.import_keys if host is not None and key.host == host.url)


def _instance(session: Session) -> Instance | None:
    try:
        return instance(drafts.value(session.draft, HOST.key))
    except ValueError:
        return None


def in_field(session: Session, field: str) -> bool:
    """Return whether a key that was created here is the answer now."""
    return field in session.bag and drafts.answer(session.draft, field).source == CREATED


def proposal(session: Session) -> CreatedKey:
    """Return the key that would be created for the chosen project."""
    where = instance(drafts.value(session.draft, HOST.key))
    owner = token_owner(session.draft)
    salt = owner.identity.token_id if owner else ""
    return proposed(where, drafts.value(session.draft, PROJECT.key), session.context.now(), salt)


def wider(run: Import) -> CreatedKey:
    """Return a key with more rights for an import whose key has too few."""
    return proposed(run.instance, run.journal.identity.project, run.context.now(), run.journal.configuration, wide=True)


# --- notes


def keys_of_draft(session: Session) -> ImportKeys:
    """Return what creates and deletes keys at Keys, with their notes in the draft and the journal it belongs to."""
    where = instance(drafts.value(session.draft, HOST.key))

    def keep(key: CreatedKey) -> None:
        session.draft = replace(session.draft, import_keys=created_key.noted(session.draft.import_keys, key))
        for run in _journals_of(session, key):
            run.note(replace(run.journal, import_keys=created_key.noted(run.journal.import_keys, key)))
        if trouble := session.save():
            raise Failure(Kind.INTERNAL, trouble, "", Remedy.MAKE_ROOM, safe=Safe.NOTHING_CREATED)

    return ImportKeys(where, session.bag, session.context, keep, lambda name: forget(session, name))


def keys_of_run(session: Session, run: Import) -> ImportKeys:
    """Return what creates and deletes keys of an import, with their notes in its journal."""

    def keep(key: CreatedKey) -> None:
        run.note(replace(run.journal, import_keys=created_key.noted(run.journal.import_keys, key)))

    return ImportKeys(run.instance, run.bag, run.context, keep, lambda name: forget(session, name))


def _journals_of(session: Session, key: CreatedKey) -> list[Import]:
    """Return the import that the answers belong to: a draft isn't saved once its configuration exists."""
    run = session.run
    if run is None or not (session.finished or session.of_journal):
        return []
    same = (run.instance.url, run.journal.identity.project) == (key.host, key.project)
    return [run] if same else []


def forget(session: Session, name: str) -> None:
    """Forget a key that doesn't exist: in the draft, and in the journals of this session. Raises Failure."""
    keys = session.draft.import_keys
    if keys and keys[-1].name == name:  # its value opens nothing any more
        for field in [field for field in _import_key_fields(session) if in_field(session, field)]:
            session.draft = changes.put_secret(session.draft, session.bag, field, "")
    session.draft = replace(session.draft, import_keys=created_key.without(keys, name))
    for each in (session.attempt, session.run):
        if each is not None and any(key.name == name for key in each.journal.import_keys):
            each.note(replace(each.journal, import_keys=created_key.without(each.journal.import_keys, name)))
    if trouble := session.save():
        raise Failure(Kind.INTERNAL, trouble, "", Remedy.MAKE_ROOM)


def for_journal(session: Session, noted: Iterable[CreatedKey]) -> tuple[CreatedKey, ...]:
    """Return the keys to note in the journal of the import that the answers ask for."""
    keys, used = tuple(noted), _field_with_created(session)
    for key in here(session):
        keys = created_key.noted(keys, replace(key, replaced=key.replaced or not used))
    return keys


def _field_with_created(session: Session) -> bool:
    """Whether the import key may be one that was created here; one from the keyring may be."""
    answers = [drafts.answer(session.draft, field) for field in _import_key_fields(session)]
    return any(answer.source == CREATED or answer.reference == drafts.KEYRING for answer in answers)


def is_stored(session: Session) -> bool:
    """Whether the import key of the answers is in the keyring."""
    return any(drafts.answer(session.draft, field).reference == drafts.KEYRING for field in _import_key_fields(session))


def _import_key_fields(session: Session) -> list[str]:
    return [field.key for field in drafts.all_fields(session.draft) if field.role == ROLE]


# --- using a key


def use(session: Session, field: str, outcome: KeyOutcome) -> None:
    """Put a created key into its field, as if it was pasted."""
    if outcome.value is not None:
        value = outcome.value.get_secret_value()
        session.draft = changes.put_secret(session.draft, session.bag, field, value, source=CREATED, pasted=False)
        session.take_keys_out()


def unused(session: Session) -> tuple[CreatedKey, ...]:
    """Return the keys on this LaunchDarkly that no import of this session uses, and that your token could delete.

    None while it isn't known whether an import exists.
    """
    attempt = session.attempt.creation if session.attempt is not None else None
    unknown = attempt is not None and attempt.begun and (attempt.outcome is None or not attempt.outcome.may_send_again)
    if TOKEN.key not in session.bag or unknown:
        return ()
    owner = token_owner(session.draft)
    account = owner.identity.account_id if owner else ""
    of_imports = {key.name for run in (session.run,) if run is not None for key in run.journal.import_keys}
    return tuple(
        key
        for key in _on_host(session)
        if key.name not in of_imports and (not account or not key.account or key.account == account)
    )


def replaced_by(run: Import, used: CreatedKey) -> None:
    """Note that the import's configuration now has this key, and none of the others. Raises Failure."""
    keys = tuple(replace(key, replaced=key.name != used.name) for key in run.journal.import_keys)
    importer = run.journal.importer
    later = (*importer.later, *filter(None, (used.id,)))
    run.note(replace(run.journal, import_keys=keys, importer=replace(importer, later=later)))


def settle_wider(session: Session, run: Import, created: KeyOutcome, *, changed: bool) -> None:
    """Note whether the import's configuration has the wider key now. Raises Failure."""
    if changed:
        replaced_by(run, created.key)
        use(session, field_of(session, run), created)
    else:
        keys_of_run(session, run).keep(replace(created.key, replaced=True))


def earlier_wide(run: Import) -> CreatedKey | None:
    """Return the key with more rights that was created for an import before."""
    return next((key for key in run.journal.import_keys if key.wide), None)


def to_delete(run: Import) -> CreatedKey | None:
    """Return the key to offer for deletion: one that the import doesn't use first. None if the wizard created none."""
    return next(iter(sorted(run.journal.import_keys, key=lambda key: not key.replaced)), None)


def field_of(session: Session, run: Import) -> str:
    """Return the field that holds the import key of an import."""
    form = session.forms.get(run.journal.identity.integration)
    return next((field.key for field in (form.variables if form else ()) if field.role == ROLE), IMPORT_KEY)
