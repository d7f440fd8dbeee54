"""A browser opens only where it has a screen of its own."""

from __future__ import annotations

import webbrowser

import pytest

from tui.wizard.browser import opened

PAGE = "https://app.launchdarkly.com/settings/integrations"
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
SCREEN = {"DISPLAY": ":0"}


class Browser:
    def __init__(self) -> None:
        self.pages: list[str] = []

    def open(self, address: str) -> bool:
        self.pages.append(address)
        return True


@pytest.mark.parametrize(
    ("environ", "platform", "opens"),
    [
        ({}, "linux", False),
        (SCREEN, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        (SSH, "linux", False),
        (SSH | SCREEN, "linux", True),
        ({}, "darwin", True),
        (SSH, "darwin", False),
        ({}, "win32", True),
        (SSH, "win32", False),
    ],
)
def test_browser_needs_a_display(
    environ: dict[str, str], platform: str, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    assert opened(PAGE, environ, platform) is opens
    assert browser.pages == [PAGE] * opens


def test_browser_of_the_terminal_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("lynx"))
    assert not opened(PAGE, SCREEN, "linux")


def test_no_browser_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", missing)
    assert not opened(PAGE, SCREEN, "linux")
