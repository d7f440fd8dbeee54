"""A plan as a document, and saved to a file: Markdown for people, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from tui.plan import words
from tui.plan.plan import WORDS, Counts, Plan, PlannedFlag, Verdict
from tui.plan.reading import explanations
from tui.targeting.losses import Lost
from tui.text.clean import plain, readable
from tui.text.private_files import unused, write_private
from tui.text.redact import Redactor
from tui.text.templates import rendered
from tui.text.times import iso_date, stamp

PlanFormat = Literal["md", "json"]


def save(
    plan: Plan, folder: Path, form: PlanFormat, redactor: Redactor, *, route: tuple[str, str] | None = None
) -> Path:
    """Write a plan for its owner; it replaces no other (`plan-unleash-web-shop-2025-11-23.md`, then `...-2.md`).

    `route` is from where to where, as `draft.route` gives it. Raises OSError, and ValueError for JSON of an incomplete
    plan.
    """
    if form == "json":
        text = readable(redactor.document(as_json(plan))) + "\n"
    else:
        text = redactor(as_markdown(plan, explanations(plan, redactor), route))
    path = unused(folder, file_name(plan, form, redactor))
    write_private(path, text)
    return path


def file_name(plan: Plan, form: PlanFormat, redactor: Redactor) -> str:
    """The name for a plan's file: "plan-unleash-web-shop-2025-11-23.md"."""
    route = redactor.foreign(f"{plan.request.integration} {plan.request.project}")
    name = re.sub(r"[^A-Za-z0-9]+", "-", route).strip("-")
    return f"plan-{name[:60]}-{iso_date(plan.read_at)}.{form}"


def grouped(plan: Plan) -> Iterator[tuple[Verdict, list[PlannedFlag]]]:
    """Yield the flags by verdict, without verdicts that no flag has."""
    for verdict in Verdict:
        if flags := [planned for planned in plan.flags if planned.verdict is verdict]:
            yield verdict, flags


def notes(plan: Plan) -> tuple[str, ...]:
    """Return sentences about the plan as a whole; first that it imports nothing, if so."""
    return tuple(filter(None, (plan.shortfall, *plan.notes)))


# --- JSON


def as_json(plan: Plan) -> dict[str, object]:
    """Return the plan as `plan --json` prints it. Raises ValueError if it is incomplete."""
    if not plan.whole:
        raise ValueError("an incomplete plan can't be saved as JSON")
    return {
        "integration": plan.request.integration,
        "project": plan.request.project,
        "environment": plan.request.environment,
        "counts": counts_as_json(plan.counts),
        "flags": [_flag(planned) for planned in plan.flags],
        "notes": list(notes(plan)),
    }


def counts_as_json(counts: Counts) -> dict[str, int]:
    """Return the numbers of a plan by their names in JSON."""
    return {
        "source": counts.source, "import": counts.arrive, "skip": counts.skip, "invalid": counts.invalid,
        "lossy": counts.lossy, "on_at_source": counts.on_at_source,
    }  # fmt: skip


def _flag(planned: PlannedFlag) -> dict[str, object]:
    flag = planned.flag
    return {
        "key": flag.key, "name": flag.name, "verdict": planned.verdict.value, "reason": planned.reason,
        "on_at_source": flag.on_at_source, "variations": [variation.name for variation in flag.variations],
        "tags": None if flag.tags is None else list(flag.tags), "losses": sorted(flag.losses),
        "warnings": list(planned.warnings),
    }  # fmt: skip


# --- Markdown


def as_markdown(plan: Plan, explained: Mapping[str, Sequence[Lost]], route: tuple[str, str] | None = None) -> str:
    """Return the plan as a document to read, check off, and share. Foreign text in it is escaped.

    `explained` has what the import leaves behind of each flag, by key (`reading.explanations`).
    """
    request = plan.request
    source, target = route or (
        f"{request.integration} {request.environment}",
        f"LaunchDarkly {request.instance.name} {request.project}",
    )
    return rendered(
        Path(__file__).parent / "templates/plan.md",
        plain,
        plan=plan,
        source=source,
        target=target,
        summary=(*words.verdicts(plan), *words.warnings(plan)),
        groups=tuple(grouped(plan)),
        labels=WORDS,
        lossy=tuple(planned.flag for planned in plan.arriving if planned.flag.losses),
        explained=explained,
        notes=notes(plan),
        when_read=words.when_read(plan, stamp),
        words=words,
    )
