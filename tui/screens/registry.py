"""From the key of a step to its screen; a test holds the keys to the list of steps."""

from __future__ import annotations

from tui.screens.fields import FieldsScreen
from tui.screens.frame import Frame
from tui.screens.integration import IntegrationScreen
from tui.screens.keys import KeysScreen
from tui.screens.launchdarkly import LaunchDarklyScreen
from tui.screens.plan import PlanScreen
from tui.screens.rebuild import RebuildScreen
from tui.screens.review import ReviewScreen
from tui.screens.run import RunScreen
from tui.screens.submit import SubmitScreen

SCREENS: dict[str, type[Frame]] = {
    screen.STEP: screen
    for screen in (
        IntegrationScreen,
        LaunchDarklyScreen,
        KeysScreen,
        FieldsScreen,
        PlanScreen,
        ReviewScreen,
        SubmitScreen,
        RunScreen,
        RebuildScreen,
    )
}
