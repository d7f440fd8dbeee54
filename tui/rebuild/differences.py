"""What a rebuilt flag serves differently, and whom: its approximations in words, each with an example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.rebuild.model import Proof, Rebuilt
from tui.targeting.approximations import REBUCKETED, sentence
from tui.text import phrases


@dataclass(frozen=True, slots=True)
class Difference:
    """One approximation by its name. `example` is a context that gets something else, in sentences; "" if none does."""

    name: str
    text: str
    example: str = ""


def differences(rebuilt: Rebuilt, proof: Proof) -> Iterator[Difference]:
    """Yield the approximations of a flag."""
    for name in rebuilt.approximations:
        text = sentence(name)
        if name == REBUCKETED and rebuilt.changed_users_percent is not None:
            text = f"{text} {phrases.percent(rebuilt.changed_users_percent)} of users get another variation."
        yield Difference(name, text, proof.examples[name].words if name in proof.examples else "")


def proof_words(proof: Proof) -> str:
    """ "Proved with 412 contexts: 400 equal, 12 differ as named." """
    parts = [f"{proof.equal:,} equal"]
    if proof.explained:
        parts.append(f"{proof.explained:,} differ as named")
    if proof.different:
        parts.append(f"{proof.different:,} differ for an unknown reason")
    return f"Proved with {phrases.count(proof.contexts, 'context')}: {', '.join(parts)}."
