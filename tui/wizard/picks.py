"""Lists of values to pick from, page by page, as a server gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from tui.answers import draft as drafts
from tui.answers.builtin import HELPER, HOST, SOURCE_API, TOKEN
from tui.answers.checks import TokenOwner, facts
from tui.answers.draft import Draft
from tui.answers.lookup import siblings
from tui.answers.source_checks import ListedChoices, discover
from tui.launchdarkly.client import MOST_TAGS, LaunchDarkly
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Configuration, Member, Project
from tui.net.errors import Failure, Kind
from tui.sources.base import Choice, SourceReport
from tui.sources.registry import SOURCES
from tui.text.clean import clean
from tui.wizard.session import Session

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


FetchPicks = Callable[[str, int], Awaitable[Picks]]
"""From the typed filter and the offset to a page. Raises Failure."""


def fetch_for(session: Session, key: str) -> FetchPicks | None:
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
    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
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
    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
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
    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
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


MOST_OTHERS = 10
"""So many other configurations are read for their ids, each by a request of its own."""
_USED_BY_OTHERS = ("split-workspace", "split-environment", "source-project", "source-environment")


async def choices(session: Session, key: str) -> tuple[tuple[Choice, ...], Failure | None]:
    """All that could stand in the field, and why the source's own list is not among it.

    Raises Failure where there is nothing at all to choose from.
    """
    failure: Failure | None = None
    own: tuple[Choice, ...] = ()
    try:
        own = await _listed(session, key)
    except Failure as why:
        failure = why
    used = await _used_by(session, key)
    if failure is not None and not used:
        raise failure
    listed = {each.value: each for each in own}
    others = [Choice(value, drafts.name(session.draft, value)) for value in used if value not in listed]
    return tuple(_with_users(each, used.get(each.value, [])) for each in (*own, *others)), failure


def _with_users(choice: Choice, names: list[str]) -> Choice:
    quoted = ", ".join(f'"{name}"' for name in names)
    details = (choice.detail, f"used by {quoted}" if quoted else "")
    return replace(choice, detail=", ".join(filter(None, details)))


# --- the source's own list


async def _listed(session: Session, key: str) -> tuple[Choice, ...]:
    known = None if session.lists.forgotten(key) else _told(session.draft, key)
    if known is not None:
        return known

    async def read() -> tuple[Choice, ...]:
        return await discover(session.draft, session.bag, session.context, key)

    return await session.lists.get(key, _state(session.draft, key), read)


def _told(draft: Draft, key: str) -> tuple[Choice, ...] | None:
    """What a check has listed on its way, None where none has: no request is made for it."""
    made = facts(draft, key)
    if isinstance(made, ListedChoices):
        return made.all
    role = drafts.variable(draft, key).role
    report = next((c.facts for c in draft.checks.values() if isinstance(c.facts, SourceReport)), None)
    if report is None:
        return None
    if role == "split-workspace":
        return report.workspaces
    if drafts.answer(draft, HELPER.key).secret is not None:
        return None
    by_key = {"source-project": report.projects, "source-environment": filter(None, (report.environment,))}
    return tuple(Choice(each, each, "the SDK key reads it") for each in by_key[role]) if role in by_key else None


def _state(draft: Draft, key: str) -> tuple[object, ...]:
    """What the source's list depends on."""
    roles = {*drafts.SOURCE_KEY_ROLES, "base-url", "split-workspace"}
    inputs = {v.key for v in (draft.form.variables if draft.form else ()) if v.role in roles and v.key != key}
    return (draft.integration, drafts.revisions(draft, frozenset({*inputs, SOURCE_API.key, HELPER.key})))


# --- the account's other configurations


async def _used_by(session: Session, key: str) -> dict[str, list[str]]:
    """The names of the configurations that have an id in this field, by the id. Not being able to tell is no matter."""
    if drafts.variable(session.draft, key).role not in _USED_BY_OTHERS:
        return {}
    draft = session.draft

    async def read() -> tuple[Configuration, ...]:
        return await _others(session)

    state = (draft.integration, drafts.revisions(draft, frozenset({HOST.key, TOKEN.key})))
    try:
        others = await session.lists.get("", state, read)
    except Failure:
        return {}
    used: dict[str, list[str]] = {}
    for each in others:
        value = (each.config or {}).get(key)
        if isinstance(value, str) and value.strip():
            used.setdefault(clean(value.strip()), []).append(each.name)
    return used


async def _others(session: Session) -> tuple[Configuration, ...]:
    """The other configurations of this source, whole: a list of them leaves their settings out."""
    account = facts(session.draft, TOKEN.key)
    listed = (account.configurations or ()) if isinstance(account, TokenOwner) else ()
    same = [each for each in listed if each.integration_key == session.draft.integration][:MOST_OTHERS]
    if not same:
        return ()
    async with session.context.launchdarkly(session.bag, instance(drafts.value(session.draft, HOST.key))) as ld:
        wholes = await asyncio.gather(*(_whole(ld, each) for each in same))
    return tuple(each for each in wholes if each is not None)


async def _whole(ld: LaunchDarkly, listed: Configuration) -> Configuration | None:
    try:
        return await ld.get(listed.project_key, listed.integration_key, listed.id)
    except Failure:
        return None
