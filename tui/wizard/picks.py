"""Lists of values to pick from, page by page, as a server gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar, cast

from tui.answers import draft as drafts
from tui.answers.builtin import HELPER, HOST, SOURCE_API, TOKEN
from tui.answers.checks import facts, token_owner
from tui.answers.draft import Draft
from tui.answers.lookup import siblings
from tui.answers.source_checks import ListedChoices, discover
from tui.launchdarkly.client import MOST_TAGS, LaunchDarkly
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind
from tui.sources.base import Choice, SourceReport
from tui.sources.registry import SOURCES
from tui.text.clean import clean
from tui.wizard.session import Session

T = TypeVar("T")
PAGE = 20


@dataclass(frozen=True, slots=True)
class Pick:
    """One value of a list: what goes into the field, and how it is shown."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Picks:
    """One page. `total` counts all values with this filter, None if the server doesn't say."""

    items: tuple[Pick, ...]
    total: int | None
    note: str = ""
    """What is missing in the list, and why."""


FetchPicks = Callable[[str, int], Awaitable[Picks]]
"""From the typed filter and the offset to a page. Raises Failure."""


def fetch_for(session: Session, key: str) -> FetchPicks | None:
    """Return how to list the values of a field, None for a field that can only be typed."""
    role = drafts.variable(session.draft, key).role
    if role in _OF_SOURCE and session.draft.integration in SOURCES:
        return partial(_from_source, session, key)
    listing = _LISTINGS.get(role)
    return None if listing is None or TOKEN.key not in session.bag else partial(listing, session)


def read_again(session: Session, key: str) -> None:
    """Have a field's list read again, even if a check has listed the same."""
    session.lists.pop(key, None)
    session.stale_lists.add(key)


async def _once(session: Session, name: str, state: Hashable, read: Callable[[], Awaitable[T]]) -> T:
    """Return the list that was read in this state, else what `read` returns now. A failure is not kept."""
    known = session.lists.get(name)
    if known is None or known[0] != state:
        known = session.lists[name] = (state, await read())
    return cast("T", known[1])


def _instance(session: Session) -> Instance:
    try:
        return instance(drafts.value(session.draft, HOST.key))
    except ValueError:
        raise Failure(Kind.UNREACHABLE, "LaunchDarkly's address is not valid.") from None


async def _projects(session: Session, query: str, offset: int) -> Picks:
    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
        page = await ld.projects(offset, PAGE, query)
    owner, form = token_owner(session.draft), session.draft.form
    listed = (owner.configurations if owner else None) or ()
    picks = []
    for project in page.items:
        imports = len(siblings(listed, project.key, form.integration)) if form else 0
        detail = f"{imports} {form.title} import{'s' if imports > 1 else ''}" if imports and form else ""
        picks.append(Pick(project.key, project.name, detail))
    return Picks(tuple(picks), page.total_count)


async def _members(session: Session, query: str, offset: int) -> Picks:
    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
        page = await ld.members(offset, PAGE, query)
    owner = token_owner(session.draft)
    you = owner.member.id if owner and owner.member else None
    members = sorted(page.items, key=lambda member: member.id != you) if offset == 0 else page.items
    picks = (
        Pick(member.id, f"{member.display_name}, {member.email}", "you" if member.id == you else member.role)
        for member in members
    )
    return Picks(tuple(picks), page.total_count)


async def _tags(session: Session, query: str, offset: int) -> Picks:
    """Read the account's flag tags by their beginning; LaunchDarkly has no other filter for them."""
    if offset:
        return Picks((), None)  # one answer has all that are shown
    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
        found = await ld.tags(query)
    return Picks(tuple(Pick(tag, tag) for tag in found), None if len(found) >= MOST_TAGS else len(found))


async def _from_source(session: Session, key: str, query: str, offset: int) -> Picks:
    """Filter a whole list here: once it was read, it costs no more requests."""
    listed, failure = await choices(session, key)
    wanted = query.casefold()
    fit = [choice for choice in listed if wanted in choice.label.casefold() or wanted in choice.value.casefold()]
    page = tuple(Pick(choice.value, choice.label, choice.detail) for choice in fit[offset : offset + PAGE])
    note = f"Can't read the source's own list. {failure.what}" if failure else ""
    return Picks(page, len(fit), note)


_LISTINGS = {"project-key": _projects, "member-id": _members, "ld-tag": _tags}
_OF_SOURCE = frozenset(
    {"split-workspace", "split-environment", "split-tag", "source-project", "source-environment", "unleash-tag"}
)
PICKABLE = _OF_SOURCE | _LISTINGS.keys()
"""The roles whose fields have a list to pick from."""


MOST_OTHERS = 10
"""The number of other configurations that are read for their ids, each by its own request."""
_USED_BY_OTHERS = ("split-workspace", "split-environment", "source-project", "source-environment")


async def choices(session: Session, key: str) -> tuple[tuple[Choice, ...], Failure | None]:
    """Return all choices for a field, and why the source's own list is not among them.

    Raises Failure if there is nothing at all to choose from.
    """
    failure: Failure | None = None
    own: tuple[Choice, ...] = ()
    try:
        own = await _listed(session, key)
    except Failure as error:
        failure = error
    used = await _used_by(session, key)
    if failure is not None and not used:
        raise failure
    known = {choice.value for choice in own}
    others = [Choice(value, drafts.name(session.draft, value)) for value in used if value not in known]
    listed = []
    for choice in (*own, *others):
        names = ", ".join(f'"{name}"' for name in used.get(choice.value, ()))
        details = (choice.detail, f"used by {names}" if names else "")
        listed.append(replace(choice, detail=", ".join(filter(None, details))))
    return tuple(listed), failure


# --- the source's own list


async def _listed(session: Session, key: str) -> tuple[Choice, ...]:
    draft = session.draft
    known = None if key in session.stale_lists else _listed_by_check(draft, key)
    if known is not None:
        return known
    roles = {*drafts.SOURCE_KEY_ROLES, "base-url", "split-workspace"}
    inputs = {v.key for v in drafts.form_variables(draft) if v.role in roles and v.key != key}
    state = (draft.integration, drafts.revisions(draft, frozenset({*inputs, SOURCE_API.key, HELPER.key})))
    return await _once(session, key, state, lambda: discover(session.draft, session.bag, session.context, key))


def _listed_by_check(draft: Draft, key: str) -> tuple[Choice, ...] | None:
    """Return what a check has listed, which costs no request; None if none has."""
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
    return tuple(Choice(each, each, "this key reads it") for each in by_key[role]) if role in by_key else None


# --- the account's other configurations


async def _used_by(session: Session, key: str) -> dict[str, list[str]]:
    """Return the names of the configurations that have an id in this field, by id; nothing if they can't be read."""
    draft = session.draft
    if drafts.variable(draft, key).role not in _USED_BY_OTHERS:
        return {}
    state = (draft.integration, drafts.revisions(draft, frozenset({HOST.key, TOKEN.key})))
    try:
        others = await _once(session, "", state, lambda: _others(session))
    except Failure:
        return {}
    used: dict[str, list[str]] = {}
    for configuration in others:
        value = (configuration.config or {}).get(key)
        if isinstance(value, str) and value.strip():
            used.setdefault(clean(value.strip()), []).append(configuration.name)
    return used


async def _others(session: Session) -> tuple[Configuration, ...]:
    """Read the other configurations of this source one by one, since a list leaves out their settings."""
    owner = token_owner(session.draft)
    listed = (owner.configurations if owner else None) or ()
    same = [other for other in listed if other.integration_key == session.draft.integration][:MOST_OTHERS]
    if not same:
        return ()

    async def whole(ld: LaunchDarkly, other: Configuration) -> Configuration | None:
        try:
            return await ld.get(other.project_key, other.integration_key, other.id)
        except Failure:
            return None

    async with session.context.launchdarkly(session.bag, _instance(session)) as ld:
        wholes = await asyncio.gather(*(whole(ld, other) for other in same))
    return tuple(configuration for configuration in wholes if configuration is not None)
