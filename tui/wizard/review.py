"""The lines of Review: each answer, with the step that changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT
from tui.answers.checks import runner, token_owner
from tui.answers.draft import Draft
from tui.answers.fields import Variable
from tui.answers.finding import Finding, Level
from tui.answers.plan_state import PLAN
from tui.launchdarkly.instances import instance
from tui.net.times import time_of_day
from tui.plan import words
from tui.text.clean import clean
from tui.wizard import remedies


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `step` is where *Change* leads, "" where nothing can be changed."""

    label: str
    text: str
    step: str
    level: Level = Level.NOTE
    at: str = ""
    """The part of the step that its button, then called *List*, opens: a filter of the plan's list."""


ON_AT_SOURCE = "on"
"""The filter of the plan's list that shows what will be off after the import."""
_HEAVIER = (Level.PROBLEM, Level.WARNING, Level.UNKNOWN)


def lines(draft: Draft) -> tuple[Line, ...]:
    """All lines, those with a warning or a problem with its sentence in place of the plain value."""
    form = draft.form
    if form is None:
        return ()
    owner = token_owner(draft)
    member = owner.member if owner else None
    whose = f", as {member.display_name} ({member.role})" if member else ""
    name, tags = drafts.value(draft, CONFIG_NAME.key), drafts.value(draft, CONFIG_TAGS.key)
    named = clean(f"{name or '-'}; {tags or 'no tags'}")
    name_check = draft.checks.get(CONFIG_NAME.key)
    free = f"; {name_check.text}" if name_check and name_check.level is Level.OK else ""
    project = drafts.value(draft, PROJECT.key) or "-"
    on_keys = drafts.fields(draft, "keys")
    address = next((drafts.value(draft, v.key) for v in on_keys if v.role == "base-url"), "")
    stored = [field for field in on_keys if drafts.may_be_kept(field)]
    plain = (
        Line("Into", f"LaunchDarkly {_instance(draft)} {project}{whose}", "launchdarkly"),
        Line("From", f"{form.title} {address}".strip(), "keys"),
        *_of_plan(draft),
        *(_of_key(draft, field) for field in stored),
        Line("Name, tags", named + free, "fields", Level.OK if free else Level.NOTE),
        Line("Which flags", _settings(draft, lambda role: role in SOURCE_ROLES), "fields"),
        Line("They get", _settings(draft, lambda role: role not in SOURCE_ROLES), "fields"),
    )
    has_line = {field.key for field in stored}
    repeated = (
        Line(
            drafts.variable(draft, finding.field).label,
            remedies.text(finding),
            drafts.step_of(draft, finding.field),
            finding.level,
        )
        for finding in reminders(draft)
        if finding.field not in has_line
    )
    return (*(line for line in plain if line.text), *repeated)


def _of_plan(draft: Draft) -> Iterator[Line]:
    """Yield the lines of the plan, or why it can't be relied on."""
    plan = draft.plan
    findings = [f for f in remarks.step_findings(draft, PLAN) if f.level in _HEAVIER]
    for finding in findings:
        yield Line("Plan", remedies.text(finding), PLAN, finding.level)
    if plan is None:
        return
    counts = plan.counts
    lossy = f", {counts.lossy:,} lose something" if counts.lossy else ""
    if not findings:
        read = time_of_day(plan.read_at, plan.read_at)
        yield Line("Plan", f"{counts.arrive:,} of {counts.source:,} arrive{lossy}; read {read}", PLAN, Level.OK)
    if counts.on_at_source:
        verb = "is" if counts.on_at_source == 1 else "are"
        number = words.flags(counts.on_at_source)
        cut = f"{number} {verb} ON now and will be OFF in LaunchDarkly"
        if warned := sum(bool(planned.cut_over_warning) for planned in plan.cut_over):
            cut += f"; turning {warned:,} of them on reaches fewer people than today until rebuilt"
        yield Line("Cut-over", cut, PLAN, Level.WARNING, at=ON_AT_SOURCE)


def leads_to(draft: Draft, finding: Finding) -> str:
    """Return the step where a problem can be fixed."""
    return PLAN if finding.field == PLAN else drafts.step_of(draft, finding.field)


SOURCE_ROLES = (
    "source-project", "source-environment", "split-workspace", "split-environment", "split-tag", "unleash-tag",
)  # fmt: skip


def _settings(draft: Draft, wanted: Callable[[str], bool]) -> str:
    """Return the settings of some roles in words: "tag payments; maintainer blank"."""
    title = draft.form.title if draft.form else ""
    settings = []
    for field in drafts.fields(draft, "fields"):
        answer = drafts.answer(draft, field.key)
        if field in (CONFIG_NAME, CONFIG_TAGS) or not wanted(field.role) or (field.hide_empty and not answer.value):
            continue
        label = field.label.removeprefix(title).removeprefix("Flag").strip().lower()
        picked = field.role == "member-id" and answer.source
        known = clean(answer.source if picked else drafts.name(draft, answer.value))
        value = f"{known[:8]}…" if len(known) > 30 else known
        settings.append(f"{label} {value if answer.value else 'blank'}")
    return "; ".join(settings)


def reminders(draft: Draft) -> tuple[Finding, ...]:
    """Return the warnings and unknowns of all steps, to be repeated before sending; the name has a line of its own."""
    found = (f for step in ("launchdarkly", "keys", "fields") for f in remarks.step_findings(draft, step))
    return tuple(f for f in found if f.level in _HEAVIER and f.field != CONFIG_NAME.key)


def _instance(draft: Draft) -> str:
    try:
        return instance(drafts.value(draft, HOST.key)).name
    except ValueError:
        return drafts.value(draft, HOST.key)


def _of_key(draft: Draft, field: Variable) -> Line:
    line, check = remarks.line(draft, field.key), draft.checks.get(field.key)
    fine = line.level in (Level.OK, Level.NOTE)
    label = field.label.removeprefix(f"{draft.form.title if draft.form else ''} ")
    label = label[:1].upper() + label[1:]
    if fine and check is None and runner(draft, field.key) is not None:
        return Line(label, f"{line.text.rstrip('.')}; not checked yet", "keys", Level.UNKNOWN)
    return Line(label, check.text if fine and check and check.text else remedies.text(line), "keys", line.level)
