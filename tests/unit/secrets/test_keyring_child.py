"""What the child makes of keyrings that are not on this machine: KWallet, macOS Keychain, Windows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import keyring.core
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import macOS
from keyring.errors import InitError, KeyringError, KeyringLocked, PasswordDeleteError, PasswordSetError

from tui.secrets import _keyring_child as child

CANARY = "api-canary-7d1f0c"
NAMES = {
    "KWallet": ("keyring.backends.kwallet", "DBusKeyring"),
    "macOS Keychain": ("keyring.backends.macOS", "Keyring"),
    "Windows Credential Manager": ("keyring.backends.Windows", "WinVaultKeyring"),
}


class Backend(KeyringBackend):
    """Keeps keys in memory, or raises what it is told to."""

    priority = -1

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.error: BaseException | None = None
        self.swallows = False

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        return self.held.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        if not self.swallows:
            self.held[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        if self.held.pop(username, None) is None:
            raise PasswordDeleteError("No such password!")

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


def posing_as(label: str, monkeypatch: pytest.MonkeyPatch) -> Backend:
    module, name = NAMES[label]
    backend = type(name, (Backend,), {"__module__": module})()
    assert isinstance(backend, Backend)
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


@pytest.fixture(params=list(NAMES))
def label(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def backend(label: str, monkeypatch: pytest.MonkeyPatch) -> Backend:
    return posing_as(label, monkeypatch)


def ask(op: str, **more: object) -> dict[str, Any]:
    reply = child.answer({"op": op, "service": "s", "unlock": False, "user": "u", **more})
    assert CANARY not in repr({key: value for key, value in reply.items() if key != "secret"})
    return reply


def test_each_has_its_name_and_does_the_whole_round(backend: Backend, label: str) -> None:
    probe = ask("probe", unlock=True)
    assert (probe["state"], probe["label"]) == ("ready", label)
    assert ask("get")["state"] == "missing"
    assert ask("put", secret=CANARY)["state"] == "ok"
    assert ask("get")["secret"] == CANARY
    assert ask("forget")["state"] == "ok"
    assert ask("forget")["state"] == "missing"


def test_a_key_that_does_not_come_back_is_not_relied_on(backend: Backend) -> None:
    backend.swallows = True
    assert ask("put", secret=CANARY)["state"] == "verify-failed"
    backend.held["u"] = "the old one"
    assert ask("put", secret=CANARY)["state"] == "verify-failed"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


class MacError(Exception):
    """As keyring.backends.macOS.api has it: (OSStatus, words)."""

    __module__ = "keyring.backends.macOS.api"


@pytest.mark.parametrize(
    ("error", "op", "state"),
    [
        (KeyringLocked(CANARY), "get", "locked"),
        (PasswordSetError("Cancelled by user"), "put", "locked"),
        (PasswordDeleteError("Cancelled by user"), "forget", "locked"),
        (InitError(CANARY), "get", "error"),
        (RuntimeError(CANARY), "put", "error"),
        (caused(KeyringError(CANARY), MacError(-25308, "no interaction")), "get", "locked"),
        (caused(KeyringLocked(CANARY), MacError(-128, "denied")), "get", "locked"),
        (caused(PasswordSetError(CANARY), MacError(-25293, "not signed")), "put", "error"),
        (caused(PasswordDeleteError(CANARY), MacError(-25300, "not found")), "forget", "missing"),
        (caused(PasswordDeleteError(CANARY), MacError(-25308, "no interaction")), "forget", "locked"),
        (caused(PasswordDeleteError(CANARY), MacError(-25293, "not signed")), "forget", "error"),
    ],
)
def test_errors_become_states(backend: Backend, error: Exception, op: str, state: str) -> None:
    backend.error = error
    reply = ask(op, secret=CANARY)
    assert reply["state"] == state
    if state == "error":
        assert reply["error"] == type(error).__name__


def test_who_chose_a_keyring_is_not_blamed_for_its_errors(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "chosen.by.Somebody")
    backend.error = RuntimeError()
    assert (ask("get")["state"], ask("get")["by"]) == ("error", "")


def test_looking_which_are_there_gives_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    posing_as("KWallet", monkeypatch).held["u"] = CANARY
    reply = ask("have", users=["u", "v"])
    assert reply["present"] == {"u": True, "v": False}
    assert CANARY not in repr(reply)


@pytest.mark.parametrize(("status", "present"), [(0, True), (-25300, False), (-25308, None)])
def test_on_macos_it_looks_without_reading(status: int, present: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a value may open one password window for each entry."""
    posing_as("macOS Keychain", monkeypatch).error = AssertionError("a value was read")
    asked: dict[str, object] = {}
    api = SimpleNamespace(
        create_query=lambda **query: asked.update(query),
        k_=lambda name: name,
        SecItemCopyMatching=lambda _query, _result: status,
        Error=MacError,
    )
    monkeypatch.setattr(macOS, "api", api, raising=False)
    reply = ask("have", users=["u"])
    assert asked == {
        "kSecClass": "kSecClassGenericPassword", "kSecAttrService": "s", "kSecAttrAccount": "u",
    }  # fmt: skip
    if present is None:
        assert reply["state"] == "locked"
    else:
        assert (reply["state"], reply["present"]) == ("ok", {"u": present})


def test_of_a_chain_the_first_safe_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = posing_as("KWallet", monkeypatch)
    chain = SimpleNamespace(backends=[Backend(), safe])
    monkeypatch.setattr(keyring.core, "_keyring_backend", chain)
    assert ask("put", secret=CANARY)["backend"] == "keyring.backends.kwallet.DBusKeyring"
    assert safe.held == {"u": CANARY}
    chain.backends = [Backend()]
    assert ask("put", secret=CANARY)["state"] == "insecure"
