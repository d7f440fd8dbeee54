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
from tui.plan.documents import as_json, as_markdown, file_name, save
from tui.plan.plan import Plan, PlannedFlag
from tui.sources.flags import Lost, SourceFlag, Variation, strings
from tui.text.redact import MASK, Redactor

HOSTILE = "`x` | <b>b</b> [l](javascript:1) ![p](http://e/p.png) **s** _e_ ~~d~~ # h &lt; \\ $ https://e.com www.e.com"
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


def test_the_document_of_the_contract() -> None:
    document = as_json(mixed())
    assert json.loads(json.dumps(document)) == document
    assert list(document) == ["integration", "project", "environment", "counts", "flags", "notes"]
    assert document["counts"] == {"source": 7, "import": 3, "skip": 2, "invalid": 2, "lossy": 1, "on_at_source": 1}
    flags = document["flags"]
    assert isinstance(flags, list)
    assert flags[0] == {
        "key": "checkout-v2",
        "name": "checkout-v2",
        "verdict": "import",
        "reason": "",
        "on_at_source": True,
        "variations": ["on", "off"],
        "tags": ["web", "cart"],
        "losses": ["percentage-rollout", "targeting-rules"],
        "warnings": [],
    }
    assert [each["verdict"] for each in flags] == [
        "import", "import", "skip-exists", "skip-archived", "invalid-key", "duplicate", "import",
    ]  # fmt: skip
    assert [each["tags"] for each in flags[1:]] == [None] * 6
    assert flags[1]["variations"] == ["dark", "light"]
    assert flags[2]["reason"] == "made there 2 Mar 2025"
    assert flags[6]["warnings"] == ["Its treatments are not known.", "Differs by case alone from dark-mode."]
    assert (document["project"], document["environment"]) == ("web-shop", "production")
    assert document["notes"] == ["A note."]


def test_a_plan_that_brings_nothing_says_so_in_its_notes() -> None:
    document = as_json(plan(notes=("A note.",)))
    assert document["counts"] == dict.fromkeys(("source", "import", "skip", "invalid", "lossy", "on_at_source"), 0)
    assert document["notes"] == [
        "0 flags match. Unleash answers the same for a project or tag that does not exist.",
        "A note.",
    ]
    exists = as_json(plan(flag("taken"), existing=there("taken")))
    assert "Nothing would arrive: " in str(exists["notes"])


STOPPED = "You stopped the reading at Unleash flags 3 of 10."


def test_a_plan_that_is_not_whole_is_no_document(tmp_path: Path) -> None:
    for more in ({"incomplete": STOPPED}, {"incomplete": "x", "failure": Failure(Kind.TIMEOUT, "x")}):
        with pytest.raises(ValueError, match="not complete"):
            as_json(plan(flag("one"), **more))
        with pytest.raises(ValueError, match="not complete"):
            save(plan(flag("one"), **more), tmp_path, "json", Redactor())
    assert list(tmp_path.iterdir()) == []


# --- Markdown


def parsed(text: str) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(text)


def texts(tokens: list[Token]) -> list[str]:
    return [token.content for token in tokens if token.type == "inline"]


def test_the_markdown_says_what_arrives_what_is_lost_and_what_to_switch_on() -> None:
    text = markdown(mixed())
    lines = text.splitlines()
    assert lines[0] == "# Plan of an import from Unleash default/production to LaunchDarkly EU web-shop"
    assert "7 flags at the source, 2 keys in web-shop. Read in full, 23 Nov 14:02:11." in lines[2]
    for line in (
        "- 3 arrive",
        "- 2 cannot: 1 bad key, 1 duplicate",
        "- 1 of the 3 loses something",
        "## What will not come",
        "## Arrives (3)",
        "It is made in LaunchDarkly, switched off in every environment.",
        "## Exists (1)",
        "## Bad key (1)",
        "## To be made again by hand (1)",
        "- [ ] **targeting-rules** checkout-v2 says targeting-rules",
        "## To be switched on when you cut over (1)",
        "- [ ] checkout-v2",
        "- A note.",
    ):
        assert line in lines, line
    row = next(line for line in lines if line.startswith("| checkout-v2 "))
    assert row == (
        "| checkout-v2 | checkout-v2 | ON | boolean: on = true, off = false | percentage-rollout, targeting-rules |  |"
    )
    tables = [token for token in parsed(text) if token.type == "table_open"]
    assert len(tables) == 6
    assert "says segments" not in text, "a flag that does not arrive has nothing to be made again"


def test_without_a_route_the_request_tells_where() -> None:
    first = markdown(plan(), None).splitlines()[0]
    assert first == "# Plan of an import from unleash production to LaunchDarkly EU web-shop"


def test_a_plan_that_is_not_complete_says_so_first() -> None:
    text = markdown(plan(flag("one"), incomplete=STOPPED, announced=10))
    assert text.startswith("# NOT COMPLETE: Plan of an import from ")
    assert f"**This plan is not complete.** {STOPPED}" in text
    assert "NOT COMPLETE: 1 of 10 flags" in text


def hostile(text: str) -> Plan:
    """A plan with foreign text wherever a source or a project can put some."""
    made = SourceFlag(
        key="key",
        name=text,
        description=text,
        tags=(text,),
        variations=(Variation(text, text),),
        on=0,
        off=0,
        on_at_source=True,
        losses=("targeting-rules",),
        warnings=(text,),
    )
    whole = plan(made, notes=(text,))
    flags = (whole.flags[0], PlannedFlag(replace(made, key=text), whole.flags[0].verdict, text, (text,)))
    return replace(whole, flags=flags, request=replace(REQUEST, project=text, environment=text))


def of_hostile(text: str) -> str:
    return markdown(hostile(text), None, "{name}")


_OURS = {"text", "strong_open", "strong_close", "softbreak"}


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "1. one",
        "2) two",
        "- x",
        "+ x",
        "= x",
        "---",
        "===",
        "> q",
        "# h",
        "[x] done",
        "![a][b]",
        "<script>",
        "&copy;",
        "a\\",
        "``",
        "| a |",
        "***",
    ],
)
def test_foreign_text_formats_nothing(text: str) -> None:
    harmless, told = (of_hostile(each) for each in ("x", text))
    plain, shaped = parsed(harmless), parsed(told)
    assert [token.type for token in shaped] == [token.type for token in plain], "another list, table or heading"
    kinds = {child.type for token in shaped for child in token.children or ()} - {"text_special"}
    assert kinds <= _OURS
    shown = ["".join(child.content for child in token.children or ()) for token in shaped if token.type == "inline"]
    assert shown.count(text) >= 4, "it is shown as it is"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30))
def test_no_foreign_text_makes_another_document(text: str) -> None:
    words = text.strip() or "x"
    plain, shaped = (parsed(of_hostile(each)) for each in ("x", words))
    assert [token.type for token in shaped] == [token.type for token in plain]
    assert {child.type for token in shaped for child in token.children or ()} - {"text_special"} <= _OURS


def test_no_address_becomes_a_link() -> None:
    assert "https://" not in of_hostile("see https://e.com and HTTP://e.com")
    assert "www." not in of_hostile("www.e.com")


def test_control_characters_do_not_reach_a_file() -> None:
    assert "\x1b" not in of_hostile("a\x1b]0;x\x07b\nc")


# --- saving


def test_saved_under_a_name_of_its_own_for_its_owner(tmp_path: Path) -> None:
    first, second = (save(mixed(), tmp_path, "md", Redactor(), route=ROUTE) for _ in range(2))
    document = save(mixed(), tmp_path, "json", Redactor())
    assert [path.name for path in (first, second, document)] == [
        "plan-unleash-web-shop-23-Nov.md",
        "plan-unleash-web-shop-23-Nov-2.md",
        "plan-unleash-web-shop-23-Nov.json",
    ]
    assert first.read_text() == second.read_text()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert json.loads(document.read_text()) == as_json(mixed())


def test_no_name_leads_elsewhere() -> None:
    elsewhere = replace(plan(), request=replace(REQUEST, project="../../etc/pa sswd"), read_at=READ_AT)
    assert file_name(elsewhere, "json", Redactor()) == "plan-unleash-etc-pa-sswd-23-Nov.json"


def test_a_key_that_a_source_quotes_is_taken_out(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add("api-canary-7d1f0c")
    quoting = plan(flag("one", name="has api-canary-7d1f0c"))
    for path in (save(quoting, tmp_path, "md", redactor), save(quoting, tmp_path, "json", redactor)):
        text = path.read_text()
        assert "canary" not in text
        assert MASK in text
