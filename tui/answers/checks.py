"""Checks that ask a server, each a stream of events that ends in a `Check` for the draft.

A failed check never blocks the user: what could not be asked is "not known"; what was refused is a problem.
"""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, HOST, PROJECT, TOKEN
from tui.answers.draft import Check, Draft
from tui.answers.finding import Finding, Level
from tui.answers.lookup import differs, look_up, siblings
from tui.answers.request import build
from tui.answers.rules import level_of, reached_there
from tui.answers.source_checks import CheckRunner, environment, failed, helper, only_asks, source_key, tag
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import INSTANCES, instance
from tui.launchdarkly.models import CallerIdentity, Configuration, Member
from tui.net.address import normal_base_url
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Sink, Stream
from tui.net.reach import Reach, Sighting, classify, look
from tui.secrets.bag import Bag
from tui.sources.registry import SOURCES
from tui.text.clean import clean


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """Who your token is, and which flag import configurations its account has."""

    identity: CallerIdentity
    member: Member | None
    configurations: tuple[Configuration, ...] | None = field(repr=False)
    asked_at: float


_FINDS_ITS_ANSWER = ("split-environment",)
"""Roles whose check helps even if the answer is blank or wrong."""


def due(draft: Draft, key: str, *, again: bool = False) -> bool:
    """Return whether a check of this field is possible and was not made since its inputs changed.

    With `again` a failed check counts as not made: the server may answer now.
    """
    made = draft.checks.get(key)
    if (made is not None and not (again and isinstance(made.facts, Failure))) or runner(draft, key) is None:
        return False
    unchecked = changes.unchecked(draft, key)
    if key == CONFIG_NAME.key:
        return not remarks.answer_problems(unchecked)
    field_, answer = drafts.variable(draft, key), drafts.answer(draft, key)
    if answer.secret is None and (field_.secret or not (answer.value or field_.required)):
        return False
    needs = drafts.inputs_of(draft, key) - ({key} if field_.role in _FINDS_ITS_ANSWER else set())
    return not any(f.level is Level.PROBLEM for need in needs for f in remarks.findings(unchecked, need))


def runner(draft: Draft, key: str) -> CheckRunner | None:
    """Return the check of a field, None if no server can tell."""
    if not drafts.asks(draft, key):
        return None
    role = drafts.variable(draft, key).role
    if role in ASKS_SOURCE and draft.integration not in SOURCES:
        return None  # the user's own manifest, of a source that this program can't ask
    if role == "member-id" and drafts.answer(draft, key).source:
        return None  # picked from the list of members
    return RUNNERS.get(role)


def check(draft: Draft, bag: Bag, context: Context, key: str) -> Stream[Check]:
    """Ask the server about a field's answer. A failure is a result too."""
    run = runner(draft, key)
    if run is None:
        raise KeyError(key)

    async def guarded(sink: Sink) -> Check:
        try:
            return await run(draft, bag, context, key, sink)
        except Failure as failure:
            return failed(key, failure)

    return Stream(guarded)


def _launchdarkly(draft: Draft, bag: Bag, context: Context, *key: str) -> AbstractAsyncContextManager[LaunchDarkly]:
    """Open the chosen LaunchDarkly with your token, or with the one in the field `key`."""
    return context.launchdarkly(bag, instance(drafts.value(draft, HOST.key)), *key)


async def _token(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check the token: the caller's identity, and that the beta API responds."""
    async with _launchdarkly(draft, bag, context) as ld:
        identity = await ld.caller_identity(sink=sink)
        member = await _or_none(ld.me(sink=sink))
        configurations = None
        try:
            configurations = await ld.list_configurations(sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.FORBIDDEN:
                raise
    owner = TokenOwner(identity, member, configurations, context.now())
    if configurations is None:
        level = Level.WARNING
        text = "This token works but can't list imports (403). Its role probably doesn't allow it."
    elif member is not None and member.role == "reader" and not member.custom_roles:
        level = Level.WARNING
        text = f"{who(owner)}. This role probably can't create imports. Use a token that can."
    else:
        level, text = Level.OK, f"{who(owner)}. Can list imports; can't tell whether it can create one."
    return Check(key, level, text, facts=owner)


async def _or_none(reading: Awaitable[Member | None]) -> Member | None:
    """Return the member, None if it can't be read: a service token belongs to no member."""
    try:
        return await reading
    except Failure:
        return None


def who(owner: TokenOwner) -> str:
    """Describe the person or service token behind a token."""
    identity, member = owner.identity, owner.member
    if member is not None:
        role = f"role {member.role}" if member.role else ""
        return ", ".join(filter(None, (member.display_name, member.email, role)))
    if identity.service_token:
        return f"Service token {identity.token_name}".strip()
    return identity.token_name or "A token without a known owner"


async def _import_key(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check the import key: its account must be that of your token, and its role should create flags."""
    async with _launchdarkly(draft, bag, context, key) as ld:
        try:
            identity = await ld.caller_identity(sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.UNAUTHORIZED:
                raise
            raise failure.replaced(
                what="LaunchDarkly rejected the import key (401).",
                why="It is mistyped, was deleted, or is for a different instance than your token.",
                remedy=Remedy.REPLACE_KEY,
                about="",
            ) from None
        member = await _or_none(ld.me(sink=sink))
    yours = token_owner(draft)
    known = bool(yours and yours.identity.account_id and identity.account_id)
    if yours and known and yours.identity.account_id != identity.account_id:
        text = "This key belongs to a different account than your token. Use one from the same account."
        return Check(key, Level.PROBLEM, text)
    if member is not None and member.role == "reader":
        text = f"Its owner, {member.display_name}, is a Reader and probably can't create flags. Press F1 for help."
        return Check(key, Level.WARNING, text)
    owner = who(TokenOwner(identity, member, None, context.now()))
    if not known:
        return Check(key, Level.UNKNOWN, f"{owner}. Can't tell whether it belongs to your token's account.")
    return Check(key, Level.OK, f"{owner}, same account. Can't tell whether it can create flags.")


async def _project(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check that the project exists, and warn if something imports into it already."""
    key_of_project = drafts.value(draft, PROJECT.key)
    async with _launchdarkly(draft, bag, context) as ld:
        try:
            project = await ld.project(key_of_project, sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.NOT_FOUND:
                raise
            text = f"Your token can't see a project {key_of_project}. Choose one from the list below."
            return Check(key, Level.PROBLEM, text, facts=failure)
    return Check(key, Level.OK, project.name, _copies(draft, imported_already(draft)), facts=project)


def token_owner(draft: Draft) -> TokenOwner | None:
    """Return the owner of your token, None if its check has not found one."""
    owner = facts(draft, TOKEN.key)
    return owner if isinstance(owner, TokenOwner) else None


def imported_already(draft: Draft) -> tuple[Configuration, ...]:
    """Return what imports from the same source into the project, as far as the token's check has listed it."""
    owner = token_owner(draft)
    listed = (owner.configurations if owner else None) or ()
    return siblings(listed, drafts.value(draft, PROJECT.key), draft.integration)


def must_ask_project_again(draft: Draft) -> bool:
    """Return whether the project was checked before the list of imports was known."""
    made = draft.checks.get(PROJECT.key)
    return made is not None and not made.findings and bool(imported_already(draft))


def _copies(draft: Draft, others: tuple[Configuration, ...]) -> tuple[Finding, ...]:
    """Warn that an import from the same source into the project could be a copy of the `others`."""
    if not others or draft.form is None:
        return ()
    names = ", ".join(f'"{c.name}" ({c.status.status or "status unknown"})' for c in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    one = len(others) == 1
    text = (
        f"This project already has {'an import' if one else f'{len(others)} imports'} from {draft.form.title}: "
        f"{names}{more}. Open {'it' if one else 'the list'} first: you may not need another one."
    )
    return (Finding(Level.WARNING, PROJECT.key, text),)


async def _name(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check whether the configuration's name is free in its project."""
    request = build(draft)
    async with context.launchdarkly(bag, request.instance) as ld:
        standing = await look_up(ld, request, sink=sink)
    if standing.same is not None:
        text = f'An import "{clean(request.name)}" with the same settings already exists in {request.project}.'
        text += " Use it, or change the name."
        return Check(key, Level.WARNING, text, facts=standing)
    if standing.different is not None:
        taken = differs(standing.different)
        return Check(key, Level.PROBLEM, str(taken), facts=standing, advice=taken.advice)
    copies = _copies(draft, standing.siblings)
    return Check(key, Level.OK, f"Available in {request.project}", copies, facts=standing)


@only_asks
async def _flag_tag(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Count the flags that have the tag already: imported flags could not be told from them."""
    async with _launchdarkly(draft, bag, context) as ld:
        carry = await ld.count_flags(drafts.value(draft, PROJECT.key), drafts.value(draft, key), sink=sink)
    if carry is None:
        return Check(key, Level.UNKNOWN, "LaunchDarkly doesn't report how many flags have this tag.")
    if carry == 0:
        return Check(key, Level.OK, "No flag has this tag yet")
    flags = "1 flag already has" if carry == 1 else f"{carry:,} flags already have"
    return Check(key, Level.WARNING, f"{flags} this tag, perhaps from an earlier import.")


@only_asks
async def _member(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Find the member behind a typed id."""
    wanted = drafts.value(draft, key)
    async with _launchdarkly(draft, bag, context) as ld:
        member = await ld.member(wanted, sink=sink)
    if member is None:
        text = "No LaunchDarkly member has this ID (404). Pick a member, or clear this field."
        return Check(key, Level.WARNING, text)
    return Check(key, Level.OK, "", names=((wanted, f"{member.display_name}, {member.email}"),))


def facts(draft: Draft, key: str) -> object:
    """Return the facts of a field's check, None without one."""
    made = draft.checks.get(key)
    return made.facts if made else None


def other_instances(draft: Draft) -> tuple[tuple[str, str], ...]:
    """(key, name) of the instances a refused token could belong to; it goes to one only when the person picks it."""
    failure = facts(draft, TOKEN.key)
    if not isinstance(failure, Failure) or failure.kind is not Kind.UNAUTHORIZED:
        return ()
    here = instance(drafts.value(draft, HOST.key)).key
    return tuple((other.key, other.name) for other in INSTANCES if other.key != here)


# --- the address that LaunchDarkly will be given


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known about the address. OK means that no problem was found: reachability can't be proved from here."""

    sentence: str
    level: Level
    sighting: Sighting


async def reach(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check whether LaunchDarkly may reach the address in `key`; the facts are `Reached`.

    Practice asks no DNS and no server, and raises Failure for a public address.
    """
    if drafts.variable(draft, key).secret:  # a manifest may call its address a secret: nothing of it is shown
        sighting = Sighting("", Reach.PUBLIC)
    else:
        url = normal_base_url(drafts.value(draft, key)).url
        host = urlsplit(url).hostname or ""
        if reached_there(host, drafts.value(draft, HOST.key)):
            text = "Running locally, like the demo servers"
            return Check(key, Level.OK, text, facts=Reached(text, Level.OK, Sighting(host, classify(host))))
        if classify(host) is Reach.PUBLIC:
            context.stays_here(url)
        sighting = await look(url)
    level = level_of(sighting)
    return Check(key, level, sighting.sentence, facts=Reached(sighting.sentence, level, sighting))


RUNNERS: dict[str, CheckRunner] = {
    "ld-token": _token,
    "project-key": _project,
    "import-key": _import_key,
    "unleash-key": source_key,
    "unleash-helper": helper,
    "unleash-tag": tag,
    "split-key": source_key,
    "split-environment": environment,
    "split-tag": tag,
    "config-name": _name,
    "base-url": reach,
    "ld-tag": _flag_tag,
    "member-id": _member,
}
ASKS_SOURCE = frozenset({*drafts.SOURCE_KEY_ROLES, "unleash-helper", "unleash-tag", "split-environment", "split-tag"})
