"""Rebuild many random flags and compare them by the engines of all three vendors.

    python -m tests.tools.rebuild [PAIRS] [SEED]

Prints how flags of each source are graded and why, and how many of PAIRS contexts (400,000) get what they got. Then the
same grades for the definitions that the tests and Unleash's client specification contain. Ends with 1 if a difference
has no name.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from tests.unit.rebuild.chain import Tally, split_chain, unleash_chain
from tests.unit.targeting.unleash_specification import specification
from tui.rebuild.compile import compiled
from tui.rebuild.proof import proved, settled
from tui.sources.split.targeting import targeting_of as of_split
from tui.sources.unleash.targeting import targeting_of as of_unleash
from tui.targeting.model import Targeting

UNIT = Path(__file__).parent.parent / "unit"


def main() -> int:
    pairs, seed = [*map(int, sys.argv[1:]), 400_000, 1][:2] if len(sys.argv) < 3 else map(int, sys.argv[1:3])
    failed = False
    for name, run in (("Split, random", split_chain), ("Unleash, random", unleash_chain)):
        start = time.process_time()
        tally = run(Random(seed), pairs)
        _show(name, tally)
        print(
            f"  {tally.pairs:,} pairs in {time.process_time() - start:.0f} s: {tally.equal:,} equal, "
            f"{tally.explained:,} explained, {len(tally.different) + len(tally.wrong)} different; "
            f"{tally.faithful:,} of faithful flags"
        )
        for problem in [*tally.wrong, *tally.different][:5]:
            print("   ", problem)
        failed |= bool(tally.wrong or tally.different)
    _show("Split, own corpus", _graded([of_split(case["definition"]) for case in _read("split_corpus.json")]))
    _show("Unleash, own corpus", _graded([of_unleash(case["feature"]) for case in _read("unleash_corpus.json")]))
    states = [_graded([of_unleash(feature) for feature in features]) for features, _ in specification()]
    _show("Unleash, client specification", sum_of(states))
    return int(failed)


def _read(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((UNIT / name).read_text())
    return cases


def _graded(targetings: list[Targeting]) -> Tally:
    """Grade each with all of them as its possible parents."""
    tally = Tally()
    flags = {targeting.flag: targeting for targeting in targetings}
    for targeting in targetings:
        rebuilt = compiled(targeting, flags)
        parents = {
            flag: (one, made)
            for flag, one in flags.items()
            if targeting.parents and (made := compiled(one, flags).targeting) is not None
        }
        tally.graded(settled(rebuilt, proved(targeting, rebuilt, parents)))
    return tally


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return the grades of several tallies as one."""
    total = Tally()
    for tally in tallies:
        total.grades += tally.grades
        total.names += tally.names
        total.reasons += tally.reasons
        total.segments += tally.segments
    return total


def _show(name: str, tally: Tally) -> None:
    grades = ", ".join(f"{tally.grades[grade]} {grade}" for grade in ("faithful", "approximate", "by-hand"))
    print(f"{name}: {grades}; {tally.segments} helper segments")
    for counted in (tally.names, tally.reasons):
        if counted:
            print("  " + "; ".join(f"{times} {what}" for what, times in counted.most_common(12)))


if __name__ == "__main__":
    sys.exit(main())
