"""How Unleash's engine compares a value of the context."""

from __future__ import annotations

from collections.abc import Collection

from tui.targeting.model import Test, Value


def holds(test: Test, value: Value | tuple[Value, ...], names: Collection[str] = ()) -> bool:
    """Return what the comparison says of `value`, before negation."""
    return False


def text_of(value: Value | tuple[Value, ...]) -> str:
    """Return a value as the SDKs give it to the engine: everything is text."""
    if isinstance(value, tuple):
        return ",".join(map(text_of, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
