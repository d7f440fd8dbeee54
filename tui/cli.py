"""The entry point: parse the command line and start one front. Nothing heavy is imported before that."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from tui.commands import streams
from tui.commands.command_line import parser
from tui.commands.parser import UsageError

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from tui.text.redact import Redactor
    from tui.wizard.options import Options, PracticeServers

    Log = Callable[[str], None]

_WRONG = 2
_FAULT = 1
_UNWRITTEN = 5
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; `argv` is without the program's name, by default the process's."""
    streams.open_missing()
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = streams.Results(out), streams.Messages(err)
    try:
        code = _ended(lambda: _run(list(sys.argv[1:] if argv is None else argv)))
        unwritten = _ended(lambda: sys.stdout.flush() or 0)
        _flush(out, err)
        return code or unwritten
    finally:
        sys.stdout, sys.stderr = out, err


def _ended(run: Callable[[], int]) -> int:
    """Return the exit code of `run`, however it ends."""
    try:
        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return 0
    except streams.ResultsLostError as error:
        print(f"Can't write the results to stdout: {error}. Fix this, then run the command again.", file=sys.stderr)
        return _UNWRITTEN
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else _FAULT


def _flush(*all_: TextIO) -> None:
    for stream in all_:
        try:
            stream.flush()
        except OSError:
            streams.drop_rest(stream)


def _run(argv: list[str]) -> int:
    try:
        parsed = parser().parse_args(argv)
    except UsageError as error:
        if "--json" in argv:
            command = "apply" if "apply" in argv else ""
            return _refused(argparse.Namespace(json=True, command=command), f"{error} Nothing was sent.")
        print(f"{error}\nRun `{error.command} --help` for usage.", file=sys.stderr)
        return _WRONG
    if _holds_key(vars(parsed).values()):
        what = "The command line contains a key, which other users of this machine can see. No option takes a key."
        advice = "Revoke that key, and put a new one into an environment variable or the keyring. Nothing was sent."
        return _refused(parsed, f"{what} {advice}")
    return _COMMANDS[parsed.command](parsed)


def _holds_key(values: Iterable[object]) -> bool:
    from tui.text.key_shapes import holds_key

    return any(_holds_key(each) if isinstance(each, list) else holds_key(str(each)) for each in values)


# --- the wizard


def _wizard(parsed: argparse.Namespace) -> int:
    plain = parsed.plain or _prefers_lines(os.environ)
    if not parsed.plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(_NO_TERMINAL_FOR_LINES if plain else _NO_TERMINAL, file=sys.stderr)
        return _WRONG
    if parsed.manifest and (wrong := _check_manifests(parsed.manifest)):
        return wrong
    if not parsed.demo and (wrong := _check_options(parsed)):
        return wrong
    if plain and parsed.log is None:
        return _open_plain(parsed, None, None)
    if plain:
        return _logged(parsed, lambda redactor, log: _open_plain(parsed, redactor, log))
    _prepare_process()
    return _logged(parsed, lambda redactor, log: _open_app(parsed, redactor, log))


def _prefers_lines(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for lines instead of a full screen."""
    return environ.get("ACCESSIBLE", "").lower() not in ("", "0", "false") or environ.get("TERM") == "dumb"


_NO_TERMINAL = (
    "The wizard needs a terminal. Over SSH, connect with `ssh -t HOST ld-flag-import`. In a script, use a command: see"
    " `ld-flag-import --help`."
)
_NO_TERMINAL_FOR_LINES = (
    "There is no terminal to ask in. Use --plain to read the answers from a pipe, or a command: see"
    " `ld-flag-import --help`."
)


def _open_plain(parsed: argparse.Namespace, redactor: Redactor | None, log: Log | None) -> int:
    """Open plain mode. Without a redactor it makes its own, once the first question is open."""
    gc.disable()  # as for the app: switched on again when all is loaded
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command loads rich
    from tui.plain.front import Front

    front = Front(_options(parsed), redactor, log)
    try:
        return front.run()
    except (BrokenPipeError, streams.ResultsLostError):
        raise
    except Exception:
        return _failed(f"{_FAULT_OF_OURS} Start it again to resume with your answers.", front.redactor)


def _open_app(parsed: argparse.Namespace, redactor: Redactor, log: Log | None) -> int:
    gc.disable()  # little of what starting makes is garbage; the app switches the search on when all is loaded
    try:
        from tui.app import run

        streams.draw_on_stdout()
        return run(_options(parsed), redactor, log)
    except (BrokenPipeError, streams.ResultsLostError):
        raise
    except Exception:
        return _failed(f"{_FAULT_OF_OURS} Start it again to resume with your answers.", redactor)


def _options(parsed: argparse.Namespace) -> Options:
    from tui.wizard.options import Options

    return Options(
        start_practice=_start_practice,
        demo=parsed.demo,
        host=parsed.host,
        project=parsed.project,
        integration=parsed.integration,
        manifests=tuple(parsed.manifest),
        environ=dict(os.environ),
    )


def _start_practice(saved: str | None, save: Callable[[str], None]) -> PracticeServers:
    from tui.sandbox.server import Sandbox

    return Sandbox.start(quick=False, saved=saved, save=save)


def _check_options(parsed: argparse.Namespace) -> int:
    if parsed.host:
        from tui.launchdarkly.instances import instance

        try:
            instance(parsed.host)
        except ValueError as error:
            print(f"--host: {error}", file=sys.stderr)
            return _WRONG
    if parsed.integration:
        from tui.manifests.cards import cards

        known = [card["key"] for card in cards(parsed.manifest)]
        if parsed.integration not in known:
            print(f"--integration: unknown integration. Choose one of: {', '.join(known)}.", file=sys.stderr)
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
    """Switch off core dumps and Textual's own logs and screenshots, which would contain keys."""
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
    # Animations cost bytes on a slow line; a user who wants them sets the variable.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")


# --- commands that send requests


def _logged(parsed: argparse.Namespace, run: Callable[[Redactor, Log | None], int]) -> int:
    """Run a command with a redactor, and with a log if there is --log."""
    from tui.text.log import open_log
    from tui.text.redact import Redactor

    redactor = Redactor()
    try:
        log, close = open_log(parsed.log, redactor)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        from tui.text.key_shapes import without_keys

        reason = getattr(error, "strerror", None) or "it is not a path"
        return _refused(parsed, f"Can't write the log {without_keys(str(parsed.log))}: {reason}. Nothing was sent.")
    try:
        return run(redactor, log)
    finally:
        close()


def _refused(parsed: argparse.Namespace, message: str) -> int:
    """Print why the command didn't start, with --json as an error object."""
    if getattr(parsed, "json", False):
        print(_error("recipe", message, ""))
        _last_line(parsed, _WRONG)
    else:
        print(message, file=sys.stderr)
    return _WRONG


def _last_line(parsed: argparse.Namespace, code: int) -> None:
    """Print the last line of a command that prints JSON line by line."""
    if getattr(parsed, "command", "") == "apply":
        import json

        print(json.dumps({"event": "result", "exit": code, "report": None}))


def _error(kind: str, message: str, advice: str) -> str:
    """Return an error object for a failure outside a command's own output."""
    import json

    error = {"event": "error", "kind": kind, "status_code": None, "message": message, "advice": advice, "field": None}
    return json.dumps(error)


def _failed(message: str, redactor: Redactor) -> int:
    """Print the exception being handled: without locals and without keys."""
    import traceback

    from tui.text.clean import clean

    print(message, file=sys.stderr)
    print(clean(redactor.foreign(traceback.format_exc()), multiline=True), file=sys.stderr)
    return _FAULT


# --- commands


def _without_screen(parsed: argparse.Namespace) -> int:
    """Run a command that sends requests."""
    if parsed.demo:
        return _refused(parsed, "--demo only works with the wizard. Nothing was sent.")
    from tui.secrets.hardening import harden

    harden()
    _warn_of_state()
    return _logged(parsed, lambda redactor, log: _answered(parsed, redactor, log))


def _warn_of_state() -> None:
    """Print a warning if other users can change this program's files."""
    from tui.text.private_files import state_trouble

    if trouble := state_trouble():
        print(trouble, file=sys.stderr)


def _answered(parsed: argparse.Namespace, redactor: Redactor, log: Log | None) -> int:
    """Run the command's own module with its options."""
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command loads rich
    try:
        from dataclasses import fields
        from importlib import import_module

        from tui.commands.surroundings import Surroundings
        from tui.context import Context

        module = import_module(f"tui.commands.{parsed.command}")
        values = {**vars(parsed), "manifests": tuple(parsed.manifest), "as_json": parsed.json}
        kinds = {"configs": "ConfigsOptions", "doctor": "DoctorOptions"}
        kind = getattr(module, kinds.get(parsed.command, "RecipeOptions"))
        options = kind(**{option.name: values[option.name] for option in fields(kind) if option.name in values})
        code: int = module.run(options, Surroundings(Context(redactor=redactor, log=log)))
        return code
    except (BrokenPipeError, streams.ResultsLostError):
        raise
    except Exception:
        advice = _AFTER_A_FAULT[parsed.command]
        if parsed.json:
            print(_error("internal", _FAULT_OF_OURS, f"{advice} Details are on stderr, without keys."))
            _last_line(parsed, _FAULT)
        return _failed(f"{_FAULT_OF_OURS} {advice}", redactor)


_FAULT_OF_OURS = "This program failed because of a bug."
_SAVED = "Progress is saved: run it again to resume."
_UNCHANGED = "Nothing was changed."
_AFTER_A_FAULT = {
    "plan": _UNCHANGED,
    "apply": _SAVED,
    "verify": _UNCHANGED,
    "report": _UNCHANGED,
    "undo": _SAVED,
    "rebuild": _UNCHANGED,
    "configs": "Check the current state with `ld-flag-import configs list`.",
    "doctor": _UNCHANGED,
}


def _manifest(parsed: argparse.Namespace) -> int:
    from tui.commands.manifest import run

    return run(parsed.paths, parsed.json, sys.stdout)


def _keys(parsed: argparse.Namespace) -> int:
    from tui.commands.keys import run

    _warn_of_state()
    names = getattr(parsed, "names", [])
    return run(parsed.action, names, everything=getattr(parsed, "everything", False), as_json=parsed.json)


def _imports(parsed: argparse.Namespace) -> int:
    from tui.commands.imports import ImportsFilter, run

    _warn_of_state()
    return run(ImportsFilter(parsed.host, parsed.project, parsed.integration), parsed.json, sys.stdout, sys.stderr)


def _completion(parsed: argparse.Namespace) -> int:
    from tui.commands.completion import run

    return run(parsed.shell, sys.stdout)


def _sandbox(parsed: argparse.Namespace) -> int:
    from tui.sandbox.server import serve

    return serve(parsed.port, parsed.fault, parsed.json, sys.stdout)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "wizard": _wizard,
    **dict.fromkeys(_AFTER_A_FAULT, _without_screen),
    "manifest": _manifest,
    "keys": _keys,
    "imports": _imports,
    "completion": _completion,
    "sandbox": _sandbox,
}
"""The function of each command."""
