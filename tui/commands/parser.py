"""An argument parser with grouped help, short errors, and a suggestion for a misspelled word. Loads only argparse."""

from __future__ import annotations

import argparse
import re

TYPE_CHECKING = False  # typing's own; to import that, or pathlib, takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NoReturn

_LONGEST_WORD = 15
"""A longer word may be a key, so it is never repeated."""


class UsageError(Exception):
    """The command line is wrong. `str()` is a sentence, `command` the command whose `--help` explains more."""

    def __init__(self, reason: str, command: str) -> None:
        super().__init__(reason)
        self.command = command


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps line breaks of descriptions and examples, and lists commands without their metavar."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "Usage: " if prefix is None else prefix)

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        if isinstance(action, argparse._SubParsersAction):
            lines = text.splitlines(keepends=True)[1:]
            return "".join(line.removeprefix("  ") for line in lines)
        return text


class Parser(argparse.ArgumentParser):
    """A parser whose arguments are added when it is used: a start uses one or two of the twenty parsers.

    `words` maps the destination of an argument to values that completion offers for it; any other value is accepted.
    """

    def __init__(
        self,
        *,
        fill: Callable[[Parser], None] = lambda parser: None,
        description: str = "",
        examples: Sequence[str] = (),
        **options: Any,
    ) -> None:
        lines = "".join(f"\n  {example}" for example in examples)
        super().__init__(
            allow_abbrev=False,
            add_help=False,
            formatter_class=_HelpFormatter,
            description=description,
            epilog=f"Examples:{lines}" if lines else None,
            **options,
        )
        self._positionals.title = "Arguments"
        self._fill: Callable[[Parser], None] | None = fill
        self.words: dict[str, Sequence[str]] = {}

    def filled(self) -> Parser:
        """Return this parser with its arguments."""
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)
        return self

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse as argparse does, but raise UsageError for unknown arguments, because only the command's own parser
        knows what was meant."""
        namespace, unknown = argparse.ArgumentParser.parse_known_args(self.filled(), args, namespace)
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0]).partition("=")[0]
            if word.startswith("-"):
                meant = did_you_mean(word, self._option_string_actions)
                self.error(f"Unknown option: {_shown(word)}.{meant}")
            self.error(f"Unexpected argument: {_shown(word)}.")
        return namespace, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse an unknown command or choice with a suggestion."""
        if action.choices is None or value in action.choices:
            return
        choices = list(action.choices)
        if isinstance(action, argparse._SubParsersAction):
            what = f"Unknown {(action.metavar or 'command').lower()}"  # type: ignore[union-attr]
        else:
            what = f"Unknown value for {'/'.join(action.option_strings) or action.metavar}"
        meant = did_you_mean(str(value), choices) or (f" Choose one of: {', '.join(choices)}." if choices else "")
        raise argparse.ArgumentError(None, f"{what}: {_shown(str(value))}.{meant}")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError in our own words."""
        for pattern, words in _REWORDED:
            if match := re.fullmatch(pattern, message):
                message = match.expand(words)
                break
        raise UsageError(re.sub(rf"[^\s'=]{{{_LONGEST_WORD + 1},}}", "…", message), self.prog)


_REWORDED = (
    (r"the following arguments are required: (.*)", r"Missing argument: \1."),
    (r"argument (\S+): expected (?:one|at least one) argument", r"\1 needs a value."),
    (r"argument (\S+): invalid int value: .*", r"\1 must be a whole number."),
    (r"argument (\S+): ignored explicit argument .*", r"\1 doesn't take a value."),
    (r"argument (\S+): (.*?)\.?", r"\1 \2."),
)
"""From argparse's messages to ours."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean plan?" for the closest known word, or ""."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _shown(word: str) -> str:
    return word if len(word) <= _LONGEST_WORD else "…"
