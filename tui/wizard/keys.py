"""A session and the OS keyring: ask how it is, read the keys of a step, store a key."""

from __future__ import annotations

from collections.abc import Sequence

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import TOKEN
from tui.answers.finding import Level
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import entry_name
from tui.wizard import remedies
from tui.wizard.session import Session

STORED_LATER = "The wizard stores each key after its check."
STORING = "Storing the keys ..."
WAITING = "Waiting for the keyring. Its password window may be open on this computer's desktop."
FETCHED = "Keys read from the keyring."
NO_OTHER_KEY = "Paste your LaunchDarkly token. You don't need any other key."
UNLOCK_TITLE = "Unlock the keyring?"
UNLOCK_TEXT = (
    "Your keyring is locked. A password window may open on this computer's desktop, not in this terminal."
    " The import works without it."
)
UNLOCK_YES, UNLOCK_NO = "Unlock", "This session only"


async def ask_keyring(session: Session, *, again: bool = False) -> bool:
    """Ask once for the keyring's state and its entries. Returns False without a keyring."""
    if session.keyring is None:
        return False
    if session.probe is None or again:
        session.probe = await session.keyring.probe()
        session.stored_entries = frozenset(entry.user for entry in await session.keyring.entries())
    return True


def stored_keys(session: Session, step: str) -> tuple[str, ...]:
    """Return the fields of a step whose keys can be stored."""
    return tuple(v.key for v in drafts.fields(session.draft, step) if drafts.may_be_kept(v))


def offers_keyring(session: Session) -> bool:
    """Return whether there is a keyring to choose, as far as is known."""
    return session.keyring is not None and (session.probe is None or session.may_store)


def place(session: Session, step: str) -> str:
    """Return where the keys of a step are stored: `KEYRING` if all of those entered are, or all that will be."""
    wanted = stored_keys(session, step)
    entered = [key for key in wanted if key in session.bag] or list(wanted)
    kept = {drafts.answer(session.draft, key).keep for key in entered}
    return drafts.KEYRING if kept == {drafts.KEYRING} else drafts.SESSION


def store_label(session: Session, step: str) -> str:
    """Return the label of the choice."""
    return "Store token in" if len(stored_keys(session, step)) == 1 else "Store keys in"


def store_note(session: Session, step: str) -> str:
    """Return the sentence below the choice, or instead of it."""
    if session.keyring is None:
        return "This session only. Practice doesn't store keys."
    if session.probe is None:
        return ""
    if not session.may_store:
        return f"This session only. {session.probe.message.partition('. ')[0].rstrip('.')}."
    name = session.probe.label
    if locked_keys(session, step):
        return f"{name} has a key for this step but is locked. Choose it to unlock it."
    stored = [key for key in stored_keys(session, step) if drafts.answer(session.draft, key).keep == drafts.KEYRING]
    if place(session, step) == drafts.KEYRING:
        return ""
    if stored:
        labels = " and ".join(drafts.variable(session.draft, key).label for key in stored)
        return f"{labels} {'is' if len(stored) == 1 else 'are'} in {name}."
    return "Nothing is stored unless you choose the keyring."


def locked_keys(session: Session, step: str) -> tuple[str, ...]:
    """Return the open fields of a step whose keys a locked keyring has."""
    return tuple(key for key in stored_keys(session, step) if key not in session.bag and session.held_but_locked(key))


def choose_place(session: Session, step: str, where: str) -> None:
    """Decide for all keys of a step whether they are stored."""
    for key in stored_keys(session, step):
        session.draft = changes.keep(session.draft, key, where)


def _is_ready(session: Session) -> bool:
    return session.probe is not None and session.probe.state is KeyringState.READY


async def fetch_stored(session: Session, step: str) -> bool:
    """Fill the open secret fields of a step from the keyring, without unlocking it. Returns whether any was filled."""
    if not await ask_keyring(session) or not _is_ready(session):
        return False
    wanted = [key for key in stored_keys(session, step) if key not in session.bag]
    problems = [await fetch(session, key) for key in wanted if session.entry(key) in session.stored_entries]
    return "" in problems


async def fetch(session: Session, key: str, *, unlock: bool = False) -> str:
    """Take a key from the keyring into its field. Returns "", or a sentence with the reason it can't."""
    if session.keyring is None:
        return ""
    entry = session.entry(key)
    stored = await session.keyring.get(entry, unlock=unlock)
    changed = not drafts.asks(session.draft, key) or session.entry(key) != entry
    if stored.value is None or key in session.bag or changed:
        return stored.message
    session.entries[key] = entry
    session.draft = changes.put_secret(
        session.draft,
        session.bag,
        key,
        stored.value.get_secret_value(),
        source=f"from {session.probe.label if session.probe else 'the keyring'}",
        reference=drafts.KEYRING,
        pasted=False,
    )
    session.take_keys_out()
    return ""


async def store(session: Session, key: str, *, unlock: bool = False) -> str:
    """Store a key in the keyring. Returns the outcome as a sentence; never raises, and never blocks the import."""
    secret = session.bag.get(key)
    if session.keyring is None or secret is None or not drafts.may_be_kept(drafts.variable(session.draft, key)):
        return ""
    if not session.host_name():
        return "Enter a valid LaunchDarkly address first. Keyring entries are named after it."
    entry = session.entry(key)
    stored = await session.keyring.put(entry, secret, unlock=unlock)
    if session.bag.get(key) != secret:
        return stored.message  # about another key than the one now in the field
    fine = stored.state is KeyringState.OK
    if fine:
        session.entries[key] = entry
    closed = stored.state in (KeyringState.LOCKED, KeyringState.NO_COLLECTION)
    session.needs_unlocking = closed and session.keyring.window
    session.draft = changes.was_kept(session.draft, key, "" if fine else stored.message, in_keyring=fine)
    return stored.message


def is_ready(session: Session, key: str) -> bool:
    """Return whether a key is here, checked without a problem, and not stored yet."""
    answer = drafts.answer(session.draft, key)
    if key not in session.bag or session.due(key) or answer.reference == drafts.KEYRING:
        return False
    return not any(f.level == "problem" for f in remarks.findings(session.draft, key))


async def store_all(session: Session, names: Sequence[str], *, unlock: bool) -> str:
    """Store keys one after the other. Returns the keyring's last sentence, or that of the first failure."""
    outcome = ""
    for key in names:
        outcome = await store(session, key, unlock=unlock)
        if drafts.answer(session.draft, key).reference != drafts.KEYRING:
            break
    return outcome


async def check_key(session: Session, key: str = TOKEN.key) -> str:
    """Ask LaunchDarkly whose token it is, or the source about its key. Returns the problem, "" if it is accepted, or if
    the server can't be asked."""
    session.ask_again(key)
    async for _ in session.check(key):
        pass
    check = session.draft.checks.get(key)
    return remedies.text(check) if check is not None and check.level is Level.PROBLEM else ""


def key_problem(session: Session, key: str = TOKEN.key) -> str:
    """Return what is wrong with your token, or another key, as it was entered, "" if nothing is."""
    found = remarks.findings(session.draft, key)
    wrong = next((remedies.text(f) for f in found if f.level is Level.PROBLEM), "")
    what = "your token" if key == TOKEN.key else "the key"
    return wrong or ("" if key in session.bag else f"Enter {what}. Press F1 to see where to find it.")


async def overhear_stored(session: Session) -> None:
    """Let the redactor know every key that is stored for this LaunchDarkly, without unlocking the keyring."""
    if session.keyring is None or not _is_ready(session):
        return
    prefix = entry_name(session.host_name()).removesuffix(TOKEN.key)
    for entry in sorted(entry for entry in session.stored_entries if entry.startswith(prefix)):
        stored = await session.keyring.get(entry)
        if stored.value is not None:
            session.bag.overhear(stored.value.get_secret_value())
