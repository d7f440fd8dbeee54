"""The words of a form: what a manifest's form variable is to the person who fills it in.

Plain dataclasses, so that the first screen can show a form's parts before pydantic is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.answers.finding import Finding

KINDS: tuple[str, ...] = (
    "string", "boolean", "uri", "enum", "oauth", "dynamicEnum", "generated", "environmentSelector",
    "multiselect", "publicKey",
)  # fmt: skip
"""All kinds ("type") a form variable has in LaunchDarkly's schema of integration manifests."""

FORM_VARIABLES = "formVariables"
"""Where a dependency's variable stands; other places belong to approvals, which a flag import has not."""

LABEL_CELLS = 20
HELP_CELLS = 52


@dataclass(frozen=True, slots=True)
class Guide:
    """The page behind F1. `where` holds one click path for each product; any part may be empty."""

    what: str = ""
    where: tuple[str, ...] = ()
    right: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """Shows (or hides) a variable when all `conditions` hold for the answer to the variable `key`."""

    key: str
    location: str
    shows: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One field. `default` is text: "true" or "false" for a boolean, one choice a line for a multiselect.

    `key` is that of `names.inside`. `choices` are the values that can be sent, `choice_labels` what they are called
    where that is something else.
    """

    key: str
    label: str
    help: str = ""
    guide: Guide = Guide()
    kind: str = "string"
    role: str = "text"
    required: bool = True
    secret: bool = False
    hidden: bool = False
    default: str = ""
    placeholder: str = ""
    choices: tuple[str, ...] = ()
    choice_labels: tuple[str, ...] = ()
    fixed_after_saving: bool = False
    hide_empty: bool = False
    depends_on: tuple[Dependency, ...] = ()
    note: str = ""
    """Why a kind that LaunchDarkly's own form fills in by itself is a plain text field here."""

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """(value, label) of each choice. A value without a label is its own label."""
        labels = (*self.choice_labels, *("" for _ in self.choices))
        return tuple((value, label or value) for value, label in zip(self.choices, labels, strict=False))


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one integration, its variables in the order of the manifest."""

    integration: str
    title: str
    variables: tuple[Variable, ...]

    def get(self, key: str) -> Variable | None:
        return next((variable for variable in self.variables if variable.key == key), None)


@dataclass(frozen=True, slots=True)
class Tidied:
    """A pasted text without what never belongs to it. `said` names what was taken away, or is ""."""

    value: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """What may be kept and shown of a secret: its length, what kind of key its shape says it is, and for an
    Unleash token the project and environment written into it ("*" is all, "[]" several). Nothing secret."""

    length: int
    kind: str = ""
    scope: tuple[str, str] | None = None
    findings: tuple[Finding, ...] = ()


def selected(variable: Variable, value: str) -> tuple[str, ...]:
    """Return the choices in the text of a multiselect answer: one a line, or in one line between commas."""
    between = "\n" if "\n" in value or value in variable.choices else ","
    parts = value.split(between)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def joined(chosen: Iterable[str]) -> str:
    """Return the answer that `selected` reads back."""
    return "\n".join(chosen)
