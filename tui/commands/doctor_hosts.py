"""What `doctor` learns about each server: name, proxy, TLS, answer, clock. No key is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.commands.doctor_checks import Check
from tui.commands.remedies import RECIPE
from tui.context import Context
from tui.net.address import USUAL_PORTS
from tui.net.environment import proxy_for
from tui.net.errors import Failure
from tui.net.events import Connected, ProgressEvent
from tui.net.messages import Request, RequestLimits
from tui.net.reach import Dns, look
from tui.text.times import http_date, span

_LIMITS = RequestLimits(total_seconds=15.0, pauses=0)
_CLOCK_SECONDS = 60.0
_FAILED = 500


@dataclass(frozen=True, slots=True)
class Host:
    """A server to check. `name` says what it is, without its host where that is private; `path` needs no key."""

    name: str
    url: str
    path: str = ""


async def checks(host: Host, context: Context) -> tuple[Check, ...]:
    """Return the checks of one server, most of it from a single request without a key. Never raises Failure."""
    connected: list[Connected] = []

    def note(event: ProgressEvent) -> None:
        if isinstance(event, Connected):
            connected.append(event)

    try:
        context.stays_here(host.url)
        proxy = _proxy(host.url)
        async with context.http() as http:
            began = context.now()
            request = Request("GET", f"{host.url}{host.path}", {"Accept": "application/json"})
            answer = await http.send(request, peer=host.name, sink=note, limits=_LIMITS)
    except Failure as failure:
        return (await _unreached(host, failure),)
    via = f" through the proxy in {proxy}" if proxy else ""
    tls = f", {connected[-1].tls}" if connected and connected[-1].tls else ""
    issuer = f", certificate by {connected[-1].issuer}" if connected and connected[-1].issuer else ""
    text = f"{host.name} responds ({answer.status_code}){via}{tls}{issuer}."
    found = [Check("host", "ok", text)]
    if answer.status_code >= _FAILED or answer.is_page:
        what = "a web page" if answer.is_page else "a server error"
        advice = "Most likely a proxy or login page responds in its place. Open the address in a browser."
        found = [Check("host", "warning", f"{host.name} responds with {what} ({answer.status_code}){via}.", advice)]
    found += _clock(host, answer.headers.get("date", ""), began)
    return tuple(found)


def _proxy(url: str) -> str:
    """Return the variable that names the proxy for an address, "" for none. Raises Failure if it is unusable."""
    scheme, _, rest = url.partition("://")
    name, _, port = rest.partition("/")[0].partition(":")
    proxy = proxy_for(scheme, name, int(port or USUAL_PORTS[scheme]))
    return proxy.variable if proxy else ""


async def _unreached(host: Host, failure: Failure) -> Check:
    text = f"{host.name} can't be reached. {failure.what}"
    sighting = await look(host.url)
    if sighting.dns is Dns.NO_SUCH_NAME:
        text = f"{host.name} can't be reached: DNS on this machine doesn't know its name."
    return Check("host", "problem", text, RECIPE.advice(failure), 2 if failure.at_setting else 5)


def _clock(host: Host, date: str, now: float) -> Iterator[Check]:
    served = http_date(date) if date else None
    if served is not None and abs(skew := now - served / 1000) > _CLOCK_SECONDS:
        text = f"This machine's clock is {span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} {host.name}'s."
        yield Check("clock", "warning", text, "Set the clock: wrong times make certificates and pauses fail.")
