"""A plan in words: the same on the screen, in a terminal's lines, and in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tui.net.times import moment
from tui.plan.plan import CANNOT, WORDS, Plan, Verdict
from tui.sources import flags as kinds
from tui.sources.flags import SourceFlag, Variation

LeveledText = tuple[str, str]
"""A level ("ok", "note", "unknown", "warning", "problem") and its words."""


MEANINGS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "it is made in LaunchDarkly, switched off in every environment",
    Verdict.SKIP_EXISTS: "a flag with its key is there; it is left as it is",
    Verdict.SKIP_ARCHIVED: "an archived flag there still takes its key; it is left as it is",
    Verdict.INVALID_KEY: "LaunchDarkly's keys may not have all the characters of its name",
    Verdict.DUPLICATE: "the source lists its name twice; only the first one arrives",
    Verdict.BREAKS_CONVENTION: "the project asks for keys of another form",
}
"""What each verdict means, after its word."""

KINDS: Mapping[str, str] = {
    kinds.TARGETING_RULES: "who gets what by a rule: people of a country get on",
    kinds.INDIVIDUAL_TARGETS: "people named one by one, who get a variation",
    kinds.PERCENTAGE_ROLLOUT: "only a share of the people gets it: 25 % by user id",
    kinds.TRAFFIC_ALLOCATION: "only a share of the people comes under the rules at all",
    kinds.SEGMENTS: "named groups of people that a rule goes by",
    kinds.PREREQUISITES: "another flag that must be on, or serve a variation, first",
    kinds.CONSTRAINTS: "conditions that narrow a strategy, such as a country or a date",
    kinds.STRATEGY_VARIANTS: "variants that one strategy gives out by shares",
}
"""What each kind of loss means, for people who don't know the word."""


_NAMED = 3


def named(keys: Sequence[str]) -> str:
    """Return the first of some keys: "checkout-v2, dark-mode, search-boost and 5 more"."""
    rest = len(keys) - _NAMED
    return ", ".join(keys[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def headline(plan: Plan) -> LeveledText:
    """What was read, and whether that is all there is."""
    project = plan.request.project
    if plan.whole:
        read = f"{flags(plan.counts.source)} at the source, {keys(plan.keys)} in {project}. Read in full,"
        return "note", f"{read} {moment(plan.read_at)}."
    total = f" of {plan.announced:,}" if plan.announced else ""
    return "problem", f"NOT COMPLETE: {plan.counts.source:,}{total} flags, {keys(plan.keys)} in {project}."


def verdicts(plan: Plan) -> Iterator[LeveledText]:
    """Yield how many flags are imported, are skipped, and can't be imported and why."""
    counted = plan.by_verdict
    arrive = counted[Verdict.IMPORT]
    yield ("ok" if arrive else "problem"), f"{arrive:,} {'arrives' if arrive == 1 else 'arrive'}"
    if exist := counted[Verdict.SKIP_EXISTS]:
        yield "note", f"{exist:,} {'exists' if exist == 1 else 'exist'}"
    if archived := counted[Verdict.SKIP_ARCHIVED]:
        yield "note", f"{archived:,} archived"
    if cannot := plan.counts.invalid:
        parts = (f"{counted[verdict]:,} {WORDS[verdict]}" for verdict in CANNOT if counted[verdict])
        yield "problem", f"{cannot:,} cannot: {', '.join(parts)}"


def warnings(plan: Plan) -> Iterator[LeveledText]:
    """Yield how many flags lose something, and how many are on now and will be off."""
    counts = plan.counts
    if counts.lossy:
        verb = "loses" if counts.lossy == 1 else "lose"
        yield "warning", f"{counts.lossy:,} of the {counts.arrive:,} {verb} something"
    if counts.on_at_source:
        verb = "is" if counts.on_at_source == 1 else "are"
        yield "warning", f"{counts.on_at_source:,} of the {counts.arrive:,} {verb} ON and will be OFF"
    if warned := sum(bool(planned.cut_over_warning) for planned in plan.cut_over):
        yield "warning", f"{warned:,} of them {'reaches' if warned == 1 else 'reach'} fewer people when turned on"


def note(text: str) -> LeveledText:
    """Return a note of a plan with its level: what is not known has its own symbol."""
    return ("unknown" if "not known" in text else "warning"), text


def flags(number: int) -> str:
    """ "1 flag", "1,200 flags"."""
    return f"{number:,} flag{'' if number == 1 else 's'}"


def keys(number: int) -> str:
    """ "1 key", "443 keys"."""
    return f"{number:,} key{'' if number == 1 else 's'}"


def loses(losses: tuple[str, ...]) -> str:
    """Return the first kind and how many more: "percentage-rollout +1"."""
    more = len(losses) - 1
    return f"{losses[0]} +{more}" if more > 0 else "".join(losses)


# --- one flag


def arrives_as(flag: SourceFlag) -> str:
    """Describe a flag's kind, its variations, and which of them it serves by default when on and when off."""
    if not flag.variations:
        return "not known: the source tells no variations of it here"
    if all(isinstance(variation.value, bool) for variation in flag.variations):
        pairs = (f"{variation.name} = {'true' if variation.value else 'false'}" for variation in flag.variations)
        return f"boolean: {', '.join(pairs)}"
    names = [f'"{variation.name}"' for variation in flag.variations]
    defaults = (("ON", flag.on), ("OFF", flag.off))
    served = ", ".join(f"{state} serves {names[index]}" for state, index in defaults if index is not None)
    return f"string: {', '.join(names)}{f'; {served}' if served else ''}"


def served_when_on(variations: Sequence[Variation], on: int | None) -> str:
    """Return the name of the variation that a flag serves to everyone when it is turned on."""
    return variations[on].name if on is not None and 0 <= on < len(variations) else "not known"


def cut_over(flag: SourceFlag) -> Iterator[str]:
    """Yield what to know before turning on a flag: what it serves, what to rebuild first, and who loses it."""
    yield f"serves {served_when_on(flag.variations, flag.on)} when on"
    if flag.losses:
        yield f"rebuild first {', '.join(flag.losses)}"
    if flag.cut_over_warning:
        yield flag.cut_over_warning
