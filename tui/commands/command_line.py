"""The commands and options of the command line. Loads only argparse, because `--help` and `--version` end here."""

from __future__ import annotations

import argparse

from tui import __version__
from tui.commands.parser import Parser

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fill = Callable[[Parser], None]

_PROGRAM = "ld-flag-import"
_A_YEAR = 366 * 86_400.0
SHELLS = ("bash", "zsh", "fish", "powershell")
REPORT_FORMATS = ("html", "md", "json", "csv")
ACCEPTABLE = (
    "rebucketed", "random-becomes-sticky", "always-has-a-key", "numbers-as-numbers", "booleans-as-booleans",
    "dates-in-ms", "regex-dialect", "letters-beyond-ascii", "build-metadata", "segment-copied-today",
    "parent-killed-or-off", "group-shared", "missing-when-negated", "configuration-lost", "sdk-dependent-negation",
    "prerequisites-not-shown",
)  # fmt: skip
"""Names of `tui.targeting.approximations`, for completion."""

_DESCRIPTION = """\
Import feature flags from Split or Unleash into LaunchDarkly.

Without a command, a wizard opens in the terminal. It asks for each setting,
shows what the import will do, and can save a recipe for the commands below."""

_KEYS = """\
Keys are never passed as options. The wizard asks for them; commands read them
from the places named in the recipe: environment variables (LD_ACCESS_TOKEN,
LD_IMPORT_API_KEY, UNLEASH_SDK_KEY, SPLIT_ADMIN_KEY), files, or the OS keyring.

Examples:
  ld-flag-import --demo                  practice in the wizard with demo servers
  ld-flag-import                         open the wizard
  ld-flag-import --plain                 the same as questions, line by line
  ld-flag-import plan import.toml        see what a saved recipe would import
  ld-flag-import apply import.toml       run that import

Run `ld-flag-import COMMAND --help` for the options of a command."""


def parser() -> Parser:
    """Return the parser of the whole command line. The result's `command` is "wizard" if none is given."""
    parser = Parser(prog=_PROGRAM, description=_DESCRIPTION, usage="%(prog)s [COMMAND] [options]")
    parser.epilog = _KEYS
    commands = parser.add_subparsers(title="Commands", metavar="COMMAND", prog=_PROGRAM)
    wizard = parser.add_argument_group("Wizard")
    wizard.add_argument("--demo", action="store_true", help="practice with demo servers; nothing leaves this machine")
    text = "ask line by line, without a full screen, for screen readers; reads answers from a pipe, too"
    wizard.add_argument("--plain", action="store_true", help=text)
    _places(parser, "Preset answers")
    general = _general(parser)
    general.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}", help="show the version")
    parser.set_defaults(command="wizard", host="", project="", integration="", manifest=[], log=None)
    for name, command in _COMMANDS.items():
        command.add_to(commands, name).set_defaults(command=name)
    return parser


class _Command:
    """The help of a command or action, and what fills its parser. `usage` follows the command's name."""

    __slots__ = ("description", "examples", "fill", "summary", "usage")

    def __init__(self, summary: str, fill: Fill, usage: str, description: str, *examples: str) -> None:
        self.summary, self.fill, self.usage, self.examples = summary, fill, f"%(prog)s {usage}", examples
        self.description = f"{summary[0].upper()}{summary[1:]}. {description}".strip()

    def add_to(self, parsers: argparse._SubParsersAction[Parser], name: str) -> Parser:
        description, examples = _filled(self.description), self.examples
        return parsers.add_parser(
            name, help=self.summary, usage=self.usage, fill=self.fill, description=description, examples=examples
        )


def _filled(text: str, width: int = 78) -> str:
    """Break a description into lines. The module textwrap would cost a tenth of `--version`."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


# --- groups of options


def _places(parser: Parser, title: str = "Override the recipe") -> None:
    """Add options that may be before or after the command. An absent option doesn't override the other place."""
    group, unset = parser.add_argument_group(title), argparse.SUPPRESS
    group.add_argument("--host", default=unset, help="LaunchDarkly instance: us, eu, federal, or a URL (default: us)")
    group.add_argument("--project", default=unset, metavar="KEY", help="key of the LaunchDarkly project")
    group.add_argument("--integration", default=unset, metavar="KEY", help="source of the flags: split or unleash")
    manifest = "add or replace an integration manifest (repeatable)"
    group.add_argument("--manifest", type=_path, action="append", default=unset, metavar="PATH", help=manifest)
    parser.words |= {"host": ("us", "eu", "federal"), "integration": ("split", "unleash")}


def _general(parser: Parser, *, as_json: str = "", quiet: bool = False, log: bool = True) -> argparse._ArgumentGroup:
    """Add the last group of each command: how it prints, its log, and its help."""
    group = parser.add_argument_group("Output" if as_json else "General")
    if as_json:
        group.add_argument("--json", action="store_true", help=as_json)
    if quiet:
        group.add_argument("--quiet", action="store_true", help="don't show progress")
    if log:
        text = "append a log to FILE, without keys, headers, or bodies"
        group.add_argument("--log", type=_path, default=argparse.SUPPRESS, metavar="FILE", help=text)
    group.add_argument("-h", "--help", action="help", help="show this help")
    return group


_DOCUMENT = "print one JSON document"
_LINES = "print one JSON object per line"


def _recipe(parser: Parser) -> None:
    parser.add_argument("recipe", type=_path, metavar="RECIPE", help="recipe file saved by the wizard at Review")


def _limits(parser: Parser, *, stuck: bool = False) -> None:
    group = parser.add_argument_group("Limits")
    text = "maximum run time in seconds (default: 1800)"
    group.add_argument("--timeout", type=_seconds, default=1800.0, metavar="SECONDS", help=text)
    if stuck:
        text = "seconds without progress before the import counts as stuck (default: 300)"
        group.add_argument("--stuck-after", type=_seconds, default=300.0, metavar="SECONDS", help=text)


def _yes(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--yes", action="store_true", help="don't ask for confirmation")


def _journal(group: argparse._ArgumentGroup) -> None:
    text = "journal file (default: in the state directory)"
    group.add_argument("--journal", type=_path, default=None, metavar="PATH", help=text)


# --- the options of each command


def _plan(parser: Parser) -> None:
    _recipe(parser)
    options = parser.add_argument_group("Options")
    text = "also save the plan, without keys, for `apply --plan FILE`"
    options.add_argument("-o", "--output", type=_path, default=None, metavar="FILE", help=text)
    _places(parser)
    _limits(parser)
    _general(parser, as_json=_DOCUMENT, quiet=True)


def _apply(parser: Parser) -> None:
    _recipe(parser)
    options = parser.add_argument_group("Options")
    _yes(options)
    text = "import only if nothing has changed since `plan -o FILE` saved this plan"
    options.add_argument("--plan", type=_path, default=None, dest="saved_plan", metavar="FILE", help=text)
    text = "create the configuration and stop; doesn't read the source"
    options.add_argument("--create-only", action="store_true", help=text)
    _journal(options)
    _places(parser)
    _limits(parser, stuck=True)
    _general(parser, as_json=_LINES, quiet=True)


def _verify(parser: Parser) -> None:
    _recipe(parser)
    _journal(parser.add_argument_group("Options"))
    _places(parser)
    _limits(parser)
    _general(parser, as_json=_DOCUMENT, quiet=True)


def _report(parser: Parser) -> None:
    _recipe(parser)
    options = parser.add_argument_group("Options")
    text = "html, md, json, or csv (default: html); csv has a row for each flag to rebuild"
    options.add_argument("--format", choices=REPORT_FORMATS, default="html", help=text, metavar="FORMAT")
    text = "file to save to, - for stdout (default: a new file in the current folder)"
    options.add_argument("-o", "--output", type=_path, default=None, metavar="FILE", help=text)
    options.add_argument("--web", action="store_true", help="open the HTML report in your browser")
    _journal(options)
    _places(parser)
    _limits(parser)
    _general(parser, as_json=_DOCUMENT, quiet=True)


def _undo(parser: Parser) -> None:
    _recipe(parser)
    options = parser.add_argument_group("Options")
    options.add_argument("--dry-run", action="store_true", help="list what would be done, and change nothing")
    options.add_argument("--delete", action="store_true", help="delete the flags instead of archiving them")
    text = "also undo this flag, which was kept for lack of evidence (repeatable)"
    options.add_argument("--flag", action="append", default=[], dest="flags", metavar="KEY", help=text)
    _yes(options)
    _journal(options)
    _places(parser)
    _limits(parser)
    _general(parser, as_json=_DOCUMENT, quiet=True)


def _rebuild(parser: Parser) -> None:
    _recipe(parser)
    options = parser.add_argument_group("Options")
    text = "LaunchDarkly environment to rebuild in (default: the recipe's rebuild.environment)"
    options.add_argument("--environment", default="", metavar="KEY", help=text)
    options.add_argument("--dry-run", action="store_true", help="show what a rebuild would set, and change nothing")
    options.add_argument("--yes", action="store_true", help="don't ask; names are still accepted only with --accept")
    text = "also turn on the rebuilt flags that are on at the source now"
    options.add_argument("--turn-on", action="store_true", help=text)
    options.add_argument("--undo", action="store_true", help="take back what rebuilds have set")
    text = "only this flag, shown with the rules of both sides (repeatable)"
    options.add_argument("--flag", action="append", default=[], dest="flags", metavar="KEY", help=text)
    text = "accept flags that differ in this way, such as rebucketed (repeatable)"
    options.add_argument("--accept", action="append", default=[], metavar="NAME", help=text)
    text = "adopt a flag that this import didn't create, and rebuild it too; works without a journal (repeatable)"
    options.add_argument("--adopt", action="append", default=[], metavar="KEY", help=text)
    parser.words["accept"] = ACCEPTABLE
    _journal(options)
    _places(parser)
    _limits(parser)
    _general(parser, as_json=_DOCUMENT, quiet=True)


def _actions(*actions: tuple[str, _Command]) -> Fill:
    """Return what fills the parser of a command that has actions."""

    def fill(parser: Parser) -> None:
        parsers = parser.add_subparsers(title="Actions", metavar="ACTION", required=True, prog=parser.prog)
        for name, action in actions:
            action.add_to(parsers, name).set_defaults(action=name)
        _general(parser, log=False)

    return fill


def _configs(action: str) -> Fill:
    def fill(parser: Parser) -> None:
        if action == "list":
            options = parser.add_argument_group("Options")
            text = "show only configurations with this status: pending, importing, complete, partial, or failed"
            options.add_argument("--status", default="", metavar="STATUS", help=text)
            parser.words["status"] = ("pending", "importing", "complete", "partial", "failed")
        else:
            parser.add_argument("id", metavar="ID", help="ID of the configuration, from `configs list`")
        if action in ("trigger", "delete"):
            _yes(parser.add_argument_group("Options"))
        _places(parser, "Account and filters" if action == "list" else "Account")
        _limits(parser, stuck=action == "watch")
        _general(parser, as_json=_LINES if action == "watch" else _DOCUMENT, quiet=True)

    return fill


def _imports(parser: Parser) -> None:
    _places(parser, "Filters")
    _general(parser, as_json=_DOCUMENT, log=False)


def _keys_list(parser: Parser) -> None:
    _general(parser, as_json=_DOCUMENT, log=False)


def _keys_forget(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="name of a key, from `keys list`")
    options = parser.add_argument_group("Options")
    options.add_argument("--all", action="store_true", dest="everything", help="forget every stored key")
    _general(parser, as_json=_DOCUMENT, log=False)


def _manifest(parser: Parser) -> None:
    parser.add_argument("paths", type=_path, nargs="+", metavar="PATH", help="manifest file (JSON)")
    _general(parser, as_json=_DOCUMENT, log=False)


def _doctor(parser: Parser) -> None:
    text = "recipe whose servers to check (default: LaunchDarkly and Split's usual address)"
    parser.add_argument("recipe", type=_path, nargs="?", metavar="RECIPE", help=text)
    _places(parser, "Account")
    _general(parser, as_json=_DOCUMENT)


def _completion(parser: Parser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"{', '.join(SHELLS[:-1])}, or {SHELLS[-1]}")
    _general(parser, log=False)


def _sandbox(parser: Parser) -> None:
    options = parser.add_argument_group("Options")
    text = "first of three ports to use (default: any free ports)"
    options.add_argument("--port", type=int, default=0, metavar="N", help=text)
    options.add_argument(
        "--fault", default=None, metavar="NAME", help="simulate this error from the start (a wrong name lists them all)"
    )
    _general(parser, as_json="print the addresses and keys as one line of JSON", log=False)


_COMMANDS: dict[str, _Command] = {
    "plan": _Command(
        "show what an import would do", _plan, "RECIPE [options]",
        "Reads the source and LaunchDarkly, and writes to neither. Exits with 5 if either couldn't be read in full.",
        "ld-flag-import plan import.toml", "ld-flag-import plan import.toml --json | jq .counts",
        "ld-flag-import plan import.toml -o plan.json",
    ),
    "apply": _Command(
        "run an import, or resume it", _apply, "RECIPE [options]",
        "Plans, asks for confirmation, creates the configuration or reuses it, starts it, watches it, and verifies the"
        " result. If it was interrupted, run it again to resume.",
        "ld-flag-import apply import.toml", "ld-flag-import apply import.toml --yes --json",
        "ld-flag-import apply import.toml --plan plan.json",
    ),
    "verify": _Command(
        "compare imported flags with the plan", _verify, "RECIPE [options]",
        "Only reads LaunchDarkly. Exits with 6 if a flag is missing or different.",
        "ld-flag-import verify import.toml", "ld-flag-import verify import.toml --json | jq .missing",
    ),
    "report": _Command(
        "save the report of an import again", _report, "RECIPE [options]",
        "Compares the imported flags with the plan, then saves the report. Changes nothing in LaunchDarkly.",
        "ld-flag-import report import.toml --web", "ld-flag-import report import.toml --format csv -o rebuild.csv",
        "ld-flag-import report import.toml --format md -o - | pbcopy",
    ),
    "undo": _Command(
        "archive the flags that an import created", _undo, "RECIPE [options]",
        "Lists the flags and asks first. Flags that someone has changed since the import are kept.",
        "ld-flag-import undo import.toml --dry-run", "ld-flag-import undo import.toml",
        "ld-flag-import undo import.toml --delete --yes",
    ),
    "rebuild": _Command(
        "translate the source's targeting into LaunchDarkly", _rebuild, "RECIPE [options]",
        "Reads both sides, translates the targeting of the imported flags, and proves each translation. Then it asks,"
        " sets the targeting, and reads it back. Flags stay off without --turn-on.",
        "ld-flag-import rebuild import.toml --environment production --dry-run",
        "ld-flag-import rebuild import.toml --dry-run --flag checkout-v2",
        "ld-flag-import rebuild import.toml --dry-run --accept rebucketed --json | jq .counts",
        "ld-flag-import rebuild import.toml --accept rebucketed --turn-on",
        "ld-flag-import rebuild import.toml --undo",
    ),
    "imports": _Command(
        "list the imports started from this machine",
        _actions((
            "list",
            _Command(
                "list the imports started from this machine", _imports, "[options]",
                "Reads the journals in the state directory and sends nothing.",
                "ld-flag-import imports list", "ld-flag-import imports list --project web-shop --json",
            ),
        )),
        "ACTION", "",
    ),
    "configs": _Command(
        "manage flag import configurations",
        _actions(
            ("list", _Command(
                "list the flag import configurations of your account", _configs("list"), "[options]", "",
                "ld-flag-import configs list", "ld-flag-import configs list --status failed --project web-shop",
            )),
            ("show", _Command(
                "show a configuration with its settings and errors", _configs("show"), "ID [options]",
                "Keys are never shown.", "ld-flag-import configs show 12ab3c4d5ef1a2345bcde67f",
            )),
            ("trigger", _Command(
                "start the import of a configuration", _configs("trigger"), "ID [options]",
                "Flags whose key already exists are skipped.",
                "ld-flag-import configs trigger 12ab3c4d5ef1a2345bcde67f",
            )),
            ("watch", _Command(
                "watch a running import until it ends", _configs("watch"), "ID [options]",
                "Stop watching at any time with Ctrl+C; the import continues.",
                "ld-flag-import configs watch 12ab3c4d5ef1a2345bcde67f",
            )),
            ("delete", _Command(
                "delete a configuration; imported flags stay", _configs("delete"), "ID [options]",
                "Asks you to type the configuration's name.",
                "ld-flag-import configs delete 12ab3c4d5ef1a2345bcde67f",
            )),
        ),
        "ACTION", "They are in your LaunchDarkly account, whoever created them. Set LD_ACCESS_TOKEN first.",
    ),
    "keys": _Command(
        "list or remove keys stored in the OS keyring",
        _actions(
            ("list", _Command(
                "list the stored keys by name, never by value", _keys_list, "[options]", "",
                "ld-flag-import keys list",
            )),
            ("forget", _Command(
                "remove keys from the keyring", _keys_forget, "[NAME ...] [options]", "",
                "ld-flag-import keys forget app.launchdarkly.com/token", "ld-flag-import keys forget --all",
            )),
        ),
        "ACTION", "Key values are never shown.",
    ),
    "manifest": _Command(
        "check integration manifests", _manifest, "PATH... [options]",
        "Prints the form that each manifest produces. Exits with 2 if one is invalid.",
        "ld-flag-import manifest flipt.json", "ld-flag-import manifest *.json --json",
    ),
    "doctor": _Command(
        "check terminal, keyring, network, and servers", _doctor, "[RECIPE] [options]",
        "Sends no key and writes nothing. The output has no keys or values, so you can share it. Exits with 2 for a"
        " wrong setting, and 5 if a server can't be reached.",
        "ld-flag-import doctor", "ld-flag-import doctor import.toml", "ld-flag-import doctor --host eu --json",
    ),
    "completion": _Command(
        "print a shell completion script", _completion, "SHELL", "",
        'bash         eval "$(ld-flag-import completion bash)"       in ~/.bashrc',
        'zsh          eval "$(ld-flag-import completion zsh)"        in ~/.zshrc, after compinit',
        "fish         ld-flag-import completion fish | source        in config.fish",
        "powershell   ld-flag-import completion powershell | Out-String | Invoke-Expression",
    ),
    "sandbox": _Command(
        "run the demo servers on their own", _sandbox, "[options]",
        "Runs a demo LaunchDarkly, Split, and Unleash on this machine, and prints their addresses and keys, until you"
        " press Ctrl+C.",
        "ld-flag-import sandbox", "ld-flag-import sandbox --fault import-partial --json",
    ),
}  # fmt: skip


# --- values


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < _A_YEAR:
        raise argparse.ArgumentTypeError("must be a number of seconds greater than 0")
    return seconds


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)
