"""What may be said on the command line. Only argparse is loaded: `--help` and `--version` end here."""

from __future__ import annotations

import argparse
import re

from tui import __version__

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

_A_YEAR = 366 * 86_400.0


class UsageError(Exception):
    """The command line is wrong. `str()` is the reason, `usage` how the command is used."""

    def __init__(self, reason: str, usage: str) -> None:
        super().__init__(reason)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """argparse quotes what it does not know. A long word may be a key in the wrong place: it is not repeated."""
        raise UsageError(re.sub(r"[^\s'=]{16,}", "…", message), self.format_usage())


def parser() -> Parser:
    """The whole command line. Which command it is stands in `command` of what it parses; \"wizard\" without one."""
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON alone")
    parser = Parser(
        prog="ld-flag-import",
        description="Import feature flags from Split and Unleash into LaunchDarkly, step by step.",
        epilog="Without a command the wizard opens. No option takes a key: keys are typed, or found in"
        " LD_ACCESS_TOKEN, LD_IMPORT_API_KEY, UNLEASH_SDK_KEY, SPLIT_ADMIN_KEY, ldcli's configuration or the keyring.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ld-flag-import {__version__}")
    parser.add_argument(
        "--demo", action="store_true", help="practise on a made-up company; nothing leaves this machine"
    )
    _places(parser)
    parser.set_defaults(command="wizard", host="", project="", integration="", manifest=[], log=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    plan = commands.add_parser(
        "plan", parents=[common], help="show what the import of a recipe would do; writes nothing", allow_abbrev=False
    )
    plan.add_argument("recipe", type=_path, metavar="RECIPE", help="a file that the wizard saved at Review")
    _places(plan)
    plan.add_argument("--timeout", type=_seconds, default=1800.0, metavar="SECONDS", help="of the whole run (1800)")
    plan.set_defaults(command="plan")
    for name, says in _ON_RECIPES.items():
        one = commands.add_parser(
            name, parents=[common], help=says, description=f"{says.capitalize()}.", allow_abbrev=False
        )
        _recipe_parser(one, name)
    configs = commands.add_parser("configs", help="list, start, watch or delete the imports that your account has")
    _configs_parser(configs, common)
    manifest = commands.add_parser(
        "manifest", parents=[common], help="check integration manifests and print their forms"
    )
    manifest.add_argument("paths", type=_path, nargs="+", metavar="PATH")
    manifest.set_defaults(command="manifest")
    keys = commands.add_parser("keys", help="list or forget what is kept in the keyring; never prints a key")
    _keys_parser(keys, common)
    sandbox = commands.add_parser(
        "sandbox", parents=[common], help="run the made-up LaunchDarkly, Split and Unleash alone"
    )
    sandbox.add_argument("--port", type=int, default=0, help="the first of three ports (0: any that are free)")
    sandbox.add_argument("--fault", default=None, metavar="NAME", help="show this fault from the start")
    sandbox.set_defaults(command="sandbox")
    return parser


def _places(parser: Parser) -> None:
    """Options that stand before a command or after it; one that is not given leaves the other's word alone."""
    unset = argparse.SUPPRESS
    parser.add_argument("--host", default=unset, help="us, eu, federal or the address of your LaunchDarkly")
    parser.add_argument("--project", default=unset, help="the key of the LaunchDarkly project")
    parser.add_argument("--integration", default=unset, help="split or unleash")
    parser.add_argument(
        "--manifest",
        type=_path,
        action="append",
        default=unset,
        metavar="PATH",
        help="add or replace an integration manifest",
    )
    parser.add_argument(
        "--log", type=_path, default=unset, metavar="FILE", help="write a log without keys, headers and bodies"
    )


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


_ON_RECIPES = {
    "apply": "plan, create, start, watch and verify the import of a recipe; run again it goes on",
    "verify": "compare what has arrived with what a recipe's import was to bring; writes nothing",
    "undo": "archive what a recipe's import made and nobody has touched since",
}


def _recipe_parser(parser: Parser, name: str) -> None:
    parser.add_argument("recipe", type=_path, metavar="RECIPE", help="a file that the wizard saved at Review")
    _places(parser)
    parser.add_argument("--timeout", type=_seconds, default=1800.0, metavar="SECONDS", help="of the whole run (1800)")
    kept = "where the import is noted, in place of the state directory"
    parser.add_argument("--journal", type=_path, default=None, metavar="PATH", help=kept)
    if name in ("apply", "undo"):
        parser.add_argument("--yes", action="store_true", help="do not ask")
    if name == "apply":
        parser.add_argument("--create-only", action="store_true", help="stop after creating; reads no source")
        told = "without any movement, after which it is called stuck (300)"
        parser.add_argument("--stuck-after", type=_seconds, default=300.0, metavar="SECONDS", help=told)
    if name == "undo":
        parser.add_argument("--delete", action="store_true", help="delete in place of archiving")
        parser.add_argument("--dry-run", action="store_true", help="only list what would be done")
        chosen = "also take back this flag, which is kept only because it isn't certain whose it is (repeatable)"
        parser.add_argument("--flag", action="append", default=[], dest="flags", metavar="KEY", help=chosen)
    parser.set_defaults(command=name)


def _configs_parser(parser: Parser, common: Parser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for action, says in _CONFIGS_ACTIONS.items():
        one = actions.add_parser(action, parents=[common], help=says, allow_abbrev=False)
        if action != "list":
            one.add_argument("id", metavar="ID", help="as `configs list` shows it")
        _places(one)
        one.add_argument("--timeout", type=_seconds, default=1800.0, metavar="SECONDS", help="of the whole run (1800)")
        if action in ("trigger", "delete"):
            one.add_argument("--yes", action="store_true", help="do not ask")
        if action == "watch":
            told = "without any movement, after which it is called stuck (300)"
            one.add_argument("--stuck-after", type=_seconds, default=300.0, metavar="SECONDS", help=told)
        one.set_defaults(command="configs", action=action)


_CONFIGS_ACTIONS = {
    "list": "all flag import configurations of the account",
    "show": "one, with its settings and errors; never prints a key",
    "trigger": "start its import",
    "watch": "watch its import to the end",
    "delete": "delete it; the flags it imported stay",
}


def _keys_parser(parser: Parser, common: Parser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="names, places and dates")
    listing.set_defaults(command="keys", action="list")
    forget = actions.add_parser("forget", parents=[common], help="remove entries from the keyring")
    forget.add_argument("names", nargs="*", metavar="NAME")
    forget.add_argument("--all", action="store_true", dest="everything", help="every entry of this program")
    forget.set_defaults(command="keys", action="forget")
