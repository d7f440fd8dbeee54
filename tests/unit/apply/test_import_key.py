"""The import key that the wizard creates: one request, its name noted before, and a lost answer looked up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.unit.run_tools import Time
from tests.unit.sandbox_tools import launchdarkly
from tui.answers import created_key
from tui.answers.created_key import CreatedKey
from tui.apply.import_key import Fate, ImportKeys, KeyOutcome, body_of, proposed
from tui.context import Context
from tui.launchdarkly.instances import instance
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Sent
from tui.sandbox import faults
from tui.sandbox.faults import Fault, answer, cut, cut_halfway, garbage, pause, refuse, truncate
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.sandbox.struck_request import StruckRequest
from tui.secrets.bag import Bag
from tui.text.redact import Redactor

PATH = "/api/v2/tokens"
CALLER = "/api/v2/caller-identity"
Act = Callable[[StruckRequest], Awaitable[None]]


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class World:
    """One process that creates keys, and the notes that would be on the disk."""

    box: Sandbox
    clock: Time = field(default_factory=Time)
    notes: tuple[CreatedKey, ...] = ()
    at_post: list[tuple[CreatedKey, ...]] = field(default_factory=list)
    """The notes when each request to create a key arrived."""
    events: list[Any] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    dies_at: int = 0
    """The moment at which the process ends: twice at each note, before and after it is written. 0 for never."""
    moments: int = 0

    def __post_init__(self) -> None:
        def seen(method: str, path: str) -> None:
            if (method, path) == ("POST", PATH):
                self.at_post.append(self.notes)

        self.box.on_request = seen
        self.redactor = Redactor()

    def keys(self, who: str = "writer") -> ImportKeys:
        bag = Bag(self.redactor)
        bag.put("token", TOKENS[who].value)
        context = Context(
            redactor=self.redactor, now=self.clock.now, sleep=self.clock.sleep, timer=self.clock.now,
            log=self.log.append,
        )  # fmt: skip
        return ImportKeys(instance(self.box.addresses()["launchdarkly"]["url"]), bag, context, self._keep, self._drop)

    def _moment(self) -> None:
        self.moments += 1
        if self.moments == self.dies_at:
            raise KilledError

    def _keep(self, key: CreatedKey) -> None:
        self._moment()
        self.notes = created_key.noted(self.notes, key)
        self._moment()

    def _drop(self, name: str) -> None:
        self.notes = created_key.without(self.notes, name)

    def proposal(self, *, wide: bool = False) -> CreatedKey:
        where = instance(self.box.addresses()["launchdarkly"]["url"])
        return proposed(where, "web-shop", self.clock.now(), "salt", wide=wide)

    async def create(self, key: CreatedKey | None = None, who: str = "writer") -> KeyOutcome:
        return await self.keys(who).create(key or self.proposal()).finish(self.events.append)

    def there(self) -> list[dict[str, Any]]:
        """The keys of this program that another client sees."""
        with launchdarkly(self.box) as ld:
            items = ld.get(PATH, params={"limit": 1000}).json()["items"]
        return [each for each in items if each["name"].startswith("ld-flag-import")]

    def values(self) -> list[str]:
        return [token.value for token in self.box._accounts.tokens.values() if token.id]

    def said(self, outcome: KeyOutcome | None) -> str:
        """All that anyone could read of it."""
        failure = outcome.failure if outcome else None
        return "\n".join((repr(outcome), str(failure), repr(self.events), *self.log, repr(self.notes)))


@pytest.fixture
def world(box: Sandbox) -> World:
    return World(box)


def strike(monkeypatch: pytest.MonkeyPatch, box: Sandbox, method: str, path: str, act: Act, nth: int = 0) -> None:
    """The `nth` such request meets this, and all of them where it is 0."""

    async def sometimes(struck: StruckRequest) -> None:
        await (act(struck) if nth in (0, struck.count) else struck.go_on())

    matched = re.compile(path)

    def strikes(service: str, sent: str, where: str) -> bool:
        return service == "launchdarkly" and sent == method and matched.fullmatch(where) is not None

    monkeypatch.setitem(faults.FAULTS, "of-this-test", Fault("of-this-test", "", "", strikes, sometimes))
    box.set_fault("of-this-test")


# --- creating one


async def test_key_may_create_flags_in_one_project_and_nothing_else(world: World) -> None:
    outcome = await world.create()
    assert outcome.fate is Fate.CREATED
    assert outcome.value is not None
    (token,) = world.there()
    assert token["_id"] == outcome.key.id
    assert token["serviceToken"] is True
    assert token["inlineRole"] == [
        {"effect": "allow", "resources": ["proj/web-shop:env/*:flag/*"], "actions": ["createFlag"]}
    ]
    assert outcome.value.get_secret_value().endswith(token["token"])
    assert re.fullmatch(r"ld-flag-import web-shop \d{4}-\d\d-\d\d [0-9a-f]{4}", token["name"])


async def test_name_is_noted_before_the_request_and_id_after_it(world: World) -> None:
    outcome = await world.create()
    ((before,),) = world.at_post
    assert (before.name, before.id) == (outcome.key.name, "")
    assert world.notes == (replace(before, id=outcome.key.id),)
    assert before.account
    assert outcome.value is not None
    assert outcome.value.get_secret_value() not in world.said(outcome)


async def test_wide_key_may_do_everything_with_the_flags_of_the_project() -> None:
    body = body_of(CreatedKey("n", "h", "web", wide=True))
    assert body["inlineRole"] == [{"effect": "allow", "resources": ["proj/web:env/*:flag/*"], "actions": ["*"]}]


async def test_names_differ_though_the_clock_stands_still(world: World) -> None:
    first, second = await world.create(), await world.create()
    assert first.fate is second.fate is Fate.CREATED
    assert first.key.name != second.key.name
    assert len({key.name for key in world.notes}) == 2


async def test_key_that_can_not_be_noted_is_not_created(world: World) -> None:
    def full(key: CreatedKey) -> None:
        raise Failure(Kind.INTERNAL, "The disk is full.")

    outcome = await replace(world.keys(), keep=full).create(world.proposal()).finish()
    assert outcome.fate is Fate.NOT_CREATED
    assert outcome.failure is not None
    assert "disk" in outcome.failure.what
    assert not world.at_post


async def test_value_is_kept_though_the_id_can_not_be_noted(world: World) -> None:
    keys = world.keys()

    def full(key: CreatedKey) -> None:
        if key.id:
            raise Failure(Kind.INTERNAL, "The disk is full.")
        world._keep(key)

    outcome = await replace(keys, keep=full).create(world.proposal()).finish()
    assert outcome.fate is Fate.CREATED
    assert [key.id for key in world.notes] == [""]


async def test_response_without_an_id_is_completed_by_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def without_id(struck: StruckRequest) -> None:
        response = await struck.captured()
        response.body = re.sub(rb'"_id":"[^"]*",?', b"", bytes(response.body))
        response.headers["content-length"] = str(len(response.body))
        await struck.answer(response)

    strike(monkeypatch, world.box, "POST", PATH, without_id)
    outcome = await world.create()
    assert outcome.fate is Fate.CREATED
    assert outcome.key.id == world.there()[0]["_id"]


# --- refusals


@pytest.mark.parametrize("who", ["reader", "automation", "no-configurations"])
async def test_refused_role_names_who_can_help(world: World, who: str) -> None:
    outcome = await world.create(who=who)
    assert outcome.fate is Fate.NOT_CREATED
    failure = outcome.failure
    assert failure is not None
    assert (failure.status_code, failure.remedy) == (403, Remedy.ASK)
    assert "admin" in failure.about
    assert not world.at_post
    assert world.notes == ()


async def test_reason_of_a_refusal_is_shown(world: World) -> None:
    world.box.set_fault("token-invalid")
    outcome = await world.create()
    assert outcome.failure is not None
    assert "inlineRole is not available on your plan" in outcome.failure.what
    assert (outcome.fate, world.notes, len(world.at_post)) == (Fate.NOT_CREATED, (), 1)


async def test_short_pause_is_waited_and_long_one_is_not(world: World) -> None:
    world.box.set_fault("token-rate-limited")
    assert (await world.create()).fate is Fate.CREATED
    world.box.set_fault("token-rate-limited-long")
    outcome = await world.create()
    assert outcome.failure is not None
    assert (outcome.fate, outcome.failure.kind) == (Fate.NOT_CREATED, Kind.RATE_LIMITED)
    assert len(world.there()) == 1


# --- every fault at every request

FAULTS: dict[str, Act] = {
    "400": refuse(400),
    "401": refuse(401),
    "403": refuse(403),
    "404": refuse(404),
    "409": refuse(409),
    "long pause": pause(180),
    "500": refuse(500),
    "500 carried out": refuse(500, carried_out=True),
    "redirect": answer(302, headers={"location": "https://login.example.com/"}),
    "page": answer(200, html="<html>busy</html>"),
    "empty": answer(200),
    "gateway": answer(502, html="<html>bad gateway</html>"),
    "gateway timeout": answer(504),
    "reset": cut(),
    "reset after": cut(carried_out=True),
    "halfway": cut_halfway(),
    "truncated": truncate(60),
    "garbage": garbage(),
}
REQUESTS = {
    "caller": ("GET", CALLER, 1),
    "list": ("GET", PATH, 1),
    "create": ("POST", PATH, 1),
}


def judged(world: World, outcome: KeyOutcome) -> None:
    """What must be true however it ended."""
    there = world.there()
    noted = {key.name: key for key in world.notes}
    assert len(world.at_post) <= 1
    assert len(there) <= 1
    assert all(world.at_post)  # each was noted before
    if outcome.fate is Fate.CREATED:
        assert [each["_id"] for each in there] == [outcome.key.id] == [key.id for key in world.notes]
    elif outcome.fate is Fate.NOT_CREATED:
        assert there == []
        assert world.notes == ()
    elif outcome.fate is Fate.LOST:
        assert [each["_id"] for each in there] == [outcome.key.id] == [noted[outcome.key.name].id]
    else:
        assert outcome.key.name in noted
    assert (outcome.fate is Fate.CREATED) is (outcome.value is not None)
    assert (outcome.fate is Fate.CREATED) is (outcome.failure is None)
    for value in world.values():
        assert value not in world.said(outcome)
        assert value[12:] not in world.said(outcome)
        assert value not in world.redactor(f"said {value}") or outcome.fate is not Fate.CREATED


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_at_every_request(
    world: World, monkeypatch: pytest.MonkeyPatch, request_: str, fault: str
) -> None:
    method, path, nth = REQUESTS[request_]
    strike(monkeypatch, world.box, method, path, FAULTS[fault], nth)
    outcome = await world.create()
    world.box.set_fault(None)
    judged(world, outcome)
    if request_ != "create" and outcome.fate is not Fate.CREATED:
        assert not world.at_post


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_", ["caller", "list"])
@pytest.mark.parametrize("carried_out", [True, False])
async def test_every_fault_at_the_look_up(
    world: World, monkeypatch: pytest.MonkeyPatch, request_: str, fault: str, carried_out: bool
) -> None:
    """The answer is lost, and the look-up meets the fault, once or for good."""
    method, path, _ = REQUESTS[request_]

    async def both(struck: StruckRequest) -> None:
        here = struck.scope["method"], struck.scope["path"]
        if here == ("POST", PATH):
            await cut(carried_out=carried_out)(struck)
        elif here == (method, path) and world.at_post:
            await FAULTS[fault](struck)
        else:
            await struck.go_on()

    strike(monkeypatch, world.box, "POST", PATH, both)
    monkeypatch.setitem(
        faults.FAULTS,
        "of-this-test",
        replace(faults.FAULTS["of-this-test"], strikes=lambda s, m, p: s == "launchdarkly"),
    )
    world.box.set_fault("of-this-test")
    outcome = await world.create()
    world.box.set_fault(None)
    if outcome.fate is Fate.NOT_KNOWN:
        assert outcome.failure is not None
        assert outcome.failure.remedy is Remedy.LOOK_AGAIN
        judged(world, outcome)
        outcome = await world.keys().look(world.notes[-1]).finish()
    assert outcome.fate is (Fate.LOST if carried_out else Fate.NOT_CREATED)
    judged(world, outcome)


async def test_look_up_waits_for_a_slow_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(struck: StruckRequest) -> None:
        replayed = asyncio.ensure_future(_later(struck))
        await struck.cut()
        await replayed

    async def _later(struck: StruckRequest) -> None:
        while sum(path == PATH and method == "GET" for method, path, _ in world.box.requests) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        await struck.captured()

    strike(monkeypatch, world.box, "POST", PATH, late)
    outcome = await world.create()
    assert outcome.fate is Fate.LOST
    judged(world, outcome)


async def test_value_in_a_broken_response_is_known_to_the_redactor(world: World) -> None:
    """The text is without `api-`, so its shape alone doesn't give it away."""
    world.box.set_fault("token-broken")
    outcome = await world.create()
    (value,) = world.values()
    assert outcome.fate is Fate.LOST
    part = value.removeprefix("api-")
    assert part not in world.redactor.foreign(f"the body ends in {part}")
    judged(world, outcome)


# --- a process that ends in between


@pytest.mark.parametrize("moment", range(1, 5))
async def test_kill_at_any_note_is_settled_by_the_next_process(box: Sandbox, moment: int) -> None:
    world = World(box, dies_at=moment)
    with pytest.raises(KilledError):
        await world.create()
    there = world.there()
    assert len(there) == (moment > 2)
    if moment == 1:
        assert world.notes == ()
        return
    assert [key.name for key in world.notes] == [each["name"] for each in there] or moment == 2
    later = World(box, notes=world.notes)
    outcome = await later.keys().look(later.notes[-1]).finish()
    assert outcome.fate is (Fate.LOST if there else Fate.NOT_CREATED)
    judged(later, outcome)
    if there:
        assert await later.keys().delete(outcome.key).finish() is True
        assert (later.there(), later.notes) == ([], ())


async def test_giving_up_while_the_request_is_out_leaves_the_note(world: World) -> None:
    stream = world.keys().create(world.proposal())
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, Sent) and event.method == "POST":
                break
    assert [key.id for key in world.notes] == [""]
    outcome = await world.keys().look(world.notes[-1]).finish()
    assert outcome.fate in (Fate.LOST, Fate.NOT_CREATED)
    assert bool(world.there()) is (outcome.fate is Fate.LOST)


# --- deleting


async def test_delete_forgets_the_key_and_a_second_time_it_was_gone(world: World) -> None:
    key = (await world.create()).key
    assert await world.keys().delete(key).finish() is True
    assert (world.there(), world.notes) == ([], ())
    assert await world.keys().delete(key).finish() is False


async def test_key_without_an_id_is_deleted_by_its_name(world: World) -> None:
    key = (await world.create()).key
    assert await world.keys().delete(replace(key, id="")).finish() is True
    assert world.there() == []


async def test_key_whose_request_is_still_out_is_waited_for_before_it_is_deleted(world: World) -> None:
    key = replace(world.proposal(), sent_at=world.clock.now())
    looks = 0

    def late(method: str, path: str) -> None:
        nonlocal looks
        looks += (method, path) == ("GET", PATH)

    world.box.on_request = late
    assert await world.keys().delete(key).finish() is False
    assert looks > 2
    assert sum(world.clock.naps) >= 10


async def test_token_of_another_account_can_not_say_that_a_key_is_gone(world: World) -> None:
    key = (await world.create()).key
    with pytest.raises(Failure) as raised:
        await world.keys("other-account").delete(key).finish()
    assert raised.value.kind is Kind.CREDENTIAL
    outcome = await world.keys("other-account").look(replace(key, id="")).finish()
    assert outcome.fate is Fate.NOT_KNOWN
    assert len(world.there()) == len(world.notes) == 1


async def test_refused_deletion_names_who_can_help_and_keeps_the_note(world: World) -> None:
    key = (await world.create()).key
    world.box.set_fault("token-deletion-forbidden")
    with pytest.raises(Failure) as raised:
        await world.keys().delete(key).finish()
    assert raised.value.remedy is Remedy.ASK
    assert key.name in raised.value.about
    assert len(world.there()) == len(world.notes) == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_at_the_deletion(world: World, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    key = (await world.create()).key
    strike(monkeypatch, world.box, "DELETE", f"{PATH}/.*", FAULTS[fault])
    failure: Failure | None = None
    deleted = None
    try:
        deleted = await world.keys().delete(key).finish()
    except Failure as raised:
        failure = raised
    world.box.set_fault(None)
    if failure is None:
        assert (world.there(), world.notes, deleted) == ([], (), True)
    else:
        assert [each["_id"] for each in world.there()] == [key.id] == [each.id for each in world.notes]
        await world.keys().delete(key).finish()
    assert world.notes == ()
