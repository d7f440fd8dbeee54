"""Whether a flag in LaunchDarkly is as the import left it, so that a rebuild overwrites nobody's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui.launchdarkly.models import whole_of
from tui.launchdarkly.targeting import TargetedFlag
from tui.rebuild.reading import BothSides
from tui.sources.flags import SourceFlag
from tui.targeting.model import Targeting, Variation
from tui.text import phrases

CONTAINS_A_KEY = "Its definition contains one of your keys, which a rebuild never sends."


def obstacles(key: str, sides: BothSides) -> Iterator[str]:
    """Yield sentences that say why the flag can't be rebuilt whatever its targeting is; none if it can."""
    source, flag = sides.source.get(key), sides.flags.get(key)
    if source is None:
        yield "The source no longer lists this flag."
    elif not source.variations:
        yield "This flag has no definition in this environment of the source."
    if key in sides.with_keys:
        yield CONTAINS_A_KEY
    if flag is None:
        yield "LaunchDarkly's project has no such flag, or it is archived."
        return
    if flag.deprecated:
        yield "It is deprecated in LaunchDarkly."
    if key in sides.waiting:
        yield "A change of it waits in LaunchDarkly for approval or for its time."
    yield from _touched(flag, source)
    targeting = sides.targeting.get(key)
    if targeting is not None and targeting.variations and variation_ids(targeting, flag) is None:
        yield (
            f"Its variations at the source ({phrases.values(targeting.variations)}) don't match those in LaunchDarkly"
            f" ({phrases.values([variation.value for variation in flag.flag.variations])})."
        )


def _touched(flag: TargetedFlag, source: SourceFlag | None) -> Iterator[str]:
    """Say what someone has set in the environment. An import may copy individual targets, exactly as they are."""
    state = next(iter((flag.flag.environments or {}).values()), None)
    if state is None or state.targeting is None or flag.targeting is None:
        yield "LaunchDarkly doesn't show its targeting in this environment."
        return
    if state.on:
        yield "It is already on in LaunchDarkly."
    if "rules" in state.targeting:
        yield "It already has rules in LaunchDarkly."
    if "prerequisites" in state.targeting:
        yield "It already has prerequisites in LaunchDarkly."
    fallthrough = flag.targeting.fallthrough
    if fallthrough.get("rollout"):
        yield "Its default rule in LaunchDarkly already has percentages."
    elif whole_of(fallthrough.get("variation")) is None or flag.targeting.off is None:
        yield "LaunchDarkly doesn't show its default rule and off variation in this environment."
    if "targets" in state.targeting and (source is None or _present(flag, state.targets) != _planned(source)):
        yield "It has individual targets in LaunchDarkly that aren't the source's."


def _present(
    flag: TargetedFlag, targets: tuple[tuple[int, tuple[str, ...]], ...] | None
) -> Mapping[object, frozenset[str]] | None:
    values = [variation.value for variation in flag.flag.variations]
    if targets is None or any(not 0 <= place < len(values) for place, _ in targets):
        return None
    return {_typed(values[place]): frozenset(keys) for place, keys in targets}


def _planned(source: SourceFlag) -> Mapping[object, frozenset[str]]:
    return {_typed(source.variations[place].value): frozenset(keys) for place, keys in source.targets}


def _typed(value: object) -> tuple[type, str]:
    """A value that is equal only to one of its type: 1 is not true. A JSON value may have no hash."""
    return type(value), repr(value)


def variation_ids(targeting: Targeting, flag: TargetedFlag) -> tuple[str, ...] | None:
    """Return LaunchDarkly's ids of a flag's variations, in the source's order.

    None unless each has exactly one counterpart of equal value and type, with an id, on the other side.
    """
    ids: dict[object, str] = {}
    for variation, id_ in zip(flag.flag.variations, flag.variation_ids, strict=False):
        if not id_ or _typed(variation.value) in ids:
            return None
        ids[_typed(variation.value)] = id_
    wanted: list[Variation] = list(targeting.variations)
    if len(ids) != len(flag.flag.variations) or {*map(_typed, wanted)} != {*ids} or len(wanted) != len(ids):
        return None
    return tuple(ids[_typed(value)] for value in wanted)


def places(targeting: Targeting, flag: TargetedFlag) -> tuple[int, ...] | None:
    """Return LaunchDarkly's indexes of a flag's variations, in the source's order. None as `variation_ids`."""
    ids = variation_ids(targeting, flag)
    return None if ids is None else tuple(map(flag.variation_ids.index, ids))
