"""Errors that LaunchDarkly reports of an import, and their cause where it is known.

Their wording is documented nowhere, so only what stands in them is taken: the name of a field, a status, and a few
words that cannot mean anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tui.apply.journal import Journal
from tui.text.clean import clean

_KEYS: dict[str, tuple[str, str]] = {
    "ldApiKey": ("LaunchDarkly", "import key"),
    "sourceApiKey": ("Unleash", "SDK key"),
    "workspaceApiKey": ("Split", "Admin API key"),
}
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_QUOTED = re.compile(r'"([^"]{1,256})"')
"""A key that LaunchDarkly does not allow may have any character; then the quotes are where it ends."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An error as it came, and what is behind it in a sentence, "" where that is not known.

    `key_refused` says that a key in the configuration has to be replaced before it can go on. `expected`: it is about
    a flag that the plan left out.
    """

    text: str
    cause: str
    key_refused: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Tells errors that the plan foresaw. `left_out` are keys of flags that can't be imported, `awaited` of those that
    should be."""

    left_out: frozenset[str]
    awaited: frozenset[str]

    def explain(self, error: str) -> Explained:
        """One error, with its cause, and whether it was to be expected: it names a flag that was left out, none that
        should be imported, and no key that was refused."""
        told = explain(error)
        named = set(_QUOTED.findall(error) or _WORD.findall(error))
        expected = not told.key_refused and bool(named & self.left_out) and not named & self.awaited
        return replace(told, expected=expected)

    def explained(self, errors: Iterable[str]) -> tuple[Explained, ...]:
        """Each error once."""
        return tuple(map(self.explain, dict.fromkeys(errors)))


def foreseen(journal: Journal) -> Foreseen:
    """What a journal's plan and snapshot foresee: a flag that exists already can't be imported either."""
    left_out = {each.key for each in journal.left_out}
    return Foreseen(frozenset(left_out | (journal.keys & journal.before)), journal.awaited)


def explain(error: str) -> Explained:
    """One error of `launchdarkly.words.fault_in_words`, with its cause."""
    for field, (who, key) in _KEYS.items():
        if field in error and _refused(error):
            return Explained(error, f"{who} refused the {key} that LaunchDarkly keeps. Replace it there.", True)
    low = error.lower()
    cause = next((cause for words, cause in _CAUSES if all(word in low for word in words)), "")
    return Explained(error, cause, "(401)" in low or "(403)" in low)


_CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("flag key", "not allowed"), "LaunchDarkly's keys may not have all the characters of its name at the source."),
    (("naming convention",), "The project asks for keys of another form; imported flags must keep to it too."),
    (("tag", "not valid"), "LaunchDarkly's tags may have letters, digits, '.', '_' and '-', 64 at most."),
    (("(429)",), "A limit on requests was reached. Start again later: it brings only what is missing."),
    (("rate limit",), "A limit on requests was reached. Start again later: it brings only what is missing."),
    (("(401)",), "A key was refused; which one is not told. Most likely the source's own, or the import key."),
    (("(403)",), "A key lacks a permission; which one is not told. Most likely the source's own, or the import key."),
    (("(500)",), "A server failed; which one is not told. Start again later."),
    (("(502)",), "A server failed; which one is not told. Start again later."),
    (("(503)",), "A server failed; which one is not told. Start again later."),
    (("(504)",), "A server did not answer in time; which one is not told. Start again later."),
)


def _refused(error: str) -> bool:
    return "(401)" in error or "(403)" in error or "access token" in error.lower()


def by_flag(errors: Iterable[str]) -> Callable[[str], str]:
    """Tells of a flag's key the first error that names it as a word of its own, or quotes it, "" where none does."""
    named: dict[str, str] = {}
    for error in errors:
        for word in (*_QUOTED.findall(error), *_WORD.findall(error)):
            named.setdefault(word, error)
    return lambda key: named.get(clean(key), "")
