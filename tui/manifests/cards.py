"""The first screen's cards, read as plain JSON: it paints before pydantic is loaded, which checks manifests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tui.text.clean import clean

BUNDLED = tuple(Path(__file__).parent / name for name in ("split.json", "unleash.json"))


def cards(extra: Sequence[Path] = ()) -> list[dict[str, str]]:
    """Return `key`, `title`, `also` and `needs` of each integration. `extra` manifests were checked before.

    Raises OSError and ValueError for a file that is none.
    """
    cards_by_key: dict[str, dict[str, str]] = {}
    for path in (*BUNDLED, *extra):
        content = json.loads(path.read_text("utf-8-sig"))
        key = str(content.get("key", default_key(path)))
        card = (content.get("guide") or {}).get("card") or cards_by_key.get(key, {})
        title = card.get("title") or content.get("name") or key
        words = {"title": title, "also": card.get("also", ""), "needs": card.get("needs", "")}
        cards_by_key[key] = {"key": key, **{name: clean(str(text)) for name, text in words.items()}}
    return list(cards_by_key.values())


def default_key(path: Path) -> str:
    """Return the integration key of a manifest that names none: the file's name, or, if that is manifest.json as in
    LaunchDarkly's repository, the folder's."""
    return path.parent.resolve().name if path.name == "manifest.json" else path.stem
