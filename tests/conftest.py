"""Every test runs in a world of its own: no variable, no folder and no keyring of the developer decides it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no finding, and what one run finds every run finds: `--hypothesis-profile=search` looks further.
settings.register_profile("own", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=500)
settings.load_profile("own")

REQUIRE_REAL = os.environ.get("LDFI_REQUIRE_REAL") == "1"
"""Set by `.ci/run`: a service that is missing fails its test instead of skipping it."""

_FOREIGN = (
    "LD_ACCESS_TOKEN", "LD_BASE_URI", "LD_PROJECT", "LD_IMPORT_API_KEY", "UNLEASH_SDK_KEY", "SPLIT_ADMIN_KEY",
    "NO_COLOR", "ACCESSIBLE", "COLORTERM", "SSH_CONNECTION", "SSH_TTY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "PIP_CERT",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "PYTHON_KEYRING_BACKEND", "TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "DISPLAY",
    "TMUX", "CI", "PYTHONDONTWRITEBYTECODE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
)  # fmt: skip


def needed(present: object, what: str) -> None:
    """Skip the test if `what` is missing on this machine; fail where all real services are required."""
    if present:
        return
    if REQUIRE_REAL:
        pytest.fail(f"{what} is required here and missing")
    pytest.skip(f"{what} is missing")


@pytest.fixture(autouse=True)
def own_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HOME and none of the variables this program reads."""
    home = tmp_path_factory.mktemp("home")
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    monkeypatch.setenv("TZ", "UTC")
    return home
