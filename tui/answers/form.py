"""From a manifest to a form, and from a form's answers to the `config` of the request.

Nothing here loads pydantic: the first screen shows parts of the forms before it is loaded.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui.answers.builtin import GUIDES
from tui.answers.fields import (
    FORM_VARIABLES,
    HELP_CELLS,
    LABEL_CELLS,
    Condition,
    Dependency,
    Form,
    Guide,
    Variable,
    joined,
    selected,
)
from tui.answers.rules import ROLE_OF_KIND, ROLES
from tui.answers.secret_facts import KEY_ROLES
from tui.secrets.names import inside, outside
from tui.text.cells import cells
from tui.text.clean import clean

if TYPE_CHECKING:
    from tui.manifests.models import FormVariable, Manifest, VariableGuide

# --- the form of a manifest -------------------------------------------------------


def secret_settings(forms: Mapping[str, Form]) -> dict[str, list[str]]:
    """Return the keys of the secret variables, by integration."""
    return {key: [variable.key for variable in form.variables if variable.secret] for key, form in forms.items()}


def build(manifest: Manifest) -> Form:
    """Return the form of an integration. Its texts are cleaned; keys, choices and defaults are as in the manifest.

    Where the manifest has no guide of its own (LaunchDarkly's own files have none), roles and guides are
    those of the manifest of the same key that comes along.
    """
    from tui.manifests.files import bundled  # deferred, like all that needs pydantic

    guides = dict(manifest.guide.variables) if manifest.guide else {}
    for known in bundled():
        if known.key == manifest.key and known.guide:
            guides = {**known.guide.variables, **guides}
    variables = tuple(_variable(each, guides.get(each.key)) for each in manifest.form_variables)
    title = manifest.guide.card.title if manifest.guide else ""
    return Form(manifest.key, clean(title or manifest.name), variables)


IMPORT_KEY = "ldApiKey"
"""The form variable of the token that LaunchDarkly keeps and creates the flags with."""
_ROLE_OF_KEY = {IMPORT_KEY: "import-key", "ldTag": "ld-tag", "ldMaintainer": "member-id"}


def _variable(each: FormVariable, guide: VariableGuide | None) -> Variable:
    from tui.manifests.models import without_links

    if guide and guide.role in ROLES:
        role = guide.role
    else:
        role = _ROLE_OF_KEY.get(each.key) or ("secret" if each.is_secret else ROLE_OF_KIND[each.type])
    description = clean(without_links(each.description))
    shared = GUIDES.get(role, Guide())
    page = replace(shared, what=shared.what or description)
    if guide is not None:
        page = Guide(
            clean(guide.what) or page.what,
            tuple(clean(line) for line in guide.where) or page.where,
            clean(guide.right) or page.right,
        )
    several = each.type == "multiselect"
    default = each.default_value if isinstance(each.default_value, str) else ""
    if several:
        default = joined(each.multiselect_default_options)
    elif each.type == "boolean":
        default = "true" if each.default_value in (True, "true") else "false"
    return Variable(
        key=inside(each.key),
        label=_cut(clean(each.name), LABEL_CELLS),
        help=_first_sentences(description),
        guide=page,
        kind=each.type,
        role=role,
        required=not each.is_optional,
        secret=each.is_secret or role in KEY_ROLES,
        hidden=each.is_hidden,
        default=default,
        placeholder=clean(each.placeholder),
        choices=tuple(o.value for o in each.multiselect_options) if several else each.allowed_values,
        choice_labels=tuple(clean(o.label) for o in each.multiselect_options),
        fixed_after_saving=each.disable_after_saving,
        hide_empty=each.hide_empty,
        depends_on=tuple(
            Dependency(
                inside(d.variable_key),
                d.variable_location,
                d.action == "showField",
                tuple(Condition(c.operator, c.value) for c in d.conditions),
            )
            for d in each.depends_on
        ),
        note=_NOTES.get(each.type, ""),
    )


_NOTES = {
    "dynamicEnum": "LaunchDarkly's own form shows a list here. Enter the value.",
    "oauth": "LaunchDarkly's own form signs you in here. Enter the value it would get.",
    "generated": "LaunchDarkly generates this value. Keep it, or enter another one.",
    "environmentSelector": "LaunchDarkly's own form lists environments here. Enter the key.",
    "publicKey": "LaunchDarkly generates this key. Keep it, or paste another one.",
}


def _first_sentences(text: str) -> str:
    """Return as many whole sentences as fit into one line, and at least a part of the first."""
    kept, *more = re.split(r"(?<=\.)\s+", text)
    for sentence in more:
        if cells(kept) + 1 + cells(sentence) > HELP_CELLS:
            break
        kept += f" {sentence}"
    return _cut(kept, HELP_CELLS)


def _cut(text: str, longest: int) -> str:
    """Return `text` in at most `longest` cells of a terminal, cut at a blank unless that is too early."""
    if cells(text) <= longest:
        return text
    kept = text
    while cells(kept) > longest - 3:
        kept = kept[:-1]
    at_blank = kept.rfind(" ")
    return (kept[:at_blank] if at_blank > len(kept) // 2 else kept).rstrip() + "..."


# --- which fields are there -------------------------------------------------------


def effective(variable: Variable, answers: Mapping[str, str]) -> str:
    """Return the text that counts: the answer, else the default.

    A text that was left blank on purpose counts as blank. For a choice, blank is no answer, and the default counts.
    """
    answer = answers.get(variable.key)
    if answer is None or (not answer and variable.kind in _CHOSEN):
        return variable.default
    return answer


_CHOSEN = ("boolean", "enum")


def visible(form: Form, answers: Mapping[str, str]) -> tuple[Variable, ...]:
    """Return the variables that the answers so far let appear, in the manifest's order.

    A variable appears when all its showField dependencies hold and none of its hideField ones; a dependency
    holds when all its conditions do (LaunchDarkly does not say whether all or any; its own manifests have
    one). The text compared is what counts of the other variable, "" of one that does not appear itself.
    Those under "more" stay, marked hidden, except that one which a showField brings up is not hidden any
    more: that is how LaunchDarkly's ServiceNow manifest uses the two together.
    """
    by_key = {variable.key: variable for variable in form.variables}
    shown: dict[str, bool] = {}

    def appears(variable: Variable) -> bool:
        if variable.key in shown:
            return shown[variable.key]
        shown[variable.key] = False  # what depends on itself doesn't appear, and the recursion ends
        if variable.hide_empty and not effective(variable, answers):
            return False
        for dependency in variable.depends_on:
            other = by_key.get(dependency.key)
            if other is None or dependency.location != FORM_VARIABLES:
                continue  # a variable of another form, which nothing here can answer
            text = effective(other, answers) if appears(other) else ""
            holds = all(_OPERATORS[c.operator](text, c.value) for c in dependency.conditions)
            if holds != dependency.shows:
                return False
        shown[variable.key] = True
        return True

    visible_variables = []
    for variable in form.variables:
        brought_up = any(d.shows and d.location == FORM_VARIABLES for d in variable.depends_on)
        if appears(variable):
            visible_variables.append(replace(variable, hidden=False) if variable.hidden and brought_up else variable)
    return tuple(visible_variables)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    def holds(text: str, value: str) -> bool:
        numbers = _number(text), _number(value)
        return compare(text, value) if None in numbers else compare(*numbers)

    return holds


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "lessThan": _ordered(operator.lt),
    "lessThanOrEqualTo": _ordered(operator.le),
    "greaterThan": _ordered(operator.gt),
    "greaterThanOrEqualTo": _ordered(operator.ge),
    "equalTo": operator.eq,
    "notEqual": operator.ne,
    "contains": operator.contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}
"""Values are texts; where both are numbers, more and less are meant as of numbers."""


# --- what is sent -----------------------------------------------------------------


def config(form: Form, answers: Mapping[str, str], secret: Callable[[str], object]) -> dict[str, object]:
    """Return the request's `config`: every variable that appears, by the manifest's keys and in its order.

    `secret(key)` gives whatever stands for that secret, None where there is none. A boolean is sent as one, a
    multiselect as a list, all else as text, blank or not: whether LaunchDarkly fills in the defaults of what
    is left out is not documented. Left out is what is hidden and blank.
    """
    sent: dict[str, object] = {}
    for variable in visible(form, answers):
        text = effective(variable, answers)
        value: object = text
        if variable.secret:
            value = secret(variable.key)
        elif variable.kind == "boolean":
            value = text == "true"
        elif variable.kind == "multiselect":
            value = list(selected(variable, text))
        if value is not None and not (variable.hidden and value in ("", [])):
            sent[outside(variable.key)] = value
    return sent
