"""The fields of a step in groups, as any front shows them: each with a title, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS
from tui.answers.draft import Draft
from tui.answers.fields import Variable


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together. `title` is "" for a group that needs none."""

    title: str
    fields: tuple[Variable, ...]


_OF_NEW_FLAGS = ("ld-tag", "member-id")


def groups(draft: Draft, step: str) -> tuple[Group, ...]:
    """Return the groups of a step's fields, in order; none of them is empty."""
    shown = drafts.fields(draft, step)
    if step == "fields":
        own = [field for field in shown if field in (CONFIG_NAME, CONFIG_TAGS)]
        new = [field for field in shown if field.role in _OF_NEW_FLAGS]
        rest = [field for field in shown if field not in own and field not in new]
        parts = own, [field for field in rest if not field.hidden], new
    else:
        parts = [field for field in shown if not field.hidden], [], []
        rest = list(shown)
    hidden = [field for field in rest if field.hidden]
    made = [Group("", tuple(part)) for part in parts if part]
    return (*made, Group(_title(hidden), tuple(hidden))) if hidden else tuple(made)


def _title(hidden: Sequence[Variable]) -> str:
    """Return the title of the fields that most people leave as they are."""
    return "Advanced" if any(field.required for field in hidden) else "Optional"
