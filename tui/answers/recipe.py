"""The recipe: all answers as a TOML file that headless commands read. It never holds a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers import rules
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.draft import Draft
from tui.answers.request import Slot, config
from tui.launchdarkly.instances import instance
from tui.secrets.names import outside, proposed_variable
from tui.text.private_files import read_ordinary, unused, write_private

_LARGEST = 256 * 1024
"""Bytes of a recipe that is there."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe's text, and the environment variables that must be set before a program can use it."""

    text: str
    must_be_set: tuple[str, ...]


def write(draft: Draft) -> Recipe:
    """Return the recipe of a draft. A key of this session only is referred to by the variable proposed for it."""
    if draft.form is None:
        raise ValueError("no integration is chosen")
    settings = config(draft)
    references = references_of(draft, [value.key for value in settings.values() if isinstance(value, Slot)])
    document = tomlkit.document()
    document.add("version", tomlkit.item(1))
    target = tomlkit.table()
    target.add("host", instance(drafts.value(draft, HOST.key)).key)
    target.add("project", drafts.value(draft, PROJECT.key))
    target.add("token", references[TOKEN.key])
    document.add("launchdarkly", target)
    imported = tomlkit.table()
    imported.add("integration", draft.integration)
    imported.add("name", drafts.value(draft, CONFIG_NAME.key))
    imported.add("tags", list(rules.tags_of(drafts.value(draft, CONFIG_TAGS.key))))
    entries = tomlkit.table()
    for key, setting in settings.items():
        entries.add(key, references[setting.key] if isinstance(setting, Slot) else setting)
    for field in forms.visible(draft.form, drafts.values(draft)):
        if field.hidden and field.default and outside(field.key) not in settings and not field.secret:
            # Left out, it would be the default.
            entries.add(outside(field.key), [] if field.kind == "multiselect" else "")
    imported.add("config", entries)
    document.add("import", imported)
    api = drafts.value(draft, SOURCE_API.key)
    if SOURCE_API in drafts.fields(draft, "keys") and api and api != SOURCE_API.default:
        source = tomlkit.table()
        source.add("api", api)
        document.add("source", source)
    named = tuple(ref.removeprefix("env:") for ref in references.values() if ref.startswith("env:"))
    return Recipe(tomlkit.dumps(document), named)


def file_name(draft: Draft) -> str:
    """Return a name for the recipe's file: "unleash-default-production.toml"."""
    words = re.sub(r"[^a-z0-9]+", "-", drafts.value(draft, CONFIG_NAME.key).lower()).strip("-")
    return f"{words[:60] or draft.integration}.toml"


def save(recipe: Recipe, folder: Path, name: str) -> Path:
    """Write a recipe beside any that is there already (name-2.toml ...). Raises OSError.

    The table `[rebuild]`, which the wizard doesn't ask for, is kept: with the same answers the file there stays, and
    with other ones the new file has the same table.
    """
    path, text = folder / name, recipe.text
    with suppress(OSError, ValueError, TypeError):
        there = tomlkit.parse((read_ordinary(path, _LARGEST) or b"").decode("utf-8-sig"))
        kept = there.pop("rebuild", None)
        if there == tomlkit.parse(text):
            return path
        if kept is not None:
            document = tomlkit.parse(text)
            document.add("rebuild", kept)
            text = tomlkit.dumps(document)
    path = unused(folder, name)
    write_private(path, text)
    return path


def references_of(draft: Draft, secrets: Iterable[str]) -> dict[str, str]:
    """Return how a recipe refers to your token and to these secrets, by field."""
    return {
        key: drafts.answer(draft, key).reference or f"env:{proposed_variable(draft.integration, key)}"
        for key in (TOKEN.key, *secrets)
    }
