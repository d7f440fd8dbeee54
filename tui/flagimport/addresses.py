"""What there is to say about an address before anybody asks it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tui.flagimport.finding import Finding
from tui.flagimport.say import problem, short, unknown, use, warning
from tui.flagimport.variables import SecretFacts, Variable
from tui.launchdarkly.instances import INSTANCES
from tui.net.address import AddressError, is_loopback, normal_base_url

INSTANCE_KEYS = tuple(each.key for each in INSTANCES)

_LAUNCHDARKLY = re.compile(r"(?:.+\.)?launchdarkly\.(?:com|us)")
_PRIVATE_NAME = re.compile(r".*\.(?:local|localdomain|internal|intranet|lan|home|corp|private|test|home\.arpa)")
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
    if is_loopback(host):
        if not _is_here(answers.get("host", "")):
            yield warning(variable, "This is your own machine. LaunchDarkly runs the import and cannot reach it.")
    elif _is_private(host):
        yield unknown(variable, "A private address: LaunchDarkly, which runs the import, may not reach it.")


def _is_here(launchdarkly: str) -> bool:
    """Whether LaunchDarkly itself is a practice server on this machine, which reaches what is here."""
    try:
        return is_loopback(urlsplit(normal_base_url(launchdarkly).url).hostname or "")
    except AddressError:
        return False


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or _PRIVATE_NAME.fullmatch(host) is not None


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
