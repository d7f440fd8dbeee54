"""What an Unleash feature loses besides its targeting, what isn't known in it, and what turning it on takes away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.sources.lenient import Object, elements, number, objects, text
from tui.targeting.model import Targeting, Unknown
from tui.text import phrases


def unknown(targeting: Targeting) -> tuple[str, ...]:
    """Return what is not known, as words of a sentence: own strategies, and operators of constraints."""
    parts = (part for rule in targeting.written_rules for part in rule.conditions if isinstance(part, Unknown))
    return tuple(dict.fromkeys(part.what for part in parts if part.part in ("strategy", "operator")))


def left_behind(feature: Object, targeting: Targeting) -> Iterator[str]:
    """Yield sentences about content of the feature that is no targeting, and about what no SDK can read."""
    disabled = {place for place, _ in targeting.disabled}
    for place, rule in enumerate(targeting.written_rules, 1):
        if place in disabled:
            yield f"Strategy {place} is disabled in Unleash. It is listed here like the others."
        if (share := rule.serve.written) and not (share.isdecimal() and int(share) <= 100):
            yield f"SDKs may not serve strategy {place} to anyone. Its rollout is {share}, not a whole percentage."
    variants = objects(feature.get("variants"))
    if with_payload := [variant.get("name") for variant in variants if variant.get("payload")]:
        yield f"Variant payloads aren't imported: {phrases.values(with_payload)}."
    if len(variants) > 1:
        yield f"Variant weights aren't imported: {phrases.shares(_weights(variants))}."
    for variant in variants:
        if overrides := objects(variant.get("overrides")):
            conditions = " and ".join(map(_override, overrides))
            yield f"The override of variant {phrases.value(variant.get('name'))} isn't imported: {conditions}."
    if feature.get("impressionData") is True:
        yield "Impression data is on in Unleash. The import doesn't copy that setting."


def _weights(variants: Sequence[Object]) -> list[tuple[str, float]]:
    """Names with percents; Unleash writes thousandths."""
    return [(text(variant.get("name")), (number(variant.get("weight")) or 0.0) / 10) for variant in variants]


def _override(override: Object) -> str:
    values = phrases.values(elements(override.get("values")))
    return f"{phrases.value(override.get('contextName'))} is one of {values}"


def overtaken(feature: Object, targeting: Targeting) -> str:
    """Return what must be rebuilt before one value may be served to everyone; "" for nothing.

    A boolean flag that is on serves true to everyone, so no one loses it. Of several variants only one is served.
    """
    if not targeting.on:
        return ""
    if sum(share > 0 for _, share in _weights(objects(feature.get("variants")))) > 1:
        return "variant shares"
    return "strategy variants" if any(rule.variants for rule in targeting.written_rules) else ""
