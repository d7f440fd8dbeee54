"""What becomes of one flag, fact by fact, from its plan and the answers."""

from __future__ import annotations

from collections.abc import Iterator

from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.plan.plan import SKIPPED, WORDS, PlannedFlag
from tui.plan.words import arrives_as

FlagFact = tuple[str, str, str]
"""A label, a level, and what there is to say under it; a fact whose label is "" goes on with the one before."""


def facts(planned: PlannedFlag, draft: Draft) -> Iterator[FlagFact]:
    """Yield what becomes of a flag and what it brings along, from the plan and the answers."""
    flag = planned.flag
    if planned.arrives:
        yield "Arrives as", "note", arrives_as(flag)
        yield "", *(("warning", _CUT_OVER) if flag.on_at_source else ("note", "OFF in every environment"))
    else:
        skipped = planned.verdict in SKIPPED
        left = "LaunchDarkly leaves it as it is, and nothing of this flag arrives."
        lost = "Nothing of it arrives, and its name is not rewritten to make it fit."
        text = f"{planned.reason}. {left if skipped else lost}"
        yield WORDS[planned.verdict].capitalize(), "note" if skipped else "problem", text
    yield "Name", "note", flag.name or "blank"
    yield "Description", "note", flag.description or "blank"
    added = _of_role(draft, "ld-tag") if planned.arrives else ""
    known = ", ".join(filter(None, (added, *(flag.tags or ()))))
    if known or flag.tags is not None:
        yield "Tags", "note", known or "none"
    if flag.tags is None:
        unreadable = "this key cannot read tags"
        yield ("" if known else "Tags"), "unknown", f"others: {unreadable}" if known else unreadable
    if planned.arrives and (maintainer := _of_role(draft, "member-id")):
        yield "Maintainer", "note", maintainer


_CUT_OVER = "OFF in every environment; it is ON at the source now"


def _of_role(draft: Draft, role: str) -> str:
    """Return the answer to the field of a role, as the user knows it."""
    for field in drafts.form_variables(draft):
        if field.role == role and (answer := drafts.answer(draft, field.key)).value:
            return answer.source if role == "member-id" and answer.source else drafts.name(draft, answer.value)
    return ""
