"""What a terminal sends becomes keys and pastes, and nothing it says unasked is typed."""

from __future__ import annotations

import random
from codecs import getincrementaldecoder
from collections.abc import Iterator

import pytest
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message

from tui.terminal.parser import SILENCE, NextLines, TerminalParser

KEY = "api-0a1b2c3d-1111-4222-8333-444455556666"

ANSWERS = {
    "colors": "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "colors by BEL": "\x1b]10;rgb:ffff/ffff/ffff\x07",
    "clipboard": "\x1b]52;c;aGVsbG8=\x07",
    "capabilities": "\x1bP1+r544e=787465726d\x1b\\",
    "version": "\x1bP>|XTerm(390)\x1b\\",
    "tertiary attributes": "\x1bP!|00000000\x1b\\",
    "graphics": "\x1b_Gi=31;OK\x1b\\",
    "private message": "\x1b^pm text\x1b\\",
    "start of string": "\x1bXsos text\x1b\\",
    "ended by an 8-bit ST": "\x1b]11;rgb:0/0/0\x9c",
    "device attributes": "\x1b[?62;22c",
    "secondary attributes": "\x1b[>41;390;0c",
    "a mode": "\x1b[?2004;1$y",
    "keyboard flags": "\x1b[?0u",
    "status": "\x1b[0n",
    "window size": "\x1b[8;24;80t",
    "color scheme": "\x1b[?997;1n",
    "focus in": "\x1b[I",
    "focus out": "\x1b[O",
    "a mouse report": "\x1b[<35;10;5M",
    "an old mouse report": "\x1b[M !!",
    "a urxvt mouse report": "\x1b[35;10;5M",
    "a long sequence": "\x1b[" + ";".join("1" * 80) + "z",
}
"""Answers and reports a terminal may send, late or unasked."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Line:
    """A parser with a clock that only moves when the test says so."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.parser = TerminalParser(now=self.clock)
        self.found: list[Message] = []

    def send(self, *reads: str, gap: float = 0.0) -> Line:
        for read in reads:
            self.found += self.parser.feed(read)
            self.wait(gap)
        return self

    def wait(self, seconds: float) -> Line:
        self.clock.now += seconds
        self.found += self.parser.tick()
        return self

    @property
    def keys(self) -> list[str]:
        return [event.key for event in self.found if isinstance(event, events.Key)]

    @property
    def typed(self) -> str:
        """What a field in focus would hold: typed characters and pastes."""
        return "".join(_text(event) for event in self.found)


def _text(event: Message) -> str:
    if isinstance(event, events.Paste):
        return event.text
    if isinstance(event, events.Key) and event.is_printable:
        return event.character or ""
    return ""


def splits(text: str) -> Iterator[tuple[str, ...]]:
    """A text in one read, in two at each place, and in single characters."""
    yield (text,)
    yield from ((text[:at], text[at:]) for at in range(1, len(text)))
    yield tuple(text)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_is_never_typed_however_it_is_split(answer: str) -> None:
    for reads in splits(answer):
        line = Line().send(*reads, gap=0.05).send("x").wait(SILENCE + 1)
        assert line.typed == "x", reads
        assert line.keys == ["x"], reads


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_between_two_letters_in_one_read_is_dropped(answer: str) -> None:
    assert Line().send(f"a{answer}b").wait(SILENCE + 1).typed == "ab"


@pytest.mark.parametrize("introducer", ["]11;rgb:1e", "P1+r54", "_Gi=31", "^x", "Xx", "[?62;2", "O1;"])
def test_an_answer_without_an_end_is_forgotten_after_a_silence(introducer: str) -> None:
    line = Line().send(f"\x1b{introducer}").wait(SILENCE + 0.1).send("x")
    assert line.typed == "x"


@pytest.mark.parametrize("key", ["\x11", "\r", "\t", "\x7f", "\x1b[B"])
def test_a_key_ends_an_answer_that_never_ends(key: str) -> None:
    assert Line().send("\x1b]52;c;aGVs", key, gap=0.1).keys == Line().send(key).keys


def test_every_sequence_textual_knows_still_means_the_same() -> None:
    for sequence in ANSI_SEQUENCES_KEYS:
        if sequence in ("\x1b", "\x1b\x1b"):
            continue  # Textual lists the second, but its parser never gets there
        expected = [event for event in XTermParser().feed(sequence) if isinstance(event, events.Key)]
        for reads in ((sequence,), tuple(sequence)):
            line = Line().send(*reads).wait(0.2)
            assert line.keys == [event.key for event in expected], repr(sequence)


def test_escape_is_a_key_after_a_short_silence() -> None:
    line = Line().send("\x1b")
    assert line.keys == []
    assert line.wait(0.2).keys == ["escape"]
    assert Line().send("\x1b\x1b").wait(0.2).keys == ["escape", "escape"]


# --- pastes


def test_a_paste_arrives_whole_however_it_is_split() -> None:
    for reads in splits(f"\x1b[200~{KEY}\n\x1b[31mred\x1b[201~"):
        line = Line().send(*reads, gap=0.05)
        assert [event.text for event in line.found if isinstance(event, events.Paste)] == [f"{KEY}\n\x1b[31mred"]
        assert line.keys == []
        assert line.send("x").keys == ["x"]


@pytest.mark.parametrize("end", ["", "\x1b", "\x1b[20", "\x1b[201"])
def test_a_paste_without_its_end_counts_as_pasted_after_a_silence(end: str) -> None:
    line = Line().send(f"\x1b[200~{KEY}{end}")
    line.wait(SILENCE - 0.1)
    assert line.found == []
    line.wait(0.2)
    assert [event.text for event in line.found if isinstance(event, events.Paste)] == [KEY]
    assert line.send("\x11", "\x1b").wait(0.2).keys == ["ctrl+q", "escape"]


def test_a_moving_mouse_does_not_prolong_a_paste_without_its_end() -> None:
    line = Line().send(f"\x1b[200~{KEY}")
    for x in range(1, 30):
        line.send(f"\x1b[<35;{x};5M\x1b[<35;{x};6M", "\x1b[I", gap=0.1)
    assert [event.text for event in line.found if isinstance(event, events.Paste)] == [KEY]
    assert line.send("x").keys == ["x"]


def test_a_slow_paste_is_one_paste() -> None:
    line = Line().send("\x1b[200~", *KEY, "\x1b[201~", gap=SILENCE - 0.1)
    assert [event.text for event in line.found if isinstance(event, events.Paste)] == [KEY]


def test_a_paste_without_brackets_has_its_next_lines_in_one_event() -> None:
    for reads in splits(f"{KEY}\r{KEY}\rend"):
        line = Line().send(*reads).wait(0.2)
        assert "".join(event.character or "" for event in line.found if isinstance(event, events.Key)) == KEY
        (lines,) = (event for event in line.found if isinstance(event, NextLines))
        assert lines.text == f"\r{KEY}\rend"
        assert "".join(key.character or "" for key in lines.keys) == lines.text
        assert line.send("x").keys[-1] == "x"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (f"{KEY}\r", ["enter"]),
        (f"{KEY}\r\t\r", ["enter", "tab", "enter"]),
        (f"{KEY}\r\x0fweb", ["enter", "ctrl+o", *"web"]),
        (f"{KEY}\r\x1b[B", ["enter", "down"]),
        (f"{KEY[:19]}\rweb\r", ["enter", *"web", "enter"]),
    ],
)
def test_keys_after_many_letters_stay_keys(text: str, keys: list[str]) -> None:
    for reads in splits(text):
        assert Line().send(*reads).wait(0.2).keys[-len(keys) :] == keys


def test_lines_typed_by_hand_are_keys() -> None:
    line = Line().send(*KEY, "\r", *"web-shop", gap=0.06)
    assert line.keys[-9:] == ["enter", "w", "e", "b", "minus", *"shop"]


@pytest.mark.parametrize("key", [("\x11", "ctrl+q"), ("\x03", "ctrl+c")])
def test_keys_that_leave_end_a_paste_at_once(key: tuple[str, str]) -> None:
    line = Line().send(f"\x1b[200~{KEY}", key[0])
    assert line.typed == KEY
    assert line.keys == [key[1]]


def test_the_end_of_a_paste_that_comes_too_late_is_nothing() -> None:
    assert Line().send(f"\x1b[200~{KEY}").wait(SILENCE).send("\x1b[201~x").typed == f"{KEY}x"


def test_an_endless_paste_does_not_fill_the_memory() -> None:
    line = Line().send("\x1b[200~", *["x" * 100_000] * 30, "\x1b[201~")
    assert len(line.typed) < 1_100_000


# --- numbers that mean nothing


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[97;1;99999999999u",  # no such character
        "\x1b[97;1;55296u",  # half of a surrogate pair
        "\x1b[97:65;1u",
        "\x1b[48;0;0;0;0t",  # a window without a cell
        "\x1b[48;99999;99999;1;1t",
        "\x1b[<0;99999999999999;1M",
        "\x1b[<0;-1;-1M",
        "\x1b[<99999;1;1M",
    ],
)
def test_senseless_numbers_are_dropped_and_the_next_key_works(sequence: str) -> None:
    line = Line().send(sequence, "\x1b[<35;1;1M", "x").wait(SILENCE + 1)
    assert line.typed == "x"
    assert not any(isinstance(event, events.Resize) for event in line.found)


def test_whatever_arrives_no_key_is_lost_for_good_and_nothing_is_raised() -> None:
    chance = random.Random(20_260_127)
    odd = ("\x1b[200~", "\x1b[201~", "\x1b", "é", "\x9b", "\ufffd")
    pieces = [*ANSWERS.values(), *ANSI_SEQUENCES_KEYS, KEY, *odd]
    for _ in range(2000):
        line, decode = Line(), getincrementaldecoder("utf-8")("replace").decode
        for _ in range(chance.randrange(1, 12)):
            read = chance.choice(pieces).encode() if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 9))
            line.send(decode(read[: chance.randrange(1, len(read) + 1)]), gap=chance.choice((0.0, 0.05, 0.2, 3.0)))
        line.wait(SILENCE + 1)
        assert line.send(decode(b"z"), "\x11").keys[-1] == "ctrl+q"
        assert line.typed.endswith("z")
        line.typed.encode()
