"""What a project's naming convention asks of the keys of new flags.

LaunchDarkly's OpenAPI document names five cases and says of none what it is. The reading here: the prefix comes
first, as it is written; what follows is one word or several, of ASCII letters and digits. Kebab case joins words
of lower-case letters and digits by single hyphens, snake and constant case do so by underscores, and camel case
has no joints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase, digits

_LOWER = frozenset(ascii_lowercase + digits)
_UPPER = frozenset(ascii_uppercase + digits)


@dataclass(frozen=True, slots=True)
class Convention:
    """`case` is one of LaunchDarkly's five words, or "" for any; so is `prefix`."""

    case: str = ""
    prefix: str = ""

    def allows(self, key: str) -> bool:
        """Whether a new flag may have this key. A case with an unknown name asks for nothing."""
        if not key.startswith(self.prefix):
            return False
        fits = _CASES.get(self.case)
        return fits is None or fits(key.removeprefix(self.prefix))


def _joined(by: str, letters: frozenset[str]) -> Callable[[str], bool]:
    return lambda text: all(word and letters.issuperset(word) for word in text.split(by))


def _camel(first: str) -> Callable[[str], bool]:
    return lambda text: text[:1] in tuple(first) and (_LOWER | _UPPER).issuperset(text)


_CASES: Mapping[str, Callable[[str], bool]] = {
    "camelCase": _camel(ascii_lowercase),
    "upperCamelCase": _camel(ascii_uppercase),
    "snakeCase": _joined("_", _LOWER),
    "kebabCase": _joined("-", _LOWER),
    "constantCase": _joined("_", _UPPER),
}
