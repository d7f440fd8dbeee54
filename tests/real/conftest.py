"""What the tests of real services share."""

from __future__ import annotations

from pathlib import Path

import pytest

PLUGIN = """
import json, os, sys
from pathlib import Path
from keyring.backend import KeyringBackend

print("noise on stdout"); print("noise on stderr", file=sys.stderr); sys.stdout.flush()
STORE = Path(os.environ["READABLE_STORE"])

class InTheOpen(KeyringBackend):
    priority = 9
    def get_password(self, service, username):
        return json.loads(STORE.read_text()).get(username) if STORE.exists() else None
    def set_password(self, service, username, password):
        STORE.write_text(json.dumps({username: password}))
    def delete_password(self, service, username):
        STORE.unlink()
"""


@pytest.fixture
def insecure_plugin(tmp_path: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A third-party backend that keeps keys readable, installed for children; the file it would write."""
    folder = tmp_path / "installed"
    information = folder / "in_the_open-1.0.dist-info"
    information.mkdir(parents=True)
    (folder / "in_the_open.py").write_text(PLUGIN)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: in-the-open\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[keyring.backends]\nin_the_open = in_the_open\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    written = own_world / "readable.json"
    monkeypatch.setenv("READABLE_STORE", str(written))
    return written
