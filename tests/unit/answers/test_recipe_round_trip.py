"""What was written asks for the same when it is read back; forms of one's own have their types."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.answers.test_recipe import SECRETS, answered
from tests.unit.made_manifests import needs, options, variable, written
from tests.unit.recipe_texts import CANARY, problems
from tests.unit.walk_tools import INTEGRATIONS, built_forms
from tui.answers import changes, recipe, remarks
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.fields import Form
from tui.answers.recipe_reader import RecipeAnswers, read_text
from tui.answers.request import build
from tui.answers.request import config as config_of
from tui.manifests.files import load
from tui.secrets.bag import Bag

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
        ({"many": "a"}, 'import.config.many must be a list of texts: ["one", "two"].'),
        ({"many": ["a", 1]}, 'import.config.many must be a list of texts: ["one", "two"].'),
        ({"many": [CANARY]}, "import.config.many must hold some of these alone: a, b c, d,e."),
        ({"many": ["a,b c"]}, "import.config.many must hold some of these alone: a, b c, d,e."),
        ({"many": ["a\nb c"]}, "import.config.many must hold some of these alone: a, b c, d,e."),
        ({"one": CANARY}, "import.config.one must be one of: x, y."),
        ({"one": True}, "import.config.one must be a text in quotes."),
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
