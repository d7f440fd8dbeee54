"""How Split's SDKs compare an attribute's value."""

from __future__ import annotations

from collections.abc import Collection

from tui.targeting.model import Test, Value


def holds(test: Test, value: Value | tuple[Value, ...], names: Collection[str] = ()) -> bool:
    """Return what the comparison says of `value`, before negation."""
    return False
