"""Texts that stand in the place of a value: a template that nobody filled in, the name of a vault's entry, `null`.

Syntaxes of shells, GitHub Actions, Azure Pipelines, Jinja, Helm, Concourse, Octopus, 1Password, and vals.
"""

from __future__ import annotations

import re

# Anywhere in a value: "${STAGE}-production" is as wrong as "${STAGE}".
_TEMPLATE = re.compile(r"\$\{[^{}]*\}|\$\([^()]*\)|\{\{.*?\}\}|#\{[^{}]*\}", re.DOTALL)
# The whole value: a name may contain these.
_WHOLE = re.compile(
    r"\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|__[A-Z][A-Z0-9_]*__|\(\(.+\)\)|<[A-Za-z][A-Za-z _.-]*>"
    r"|(?:op|vault|secretref|ref\+\w+)://.*|@Microsoft\.KeyVault\(.*\)|arn:aws[\w-]*:(?:secretsmanager|ssm):.*",
    re.DOTALL,
)
_WORDS = frozenset({"null", "NULL", "undefined", "None", "[object Object]"})


def is_placeholder(text: str) -> bool:
    """Return whether `text` is or contains a template that was not filled in."""
    value = text.strip()
    return value in _WORDS or bool(_WHOLE.fullmatch(value) or _TEMPLATE.search(value))
