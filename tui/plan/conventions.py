"""What LaunchDarkly accepts in a new flag: its key, its tags and its variations.

The characters of keys and tags are those of LaunchDarkly's Terraform provider. LaunchDarkly doesn't document what a
naming convention's words mean exactly: here the case applies to what follows the prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tui.launchdarkly.tags import is_tag
from tui.text import phrases
from tui.text.clean import clean

if TYPE_CHECKING:
    from tui.launchdarkly.models import NamingConvention
    from tui.sources.flags import SourceFlag


LONGEST = 256
FEWEST_VARIATIONS = 2
_FIRST = re.compile(r"[a-zA-Z0-9]")
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9._-]")

_CASES: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "camelCase": ("camelCase", re.compile(r"[a-z][a-zA-Z0-9]*")),
    "upperCamelCase": ("UpperCamelCase", re.compile(r"[A-Z][a-zA-Z0-9]*")),
    "snakeCase": ("snake_case", re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")),
    "kebabCase": ("kebab-case", re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")),
    "constantCase": ("CONSTANT_CASE", re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")),
}


def bad_key(key: str) -> str:
    """Return why no flag can have this key, "" if one can. A source's name is never rewritten to make it legal."""
    if not key:
        return "it has no name"
    if len(key) > LONGEST:
        return f"{len(key)} characters (maximum {LONGEST})"
    if not _FIRST.match(key):
        return f'starts with "{clean(key[0])}", not with a letter or digit'
    wrong = "".join(dict.fromkeys(_NOT_ALLOWED.findall(key)))
    return f'"{clean(wrong[:8])}" is not allowed in a key' if wrong else ""


def breaks(key: str, convention: NamingConvention | None) -> str:
    """Return how a legal key breaks the project's convention, "" if it doesn't or the convention is not known here."""
    if convention is None:
        return ""
    if not key.startswith(convention.prefix):
        return f'does not start with "{convention.prefix}"'
    known = _CASES.get(convention.case)
    if known is None or known[1].fullmatch(key[len(convention.prefix) :]):
        return ""
    return f"not in {known[0]}"


def not_taken(flag: SourceFlag) -> Iterator[str]:
    """Yield what LaunchDarkly refuses of tags and variations; what its importer then does isn't documented."""
    if unfit := [tag for tag in flag.tags or () if not is_tag(tag)]:
        yield f"LaunchDarkly doesn't accept these tags as they are: {phrases.values(unfit)}."
    values = [variation.value for variation in flag.variations]
    if values and len(values) < FEWEST_VARIATIONS:
        yield f"LaunchDarkly needs two variations. This flag has one: {phrases.values(values)}."
    if len(set(values)) < len(values):
        yield f"LaunchDarkly needs different variations. Some of these are equal: {phrases.values(values)}."
    if "" in values:
        yield f"A variation has an empty value: {phrases.values(values)}. Can't tell whether LaunchDarkly accepts it."


def not_understood(convention: NamingConvention | None) -> str:
    """Return a sentence about a convention with an unknown case, else ""."""
    if convention is None or not convention.case or convention.case in _CASES:
        return ""
    return f"Can't check the project's naming convention: \"{convention.case}\" is unknown."
