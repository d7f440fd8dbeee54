"""Configurations listed, told in words, started, watched and deleted, over HTTP."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.manage_tools import account_of, made, whole
from tests.unit.run_tools import Run, Time, flags_of, run_of, triggers
from tests.unit.sandbox_tools import launchdarkly, run_import
from tests.unit.walk_tools import built_forms, configurations, drained
from tui.apply import journal as journals
from tui.apply import lock, store
from tui.apply.engine import Import
from tui.apply.heads import heads
from tui.apply.journal import Stage
from tui.apply.start_watch import Ended, Stuck
from tui.configurations import listing
from tui.configurations import run as manage_run
from tui.configurations.listing import ConfigurationFilter, Deed, Sort
from tui.launchdarkly.models import Configuration, parse
from tui.net.errors import Failure
from tui.sandbox.server import Sandbox
from tui.text.redact import Redactor


def one_of(**parts: Any) -> Configuration:
    return parse(Configuration, {"_id": "1", "integrationKey": "unleash", "projectKey": "web", "name": "A", **parts})


def status(word: str, **more: Any) -> dict[str, Any]:
    return {"_status": {"status": word, **more}}


def acted(**verbs: list[str]) -> dict[str, Any]:
    return {
        "_access": {
            effect: [{"action": action, "reason": {"role_name": "Writer"}} for action in actions]
            for effect, actions in verbs.items()
        }
    }


# --- the list


SEVERAL = (
    one_of(_id="1", name="beta", projectKey="zoo", tags=["one"], **status("complete", lastImport=2000)),
    one_of(_id="2", name="Alpha", projectKey="blog", integrationKey="split", **status("failed", lastImport=9000)),
    one_of(_id="3", name="gamma", projectKey="blog", **status("importing")),
)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (Sort.NAME, ["Alpha", "beta", "gamma"]),
        (Sort.PROJECT, ["Alpha", "gamma", "beta"]),
        (Sort.STATUS, ["beta", "Alpha", "gamma"]),
        (Sort.LAST_IMPORT, ["Alpha", "beta", "gamma"]),
    ],
)
def test_sorts(by: Sort, names: list[str]) -> None:
    assert [each.name for each in listing.filtered(reversed(SEVERAL), by=by)] == names


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (ConfigurationFilter(), "123"),
        (ConfigurationFilter("BLOG gam"), "3"),
        (ConfigurationFilter("one"), "1"),
        (ConfigurationFilter("failed"), "2"),
        (ConfigurationFilter(integration="unleash"), "13"),
        (ConfigurationFilter(status="importing", project="blog"), "3"),
        (ConfigurationFilter("nothing like it"), ""),
    ],
)
def test_filters(wanted: ConfigurationFilter, ids: str) -> None:
    assert "".join(sorted(each.id for each in listing.filtered(SEVERAL, wanted))) == ids


@given(st.lists(st.sampled_from(SEVERAL), max_size=5), st.text(max_size=4), st.sampled_from(Sort))
def test_a_filter_only_leaves_out(listed: list[Configuration], text: str, by: Sort) -> None:
    left = listing.filtered(listed, ConfigurationFilter(text), by)
    assert all(each in listed for each in left)
    assert sorted(each.id for each in listing.filtered(listed, by=by)) == sorted(each.id for each in listed)


async def test_lists_what_another_client_sees(box: Sandbox) -> None:
    made(box)
    _, there = await drained(listing.listed(account_of(box)))
    assert {each.id for each in there} == {each["_id"] for each in configurations(box)}
    with pytest.raises(Failure, match="no flag import configuration"):
        listing.by_id(there, "nope")


# --- in words


def test_details_and_settings_hold_no_secret() -> None:
    secret = "api-5a4db0c5-0000-4000-8000-5a4db0c5dead"
    one = one_of(
        tags=["a", "b"],
        config={"sourceApiKey": secret, "sourceProjectId": "de\x1bfault", "ldApiKey": "", "unheard-of": secret},
        **status("failed", lastImport=1000, errors=[{"message": "ldApiKey: refused", "statusCode": 401}]),
        **acted(allowed=["updateName"], denied=["deleteIntegration"]),
    )
    form = built_forms()["unleash"]
    details = {label: (text, level) for label, level, text in listing.details(one, form, Redactor())}
    assert details["Imports"][0] == "from Unleash into web"
    assert details["Status"] == ("failed", "problem")
    assert details["Last error"][0] == listing.NOT_TOLD, "there are errors, so there was one"
    assert details["Your token"][0] == "You can edit, but not delete (role Writer)."
    ((error, cause),) = listing.errors(one, Redactor())
    assert "ldApiKey: refused (401)" in error
    assert "rejected the import key" in cause
    settings = listing.settings(one, form, Redactor())
    assert ("Unleash project", "de\N{REPLACEMENT CHARACTER}fault") in settings
    assert ("unheard-of", "••••") in settings
    assert secret not in str(settings)
    assert listing.settings(one_of(), form, Redactor()) == ()


def faults(*timestamps: int | None) -> list[dict[str, Any]]:
    return [{"message": f"no {n}", "timestamp": at} for n, at in enumerate(timestamps)]


MINUTE = 60_000


@pytest.mark.parametrize(
    ("told", "imported", "failed"),
    [
        (status("pending"), None, None),
        (status("complete"), listing.NOT_TOLD, None),
        (status("complete", lastImport=5 * MINUTE), 5 * MINUTE, None),
        (status("failed", errors=faults(None)), None, listing.NOT_TOLD),
        (status("partial"), None, listing.NOT_TOLD),
        (status("complete", lastImport=MINUTE, errors=faults(2 * MINUTE, 4 * MINUTE, None)), MINUTE, 4 * MINUTE),
        (status("failed", lastError=3 * MINUTE, errors=faults(2 * MINUTE)), None, 3 * MINUTE),
        (status("failed", lastError=3 * MINUTE, errors=faults(4 * MINUTE)), None, 4 * MINUTE),
    ],
)
def test_last_times_agree_with_the_status(
    told: dict[str, Any], imported: int | str | None, failed: int | str | None
) -> None:
    one = one_of(**told)
    for shown, wanted in ((listing.last_import(one), imported), (listing.last_error(one), failed)):
        words = listing.NEVER if wanted is None else wanted
        assert shown == (words if isinstance(words, str) else listing.when(words))


def test_moment_of_another_year_has_its_year() -> None:
    one = one_of(**status("complete", lastImport=1_714_560_000_000))
    assert listing.last_import(one, 1_714_570_000.0) == "1 May 10:40"
    assert listing.last_import(one, 1_764_570_000.0) == "1 May 2024 10:40"


def test_newest_error_is_the_last() -> None:
    one = one_of(**status("failed", errors=faults(2 * MINUTE, 4 * MINUTE, 3 * MINUTE)))
    assert "no 1" in listing.newest_error(one, Redactor())
    assert listing.newest_error(one_of(), Redactor()) == ""


@pytest.mark.parametrize(
    ("one", "deed", "reason"),
    [
        (one_of(**status("importing")), Deed.START, "importing now"),
        (one_of(**status("importing")), Deed.DELETE, ""),
        (one_of(**status("complete")), Deed.WATCH, "the import is complete"),
        (one_of(**status("complete")), Deed.START, ""),
        (one_of(**acted(denied=["deleteIntegration"])), Deed.DELETE, "delete it (role Writer)"),
        (one_of(**acted(denied=["deleteIntegration"])), Deed.EDIT, ""),
        (one_of(**acted(denied=["updateConfiguration"])), Deed.REPLACE_KEY, "isn't allowed to edit it"),
        (one_of(**acted(denied=["*"])), Deed.START, "isn't allowed to start it"),
        (one_of(**acted(denied=["updateTags"], allowed=["updateName"])), Deed.EDIT, ""),
        (one_of(**acted(denied=["*"])), Deed.WATCH, ""),
    ],
)
def test_reason_why_something_cannot_be_done(one: Configuration, deed: Deed, reason: str) -> None:
    why = listing.why_not(one, deed, built_forms()["unleash"])
    assert reason in why
    assert bool(reason) == bool(why)


def test_only_a_running_import_needs_caution() -> None:
    busy, idle = one_of(**status("importing")), one_of(**status("complete"))
    assert {deed for deed in Deed if listing.caution(busy, deed)} == {Deed.DELETE, Deed.EDIT, Deed.REPLACE_KEY}
    assert not any(listing.caution(idle, deed) for deed in Deed)
    assert "the manifest for newrelic" in listing.why_not(one_of(integrationKey="newrelic"), Deed.REPLACE_KEY, None)


def test_name_that_is_taken_is_found() -> None:
    one, other = one_of(), one_of(_id="2", name="B")
    assert "(2)" in listing.named_alike(one, "B", (one, other))
    assert not listing.named_alike(one, "A", (one, other))
    assert not listing.named_alike(one, "B", (other.model_copy(update={"project_key": "another"}),))


# --- started and watched


async def to_the_end(runner: Import) -> tuple[list[Any], Any]:
    seen: list[Any] = []
    async with aclosing(runner.watch()) as events:
        async for event in events:
            seen.append(event)
            if isinstance(event, Ended | Stuck):
                return seen, event
    raise AssertionError("it neither ended nor got stuck")


async def test_starts_and_watches_one_that_nobody_planned_here(box: Sandbox) -> None:
    account = account_of(box)
    one = await whole(account, made(box))
    runner = manage_run.to_start(account, one)
    _, started = await drained(runner.start(again=True))
    assert started.triggered
    assert not runner.planned
    _, ended = await to_the_end(runner)
    assert ended.status == "complete"
    assert not heads(store.folder())
    assert "checkout-v2" in flags_of(box)


async def test_watches_what_has_ended_without_waiting(box: Sandbox) -> None:
    time, identity = Time(), made(box)
    account = account_of(box, time=time)
    with launchdarkly(box) as ld:
        run_import(ld, _path(box, identity))
    _, ended = await to_the_end(manage_run.to_watch(account, await whole(account, identity)))
    assert ended.status == "complete"
    assert not time.naps


def _path(box: Sandbox, id: str) -> str:
    found = next(each for each in configurations(box) if each["_id"] == id)
    return str(found["_links"]["self"]["href"])


async def noted(box: Sandbox) -> tuple[Run, Path]:
    """An import that is created, and where its journal is."""
    run = await run_of(box)
    path = store.path_of(run.journal.identity)
    run.keep = lambda journal: store.save(journal, path, run.context.redactor)
    await run.create()
    return run, path


async def test_goes_on_with_a_journal_that_is_there(box: Sandbox) -> None:
    run, path = await noted(box)
    await run.start()
    account = account_of(box, time=run.time)
    one = await whole(account, run.journal.configuration)
    runner = manage_run.to_watch(account, one)
    assert runner.planned
    _, ended = await to_the_end(runner)
    assert ended.arrived == run.journal.awaited
    kept = store.load(path)
    assert kept is not None
    assert (kept.stage, kept.ended) == (Stage.ENDED, "complete")
    again = manage_run.to_start(account, await whole(account, one.id))
    _, started = await drained(again.start(again=True))
    assert started.triggered
    assert triggers(box) == 2


async def test_a_journal_of_another_configuration_is_not_taken(box: Sandbox) -> None:
    run, _ = await noted(box)
    account = account_of(box)
    one = await whole(account, run.journal.configuration)
    assert manage_run.journal_of(account, one) is not None
    assert manage_run.journal_of(account, one.model_copy(update={"id": "another"})) is None


async def test_a_journal_is_found_after_a_rename_and_gone_on_with_in_its_file(box: Sandbox) -> None:
    run, path = await noted(box)
    identity = run.journal.configuration
    account = account_of(box, time=run.time)
    with launchdarkly(box) as ld:
        ld.patch(_path(box, identity), json=[{"op": "replace", "path": "/name", "value": "Renamed"}]).raise_for_status()
    one = await whole(account, identity)
    assert one.name == "Renamed"
    runner = manage_run.to_start(account, one)
    assert runner.planned
    _, started = await drained(runner.start(again=True))
    assert started.triggered
    _, ended = await to_the_end(manage_run.to_watch(account, one))
    assert ended.arrived == run.journal.awaited
    (kept,) = heads(store.folder())
    assert kept.path == path
    assert (kept.stage, kept.name) == (Stage.ENDED, run.journal.identity.name)
    assert manage_run.journal_of(account, one.model_copy(update={"id": "another"})) is None
    assert manage_run.journal_of(account, one.model_copy(update={"project_key": "another"})) is None


async def test_what_another_run_works_on_is_not_started_and_only_looked_at(box: Sandbox) -> None:
    run, path = await noted(box)
    account = account_of(box, time=run.time)
    one = await whole(account, run.journal.configuration)
    with lock.taken(path), pytest.raises(Failure, match="already running"):
        await drained(manage_run.to_start(account, one).start(again=True))
    assert triggers(box) == 0
    await run.start()
    with lock.taken(path):
        _, ended = await to_the_end(manage_run.to_watch(account, one))
    assert ended.arrived == run.journal.awaited
    assert store.load(path) == run.journal


async def test_what_another_run_has_noted_meanwhile_stays(box: Sandbox) -> None:
    run, path = await noted(box)
    await run.start()
    account = account_of(box, time=run.time)
    one = await whole(account, run.journal.configuration)
    watching, starting = manage_run.to_watch(account, one), manage_run.to_start(account, one)
    await run.watch()
    verified = journals.verified(run.journal, (), run.time.now())
    store.save(verified, path)
    await to_the_end(watching)
    with pytest.raises(Failure, match="already running"):
        await drained(starting.start(again=True))
    assert triggers(box) == 1
    assert store.load(path) == verified


async def test_a_lost_start_that_is_tried_again_is_not_asked_about_twice(box: Sandbox) -> None:
    run, path = await noted(box)
    assert run.journal.mark is not None
    store.save(journals.starting(run.journal, run.journal.mark, run.time.now()), path)
    account = account_of(box, time=run.time)
    runner = manage_run.to_start(account, await whole(account, run.journal.configuration))
    _, started = await drained(runner.start(again=True))
    assert (started.triggered, started.known) == (True, True)


async def test_a_journal_that_cannot_be_read_is_none(box: Sandbox) -> None:
    run = await run_of(box)
    path = store.path_of(run.journal.identity)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("no journal")
    account = account_of(box)
    one = (await whole(account, made(box))).model_copy(update={"name": run.journal.identity.name})
    assert manage_run.journal_of(account, one) is None


# --- deleted


async def test_deletes_the_configuration_and_keeps_its_flags(box: Sandbox) -> None:
    account, identity = account_of(box), made(box)
    with launchdarkly(box) as ld:
        run_import(ld, _path(box, identity))
    flags = flags_of(box).keys()
    await drained(manage_run.deleted(account, await whole(account, identity)))
    assert identity not in [each["_id"] for each in configurations(box)]
    assert flags_of(box).keys() == flags
