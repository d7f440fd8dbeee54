"""A D-Bus session bus and a GNOME Keyring of a test's own, and their end."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.processes import alive, eventually

DBUS = shutil.which("dbus-daemon")
GNOME_KEYRING = shutil.which("gnome-keyring-daemon")

WITHOUT_SERVICES = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


@contextmanager
def session_bus(environ: dict[str, str], config: Path | None = None) -> Iterator[str]:
    """The address of a new session bus; whatever it started is dead afterwards."""
    which = ["--session"] if config is None else [f"--config-file={config}"]
    command = ["dbus-daemon", *which, "--nofork", "--nopidfile", "--print-address=1"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as bus:
        try:
            assert bus.stdout is not None
            with selectors.DefaultSelector() as selector:
                selector.register(bus.stdout, selectors.EVENT_READ)
                assert selector.select(10), "dbus-daemon did not start within 10 s"
            address = bus.stdout.readline().decode().strip()
            assert address, "dbus-daemon ended at once"
            try:
                yield address
            finally:
                _end_service(address)
        finally:
            bus.kill()
    socket = address.partition("path=")[2].partition(",")[0]
    Path(socket).unlink(missing_ok=True)  # killed, it could not


def _end_service(address: str) -> None:
    pid = provider(address)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not alive(pid), "the end of the service")


def provider(address: str) -> int | None:
    """The process that provides the Secret Service on a bus, None where nobody does."""
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    daemon = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
    call = new_method_call(daemon, "GetConnectionUnixProcessID", "s", ("org.freedesktop.secrets",))
    with closing(open_dbus_connection(address)) as connection:
        reply = connection.send_and_get_reply(call, timeout=10)
    return int(reply.body[0]) if reply.header.message_type is MessageType.method_return else None


@dataclass(frozen=True)
class GnomeKeyring:
    """A real GNOME Keyring whose login collection is unlocked."""

    address: str
    pid: int
    home: Path

    def lock(self) -> None:
        """Lock it, as a desktop does when its person goes away."""
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            secretstorage.get_default_collection(bus).lock()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It answers nothing for as long as this lasts."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it without warning."""
        os.kill(self.pid, signal.SIGKILL)
        eventually(lambda: not alive(self.pid), "the end of gnome-keyring-daemon")


@contextmanager
def gnome_keyring(address: str, home: Path, environ: dict[str, str]) -> Iterator[GnomeKeyring]:
    """Start GNOME Keyring on a bus, unlocked."""
    command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    nothing = subprocess.DEVNULL
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing) as daemon:
        try:
            assert daemon.stdin is not None
            daemon.stdin.write(b"password of the test")
            daemon.stdin.close()
            eventually(lambda: provider(address) == daemon.pid, "gnome-keyring-daemon on the bus")
            yield GnomeKeyring(address, daemon.pid, home)
        finally:
            daemon.kill()
