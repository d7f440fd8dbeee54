"""LaunchDarkly's own answers for some contexts, compared with what the flags as they stand should serve them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tui.launchdarkly.targeting import TargetedFlag
from tui.net.errors import Failure, Kind
from tui.rebuild.contexts import contexts_of
from tui.rebuild.evaluate import served
from tui.rebuild.model import FlagTargeting
from tui.rebuild.proposal import Proposal, Row, proved_parents
from tui.rebuild.read_back import Outcome
from tui.rebuild.record import State
from tui.rebuild.session import Session
from tui.rebuild.standing import present_targeting
from tui.targeting.model import Context
from tui.text.phrases import value as shown

_CONTEXTS = 3
"""Contexts for each flag: LaunchDarkly limits the rate of these requests."""
_NOT_HERE = "LaunchDarkly's own evaluation of flags isn't available here, so it wasn't compared."


@dataclass
class LiveCheck:
    """A comparison of flags that are on. `notes` are sentences about what couldn't be compared."""

    session: Session
    rows: Sequence[Row]
    proposal: Proposal
    notes: list[str] = field(default_factory=list)

    async def run(self) -> AsyncGenerator[Outcome, None]:
        """Yield the outcome of each flag. Raises Failure for what would meet every flag."""
        try:
            for row in self.rows:
                yield await self._checked(row)
        except Failure as failure:
            if failure.kind not in (Kind.NOT_FOUND, Kind.FORBIDDEN):
                raise
            self.notes.append(_NOT_HERE if failure.kind is Kind.NOT_FOUND else f"{_NOT_HERE} {failure.what}")

    async def _checked(self, row: Row) -> Outcome:
        requests, rows = self.session.requests, {each.key: each for each in self.proposal.rows}
        flag = await requests.flag(row.key)
        meant = self.session.record.flags[row.key].meant
        present = None if flag is None else present_targeting(flag, meant.kind)
        if flag is None or present is None or row.targeting is None or row.rebuilt.targeting is None:
            return Outcome(row.key, State.DIFFERS, "It has changed in LaunchDarkly since it was turned on.")
        salts = _salts("", row.key, flag)
        parents: dict[str, FlagTargeting] = {}
        related, segments = proved_parents(row.rebuilt.targeting, rows)
        for key in related:
            parent = await requests.flag(key)
            state = next(iter((parent.flag.environments or {}).values()), None) if parent else None
            shown_parent = present_targeting(parent, meant.kind) if parent and state and state.on else None
            if parent and shown_parent:
                parents[key] = shown_parent
                salts |= _salts(key, key, parent)
        segments = {**segments, **{each.key: each for each in row.rebuilt.segments}}
        for context in islice(_with_key(contexts_of(row.targeting)), _CONTEXTS):
            wanted = _values(flag, served(present, context, segments, parents, salts))
            answer = await requests.evaluated(row.key, _json(context, meant.kind))
            if (type(answer), answer) not in wanted:
                expected = ", ".join(shown(each) for _, each in wanted)
                text = f"LaunchDarkly serves {shown(answer)} to {shown(context.key)}, where {expected} is meant."
                return Outcome(row.key, State.DIFFERS, text)
        return Outcome(row.key, State.EQUAL)


def checked(session: Session, rows: Sequence[Row], proposal: Proposal) -> LiveCheck:
    """Return the comparison of these flags, which are on."""
    return LiveCheck(session, rows, proposal)


def _with_key(contexts: Iterable[Context]) -> Iterator[Context]:
    yield from (context for context in contexts if context.key)


def _salts(name: str, key: str, flag: TargetedFlag) -> dict[str, str]:
    salt = flag.targeting.salt if flag.targeting else ""
    return {name: f"{key}.{salt}"} if salt else {}


def _values(flag: TargetedFlag, shares: Mapping[int, float]) -> list[tuple[type, object]]:
    """The values that a context may get. A segment's salt isn't shown, so a share of one leaves several."""
    values = [flag.flag.variations[index].value for index in shares]
    return [(type(each), each) for each in values]


def _json(context: Context, kind: str) -> dict[str, Any]:
    attributes = {name: [*each] if isinstance(each, tuple) else each for name, each in context.attributes.items()}
    return {**attributes, "kind": kind, "key": context.key}
