"""Configurations that exist on the practice servers, and ways to change them that are lost on the way."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.unit.run_tools import Time, context_of
from tests.unit.sandbox_tools import create, launchdarkly
from tests.unit.walk_tools import built_forms, drained, session
from tui.configurations import edit, listing
from tui.configurations.edit import Edit
from tui.configurations.listing import Account
from tui.launchdarkly.instances import instance
from tui.launchdarkly.models import Configuration
from tui.sandbox import faults
from tui.sandbox.faults import Fault, cut
from tui.sandbox.flag_import import FLAG_IMPORT
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.sandbox.struck_request import StruckRequest
from tui.secrets.bag import Bag
from tui.wizard.session import Session

NEW_KEY = "default:production.5a4db0c5feed5a4db0c5feed5a4db0c5feed5a4db0c5feed5a4db0c5"
_ONE = re.compile(re.escape(FLAG_IMPORT) + r"/[^/]+/[^/]+/[^/]+/?")


def account_of(box: Sandbox, who: str = "writer", time: Time | None = None) -> Account:
    clock = time or Time()
    clock.box = box
    context = context_of(clock)
    bag = Bag(context.redactor)
    bag.put("token", TOKENS[who].value)
    return Account(instance(box.addresses()["launchdarkly"]["url"]), bag, context)


def made(box: Sandbox, integration: str = "unleash", **changed: Any) -> str:
    """Create one; its id."""
    with launchdarkly(box) as ld:
        return str(create(ld, box, integration, **changed).json()["_id"])


async def whole(account: Account, id: str) -> Configuration:
    _, there = await drained(listing.listed(account))
    _, one = await drained(listing.opened(account, listing.by_id(there, id)))
    return one


def editing(account: Account, one: Configuration) -> Session:
    """A session of its own over the answers that a configuration stands for."""
    made = session(account.context)
    made.draft = edit.draft_of(built_forms().get(one.integration_key), one)
    edit.token_beside(made.bag, account)
    return made


def edit_of(account: Account, one: Configuration, made: Session) -> Edit:
    return Edit(account, one, made.draft, made.bag)


def patches(box: Sandbox) -> int:
    return sum(method == "PATCH" for method, _, _ in box.requests)


def loses(
    monkeypatch: pytest.MonkeyPatch,
    box: Sandbox,
    method: str,
    act: Callable[[StruckRequest], Awaitable[None]] | None = None,
) -> None:
    """Every request of this method about one configuration does its work, and its answer is lost; or `act`."""
    fault = Fault(
        "of-this-test",
        "",
        "",
        lambda service, m, path: service == "launchdarkly" and m == method and _ONE.fullmatch(path) is not None,
        act or cut(carried_out=True),
    )
    monkeypatch.setitem(faults.FAULTS, fault.name, fault)
    box.set_fault(fault.name)
