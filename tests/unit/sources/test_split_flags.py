"""Split's flags with their definitions, read page by page over real loopback HTTP from lists that change and break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from tests.unit.sources_server import Asked, Reply, serving
from tests.unit.split_made import (
    ANSWERS,
    BASE,
    DEFINITIONS,
    FLAGS,
    KEY,
    MadeSplit,
    Object,
    definition,
    flag,
    listed,
    no_wait,
)
from tui.net.client import Http
from tui.net.errors import Kind, Remedy
from tui.net.events import Pausing, ProgressEvent
from tui.sources.base import Connection
from tui.sources.flags import Variation
from tui.sources.split import flags as split_flags
from tui.sources.split.targeting import targeting_of
from tui.targeting.losses import explained
from tui.text.phrases import left_out
from tui.text.redact import MASK

NAMES = [f"flag-{number}" for number in range(130)]


def paths(made: MadeSplit, path: str) -> list[str]:
    return [asked.target for asked in made.asked if asked.path == path]


def changing(made: MadeSplit, path: str, offset: int, change: Callable[[], object]) -> None:
    """Change the lists once, when the page at this offset is requested."""
    changes = iter([change])

    def before(asked: Asked, at: int) -> Reply | None:
        if (asked.path, at) == (path, offset):
            next(changes, lambda: None)()
        return None

    made.before = before


def failing(
    path: str, reply: Reply, offset: int | None = None, times: int = 1000
) -> Callable[[Asked, int], Reply | None]:
    left = iter(range(times))
    return lambda asked, at: (
        reply if path in (asked.path, "") and offset in (at, None) and next(left, None) is not None else None
    )


async def test_130_flags_come_joined_by_as_few_requests_as_there_are_pages() -> None:
    made = MadeSplit()
    found = await listed(made)
    assert (sorted(found.keys), found.failure, found.notes) == (sorted(NAMES), None, [])
    for path in (FLAGS, DEFINITIONS):
        assert sorted(paths(made, path)) == sorted(f"{path}?limit=50&offset={at}" for at in (0, 50, 100))
    assert len(made.asked) == 6
    assert found.batches[-1].read == found.batches[-1].total == {"flags": 130, "definitions": 130}
    assert not any(batch.gone for batch in found.batches)


async def test_one_flag_as_it_arrives() -> None:
    made = MadeSplit([flag(1, "payments", "growth squad"), flag(2)], [definition(1), definition(2, killed=True)])
    one, killed = (await listed(made)).flags
    assert (one.key, one.name, one.description) == ("flag-1", "flag-1", "Flag 1")
    assert (one.tags, killed.tags) == (("payments", "growth squad"), ())
    assert one.variations == (Variation("on", "on"), Variation("off", "off"))
    assert (one.on, one.off, one.losses, one.warnings) == (0, 1, (), ())
    assert (one.on_at_source, killed.on_at_source) == (True, False)
    assert one.definition == definition(1)


async def test_a_flag_without_a_definition_comes_last_with_a_warning() -> None:
    made = MadeSplit([flag(number) for number in range(60)], [definition(number) for number in range(1, 60)])
    found = await listed(made)
    one = found.flags[-1]
    assert (one.key, one.variations, one.on, one.off, one.on_at_source) == ("flag-0", (), None, None, False)
    assert explained(targeting_of(one.definition)) == ()
    assert [each.key for each in found.flags if each.warnings] == ["flag-0"]


async def test_a_tag_narrows_the_flags_and_definitions_of_others_are_left() -> None:
    made = MadeSplit([flag(number, "a & b" if number % 2 else "other") for number in range(130)])
    found = await listed(made, {**ANSWERS, "splitTag": " a & b "})
    assert sorted(found.keys) == sorted(f"flag-{number}" for number in range(1, 130, 2))
    assert all("tag=a%20%26%20b" in target for target in paths(made, FLAGS))
    assert found.batches[-1].total == {"flags": 65, "definitions": 130}


async def test_names_that_differ_in_id_are_two_flags_and_never_rewritten() -> None:
    made = MadeSplit([flag(1), flag(1, id="other"), flag(2, name=" Flag~2 ")], [definition(1), definition(3)])
    found = await listed(made)
    assert sorted(found.keys) == [" Flag~2 ", "flag-1", "flag-1"]


async def test_a_key_taken_only_as_x_api_key_is_found_out_once() -> None:
    made = MadeSplit(by="x-api-key")
    found = await listed(made)
    assert sorted(found.keys) == sorted(NAMES)
    assert sum("authorization" in asked.headers for asked in made.asked) == 1
    assert len(made.asked) == 7


async def test_of_two_definitions_with_one_name_the_first_counts() -> None:
    """Split has none; where a server lists two they are told apart by their times."""
    twins = [definition(1, creationTime=1, killed=True), definition(1, creationTime=2)]
    found = await listed(MadeSplit([flag(1), flag(1, id="other")], [*twins, *map(definition, range(2, 60))]))
    assert (found.failure, [one.on_at_source for one in found.flags]) == (None, [False, False])
    assert not any(batch.gone for batch in found.batches)


KILLED = definition(0, creationTime=2, killed=True)
# The changes while the third page is read, and flags that are off, have a warning, and were replaced
CHANGED: dict[str, tuple[Callable[[MadeSplit], object], list[str], list[str], list[str]]] = {
    "recreated": (lambda made: _redefine(made, KILLED), ["flag-0"], [], []),
    "edited": (lambda made: _redefine(made, definition(0, killed=True)), ["flag-0"], [], ["flag-0"]),
    "deleted": (lambda made: made.definitions.pop(0), ["flag-0"], ["flag-0"], []),
}


def _redefine(made: MadeSplit, new: Object) -> None:
    made.definitions[0] = new
    made.definitions.append(definition(130))


@pytest.mark.parametrize("case", CHANGED)
async def test_a_definition_that_changes_between_two_readings_replaces_the_old_one(case: str) -> None:
    change, off, warned, replaced = CHANGED[case]
    created = {"creationTime": 1} if case == "recreated" else {}
    made = MadeSplit(definitions=[definition(number, **created) for number in range(130)])
    changing(made, DEFINITIONS, 100, lambda: change(made))
    found = await listed(made)
    assert len(found.keys) == 130
    assert [one.key for one in found.flags if not one.on_at_source] == off
    assert [one.key for one in found.flags if one.warnings] == warned
    if replaced:
        assert [gone.key for batch in found.batches for gone in batch.gone] == replaced


@pytest.mark.parametrize("change", ["insert", "delete"])
async def test_a_list_that_changes_while_it_is_read_ends_right(change: str) -> None:
    made = MadeSplit()

    def changed() -> None:
        if change == "insert":
            made.flags.insert(0, flag(999))
            made.definitions.append(definition(999))
        else:
            del made.flags[0], made.definitions[0]

    changing(made, FLAGS, 50, changed)
    found = await listed(made)
    assert found.failure is None
    assert sorted(found.keys) == sorted(str(one["name"]) for one in made.flags)
    assert len(found.keys) == (131 if change == "insert" else 129)


async def test_a_list_that_changes_for_ever_is_a_failure() -> None:
    made = MadeSplit()

    def before(asked: Asked, offset: int) -> Reply | None:
        if asked.path == FLAGS:
            made.flags.append(flag(len(made.flags)))
        return None

    made.before = before
    failure = (await listed(made)).failure
    assert failure is not None
    assert (failure.kind, failure.exit_code, failure.field) == (Kind.SERVER_ERROR, 5, None)


@pytest.mark.parametrize("path", [FLAGS, DEFINITIONS])
async def test_a_lost_page_gives_all_else_and_then_the_failure(path: str) -> None:
    made = MadeSplit(before=failing(path, Reply(503, b""), 50))
    found = await listed(made)
    assert sorted(found.keys) == sorted(NAMES[:50] + NAMES[100:])
    assert found.failure is not None
    assert (found.failure.kind, found.failure.status_code, found.failure.exit_code) == (Kind.SOURCE, 503, 5)
    assert len(paths(made, path)) == 5


async def test_of_two_lost_pages_that_of_the_flags_is_told() -> None:
    made = MadeSplit(before=lambda asked, offset: Reply(503, {"message": f"no {asked.path}"}) if offset == 50 else None)
    failure = (await listed(made)).failure
    assert failure is not None
    assert f'"no {FLAGS}"' in failure.what


async def test_a_page_that_fails_twice_is_read() -> None:
    found = await listed(MadeSplit(before=failing(FLAGS, Reply(503, b""), 50, times=2)))
    assert (len(found.keys), found.failure) == (130, None)


# --- refusals


# Changed answers, the server, the most requests, and the failure's kind, status, field and exit code
REFUSED: dict[str, tuple[dict[str, str], MadeSplit, int, tuple[Kind, int, str | None, int]]] = {
    "no such workspace": ({"workspaceId": "8f2c"}, MadeSplit(), 2, (Kind.SOURCE, 404, "workspaceId", 5)),
    "no such environment": ({"environmentId": "Production"}, MadeSplit(), 99, (Kind.SOURCE, 404, "environmentId", 5)),
    "flags denied": ({}, MadeSplit(before=failing(FLAGS, Reply(403, b""))), 99,
        (Kind.SOURCE, 403, "workspaceApiKey", 3)),
    "definitions denied": ({}, MadeSplit(before=failing(DEFINITIONS, Reply(403, b""))), 99,
        (Kind.SOURCE, 403, "workspaceApiKey", 3)),
    "long pause": ({}, MadeSplit([flag(number) for number in range(5000)],
        before=failing(DEFINITIONS, Reply(429, b"", headers={"X-RateLimit-Reset-Seconds-IP": "900"}), 50)), 49,
        (Kind.RATE_LIMITED, 429, None, 5)),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_refusal_names_the_field_and_ends_the_reading(case: str) -> None:
    answers, made, most, expected = REFUSED[case]
    failure = (await listed(made, {**ANSWERS, **answers})).failure
    assert failure is not None
    assert (failure.kind, failure.status_code, failure.field, failure.exit_code) == expected
    assert len(made.asked) <= most
    assert KEY not in str(failure)
    if case == "no such workspace":
        assert (failure.remedy, failure.about) == (Remedy.PICK, "the workspace")


async def test_a_pause_is_waited_for_and_told() -> None:
    events = list[ProgressEvent]()
    pause = Reply(429, b"", headers={"X-RateLimit-Reset-Seconds-Org": "5", "X-RateLimit-Remaining-Org": "0"})
    found = await listed(MadeSplit(before=failing("", pause, 50, times=1)), sink=events.append)
    assert (len(found.keys), found.failure) == (130, None)
    (pausing,) = [event for event in events if isinstance(event, Pausing)]
    assert (pausing.seconds, pausing.limit) == (5.0, "your organization")


async def test_left_early_it_leaves_nothing_running() -> None:
    async with serving(MadeSplit([flag(number) for number in range(2000)])) as server, Http(sleep=no_wait) as http:
        before = asyncio.all_tasks()
        listing = split_flags.list_flags(Connection(http, server.url + BASE, SecretStr(KEY)), ANSWERS)
        await anext(listing)
        await listing.aclose()
        ours = {task for task in asyncio.all_tasks() - before if "converse" not in repr(task)}
        assert not ours


# --- hostile and odd


async def test_flag_text_stays_raw_and_sentences_are_cleaned_without_an_echoed_key() -> None:
    name = f"\x1b]52;c;aGk=\x07{KEY}"
    rule = {"condition": {"matchers": [{"type": f"\x1b[2J{KEY}", "attribute": "\u202ea"}]}, "buckets": []}
    made = MadeSplit(
        [flag(1, f"\x9b{KEY}", name=name, description=f"{KEY}\x00")],
        [definition(1, name=name, rules=[rule], treatments=[{"name": f"\x07{KEY}"}])],
    )
    (one,) = (await listed(made)).flags
    said = [lost.text for lost in explained(targeting_of(one.definition))]
    data = [one.key, one.name, one.description, *(one.tags or ()), one.variations[0].name]
    assert [text.replace(MASK, "") for text in data] == [*["\x1b]52;c;aGk=\x07"] * 2, "\x00", "\x9b", "\x07"]
    assert all(text.isprintable() for text in (*one.warnings, one.cut_over_warning, *said))
    assert KEY not in repr([data, one.warnings, said]) + repr(one.definition)


async def test_entries_without_a_name_are_counted_and_left_out() -> None:
    made = MadeSplit([flag(1), flag(2, name=None), flag(3, name=7), {"tags": None}], [definition(1), {"killed": True}])
    found = await listed(made)
    assert (found.keys, found.failure) == (["flag-1"], None)
    assert found.notes == [left_out("Split", 3)]
