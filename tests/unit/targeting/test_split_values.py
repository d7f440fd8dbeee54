"""Values as Split compares them, and as LaunchDarkly does where a name takes it for granted."""

from __future__ import annotations

import pytest

from tui.targeting.approximations import BOOLEANS_AS_BOOLEANS, BUILD_METADATA, DATES_IN_MS, NUMBERS_AS_NUMBERS
from tui.targeting.model import Operator, Test, Value
from tui.targeting.split_values import DAY, MINUTE, holds, is_strict, twin, version, window

NOON = 1_700_000_000_000 - 1_700_000_000_000 % DAY + DAY // 2
"""12:00:00.000 UTC of a day."""

Values = tuple[Value, ...]

# An operator, its values, a value of a context, what Split says, what LaunchDarkly says.
CASES: list[tuple[Operator, Values, Value | Values, bool, bool]] = [
    (Operator.IN, ("5",), 5, True, True),
    (Operator.IN, ("5",), 5.0, False, True),
    (Operator.IN, ("5.0",), 5.0, True, False),
    (Operator.IN, ("2.5",), 2.5, True, True),
    (Operator.IN, ("1",), True, False, False),
    (Operator.IN, ("true",), True, True, True),
    (Operator.IN, ("true",), 1, False, False),
    (Operator.IN, ("True",), True, False, False),
    (Operator.IN, ("a",), ("a",), False, True),
    (Operator.IN, ('["a"]',), ("a",), True, False),
    (Operator.IN, (), "a", False, False),
    (Operator.STARTS_WITH, ("5",), 57, True, False),
    (Operator.ENDS_WITH, ("",), "a", True, True),
    (Operator.CONTAINS, ("b",), ("abc", 5), True, True),
    (Operator.MATCHES, ("^b",), "abc", False, False),
    (Operator.MATCHES, ("(",), "(", False, False),
    (Operator.HAS_ANY, ("a",), "ab", True, False),
    (Operator.HAS_ANY, ("a",), "a", True, True),
    (Operator.HAS_ANY, ("5",), (5,), False, False),
    (Operator.HAS_ALL, ("a", "b"), ("b", "c", "a"), True, True),
    (Operator.HAS_ALL, ("a", "b"), ("a",), False, False),
    (Operator.SET_EQUALS, ("a", "b"), ("b", "a", "a"), True, True),
    (Operator.SET_EQUALS, ("a",), ("a", "b"), False, False),
    (Operator.HAS_ALL, ("a", "b"), ("a", "b"), True, True),
    (Operator.PART_OF, ("a", "b"), (), False, False),
    (Operator.PART_OF, ("a", "b"), ("a", "b"), True, True),
    (Operator.PART_OF, ("a", "b"), ("b",), True, True),
    (Operator.PART_OF, ("a", "b"), ("b", "c"), False, False),
    (Operator.PART_OF, ("a", "b"), 5, False, False),
    (Operator.NUMBER_IS, (5,), "5", True, False),
    (Operator.NUMBER_IS, (5,), " 5 ", True, False),
    (Operator.NUMBER_IS, (5,), "5.0", False, False),
    (Operator.NUMBER_IS, (1,), True, False, False),
    (Operator.NUMBER_AT_LEAST, (0,), True, False, False),
    (Operator.NUMBER_AT_LEAST, (5,), 5, True, True),
    (Operator.NUMBER_AT_MOST, (5,), (6, 5), False, True),
    (Operator.NUMBER_AT_MOST, (5,), 4.5, False, True),
    (Operator.NUMBER_BETWEEN, (1, 5), 5, True, True),
    (Operator.NUMBER_BETWEEN, (1, 5), 1, True, True),
    (Operator.NUMBER_BETWEEN, (1, 5), 0, False, False),
    (Operator.NUMBER_BETWEEN, (1, 5), 6, False, False),
    (Operator.NUMBER_BETWEEN, (5, 1), 3, False, False),
    (Operator.NUMBER_IS, (), 5, False, False),
    (Operator.IS_TRUE_OR_FALSE, (True,), "TrUe", True, False),
    (Operator.IS_TRUE_OR_FALSE, (True,), " true ", True, False),
    (Operator.IS_TRUE_OR_FALSE, (True,), "True", True, True),
    (Operator.IS_TRUE_OR_FALSE, (False,), "FALSE", True, True),
    (Operator.IS_TRUE_OR_FALSE, (True,), 1, False, False),
    (Operator.IS_TRUE_OR_FALSE, (True,), "1", False, False),
    (Operator.IS_TRUE_OR_FALSE, (True,), "[" * 100_000, False, False),
    (Operator.IS_TRUE_OR_FALSE, (False,), (True, False), False, True),
    (Operator.DATE_ON, (NOON,), NOON - DAY // 2, True, True),
    (Operator.DATE_ON, (NOON,), NOON - DAY // 2 - 1, False, False),
    (Operator.DATE_ON, (NOON,), NOON + DAY // 2 - 1, True, True),
    (Operator.DATE_ON, (NOON,), NOON + DAY // 2, False, False),
    (Operator.DATE_ON, (NOON,), float(NOON), False, True),
    (Operator.DATE_ON, (0,), True, False, False),
    (Operator.DATE_FROM, (NOON + 59_999,), NOON, True, True),
    (Operator.DATE_FROM, (NOON,), NOON - 1, False, False),
    (Operator.DATE_FROM, (NOON,), NOON - 0.5, False, True),
    (Operator.DATE_UNTIL, (NOON,), NOON + 59_999, True, True),
    (Operator.DATE_UNTIL, (NOON,), NOON + MINUTE, False, False),
    (Operator.DATE_UNTIL, (NOON,), str(NOON), True, False),
    (Operator.DATE_BETWEEN, (NOON, NOON + MINUTE), NOON + 2 * MINUTE - 1, True, True),
    (Operator.DATE_BETWEEN, (NOON, NOON + MINUTE), NOON + 2 * MINUTE, False, False),
    (Operator.DATE_ON, (NOON,), "2023-11-14T00:00:00Z", False, True),
    (Operator.DATE_ON, (NOON,), "2023-11-14T23:59:59.999+00:00", False, True),
    (Operator.DATE_ON, (NOON,), "2023-11-15T00:59:59+01:00", False, True),
    (Operator.DATE_ON, (NOON,), "2023-11-14", False, False),
    (Operator.DATE_ON, (NOON,), "2023-13-14T00:00:00Z", False, False),
    (Operator.DATE_ON, (NOON,), (NOON, 5), False, True),
    (Operator.VERSION_IS, ("1.2.3",), "1.2.3+7", False, True),
    (Operator.VERSION_IS, ("1.2.3+7",), "1.2.3+7", True, True),
    (Operator.VERSION_IS, ("1.2.3",), "01.2.3", True, False),
    (Operator.VERSION_IS, ("1.2.3-1",), "1.2.3-01", True, False),
    (Operator.VERSION_IS, ("1.2.3", "2.0.0"), "2.0.0", True, True),
    (Operator.VERSION_IS, ("1.2.3",), 1.2, False, False),
    (Operator.VERSION_IS, ("1.2.3",), ("1.2.3",), False, True),
    (Operator.VERSION_IS, ("01.2.3", "2.0.0"), "2.0.0", True, True),
    (Operator.VERSION_AT_LEAST, ("01.2.3",), "2.0.0", True, False),
    (Operator.VERSION_AT_LEAST, ("1.2.3-alpha",), "1.2.3-1", False, False),
    (Operator.VERSION_AT_LEAST, ("1.2.3--a",), "1.2.3-1", True, False),
    (Operator.VERSION_AT_MOST, ("1.2.3--a",), "1.2.3-1", False, True),
    (Operator.VERSION_AT_LEAST, ("1.2.3-1",), "1.2.3--a", False, True),
    (Operator.VERSION_AT_LEAST, ("1.2.3-9",), "1.2.3-10", True, True),
    (Operator.VERSION_AT_LEAST, ("1.2.3",), "1.2.3", True, True),
    (Operator.VERSION_AT_LEAST, ("1.2.3-a",), "1.2.3", True, True),
    (Operator.VERSION_AT_LEAST, ("1.2.3",), "1.2.3-a", False, False),
    (Operator.VERSION_AT_LEAST, ("1.2.3-a.b",), "1.2.3-a", False, False),
    (Operator.VERSION_AT_MOST, ("1.2.3-a.b",), "1.2.3-a", True, True),
    (Operator.VERSION_AT_MOST, ("1.2.3",), "1.2.3+7", True, True),
    (Operator.VERSION_BETWEEN, ("1.2.3", "2.0.0"), "2.0.0", True, True),
    (Operator.VERSION_BETWEEN, ("1.2.3", "2.0.0"), "1.2.3", True, True),
    (Operator.VERSION_BETWEEN, ("1.2.3", "2.0.0"), "2.0.1", False, False),
    (Operator.VERSION_BETWEEN, ("1.2.3", "2.0.0"), "1.2.2", False, False),
    (Operator.VERSION_BETWEEN, ("1.2.3", "x"), "1.5.0", False, False),
    (Operator.VERSION_AT_LEAST, (), "1.5.0", False, False),
    (Operator.IS_PRESENT, (), False, True, True),
    (Operator.IN_NETWORK, ("10.0.0.0/8",), "10.0.0.1", False, False),
]


@pytest.mark.parametrize(("operator", "values", "value", "split", "launchdarkly"), CASES)
def test_values_as_both_compare_them(
    operator: Operator, values: Values, value: Value | Values, split: bool, launchdarkly: bool
) -> None:
    test = Test("a", operator, values, negated=True)
    assert holds(test, value) is split
    names = (NUMBERS_AS_NUMBERS, BOOLEANS_AS_BOOLEANS, DATES_IN_MS, BUILD_METADATA)
    assert holds(test, value, names) is launchdarkly


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5), ("-3", -3), ("2.5", 2.5), ("true", True), ("false", False), ("5.0", None), ("05", None), ("+5", None),
        ("1e5", None), ("1e-07", None), ("NaN", None), ("Infinity", None), ("True", None), ("", None), ("null", None),
        ('"a"', None), ("[" * 100_000, None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_twin_of_a_text(text: str, expected: Value | None) -> None:
    found = twin(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "is_version", "strict"),
    [
        ("1.2.3", True, True), ("0.0.0", True, True), ("1.2.3-a.1+b.2", True, True), ("1.2.3-a-b.0a", True, True),
        ("01.2.3", True, False), (" 1.2.3", True, False), ("1.2.3-a.01", True, False), ("1.2.3+a+b", True, False),
        ("1.2", False, False), ("1.2.3.4", False, False), ("v1.2.3", False, False), ("1.2.3-", False, False),
        ("1.2.3+", False, False), ("1.2.3-²", False, False), ("", False, False), ("1.2.3-a..b", True, False),
    ],
)  # fmt: skip
def test_versions(text: str, is_version: bool, strict: bool) -> None:
    assert (version(text) is not None, is_strict(text)) == (is_version, strict)


def test_window_of_dates() -> None:
    minute = Test("a", Operator.DATE_BETWEEN, (NOON + 1, NOON + MINUTE + 1))
    assert window(minute) == (NOON, NOON + 2 * MINUTE)
    assert window(Test("a", Operator.DATE_ON, (NOON,))) == (NOON - DAY // 2, NOON + DAY // 2)
    assert window(Test("a", Operator.DATE_FROM, (NOON + 5,))) == (NOON, None)
    assert window(Test("a", Operator.DATE_UNTIL, (NOON + 5,))) == (None, NOON + MINUTE)
    empty = Test("a", Operator.DATE_FROM)
    assert not any(holds(empty, moment) for moment in (-1, 0, 1))
