"""A plan as a file: the contract's JSON, and Markdown in which foreign text stays text."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.unit.plan_tools import READ_AT, REQUEST, flag, plan, there
from tui.net.errors import Failure, Kind
from tui.plan.documents import PlanFormat, as_json, as_markdown, file_name, save
from tui.plan.plan import UNLEASH_TELLS_NOT, Plan, PlannedFlag
from tui.sources.flags import SourceFlag, Variation, strings
from tui.targeting.losses import Lost
from tui.text.redact import MASK, Redactor

ROUTE = ("Unleash default/production", "LaunchDarkly EU web-shop")


def markdown(of: Plan, route: tuple[str, str] | None = ROUTE, loss: str = "{key} says {kind}") -> str:
    """The plan as Markdown; `loss` is the sentence on each loss of a flag."""
    explained = {
        flag.key: tuple(Lost(kind, loss.format(key=flag.key, name=flag.name, kind=kind)) for kind in flag.losses)
        for flag in (each.flag for each in of.arriving)
    }
    return as_markdown(of, explained, route)


def mixed() -> Plan:
    """One flag of each verdict, and what makes a plan long."""
    return plan(
        flag("checkout-v2", "targeting-rules", "percentage-rollout", on=True, tags=("web", "cart")),
        flag("dark-mode", variations=strings(("dark", "light"))),
        flag("taken", on=True),
        flag("gone"),
        flag("bad key", "segments", on=True),
        flag("dark-mode"),
        flag("Dark-Mode", warnings=("Its treatments are not known.",)),
        existing=there("taken", archived=["gone"]),
        notes=("A note.",),
    )


def test_plan_that_brings_nothing_says_so_in_its_notes() -> None:
    document = as_json(plan(notes=("A note.",)))
    assert document["counts"] == dict.fromkeys(("source", "import", "skip", "invalid", "lossy", "on_at_source"), 0)
    assert document["notes"] == [
        f"0 flags match. {UNLEASH_TELLS_NOT}",
        "A note.",
    ]
    exists = as_json(plan(flag("taken"), existing=there("taken")))
    assert exists["notes"] == [
        "No flag would be imported: each one already exists in the project or can't be created there."
    ]


STOPPED = "You stopped reading at Unleash flags 3 of 10."


@pytest.mark.parametrize("failure", [None, Failure(Kind.TIMEOUT, "x")])
def test_incomplete_plan_is_no_document(tmp_path: Path, failure: Failure | None) -> None:
    incomplete = plan(flag("one"), incomplete=STOPPED, failure=failure)
    for write in (lambda: as_json(incomplete), lambda: save(incomplete, tmp_path, "json", Redactor())):
        with pytest.raises(ValueError, match="incomplete"):
            write()
    assert list(tmp_path.iterdir()) == []


# --- Markdown: what it says is in the golden files


def parsed(text: str) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(text)


def test_only_imported_flags_are_to_be_made_again() -> None:
    text = markdown(mixed())
    assert "checkout-v2 says targeting-rules" in text
    assert "says segments" not in text


def hostile(text: str) -> Plan:
    """A plan with foreign text wherever a source or a project can put some."""
    made = SourceFlag(
        key="key", name=text, description=text, tags=(text,), variations=(Variation(text, text),), on=0, off=0,
        on_at_source=True, losses=("targeting-rules",), warnings=(text,),
    )  # fmt: skip
    whole = plan(made, notes=(text,))
    flags = (whole.flags[0], PlannedFlag(replace(made, key=text), whole.flags[0].verdict, text, (text,)))
    return replace(whole, flags=flags, request=replace(REQUEST, project=text, environment=text))


def of_hostile(text: str) -> str:
    return markdown(hostile(text), None, "{name}")


def formats_nothing(text: str) -> list[Token]:
    """Assert that foreign text makes no other list, table, heading or inline mark; returns the document's tokens."""
    harmless, tokens = parsed(of_hostile("x")), parsed(of_hostile(text))
    assert [token.type for token in tokens] == [token.type for token in harmless]
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    return tokens


HOSTILE = (
    "`x` | <b>b</b> [l](javascript:1) ![p](http://e/p.png) **s** _e_ ~~d~~ # h &lt; \\ $ https://e.com www.e.com",
    "1. one", "2) two", "- x", "+ x", "= x", "---", "===", "> q", "# h", "[x] done", "![a][b]", "<script>", "&copy;",
    "a\\", "``", "| a |", "***",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_formats_nothing_and_is_shown_as_it_is(text: str) -> None:
    inline = [token for token in formats_nothing(text) if token.type == "inline"]
    shown = ["".join(child.content for child in token.children or ()) for token in inline]
    assert shown.count(text) >= 4


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30))
def test_no_foreign_text_makes_another_document(text: str) -> None:
    formats_nothing(text.strip() or "x")


def test_no_address_becomes_a_link_and_no_control_character_reaches_a_file() -> None:
    text = of_hostile("see https://e.com and HTTP://e.com www.e.com a\x1b]0;x\x07b\nc")
    assert not [part for part in ("https://", "HTTP://", "www.", "\x1b") if part in text]


# --- saving


def test_saved_under_a_name_of_its_own_for_its_owner(tmp_path: Path) -> None:
    first, second = (save(mixed(), tmp_path, "md", Redactor(), route=ROUTE) for _ in range(2))
    document = save(mixed(), tmp_path, "json", Redactor())
    assert [path.name for path in (first, second, document)] == [
        "plan-unleash-web-shop-2025-11-23.md",
        "plan-unleash-web-shop-2025-11-23-2.md",
        "plan-unleash-web-shop-2025-11-23.json",
    ]
    assert first.read_text() == second.read_text()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert json.loads(document.read_text()) == as_json(mixed())


def test_no_name_leads_elsewhere() -> None:
    elsewhere = replace(plan(), request=replace(REQUEST, project="../../etc/pa sswd"), read_at=READ_AT)
    assert file_name(elsewhere, "json", Redactor()) == "plan-unleash-etc-pa-sswd-2025-11-23.json"


@pytest.mark.parametrize("form", ["md", "json"])
def test_key_that_a_source_quotes_is_taken_out(tmp_path: Path, form: PlanFormat) -> None:
    redactor = Redactor()
    redactor.add("api-canary-7d1f0c")
    text = save(plan(flag("one", name="has api-canary-7d1f0c")), tmp_path, form, redactor).read_text()
    assert "canary" not in text
    assert MASK in text
