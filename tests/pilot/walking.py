"""Drives the wizard by Textual's Pilot, over real HTTP to the practice servers.

Practice mode has shortcuts of its own ("Fill in"); `real_app` walks without them, and types and pastes as a
person with an account would, the practice servers standing in for LaunchDarkly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, overload

from textual import events
from textual.command import CommandPalette
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tests.pilot.looking import shown, until
from tests.pilot.people import FIELD_STEPS, answers
from tests.unit.sandbox_tools import FI, launchdarkly
from tui.answers import changes, plan_state, remarks, steps
from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.app import WizardApp
from tui.apply.create import Outcome
from tui.plan.plan import Plan
from tui.sandbox.keys import PROJECT
from tui.sandbox.server import Sandbox
from tui.screens.frame import Frame
from tui.screens.losses import LossesScreen
from tui.screens.plan import PlanScreen
from tui.screens.step import StepScreen
from tui.text.redact import Redactor
from tui.widgets.choices import TickList
from tui.widgets.ids import problem_id
from tui.wizard.options import Options

INTEGRATIONS = ("split", "unleash")
STEPS = tuple(step.key for step in steps.STEPS)
BEFORE_SENDING = STEPS[: STEPS.index("submit")]
ENVIRON: Mapping[str, str] = {"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
SIZE = (80, 24)

NAMED: Mapping[str, str] = {" ": "space", "?": "question_mark", ":": "colon", "/": "slash"}
CHARACTERS: Mapping[str, str] = {name: each for each, name in NAMED.items()}
HOPS = 40
"""Turns of the event loop in which a key is handed from the app to a widget and up again, and does its work."""

W = TypeVar("W", bound=Widget)


@dataclass
class Walk:
    """One wizard under test, and the servers it talks to."""

    app: WizardApp
    pilot: Pilot[int]
    box: Sandbox
    folder: Path

    # --- what is there

    @property
    def screen(self) -> Frame:
        """The step at the bottom of whatever is open."""
        return next(each for each in self.app.screen_stack if isinstance(each, Frame))

    @property
    def fields_screen(self) -> StepScreen:
        """The step at the bottom, which is not the first."""
        assert isinstance(self.screen, StepScreen)
        return self.screen

    @property
    def step(self) -> str:
        return self.screen.STEP

    def on(self, step: str) -> bool:
        """The step is on the screen, with nothing open above it."""
        return isinstance(self.app.screen, Frame) and self.step == step

    @property
    def draft(self) -> Draft:
        return self.app.draft or Draft()

    @property
    def shown(self) -> str:
        return shown(self.app)

    @property
    def focused(self) -> str:
        """The id of the widget with the focus."""
        return (self.app.focused.id or "") if self.app.focused else ""

    @property
    def outcome(self) -> Outcome | None:
        attempt = self.app.session.attempt
        return attempt.creation.outcome if attempt else None

    @property
    def left(self) -> bool:
        """The wizard was left by its own key."""
        return self.app.return_value == 0

    @overload
    def get(self, selector: str) -> Widget: ...
    @overload
    def get(self, selector: str, kind: type[W]) -> W: ...
    def get(self, selector: str, kind: type[Widget] = Widget) -> Widget:
        """The widget, of the uppermost screen."""
        return self.app.screen.query_one(selector, kind)

    def text(self, selector: str) -> str:
        """The whole text of a widget, also of what does not fit."""
        widget = self.app.screen.query_one(selector)
        if isinstance(widget, Button):
            return str(widget.label)
        if isinstance(widget, Input):
            return widget.value
        if isinstance(widget, Static):
            return str(widget.content)
        return "\n".join(str(each.content) for each in widget.query(Static))

    def message(self) -> str:
        return self.text("#message")

    def below(self, key: str) -> str:
        """The line below a field."""
        return self.text(f"#{problem_id(key)}")

    def posts(self) -> list[str]:
        """The paths of all requests so far that change anything."""
        return [path for method, path, _ in self.box.requests if method != "GET"]

    def creations(self) -> list[str]:
        """Those of them that create a configuration; starting one is another request."""
        return [path for path in self.posts() if path.startswith(FI) and path.count("/") == FI.count("/") + 2]

    def created(self) -> list[str]:
        """The names of the flag import configurations in the practice project, as its API lists them."""
        with launchdarkly(self.box) as client:
            items = client.get(FI).json()["items"]
        return [each["name"] for each in items if each["projectKey"] == PROJECT]

    # --- what a person does

    async def until(self, condition: Callable[[], object], what: str = "", seconds: float = 20.0) -> None:
        await until(self.pilot, condition, what, seconds)

    @property
    def idle(self) -> bool:
        """No check, list, or request is running."""
        return all(worker.is_finished for worker in self.app.workers)

    async def settled(self) -> None:
        """Wait until no check, list, or request is running and every widget has handled its messages. Then draw."""
        await self.until(lambda: self.idle, "workers to end")
        await self.pilot.pause()
        shown(self.app)

    async def closed(self, step: str) -> None:
        """Wait until all that was open above a step is closed."""
        await self.until(lambda: self.on(step) and self.app.screen.focused is not None, f"{step} with nothing above it")

    async def at(self, step: str) -> None:
        """Wait until a step is on the screen, with its checks done."""
        await self.until(lambda: self.on(step) and self.app.screen.focused is not None, f"step {step}")
        await self.settled()

    async def press(self, *keys: str) -> None:
        """Press keys as a terminal sends them, and let each have its effect.

        `Pilot.press` waits by the clock for an idle processor, twice for each key.
        """
        for key in keys:
            self._send(key)
            for _ in range(HOPS):
                await asyncio.sleep(0)
        await self.pilot.pause(0)

    async def type_at_once(self, *keys: str) -> None:
        """Send keys together, as a slow connection delivers what was typed ahead."""
        for key in keys:
            self._send(key)
        await self.pilot.pause(0)

    def _send(self, key: str) -> None:
        driver = self.app._driver
        assert driver is not None
        name = NAMED.get(key, key)
        event = events.Key(name, CHARACTERS.get(name, key if len(key) == 1 else None))
        event.set_sender(self.app)
        driver.send_message(event)

    async def focus(self, selector: str) -> None:
        self.app.screen.query_one(selector).focus()
        await self.until(lambda: self.app.screen.query_one(selector).has_focus, f"focus on {selector}")

    async def has_focus(self, id: str) -> None:
        """Wait until the widget of this id has the focus."""
        await self.until(lambda: self.focused == id, f"the focus on {id}")

    async def in_view(self) -> None:
        """Wait until all that fits of the widget with the focus is inside the part of the step that can be seen."""

        def seen() -> bool:
            widget, body = self.app.focused, self.get("#body", VerticalScroll)
            if widget is None:
                return False
            window = body.content_region if body in widget.ancestors else self.app.screen.region
            part = widget.region.intersection(window)
            return part.height >= min(widget.region.height, window.height) and part.width > 0

        await self.until(seen, f"{self.app.focused} to be in view", seconds=3.0)

    async def answered(self, field: str, value: str) -> None:
        """Wait until a field has this answer."""
        await self.until(lambda: drafts.answer(self.draft, field).value == value, f"{field} to be {value}")

    async def push(self, selector: str) -> None:
        """Press a button: focus and Enter. Unlike a click this also finds one that is scrolled away."""
        await self.focus(selector)
        button = self.get(selector)
        await self.until(lambda: not button.has_class("-active"), f"{selector} to be pressed again")  # after 0.2 s
        await self.press("enter")

    async def paste(self, selector: str, text: str) -> None:
        """Empty a field and paste into it."""
        await self.focus(selector)
        await self.press("ctrl+u")
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def write(self, selector: str, text: str) -> None:
        """Empty a field and type into it, key by key."""
        await self.focus(selector)
        await self.press("ctrl+u", *text)

    async def next(self) -> None:
        """Ctrl+O, from anywhere."""
        await self.press("ctrl+o")

    async def choose(self, integration: str) -> None:
        """On the first screen: take an integration."""
        await self.push(f"#integration-{integration}")
        await self.until(lambda: self.draft.integration == integration, f"{integration} to be chosen")

    async def answer(self, integration: str) -> None:
        """Answer all that stands on this step: by "Fill in" in practice, else as a person does."""
        if self.step == "integration":
            await self.choose(integration)
        elif self.app.practicing and self.step in FIELD_STEPS:
            await self.push("#fill-in")
        elif self.step in FIELD_STEPS:
            for selector, value in answers(self.box, integration)[self.step].items():
                await self.paste(selector, value)
            await self.focus("#next")
        elif self.step == "plan":
            await self.tick_all()
        await self.settled()

    async def planned(self) -> Plan:
        """On Plan: wait until both sides are read, and return what the draft then holds."""
        await self.until(lambda: self.on("plan") and self.focused, "Plan")
        await self.until(lambda: not self.plan_screen.reading, "the end of the reading")
        await self.pilot.pause()
        plan = self.draft.plan
        assert plan is not None, self.shown
        return plan

    @property
    def plan_screen(self) -> PlanScreen:
        assert isinstance(self.screen, PlanScreen)
        return self.screen

    async def tick_all(self) -> None:
        """On Plan: tick every kind of loss, each by its own key press, as a person who has seen them."""
        await self.planned()
        if unconfirmed := plan_state.unseen(self.draft):
            await self.press("l")
            await self.opened(LossesScreen)
            ticks = self.get("#loss-kinds", TickList)
            for kind in unconfirmed:
                ticks.go_to(kind)
                await self.press("space")
            await self.press("escape")
            await self.closed("plan")
        assert not remarks.problems(self.draft, "plan"), self.shown

    async def over_plan(self) -> None:
        """From Fields, where all is answered, over Plan to Review."""
        await self.next()
        await self.at("plan")
        if self.get("#go-without").display:
            await self.focus("#go-without")
            await self.press("space")
        else:
            await self.tick_all()
        await self.next()
        await self.at("review")

    async def to(self, step: str, integration: str = "unleash") -> None:
        """Go on to a step, answering those before it."""
        while self.step != step:
            ahead = steps.after(self.step)
            assert ahead is not None
            await self.answer(integration)
            await self.next()
            await self.at(ahead.key)

    async def jump(self, step: str, integration: str = "unleash") -> None:
        """In practice: stand on a step at once, with all before it answered and checked as on their screens."""
        session = self.app.session
        session.choose(integration)
        for each in STEPS[1 : STEPS.index(step)]:
            session.draft = changes.go(session.draft, each)
            session.fill_practice(each)
            for field in drafts.fields(session.draft, each):
                if session.due(field.key):
                    async for _ in session.check(field.key):
                        pass
            if each == "plan":
                async for _ in session.read_plan():
                    pass
                assert session.draft.plan is not None
                session.draft = plan_state.see(session.draft, frozenset(session.draft.plan.losses))
        await self.show(step)

    async def show(self, step: str) -> None:
        """Put a step on the screen, with all answers as they are."""
        self.app.session.draft = changes.go(self.draft, step)
        self.app.show_step()
        await self.at(step)

    async def back_to(self, step: str) -> None:
        """Go back to a step that was passed, by F7."""
        while self.step != step:
            behind = steps.before(self.step)
            assert behind is not None
            await self.press("f7")
            await self.at(behind.key)

    async def send(self, *, watched: bool = True) -> None:
        """On Review: press the button, and wait for the end."""
        assert self.step == "review"
        await self.push("#next")
        await self.ended(watched=watched)

    async def ended(self, *, watched: bool = True) -> None:
        """Wait for the end of a submission, and of the import if Submit has continued to Run by itself.

        Without `watched` only for Run: the clock stands still, so the import doesn't end.
        """
        await self.until(lambda: self.outcome is not None and (self.on("run") or self.idle), "the outcome")
        if watched or not self.on("run"):
            await self.settled()

    async def opened(self, kind: type[Screen[Any]]) -> None:
        """Wait until a dialog is on the screen."""
        await self.until(lambda: isinstance(self.app.screen, kind) and self.app.screen.focused is not None, str(kind))

    async def open_actions(self, filter_by: str = "") -> None:
        """The list of all actions, filtered, with the first one highlighted."""
        await self.press("f2")
        await self.opened(CommandPalette)
        if filter_by:
            await self.press(*filter_by)
        await self.settled()


def options(box: Sandbox, folder: Path, **more: Any) -> Options:
    """As `cli` makes them, but for the world they come from."""
    settings: dict[str, Any] = {"environ": dict(ENVIRON), "theme": "dark", "folder": folder, **more}
    return Options(start_practice=lambda saved, save: box, **settings)


@asynccontextmanager
async def running(
    asked: Options, box: Sandbox, *, size: tuple[int, int] = SIZE, step: str = "integration"
) -> AsyncIterator[Walk]:
    """The app with its session loaded, on its first screen or on the one the options lead to."""
    app = WizardApp(asked, Redactor())
    app.animation_level = "none"  # as `cli` has it
    async with app.run_test(size=size) as pilot:
        walk_ = Walk(app, pilot, box, asked.folder)
        await walk_.until(lambda: app._session is not None, "the session")
        await walk_.at(step)
        yield walk_
    # A child that asks the keyring is being ended; the loop must still be there then.
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left, timeout=5.0)


@asynccontextmanager
async def practice_app(
    folder: Path, *, size: tuple[int, int] = SIZE, box: Sandbox | None = None, **more: Any
) -> AsyncIterator[Walk]:
    """The wizard as `--demo` starts it, with servers of its own. `more` are `Options`."""
    with box or Sandbox.start() as servers:
        async with running(options(servers, folder, demo=True, **more), servers, size=size) as made:
            yield made


@asynccontextmanager
async def practice_at(folder: Path, step: str, integration: str = "unleash", **more: Any) -> AsyncIterator[Walk]:
    """`practice_app` on a step, with all before it answered."""
    async with practice_app(folder, **more) as made:
        await made.jump(step, integration)
        yield made


@asynccontextmanager
async def real_app(box: Sandbox, folder: Path, *, size: tuple[int, int] = SIZE, **more: Any) -> AsyncIterator[Walk]:
    """The wizard as it starts for a person with an account, which is one on the practice servers `box`."""
    async with running(options(box, folder, **more), box, size=size) as made:
        yield made


def problems(made: Walk) -> tuple[str, ...]:
    """The fields of this step with a problem."""
    return tuple(finding.field for finding in remarks.problems(made.draft, made.step))
