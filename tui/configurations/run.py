"""Start, watch and delete a configuration that exists, whoever created it.

If this program has a journal of it, the journal is continued. Without one only its status is known, and no flag is
counted.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tui.apply import journal as journals
from tui.apply import lock, new_journal, store
from tui.apply.engine import Import
from tui.apply.heads import heads
from tui.apply.journal import Identity, Journal, Stage
from tui.apply.record import Keep
from tui.apply.watch import STUCK_AFTER
from tui.configurations.listing import Account
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind, Remedy, joined
from tui.net.events import Note, Sink, Stream
from tui.net.lost_answer import looked_up, may_have_happened
from tui.text.redact import Redactor


def journal_of(account: Account, configuration: Configuration) -> tuple[Path, Journal] | None:
    """Return this program's journal of a configuration and its file, None if it has no readable one.

    After a rename the file still has the first name.
    """
    host, project, integration = account.instance.url, configuration.project_key, configuration.integration_key
    sought = host, project, integration, configuration.id
    with suppress(OSError):
        paths = [store.path_of(Identity(host, project, integration, configuration.exact_name), account.journals)]
        for head in heads(account.journals or store.folder()):
            if (head.host, head.project, head.integration, head.configuration) == sought:
                paths.append(head.path)
        for path in paths:
            with suppress(Failure):
                journal = store.load(path)
                if journal is not None and journal.configuration == configuration.id:
                    return path, journal
    return None


def to_start(account: Account, configuration: Configuration) -> Import:
    """Return an import whose `start(again=True)` starts it, and whose `watch()` then watches it.

    `configuration` is as it was read right before. Doesn't raise.
    """
    journal = new_journal.of_existing(account.instance.url, configuration, "")
    keep: Keep = _nothing
    if (known := journal_of(account, configuration)) is not None:
        path, journal = known
        keep = _Keeper(path, account.context.redactor, journal)
        if journal.stage is Stage.STARTING:  # that start was lost, and the user has seen the status since
            journal = journals.created_again(journal)
    return Import(journal, account.instance, account.bag, account.context, keep)


def to_watch(account: Account, configuration: Configuration, *, stuck_after: float = STUCK_AFTER) -> Import:
    """Return an import whose `watch()` shows its state, to its end. One that has ended is shown at once."""
    journal = new_journal.of_existing(account.instance.url, configuration, "")
    keep: Keep = _nothing
    if (known := journal_of(account, configuration)) is not None:
        path, journal = known
        keep = _Keeper(path, account.context.redactor, journal)
    if journal.stage is not Stage.STARTED:  # no start of ours waits for its end, so its status counts as it is
        journal, keep = replace(journal, mark=None), _nothing
    return Import(journal, account.instance, account.bag, account.context, keep, stuck_after=stuck_after)


def _nothing(journal: Journal) -> None:
    """Keep no journal of a configuration without a plan: nothing could be verified or undone by it."""


@dataclass
class _Keeper:
    """Writes a journal, unless another run works on it or has changed it since it was read.

    `last` is the journal that is known to be in the file.
    """

    path: Path
    redactor: Redactor
    last: Journal

    def __call__(self, journal: Journal) -> None:
        """Raises OSError, and Failure TIMEOUT if a start can't be noted, so that it isn't sent."""
        try:
            with lock.taken(self.path):
                saved = store.load(self.path)
                if saved is None or _progress(saved) != _progress(self.last):
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
            sink(Note("sent, no response", "checking if it still exists ...", level="unknown"))
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
