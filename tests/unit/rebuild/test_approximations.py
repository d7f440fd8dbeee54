"""Each approximation by a counter-example: the engines differ, the flag has the name, and the name alone says why."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace

import pytest

from tests.conftest import needed
from tests.unit.rebuild.chain import Chain, split_flag, unleash_flag
from tests.unit.rebuild.launchdarkly_cases import judge
from tests.unit.targeting import split_cases
from tests.unit.targeting.split_cases import Object
from tui.rebuild.compile import Options, compiled
from tui.rebuild.proof import proved
from tui.sources.split.targeting import targeting_of
from tui.targeting import approximations
from tui.targeting.model import Context, Segment, Variation


@pytest.fixture(autouse=True, scope="module")
def _engines() -> None:
    needed(importlib.util.find_spec("ldclient"), "launchdarkly-server-sdk")
    needed(importlib.util.find_spec("splitio"), "splitio_client")
    needed(importlib.util.find_spec("yggdrasil_engine"), "yggdrasil-engine")


def split(*matchers: Object, **more: object) -> Chain:
    """A flag that is on for contexts that all matchers match."""
    served = [{"treatment": "on", "size": 100}]
    rules = [{"condition": {"combiner": "AND", "matchers": list(matchers)}, "buckets": served}]
    off = {"defaultRule": [{"treatment": "off", "size": 100}], "rules": rules if matchers else []}
    chain = split_flag({**split_cases.PARENTS[0], "name": "checkout", **off, **more})
    assert isinstance(chain, Chain), chain.reasons
    return chain


def matcher(kind: str, attribute: str, *, negate: bool = False, **more: object) -> Object:
    return {"type": kind, "attribute": attribute, "negate": negate, **more}


def unleash(*strategies: Object, options: Options | None = None) -> Chain:
    feature = {"name": "checkout", "enabled": True, "strategies": list(strategies)}
    chain = unleash_flag([feature], options or Options())
    assert isinstance(chain, Chain), chain.reasons
    return chain


def constraint(attribute: str, operator: str, *values: str, **more: object) -> Object:
    many = operator in ("IN", "NOT_IN") or operator.startswith("STR_")
    given: Object = {"values": list(values)} if many else {"value": values[0]}
    return {"contextName": attribute, "operator": operator, **given, **more}


def default(*constraints: Object) -> Object:
    return {"name": "default", "constraints": list(constraints)}


def rollout(percent: int, sticky: str = "userId", group: str = "checkout") -> Object:
    parameters = {"rollout": str(percent), "stickiness": sticky, "groupId": group}
    return {"name": "flexibleRollout", "parameters": parameters, "constraints": []}


@dataclass(frozen=True)
class Case:
    chain: Chain
    context: Context
    source: Variation
    launchdarkly: Variation


def cases() -> dict[str, list[Case]]:
    date = "2024-02-29T12:00:00Z"
    return {
        approximations.NUMBERS_AS_NUMBERS: [
            Case(split(matcher("EQUAL_NUMBER", "age", number=5)), Context("ana", {"age": "5"}), "on", "off"),
            Case(split(matcher("EQUAL_NUMBER", "age", number=5)), Context("ana", {"age": 5.0}), "off", "on"),
            Case(split(matcher("STARTS_WITH_STRING", "zip", strings=["10"])), Context("a", {"zip": 1011}), "on", "off"),
            Case(split(matcher("MATCHES_STRING", "zip", string="^[0-9]+$")), Context("ana", {"zip": 10}), "on", "off"),
            Case(unleash(default(constraint("age", "NUM_GT", "5"))), Context("ana", {"age": "7"}), True, False),
            Case(unleash(default(constraint("zip", "STR_CONTAINS", "1"))), Context("ana", {"zip": 10}), True, False),
        ],
        approximations.BOOLEANS_AS_BOOLEANS: [
            Case(split(matcher("BOOLEAN", "beta", bool=True)), Context("ana", {"beta": "tRUE"}), "on", "off"),
            Case(unleash(default(constraint("beta", "STR_CONTAINS", "ru"))), Context("a", {"beta": True}), True, False),
        ],
        approximations.DATES_IN_MS: [
            Case(
                split(matcher("ON_OR_AFTER_DATE", "seen", date=split_cases.SOME_DAY)),
                Context("ana", {"seen": str(split_cases.SOME_DAY)}),
                "on",
                "off",
            ),
            Case(
                unleash(default(constraint("seen", "DATE_AFTER", date))),
                Context("ana", {"seen": 1_800_000_000_000}),
                False,
                True,
            ),
        ],
        approximations.BUILD_METADATA: [
            Case(split(matcher("EQUAL_TO_SEMVER", "v", string="1.2.3")), Context("a", {"v": "1.2.3+7"}), "off", "on"),
            Case(split(matcher("EQUAL_TO_SEMVER", "v", string="1.2.3")), Context("a", {"v": "01.2.3"}), "on", "off"),
        ],
        approximations.ALWAYS_HAS_A_KEY: [
            Case(unleash(rollout(100)), Context(None), False, True),
            Case(unleash(default(constraint("userId", "REGEX", "."))), Context(None), False, True),
        ],
        approximations.LETTERS_BEYOND_ASCII: [
            Case(
                unleash(default(constraint("city", "STR_CONTAINS", "ß", caseInsensitive=True))),
                Context("ana", {"city": "GROẞ"}),
                True,
                False,
            ),
        ],
        approximations.MISSING_WHEN_NEGATED: [
            Case(
                unleash(
                    default(constraint("plan", "NOT_IN", "free")), rollout(1), options=Options(helper_segments=False)
                ),
                Context("user-3"),
                True,
                False,
            ),
        ],
    }  # fmt: skip


@pytest.mark.parametrize("name", cases())
def test_name_alone_explains_a_difference(name: str) -> None:
    for case in cases()[name]:
        chain, context = case.chain, case.context
        mine = chain.rebuilt[chain.flag]
        assert name in mine.approximations
        if mine.changed_users_percent is None:
            assert (chain.by_source(context), chain.by_launchdarkly(context)) == (case.source, case.launchdarkly)
        assert chain.shares(context) != chain.rebuilt_shares(context)
        assert chain.shares(context, [name]) == chain.rebuilt_shares(context)
        assert name in proved(chain.source, mine, contexts=[context]).examples


def test_rebucketed_users_are_as_many_as_said() -> None:
    chain = unleash(rollout(25))
    mine = chain.rebuilt["checkout"]
    assert {approximations.REBUCKETED, approximations.ALWAYS_HAS_A_KEY} == {*mine.approximations}
    users = [Context(f"user-{place}") for place in range(4_000)]
    changed = sum(chain.by_source(user) != chain.by_launchdarkly(user) for user in users)
    assert mine.changed_users_percent == 37.5
    assert abs(changed / len(users) - 0.375) < 4 * (0.375 * 0.625 / len(users)) ** 0.5


def test_random_becomes_sticky() -> None:
    chain = unleash(rollout(50, "random"))
    assert approximations.RANDOM_BECOMES_STICKY in chain.rebuilt["checkout"].approximations
    assert {chain.by_source(Context("ana")) for _ in range(60)} == {True, False}
    assert len({chain.by_launchdarkly(Context("ana")) for _ in range(60)}) == 1


def test_app_must_send_what_launchdarkly_does_not_fill_in() -> None:
    chain = unleash(default(constraint("appName", "IN", "shop")))
    assert chain.rebuilt["checkout"].approximations == ("app-must-send:appName",)
    assert chain.by_source(Context("ana", {"appName": "shop"}))
    assert chain.by_launchdarkly(Context("ana", {"appName": "shop"}))
    assert not chain.by_launchdarkly(Context("ana"))


def test_shared_group_reaches_other_users_in_launchdarkly() -> None:
    """Two features of one group are on for the same users in Unleash."""
    strategy = rollout(30, group="shared")
    features = [{"name": name, "enabled": True, "strategies": [strategy]} for name in ("one", "two")]
    one, two = unleash_flag(features), unleash_flag(features[::-1])
    assert isinstance(one, Chain)
    assert isinstance(two, Chain)
    assert approximations.GROUP_SHARED in one.rebuilt["one"].approximations
    users = [Context(f"user-{place}") for place in range(300)]
    assert all(one.by_source(user) == two.by_source(user) for user in users)
    assert any(one.by_launchdarkly(user) != two.by_launchdarkly(user) for user in users)


def test_segment_is_copied_today() -> None:
    chain = split({"type": "IN_SEGMENT", "string": "staff", "negate": False})
    assert chain.rebuilt["checkout"].approximations == (approximations.SEGMENT_COPIED_TODAY,)
    assert chain.by_launchdarkly(Context("ana")) == chain.by_source(Context("ana")) == "on"
    later = replace(chain.source, segments={"staff": Segment("staff")})
    assert not proved(later, chain.rebuilt["checkout"], contexts=[Context("ana")]).equal


def test_sdks_disagree_about_negations() -> None:
    definition = split(matcher("IN_LIST_STRING", "country", negate=True, strings=["DE"]))
    assert not definition.rebuilt["checkout"].approximations
    served = {}
    for sdk in ("", "python", "java"):
        raw = {**split_cases.PARENTS[0], "name": "checkout", "defaultRule": [{"treatment": "off", "size": 100}]}
        raw["rules"] = [
            {
                "condition": {
                    "matchers": [matcher("IN_LIST_STRING", "country", negate=True, strings=["DE"])],
                },
                "buckets": [{"treatment": "on", "size": 100}],
            }
        ]
        rebuilt = compiled(targeting_of(raw, sdk))
        assert rebuilt.targeting is not None
        assert (approximations.SDK_DEPENDENT_NEGATION in rebuilt.approximations) == (sdk == "")
        served[sdk] = judge({"f": rebuilt.targeting}, rebuilt.segments)("f", Context("ana"))
    assert served[""] == served["python"] != served["java"]


def test_killed_parent_fails_in_launchdarkly() -> None:
    """Split goes on with the default treatment of a killed flag."""
    chain = split(prerequisites=[{"n": "killed", "ts": ["off"]}], defaultRule=[{"treatment": "on", "size": 100}])
    assert chain.rebuilt["checkout"].approximations == (approximations.PARENT_KILLED_OR_OFF,)
    context = Context("ana")
    assert (chain.by_source(context), chain.by_launchdarkly(context)) == ("on", "off")
    assert chain.shares(context, [approximations.PARENT_KILLED_OR_OFF]) == {"off": 100}


def test_patterns_have_dialects() -> None:
    chain = unleash(default(constraint("plan", "REGEX", "^[[:alpha:]]+$")))
    assert approximations.REGEX_DIALECT in chain.rebuilt["checkout"].approximations
    context = Context("ana", {"plan": "gold"})
    assert (chain.ask_source("checkout", context), chain.by_launchdarkly(context)) == (True, False)


def test_configurations_are_lost() -> None:
    treatments = [{"name": "on", "configurations": '{"color": "red"}'}, {"name": "off"}]
    assert split(treatments=treatments).rebuilt["checkout"].approximations == (approximations.CONFIGURATION_LOST,)
