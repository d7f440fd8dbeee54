"""One request to the keyring of the operating system, in a process that its parent may kill at any time.

Run as `python -P <this file>`. One JSON object in one line on stdin, one JSON object back on stdout; stdin
stays open until the parent has its answer, so that a parent that dies takes this process along and nothing is
stored late. Imports no room of this program. Class names below are those of keyring 25 and SecretStorage 3.

Request: `op` (probe, get, put, forget, have), `service`, `unlock` (a password window may open), and `user`,
`secret` or `users` as the operation needs. Reply: `state`, `backend` (class), `label` (its human name), `by`
(who chose it), `error` (class), and `secret` for get alone, or `present` ({user: bool}) for have.
"""

from __future__ import annotations

import json
import os
import runpy
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105
_LIBSECRET = "keyring.backends.libsecret.Keyring"
_PREFERRED = "KEYRING_PROPERTY_PREFERRED_COLLECTION"
_MACOS = "keyring.backends.macOS.Keyring"
# An allowlist: keyring uses whatever is installed, and any other backend might write a key where anyone can read it.
# With keyrings.alt on a bare host that is a file of base64.
_LABELS = {
    _SECRET_SERVICE: "Secret Service",
    _LIBSECRET: "Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    _MACOS: "macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Manager",
}
_REFUSED = {"keyring.backends.fail.Keyring": "unavailable", "keyring.backends.null.Keyring": "disabled"}
# /proc/<pid>/comm of the process that provides the Secret Service; Linux cuts it to 15 characters.
_PROVIDERS = {
    "gnome-keyring-d": "GNOME Keyring",
    "keepassxc": "KeePassXC",
    "kwalletd5": "KWallet",
    "kwalletd6": "KWallet",
    "ksecretd": "KWallet",
}
_ERRORS = {
    "KeyringLocked": "locked",
    "LockedException": "locked",
    "PromptDismissedException": "locked",
    "NoKeyringError": "unavailable",
    "SecretServiceNotAvailableException": "unavailable",
}
# OSStatus of Apple's Security framework, first argument of keyring.backends.macOS.api.Error.
_MACOS_STATUS = {-25300: "missing", -128: "locked", -25308: "locked"}
_MACOS_NOT_FOUND = -25300


def main() -> None:
    runpy.run_path(str(Path(__file__).with_name("hardening.py")))["harden"]()
    out = os.dup(1)
    # A backend that prints must not spoil the reply.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    request = json.loads(_line())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    reply = json.dumps(answer(request)).encode()
    while reply:
        reply = reply[os.write(out, reply) :]
    os._exit(0)  # don't wait for threads and exit handlers of a backend


def _line() -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        more = os.read(0, 65536)
        if not more:
            os._exit(1)
        data += more
    return data


def _die_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to a request. Never raises, and never quotes an error's text: it may have the secret."""
    reply: dict[str, Any] = {"by": _chosen_by()}
    try:
        backend = _backend(reply)
        if backend is None:
            return reply
        reply["by"] = ""  # the choice isn't to blame for what follows
        if request["unlock"]:
            _unlock(reply["backend"])
        reply["state"] = _readiness(backend, reply)
        if reply["state"] == "ready":
            reply.update(_OPERATIONS[request["op"]](backend, request))
    except Exception as error:  # keyring, D-Bus and configparser errors have no base in common
        reply.update(state=_state_of(error), error=type(error).__name__)
        if reply["by"]:
            reply.setdefault("backend", _named_by(reply["by"]))
    return reply


def _chosen_by() -> str:
    """Return what names the backend: a variable, a file, or "" if keyring finds it by itself."""
    if "PYTHON_KEYRING_BACKEND" in os.environ:
        return "PYTHON_KEYRING_BACKEND"
    with suppress(Exception):
        from keyring.util import platform_

        path = Path(platform_.config_root()) / "keyringrc.cfg"
        if path.exists():
            return str(path)
    return ""


def _named_by(place: str) -> str:
    """Return the backend that the variable or file names; "" if it can't be read."""
    if place in os.environ:
        return os.environ[place]
    import configparser

    config = configparser.RawConfigParser()
    with suppress(Exception):
        config.read(place, encoding="utf-8")
        return config.get("backend", "default-keyring").strip()
    return ""


def _name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _backend(reply: dict[str, Any]) -> KeyringBackend | None:
    """Return the backend to use; None, with the state in the reply, if none may be used."""
    import keyring

    chosen = keyring.get_keyring()
    members: list[KeyringBackend] = list(getattr(chosen, "backends", None) or [chosen])
    backend = next((member for member in members if _name(member) in _LABELS), members[0])
    name = reply["backend"] = _name(backend)
    if name not in _LABELS:
        reply["state"] = _REFUSED.get(name, "insecure")
        return None
    reply["label"] = _LABELS[name]
    return backend


def _readiness(backend: KeyringBackend, reply: dict[str, Any]) -> str:
    """Return the state (ready, locked, no collection) without opening a password window.

    Only a Secret Service shows it; any other keyring counts as ready.
    """
    if reply["backend"] not in (_SECRET_SERVICE, _LIBSECRET):
        return "ready"
    import secretstorage
    from secretstorage.collection import get_all_collections, get_collection_by_alias

    preferred = getattr(backend, "preferred_collection", None)
    with closing(secretstorage.dbus_init()) as bus:
        try:
            if preferred:
                collection = secretstorage.Collection(bus, preferred)
            else:
                collection = get_collection_by_alias(bus, "default")
            state = "locked" if collection.is_locked() else "ready"
        except secretstorage.exceptions.ItemNotFoundException:
            state = "no-collection"
        reply["label"] = _provider(bus) or reply["label"]
        if state == "no-collection" and preferred:
            reply["by"] = _PREFERRED
        elif state == "no-collection":
            paths = [collection.collection_path for collection in get_all_collections(bus)]
            if not all(path.endswith("/session") for path in paths):  # one outlives the session
                reply.update(error="NoDefaultCollection", by=_gnome_default(reply["label"]))
    return state


def _gnome_default(label: str) -> str:
    """Return the file in which GNOME Keyring keeps the name of its default collection; "" if there is none."""
    data = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
    path = Path(data) / "keyrings" / "default"
    return str(path) if label == _PROVIDERS["gnome-keyring-d"] and path.is_file() else ""


def _provider(bus: Any) -> str:
    with suppress(Exception):
        from jeepney import DBusAddress, new_method_call

        daemon = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        call = new_method_call(daemon, "GetConnectionUnixProcessID", "s", ("org.freedesktop.secrets",))
        process = bus.send_and_get_reply(call).body[0]
        return _PROVIDERS.get(Path(f"/proc/{process}/comm").read_text().strip(), "")
    return ""


def _unlock(name: str) -> None:
    """Let the Secret Service ask for its password. Other keyrings ask by themselves during a call."""
    if name in (_SECRET_SERVICE, _LIBSECRET):
        from keyring.backends import SecretService

        with suppress(Exception):  # dismissed, or nowhere to ask: the state shows it
            service: Any = SecretService.Keyring
            service().get_preferred_collection().connection.close()


def _get(backend: KeyringBackend, request: dict[str, Any]) -> dict[str, Any]:
    secret = backend.get_password(request["service"], request["user"])
    return {"state": "missing"} if secret is None else {"state": "ok", "secret": secret}


def _put(backend: KeyringBackend, request: dict[str, Any]) -> dict[str, Any]:
    service, user, secret = request["service"], request["user"], request["secret"]
    backend.set_password(service, user, secret)
    read_back = backend.get_password(service, user)
    return {"state": "ok" if read_back == secret else "verify-failed"}


def _forget(backend: KeyringBackend, request: dict[str, Any]) -> dict[str, Any]:
    try:
        backend.delete_password(request["service"], request["user"])
    except Exception as error:
        state = _state_of(error)
        if state == "error" and type(error).__name__ == "PasswordDeleteError" and error.__cause__ is None:
            state = "missing"
        if state == "error":
            raise
        return {"state": state}
    return {"state": "ok"}


def _have(backend: KeyringBackend, request: dict[str, Any]) -> dict[str, Any]:
    service = request["service"]
    if _name(backend) == _MACOS:
        present = {user: _exists_on_macos(service, user) for user in request["users"]}
    else:
        present = {user: backend.get_password(service, user) is not None for user in request["users"]}
    return {"state": "ok", "present": present}


def _exists_on_macos(service: str, user: str) -> bool:
    """Look without reading the value: reading may ask for the password once for each entry."""
    from keyring.backends import macOS

    api: Any = macOS.api
    query = api.create_query(
        kSecClass=api.k_("kSecClassGenericPassword"), kSecAttrService=service, kSecAttrAccount=user
    )
    status = api.SecItemCopyMatching(query, None)
    if status not in (0, _MACOS_NOT_FOUND):
        raise api.Error(status, "")
    return bool(status == 0)


def _state_of(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        name, module = type(cause).__name__, type(cause).__module__
        if name in _ERRORS:
            return _ERRORS[name]
        if module == "keyring.backends.macOS.api" and cause.args and cause.args[0] in _MACOS_STATUS:
            return _MACOS_STATUS[cause.args[0]]
        if str(cause) == "Cancelled by user":  # the KWallet backend, in any operation
            return "locked"
        cause = cause.__cause__
    return "error"


_OPERATIONS: dict[str, Callable[[KeyringBackend, dict[str, Any]], dict[str, Any]]] = {
    "probe": lambda _backend, _request: {},
    "get": _get,
    "put": _put,
    "forget": _forget,
    "have": _have,
}

if __name__ == "__main__":
    main()
