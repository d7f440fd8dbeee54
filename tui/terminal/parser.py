"""Terminal input as events. Only keys and pastes reach a field, whatever the terminal sends, and keys keep working.

Textual's parser takes input on trust: it types answers it does not know into the field in focus, it waits forever for
the end of a paste, and some numbers in a sequence end its thread. Here input is cut into whole keys, sequences and
pastes first. Textual's parser sees one whole sequence at a time, and is reset when it makes nothing of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import _MAX_SEQUENCE_SEARCH_THRESHOLD as _LONGEST_KNOWN
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.message import Message

LONGEST_PAUSE = 0.05
"""Seconds between two letters of a paste without brackets."""
_SHORTEST_PASTE = 20
"""Letters without a pause that no one types."""
SILENCE = 2.0
"""Seconds without input after which a paste or a sequence has ended, even if its end never arrived."""

_ESC = "\x1b"
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_FOCUS = ("\x1b[I", "\x1b[O")
_LONGEST_PASTE = 1 << 20
_LONGEST_SEQUENCE = 256
_LARGEST_WINDOW = 2000
_ALWAYS_KEYS = ("\x03", "\x11")
"""Ctrl+C and Ctrl+Q. No paste holds one, so one that arrives alone is a key, even inside a paste."""

_REPORTS = re.compile(r"(?:\x1b\[<[-\d;]+[Mm]|\x1b\[[IO])+")
"""Reads of nothing but reports about the mouse and the window's focus."""
_TYPED = re.compile(r"[^\x1b]+")
_LETTERS = re.compile(r"[^\x00-\x1f\x7f]*\Z")
_LINES = re.compile(r"[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x09\x0b\x0c\x0e-\x1f\x7f]*")
"""Text with line breaks, and no other control characters."""
_BREAK = re.compile(r"[\r\n]")
_MOUSE_X10 = re.compile(r"\x1b\[M[^\x1b]{3}")
_MOUSE_X10_BEGUN = re.compile(r"\x1b\[M[^\x1b]{0,2}\Z")
_CONTROL = re.compile(r"\x1b\[(?:\[[@-~]|\d+\$(?![@-~])|[-0-?]*[ -/]*[@-Z\\-~])")
_CONTROL_BEGUN = re.compile(r"\x1b\[(?:\[|[-0-?]*[ -/]*)")
_SHIFT3 = re.compile(r"\x1bO[\d;]*[ -/:<-~]")
_SHIFT3_BEGUN = re.compile(r"\x1bO[\d;]*")
_STRING = re.compile(r"\x1b[\]P_^X][^\x07\x1b\x9c]*(?:[\x07\x9c]|\x1b\\)")
"""OSC, DCS, APC, PM and SOS: long answers of a terminal. None means anything to the wizard."""
_STRING_BEGUN = re.compile(r"\x1b[\]P_^X][^\x07\x1b\x9c]*")


class NextLines(events.Paste):
    """The line break and the next lines of a paste that the terminal sent without brackets, and the same as keys."""

    def __init__(self, text: str, keys: list[events.Key]) -> None:
        super().__init__(text)
        self.keys = keys


class TerminalParser(XTermParser):
    """Turns decoded input into events. `now` is a clock in seconds."""

    def __init__(self, debug: bool = False, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._heard = now()
        self._text = ""
        """Input that is not an event yet: the beginning of a sequence, or all of a paste so far."""
        self._pasting = False
        self._letters = 0
        """How many letters came without a pause."""
        self._lines = ""
        """The line break that followed a paste without brackets, and what came after it."""
        super().__init__(debug)

    def feed(self, data: str) -> Iterator[Message]:
        """Return the events of one read. Never raises."""
        if self._pasting and _REPORTS.fullmatch(data):
            return  # the mouse moves while the end of the paste is awaited
        if self._now() - self._heard > LONGEST_PAUSE:
            self._letters = 0
            yield from self._end_lines()
        self._heard = self._now()
        if self._ends_by_key(data):
            yield from self._give_up()
        self._text += data
        while self._text:
            before = len(self._text), self._pasting
            yield from self._pasted() if self._pasting else self._first()
            if before == (len(self._text), self._pasting):
                return  # the rest is still to come

    def tick(self) -> Iterator[Message]:
        """Return the events that silence ends: Escape, and whatever had no end."""
        silent = self._now() - self._heard
        if silent > LONGEST_PAUSE:
            yield from self._end_lines()
        if self._text == _ESC and not self._pasting:
            if silent >= ESCAPE_DELAY:
                self._text = ""
                yield events.Key("escape", _ESC)
        elif silent >= SILENCE:
            yield from self._give_up()

    def _ends_by_key(self, data: str) -> bool:
        """Whether a key was pressed before the end of a paste or of a terminal's answer."""
        if self._pasting:
            return data in _ALWAYS_KEYS
        answering = self._text != _ESC and bool(self._text)
        return answering and data != "" and (data[0] < " " or data[0] == "\x7f") and data[0] not in "\x07\x1b"

    def _give_up(self) -> Iterator[Message]:
        """End what has begun: a paste counts as pasted, the beginning of a sequence as nothing."""
        text, self._text = self._text, ""
        if self._pasting:
            self._pasting = False
            cut = next((n for n in range(len(_PASTE_ENDS) - 1, 0, -1) if text.endswith(_PASTE_ENDS[:n])), 0)
            yield _paste(text[: len(text) - cut])

    # --- a paste

    def _pasted(self) -> Iterator[Message]:
        text, end, rest = self._text.partition(_PASTE_ENDS)
        if end:
            self._text, self._pasting = rest, False
            yield _paste(text)
        elif len(text) > _LONGEST_PASTE:
            self._text = text[: _LONGEST_PASTE - len(_PASTE_ENDS)] + text[-len(_PASTE_ENDS) :]

    # --- keys and sequences

    def _first(self) -> Iterator[Message]:
        """Return the events of the first key or sequence; none, and remove nothing, if its end hasn't arrived."""
        if typed := self._take(_TYPED):
            yield from self._typed(typed)
            return
        yield from self._end_lines()
        if len(self._text) > 1:
            begins = self._text[1]
            if begins in "]P_^X":
                self._drop_string()
            elif begins == "[":
                yield from self._control()
            elif begins == "O":
                yield from self._shift3()
            elif begins == _ESC:
                self._text = self._text[1:]
                yield events.Key("escape", _ESC)
            else:
                self._text = self._text[2:]
                known = _ESC + begins in ANSI_SEQUENCES_KEYS
                yield from self._understood(_ESC + begins) if known else self._with_alt(begins)

    def _typed(self, text: str) -> Iterator[Message]:
        """Return the events of plain characters; after a paste without brackets, those before its line break."""
        if self._lines:
            self._lines += text
            return
        end = _BREAK.search(text)
        line = text[: end.start()] if end else text
        letters = len(line) - (start := _LETTERS.search(line).start())  # type: ignore[union-attr]
        self._letters = letters if start else self._letters + letters
        if end is None or self._letters < _SHORTEST_PASTE:
            self._letters = 0 if end else self._letters
            yield from self._understood(text)
            return
        self._letters, self._lines = 0, text[len(line) :]
        if line:
            yield from self._understood(line)

    def _end_lines(self) -> Iterator[Message]:
        """Return what followed a paste without brackets: keys, or its next lines if there are any."""
        text, self._lines = self._lines, ""
        if text:
            keys = [key for key in self._understood(text) if isinstance(key, events.Key)]
            yield from [NextLines(text, keys)] if _LINES.fullmatch(text) else keys

    def _take(self, pattern: re.Pattern[str]) -> str:
        """Remove what the pattern matches from the front of the text and return it, or ""."""
        match = pattern.match(self._text)
        if match is None:
            return ""
        self._text = self._text[match.end() :]
        return match[0]

    def _drop_string(self) -> None:
        if self._take(_STRING):
            return
        start = _STRING_BEGUN.match(self._text)
        rest = self._text[start.end() :] if start else ""
        if rest in ("", _ESC):
            self._text = self._text[:2] + rest  # its contents are of no use
        else:
            self._text = rest  # another sequence begins inside it: it was cut off

    def _control(self) -> Iterator[Message]:
        if self._take(_MOUSE_X10) or _MOUSE_X10_BEGUN.match(self._text):
            return
        sequence = self._take(_CONTROL)
        if sequence == _PASTE_BEGINS:
            self._pasting = True
        elif not sequence:
            self._drop_broken(_CONTROL_BEGUN)
        elif sequence != _PASTE_ENDS and sequence not in _FOCUS:
            yield from self._understood(sequence)

    def _shift3(self) -> Iterator[Message]:
        if sequence := self._take(_SHIFT3):
            yield from self._understood(sequence)
        else:
            self._drop_broken(_SHIFT3_BEGUN)

    def _drop_broken(self, start: re.Pattern[str]) -> None:
        """Drop the start of a sequence that something else follows, or that is longer than any."""
        if start.fullmatch(self._text) is None or len(self._text) > _LONGEST_SEQUENCE:
            self._take(start)

    def _with_alt(self, character: str) -> Iterator[Message]:
        yield from filter(_is_usable, self._sequence_to_key_events(character, alt=True))

    def _understood(self, text: str) -> Iterator[Message]:
        """Return Textual's events for whole keys or one whole sequence; none for a sequence it doesn't know."""
        if text[0] == _ESC and len(text) > _LONGEST_KNOWN:
            return
        try:
            messages = list(super().feed(text))
        except Exception:  # a number no character or window has
            self._reset()
            return
        if self._awaiting.timeout is not None:  # it waits for more of what is whole
            self._reset()
        yield from filter(_is_usable, messages)

    def _reset(self) -> None:
        """Make Textual's parser forget the sequence it is in."""
        self.mouse_pixels = False
        self._tokens.clear()
        self._gen = self.parse(self._tokens.append)
        self._awaiting = next(self._gen)
        self._timeout_time = None


def _paste(text: str) -> events.Paste:
    return events.Paste(text.replace("\x00", ""))


def _is_usable(event: Message) -> bool:
    """Return whether the program can use an event: it can write the character, or draw in the window."""
    if isinstance(event, events.Key):
        return event.character is None or not any("\ud800" <= character <= "\udfff" for character in event.character)
    if isinstance(event, events.Resize):
        return 0 < event.size.width <= _LARGEST_WINDOW and 0 < event.size.height <= _LARGEST_WINDOW
    return True
