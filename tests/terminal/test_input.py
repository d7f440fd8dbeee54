"""Whatever a terminal sends, the wizard goes on, and what it did not send as a key is in no field."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.terminal import PATIENCE
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal

KEY = "api-0a1b2c3d-1111-4222-8333-444455556666"
LATIN_1 = b"api-\xe9x"
UNENDED_PASTE = b"\x1b[200~api-0a1b2c3d-1111-4222-8333-444455556666"
ANSWERS = (
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", b"\x1bP1+r544e=787465726d\x1b\\", b"\x1b_Gi=31;OK\x1b\\", b"\x1b^x\x1b\\",
    b"\x1b[?62;22c", b"\x1b[>41;390;0c", b"\x1b[8;24;80t", b"\x1b[97;1;99999999999u", b"\x1b[48;0;0;0;0t",
)  # fmt: skip


_LEFT = b"\x1b[?1049l"
_ACT = b"\x03\x0f\x11\x1a\r\n q"
"""What leaves, goes on, stops the process or presses a button, each as it should."""


def to_token(term: Pty) -> None:
    """Go to step 2, with the focus in the empty field for the token."""
    walks.choose(term, "Unleash")
    term.to("Your token")


@pytest.fixture
def term(world: World) -> Iterator[Pty]:
    with Pty(PROGRAM, world.environ(), world.folder) as term:
        to_token(term)
        yield term


def characters(term: Pty) -> int:
    """How many characters the token has, as its field shows them."""
    line = next(each for each in term.text().splitlines() if "Your token" in each)
    return line.partition("[ Show")[0].count("•")


def still_works(term: Pty) -> None:
    """Ctrl+Q leaves, and asks first where a key would be lost."""
    term.press("ctrl+q")
    term.until(lambda: term.shows("[ Quit ]") or _LEFT in term.raw, "a question or the end")
    if _LEFT not in term.raw:
        term.to("[ Quit ]")
        term.press("enter")
    assert term.end() == 0
    assert b"Traceback" not in term.raw
    term.check_sane()


@pytest.mark.parametrize("pasted", [False, True], ids=["typed", "pasted"])
def test_a_byte_that_is_no_utf_8_leaves_the_wizard_going(term: Pty, *, pasted: bool) -> None:
    term.send(b"\x1b[200~" + LATIN_1 + b"\x1b[201~" if pasted else LATIN_1)
    term.until(lambda: characters(term) in (5, 6), "the other letters")
    term.press("ctrl+u")
    term.until(lambda: characters(term) == 0, "an empty field")
    term.send(b"\xff\xfe\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x28\x8c\xbc\x9b")
    term.press("ctrl+u")
    term.write("abc")
    term.until(lambda: characters(term) == 3, "three letters")
    still_works(term)


@pytest.mark.parametrize("key", ["ctrl+q", "escape"])
def test_a_paste_without_its_end_counts_as_pasted_and_keys_work(term: Pty, key: str) -> None:
    term.send(UNENDED_PASTE)
    term.until(lambda: characters(term) >= 20, "the paste", seconds=4)
    term.wait("40 characters")
    if key == "escape":
        term.press("escape")
        term.until(lambda: "Back" in term.focus().drawn, "Esc to go to Back")
    still_works(term)


def test_the_second_line_of_a_key_pasted_without_brackets_is_dropped(term: Pty) -> None:
    term.write(f"{KEY}\rThe rest of a mail\r")
    term.wait("40 characters", "The second line was dropped")
    assert "Your token" in term.focus().label
    assert not term.shows("mail")


def test_enter_is_taken_after_the_letters_before_it(term: Pty) -> None:
    for letters in range(3, 15):
        term.write("\x15" + "a" * letters + "\r")  # Ctrl+U first
        term.wait(f"Too short: {letters} characters")
        assert characters(term) == letters


def test_ctrl_q_leaves_in_the_middle_of_a_paste(term: Pty) -> None:
    term.send(UNENDED_PASTE)
    term.silent(0.3)
    still_works(term)


def test_late_answers_are_not_typed_into_a_key_field(term: Pty) -> None:
    for answer in ANSWERS:
        term.send(answer)
        for at in range(2, len(answer)):
            term.send(answer[:at])
            term.silent(0.01)
            term.send(answer[at:])
            break
    term.send(b"a" + b"b".join(ANSWERS) + b"c")
    term.until(lambda: characters(term) == 1 + len(ANSWERS), "the letters between the answers")
    still_works(term)


def test_focus_and_mouse_reports_nobody_asked_for_change_nothing(world: World) -> None:
    with Pty(PROGRAM, world.environ(LDFI_NO_MOUSE="1"), world.folder) as term:
        to_token(term)
        term.write("q")
        term.until(lambda: characters(term) == 1, "a letter")
        term.send(b"\x1b[O\x1b[I\x1b[O")
        for y in range(1, 25):
            term.send(b"\x1b[<0;4;%dM\x1b[<0;4;%dm\x1b[M !!\x1b[35;4;%dM" % (y, y, y))
        term.write("q")
        term.until(lambda: characters(term) == 2, "the letter in the field that had the focus")
        term.press("backspace")
        term.until(lambda: characters(term) == 1, "the letter to be gone")
        assert "Your token" in term.focus().label
        still_works(term)


def test_noise_never_ends_the_wizard(term: Pty) -> None:
    chance = random.Random(8)
    for _ in range(12):
        noise = bytes(b for b in chance.randbytes(chance.randrange(1, 200)) if b not in _ACT)
        term.send(noise + chance.choice(ANSWERS)[: chance.randrange(1, 9)])

    def ends() -> bool:
        term.press("ctrl+q")  # the first ones may end what the noise began
        return term.shows("[ Quit ]") or _LEFT in term.raw

    term.until(ends, "a question or the end")
    term.silent(0.1)  # each of them has been taken
    still_works(term)


def test_ctrl_q_pressed_twice_leaves_too(term: Pty) -> None:
    term.write("a")
    term.press("ctrl+q", "ctrl+q")
    term.wait("[ Quit ]")
    term.press("ctrl+q")
    still_works(term)


class Apart:
    """The program between a keyboard and a screen that are two terminals of `size`. Nothing sends SIGHUP."""

    def __init__(self, world: World, size: tuple[int, int] = (80, 24)) -> None:
        self.drawn = bytearray()
        self._changed = threading.Condition()
        keyboard, slave = os.openpty()
        self._shown, screen = os.openpty()
        for handle in (slave, screen):
            fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            PROGRAM, stdin=slave, stdout=screen, stderr=screen, env=world.environ(), cwd=world.folder,
            start_new_session=True,
        )  # fmt: skip
        self._keyboard: int | None = keyboard
        os.close(slave)
        os.close(screen)
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        self._reading.join(10)
        self.end_input()
        os.close(self._shown)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._shown, 65536)
            except OSError:  # EIO: nobody has the other end any more
                return
            with self._changed:
                self.drawn += data
                self._changed.notify_all()

    def wait(self, text: bytes) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.drawn, PATIENCE)

    def at_rest(self) -> bool:
        """Whether the program stops writing before it has written more than a dozen screens."""
        with self._changed:
            while len(self.drawn) < 200_000:
                before = len(self.drawn)
                if not self._changed.wait_for(lambda: len(self.drawn) > before, 1.0):  # noqa: B023
                    return True
        return False

    def end_input(self) -> None:
        if self._keyboard is not None:
            os.close(self._keyboard)
            self._keyboard = None


def test_input_that_ends_is_a_hang_up(world: World) -> None:
    with Apart(world) as apart:
        apart.wait(b"Unleash")
        apart.end_input()
        assert apart.process.wait(10) == 128 + signal.SIGHUP
    assert b"Traceback" not in apart.drawn


def test_a_window_that_does_not_know_its_size_is_drawn_once(world: World) -> None:
    with Apart(world, (0, 0)) as apart:
        apart.wait(b"Unleash")
        assert apart.at_rest()


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONIOENCODING": "latin-1"},
        {"LANG": "C.UTF-8", "PYTHONIOENCODING": "cp437"},
        {"LANG": "C.UTF-8", "PYTHONIOENCODING": "ascii:strict"},
        {"LANG": "C"},
        {"LANG": ""},
    ],
    ids=str,
)
def test_only_what_the_output_can_write_is_drawn(world: World, environ: dict[str, str]) -> None:
    with Pty(PROGRAM, world.environ(**environ), world.folder) as term:
        walks.choose(term, "Unleash")
        for key, shows in (("f2", "Search for actions"), ("f1", "[ Close ]")):
            term.press(key)
            term.wait(shows)
            assert "\\u" not in term.text()
            assert "\\x" not in term.text()
            assert "??" not in term.text()
            term.press("escape")
            term.wait_gone(shows)
        term.paste("übergrößé ✓ 漢字")
        term.wait_for_one("Your token .*[*•]")
        still_works(term)
        encoding = environ.get("PYTHONIOENCODING", "ascii").partition(":")[0]
        assert b"\\u" not in term.raw
        assert not (encoding == "ascii" and any(byte > 127 for byte in term.raw))


def test_the_driver_reads_and_writes_by_our_own_code() -> None:
    """Textual's driver class is subclassed, not patched: the overridden methods still exist there."""
    script = (
        "from textual.drivers.linux_driver import LinuxDriver as L;"
        "from tui.terminal.driver import TerminalDriver as T;"
        "assert all(n in vars(L) and n in vars(T) for n in ('run_input_thread', 'write'))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
