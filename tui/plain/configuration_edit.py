"""Edit a configuration: its fields one by one, the difference, a word that confirms, and only then a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from tui.answers import remarks
from tui.configurations import edit as manage_edit
from tui.configurations import listing
from tui.configurations.edit import Changed, Edit
from tui.configurations.listing import Account, Deed
from tui.launchdarkly.models import Configuration
from tui.net.errors import Kind
from tui.plain import fields
from tui.plain.events import teller
from tui.plain.walk import Walk
from tui.wizard import remedies
from tui.wizard.session import Session


def ask(
    walk: Walk,
    account: Account,
    one: Configuration,
    listed: Sequence[Configuration],
    *,
    keys_alone: bool,
    filled: Mapping[str, SecretStr] | None = None,
) -> Changed | None:
    """Ask for the fields, show the difference, and send it. Returns the outcome, None if nothing was changed.

    `filled` has new keys by their field, as if they were pasted. Raises Back from the first field.
    """
    for key in walk.session.bag.keys():  # noqa: SIM118 - a bag is no mapping
        walk.session.bag.get(key)  # the redactor keeps it: the fields of this form have the same names
    session = Session(forms=walk.session.forms, context=account.context)
    session.draft = manage_edit.draft_of(walk.session.forms.get(one.integration_key), one)
    manage_edit.token_beside(session.bag, account)
    for key, secret in (filled or {}).items():
        session.put(key, secret.get_secret_value())
    walk.say("note", "Only the fields you change are sent. You review the changes first.")
    walk.say("warning", listing.caution(one, Deed.EDIT))
    if one.config is None and not keys_alone:
        walk.say("note", "LaunchDarkly doesn't show this import's settings. Fields you leave blank stay as they are.")
    while True:
        _ask_fields(walk, session, keys_alone=keys_alone)
        if not (changes := manage_edit.changes(session.draft, one)):
            walk.say("note", "Nothing has changed.")
            return None
        if wrong := manage_edit.problems(session.draft, one):
            walk.say("problem", f"{remarks.label(session.draft, wrong[0].field)}: {remedies.text(wrong[0])}")
            continue
        for change in changes:
            walk.terminal.say(f"{change.label}: {change.before or 'blank'} to {change.after or 'blank'}", indent=2)
        for text in manage_edit.cautions(session.draft, one, listed):
            walk.say("warning", text)
        if not walk.ask.typed(f'Save these changes to "{one.name or one.id}"?', "save"):
            return None
        outcome = _sent(walk, account, one, session)
        if outcome.failure is None:
            return outcome
        if outcome.failure.kind is Kind.CONFLICT and outcome.configuration is not None:
            session.draft = manage_edit.rebased(session.draft, one, outcome.configuration)
            one = outcome.configuration
        walk.say("unknown" if outcome.failure.sent else "problem", remedies.sentence(outcome.failure))


def _ask_fields(walk: Walk, session: Session, *, keys_alone: bool) -> None:
    """Ask for each field that can be changed. No server is asked about them."""

    def questions() -> list[str]:
        return [field.key for field in manage_edit.fields(session.draft, keys_alone=keys_alone)]

    def ask_one(key: str) -> None:
        with walk.over(session):
            fields.ask_field(walk, next(f for f in manage_edit.all_fields(session.draft) if f.key == key))

    fields.ask_in_order(walk, questions, ask_one)


def _sent(walk: Walk, account: Account, one: Configuration, session: Session) -> Changed:
    return walk.do(Edit(account, one, session.draft, session.bag).send().finish(teller(walk)), still="Sending")
