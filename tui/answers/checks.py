"""Checks that ask a server, each a stream of events that ends in a `Check` for the draft.

A failed check never blocks the user: what could not be asked is "not known"; what was refused is a problem.
"""

from __future__ import annotations

from collections.abc import Awaitable
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


def due(draft: Draft, key: str, *, again: bool = False) -> bool:
    """Return whether a check of this field is possible and was not made since its inputs changed.

    With `again` a failed check counts as not made: the server may answer now.
    """
    made = draft.checks.get(key)
    open_ = made is None or (again and isinstance(made.facts, Failure))
    return open_ and runner(draft, key) is not None and not _blocked(changes.unchecked(draft, key), key)


def _blocked(draft: Draft, key: str) -> bool:
    """Return whether something the check needs is missing, or already known to be wrong."""
    if key == CONFIG_NAME.key:
        return bool(remarks.answer_problems(draft))
    field_ = drafts.variable(draft, key)
    given = drafts.answer(draft, key)
    if given.secret is None and (field_.secret or not (given.value or field_.required)):
        return True
    needs = drafts.inputs_of(draft, key) - ({key} if field_.role in _FINDS_ITS_ANSWER else set())
    return any(f.level is Level.PROBLEM for each in needs for f in remarks.findings(draft, each))


_FINDS_ITS_ANSWER = ("split-environment",)
"""Roles whose check is worth making for a blank or a wrong answer too."""


def runner(draft: Draft, key: str) -> CheckRunner | None:
    """Return the check of a field, None if no server can tell."""
    try:
        role = drafts.variable(draft, key).role
    except KeyError:
        return None
    if role in ASKS_SOURCE and draft.integration not in SOURCES:
        return None  # a manifest of the person's own, of a source this program cannot ask
    if role == "member-id" and drafts.answer(draft, key).source:
        return None  # picked: who it is, is known
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


async def _token(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check the token: the caller's identity, and that the beta API responds."""
    where = instance(drafts.value(draft, HOST.key))
    async with context.launchdarkly(bag, where) as ld:
        identity = await ld.caller_identity(sink=sink)
        member = await _or_none(ld.me(sink=sink))
        try:
            configurations = await ld.list_configurations(sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.FORBIDDEN:
                raise
            account = TokenOwner(identity, member, None, context.now())
            text = "It works, but may not see import configurations (403). Most likely its role does not cover them."
            return Check(key, Level.WARNING, text, facts=account)
    account = TokenOwner(identity, member, configurations, context.now())
    if member is not None and member.role == "reader" and not member.custom_roles:
        text = f"{who(account)}: most likely it may not create import configurations. Use a token that may."
        return Check(key, Level.WARNING, text, facts=account)
    return Check(key, Level.OK, f"{who(account)}; may see import configurations; creating: not known", facts=account)


async def _or_none(reading: Awaitable[Member | None]) -> Member | None:
    """Return the member, None if it can't be read: a service token belongs to no member."""
    try:
        return await reading
    except Failure:
        return None


def who(account: TokenOwner) -> str:
    """Describe the person or service token behind a token."""
    identity, member = account.identity, account.member
    if member is not None:
        return ", ".join(
            filter(None, (member.display_name, member.email, f"role {member.role}" if member.role else ""))
        )
    if identity.service_token:
        return f"service token {identity.token_name}".strip()
    return identity.token_name or "a token whose owner LaunchDarkly does not tell"


async def _import_key(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check the import key: its account must be that of your token, and its role should create flags."""
    where = instance(drafts.value(draft, HOST.key))
    async with context.launchdarkly(bag, where, key) as ld:
        try:
            identity = await ld.caller_identity(sink=sink)
        except Failure as failure:
            raise _of_import_key(failure) from None
        member = await _or_none(ld.me(sink=sink))
    account = facts(draft, TOKEN.key)
    theirs = account.identity.account_id if isinstance(account, TokenOwner) else None
    if theirs and identity.account_id and theirs != identity.account_id:
        text = "It belongs to another LaunchDarkly account than your token. Use one of the same account."
        return Check(key, Level.PROBLEM, text)
    if member is not None and member.role == "reader":
        text = f"Its owner, {member.display_name}, has the role Reader: most likely it may not create flags. F1 helps."
        return Check(key, Level.WARNING, text)
    owner = who(TokenOwner(identity, member, None, context.now()))
    if not (theirs and identity.account_id):
        return Check(key, Level.UNKNOWN, f"{owner}; whether it is your token's account is not known")
    same = "same account; " if theirs and identity.account_id else ""
    return Check(key, Level.OK, f"{same}{owner}; creating flags: not known")


def _of_import_key(failure: Failure) -> Failure:
    if failure.kind is not Kind.UNAUTHORIZED:
        return failure
    return failure.replaced(
        what="LaunchDarkly refused the import key (401).",
        why="It is mistyped, was deleted, or belongs to another instance than your token.",
        remedy=Remedy.REPLACE_KEY,
        about="",
    )


async def _project(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check that the project exists, and warn if something imports into it already."""
    project = drafts.value(draft, PROJECT.key)
    async with context.launchdarkly(bag, instance(drafts.value(draft, HOST.key))) as ld:
        try:
            found = await ld.project(project, sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.NOT_FOUND:
                raise
            text = f"LaunchDarkly has no project {project} for your token. Pick one from the list below."
            return Check(key, Level.PROBLEM, text, facts=failure)
    return Check(key, Level.OK, found.name, _warned(draft, project, imported_already(draft)), facts=found)


def imported_already(draft: Draft) -> tuple[Configuration, ...]:
    """Return what imports from the same source into the project, as far as the token's check has listed it."""
    account = facts(draft, TOKEN.key)
    listed = account.configurations if isinstance(account, TokenOwner) else None
    return siblings(listed or (), drafts.value(draft, PROJECT.key), draft.integration)


def must_ask_project_again(draft: Draft) -> bool:
    """Return whether the project was checked before the list of imports was known."""
    made = draft.checks.get(PROJECT.key)
    return made is not None and not made.findings and bool(imported_already(draft))


def _warned(draft: Draft, project: str, beside: tuple[Configuration, ...]) -> tuple[Finding, ...]:
    """Warn that a second import from the same source into the project could be a copy of the first."""
    if not beside or draft.form is None:
        return ()
    names = ", ".join(f'"{c.name}" ({c.status.status or "status not known"})' for c in beside[:3])
    verb = "imports" if len(beside) == 1 else "import"
    text = f"{names} {verb} from {draft.form.title} into {project} already. A second import could be a copy."
    return (Finding(Level.WARNING, PROJECT.key, text),)


async def _name(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check whether the configuration's name is free in its project."""
    request = build(draft)
    async with context.launchdarkly(bag, request.instance) as ld:
        standing = await look_up(ld, request, sink=sink)
    if standing.same is not None:
        text = f'"{clean(request.name)}" exists in {request.project} with the same settings.'
        text += " Use that one, or change the name."
        return Check(key, Level.WARNING, text, facts=standing)
    if standing.different is not None:
        taken = differs(standing.different)
        return Check(key, Level.PROBLEM, str(taken), facts=standing, advice=taken.advice)
    return Check(
        key,
        Level.OK,
        f"free in {request.project}",
        _warned(draft, request.project, standing.siblings),
        facts=standing,
    )


@only_asks
async def _flag_tag(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Count the flags that have the tag already: imported flags could not be told from them."""
    async with context.launchdarkly(bag, instance(drafts.value(draft, HOST.key))) as ld:
        carry = await ld.count_flags(drafts.value(draft, PROJECT.key), drafts.value(draft, key), sink=sink)
    if carry is None:
        return Check(key, Level.UNKNOWN, "How many flags carry it already, LaunchDarkly does not say.")
    if carry == 0:
        return Check(key, Level.OK, "no flag carries it yet")
    flags = "1 flag carries" if carry == 1 else f"{carry:,} flags carry"
    return Check(key, Level.WARNING, f"{flags} it from an earlier import")


@only_asks
async def _member(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Find the member behind a typed id."""
    wanted = drafts.value(draft, key)
    async with context.launchdarkly(bag, instance(drafts.value(draft, HOST.key))) as ld:
        member = await ld.member(wanted, sink=sink)
    if member is None:
        text = "LaunchDarkly has no member with this id (404). Pick the member, or clear this."
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
    return tuple((each.key, each.name) for each in INSTANCES if each.key != here)


# --- the address that LaunchDarkly will be given


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known of the address. OK means that no problem was found: reachability can't be proved from here."""

    sentence: str
    level: Level
    sighting: Sighting


_STAND_IN = "on this machine, as the practice LaunchDarkly is"


async def reach(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check whether LaunchDarkly may reach the address in `key`; the facts are `Reached`.

    The demo asks no DNS and no server, and raises Failure for a public address.
    """
    reached = await _reached(draft, context, key)
    return Check(key, reached.level, reached.sentence, facts=reached)


async def _reached(draft: Draft, context: Context, key: str) -> Reached:
    if drafts.variable(draft, key).secret:  # nothing is told of what a manifest calls a secret
        seen = Sighting("", Reach.PUBLIC)
        return Reached(seen.sentence, level_of(seen), seen)
    url = normal_base_url(drafts.value(draft, key)).url
    host = urlsplit(url).hostname or ""
    kind = classify(host)
    if reached_there(host, drafts.value(draft, HOST.key)):
        return Reached(_STAND_IN, Level.OK, Sighting(host, kind))
    if kind is Reach.PUBLIC:
        context.stays_here(url)
    seen = await look(url)
    return Reached(seen.sentence, level_of(seen), seen)


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
