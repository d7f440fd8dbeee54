"""Texts that are shortened in their middle, and the message after a file was saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.text.cells import cells, shortened
from tui.wizard.saving import saved

LONG = "/srv/ana/moving/migrations/2026/split-to-launchdarkly/state/ld-flag-import"


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("/home/ana", 9, "/home/ana"),
        ("/home/ana/state", 13, "/home/…/state"),
        ("/数据数据数据/数据数据", 14, "/数据…据数据"),
        ("/home/ana/state", 8, ""),
        ("/home/ana/state", -20, ""),
    ],
)
def test_text_keeps_both_ends(text: str, width: int, short: str) -> None:
    assert shortened(text, width) == short
    assert cells(short) <= max(width, 0)


def test_saved_message_keeps_the_file_and_its_end_at_any_width() -> None:
    path = Path(LONG) / "unleash-web-shop-2026-11-27.html"
    for width in range(60, 160):
        message = saved(path, width, "…")
        assert message.startswith(f"Saved {path.name}")
        assert message.endswith(", without keys.")
        assert cells(message) <= width - 6
    assert saved(path, 160, "…") == f"Saved {path.name} in {LONG}, without keys."
    assert " in /srv/" in saved(path, 80, "…")
    assert " in " not in saved(path, 60, "…")
