"""Unleash's features as flags: one response, built in parts so that the screen stays responsive."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from tui.sources.base import Answers, Connection, SourceReport, answered
from tui.sources.flags import BOOLEAN, Batch, Listing, SourceFlag, strings
from tui.sources.lenient import Object, elements, objects, text
from tui.sources.unleash.check import compare, contradiction, report_of, require_environment
from tui.sources.unleash.client import NAME, PROJECT_FIELD, TAG_FIELD, Scope, UnleashClient
from tui.sources.unleash.rules import left_behind, overtaken, unknown
from tui.sources.unleash.targeting import segment_id, targeting_of
from tui.targeting.losses import losses
from tui.text.phrases import count, left_out, short

_BATCH_SIZE = 500  # flags between two turns of other tasks


async def list_flags(connection: Connection, answers: Answers) -> Listing:
    """Read the features that the SDK key reads with the tag; only a key of every project is narrowed to the project.

    Raises Failure if the server reads no environment from the key; CREDENTIAL for an admin or personal token, and
    for a key of another environment or project; SOURCE if the server ignored the tag.
    """
    features = await UnleashClient(connection).features(answers, apart=True)
    require_environment(features.scope, connection.key)
    # Asked for one project, the answer to a key of every project names that one alone: only the key's text shows it.
    report = report_of(features.scope, every=connection.key.get_secret_value().startswith("*:"))
    if failure := contradiction(report, answers):
        raise failure
    named = [feature for feature in objects(features.items) if text(feature.get("name"))]
    project = answered(answers, PROJECT_FIELD)
    # A server that reads every project although one was asked for, as Edge does, adds features of others.
    wanted = features.scope.named or (project,)
    filtered = features.scope.has_query and project
    kept = [one for one in named if not filtered or text(one.get("project")) in ("", *wanted)]
    nameless, others = len(features.items) - len(named), len(named) - len(kept)
    notes = tuple(_notes(report, features.scope, answers, nameless=nameless, others=others))
    total: dict[str, int | None] = {"flags": len(kept)}
    yield Batch((), {"flags": 0}, total, notes)
    segments = {segment_id(segment.get("id")): segment for segment in objects(features.segments)}
    for start in range(0, len(kept), _BATCH_SIZE):
        flags = tuple(source_flag(_with_segments(one, segments)) for one in kept[start : start + _BATCH_SIZE])
        yield Batch(flags, {"flags": start + len(flags)}, total)
        await asyncio.sleep(0)


def _notes(report: SourceReport, scope: Scope, answers: Answers, *, nameless: int, others: int) -> Iterator[str]:
    """Yield what the key covers besides the chosen project, and what it can't read."""
    tag = answered(answers, TAG_FIELD)
    if others:
        yield (
            f"The server ignored the project {short(answered(answers, PROJECT_FIELD))}. This plan leaves out "
            f"{count(others, 'flag')} of other projects, but LaunchDarkly may import them."
        )
    if tag and scope.tags is None:
        yield (f"Can't tell whether the server filtered by the tag {short(tag)}. These may include flags without it.")
    yield from (remark.text for remark in report.on_key if remark.level == "unknown")
    yield from (remark.text for remark in compare(report, answers))
    yield "Can't read flag tags with an SDK key."
    if tag:
        yield (
            "Can't tell whether LaunchDarkly expects the tag as type:value or only its value. If nothing is imported, "
            "try the other form."
        )
    if nameless:
        yield left_out(NAME, nameless)


def _with_segments(feature: Object, segments: dict[str, Object]) -> Object:
    """The feature with the segments that its strategies name by id, as the answer lists them."""
    strategies = objects(feature.get("strategies"))
    ids = dict.fromkeys(segment_id(value) for strategy in strategies for value in elements(strategy.get("segments")))
    used = [segments[key] for key in ids if key in segments]
    return {**feature, "segments": used} if used else feature


def source_flag(feature: Object) -> SourceFlag:
    """Return a feature as the client API gives it, with the segments that it names under `segments`, as a flag.

    Without variants of its own it is imported as a boolean. Variants of the feature itself, which servers before 5
    had, are imported as strings; which of them is served while the flag is off is not documented.
    """
    name = text(feature.get("name"))
    variants = tuple(text(variant.get("name")) for variant in objects(feature.get("variants")))
    targeting = targeting_of(feature)
    strange = (f"This flag has an unknown {what}. Check it in Unleash." for what in unknown(targeting))
    warnings = (*strange, *left_behind(feature, targeting))
    cut_over = ""
    if rebuild := overtaken(feature, targeting):
        served = "one variant to everyone" if variants else '"on" to everyone, and none of its variants,'
        cut_over = f"Turning this on serves {served} until you rebuild its {rebuild}."
    return SourceFlag(
        key=name,
        name=name,
        description=text(feature.get("description")),
        tags=None,
        variations=strings(variants) if variants else BOOLEAN,
        on=0,
        off=None if variants else 1,
        on_at_source=targeting.on,
        losses=tuple(sorted({kind for kind, _ in losses(targeting)})),
        warnings=(*warnings, _OFF_NOT_KNOWN) if variants else warnings,
        cut_over_warning=cut_over,
        definition=feature,
    )


_OFF_NOT_KNOWN = "Can't tell which of its variants LaunchDarkly serves when the flag is off."
