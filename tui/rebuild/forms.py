"""Conditions as LaunchDarkly can hold them: alternatives, each of which is a list of clauses that must all be true.

Each alternative becomes a rule of its own. LaunchDarkly's clauses and helper segments are a complete logic: a clause
on a missing attribute is false, negated or not, but a negated segmentMatch is true of everyone who isn't in the
segment, whatever they lack.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import product

from tui.rebuild.model import Clause, HelperSegment, SegmentRule

Form = tuple[tuple[Clause, ...], ...]
"""Alternatives of clauses: one true alternative is enough, and in it all clauses must be true."""

NEVER: Form = ()
ALWAYS: Form = ((),)

KEY_REFERENCE = "key"
_MOST_ALTERNATIVES = 32
_SEGMENT = "segmentMatch"
_LONGEST_PART = 40


class ByHandError(Exception):
    """A part that can't be rebuilt exactly. Its text is the reason: a cleaned sentence."""


def both(forms: Iterable[Form]) -> Form:
    """Return the form that is true if all are. Raises ByHandError if it would take too many rules."""
    joined: Form = ALWAYS
    for form in forms:
        if len(joined) * len(form) > _MOST_ALTERNATIVES:
            raise ByHandError(f"It would take more than {_MOST_ALTERNATIVES} rules in LaunchDarkly.")
        joined = tuple(tuple(dict.fromkeys(left + right)) for left, right in product(joined, form))
    return joined


def flipped(form: Form) -> Form:
    """Return the form that is true if no alternative is, of a context that has the attributes of all clauses."""
    return both(tuple((replace(clause, negate=not clause.negate),) for clause in clauses) for clauses in form)


def names_segment(form: Form) -> bool:
    """Whether a clause matches a segment. LaunchDarkly may refuse such a clause within a segment."""
    return any(clause.op == _SEGMENT for clauses in form for clause in clauses)


def is_always_there(clause: Clause) -> bool:
    """Whether the clause is about something that no context lacks, so that its plain negation is exact."""
    return clause.op == _SEGMENT or clause.attribute in (KEY_REFERENCE, "kind")


class Helpers:
    """The helper segments of one flag, each once. `negating` is False if negations must do without them."""

    def __init__(self, flag: str, kind: str, *, negating: bool = True) -> None:
        self._flag = flag
        self._kind = kind
        self._negating = negating
        self._made: dict[str, HelperSegment] = {}
        self.approximated = False
        """Whether a negation is one of those that are false of a context without the attribute."""

    @property
    def made(self) -> tuple[HelperSegment, ...]:
        return tuple(self._made.values())

    def negation(self, form: Form, words: str) -> Form:
        """Return the form that is true if `form` isn't, also of a context that lacks an attribute."""
        if all(is_always_there(clause) for clauses in form for clause in clauses):
            return flipped(form)
        if not self._negating:
            self.approximated = True
            return flipped(form)
        if names_segment(form):
            parts = [[self.negation(((clause,),), words) for clause in clauses] for clauses in form]
            return both(tuple(alternative for part in each for alternative in part) for each in parts)
        segment = self.segment(
            HelperSegment(
                key="",
                name=f"Rebuilt: {words}",
                description=f"Whoever a negated rule of {self._flag} leaves out.",
                rules=tuple(SegmentRule(clauses) for clauses in form),
            )
        )
        return ((replace(segment, negate=True),),)

    def segment(self, segment: HelperSegment, part: str = "", salt: str = "") -> Clause:
        """Return the clause of a segment, and keep the segment, under a key made from `part` and its content.

        `part` is the flag's key if it is "". Segments with different `salt` are never shared.
        """
        content = {**asdict(segment), "key": salt, "kind": self._kind, "name": "", "description": ""}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", part or self._flag)[:_LONGEST_PART].strip("-")
        key = "-".join(filter(None, ("rebuild", readable, digest)))
        self._made.setdefault(key, replace(segment, key=key, kind=self._kind))
        return Clause(_SEGMENT, _SEGMENT, (key,))
