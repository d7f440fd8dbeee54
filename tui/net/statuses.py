"""What an HTTP status means for the person who sent the request, where trying again doesn't help."""

from __future__ import annotations

from collections.abc import Mapping

_BETWEEN = "Check what is between this machine and the server"
_ADDRESS = "Check the address"
_REMEDIES: Mapping[int, tuple[str, str]] = {
    402: ("The account's plan doesn't include this, or its limit is reached.", "Ask whoever manages the plan"),
    405: ("Most likely the address is not that of the API.", _ADDRESS),
    406: ("Most likely a proxy or gateway in front of it refuses JSON.", _BETWEEN),
    407: ("A proxy wants a user name and password.", "Put them into the variable that names the proxy"),
    408: ("The request took too long to get there.", "Check this machine's network"),
    410: ("The server no longer has this API.", "Look for a newer version of this program"),
    413: ("The request is larger than the server or a proxy allows.", "Use shorter values"),
    414: ("The address of the request is longer than the server or a proxy allows.", "Use shorter values"),
    415: ("Most likely a proxy or gateway in front of it refuses JSON.", _BETWEEN),
    421: ("Most likely a proxy sends the request to another server.", _BETWEEN),
    426: ("The server wants another protocol version.", _BETWEEN),
    431: ("The request is larger than the server or a proxy allows.", _BETWEEN),
    451: ("The server refuses for legal reasons.", "Ask whoever runs it"),
    501: ("The server doesn't offer this.", _ADDRESS),
    505: ("The server wants another protocol version.", _BETWEEN),
    511: ("This network asks for a login before it lets requests through.", "Log in to the network in a browser"),
}
OF_THE_ADDRESS = frozenset({405, 410, 501})
"""Statuses of a server that doesn't have the API at this address."""


def remedy(status_code: int) -> tuple[str, str] | None:
    """Return (why, what to do) for a status that stays however often the request is sent, None for any other."""
    return _REMEDIES.get(status_code)
