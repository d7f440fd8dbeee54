"""The command line: takes it apart and starts one front. Nothing heavy is imported before it is known which."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import sys
from collections.abc import Callable, Sequence

from tui import __version__

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn, TextIO

    from tui.options import Options, PracticeServers
    from tui.text import Redactor

_WRONG = 2
_FAULT = 1
_INTERRUPTED = 130


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
    parser.add_argument("--host", default="", help="us, eu, federal or the address of your LaunchDarkly")
    parser.add_argument("--project", default="", help="the key of the LaunchDarkly project")
    parser.add_argument("--integration", default="", help="split or unleash")
    parser.add_argument(
        "--manifest",
        type=_path,
        action="append",
        default=[],
        metavar="PATH",
        help="add or replace an integration manifest",
    )
    parser.add_argument("--log", type=_path, metavar="FILE", help="write a log without keys, headers and bodies")
    parser.set_defaults(run=_wizard)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
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


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


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
    from tui.text import Redactor

    redactor = Redactor()
    try:
        log, close = _open_log(parsed.log, redactor)
    except OSError as error:
        print(f"The log {parsed.log} cannot be written: {error.strerror}. Nothing was sent.", file=sys.stderr)
        return _WRONG
    try:
        return _guarded(parsed, redactor, log)
    finally:
        close()


def _guarded(parsed: argparse.Namespace, redactor: Redactor, log: Callable[[str], None] | None) -> int:
    """Run the app; whatever gets past its own crash report is told without locals and without keys."""
    gc.disable()  # little of what starting makes is garbage; the app switches the search on when all is loaded
    from tui.app import run

    try:
        return run(_options(parsed), redactor, log)
    except Exception:
        import traceback

        from tui.text import clean

        print("This program failed; the fault is ours. Start again to go on with your answers.", file=sys.stderr)
        print(clean(redactor(traceback.format_exc()), multiline=True), file=sys.stderr)
        return _FAULT


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


def _open_log(path: Path | None, redactor: Redactor) -> tuple[Callable[[str], None] | None, Callable[[], None]]:
    """A function that writes one redacted line, and one that closes the file (0600). Raises OSError."""
    if path is None:
        return None, lambda: None
    from tui.text import clean

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    file: TextIO = os.fdopen(handle, "a", encoding="utf-8")

    def write(line: str) -> None:
        from datetime import datetime

        # A full disk must not take the answer to a request along with it.
        with contextlib.suppress(OSError, ValueError):
            file.write(f"{datetime.now().astimezone().isoformat(timespec='milliseconds')} {clean(redactor(line))}\n")
            file.flush()

    def close() -> None:
        with contextlib.suppress(OSError):
            file.close()

    return write, close


# --- commands


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
