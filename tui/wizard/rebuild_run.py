"""What joins an import with its rebuilds, for every front: which flags, which record, which changes are our own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from tui.answers.rebuild_settings import RebuildSettings
from tui.apply.account import caller_of, must_be_same
from tui.apply.journal import Identity, Journal
from tui.apply.ours import judgments
from tui.apply.ownership import Judgment, Owner
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.rebuild_requests import EnvironmentRequests
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Sink
from tui.rebuild import resume, store
from tui.rebuild.compile import Options
from tui.rebuild.proposal import Proposal, Selection, propose
from tui.rebuild.reading import BothSides
from tui.rebuild.record import FlagEntry, Record, adopted, own_changes
from tui.rebuild.segments import removed_unused
from tui.rebuild.session import Session
from tui.rebuild.take_back import carried_out, listed
from tui.secrets.bag import Bag
from tui.text.clean import clean
from tui.text.redact import Redactor


def records_beside(journal: Path, identity: Identity) -> tuple[Record, ...]:
    """Return the records of an import's rebuilds in all environments. Raises Failure RECIPE for one that is damaged, or
    of another import."""
    records = [record for path in store.beside(journal) if (record := store.load(path)) is not None]
    for record in records:
        _must_be_of(record, identity)
    return tuple(records)


def record_of(journal: Path, identity: Identity, environment: str, account: str, *, writes: bool) -> Record:
    """Return the record of an import's rebuilds in an environment, a new one if there is none.

    Raises Failure RECIPE for one that is damaged, or of another import, and CREDENTIAL for one of another account.
    """
    record = store.load(store.path_of(journal, environment))
    if record is None:
        where = identity.host, identity.project, identity.integration, identity.name
        record = Record(*where, environment, secrets.token_hex(4), account)
    _must_be_of(record, identity)
    must_be_same(record.name, record.account, account, writes=writes)
    return record


def _must_be_of(record: Record, identity: Identity) -> None:
    where = Identity(record.host, record.project, record.integration, record.name)
    if where != identity:
        raise Failure(
            Kind.RECIPE,
            f'The record of rebuilds belongs to another import: "{clean(record.name)}" in {clean(record.project)}.',
            "A record is for one host, project, integration, and name.",
            Remedy.OTHER_JOURNAL,
            safe=Safe.NOTHING_SENT,
        )


def saved(record: Record, journal: Path, redactor: Redactor) -> None:
    """Write a record beside the journal. Raises Failure if that's impossible."""
    path = store.path_of(journal, record.environment)
    try:
        store.save(record, path, redactor)
    except OSError as error:
        what = f"Can't save the record {clean(path.name)}: {error.strerror or 'no reason given'}."
        why = "Without it, what a rebuild sets can't be taken back."
        raise Failure(Kind.UNREACHABLE, what, why, Remedy.MAKE_ROOM, safe=Safe.SENT_STAYS_SENT) from None


async def selection_of(
    ld: LaunchDarkly, journal: Journal | None, record: Record, sides: BothSides, adopt: Collection[str], account: str
) -> Selection:
    """Select the flags of this import, those that are rebuilt already, and those that a person adopts. Raises
    Failure."""
    owners: dict[str, Judgment] = {}
    if journal is not None:
        whole = {key: flag.flag for key, flag in sides.flags.items()}
        owners = await judgments(ld, journal, whole, record.environment, account, own_changes([record]))
    standing = [key for key, entry in record.flags.items() if entry.stands]
    wanted = frozenset(adopt) | adopted([record]).intersection(standing)
    flags = {key: why_not(judgment) for key, judgment in owners.items()}
    flags |= dict.fromkeys([*standing, *adopt], "")
    ours = frozenset(key for key, judgment in owners.items() if judgment.owner is Owner.OURS)
    order = {key: place for place, key in enumerate(sides.source)}
    ordered = sorted(flags, key=lambda key: order.get(key, len(order)))
    return Selection({key: flags[key] for key in ordered}, wanted - ours)


def why_not(judgment: Judgment) -> str:
    """Return why a flag can't be rebuilt unless a person adopts it, "" if it can."""
    if judgment.owner is Owner.OURS:
        return ""
    if judgment.owner is Owner.OTHERS:
        return f"It isn't a flag of this import as the import left it: {clean(judgment.reason)}."
    return f"It may not be a flag of this import ({clean(judgment.reason)}). To rebuild it anyway, adopt it."


def proposed(
    sides: BothSides,
    selection: Selection,
    settings: RebuildSettings,
    entries: Mapping[str, FlagEntry],
    progress: Callable[[int, int], None],
    stopped: Callable[[], bool] = lambda: False,
) -> Proposal:
    """Translate and prove the selected flags, by a person's settings. Takes long: call it in a thread."""
    options = Options(settings.helper_segments, dict(settings.context_kinds))
    return propose(sides, selection, options, settings.accept, progress, stopped, entries)


async def all_taken_back(
    records: Sequence[Record], journal: Path, instance: Instance, bag: Bag, context: Context, sink: Sink
) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """Take back all rebuilds of an import, as an undo of the import does first. Return the records as they are then,
    and a sentence for each flag and segment that stays. Raises Failure."""
    changed, stays = list[Record](), list[str]()
    async with context.launchdarkly(bag, instance) as ld:
        account = (await caller_of(ld)).account_id
        for record in records:
            must_be_same(record.name, record.account, account, writes=True)
            requests = EnvironmentRequests(ld, record.project, record.environment, sink)
            session = Session(record, requests, context, partial(saved, journal=journal, redactor=context.redactor))
            await resume.settled(session)
            async with aclosing(carried_out(session, await listed(session))) as outcomes:
                async for outcome in outcomes:
                    if outcome.reason:
                        stays.append(f"{outcome.key} stays rebuilt in {record.environment}: {outcome.reason}")
            for key, reason in (await removed_unused(session)).items():
                stays.append(f"Helper segment {key} in {record.environment} stays: {reason}")
            changed.append(session.record)
    return tuple(changed), tuple(stays)


def example_of(proposal: Proposal, name: str) -> str:
    """Return a context that an approximation serves something else, in words; "" if no flag has one."""
    examples: Iterable[str] = (row.proof.examples[name].words for row in proposal.rows if name in row.proof.examples)
    return next(iter(examples), "")
