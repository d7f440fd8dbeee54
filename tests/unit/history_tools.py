"""A colleague at work in the same project while commands run, and what an import's flags look like."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.headless_tools import Ran, Recipe, killed
from tests.unit.sandbox_tools import create, launchdarkly, path_of, run_import, until
from tui.apply.journal import Stage
from tui.commands import undo
from tui.sandbox.account import LdFlag
from tui.sandbox.company import Company, seeded
from tui.sandbox.server import Sandbox

TRIGGER = ("POST", r".*/trigger")
CREATE = ("POST", r"/api/v2/integration-capabilities/flag-import/[^/]+/[^/]+")
ENVIRONMENTS = ("GET", r"/api/v2/projects/web-shop/environments")
NEWEST = ("GET", r"/api/v2/flags/web-shop")
_CONTENT = ("name", "tags", "description", "variations", "on", "off", "maintainer")

KEY = "google-pay"
"""A planned flag that a colleague creates or changes."""
OTHER = "dark-mode"
DAY = 86_400_000
WITHOUT_LOG = ("audit-log-forbidden", "audit-log-missing", "audit-log-error", "audit-log-empty", "audit-log-anonymous")
DELETE = pytest.mark.parametrize("delete", [False, True], ids=["archive", "delete"])

Flags = Mapping[str, LdFlag]
Moment = tuple[str, str]
"""A request's method, and a pattern for its path."""


def some_flags(count: int = 14) -> Company:
    """Few enough for many runs."""
    company = seeded()
    return Company(company.segments, {"default": company.projects["default"][:count], "mobile-app": ()})


@functools.cache
def as_imported(integration: str, flag_tag: str | None = None) -> Flags:
    """Flags as an undisturbed import of `some_flags` creates them, by key."""
    tag = {} if flag_tag is None else {"ldTag": flag_tag}
    with Sandbox.start(company=some_flags()) as box, launchdarkly(box) as ld:
        before = box.colleague().flags()
        assert run_import(ld, path_of(create(ld, box, integration, **tag)))[1]["status"] == "complete"
        return {key: flag for key, flag in box.colleague().flags().items() if key not in before}


def content(flag: LdFlag) -> dict[str, Any]:
    return {name: getattr(flag, name) for name in _CONTENT}


def equal_to(integration: str, key: str, flag_tag: str | None = None) -> dict[str, Any]:
    """What a flag of this key looks like as an import creates it."""
    return content(as_imported(integration, flag_tag)[key])


def create_equal(recipe: Recipe, key: str, who: str = "greta@example.com", **changed: Any) -> None:
    """A colleague creates a flag that looks as if the import created it, but for what is `changed`."""
    flag_tag = recipe.path.read_text().partition('ldTag = "')[2].partition('"')[0]
    recipe.box.colleague(who).create(key, **equal_to(recipe.integration, key, flag_tag) | changed)


def just_before(box: Sandbox, moment: Moment, act: Callable[[], object], *, after: Moment | None = None) -> list[int]:
    """Act once, right before the first such request is answered; with `after` the first one that follows that.

    Returns a list that gets an entry when it happens.
    """
    done: list[int] = []
    waiting = [after] if after else []

    def called(method: str, path: str) -> None:
        if waiting:
            if _is(waiting[0], method, path):
                waiting.clear()
        elif not done and _is(moment, method, path):
            done.append(len(box.requests))
            act()

    box.on_request = called
    return done


def _is(moment: Moment, method: str, path: str) -> bool:
    return method == moment[0] and re.fullmatch(moment[1], path) is not None


def idle(box: Sandbox) -> None:
    """Wait until no import would move by itself."""
    until(lambda: box.moves is None)


def killed_at(recipe: Recipe, stage: Stage, *, noted: bool = True) -> None:
    """Apply, die where the journal comes to `stage`, and let LaunchDarkly's import come to its end."""
    killed(recipe, stage, noted=noted)
    idle(recipe.box)


def actions(ran: Ran) -> dict[str, str]:
    (document,) = ran.lines
    return {each["key"]: each["action"] for each in document["flags"]}


def taken_back(recipe: Recipe, **asked: Any) -> set[str]:
    """Undo with --yes; the keys of the flags that it archived or deleted. Everything else must stay as it was."""
    box = recipe.box
    box.on_request = None
    before, requests = box.colleague().flags(), len(box.requests)
    ran = recipe.run(undo.run, **asked)
    assert ran.code == 0, ran.out
    done = {key for key, action in actions(ran).items() if action != "keep"}
    after = box.colleague().flags()
    for key, flag in before.items():
        if key not in done:
            assert after.get(key) == flag, key
        elif asked.get("delete"):
            assert key not in after
        else:
            assert after[key] == replace(flag, archived=True, version=flag.version + 1)
    assert set(after) <= set(before)
    written = {path.rpartition("/")[2] for method, path, _ in box.requests[requests:] if method in ("PATCH", "DELETE")}
    assert written == done
    return done


def deletes(recipe: Recipe) -> bool:
    """Flags from Split are deleted, those from Unleash archived."""
    return recipe.integration == "split"


def planned_keys(recipe: Recipe) -> set[str]:
    return set(as_imported(recipe.integration))


def applied(recipe: Recipe, code: int = 0) -> Ran:
    ran = recipe.run()
    assert ran.code == code, ran.out
    return ran
