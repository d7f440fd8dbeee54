"""Saving a plan with `plan -o FILE`, and comparing it in `apply --plan FILE`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from tui.answers.request import CreateRequest, Slot
from tui.apply.engine import Planned
from tui.apply.journal import Expected, Journal
from tui.net.errors import Failure, Kind, Safe
from tui.plan import saved
from tui.plan.plan import Plan, Verdict
from tui.plan.reading import explanations
from tui.plan.saved import PlanDifference, SavedFlag, SavedPlan, Settings
from tui.text.redact import Redactor

_MOST = 20


class PlanChangedError(Failure):
    """An import that differs from its saved plan."""

    def __init__(self, differences: Sequence[PlanDifference]) -> None:
        self.differences = tuple(differences)
        lines = [f"  {difference}" for difference in differences[:_MOST]]
        if len(differences) > _MOST:
            lines.append(f"  and {len(differences) - _MOST:,} more differences")
        what = "\n".join(["The import differs from the saved plan:", *lines])
        why = "\nReview the differences, then save a new plan with `plan -o FILE`."
        super().__init__(Kind.CONFLICT, what, why, safe=Safe.NOTHING_SENT)

    @property
    def as_json(self) -> list[dict[str, str]]:
        return [asdict(difference) for difference in self.differences]


def save(plan: Plan, request: CreateRequest, path: Path, redactor: Redactor) -> None:
    """Save a complete plan. Raises Failure RECIPE if the file can't be written."""
    try:
        saved.save(path, _document(plan, request, redactor))
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        reason = getattr(error, "strerror", None) or "no reason given"
        raise Failure(Kind.RECIPE, f"Can't save the plan: {reason}.", safe=Safe.NOTHING_CHANGED) from None


def must_match(
    planned: SavedPlan, event: Planned, journal: Journal | None, request: CreateRequest, redactor: Redactor
) -> None:
    """Raise PlanChangedError if an import that is about to start, or to resume, isn't as planned."""
    if event.plan is not None:
        fresh = saved.of_document(_document(event.plan, request, redactor))
    elif journal is not None:
        planned, fresh = _resumed(planned, journal, request, redactor)
    else:
        return
    if differences := list(saved.differences(planned, fresh)):
        raise PlanChangedError(differences)


def _document(plan: Plan, request: CreateRequest, redactor: Redactor) -> Mapping[str, object]:
    lost = explanations(plan, redactor)
    document: Mapping[str, object] = saved.document(plan, _settings(request), lost, redactor)
    return document


def _settings(request: CreateRequest) -> Settings:
    config = {key: value for key, value in request.config.items() if not isinstance(value, Slot)}
    return Settings(request.name, request.tags, config)


def _resumed(
    planned: SavedPlan, journal: Journal, request: CreateRequest, redactor: Redactor
) -> tuple[SavedPlan, SavedPlan]:
    """Return the flags to import of both plans. Resuming reads no source: the journal has the plan of the import, and
    flags that earlier runs have imported aren't in the saved plan any more."""
    imported = tuple(flag for flag in planned.flags if flag.verdict == Verdict.IMPORT)
    keys = {flag.key for flag in imported}
    expected = (flag for flag in journal.expected if flag.key in keys or flag.key not in journal.traces)
    fresh = replace(
        planned,
        host=request.instance.url,
        project=request.project,
        integration=request.integration,
        settings=_settings(request),
        flags=tuple(map(_saved_flag, expected)),
    )
    document = redactor.document({**asdict(fresh)})
    return replace(planned, flags=imported), saved.of_document(document)


def _saved_flag(flag: Expected) -> SavedFlag:
    return SavedFlag(
        flag.key, flag.name, flag.description, Verdict.IMPORT.value, flag.on_at_source,
        tuple(variation.name for variation in flag.variations),
        tuple(variation.value for variation in flag.variations),
        flag.on, flag.off, flag.targets, flag.tags, flag.lost, flag.warnings,
    )  # fmt: skip
