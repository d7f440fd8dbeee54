"""The options of every command. Loads only argparse, because `--help` and `--version` end here."""

from __future__ import annotations

import argparse
import re

from tui import __version__

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any, NoReturn

_A_YEAR = 366 * 86_400.0


class UsageError(Exception):
    """The command line is wrong. `str()` is the reason, `usage` how the command is used."""

    def __init__(self, reason: str, usage: str) -> None:
        super().__init__(reason)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """A parser whose arguments are added when it is used: a start uses one or two of the fifteen parsers."""

    def __init__(self, *, fill: Callable[[Parser], None] = lambda parser: None, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)
        self._fill: Callable[[Parser], None] | None = fill

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError without long words: argparse quotes unknown arguments, and they may be keys."""
        raise UsageError(re.sub(r"[^\s'=]{16,}", "…", message), self.format_usage())


def parser() -> Parser:
    """Return the parser of the whole command line. The result's `command` is "wizard" if none is given."""
    parser = Parser(
        prog="ld-flag-import",
        description="Import feature flags from Split and Unleash into LaunchDarkly, step by step.",
        epilog="Without a command the wizard opens. No option takes a key: keys are typed, or found in"
        " LD_ACCESS_TOKEN, LD_IMPORT_API_KEY, UNLEASH_SDK_KEY, SPLIT_ADMIN_KEY, ldcli's configuration or the keyring.",
    )
    parser.add_argument("--version", action="version", version=f"ld-flag-import {__version__}")
    parser.add_argument(
        "--demo", action="store_true", help="practise on a made-up company; nothing leaves this machine"
    )
    _places(parser)
    parser.set_defaults(command="wizard", host="", project="", integration="", manifest=[], log=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, (summary, fill) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary.capitalize()}." if name in ("apply", "verify", "undo") else None,
            fill=fill,
        )
        command.set_defaults(command=name)
    return parser


# --- the options of each command


def _json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON alone")


def _places(parser: Parser) -> None:
    """Add options that may be before or after the command. An absent option doesn't override the other place."""
    unset = argparse.SUPPRESS
    parser.add_argument("--host", default=unset, help="us, eu, federal or the address of your LaunchDarkly")
    parser.add_argument("--project", default=unset, help="the key of the LaunchDarkly project")
    parser.add_argument("--integration", default=unset, help="split or unleash")
    manifest = "add or replace an integration manifest"
    parser.add_argument("--manifest", type=_path, action="append", default=unset, metavar="PATH", help=manifest)
    log = "write a log without keys, headers and bodies"
    parser.add_argument("--log", type=_path, default=unset, metavar="FILE", help=log)


def _recipe(parser: Parser) -> None:
    _json(parser)
    parser.add_argument("recipe", type=_path, metavar="RECIPE", help="a file that the wizard saved at Review")
    _places(parser)
    _timeout(parser)


def _timeout(parser: Parser) -> None:
    parser.add_argument("--timeout", type=_seconds, default=1800.0, metavar="SECONDS", help="of the whole run (1800)")


def _stuck_after(parser: Parser) -> None:
    stuck = "without any movement, after which it is called stuck (300)"
    parser.add_argument("--stuck-after", type=_seconds, default=300.0, metavar="SECONDS", help=stuck)


def _yes(parser: Parser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _journal(parser: Parser) -> None:
    journal = "where the import is noted, in place of the state directory"
    parser.add_argument("--journal", type=_path, default=None, metavar="PATH", help=journal)


def _apply(parser: Parser) -> None:
    _verify(parser)
    _yes(parser)
    parser.add_argument("--create-only", action="store_true", help="stop after creating; reads no source")
    _stuck_after(parser)


def _verify(parser: Parser) -> None:
    _recipe(parser)
    _journal(parser)


def _undo(parser: Parser) -> None:
    _verify(parser)
    _yes(parser)
    parser.add_argument("--delete", action="store_true", help="delete in place of archiving")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be done")
    flag = "also take back this flag, which is kept only because it isn't certain whose it is (repeatable)"
    parser.add_argument("--flag", action="append", default=[], dest="flags", metavar="KEY", help=flag)


def _configs(parser: Parser) -> None:
    def action(parser: Parser) -> None:
        _json(parser)
        name = parser.get_default("action")
        if name != "list":
            parser.add_argument("id", metavar="ID", help="as `configs list` shows it")
        _places(parser)
        _timeout(parser)
        if name in ("trigger", "delete"):
            _yes(parser)
        if name == "watch":
            _stuck_after(parser)

    summaries = {
        "list": "all flag import configurations of the account",
        "show": "one, with its settings and errors; never prints a key",
        "trigger": "start its import",
        "watch": "watch its import to the end",
        "delete": "delete it; the flags it imported stay",
    }
    _actions(parser, {name: (summary, action) for name, summary in summaries.items()})


def _keys(parser: Parser) -> None:
    def forget(parser: Parser) -> None:
        _json(parser)
        parser.add_argument("names", nargs="*", metavar="NAME")
        parser.add_argument("--all", action="store_true", dest="everything", help="every entry of this program")

    _actions(
        parser,
        {"list": ("names, places and dates", _json), "forget": ("remove entries from the keyring", forget)},
    )


def _actions(parser: Parser, actions: dict[str, tuple[str, Callable[[Parser], None]]]) -> None:
    parsers = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, (summary, fill) in actions.items():
        parsers.add_parser(name, help=summary, fill=fill).set_defaults(action=name)


def _manifest(parser: Parser) -> None:
    _json(parser)
    parser.add_argument("paths", type=_path, nargs="+", metavar="PATH")


def _sandbox(parser: Parser) -> None:
    _json(parser)
    parser.add_argument("--port", type=int, default=0, help="the first of three ports (0: any that are free)")
    parser.add_argument("--fault", default=None, metavar="NAME", help="show this fault from the start")


_COMMANDS: dict[str, tuple[str, Callable[[Parser], None]]] = {
    "plan": ("show what the import of a recipe would do; writes nothing", _recipe),
    "apply": ("plan, create, start, watch and verify the import of a recipe; run again it goes on", _apply),
    "verify": ("compare what has arrived with what a recipe's import was to bring; writes nothing", _verify),
    "undo": ("archive what a recipe's import made and nobody has touched since", _undo),
    "configs": ("list, start, watch or delete the imports that your account has", _configs),
    "manifest": ("check integration manifests and print their forms", _manifest),
    "keys": ("list or forget what is kept in the keyring; never prints a key", _keys),
    "sandbox": ("run the made-up LaunchDarkly, Split and Unleash alone", _sandbox),
}


# --- values


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < _A_YEAR:
        raise argparse.ArgumentTypeError("a number of seconds above 0")
    return seconds


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)
