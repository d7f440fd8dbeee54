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
    """The keys of the secret variables, by integration."""
    return {integration: [each.key for each in form.variables if each.secret] for integration, form in forms.items()}


def build(manifest: Manifest) -> Form:
    """The form of an integration. Its texts are cleaned; keys, choices and defaults are as in the manifest.

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


def _variable(each: FormVariable, told: VariableGuide | None) -> Variable:
    from tui.manifests.models import without_links

    role = _role(each, told)
    description = clean(without_links(each.description))
    return Variable(
        key=inside(each.key),
        label=_cut(clean(each.name), LABEL_CELLS),
        help=_first_sentences(description),
        guide=_guide(told, role, description),
        kind=each.type,
        role=role,
        required=not each.is_optional,
        secret=each.is_secret or role in KEY_ROLES,
        hidden=each.is_hidden,
        default=_default(each),
        placeholder=clean(each.placeholder),
        choices=tuple(o.value for o in each.multiselect_options) if each.type == "multiselect" else each.allowed_values,
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


def _role(each: FormVariable, told: VariableGuide | None) -> str:
    if told and told.role in ROLES:
        return told.role
    return _ROLE_OF_KEY.get(each.key) or ("secret" if each.is_secret else ROLE_OF_KIND[each.type])


def _guide(told: VariableGuide | None, role: str, description: str) -> Guide:
    shared = GUIDES.get(role, Guide())
    if told is None:
        return replace(shared, what=shared.what or description)
    return Guide(
        clean(told.what) or shared.what or description,
        tuple(clean(line) for line in told.where) or shared.where,
        clean(told.right) or shared.right,
    )


def _default(each: FormVariable) -> str:
    if each.type == "multiselect":
        return joined(each.multiselect_default_options)
    if each.type == "boolean":
        return "true" if each.default_value in (True, "true") else "false"
    return each.default_value if isinstance(each.default_value, str) else ""


_NOTES = {
    "dynamicEnum": "LaunchDarkly's own form fetches a list here. Type the value.",
    "oauth": "LaunchDarkly's own form signs in here. Type the value it would have.",
    "generated": "LaunchDarkly makes this value by itself. Leave it, or type it.",
    "environmentSelector": "LaunchDarkly's own form lists environments here. Type the key.",
    "publicKey": "LaunchDarkly makes this key by itself. Leave it, or paste it.",
}


def _first_sentences(text: str) -> str:
    """As many whole sentences as one line holds; of the first one what fits."""
    kept, *more = re.split(r"(?<=\.)\s+", text)
    for sentence in more:
        if cells(kept) + 1 + cells(sentence) > HELP_CELLS:
            break
        kept += f" {sentence}"
    return _cut(kept, HELP_CELLS)


def _cut(text: str, longest: int) -> str:
    """`text` in at most `longest` cells of a terminal; cut at a blank where that is not too early."""
    if cells(text) <= longest:
        return text
    kept = text
    while cells(kept) > longest - 3:
        kept = kept[:-1]
    at_blank = kept.rfind(" ")
    return (kept[:at_blank] if at_blank > len(kept) // 2 else kept).rstrip() + "..."


# --- which fields are there -------------------------------------------------------


def effective(variable: Variable, answers: Mapping[str, str]) -> str:
    """The text that counts: the answer, else the default. A text that was deliberately left blank ("") counts
    as blank; where only a choice can be answered, blank is no answer and the default counts."""
    answer = answers.get(variable.key)
    if answer is None or (not answer and variable.kind in _CHOSEN):
        return variable.default
    return answer


_CHOSEN = ("boolean", "enum")


def visible(form: Form, answers: Mapping[str, str]) -> tuple[Variable, ...]:
    """The variables that the answers so far let appear, in the manifest's order.

    A variable appears when all its showField dependencies hold and none of its hideField ones; a dependency
    holds when all its conditions do (LaunchDarkly does not say whether all or any; its own manifests have
    one). The text compared is what counts of the other variable, "" of one that does not appear itself.
    Those under "more" stay, marked hidden, except that one which a showField brings up is not hidden any
    more: that is how LaunchDarkly's ServiceNow manifest uses the two together.
    """
    by_key = {variable.key: variable for variable in form.variables}
    shown: dict[str, bool] = {}
    for variable in form.variables:
        _appears(variable, by_key, answers, shown)
    return tuple(
        replace(variable, hidden=False) if variable.hidden and _brought_up(variable) else variable
        for variable in form.variables
        if shown[variable.key]
    )


def _brought_up(variable: Variable) -> bool:
    return any(d.shows and d.location == FORM_VARIABLES for d in variable.depends_on)


def _appears(
    variable: Variable, by_key: Mapping[str, Variable], answers: Mapping[str, str], shown: dict[str, bool]
) -> bool:
    if variable.key in shown:
        return shown[variable.key]
    shown[variable.key] = False  # what depends on itself does not appear, rather than asking for ever
    if variable.hide_empty and not effective(variable, answers):
        return False
    for dependency in variable.depends_on:
        other = by_key.get(dependency.key)
        if other is None or dependency.location != FORM_VARIABLES:
            continue  # a variable of another form: nothing here can ever answer it
        text = effective(other, answers) if _appears(other, by_key, answers, shown) else ""
        holds = all(_OPERATORS[c.operator](text, c.value) for c in dependency.conditions)
        if holds != dependency.shows:
            return False
    shown[variable.key] = True
    return True


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
    """The request's `config`: every variable that appears, by the manifest's keys and in its order.

    `secret(key)` gives whatever stands for that secret, None where there is none. A boolean is sent as one, a
    multiselect as a list, all else as text, blank or not: whether LaunchDarkly fills in the defaults of what
    is left out is not documented. Left out is what is hidden and blank.
    """
    sent: dict[str, object] = {}
    for variable in visible(form, answers):
        value = secret(variable.key) if variable.secret else _sent(variable, effective(variable, answers))
        blank = value is None or value in ("", [])
        if value is None or (blank and variable.hidden):
            continue
        sent[outside(variable.key)] = value
    return sent


def _sent(variable: Variable, text: str) -> object:
    if variable.kind == "boolean":
        return text == "true"
    return list(selected(variable, text)) if variable.kind == "multiselect" else text
