"""A server on loopback that answers nothing and counts what arrives."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Listener:
    url: str
    connections: int = 0
    received: bytes = b""


@contextmanager
def listening() -> Iterator[Listener]:
    """Every connection is closed after its first bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(f"http://127.0.0.1:{server.getsockname()[1]}")
        ended = threading.Event()

        def accept() -> None:
            while True:
                client, _ = server.accept()
                with client:
                    if ended.is_set():
                        return
                    listener.connections += 1
                    listener.received += client.recv(65536)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener
        finally:
            ended.set()
            socket.create_connection(server.getsockname()).close()
            thread.join()
