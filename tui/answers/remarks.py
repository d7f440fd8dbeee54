"""Findings about answers: by the form's rules, by comparing keys, and by a server's response."""

from __future__ import annotations

from dataclasses import replace

from tui.answers import rules, steps
from tui.answers.builtin import HOST, PROJECT
from tui.answers.created_key import CREATED, CreatedKey
from tui.answers.draft import (
    PROPOSED,
    Answer,
    Check,
    Draft,
    answer,
    fields,
    name,
    secret_facts,
    value,
    values,
    variable,
)
from tui.answers.fields import Variable
from tui.answers.finding import Finding, Level
from tui.answers.plan_state import PLAN, plan_findings
from tui.launchdarkly.instances import instance


def findings(draft: Draft, key: str) -> tuple[Finding, ...]:
    """Return all findings about one answer."""
    field_ = variable(draft, key)
    given = answer(draft, key)
    shape = given.value if not field_.secret else ("x" if given.secret else "")
    found = list(rules.validate(field_, shape, values(draft), secret_facts(draft)))
    if given.secret and given.source == CREATED and not any(_is_here(draft, each) for each in draft.import_keys):
        found.append(Finding(Level.WARNING, key, OTHER_PROJECT))
    if key in draft.same_as_token:
        found.append(Finding(Level.WARNING, key, SAME_KEY))
    found += [f for check in draft.checks.values() for f in check.findings if f.field == key]
    check = draft.checks.get(key)
    if check and check.level in (Level.PROBLEM, Level.WARNING, Level.UNKNOWN) and check.text:
        found.append(Finding(check.level, key, check.text, advice=check.advice))
    return tuple(dict.fromkeys(found))


OTHER_PROJECT = "This key was created for another project, so the import will fail. Press Create one for this project."
SAME_KEY = (
    "This is your own token. LaunchDarkly would store it with all its permissions. "
    "Press F1 to see how to create a narrower one."
)


def step_findings(draft: Draft, step: str) -> tuple[Finding, ...]:
    """Return the findings about all answers of a step."""
    if step == "integration":
        return () if draft.form else (Finding(Level.PROBLEM, "integration", "Choose where your flags are now."),)
    if step == PLAN:
        return tuple(plan_findings(draft))
    return tuple(f for v in fields(draft, step) for f in findings(draft, v.key))


def problems(draft: Draft, step: str) -> tuple[Finding, ...]:
    """Return what blocks the step's next button. For Review: of all steps before it."""
    covered = [s.key for s in steps.STEPS[: steps.index("review")]] if step in ("review", "submit") else [step]
    return tuple(f for each in covered for f in step_findings(draft, each) if f.level is Level.PROBLEM)


def answer_problems(draft: Draft) -> tuple[Finding, ...]:
    """Return what must be fixed before the answers can be used for a plan, a look-up, or a request."""
    asked = steps.STEPS[: steps.index(PLAN)]
    return tuple(f for each in asked for f in step_findings(draft, each.key) if f.level is Level.PROBLEM)


_ORDER = (Level.PROBLEM, Level.WARNING, Level.UNKNOWN, Level.OK, Level.NOTE)


def line(draft: Draft, key: str) -> Finding:
    """Return the line below a field: its worst finding, else what is known about the answer, else its help."""
    field_ = variable(draft, key)
    given = answer(draft, key)
    check = draft.checks.get(key)
    help_ = _help(field_)
    if not given.value and given.secret is None:
        if field_.role == "import-key" and (earlier := _created_earlier(draft)):
            return Finding(Level.WARNING, key, earlier)
        if not given.touched and check is not None and check.text:
            return Finding(check.level, key, check.text, advice=check.advice)
        if not given.touched:
            return Finding(Level.NOTE, key, help_)
        if given.said:
            return Finding(Level.PROBLEM, key, given.said)
    found = sorted(findings(draft, key), key=lambda f: _ORDER.index(f.level))
    worst = found[0] if found else None
    if worst is not None and worst.level in (Level.PROBLEM, Level.WARNING, Level.UNKNOWN):
        reported = check.text if check is not None and check.level is Level.OK else ""
        before = {Level.UNKNOWN: (reported, given.said), Level.WARNING: (given.said,)}.get(worst.level, ())
        return replace(worst, text=_sentences(*before, worst.text))
    text = _known(draft, key, given, check)
    if text == SUGGESTED:
        return Finding(Level.NOTE, key, f"{SUGGESTED}. {help_}")
    if text:
        named = name(draft, given.value) != given.value
        return Finding(Level.OK if check or named else Level.NOTE, key, text)
    return Finding(Level.NOTE, key, (worst.text if worst else "") or help_)


def _created_earlier(draft: Draft) -> str:
    """Return a sentence about a key that was created for this project and isn't in the field, "" if there is none."""
    key = next((key for key in reversed(draft.import_keys) if _is_here(draft, key)), None)
    if key is None or key.replaced:
        return ""
    if not key.id:
        return f"Can't tell whether {key.name} was created. Press Create one to check."
    return f"You created {key.name}. Paste its value, or press Create one to replace it."


def _is_here(draft: Draft, key: CreatedKey) -> bool:
    """Whether a key was created for the chosen LaunchDarkly and project."""
    try:
        return (instance(value(draft, HOST.key)).url, value(draft, PROJECT.key)) == (key.host, key.project)
    except ValueError:
        return False


SUGGESTED = "Suggested"


def _help(field_: Variable) -> str:
    """Return the help line of an open field."""
    optional = field_.required or field_.hidden or any(word in field_.help.lower() for word in ("optional", "blank"))
    parts = (
        field_.help,
        "" if optional else "Optional.",
        "You can't change it later." if field_.fixed_after_saving else "",
    )
    return " ".join(filter(None, parts))


def _known(draft: Draft, key: str, given: Answer, check: Check | None) -> str:
    """Return what is known about an answer without a problem: its name, the server's report, where it came from."""
    known = name(draft, given.value) if given.value else ""
    reported = check.text if check else ""
    suggested = origin(given) if given.source == PROPOSED else ""
    return _sentences(
        suggested,
        known if known != given.value else "",
        reported,
        f"{given.secret.length} characters" if given.secret else "",
        _address(draft) if key == HOST.key else "",
        origin(given),
        given.said,
        given.kept,
    )


def origin(given: Answer) -> str:
    """Return where an answer came from, in words: "From LD_ACCESS_TOKEN"; "" if the user entered it."""
    if given.source == PROPOSED:
        return SUGGESTED
    return f"From {given.source[5:]}" if given.source.startswith("from ") else given.source


def _sentences(*parts: str) -> str:
    """Join parts into sentences, each once; a single part keeps its end."""
    several = list(dict.fromkeys(filter(None, parts)))
    if len(several) < 2:
        return "".join(several)
    return " ".join(dict.fromkeys(part if part[-1] in ".?!" else f"{part}." for part in several))


def _address(draft: Draft) -> str:
    """Return the address behind `us`, `eu` and `federal`."""
    host = value(draft, HOST.key)
    try:
        return "" if "://" in host else instance(host).url
    except ValueError:
        return ""


def summary(draft: Draft, step: str) -> Finding:
    """Return the message line of a step: problems, else what to fill in, else warnings; "" if all is well."""
    found = step_findings(draft, step)
    blocking = [f for f in found if f.level is Level.PROBLEM]
    answered = [f for f in blocking if answer(draft, f.field).touched]
    if step == PLAN and found:
        return replace(found[0], field=step)
    if answered:
        return Finding(Level.PROBLEM, step, f"{_count(len(answered), 'problem')}: {_labels(draft, answered)}.")
    if blocking:
        return Finding(Level.NOTE, step, f"Still needed: {_labels(draft, blocking)}.")
    warnings = sum(f.level is Level.WARNING for f in found)
    unknown = sum(f.level is Level.UNKNOWN for f in found)
    parts = [_count(warnings, "warning")] if warnings else []
    parts += [_count(unknown, "open question")] if unknown else []
    if not parts:
        return Finding(Level.NOTE, step, "")
    pronoun = "it" if warnings + unknown == 1 else "them"
    text = f"{', '.join(parts)}. You can continue; Review shows {pronoun} again."
    return Finding(Level.WARNING if warnings else Level.UNKNOWN, step, text)


def label(draft: Draft, key: str) -> str:
    """Return a field's name on the screen, its key if the draft doesn't have it."""
    try:
        return variable(draft, key).label
    except KeyError:
        return "Plan" if key == PLAN else key


def _labels(draft: Draft, found: list[Finding]) -> str:
    return ", ".join(dict.fromkeys(label(draft, f.field) for f in found))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
