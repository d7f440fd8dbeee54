"""LaunchDarkly's own evaluator over what the API shows, for `Sandbox.evaluator` and for flags that were read back."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any

Json = Mapping[str, Any]


def evaluated(flags: Iterable[Json], segments: Iterable[Json], context: Json) -> dict[str, tuple[object, Json]]:
    """Return each flag's value and reason by its key. Each flag has exactly one environment.

    The API shows no salt of a segment, so whom a segment's percentage reaches is another than at LaunchDarkly.
    """
    logging.getLogger("ldclient").setLevel(logging.CRITICAL)  # a line for each prerequisite that isn't there
    module = importlib.import_module
    model = module("ldclient.impl.model")
    made = {flag["key"]: model.FeatureFlag(_flag(flag)) for flag in flags}
    known = {each["key"]: model.Segment({**each, "salt": each["key"]}) for each in segments}
    evaluator = module("ldclient.impl.evaluator").Evaluator(made.get, known.get, lambda key: (None, "HEALTHY"))
    events = module("ldclient.impl.events.types").EventFactory(False)
    asked = module("ldclient").Context.from_dict(dict(context))
    details = {key: evaluator.evaluate(flag, asked, events).detail for key, flag in made.items()}
    return {key: (detail.value, detail.reason) for key, detail in details.items()}


def _flag(flag: Json) -> Json:
    """Return a flag as SDKs get it: `_id` is `id`, and a list of users is empty beside targets of another kind."""
    (state,) = flag["environments"].values()
    targets, others = list(state["targets"]), list(state["contextTargets"])
    users = [{"contextKind": "user", "variation": each["variation"], "values": []} for each in targets]
    return {
        "key": flag["key"],
        "variations": [variation["value"] for variation in flag["variations"]],
        **{name: state[name] for name in ("on", "version", "salt", "offVariation", "fallthrough", "prerequisites")},
        "targets": targets,
        "contextTargets": [*others, *users] if others else [],
        "rules": [{**rule, "id": rule["_id"]} for rule in state["rules"]],
    }
