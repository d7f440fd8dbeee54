"""One row that shows in which proportion numbers stand. The numbers themselves always stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar: how much it is, the character it is drawn with, and its style."""

    number: int
    cell: str
    style: str = ""


def cells(numbers: Sequence[int], width: int) -> list[int]:
    """`width` cells shared out by the numbers; what is there at all has a cell, however little it is."""
    total = sum(numbers)
    if not total:
        return [0] * len(numbers)
    exact = [number * width / total for number in numbers]
    shared = [max(1, int(each)) if number else 0 for each, number in zip(exact, numbers, strict=True)]
    while sum(shared) < width:
        shared[max(range(len(shared)), key=lambda i: exact[i] - shared[i] if numbers[i] else -width)] += 1
    while sum(shared) > max(width, sum(map(bool, numbers))):
        shared[max(range(len(shared)), key=lambda i: (shared[i] > 1, shared[i] - exact[i]))] -= 1
    return shared


class Bar(Widget):
    """The parts from left to right, over the whole width."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="bar")
        self._parts: tuple[Part, ...] = ()
        self.display = False

    def show(self, parts: Sequence[Part]) -> None:
        """Show other parts, if they are others; none at all hides it."""
        new = tuple(parts)
        if new != self._parts:
            self._parts = new
            self.display = any(part.number for part in new)
            self.refresh()

    def render(self) -> Content:
        shared = cells([part.number for part in self._parts], self.size.width)
        drawn = (Content.styled(part.cell * size, part.style) for part, size in zip(self._parts, shared, strict=True))
        return Content("").join(drawn)
