"""A colleague acts at any moment of any run: their work stays. Where nobody acts, undo takes everything back."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from tests.unit.headless_tools import KilledError, Recipe, recipe_in
from tests.unit.history_tools import as_imported, content, idle, some_flags
from tests.unit.sandbox_tools import FI
from tui.apply import store
from tui.apply.journal import Journal, Stage
from tui.commands import apply, undo, verify
from tui.sandbox.account import LdFlag
from tui.sandbox.colleague import Colleague
from tui.sandbox.server import Sandbox

COUNT = 8
"""Flags of the source. Seven of them are new in LaunchDarkly."""
NO_LOG = ["audit-log-missing", "audit-log-empty", "audit-log-anonymous"]
LEFT_OUT = ["no-creation-date", "no-version", "no-environment-versions"]
ODD = ["written-twice", "written-thrice", "modified-after-creation", "split-defaults-zero", "started-by-create"]
STAGES = [Stage.CREATING, Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED]
EXAMPLES = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),  # shrinking takes minutes
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class World:
    """What the servers are like. Without `tag` imported flags get none."""

    integration: str = "unleash"
    log: str | None = None
    left_out: str | None = None
    odd: tuple[str, ...] = ()
    tag: bool = True
    minute: bool = True


@dataclass(frozen=True)
class Act:
    """What a colleague does with a flag, after `skips` moments of this name have passed."""

    moment: str
    skips: int
    kind: str
    number: int


MOMENTS: dict[str, tuple[str, str]] = {
    "plan": ("GET", r"/api/v2/projects/web-shop"),
    "create": ("POST", rf"{FI}/[^/]+/[^/]+"),
    "start": ("POST", r".*/trigger"),
    "look": ("GET", rf"{FI}/[^/]+/[^/]+/[^/]+"),
    "newest": ("GET", r"/api/v2/flags/web-shop"),
    "verify": ("GET", r"/api/v2/projects/web-shop/environments"),
    "log": ("GET", r"/api/v2/auditlog"),
    "last look": ("GET", r"/api/v2/flags/web-shop/[^/]+"),
}
"""Right before such a request is answered. There is one more moment: between two commands."""
BETWEEN = "between"


@dataclass(frozen=True)
class Step:
    """A command. An `apply` may be killed where its journal comes to a stage, before or after that is noted."""

    command: str
    dies: Stage | None = None
    noted: bool = True
    delete: bool = False


@dataclass
class History:
    """Runs commands on one import while a colleague acts. `theirs` has each flag of theirs as they left it."""

    box: Sandbox
    recipe: Recipe
    world: World
    journal: Path
    acts: list[Act] = field(default_factory=list)
    theirs: dict[str, LdFlag] = field(default_factory=dict)
    alike: set[str] = field(default_factory=set)
    """Flags of theirs that look like the import's, created while it ran: without an audit log nobody can tell them."""
    taken: set[str] = field(default_factory=set)
    did: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.greta: Colleague = self.box.colleague()
        self.before = self.greta.flags()
        self.keys = [each.key for each in some_flags(COUNT).projects["default"] if each.key not in self.before]
        self.box.set_faults(*filter(None, (*self.world.odd, self.world.log, self.world.left_out)))
        self.box.clock.minute = self.world.minute
        self.box.on_request = self._called

    def _called(self, method: str, path: str) -> None:
        passed = {name for name, (verb, at) in MOMENTS.items() if method == verb and re.fullmatch(at, path)}
        self._pass(passed, starting=method == "POST", named=path.rpartition("/")[2])

    def _pass(self, moments: set[str], *, starting: bool = False, named: str = "") -> None:
        """Only by chance does someone act between the last look at a flag and its change."""
        waiting, self.acts = self.acts, []
        for act in waiting:
            if act.moment not in moments:
                self.acts.append(act)
            elif act.skips:
                self.acts.append(replace(act, skips=act.skips - 1))
            else:
                self._act(act, starting=starting, named=named)

    def _act(self, act: Act, *, starting: bool, named: str) -> None:
        there = self.greta.flags().keys()
        creates = act.kind.startswith("create")
        keys = [key for key in self.keys if (key not in there) == creates] or self.keys
        key = named if named in self.keys else keys[act.number % len(keys)]
        try:
            DEEDS[act.kind](self, key, starting or self.box.moves is not None)
        except (LookupError, ValueError):  # no such flag is there yet
            self.acts.append(replace(act, skips=0))
        else:
            self.did.add(act.kind)
            self.touched.add(key)

    # --- what a colleague does

    def create(self, key: str, running: bool, **changed: Any) -> None:
        """By hand. With nothing `changed` it looks like the import's."""
        self.box.clock.shift += 0.002  # never in the millisecond in which an import ends
        imported = as_imported(self.recipe.integration, None if self.world.tag else "")
        if key in imported:
            self.greta.create(key, **content(imported[key]) | changed)
            self._left(key)
            if not changed and (running or "server clock" in self.did):
                self.alike.add(key)

    def recreate(self, key: str, running: bool) -> None:
        self.greta.delete(key)
        self.theirs.pop(key, None)
        self.alike.discard(key)
        self.create(key, running)

    def delete(self, key: str) -> None:
        self.greta.delete(key)
        self.theirs.pop(key, None)
        self.alike.discard(key)

    def edit(self, key: str, change: Callable[[Colleague, str], object]) -> None:
        before = self.greta.flag(key)
        change(self.greta, key)
        if self.greta.flag(key) != before:
            self._left(key)

    def _left(self, key: str) -> None:
        self.theirs[key] = self.greta.flag(key)
        self.alike.discard(key)

    def trigger(self) -> None:
        if self.box.moves is None and (configuration := self._configuration()):
            self.greta.trigger(configuration)

    def delete_configuration(self) -> None:
        if configuration := self._configuration():
            self.greta.delete_configuration(configuration)

    def _configuration(self) -> str:
        noted = store.load(self.journal)
        return noted.configuration if noted else ""

    # --- what this program does

    def do(self, step: Step) -> int | None:
        """The command's exit code; None if it was killed."""
        self._pass({BETWEEN})
        if step.command == "verify":
            return self.recipe.run(verify.run, journal=self.journal).code
        if step.command == "undo":
            return self._undo(step)
        save = store.save

        def dies(journal: Journal, *more: Any) -> None:
            if step.noted or journal.stage is not step.dies:
                save(journal, *more)
            if journal.stage is step.dies:
                raise KilledError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "save", dies)
            try:
                code = self.recipe.run(apply.run, journal=self.journal).code
            except KilledError:
                code = None
        idle(self.box)
        return code

    def _undo(self, step: Step) -> int:
        ran = self.recipe.run(undo.run, journal=self.journal, delete=step.delete)
        flags = ran.lines[0].get("flags", ())
        self.taken |= {each["key"] for each in flags if each["action"] != "keep"}
        return ran.code

    # --- what must be so

    def holds(self) -> None:
        after = self.greta.flags()
        for key, flag in self.theirs.items():
            if not (self.world.log and key in self.alike):
                assert after.get(key) == flag, key
        for key, flag in self.before.items():
            assert after[key] == flag, key


def server_clock(history: History, key: str, running: bool) -> None:
    history.box.clock.shift += (-86_400, 3_600, -5, 90)[len(key) % 4]


def client_clock(history: History, key: str, running: bool) -> None:
    history.recipe.time.at += (-86_400, 90, -5, 60)[len(key) % 4]


def switch_twice(greta: Colleague, key: str) -> None:
    greta.switch(key, "test")
    greta.switch(key, "test", on=False)


def describe_twice(greta: Colleague, key: str) -> None:
    before = greta.flag(key).description
    greta.describe(key, "theirs")
    greta.describe(key, before)


def _edits(change: Callable[[Colleague, str], object]) -> Callable[[History, str, bool], None]:
    return lambda history, key, running: history.edit(key, change)


DEEDS: dict[str, Callable[[History, str, bool], None]] = {
    "create": lambda history, key, running: history.create(key, running),
    "create another": lambda history, key, running: history.create(key, running, name="Theirs"),
    "create described": lambda history, key, running: history.create(key, running, description="Theirs"),
    "recreate": lambda history, key, running: history.recreate(key, running),
    "delete": lambda history, key, running: history.delete(key),
    "rename": _edits(lambda greta, key: greta.rename(key, "Theirs")),
    "describe": _edits(lambda greta, key: greta.describe(key, "Theirs")),
    "describe and back": _edits(describe_twice),
    "tag": _edits(lambda greta, key: greta.tag(key, "theirs")),
    "switch": _edits(lambda greta, key: greta.switch(key, "staging")),
    "switch and back": _edits(switch_twice),
    "rule": _edits(lambda greta, key: greta.add_rule(key)),
    "target": _edits(lambda greta, key: greta.add_target(key, "u-1")),
    "off variation": _edits(lambda greta, key: greta.edit_in(key, "development", off=0)),
    "defaults": _edits(lambda greta, key: greta.edit(key, on=1, off=0)),
    "archive": _edits(lambda greta, key: greta.archive(key)),
    "restore": _edits(lambda greta, key: greta.restore(key)),
    "trigger": lambda history, key, running: history.trigger(),
    "delete configuration": lambda history, key, running: history.delete_configuration(),
    "server clock": server_clock,
    "client clock": client_clock,
}
QUIET = ["create", "recreate", "describe and back", "switch and back", "off variation"]
"""Deeds that leave a flag looking as planned."""
OF_FLAGS = QUIET * 2 + sorted(set(DEEDS) - {"trigger", "delete configuration", "server clock", "client clock"})

INTEGRATIONS = st.sampled_from(["unleash", "split"])
ODDS = st.lists(st.sampled_from(ODD), max_size=2, unique=True).map(tuple)
WORLDS = st.builds(
    World,
    integration=INTEGRATIONS,
    log=st.sampled_from([None, None, *NO_LOG]),
    left_out=st.sampled_from([None] * 12 + LEFT_OUT),
    odd=ODDS,
    tag=st.sampled_from([True] * 5 + [False]),
    minute=st.sampled_from([True] * 9 + [False]),
)
TAGGED = st.builds(World, integration=INTEGRATIONS, log=st.sampled_from([None, *NO_LOG]))
LOGGED = st.builds(World, integration=INTEGRATIONS, tag=st.just(False))
"""Worlds in which it can be known what belongs to an import."""
APPLIES = st.builds(Step, st.just("apply"), st.none() | st.sampled_from(STAGES), st.booleans())
STEPS = st.lists(
    st.one_of(APPLIES, APPLIES, st.just(Step("verify")), st.builds(Step, st.just("undo"), delete=st.booleans())),
    min_size=1,
    max_size=3,
)
WHEN = st.sampled_from([*MOMENTS, BETWEEN, BETWEEN])


def acts(kinds: list[str], *, least: int, most: int) -> st.SearchStrategy[list[Act]]:
    one = st.builds(Act, WHEN, st.integers(0, 3), st.sampled_from(kinds), st.integers(0, COUNT))
    return st.lists(one, min_size=least, max_size=most)


def lived(world: World, steps: list[Step], deeds: list[Act]) -> History:
    """The steps, then an apply that nobody kills, and an undo that archives."""
    with tempfile.TemporaryDirectory() as folder, Sandbox.start(company=some_flags(COUNT)) as box:
        changed = {} if world.tag else {"ldTag": ""}
        recipe = recipe_in(box, Path(folder), world.integration, **changed)
        history = History(box, recipe, world, Path(folder) / "journal.json", list(deeds))
        for step in (*steps, Step("apply"), Step("undo")):
            code = history.do(step)
            assert code in (None, 0, 2, 3, 4, 5, 6, 7)
        box.on_request = None
        history.holds()
        return history


@EXAMPLES
@given(world=WORLDS, steps=STEPS, deeds=acts(sorted(DEEDS) + QUIET * 4, least=3, most=8))
@example(World(), [], [Act("start", 0, "create", 0)])
@example(World(log="audit-log-missing"), [], [Act("start", 0, "create described", 0)])
@example(World(log="audit-log-missing"), [Step("apply", Stage.STARTED)], [Act(BETWEEN, 1, "describe and back", 0)])
@example(World(left_out="no-creation-date"), [], [Act("verify", 1, "recreate", 0)])
def test_nothing_of_a_colleagues_is_touched(world: World, steps: list[Step], deeds: list[Act]) -> None:
    history = lived(world, steps, deeds)
    event(f"acted: {len(history.did)}")
    event(f"something of theirs: {bool(history.theirs)}; something taken back: {bool(history.taken)}")


@EXAMPLES
@given(
    world=TAGGED | LOGGED,
    deeds=acts(OF_FLAGS, least=1, most=3),
    steps=st.lists(APPLIES, max_size=2),
)
def test_flags_that_nobody_touched_are_taken_back_beside_theirs(
    world: World, steps: list[Step], deeds: list[Act]
) -> None:
    history = lived(world, steps, deeds)
    flags = history.greta.flags()
    arrived = set(history.keys) & flags.keys() - history.touched
    event(f"left to take back: {len(arrived)}")
    assert arrived <= history.taken


def _anybody_may_have_started(world: World, steps: list[Step]) -> bool:
    """The create itself started the import, and the program was killed before it noted that: when it comes back, a run
    is going on that a colleague may have started as well."""
    return "started-by-create" in world.odd and any(step.dies for step in steps)


@EXAMPLES
@given(
    world=st.builds(lambda world, odd: replace(world, odd=odd), TAGGED | LOGGED, ODDS),
    steps=st.lists(APPLIES, max_size=3),
    jumps=acts(["client clock"], least=0, most=2),
)
@example(World("split", odd=("written-twice", "split-defaults-zero")), [Step("apply", Stage.STARTED)], [])
def test_undisturbed_import_is_taken_back_completely(world: World, steps: list[Step], jumps: list[Act]) -> None:
    history = lived(world, steps, jumps)
    arrived = history.greta.flags().keys() - history.before.keys()
    event(f"arrived: {bool(arrived)}")
    if _anybody_may_have_started(world, steps):
        assert history.taken <= arrived
    else:
        assert history.taken == arrived
