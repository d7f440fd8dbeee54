"""The end of an import in a few words: what came of it, and what is left to do. Commands and the wizard's exit print
it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui.apply.journal import Stage
from tui.plan.words import flags
from tui.report.report import Report
from tui.report.words import ENDS

StepKind = Literal["import", "fix", "check", "review", "rebuild", "turn on"]

_TEXTS: dict[StepKind, str] = {
    "import": "Import the {} that are missing",
    "fix": "Fix {} that differ from the plan",
    "check": "Check {} that are already on in LaunchDarkly",
    "review": "Review {} with this import's tag that weren't planned",
    "rebuild": "Rebuild the targeting of {}",
    "turn on": "Turn on {} that are on in the source",
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something left to do, and for how many flags. `rebuild_first` of them need their targeting before."""

    kind: StepKind
    count: int
    rebuild_first: int = 0

    @property
    def text(self) -> str:
        """One sentence, or two."""
        text = _TEXTS[self.kind].format(flags(self.count))
        if self.count == 1:
            for many, single in ((" that are ", " that is "), ("differ ", "differs "), ("weren't", "wasn't")):
                text = text.replace(many, single)
        if not self.rebuild_first:
            return f"{text}."
        which = "it" if self.count == 1 else f"{self.rebuild_first:,} of them"
        return f"{text}. Rebuild {which} first: until then, some users lose what they have today."


@dataclass(frozen=True, slots=True)
class Summary:
    """How an import ended. `level` is "ok", "warning" or "problem"."""

    level: str
    headline: str
    steps: tuple[NextStep, ...]

    def line(self, report: str = "") -> str:
        """Return "Import complete: 46 created, 0 failed. Report: FILE. Next: rebuild 33, turn on 36." """
        following = ", ".join(f"{step.kind} {step.count:,}" for step in self.steps)
        return " ".join(
            filter(None, (self.headline, report and f"Report: {report}", following and f"Next: {following}."))
        )


def summary(report: Report) -> Summary:
    """Return the summary of an import. Its headline is the report's if the import hasn't ended or was undone."""
    numbers, ended = report.numbers, report.stage in (Stage.ENDED, Stage.VERIFIED)
    words = ENDS.get(report.ended)
    level, headline = report.summary
    if ended and words and numbers.arrived is not None and not numbers.undone:
        headline = f"{words}: {numbers.arrived:,} created, {numbers.missing or 0:,} failed."
    counts: dict[StepKind, int | None] = {
        "import": numbers.missing if ended else 0,
        "fix": numbers.different,
        "check": numbers.on,
        "review": numbers.unexpected,
        "rebuild": len(report.rebuild),
        "turn on": len(report.cut_over),
    }
    warned = {"turn on": sum(bool(row.cut_over_warning) for row in report.cut_over)}
    steps = tuple(NextStep(kind, count, warned.get(kind, 0)) for kind, count in counts.items() if count)
    return Summary(level if level in ("ok", "problem") else "warning", headline, steps)
