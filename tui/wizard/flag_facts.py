"""What becomes of one flag, fact by fact, from its plan and the answers."""

from __future__ import annotations

from collections.abc import Iterator

from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.plan.plan import WORDS, PlannedFlag, Verdict
from tui.plan.words import arrives_as

FlagFact = tuple[str, str, str]
"""A label, a level, and what there is to say under it; a fact whose label is "" goes on with the one before."""


def facts(planned: PlannedFlag, draft: Draft) -> Iterator[FlagFact]:
    """What becomes of the flag and what it brings along, from the plan and the answers."""
    flag = planned.flag
    if planned.arrives:
        yield "Arrives as", "note", arrives_as(flag)
        yield "", *(("warning", _CUT_OVER) if flag.on_at_source else ("note", "OFF in every environment"))
    else:
        yield WORDS[planned.verdict].capitalize(), _LEVELS.get(planned.verdict, "problem"), _stays_away(planned)
    yield "Name", "note", flag.name or "blank"
    yield "Description", "note", flag.description or "blank"
    yield from _tags(planned, draft)
    if planned.arrives and (maintainer := _of_role(draft, "member-id")):
        yield "Maintainer", "note", maintainer


_CUT_OVER = "OFF in every environment; it is ON at the source now"


_LEVELS = {Verdict.SKIP_EXISTS: "note", Verdict.SKIP_ARCHIVED: "note"}


def _stays_away(planned: PlannedFlag) -> str:
    if planned.verdict in _LEVELS:
        return f"{planned.reason}. LaunchDarkly leaves it as it is, and nothing of this flag arrives."
    return f"{planned.reason}. Nothing of it arrives, and its name is not rewritten to make it fit."


def _tags(planned: PlannedFlag, draft: Draft) -> Iterator[FlagFact]:
    """Those it has at the source, and the one that the import adds."""
    own = planned.flag.tags
    added = _of_role(draft, "ld-tag") if planned.arrives else ""
    known = ", ".join(filter(None, (added, *(own or ()))))
    if known or own is not None:
        yield "Tags", "note", known or "none"
    if own is None:
        yield ("" if known else "Tags"), "unknown", "others: this key cannot read tags" if known else _NO_TAGS


_NO_TAGS = "this key cannot read tags"


def _of_role(draft: Draft, role: str) -> str:
    """The answer to the field of a role, as a person knows it."""
    for each in draft.form.variables if draft.form else ():
        if each.role == role and (given := drafts.answer(draft, each.key)).value:
            return given.source if role == "member-id" and given.source else drafts.name(draft, given.value)
    return ""
