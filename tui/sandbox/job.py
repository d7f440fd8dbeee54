"""The import job: reads the practice Split or Unleash over HTTP, as LaunchDarkly does; creates flags, off."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tui.sandbox.account import Account, Accounts, Author, Configuration, LdFlag
from tui.sandbox.audit import create_flag, update_flag
from tui.sandbox.keys import CREATE_FLAGS, TOKENS
from tui.sandbox.shapes import status_json

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,255}")
_TAG = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_AT_ONCE = 8
"""How many flags arrive between two steps, so that progress can be watched."""
_MOST_STEPS = 100
_STUMBLES_AT = 2
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that things take here: one step of a job, a slow answer, one dripping byte, a short pause."""

    step: float
    slow: float
    drip: float
    pause: float


QUICK = Pace(step=0.02, slow=0.3, drip=0.02, pause=0.3)
LIFELIKE = Pace(step=1.0, slow=8.0, drip=1.0, pause=4.0)


TWIST = "tui.sandbox.twist"
"""The scope extension by which a fault tells how the job that a request starts goes."""


@dataclass(frozen=True, slots=True)
class Twist:
    """How a job goes otherwise than usual.

    `arrives` gives a flag as it comes (None: it never does) from its number among the new ones. `refused` counts:
    each so many-th new flag is refused with an error. `fails` is an error and its status, after which the job ends;
    `stumbles` is one after which it goes on. `stops_after` so many new flags it never moves again. `stale_looks`
    looks still show the status of before. The importer writes each new flag `writes` times.
    """

    status: str = "importing"
    at_once: int = 0
    stops_after: int | None = None
    refused: int = 0
    fails: tuple[str, int] | None = None
    stumbles: tuple[str, int] | None = None
    stale_looks: int = 0
    writes: int = 1
    arrives: Callable[[int, LdFlag], LdFlag | None] = lambda number, flag: flag

    def over(self, under: Twist) -> Twist:
        """Combine two twists. This one wins where both change the same thing. Flags pass through both `arrives`."""
        mine = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}

        def arrives(number: int, flag: LdFlag) -> LdFlag | None:
            arriving = under.arrives(number, flag)
            return None if arriving is None else self.arrives(number, arriving)

        return replace(under, **mine | {"arrives": arrives})


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the practice Split and Unleash are. The job goes nowhere else: nothing leaves loopback."""

    split: str
    unleash: str


@dataclass(eq=False)
class _Failed(Exception):  # noqa: N818 - how a job ends, not a mistake of ours
    message: str
    status: int = 0


class Jobs:
    """At most one job a configuration."""

    def __init__(self, accounts: Accounts, pace: Pace, sources: Sources) -> None:
        self._accounts = accounts
        self._pace = pace
        self._sources = sources
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._moves = 0
        self._hanging = 0

    @property
    def moves(self) -> int | None:
        """How many steps all jobs have made since the start; None while no job would make another by itself."""
        return self._moves if len(self._tasks) > self._hanging else None

    def running(self, configuration: Configuration) -> bool:
        return configuration.id in self._tasks

    def start(self, account: Account, configuration: Configuration, twist: Twist) -> None:
        configuration.stale, configuration.stale_looks = status_json(configuration), twist.stale_looks
        configuration.status, configuration.errors = "pending", []
        task = asyncio.get_running_loop().create_task(self._run(account, configuration, twist))
        self._tasks[configuration.id] = task
        task.add_done_callback(lambda _: self._ended(configuration))

    def _ended(self, configuration: Configuration) -> None:
        self._tasks.pop(configuration.id, None)
        self._moves += 1

    async def _step(self) -> None:
        await asyncio.sleep(self._pace.step)
        self._moves += 1

    async def _hang(self) -> None:
        """Until somebody deletes the configuration."""
        self._hanging += 1
        try:
            await asyncio.Event().wait()
        finally:
            self._hanging -= 1

    def cancel(self, configuration: Configuration) -> None:
        if task := self._tasks.get(configuration.id):
            task.cancel()

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, account: Account, configuration: Configuration, twist: Twist) -> None:
        await self._step()
        configuration.status = twist.status
        try:
            if twist.fails:
                raise _Failed(*twist.fails)
            author = self._check_key(account, configuration)
            async with _loopback_client() as client:
                read = _READERS[configuration.integration]
                flags = await read(_Asking(client, self._pace.pause), configuration.config, self._sources)
            refused = await self._create(account, configuration, flags, twist, author)
        except _Failed as problem:
            self._report(configuration, problem)
            configuration.status, configuration.last_error = "failed", self._accounts.now_ms()
        except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
            self._report(configuration, _Failed("The source did not answer as expected"))
            configuration.status, configuration.last_error = "failed", self._accounts.now_ms()
        else:
            if refused:
                configuration.status, configuration.last_error = "partial", self._accounts.now_ms()
            else:
                configuration.status, configuration.last_import = "complete", self._accounts.now_ms()

    async def _create(
        self, account: Account, configuration: Configuration, flags: list[LdFlag], twist: Twist, author: Author
    ) -> bool:
        """Existing keys are skipped without a word, archived ones too; a key that cannot be is left out and reported.

        Keys are never rewritten. Of flags with one name the first arrives. That conventions hold for imported
        flags is documented; that one flag's refusal leaves the others alone is this server's choice. Whether a twist
        had flags refused.
        """
        there, convention = account.flags[configuration.project], account.projects[configuration.project].convention
        at_once = twist.at_once or max(_AT_ONCE, len(flags) // _MOST_STEPS)
        fresh, refused = 0, False
        for number, flag in enumerate(flags):
            if number % at_once == 0:
                await self._step()
            if not _KEY.fullmatch(flag.key):
                self._report(configuration, _Failed(f'"{flag.key}" is not allowed as a flag key', 400))
            elif flag.key in there:
                continue
            elif convention is not None and not convention.allows(flag.key):
                problem = f'"{flag.key}" breaks the naming convention of project {configuration.project}'
                self._report(configuration, _Failed(problem, 400))
            else:
                fresh += 1
                if twist.stops_after is not None and fresh > twist.stops_after:
                    await self._hang()
                if fresh == _STUMBLES_AT and twist.stumbles:
                    self._report(configuration, _Failed(*twist.stumbles))
                    configuration.last_error = self._accounts.now_ms()
                arriving = twist.arrives(fresh, self._arriving(flag, configuration))
                if twist.refused and fresh % twist.refused == 0:
                    self._report(configuration, _Failed(f'"{flag.key}" could not be created: tag is not valid', 400))
                    refused = True
                elif arriving is not None:
                    self._write(account, configuration.project, arriving, twist.writes, author)
        return refused

    def _write(self, account: Account, project: str, flag: LdFlag, times: int, author: Author) -> None:
        now = self._accounts.now_ms()
        create_flag(account, project, flag, author, now)
        for _ in range(times - 1):
            flag = update_flag(account, project, flag, author, now)

    def _check_key(self, account: Account, configuration: Configuration) -> Author:
        token = TOKENS.find(configuration.config["ldApiKey"])
        if token is None:
            raise _Failed("ldApiKey: Invalid access token", 401)
        if CREATE_FLAGS not in token.rights or self._accounts.of(token) is not account:
            raise _Failed("ldApiKey: Access to the requested resource was denied", 403)
        return account.author(token)

    def _arriving(self, flag: LdFlag, configuration: Configuration) -> LdFlag:
        config = configuration.config
        tags = dict.fromkeys(tag for tag in (config["ldTag"], *flag.tags) if _TAG.fullmatch(tag))
        return LdFlag(
            flag.key,
            flag.name,
            tuple(tags),
            self._accounts.now_ms(),
            flag.description,
            flag.variations,
            flag.on,
            flag.off,
            config["ldMaintainer"],
        )

    def _report(self, configuration: Configuration, problem: _Failed) -> None:
        configuration.errors.append(
            {
                "integrationId": configuration.id,
                "message": problem.message,
                "statusCode": problem.status,
                "timestamp": self._accounts.now_ms(),
            }
        )


def _loopback_client() -> httpx.AsyncClient:
    """Without TLS roots, proxies and redirects: it only ever speaks to this machine."""
    return httpx.AsyncClient(
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False, follow_redirects=False, timeout=10.0
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks a source, and again after a pause where it asks for one: what LaunchDarkly does then is not known."""

    client: httpx.AsyncClient
    longest: float

    async def get(self, url: str, *, params: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
        for _ in range(_TRIES):
            answer = await self.client.get(url, params=params, headers=headers)
            asked = [float(answer.headers[name]) for name in _PAUSES if name in answer.headers]
            if answer.status_code != 429 or not asked or max(asked) > _LONGEST_PAUSE:
                break
            await asyncio.sleep(min(self.longest, max(asked)))
        return answer


_PAUSES = ("Retry-After", "X-RateLimit-Reset-Seconds-Org", "X-RateLimit-Reset-Seconds-IP")
_LONGEST_PAUSE = 60.0


async def _read_unleash(asking: _Asking, config: Mapping[str, str], sources: Sources) -> list[LdFlag]:
    """An error of the source is told without its text, as LaunchDarkly's manifest of Unleash has it."""
    base, ours = urlsplit(config["sourceBaseUrl"]), urlsplit(sources.unleash)
    if base.port != ours.port or base.hostname not in ("127.0.0.1", "localhost"):
        raise _Failed("sourceBaseUrl could not be reached")
    query = {"project": config["sourceProjectId"], "environment": config["sourceEnvironmentId"]}
    if config["sourceTag"]:
        query["tag"] = config["sourceTag"]
    answer = await asking.get(
        f"{sources.unleash}{base.path.rstrip('/')}/api/client/features",
        params=query,
        headers={"Authorization": config["sourceApiKey"]},
    )
    if answer.status_code != 200:
        raise _Failed("The source refused the request", answer.status_code)
    return [_from_unleash(feature) for feature in answer.json()["features"]]


def _from_unleash(feature: Mapping[str, Any]) -> LdFlag:
    names = [variant["name"] for variant in feature["variants"]]
    variations: tuple[tuple[object, str], ...] = tuple((name, name) for name in names)
    return LdFlag(
        feature["name"],
        feature["name"],
        (),
        0,
        feature["description"] or "",
        variations or ((True, "on"), (False, "off")),
        0,
        0 if variations else 1,
    )


async def _read_split(asking: _Asking, config: Mapping[str, str], sources: Sources) -> list[LdFlag]:
    """Flags of the workspace joined with their definitions in the environment, by name.

    The key goes as Bearer. Which header LaunchDarkly uses is not known; a Harness token fails here.
    """
    base = f"{sources.split}/splits/ws/{quote(config['workspaceId'], safe='')}"
    tag = {"tag": config["splitTag"]} if config["splitTag"] else {}
    flags = await _split_objects(asking, base, config, tag)
    at = f"{base}/environments/{quote(config['environmentId'], safe='')}"
    defined: dict[str, Mapping[str, Any]] = {}
    for one in await _split_objects(asking, at, config, {}):
        defined.setdefault(one["name"], one)
    return [_from_split(flag, defined.get(flag["name"])) for flag in flags]


async def _split_objects(
    asking: _Asking, url: str, config: Mapping[str, str], query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """All pages. An error of the source is told with its text, as LaunchDarkly's manifest of Split has it."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await asking.get(
            url,
            params={**query, "limit": "50", "offset": str(len(found))},
            headers={"Authorization": f"Bearer {config['workspaceApiKey']}"},
        )
        if answer.status_code != 200:
            raise _Failed(f"The source answered: {answer.text[:200]}", answer.status_code)
        page = answer.json()
        found += page["objects"]
        if not page["objects"] or len(found) >= page["totalCount"]:
            return found


def _from_split(flag: Mapping[str, Any], definition: Mapping[str, Any] | None) -> LdFlag:
    """On is the treatment with the largest share of the default rule, the first of equals; off the default treatment.

    Where a definition names a treatment that it does not have, on is the first and off the last: this server's choice.
    """
    tags = tuple(tag["name"] for tag in flag["tags"] or ())
    if definition is None or not definition["treatments"]:
        return LdFlag(flag["name"], flag["name"], tags, 0, flag["description"] or "")
    names = [treatment["name"] for treatment in definition["treatments"]]
    buckets = [bucket for bucket in definition["defaultRule"] if bucket["treatment"] in names]
    largest = max(buckets, key=lambda bucket: bucket["size"])["treatment"] if buckets else names[0]
    default = definition["defaultTreatment"]
    return LdFlag(
        flag["name"],
        flag["name"],
        tags,
        0,
        flag["description"] or "",
        tuple((name, name) for name in names),
        names.index(largest),
        names.index(default) if default in names else len(names) - 1,
    )


_Reader = Callable[[_Asking, Mapping[str, str], Sources], Awaitable[list[LdFlag]]]
_READERS: Mapping[str, _Reader] = {"split": _read_split, "unleash": _read_unleash}
