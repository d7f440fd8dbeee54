"""Keys and the keyring at the prompts: stored after their check if the user wants that, and read at the next start."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.unit.plain import lines
from tests.unit.secrets.test_keyring import FAKE, ROOMY
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.wizard import setup


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A keyring that works. Returns its file."""
    command = (sys.executable, "-I", FAKE, "store", str(tmp_path))
    monkeypatch.setattr(
        setup, "Keyring", lambda **_: Keyring(child=command, index=tmp_path / "keys.json", limits=ROOMY)
    )
    return tmp_path / "store.json"


def with_store(box: Sandbox, place: str) -> list[str]:
    """A walk up to Fields that answers where the keys are stored, too."""
    url, token, project = lines.launchdarkly(box)
    return ["unleash", url, token, place, project, *lines.keys(box, "unleash")[:3], place, "no"]


def test_keys_are_stored_once_checked_and_read_at_the_next_start(keyring: Path) -> None:
    with Sandbox.start() as box:
        stored = lines.asked(with_store(box, "2"), box)
        assert stored.text.count("1 This session, 2 Fake Keyring") == 2
        there = box.addresses()
        secrets = {there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], there["unleash"]["key"]}
        assert set(json.loads(keyring.read_text()).values()) == secrets
        url, _, project = lines.launchdarkly(box)
        again = lines.asked(["unleash", url, "", project, there["unleash"]["url"], "", "", "no"], box)
    assert "Your token (hidden) [40 characters, from Fake Keyring]: " in again.text
    assert "Unleash SDK key (hidden) [75 characters, from Fake Keyring]: " in again.text
    assert "Step 4 of 9: Fields" in again.text
    assert not [key for key in secrets if key in stored.text + again.text]


def test_nothing_is_stored_unless_it_is_chosen(keyring: Path) -> None:
    with Sandbox.start() as box:
        walked = lines.asked(with_store(box, ""), box)
    assert "Step 4 of 9: Fields" in walked.text
    assert not keyring.exists() or json.loads(keyring.read_text()) == {}
