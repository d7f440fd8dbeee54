"""What Review says: each answer in a line, with the step that changes it."""

from __future__ import annotations

from dataclasses import dataclass


from tui.flagimport import walk
from tui.flagimport.builtin_fields import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, TOKEN
from tui.flagimport.checks import Account, facts, who
from tui.flagimport.finding import Finding, Level
from tui.flagimport.walk import Draft
from tui.launchdarkly.instances import instance


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `step` is where *Change* leads, "" where nothing can be changed."""

    label: str
    text: str
    step: str
    level: Level = Level.NOTE


_HEAVIER = (Level.PROBLEM, Level.WARNING, Level.UNKNOWN)


def lines(draft: Draft) -> tuple[Line, ...]:
    """All lines, those with a warning or a problem with its sentence in place of the plain value."""
    form = draft.form
    if form is None:
        return ()
    account = facts(draft, TOKEN.key)
    whose = f", {who(account)}" if isinstance(account, Account) else ""
    result = [
        Line("Into", f"LaunchDarkly {_instance(draft)}, project {walk.value(draft, PROJECT.key) or '-'}{whose}", "launchdarkly"),
        Line("From", _source(draft), "fields"),
    ]
    for each in form.variables:
        if each.secret and each in walk.fields(draft, "keys"):
            result.append(_of_key(draft, each.key, each.label))
    name, tags = walk.value(draft, CONFIG_NAME.key), walk.value(draft, CONFIG_TAGS.key)
    result.append(Line("Name, tags", f"{name or '-'}; {tags or 'no tags'}", "fields"))
    settings = [
        f"{v.label} {walk.value(draft, v.key) or 'blank'}"
        for v in walk.fields(draft, "fields")
        if v.key not in (CONFIG_NAME.key, CONFIG_TAGS.key) and not v.role.startswith("source-")
    ]
    result.append(Line("Flags get", "; ".join(settings) or "nothing more", "fields"))
    shown = {walk.variable(draft, v.key).key for v in form.variables if v.secret}
    result += [
        Line(walk.variable(draft, f.field).label, f.text, walk.step_of(draft, f.field), f.level)
        for f in remarks(draft)
        if f.field not in shown
    ]
    return tuple(result)


def remarks(draft: Draft) -> tuple[Finding, ...]:
    """Warnings and things not known of all steps, repeated before sending; the look-up of the name is said apart."""
    found = (f for step in ("launchdarkly", "keys", "fields") for f in walk.step_findings(draft, step))
    return tuple(f for f in found if f.level in _HEAVIER and f.field != CONFIG_NAME.key)


def _instance(draft: Draft) -> str:
    try:
        return instance(walk.value(draft, HOST.key)).name
    except ValueError:
        return walk.value(draft, HOST.key)


def _source(draft: Draft) -> str:
    form = draft.form
    if form is None:
        return ""
    told = [v for v in form.variables if v.role == "base-url" or v.role.startswith("source-")]
    return ", ".join(f"{v.label} {walk.value(draft, v.key) or 'blank'}" for v in told)


def _of_key(draft: Draft, key: str, label: str) -> Line:
    line = walk.line(draft, key)
    return Line(label, line.text, "keys", line.level)
