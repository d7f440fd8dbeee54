"""One flag of a plan in words: what arrives of it, and as what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.sources.flags import SourceFlag, Variation


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
