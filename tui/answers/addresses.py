"""What there is to say about an address before anybody asks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tui.answers.fields import SecretFacts, Variable
from tui.answers.finding import Finding, Level
from tui.answers.say import problem, short, use, warning
from tui.launchdarkly.instances import INSTANCES
from tui.net.address import AddressError, is_loopback, normal_base_url
from tui.net.reach import Outlook, Reach, Sighting, classify

INSTANCE_KEYS = tuple(each.key for each in INSTANCES)

_LAUNCHDARKLY = re.compile(r"(?:.+\.)?launchdarkly\.(?:com|us)")
_UNLEASH_PAGE = re.compile(r"/(?:projects|features|admin|login|applications|playground|search)(?:/.*)?")


def check_uri(
    variable: Variable, value: str, answers: Mapping[str, str], secrets: Mapping[str, SecretFacts]
) -> Iterator[Finding]:
    try:
        normal_base_url(value)
    except AddressError as error:
        yield problem(variable, str(error))


def check_base_url(
    variable: Variable, value: str, answers: Mapping[str, str], secrets: Mapping[str, SecretFacts]
) -> Iterator[Finding]:
    """The address that LaunchDarkly itself will ask: to be reached from there, not only from here."""
    try:
        base = normal_base_url(value).url
    except AddressError as error:
        yield problem(variable, str(error))
        return
    parts = urlsplit(base)
    if page := _UNLEASH_PAGE.search(parts.path):
        shorter = base[: len(base) - len(page[0])]
        yield warning(
            variable,
            f"This is a page of Unleash. Its address ends before {short(page[0])}.",
            use(variable, shorter),
        )
    yield from _reach(variable, parts.hostname or "", answers)


def _reach(variable: Variable, host: str, answers: Mapping[str, str]) -> Iterator[Finding]:
    """By the host's text alone; of one that looks public `reach_check` says what asking tells."""
    seen = Sighting(host, classify(host))
    if seen.reach is not Reach.PUBLIC and not reached_there(host, answers.get("host", "")):
        yield Finding(level_of(seen), variable.key, seen.sentence)


def level_of(seen: Sighting) -> Level:
    """How much it matters that LaunchDarkly is given such a host. OK says only that nothing is against it."""
    return {Outlook.PUBLIC: Level.OK, Outlook.LOOPBACK: Level.WARNING}.get(seen.outlook, Level.UNKNOWN)


def reached_there(host: str, launchdarkly: str) -> bool:
    """Whether LaunchDarkly itself is a practice server on this machine, which reaches what is here."""
    try:
        there = urlsplit(normal_base_url(launchdarkly).url).hostname or ""
    except AddressError:
        return False
    return is_loopback(host) and is_loopback(there)


def check_host(
    variable: Variable, value: str, answers: Mapping[str, str], secrets: Mapping[str, SecretFacts]
) -> Iterator[Finding]:
    if value in INSTANCE_KEYS:
        return
    try:
        host = urlsplit(normal_base_url(value).url).hostname or ""
    except AddressError as error:
        yield problem(variable, f"{error} Or choose us, eu or federal.")
        return
    if not is_loopback(host) and not _LAUNCHDARKLY.fullmatch(host):
        yield warning(variable, "No address of LaunchDarkly's own. Your token would be sent there.")
