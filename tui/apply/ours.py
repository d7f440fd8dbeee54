"""Which flags of a project belong to one import, judged in one environment: what a rebuild may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from tui.apply.account import caller_of, must_be_of
from tui.apply.journal import Journal
from tui.apply.ownership import Judgment, audit_window, evidence, judge
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import CREATION, AuditEntry, WholeFlag
from tui.launchdarkly.own_changes import NO_CHANGES, OwnChanges, untouched
from tui.net.errors import Failure
from tui.net.events import Sink, ignore


async def account_of(ld: LaunchDarkly, journal: Journal | None, *, writes: bool, sink: Sink = ignore) -> str:
    """Return the account of your token, "" if LaunchDarkly doesn't say. Raises Failure, CREDENTIAL for a token of
    another account than the journal's."""
    account = (await caller_of(ld, sink=sink)).account_id
    if journal is not None:
        must_be_of(journal, account, writes=writes)
    return account


async def judgments(
    ld: LaunchDarkly,
    journal: Journal,
    flags: Mapping[str, WholeFlag],
    environment: str,
    account: str,
    own: OwnChanges = NO_CHANGES,
    sink: Sink = ignore,
) -> dict[str, Judgment]:
    """Return whose flag each planned one is, by the same evidence as an undo. `flags` are by key, and show the
    environment alone: what was changed in another one doesn't count, nor does what rebuilds have changed (`own`).
    """
    planned = {
        key: flag and _elsewhere_unchanged(untouched(flag, own.get(key, {})), journal, environment)
        for key, flag in _planned(journal, flags)
    }
    present = [flag for flag in planned.values() if flag is not None]
    entries, window = None, audit_window(journal)
    if present and window is not None:
        with suppress(Failure):  # a log that can't be read is no evidence
            changes = await ld.flag_changes(journal.identity.project, window[0], window[1] + 1_000, sink=sink)
            entries = [entry for entry in changes if _concerns(entry, environment)]
    known = evidence(journal, present, entries, same_account=bool(account), own=own)
    return {key: judge(flag, known) for key, flag in planned.items()}


def _planned(journal: Journal, flags: Mapping[str, WholeFlag]) -> Iterator[tuple[str, WholeFlag | None]]:
    yield from ((flag.key, flags.get(flag.key)) for flag in journal.expected)


def _elsewhere_unchanged(flag: WholeFlag, journal: Journal, environment: str) -> WholeFlag:
    """A flag's own version moves with every environment: it counts as the first if this environment hasn't moved.

    What someone changed in the flag itself still shows: its name, variations and tags are compared with the plan.
    """
    first, state = journal.traces.get(flag.key), (flag.environments or {}).get(environment)
    if first is None or state is None or first.version is None or flag.version is None:
        return flag
    unmoved = first.environments.get(environment) == (state.version, state.last_modified)
    return replace(flag, version=first.version) if unmoved else flag


def _concerns(entry: AuditEntry, environment: str) -> bool:
    return not entry.environments or not entry.environments.isdisjoint({environment, "*"}) or CREATION in entry.actions
