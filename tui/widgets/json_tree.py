"""A JSON document as a tree, filled branch by branch as they open."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from tui.text.clean import clean
from tui.text.redact import MASK
from tui.widgets.moving import step_out

_MOST_CHILDREN = 200
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Branch:
    """The JSON value behind a node."""

    value: object


class JsonTree(Tree[Branch]):
    """All text is cleaned and redacted. Values of `hidden` keys (secret form variables) are never shown."""

    def __init__(
        self, title: str, value: object, *, hidden: Collection[str], redact: Callable[[str], str], id: str
    ) -> None:
        self._hidden = frozenset(hidden)
        self._redact = redact
        super().__init__(Text(title), Branch(value), id=id)
        self.show_guides = True
        self.guide_depth = 2

    def on_mount(self) -> None:
        self._fill(self.root)

    def action_cursor_up(self) -> None:
        """Move to the row above, or to the control above the tree."""
        if self.cursor_line > 0:
            super().action_cursor_up()
        else:
            step_out(self, -1)

    def action_cursor_down(self) -> None:
        """Move to the row below, or to the control below the tree."""
        if self.cursor_line < self.last_line:
            super().action_cursor_down()
        else:
            step_out(self, 1)

    def action_toggle_node(self) -> None:
        """Open or close the branch at the cursor now, because the next key may move into its rows."""
        if self.cursor_node is not None:
            self._fill(self.cursor_node)
        super().action_toggle_node()

    def action_select_cursor(self) -> None:
        """Enter does what Space does. Textual's own action would run after the keys that follow."""
        self.action_toggle_node()

    @on(Tree.NodeExpanded)
    def _expanded(self, event: Tree.NodeExpanded[Branch]) -> None:
        event.stop()
        self._fill(event.node)

    def _fill(self, node: TreeNode[Branch]) -> None:
        if node.children or node.data is None:
            return
        children = _children(node.data.value)
        for name, value in children[:_MOST_CHILDREN]:
            if isinstance(value, (dict, list)) and value and name not in self._hidden:
                node.add(Text(f"{self._safe(name)}  {_size(value)}"), Branch(value), allow_expand=True)
            else:
                shown = MASK if name in self._hidden and value else self._safe(_scalar(value))
                node.add_leaf(Text(f"{self._safe(name)}: {shown}"))
        if len(children) > _MOST_CHILDREN:
            node.add_leaf(Text(f"... and {len(children) - _MOST_CHILDREN} more"))

    def _safe(self, text: str) -> str:
        # Redaction first: cleaning could break a secret's spelling, and cutting could leave a part of it.
        return clean(self._redact(text))[:_LONGEST]


def _children(value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [(str(name), each) for name, each in value.items()]
    return [(f"[{i}]", each) for i, each in enumerate(value)] if isinstance(value, list) else []


def _size(value: dict[str, object] | list[object]) -> str:
    return f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    return str(value)
