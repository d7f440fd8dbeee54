"""Stands in for the keyring's child process: a script, run as `python -I <this file> MODE FOLDER`.

`store` answers honestly from FOLDER/store.json, each other mode misbehaves in its own way.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LABEL = "Fake Keyring"


def store(folder: Path, request: dict[str, Any]) -> None:
    path = folder / "store.json"
    held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    user, op = request.get("user", ""), request["op"]
    reply: dict[str, Any] = {"state": "ok", "label": LABEL}
    if op == "probe":
        reply["state"] = "ready"
    elif op == "have":
        reply["present"] = {u: u in held for u in request["users"]}
    elif op == "put":
        held[user] = request["secret"]
    elif user not in held:
        reply["state"] = "missing"
    elif op == "get":
        reply["secret"] = held[user]
    else:
        del held[user]
    path.write_text(json.dumps(held))
    print(json.dumps(reply))


def hang(folder: Path, _request: dict[str, Any]) -> None:
    """With a grandchild that holds stdout open too."""
    grandchild = subprocess.Popen([sys.executable, "-I", "-c", "import signal; signal.pause()"])
    (folder / "pids.tmp").write_text(f"{os.getpid()} {grandchild.pid}")
    (folder / "pids.tmp").rename(folder / "pids")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pause()


def say(text: str) -> None:
    print(text, flush=True)


def flood(_folder: Path, _request: dict[str, Any]) -> None:
    while True:
        print("x" * 65536)


def alone(folder: Path, _request: dict[str, Any]) -> None:
    """Fails where another one runs at the same time."""
    mark = folder / "running"
    os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    time.sleep(0.1)  # long enough to be met by one that does not wait
    print(json.dumps({"state": "missing"}))
    mark.unlink()


def environment(folder: Path, request: dict[str, Any]) -> None:
    (folder / "seen.json").write_text(json.dumps({"environ": dict(os.environ), "argv": sys.argv, **request}))
    print(json.dumps({"state": "ok"}))


def main() -> None:
    mode, folder, *rest = sys.argv[1:]
    request = json.loads(sys.stdin.readline())
    modes = {"store": store, "hang": hang, "flood": flood, "alone": alone, "environment": environment,
             "say": lambda *_: say(rest[0]), "die": lambda *_: os._exit(3)}  # fmt: skip
    modes[mode](Path(folder), request)


if __name__ == "__main__":
    main()
