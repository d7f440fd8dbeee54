"""What the README promises is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.plan_tools import flag, plan
from tests.unit.walk_tools import built_forms
from tui import cli
from tui.answers import draft as drafts
from tui.answers.recipe_reader import read_text
from tui.commands.output import error_object
from tui.commands.remedies import RECIPE
from tui.net.errors import Failure, Kind
from tui.plan.documents import as_json
from tui.plan.plan import Verdict
from tui.targeting.losses import LOSSES

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text("utf-8"))
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).is_file()] == []


def test_every_picture_is_shown() -> None:
    drawn = {f"screenshots/{path.name}" for path in (ROOT / "screenshots").glob("*.svg")}
    assert drawn == set(re.findall(r"\((screenshots/[^)]+)\)", README))


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_both_lines_can_be_pasted() -> None:
    begin = "python3 -m venv .venv && .venv/bin/pip install -q "
    lines = [line for line in README.splitlines() if line.startswith(begin)]
    assert [line.removeprefix(begin).split()[0] for line in lines] == [".", "-e"]
    assert lines[0].endswith(" && .venv/bin/ld-flag-import --demo")
    assert lines[1].endswith(" && .venv/bin/python -m tests.tools.test")


COMMANDS = (
    "plan", "apply", "verify", "undo", "rebuild", "report", "imports", "configs", "keys", "manifest", "doctor",
    "completion", "sandbox",
)  # fmt: skip


def test_its_commands_and_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    words = set(re.findall(rf"`(?:ld-flag-import )?(--[a-z-]+|{'|'.join(COMMANDS)})\b", README))
    for command in ([], ["keys", "forget"], ["configs", "watch"], *([command] for command in COMMANDS)):
        assert cli.main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert words >= {"--demo", "--host", "--log", "--manifest", "--timeout", *COMMANDS}
    assert {word for word in words if word not in shown} == set()


def block(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_its_recipe_is_one_and_no_entry_is_unknown() -> None:
    (text,) = block("toml")
    read = read_text(text, built_forms())
    assert (read.draft.integration, drafts.value(read.draft, "host")) == ("unleash", "eu")
    assert set(read.references) == {"token", "sourceApiKey", "ldApiKey"}


def test_a_plan_and_an_error_have_the_members_it_shows() -> None:
    (document,) = (json.loads(each) for each in block("json") if "\n{" not in each)
    shown = as_json(plan(flag("checkout-v2", "constraints", "percentage-rollout", on=True)))
    assert (list(document), list(document["counts"])) == (list(shown), list(shown["counts"]))  # type: ignore[call-overload]
    assert document["flags"] == shown["flags"]
    (members,) = re.findall(r"A failure is one object with (.*)\.", README)
    assert [name for name in re.findall(r"`([a-z_]+)`", members) if name != "error"] == [
        *error_object(Failure(Kind.SOURCE, "x"), RECIPE)
    ]


def test_the_lines_of_an_import_are_named_in_the_order_of_the_contract() -> None:
    (listed,) = re.findall(r"`event` is (.*?), in this order", README, re.DOTALL)
    order = ["planned", "created", "triggered", "progress", "finished", "verified", "result"]
    assert re.findall(r"`([a-z]+)`", listed) == order


def test_every_verdict_loss_and_exit_code_of_a_failure_is_told() -> None:
    words = set(re.findall(r"`([a-z-]+)`", README))
    assert words >= {*Verdict, *LOSSES}
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    of_failures = {Failure(kind, "x").exit_code for kind in Kind}
    assert codes == of_failures | {0, 6, Failure(Kind.SOURCE, "x", status_code=403).exit_code}
