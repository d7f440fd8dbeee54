"""Open a page in the user's browser, if there is a screen for one."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping


def opened(address: str, environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Open an address. Returns False if no browser can show it here; the user then needs the address itself.

    Never starts a browser that draws in this terminal, nor one on the far side of an SSH connection.
    """
    remote = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    display = bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    if not display and (remote or platform not in ("darwin", "win32")):
        return False
    try:
        browser = webbrowser.get()
        in_terminal = type(browser) is webbrowser.GenericBrowser
        return not in_terminal and browser.open(address)
    except (webbrowser.Error, OSError):
        return False


def integrations_page(instance: str) -> str:
    """Return the address of LaunchDarkly's page for integrations, where its documentation says imports are listed."""
    return f"{instance}/settings/integrations"
