"""One LaunchDarkly as one token sees it: how requests are made and refusals judged. The calls are in `client`."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from tui.launchdarkly.instances import Instance
from tui.launchdarkly.problems import Asked, refusal
from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.net.events import Sink
from tui.net.messages import Answer, Request
from tui.net.times import http_date
from tui.text.redact import Redactor

PEER = "LaunchDarkly"
BETA = "beta"
VERSION = "20240415"  # the current one; a token may carry an older default, with other paging
_OK = range(200, 300)


class Door:
    """One instance, as one token sees it. Every method raises Failure, and what it raises quotes no secret.

    `redactor` takes keys out of the server's own words, and learns those that it shows.
    """

    def __init__(self, http: Http, instance: Instance, token: SecretStr, *, redactor: Redactor | None = None) -> None:
        self._http, self.instance, self._token = http, instance, token
        self._redactor = redactor or Redactor()
        self._redactor.add(token.get_secret_value())
        self.date: int | None = None
        """`Date` of the latest answer, in ms since the epoch: LaunchDarkly's clock, to the second. None without one."""

    def _asked(self, **known: object) -> Asked:
        return replace(Asked(self.instance), **known)  # type: ignore[arg-type]

    def _request(self, method: str, path: str, version: str = VERSION, body: bytes | None = None) -> Request:
        content = {"Content-Type": "application/json"} if body is not None else {}
        return Request(method, f"{self.instance.url}{path}", {"LD-API-Version": version, **content}, body)

    async def _get(self, path: str, asked: Asked, sink: Sink, version: str = VERSION) -> Answer:
        return await self._send(self._request("GET", path, version), asked, sink)

    async def _write(
        self, method: str, path: str, asked: Asked, sink: Sink, body: bytes | None = None, version: str = BETA
    ) -> Answer:
        return await self._send(self._request(method, path, version, body), asked, sink)

    async def _send(self, request: Request, asked: Asked, sink: Sink) -> Answer:
        return self._accepted(await self._answer(request, sink), asked)

    async def _answer(self, request: Request, sink: Sink) -> Answer:
        # The token goes raw: LaunchDarkly knows no "Bearer".
        signed = replace(request, headers={"Authorization": self._token, **request.headers})
        try:
            answer = await self._http.send(signed, peer=PEER, sink=sink)
            self.date = http_date(answer.headers.get("date", ""))
            return answer
        except Failure as failure:
            if failure.kind is not Kind.CREDENTIAL:
                raise
            unusable = failure.replaced(field="token")
        raise unusable

    def _accepted(self, answer: Answer, asked: Asked) -> Answer:
        if answer.status_code not in _OK:
            raise refusal(answer, asked, self._redactor.foreign)
        return answer


def part(text: str) -> str:
    """One part of a path; dots alone are encoded as well, or a server could walk up by them. Raises Failure NOT_JSON
    for a blank, which only an answer that makes no sense can have left where a key belongs."""
    if not text:
        raise Failure(Kind.NOT_JSON, "A key that LaunchDarkly needs is blank, so the request was not sent.")
    return quote(text, safe="", errors="replace") if text.strip(".") else text.replace(".", "%2E")


def query(**parts: object) -> str:
    """A query; a list gives one entry for each of its items."""
    return f"?{urlencode(parts, doseq=True, quote_via=quote, errors='replace')}"
