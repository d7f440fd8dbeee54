"""What commands print: plans fit into the terminal, and nothing shows a known key."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan_tools import flag, plan, there
from tui.commands.output import Output, table
from tui.commands.plan import plan_lines
from tui.net.errors import Failure, Kind
from tui.plan.plan import Plan, Verdict
from tui.plan.words import KINDS, MEANINGS
from tui.sources.flags import SourceFlag
from tui.targeting.losses import Lost
from tui.text.cells import cells
from tui.text.redact import MASK, Redactor

ROUTE = ("Unleash default/production", "LaunchDarkly EU web-shop")


def explained(of: SourceFlag) -> tuple[Lost, ...]:
    return tuple(Lost(kind, f"{of.name} and a sentence that goes on and on over the line") for kind in of.losses)


def lines(made: Plan, width: int | None = None) -> list[str]:
    return list(plan_lines(made, ROUTE, {each.flag.key: explained(each.flag) for each in made.arriving}, width))


def test_the_sum_comes_first_and_each_flag_with_what_it_loses() -> None:
    made = plan(
        flag("checkout-v2", "segments", "targeting-rules", on=True, warnings=("A warning.",)),
        flag("dark-mode"),
        flag("taken", "segments", on=True),
        flag("a b"),
        existing=there("taken"),
        notes=("A note.",),
    )
    sentence = "checkout-v2 and a sentence that goes on and on over the line"
    assert lines(made) == [
        "Unleash default/production -> LaunchDarkly EU web-shop",
        "2 of 4 flags will be imported into web-shop",
        "Read in full on 23 Nov 14:02:11. Nothing has been changed.",
        "",
        "+ 2 to import",
        ". 1 already exists",
        "x 1 can't be imported: 1 invalid key",
        "! 1 flag loses targeting: segments 1, targeting rules 1",
        "! 1 flag is on now and off after the import",
        "",
        "Not imported: rebuild manually in LaunchDarkly",
        f"  segments             1  {KINDS['segments']}",
        f"  targeting rules      1  {KINDS['targeting-rules']}",
        "",
        "On in the source, off in LaunchDarkly until you turn them on (1)",
        "  checkout-v2",
        '      - serves "on" when on',
        "      - rebuild first: segments, targeting rules",
        "",
        f"Import (2): {MEANINGS[Verdict.IMPORT]}",
        "  + checkout-v2  ON   segments, targeting-rules",
        "      ! A warning.",
        f"      - segments: {sentence}",
        f"      - targeting-rules: {sentence}",
        "  + dark-mode    off",
        "",
        f"Exists (1): {MEANINGS[Verdict.SKIP_EXISTS]}",
        "  . taken  ON   created 2 Mar 2025",
        "",
        f"Invalid key (1): {MEANINGS[Verdict.INVALID_KEY]}",
        '  x a b  off  " " is not allowed in a key',
        "",
        "Notes",
        "  A note.",
    ]


def test_nothing_at_the_source_is_said() -> None:
    title, note = lines(plan())[-2:]
    assert title == "Notes"
    assert note.startswith("  0 flags match. Unleash gives the same response")


@given(
    st.lists(st.text(st.sampled_from("ab 日\u0301-~\x1b"), min_size=1, max_size=120), min_size=1, max_size=4),
    st.integers(40, 100),
)
def test_no_line_is_wider_than_the_terminal(words: list[str], width: int) -> None:
    flags = [flag(f"{text}{place}", "segments", on=True, warnings=(text,)) for place, text in enumerate(words)]
    shown = lines(plan(*flags, notes=(words[0],)), width)
    assert max(map(cells, shown)) <= width
    assert all(line.isprintable() for line in shown)


# --- the two streams


@pytest.mark.parametrize("as_json", [False, True])
def test_what_goes_out_has_no_known_key_in_it(as_json: bool) -> None:
    redactor, out, err = Redactor(), io.StringIO(), io.StringIO()
    redactor.add("canary-7d1f0c-of-a-key")
    output = Output(as_json, out, err, redactor)
    output.line("a canary-7d1f0c-of-a-key")
    output.say("b canary-7d1f0c-of-a-key")
    output.document({"c": ["canary-7d1f0c-of-a-key"]})
    failure = Failure(Kind.CONFLICT, "d canary-7d1f0c-of-a-key.", "why", status_code=409, field="ldTag")
    assert output.fail(failure) == 4
    assert "canary" not in out.getvalue() + err.getvalue()
    assert f"a {MASK}" in out.getvalue()
    assert (err.getvalue().endswith(f"d {MASK}. why\n")) == (not as_json)


def test_table_cuts_long_cells_and_shows_empty_ones() -> None:
    assert list(table([("NAME", "TAGS"), ("x" * 50, ""), ("日本", "a")])) == [
        f"{'NAME':<40}  TAGS",
        f"{'x' * 39}…  -",
        f"日本{' ' * 36}  a",
    ]
