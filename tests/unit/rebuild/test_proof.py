"""The proof at run time: which contexts are compared, and what comes of a difference."""

from __future__ import annotations

from dataclasses import replace

from tui.rebuild.compile import compiled
from tui.rebuild.contexts import MOST_CONTEXTS, contexts_of, edge_values
from tui.rebuild.model import FlagTargeting, Rebuilt
from tui.rebuild.proof import proved, settled
from tui.targeting.model import KEY, Bucket, Context, Operator, Rule, Segment, Shares, Target, Targeting, Test

ON, OFF = Shares((("on", 100.0),)), Shares((("off", 100.0),))
AGE = Test("age", Operator.NUMBER_AT_LEAST, (18,))
COUNTRY = Test("country", Operator.IN, ("DE",))
FLAG = Targeting("split", "checkout", "user", ("on", "off"), True, "off", OFF, (Rule((COUNTRY, AGE), ON),))


def test_contexts_are_different_bounded_and_always_the_same() -> None:
    contexts = contexts_of(FLAG)
    assert contexts == contexts_of(FLAG)
    assert 50 < len(contexts) <= MOST_CONTEXTS
    assert len({repr(context) for context in contexts}) == len(contexts)
    many = [Test(f"a{place % 9}", Operator.IN, tuple(f"{place} {one}" for one in range(500))) for place in range(60)]
    assert len(contexts_of(replace(FLAG, rules=tuple(Rule((test,), ON) for test in many)))) == MOST_CONTEXTS


def test_each_of_many_rules_on_one_attribute_is_met() -> None:
    tests = [Test("country", Operator.IN, tuple(f"{place} {one}" for one in range(20))) for place in range(50)]
    contexts = contexts_of(replace(FLAG, rules=tuple(Rule((test,), ON) for test in tests)))
    met = {context.attributes.get("country") for context in contexts}
    assert all(f"{place} 0" in met for place in range(50))


def test_contexts_have_edges_gaps_and_other_types() -> None:
    ages = {context.attributes.get("age") for context in contexts_of(FLAG)}
    assert {17, 18, 19, "18", None, True, ""} <= ages
    assert Context(contexts_of(FLAG)[-1].key) in contexts_of(FLAG)


def test_keys_of_targets_and_segments_are_compared() -> None:
    segment = Segment("staff", included=("ben",), excluded=("chloe",))
    flag = replace(FLAG, targets=(Target("on", ("ana",)),), segments={"staff": segment})
    assert {"ana", "ben", "chloe"} <= {context.key for context in contexts_of(flag)}


def test_unleash_contexts_may_have_no_key_and_shares_have_text_or_whole_numbers() -> None:
    test = Test("account", Operator.IN, ("true", "5", "5.5"))
    shares = Shares(((True, 25.0), (False, 75.0)), Bucket("account"))
    flag = replace(FLAG, origin="unleash", variations=(True, False), rules=(Rule((test,), shares),))
    contexts = contexts_of(flag)
    assert any(context.key is None for context in contexts)
    values = [context.attributes["account"] for context in contexts if "account" in context.attributes]
    assert {type(value) for value in values} == {str, int}
    assert all(context.key != "" for context in contexts)


def test_edges_of_dates_versions_and_addresses() -> None:
    day = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000
    assert {day - 1, day, day + 86_399_999, day + 86_400_000} <= {*edge_values(Test("d", Operator.DATE_ON, (day + 5,)))}
    assert {"1.2.3", "1.2.4", "1.2.3-alpha.1"} <= {*edge_values(Test("v", Operator.VERSION_IS, ("1.2.3",)))}
    assert {"10.0.0.0", "11.0.0.0"} <= {*edge_values(Test("a", Operator.IN_NETWORK, ("10.0.0.0/8",)))}
    assert () in [*edge_values(Test("s", Operator.HAS_ANY, ("a",)))]
    assert {True, "true", "tRuE"} <= {*edge_values(Test("b", Operator.IS_TRUE_OR_FALSE, (True,)))}


def test_proof_counts_what_names_explain() -> None:
    rebuilt = compiled(FLAG)
    proof = proved(FLAG, rebuilt)
    assert proof.contexts == proof.equal + proof.explained
    assert proof.explained > 0
    example = proof.examples["numbers-as-numbers"]
    assert example.source != example.launchdarkly
    assert example.words.startswith("Split serves on to someone with key ")
    assert example.words.endswith("LaunchDarkly would serve off.")
    assert settled(rebuilt, proof) is rebuilt


def test_difference_without_a_name_makes_the_flag_by_hand() -> None:
    wrong = Rebuilt("checkout", "faithful", targeting=FlagTargeting("user", 1, 0))
    context = Context("ana", {"country": "AT", "plan": "5", "beta": True, "groups": ("a", "b")})
    proof = proved(FLAG, wrong, contexts=[context])
    assert proof.different == 1
    assert settled(wrong, proof) == Rebuilt(
        "checkout",
        "by-hand",
        reasons=(
            'Split serves off to someone with key ana, country AT, plan "5", beta true, groups [a, b]. '
            "LaunchDarkly would serve on.",
        ),
    )


def test_flag_by_hand_has_nothing_to_prove() -> None:
    assert proved(FLAG, Rebuilt("checkout", "by-hand")).contexts == 0


def test_share_that_differs_is_a_difference() -> None:
    quarter = replace(FLAG, default=Shares((("on", 25.0), ("off", 75.0))))
    half = compiled(replace(FLAG, default=Shares((("on", 50.0), ("off", 50.0)))))
    proof = proved(quarter, half, contexts=[Context("ana")])
    assert proof.first_difference is not None
    assert "25% on, 75% off" in proof.first_difference.words
    assert proved(quarter, compiled(quarter)).different == 0


def test_key_is_an_attribute_of_its_own() -> None:
    flag = replace(FLAG, rules=(Rule((Test(KEY, Operator.STARTS_WITH, ("a",)),), ON),))
    assert proved(flag, compiled(flag)).different == 0
