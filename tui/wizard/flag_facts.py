"""What the import does with one flag, fact by fact, from its plan and the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.plan.plan import SKIPPED, WORDS, PlannedFlag, Verdict
from tui.plan.words import KINDS, arrives_as, kind_label, served_when_on
from tui.text.clean import clean
from tui.wizard.help import HelpPage, Section, Table

FlagFact = tuple[str, str, str]
"""A label, a level, and a text. A fact with an empty label continues the one before."""


LEVELS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "ok",
    Verdict.SKIP_EXISTS: "note",
    Verdict.SKIP_ARCHIVED: "note",
    Verdict.INVALID_KEY: "problem",
    Verdict.DUPLICATE: "problem",
    Verdict.BREAKS_CONVENTION: "problem",
}
NOT_YET = "not yet"
"""Shown while keys are still being read: the flag may turn out to exist."""


def facts(planned: PlannedFlag, draft: Draft) -> Iterator[FlagFact]:
    """Describe the flag as it will be in LaunchDarkly, or why it isn't imported."""
    flag = planned.flag
    if planned.arrives:
        yield "Imported as", "note", arrives_as(flag)
        yield "", *(("warning", _CUT_OVER) if flag.on_at_source else ("note", "off in every environment"))
    else:
        skipped = planned.verdict in SKIPPED
        unchanged = "LaunchDarkly doesn't change the flag in the project."
        refused = "It isn't imported. Its name is never rewritten to fit."
        text = f"{planned.reason[:1].upper()}{planned.reason[1:]}. {unchanged if skipped else refused}"
        yield WORDS[planned.verdict].capitalize(), "note" if skipped else "problem", text
    yield "Name", "note", flag.name or "blank"
    yield "Description", "note", flag.description or "blank"
    added = _of_role(draft, "ld-tag") if planned.arrives else ""
    known = ", ".join(filter(None, (added, *(flag.tags or ()))))
    if known or flag.tags is not None:
        yield "Tags", "note", known or "none"
    if flag.tags is None:
        unreadable = "can't read flag tags with this key"
        yield ("" if known else "Tags"), "unknown", f"{unreadable}; there may be more" if known else unreadable
    if planned.arrives and (maintainer := _of_role(draft, "member-id")):
        yield "Maintainer", "note", maintainer


_CUT_OVER = "off in every environment; on in the source now"


def _of_role(draft: Draft, role: str) -> str:
    """Return the answer to the field of a role, as the user knows it."""
    for field in drafts.form_variables(draft):
        if field.role == role and (answer := drafts.answer(draft, field.key)).value:
            return answer.source if role == "member-id" and answer.source else drafts.name(draft, answer.value)
    return ""


def flag_page(planned: PlannedFlag, draft: Draft) -> HelpPage:
    """Return a flag as a page of help, for the pane beside a list."""
    parts: list[str | Section | Table] = []
    for label, _, text in facts(planned, draft):
        parts.append(Section(label, (clean(text),)) if label else clean(text))
    if planned.arrives and planned.flag.losses:
        losses = tuple(f"{kind_label(kind)}: {KINDS.get(kind, '')}" for kind in planned.flag.losses)
        parts.append(Section("Not imported", losses))
    parts += map(clean, planned.warnings)
    return HelpPage(clean(planned.flag.key), tuple(parts))


def why(planned: PlannedFlag, loss: str = "") -> str:
    """Return why a flag isn't imported, or what it loses and what to look out for."""
    if not planned.arrives:
        return clean(planned.reason)
    losses = sorted(planned.flag.losses, key=lambda kind: kind != loss)
    if planned.cut_over_warning:
        served = served_when_on(planned.flag.variations, planned.flag.on)
        return clean(f'! on serves "{served}"; {", ".join(map(kind_label, losses))}'.rstrip("; "))
    if losses:
        return ", ".join(map(kind_label, losses))
    return f"! {clean(planned.warnings[0])}" if planned.warnings else ""
