"""LaunchDarkly's integration manifests, as far as a form is made from them.

Names and limits are those of LaunchDarkly's integration framework (schemas/definitions.json and the tests
beside it). Beyond them a manifest may carry `key` and `guide`, which LaunchDarkly's own files do not have.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Kind = Literal[
    "string", "boolean", "uri", "enum", "oauth", "dynamicEnum", "generated", "environmentSelector",
    "multiselect", "publicKey",
]  # fmt: skip
Operator = Literal[
    "lessThan", "lessThanOrEqualTo", "greaterThan", "greaterThanOrEqualTo", "equalTo", "notEqual", "contains",
    "startsWith", "endsWith",
]  # fmt: skip
Location = Literal["formVariables", "approvalFormVariables", "environmentFormVariables", "flagFormVariables"]


def _printable(text: str) -> str:
    # Keys and choices are sent on as they are and cannot be cleaned for the terminal: they must be clean.
    if not text.isprintable():
        raise PydanticCustomError("unprintable", "holds characters that do not print")
    return text


Printable = Annotated[StrictStr, AfterValidator(_printable)]
VariableKey = Annotated[
    StrictStr, StringConstraints(min_length=1, max_length=20, pattern=r"^[^\s]*$"), AfterValidator(_printable)
]
IntegrationKey = Annotated[StrictStr, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Text = Annotated[StrictStr, StringConstraints(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_by_name=False,
    )


class Condition(_Part):
    operator: Operator
    value: Annotated[StrictStr, StringConstraints(max_length=250)]


def _some(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    if not conditions:
        raise PydanticCustomError("too_short", "is empty")
    return conditions


class Dependency(_Part):
    variable_key: VariableKey
    variable_location: Location
    action: Literal["hideField", "showField"]
    conditions: Annotated[tuple[Condition, ...], AfterValidator(_some)]


class FormVariable(_Part):
    """One entry of `formVariables`. Required unless `isOptional` says otherwise."""

    key: VariableKey
    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=50)]
    type: Kind
    description: Annotated[StrictStr, StringConstraints(max_length=250)]
    placeholder: StrictStr = ""
    is_secret: StrictBool = False
    is_hidden: StrictBool = False
    is_optional: StrictBool = False
    default_value: StrictBool | Printable | None = None
    allowed_values: tuple[Printable, ...] = ()
    dynamic_options: dict[str, object] | None = None  # never followed: nothing is fetched from a manifest's address
    depends_on: tuple[Dependency, ...] = ()
    multiselect_options: tuple[Printable, ...] = ()
    multiselect_default_options: tuple[Printable, ...] = ()
    disable_after_saving: StrictBool = False
    hide_empty: StrictBool = False
    clear_secrets_on_change: StrictBool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> FormVariable:
        if wrong := _misfit(self):
            raise PydanticCustomError("misfit", "{wrong}", {"wrong": wrong})
        return self


def _misfit(variable: FormVariable) -> str:
    default = variable.default_value
    if variable.type == "enum" and not variable.allowed_values:
        return "is an enum without allowedValues"
    if variable.type == "multiselect" and not variable.multiselect_options:
        return "is a multiselect without multiselectOptions"
    if variable.type == "boolean" and default not in (None, True, False, "true", "false", ""):
        return "is a boolean whose defaultValue is neither true nor false"
    if variable.type != "boolean" and isinstance(default, bool):
        return f"has true or false as defaultValue, but is of type {variable.type}"
    if variable.type == "enum" and default and default not in variable.allowed_values:
        return "has a defaultValue that is none of its allowedValues"
    if set(variable.multiselect_default_options) - set(variable.multiselect_options):
        return "has multiselectDefaultOptions that are none of its multiselectOptions"
    return ""


class VariableGuide(_Part):
    """Our own extension: what a newcomer is told about a variable, and the role it plays in the form."""

    role: StrictStr = ""
    what: Text = ""
    where: tuple[Text, ...] = ()
    right: Text = ""


class Card(_Part):
    """Our own extension: the words of the first screen."""

    title: Annotated[StrictStr, StringConstraints(max_length=50)] = ""
    also: Annotated[StrictStr, StringConstraints(max_length=50)] = ""
    needs: Annotated[StrictStr, StringConstraints(max_length=50)] = ""


class Guide(_Part):
    card: Card = Card()
    variables: dict[str, VariableGuide] = Field(default_factory=dict)


class Manifest(BaseModel):
    """An integration manifest. What a flag import has no use for (icons, links, other parts) is left out.

    `key` is the integration key; in LaunchDarkly's own files it is the folder's name, and `load` fills it in.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True)

    key: IntegrationKey
    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=50)]
    description: StrictStr = ""
    form_variables: tuple[FormVariable, ...]
    capabilities: dict[str, object] = Field(default_factory=dict)
    guide: Guide | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What LaunchDarkly's own tests would refuse though a form can be made of it, each with its place."""
        found = [] if "flagImport" in self.capabilities else ["capabilities: flagImport is missing"]
        for place, variable in enumerate(self.form_variables):
            found += [f"formVariables[{place}]: {text}" for text in _odd(variable)]
        return tuple(found)


_WITHOUT_DEFAULT = ("multiselect", "environmentSelector")


def _odd(variable: FormVariable) -> list[str]:
    has_default = variable.default_value is not None
    needs_default = variable.is_optional and variable.type not in _WITHOUT_DEFAULT
    plain = not (has_default or variable.allowed_values or variable.is_secret)
    found = {
        "isOptional without a defaultValue": needs_default and not has_default,
        "a defaultValue without isOptional": has_default and not variable.is_optional,
        "isSecret on a type other than string": variable.is_secret and variable.type != "string",
        "dynamicEnum without dynamicOptions": variable.type == "dynamicEnum" and not variable.dynamic_options,
        "multiselect with defaultValue, allowedValues or isSecret": variable.type == "multiselect" and not plain,
    }
    return [text for text, holds in found.items() if holds]


def wrong_dependencies(variables: tuple[FormVariable, ...]) -> list[tuple[str, str]]:
    """Dependencies that no answer can ever satisfy, as (place, text): unknown keys, and circles."""
    keys = {variable.key for variable in variables}
    needs = {
        variable.key: {d.variable_key for d in variable.depends_on if d.variable_location == "formVariables"}
        for variable in variables
    }
    wrong = []
    for place, variable in enumerate(variables):
        for unknown in sorted(needs[variable.key] - keys):
            wrong.append((f"formVariables[{place}].dependsOn", f"names {unknown}, which is no variable here"))
        if _reaches(variable.key, needs):
            wrong.append((f"formVariables[{place}].dependsOn", "depends on itself, over others or directly"))
    return wrong


def _reaches(start: str, needs: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    ahead = set(needs[start])
    while ahead:
        key = ahead.pop()
        if key == start:
            return True
        if key not in seen:
            seen.add(key)
            ahead |= needs.get(key, set())
    return False


_LINK = re.compile(r"\[([^\]\[]*)\]\([^()\s]*\)")


def without_links(text: str) -> str:
    """A description without its Markdown links: only their texts stay."""
    return _LINK.sub(r"\1", text)
