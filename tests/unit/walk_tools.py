"""A walk without a front: sessions over the practice servers, and ways to hurry, to count and to look."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CoroutineType
from typing import Any, TypeVar

from tests.unit.sandbox_tools import FI, launchdarkly
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers import plan_state, remarks
from tui.answers.draft import Draft
from tui.answers.fields import Form
from tui.answers.request import build
from tui.apply import new_journal
from tui.apply.create import Outcome
from tui.apply.engine import Import
from tui.context import Context
from tui.manifests.files import bundled
from tui.net.client import Http
from tui.net.events import ProgressEvent, Stream
from tui.plan.plan import Plan
from tui.sandbox.server import Sandbox
from tui.text.redact import Redactor
from tui.wizard import walk
from tui.wizard.practice import values_from
from tui.wizard.session import Session

T = TypeVar("T")
INTEGRATIONS = ("split", "unleash")
SOURCE_KEY = {"split": "workspaceApiKey", "unleash": "sourceApiKey"}
NAME = "Practice walk"
STEPS = ("launchdarkly", "keys", "fields")


@functools.cache
def built_forms() -> dict[str, Form]:
    return {manifest.key: forms.build(manifest) for manifest in bundled()}


@dataclass
class Naps:
    """A `sleep` that takes no time and remembers how long it was asked for."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Impatient(Context):
    """Gives every request one second, on a busy machine as well."""

    def http(self) -> Http:
        return Http(now=self.now, sleep=self.sleep, log=self.log, timer=self.timer, deadline=self.now() + 1.0)


def session(context: Context | None = None, **more: Any) -> Session:
    """One that knows no environment, keyring or file, unless `more` says so."""
    return Session(forms=built_forms(), context=context or Context(redactor=Redactor(), sleep=Naps()), **more)


def values(box: Sandbox, integration: str) -> dict[str, str]:
    """The practice company's answer to each field that it has one for."""
    return values_from(box.addresses())[integration]


async def walked(
    made: Session, integration: str, given: Mapping[str, str], *, checks: bool = False, plan: bool = False
) -> Session:
    """All steps up to Review, each field answered as a person would, each problem an error.

    With `plan` both sides are read and each kind of loss is ticked; else the walk goes on without a plan.
    """
    made.choose(integration)
    made.draft = walk.next_step(made.draft)
    for step in STEPS:
        assert made.draft.step == step
        for each in drafts.fields(made.draft, step):
            if each.key in given:
                made.put(each.key, given[each.key])
        while checks and (due := [v.key for v in drafts.fields(made.draft, step) if made.due(v.key)]):
            await checked(made, due[0])  # what it brings may change the proposed name, which is then looked up again
        assert not remarks.problems(made.draft, step), remarks.problems(made.draft, step)
        made.draft = walk.next_step(made.draft)
    assert made.draft.step == "plan"
    if plan:
        await planned(made)
    else:
        made.draft = plan_state.go_without(made.draft, True)
    made.draft = walk.next_step(made.draft)
    assert made.draft.step == "review", remarks.problems(made.draft, "plan")
    return made


async def planned(made: Session) -> Plan:
    """Have both sides read, and tick each kind of loss."""
    async for _ in made.read_plan():
        pass
    plan = made.draft.plan
    assert plan is not None
    made.draft = plan_state.see(made.draft, frozenset(plan.losses))
    return plan


async def at_review(
    box: Sandbox, integration: str = "unleash", context: Context | None = None, **changed: str
) -> Session:
    """A session that stands on Review without a check made; `changed` are answers other than the company's."""
    given = {**values(box, integration), "config-name": NAME}
    given |= {key.replace("_", "-"): value for key, value in changed.items()}
    return await walked(session(context), integration, given)


async def checked(made: Session, key: str) -> list[ProgressEvent]:
    """Have a field checked; what happened on the way."""
    return [event async for event in made.check(key)]


def attempt(made: Session, *, reuse: bool = False) -> Import:
    """A new import without a plan, whose journal is not saved."""
    request = build(made.draft)
    journal = new_journal.unplanned(request, {}, "")
    unsent = Import(journal, request.instance, made.bag, made.context, lambda journal: None, request)
    unsent.creation.reuse = reuse
    return unsent


async def drained(stream: Stream[T]) -> tuple[list[ProgressEvent], T]:
    """All events of a stream, and its result."""
    seen: list[ProgressEvent] = []
    result = await stream.finish(seen.append)
    return seen, result


async def sent(made: Import) -> Outcome:
    """What came of sending; the import must remember the same."""
    events, outcome = await drained(made.send())
    assert made.creation.outcome == outcome
    assert made.creation.events == events
    return outcome


def posts(box: Sandbox) -> int:
    """How many create requests have arrived."""
    return sum(method == "POST" and path.startswith(FI) for method, path, _ in box.requests)


def configurations(box: Sandbox, name: str | None = None) -> list[dict[str, Any]]:
    """What another client sees of the configurations in the account, whole."""
    with launchdarkly(box) as other:
        listed = [each for each in other.get(FI).json()["items"] if name in (None, each["name"])]
        paths = [f"{FI}/{each['projectKey']}/{each['integrationKey']}/{each['_id']}" for each in listed]
        return [other.get(path).json() for path in paths]


def strangers() -> set[str]:
    """The tasks of this loop that are neither the test's own nor of a server it made."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks() - {asyncio.current_task()}]
    codes = [each.cr_code for each in coroutines if isinstance(each, CoroutineType)]
    return {code.co_qualname for code in codes if "/tests/" not in code.co_filename}


def everything_said(draft: Draft) -> str:
    """All text that a front could show of a draft, and its representation."""
    parts = [repr(draft), *drafts.route(draft)]
    for each in drafts.all_fields(draft):
        parts += [remarks.line(draft, each.key).text, *(f.text for f in remarks.findings(draft, each.key))]
    for step in ("integration", *STEPS, "review", "submit"):
        parts += [remarks.summary(draft, step).text, *(f.text for f in remarks.problems(draft, step))]
    return "\n".join(parts)
