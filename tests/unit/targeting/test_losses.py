"""What isn't imported of a flag's targeting: the kinds and sentences of each part, in the source's order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.targeting.losses import (
    CONSTRAINTS,
    INDIVIDUAL_TARGETS,
    LOSSES,
    PERCENTAGE_ROLLOUT,
    PREREQUISITES,
    SEGMENTS,
    STRATEGY_VARIANTS,
    TARGETING_RULES,
    TRAFFIC_ALLOCATION,
    explained,
    losses,
)
from tui.targeting.model import (
    KEY,
    Bucket,
    InSegment,
    Operator,
    Parent,
    Rule,
    Segment,
    Serves,
    Shares,
    Target,
    Targeting,
    Test,
    Unknown,
)

ON, OFF = Shares((("on", 100.0),)), Shares((("off", 100.0),))
SPLIT = Targeting("split", "checkout", "user", ("on", "off"), True, "off", OFF)
YES, NO = Shares(((True, 100.0),)), Shares(((False, 100.0),))
UNLEASH = Targeting("unleash", "checkout", "user", (True, False), True, False, NO, any_rule=True)

PRO = Test("plan", Operator.IN, ("pro",))
STAFF, BASE = InSegment("staff"), Serves("base", ("on",))
MOON = Unknown("matcher MOON", "sky matches MOON", "matcher")
STRANGE = Unknown("operator MOON", "sky MOON full", "operator")
OWN = Unknown("strategy byPlan", "custom strategy byPlan with plans gold", "strategy")

Says = list[tuple[str, str]]


def said(targeting: Targeting) -> Says:
    return [(lost.kind, lost.text) for lost in explained(targeting)]


SPLIT_RULES: list[tuple[Rule, Says]] = [
    (Rule((), ON), [(TARGETING_RULES, "everyone: on")]),
    (Rule((PRO,), ON), [(TARGETING_RULES, "plan is one of pro: on")]),
    (
        Rule((PRO,), Shares((("on", 50.0), ("off", 50.0)))),
        [(TARGETING_RULES, "plan is one of pro: 50% on, 50% off")],
    ),
    (Rule((STAFF,), ON), [(SEGMENTS, "in segment staff: on")]),
    (Rule((STAFF, replace(STAFF, negated=True)), ON), [(SEGMENTS, "in segment staff and not in segment staff: on")]),
    (Rule((BASE,), ON), [(PREREQUISITES, "flag base serves on: on")]),
    (
        Rule((STAFF, PRO), ON),
        [(TARGETING_RULES, "in segment staff and plan is one of pro: on"), (SEGMENTS, "in segment staff, in rule 1")],
    ),
    (
        Rule((STAFF, BASE), ON),
        [
            (TARGETING_RULES, "in segment staff and flag base serves on: on"),
            (PREREQUISITES, "flag base serves on, in rule 1"),
            (SEGMENTS, "in segment staff, in rule 1"),
        ],
    ),
    (Rule((MOON,), ON), [(TARGETING_RULES, "sky matches MOON (unknown matcher): on")]),
    (Rule((Unknown("an odd segment", "in segment 7", "segment"),), ON), [(SEGMENTS, "in segment 7: on")]),
    (Rule((Unknown("an odd flag", "flag 7 serves on", "flag"),), ON), [(PREREQUISITES, "flag 7 serves on: on")]),
    (
        Rule((PRO, MOON), ON, combiner="OR"),
        [(TARGETING_RULES, "plan is one of pro OR sky matches MOON (unknown matcher): on")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "says"), SPLIT_RULES)
def test_a_rule_of_split(rule: Rule, says: Says) -> None:
    assert said(replace(SPLIT, rules=(rule,))) == says


def test_everything_of_split_in_its_order() -> None:
    whole = replace(
        SPLIT,
        default=Shares((("on", 25.0), ("off", 75.0))),
        rules=(Rule((PRO,), ON), Rule((PRO, STAFF), ON)),
        targets=(Target("on", ("ana", "a, b"), ("staff", "qa")), Target("off", ("bob",))),
        parents=(Parent("base", ("on", "beta")),),
        allocation=20.0,
    )
    assert said(whole) == [
        (PREREQUISITES, "flag base serves any of on, beta"),
        (INDIVIDUAL_TARGETS, 'ana, "a, b": on (individual)'),
        (SEGMENTS, "in segment staff, qa: on (individual)"),
        (INDIVIDUAL_TARGETS, "bob: off (individual)"),
        (TRAFFIC_ALLOCATION, "20% of traffic enters the rules, the rest gets off"),
        (TARGETING_RULES, "plan is one of pro: on"),
        (TARGETING_RULES, "plan is one of pro and in segment staff: on"),
        (SEGMENTS, "in segment staff, in rule 2"),
        (PERCENTAGE_ROLLOUT, "default rule: 25% on, 75% off"),
    ]
    assert [kind for kind, _ in losses(whole)] == [kind for kind, _ in said(whole)]


@pytest.mark.parametrize(
    ("targeting", "kinds"),
    [
        (SPLIT, []),
        (replace(SPLIT, on=False, targets=(Target("on"),)), []),
        (replace(SPLIT, default=Shares((("on", 0.0), ("off", 100.0)))), []),
        (replace(SPLIT, default=Shares(())), []),
        (replace(SPLIT, allocation=0.0), [TRAFFIC_ALLOCATION]),
        (replace(SPLIT, on=False, rules=(Rule((PRO,), ON),)), [TARGETING_RULES]),
        (UNLEASH, []),
        (replace(UNLEASH, rules=(Rule((), YES, "default"),)), []),
    ],
)
def test_kinds(targeting: Targeting, kinds: list[str]) -> None:
    assert [kind for kind, _ in losses(targeting)] == kinds


BY_USER = Bucket()


def by_user(percent: float, written: str = "", bucket: Bucket = BY_USER) -> Shares:
    return Shares(((True, percent), (False, 100.0 - percent)), bucket, written)


USUAL = Bucket(KEY, fallbacks=("sessionId",), random=True)
STRATEGIES: list[tuple[Rule, Says]] = [
    (Rule((), by_user(100), "flexibleRollout"), []),
    (Rule((), by_user(25), "flexibleRollout"), [(PERCENTAGE_ROLLOUT, "25% by userId: on")]),
    (
        Rule((), by_user(25, bucket=USUAL), "flexibleRollout"),
        [(PERCENTAGE_ROLLOUT, "25% by userId, else sessionId, else at random: on")],
    ),
    (Rule((), by_user(0), "flexibleRollout"), [(PERCENTAGE_ROLLOUT, "0% by userId: on")]),
    (Rule((), by_user(0, "abc"), "flexibleRollout"), [(PERCENTAGE_ROLLOUT, "rollout abc (not a percentage)")]),
    (Rule((), by_user(0, "NaN"), "flexibleRollout"), [(PERCENTAGE_ROLLOUT, "rollout NaN (not a percentage)")]),
    (Rule((), by_user(0, "150"), "flexibleRollout"), [(PERCENTAGE_ROLLOUT, "rollout 150 (not a percentage)")]),
    (Rule((), by_user(0, "12.5"), "flexibleRollout"), [(PERCENTAGE_ROLLOUT, "12.5% by userId: on")]),
    (Rule((), by_user(0, "100.0"), "flexibleRollout"), []),
    (
        Rule((Test(KEY, Operator.IN, ("ana", "bob")),), YES, "userWithId", 1),
        [(INDIVIDUAL_TARGETS, "ana, bob: on (individual)")],
    ),
    (Rule((Test(KEY, Operator.IN),), YES, "userWithId", 1), []),
    (
        Rule((Test("remoteAddress", Operator.IN_NETWORK, ("10.0.0.1",)),), YES, "remoteAddress", 1),
        [(TARGETING_RULES, "remote address is one of 10.0.0.1: on")],
    ),
    (
        Rule((Test("hostname", Operator.IN, ("web-1",), ignore_case=True),), YES, "applicationHostname", 1),
        [(TARGETING_RULES, "host name is one of web-1: on")],
    ),
    (Rule((OWN,), YES, "byPlan", 1), [(TARGETING_RULES, "custom strategy byPlan with plans gold: on")]),
    (Rule((Test("sessionId", Operator.IS_PRESENT), PRO), YES, "flexibleRollout", 1),
     [(CONSTRAINTS, "plan is one of pro: on")]),
    (Rule((Test(KEY, Operator.IN, ("ana",)),), YES, "default"), [(CONSTRAINTS, "userId is one of ana: on")]),
    (
        Rule((PRO, STRANGE), YES, "default"),
        [(CONSTRAINTS, "plan is one of pro and sky MOON full: on"),
         (TARGETING_RULES, "sky MOON full (unknown operator): on")],
    ),
    (Rule((InSegment("7"), InSegment("8")), YES, "default"), [(SEGMENTS, "in segment staff and in segment 8: on")]),
    (
        Rule((), YES, "default", variants=(("red", 50.0), ("blue", 50.0)), payloads=("red",)),
        [(STRATEGY_VARIANTS, "variants 50% red, 50% blue, with payloads of red")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "says"), STRATEGIES)
def test_a_strategy_of_unleash(rule: Rule, says: Says) -> None:
    one = replace(UNLEASH, rules=(rule,), segments={"7": Segment("7", "staff")})
    assert said(one) == says
    two = replace(one, rules=(Rule((), YES, "default"), rule))
    assert said(two) == [(kind, f"{text} (strategy 2)") for kind, text in says]


def test_disabled_strategies_keep_their_place_and_parents_are_last() -> None:
    rollout = Rule((), by_user(25), "flexibleRollout")
    whole = replace(
        UNLEASH,
        rules=(rollout, rollout),
        disabled=((1, Rule((PRO,), YES, "default")), (3, Rule((STAFF,), YES, "default"))),
        parents=(Parent("base"), Parent("old", on=False)),
    )
    assert said(whole) == [
        (CONSTRAINTS, "plan is one of pro: on (strategy 1)"),
        (PERCENTAGE_ROLLOUT, "25% by userId: on (strategy 2)"),
        (SEGMENTS, "in segment staff: on (strategy 3)"),
        (PERCENTAGE_ROLLOUT, "25% by userId: on (strategy 4)"),
        (PREREQUISITES, "flag base is on"),
        (PREREQUISITES, "flag old is off"),
    ]


def test_kinds_are_in_alphabetical_order() -> None:
    assert list(LOSSES) == sorted(LOSSES)
    assert {kind for _, says in (*SPLIT_RULES, *STRATEGIES) for kind, _ in says} <= set(LOSSES)
