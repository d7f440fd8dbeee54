"""What a Split flag loses besides its targeting, what isn't known in it, and what turning it on takes away."""

from __future__ import annotations

from collections.abc import Iterator

from tui.sources.lenient import Object, members, number, objects, text
from tui.targeting.losses import losses
from tui.targeting.model import Targeting, Unknown, Variation
from tui.text import phrases


def unknown(targeting: Targeting) -> tuple[str, ...]:
    """Return the types of matchers that are not known, cleaned and short."""
    parts = (part for rule in targeting.rules for part in rule.conditions if isinstance(part, Unknown))
    return tuple(dict.fromkeys(part.what.removeprefix("matcher ") for part in parts if part.part == "matcher"))


def shares(targeting: Targeting) -> dict[Variation, float]:
    """Return percents of the default rule by treatment, in its order."""
    sizes: dict[Variation, float] = {}
    for treatment, size in targeting.default.parts:
        sizes[treatment] = sizes.get(treatment, 0.0) + size
    return sizes


def left_behind(definition: Object, targeting: Targeting) -> Iterator[str]:
    """Yield sentences about content of the definition that is no targeting, and that isn't imported."""
    treatments = objects(definition.get("treatments"))
    if not treatments:
        yield "This flag has no treatments in this environment. LaunchDarkly needs two variations."
    if targeting.configured:
        yield f"Dynamic configurations of treatments aren't imported: {phrases.values(targeting.configured)}."
    if described := [item.get("name") for item in treatments if text(item.get("description")).strip()]:
        yield f"Can't tell whether descriptions of treatments are imported: {phrases.values(described)}."
    if sets := [item.get("name", item.get("id")) for item in objects(definition.get("flagSets"))]:
        yield f"Flag sets aren't imported: {phrases.values(sets)}."
    # Percentages that can't be read are not understood either, so most definitions needn't be searched for them.
    percentages = _percentages(definition) if targeting.unknown else ()
    if unread := [value for value in percentages if not _is_percentage(number(value))]:
        yield f"Some percentages are invalid and are ignored: {phrases.values(unread)}. Check them in Split."
    kind = members(definition.get("trafficType")).get("name")
    if kind not in (None, "", "user") and any(True for _ in losses(targeting)):
        yield f"Split targets by traffic type {phrases.value(kind)}. The import doesn't copy traffic types."


def _percentages(definition: Object) -> Iterator[object]:
    """Every share that the definition states, as it is written."""
    if definition.get("trafficAllocation") is not None:
        yield definition["trafficAllocation"]
    for buckets in (definition.get("defaultRule"), *(rule.get("buckets") for rule in objects(definition.get("rules")))):
        yield from (bucket.get("size") for bucket in objects(buckets))


def _is_percentage(share: float | None) -> bool:
    return share is not None and 0 <= share <= 100  # false for NaN too


def overtaken(targeting: Targeting, on: str) -> str:
    """Return what must be rebuilt before `on` may be served to everyone: "rollout and rules"; "" for nothing.

    A treatment that is served while the flag is off isn't lost, unless `on` is Split's own word for off.
    """
    if not targeting.on:
        return ""
    kept = {on} if on.casefold() == "off" else {on, targeting.off}
    parts = {part: None for part, treatment in _served(targeting) if treatment and treatment not in kept}
    return " and ".join(parts)


def _served(targeting: Targeting) -> Iterator[tuple[str, Variation]]:
    """Yield the parts of the targeting that serve a treatment, and the treatment."""
    yield from (("individual targets", target.variation) for target in targeting.targets)
    if targeting.allocation <= 0:
        return
    for rule in targeting.rules:
        yield from (("rules", treatment) for treatment, size in rule.serve.parts if size > 0)
    yield from (("rollout", treatment) for treatment, size in targeting.default.parts if size > 0)
