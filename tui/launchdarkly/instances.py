"""LaunchDarkly's instances. An account lives in one of them, and its tokens are known to no other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.net.address import normal_base_url

_API = re.compile(r"/api/v\d+$")


@dataclass(frozen=True, slots=True)
class Instance:
    """One LaunchDarkly. `key` is used in recipes, `name` in sentences; `url` has no slash at its end."""

    key: str
    name: str
    url: str

    @property
    def host(self) -> str:
        """The host, with its port where it is an unusual one."""
        return urlsplit(self.url).netloc


# Hosts as LaunchDarkly's API overview lists them.
US = Instance("us", "US", "https://app.launchdarkly.com")
EU = Instance("eu", "EU", "https://app.eu.launchdarkly.com")
FEDERAL = Instance("federal", "Federal", "https://app.launchdarkly.us")
INSTANCES = (US, EU, FEDERAL)


def instance(text: str) -> Instance:
    """The instance behind `us`, `eu`, `federal` or an address; an address of a known one gives that one.

    Any other address is an instance of its own, with the address as key and the host as name.
    Raises AddressError.
    """
    word = text.strip().lower()
    known = next((one for one in INSTANCES if one.key == word), None)
    if known is not None:
        return known
    url = _API.sub("", normal_base_url(text).url)
    host = urlsplit(url).netloc
    # Any page of a known instance will do: people paste what their browser shows.
    return next((one for one in INSTANCES if one.host == host), None) or Instance(url, host, url)
