"""Whole imports by the command line from a real Unleash, held against what that server itself says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import eventually
from tests.real import unleash_seed as seed
from tests.real.import_tools import Page, done, killed_after, practice, recipe_of, served
from tests.real.test_unleash_flags import by_unleash_client
from tests.real.test_unleash_plan import ARCHIVED, THERE, verdict
from tests.real.unleash_install import VERSIONS
from tests.real.unleash_server import Unleash, servers
from tests.unit.commands.test_apply import WHOLE, silent, writes
from tests.unit.headless_tools import Ran, Recipe
from tests.unit.run_tools import creates, deleted, flags_of, instructed, triggers
from tests.unit.walk_tools import configurations
from tui.plan.plan import Verdict
from tui.sandbox.clock import Pace
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.timeout(600)  # the first one may have to install the servers

newest = pytest.mark.parametrize("unleash", VERSIONS[:1], indirect=True)
NOTHING: dict[str, list[Any]] = {"missing": [], "unexpected": [], "different": [], "on_in_launchdarkly": []}
SLOW = Pace(step=0.2, slow=0.3, drip=0.02, pause=0.3)
"""With the fault `import-slow` one flag a step: seconds pass between the first flag and the last."""

FIELDS = {
    "planned": ["event", "counts"],
    "created": ["event", "id", "reused", "status_code"],
    "triggered": ["event", "status_code"],
    "progress": ["event", "status", "arrived", "expected"],
    "finished": ["event", "status", "arrived", "expected", "errors"],
    "verified": ["event", *NOTHING],
    "result": ["event", "exit", "report"],
}
"""By the contract of the command line."""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals lie beside the recipe, for this process and its children."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def arriving(there: dict[str, bool]) -> set[str]:
    return {name for name in there if verdict(name) is Verdict.IMPORT}


def lossy(names: set[str]) -> set[str]:
    return {flag.name for flag in seed.FLAGS if flag.name in names and flag.lost}


def on(there: dict[str, bool], names: set[str]) -> set[str]:
    return {name for name in names if there[name]}


def brought_all(ran: Ran, box: Sandbox, recipe: Recipe, there: dict[str, bool]) -> None:
    """The end of a whole import, and its report: all numbers and lists are those of the server."""
    names = arriving(there)
    assert (ran.code, ran.events) == (0, WHOLE), ran.out + ran.err
    assert all([*each] == FIELDS[each["event"]] for each in ran.lines)
    assert ran.one("planned")["counts"] == {
        "source": len(there),
        "import": len(names),
        "skip": len((*THERE, ARCHIVED)),
        "invalid": len(seed.ILLEGAL_NAMES),
        "lossy": len(lossy(names)),
        "on_at_source": len(on(there, names)),
    }
    finished = ran.one("finished")
    assert (finished["status"], finished["arrived"], finished["expected"]) == ("complete", len(names), len(names))
    assert len(finished["errors"]) == len(seed.ILLEGAL_NAMES)
    assert all(any(name in error for error in finished["errors"]) for name in seed.ILLEGAL_NAMES)
    assert ran.one("verified") == {"event": "verified", **NOTHING}
    assert flags_of(box).keys() == names | {*THERE}
    (configuration,) = configurations(box, "Practice plan")
    assert ran.one("created")["id"] == configuration["_id"]
    assert (creates(box), triggers(box)) == (1, 1)
    assert ran.one("result")["exit"] == 0
    reported(Page(Path(ran.one("result")["report"])), there, names)
    assert "\x1b" not in Path(ran.one("result")["report"]).read_text() + ran.out
    assert silent(ran.out, recipe=recipe)


def reported(page: Page, there: dict[str, bool], names: set[str]) -> None:
    assert page.numbers == {
        "At the source": len(there),
        "Planned": len(names),
        "Created": len(names),
        "As planned": len(names),
        "Different": 0,
        "On in LaunchDarkly": 0,
        "Missing": 0,
        "Unplanned": 0,
        "Skipped": len((*THERE, ARCHIVED)),
        "Can't be imported": len(seed.ILLEGAL_NAMES),
        "Planned, lose targeting": len(lossy(names)),
        "Planned, on at the source": len(on(there, names)),
    }
    lists = {name: sorted(rows) for name, rows in page.lists.items()}
    assert lists["planned"] == sorted(names)
    assert lists["left-out"] == sorted(there.keys() - names)
    assert lists["cut-over"] == sorted(on(there, names))
    assert lists["rebuild"] == sorted(lossy(names))


def test_applied_verified_and_applied_again(unleash: Unleash, tmp_path: Path) -> None:
    there = served(unleash)
    assert there.keys() == by_unleash_client(unleash, "production") == {*seed.listed(unleash.version, seed.DEFAULT)}
    with practice(unleash) as box:
        recipe = recipe_of(box, unleash, tmp_path)
        ran = done(recipe, "apply", "--yes")
        brought_all(ran, box, recipe, there)
        created, triggered = ran.one("created"), ran.one("triggered")
        assert (created["reused"], created["status_code"], triggered["status_code"]) == (False, 200, 201)

        token = {"LD_ACCESS_TOKEN": recipe.environ["LD_ACCESS_TOKEN"]}
        verified = done(recipe, "verify", environ=token)
        assert (verified.code, verified.lines, verified.err) == (0, [NOTHING], "")

        written, journal = writes(box), recipe.journals[0].read_bytes()
        again = done(recipe, "apply", "--yes")
        assert (again.code, again.events) == (0, ["planned", "result"])
        taken = len(arriving(there)) + len((*THERE, ARCHIVED))
        counts = again.one("planned")["counts"]
        assert (counts["source"], counts["import"], counts["skip"]) == (len(there), 0, taken)
        assert again.one("result") == {"event": "result", "exit": 0, "report": None}
        assert (writes(box), recipe.journals[0].read_bytes()) == (written, journal)


NEW, NO_MORE = "made-meanwhile", "half-asleep"


def changed(unleash: Unleash) -> None:
    """A flag is made at Unleash and switched on, another one is archived; the server's own list says so."""
    with httpx.Client(base_url=f"{unleash.address}/api/admin/", trust_env=False, timeout=30) as client:
        client.headers["Authorization"] = seed.ADMIN
        seed.Admin(client).flag(seed.Flag(NEW, (seed.rollout(30),), on=(seed.PRODUCTION,)))
        assert client.delete(f"projects/{seed.DEFAULT}/features/{NO_MORE}").is_success
    eventually(lambda: NEW in (there := served(unleash)) and NO_MORE not in there, "the change at Unleash", 30)


def test_applied_again_after_a_change_at_unleash_it_brings_what_is_new_alone(tmp_path: Path) -> None:
    with servers(VERSIONS[:1]) as (unleash,), practice(unleash) as box:  # its own: all others only read theirs
        recipe = recipe_of(box, unleash, tmp_path)
        assert recipe.run().code == 0
        first, before = arriving(served(unleash)), flags_of(box)
        changed(unleash)
        ran = done(recipe, "apply", "--yes")
        assert (ran.code, ran.events) == (0, WHOLE)
        counts = ran.one("planned")["counts"]
        assert (counts["source"], counts["import"]) == (len(served(unleash)), 1)
        assert (counts["lossy"], counts["on_at_source"]) == (1, 1)
        after = flags_of(box)
        assert after.keys() - before.keys() == {NEW}
        assert {key: flag for key, flag in after.items() if key != NEW} == before
        assert (creates(box), triggers(box)) == (1, 2)
        everything = first | {NEW}
        assert (ran.one("finished")["arrived"], ran.one("finished")["expected"]) == (len(everything), len(everything))
        page = Page(Path(ran.one("result")["report"]))
        assert {*page.lists["planned"]} == everything, "what the first run has made belongs to this import too"
        assert (page.numbers["Created"], page.numbers["As planned"]) == (len(everything), len(everything))
        assert done(recipe, "verify").lines == [NOTHING]


def actions(ran: Ran) -> dict[str, str]:
    assert ran.err == ""
    (document,) = ran.lines
    return {each["key"]: each["action"] for each in document["flags"]}


@newest
def test_undone_but_for_what_was_touched_meanwhile(unleash: Unleash, tmp_path: Path) -> None:
    names = arriving(served(unleash))
    with practice(unleash) as box:
        recipe = recipe_of(box, unleash, tmp_path)
        assert recipe.run().code == 0
        before = flags_of(box)
        dry = done(recipe, "undo", "--dry-run")
        assert (dry.code, actions(dry)) == (0, dict.fromkeys(names, "archive"))
        assert flags_of(box) == before

        instructed(box, "everyone", "turnFlagOn", environmentKey="staging")
        instructed(box, "bare", "updateName", value="Ours now")
        deleted(box, "loud")
        ran = done(recipe, "undo", "--yes")
        touched = {"everyone", "bare", "loud"}
        assert (ran.code, actions(ran)) == (
            0, dict.fromkeys(names - touched, "archive") | dict.fromkeys(touched, "keep"),
        )  # fmt: skip
        assert flags_of(box).keys() == {*THERE, "everyone", "bare"}
        assert flags_of(box, archived=True).keys() == (names - touched) | {ARCHIVED}
        assert {key: flags_of(box)[key] for key in THERE} == {key: before[key] for key in THERE}
        assert {*actions(done(recipe, "undo", "--yes")).values()} == {"keep"}
        assert silent(dry.out, ran.out, recipe=recipe)


@newest
@pytest.mark.parametrize("goes_on", [True, False])
def test_killed_while_it_watches_the_next_one_comes_to_the_same_end(
    unleash: Unleash, goes_on: bool, tmp_path: Path
) -> None:
    """The import goes on without it, and is still running or has ended when the next one looks."""
    there = served(unleash)
    how: dict[str, Any] = {"fault": "import-slow", "pace": SLOW} if goes_on else {}
    with practice(unleash, **how) as box:
        recipe = recipe_of(box, unleash, tmp_path)
        if goes_on:
            killed_after(recipe, "progress", 1)
            assert len(flags_of(box)) < len(arriving(there)), "it is in the middle"
        else:
            killed_after(recipe, "triggered")
            eventually(lambda: box.moves is None, "the end of the import")
        ran = done(recipe, "apply", "--yes", environ={"LD_ACCESS_TOKEN": recipe.environ["LD_ACCESS_TOKEN"]})
        brought_all(ran, box, recipe, there)
        assert (ran.one("created")["reused"], ran.one("triggered")["status_code"]) == (True, None)
