"""An import key that the wizard creates for the user: ask, create it, look a lost answer up, delete it again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from tui.answers import remarks
from tui.answers.created_key import CreatedKey
from tui.answers.fields import Variable
from tui.apply.engine import Import
from tui.apply.import_key import Fate, ImportKeys, KeyOutcome
from tui.configurations.listing import Account
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.net.events import Note, ProgressEvent, Sink
from tui.plain import configuration_edit, fields
from tui.plain.asking import Back, Option
from tui.plain.walk import Progress, Stopped, Walk
from tui.plain.words import stem
from tui.wizard import import_key, leaving, remedies
from tui.wizard import import_key_words as words
from tui.wizard.import_key_words import Page


class _Create(BaseException):
    """A key is to be created."""


def _create(rest: str) -> None:
    raise _Create


def ask(walk: Walk, field: Variable) -> None:
    """Ask for the import key, or create one."""
    session = walk.session
    if import_key.earlier(session) is not None and not import_key.in_field(session, field.key):
        walk.say("note", remarks.line(session.draft, field.key).text)
    elif field.key not in session.bag:
        walk.say("note", "Paste an import key, or type create. Then the wizard creates one with your token.")
    while True:
        try:
            with walk.ask.command("create", _create):
                fields.ask_field(walk, field)
        except _Create:
            with suppress(Back):
                if _created(walk, field.key) and fields.check(walk, field, changed=True):
                    return
        else:
            return


def _created(walk: Walk, field: str) -> bool:
    """Create a key for the chosen project, and put it into the field."""
    session = walk.session
    if why := import_key.missing(session):
        walk.say("problem", why)
        return False
    if import_key.here(session) and import_key.in_field(session, field):
        walk.say("note", import_key.IN_THE_FIELD)
        return False
    keys = import_key.keys_of_draft(session)
    outcome = _Dialog(walk, keys, import_key.proposal(session)).ask(import_key.earlier(session))
    if outcome is None:
        return False
    import_key.use(session, field, outcome)
    walk.say("ok", words.CREATED)
    return True


# --- the pages


@dataclass(frozen=True, slots=True)
class _Step:
    """A page, and what its second button does."""

    page: Page
    act: Callable[[], _Step | KeyOutcome | None] = lambda: None


class _Dialog:
    """The pages of the dialog as questions, from one to the next."""

    def __init__(self, walk: Walk, keys: ImportKeys, key: CreatedKey) -> None:
        self._walk, self._key = walk, key
        self._keys = replace(keys, keep=self._keep)
        self._save = keys.keep
        self._noted: CreatedKey | None = None
        """The key as it was noted last."""

    def _keep(self, key: CreatedKey) -> None:
        self._save(key)
        self._noted = key

    def ask(self, earlier: CreatedKey | None) -> KeyOutcome | None:
        """Ask until a key is created, or the user declines, which gives None. `earlier` is settled first."""
        step: _Step | KeyOutcome | None = self._earlier(earlier) if earlier is not None else self._question()
        while isinstance(step, _Step):
            self._show(step.page)
            if not step.page.yes or not self._walk.ask.confirm(f"{step.page.yes}?"):
                return None
            step = step.act()
        return step

    def _show(self, page: Page) -> None:
        walk = self._walk
        walk.say("ok", page.news)
        walk.say("note", page.title if page.title.endswith("?") else f"{page.title}.")
        for label, text in page.facts:
            walk.terminal.say(f"{label}: {text}", indent=2)
        for level, text in page.said:
            walk.say(level, text, indent=2)

    def _question(self, news: str = "") -> _Step:
        return _Step(words.ask(self._key, news), self._create)

    def _earlier(self, key: CreatedKey) -> _Step:
        return _Step(words.earlier(key), lambda: self._delete(key) if key.id else self._look(key))

    def _ended(self, outcome: KeyOutcome) -> _Step | KeyOutcome:
        key = outcome.key
        if outcome.fate is Fate.CREATED:
            return outcome
        if outcome.fate is Fate.LOST:
            return _Step(words.ended(outcome), lambda: self._delete(key))
        return _Step(words.ended(outcome), lambda: self._look(key))

    def _create(self) -> _Step | KeyOutcome:
        self._noted = None
        try:
            return self._ended(self._walk.do(self._keys.create(self._key).finish(_sink(self._walk)), _stop(self._walk),
                                             still=words.WORKING))  # fmt: skip
        except Stopped:
            return self._question(words.NOTHING_SENT) if self._noted is None else self._earlier(self._noted)

    def _look(self, key: CreatedKey) -> _Step | KeyOutcome:
        work = self._keys.look(key).finish(_sink(self._walk))
        try:
            outcome = self._walk.do(work, _stop(self._walk), still=words.CHECKING)
        except Stopped:
            return self._earlier(key)
        return self._question(words.not_created(key)) if outcome.fate is Fate.NOT_CREATED else self._ended(outcome)

    def _delete(self, key: CreatedKey) -> _Step:
        try:
            there = self._walk.do(self._keys.delete(key).finish(_sink(self._walk)), still=words.DELETING)
        except Failure as failure:
            return _Step(words.not_deleted(key, failure), lambda: self._delete(key))
        return self._question(words.deleted(key, there=there))


def _stop(walk: Walk) -> dict[str, Callable[[], object]]:
    if walk.terminal.watchable is not None:
        walk.say("note", f"{words.PATIENCE[1]} Type stop to stop waiting.")
    return {"stop": walk.stop}


def _sink(walk: Walk) -> Sink:
    """Return what writes pauses and notes of a request."""
    progress = Progress(walk)

    def hear(event: ProgressEvent) -> None:
        progress.pauses(event)
        if isinstance(event, Note):
            progress.show(event.level, f"{event.text[0].upper()}{event.text[1:]}: {stem(event.detail)}.")

    return hear


# --- after an import


def delete(walk: Walk, run: Import) -> None:
    """Ask, and delete the key that the wizard created for an import."""
    key = import_key.to_delete(run)
    if key is None:
        walk.say("note", words.NONE_CREATED)
        return
    title, text = words.delete_question(key)
    walk.say("note", text)
    if not walk.ask.typed(title, "delete"):
        return
    try:
        work = import_key.keys_of_run(walk.session, run).delete(key).finish(_sink(walk))
        there = walk.do(work, still=words.DELETING)
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    walk.say("ok", words.deleted(key, there=there, stored=import_key.is_stored(walk.session)))


def replace_by_wider(walk: Walk, run: Import, there: Configuration) -> None:
    """Create a key with more rights, and replace the narrow one in the import's configuration."""
    session = walk.session
    keys = import_key.keys_of_run(session, run)
    created = _Dialog(walk, keys, import_key.wider(run)).ask(import_key.earlier_wide(run))
    if created is None or created.value is None:
        return
    account, filled = Account(run.instance, run.bag, run.context), {import_key.field_of(session, run): created.value}
    changed = None
    with suppress(Back):
        changed = configuration_edit.ask(walk, account, there, (), keys_alone=True, filled=filled)
    try:
        import_key.settle_wider(session, run, created, changed=changed is not None)
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    walk.say(*(words.REPLACED if changed is not None else words.NOT_USED))


# --- leaving


def may_leave(walk: Walk, *, quits: bool = True) -> bool:
    """Ask before leaving the import, or quitting, if something would be lost or left behind."""
    session = walk.session
    if created := import_key.unused(session):
        return _keep_or_delete(walk, created, quits=quits)
    question = leaving.question(session, quits=quits)
    if question is None:
        return True
    walk.say("note", question.text)
    return walk.ask.confirm(question.title)


def _keep_or_delete(walk: Walk, created: tuple[CreatedKey, ...], *, quits: bool) -> bool:
    session, verb = walk.session, "quit" if quits else "leave"
    stored = import_key.is_stored(session)
    title, text = words.leaving(created[-1], len(created) - 1, stored=stored, quits=quits)
    walk.say("note", text)
    options = (
        Option("stay", "Stay"),
        Option("keep", f"Keep and {verb}"),
        Option("delete", f"Delete and {verb}"),
    )
    walk.ask.list_again()
    choice = walk.ask.choose(f"{title} Number", options, "1").text
    if choice != "delete":
        return choice == "keep"
    keys = import_key.keys_of_draft(session)
    for key in created:
        try:
            walk.do(keys.delete(key).finish(_sink(walk)), still=words.DELETING)
        except Failure as failure:
            for level, said in words.sentences(failure):
                walk.say(level, said)
            return False
    return True
