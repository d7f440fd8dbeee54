"""The verdict on each flag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan_tools import READ_AT, flag, plan, there
from tui.launchdarkly.models import NamingConvention
from tui.plan import words as plan_words
from tui.plan.conventions import bad_key, breaks, not_understood
from tui.plan.plan import FRESH_SECONDS, Counts, Verdict, decide

KEBAB = NamingConvention(case="kebabCase")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("checkout-v2", ""),
        ("7up", ""),
        ("A.b_c-D", ""),
        ("x" * 256, ""),
        ("x" * 257, "257 characters (maximum 256)"),
        ("promo~summer", '"~" is not allowed in a key'),
        ("a b/c", '" /" is not allowed in a key'),
        ("_legacy", 'starts with "_", not with a letter or digit'),
        ("-x", 'starts with "-", not with a letter or digit'),
        (".x", 'starts with ".", not with a letter or digit'),
        ("ümlaut", 'starts with "ü", not with a letter or digit'),
        ("naïve", '"ï" is not allowed in a key'),
        ("a\x1bb", '"\ufffd" is not allowed in a key'),
        ("", "it has no name"),
    ],
)
def test_keys_that_no_flag_can_have(key: str, said: str) -> None:
    assert bad_key(key) == said


@pytest.mark.parametrize(
    ("case", "prefix", "keeps", "fails"),
    [
        ("kebabCase", "", ("a", "checkout-v2", "2-x"), ("checkout_v2", "Checkout", "a--b", "a-", "a.b")),
        ("snakeCase", "", ("a", "checkout_v2"), ("checkout-v2", "checkoutV2")),
        ("camelCase", "", ("a", "checkoutV2"), ("CheckoutV2", "checkout-v2", "2x")),
        ("upperCamelCase", "", ("A", "CheckoutV2"), ("checkoutV2", "Checkout_v2")),
        ("constantCase", "", ("A", "CHECKOUT_V2"), ("Checkout_V2", "CHECKOUT-V2")),
        ("", "team-", ("team-X", "team-a.b"), ("x", "Team-x")),
        ("kebabCase", "team.", ("team.a-b",), ("a-b", "team.aB", "team.")),
    ],
)
def test_conventions(case: str, prefix: str, keeps: tuple[str, ...], fails: tuple[str, ...]) -> None:
    convention = NamingConvention(case=case, prefix=prefix)
    assert [key for key in keeps if breaks(key, convention)] == []
    assert [key for key in fails if not breaks(key, convention)] == []


def test_a_convention_that_is_not_known_here_stops_nothing_and_is_said() -> None:
    odd = NamingConvention(case="trainCase")
    assert breaks("Any_thing", odd) == ""
    assert "trainCase" in not_understood(odd)
    assert not_understood(KEBAB) == not_understood(None) == not_understood(NamingConvention(prefix="x")) == ""


def test_every_verdict_with_its_reason() -> None:
    flags = [flag(key) for key in ("new", "old", "gone", "a~b", "new", "Not_Kebab")]
    made = decide(flags, there("old", archived=["gone"]), KEBAB)
    assert [(each.flag.key, each.verdict.value, each.reason) for each in made] == [
        ("new", "import", ""),
        ("old", "skip-exists", "created 2 Mar 2025"),
        ("gone", "skip-archived", "archived in the project; its key is still taken"),
        ("a~b", "invalid-key", '"~" is not allowed in a key'),
        ("new", "duplicate", "the source lists this name twice; only the first is imported"),
        ("Not_Kebab", "breaks-convention", "not in kebab-case"),
    ]


def test_existing_flag_is_skipped_whatever_the_convention_and_has_no_warning() -> None:
    hurts = flag("Old_Key", on=True, cut_over_warning="Turning this on takes something away.")
    (made,) = decide([hurts], there("Old_Key"), KEBAB)
    assert (made.verdict, made.warnings, made.cut_over_warning) == (Verdict.SKIP_EXISTS, (), "")


def test_names_that_differ_by_case_alone_arrive_with_a_warning() -> None:
    made = decide([flag("Search"), flag("search"), flag("other"), flag("Kept")], there("KEPT"), None)
    assert [each.verdict for each in made] == [Verdict.IMPORT] * 4
    assert [each.warnings for each in made] == [
        ("Differs only in case from search.",),
        ("Differs only in case from Search.",),
        (),
        ("Differs only in case from KEPT.",),
    ]


def test_a_twin_of_one_that_does_not_arrive_is_warned_of_once() -> None:
    made = decide([flag("key"), flag("KEY")], there("KEY"), None)
    assert [each.warnings for each in made] == [("Differs only in case from KEY.",), ()]


def test_counts_and_losses_are_of_flags_that_arrive() -> None:
    made = plan(
        flag("a", "segments", "constraints", on=True),
        flag("b", "segments"),
        flag("c", on=True),
        flag("old", "prerequisites", on=True),
        flag("a~", "segments", on=True),
        existing=there("old", "else", archived=["gone"]),
    )
    assert made.counts == Counts(source=5, arrive=3, skip=1, invalid=1, lossy=2, on_at_source=2)
    assert list(made.losses.items()) == [("segments", 2), ("constraints", 1)]
    assert made.keys == 3
    assert [each.flag.key for each in made.flags if each.goes_off] == ["a", "c"]


def test_a_plan_gets_out_of_date() -> None:
    made = plan(flag("a"))
    assert not made.is_old(READ_AT + FRESH_SECONDS)
    assert made.is_old(READ_AT + FRESH_SECONDS + 1)


def test_the_symbol_of_a_note_repeats_its_words() -> None:
    assert plan_words.note("Can't read flag tags with an SDK key.")[0] == "unknown"
    assert plan_words.note("The SDK key reads web-shop as well.")[0] == "warning"


keys = st.text(st.sampled_from("aAbB1-_.~ "), max_size=4)


@given(
    source=st.lists(keys, max_size=12),
    live=st.sets(keys, max_size=6),
    archived=st.sets(keys, max_size=6),
    convention=st.sampled_from([None, KEBAB, NamingConvention(prefix="a")]),
)
def test_every_flag_gets_one_verdict_and_numbers_add_up(
    source: list[str], live: set[str], archived: set[str], convention: NamingConvention | None
) -> None:
    existing = there(*live, archived=archived - live)
    made = plan(*(flag(key) for key in source), existing=existing, convention=convention)
    assert [each.flag.key for each in made.flags] == source
    counts = made.counts
    assert counts.arrive + counts.skip + counts.invalid == counts.source == len(source)
    arriving = [each.flag.key for each in made.arriving]
    assert len(set(arriving)) == len(arriving)
    assert not set(arriving) & set(existing)
    assert all(not bad_key(key) and not breaks(key, convention) for key in arriving)
    assert all(bool(each.reason) is not each.arrives for each in made.flags)
