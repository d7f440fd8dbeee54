"""What the tests of real services share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import needed
from tests.real.unleash_install import VERSIONS, NotInstalledError, missing
from tests.real.unleash_server import Unleash, shared

PLUGIN = """
import json, sys
from pathlib import Path
from keyring.backend import KeyringBackend

print("noise on stdout"); print("noise on stderr", file=sys.stderr); sys.stdout.flush()
STORE = Path(STORE_PATH)

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
    written = own_world / "readable.json"
    (folder / "in_the_open.py").write_text(PLUGIN.replace("STORE_PATH", repr(str(written))))
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: in-the-open\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[keyring.backends]\nin_the_open = in_the_open\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return written


@pytest.fixture(scope="session")
def _unleash_servers(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Unleash]]:
    needed(not missing(), " and ".join(missing()))
    own = tmp_path_factory.getbasetemp()
    # The folder of a worker stands in that of the run; the one above a run without workers is of all runs.
    folder = own.parent if hasattr(request.config, "workerinput") else own
    try:
        with shared(folder) as servers:
            yield {server.version: server for server in servers}
    except NotInstalledError as failure:
        needed(None, str(failure))


@pytest.fixture(scope="session", params=VERSIONS)
def unleash(request: pytest.FixtureRequest, _unleash_servers: dict[str, Unleash]) -> Unleash:
    """A real Unleash, each version in turn; what it holds stands in `unleash_seed.FLAGS`. Only to be read.

    The first test that asks for it may have to install it: such tests are marked `timeout(600)`.
    """
    server: Unleash = _unleash_servers[request.param]
    return server
