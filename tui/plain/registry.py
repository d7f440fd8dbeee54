"""From the key of a step to what asks it; a test holds the keys to the list of steps.

The first step isn't here: it is asked before the others are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.plain import fields, keys, launchdarkly, plan, rebuild, review, run, submit
from tui.plain.walk import Walk

ASKED: Mapping[str, Callable[[Walk], None]] = {
    "launchdarkly": launchdarkly.ask,
    "keys": keys.ask,
    "fields": fields.ask,
    "plan": plan.ask,
    "review": review.ask,
    "submit": submit.ask,
    "run": run.ask,
    "rebuild": rebuild.ask,
}
