"""A colleague acts at any moment of any rebuild, kill and fault: their work stays, and nothing is doubled."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from tests.unit.headless_tools import KilledError, Ran, Recipe, recipe_in
from tests.unit.rebuild_tools import PLACE, content, few_flags, mortal, rebuilt, taken_back
from tui.sandbox.account import LdFlag, State, StoredSegment
from tui.sandbox.colleague import Colleague
from tui.sandbox.server import Sandbox

KEYS = ("pickup-points", "beta-search", "wholesale-prices", "wholesale-credit", "checkout-v2")
FAULTS = [
    f"{what}-{how}"
    for what in ("flag-change", "segment")
    for how in ("lost-answer", "lost-request", "half-answer", "rate-limited", "server-error", "conflict")
]
MOMENTS = {
    "read": r"/api/v2/flags/web-shop",
    "flag": r"/api/v2/flags/web-shop/[^/]+",
    "segment": rf"/api/v2/segments/web-shop/{PLACE}/[^/]+",
    "approvals": r"/api/v2/approval-requests",
}
"""Right before such a read is answered: between the last read and a write nobody can be seen. There is one more
moment: between two commands."""
BETWEEN = "between"
EXAMPLES = settings(
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),  # shrinking takes minutes
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Act:
    """What a colleague does, after `skips` moments of this name have passed."""

    moment: str
    skips: int
    kind: str
    number: int


@dataclass(frozen=True)
class Step:
    """A command, which may die at a moment (0: it lives) while a fault is on."""

    undo: bool = False
    turn_on: bool = False
    dies_at: int = 0
    fault: str = ""


@dataclass
class History:
    """Runs commands while a colleague acts. `theirs` has what they touched, as they left it."""

    box: Sandbox
    recipe: Recipe
    journal: Path
    acts: list[Act]
    states: dict[str, State] = field(default_factory=dict)
    others: dict[str, tuple[object, ...]] = field(default_factory=dict)
    segments: dict[str, StoredSegment | None] = field(default_factory=dict)
    did: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.greta: Colleague = self.box.colleague()
        self.box.on_request = self._called

    def _called(self, method: str, path: str) -> None:
        if method == "GET":
            passed = {name for name, pattern in MOMENTS.items() if re.fullmatch(pattern, path)}
            self._pass(passed, path.rpartition("/")[2])

    def _pass(self, moments: set[str], named: str = "") -> None:
        waiting, self.acts = self.acts, []
        for act in waiting:
            if act.moment not in moments:
                self.acts.append(act)
            elif act.skips:
                self.acts.append(replace(act, skips=act.skips - 1))
            else:
                self._act(act, named)

    def _act(self, act: Act, named: str) -> None:
        self.did.add(act.kind)
        if act.kind in OF_SEGMENTS:
            there = sorted(self.greta.segments(PLACE))
            key = named if named in there else there[act.number % len(there)] if there else ""
            if key:
                OF_SEGMENTS[act.kind](self.greta, key)
                self.segments[key] = self.greta.segments(PLACE).get(key)
            return
        key = named if named in KEYS else KEYS[act.number % len(KEYS)]
        if key in self.greta.flags():
            before = self.greta.flag(key)
            OF_FLAGS[act.kind](self.greta, key)
            after = self.greta.flags().get(key)
            if after is None or after.state(PLACE) != before.state(PLACE):
                self.states.pop(key, None)
                self.states |= {key: after.state(PLACE)} if after else {}
            self.others[key] = apart(after)

    def do(self, step: Step) -> Ran | None:
        """Run a command; None if it was killed."""
        self._pass({BETWEEN})
        self.box.set_faults(*filter(None, [step.fault]))
        command = taken_back if step.undo else rebuilt
        try:
            with mortal(step.dies_at):
                return command(self.recipe, journal=self.journal, turn_on=step.turn_on)
        except KilledError:
            return None
        finally:
            self.box.set_faults()

    def holds(self) -> None:
        flags, segments = self.greta.flags(), self.greta.segments(PLACE)
        for key, state in self.states.items():
            assert flags[key].state(PLACE) == state, key
        for key, seen in self.others.items():
            assert apart(flags.get(key)) == seen, key
        for key, segment in self.segments.items():
            assert segments.get(key) == segment, key

    @property
    def undisturbed(self) -> set[str]:
        """Flags that nobody touched, nor anything that they share with others."""
        if self.segments:
            return set()
        return set(KEYS) - self.others.keys() - ({"wholesale-prices", "wholesale-credit"} & self._family())

    def _family(self) -> set[str]:
        family = {"wholesale-prices", "wholesale-credit"}
        return family if family & self.others.keys() else set()


def apart(flag: LdFlag | None) -> tuple[object, ...]:
    """What a rebuild in `PLACE` has no business with."""
    if flag is None:
        return ()
    elsewhere = {key: state for key, state in flag.states.items() if key != PLACE}
    return flag.name, flag.description, flag.tags, flag.variations, flag.archived, elsewhere


def twice(greta: Colleague, key: str) -> None:
    on = greta.flag(key).state(PLACE).on
    greta.switch(key, PLACE, on=not on)
    greta.switch(key, PLACE, on=on)


OF_FLAGS: dict[str, Callable[[Colleague, str], object]] = {
    "rule": lambda greta, key: greta.add_rule(key, PLACE),
    "target": lambda greta, key: greta.add_target(key, "u-1", environment=PLACE),
    "switch": lambda greta, key: greta.switch(key, PLACE, on=not greta.flag(key).state(PLACE).on),
    "switch and back": twice,
    "off variation": lambda greta, key: greta.edit_in(key, PLACE, off=0),
    "default rule": lambda greta, key: greta.edit_in(key, PLACE, fallthrough=1),
    "remove rules": lambda greta, key: greta.edit_in(key, PLACE, rules=()),
    "elsewhere": lambda greta, key: greta.add_rule(key, "staging"),
    "describe": lambda greta, key: greta.describe(key, "Theirs"),
    "rename": lambda greta, key: greta.rename(key, "Theirs"),
    "archive": lambda greta, key: greta.archive(key),
    "delete": lambda greta, key: greta.delete(key),
}
OF_SEGMENTS: dict[str, Callable[[Colleague, str], object]] = {
    "segment name": lambda greta, key: greta.edit_segment(key, PLACE, name="Theirs"),
    "segment keys": lambda greta, key: greta.edit_segment(key, PLACE, included=("u-1",)),
    "segment rules": lambda greta, key: greta.edit_segment(key, PLACE, rules=()),
    "segment gone": lambda greta, key: greta.delete_segment(key, PLACE),
}
ACTS = st.builds(
    Act,
    st.sampled_from([*MOMENTS, "flag", "flag", BETWEEN]),
    st.integers(0, 6),
    st.sampled_from([*OF_FLAGS, *OF_SEGMENTS]),
    st.integers(0, 9),
)
STEPS = st.builds(
    Step,
    undo=st.sampled_from([False, False, True]),
    turn_on=st.booleans(),
    dies_at=st.sampled_from([0, 0, *range(1, 70)]),
    fault=st.sampled_from(["", "", *FAULTS]),
)


def lived(steps: list[Step], acts: list[Act]) -> History:
    """The steps, then a rebuild and an undo that nobody kills."""
    with tempfile.TemporaryDirectory() as folder, Sandbox.start(company=few_flags(*KEYS)) as box:
        recipe = recipe_in(box, Path(folder))
        journal = Path(folder) / "journal.json"
        assert recipe.run(journal=journal).code == 0
        before = content(box)
        assert rebuilt(recipe, journal=journal).code == 0
        wanted = content(box, ids=False)
        assert taken_back(recipe, journal=journal).code == 0
        history = History(box, recipe, journal, list(acts))
        for step in steps:
            ran = history.do(step)
            assert ran is None or ran.code in (0, 2, 4, 5, 6), ran.out
            history.holds()
        for undo, expected in ((False, wanted), (True, before)):
            ran = history.do(Step(undo=undo))
            assert ran is not None
            assert ran.code in (0, 2, 6), ran.out
            history.holds()
            now: dict[str, Any] = content(box, ids=undo)["flags"]
            for key in history.undisturbed:
                assert {**now[key], "on": False} == {**expected["flags"][key], "on": False}, key
        box.on_request = None
        if not history.did:
            assert content(box) == before
        return history


@EXAMPLES
@given(steps=st.lists(STEPS, min_size=1, max_size=3), acts=st.lists(ACTS, min_size=1, max_size=4))
@example([Step(turn_on=True)], [Act("flag", 1, "default rule", 4)])
@example([Step(dies_at=20)], [Act(BETWEEN, 0, "segment keys", 0)])
@example([Step(fault="flag-change-lost-answer")], [Act("flag", 1, "rule", 0)])
def test_nothing_of_a_colleagues_is_touched(steps: list[Step], acts: list[Act]) -> None:
    history = lived(steps, acts)
    event(f"acted: {len(history.did)}")
    event(f"left: {len(history.undisturbed)}")


@EXAMPLES
@given(steps=st.lists(STEPS, min_size=1, max_size=4))
def test_undisturbed_rebuild_is_taken_back_to_the_byte(steps: list[Step]) -> None:
    lived(steps, [])
