"""httpcore's trace events made into ours. Theirs carry requests and headers, so nothing of them is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tui.net.events import Connected, Sent, Sink

_CONNECT = b"CONNECT"
_TUNNEL_OPEN = range(200, 300)


class Trace:
    """The `trace` extension of one request; httpcore calls it at each step, also for a proxy's tunnel.

    `sent` is true as soon as the first byte of the request itself may have left: from then on nobody can say
    for sure that the server did nothing. `answered` is true once its headers are in.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        method: str,
        size: int,
        sink: Sink,
        timer: Callable[[], float],
        known: dict[str, tuple[str, str]],
    ) -> None:
        self._host, self._port = host, port
        self._method, self._size = method, size
        self._sink, self._timer = sink, timer
        self._known = known  # what was said of a connection that is used again: TLS version, proxy
        self._began = self._sent_at = timer()
        self._own = True  # whether the step under way is ours, or a CONNECT to the proxy
        self._tls = ""
        self._fresh = False
        self.proxy = known.get(self._origin, ("", ""))[1]
        self.proxy_status: int | None = None
        self.tunneled = False  # the proxy has let us through, so that what follows is the server's
        self.sent = False
        self.answered = False
        self._steps: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "connect_tcp.started": self._connecting,
            "start_tls.complete": self._encrypted,
            "send_request_headers.started": self._sending,
            "send_request_body.complete": self._out,
            "receive_response_headers.complete": self._headers_in,
        }

    async def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        step = self._steps.get(name.partition(".")[2])
        if step is not None:
            step(info)

    @property
    def since_sent(self) -> float:
        """Seconds since the request was out."""
        return self._timer() - self._sent_at

    @property
    def _origin(self) -> str:
        return f"{self._host}:{self._port}"

    def _connecting(self, info: Mapping[str, Any]) -> None:
        self._fresh = True
        host, port = str(info.get("host", "")), info.get("port")
        # A connection that goes elsewhere goes to the proxy; only its host and port are known here.
        self.proxy = "" if (host, port) == (self._host.strip("[]"), self._port) else f"{host}:{port}"

    def _encrypted(self, info: Mapping[str, Any]) -> None:
        tls = info["return_value"].get_extra_info("ssl_object")
        self._tls = (tls.version() or "") if tls is not None else ""

    def _sending(self, info: Mapping[str, Any]) -> None:
        self._own = info["request"].method != _CONNECT
        if not self._own:
            return
        now = self._timer()
        if self._fresh:
            self._known[self._origin] = (self._tls, self.proxy)
        tls, proxy = self._known.get(self._origin, ("", ""))
        self._sink(Connected(self._host, tls, proxy, now - self._began))
        self._sent_at, self.sent = now, True

    def _out(self, info: Mapping[str, Any]) -> None:
        if self._own:
            now = self._timer()
            self._sink(Sent(self._method, self._size, now - self._sent_at))
            self._sent_at = now

    def _headers_in(self, info: Mapping[str, Any]) -> None:
        if self._own:
            self.answered = True
        else:
            self.proxy_status = int(info["return_value"][1])
            self.tunneled = self.proxy_status in _TUNNEL_OPEN
