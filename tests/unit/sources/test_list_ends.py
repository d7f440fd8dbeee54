"""`plan` over a Split whose lists end in ways of their own: whole, or an error, and never with many requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.recipe_tools import keys_for, planned, recipe_for
from tests.unit.source_thread import answering
from tests.unit.sources_server import Asked, Reply
from tests.unit.split_made import definition, flag
from tui.sandbox.server import Sandbox

Page = Callable[[list[Any], int, int], dict[str, Any]]


def counted(found: list[Any]) -> dict[str, Any]:
    return {"objects": found, "totalCount": len(found)}


# How a server pages: all flags, the offset, and the limit that was requested
PAGES: dict[str, Page] = {
    "20 at most": lambda items, offset, limit: {"objects": items[offset : offset + 20], "offset": offset, "limit": 20},
    "no total": lambda items, offset, limit: {"objects": items[offset : offset + limit]},
    "everything": lambda items, offset, limit: {"objects": items},
    "page counted": lambda items, offset, limit: counted(items[offset : offset + limit]),
    "short page counted": lambda items, offset, limit: counted(items[offset : offset + min(limit, 20)]),
    "same page": lambda items, offset, limit: {"objects": items[:limit]},
    "3 too many": lambda items, at, limit: {"objects": items[at : at + limit], "totalCount": len(items) + 3},
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


def plan_over(box: Sandbox, folder: Path, page: Page, count: int) -> tuple[int, dict[str, Any], int]:
    """The exit code, the document, and how many requests Split got, for `count` flags."""
    lists = {False: [flag(number) for number in range(count)], True: [definition(number) for number in range(count)]}

    def handler(asked: Asked) -> Reply:
        query = parse_qs(urlsplit(asked.target).query)
        offset, limit = int(query["offset"][0]), int(query["limit"][0])
        return Reply(200, page(lists["/environments/" in asked.path], offset, limit))

    with answering(handler) as server:
        path = recipe_for(box, "split", folder)
        text = path.read_text()
        api = box.addresses()["split"]["api"]
        assert api in text
        path.write_text(text.replace(api, server.url))
        code, out, _ = planned(path, keys_for(box, "split"), as_json=True)
        return code, json.loads(out), len(server.asked)


@pytest.mark.parametrize(
    ("page", "count", "most"),
    [
        *((page, count, 2 * (count // 20 + 2)) for page in ("20 at most", "no total") for count in (1, 20, 137)),
        *((page, 137, 36) for page in ("everything", "page counted", "short page counted")),
    ],
)
def test_odd_lists_are_planned_whole(box: Sandbox, tmp_path: Path, page: str, count: int, most: int) -> None:
    code, document, requests = plan_over(box, tmp_path, PAGES[page], count)
    assert (code, document["counts"]["source"]) == (0, count)
    assert requests <= most


@pytest.mark.parametrize("page", ["same page", "3 too many"])
@pytest.mark.parametrize("count", [60, 137])
def test_list_that_may_not_be_whole_is_an_error(box: Sandbox, tmp_path: Path, page: str, count: int) -> None:
    code, document, requests = plan_over(box, tmp_path, PAGES[page], count)
    assert (code, document["event"], document["kind"]) == (5, "error", "server-error")
    assert requests <= 24
