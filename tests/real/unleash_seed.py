"""What the real Unleash servers of the tests hold, labelled by hand, and how it gets there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from tui.targeting import losses as loss

ADMIN = "*:*.unleash-insecure-admin-api-token"
DEFAULT, SHOP = "default", "web-shop"
DEVELOPMENT, PRODUCTION = "development", "production"
ENVIRONMENTS = (DEVELOPMENT, PRODUCTION)

Strategy = dict[str, Any]
Sql = Callable[..., None]
"""Carries out SQL; further values stand in it as `:'name'`."""


def strategy(name: str, constraints: tuple[dict[str, Any], ...] = (), **parameters: str) -> Strategy:
    """A strategy as the admin API takes it."""
    return {"name": name, "parameters": parameters, "constraints": list(constraints)}


def rollout(percentage: int, constraints: tuple[dict[str, Any], ...] = ()) -> Strategy:
    """The strategy that Unleash's own pages make."""
    return strategy("flexibleRollout", constraints, rollout=str(percentage), stickiness="default", groupId="g")


def constraint(context: str, operator: str, *values: str, inverted: bool = False) -> dict[str, Any]:
    """A constraint; operators of numbers, dates and versions have one value."""
    one = operator.partition("_")[0] in ("NUM", "DATE", "SEMVER", "REGEX")
    given: dict[str, Any] = {"value": values[0], "values": []} if one else {"values": list(values)}
    return {"contextName": context, "operator": operator, "inverted": inverted, **given}


def variant(name: str, weight: int) -> dict[str, Any]:
    """A variant, of a strategy or of a flag; `weight` of 1000."""
    payload = {"type": "string", "value": f"#{name}"}
    return {"name": name, "weight": weight, "weightType": "variable", "stickiness": "default", "payload": payload}


EVERYONE = (rollout(100),)
COLOURS = (variant("blue", 500), variant("green", 500))

OPERATORS = (
    constraint("country", "IN", "DE", "AT", "CH"),
    constraint("country", "NOT_IN", "US"),
    constraint("email", "STR_ENDS_WITH", "@example.com"),
    constraint("email", "STR_STARTS_WITH", "admin"),
    constraint("email", "STR_CONTAINS", "test", inverted=True),
    constraint("age", "NUM_EQ", "42"),
    constraint("age", "NUM_GT", "17"),
    constraint("age", "NUM_GTE", "18"),
    constraint("age", "NUM_LT", "100"),
    constraint("age", "NUM_LTE", "99"),
    constraint("currentTime", "DATE_AFTER", "2026-01-02T03:04:05.000Z"),
    constraint("currentTime", "DATE_BEFORE", "2031-01-02T03:04:05.000Z"),
    constraint("appVersion", "SEMVER_EQ", "1.2.3"),
    constraint("appVersion", "SEMVER_GT", "1.2.0", inverted=True),
    constraint("appVersion", "SEMVER_LT", "2.0.0"),
)


@dataclass(frozen=True)
class Flag:
    """A flag and the truth about it, by hand.

    `production` holds its strategies there; in development it has one strategy that lets everyone through,
    unless `development` says other. `on` are the environments it is on in, `lost` the kinds that no import
    brings from production, `lost_in_development` those from there. `words` stand in what is lost in production.
    A flag `only` some versions can have is on those alone. `legacy` are variants of the flag in production.
    """

    name: str
    production: tuple[Strategy, ...] = EVERYONE
    lost: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    project: str = DEFAULT
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    on: tuple[str, ...] = ENVIRONMENTS
    development: tuple[Strategy, ...] = EVERYONE
    lost_in_development: tuple[str, ...] = ()
    stale: bool = False
    archived: bool = False
    parent: Mapping[str, Any] = field(default_factory=dict)
    segment: bool = False
    legacy: tuple[dict[str, Any], ...] = ()
    only: tuple[str, ...] = ()


PAYMENTS = ("simple", "payments")
GROWTH = ("team", "growth squad")

FLAGS = (
    Flag("everyone"),
    Flag("default-strategy", (strategy("default"),), tags=(GROWTH,), description="On by the oldest strategy"),
    Flag("half", (rollout(50),), (loss.PERCENTAGE_ROLLOUT,), ("50",)),
    Flag("nobody-yet", (rollout(0),), (loss.PERCENTAGE_ROLLOUT,)),
    Flag(
        "checkout-v2",
        ({**rollout(50), "variants": list(COLOURS)},),
        (loss.PERCENTAGE_ROLLOUT, loss.STRATEGY_VARIANTS),
        ("blue", "green"),
        tags=(PAYMENTS,),
        development=({**rollout(100), "variants": list(COLOURS)},),
        lost_in_development=(loss.STRATEGY_VARIANTS,),
    ),
    Flag("kill-payments", tags=(PAYMENTS, GROWTH), on=(PRODUCTION,)),
    Flag("old-banner", stale=True),
    Flag("gone", archived=True),
    Flag("two-people", (strategy("userWithId", userIds="anna,ben"),), (loss.INDIVIDUAL_TARGETS,), ("anna", "ben")),
    Flag("no-people", (strategy("userWithId", userIds=""),)),
    Flag(
        "by-user",
        (strategy("gradualRolloutUserId", percentage="25", groupId="g"),),
        (loss.PERCENTAGE_ROLLOUT,),
        ("25",),
    ),
    Flag(
        "by-session",
        (strategy("gradualRolloutSessionId", percentage="26", groupId="g"),),
        (loss.PERCENTAGE_ROLLOUT,),
        ("26",),
    ),
    Flag("by-chance", (strategy("gradualRolloutRandom", percentage="27"),), (loss.PERCENTAGE_ROLLOUT,), ("27",)),
    Flag("all-by-chance", (strategy("gradualRolloutRandom", percentage="100"),)),
    Flag("office", (strategy("remoteAddress", IPs="192.0.2.7,198.51.100.0/24"),), (loss.TARGETING_RULES,)),
    Flag("two-hosts", (strategy("applicationHostname", hostNames="web1,web2"),), (loss.TARGETING_RULES,)),
    Flag("home-made", (strategy("by-region", region="emea"),), (loss.TARGETING_RULES,), ("by-region",)),
    Flag("operators", (rollout(100, OPERATORS),), (loss.CONSTRAINTS,), ("DE", "AT", "CH", "@example.com", "1.2.3")),
    Flag(
        "by-pattern",
        (rollout(100, (constraint("email", "REGEX", "^a.*z$"),)),),
        (loss.CONSTRAINTS,),
        ("^a.*z$",),
        only=("7.5.1",),
    ),
    Flag("in-segment", segment=True, lost=(loss.SEGMENTS,)),
    Flag(
        "child",
        parent={"feature": "everyone", "enabled": True, "variants": []},
        lost=(loss.PREREQUISITES,),
        lost_in_development=(loss.PREREQUISITES,),
        words=("everyone",),
    ),
    Flag(
        "rebel",
        parent={"feature": "everyone", "enabled": False},
        lost=(loss.PREREQUISITES,),
        lost_in_development=(loss.PREREQUISITES,),
        words=("everyone",),
    ),
    Flag(
        "several",
        (strategy("userWithId", userIds="cleo"), rollout(20, OPERATORS[:1]), strategy("remoteAddress", IPs="::1")),
        (loss.CONSTRAINTS, loss.INDIVIDUAL_TARGETS, loss.PERCENTAGE_ROLLOUT, loss.TARGETING_RULES),
        ("cleo", "20", "DE"),
    ),
    Flag("off", (strategy("userWithId", userIds="dora"),), (loss.INDIVIDUAL_TARGETS,), ("dora",), on=()),
    Flag("bare", (), on=(), development=()),
    Flag("half-asleep", (rollout(100), {**strategy("userWithId", userIds="emil"), "disabled": True})),
    Flag("old-variants", legacy=COLOURS),
    Flag("Twin"),
    Flag("twin"),
    Flag("tilde~key"),
    Flag("it's(me)!"),
    Flag("_low"),
    Flag("loud", description="\x1b]0;mine\x07\x1b[31mred\x1b[0m \u202egnp.exe\nand more"),
    Flag("shop-banner", project=SHOP, tags=(PAYMENTS,)),
    Flag("shop-search", (rollout(10),), (loss.PERCENTAGE_ROLLOUT,), project=SHOP),
)

ILLEGAL_NAMES = frozenset({"tilde~key", "it's(me)!", "_low"})
"""Names that Unleash allows and LaunchDarkly does not."""

KEYS = {"production": (DEFAULT,), "shop": (SHOP,), "both": (DEFAULT, SHOP), "everything": ("*",)}
"""Which projects the SDK keys for production read, by the name of the key.

There are also the SDK keys `development` and `everything-development`; `frontend`, `admin` and `personal`, which
are none; `deleted` and `expired`, which were; and `unknown`, which has the form of one and never was.
"""


def listed(version: str, *projects: str) -> dict[str, Flag]:
    """The flags that an SDK key for `projects` reads, by name; of every project without any."""
    return {
        flag.name: flag
        for flag in FLAGS
        if not flag.archived
        and (not projects or flag.project in projects)
        and (not flag.only or version in flag.only)
    }  # fmt: skip


def seed(address: str, version: str, sql: Sql) -> dict[str, str]:
    """Fill a new server; its keys by name."""
    # The open-source edition has no way to make a project; one made by SQL works like the first.
    sql("insert into projects (id, name) values (:'id', 'Web Shop')", id=SHOP)
    for environment in ENVIRONMENTS:
        in_project = "insert into project_environments (project_id, environment_name) values (:'id', :'environment')"
        sql(in_project, id=SHOP, environment=environment)
    with httpx.Client(base_url=f"{address}/api/admin/", trust_env=False, timeout=30) as client:
        client.headers["Authorization"] = ADMIN
        api = Admin(client)
        api.types()
        for flag in (one for one in FLAGS if not one.only or version in one.only):
            api.flag(flag)
            if flag.legacy:
                _legacy_variants(api, version, flag, sql)
        return _keys(api, address, sql)


class Admin:
    """Makes things by the admin API; `client` has its base address and an admin token."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.segment = 0

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def types(self) -> None:
        """Kinds of strategies that servers kept when they were upgraded, one made at home, a type, a segment."""
        has = {one["name"] for one in self.send("GET", "strategies")["strategies"]}
        for flag in FLAGS:
            for name in (one["name"] for one in flag.production if one["name"] not in has):
                self.send("POST", "strategies", {"name": name, "parameters": []})
                has.add(name)
        for name in ("country", "email", "age", "appVersion"):
            self.send("POST", "context", {"name": name})
        self.send("POST", "tag-types", {"name": GROWTH[0], "description": "", "icon": ""})
        segment = {"name": "beta testers", "constraints": [constraint("userId", "IN", "anna")]}
        self.segment = self.send("POST", "segments", segment)["id"]

    def flag(self, flag: Flag) -> None:
        all_flags, name = f"projects/{flag.project}/features", quote(flag.name)
        self.send("POST", all_flags, {"name": flag.name, "description": flag.description, "type": "release"})
        here = f"{all_flags}/{name}"
        for environment, strategies in ((PRODUCTION, flag.production), (DEVELOPMENT, flag.development)):
            for one in strategies:
                segments = [self.segment] if flag.segment and environment == PRODUCTION else []
                self.send("POST", f"{here}/environments/{environment}/strategies", {**one, "segments": segments})
        for environment in flag.on:
            self.send("POST", f"{here}/environments/{environment}/on")
        for kind, value in flag.tags:
            self.send("POST", f"features/{name}/tags", {"type": kind, "value": value})
        if flag.parent:
            self.send("POST", f"{here}/dependencies", flag.parent)
        if flag.stale:
            self.send("POST", f"projects/{flag.project}/stale", {"features": [flag.name], "stale": True})
        if flag.archived:
            self.send("DELETE", here)


def _legacy_variants(api: Admin, version: str, flag: Flag, sql: Sql) -> None:
    if version.startswith("5."):
        path = f"projects/{flag.project}/features/{flag.name}/environments/{PRODUCTION}/variants"
        api.send("PUT", path, list(flag.legacy))
        return
    # 7 keeps and serves those that it was upgraded with, and lets nobody make new ones.
    sql(
        "update feature_environments set variants = :'variants' "
        "where feature_name = :'name' and environment = :'environment'",
        variants=json.dumps(flag.legacy), name=flag.name, environment=PRODUCTION,
    )  # fmt: skip


def _keys(api: Admin, address: str, sql: Sql) -> dict[str, str]:
    def made(name: str, kind: str, environment: str, *projects: str) -> str:
        body = {"tokenName": name, "type": kind, "environment": environment, "projects": list(projects)}
        return str(api.send("POST", "api-tokens", body)["secret"])

    keys = {name: made(name, "client", PRODUCTION, *projects) for name, projects in KEYS.items()}
    keys["development"] = made("development", "client", DEVELOPMENT, DEFAULT)
    keys["everything-development"] = made("everything-development", "client", DEVELOPMENT, "*")
    keys["frontend"] = made("frontend", "frontend", PRODUCTION, DEFAULT)
    keys |= {name: f"{DEFAULT}:{PRODUCTION}.{name}{'0' * 48}" for name in ("deleted", "expired", "unknown")}
    # A server knows the keys it made until it reads them anew, for a minute after they are deleted or expired.
    for name, expires in (("deleted", "2099-01-01"), ("expired", "yesterday")):
        sql(
            "insert into api_tokens (secret, username, token_name, type, environment, expires_at) "
            "values (:'secret', :'name', :'name', 'client', :'environment', :'expires'); "
            "insert into api_token_project (secret, project) values (:'secret', :'project')",
            secret=keys[name], name=name, environment=PRODUCTION, expires=expires, project=DEFAULT,
        )  # fmt: skip
    api.send("DELETE", f"api-tokens/{quote(keys['deleted'])}")
    return keys | {"admin": ADMIN, "personal": _personal(address)}


def _personal(address: str) -> str:
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        first = {"username": "admin", "password": "unleash4all"}
        client.post("/auth/simple/login", json=first).raise_for_status()
        body = {"description": "for looking", "expiresAt": "2099-01-01T00:00:00Z"}
        answer = client.post("/api/admin/user/tokens", json=body).raise_for_status()
        return str(answer.json()["secret"])
