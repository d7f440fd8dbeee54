"""Which LaunchDarkly account a token belongs to, and whose token the import key is."""

from __future__ import annotations

from tui.answers.form import IMPORT_KEY
from tui.apply.journal import Importer, Journal, Stage
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import CallerIdentity
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Sink, ignore
from tui.secrets.bag import Bag
from tui.text.clean import clean


async def caller_of(ld: LaunchDarkly, *, sink: Sink = ignore) -> CallerIdentity:
    """Return the token's owner, an empty identity if LaunchDarkly doesn't say. Raises Failure."""
    try:
        return await ld.caller_identity(sink=sink)
    except Failure as failure:
        if failure.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND):
            return CallerIdentity()
        raise


def must_be_of(journal: Journal, account: str, *, writes: bool) -> None:
    """Raise Failure CREDENTIAL if a journal belongs to another account. An unused one belongs to no account."""
    if journal.stage is not Stage.PLANNED or journal.configuration or journal.traces:
        must_be_same(journal.identity.name, journal.account, account, writes=writes)


def must_be_same(name: str, noted: str, account: str, *, writes: bool) -> None:
    """Raise Failure CREDENTIAL if two account ids differ, of the journal of the import `name` and of a token.

    An id that is missing on either side counts as different if the caller is about to write.
    """
    known = bool(noted and account)
    if noted == account if known else not writes:
        return
    what = "belongs to another LaunchDarkly account than" if known else "can't be matched with the account of"
    missing = "The journal, or LaunchDarkly's response about your token, has no account ID."
    raise Failure(
        Kind.CREDENTIAL,
        f'The journal of the import "{clean(name)}" {what} your token.',
        "" if known else missing,
        Remedy.SAME_ACCOUNT,
        safe=Safe.NOTHING_SENT,
        field="token",
    )


async def importer_of(context: Context, bag: Bag, instance: Instance) -> Importer:
    """Return the import key's ids, which the audit log names for the flags of this import. Empty if the key isn't in
    the bag, or LaunchDarkly doesn't say."""
    if IMPORT_KEY not in bag:
        return Importer()
    try:
        async with context.launchdarkly(bag, instance, IMPORT_KEY) as ld:
            identity = await ld.caller_identity()
    except Failure:
        return Importer()
    return Importer(identity.token_id, identity.member_id)
