"""`ld-flag-import rebuild --dry-run`: what it shows, which flags it takes, and that nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Ran, Recipe, recipe_in
from tests.unit.rebuild_tools import writes
from tui.commands import rebuild
from tui.commands.command_line import ACCEPTABLE
from tui.sandbox import split as split_server
from tui.sandbox.company import Company, CompanyFlag, Segment
from tui.sandbox.keys import SPLIT_KEYS
from tui.sandbox.server import Sandbox
from tui.targeting.approximations import SENTENCES

FLAG = [
    "key", "grade", "approximations", "reasons", "changed_users_percent", "segments", "instructions", "proof", "state",
]  # fmt: skip


def dry(recipe: Recipe, **options: Any) -> Ran:
    return recipe.run(rebuild.run, **{"dry_run": True, "yes": False, "environment": "production", **options})


def flags(ran: Ran) -> dict[str, dict[str, Any]]:
    (document,) = ran.lines
    return {flag["key"]: flag for flag in document["flags"]}


def text(recipe: Recipe, extra: str) -> None:
    recipe.path.write_text(f"{recipe.path.read_text()}\n[rebuild]\n{extra}\n")


def test_document_is_as_documented_and_nothing_is_sent(imported: Recipe, box: Sandbox) -> None:
    before = writes(box)
    ran = dry(imported)
    (document,) = ran.lines
    assert (ran.code, ran.err, writes(box)) == (0, "", before)
    assert [*document] == [
        "integration", "project", "source_environment", "environment", "counts", "flags", "notes",
    ]  # fmt: skip
    assert (document["integration"], document["environment"]) == (imported.integration, "production")
    counts = document["counts"]
    assert [*counts] == ["flags", "faithful", "approximate", "by_hand", "applied"]
    assert counts["faithful"] + counts["approximate"] + counts["by_hand"] == counts["flags"]
    assert counts["flags"] == len(imported.journal.keys)
    assert min(counts["faithful"], counts["approximate"], counts["by_hand"]) > 0
    assert counts["applied"] == 0
    for flag in document["flags"]:
        assert [*flag] == FLAG
        assert [*flag["proof"]] == ["contexts", "equal", "explained", "different"]
        assert (flag["grade"] == "by-hand") is bool(flag["reasons"]) is not bool(flag["instructions"])
        assert (flag["state"] == "planned") is (flag["grade"] == "faithful")
        assert flag["proof"]["different"] == 0
        assert flag["proof"]["contexts"] == flag["proof"]["equal"] + flag["proof"]["explained"]


def ids(box: Sandbox, recipe: Recipe, key: str) -> list[str]:
    from tests.unit.sandbox_tools import launchdarkly

    with launchdarkly(box) as client:
        shape = client.get(f"/api/v2/flags/web-shop/{key}").json()
    return [variation["_id"] for variation in shape["variations"]]


def test_instructions_name_the_variations_of_launchdarkly(split: Recipe, box: Sandbox) -> None:
    on, off = ids(box, split, "checkout-v2")
    flag = flags(dry(split, accept=("rebucketed",)))["checkout-v2"]
    assert (flag["grade"], flag["approximations"], flag["state"]) == ("approximate", ["rebucketed"], "planned")
    assert flag["changed_users_percent"] == 37.5
    clause = {"contextKind": "user", "attribute": "country", "op": "in", "negate": False, "values": ["DE", "AT", "CH"]}
    weights = {on: 25_000, off: 75_000}
    assert flag["instructions"] == [
        {"kind": "updateOffVariation", "variationId": off},
        {"kind": "addRule", "clauses": [clause], "variationId": on},
        {"kind": "updateFallthroughVariationOrRollout", "rolloutContextKind": "user", "rolloutWeights": weights},
    ]


def test_segments_are_shown_with_their_content(split: Recipe) -> None:
    found = flags(dry(split))
    (beta,) = found["beta-search"]["segments"]
    assert (beta["included"], beta["rules"]) == (["u-1041", "u-2207", "u-3310"], [])
    assert found["pickup-points"]["segments"] == [beta]
    assert found["beta-search"]["approximations"] == ["segment-copied-today"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [("paywall", "(402)"), ("forbidden", "(403)"), ("missing", "(404)"), ("broken", "(500)")],
)
def test_segments_that_cant_be_read_leave_their_flags_by_hand(
    split: Recipe, box: Sandbox, fault: str, status: str
) -> None:
    box.set_fault(f"split-segments-{fault}")
    found = flags(dry(split))
    for key in ("beta-search", "wholesale-prices", "barcode-scan"):
        assert found[key]["grade"] == "by-hand", key
        assert status in str(found[key]["reasons"])
    assert found["address-lookup"]["grade"] == "faithful"


def test_recipe_names_environment_and_accepted_approximations(split: Recipe) -> None:
    text(split, 'environment = "staging"\naccept = ["segment-copied-today"]\nsource_sdk = "python"')
    ran = dry(split, environment="")
    assert ran.lines[0]["environment"] == "staging"
    assert "need an approval" in str(ran.lines[0]["notes"])
    found = flags(ran)
    assert (found["beta-search"]["state"], found["checkout-v2"]["state"]) == ("planned", "skipped")
    assert found["shipping-estimate"]["approximations"] == ["rebucketed"]
    assert dry(split, environment="production").lines[0]["environment"] == "production"


def test_without_helper_segments_negation_is_approximate(split: Recipe) -> None:
    text(split, 'helper_segments = false\nsource_sdk = "python"')
    assert flags(dry(split))["shipping-estimate"]["approximations"] == ["rebucketed", "missing-when-negated"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"environment": ""}, "rebuild.environment is missing."),
        ({"environment": "no such"}, "--environment isn't the key of a LaunchDarkly environment."),
        ({"accept": ("rebuckted",)}, "--accept isn't a known approximation. Did you mean rebucketed?"),
        ({"flags": ("nope",)}, "This import has no flag with the key nope."),
    ],
)
def test_wrong_options_are_refused_before_anything_is_sent(
    split: Recipe, box: Sandbox, options: Mapping[str, Any], words: str
) -> None:
    sent = len(box.requests)
    ran = dry(split, **options)
    assert (ran.code, ran.lines[0]["kind"], len(box.requests)) == (2, "recipe", sent)
    assert words in ran.lines[0]["message"]


def test_an_environment_that_is_not_there_is_named(split: Recipe) -> None:
    ran = dry(split, environment="nowhere")
    assert (ran.code, ran.lines[0]["kind"]) == (4, "not-found")
    assert "no environment nowhere" in ran.lines[0]["message"]


# Which flags


def test_without_a_journal_flags_must_be_named(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path, "split")
    ran = dry(recipe)
    assert (ran.code, ran.lines[0]["kind"]) == (2, "recipe")
    assert "--adopt" in ran.lines[0]["advice"]


def test_a_flag_of_another_import_can_be_adopted(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path, "split")
    box.colleague().create("checkout-v2", variations=(("off", ""), ("on", "")))
    ran = dry(recipe, adopt=("checkout-v2", "gone"), accept=("rebucketed",))
    found = flags(ran)
    off, on = ids(box, recipe, "checkout-v2")
    assert found["checkout-v2"]["state"] == "planned"
    assert found["checkout-v2"]["instructions"][0] == {"kind": "updateOffVariation", "variationId": off}
    assert found["checkout-v2"]["instructions"][1]["variationId"] == on
    assert found["gone"]["grade"] == "by-hand"
    assert "checkout-v2" in str(ran.lines[0]["notes"])


def test_flags_that_someone_has_touched_are_left_out(split: Recipe, box: Sandbox) -> None:
    greta = box.colleague()
    greta.switch("address-lookup")
    greta.add_rule("dark-mode")
    greta.add_target("google-pay", "u-1")
    greta.archive("queue-v2")
    greta.rename("trace-sampling", "Tracing")
    greta.request_approval("office-preview")
    greta.switch("biometric-login", "staging")
    found = flags(dry(split))
    for key in ("address-lookup", "dark-mode", "google-pay", "queue-v2", "trace-sampling", "office-preview"):
        assert (found[key]["grade"], found[key]["state"]) == ("by-hand", "skipped"), key
        assert found[key]["reasons"]
    assert "on in production" in str(found["address-lookup"]["reasons"])
    assert "waits" in str(found["office-preview"]["reasons"])
    # Only the chosen environment counts, and an adopted flag must still be untouched in it.
    assert found["biometric-login"]["approximations"] == ["build-metadata"]
    adopted = flags(dry(split, adopt=("trace-sampling", "dark-mode", "address-lookup")))
    assert adopted["trace-sampling"]["state"] == "planned"
    assert adopted["dark-mode"]["reasons"] == ["It already has rules in LaunchDarkly."]
    assert adopted["address-lookup"]["reasons"] == ["It is already on in LaunchDarkly."]


def test_variations_that_no_longer_match_are_by_hand(split: Recipe, box: Sandbox) -> None:
    box.colleague().change_variation("address-lookup", 0, "enabled")
    reasons = flags(dry(split, adopt=("address-lookup",)))["address-lookup"]["reasons"]
    assert reasons == ["Its variations at the source (on, off) don't match those in LaunchDarkly (enabled, off)."]


def test_a_token_of_another_account_is_refused(split: Recipe) -> None:
    from tui.sandbox.keys import TOKENS

    other = next(token for token in TOKENS.values() if token.account != "acme")
    environ = {**split.environ, "LD_ACCESS_TOKEN": other.value}
    ran = dry(split, environ=environ)
    assert (ran.code, ran.lines[0]["kind"]) == (3, "credential")


# Text


def test_each_flag_has_a_line_and_a_single_one_both_sides(split: Recipe) -> None:
    ran = dry(split, as_json=False)
    lines = ran.out.splitlines()
    assert lines[0].startswith("46 flags: ")
    assert "  + address-lookup  faithful" in lines
    assert "  ! checkout-v2  approximate: rebucketed (not accepted)" in lines
    assert any("--accept rebucketed" in line for line in lines)
    assert lines[-1].endswith("is a critical environment in LaunchDarkly.")
    single = dry(split, as_json=False, flags=("quote-requests",)).out
    for words in (
        "1 flag: 0 faithful, 1 approximate",
        "In Split",
        "In LaunchDarkly",
        "If customerType is one of reseller and pieces is at least 100: on",
        "numbers-as-numbers: LaunchDarkly compares numbers only if",
        "LaunchDarkly would serve off",
        "Proved with ",
    ):
        assert words in single
    assert "address-lookup" not in single


def test_accepted_names_are_not_asked_for(split: Recipe) -> None:
    ran = dry(split, as_json=False, accept=("rebucketed",))
    assert "  + checkout-v2  approximate: rebucketed" in ran.out.splitlines()
    assert "--accept rebucketed" not in ran.out


def test_completion_offers_every_name() -> None:
    assert sorted(ACCEPTABLE) == sorted(SENTENCES)


def test_wide_terminal_shows_both_sides_in_columns(split: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.commands.output.terminal_width", lambda stream: 120)
    out = dry(split, as_json=False, flags=("checkout-v2",)).out.splitlines()
    title = next(line for line in out if "In Split" in line)
    place = title.index("In LaunchDarkly")
    rule = out[out.index(title) + 1]
    assert rule[place:].strip() == "If country is one of DE, AT, CH: on"
    assert rule[:place].strip() == "If country is one of DE, AT, CH: on"
    assert max(map(len, out)) <= 120


def test_hostile_definitions_reach_no_terminal(imported: Recipe, box: Sandbox) -> None:
    box.set_fault("source-hostile")
    keys = tuple(imported.journal.keys)
    ran = dry(imported, as_json=False, adopt=keys, flags=keys)
    assert ran.code == 0
    assert not {character for character in ran.out + ran.err if not character.isprintable()} - {"\n"}


def test_a_known_key_in_a_definition_is_never_sent(
    split: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = split.environ["SPLIT_ADMIN_KEY"]
    real = split_server.definition_json

    def with_key(flag: CompanyFlag, environment: str) -> dict[str, Any]:
        shape = real(flag, environment)
        if flag.key == "address-lookup":
            shape["rules"][0]["condition"]["matchers"][0]["strings"] = ["GB", secret]
        return shape

    monkeypatch.setattr(split_server, "definition_json", with_key)
    ran = dry(split)
    assert flags(ran)["address-lookup"]["reasons"] == [
        "Its definition contains one of your keys, which a rebuild never sends."
    ]
    assert secret not in ran.out + ran.err + dry(split, as_json=False, flags=("address-lookup",)).out


def test_a_known_key_in_a_segment_is_never_sent(tmp_path: Path) -> None:
    secret = SPLIT_KEYS["admin"].value
    flag = CompanyFlag("vip", "", (), 1_680_000_000_000, segments=("staff",))
    company = Company({"staff": Segment(1, "staff", "userId", ("u-1", secret))}, {"default": (flag,)})
    with Sandbox.start(company=company) as other:
        recipe = recipe_in(other, tmp_path, "split")
        other.colleague().create("vip", variations=(("on", ""), ("off", "")))
        ran = dry(recipe, adopt=("vip",))
    assert flags(ran)["vip"]["reasons"] == ["Its definition contains one of your keys, which a rebuild never sends."]
    assert secret not in ran.out
