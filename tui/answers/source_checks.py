"""Checks that ask the source: about its key, a token for looking, and the fields that say which flags are meant."""

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
from tui.answers.draft import Check, Draft, source_address
from tui.answers.finding import Finding, Level, Offer
from tui.context import Context
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.plan.plan import UNLEASH_TELLS_NOT
from tui.secrets.bag import Bag
from tui.sources.base import Choice, Connection, Remark, Source, SourceReport
from tui.sources.phrases import count, listed, short
from tui.sources.registry import SOURCES
from tui.sources.unleash.check import check_helper

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
    """The source with the key of the form. Raises Failure where there is none, or practice would leave this machine."""
    variables = draft.form.variables if draft.form else ()
    held = next((bag.get(v.key) for v in variables if v.role in drafts.SOURCE_KEY_ROLES), None)
    if held is None:
        raise Failure(Kind.CREDENTIAL, "There is no key yet.")
    address = source_address(draft)
    context.stays_here(address)
    async with context.http() as http:
        yield SOURCES[draft.integration], Connection(http, address, held, sink)


async def discover(draft: Draft, bag: Bag, context: Context, key: str, *, sink: Sink = ignore) -> tuple[Choice, ...]:
    """What could stand in the field `key`, by the source's word; a token for looking helps. Raises Failure."""
    async with _source(draft, bag, context, sink) as (source, connection):
        return await source.discover(connection, key, drafts.values(draft), _helper(draft, bag))


def _helper(draft: Draft, bag: Bag) -> SecretStr | None:
    """Return the read-only token, if the form asks for one and nothing speaks against it."""
    asked = any(v.key == HELPER.key for v in drafts.fields(draft, "keys"))
    good = asked and not any(f.level is Level.PROBLEM for f in remarks.findings(draft, HELPER.key))
    return bag.get(HELPER.key) if good else None


# --- keys


async def source_key(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """What the source's key can see, by the smallest read that tells."""
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
            return Check(key, Level.UNKNOWN, "Not checked: see the address below.", (blamed,), facts=failure)
    return source_check(draft, key, report)


def source_check(draft: Draft, key: str, report: SourceReport) -> Check:
    """Turn a source's report into a check: its sentence, findings on other fields, and values to fill in."""
    scope = {
        "source-project": report.project,
        "source-environment": report.environment,
        "split-workspace": report.project,
    }
    form = draft.form
    fills = tuple(
        Offer("from the key", v.key, seen) for v in (form.variables if form else ()) if (seen := scope.get(v.role))
    )
    level = Level.OK if all(r.level in ("ok", "note") for r in report.on_key) else Level.NOTE
    names = tuple((each.value, each.label) for each in report.workspaces or ())
    return Check(key, level, report.text, tuple(map(_finding, report.remarks)), fills, names, report)


def _finding(remark: Remark) -> Finding:
    offer = Offer(f"Take {remark.instead[0]}", remark.field, remark.instead[0]) if len(remark.instead) == 1 else None
    return Finding(Level(remark.level), remark.field, remark.text, offer, remark.advice)


def compared(draft: Draft) -> Draft:
    """Compare what the source said with answers that changed since. Sends no request."""
    for key, made in draft.checks.items():
        if isinstance(made.facts, SourceReport) and draft.integration in SOURCES:
            told = SOURCES[draft.integration].compare(made.facts, drafts.values(draft))
            if told != made.facts.on_answers:
                again = source_check(draft, key, replace(made.facts, on_answers=told))
                draft = replace(draft, checks={**draft.checks, key: replace(again, fills=())})
    return draft


async def helper(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """What a token for looking lists. It goes to Unleash's address and nowhere else."""
    held = bag.get(key)
    if held is None:
        raise Failure(Kind.CREDENTIAL, "There is no token yet.")
    address = source_address(draft)
    context.stays_here(address)
    async with context.http() as http:
        report = await check_helper(Connection(http, address, held, sink))
    return Check(key, Level.OK, f"{report.text}; for looking only, not kept")


# --- which flags are meant


@dataclass(frozen=True, slots=True)
class ListedChoices:
    """The choices that a check has listed, for the picker of its field."""

    all: tuple[Choice, ...] = field(repr=False)


@only_asks
async def environment(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """The environments of the workspace: a typed name becomes an id, and the one that must be meant is filled in."""
    found = await discover(draft, bag, context, key, sink=sink)
    made = Check(key, Level.OK, "", names=tuple((each.value, each.label) for each in found), facts=ListedChoices(found))
    given = drafts.answer(draft, key)
    if any(each.value == given.value for each in found):
        return made
    if given.value and given.touched:
        return _typed(made, given.value, found)
    if only := _meant(found):
        return replace(made, fills=(Offer(only[0], key, only[1].value),))
    names = [each.label for each in found]
    said = f"There are {listed(names)}. Pick one." if found else f"{_NONE_LISTED} Type the id."
    return replace(made, level=Level.NOTE, text=said)


_NONE_LISTED = "Split lists no environment of this workspace for your key."
_SPLIT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _meant(found: Sequence[Choice]) -> tuple[str, Choice] | None:
    """The environment that must be meant where none was named, and why."""
    live = [each for each in found if each.detail == "production"]
    if len(found) == 1:
        return "the only one", found[0]
    return ("the production environment", live[0]) if len(live) == 1 else None


def _typed(made: Check, text: str, found: Sequence[Choice]) -> Check:
    """What to make of a value that is no id of the list."""
    wanted = text.casefold()
    named = [each for each in found if each.label == text] or [e for e in found if e.label.casefold() == wanted]
    if len(named) == 1:
        return replace(made, instead=Offer("its id was filled in", made.field, named[0].value))
    if named:
        said = f"{len(named)} environments are called {short(text)}. Pick the one that is meant."
        return replace(made, level=Level.PROBLEM, text=said)
    if not found:
        return replace(made, level=Level.UNKNOWN, text=f"{_NONE_LISTED} Whether {short(text)} is one is not known.")
    alike = found if len(found) == 1 else [each for each in found if wanted in each.label.casefold()]
    offers = [Offer(f"Take {short(each.label)}", made.field, each.value) for each in alike]
    names = listed([each.label for each in found])
    if _SPLIT_ID.fullmatch(text):
        said = f"This id is not among the {count(len(found), 'environment')} of the workspace: {names}."
    else:
        said = f"The workspace has no environment {short(text)}, but {names}."
    level = Level.WARNING if _SPLIT_ID.fullmatch(text) else Level.PROBLEM
    blamed = Finding(level, made.field, f"{said} Pick one.", offers[0] if len(offers) == 1 else None)
    return replace(made, level=Level.NOTE, findings=(blamed,))


@only_asks
async def tag(draft: Draft, bag: Bag, context: Context, key: str, sink: Sink) -> Check:
    """Count the flags that have the tag."""
    async with _source(draft, bag, context, sink) as (source, connection):
        number = await source.count_flags(connection, drafts.values(draft))
    if number is None:
        return Check(key, Level.UNKNOWN, f"How many flags have it, {source.name} does not say.")
    if number == 0:
        return Check(key, Level.WARNING, f"0 flags have it. {_NO_FLAGS[draft.integration]}")
    return Check(key, Level.OK, f"{count(number, 'flag')} {'has' if number == 1 else 'have'} it")


_NO_FLAGS = {
    "unleash": UNLEASH_TELLS_NOT,
    "split": "Most likely it is written differently in Split: capitals matter. Pick it from the list.",
}
