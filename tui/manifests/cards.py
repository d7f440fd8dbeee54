"""The first screen's cards, read as plain JSON: it paints before pydantic is loaded, which checks manifests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tui.text.clean import clean

_HERE = Path(__file__).parent
_BUNDLED = ("split.json", "unleash.json")


def cards(extra: Sequence[Path] = ()) -> list[dict[str, str]]:
    """`key`, `title`, `also` and `needs` of each integration. `extra` manifests were checked before.

    Raises OSError and ValueError for a file that is none.
    """
    found: dict[str, dict[str, str]] = {}
    for path in (*(_HERE / name for name in _BUNDLED), *extra):
        content = json.loads(path.read_text("utf-8-sig"))
        stem = path.parent.resolve().name if path.name == "manifest.json" else path.stem
        key = str(content.get("key", stem))
        card = (content.get("guide") or {}).get("card") or found.get(key, {})
        words = {name: clean(str(card.get(name, ""))) for name in ("also", "needs")}
        found[key] = {
            "key": key,
            "title": clean(str(card.get("title") or content.get("name") or key)),
            **words,
        }
    return list(found.values())
