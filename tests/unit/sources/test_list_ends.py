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


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


def short_pages(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    """No total, and 20 at most however many were asked for."""
    return {"objects": items[offset : offset + 20], "offset": offset, "limit": 20}


def without_total(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    return {"objects": items[offset : offset + limit]}


def everything(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    return {"objects": items}


def page_counted(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    found = items[offset : offset + limit]
    return {"objects": found, "totalCount": len(found)}


def short_page_counted(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    return page_counted(items, offset, min(limit, 20))


def same_page(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    return {"objects": items[:limit]}


def three_too_many(items: list[Any], offset: int, limit: int) -> dict[str, Any]:
    return {**without_total(items, offset, limit), "totalCount": len(items) + 3}


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


@pytest.mark.parametrize("count", [1, 20, 137])
@pytest.mark.parametrize("page", [short_pages, without_total])
def test_list_without_total_is_planned_whole(box: Sandbox, tmp_path: Path, page: Page, count: int) -> None:
    code, document, requests = plan_over(box, tmp_path, page, count)
    assert (code, document["counts"]["source"]) == (0, count)
    assert requests <= 2 * (count // 20 + 2)


@pytest.mark.parametrize("page", [everything, page_counted, short_page_counted])
def test_odd_lists_are_planned_whole(box: Sandbox, tmp_path: Path, page: Page) -> None:
    code, document, requests = plan_over(box, tmp_path, page, 137)
    assert (code, document["counts"]["source"]) == (0, 137)
    assert requests <= 36


@pytest.mark.parametrize("page", [same_page, three_too_many])
@pytest.mark.parametrize("count", [60, 137])
def test_list_that_may_not_be_whole_is_an_error(box: Sandbox, tmp_path: Path, page: Page, count: int) -> None:
    code, document, requests = plan_over(box, tmp_path, page, count)
    assert (code, document["event"], document["kind"]) == (5, "error", "server-error")
    assert requests <= 24
