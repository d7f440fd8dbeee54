"""The recipe's table `[rebuild]`: how targeting is rebuilt in LaunchDarkly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from tui.targeting.approximations import APP_MUST_SEND, SENTENCES

SDKS = ("javascript", "python", "go", "ruby", "java")
"""Split's SDKs that disagree about a negated matcher for a missing attribute."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_RESERVED_KINDS = ("kind", "multi")
_TEXT = "must be text in quotes."


@dataclass(frozen=True, slots=True)
class RebuildSettings:
    """How to rebuild. `environment` is LaunchDarkly's, "" if an option must name it. `source_sdk` is "" if not given.

    `accept` has names of approximations; `context_kinds` maps Split's traffic types to LaunchDarkly's context kinds.
    """

    environment: str = ""
    accept: frozenset[str] = frozenset()
    helper_segments: bool = True
    source_sdk: str = ""
    context_kinds: Mapping[str, str] = field(default_factory=dict)


KEYS = ("environment", "accept", "helper_segments", "source_sdk", "context_kinds")


def read_settings(
    table: Mapping[str, object], kinds: Mapping[str, object], problem: Callable[[str, str], None]
) -> RebuildSettings:
    """Return the settings in the table and its table `context_kinds`. `problem` takes the path and the text of each
    mistake; the text doesn't repeat the value."""
    environment = table.get("environment", "")
    if not isinstance(environment, str):
        problem("rebuild.environment", _TEXT)
        environment = ""
    elif "environment" in table and not is_key(environment):
        problem("rebuild.environment", "isn't the key of a LaunchDarkly environment.")
    helpers = table.get("helper_segments", True)
    if not isinstance(helpers, bool):
        problem("rebuild.helper_segments", "must be true or false, without quotes.")
    sdk = table.get("source_sdk", "")
    if not isinstance(sdk, str):
        problem("rebuild.source_sdk", _TEXT)
    elif "source_sdk" in table and sdk not in SDKS:
        problem("rebuild.source_sdk", f"must be one of: {', '.join(SDKS)}.")
    return RebuildSettings(
        environment, _accepted(table.get("accept", []), problem), helpers is True,
        sdk if isinstance(sdk, str) else "", _kinds(kinds, problem),
    )  # fmt: skip


def _accepted(value: object, problem: Callable[[str, str], None]) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        problem("rebuild.accept", 'must be a list of strings, such as ["rebucketed"].')
        return frozenset()
    for place, name in enumerate(value):
        if text := unknown_name(name):
            problem(f"rebuild.accept[{place}]", text)
    return frozenset(value)


def unknown_name(name: str) -> str:
    """Return what is wrong with the name of an approximation, as the end of a sentence; "" if it is known."""
    if name in SENTENCES or (name.startswith(APP_MUST_SEND) and name != APP_MUST_SEND):
        return ""
    close = get_close_matches(name, SENTENCES, 1)
    return f"isn't a known approximation.{f' Did you mean {close[0]}?' if close else ''}"


def _kinds(table: Mapping[str, object], problem: Callable[[str, str], None]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for number, (traffic_type, kind) in enumerate(table.items()):
        place = f"rebuild.context_kinds.{traffic_type if is_key(traffic_type) else f'#{number + 1}'}"
        if not isinstance(kind, str):
            problem(place, _TEXT)
        elif not is_key(kind) or kind in _RESERVED_KINDS:
            problem(place, "isn't the key of a LaunchDarkly context kind.")
        else:
            kinds[traffic_type] = kind
    return kinds


def is_key(text: str) -> bool:
    """Whether LaunchDarkly may have an environment or context kind with this key."""
    return _KEY.fullmatch(text) is not None
