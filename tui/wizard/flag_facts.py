"""What the import does with one flag, fact by fact, from its plan and the answers."""

from __future__ import annotations

from collections.abc import Iterator

from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.plan.plan import WORDS, PlannedFlag, Verdict
from tui.plan.words import KINDS, arrives_as, kind_label
from tui.text.clean import clean
from tui.wizard.help import HelpPage, Section, Table

FlagFact = tuple[str, str, str]
"""A label, a level, and what there is to say under it; a fact whose label is "" goes on with the one before."""


def facts(planned: PlannedFlag, draft: Draft) -> Iterator[FlagFact]:
    """Describe the flag as it will be in LaunchDarkly, or why it isn't imported."""
    flag = planned.flag
    if planned.arrives:
        yield "Imported as", "note", arrives_as(flag)
        yield "", *(("warning", _CUT_OVER) if flag.on_at_source else ("note", "off in every environment"))
    else:
        yield WORDS[planned.verdict].capitalize(), _LEVELS.get(planned.verdict, "problem"), _not_imported(planned)
    yield "Name", "note", flag.name or "blank"
    yield "Description", "note", flag.description or "blank"
    yield from _tags(planned, draft)
    if planned.arrives and (maintainer := _of_role(draft, "member-id")):
        yield "Maintainer", "note", maintainer


_CUT_OVER = "off in every environment; it is on at the source now"


_LEVELS = {Verdict.SKIP_EXISTS: "note", Verdict.SKIP_ARCHIVED: "note"}


def _not_imported(planned: PlannedFlag) -> str:
    reason = f"{planned.reason[:1].upper()}{planned.reason[1:]}."
    if planned.verdict in _LEVELS:
        return f"{reason} LaunchDarkly doesn't change the flag in the project."
    return f"{reason} It isn't imported. Its name is never rewritten to fit."


def _tags(planned: PlannedFlag, draft: Draft) -> Iterator[FlagFact]:
    """Those it has at the source, and the one that the import adds."""
    own = planned.flag.tags
    added = _of_role(draft, "ld-tag") if planned.arrives else ""
    known = ", ".join(filter(None, (added, *(own or ()))))
    if known or own is not None:
        yield "Tags", "note", known or "none"
    if own is None:
        yield ("" if known else "Tags"), "unknown", f"other tags: {_NO_TAGS}" if known else _NO_TAGS


_NO_TAGS = "can't be read with this key"


def _of_role(draft: Draft, role: str) -> str:
    """The answer to the field of a role, as a person knows it."""
    for each in draft.form.variables if draft.form else ():
        if each.role == role and (given := drafts.answer(draft, each.key)).value:
            return given.source if role == "member-id" and given.source else drafts.name(draft, given.value)
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
