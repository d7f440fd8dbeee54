"""What the source lists for a field, and the ids that the account's other configurations use there."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tui.answers import draft as drafts
from tui.answers.builtin import HELPER, HOST, SOURCE_API, TOKEN
from tui.answers.checks import TokenOwner, facts
from tui.answers.draft import Draft
from tui.answers.source_checks import ListedChoices, discover
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import instance
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.sources.base import Choice, SourceReport
from tui.text.clean import clean
from tui.wizard.session import Session

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
        return await discover(session.draft, session.bag, session.tools, key)

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
    async with session.tools.launchdarkly(session.bag, instance(drafts.value(session.draft, HOST.key))) as ld:
        wholes = await asyncio.gather(*(_whole(ld, each) for each in same))
    return tuple(each for each in wholes if each is not None)


async def _whole(ld: LaunchDarkly, listed: Configuration) -> Configuration | None:
    try:
        return await ld.get(listed.project_key, listed.integration_key, listed.id)
    except Failure:
        return None
