"""What is lost of Split definitions and Unleash features, against labels that were written by hand from the rules.

The labels come from the table of losses and the documentation of both sources, never from the code under test.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sources_server import json_values
from tui.sources.flags import SourceFlag
from tui.sources.split import targeting as split_targeting
from tui.sources.split.flags import source_flag as split_flag
from tui.sources.unleash import targeting as unleash_targeting
from tui.sources.unleash.flags import source_flag as unleash_flag
from tui.targeting.losses import LOSSES, Lost, explained

Case = dict[str, Any]
HERE = Path(__file__).parents[1]
SPLIT: list[Case] = json.loads((HERE / "split_corpus.json").read_text())
UNLEASH: list[Case] = json.loads((HERE / "unleash_corpus.json").read_text())

MATCHERS = {
    "IN_SEGMENT", "EQUAL_SET", "ANY_OF_SET", "ALL_OF_SET", "PART_OF_SET", "ON_DATE", "ON_OR_AFTER_DATE",
    "ON_OR_BEFORE_DATE", "BETWEEN_DATE", "BOOLEAN", "EQUAL_NUMBER", "LESS_THAN_OR_EQUAL_NUMBER",
    "GREATER_THAN_OR_EQUAL_NUMBER", "BETWEEN_NUMBER", "IN_LIST_STRING", "STARTS_WITH_STRING", "ENDS_WITH_STRING",
    "CONTAINS_STRING", "MATCHES_STRING", "IN_SPLIT",  # docs.split.io/reference/matcher-type
    "EQUAL_TO_SEMVER", "GREATER_THAN_OR_EQUAL_TO_SEMVER", "LESS_THAN_OR_EQUAL_TO_SEMVER", "BETWEEN_SEMVER",
    "IN_LIST_SEMVER", "IN_LARGE_SEGMENT", "IN_RULE_BASED_SEGMENT", "ALL_KEYS",  # Harness
    "WHITELIST", "EQUAL_TO", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN_OR_EQUAL_TO", "BETWEEN", "EQUAL_TO_SET",
    "CONTAINS_ANY_OF_SET", "CONTAINS_ALL_OF_SET", "STARTS_WITH", "ENDS_WITH", "EQUAL_TO_BOOLEAN",
    "IN_SPLIT_TREATMENT",  # the same in Split's SDKs
}  # fmt: skip
STRATEGIES = {
    "default", "flexibleRollout", "gradualRolloutUserId", "gradualRolloutSessionId", "gradualRolloutRandom",
    "userWithId", "remoteAddress", "applicationHostname",
}  # fmt: skip
OPERATORS = {
    "IN", "NOT_IN", "STR_ENDS_WITH", "STR_STARTS_WITH", "STR_CONTAINS", "NUM_EQ", "NUM_GT", "NUM_GTE", "NUM_LT",
    "NUM_LTE", "DATE_AFTER", "DATE_BEFORE", "SEMVER_EQ", "SEMVER_GT", "SEMVER_LT", "SEMVER_GTE", "SEMVER_LTE",
    "IN_CIDR", "REGEX",
}  # fmt: skip


def named(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=case["about"]) for case in cases]


def check_labeled(flag: SourceFlag, lost: tuple[Lost, ...], case: Case) -> None:
    """The flag is as labeled, and its explanation is cleaned and names every kind of loss and no other."""
    texts = [loss.text for loss in lost]
    assert list(flag.losses) == case["losses"] == sorted({loss.kind for loss in lost})
    assert (flag.off, flag.on_at_source) == (case["off"], case["on_at_source"])
    for phrase in case["says"]:
        assert any(phrase in text for text in texts), (phrase, texts)
    assert all(text.isprintable() for text in texts)
    assert len(flag.warnings) == len(case["warns"]), flag.warnings
    assert all(phrase in text for phrase, text in zip(case["warns"], flag.warnings, strict=True))
    assert bool(flag.cut_over_warning) == case["cut_over"], flag.cut_over_warning
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("case", named(SPLIT))
def test_a_split_definition(case: Case) -> None:
    flag = split_flag({"name": "checkout", "id": "1"}, case["definition"])
    check_labeled(flag, explained(split_targeting.targeting_of(flag.definition)), case)
    assert flag.on == case["on"]


@pytest.mark.parametrize("case", named(UNLEASH))
def test_an_unleash_feature(case: Case) -> None:
    flag = unleash_flag(case["feature"])
    check_labeled(flag, explained(unleash_targeting.targeting_of(flag.definition)), case)
    assert [variation.name for variation in flag.variations] == case["variations"]
    assert (flag.on, flag.tags) == (0, None)


def test_the_corpus_has_every_matcher_strategy_and_operator_that_is_documented() -> None:
    rules = [rule for case in SPLIT for rule in case["definition"]["rules"]]
    matchers = {matcher["type"] for rule in rules for matcher in rule["condition"]["matchers"]}
    assert matchers - MATCHERS == {"IS_FULL_MOON"}
    assert matchers >= MATCHERS
    strategies = [strategy for case in UNLEASH for strategy in case["feature"]["strategies"]]
    assert {one["name"] for one in strategies} >= STRATEGIES
    operators = {constraint["operator"] for one in strategies for constraint in one["constraints"]}
    assert operators - OPERATORS == {"MOON_IS"}
    assert operators >= OPERATORS


def test_the_corpora_have_every_kind_of_loss() -> None:
    assert {kind for case in (*SPLIT, *UNLEASH) for kind in case["losses"]} == set(LOSSES)


# --- any JSON


def like(cases: list[Case], part: str) -> st.SearchStrategy[Any]:
    """Labelled examples with any JSON in the place of one of their parts, however deep."""
    return st.sampled_from([case[part] for case in cases]).flatmap(lambda whole: broken(whole))


def broken(value: Any) -> st.SearchStrategy[Any]:
    choices: list[st.SearchStrategy[Any]] = [json_values]
    if isinstance(value, dict) and value:
        choices.append(
            st.sampled_from(sorted(value)).flatmap(lambda key: broken(value[key]).map(lambda new: {**value, key: new}))
        )
    if isinstance(value, list) and value:
        choices.append(
            st.sampled_from(range(len(value))).flatmap(
                lambda at: broken(value[at]).map(lambda new: [*value[:at], new, *value[at + 1 :]])
            )
        )
    return st.one_of(*choices[::-1])


objects = st.dictionaries(st.text(max_size=8), json_values, max_size=4)


def check_any(flag: SourceFlag, lost: tuple[Lost, ...]) -> None:
    assert set(flag.losses) <= set(LOSSES)
    assert list(flag.losses) == sorted({loss.kind for loss in lost})
    assert all(text.isprintable() for text in (*flag.warnings, flag.cut_over_warning, *(loss.text for loss in lost)))
    assert all(len(loss.text) < 100_000 for loss in lost)
    assert all(place is None or 0 <= place < len(flag.variations) for place in (flag.on, flag.off))


@given(item=objects | like(SPLIT, "definition"), definition=like(SPLIT, "definition") | objects)
def test_no_split_definition_breaks_it(item: Any, definition: Any) -> None:
    flag = split_flag(item if isinstance(item, dict) else {}, definition if isinstance(definition, dict) else {})
    check_any(flag, explained(split_targeting.targeting_of(flag.definition)))


@given(feature=like(UNLEASH, "feature") | objects)
def test_no_unleash_feature_breaks_it(feature: Any) -> None:
    flag = unleash_flag(feature if isinstance(feature, dict) else {})
    check_any(flag, explained(unleash_targeting.targeting_of(flag.definition)))
