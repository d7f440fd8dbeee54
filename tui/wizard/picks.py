"""Lists of values to pick from, page by page, as a server gives them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from tui.answers import draft as drafts
from tui.answers.builtin import HOST, TOKEN
from tui.answers.checks import TokenOwner, facts
from tui.answers.lookup import siblings
from tui.launchdarkly.client import MOST_TAGS
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Member, Project
from tui.net.errors import Failure, Kind
from tui.sources.registry import SOURCES
from tui.wizard.session import Session
from tui.wizard.source_picks import choices

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
    note: str = ""
    """What is missing in the list, and why."""


Fetch = Callable[[str, int], Awaitable[Picks]]
"""From the typed filter and the offset to a page. Raises Failure."""


def fetch_for(session: Session, key: str) -> Fetch | None:
    """Where the values of a field can be listed, None for a field that can only be typed."""
    role = drafts.variable(session.draft, key).role
    if role in _OF_SOURCE and session.draft.integration in SOURCES:
        return partial(_from_source, session, key)
    listing = _LISTINGS.get(role)
    return None if listing is None or TOKEN.key not in session.bag else partial(listing, session)


def read_again(session: Session, key: str) -> None:
    """Have the next reading of a field's list ask anew."""
    session.lists.forget(key)


def _instance(session: Session) -> Instance:
    try:
        return instance(drafts.value(session.draft, HOST.key))
    except ValueError:
        raise Failure(Kind.UNREACHABLE, "LaunchDarkly's address is not a valid one.") from None


async def _projects(session: Session, query: str, offset: int) -> Picks:
    async with session.tools.launchdarkly(session.bag, _instance(session)) as ld:
        page = await ld.projects(offset, PAGE, query)
    return Picks(tuple(_project(session, each) for each in page.items), page.total_count)


def _project(session: Session, project: Project) -> Pick:
    account = facts(session.draft, TOKEN.key)
    listed = account.configurations if isinstance(account, TokenOwner) else None
    form = session.draft.form
    beside = siblings(listed or (), project.key, form.integration) if form else ()
    already = f"{len(beside)} {form.title} import{'s' if len(beside) > 1 else ''}" if beside and form else ""
    return Pick(project.key, project.name, already)


async def _members(session: Session, query: str, offset: int) -> Picks:
    async with session.tools.launchdarkly(session.bag, _instance(session)) as ld:
        page = await ld.members(offset, PAGE, query)
    account = facts(session.draft, TOKEN.key)
    me = account.member if isinstance(account, TokenOwner) else None
    members = sorted(page.items, key=lambda m: me is None or m.id != me.id) if offset == 0 else page.items
    return Picks(tuple(_member(each, me) for each in members), page.total_count)


def _member(member: Member, me: Member | None) -> Pick:
    return Pick(
        member.id,
        f"{member.display_name}, {member.email}",
        "you" if me is not None and me.id == member.id else member.role,
    )


async def _tags(session: Session, query: str, offset: int) -> Picks:
    """The account's flag tags by how they begin; LaunchDarkly has no other filter for them."""
    if offset:
        return Picks((), None)  # one answer has all that are shown
    async with session.tools.launchdarkly(session.bag, _instance(session)) as ld:
        found = await ld.tags(query)
    return Picks(tuple(Pick(tag, tag) for tag in found), None if len(found) >= MOST_TAGS else len(found))


async def _from_source(session: Session, key: str, query: str, offset: int) -> Picks:
    """Whole lists, filtered here: a list that was read once costs no request more."""
    found, failure = await choices(session, key)
    wanted = query.casefold()
    fit = [each for each in found if wanted in each.label.casefold() or wanted in each.value.casefold()]
    shown = tuple(Pick(each.value, each.label, each.detail) for each in fit[offset : offset + PAGE])
    note = f"The source's own list could not be read: {failure.what}" if failure else ""
    return Picks(shown, len(fit), note)


_LISTINGS = {"project-key": _projects, "member-id": _members, "ld-tag": _tags}
_OF_SOURCE = frozenset(
    {"split-workspace", "split-environment", "split-tag", "source-project", "source-environment", "unleash-tag"}
)
PICKABLE = _OF_SOURCE | _LISTINGS.keys()
"""The roles whose fields have a list to pick from."""
