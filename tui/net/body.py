"""A body decoded piece by piece, never further than its limit: a small gzip body may hold gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
ACCEPTED = "gzip, deflate"


class TooLargeError(Exception):
    """The decoded body exceeds its limit; what follows was not read."""


class EncodingError(Exception):
    """The body is not encoded as its header says, or in a way that was not asked for."""


class CutOffError(Exception):
    """The body ended before its encoding did."""


async def whole(pieces: AsyncIterator[bytes], encoding: str, max_bytes: int, progress: Callable[[int], None]) -> bytes:
    """The decoded body of at most `max_bytes`; `progress` is told the decoded size so far.

    `encoding` is the value of Content-Encoding. Raises TooLargeError, EncodingError, CutOffError.
    """
    decode = _decoder(encoding.strip().lower())
    body = bytearray()
    async for piece in pieces:
        body += decode.decode(piece, max_bytes + 1 - len(body))
        if len(body) > max_bytes:
            raise TooLargeError
        progress(len(body))
    decode.end()
    return bytes(body)


class _Plain:
    def decode(self, piece: bytes, room: int) -> bytes:
        return piece[:room]

    def end(self) -> None:
        """A plain body ends where its transport says."""


class _Zipped:
    def __init__(self) -> None:
        self._zip = zlib.decompressobj(GZIP_OR_ZLIB)
        self._first = True

    def decode(self, piece: bytes, room: int) -> bytes:
        if self._zip.eof:  # what stands behind the end is no part of the body, and is not kept either
            return b""
        try:
            return self._zip.decompress(piece, room)
        except zlib.error:
            if not self._first:
                raise EncodingError from None
        finally:
            self._first = False
        return self._bare(piece, room)

    def _bare(self, piece: bytes, room: int) -> bytes:
        # Some servers send "deflate" without zlib's two bytes before it.
        self._zip = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            return self._zip.decompress(piece, room)
        except zlib.error:
            raise EncodingError from None

    def end(self) -> None:
        if not self._zip.eof and not self._first:
            raise CutOffError


_DECODERS: dict[str, Callable[[], _Plain | _Zipped]] = {
    "": _Plain, "identity": _Plain, "gzip": _Zipped, "x-gzip": _Zipped, "deflate": _Zipped,
}  # fmt: skip


def _decoder(encoding: str) -> _Plain | _Zipped:
    make = _DECODERS.get(encoding)
    if make is None:
        raise EncodingError
    return make()
