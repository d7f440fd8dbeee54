"""A proposal as `rebuild --json` prints it, and the sentences about a run as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tui.rebuild.instructions import segment_json
from tui.rebuild.proposal import Proposal, Row
from tui.rebuild.read_back import Outcome
from tui.rebuild.reading import BothSides
from tui.rebuild.record import State
from tui.targeting.approximations import sentence
from tui.text.phrases import count, listed

COUNTED: Mapping[str, str] = {"faithful": "faithful", "approximate": "approximate", "by-hand": "by_hand"}
"""The names of grades in `counts`."""


def counts(proposal: Proposal, outcomes: Mapping[str, Outcome] = {}) -> dict[str, int]:
    """Return how many flags have each grade, and how many are applied."""
    by_grade = Counter(row.rebuilt.grade for row in proposal.rows)
    grades = {name: by_grade[grade] for grade, name in COUNTED.items()}  # type: ignore[index]
    states = [state_of(row, outcomes) for row in proposal.rows]
    applied = sum(state in (State.APPLIED, State.EQUAL) for state in states)
    return {"flags": len(proposal.rows), **grades, "applied": applied}


def state_of(row: Row, outcomes: Mapping[str, Outcome]) -> State:
    """Return a flag's state: its outcome, or what the proposal says."""
    return outcomes[row.key].state if row.key in outcomes else row.state


def as_json(proposal: Proposal, outcomes: Mapping[str, Outcome] = {}) -> dict[str, object]:
    """Return counts and flags, with their outcomes."""
    return {"counts": counts(proposal, outcomes), "flags": [_flag(row, outcomes) for row in proposal.rows]}


def _flag(row: Row, outcomes: Mapping[str, Outcome]) -> dict[str, object]:
    rebuilt, proof = row.rebuilt, row.proof
    reason = outcomes[row.key].reason if row.key in outcomes else ""
    reasons = [*rebuilt.reasons] if reason in ("", *rebuilt.reasons) else [*rebuilt.reasons, reason]
    return {
        "key": row.key, "grade": rebuilt.grade, "approximations": list(rebuilt.approximations),
        "reasons": reasons, "changed_users_percent": rebuilt.changed_users_percent,
        "segments": [segment_json(segment) for segment in rebuilt.segments],
        "instructions": [*row.instructions],
        "proof": {
            "contexts": proof.contexts, "equal": proof.equal, "explained": proof.explained,
            "different": proof.different,
        },
        "state": state_of(row, outcomes).value,
    }  # fmt: skip


def notes(proposal: Proposal, sides: BothSides, *, done: bool = False) -> Iterator[str]:
    """Yield sentences about the run as a whole, which has been carried out if it is `done`."""
    environment = sides.environment
    yield from (f"{name}: {sentence(name)}" for name in proposal.run_names)
    if (helpers := proposal.segments()) and not done:
        yield f"{count(len(helpers), 'helper segment')} would be created in LaunchDarkly. Equal content is shared."
    if environment.critical:
        yield f"{environment.name or environment.key} is a critical environment in LaunchDarkly."
    if environment.approval_required:
        which = f" with a tag of {listed(environment.approval_tags)}" if environment.approval_tags else ""
        yield f"Changes of flags{which} in this environment need an approval in LaunchDarkly."
    if adopted := [row.key for row in proposal.rows if row.adopted]:
        yield f"Adopted, because this import didn't create them: {listed(adopted)}."
    yield from proposal.notes
