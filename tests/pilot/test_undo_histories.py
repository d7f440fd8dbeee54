"""Whose flag it is, as the wizard acts on it: a colleague's flag, one that is not certain, and another account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import OptionList

from tests.pilot.resuming import bag, earlier_imports, journal_at, noted, stage, started
from tests.pilot.runs import Clock, buttons, ended, reported, run_of, to_run
from tests.pilot.test_undo_screen import confirmed, counted, gone, opened, planned, writes
from tests.pilot.walking import SIZE, Walk, practice_app
from tests.unit.history_tools import TRIGGER, as_imported, content, equal_to, just_before, some_flags
from tests.unit.sandbox_tools import create, launchdarkly, path_of, run_import
from tui.apply import store
from tui.apply.journal import Identity, Stage
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.screens.undo import UndoScreen

KEY = "google-pay"
OLD = Path(__file__).parent.parent / "unit/journals_1_1_0/verified.json"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=some_flags()) as made:
        yield made


async def archived(walk: Walk) -> None:
    await confirmed(walk)
    await walk.until(lambda: buttons(walk) == {"close"}, "the end")


def marked(walk: Walk) -> set[str]:
    """The keys of the flags that the page says are not certain."""
    undo = walk.app.screen
    assert isinstance(undo, UndoScreen)
    return {each.key for each in undo._decisions if each.not_certain}


async def include(walk: Walk, key: str) -> None:
    """Space on the row of a flag."""
    rows = walk.get("#undo-list", OptionList)
    rows.focus()
    await walk.has_focus("undo-list")
    rows.highlighted = rows.get_option_index(f"flag-{key}")
    before = counted(walk)
    await walk.press("space")
    await walk.until(lambda: counted(walk) != before, "another count")


async def test_flag_that_a_colleague_created_during_the_run_stays(box: Sandbox, tmp_path: Path) -> None:
    clock = Clock()
    clock.box = box
    async with practice_app(tmp_path, size=SIZE, box=box, **clock.options()) as walk:
        await walk.jump("review", "unleash")
        greta = box.colleague()
        done = just_before(box, TRIGGER, lambda: greta.create(KEY, **equal_to("unleash", KEY)))
        await walk.send()
        await to_run(walk)
        await reported(walk)
        assert done
        theirs = greta.flag(KEY)
        await opened(walk)
        await archived(walk)
        assert gone(walk) == set(planned(walk)) - {KEY}
        assert greta.flag(KEY) == theirs


async def test_flag_that_is_not_certain_is_included_by_space_alone(tmp_path: Path) -> None:
    async with ended(tmp_path, "no-creation-date", company=some_flags()) as walk:
        await opened(walk)
        assert marked(walk) == set(planned(walk))
        assert buttons(walk) == {"close"}, "nothing is certain, so nothing is offered"
        await include(walk, KEY)
        assert {"archive", "delete"} <= buttons(walk)
        await include(walk, "dark-mode")
        await include(walk, "dark-mode")
        assert writes(walk) == []
        await archived(walk)
        assert gone(walk) == {KEY}
        assert writes(walk) == [f"/api/v2/flags/web-shop/{KEY}"]


@pytest.mark.parametrize("upto", [Stage.CREATING, Stage.CREATED, Stage.STARTED, Stage.ENDED, Stage.VERIFIED])
async def test_import_of_another_account_is_not_resumed(box: Sandbox, tmp_path: Path, upto: Stage) -> None:
    """The other account has a configuration and flags of the same names."""
    path = await noted(box, Stage.CREATED if upto is Stage.CREATING else upto)
    journal = journal_at(path)
    if upto is Stage.CREATING:
        store.save(replace(journal, stage=upto, configuration=""), path)
    gil = box.colleague("gil@globex.example", account="globex")
    for key, flag in as_imported("unleash").items():
        gil.create(key, **content(flag), created=flag.created - 1)
    with launchdarkly(box, "other-account") as ld:
        import_key = TOKENS["other-import-key"].value
        made = create(ld, box, ldApiKey=import_key)
        ld.patch(path_of(made), json=[{"op": "replace", "path": "/name", "value": journal.identity.name}])
    before, saved, sent = gil.flags(), path.read_bytes(), len(box.requests)
    async with started(box, tmp_path, token=TOKENS["other-account"].value) as (walk, _):
        if upto is Stage.VERIFIED:
            await earlier_imports(walk)
        else:
            await walk.has_focus("go-on-run")
        await walk.press("enter")
        if upto is Stage.CREATING:
            await walk.until(lambda: walk.on("submit") and walk.outcome, "the look-up")
            assert walk.outcome is not None
            failure = walk.outcome.failure
        else:
            if upto is Stage.CREATED:
                await walk.until(lambda: "start" in buttons(walk), "the offer to start")
                await walk.push("#start")
                await walk.push("#yes")
            await walk.until(lambda: walk.app.session.run is not None and run_of(walk).trouble, "the refusal")
            failure = run_of(walk).trouble
        await walk.settled()
        assert failure is not None
        assert (failure.kind.value, failure.field) == ("credential", "token")
    assert gil.flags() == before
    assert path.read_bytes() == saved
    assert {method for method, _, _ in box.requests[sent:]} == {"GET"}


async def test_by_a_journal_of_1_1_0_nothing_is_certain(box: Sandbox, tmp_path: Path) -> None:
    there = box.addresses()
    with launchdarkly(box) as ld:
        made = create(ld, box)
        status = run_import(ld, path_of(made))[1]
    flags = box.colleague().flags()
    document = json.loads(OLD.read_text())
    for part in ("identity", "head"):
        document[part] |= {"host": there["launchdarkly"]["url"]}
    document |= {"configuration": made.json()["_id"]}
    document["config"] |= {"sourceBaseUrl": there["unleash"]["url"]}
    document["mark"]["last_import"] = status["lastImport"]
    for key, trace in document["traces"].items():
        trace["created"] = flags[key].created
        trace["environments"] = {name: [1, flags[key].created] for name in trace["environments"]}
    path = store.path_of(Identity(**document["identity"]))
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(json.dumps(document))
    path.chmod(0o600)
    async with started(box, tmp_path) as (walk, _):
        await earlier_imports(walk)
        await walk.press("enter")
        await reported(walk)
        assert bag(walk) == ["token"]
        await opened(walk)
        assert marked(walk) == set(planned(walk)) == set(document["traces"])
        assert buttons(walk) == {"close"}
        await include(walk, "dark-mode")
        await archived(walk)
        assert gone(walk) == {"dark-mode"}
    assert set(journal_at(path).undone) == {"dark-mode"}
    assert stage(path) is Stage.VERIFIED
