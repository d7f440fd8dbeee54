"""The command line: takes it apart and starts one front. Nothing heavy is imported before it is known which."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Callable, Sequence

from tui import __version__

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from tui.options import Options, PracticeServers
    from tui.text import Redactor

    Log = Callable[[str], None]

_WRONG = 2
_FAULT = 1
_INTERRUPTED = 130
_A_YEAR = 366 * 86_400.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; `argv` is without the program's name, by default the process's."""
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else _FAULT
    _flush()
    return code


def _flush() -> None:
    """Write out what is left. Where the reader of a pipe or the terminal has gone, Python would try again at its end,
    complain, and exit with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _run(argv: list[str]) -> int:
    parsed = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = parsed.run
    return command(parsed)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """argparse quotes what it does not know. A long word may be a key in the wrong place: it is not repeated."""
        super().error(re.sub(r"[^\s'=]{20,}", "…", message))


def _parser() -> _Parser:
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON alone")
    parser = _Parser(
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
    parser.set_defaults(run=_wizard, host="", project="", integration="", manifest=[], log=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    plan = commands.add_parser(
        "plan", parents=[common], help="show what the import of a recipe would do; writes nothing", allow_abbrev=False
    )
    plan.add_argument("recipe", type=_path, metavar="RECIPE", help="a file that the wizard saved at Review")
    _places(plan)
    plan.add_argument("--timeout", type=_seconds, default=1800.0, metavar="SECONDS", help="of the whole run (1800)")
    plan.set_defaults(run=_plan)
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
    manifest.set_defaults(run=_manifest)
    keys = commands.add_parser("keys", help="list or forget what is kept in the keyring; never prints a key")
    _keys_parser(keys, common)
    sandbox = commands.add_parser(
        "sandbox", parents=[common], help="run the made-up LaunchDarkly, Split and Unleash alone"
    )
    sandbox.add_argument("--port", type=int, default=0, help="the first of three ports (0: any that are free)")
    sandbox.add_argument("--fault", default=None, metavar="NAME", help="show this fault from the start")
    sandbox.set_defaults(run=_sandbox)
    return parser


def _places(parser: _Parser) -> None:
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


def _recipe_parser(parser: _Parser, name: str) -> None:
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
    parser.set_defaults(run=_on_recipe, command=name)


def _configs_parser(parser: _Parser, common: _Parser) -> None:
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
        one.set_defaults(run=_configs, action=action)


_CONFIGS_ACTIONS = {
    "list": "all flag import configurations of the account",
    "show": "one, with its settings and errors; never prints a key",
    "trigger": "start its import",
    "watch": "watch its import to the end",
    "delete": "delete it; the flags it imported stay",
}


def _keys_parser(parser: _Parser, common: _Parser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="names, places and dates")
    listing.set_defaults(run=_keys, action="list")
    forget = actions.add_parser("forget", parents=[common], help="remove entries from the keyring")
    forget.add_argument("names", nargs="*", metavar="NAME")
    forget.add_argument("--all", action="store_true", dest="everything", help="every entry of this program")
    forget.set_defaults(run=_keys, action="forget")


# --- the wizard


def _wizard(parsed: argparse.Namespace) -> int:
    reason = _no_screen()
    if reason:
        print(reason, file=sys.stderr)
        return _WRONG
    if parsed.manifest and (wrong := _check_manifests(parsed.manifest)):
        return wrong
    if not parsed.demo and (wrong := _check_options(parsed)):
        return wrong
    _prepare_process()
    return _logged(parsed, lambda redactor, log: _open_app(parsed, redactor, log))


def _open_app(parsed: argparse.Namespace, redactor: Redactor, log: Log | None) -> int:
    gc.disable()  # little of what starting makes is garbage; the app switches the search on when all is loaded
    try:
        from tui.app import run

        return run(_options(parsed), redactor, log)
    except Exception:
        return _failed("This program failed; the fault is ours. Start again to go on with your answers.", redactor)


def _options(parsed: argparse.Namespace) -> Options:
    from tui.options import Options

    return Options(
        start_practice=_start_practice,
        demo=parsed.demo,
        host=parsed.host,
        project=parsed.project,
        integration=parsed.integration,
        manifests=tuple(parsed.manifest),
        environ=dict(os.environ),
    )


def _start_practice() -> PracticeServers:
    from tui.sandbox.server import Sandbox

    return Sandbox.start(quick=False)


def _no_screen() -> str:
    """Why the full-screen wizard cannot be shown here, "" if it can."""
    if os.environ.get("TERM") == "dumb":
        return "This terminal (TERM=dumb) cannot show the wizard's screens. Start it in another terminal, or set TERM."
    if os.environ.get("ACCESSIBLE"):
        return (
            "ACCESSIBLE is set, and this version has only full-screen pages, which a screen reader cannot follow."
            " Unset it to open them all the same."
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return (
            "The wizard needs a terminal for its input and output, and here is none. Start it in one"
            " (`ssh -t HOST ld-flag-import`), or use a command: see `ld-flag-import --help`."
        )
    return ""


def _check_options(parsed: argparse.Namespace) -> int:
    from tui.launchdarkly.instances import instance

    if parsed.host:
        try:
            instance(parsed.host)
        except ValueError as error:
            print(f"--host: {error}", file=sys.stderr)
            return _WRONG
    if parsed.integration:
        from tui.manifests.cards import cards

        known = [card["key"] for card in cards(parsed.manifest)]
        if parsed.integration not in known:
            print(f"--integration: there is none of that name. Choose one of: {', '.join(known)}.", file=sys.stderr)
            return _WRONG
    return 0


def _check_manifests(paths: Sequence[Path]) -> int:
    from tui.manifests.files import ManifestError, load

    for path in paths:
        try:
            load(path)
        except ManifestError as error:
            print(error, file=sys.stderr)
            return _WRONG
    return 0


def _prepare_process() -> None:
    """No core dump, no log and no picture of Textual's own: both would hold keys."""
    from tui.secrets.hardening import harden

    harden()
    for name in (
        "TEXTUAL",
        "TEXTUAL_LOG",
        "TEXTUAL_SCREENSHOT",
        "TEXTUAL_SCREENSHOT_LOCATION",
        "TEXTUAL_PRESS",
    ):
        os.environ.pop(name, None)
    # Nothing moves when nothing happens, and a slow line is spared; who wants motion says so.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")


# --- what every command that speaks to servers does


def _logged(parsed: argparse.Namespace, run: Callable[[Redactor, Log | None], int]) -> int:
    """Run a command with a redactor, and with a log where one is asked for."""
    from tui.text import Redactor
    from tui.text.log import open_log

    redactor = Redactor()
    try:
        log, close = open_log(parsed.log, redactor)
    except OSError as error:
        return _refused(parsed, f"The log {parsed.log} cannot be written: {error.strerror}. Nothing was sent.")
    try:
        return run(redactor, log)
    finally:
        close()


def _refused(parsed: argparse.Namespace, said: str) -> int:
    """Tell why nothing was begun, as JSON where that is asked for."""
    if getattr(parsed, "json", False):
        print(_error("recipe", said, ""))
        _last_line(parsed, _WRONG)
    else:
        print(said, file=sys.stderr)
    return _WRONG


def _last_line(parsed: argparse.Namespace, code: int) -> None:
    """What a command whose JSON comes line by line ends with, whatever has happened."""
    if getattr(parsed, "command", "") == "apply":
        import json

        print(json.dumps({"event": "result", "exit": code, "report": None}))


def _error(kind: str, message: str, advice: str) -> str:
    """The contract's error object, for what goes wrong before a command's own output is there or after it failed."""
    import json

    told = {"event": "error", "kind": kind, "status_code": None, "message": message, "advice": advice, "field": None}
    return json.dumps(told)


def _failed(said: str, redactor: Redactor) -> int:
    """Tell, inside an `except`, what got past every other report: without locals and without keys."""
    import traceback

    from tui.text import clean

    print(said, file=sys.stderr)
    print(clean(redactor(traceback.format_exc()), multiline=True), file=sys.stderr)
    return _FAULT


# --- commands


def _plan(parsed: argparse.Namespace) -> int:
    if parsed.demo:
        return _refused(parsed, "--demo is for the wizard alone; nothing was sent.")
    from tui.secrets.hardening import harden

    harden()
    return _logged(parsed, lambda redactor, log: _planned(parsed, redactor, log))


def _planned(parsed: argparse.Namespace, redactor: Redactor, log: Log | None) -> int:
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command loads rich
    try:
        from tui.flagimport.tools import Tools
        from tui.headless.plan import Around, Asked, run

        asked = Asked(
            recipe=parsed.recipe,
            host=parsed.host,
            project=parsed.project,
            integration=parsed.integration,
            manifests=tuple(parsed.manifest),
            timeout=parsed.timeout,
            as_json=parsed.json,
        )
        return run(asked, Around(Tools(redactor=redactor, log=log)))
    except BrokenPipeError:
        raise
    except Exception:
        said = "This program failed; the fault is ours."
        if parsed.json:
            print(_error("internal", said, "Nothing was changed. What happened is told on stderr, without keys."))
        return _failed(f"{said} Nothing was changed.", redactor)


def _on_recipe(parsed: argparse.Namespace) -> int:
    if parsed.demo:
        return _refused(parsed, "--demo is for the wizard alone; nothing was sent.")
    from tui.secrets.hardening import harden

    harden()
    return _logged(parsed, lambda redactor, log: _applied(parsed, redactor, log))


def _applied(parsed: argparse.Namespace, redactor: Redactor, log: Log | None) -> int:
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command loads rich
    try:
        from importlib import import_module

        from tui.flagimport.tools import Tools
        from tui.headless.case import Around, Asked

        asked = Asked(
            recipe=parsed.recipe,
            host=parsed.host,
            project=parsed.project,
            integration=parsed.integration,
            manifests=tuple(parsed.manifest),
            timeout=parsed.timeout,
            as_json=parsed.json,
            journal=parsed.journal,
            yes=getattr(parsed, "yes", False),
            create_only=getattr(parsed, "create_only", False),
            stuck_after=getattr(parsed, "stuck_after", 300.0),
            delete=getattr(parsed, "delete", False),
            dry_run=getattr(parsed, "dry_run", False),
        )
        run: Callable[[Asked, Around], int] = import_module(f"tui.headless.{parsed.command}").run
        return run(asked, Around(Tools(redactor=redactor, log=log)))
    except BrokenPipeError:
        raise
    except Exception:
        said = "This program failed; the fault is ours."
        advice = "What was done until then is noted: run it again to go on."
        if parsed.json:
            print(_error("internal", said, f"{advice} What happened is told on stderr, without keys."))
            _last_line(parsed, _FAULT)
        return _failed(f"{said} {advice}", redactor)


def _configs(parsed: argparse.Namespace) -> int:
    if parsed.demo:
        return _refused(parsed, "--demo is for the wizard alone; nothing was sent.")
    from tui.secrets.hardening import harden

    harden()
    return _logged(parsed, lambda redactor, log: _managed(parsed, redactor, log))


def _managed(parsed: argparse.Namespace, redactor: Redactor, log: Log | None) -> int:
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command loads rich
    try:
        from tui.flagimport.tools import Tools
        from tui.headless.configs import Around, Asked, run

        asked = Asked(
            parsed.action,
            id=getattr(parsed, "id", ""),
            host=parsed.host,
            project=parsed.project,
            integration=parsed.integration,
            manifests=tuple(parsed.manifest),
            yes=getattr(parsed, "yes", False),
            as_json=parsed.json,
            timeout=parsed.timeout,
            stuck_after=getattr(parsed, "stuck_after", 300.0),
        )
        return run(asked, Around(Tools(redactor=redactor, log=log)))
    except BrokenPipeError:
        raise
    except Exception:
        said = "This program failed; the fault is ours."
        if parsed.json:
            print(_error("internal", said, "What happened is told on stderr, without keys."))
        return _failed(f"{said} Look how it stands with: ld-flag-import configs list", redactor)


def _manifest(parsed: argparse.Namespace) -> int:
    from tui.headless.manifest import run

    return run(parsed.paths, parsed.json, sys.stdout)


def _keys(parsed: argparse.Namespace) -> int:
    from tui.headless.keys import run

    names = getattr(parsed, "names", [])
    return run(parsed.action, names, everything=getattr(parsed, "everything", False), as_json=parsed.json)


def _sandbox(parsed: argparse.Namespace) -> int:
    from tui.sandbox.server import serve

    return serve(parsed.port, parsed.fault, parsed.json, sys.stdout)
