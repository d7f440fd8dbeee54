"""A configuration that exists started, watched and deleted, whoever made it.

Where this program has a journal of it, that goes on; without one there is its status alone, and no flag is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tui.apply import journal as journals
from tui.apply import lock, new_journal, store
from tui.apply.engine import Import
from tui.apply.heads import heads
from tui.apply.journal import Identity, Journal, Stage
from tui.apply.lost_answer import looked_up, may_have_happened
from tui.apply.record import Keep
from tui.apply.watch import STUCK_AFTER
from tui.configurations.listing import Account
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind, Remedy, joined
from tui.net.events import Note, Sink, Stream
from tui.text.redact import Redactor


def journal_of(account: Account, configuration: Configuration) -> Journal | None:
    """This program's journal of a configuration, None where it has none that can be read."""
    found = _found(account, configuration)
    return found[1] if found is not None else None


def _found(account: Account, configuration: Configuration) -> tuple[Path, Journal] | None:
    """The journal of a configuration and where it is; one that was renamed since keeps its first name there."""
    host, project, integration = account.instance.url, configuration.project_key, configuration.integration_key
    try:
        named = store.path_of(Identity(host, project, integration, configuration.exact_name))
        others = (
            head.path
            for head in heads(store.folder())
            if (head.host, head.project, head.integration, head.configuration)
            == (host, project, integration, configuration.id)
        )
        for path in (named, *others):
            if (journal := _read(path)) is not None and journal.configuration == configuration.id:
                return path, journal
    except OSError:
        pass
    return None


def _read(path: Path) -> Journal | None:
    try:
        return store.load(path)
    except Failure:
        return None


def to_start(account: Account, configuration: Configuration, *, stuck_after: float = STUCK_AFTER) -> Import:
    """An import whose `start(again=True)` starts it, and whose `watch()` then watches it.

    `one` is as it was read right before. Does not raise.
    """
    found = _found(account, configuration)
    if found is None:
        return _import(account, new_journal.of_existing(account.instance.url, configuration, ""), None, stuck_after)
    path, journal = found
    keep = _Keeper(path, account.context.redactor, journal)
    if journal.stage is Stage.STARTING:  # the start before got lost: who starts again has seen the status since
        journal = journals.created_again(journal)
    return _import(account, journal, keep, stuck_after)


def to_watch(account: Account, configuration: Configuration, *, stuck_after: float = STUCK_AFTER) -> Import:
    """An import whose `watch()` shows how it stands, to its end. One that has ended is shown at once."""
    found = _found(account, configuration)
    if found is not None and found[1].stage is Stage.STARTED:
        path, journal = found
        return _import(account, journal, _Keeper(path, account.context.redactor, journal), stuck_after)
    journal = found[1] if found is not None else new_journal.of_existing(account.instance.url, configuration, "")
    # What stands there is how it is: no start of ours waits for its end, and so nothing is written down either.
    return _import(account, replace(journal, mark=None), None, stuck_after)


def _import(account: Account, journal: Journal, keep: Keep | None, stuck_after: float) -> Import:
    return Import(journal, account.instance, account.bag, account.context, keep or _nothing, stuck_after=stuck_after)


def _nothing(journal: Journal) -> None:
    """A configuration that nobody planned here: nothing can be verified or undone by a journal of it."""


@dataclass
class _Keeper:
    """Writes a journal down, unless another run works on it, or has gone on with it since it was read: then what
    stands there knows more. `last` is what is known to stand there."""

    path: Path
    redactor: Redactor
    last: Journal

    def __call__(self, journal: Journal) -> None:
        """Raises Failure TIMEOUT for a start that cannot be noted: nothing is sent then. Raises OSError."""
        try:
            with lock.taken(self.path):
                there = store.load(self.path)
                if there is None or _progress(there) != _progress(self.last):
                    raise lock.under_way()
                store.save(journal, self.path, self.redactor)
        except Failure:
            if journal.stage is Stage.STARTING:
                raise
        else:
            self.last = journal


def _progress(journal: Journal) -> tuple[object, ...]:
    times = journal.snapshot_at, journal.start_sent_at, journal.started_at, journal.ended_at, journal.verified_at
    return journal.configuration, journal.stage, times


# --- deleting


def deleted(account: Account, configuration: Configuration) -> Stream[None]:
    """Delete a configuration; the flags it imported stay. Raises Failure; what is said then is sure, or says so."""

    async def run(sink: Sink) -> None:
        context = account.context
        async with context.launchdarkly(account.bag, account.instance) as ld:
            out_at = context.now()
            try:
                await ld.delete(configuration.project_key, configuration.integration_key, configuration.id, sink=sink)
                return
            except Failure as failure:
                if not may_have_happened(failure):
                    raise
                lost = failure
            sink(Note("sent, no answer", "checking whether it still exists ...", level="unknown"))
            if await looked_up(lambda: _is_gone(ld, configuration, lost, sink), out_at, context, sink) is None:
                raise lost.replaced(remedy=Remedy.DELETE_AGAIN, about="", safe=None, sent=False)

    return Stream(run)


async def _is_gone(ld: LaunchDarkly, configuration: Configuration, lost: Failure, sink: Sink) -> bool | None:
    """True once the configuration is gone, None while it exists. Raises Failure if that can't be read."""
    try:
        await ld.get(configuration.project_key, configuration.integration_key, configuration.id, sink=sink)
    except Failure as failure:
        if failure.kind is Kind.NOT_FOUND:
            return True
        why = joined(lost.why, f"Can't tell whether it was deleted: {failure.what}")
        raise lost.replaced(why=why, remedy=Remedy.RELOAD_LIST, about="", safe=None) from None
    return None
