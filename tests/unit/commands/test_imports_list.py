"""`ld-flag-import imports list`: the journals of this machine."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.report_tools import expected, journal
from tui import cli
from tui.apply import store
from tui.apply.journal import Identity, Stage
from tui.commands.imports import ImportsFilter, run
from tui.launchdarkly.instances import EU, US


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three journals, and a file that is none."""
    for identity, stage in (
        (Identity(EU.url, "web-shop", "unleash", "Done"), Stage.VERIFIED),
        (Identity(US.url, "web-shop", "split", "Running"), Stage.STARTED),
        (Identity(US.url, "blog", "split", "Planned"), Stage.PLANNED),
    ):
        store.save(journal(expected("a"), identity=identity, stage=stage), store.path_of(identity, tmp_path))
    (tmp_path / "damaged.json").write_text("{}")
    return tmp_path


def listed(folder: Path, **wanted: str) -> list[dict[str, object]]:
    out, err = io.StringIO(), io.StringIO()
    assert run(ImportsFilter(**wanted), True, out, err, folder) == 0
    document = json.loads(out.getvalue())
    assert ([*document], document["damaged"], err.getvalue()) == (
        ["imports", "damaged"], [str(folder / "damaged.json")], "",
    )  # fmt: skip
    imports: list[dict[str, object]] = document["imports"]
    return imports


def test_every_import_is_listed_those_to_resume_first(folder: Path) -> None:
    first, *others = listed(folder)
    assert (first["name"], first["stage"], first["resumable"], first["flags"]) == ("Running", "started", True, 1)
    assert {str(each["name"]) for each in others} == {"Done", "Planned"}
    path = Path(str(first["journal"]))
    changed = datetime.fromisoformat(str(first["changed_at"])).timestamp()
    assert abs(changed - path.stat().st_mtime) < 1
    assert first["changed"] == round(changed * 1000)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"project": "blog"}, {"Planned"}),
        ({"integration": "split"}, {"Running", "Planned"}),
        ({"host": "eu"}, {"Done"}),
        ({"host": "https://app.launchdarkly.com", "project": "web-shop"}, {"Running"}),
        ({"project": "none"}, set()),
    ],
)
def test_filters(folder: Path, wanted: dict[str, str], names: set[str]) -> None:
    assert {each["name"] for each in listed(folder, **wanted)} == names


def test_table_for_people(folder: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run(ImportsFilter(), False, out, err, folder) == 0
    head, first, *_ = out.getvalue().splitlines()
    assert head.split()[:3] == ["NAME", "INTEGRATION", "LAUNCHDARKLY"]
    assert first.startswith("Running")
    assert "damaged.json" in err.getvalue()


def test_command_line_without_imports(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["imports", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"imports": [], "damaged": []}
    assert cli.main(["imports", "list"]) == 0
    assert "No imports" in capsys.readouterr().out
    assert cli.main(["imports", "list", "--host", "nowhere at all"]) == 2
