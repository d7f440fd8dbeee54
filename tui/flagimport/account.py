"""Which LaunchDarkly account a token belongs to, and whose token the import key is."""

from __future__ import annotations

from tui.flagimport.form import IMPORT_KEY
from tui.flagimport.journal import Importer, Journal, Stage
from tui.flagimport.tools import Tools
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.secrets.bag import Bag
from tui.text import clean


async def must_be_of(journal: Journal, ld: LaunchDarkly, *, writes: bool, sink: Sink = ignore) -> None:
    """Raise Failure CREDENTIAL if the token belongs to another account than the journal.

    An id that is missing on either side counts as another account if the caller is about to write.
    """
    must_be_same(journal, (await ld.caller_identity(sink=sink)).account_id, writes=writes)


def must_be_same(journal: Journal, account: str, *, writes: bool) -> None:
    """The same for an account id that is known already, "" if LaunchDarkly doesn't give one."""
    empty = journal.stage is Stage.PLANNED and not journal.configuration and not journal.traces
    known = bool(journal.account and account)
    if empty or account == journal.account != "" or not (known or writes):
        return
    name = clean(journal.identity.name)
    raise Failure(
        Kind.CREDENTIAL,
        f'The journal of the import "{name}" belongs to another LaunchDarkly account than your token.'
        if known
        else f'The journal of the import "{name}" can\'t be matched with the account of your token.',
        "It was begun with a token of another account."
        if known
        else "The journal, or LaunchDarkly's answer about your token, has no account id.",
        "Use a token of the account that the import was begun with, or start a new journal with --journal PATH."
        " Nothing was sent.",
        field="token",
    )


async def importer_of(tools: Tools, bag: Bag, instance: Instance) -> Importer:
    """The ids that the audit log names for flags of this import: those of the import key. Empty if it isn't in the
    bag, or LaunchDarkly doesn't say."""
    if IMPORT_KEY not in bag:
        return Importer()
    try:
        async with tools.launchdarkly(bag, instance, IMPORT_KEY) as ld:
            identity = await ld.caller_identity()
    except Failure:
        return Importer()
    return Importer(identity.token_id, identity.member_id)
