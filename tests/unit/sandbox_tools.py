"""Clients of the practice servers over real HTTP, and companies for them."""

from __future__ import annotations

import json
import re
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
from hypothesis import strategies as st

from tui.sandbox.account import Convention, Destination, LdFlag
from tui.sandbox.company import STARTED, Company, CompanyCondition, CompanyFlag, CompanyRule, Segment, seeded
from tui.sandbox.keys import SPLIT_KEYS, TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loopback needs no roots, and reading them takes longer than all requests of a test."""

FI = "/api/v2/integration-capabilities/flag-import"


class Clock:
    """A clock that stands still until a test moves it. Seconds since the epoch."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def launchdarkly(box: Sandbox, who: str = "writer", version: str = "beta") -> httpx.Client:
    headers = {"Authorization": TOKENS[who].value, "LD-API-Version": version}
    return httpx.Client(
        base_url=box.addresses()["launchdarkly"]["url"], headers=headers, trust_env=False, verify=_NO_TLS
    )


def split(box: Sandbox, key: str = "admin") -> httpx.Client:
    headers = {"Authorization": f"Bearer {SPLIT_KEYS[key].value}"}
    return httpx.Client(base_url=box.addresses()["split"]["api"], headers=headers, trust_env=False, verify=_NO_TLS)


def unleash(box: Sandbox, key: str | None = "sdk") -> httpx.Client:
    headers = {"Authorization": UNLEASH_KEYS[key].value} if key else {}
    return httpx.Client(base_url=box.addresses()["unleash"]["url"], headers=headers, trust_env=False, verify=_NO_TLS)


def config_for(box: Sandbox, integration: str) -> dict[str, Any]:
    there = box.addresses()
    import_key = there["launchdarkly"]["import_key"]
    configs: dict[str, dict[str, Any]] = {
        "unleash": {
            "sourceBaseUrl": there["unleash"]["url"],
            "sourceApiKey": there["unleash"]["key"],
            "sourceProjectId": there["unleash"]["project"],
            "sourceEnvironmentId": there["unleash"]["environment"],
            "sourceTag": "",
            "ldApiKey": import_key,
            "ldTag": "imported-from-unleash",
            "ldMaintainer": "",
        },
        "split": {
            "workspaceApiKey": there["split"]["key"],
            "workspaceId": there["split"]["workspace"],
            "environmentId": there["split"]["environment"],
            "splitTag": "",
            "ldApiKey": import_key,
            "ldTag": "imported-from-split",
            "ldMaintainer": "",
        },
    }
    return configs[integration]


def create(
    client: httpx.Client,
    box: Sandbox,
    integration: str = "unleash",
    project: str = "web-shop",
    **changed: Any,
) -> httpx.Response:
    """Create a configuration. `changed` replaces values of the config."""
    body = {"name": "Practice", "tags": ["migration"], "config": config_for(box, integration) | changed}
    return client.post(f"{FI}/{project}/{integration}", json=body)


def path_of(answer: httpx.Response) -> str:
    shape = answer.json()
    return f"{FI}/{shape['projectKey']}/{shape['integrationKey']}/{shape['_id']}"


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Poll until a condition is true. The polling itself is the pause."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "timed out"


def run_import(client: httpx.Client, path: str) -> tuple[list[str], dict[str, Any]]:
    """Trigger an import and watch it to the end. Returns the distinct statuses in order, and the last `_status`."""
    assert client.post(f"{path}/trigger").status_code == 201
    seen: list[str] = []
    last: dict[str, Any] = {}

    def ended() -> bool:
        nonlocal last
        last = client.get(path).json()["_status"]
        if last["status"] not in seen:
            seen.append(last["status"])
        return last["status"] in ("complete", "failed", "partial")

    until(ended)
    return seen, last


@dataclass(frozen=True, slots=True)
class World:
    """The flags of both sources, and LaunchDarkly's project before the import."""

    company: Company
    destination: Destination


HOUR = 3_600_000
LEGAL_KEY = re.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,255}")
LEGAL = (
    "checkout",
    "dark-mode",
    "search_boost",
    "NewCart",
    "newCart",
    "v2.beta",
    "9lives",
    "MAX_ITEMS",
    "a",
    "x" * 256,
)
ILLEGAL = ("promo~summer", "_legacy", "-dash", ".dot", "two words", "größe", "café", "a/b", "50%", "y" * 257)
SEGMENTS = {
    "beta-testers": Segment(1, "beta-testers", "userId", ("u-1", "u-2")),
    "staff": Segment(2, "staff", "email", ("ana@example.com",)),
}
_TAGS = ("payments", "growth squad", "tier-1", "größe")
_STRATEGIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("default", {}),
    ("gradualRolloutUserId", {"percentage": "30", "groupId": "g"}),
    ("gradualRolloutRandom", {"percentage": "100"}),
    ("remoteAddress", {"IPs": "192.0.2.0/24"}),
    ("applicationHostname", {"hostNames": "orders-1"}),
    ("madeAtHome", {"region": "north"}),
    ("userWithId", {"userIds": ""}),
)
_CONDITIONS = st.one_of(
    st.builds(
        CompanyCondition,
        st.sampled_from(["country", "plan"]),
        st.lists(st.sampled_from(["DE", "a b", "ö"]), min_size=1).map(tuple),
        st.sampled_from(["one-of", "starts-with"]),
        st.booleans(),
    ),
    st.builds(
        CompanyCondition,
        st.just("orders"),
        st.integers(0, 2**40).map(lambda number: (str(number),)),
        st.sampled_from(["at-least", "since"]),
        st.booleans(),
    ),
    st.builds(
        CompanyCondition,
        st.just(""),
        st.sampled_from([*SEGMENTS]).map(lambda name: (name,)),
        st.just("segment"),
        st.booleans(),
    ),
)
_RULES = st.builds(
    CompanyRule, st.lists(_CONDITIONS, min_size=1, max_size=3).map(tuple), st.sampled_from([100, 100, 30, 0])
)
_PERCENT = st.sampled_from([0, 1, 50, 99, 100, 100])


@st.composite
def _variants(draw: st.DrawFn) -> tuple[tuple[str, int], ...]:
    """No variants, or two to four with shares that add up to 100, some of them 0 or equal."""
    names = draw(st.lists(st.sampled_from(["on", "off", "control", "red", "1"]), max_size=4, unique=True))
    if len(names) < 2:
        return ()
    cuts = sorted(
        draw(st.lists(st.sampled_from([0, 25, 50, 75, 100]), min_size=len(names) - 1, max_size=len(names) - 1))
    )
    ends = [0, *cuts, 100]
    return tuple((name, end - begin) for name, begin, end in zip(names, ends, ends[1:], strict=False))


@st.composite
def _company_flags(draw: st.DrawFn, key: str, number: int, others: tuple[str, ...]) -> CompanyFlag:
    strategy = draw(st.none() | st.sampled_from(_STRATEGIES))
    return CompanyFlag(
        key=key,
        about=draw(st.sampled_from(["", "What it does", "größe <b>[red]"])),
        tags=draw(st.none() | st.lists(st.sampled_from(_TAGS), unique=True).map(tuple)),
        created=STARTED + number * HOUR,
        state=draw(st.sampled_from(["on", "on", "off", "killed", "absent"])),
        kind=draw(st.sampled_from(["release", "experiment", "operational"])),
        stale=draw(st.booleans()),
        rollout=draw(_PERCENT),
        allocation=draw(st.none() | _PERCENT),
        rules=tuple(draw(st.lists(_RULES, max_size=2))),
        targets=tuple(draw(st.lists(st.sampled_from(["ana", "qa,1"]), max_size=2, unique=True))),
        segments=tuple(draw(st.lists(st.sampled_from([*SEGMENTS]), max_size=2, unique=True))),
        requires=draw(st.sampled_from(["", "", *others])),
        variants=draw(_variants()),
        older_variants=draw(st.booleans()),
        strategy=None if strategy is None else {"name": strategy[0], "parameters": strategy[1]},
        only=draw(st.sampled_from(["", "", "split", "unleash"])),
    )


_CONVENTIONS = st.none() | st.builds(
    Convention,
    st.sampled_from(["", "camelCase", "upperCamelCase", "snakeCase", "kebabCase", "constantCase"]),
    st.sampled_from(["", "", "dark-", "x"]),
)


@st.composite
def companies(draw: st.DrawFn, *, most: int = 12, duplicates: bool = False) -> World:
    """Flags in every state with keys of every kind, some of which exist in LaunchDarkly, and a convention there.

    Keys differ, at least by case, without `duplicates`, which Split never has.
    """
    legal = st.sampled_from(LEGAL) | st.from_regex("[a-zA-Z0-9][a-zA-Z0-9._-]{0,5}", fullmatch=True)
    keys = draw(st.lists(legal | st.sampled_from(ILLEGAL), max_size=most, unique=True))
    twins = [key.swapcase() for key in keys if draw(st.sampled_from([False, False, True]))]
    keys = draw(st.permutations([*dict.fromkeys([*keys, *twins])]))
    if duplicates and keys:
        keys += draw(st.lists(st.sampled_from(keys), max_size=3))
    flags = tuple(draw(_company_flags(key, number, tuple(keys))) for number, key in enumerate(keys))
    taken = draw(st.lists(legal | st.sampled_from([*keys, "unrelated"]), max_size=most, unique=True))
    existing = tuple(
        LdFlag(key, key, (), STARTED, archived=draw(st.booleans())) for key in taken if LEGAL_KEY.fullmatch(key)
    )
    destination = Destination(existing, draw(_CONVENTIONS))
    return World(Company(SEGMENTS, {"default": flags, "mobile-app": ()}), destination)


def big_company(count: int) -> Company:
    """Return `count` flags in each source: the seeded ones repeatedly, with distinct keys."""
    company = seeded()
    patterns = company.projects["default"]
    flags = tuple(
        replace(
            patterns[number % len(patterns)],
            key=f"{patterns[number % len(patterns)].key}-{number:05}",
            created=STARTED + number * HOUR,
            requires=f"{patterns[(number - 1) % len(patterns)].key}-{number - 1:05}" if number % 50 == 1 else "",
            only="",
        )
        for number in range(count)
    )
    return Company(company.segments, {"default": flags, "mobile-app": ()})


def big_destination(count: int) -> Destination:
    """Return `count` flags in LaunchDarkly. Every tenth is archived; every second has a key of `big_company`."""
    keys = [flag.key for flag in big_company(count).projects["default"]]
    named = (
        key if number % 2 and LEGAL_KEY.fullmatch(key) else f"there-already-{number:05}"
        for number, key in enumerate(keys)
    )
    flags = tuple(
        LdFlag(key, key, ("there",), STARTED + number, archived=number % 10 == 3) for number, key in enumerate(named)
    )
    return Destination(flags, Convention("kebabCase"))


def serve_big(count: int) -> None:
    """Serve a big company (`python -c`): print the addresses, and end with standard input."""
    with Sandbox.start(company=big_company(count), destination=big_destination(count)) as box:
        print(json.dumps(box.addresses()), flush=True)
        sys.stdin.read()
