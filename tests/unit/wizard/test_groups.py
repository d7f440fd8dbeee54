"""The groups in which the fields of a step are shown."""

from __future__ import annotations

import pytest

from tests.unit.walk_tools import built_forms
from tui.answers import changes
from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.wizard.groups import groups


@pytest.mark.parametrize("integration", ["split", "unleash"])
@pytest.mark.parametrize("step", ["keys", "fields"])
def test_each_field_is_in_one_group(integration: str, step: str) -> None:
    draft = changes.choose(Draft(), built_forms()[integration])
    grouped = [field.key for group in groups(draft, step) for field in group.fields]
    assert sorted(grouped) == sorted(field.key for field in drafts.fields(draft, step))
    assert all(group.fields for group in groups(draft, step))


def test_fields_are_the_import_the_source_and_the_new_flags() -> None:
    draft = changes.choose(Draft(), built_forms()["split"])
    assert [(group.title, [field.key for field in group.fields]) for group in groups(draft, "fields")] == [
        ("", ["config-name", "config-tags"]),
        ("", ["workspaceId", "environmentId", "splitTag"]),
        ("", ["ldTag", "ldMaintainer"]),
    ]


@pytest.mark.parametrize(("integration", "title", "key"), [
    ("split", "Advanced", "source-api"),
    ("unleash", "Optional", "source-helper"),
])  # fmt: skip
def test_hidden_fields_are_named_by_what_they_are(integration: str, title: str, key: str) -> None:
    draft = changes.choose(Draft(), built_forms()[integration])
    last = groups(draft, "keys")[-1]
    assert (last.title, [field.key for field in last.fields]) == (title, [key])
