"""What Review shows: the import in a few sentences, and each answer with the step that changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.answers import draft as drafts
from tui.answers import plan_state, remarks
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT
from tui.answers.checks import runner, token_owner
from tui.answers.draft import Draft
from tui.answers.fields import Variable
from tui.answers.finding import Finding, Level
from tui.answers.plan_state import PLAN
from tui.launchdarkly.instances import instance
from tui.plan import words
from tui.text.clean import clean
from tui.text.times import time_of_day
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


def lead(draft: Draft) -> str:
    """Tell the person who says yes what will happen: how many flags, where, what to do afterwards."""
    project, where = drafts.value(draft, PROJECT.key) or "the project", _instance(draft)
    into = project if where.startswith("127.") else f"{project} ({where})"
    title = draft.form.title if draft.form else ""
    plan = draft.plan
    if plan is None or not plan.whole or plan_state.out_of_date(draft):
        sentences = [f"LaunchDarkly will import flags from {title} into {into}. The number is unknown without a plan."]
    else:
        counts = plan.counts
        sentences = [f"LaunchDarkly will create {words.flags(counts.arrive)} in {into}, all off."]
        if counts.lossy:
            sentences.append(f"{counts.lossy:,} {'needs' if counts.lossy == 1 else 'need'} targeting rebuilt.")
        if counts.on_at_source:
            verb = "is" if counts.on_at_source == 1 else "are"
            sentences.append(f"{counts.on_at_source:,} {verb} on in {title} today.")
    return " ".join((*sentences, "You can undo this, but you can't stop it once it has started."))


def lines(draft: Draft) -> tuple[Line, ...]:
    """All lines, those with a warning or a problem with its sentence instead of the plain value."""
    form = draft.form
    if form is None:
        return ()
    owner = token_owner(draft)
    member = owner.member if owner else None
    whose = f", as {member.display_name} ({member.role})" if member else ""
    name, tags = drafts.value(draft, CONFIG_NAME.key), drafts.value(draft, CONFIG_TAGS.key)
    named = clean(f"{name or '-'}, {f'tags {tags}' if tags else 'no tags'}")
    name_check = draft.checks.get(CONFIG_NAME.key)
    free = (
        f" ({name_check.text[:1].lower()}{name_check.text[1:]})" if name_check and name_check.level is Level.OK else ""
    )
    project = drafts.value(draft, PROJECT.key) or "-"
    on_keys = drafts.fields(draft, "keys")
    address = next((drafts.value(draft, v.key) for v in on_keys if v.role == "base-url"), "")
    stored = [field for field in on_keys if drafts.may_be_kept(field)]
    plain = (
        Line("Into", f"LaunchDarkly {_instance(draft)} {project}{whose}", "launchdarkly"),
        Line("From", f"{form.title} {address}".strip(), "keys"),
        *_of_plan(draft),
        *(_of_key(draft, field) for field in stored),
        Line("Name", named + free, "fields", Level.OK if free else Level.NOTE),
        Line("Which flags", _settings(draft, lambda role: role in SOURCE_ROLES), "fields"),
        Line("New flags get", _settings(draft, lambda role: role not in SOURCE_ROLES), "fields"),
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
    shown = (*(line for line in plain if line.text), *repeated)
    return tuple(sorted(shown, key=lambda line: line.level not in _HEAVIER))


def _of_plan(draft: Draft) -> Iterator[Line]:
    """What the plan shows, or why it can't be relied on."""
    plan = draft.plan
    heavier = [finding for finding in remarks.step_findings(draft, PLAN) if finding.level in _HEAVIER]
    for finding in heavier:
        yield Line("Plan", remedies.text(finding), PLAN, finding.level)
    if plan is None:
        return
    counts = plan.counts
    if not heavier:
        skipped = f", {counts.skip:,} skipped" if counts.skip else ""
        invalid = f", {counts.invalid:,} can't be imported" if counts.invalid else ""
        at = time_of_day(plan.read_at, plan.read_at)
        text = f"{counts.arrive:,} of {words.flags(counts.source)} will be imported{skipped}{invalid}. Read at {at}."
        yield Line("Plan", text, PLAN, Level.OK)
    if counts.on_at_source:
        yield Line("Cutover", f"{words.cut_over_line(plan)}.", PLAN, Level.WARNING, at=ON_AT_SOURCE)


def create_label(draft: Draft) -> str:
    """Return what sends the request: "Create in web-shop and start"."""
    project = drafts.value(draft, PROJECT.key)
    return f"Create in {project}{' and start' if draft.starts else ''}" if project else "Create"


def leads_to(draft: Draft, finding: Finding) -> str:
    """Return the step where a problem can be fixed."""
    return PLAN if finding.field == PLAN else drafts.step_of(draft, finding.field)


SOURCE_ROLES = (
    "source-project", "source-environment", "split-workspace", "split-environment", "split-tag", "unleash-tag",
)  # fmt: skip


def _settings(draft: Draft, wanted: Callable[[str], bool]) -> str:
    """Return the settings of some roles: "tag payments, no maintainer"."""
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
        settings.append(f"{label} {value}" if answer.value else f"no {label}")
    return ", ".join(settings)


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
