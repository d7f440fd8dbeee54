"""The list of all actions behind F2, the most relevant first."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hits
from textual.system_commands import SystemCommandsProvider


class ActionsProvider(SystemCommandsProvider):
    """Textual's provider sorts by name; the app yields its commands by relevance."""

    async def discover(self) -> Hits:
        for name, help_text, callback, discover in self.app.get_system_commands(self.screen):
            if discover:
                yield DiscoveryHit(name, callback, help=help_text)
