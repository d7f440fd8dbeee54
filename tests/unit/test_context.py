"""Connections of a session: every request shares them, and they end with it."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.unit.raw_http import Raw, always, answer, serving
from tui.commands.surroundings import run_until_signal
from tui.context import Context
from tui.net.events import Answered, Connected, Done, ProgressEvent, Sent
from tui.net.messages import Request


async def get(context: Context, server: Raw, events: list[ProgressEvent] | None = None) -> None:
    seen: list[ProgressEvent] = [] if events is None else events
    async with context.http() as http:
        await http.send(Request("GET", server.url, {}), peer="Unleash", sink=seen.append)


async def test_requests_of_a_session_share_a_connection_that_ends_with_it() -> None:
    """Also if each has a deadline of its own. Every exchange names its connection, new or not."""
    events: list[ProgressEvent] = []
    session = Context()
    async with serving(always(answer())) as server:
        session.connections.hold()
        for context in (session, session, replace(session, deadline=time.time() + 60)):
            await get(context, server, events)
        assert server.connections == 1
        assert not server.let_go.is_set()
        await session.connections.release()
        await server.let_go.wait()
        assert not session.connections.is_open
        await get(session, server)
        assert server.connections == 2
        assert not session.connections.is_open
    assert [type(event) for event in events] == [Connected, Sent, Answered, Done] * 3


def test_requests_of_a_command_share_a_connection_that_ends_with_it() -> None:
    context = Context()

    async def main() -> int:
        async with serving(always(answer())) as server:
            for _ in range(3):
                await get(context, server)
            return server.connections

    for _ in range(2):  # each run has a loop of its own
        assert run_until_signal(main, ended=lambda: None, connections=context.connections) == 1
        assert not context.connections.is_open
