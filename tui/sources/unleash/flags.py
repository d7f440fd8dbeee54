"""Unleash's features as flags: one answer, built in parts so that whoever shows them stays awake."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from tui.sources.base import Answers, Connection, SourceReport
from tui.sources.flags import BOOLEAN, Batch, Listing, SourceFlag, strings
from tui.sources.lenient import Object, elements, objects, text
from tui.sources.phrases import count, left_out, short
from tui.sources.unleash.check import compare, contradiction, report_of, require_environment
from tui.sources.unleash.client import NAME, PROJECT_FIELD, TAG_FIELD, Scope, UnleashClient, answered
from tui.sources.unleash.rules import left_behind, losses, overtaken, segment_id, unknown

_FLAGS = "flags"
_AT_ONCE = 500  # flags between two looks at the clock


async def list_flags(connection: Connection, answers: Answers) -> Listing:
    """The features that the SDK key reads with the tag; only a key of every project is narrowed to the project.

    Raises Failure where the server reads no environment from the key; CREDENTIAL for an admin or personal token, and
    for a key of another environment or project; SOURCE where the server ignored the tag.
    """
    features = await UnleashClient(connection).features(answers, apart=True)
    require_environment(features.scope, connection.key)
    # Asked for one project, the answer to a key of every project names that one alone: only the key's text tells.
    report = report_of(features.scope, every=connection.key.get_secret_value().startswith("*:"))
    if failure := contradiction(report, answers):
        raise failure
    all_named = [feature for feature in objects(features.items) if text(feature.get("name"))]
    named = [one for one in all_named if not _of_another_project(one, features.scope, answers)]
    segments = {segment_id(one.get("id")): one for one in objects(features.segments)}
    notes = [*_notes(report, answers, nameless=len(features.items) - len(all_named))]
    if (tag := answered(answers, TAG_FIELD)) and features.scope.tags is None:
        notes.insert(0, _TAG_NOT_TOLD.format(short(tag)))
    if others := len(all_named) - len(named):
        notes.insert(0, _OTHERS_LEFT_OUT.format(count(others, "flag"), short(answered(answers, PROJECT_FIELD))))
    total: dict[str, int | None] = {_FLAGS: len(named)}
    yield Batch((), {_FLAGS: 0}, total, tuple(notes))
    for start in range(0, len(named), _AT_ONCE):
        flags = tuple(source_flag(_with_segments(one, segments)) for one in named[start : start + _AT_ONCE])
        yield Batch(flags, {_FLAGS: start + len(flags)}, total)
        await asyncio.sleep(0)


def _of_another_project(feature: Object, scope: Scope, answers: Answers) -> bool:
    """Whether a server that reads every project although one was asked for, as Edge does, added this feature."""
    wanted, its = answered(answers, PROJECT_FIELD), text(feature.get("project"))
    return scope.told and bool(wanted and its) and its not in (scope.named or (wanted,))


_TAG_NOT_TOLD = "The answer doesn't show whether the server looked at the tag {}: these may be flags without it."
_OTHERS_LEFT_OUT = (
    "The server ignored the project: this plan leaves out {} of projects other than {}. LaunchDarkly may import them "
    "too."
)


def _notes(report: SourceReport, answers: Answers, nameless: int) -> Iterator[str]:
    """What the key covers beside what was chosen, and what could not be read."""
    yield from (remark.text for remark in report.on_key if remark.level == "unknown")
    yield from (remark.text for remark in compare(report, answers))
    yield _TAGS_NOT_READ
    if answers.get(TAG_FIELD, "").strip():
        yield _TAG_NOT_KNOWN
    if nameless:
        yield left_out(NAME, nameless)


_TAGS_NOT_READ = "Tags of the flags are not known: an SDK key cannot read them."
_TAG_NOT_KNOWN = (
    "Whether LaunchDarkly wants the tag as type:value, or its value alone, is not known. If nothing arrives, try the "
    "other one."
)


def _with_segments(feature: Object, segments: Mapping[str, object]) -> Mapping[str, object]:
    """The feature with the segments that its strategies name by id, as the answer lists them."""
    ids = [
        segment_id(one) for strategy in objects(feature.get("strategies")) for one in elements(strategy.get("segments"))
    ]
    used = [segments[one] for one in dict.fromkeys(ids) if one in segments]
    return {**feature, "segments": used} if used else feature


def source_flag(feature: Object) -> SourceFlag:
    """A feature as the client API gives it, with the segments that it names under `segments`.

    Without variants of its own it arrives as a boolean. Variants of the feature itself, which servers before 5 had,
    arrive as strings; which one stands for off is not documented.
    """
    name = text(feature.get("name"))
    variants = tuple(text(one.get("name")) for one in objects(feature.get("variants")))
    strange = (f"It has the {what}, which is not known here: look at it in Unleash." for what in unknown(feature))
    warnings = (*strange, *left_behind(feature))
    rebuild = overtaken(feature)
    return SourceFlag(
        key=name,
        name=name,
        description=text(feature.get("description")),
        tags=None,
        variations=strings(variants) if variants else BOOLEAN,
        on=0,
        off=None if variants else 1,
        on_at_source=feature.get("enabled") is True,
        losses=tuple(sorted({kind for kind, _ in losses(feature)})),
        warnings=(*warnings, _OFF_NOT_KNOWN) if variants else warnings,
        cut_over_warning=_CUT_OVER[bool(variants)].format(rebuild) if rebuild else "",
        definition=feature,
    )


_CUT_OVER = {
    True: "Turning this on serves one variant to everyone until you rebuild its {}.",
    False: 'Turning this on serves "on" to everyone, and none of its variants, until you rebuild its {}.',
}
_OFF_NOT_KNOWN = "It has variants of its own: which one LaunchDarkly takes for off is not known."
