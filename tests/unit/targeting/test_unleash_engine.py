"""Unleash's own engine judges how features are read and evaluated."""

from __future__ import annotations

from importlib.util import find_spec
from random import Random

import pytest

from tests.conftest import needed
from tests.unit.targeting import unleash_cases
from tests.unit.targeting.unleash_cases import Feature
from tui.sources.unleash.targeting import targeting_of
from tui.targeting.evaluate import served
from tui.targeting.model import Targeting


@pytest.fixture(autouse=True)
def engine() -> None:
    needed(find_spec("yggdrasil_engine"), "yggdrasil-engine")


def _read(features: list[Feature]) -> dict[str, Targeting]:
    return {feature["name"]: targeting_of(feature) for feature in features}


def test_random_features_are_served_as_the_engine_serves_them() -> None:
    """50,000 evaluations: exactly where no share decides, and never against a share."""
    rng, compared, decided = Random(11), 0, 0
    while compared < 50_000:
        features = unleash_cases.features(rng)
        targetings, judge = _read(features), unleash_cases.judge(features)
        flag = targetings[features[0]["name"]]
        assert flag.unknown == ()
        for context in unleash_cases.contexts(rng, features[0]):
            shown, expected = served(flag, context, parents=targetings), judge(flag.flag, context)
            assert shown.get(expected, 0) > 0, (features, context, shown, expected)
            assert sum(shown.values()) == pytest.approx(100)
            compared, decided = compared + 1, decided + (len(shown) == 1)
    assert decided > 40_000
