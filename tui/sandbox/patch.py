"""JSON Patch (RFC 6902) as far as an import configuration or a flag needs it: add, replace, remove, test."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tui.sandbox.answers import ld_refusal

_CHANGEABLE = ("name", "tags", "config")


def patched(
    document: Mapping[str, Any], operations: object, changeable: Collection[str] = _CHANGEABLE
) -> dict[str, Any]:
    """The document with all operations done, or a refusal and nothing done.

    `/version` can be tested, which makes an optimistic lock (409 where it differs), and not be changed.
    """
    if isinstance(operations, dict):
        operations = operations.get("patch")  # the wrapper {"comment", "patch"} of the API's overview
    if not isinstance(operations, list) or not operations:
        raise ld_refusal(400, "The body must be a JSON patch: a list of operations")
    result: dict[str, Any] = copy.deepcopy(dict(document))
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise ld_refusal(400, "Each operation needs op and path")
        do = _OPERATIONS.get(str(operation.get("op")))
        parts = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        if do is None or not parts or (parts[0] not in changeable and do is not _test):
            raise ld_refusal(400, f"Only {', '.join(changeable)} can be changed, by add, replace or remove")
        try:
            do(_parent(result, parts), parts[-1], operation)
        except (KeyError, IndexError, ValueError, TypeError):
            raise ld_refusal(400, "The path of an operation does not exist") from None
    return result


def _parent(document: Any, parts: list[str]) -> Any:
    for part in parts[:-1]:
        document = document[int(part) if isinstance(document, list) else part]
    return document


def _add(parent: Any, key: str, operation: Mapping[str, Any]) -> None:
    value = operation["value"]
    if isinstance(parent, list):
        at = len(parent) if key == "-" else int(key)
        if not 0 <= at <= len(parent):
            raise IndexError(key)
        parent.insert(at, value)
    else:
        parent[key] = value


def _replace(parent: Any, key: str, operation: Mapping[str, Any]) -> None:
    at = int(key) if isinstance(parent, list) else key
    _ = parent[at]  # it must be there
    parent[at] = operation["value"]


def _remove(parent: Any, key: str, operation: Mapping[str, Any]) -> None:
    del parent[int(key) if isinstance(parent, list) else key]


def _test(parent: Any, key: str, operation: Mapping[str, Any]) -> None:
    if parent[int(key) if isinstance(parent, list) else key] != operation["value"]:
        raise ld_refusal(409)


_OPERATIONS: Mapping[str, Callable[[Any, str, Mapping[str, Any]], None]] = {
    "add": _add,
    "replace": _replace,
    "remove": _remove,
    "test": _test,
}
