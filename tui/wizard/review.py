"""What Review says: each answer in a line, with the step that changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, TOKEN
from tui.answers.checks import TokenOwner, facts, runner
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
    account = facts(draft, TOKEN.key)
    member = account.member if isinstance(account, TokenOwner) else None
    whose = f", as {member.display_name} ({member.role})" if member else ""
    name, tags = drafts.value(draft, CONFIG_NAME.key), drafts.value(draft, CONFIG_TAGS.key)
    project = drafts.value(draft, PROJECT.key) or "-"
    kept = [each for each in drafts.fields(draft, "keys") if drafts.may_be_kept(each)]
    plain = (
        Line("Into", f"LaunchDarkly {_instance(draft)} {project}{whose}", "launchdarkly"),
        Line("From", _source(draft), "keys"),
        *_of_plan(draft),
        *(_of_key(draft, each) for each in kept),
        _of_name(draft, clean(f"{name or '-'}; {tags or 'no tags'}")),
        Line("Which flags", _told(draft, lambda role: role in SOURCE_ROLES), "fields"),
        Line("They get", _told(draft, lambda role: role not in SOURCE_ROLES), "fields"),
    )
    said = {each.key for each in kept}
    return (
        *(line for line in plain if line.text),
        *(_of_remark(draft, f) for f in reminders(draft) if f.field not in said),
    )


def _of_plan(draft: Draft) -> Iterator[Line]:
    """What the plan says, or why it says nothing that may be relied on."""
    plan = draft.plan
    said = [f for f in remarks.step_findings(draft, PLAN) if f.level in _HEAVIER]
    for finding in said:
        yield Line("Plan", remedies.text(finding), PLAN, finding.level)
    if plan is None:
        return
    counts = plan.counts
    lossy = f", {counts.lossy:,} lose something" if counts.lossy else ""
    if not said:
        read = time_of_day(plan.read_at, plan.read_at)
        yield Line("Plan", f"{counts.arrive:,} of {counts.source:,} arrive{lossy}; read {read}", PLAN, Level.OK)
    if counts.on_at_source:
        verb = "is" if counts.on_at_source == 1 else "are"
        number = words.flags(counts.on_at_source)
        cut = f"{number} {verb} ON now and will be OFF in LaunchDarkly"
        if warned := sum(bool(each.cut_over_warning) for each in plan.cut_over):
            cut += f"; turning {warned:,} of them on reaches fewer people than today until rebuilt"
        yield Line("Cut-over", cut, PLAN, Level.WARNING, at=ON_AT_SOURCE)


def leads_to(draft: Draft, finding: Finding) -> str:
    """The step that puts a problem right."""
    return PLAN if finding.field == PLAN else drafts.step_of(draft, finding.field)


SOURCE_ROLES = (
    "source-project", "source-environment", "split-workspace", "split-environment", "split-tag", "unleash-tag",
)  # fmt: skip


def _told(draft: Draft, wanted: Callable[[str], bool]) -> str:
    """The settings of some roles, in words: "tag payments; maintainer blank"."""
    configuration = (CONFIG_NAME.key, CONFIG_TAGS.key)
    asked = [v for v in drafts.fields(draft, "fields") if v.key not in configuration and wanted(v.role)]
    shown = [v for v in asked if drafts.value(draft, v.key) or not v.hide_empty]
    title = draft.form.title if draft.form else ""
    return "; ".join(f"{_short(v.label, title)} {_value(draft, v)}" for v in shown)


def _short(label: str, title: str) -> str:
    return label.removeprefix(title).removeprefix("Flag").strip().lower()


def _value(draft: Draft, each: Variable) -> str:
    given = drafts.answer(draft, each.key)
    if not given.value:
        return "blank"
    known = clean(given.source if each.role == "member-id" and given.source else drafts.name(draft, given.value))
    return f"{known[:8]}…" if len(known) > 30 else known


def _of_name(draft: Draft, text: str) -> Line:
    made = draft.checks.get(CONFIG_NAME.key)
    free = f"; {made.text}" if made and made.level is Level.OK else ""
    return Line("Name, tags", text + free, "fields", Level.OK if free else Level.NOTE)


def _of_remark(draft: Draft, finding: Finding) -> Line:
    return Line(
        drafts.variable(draft, finding.field).label,
        remedies.text(finding),
        drafts.step_of(draft, finding.field),
        finding.level,
    )


def reminders(draft: Draft) -> tuple[Finding, ...]:
    """Warnings and things not known of all steps, repeated before sending; the look-up of the name is said apart."""
    found = (f for step in ("launchdarkly", "keys", "fields") for f in remarks.step_findings(draft, step))
    return tuple(f for f in found if f.level in _HEAVIER and f.field != CONFIG_NAME.key)


def _instance(draft: Draft) -> str:
    try:
        return instance(drafts.value(draft, HOST.key)).name
    except ValueError:
        return drafts.value(draft, HOST.key)


def _source(draft: Draft) -> str:
    address = next((drafts.value(draft, v.key) for v in drafts.fields(draft, "keys") if v.role == "base-url"), "")
    title = draft.form.title if draft.form else ""
    return f"{title} {address}".strip()


def _of_key(draft: Draft, each: Variable) -> Line:
    line, check = remarks.line(draft, each.key), draft.checks.get(each.key)
    fine = line.level in (Level.OK, Level.NOTE)
    title = draft.form.title if draft.form else ""
    label = each.label.removeprefix(f"{title} ")
    label = label[:1].upper() + label[1:]
    if fine and each.key not in draft.checks and runner(draft, each.key) is not None:
        return Line(label, f"{line.text.rstrip('.')}; not checked yet", "keys", Level.UNKNOWN)
    return Line(label, check.text if fine and check and check.text else remedies.text(line), "keys", line.level)
