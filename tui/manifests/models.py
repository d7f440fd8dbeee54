"""LaunchDarkly's integration manifests, as far as a form needs them.

Names and limits are those of LaunchDarkly's integration framework (schemas/definitions.json and the tests
beside it). Beyond them a manifest may carry `key` and `guide`, which LaunchDarkly's own files do not have.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

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

VariableType = Literal[
    "string", "boolean", "uri", "enum", "oauth", "dynamicEnum", "generated", "environmentSelector",
    "multiselect", "publicKey",
]  # fmt: skip
ConditionOperator = Literal[
    "lessThan", "lessThanOrEqualTo", "greaterThan", "greaterThanOrEqualTo", "equalTo", "notEqual", "contains",
    "startsWith", "endsWith",
]  # fmt: skip
Location = Literal["formVariables", "approvalFormVariables", "environmentFormVariables", "flagFormVariables"]


def _printable(text: str) -> str:
    # Keys and choices are sent on as they are and cannot be cleaned for the terminal: they must be clean.
    if not text.isprintable():
        raise PydanticCustomError("unprintable", "contains unprintable characters")
    return text


Printable = Annotated[StrictStr, AfterValidator(_printable)]
VariableKey = Annotated[
    StrictStr, StringConstraints(min_length=1, max_length=20, pattern=r"^[^\s]*$"), AfterValidator(_printable)
]
IntegrationKey = Annotated[StrictStr, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
GuideText = Annotated[StrictStr, StringConstraints(max_length=2000)]


VERSION = (
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$"
)
WEB = r"^[Hh][Tt][Tt][Pp][Ss]?://"
Web = Annotated[StrictStr, StringConstraints(max_length=2048, pattern=WEB)]
Icon = Annotated[StrictStr, StringConstraints(pattern=r"\.svg$")]


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_by_name=False,
    )


def _misfit(problem: str) -> PydanticCustomError:
    return PydanticCustomError("misfit", "{problem}", {"problem": problem})


class ManifestCondition(_Part):
    operator: ConditionOperator
    value: Annotated[StrictStr, StringConstraints(max_length=250)]


class ManifestDependency(_Part):
    variable_key: VariableKey
    variable_location: Location
    action: Literal["hideField", "showField"]
    conditions: Annotated[tuple[ManifestCondition, ...], Field(min_length=1)]


class Option(_Part):
    """One option of a multiselect: `label` is shown, `value` is sent."""

    label: StrictStr
    value: Printable


class OptionPaths(_Part):
    label: StrictStr
    value: StrictStr


class OptionParser(_Part):
    options_path: StrictStr
    options_items: OptionPaths


class Header(_Part):
    name: Annotated[StrictStr, StringConstraints(max_length=50, pattern=r"^[^\s]*$")]
    value: StrictStr


class Signature(_Part):
    header_name: StrictStr = ""
    hmac_secret_form_variable_key: StrictStr = ""


class Endpoint(_Part):
    url: StrictStr
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"]
    headers: tuple[Header, ...] = ()
    hmac_signature: Signature = Signature()


class DynamicOptions(_Part):
    """Where LaunchDarkly's own form fetches options from. Never followed here."""

    endpoint: Endpoint
    parser: OptionParser


class FormVariable(_Part):
    """One entry of `formVariables`. Required unless `isOptional` says otherwise."""

    key: VariableKey
    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=50)]
    type: VariableType
    description: Annotated[StrictStr, StringConstraints(max_length=250)]
    placeholder: StrictStr = ""
    is_secret: StrictBool = False
    is_hidden: StrictBool = False
    is_optional: StrictBool = False
    default_value: StrictBool | Printable | None = None
    allowed_values: tuple[Printable, ...] = ()
    dynamic_options: DynamicOptions | None = None
    depends_on: tuple[ManifestDependency, ...] = ()
    multiselect_options: tuple[Option, ...] = ()
    multiselect_default_options: tuple[Printable, ...] = ()
    disable_after_saving: StrictBool = False
    hide_empty: StrictBool = False
    clear_secrets_on_change: StrictBool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        """Raise the first of LaunchDarkly's rules, those of its tests included, that the variable breaks."""
        kind, default, present = self.type, self.default_value, self.model_fields_set
        has_default, fetches = "default_value" in present, self.dynamic_options is not None
        options = {option.value for option in self.multiselect_options}
        may_lack_default = kind in ("multiselect", "environmentSelector")
        rules = (
            (has_default and default is None, "has null as defaultValue"),
            ("dynamic_options" in present and not fetches, "has null as dynamicOptions"),
            (self.is_secret and kind != "string", f"is secret and of type {kind}; a secret must be a string"),
            (kind == "enum" and not self.allowed_values, "is an enum without allowedValues"),
            (kind == "dynamicEnum" and not fetches, "is a dynamicEnum without dynamicOptions"),
            (kind != "dynamicEnum" and fetches, f"has dynamicOptions but is of type {kind}"),
            (kind == "multiselect" and not options, "is a multiselect without multiselectOptions"),
            (
                kind == "multiselect" and (has_default or self.allowed_values),
                "is a multiselect with defaultValue or allowedValues; use its own lists",
            ),
            (
                not options.issuperset(self.multiselect_default_options),
                "has multiselectDefaultOptions that aren't in its multiselectOptions",
            ),
            (has_default and not self.is_optional, "has a defaultValue but isn't optional"),
            (
                self.is_optional and not has_default and not may_lack_default,
                "is optional but has no defaultValue",
            ),
            (
                kind == "boolean" and has_default and not isinstance(default, bool),
                "is a boolean with a defaultValue that isn't true or false",
            ),
            (
                kind != "boolean" and isinstance(default, bool),
                f"has true or false as defaultValue but is of type {kind}",
            ),
            (
                kind == "enum" and default and default not in self.allowed_values,
                "has a defaultValue that isn't in its allowedValues",
            ),
        )
        if problem := next((problem for broken, problem in rules if broken), ""):
            raise _misfit(problem)
        return self


class VariableGuide(_Part):
    """Our own extension: help on a variable for a newcomer, and the variable's role in the form."""

    role: StrictStr = ""
    what: GuideText = ""
    where: tuple[GuideText, ...] = ()
    right: GuideText = ""


class Card(_Part):
    """Our own extension: the words of the first screen."""

    title: Annotated[StrictStr, StringConstraints(max_length=50)] = ""
    also: Annotated[StrictStr, StringConstraints(max_length=50)] = ""
    needs: Annotated[StrictStr, StringConstraints(max_length=50)] = ""


class ManifestGuide(_Part):
    card: Card = Card()
    variables: dict[str, VariableGuide] = Field(default_factory=dict)


class Links(_Part):
    site: Web
    launchdarkly_docs: Web | None = None
    privacy_policy: Web | None = None
    support_website: Web | None = None

    @model_validator(mode="after")
    def _has_no_null(self) -> Self:
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise _misfit("has null as an address")
        return self


class Icons(_Part):
    square: Icon
    horizontal: Icon


class Legacy(_Part):
    kind: StrictStr


class Templates(_Part):
    split_overview: StrictStr = ""
    split_details: StrictStr = ""
    statsig: StrictStr = ""


class FlagImportCapability(_Part):
    include_error_response_body: StrictBool
    templates: Templates = Templates()


class Capabilities(_Part):
    """What an integration can do. Only `flagImport` matters here; of the others only the names are checked."""

    flag_import: FlagImportCapability | None = None
    approval: object = None
    audit_log_events_hook: object = None
    big_segment_store: object = None
    button_action: object = None
    events_hook: object = None
    external_condition: object = None
    external_configuration_pages: object = None
    external_configuration_url: object = Field(default=None, alias="externalConfigurationURL")
    external_references: object = None
    feature_store: object = None
    flag_cleanup: object = None
    flag_link: object = None
    flag_links: object = None
    hide_configuration: object = None
    internal_configuration_url: object = Field(default=None, alias="internalConfigurationURL")
    jira_issue_create: object = None
    remote_update: object = None
    reserved_custom_properties: object = None
    segment_import: object = None
    synced_segment: object = None
    trigger: object = None

    @model_validator(mode="after")
    def _names_no_empty_import(self) -> Self:
        if "flag_import" in self.model_fields_set and self.flag_import is None:
            raise _misfit("has null as flagImport")
        return self


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise _misfit("lists an entry twice")
    return values


def _sentence(text: str) -> str:
    if not text.endswith("."):
        raise _misfit("doesn't end with a period")
    return text


class Manifest(_Part):
    """An integration manifest. What a flag import doesn't use (icons, links, other parts) is only checked.

    `key` is the integration key; in LaunchDarkly's own files it is the folder's name, and `load` fills it in.
    """

    key: IntegrationKey
    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=100)]
    version: Annotated[StrictStr, StringConstraints(max_length=14, pattern=VERSION)]
    overview: Annotated[StrictStr, AfterValidator(_sentence)]
    description: StrictStr
    author: StrictStr
    support_email: StrictStr
    links: Links
    categories: Annotated[tuple[StrictStr, ...], Field(min_length=1, max_length=3), AfterValidator(_distinct)]
    icons: Icons
    details: StrictStr = ""
    form_variables: tuple[FormVariable, ...] = ()
    capabilities: Capabilities = Capabilities()
    other_capabilities: Annotated[tuple[StrictStr, ...], Field(min_length=1)] = ()
    legacy: Legacy | None = None
    requires_oauth: StrictBool = Field(default=False, alias="requiresOAuth")
    oauth_integration_key: StrictStr = Field(default="", alias="oauthIntegrationKey")
    hide_on_integrations_page: StrictBool = False
    allow_integration_configurations: StrictBool = False
    guide: ManifestGuide | None = None

    @model_validator(mode="after")
    def _can_do_something(self) -> Self:
        if not {"capabilities", "other_capabilities"} & self.model_fields_set:
            raise _misfit("has neither capabilities nor otherCapabilities")
        return self

    @property
    def notes(self) -> tuple[str, ...]:
        """What a manifest of a flag import has and this one lacks, with its place."""
        return () if self.capabilities.flag_import else ("capabilities: flagImport is missing",)


_LINK = re.compile(r"\[([^\]\[]*)\]\([^()\s]*\)")


def without_links(text: str) -> str:
    """Return a description without its Markdown links: only their texts stay."""
    return _LINK.sub(r"\1", text)
