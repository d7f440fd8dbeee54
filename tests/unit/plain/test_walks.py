"""Whole walks of plain mode: both integrations, and the demo."""

from __future__ import annotations

import pytest

from tests.unit.plain import lines
from tui.sandbox.server import Sandbox


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_whole_walk_creates_and_reports(integration: str) -> None:
    with Sandbox.start() as box:
        walked = lines.asked(lines.to_the_end(box, integration), box)
        assert walked.code == 0, walked.text
        posts = [path for method, path, _ in box.requests if method == "POST"]
        assert len(posts) == 2, "one create, one start"
    assert "OK: Import complete" in walked.text
    assert "\x1b" not in walked.text


def test_demo_walk_up_to_the_report_is_short() -> None:
    answers = ["unleash", "fill", "fill", "", "", "", "", "", "", "", "ok all", "next", "create", "web-shop", "quit"]
    walked = lines.asked(answers, demo=True)
    assert walked.code == 0, walked.text
    assert "all 46 flags created as planned" in walked.text
    assert len(walked.text.encode()) < 10_000
