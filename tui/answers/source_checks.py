"""Checks that ask the source: about its key, the read-only token, and the fields that select flags."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import HELPER, SOURCE_API
from tui.answers.changes import BY_NAME
from tui.answers.draft import Check, Draft, source_address
from tui.answers.finding import Finding, Level, Offer
from tui.context import Context
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.plan.plan import UNLEASH_TELLS_NOT
from tui.secrets.bag import Bag
from tui.sources.base import Choice, Connection, Source, SourceReport
from tui.sources.registry import SOURCES
from tui.sources.unleash.check import check_helper
from tui.text.phrases import count, listed, short

CheckRunner = Callable[[Draft, Bag, Context, str, Sink], Awaitable[Check]]

_REFUSALS = frozenset({Kind.UNAUTHORIZED, Kind.FORBIDDEN, Kind.CREDENTIAL, Kind.REDIRECT, Kind.NOT_JSON})


def failed(key: str, failure: Failure) -> Check:
    """Return the check of a failure: a refusal is a problem, no answer means not known."""
    refused = failure.kind in _REFUSALS or (failure.kind is Kind.SOURCE and (failure.status_code or 500) < 500)
    return Check(key, Level.PROBLEM if refused else Level.UNKNOWN, str(failure), facts=failure, advice=failure.advice)


def only_asks(run: CheckRunner) -> CheckRunner:
    """Decorate a check of an answer that may also be typed: no failure of it blocks the user."""

    @functools.wraps(run)
    async def quiet(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
        try:
            return await run(draft, bag, context, key, sink)
        except Failure as failure:
            return Check(key, Level.UNKNOWN, str(failure), facts=failure, advice=failure.advice)

    return quiet


@asynccontextmanager
async def _source(draft: Draft, bag: Bag, context: Context, sink: Sink) -> AsyncIterator[tuple[Source, Connection]]:
    """Open the source with the key of the form. Raises Failure without a key, or if practice would leave loopback."""
    keys = (bag.get(v.key) for v in drafts.form_variables(draft) if v.role in drafts.SOURCE_KEY_ROLES)
    async with _connection(draft, context, next(keys, None), "Enter the key first.", sink) as connection:
        yield SOURCES[draft.integration], connection


@asynccontextmanager
async def _connection(
    draft: Draft, context: Context, key: SecretStr | None, missing: str, sink: Sink
) -> AsyncIterator[Connection]:
    if key is None:
        raise Failure(Kind.CREDENTIAL, missing)
    address = source_address(draft)
    context.stays_here(address)
    async with context.http() as http:
        yield Connection(http, address, key, sink)


async def discover(draft: Draft, bag: Bag, context: Context, key: str, *, sink: Sink = ignore) -> tuple[Choice, ...]:
    """Return the source's choices for the field `key`; the read-only token helps if it is good. Raises Failure."""
    asked = any(v.key == HELPER.key for v in drafts.fields(draft, "keys"))
    good = asked and not any(f.level is Level.PROBLEM for f in remarks.findings(draft, HELPER.key))
    async with _source(draft, bag, context, sink) as (source, connection):
        return await source.discover(connection, key, drafts.values(draft), bag.get(HELPER.key) if good else None)


# --- keys


async def source_key(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check what the source's key can read, by the smallest request that shows it."""
    async with _source(draft, bag, context, sink) as (source, connection):
        try:
            report = await source.check_key(connection, drafts.values(draft))
        except Failure as failure:
            own = source.address_field is not None
            usual = drafts.value(draft, SOURCE_API.key) == SOURCE_API.default
            if own or usual or failure.field or not failure.at_address:
                raise
            # The person gave another address than the usual one: most likely it is at fault.
            blamed = Finding(failed(key, failure).level, SOURCE_API.key, str(failure), advice=failure.advice)
            return Check(key, Level.UNKNOWN, "Not checked. See the API address below.", (blamed,), facts=failure)
    return source_check(draft, key, report)


def source_check(draft: Draft, key: str, report: SourceReport) -> Check:
    """Turn a source's report into a check: its sentence, findings on other fields, and values to fill in."""
    scope = {
        "source-project": report.project,
        "source-environment": report.environment,
        "split-workspace": report.project,
    }
    in_key = ((v.key, scope.get(v.role)) for v in drafts.form_variables(draft))
    fills = tuple(Offer("from the key", field_, value) for field_, value in in_key if value)
    findings = []
    for remark in report.remarks:
        only = remark.instead[0] if len(remark.instead) == 1 else ""
        named = only in _ids_named(drafts.value(draft, remark.field), report)
        offer = Offer(f"Use {short(only)}", remark.field, only, certain=named) if only else None
        text = _NAMED if named else remark.text
        findings.append(Finding(Level(remark.level), remark.field, text, offer, remark.advice))
    level = Level.OK if all(r.level in ("ok", "note") for r in report.on_key) else Level.NOTE
    names = tuple((workspace.value, workspace.label) for workspace in report.workspaces or ())
    return Check(key, level, _capitalized(report.text), tuple(findings), fills, names, report)


_NAMED = "This is the workspace's name. Press Enter to use its ID."


def _ids_named(entered: str, report: SourceReport) -> tuple[str, ...]:
    """Return the ids of the workspaces with the entered name."""
    name = entered.casefold()
    return tuple(each.value for each in report.workspaces or () if name and each.label.casefold() == name)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def compared(draft: Draft) -> Draft:
    """Compare what the source said with answers that changed since. Sends no request."""
    for key, made in draft.checks.items():
        if isinstance(made.facts, SourceReport) and draft.integration in SOURCES:
            on_answers = SOURCES[draft.integration].compare(made.facts, drafts.values(draft))
            if on_answers != made.facts.on_answers:
                again = source_check(draft, key, replace(made.facts, on_answers=on_answers))
                draft = replace(draft, checks={**draft.checks, key: replace(again, fills=())})
    return draft


async def helper(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check what the read-only token lists. It goes to Unleash's address and nowhere else."""
    async with _connection(draft, context, bag.get(key), "Enter the token first.", sink) as connection:
        report = await check_helper(connection)
    return Check(key, Level.OK, f"{_capitalized(report.text)}. Used only for lists, never stored.")


# --- which flags are meant


@dataclass(frozen=True, slots=True)
class ListedChoices:
    """The choices that a check has listed, for the picker of its field."""

    all: tuple[Choice, ...] = field(repr=False)


@only_asks
async def environment(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Check Split's environment: a typed name becomes an id, and the only or the production one is filled in."""
    choices = await discover(draft, bag, context, key, sink=sink)
    names = tuple((choice.value, choice.label) for choice in choices)
    made = Check(key, Level.OK, "", names=names, facts=ListedChoices(choices))
    answer = drafts.answer(draft, key)
    if any(choice.value == answer.value for choice in choices):
        return made
    if answer.value and answer.touched:
        return _typed(made, answer.value, choices)
    live = [choice for choice in choices if choice.detail == "production"]
    if len(choices) == 1:
        return replace(made, fills=(Offer("The only environment", key, choices[0].value),))
    if len(live) == 1:
        return replace(made, fills=(Offer("The production environment", key, live[0].value),))
    labels = listed([choice.label for choice in choices])
    text = f"Pick one: {labels}." if choices else f"{_NONE_LISTED} Enter the ID."
    return replace(made, level=Level.NOTE, text=text)


_NONE_LISTED = "Split lists no environments of this workspace for your key."
_SPLIT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _typed(made: Check, text: str, choices: Sequence[Choice]) -> Check:
    """Judge a typed value that is no id of the list."""
    wanted = text.casefold()
    named = [choice for choice in choices if choice.label == text]
    named = named or [choice for choice in choices if choice.label.casefold() == wanted]
    if len(named) == 1:
        return replace(made, instead=Offer(BY_NAME, made.field, named[0].value))
    if named:
        problem = f"{len(named)} environments are named {short(text)}. Pick one."
        return replace(made, level=Level.PROBLEM, text=problem)
    if not choices:
        return replace(made, level=Level.UNKNOWN, text=f"{_NONE_LISTED} Can't check {short(text)}.")
    alike = choices if len(choices) == 1 else [choice for choice in choices if wanted in choice.label.casefold()]
    offers = [Offer(f"Use {short(choice.label)}", made.field, choice.value) for choice in alike]
    labels = listed([choice.label for choice in choices])
    if _SPLIT_ID.fullmatch(text):
        level = Level.WARNING
        missing = f"No environment of this workspace has this ID. It has {labels}."
    else:
        level, missing = Level.PROBLEM, f"The workspace has no environment {short(text)}. It has {labels}."
    finding = Finding(level, made.field, f"{missing} Pick one.", offers[0] if len(offers) == 1 else None)
    return replace(made, level=Level.NOTE, findings=(finding,))


@only_asks
async def tag(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Count the flags that have the tag."""
    async with _source(draft, bag, context, sink) as (source, connection):
        number = await source.count_flags(connection, drafts.values(draft))
    if number is None:
        return Check(key, Level.UNKNOWN, f"{source.name} doesn't report how many flags have this tag.")
    if number == 0:
        return Check(key, Level.WARNING, f"No flag has this tag. {_NO_FLAGS[draft.integration]}")
    return Check(key, Level.OK, f"{count(number, 'flag')} {'has' if number == 1 else 'have'} this tag")


_NO_FLAGS = {
    "unleash": UNLEASH_TELLS_NOT,
    "split": "Check its spelling: tags in Split are case-sensitive. Or pick it from the list.",
}
