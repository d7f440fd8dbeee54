"""Keys and placeholders in fields and arguments that take none: refused, never kept, never repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recipe_texts import SPLIT, UNLEASH, changed
from tests.unit.walk_tools import built_forms, session
from tui.answers import draft as drafts
from tui.answers import remarks, rules
from tui.answers.builtin import CONFIG_NAME
from tui.answers.finding import Level
from tui.answers.recipe_reader import RecipeError, read_text
from tui.cli import main
from tui.text.key_shapes import holds_key, without_keys

HEX = "0123456789abcdef0123456789abcdef0123456789abcdef01234567"
V2 = "v2_AbCdEfGhIjKlMnOpQrSt-_" + "_" + "0123456789abcdefghij_BCDEFGHIJ-123456789abc"
UUID = "0a1b2c3d-1111-4222-8333-444455556666"
KEYS = {
    "api": f"api-{UUID}",
    "sdk": f"sdk-{UUID}",
    "mobile": f"mob-{UUID.upper()}",
    "unleash": f"default:production.{HEX}",
    "unleash of many projects": f"[]:development.{HEX}",
    "unleash of all projects": f"*:production.{HEX}",
    "unleash, dotted environment": f"web.shop:prod.eu.{HEX}",
    "unleash v2": f"default:production.{V2}",
    "unleash v2, dotted environment": f"default:prod.eu.{V2}",
    "unleash v2 of all projects": f"*:production.{V2}",
    "unleash admin": f"*:*.{HEX}",
    "unleash admin v2": f"*:*.{V2}",
    "unleash admin of a first start": "*:*.unleash-insecure-admin-api-token",
    "unleash of a first start": "default:development.unleash-insecure-api-token",
    "unleash personal": f"user:{HEX}",
    "unleash personal v2": f"user:{V2}",
    "harness personal": "pat.AbCdEfGhIjKlMnOp-_StUv.65f0c0ffee0c0ffee0c0ffee.QwErTyUiOpAsDfGhJkLz",
    "harness service account": "sat.AbCdEfGhIjKlMnOpQrStUv.65f0c0ffee0c0ffee0c0ffee.QwErTyUiOpAsDfGhJkLz",
}
SECRET_PARTS = (HEX, V2, UUID, UUID.upper(), "QwErTyUiOpAsDfGhJkLz", "unleash-insecure")
PLAIN = {
    "unleash": [
        "launchdarkly.project", "import.name", "import.config.sourceProjectId", "import.config.sourceEnvironmentId",
        "import.config.sourceTag", "import.config.ldTag", "import.config.ldMaintainer",
    ],
    "split": [
        "launchdarkly.project", "import.name", "import.config.workspaceId", "import.config.environmentId",
        "import.config.splitTag", "import.config.ldTag", "import.config.ldMaintainer",
    ],
}  # fmt: skip
TEXTS = {"unleash": UNLEASH, "split": SPLIT}
PLACES = [(integration, place) for integration, places in PLAIN.items() for place in places]
PLACEHOLDERS = [
    "$(PROJECT)", "${PROJECT}", "${{ vars.PROJECT }}", "{{ project }}", "{{project}}", "<your-project>", "$PROJECT",
    "op://vault/item/field", "null", "undefined", "None", "${STAGE}-eu", '"{{ project }}"',
]  # fmt: skip


def said(text: str) -> str:
    with pytest.raises(RecipeError) as refused:
        read_text(text, built_forms())
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(("integration", "place"), PLACES)
def test_a_recipe_with_a_key_in_plain_sight_is_refused(integration: str, place: str, key: str) -> None:
    for text in (key, f"Import of {key}", f"{key}\n"):
        message = said(changed(place, text, TEXTS[integration]))
        assert place in message
        assert not any(part in message for part in SECRET_PARTS)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_in_a_list_or_an_address_is_refused(key: str) -> None:
    for place, value in (
        ("import.tags", [key]),
        ("import.tags", ["migration", key]),
        ("import.config.sourceBaseUrl", f"https://unleash.example.com/{key}"),
        ("launchdarkly.host", f"https://launchdarkly.example.com/{key}"),
        ("source.api", f"https://split.example.com/{key}"),
        ("import.integration", key),
    ):
        assert not any(part in said(changed(place, value)) for part in SECRET_PARTS)
    unknown = UNLEASH.replace("[import.config]", f'[import.config]\n"{key}" = "x"')
    assert not any(part in said(unknown) for part in SECRET_PARTS)


@pytest.mark.parametrize("text", PLACEHOLDERS)
@pytest.mark.parametrize(("integration", "place"), PLACES)
def test_a_recipe_with_a_placeholder_is_refused(integration: str, place: str, text: str) -> None:
    assert place in said(changed(place, text, TEXTS[integration]))


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_in_a_list_an_address_or_a_reference_is_refused(text: str) -> None:
    for place, value in (
        ("import.tags", [text]),
        ("import.tags", ["migration", text]),
        ("import.config.sourceBaseUrl", text),
        ("import.config.sourceBaseUrl", f"https://{text}/"),
        ("launchdarkly.host", text),
        ("launchdarkly.token", text),
        ("import.config.sourceApiKey", text),
    ):
        if value in [f"https://{name}/" for name in ("null", "undefined", "None", "op://vault/item/field")]:
            continue  # a host may be called that
        assert place in said(changed(place, value))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("integration", ["unleash", "split"])
def test_the_wizard_takes_a_key_out_of_a_plain_field(tmp_path: Path, integration: str, key: str) -> None:
    made = session(draft_path=tmp_path / "draft.json")
    made.choose(integration)
    plain = [each.key for each in drafts.all_fields(made.draft) if not each.secret and not each.choices]
    for field in plain:
        made.put(field, key)
        assert key not in drafts.value(made.draft, field)
        assert remarks.line(made.draft, field).level is Level.PROBLEM
    assert made.save() == ""
    saved = tmp_path / "draft.json"
    assert not saved.exists() or not any(part in saved.read_text() for part in SECRET_PARTS)


WORDS = st.text(st.characters(categories=("Lu", "Ll", "Nd"), include_characters="-_. :/()"), min_size=5, max_size=60)
IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9._~-]{4,60}", fullmatch=True)
ORDINARY = [
    "patch.release.2024", "pat.smith.2024", "sat.morning.sale", "user:team-platform", "user:payments.checkout",
    "simple:payments", "default:production", "v2_checkout_new", "v2_migration_of_all_flags_2024", "sdk-flags",
    "api-gateway", "mobile-app", "mob-team", "5a4db0c5feed5a4db0c5feed", "1f03bc00-01f0-11ec-a057-42851e80ca2c",
    "0123456789abcdef0123456789abcdef01234567", "git:main.0123456789abcdef0123456789abcdef01234567",
    "Import of 2024-05-01 10:30.15", "none", "nullable", "undefined-behaviour", "Flags <beta>", "$5 off", "100%",
    "pat.AbCdEfGhIjKlMnOp.x", "production.eu-west-1", "owner:web.checkout-team-of-the-north",
]  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_passes(name: str) -> None:
    assert not holds_key(name)
    assert rules.validate(CONFIG_NAME, name, {}, {}) == ()


@given(st.one_of(WORDS, IDS))
def test_no_word_is_taken_for_a_key(name: str) -> None:
    assert not holds_key(name)
    if name not in ("undefined",) and not name.strip().startswith("__") and "://" not in name and "((" not in name:
        assert rules.validate(CONFIG_NAME, name, {}, {}) == () or not name.strip()


# --- the command line

ARGUMENTS = [
    ["{}"], ["plan", "{}"], ["apply", "{}"], ["verify", "{}"], ["undo", "{}"], ["manifest", "{}"],
    ["manifest", "a.json", "{}"], ["configs", "{}"], ["configs", "show", "{}"], ["configs", "trigger", "{}"],
    ["configs", "watch", "{}"], ["configs", "delete", "{}"], ["configs", "delete", "{}", "--yes"], ["keys", "{}"],
    ["keys", "forget", "{}"], ["keys", "forget", "app.launchdarkly.com/{}"], ["sandbox", "--fault", "{}"],
    ["sandbox", "--port", "{}"], ["--host", "{}"], ["--project", "{}", "configs", "list"], ["--integration", "{}"],
    ["--manifest", "{}"], ["--log", "{}", "configs", "list"], ["apply", "r.toml", "--journal", "{}"],
    ["plan", "r.toml", "--token", "{}"], ["plan", "r.toml", "--token={}"], ["plan", "r.toml", "--{}"],
    ["plan", "r.toml", "--timeout", "{}"], ["plan", "r.toml", "{}"], ["plan", "keys/{}.toml"], ["--demo", "{}"],
    ["configs", "show", "{}", "{}"], ["-{}"], ["configs", "list", "--host", "https://{}"], ["configs", "list", "{}"],
]  # fmt: skip
OPAQUE = "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8"


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_a_key_on_the_command_line_is_not_repeated(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for key in KEYS.values():
        words = [each.replace("{}", key) for each in arguments]
        for options in ([], ["--json"]) if arguments[0] in ("plan", "apply", "configs", "manifest", "keys") else ([],):
            assert main([*words, *options]) == 2, words
            out, err = capfd.readouterr()
            assert not any(part in out + err for part in SECRET_PARTS), words
            assert out + err
            if out:
                assert json.loads(out.splitlines()[0])["kind"] == "recipe"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [each for each in ARGUMENTS if "https://{}" not in each], ids=" ".join)
def test_a_key_without_a_shape_is_not_repeated(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([each.replace("{}", OPAQUE) for each in arguments]) in (2, 3)
    out, err = capfd.readouterr()
    assert OPAQUE not in out + err


@given(st.text(max_size=60))
def test_what_is_shown_in_place_of_a_key_holds_none(text: str) -> None:
    for key in (KEYS["unleash v2"], KEYS["api"], OPAQUE):
        assert key not in without_keys(f"{text} {key}")
