"""A plan in words: the same on the screen, in a terminal's lines, and in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tui.plan.plan import CANNOT, WORDS, Plan, Verdict
from tui.sources.flags import SourceFlag, Variation
from tui.targeting import losses as kinds
from tui.text.times import moment

LeveledText = tuple[str, str]
"""A level ("ok", "note", "unknown", "warning", "problem") and its words."""


MEANINGS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "LaunchDarkly creates it, off in every environment",
    Verdict.SKIP_EXISTS: "skipped: the project already has a flag with this key",
    Verdict.SKIP_ARCHIVED: "skipped: an archived flag in the project still has this key",
    Verdict.INVALID_KEY: "its name has characters that LaunchDarkly doesn't allow in a key",
    Verdict.DUPLICATE: "the source lists its name twice; only the first is imported",
    Verdict.BREAKS_CONVENTION: "its key breaks the project's naming convention",
}
"""What each verdict means."""

KINDS: Mapping[str, str] = {
    kinds.TARGETING_RULES: "Rules for who gets which variation",
    kinds.INDIVIDUAL_TARGETS: "Users who always get one variation",
    kinds.PERCENTAGE_ROLLOUT: "Served to a percentage of users",
    kinds.TRAFFIC_ALLOCATION: "Rules cover only a percentage of users",
    kinds.SEGMENTS: "Rules that use a named group of users",
    kinds.PREREQUISITES: "Depends on another flag",
    kinds.CONSTRAINTS: "Conditions such as a country or a date",
    kinds.STRATEGY_VARIANTS: "Splits users between variants",
}
"""What each kind of loss is."""


def kind_label(kind: str) -> str:
    """Return a kind of loss as people write it: "percentage rollout"."""
    return kind.replace("-", " ")


_NAMED = 3


def named(keys: Sequence[str]) -> str:
    """Return the first of some keys: "checkout-v2, dark-mode, search-boost and 5 more"."""
    rest = len(keys) - _NAMED
    return ", ".join(keys[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def headline(plan: Plan) -> LeveledText:
    """Return how many of the flags will be imported, or that the plan is incomplete."""
    project = plan.request.project
    if not plan.whole:
        total = f" of {plan.announced:,}" if plan.announced else ""
        return "problem", f"INCOMPLETE: {plan.counts.source:,}{total} flags read, {flags(plan.keys)} found in {project}"
    if plan.counts.source == 1:
        return "note", f"1 flag {'will' if plan.counts.arrive else 'will not'} be imported into {project}"
    return "note", f"{plan.counts.arrive:,} of {flags(plan.counts.source)} will be imported into {project}"


def when_read(plan: Plan, date: Callable[[float], str] = moment) -> str:
    """Return when both sides were read, and how far. `date` writes the moment."""
    in_full = "Read in full" if plan.whole else "Read in part"
    return f"{in_full} on {date(plan.read_at)}. Nothing has been changed."


def verdicts(plan: Plan) -> Iterator[LeveledText]:
    """How many flags are imported, are skipped, and can't be imported and why."""
    counted = plan.by_verdict
    arrive = counted[Verdict.IMPORT]
    yield ("ok" if arrive else "problem"), f"{arrive:,} to import"
    present = counted[Verdict.SKIP_EXISTS]
    skipped = [f"{present:,} already exist{'s' if present == 1 else ''}"] if present else []
    if archived := counted[Verdict.SKIP_ARCHIVED]:
        skipped.append(f"{archived:,} archived")
    if skipped:
        yield "note", ", ".join(skipped)
    if cannot := plan.counts.invalid:
        parts = (f"{counted[verdict]:,} {WORDS[verdict]}" for verdict in CANNOT if counted[verdict])
        yield "problem", f"{cannot:,} can't be imported: {', '.join(parts)}"


def warnings(plan: Plan) -> Iterator[LeveledText]:
    """What the import costs: flags that lose targeting, and flags that are on now and off afterwards."""
    counts = plan.counts
    if counts.lossy:
        yield "warning", loss_line(plan)
    if counts.on_at_source:
        yield "warning", cut_over_line(plan)


def loss_line(plan: Plan) -> str:
    """How many flags lose targeting, and what: "33 flags lose targeting: percentage rollout 10, constraints 8"."""
    lossy = plan.counts.lossy
    named = ", ".join(f"{kind_label(kind)} {count:,}" for kind, count in plan.losses.items())
    return f"{flags(lossy)} {'loses' if lossy == 1 else 'lose'} targeting: {named}"


def cut_over_line(plan: Plan) -> str:
    """How many flags are on now and off after the import, and how many of them serve fewer users when turned on."""
    return cut_over_forms(plan)[0]


def cut_over_forms(plan: Plan) -> tuple[str, ...]:
    """Return `cut_over_line` in ever shorter forms, all with both numbers."""
    on = plan.counts.on_at_source
    are = f"{flags(on)} {'is' if on == 1 else 'are'} on now"
    whole = f"{are} and off after the import"
    warned = sum(bool(planned.cut_over_warning) for planned in plan.cut_over)
    if not warned:
        return (whole,)
    return (
        f"{whole}; once turned on, {warned:,} would serve fewer users than today",
        f"{are}, off after; {warned:,} would serve fewer users once turned on",
        f"{flags(on)} will be off; {warned:,} serve fewer users once on",
    )


def note(text: str) -> LeveledText:
    """Return a note of a plan with its level; what can't be known has a symbol of its own."""
    return ("unknown" if "an't " in text or "not known" in text else "warning"), text


def flags(number: int) -> str:
    """ "1 flag", "1,200 flags"."""
    return f"{number:,} flag{'' if number == 1 else 's'}"


def loses(losses: Sequence[str], first: str = "") -> str:
    """One kind and how many more: "percentage rollout +1". `first` is the kind that flags are filtered by."""
    if not losses:
        return ""
    shown = first if first in losses else losses[0]
    return kind_label(shown) + (f" +{len(losses) - 1}" if len(losses) > 1 else "")


# --- one flag


def arrives_as(flag: SourceFlag) -> str:
    """Describe a flag's kind, its variations, and which of them it serves by default when on and when off."""
    if not flag.variations:
        return "unknown: the source shows no variations here"
    if all(isinstance(variation.value, bool) for variation in flag.variations):
        pairs = (f"{variation.name} = {'true' if variation.value else 'false'}" for variation in flag.variations)
        return f"boolean: {', '.join(pairs)}"
    names = [f'"{variation.name}"' for variation in flag.variations]
    defaults = (("ON", flag.on), ("OFF", flag.off))
    served = ", ".join(f"{state} serves {names[index]}" for state, index in defaults if index is not None)
    return f"string: {', '.join(names)}{f'; {served}' if served else ''}"


def served_when_on(variations: Sequence[Variation], on: int | None) -> str:
    """The name of the variation that a flag serves to everyone when it is turned on."""
    return variations[on].name if on is not None and 0 <= on < len(variations) else "unknown"


def cut_over(flag: SourceFlag) -> Iterator[str]:
    """What to know before a flag is turned on: what it serves, what to rebuild first, and whom it hurts."""
    yield f'serves "{served_when_on(flag.variations, flag.on)}" when on'
    if flag.losses:
        yield f"rebuild first: {', '.join(map(kind_label, flag.losses))}"
    if flag.cut_over_warning:
        yield flag.cut_over_warning
