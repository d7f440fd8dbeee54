"""The flag import configurations of the account: a list, and one of them to start, watch, edit, or delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import HOST, TOKEN
from tui.answers.finding import Level
from tui.apply.engine import Import
from tui.apply.start_watch import Ended, Resting
from tui.configurations import listing
from tui.configurations import run as manage_run
from tui.configurations.listing import Account, ConfigurationFilter, Deed
from tui.launchdarkly.instances import instance
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.plain import configuration_edit
from tui.plain.asking import PAGE, Back, Option, matching
from tui.plain.events import teller
from tui.plain.launchdarkly import ask_host, ask_token
from tui.plain.walk import Progress, Stopped, Walk
from tui.wizard import configuration_words as words
from tui.wizard import keys, remedies

_ASKING = "Choose an instance and enter your token. Listing the imports of an account changes nothing."


class _Closed(BaseException):
    """The configuration was deleted, or the user closes it."""


def show(walk: Walk, only: Sequence[Configuration] = ()) -> None:
    """List the account's configurations, or only some, and open one. Going back closes the list."""
    with suppress(Back):
        account = _account(walk)
        if account is not None:
            _list(walk, account, only)


def _account(walk: Walk) -> Account | None:
    """Ask for the instance and your token unless they are known."""
    session = walk.session
    session.look_around()

    async def fetched() -> None:
        await keys.fetch_stored(session, "launchdarkly")
        await keys.overhear_stored(session)

    walk.do(fetched(), still="Asking the keyring")
    if TOKEN.key not in session.bag or _has_problem(walk):
        if walk.practicing:
            session.fill_practice_token()
        else:
            walk.say("note", _ASKING)
            ask_host(walk, HOST)
            ask_token(walk, TOKEN)
    try:
        where = instance(drafts.value(session.draft, HOST.key))
    except ValueError as error:
        walk.say("problem", str(error))
        return None
    return Account(where, session.bag, session.context, session.journals)


def _has_problem(walk: Walk) -> bool:
    draft = walk.session.draft
    return any(f.level is Level.PROBLEM for key in (HOST.key, TOKEN.key) for f in remarks.findings(draft, key))


def _read(walk: Walk, account: Account) -> tuple[Configuration, ...] | None:
    try:
        return walk.do(listing.listed(account).finish(Progress(walk).tells), still="Loading the list")
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return None


def _list(walk: Walk, account: Account, only: Sequence[Configuration]) -> None:
    text = ""
    while True:
        all_ = _read(walk, account)
        if all_ is None:
            return
        ids = {each.id for each in only}
        listed = [each for each in all_ if not ids or each.id in ids]
        if not listed:
            walk.say("note", "This account has no flag import configurations.")
            return
        shown = listing.filtered(listed, ConfigurationFilter(text))
        options = [Option(each.id, _row(walk, account, each)) for each in shown]
        count = f"{len(shown):,} of {len(all_):,}"
        for number, option in enumerate(options[:PAGE], 1):
            walk.terminal.say(f"{number} {option.text}", indent=2)
        reply = walk.ask.ask(f"{count}. Number, a name, project or status, or back", lists=lambda rest: None)
        one = matching(options, reply.text)
        if one is None:
            text = "" if reply.text == "-" else reply.text
            continue
        with suppress(_Closed, Back):
            _Page(walk, account, next(each for each in shown if each.id == one), all_).ask()


def _row(walk: Walk, account: Account, one: Configuration) -> str:
    redactor = account.context.redactor
    texts = (one.name or one.id, one.integration_key, one.project_key, listing.state(one))
    last = listing.last_import(one, account.context.now())
    return ", ".join((*map(redactor.data, texts), f"last import {last}"))


class _Page:
    """One configuration: its facts and settings, and what can be done with it."""

    def __init__(self, walk: Walk, account: Account, one: Configuration, listed: Sequence[Configuration]) -> None:
        self._walk, self._account, self._one, self._listed = walk, account, one, tuple(listed)
        self._form = walk.session.forms.get(one.integration_key)

    def ask(self) -> None:
        """Show it, and ask what to do until the user goes back."""
        self._read_and_show()
        options = (
            Option("edit", "Edit"), Option("replace", "Replace a key"), Option("start", "Start"),
            Option("watch", "Watch"), Option("delete", "Delete"), Option("close", "Close"),
        )  # fmt: skip
        while True:
            key = self._walk.ask.choose("Number", options, "6").text
            if key == "close":
                raise _Closed
            deed, do = self._deeds()[key]
            if reason := listing.why_not(self._one, deed, self._form):
                self._walk.say("problem", reason)
            else:
                with suppress(Back):
                    do()

    def _deeds(self) -> Mapping[str, tuple[Deed, Callable[[], object]]]:
        return {
            "edit": (Deed.EDIT, lambda: self._edit(keys_alone=False)),
            "replace": (Deed.REPLACE_KEY, lambda: self._edit(keys_alone=True)),
            "start": (Deed.START, self._start),
            "watch": (Deed.WATCH, lambda: self._watch(manage_run.to_watch(self._account, self._one))),
            "delete": (Deed.DELETE, self._delete),
        }

    def _read_and_show(self) -> None:
        walk, redactor = self._walk, self._account.context.redactor
        try:
            self._one = walk.do(listing.opened(self._account, self._one).finish(Progress(walk).pauses), still="Loading")
        except Failure as failure:
            walk.say("problem", remedies.sentence(failure))
            raise _Closed from None
        walk.terminal.say(redactor.data(self._one.name or self._one.id))
        for label, level, text in listing.details(self._one, self._form, redactor, self._account.context.now()):
            walk.say(level, f"{label}: {text}", indent=2)
        for error, cause in listing.errors(self._one, redactor):
            walk.say("problem", error, indent=2)
            walk.say("note", cause, indent=4)
        walk.terminal.say("Settings:")
        for label, text in listing.settings(self._one, self._form, redactor):
            walk.terminal.say(f"{label}: {text}", indent=2)

    def _edit(self, *, keys_alone: bool) -> None:
        changed = configuration_edit.ask(self._walk, self._account, self._one, self._listed, keys_alone=keys_alone)
        if changed is not None:
            self._read_and_show()
            self._walk.say(*words.changed(changed))

    def _start(self) -> None:
        walk = self._walk
        if words.is_open(walk.session, self._one):
            walk.say("note", words.OPEN_ON_RUN)
            return
        title, text = words.start_question(self._one)
        walk.say("note", text)
        if not walk.ask.typed(title, "start"):
            return
        started_import = manage_run.to_start(self._account, self._one)
        try:
            started = walk.do(started_import.start(again=True).finish(teller(walk)), still="Starting")
        except Failure as failure:
            walk.say("problem", remedies.sentence(failure))
            return
        except OSError as error:
            walk.say("problem", f"Can't save the journal ({error.strerror}). Nothing was started.")
            return
        if not started.known:
            walk.say("unknown", str(started.failure))
            return
        walk.say("ok", "Import started." if started.triggered else "It is already running, so it wasn't started again.")
        self._watch(started_import)

    def _watch(self, watched: Import) -> None:
        """Watch it to its end. Stopping ends the watching, not the import."""
        walk = self._walk
        walk.say("note", words.WATCHING)
        if walk.terminal.watchable is not None:
            walk.say("note", "Type stop to stop watching.")
        progress = Progress(walk)

        async def watch() -> Ended | None:
            async with aclosing(watched.watch()) as events:
                async for event in events:
                    if isinstance(event, Ended):
                        return event
                    for level, text in words.news(watched, event, self._account.context.now()):
                        progress.show(level, text, now=level != "note" and not isinstance(event, Resting))
            return None

        try:
            ended = walk.do(watch(), {"stop": walk.stop})
        except Stopped:
            walk.say("note", "Stopped watching. The import isn't affected.")
            return
        except Failure as failure:
            walk.say("problem", remedies.sentence(failure))
            return
        except OSError as error:
            walk.say("problem", f"Can't save the result ({error.strerror}). Watch it again.")
            return
        if ended is not None:
            walk.say(*words.ended(watched, ended))
            self._read_and_show()

    def _delete(self) -> None:
        walk = self._walk
        title, text = words.delete_question(self._one)
        walk.say("note", text)
        if not walk.ask.typed(title, listing.to_type(self._one)):
            return
        try:
            walk.do(manage_run.deleted(self._account, self._one).finish(teller(walk)), still="Deleting")
        except Failure as failure:
            walk.say("problem", remedies.sentence(failure))
            return
        walk.say("ok", words.deleted(self._account.context.redactor.data(self._one.name or self._one.id)))
        raise _Closed
