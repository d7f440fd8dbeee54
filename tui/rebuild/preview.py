"""What of a plan could be rebuilt, from the definitions that the plan has read. No request is sent.

Split's segments are not in a plan: a flag that names one isn't checked. Nor is LaunchDarkly's environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tui.plan.plan import Plan, PlannedFlag, Prospect
from tui.plan.reading import without_keys
from tui.rebuild.compile import Options, compiled
from tui.rebuild.model import FlagTargeting, HelperSegment, Proof, Rebuilt
from tui.rebuild.proof import proved, settled
from tui.rebuild.reading import named_flags, named_segments
from tui.sources.registry import SOURCES
from tui.targeting.model import Targeting
from tui.text.phrases import listed
from tui.text.redact import Redactor

_NO_DEFINITION = "It has no definition in this environment of the source."


@dataclass(frozen=True, slots=True)
class OpenedFlag:
    """One flag of a plan, translated and proved. Without `targeting` of `rebuilt` it is by hand or not checked."""

    targeting: Targeting
    rebuilt: Rebuilt
    proof: Proof
    prospect: Prospect


@dataclass
class Preview:
    """The flags of one plan. Pure, and may be used in a thread; each flag's definition is read once."""

    plan: Plan
    redactor: Redactor
    _flags: Mapping[str, PlannedFlag] = field(init=False)
    _targeting: dict[str, Targeting] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._flags = {planned.flag.key: planned for planned in reversed(self.plan.flags)}

    def prospects(self, stopped: Callable[[], bool] = lambda: False) -> dict[str, Prospect] | None:
        """Grade every imported flag, without a proof. None if `stopped` says so meanwhile."""
        graded: dict[str, Prospect] = {}
        for planned in self.plan.arriving:
            if stopped():
                return None
            graded[planned.flag.key] = self._graded(planned)[1]
        return graded

    def opened(self, planned: PlannedFlag) -> OpenedFlag:
        """Translate one flag and prove that."""
        targeting, (rebuilt, prospect) = self._of(planned.flag.key), self._graded(planned)
        proof = Proof()
        if rebuilt.targeting is not None:
            proof = proved(targeting, rebuilt, *self._proved_parents(rebuilt.targeting))
            rebuilt = settled(rebuilt, proof)
            prospect = Prospect(rebuilt.grade, rebuilt.approximations, rebuilt.reasons)
        return OpenedFlag(targeting, rebuilt, proof, prospect)

    def _graded(self, planned: PlannedFlag) -> tuple[Rebuilt, Prospect]:
        targeting, key = self._of(planned.flag.key), planned.flag.key
        if not planned.flag.variations:
            return _unknown(key, Prospect("by-hand", reasons=(_NO_DEFINITION,)))
        unread = [name for name in dict.fromkeys(named_segments(targeting)) if name not in targeting.segments]
        if unread and targeting.origin == "split":
            noun = "a segment" if len(unread) == 1 else "segments"
            text = f"It uses {noun} that the plan doesn't read: {listed(unread)}."
            return _unknown(key, Prospect("not-checked", reasons=(text,)))
        rebuilt = compiled(targeting, self._parents_of(targeting), Options())
        return rebuilt, Prospect(rebuilt.grade, rebuilt.approximations, rebuilt.reasons)

    def _parents_of(self, targeting: Targeting) -> dict[str, Targeting]:
        """The flags that this one depends on in any way, as far as the plan has them."""
        found: dict[str, Targeting] = {}
        pending = [*named_flags(targeting)]
        while pending:
            key = pending.pop()
            if key in self._flags and key not in found:
                found[key] = self._of(key)
                pending += named_flags(found[key])
        return found

    def _of(self, key: str) -> Targeting:
        if key not in self._targeting:
            source = SOURCES[self.plan.request.integration]
            self._targeting[key] = source.targeting(without_keys(self._flags[key].flag, self.redactor), "")
        return self._targeting[key]

    def _proved_parents(
        self, targeting: FlagTargeting
    ) -> tuple[dict[str, tuple[Targeting, FlagTargeting]], dict[str, HelperSegment]]:
        """The flags that this one depends on and those that they depend on, and their helper segments."""
        found: dict[str, tuple[Targeting, FlagTargeting]] = {}
        segments: dict[str, HelperSegment] = {}
        pending = [prerequisite.flag for prerequisite in targeting.prerequisites]
        while pending:
            key = pending.pop()
            if key in found or key not in self._flags:
                continue
            rebuilt = self._graded(self._flags[key])[0]
            if rebuilt.targeting is not None:
                found[key] = self._of(key), rebuilt.targeting
                segments |= {segment.key: segment for segment in rebuilt.segments}
                pending += [prerequisite.flag for prerequisite in rebuilt.targeting.prerequisites]
        return found, segments


def _unknown(key: str, prospect: Prospect) -> tuple[Rebuilt, Prospect]:
    return Rebuilt(key, "by-hand", reasons=prospect.reasons), prospect
