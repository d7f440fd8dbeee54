"""Folders of a program's own, and what a look through them and through its processes finds."""

from __future__ import annotations

import base64
import json
import os
import platform
import re
import secrets
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import httpx

PROGRAM = (sys.executable, "-m", "tui")

_FOLDERS = {
    "HOME": "home", "TMPDIR": "tmp", "XDG_STATE_HOME": "xdg/state", "XDG_CONFIG_HOME": "xdg/config",
    "XDG_DATA_HOME": "xdg/data", "XDG_CACHE_HOME": "xdg/cache", "XDG_RUNTIME_DIR": "xdg/run",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """All folders a program could write to, below `root`. It is started in `folder`."""

    root: Path

    @classmethod
    def made(cls, root: Path) -> Self:
        for name in (*_FOLDERS.values(), "work"):
            (root / name).mkdir(mode=0o700, parents=True)
        return cls(root)

    @property
    def folder(self) -> Path:
        return self.root / "work"

    @property
    def state(self) -> Path:
        """The program's own folder, on Linux; elsewhere it is wherever the platform has it, below `root`."""
        return self.root / "xdg/state/ld-flag-import"

    @property
    def draft(self) -> Path:
        return next(iter(self.root.rglob("draft.json")), self.state / "draft.json")

    def environ(self, **more: str) -> dict[str, str]:
        """Nothing but what a program needs, and `more`."""
        own = {name: str(self.root / folder) for name, folder in _FOLDERS.items()}
        return {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", **own, **more,
        }  # fmt: skip

    def files(self) -> dict[str, bytes]:
        """The contents of every file, by path below `root`."""
        found = (path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}


# --- canaries


@dataclass(frozen=True)
class Canary:
    """A secret made up for one test. `random` is the part of it that stands nowhere else in the world."""

    name: str
    value: str
    random: str

    def traces(self) -> frozenset[bytes]:
        """Pieces such that any fifteen of its characters in a row contain one: raw, as JSON, percent, base64."""
        return frozenset(
            spelled[at : at + 8].encode() for spelled in _spellings(self.random) for at in range(0, len(spelled) - 7, 8)
        )


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote(secret, safe="").lower()
    yield secret.encode().hex()
    for lead in range(3):  # within a longer text it can begin at each of three places
        whole = base64.b64encode(b"\0" * lead + secret.encode()).decode()
        inner = whole[4:-4]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


def access_token(name: str) -> Canary:
    """In the shape of LaunchDarkly's."""
    random = str(uuid.uuid4())
    return Canary(name, f"api-{random}", random)


def unleash_key(name: str) -> Canary:
    """In the shape of Unleash's."""
    random = secrets.token_hex(28)
    return Canary(name, f"default:production.{random}", random)


def split_key(name: str) -> Canary:
    """Split's keys have no shape: this one has every character that some spelling writes in its own way."""
    random = "".join(secrets.token_hex(2) + special for special in "\"\\/+=%&'$`<{?#;")
    return Canary(name, random, random)


def found_in(data: bytes, canaries: Iterable[Canary]) -> list[str]:
    """The names of the canaries of which this has a trace, also one broken up by terminal sequences."""
    stripped = _SEQUENCE.sub(b"", data)
    return [canary.name for canary in canaries if any(t in data or t in stripped for t in canary.traces())]


_SEQUENCE = re.compile(rb"\x1b\[[0-9;:?<>=]*[ -/]*[@-~]|\x1b[()][0-9A-Z]|[\r\n]")


# --- processes


class Watch:
    """Keeps the command line and the environment of a process and all its descendants, again and again."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.seen: dict[int, set[bytes]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._over.wait(0.02):
            for pid in (self._pid, *descendants(self._pid)):
                self.seen.setdefault(pid, set()).update(_told(pid))


def _told(pid: int) -> Iterator[bytes]:
    for name in ("cmdline", "environ"):
        try:
            yield Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:  # it has ended, or its memory is closed to us as well
            continue


def descendants(pid: int) -> list[int]:
    """The processes below this one, [] where there is no /proc."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: list[int] = []
    rest = [pid]
    while rest:
        parent = rest.pop()
        below = [child for child, its in parents.items() if its == parent]
        found += below
        rest += below
    return found


def blocked(pid: int) -> bool:
    """Whether one of the process's threads waits in a write, as to a terminal that takes none."""
    return any(_syscall(path) == str(_WRITE) for path in Path(f"/proc/{pid}/task").glob("*/syscall"))


def _syscall(path: Path) -> str:
    try:
        return path.read_text().split()[0]
    except OSError:  # the thread has ended
        return ""


_WRITE = 1 if platform.machine() == "x86_64" else 64


# --- the server's side


def configurations(there: Mapping[str, Mapping[str, str]]) -> list[dict[str, object]]:
    """The flag import configurations in the practice project; another project has one from the start."""
    with _launchdarkly(there) as client:
        items: list[dict[str, object]] = client.get(_FLAG_IMPORT).json()["items"]
    return [each for each in items if each["projectKey"] == there["launchdarkly"]["project"]]


def delete_all(there: Mapping[str, Mapping[str, str]]) -> int:
    """Remove them all. Returns how many there were."""
    found = configurations(there)
    with _launchdarkly(there) as client:
        for each in found:
            path = f"{_FLAG_IMPORT}/{each['projectKey']}/{each['integrationKey']}/{each['_id']}"
            assert client.delete(path).status_code == 204
    return len(found)


_FLAG_IMPORT = "/api/v2/integration-capabilities/flag-import"


def _launchdarkly(there: Mapping[str, Mapping[str, str]]) -> httpx.Client:
    ours = there["launchdarkly"]
    headers = {"Authorization": ours["token"], "LD-API-Version": "beta"}
    return httpx.Client(base_url=ours["url"], headers=headers, trust_env=False)
