"""Errors that LaunchDarkly reports of an import, and their cause if it is known.

Their wording is documented nowhere. So only what they contain counts: the name of a field, a status, and a few words
that can't mean anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tui.apply.journal import Journal
from tui.text.clean import clean

_KEYS = {
    "ldApiKey": ("LaunchDarkly", "import key"),
    "sourceApiKey": ("Unleash", "SDK key"),
    "workspaceApiKey": ("Split", "Admin API key"),
}
_WHICH = "; LaunchDarkly doesn't say which. Most likely the source's key or the import key."
_LIMIT = "A rate limit was reached. Start again later to import the missing flags."
_SERVER = "A server failed; LaunchDarkly doesn't say which. Start again later."
_CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("flag key", "not allowed"), "Its name at the source has characters that LaunchDarkly doesn't allow in a key."),
    (("naming convention",), "The project's naming convention applies to imported flags too."),
    (("tag", "not valid"), "LaunchDarkly allows tags of up to 64 letters, digits, '.', '_', and '-'."),
    (("(429)",), _LIMIT),
    (("rate limit",), _LIMIT),
    (("(401)",), f"A key was rejected{_WHICH}"),
    (
        ("(403)",),
        f"A key lacks a permission{_WHICH}",
    ),
    (("(500)",), _SERVER),
    (("(502)",), _SERVER),
    (("(503)",), _SERVER),
    (("(504)",), "A server didn't respond in time; LaunchDarkly doesn't say which. Start again later."),
)
"""What an error contains, in lower case and all of it, and the cause."""
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_QUOTED = re.compile(r'"([^"]{1,256})"')
"""A key that LaunchDarkly doesn't allow may have any character; then the quotes are where it ends."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An error as LaunchDarkly reports it, and its cause in a sentence, "" if that isn't known.

    `key_refused` says that a key in the configuration must be replaced before the import can continue. `expected`: the
    error is about a flag that the plan left out.
    """

    text: str
    cause: str
    key_refused: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Errors that the plan expects. `left_out` are keys of flags that can't be imported, `awaited` of those that
    should be."""

    left_out: frozenset[str]
    awaited: frozenset[str]

    def explain(self, error: str) -> Explained:
        """Return one error with its cause. It is expected if it names a flag that was left out, none that should be
        imported, and no key that was refused."""
        explained = explain(error)
        names = set(_QUOTED.findall(error) or _WORD.findall(error))
        expected = not explained.key_refused and bool(names & self.left_out) and not names & self.awaited
        return replace(explained, expected=expected)

    def explained(self, errors: Iterable[str]) -> tuple[Explained, ...]:
        """Return each error once."""
        return tuple(map(self.explain, dict.fromkeys(errors)))


def foreseen(journal: Journal) -> Foreseen:
    """Return what a journal's plan and snapshot expect: a flag that exists already can't be imported either."""
    left_out = {flag.key for flag in journal.left_out}
    return Foreseen(frozenset(left_out | (journal.keys & journal.before)), journal.awaited)


def explain(error: str) -> Explained:
    """Return one error of `launchdarkly.words.fault_in_words` with its cause."""
    low = error.lower()
    refused = "(401)" in low or "(403)" in low
    for field, (who, key) in _KEYS.items():
        if field in error and (refused or "access token" in low):
            return Explained(error, f"{who} rejected the {key} stored in the configuration. Replace it there.", True)
    cause = next((cause for words, cause in _CAUSES if all(word in low for word in words)), "")
    return Explained(error, cause, refused)


def key_too_narrow(errors: Iterable[Explained]) -> bool:
    """Whether the import key may have too few permissions: a 403 that doesn't name a source's key."""
    source = [field for field, (who, _) in _KEYS.items() if who != "LaunchDarkly"]
    return any("(403)" in error.text and not any(field in error.text for field in source) for error in errors)


def by_flag(errors: Iterable[str]) -> Callable[[str], str]:
    """Return a function that gives the first error that has a flag's key as a word of its own, or in quotes, or ""."""
    named: dict[str, str] = {}
    for error in errors:
        for word in (*_QUOTED.findall(error), *_WORD.findall(error)):
            named.setdefault(word, error)
    return lambda key: named.get(clean(key), "")
