"""The import job: it reads the demo Split or Unleash over HTTP, as LaunchDarkly does, and creates flags, off."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tui.sandbox.account import Accounts, Author, LdFlag, StoredAccount, StoredConfiguration
from tui.sandbox.clock import Pace

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,255}")
_TAG = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_AT_ONCE = 8
"""How many flags are created between two steps, so that a client can watch the progress."""
_MOST_STEPS = 100
_STUMBLES_AT = 2
_TRIES = 3
_LONGEST_PAUSE = 60.0
_PAUSES = ("Retry-After", "X-RateLimit-Reset-Seconds-Org", "X-RateLimit-Reset-Seconds-IP")

TWIST = "tui.sandbox.twist"
"""The scope extension in which a fault changes the job that a request starts."""


@dataclass(frozen=True, slots=True)
class Twist:
    """How a job differs from the usual one.

    `imported` changes a new flag, given its number (None: it is left out). Every `refused`th new flag is refused with
    an error. `fails` is an error and its status, after which the job ends; after `stumbles` it continues.
    After `stops_after` new flags the job hangs. The next `stale_looks` reads still show the earlier status.
    The importer writes each new flag `writes` times. It also needs the action `requires` on flags.
    """

    status: str = "importing"
    at_once: int = 0
    stops_after: int | None = None
    refused: int = 0
    fails: tuple[str, int] | None = None
    stumbles: tuple[str, int] | None = None
    stale_looks: int = 0
    writes: int = 1
    requires: str = ""
    imported: Callable[[int, LdFlag], LdFlag | None] = lambda number, flag: flag

    def over(self, under: Twist) -> Twist:
        """Combine two twists. This one wins where both change the same field. Flags pass through both `imported`."""
        changes = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }

        def imported(number: int, flag: LdFlag) -> LdFlag | None:
            changed = under.imported(number, flag)
            return None if changed is None else self.imported(number, changed)

        return replace(under, **changes | {"imported": imported})


@dataclass(frozen=True, slots=True)
class Sources:
    """Addresses of the demo Split and Unleash. The job connects to nothing else: nothing leaves loopback."""

    split: str
    unleash: str


@dataclass(eq=False)
class _Failed(Exception):  # noqa: N818 - how a job ends, not an error of the server
    message: str
    status: int = 0


class Jobs:
    """At most one job a configuration. `on_move` is called after each step, and when a job has ended."""

    def __init__(self, accounts: Accounts, pace: Pace, sources: Sources, on_move: Callable[[], None]) -> None:
        self._accounts = accounts
        self._pace = pace
        self._sources = sources
        self._on_move = on_move
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._moves = 0
        self._hanging = 0

    @property
    def moves(self) -> int | None:
        """How many steps all jobs have made since the start; None while no job would make another by itself."""
        return self._moves if len(self._tasks) > self._hanging else None

    def running(self, configuration: StoredConfiguration) -> bool:
        return configuration.id in self._tasks

    def start(self, account: StoredAccount, configuration: StoredConfiguration, twist: Twist) -> None:
        configuration.stale_looks = twist.stale_looks
        configuration.status, configuration.errors = "pending", []
        self.resume(account, configuration, twist)

    def resume(self, account: StoredAccount, configuration: StoredConfiguration, twist: Twist | None = None) -> None:
        """Import what is missing. The status and the errors so far stay."""
        task = asyncio.get_running_loop().create_task(self._run(account, configuration, twist or Twist()))
        self._tasks[configuration.id] = task
        task.add_done_callback(partial(self._ended, configuration))

    def _ended(self, configuration: StoredConfiguration, task: asyncio.Task[None]) -> None:
        self._tasks.pop(configuration.id, None)
        self._moves += 1
        if not task.cancelled():  # else its configuration was deleted, or the servers stop
            self._on_move()

    async def _step(self) -> None:
        await asyncio.sleep(self._pace.step)
        self._moves += 1
        self._on_move()

    async def _hang(self) -> None:
        """Wait until the configuration is deleted."""
        self._hanging += 1
        try:
            await asyncio.Event().wait()
        finally:
            self._hanging -= 1

    def cancel(self, configuration: StoredConfiguration) -> None:
        if task := self._tasks.get(configuration.id):
            task.cancel()

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, account: StoredAccount, configuration: StoredConfiguration, twist: Twist) -> None:
        await self._step()
        configuration.status = twist.status
        try:
            if twist.fails:
                raise _Failed(*twist.fails)
            author = self._author(account, configuration, twist.requires)
            # Without TLS roots, proxies and redirects: it connects only to this machine.
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            async with httpx.AsyncClient(verify=tls, trust_env=False, follow_redirects=False, timeout=10.0) as client:
                read = _read_split if configuration.integration == "split" else _read_unleash
                flags = await read(partial(self._fetch, client), configuration.config, self._sources)
            refused = await self._create(account, configuration, flags, twist, author)
        except _Failed as problem:
            status = "failed"
            self._report(configuration, problem.message, problem.status)
        except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
            status = "failed"
            self._report(configuration, "The source did not answer as expected")
        else:
            status = "partial" if refused else "complete"
        configuration.status = status
        if status == "complete":
            configuration.last_import = self._accounts.now_ms()
        else:
            configuration.last_error = self._accounts.now_ms()

    def _author(self, account: StoredAccount, configuration: StoredConfiguration, requires: str) -> Author:
        token = self._accounts.tokens.find(configuration.config["ldApiKey"])
        if token is None:
            raise _Failed("ldApiKey: Invalid access token", 401)
        actions = filter(None, ("createFlag", requires))
        allowed = all(token.may(action, configuration.project) for action in actions)
        if not allowed or self._accounts.of(token) is not account:
            raise _Failed("ldApiKey: Access to the requested resource was denied", 403)
        return account.author(token)

    async def _fetch(self, client: httpx.AsyncClient, url: str, query: Mapping[str, str], key: str) -> httpx.Response:
        """Retry after a short pause on 429. LaunchDarkly doesn't document what its importer does."""
        for _ in range(_TRIES):
            response = await client.get(url, params=query, headers={"Authorization": key})
            pauses = [float(response.headers[name]) for name in _PAUSES if name in response.headers]
            if response.status_code != 429 or not pauses or max(pauses) > _LONGEST_PAUSE:
                break
            await asyncio.sleep(min(self._pace.pause, max(pauses)))
        return response

    async def _create(
        self,
        account: StoredAccount,
        configuration: StoredConfiguration,
        flags: list[LdFlag],
        twist: Twist,
        author: Author,
    ) -> bool:
        """Create the flags. Returns whether a twist refused some.

        Keys of existing flags, archived ones too, are skipped silently; invalid ones are reported. Keys are never
        rewritten, and of flags with the same name the first is created. LaunchDarkly documents that conventions apply
        to imported flags. Importing the others is this server's choice.
        """
        project = configuration.project
        existing, convention = account.flags[project], account.projects[project].convention
        at_once = twist.at_once or max(_AT_ONCE, len(flags) // _MOST_STEPS)
        fresh, refused = 0, False
        for number, flag in enumerate(flags):
            if number % at_once == 0:
                await self._step()
            if flag.key in existing:
                continue
            if not _KEY.fullmatch(flag.key):
                self._report(configuration, f'"{flag.key}" is not allowed as a flag key', 400)
                continue
            if convention is not None and not convention.allows(flag.key):
                text = f'"{flag.key}" breaks the naming convention of project {project}'
                self._report(configuration, text, 400)
                continue
            fresh += 1
            if twist.stops_after is not None and fresh > twist.stops_after:
                await self._hang()
            if fresh == _STUMBLES_AT and twist.stumbles:
                self._report(configuration, *twist.stumbles)
                configuration.last_error = self._accounts.now_ms()
            if twist.refused and fresh % twist.refused == 0:
                self._report(configuration, f'"{flag.key}" could not be created: tag is not valid', 400)
                refused = True
                continue
            now, config = self._accounts.now_ms(), configuration.config
            tags = dict.fromkeys(tag for tag in (config["ldTag"], *flag.tags) if _TAG.fullmatch(tag))
            created = replace(flag, tags=tuple(tags), created=now, maintainer=config["ldMaintainer"])
            final = twist.imported(fresh, created)
            if final is not None:
                account.create_flag(project, final, author, now)
                for _ in range(twist.writes - 1):
                    final = account.update_flag(project, final, author, now)
        return refused

    def _report(self, configuration: StoredConfiguration, message: str, status: int = 0) -> None:
        error = {"integrationId": configuration.id, "message": message, "statusCode": status}
        configuration.errors.append(error | {"timestamp": self._accounts.now_ms()})


_Fetch = Callable[[str, Mapping[str, str], str], Awaitable[httpx.Response]]
"""Reads an address with a query and the value of `Authorization`."""


async def _read_unleash(fetch: _Fetch, config: Mapping[str, str], sources: Sources) -> list[LdFlag]:
    """Read the features. As in LaunchDarkly's manifest of Unleash, an error of the source is reported without text."""
    base, ours = urlsplit(config["sourceBaseUrl"]), urlsplit(sources.unleash)
    if base.port != ours.port or base.hostname not in ("127.0.0.1", "localhost"):
        raise _Failed("sourceBaseUrl could not be reached")
    query = {"project": config["sourceProjectId"], "environment": config["sourceEnvironmentId"]}
    if config["sourceTag"]:
        query["tag"] = config["sourceTag"]
    url = f"{sources.unleash}{base.path.rstrip('/')}/api/client/features"
    response = await fetch(url, query, config["sourceApiKey"])
    if response.status_code != 200:
        raise _Failed("The source refused the request", response.status_code)
    flags = []
    for feature in response.json()["features"]:
        name, names = feature["name"], [variant["name"] for variant in feature["variants"]]
        variations: tuple[tuple[object, str], ...] = tuple((variant, variant) for variant in names)
        flag = LdFlag(name, name, (), 0, feature["description"] or "", variations or ((True, "on"), (False, "off")))
        flags.append(replace(flag, off=0) if variations else flag)
    return flags


async def _read_split(fetch: _Fetch, config: Mapping[str, str], sources: Sources) -> list[LdFlag]:
    """Read the flags of the workspace, and join them by name with their definitions in the environment."""
    workspace = f"{sources.split}/splits/ws/{quote(config['workspaceId'], safe='')}"
    tag = {"tag": config["splitTag"]} if config["splitTag"] else {}
    flags = await _split_objects(fetch, workspace, config, tag)
    environment = f"{workspace}/environments/{quote(config['environmentId'], safe='')}"
    defined: dict[str, Mapping[str, Any]] = {}
    for definition in await _split_objects(fetch, environment, config, {}):
        defined.setdefault(definition["name"], definition)
    return [_from_split(flag, defined.get(flag["name"])) for flag in flags]


async def _split_objects(
    fetch: _Fetch, url: str, config: Mapping[str, str], query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Read all pages. As in LaunchDarkly's manifest of Split, an error of the source is reported with its text.

    The key goes as Bearer. LaunchDarkly doesn't document which header it uses; a Harness token fails here.
    """
    objects: list[dict[str, Any]] = []
    while True:
        page_query = {**query, "limit": "50", "offset": str(len(objects))}
        response = await fetch(url, page_query, f"Bearer {config['workspaceApiKey']}")
        if response.status_code != 200:
            raise _Failed(f"The source answered: {response.text[:200]}", response.status_code)
        page = response.json()
        objects += page["objects"]
        if not page["objects"] or len(objects) >= page["totalCount"]:
            return objects


def _from_split(flag: Mapping[str, Any], definition: Mapping[str, Any] | None) -> LdFlag:
    """On is the treatment with the largest share of the default rule, the first of equals; off the default treatment.

    Where a definition names a treatment that it does not have, this server takes the first for on and the last for off.
    """
    tags = tuple(tag["name"] for tag in flag["tags"] or ())
    imported = LdFlag(flag["name"], flag["name"], tags, 0, flag["description"] or "")
    if definition is None or not definition["treatments"]:
        return imported
    names = [treatment["name"] for treatment in definition["treatments"]]
    buckets = [bucket for bucket in definition["defaultRule"] if bucket["treatment"] in names]
    largest = max(buckets, key=lambda bucket: bucket["size"])["treatment"] if buckets else names[0]
    default = definition["defaultTreatment"]
    return replace(
        imported,
        variations=tuple((name, name) for name in names),
        on=names.index(largest),
        off=names.index(default) if default in names else len(names) - 1,
    )
