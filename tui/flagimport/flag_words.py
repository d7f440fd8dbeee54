"""One flag of a plan in words: what arrives of it, and as what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.flagimport import draft as drafts
from tui.flagimport.draft import Draft
from tui.flagimport.plan import WORDS, PlannedFlag, Verdict
from tui.sources.flags import SourceFlag, Variation

Fact = tuple[str, str, str]
"""A label, a level, and what there is to say under it; a fact whose label is "" goes on with the one before."""


def facts(planned: PlannedFlag, draft: Draft) -> Iterator[Fact]:
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


def arrives_as(flag: SourceFlag) -> str:
    """Its kind, its variations, and which of them it serves by default when on and when off."""
    if not flag.variations:
        return "not known: the source tells no variations of it here"
    if all(isinstance(each.value, bool) for each in flag.variations):
        pairs = (f"{each.name} = {'true' if each.value else 'false'}" for each in flag.variations)
        return f"boolean: {', '.join(pairs)}"
    named = [f'"{each.name}"' for each in flag.variations]
    served = (("ON", flag.on), ("OFF", flag.off))
    says = ", ".join(f"{state} serves {named[place]}" for state, place in served if place is not None)
    return f"string: {', '.join(named)}{f'; {says}' if says else ''}"


def served_when_on(variations: Sequence[Variation], on: int | None) -> str:
    """The name of the variation that a flag serves to everyone when it is turned on."""
    return variations[on].name if on is not None and 0 <= on < len(variations) else "not known"


def cut_over(flag: SourceFlag) -> Iterator[str]:
    """What there is to know before a flag is turned on: what it serves, what to rebuild first, and whom it hurts."""
    yield f"serves {served_when_on(flag.variations, flag.on)} when on"
    if flag.losses:
        yield f"rebuild first {', '.join(flag.losses)}"
    if flag.cut_over_warning:
        yield flag.cut_over_warning


_CUT_OVER = "OFF in every environment; it is ON at the source now"


_LEVELS = {Verdict.SKIP_EXISTS: "note", Verdict.SKIP_ARCHIVED: "note"}


def _stays_away(planned: PlannedFlag) -> str:
    if planned.verdict in _LEVELS:
        return f"{planned.reason}. LaunchDarkly leaves it as it is, and nothing of this flag arrives."
    return f"{planned.reason}. Nothing of it arrives, and its name is not rewritten to make it fit."


def _tags(planned: PlannedFlag, draft: Draft) -> Iterator[Fact]:
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
