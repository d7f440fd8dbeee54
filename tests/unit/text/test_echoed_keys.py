"""Keys that a server echoes: no command, journal, report, or log has any part of one, also after a resume."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.echoes import RUN, TRANSFORMATIONS, left_of, secret_part, truncated
from tests.unit.headless_tools import Recipe, killed, recipe_in
from tests.unit.manage_tools import made
from tests.unit.run_tools import Time, context_of
from tests.unit.sandbox_tools import FI, config_for, launchdarkly
from tui.apply.journal import Stage
from tui.commands import apply, configs, plan, undo, verify
from tui.commands.surroundings import Surroundings
from tui.sandbox import flag_import
from tui.sandbox.account import StoredConfiguration
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring
from tui.text.log import open_log
from tui.text.private_files import state_dir


def all_echoes(*keys: str) -> list[str]:
    """Messages with every part of the keys in every transformation."""
    return [
        f"{'x' * lead}refused ({transform(part)}): not valid"
        for lead, key in zip((0, 180, 30), keys, strict=False)
        for part in truncated(key)
        for transform in TRANSFORMATIONS.values()
    ]


@pytest.fixture
def echoes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the practice LaunchDarkly quote keys in the errors of every configuration; `clear` shows its settings."""
    unchanged: Callable[[StoredConfiguration], dict[str, Any]] = flag_import.status_json

    def planted(messages: list[str], *, status: str = "", clear: bool = False) -> None:
        def status_json(configuration: StoredConfiguration) -> dict[str, Any]:
            errors = [{"message": text, "statusCode": 400, "timestamp": 1_900_000_000_000} for text in messages]
            return {**unchanged(configuration), "errors": errors, **({"status": status} if status else {})}

        monkeypatch.setattr(flag_import, "status_json", status_json)
        if clear:
            monkeypatch.setattr(flag_import, "SECRETS", {"unleash": (), "split": ()})

    return planted


def ran(box: Sandbox, *arguments: Any, environ: dict[str, str], log: Path, **options: Any) -> str:
    """All that `configs` writes."""
    out, err = io.StringIO(), io.StringIO()
    clock = Time(box=box)
    context = context_of(clock)
    write, close = open_log(log, context.redactor)
    surroundings = (replace(context, log=write), environ, Keyring(child=["/nonexistent"]), out, err, io.StringIO())
    configs.run(configs.ConfigsOptions(*arguments, **options), Surroundings(*surroundings))
    close()
    return out.getvalue() + err.getvalue() + log.read_text()


def nothing_left(written: str, *keys: str) -> None:
    for line in written.splitlines():
        for key in keys:
            assert left_of(key, line) == "", line


def files_of(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in folder.rglob("*") if path.suffix in (".json", ".html", ".log"))


def of_sandbox(box: Sandbox) -> dict[str, str]:
    return {"LD_ACCESS_TOKEN": TOKENS["writer"].value, "LD_BASE_URI": box.addresses()["launchdarkly"]["url"]}


# --- configs


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("action", "in_environment"), [("list", True), ("show", True), ("show", False), ("watch", False)]
)
def test_configs_hide_keys_that_they_know_from_anywhere(
    box: Sandbox, tmp_path: Path, echoes: Callable[..., None], action: str, in_environment: bool, as_json: bool
) -> None:
    """From the environment, or from the settings that a server shows."""
    identity, sdk = made(box), box.addresses()["unleash"]["key"]
    keys = (TOKENS["import-key"].value, sdk)
    status = f"failed {secret_part(sdk)[:20]}" if in_environment else "failed"
    echoes(all_echoes(*keys), status=status, clear=not in_environment)
    known = {"LD_IMPORT_API_KEY": keys[0], "UNLEASH_SDK_KEY": sdk} if in_environment else {}
    arguments = (action,) if action == "list" else (action, identity)
    written = ran(box, *arguments, environ={**of_sandbox(box), **known}, log=tmp_path / "a.log", as_json=as_json)
    assert "refused" in written or action == "list"
    nothing_left(written, *keys)


def test_a_setting_that_has_a_key_in_it_is_not_shown(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that puts a key where none belongs, long enough to be cut there."""
    identity, key = made(box), TOKENS["import-key"].value
    before = flag_import.configuration_json

    def misplaced(*arguments: Any, **more: Any) -> dict[str, Any]:
        shape = before(*arguments, **more)
        for name, transform in TRANSFORMATIONS.items():
            shape["config"][f"x-{name}-{transform(key)}"] = transform(key)
        return {**shape, "config": {**shape["config"], "ldTag": "y" * 285 + key[4:], "sourceTag": key[5:30]}}

    monkeypatch.setattr("tui.sandbox.flag_import.configuration_json", misplaced)
    environ = {**of_sandbox(box), "LD_IMPORT_API_KEY": key}
    for as_json in (False, True):
        written = ran(box, "show", identity, environ=environ, log=tmp_path / "a.log", as_json=as_json)
        assert "yyyyyyyyyy" in written
        nothing_left(written, key)


def test_a_whole_token_in_a_name_is_hidden_before_a_cell_is_cut(box: Sandbox, tmp_path: Path) -> None:
    token = "api-aaaabbbb-cccc-4ddd-8eee-ffff00001111"
    with launchdarkly(box) as ld:
        body = {"name": f"Import of {'x' * 14}{token}", "tags": ["t"], "config": config_for(box, "unleash")}
        assert ld.post(f"{FI}/web-shop/unleash", json=body).is_success
    for as_json in (False, True):
        written = ran(box, "list", environ=of_sandbox(box), log=tmp_path / "a.log", as_json=as_json)
        assert "Import of" in written
        nothing_left(written, token)


# --- a recipe, and a run that goes on where another was killed


def prepared(box: Sandbox, folder: Path) -> tuple[Recipe, tuple[str, str]]:
    recipe = recipe_in(box, folder)
    return recipe, (recipe.environ["LD_IMPORT_API_KEY"], recipe.environ["UNLEASH_SDK_KEY"])


@pytest.mark.parametrize(("in_file", "as_json"), [(False, False), (False, True), (True, False)])
def test_a_resumed_apply_hides_every_key_of_its_recipe(
    box: Sandbox, tmp_path: Path, echoes: Callable[..., None], in_file: bool, as_json: bool
) -> None:
    recipe, keys = prepared(box, tmp_path)
    if in_file:
        secret = tmp_path / "import.secret"
        secret.write_text(recipe.environ.pop("LD_IMPORT_API_KEY") + "\n")
        secret.chmod(0o600)
        recipe.path.write_text(recipe.path.read_text().replace("env:LD_IMPORT_API_KEY", f"file:{secret}"))
    killed(recipe, Stage.STARTED)
    echoes(all_echoes(*keys))
    written = recipe.run(apply.run, as_json=as_json)
    assert "refused" in written.out
    nothing_left(written.out + written.err, *keys)
    for command in (verify.run, undo.run):
        after = recipe.run(command, as_json=as_json, dry_run=True)
        nothing_left(after.out + after.err, *keys)
    saved = files_of(tmp_path) + files_of(state_dir())
    assert "refused" in saved
    nothing_left(saved, *keys)


def test_a_refusal_is_told_without_any_part_of_a_key(box: Sandbox, tmp_path: Path) -> None:
    """LaunchDarkly quotes what it was sent, behind so much text that a cut would fall into the key."""
    recipe, keys = prepared(box, tmp_path)
    box.set_fault("echoed-secrets-error")
    written = recipe.run(apply.run)
    assert written.code == 4
    nothing_left(written.out + written.err + files_of(state_dir()), *keys)


# --- a key in the recipe


@pytest.mark.parametrize("inside", ["Import {}", "{}", "x{}y", "import-{}-of-ours"])
def test_a_recipe_that_has_a_key_in_it_is_refused_and_leaves_no_file(box: Sandbox, tmp_path: Path, inside: str) -> None:
    key = recipe_in(box, tmp_path).environ["LD_IMPORT_API_KEY"]
    for spelling in (key, key.upper(), key.replace("-", "")):
        recipe = recipe_in(box, tmp_path, config_name=inside.format(spelling))
        recipe.environ["LD_IMPORT_API_KEY"] = key
        before = len(box.requests)
        for command in (apply.run, verify.run, undo.run):
            written = recipe.run(command)
            assert written.code == 2
            assert written.one("error")["kind"] == "recipe" if command is apply.run else written.out
            nothing_left(written.out + written.err, key)
        assert len(box.requests) == before
        assert not [path for path in state_dir().rglob("*") if left_of(key, path.name)]


# --- what stays as it is


def test_flags_are_data_whatever_their_names_share_with_a_key(box: Sandbox, tmp_path: Path) -> None:
    """A key made of words masks no flag of that name, and no word of this program."""

    def flags() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(recipe.run(plan.run).out)["flags"]
        return sorted(found, key=lambda flag: str(flag["key"]))

    recipe = recipe_in(box, tmp_path, "split")
    before = flags()
    longest = max((flag["key"] for flag in before), key=len)
    assert len(longest) >= RUN
    recipe.environ["LD_IMPORT_API_KEY"] = f"{longest}-targeting-rules-percentage-rollout"
    assert flags() == before
    recipe.environ["LD_IMPORT_API_KEY"] = longest * 2
    assert flags() == before
