"""Real Unleash servers with PostgreSQL, started, seeded and stopped; one set for all workers of a test run.

By hand: `python -m tests.real.unleash_server` keeps them running and prints addresses and keys, until
interrupted; `python -m tests.real.unleash_server install` fetches their npm packages and ends.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import httpx

from tests.processes import alive, eventually
from tests.real.unleash_install import (
    ENVIRON,
    VERSIONS,
    NotInstalledError,
    exclusive,
    installed,
    missing,
    node,
    postgres,
)
from tests.real.unleash_seed import ADMIN, seed

ROOT = Path(__file__).parents[2]
START_SECONDS = 300.0
"""Seen: 15 s for both with their seeds on two idle cores, a minute on busy ones."""


@dataclass(frozen=True)
class Unleash:
    """A running server: its version, its base address, and its keys by the names of `unleash_seed.KEYS`."""

    version: str
    address: str
    keys: Mapping[str, str]


class NotStartedError(Exception):
    """A process ended before it was ready; the text is the end of what it wrote."""


@contextmanager
def servers(versions: tuple[str, ...] = VERSIONS) -> Iterator[tuple[Unleash, ...]]:
    """Seeded servers on loopback, gone afterwards with all files. Raises NotInstalledError, NotStartedError."""
    packages = [installed(version) for version in versions]
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ldfi-unleash-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        psql = stack.enter_context(_database(folder))

        def start(version: str, package: Path) -> Unleash:
            name = f"unleash_{version.replace('.', '_')}"
            psql("postgres", 'create database :"name"', name=name)
            address = _start_unleash(stack, folder, package, name)
            keys = seed(address, version, partial(psql, name))
            return Unleash(version, address, keys)

        with ThreadPoolExecutor() as pool:
            yield tuple(pool.map(start, versions, packages))


Psql = Callable[..., None]
"""Carries out SQL in a database; further values stand in it as `:'name'`."""


@contextmanager
def _database(folder: Path) -> Iterator[Psql]:
    """PostgreSQL on a Unix socket in `folder`: no port to be taken, nobody else's way in."""
    found = postgres()
    assert found is not None, "ask missing() first"
    environ = {"PATH": str(found), "LC_ALL": "C", "HOME": str(folder)}
    run = partial(subprocess.run, env=environ, stdin=subprocess.DEVNULL, check=False)
    # It refuses to run as root; Debian's package has made a user for it.
    other = {"user": "postgres", "group": "postgres", "extra_groups": ()} if os.geteuid() == 0 else {}
    if other:
        shutil.chown(folder, "postgres", "postgres")
    data, log = str(folder / "data"), folder / "postgres.log"

    def psql(database: str, sql: str, **values: str) -> None:
        given = [part for name, value in values.items() for part in ("-v", f"{name}={value}")]
        there = ["-h", str(folder), "-U", "unleash", "-d", database]
        subprocess.run(
            [f"{found}/psql", "-qX", "-v", "ON_ERROR_STOP=1", *given, *there],
            input=sql, text=True, env=environ, check=True, capture_output=True,
        )  # fmt: skip

    with log.open("w") as out:
        initdb = [f"{found}/initdb", "-D", data, "-U", "unleash", "--auth=trust", "-E", "UTF8", "--no-locale", "-N"]
        if run(initdb, cwd=folder, stdout=out, stderr=out, **other).returncode != 0:
            raise NotStartedError(_end_of(log))
    settings = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "max_connections=50")
    options = [part for setting in settings for part in ("-c", setting)]
    with _process([f"{found}/postgres", "-D", data, *options], folder, environ, log, signal.SIGINT, **other) as server:
        _until(server, lambda: run([f"{found}/pg_isready", "-q", "-h", str(folder)]).returncode == 0, log)
        yield psql


def _start_unleash(stack: ExitStack, folder: Path, package: Path, database: str) -> str:
    """The base address of a new server that is ready, and is stopped with `stack`."""
    found = node()
    assert found is not None, "ask missing() first"
    port = _free_port()
    environ = {
        "PATH": ENVIRON.get("PATH", ""), "HOME": str(folder), "DATABASE_HOST": str(folder), "DATABASE_SSL": "false",
        "DATABASE_USERNAME": "unleash", "DATABASE_PASSWORD": "none", "DATABASE_NAME": database,
        "HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), "INIT_ADMIN_API_TOKENS": ADMIN,
        "CHECK_VERSION": "false", "SEND_TELEMETRY": "false",  # it phones home else
    }  # fmt: skip
    log = folder / f"{database}.log"
    script = str(package / "node_modules" / "unleash-server" / "dist" / "server.js")
    server = stack.enter_context(_process([found.program, script], package, environ, log, signal.SIGTERM))
    address = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{address}/health", trust_env=False, timeout=5).is_success
        return False

    _until(server, ready, log)
    return address


def _free_port() -> int:
    # Below those that systems hand out: seconds pass until the server listens, and tests connect all the time.
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise NotStartedError("no port was free")


@contextmanager
def _process(
    command: list[str], folder: Path, environ: dict[str, str], log: Path, end: signal.Signals, **other: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes to `log`, asked to end by `end` afterwards and made to after 10 s."""
    with (
        log.open("a") as out,
        subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **other
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(end)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _until(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    eventually(lambda: process.poll() is not None or ready(), f"the start of {log.stem}", START_SECONDS)
    if process.poll() is not None:
        raise NotStartedError(_end_of(log))


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


@contextmanager
def shared(folder: Path) -> Iterator[tuple[Unleash, ...]]:
    """The servers that all users of `folder` share. Raises NotInstalledError, NotStartedError.

    A keeper, a process of its own, starts them for the first user and stops them once no user is left, however
    the last one ended: each user holds a shared lock, which dies with it, and the keeper waits to have it alone.
    """
    for version in VERSIONS:
        installed(version)
    turn = folder / "unleash-turn"
    with (folder / USERS).open("a") as lock:
        with exclusive(turn):
            fcntl.flock(lock, fcntl.LOCK_SH)  # waits for a keeper that is just stopping
            kept = _kept(folder) or _start_keeper(folder)
        try:
            yield tuple(Unleash(**one) for one in kept["servers"])
        finally:
            with exclusive(turn):
                last = _alone(lock)
                fcntl.flock(lock, fcntl.LOCK_UN)
                if last:
                    eventually(lambda: not alive(kept["keeper"]), "the end of the Unleash servers", 60)


USERS, STATE, LOG = "unleash-users", "unleash.json", "unleash-keeper.log"


def _alone(lock: TextIO) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _kept(folder: Path) -> Any:
    with suppress(FileNotFoundError):
        kept = json.loads((folder / STATE).read_text())
        return kept if alive(kept["keeper"]) else None
    return None


def _start_keeper(folder: Path) -> Any:
    log = folder / LOG
    command = [sys.executable, "-m", "tests.real.unleash_server", "keep", str(folder)]
    said = subprocess.run(command, cwd=ROOT, env=ENVIRON, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    keeper = int(said.stdout)
    eventually(lambda: _kept(folder) or not alive(keeper), "the start of the Unleash servers", START_SECONDS)
    kept = _kept(folder)
    if kept is None:
        raise NotStartedError(_end_of(log))
    return kept


def keep(folder: Path) -> None:
    """Be the keeper of `folder`, in a session of its own; print its process id."""
    child = os.fork()
    if child:
        print(child)
        return
    os.setsid()
    with (folder / LOG).open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    state = folder / STATE
    with (folder / USERS).open("a") as lock, servers() as started:
        new = folder / f"{STATE}.new"
        new.write_text(json.dumps({"keeper": os.getpid(), "servers": [asdict(one) for one in started]}))
        new.replace(state)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        finally:
            state.unlink()


def main() -> None:
    """Install, or keep servers running until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["run", "install", "keep"], default="run")
    parser.add_argument("folder", nargs="?", type=Path, help="keep: where its users meet")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what was started is stopped
    if given.what == "keep":
        return keep(given.folder)
    if absent := missing():
        sys.exit(f"Missing: {', '.join(absent)}.")
    try:
        if given.what == "install":
            for version in VERSIONS:
                print(installed(version), flush=True)
            return None
        with servers() as started:
            print(json.dumps([asdict(one) for one in started], indent=2), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return None
    except (NotInstalledError, NotStartedError) as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
