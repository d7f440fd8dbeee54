"""A plan as files: Markdown for people, JSON as the contract has it for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from tui.net.times import day
from tui.plan import flag_words, reading
from tui.plan import words as plan_words
from tui.plan.plan import WORDS, Counts, Plan, PlannedFlag, Verdict
from tui.plan.request import PlanRequest
from tui.sources.flags import Lost, SourceFlag
from tui.text.document import readable
from tui.text.markdown import plain
from tui.text.private_files import unused, write_private
from tui.text.redact import Redactor

Kind = Literal["md", "json"]
Explain = Callable[[PlanRequest, SourceFlag], Sequence[Lost]]
"""What of a flag no import brings, each in a sentence (`reading.explain`)."""


def save(
    plan: Plan, folder: Path, kind: Kind, *, redactor: Redactor | None = None, route: tuple[str, str] | None = None
) -> Path:
    """Write a plan beside any that is there already (`plan-unleash-web-shop-23-Nov.md`, `...-2.md`), for its owner.

    `route` says from where to where (`walk.route`). Raises OSError, and ValueError for JSON of one that is not whole.
    """
    redactor = redactor or Redactor()
    if kind == "json":
        text = readable(redactor.document(as_json(plan))) + "\n"
    else:
        text = redactor(as_markdown(plan, partial(reading.explain, redactor=redactor), route))
    path = unused(folder, file_name(plan, kind, redactor))
    write_private(path, text)
    return path


def file_name(plan: Plan, kind: Kind, redactor: Redactor) -> str:
    """A name that tells one plan from another: "plan-unleash-web-shop-23-Nov.md"."""
    when = "-".join(day(plan.read_at).split(" ")[:2])
    route = redactor.foreign(f"{plan.request.integration} {plan.request.project}")
    words = re.sub(r"[^A-Za-z0-9]+", "-", route).strip("-")
    return f"plan-{words[:60]}-{when}.{kind}"


def grouped(plan: Plan) -> Iterator[tuple[Verdict, list[PlannedFlag]]]:
    """The flags by what becomes of them, without verdicts that no flag has."""
    for verdict in Verdict:
        if flags := [each for each in plan.flags if each.verdict is verdict]:
            yield verdict, flags


def notes(plan: Plan) -> tuple[str, ...]:
    """What there is to say about the plan as a whole, in sentences; a plan that brings nothing says so first."""
    return tuple(filter(None, (plan.shortfall, *plan.notes)))


# --- JSON


def as_json(plan: Plan) -> dict[str, object]:
    """The plan as contract §4 has it. Raises ValueError for one that is not whole: that is no document."""
    if not plan.whole:
        raise ValueError("a plan that is not complete is no document")
    return {
        "integration": plan.request.integration,
        "project": plan.request.project,
        "environment": plan.request.environment,
        "counts": counts_as_json(plan.counts),
        "flags": [_flag(each) for each in plan.flags],
        "notes": list(notes(plan)),
    }


def counts_as_json(counts: Counts) -> dict[str, int]:
    """The numbers of a plan as contract §4 names them."""
    return {
        "source": counts.source, "import": counts.arrive, "skip": counts.skip, "invalid": counts.invalid,
        "lossy": counts.lossy, "on_at_source": counts.on_at_source,
    }  # fmt: skip


def _flag(planned: PlannedFlag) -> dict[str, object]:
    flag = planned.flag
    return {
        "key": flag.key, "name": flag.name, "verdict": planned.verdict.value, "reason": planned.reason,
        "on_at_source": flag.on_at_source, "variations": [each.name for each in flag.variations],
        "tags": None if flag.tags is None else list(flag.tags), "losses": sorted(flag.losses),
        "warnings": list(planned.warnings),
    }  # fmt: skip


# --- Markdown


def as_markdown(plan: Plan, explain: Explain, route: tuple[str, str] | None = None) -> str:
    """The plan for a person to read, tick off and pass on; foreign text in it formats nothing."""
    lines = [*_head(plan, route), *_losses(plan)]
    for verdict, flags in grouped(plan):
        lines += _table(verdict, flags)
    lines += [*_by_hand(plan, explain), *_cut_over(plan)]
    if said := notes(plan):
        lines += ["", "## Notes", "", *(f"- {plain(note)}" for note in said)]
    return "\n".join(lines) + "\n"


def _head(plan: Plan, route: tuple[str, str] | None) -> Iterator[str]:
    request = plan.request
    here, there = route or (f"{request.integration} {request.environment}", "")
    there = there or f"LaunchDarkly {request.instance.name} {request.project}"
    incomplete = "" if plan.whole else "NOT COMPLETE: "
    yield f"# {incomplete}Plan of an import from {plain(here.strip())} to {plain(there)}"
    yield ""
    yield f"{plain(plan_words.headline(plan)[1])} Flags may have changed since; nothing was written by reading them."
    if not plan.whole:
        yield ""
        yield f"**This plan is not complete.** {plain(plan.incomplete)}"
    yield ""
    for _, text in (*plan_words.verdicts(plan), *plan_words.warnings(plan)):
        yield f"- {plain(text)}"


def _losses(plan: Plan) -> Iterator[str]:
    if plan.losses:
        yield from ("", "## What will not come", "", "| kind | flags | what it is |", "|---|---|---|")
        for kind, count in plan.losses.items():
            yield f"| {plain(kind)} | {count:,} | {plain(plan_words.KINDS.get(kind, ''))} |"


def _table(verdict: Verdict, flags: Sequence[PlannedFlag]) -> Iterator[str]:
    yield from ("", f"## {WORDS[verdict].capitalize()} ({len(flags):,})", "")
    meaning = plan_words.MEANINGS[verdict]
    yield f"{plain(meaning[:1].upper() + meaning[1:])}."
    columns = _ARRIVES if verdict is Verdict.IMPORT else _STAYS
    yield from ("", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}")
    for each in flags:
        yield f"| {' | '.join(plain(of(each)) for of in columns.values())} |"


_Columns = dict[str, Callable[[PlannedFlag], str]]
_COMMON: _Columns = {
    "key": lambda each: each.flag.key,
    "name": lambda each: each.flag.name,
    "at the source": lambda each: "ON" if each.flag.on_at_source else "off",
}
_ARRIVES: _Columns = {
    **_COMMON,
    "arrives as": lambda each: flag_words.arrives_as(each.flag),
    "loses": lambda each: ", ".join(each.flag.losses),
    "mind": lambda each: " ".join(each.warnings),
}
_STAYS: _Columns = {**_COMMON, "why": lambda each: each.reason, "mind": lambda each: " ".join(each.warnings)}


def _by_hand(plan: Plan, explain: Explain) -> Iterator[str]:
    lossy = [each for each in plan.arriving if each.flag.losses]
    if lossy:
        yield from ("", f"## To be made again by hand ({len(lossy):,})")
    for each in lossy:
        yield from ("", f"### {plain(each.flag.key)}", "")
        for lost in explain(plan.request, each.flag):
            yield f"- [ ] **{plain(lost.kind)}** {plain(lost.text)}"


def _cut_over(plan: Plan) -> Iterator[str]:
    if on := plan.cut_over:
        yield from ("", f"## To be switched on when you cut over ({len(on):,})", "")
        yield "ON at the source now, OFF in every environment of LaunchDarkly until somebody switches them on."
        yield ""
        for each in on:
            yield f"- [ ] {plain(each.flag.key)}"
            yield from (f"  - {plain(text)}" for text in flag_words.cut_over(each.flag))
