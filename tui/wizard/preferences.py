"""The user's settings file, `~/.config/ld-flag-import/config.toml`: theme, symbols and LaunchDarkly instance.

```toml
theme = "dark"        # dark | light | contrast | ansi
symbols = "unicode"   # unicode | ascii
instance = "eu"       # us | eu | federal | https://...
```

Every setting is optional. The wizard writes `theme` when the user picks one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

THEMES = ("dark", "light", "contrast", "ansi")
SYMBOLS = ("unicode", "ascii")
_NAMES = ("theme", "symbols", "instance")
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Preferences:
    """ "" stands for a setting that the file doesn't have."""

    theme: str = ""
    symbols: str = ""
    instance: str = ""


def path(environ: Mapping[str, str]) -> Path | None:
    """Return the file's place; None without a home folder."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    folder = environ.get("XDG_CONFIG_HOME") or (home and Path(home) / ".config")
    return Path(folder) / "ld-flag-import" / "config.toml" if folder else None


def read(file: Path | None) -> tuple[Preferences, tuple[str, ...]]:
    """Return the settings and a sentence for each that can't be used. A missing file has none."""
    if file is None:
        return Preferences(), ()
    try:
        if not file.is_file():
            return Preferences(), ()
        import tomllib  # deferred: most users have no such file

        with file.open("rb") as opened:
            data = tomllib.loads(opened.read(_MOST_BYTES).decode("utf-8"))
    except OSError as error:
        return Preferences(), (f"Can't read {file} ({error.strerror}). Its settings are not used.",)
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or too many levels
        where = re.search(r"at line (\d+)", str(error))
        line = f", line {where[1]}" if where else ""
        return Preferences(), (f"{file}{line} is not valid TOML. Its settings are not used.",)
    wrong = {name: reason for name in data if (reason := _reason(name, data[name]))}
    used = {name: str(data[name]) for name in _NAMES if name in data and name not in wrong}
    return Preferences(**used), tuple(f"{file}: {reason}" for reason in wrong.values())


def remember_theme(file: Path, theme: str) -> None:
    """Write `theme`; every other line stays. Raises OSError."""
    from tui.text.private_files import write_private

    text = file.read_text("utf-8") if file.is_file() else ""
    line = f'theme = "{theme}"'
    changed, count = re.subn(r"^[ \t]*theme[ \t]*=.*$", line, text, count=1, flags=re.MULTILINE)
    write_private(file.resolve(), changed if count else f"{line}\n{text}")  # a link stays a link


def _reason(name: str, value: object) -> str:
    """Why a setting can't be used, "" if it can. Its value is not repeated: it could be a misplaced key."""
    if name not in _NAMES:
        return f"Unknown setting. Use one of: {', '.join(_NAMES)}."
    allowed = {"theme": THEMES, "symbols": SYMBOLS}.get(name, ())
    if not isinstance(value, str) or (allowed and value not in allowed):
        return f"{name} must be {'one of ' + ', '.join(allowed) if allowed else 'a string'}."
    if name == "instance" and value not in ("us", "eu", "federal") and not value.startswith("https://"):
        return "instance must be us, eu, federal, or an https:// address."
    return ""
