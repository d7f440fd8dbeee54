"""Lists of values to pick from, page by page, as a server gives them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tui.flagimport import walk
from tui.flagimport.builtin_fields import HOST, TOKEN
from tui.flagimport.checks import Account, facts
from tui.flagimport.lookup import siblings
from tui.flagimport.session import Session
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Member, Project
from tui.net.errors import Failure, Kind

PAGE = 20


@dataclass(frozen=True, slots=True)
class Pick:
    """One value of a list: what goes into the field, and how it is shown."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Picks:
    """One page. `total` is how many there are with this filter, None where the server does not say."""

    items: tuple[Pick, ...]
    total: int | None


Fetch = Callable[[str, int], Awaitable[Picks]]
"""From the typed filter and the offset to a page. Raises Failure."""


def fetch_for(session: Session, key: str) -> Fetch | None:
    """Where the values of a field can be listed, None for a field that can only be typed."""
    listing = _LISTINGS.get(walk.variable(session.draft, key).role)
    if listing is None or (listing is not _workspaces and TOKEN.key not in session.bag):
        return None

    async def fetch(query: str, offset: int) -> Picks:
        return await listing(session, query, offset)

    return fetch


def _instance(session: Session) -> Instance:
    try:
        return instance(walk.value(session.draft, HOST.key))
    except ValueError:
        raise Failure(Kind.UNREACHABLE, "LaunchDarkly's address is not a valid one.") from None


async def _projects(session: Session, query: str, offset: int) -> Picks:
    async with session.tools.launchdarkly(session.bag, _instance(session)) as ld:
        page = await ld.projects(offset, PAGE, query)
    return Picks(tuple(_project(session, each) for each in page.items), page.total_count)


def _project(session: Session, project: Project) -> Pick:
    account = facts(session.draft, TOKEN.key)
    listed = account.configurations if isinstance(account, Account) else None
    form = session.draft.form
    beside = siblings(listed or (), project.key, form.integration) if form else ()
    already = f"{len(beside)} {form.title} import{'s' if len(beside) > 1 else ''}" if beside and form else ""
    return Pick(project.key, project.name, already)


async def _members(session: Session, query: str, offset: int) -> Picks:
    async with session.tools.launchdarkly(session.bag, _instance(session)) as ld:
        page = await ld.members(offset, PAGE, query)
    account = facts(session.draft, TOKEN.key)
    me = account.member if isinstance(account, Account) else None
    members = sorted(page.items, key=lambda m: me is None or m.id != me.id) if offset == 0 else page.items
    return Picks(tuple(_member(each, me) for each in members), page.total_count)


def _member(member: Member, me: Member | None) -> Pick:
    return Pick(
        member.id,
        f"{member.display_name}, {member.email}",
        "you" if me is not None and me.id == member.id else member.role,
    )


async def _workspaces(session: Session, query: str, offset: int) -> Picks:
    """Those that the check of Split's key has listed; no request is made."""
    named = [pair for check in session.draft.checks.values() for pair in check.names]
    found = [Pick(i, n) for i, n in named if query.lower() in n.lower() or query.lower() in i.lower()]
    return Picks(tuple(found[offset : offset + PAGE]), len(found))


_LISTINGS = {"project-key": _projects, "member-id": _members, "split-workspace": _workspaces}
PICKABLE = frozenset(_LISTINGS)
"""The roles whose fields have a list to pick from."""
