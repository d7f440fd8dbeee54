"""Requests, answers, their limits, and how bodies are decoded. Without httpx: Review only shows a request."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.text.limited_json import TooDeepError, parse_answer

_HTML = ("<!doctype", "<html", "<head", "<body")


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request. A header's secret stays closed in its SecretStr until the bytes are built."""

    method: str
    url: str
    headers: Mapping[str, SecretStr | str]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url}, headers: {', '.join(self.headers)})"


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. `headers` has names in lower case; `body` is decoded (gzip, deflate).

    `seconds` counts from the start, without pauses; `peer` is the server's name in sentences.
    """

    status_code: int
    reason: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float
    peer: str = "The server"
    url: str = ""

    def text(self) -> str:
        """Return the body as UTF-8, invalid bytes as U+FFFD. It is foreign: clean it before showing."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> object:
        """Return the body's JSON value. Raises Failure NOT_JSON, which names what came instead."""
        try:
            return parse_answer(self.body)
        except TooDeepError:
            why = "Most likely something else runs at this address."
            failure = self._not_used("JSON that is nested too deeply", why, "the address")
        except ValueError:  # a bad encoding too
            failure = self.not_json("JSON")
        raise failure

    @property
    def is_page(self) -> bool:
        """Whether this is a web page, which gateways and single-page apps answer with."""
        declared = self.headers.get("content-type", "").lower().startswith("text/html")
        return declared or self.body[:64].lstrip().lower().decode("latin-1").startswith(_HTML)

    def not_json(self, expected: str) -> Failure:
        """Return the failure for a body that is not the `expected` one ("a list of projects")."""
        if not self.body.strip():
            what = f"an empty response instead of {expected}"
            why = "Most likely the server or a proxy in front of it failed."
            return self._not_used(what, why, "any proxy or gateway in front of the server", at_address=False)
        host = urlsplit(self.url).hostname
        what = f"{'a web page instead of' if self.is_page else 'something other than'} {expected}"
        why = f"Most likely {host} is not the API's address." if host else ""
        return self._not_used(what, why, "the address")

    def _not_used(self, what: str, why: str, check: str, *, at_address: bool = True) -> Failure:
        return Failure(
            Kind.NOT_JSON,
            f"{self.peer} sent {what} ({self.status_code}).",
            why,
            Remedy.CHECK,
            about=check,
            safe=Safe.ANSWER_NOT_USED,
            status_code=self.status_code,
            sent=True,
            at_address=at_address,
        )


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may take: seconds in all, however slowly the body drips; decoded bytes; pauses on 429."""

    total_seconds: float = 30.0
    max_bytes: int = 8 * 1024 * 1024
    pauses: int = 3
    longest_pause: float = 60.0


USUAL = RequestLimits()


# --- bodies

ACCEPTED = "gzip, deflate"
_ZIPPED = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyError(Exception):
    """The body can't be used."""


class TooLargeError(BodyError):
    """The decoded body exceeds its limit; the rest was not read."""


class EncodingError(BodyError):
    """The body is not encoded as its header says, or in a way that was not requested."""


class CutOffError(BodyError):
    """The body ended before its encoding did."""


async def decoded(
    pieces: AsyncIterator[bytes], encoding: str, max_bytes: int, progress: Callable[[int], None]
) -> bytes:
    """Return the decoded body, and report the decoded size so far to `progress`.

    Decodes piece by piece and never more than `max_bytes`: a small gzip body may hold gigabytes. `encoding` is the
    value of Content-Encoding. Raises TooLargeError, EncodingError, CutOffError.
    """
    encoding = encoding.strip().lower()
    zipped = encoding in _ZIPPED
    if not zipped and encoding not in ("", "identity"):
        raise EncodingError
    unzip, body, first = zlib.decompressobj(_GZIP_OR_ZLIB), bytearray(), True
    async for piece in pieces:
        room = max_bytes + 1 - len(body)
        if not zipped:
            body += piece[:room]
        elif not unzip.eof:  # what follows the end is not part of the body
            try:
                body += unzip.decompress(piece, room)
            except zlib.error:
                if not first:
                    raise EncodingError from None
                unzip = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers send "deflate" without zlib's two bytes
                try:
                    body += unzip.decompress(piece, room)
                except zlib.error:
                    raise EncodingError from None
            first = False
        if len(body) > max_bytes:
            raise TooLargeError
        progress(len(body))
    if zipped and not unzip.eof and not first:
        raise CutOffError
    return bytes(body)
