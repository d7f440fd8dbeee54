"""A private sshd on loopback, with a folder, keys and a port of its own, and a slow line to it."""

from __future__ import annotations

import asyncio
import getpass
import os
import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.processes import eventually

SSH = shutil.which("ssh")
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")

_CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/user.pub
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PermitUserRC no
PermitUserEnvironment no
AllowAgentForwarding no
AllowTcpForwarding no
X11Forwarding no
PrintMotd no
PrintLastLog no
UseDNS no
LogLevel VERBOSE
"""


@dataclass(frozen=True, slots=True)
class Sshd:
    """A server that runs. Its log is `folder/log`."""

    folder: Path
    port: int
    pid: int

    def client(self, program: Sequence[str], environ: Mapping[str, str], port: int = 0) -> list[str]:
        """The command that runs a program with these variables in a terminal on the other side.

        `port` is that of a line to the server.
        """
        options = {
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": str(self.folder / "known"),
            "StrictHostKeyChecking": "accept-new",
            "LogLevel": "ERROR",
        }
        variables = [f"{name}={value}" for name, value in environ.items()]
        there = f"cd {shlex.quote(environ['HOME'])} && exec {shlex.join(['env', *variables, *program])}"
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        place = ["-p", str(port or self.port), "-i", str(self.folder / "user")]
        return [str(SSH), "-F", "/dev/null", *place, *given, "-tt", f"{getpass.getuser()}@127.0.0.1", there]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def started(folder: Path) -> Iterator[Sshd]:
    """Start a server, and end it."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # made by the service, which doesn't run
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "sshd_config"
    config.write_text(_CONFIG.format(port=port, folder=folder))
    command = [str(SSHD), "-D", "-e", "-f", str(config)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log, start_new_session=True) as process:
        server = Sshd(folder, port, process.pid)
        try:
            eventually(lambda: "Server listening" in server.log or process.poll() is not None, "sshd to listen")
            assert process.poll() is None, server.log
            yield server
        finally:
            process.terminate()


@contextmanager
def slow_line(port: int, bytes_per_second: int, delay: float = 0.0) -> Iterator[int]:
    """Relay to a port of this machine, slowly in both directions. Yields the relay's port.

    `delay` is in seconds, and is that of each direction.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(relay, "127.0.0.1", 0)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", port)
        directions = ((reader, to_there), (there, writer))
        carried = [_carry(*direction, bytes_per_second, delay) for direction in directions]
        await asyncio.gather(*carried, return_exceptions=True)  # either end may break the connection

    async def end(server: asyncio.Server) -> None:
        server.close()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # they end with the client

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, per_second: int, delay: float) -> None:
    """Carry bytes to the end of the connection, a packet at a time."""
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(_PACKET):
            await asyncio.sleep(len(data) / per_second)
            loop.call_later(delay, writer.write, data)
            await writer.drain()
        await asyncio.sleep(delay)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


_PACKET = 1_448
"""Bytes of one TCP segment on Ethernet."""
