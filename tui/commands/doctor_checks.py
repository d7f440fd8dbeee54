"""What `doctor` checks on this machine: versions, terminal, keyring, state folder, and variables.

Each check is safe to paste into an issue: no name of a user or this host, no value of a variable, home as `~`.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tui import __version__
from tui.apply import lock
from tui.apply.heads import FOLDER
from tui.net import environment
from tui.net.errors import Advice, Failure, Remedy, Safe
from tui.net.remedies import worded
from tui.secrets.keyring import Keyring
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import holds_secret
from tui.secrets.references import UnusableKeyError, key_in
from tui.text import locale, private_files

_PACKAGES = ("textual", "httpx", "pydantic", "keyring")
_SMALLEST = (60, 16)
_LITTLE_SPACE = 64 * 1024 * 1024
_KEYS = ("LD_ACCESS_TOKEN", "LD_IMPORT_API_KEY", "UNLEASH_SDK_KEY", "SPLIT_ADMIN_KEY")
_SETTINGS = ("LD_BASE_URI", "LD_PROJECT", "ACCESSIBLE", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_TIMES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, a level (`ok`, `note`, `unknown`, `warning`, `problem`), a sentence, and what to do ("" for
    nothing). `exit_code` is what the command ends with because of it."""

    name: str
    level: str
    text: str
    next: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Screen:
    """What is known about the terminal; `size` is None without one. `bracketed` is None if it doesn't say whether it
    marks pasted text."""

    size: tuple[int, int] | None
    encoding: str
    bracketed: bool | None = None


def versions() -> Iterator[Check]:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check("versions", "ok", f"ld-flag-import {__version__}, Python {python} on {sys.platform}, {packages}.")


def terminal(environ: Mapping[str, str], screen: Screen) -> Iterator[Check]:
    term = environ.get("TERM", "")
    if screen.size is None:
        yield Check("terminal", "note", "Not a terminal, so the wizard can't open here.", "Run doctor in the terminal.")
    elif term == "dumb":
        text = "TERM is dumb, so the wizard asks line by line."
        yield Check("terminal", "note", text, "For the full screen, set TERM to your terminal's name.")
    else:
        yield _size(term, screen.size)
    yield _characters(environ, screen)
    yield _colors(environ)
    if screen.size is not None and screen.bracketed is False:
        text = "The terminal doesn't mark pasted text."
        yield Check("paste", "warning", text, "Paste keys without a line break at the end.")
    elif screen.size is not None and screen.bracketed is None:
        yield Check("paste", "unknown", "Can't tell whether the terminal marks pasted text.")


def _size(term: str, size: tuple[int, int]) -> Check:
    shown = f"{term or 'TERM is not set'}, {size[0]}x{size[1]}."
    if not term:
        return Check("terminal", "warning", shown, "Set TERM to your terminal's name, such as xterm-256color.")
    if size[0] < _SMALLEST[0] or size[1] < _SMALLEST[1]:
        return Check("terminal", "warning", shown, f"Enlarge it to {_SMALLEST[0]}x{_SMALLEST[1]} or more.")
    return Check("terminal", "ok", shown)


def _characters(environ: Mapping[str, str], screen: Screen) -> Check:
    chosen = locale.chosen(environ)
    if locale.is_plain(chosen):
        text = f"Locale {chosen}, encoding {screen.encoding}: the wizard draws with ASCII."
        return Check("characters", "note", text, "For symbols and accents, set LANG to a UTF-8 locale.")
    if screen.encoding.replace("-", "").lower() != "utf8":
        text = f"The locale's encoding is {screen.encoding}: the wizard draws with ASCII, and names may show ?."
        return Check("characters", "warning", text, "Set LANG to a UTF-8 locale.")
    return Check("characters", "ok", "UTF-8.")


def _colors(environ: Mapping[str, str]) -> Check:
    if environ.get("NO_COLOR"):
        return Check("colors", "note", "NO_COLOR is set: bold and reverse replace colors.")
    full = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    return Check("colors", "ok", "24-bit colors." if full else "16 colors: COLORTERM doesn't announce 24-bit colors.")


def connection(environ: Mapping[str, str]) -> Iterator[Check]:
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    if remote:
        text = "Connected over SSH: 16 colors, and usually no keyring."
        yield Check("ssh", "note", text, "On a slow line, connect with `ssh -C`.")
    if "TMUX" in environ:
        yield Check("tmux", "note", "Inside tmux, so a dropped connection doesn't end the wizard.")
    elif "STY" in environ:
        text = "Inside GNU screen, which shows italics as reverse. The wizard uses none."
        yield Check("screen", "note", text)
    elif remote:
        text = "No tmux or screen: if the connection drops, the wizard saves your answers and ends."
        yield Check("multiplexer", "note", text, "Run it inside tmux to keep it running.")


async def keyring(keyring: Keyring, timer: Callable[[], float]) -> Check:
    began = timer()
    result = await keyring.probe()
    seconds = f" ({timer() - began:.1f} s)"
    if result.state is KeyringState.READY:
        return Check("keyring", "ok", f"{result.label} is ready{seconds}.")
    calm = result.state in (KeyringState.UNAVAILABLE, KeyringState.DISABLED)
    variables = "Keys can stay in variables or files instead."
    level = "note" if calm else "warning"
    return Check("keyring", level, result.reason, variables)


def state() -> Iterator[Check]:
    """Yield checks of the folder of drafts and journals. Nothing is created."""
    folder = private_files.state_path()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    where = at_home(folder)
    if not os.access(existing, os.W_OK | os.X_OK) or not existing.is_dir():
        text = f"{at_home(existing)} can't be written to, so no import can start."
        yield Check("state", "problem", text, "Fix its mode, or set XDG_STATE_HOME to another folder.", 2)
    elif existing != folder:
        yield Check("state", "ok", f"{where} doesn't exist yet, and can be created.")
    elif private_files.state_trouble():
        text = f"{where} belongs to another user, or other users can write to it."
        yield Check("state", "warning", text, f"If it is yours, fix it with: chmod -R go-w {where}")
    else:
        yield Check("state", "ok", f"{where}, mode {stat.S_IMODE(folder.stat().st_mode):04o}.")
    free = shutil.disk_usage(existing).free
    if free < _LITTLE_SPACE:
        text = f"Only {free / _TIMES:.0f} MiB are free for the state folder."
        yield Check("space", "warning", text, "Free some space: without its journal, an import doesn't start.")
    yield from _journals(folder / FOLDER)


def _journals(folder: Path) -> Iterator[Check]:
    paths: list[Path] = []
    with suppress(OSError):
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    holders = [holder for path in paths if (holder := lock.holder(path))]
    yield Check("journals", "ok", f"{len(paths)} in the state folder, {len(holders)} in use.")
    for other in holders:
        text = f"An import is open in {other}."
        yield Check("lock", "note", text, f"If its terminal is gone, end it with: kill {other.process}")


def at_home(path: Path) -> str:
    """Return a path with the home folder as ~."""
    with suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def variables(environ: Mapping[str, str]) -> Iterator[Check]:
    secret = [name for name in environ if holds_secret(name)]
    for name in dict.fromkeys((*_KEYS, *sorted(secret))):
        if value := environ.get(name):
            try:
                key_in(value, name)
            except UnusableKeyError as error:
                yield Check("variables", "problem", f"{error}.", f"Set {name} to the key alone.", 2)
    names = (*_KEYS, *_SETTINGS, *_PROXIES, environment.FILE, environment.FOLDER, "NO_COLOR")
    given = [name for name in names if environ.get(name)]
    yield Check("variables", "ok", f"Set: {', '.join(given)}." if given else "None of this program's are set.")
    yield from _certificates()


def _certificates() -> Iterator[Check]:
    try:
        environment.require_usable()
    except Failure as failure:
        yield Check("certificates", "problem", failure.what, worded(failure.advice, {}, {Safe.NOTHING_SENT: ""}), 2)
        return
    if name := environment.deciding():
        why, (remedy, about) = environment.untrusted()
        if remedy in (Remedy.POINT_TO_PEM, Remedy.REHASH):
            yield Check("certificates", "problem", why, worded(Advice(remedy, about), {}, {}), 2)
        else:
            yield Check("certificates", "ok", f"{name} sets which CAs are trusted.")
