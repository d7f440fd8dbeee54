"""Lines in and out: a pipe, and a pseudo-terminal with its echo, its line editor, and its limits."""

from __future__ import annotations

import io
import os
import pty
import select
import termios
import threading
import time
from collections.abc import Iterator

import pytest

from tui.plain.signals import Signals
from tui.plain.terminal import LONGEST, InputEnded, LineTooLongError, Terminal

KEY = "api-00000000-0000-4000-8000-0000000000aa"


class Tty:
    """A terminal whose other end the test types at."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.out = os.fdopen(os.dup(self.slave), "w")
        self.terminal = Terminal(Signals(), self.out, self.slave)

    def types(self, text: str) -> None:
        os.write(self.master, text.encode())

    def later(self, text: str) -> None:
        """Type once the program waits for it."""
        threading.Timer(0.1, self.types, (text,)).start()

    def shown(self) -> str:
        """Everything the terminal has shown since the last look."""
        data = b""
        while select.select([self.master], [], [], 0.2)[0]:
            data += os.read(self.master, 65_536)
        return data.decode().replace("\r\n", "\n")

    def arrived(self) -> None:
        """Wait until what was typed has come to the other side."""
        end = time.monotonic() + 5
        while not select.select([self.slave], [], [], 0)[0]:
            assert time.monotonic() < end


@pytest.fixture
def tty() -> Iterator[Tty]:
    made = Tty()
    try:
        yield made
    finally:
        made.out.close()
        os.close(made.master)
        os.close(made.slave)


def pipe(data: bytes) -> tuple[Terminal, io.StringIO]:
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=feed, daemon=True).start()
    out = io.StringIO()
    return Terminal(Signals(), out, reading), out


def test_pipe_with_several_lines_at_once_answers_one_question_each() -> None:
    terminal, out = pipe(b"one\ntwo\r\nthree")
    assert [terminal.ask("A: "), terminal.ask("B: "), terminal.ask("C: ")] == ["one", "two", "three"]
    with pytest.raises(InputEnded):
        terminal.ask("D: ")
    assert out.getvalue() == "A: \nB: \nC: \nD: \n"


def test_pipe_keeps_the_line_after_a_key() -> None:
    terminal, _ = pipe(f"{KEY}\nweb-shop\n".encode())
    assert terminal.ask_hidden("Key: ") == (KEY, False)
    assert terminal.ask("Project: ") == "web-shop"


def test_pipe_line_has_a_limit() -> None:
    terminal, _ = pipe(b"x" * 200_000 + b"\nshort\n")
    with pytest.raises(LineTooLongError):
        terminal.ask("A: ")
    assert terminal.ask("A: ") == "short"


def test_visible_answer_is_echoed_by_the_terminal_once(tty: Tty) -> None:
    tty.later("web-shop\n")
    assert tty.terminal.ask("Project: ") == "web-shop"
    assert tty.shown() == "Project: web-shop\n"


def test_key_is_never_echoed_and_a_second_pasted_line_is_dropped(tty: Tty) -> None:
    tty.later(f"{KEY}\nsecond line\nthird without an end")
    assert tty.terminal.ask_hidden("Key: ") == (KEY, True)
    assert tty.shown() == "Key: \n"
    tty.later("answer\n")
    assert tty.terminal.ask("Next: ") == "answer"


def test_key_alone_drops_nothing(tty: Tty) -> None:
    tty.later(f"{KEY}\n")
    assert tty.terminal.ask_hidden("Key: ") == (KEY, False)


def test_word_at_a_hidden_prompt_keeps_what_was_typed_ahead(tty: Tty) -> None:
    tty.later("help\nback\n")
    assert tty.terminal.ask_hidden("Key: ") == ("help", False)
    assert tty.terminal.ask_hidden("Key: ") == ("back", False)


def test_key_typed_ahead_of_a_hidden_prompt_is_not_shown(tty: Tty) -> None:
    tty.later("first\n")
    tty.terminal.ask("A: ")
    tty.shown()
    tty.types(f"{KEY}\n")  # while no question is open
    tty.arrived()
    assert tty.terminal.ask_hidden("Key: ") == (KEY, False)
    assert KEY not in tty.shown()


def test_key_typed_ahead_of_a_visible_prompt_is_not_shown_either(tty: Tty) -> None:
    tty.later("first\n")
    tty.terminal.ask("A: ")
    tty.shown()
    tty.types(f"{KEY}\n")
    tty.arrived()
    assert tty.terminal.ask("B: ") == KEY
    assert tty.shown() == "B: (typed ahead)\n"


def test_short_answer_typed_ahead_is_shown_where_it_is_used(tty: Tty) -> None:
    tty.later("first\n")
    tty.terminal.ask("A: ")
    tty.shown()
    tty.types("second\n")
    tty.arrived()
    assert tty.terminal.ask("B: ") == "second"
    assert tty.shown() == "B: second\n"


def test_line_that_the_terminal_may_have_cut_is_refused(tty: Tty) -> None:
    tty.later("x" * (LONGEST + 10) + "\n")
    with pytest.raises(LineTooLongError):
        tty.terminal.ask("A: ")
    tty.shown()
    tty.later("short\n")
    assert tty.terminal.ask("A: ") == "short"


def test_end_of_file_key_ends_the_input(tty: Tty) -> None:
    tty.later("\x04")
    with pytest.raises(InputEnded):
        tty.terminal.ask("A: ")


def test_settings_are_restored(tty: Tty) -> None:
    tty.later(f"{KEY}\n")
    tty.terminal.ask_hidden("Key: ")
    assert not termios.tcgetattr(tty.slave)[3] & termios.ECHO
    tty.terminal.restore()
    assert termios.tcgetattr(tty.slave) == tty.before


def test_words_are_obeyed_while_something_runs_and_other_lines_answer_what_comes_next(tty: Tty) -> None:
    stopped: list[str] = []
    tty.types("web-shop\nSTOP\n")
    tty.arrived()
    end = time.monotonic() + 5
    while not stopped:
        assert time.monotonic() < end
        tty.terminal.watch({"stop": lambda: stopped.append("stop")})
    assert tty.terminal.ask("Project: ") == "web-shop"


def test_lines_of_a_terminal_are_broken_at_blanks_and_those_of_a_pipe_are_not(tty: Tty) -> None:
    import fcntl
    import struct

    fcntl.ioctl(tty.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    text = "word " * 30
    tty.terminal.say(text, indent=2)
    lines = tty.shown().splitlines()
    assert len(lines) > 3
    assert all(len(line) <= 40 for line in lines)
    assert lines[0].startswith("  word")
    assert lines[1].startswith("    word")
    terminal, out = pipe(b"")
    terminal.say(text)
    assert out.getvalue().count("\n") == 1


def test_foreign_text_is_cleaned_and_keys_are_hidden() -> None:
    terminal, out = pipe(b"")
    terminal.redact = lambda text: text.replace(KEY, "(hidden)")
    terminal.say(f"evil \x1b[31m {KEY}")
    terminal.copy("a\x1b]0;title\x07\nb")
    assert "\x1b" not in out.getvalue()
    assert KEY not in out.getvalue()


def test_c_locale_gets_ascii_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    terminal, out = pipe(b"")
    terminal.say("“Bearer” was removed … ✓")
    assert out.getvalue() == '"Bearer" was removed ... ?\n'
