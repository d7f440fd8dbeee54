"""Recipes read, and read back: every problem at once, by its path, and no value repeated."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.answers.test_recipe import SECRETS, answered
from tests.unit.made_manifests import needs, options, variable, written
from tests.unit.recipe_texts import CANARY, LITERAL, REMOVED, SPLIT, UNLEASH, changed, named_case, problems
from tests.unit.walk_tools import INTEGRATIONS, built_forms
from tui.answers import changes, recipe, remarks
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.fields import Form, Variable
from tui.answers.recipe_reader import LARGEST, Overrides, RecipeAnswers, RecipeError, mistakes, read, read_text
from tui.answers.request import build
from tui.answers.request import config as config_of
from tui.answers.rules import ROLES
from tui.manifests.files import load
from tui.net.errors import Remedy
from tui.secrets.bag import Bag
from tui.secrets.references import Reference


def test_a_recipe_becomes_answers_and_references() -> None:
    read_back = read_text(UNLEASH, built_forms())
    assert read_back.references == {
        "token": Reference("env", "LD_ACCESS_TOKEN"),
        "sourceApiKey": Reference("env", "UNLEASH_SDK_KEY"),
        "ldApiKey": Reference("env", "LD_IMPORT_API_KEY"),
    }
    draft = read_back.draft
    assert draft.integration == "unleash"
    assert drafts.value(draft, "project") == "web-shop"
    assert drafts.value(draft, "sourceEnvironmentId") == "production"
    assert drafts.value(draft, "config-tags") == "migration"
    assert read_back.places["sourceTag"] == "import.config.sourceTag"


def test_what_is_optional_may_be_left_out() -> None:
    text = """
    version = 1
    [launchdarkly]
    project = "web-shop"
    token = "keyring"
    [import]
    integration = "split"
    name = "Mine"
    [import.config]
    workspaceApiKey = "file:/run/secrets/split"
    workspaceId = "8f2c4b10-5a4d-4b0c-8500-000000000001"
    environmentId = "3d9e7a60-5a4d-4b0c-8500-000000000011"
    ldApiKey = "keyring"
    """
    draft = read_text(text, built_forms()).draft
    assert drafts.value(draft, "host") == "us"
    assert drafts.value(draft, "source-api") == "https://api.split.io/internal/api/v2"
    assert drafts.value(draft, "ldTag") == "imported-from-split"
    assert drafts.value(draft, "ldMaintainer") == ""


WRONG: list[tuple[str, object, str]] = [
    # a path in the file, what stands there, the one problem
    ("version", REMOVED, "version is missing. Write version = 1 on the first line."),
    ("version", 2, "version isn't 1. Another version of ld-flag-import may read this recipe."),
    ("version", "1", "version must be the number 1, without quotes."),
    ("version", True, "version must be the number 1, without quotes."),
    ("versoin", 1, "versoin isn't a known entry. Did you mean version?"),
    (CANARY, CANARY, f"{CANARY} isn't a known entry."),
    ("source", CANARY, "source must be a table: write [source] on its own line."),
    ("launchdarkly.project", REMOVED, "launchdarkly.project is missing."),
    ("launchdarkly.project", 5, "launchdarkly.project must be text in quotes."),
    ("launchdarkly.project", "", "launchdarkly.project is blank."),
    ("launchdarkly.project", "Web Shop",
     "launchdarkly.project: Use only letters, digits, and . _ - characters. Enter the key, not the name."),
    ("launchdarkly.project", SECRETS["token"], "launchdarkly.project: This is a key. Keys don't belong in this field."),
    ("launchdarkly.token", REMOVED, "launchdarkly.token is missing. Write env:NAME, file:PATH, or keyring."),
    ("launchdarkly.token", CANARY, f"launchdarkly.token {LITERAL}"),
    ("launchdarkly.token", SECRETS["token"], f"launchdarkly.token {LITERAL}"),
    ("launchdarkly.token", f"env:{CANARY}", "launchdarkly.token has no variable name after env:. Write env:NAME."),
    ("launchdarkly.token", "", "launchdarkly.token is blank. Write env:NAME, file:PATH, or keyring."),
    ("launchdarkly.token", [CANARY],
     "launchdarkly.token must be a reference in quotes: env:NAME, file:PATH, or keyring."),
    ("launchdarkly.host", 1, "launchdarkly.host must be text in quotes."),
    ("launchdarkly.host", "", "launchdarkly.host is blank."),
    (
        "launchdarkly.host",
        CANARY,
        "launchdarkly.host: The address must start with https://. Add it."
        " Or use us, eu, or federal.",
    ),
    (
        "launchdarkly.host",
        "http://ld.example.com",
        "launchdarkly.host: http:// would send your key unencrypted. Use https://. Only localhost can use http://."
        " Or use us, eu, or federal.",
    ),
    ("launchdarkly.hots", "eu", "launchdarkly.hots isn't a known entry. Did you mean host?"),
    ("import.integration", REMOVED, "import.integration is missing."),
    ("import.integration", CANARY, "import.integration isn't a known integration. Use one of: split, unleash."),
    ("import.name", REMOVED, "import.name is missing."),
    ("import.name", " ", "import.name is blank."),
    ("import.name", "x" * 5000, "import.name: Too long: 5,000 characters. The limit is 4,096."),
    ("import.tags", CANARY, 'import.tags must be a list of strings, such as ["migration"].'),
    ("import.tags", [1], 'import.tags must be a list of strings, such as ["migration"].'),
    ("import.tags", ["good", f"{CANARY} bad"],
     "import.tags has an invalid tag. Tags contain only letters, digits, . _ -, at most 64 of them."),
    ("import.config.sourceBaseUrl", REMOVED, "import.config.sourceBaseUrl is missing."),
    ("import.config.sourceBaseUrl", "", "import.config.sourceBaseUrl is blank."),
    ("import.config.sourceBaseUrl", f"https://me:{CANARY}@unleash.example.com",
     "import.config.sourceBaseUrl: An address can't contain a user name or password. Remove everything before the @."),
    ("import.config.sourceApiKey", SECRETS["sourceApiKey"], f"import.config.sourceApiKey {LITERAL}"),
    ("import.config.ldApiKey", CANARY, f"import.config.ldApiKey {LITERAL}"),
    ("import.config.ldApiKey", REMOVED, "import.config.ldApiKey is missing. Write env:NAME, file:PATH, or keyring."),
    ("import.config.sourceProjectId", True, "import.config.sourceProjectId must be text in quotes."),
    ("import.config.sourceProjectId", f"{CANARY} x",
     "import.config.sourceProjectId: Use only letters, digits, and . _ ~ - characters. Enter the ID, not the name."),
    ("import.config.sourceTag", CANARY,
     "import.config.sourceTag must be type:value, such as simple:payments. Each part has 2 to 50 characters."),
    ("import.config.sourceTag", "t",
     "import.config.sourceTag must be type:value, such as simple:payments. Each part has 2 to 50 characters."),
    ("import.config.sourceTag", SECRETS["ldApiKey"],
     "import.config.sourceTag: This is a key. Keys don't belong in this field."),
    ("import.config.ldMaintainer", f"{CANARY}@example.com",
     "import.config.ldMaintainer: This is an email address, not a member ID."),
    ("import.config.sourceprojectid", "default",
     "import.config.sourceprojectid isn't a known entry. Did you mean sourceProjectId?"),
    ("source.api", 1, "source.api must be text in quotes."),
    ("source.api", "", "source.api is blank."),
    ("source.api", CANARY, "source.api: The address must start with https://. Add it."),
    ("source.url", CANARY, "source.url isn't a known entry."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "said"), WRONG, ids=lambda each: "removed" if each is REMOVED else str(each)[:30]
)
def test_each_mistake_has_its_path_and_its_words(path: str, value: object, said: str) -> None:
    assert problems(changed(path, value)) == [said]


def test_every_mistake_is_told_at_once_and_no_value_repeated() -> None:
    text = UNLEASH
    wrong = [each for each in WRONG if each[1] is not REMOVED and each[0] not in ("import.integration", CANARY)]
    last = {path: said for path, _, said in wrong if not path.startswith("source.")}
    for path, value, _ in wrong:
        if path in last and path != "source":
            text = changed(path, value, text)
    found = problems(text)
    del last["source"]
    assert set(found) == set(last.values())
    assert len(found) == len(last) > 12
    assert CANARY not in "\n".join(found)
    assert not any(secret in "\n".join(found) for secret in SECRETS.values())


def test_a_table_in_place_of_a_text_and_the_other_way_round() -> None:
    assert problems('version = 1\nlaunchdarkly = "x"\nimport = []') == [
        "launchdarkly must be a table: write [launchdarkly] on its own line.",
        "launchdarkly.project is missing.",
        "launchdarkly.token is missing. Write env:NAME, file:PATH, or keyring.",
        "import must be a table: write [import] on its own line.",
        "import.integration is missing.",
        "import.name is missing.",
    ]
    assert problems(changed("import.name", {"a": "b"})) == ["import.name must be text in quotes."]


def test_of_thousands_of_mistakes_fifty_are_told() -> None:
    with pytest.raises(RecipeError) as refused:
        read_text(UNLEASH + "".join(f"x{number} = 1\n" for number in range(1000)), built_forms())
    told = refused.value.what.splitlines()
    assert len(told) == 51
    assert told[-1] == "And 950 more problems."
    assert (refused.value.remedy, refused.value.about) == (Remedy.CORRECT, "all 1000")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'token = {CANARY}"', "The recipe isn't valid TOML at line 1, column 9. Put text in quotes."),
        (f"\n  {CANARY}", "The recipe isn't valid TOML at its end. Write each line as name = value."),
        (f'a = "{CANARY}', "The recipe isn't valid TOML at its end. A quotation mark isn't closed."),
        (f'a = ["{CANARY}"', "The recipe isn't valid TOML at its end. A list isn't closed."),
        (f'a = "{CANARY}"\na = 1', "The recipe isn't valid TOML at its end. The same name appears twice."),
        (f"[{CANARY}]\n[{CANARY}]", "The recipe isn't valid TOML at line 2, column 34. The same table appears twice."),
        (f'a = "{CANARY}\x1b"', None),
        ("a = " + "9" * 10_000, "The recipe isn't valid TOML."),
        ("a = " + "[" * 5_000, "The recipe isn't valid TOML."),
        ("a = 2020-99-99", None),
    ],
    ids=named_case,
)
def test_what_is_no_toml_is_placed_and_not_quoted(text: str, said: str | None) -> None:
    (found,) = problems(text)
    assert CANARY not in found
    assert found.startswith("The recipe isn't valid TOML")
    if said is not None:
        assert found.startswith(said)


def file_problem(path: Path) -> str:
    with pytest.raises(RecipeError) as refused:
        read(path, built_forms())
    (problem,) = refused.value.problems
    assert refused.value.exit_code == 2
    return str(problem)


def test_files_that_are_no_recipe(tmp_path: Path) -> None:
    assert file_problem(tmp_path / "none").endswith("none: No such file or directory.")
    assert file_problem(tmp_path).endswith("isn't a regular file.")
    os.mkfifo(tmp_path / "pipe")
    assert file_problem(tmp_path / "pipe").endswith("isn't a regular file.")
    large = tmp_path / "large"
    large.write_bytes(b"#" * (LARGEST + 1))
    assert file_problem(large).endswith("is too large: recipes have at most 256 KiB.")
    latin = tmp_path / "latin"
    latin.write_bytes(b"version = 1\n# \xe4\n")
    assert file_problem(latin).endswith("isn't UTF-8: see line 2.")
    assert file_problem(Path("a\0b")).endswith(": not a valid path.")
    assert file_problem(Path(SECRETS["token"])) == "Can't read the recipe (a key): No such file or directory."
    hostile = file_problem(Path("x\x1b[2J"))
    assert "\x1b" not in hostile


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(UNLEASH, "utf-8-sig")
    assert read(path, built_forms()).draft.integration == "unleash"


def test_text_like_a_reference_is_only_text_where_no_key_belongs() -> None:
    assert drafts.value(read_text(changed("import.name", "env:NAME"), built_forms()).draft, "config-name") == "env:NAME"


# --- what beats what


def value(key: str, text: str, said: Overrides) -> str:
    return drafts.value(read_text(text, built_forms(), said).draft, key)


def test_options_beat_the_recipe_and_the_recipe_the_environment() -> None:
    in_eu = changed("launchdarkly.host", "eu")
    no_host = changed("launchdarkly.host", REMOVED)
    uri = "https://app.launchdarkly.us"
    assert value("host", in_eu, Overrides(host="federal", base_uri=uri)) == "federal"
    assert value("host", in_eu, Overrides(base_uri=uri)) == "eu"
    assert value("host", no_host, Overrides(base_uri=uri)) == uri
    assert value("host", no_host, Overrides()) == "us"
    assert value("project", in_eu, Overrides(project="other")) == "other"
    assert value("project", in_eu, Overrides()) == "web-shop"
    assert read_text(SPLIT, built_forms(), Overrides(integration="split")).draft.integration == "split"


def test_an_option_mends_no_recipe() -> None:
    """A recipe is right or wrong by itself, whatever the command line says this time."""
    assert problems(changed("launchdarkly.project", REMOVED), Overrides(project="other")) == [
        "launchdarkly.project is missing."
    ]
    assert problems(changed("launchdarkly.host", "nowhere"), Overrides(host="eu"))[0].startswith("launchdarkly.host: ")


def test_wrong_options_and_variables_are_told_with_the_rest() -> None:
    said = Overrides(host=CANARY, project="a b", integration=CANARY)
    assert problems(changed("version", 2), said) == [
        "version isn't 1. Another version of ld-flag-import may read this recipe.",
        "--integration isn't a known integration. Use one of: split, unleash.",
        "--host: The address must start with https://. Add it. Or use us, eu, or federal.",
        "--project: Use only letters, digits, and . _ - characters. Enter the key, not the name.",
    ]
    told = problems(changed("launchdarkly.host", REMOVED), Overrides(base_uri=CANARY))
    assert told[0].startswith("LD_BASE_URI: ")
    assert read_text(UNLEASH, built_forms(), Overrides(base_uri=CANARY)).draft.integration == "unleash"


def test_another_integration_asks_for_its_own_fields() -> None:
    found = problems(UNLEASH, Overrides(integration="split"))
    assert "import.config.sourceBaseUrl isn't a known entry." in found
    assert "import.config.workspaceId is missing." in found


# --- whatever stands in it


@pytest.mark.parametrize("role", sorted(ROLES))
def test_no_rule_repeats_an_answer(role: str) -> None:
    """Whatever its sentences quote in the wizard: what stands in a file may be a key."""
    made = Variable("made", "Made up", role=role, choices=("a", "b"))
    for text in (CANARY, f"{CANARY} x", f"x:{CANARY}", f"https://{CANARY}@x", CANARY * 200, f"{CANARY},b"):
        for problem, _ in mistakes(made, text, text, {}):
            assert "canary" not in problem


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_document_is_answers_or_a_recipe_error(value: object) -> None:
    paths = ("launchdarkly", "import", "import.config", "import.config.sourceTag", "import.tags", "source", "version")
    for path in paths:
        try:
            text = changed(path, value)
        except (TypeError, ValueError, tomlkit.exceptions.TOMLKitError):
            continue  # nothing that TOML can hold
        with suppress(RecipeError):
            read_text(text, built_forms())


# --- forms of one's own


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Form]:
    variables = (
        variable(key="plain"),
        variable(key="on", type="boolean"),
        variable(key="many", type="multiselect", multiselectOptions=options("a", "b c", "d,e"), isOptional=True),
        variable(key="one", type="enum", allowedValues=["x", "y"], isOptional=True, defaultValue=""),
        variable(key="more", isOptional=True, isHidden=True, defaultValue="kept"),
        variable(key="shown", dependsOn=[needs("on", value="true")]),
    )
    return {"made": forms.build(load(written(tmp_path, *variables)))}


def config(**entries: object) -> str:
    document: dict[str, object] = {
        "version": 1,
        "launchdarkly": {"project": "web", "token": "keyring"},
        "import": {"integration": "made", "name": "Mine", "config": {"plain": "p", "on": False, **entries}},
    }
    return tomlkit.dumps(document)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"on": "true"}, "import.config.on must be true or false, without quotes."),
        ({"on": 1}, "import.config.on must be true or false, without quotes."),
        ({"many": "a"}, 'import.config.many must be a list of strings, such as ["one", "two"].'),
        ({"many": ["a", 1]}, 'import.config.many must be a list of strings, such as ["one", "two"].'),
        ({"many": [CANARY]}, "import.config.many must contain only values from this list: a, b c, d,e."),
        ({"many": ["a,b c"]}, "import.config.many must contain only values from this list: a, b c, d,e."),
        ({"many": ["a\nb c"]}, "import.config.many must contain only values from this list: a, b c, d,e."),
        ({"one": CANARY}, "import.config.one must be one of: x, y."),
        ({"one": True}, "import.config.one must be text in quotes."),
        ({"on": True}, "import.config.shown is missing."),
    ],
)
def test_kinds_have_their_types(own: dict[str, Form], entries: dict[str, object], said: str) -> None:
    assert problems(config(**entries), known=own) == [said]


def test_kinds_are_read_back_as_they_were_written(own: dict[str, Form]) -> None:
    for entries in ({"many": ["a", "d,e"], "one": "y", "more": ""}, {"on": True, "shown": "s", "many": []}, {}):
        first = read_text(config(**entries), own).draft
        again = read_text(recipe.write(first).text, own).draft
        assert config_of(first) == config_of(again)
    assert "more" not in config_of(read_text(config(more=""), own).draft)
    assert config_of(read_text(config(), own).draft)["more"] == "kept"


# --- there and back


def with_keys(made: RecipeAnswers) -> tuple[drafts.Draft, Bag]:
    draft, bag = made.draft, Bag()
    for key, reference in made.references.items():
        draft = changes.put_secret(draft, bag, key, SECRETS[key], reference=str(reference))
    return draft, bag


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,30}", fullmatch=True)


@settings(max_examples=60)
@given(
    integration=st.sampled_from(INTEGRATIONS),
    host=st.sampled_from(["us", "eu", "federal", "https://ld.example.com", "http://127.0.0.1:8080"]),
    project=NAMES,
    name=TEXT,
    tags=st.lists(NAMES, max_size=3),
    own_tag=st.none() | NAMES | st.just(""),
    tag=TEXT,
    api=st.sampled_from(["https://api.split.io/internal/api/v2", "https://split.example.com/api/v2"]),
)
def test_a_recipe_that_was_written_asks_for_the_same(
    integration: str, host: str, project: str, name: str, tags: list[str], own_tag: str | None, tag: str, api: str
) -> None:
    """Over everything that a draft can hold at Review."""
    tag_field = {"split": "splitTag", "unleash": "sourceTag"}[integration]
    given_ = {"host": host, "project": project, "config-name": name, "config-tags": ", ".join(tags), tag_field: tag}
    given_ |= {"ldTag": own_tag} if own_tag is not None else {}
    given_ |= {"source-api": api} if integration == "split" else {}
    draft, _ = answered(integration)
    for key, text in given_.items():
        draft = changes.put(draft, key, text)
    if remarks.answer_problems(draft):
        draft = changes.put(changes.put(draft, tag_field, "simple:x1"), "config-name", "Mine")
    again, _ = with_keys(read_text(recipe.write(draft).text, built_forms()))
    assert build(again) == build(draft)
    assert drafts.value(again, "source-api") == drafts.value(draft, "source-api")
    assert recipe.write(again) == recipe.write(draft)
