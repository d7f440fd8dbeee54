"""Ask at a prompt: a line, a key, a numbered choice, a page of a list, a word that confirms.

Some words mean the same at every prompt: back, help, list, quit, and those that the front adds. `=` before a text makes
it a value whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tui.plain import words
from tui.plain.terminal import LONGEST, LineTooLongError, Terminal

PAGE = 20


class Back(BaseException):
    """The user goes back. No error: whoever asked before catches it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was typed. A `literal` one is a value, and no command of the question."""

    text: str
    literal: bool = False

    def command(self) -> tuple[str, str]:
        """Return its first word in lower case, and the rest; "" and "" for a literal."""
        word, _, rest = self.text.partition(" ")
        return ("", "") if self.literal else (word.casefold(), rest.strip())


@dataclass(frozen=True, slots=True)
class Option:
    """One of several answers: its key, and its text in the list."""

    key: str
    text: str


Shows = Callable[[], object]
Lists = Callable[[str], object]


class Asker:
    """Asks in a terminal. `commands` are words for every prompt, with what they do to the rest of the line."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.commands: dict[str, Callable[[str], object]] = {}
        self.help: Shows = lambda: None
        """Shows the help of the step, where a question has none of its own."""
        self.open = ""
        """The question that was asked last."""
        self._listed: tuple[str, Sequence[Option]] = ("", ())
        """The question whose options were listed last, and those."""

    @contextmanager
    def command(self, word: str, do: Callable[[str], object]) -> Iterator[None]:
        """Add a command for every prompt while the block runs."""
        before = self.commands
        self.commands = {**before, word: do}
        try:
            yield
        finally:
            self.commands = before

    @contextmanager
    def meaning(self, word: str, do: Callable[[str], object]) -> Iterator[None]:
        """Give a command another meaning while the block runs; one that isn't known stays unknown."""
        if word not in self.commands:
            yield
            return
        with self.command(word, do):
            yield

    def say(self, level: str, text: str, *, indent: int = 0) -> None:
        """Write a sentence with the word for its level; nothing for an empty one."""
        if text:
            self.terminal.say(words.leveled(level, text), indent=indent)

    # --- one line

    def ask(self, prompt: str, default: str = "", *, help: Shows | None = None, lists: Lists | None = None) -> Reply:
        """Ask until there is an answer. An empty line accepts `default`, which is then the reply's text.

        Raises Back, and what the terminal and the commands raise.
        """
        self.open = prompt
        asked = f"{prompt} [{default}]: " if default else f"{prompt}: "
        while True:
            try:
                line = self.terminal.ask(asked).strip()
            except LineTooLongError:
                self._too_long()
                continue
            if line.startswith("=") and len(line) > 1:
                return Reply(line[1:].strip(), literal=True)
            if not self._obeyed(line, help, lists):
                return Reply(line or default)

    def ask_hidden(self, prompt: str, kept: str = "", *, help: Shows | None = None) -> Reply:
        """Ask for a key without showing it. `kept` describes the key that an empty line keeps."""
        self.open = prompt
        asked = f"{prompt} (hidden) [{kept}]: " if kept else f"{prompt} (hidden): "
        while True:
            try:
                line, dropped = self.terminal.ask_hidden(asked)
            except LineTooLongError:
                self._too_long()
                continue
            if dropped:
                self.say("warning", "You pasted more than one line. Only the first one is used.", indent=2)
            if not self._obeyed(line.strip(), help, None):
                return Reply(line)

    def _obeyed(self, line: str, help: Shows | None, lists: Lists | None) -> bool:
        """Whether the line was a command for every prompt, which is then carried out."""
        word, _, rest = line.partition(" ")
        word, rest = word.casefold(), rest.strip()
        if word == "back" and not rest:
            raise Back
        if word in ("help", "?") and not rest:
            (help or self.help)()
        elif word == "list":
            if lists is None:
                self.say("note", "There is no list for this question.")
            else:
                lists(rest)
        elif word in self.commands:
            self.commands[word](rest)
        else:
            return False
        return True

    def _too_long(self) -> None:
        most = f"{LONGEST - 1:,}" if self.terminal.is_terminal else "65,536"
        self.say("problem", f"This line is too long: at most {most} characters. Enter a shorter one.")

    # --- one of several

    def choose(
        self,
        prompt: str,
        options: Sequence[Option],
        default: str = "",
        *,
        help: Shows | None = None,
        shown: bool = True,
        other: bool = False,
    ) -> Reply:
        """Ask for one of some options by number, key, or the beginning of its text. Returns its key.

        With `shown` the options are listed first, unless they are those that were listed last. With `other` any other
        text is returned as a literal.
        """

        def show(text: str = "") -> None:
            for number, option in enumerate(options, 1):
                if text.casefold() in option.text.casefold():
                    self.terminal.say(f"{number} {option.text}", indent=2)

        if shown and self._listed != (prompt, list(options)):
            show()
            self._listed = prompt, list(options)
        while True:
            reply = self.ask(prompt, default, help=help, lists=show)
            key = matching(options, reply.text) if not reply.literal else None
            if key is not None:
                return Reply(key)
            if other and reply.text:
                return Reply(reply.text, literal=True)
            self.say("problem", f"Enter a number from 1 to {len(options)}, or list to see them.")

    def list_again(self) -> None:
        """List the options of the next choice, even if they are those that were listed last."""
        self._listed = ("", ())

    def confirm(self, question: str, *, default: bool = False, help: Shows | None = None) -> bool:
        """Ask a question for yes or no."""
        while True:
            reply = self.ask(f"{question} yes or no", "yes" if default else "no", help=help).text.casefold()
            if reply in ("yes", "y", "no", "n"):
                return reply in ("yes", "y")
            self.say("problem", "Type yes or no.")

    def typed(self, question: str, word: str) -> bool:
        """Ask to type a word that confirms. Anything else declines, and Enter alone does."""
        reply = self.ask(f"{question} Type {word} to confirm")
        if reply.text == word:
            return True
        self.say("note", "That doesn't match. Nothing was sent." if reply.text else "Nothing was sent.")
        return False

    # --- lists

    def pages(self, lines: Sequence[str], *, indent: int = 2) -> None:
        """Write lines page by page. Going back ends the list alone."""
        for start in range(0, len(lines), PAGE):
            for line in lines[start : start + PAGE]:
                self.terminal.say(line, indent=indent)
            done = min(len(lines), start + PAGE)
            if done == len(lines):
                return
            try:
                reply = self.ask(f"{done:,} of {len(lines):,}. Enter for more, or stop", "more")
            except Back:
                return
            if reply.text.casefold() != "more":
                return


def matching(options: Sequence[Option], text: str) -> str | None:
    """Return the key of the option that a text means: its number, its key, or the beginning of one text alone."""
    if text.isascii() and text.isdigit():
        return options[int(text) - 1].key if 0 < int(text) <= len(options) else None
    wanted = text.casefold()
    for option in options:
        if wanted == option.key.casefold():
            return option.key
    begin = [option.key for option in options if wanted and option.text.casefold().startswith(wanted)]
    return begin[0] if len(begin) == 1 else None


def found(commands: Mapping[str, Callable[[str], object]], reply: Reply) -> Callable[[], object] | None:
    """Return what a reply asks for, by its first word or the beginning of one command alone; None for none."""
    word, rest = reply.command()
    names = [name for name in commands if name == word] or [name for name in commands if word and name.startswith(word)]
    return (lambda: commands[names[0]](rest)) if len(names) == 1 else None
