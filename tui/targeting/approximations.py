"""Differences that a rebuilt flag may have, by name. A person accepts each by its name; no other difference may exist.

Names and meanings are documented in JSON and in recipes. `tui.targeting.evaluate` can evaluate the source with each of
them taken for granted, so that a difference is explained by names or stops its flag.
"""

from __future__ import annotations

REBUCKETED = "rebucketed"
RANDOM_BECOMES_STICKY = "random-becomes-sticky"
ALWAYS_HAS_A_KEY = "always-has-a-key"
NUMBERS_AS_NUMBERS = "numbers-as-numbers"
BOOLEANS_AS_BOOLEANS = "booleans-as-booleans"
DATES_IN_MS = "dates-in-ms"
APP_MUST_SEND = "app-must-send:"
"""Followed by the attribute's name."""
REGEX_DIALECT = "regex-dialect"
LETTERS_BEYOND_ASCII = "letters-beyond-ascii"
BUILD_METADATA = "build-metadata"
SEGMENT_COPIED_TODAY = "segment-copied-today"
PARENT_KILLED_OR_OFF = "parent-killed-or-off"
GROUP_SHARED = "group-shared"
MISSING_WHEN_NEGATED = "missing-when-negated"
CONFIGURATION_LOST = "configuration-lost"
SDK_DEPENDENT_NEGATION = "sdk-dependent-negation"
PREREQUISITES_NOT_SHOWN = "prerequisites-not-shown"

SENTENCES: dict[str, str] = {
    REBUCKETED: "Percentages stay the same, but other users get each share.",
    RANDOM_BECOMES_STICKY: "Unleash decides at random each time; LaunchDarkly always serves a user the same variation.",
    ALWAYS_HAS_A_KEY: "Unleash treats users without a userId apart; a LaunchDarkly context always has a key.",
    NUMBERS_AS_NUMBERS: "LaunchDarkly compares numbers only if the app sends numbers, not text.",
    BOOLEANS_AS_BOOLEANS: "LaunchDarkly compares true and false only if the app sends booleans or this exact text.",
    DATES_IN_MS: "LaunchDarkly compares dates only if the app sends milliseconds since 1970.",
    REGEX_DIALECT: "Patterns may match differently, since each SDK language has its own rules for them.",
    LETTERS_BEYOND_ASCII: "Upper and lower case of letters beyond A to Z may compare differently.",
    BUILD_METADATA: "Split reads versions such as 01.2.3 and compares the build part (after +); LaunchDarkly doesn't.",
    SEGMENT_COPIED_TODAY: "Segments are copied as they are today. Later changes at the source aren't.",
    PARENT_KILLED_OR_OFF: "A parent flag that is off fails its prerequisite in LaunchDarkly.",
    GROUP_SHARED: "Flags that share a rollout group reach the same users today; in LaunchDarkly they don't.",
    MISSING_WHEN_NEGATED: "Without helper segments, a negated rule never matches a user who lacks the attribute.",
    CONFIGURATION_LOST: "The dynamic configurations of treatments aren't imported.",
    SDK_DEPENDENT_NEGATION: "Split's SDKs disagree about a negated rule for a user who lacks the attribute.",
    PREREQUISITES_NOT_SHOWN: "Split's API may not show prerequisites of a flag. Check in Split that it has none.",
}


def sentence(name: str) -> str:
    """Return what a name means, for a person."""
    if name.startswith(APP_MUST_SEND):
        return f"The app must send {name.removeprefix(APP_MUST_SEND)} to LaunchDarkly, which doesn't fill it in."
    return SENTENCES[name]
