"""What commands do with a file or variable that holds more than a key, or none: they end, and send nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.commands.test_configs import configs
from tests.unit.headless_tools import Command, Recipe, recipe_in
from tests.unit.listening import Listener, listening
from tests.unit.recipe_tools import planned
from tests.unit.walk_tools import SOURCE_KEY, session
from tui.answers import remarks
from tui.commands import apply, undo, verify
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox

TOKEN = TOKENS["writer"].value
KEY = UNLEASH_KEYS["sdk"].value
CANARY = "q7canary0aQ9"

WRONG = {
    "both keys": f"{TOKEN}\n{KEY}\n",
    "a key folded": f"{KEY[:30]}\n{KEY[30:]}\n",
    "private key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY * 5}\n-----END OPENSSH PRIVATE KEY-----\n",
    "JSON": json.dumps({"type": "service_account", "private_key": CANARY * 4}, indent=2),
    "one line of JSON": json.dumps({"private_key": CANARY * 4}),
    "environment": f"HOME=/root\0SECRET={CANARY}\0",
    "header": f"Authorization: Bearer {KEY}",
    "control": f"{KEY}\x1b[2J",
    "short": "fifteen-letters",
    "unfilled": "${UNLEASH_SDK_KEY_OF_PRODUCTION}",
    "unfilled in CI": "${{ secrets.UNLEASH_SDK_KEY }}",
    "null": "null",
}


@pytest.fixture
def launchdarkly() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def source() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def recipe_at(folder: Path, launchdarkly: Listener, source: Listener, token: str, key: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(f"""\
version = 1
[launchdarkly]
host = "{launchdarkly.url}"
project = "web-shop"
token = {json.dumps(token)}
[import]
integration = "unleash"
name = "Production"
[import.config]
sourceBaseUrl = "{source.url}"
sourceApiKey = {json.dumps(key)}
sourceProjectId = "default"
sourceEnvironmentId = "production"
ldApiKey = "env:LD_IMPORT_API_KEY"
ldTag = "imported"
""")
    return path


def refused(answer: tuple[int, str, str], field: str) -> None:
    code, out, err = answer
    error = json.loads(out.splitlines()[0])
    assert (code, error["kind"], error["field"], error["status_code"]) == (3, "credential", field, None)
    assert not any(part in out + err for part in (CANARY, TOKEN, KEY, KEY[:30], KEY[30:]))


@pytest.mark.parametrize("as_file", [True, False], ids=["file", "variable"])
@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_plan_sends_nothing_of_what_is_no_key(
    tmp_path: Path, launchdarkly: Listener, source: Listener, text: str, as_file: bool
) -> None:
    (tmp_path / "key").write_bytes(text.encode())
    reference = f"file:{tmp_path / 'key'}" if as_file else "env:THE_KEY"
    environ = {"LD_ACCESS_TOKEN": TOKEN, "THE_KEY": text}
    path = recipe_at(tmp_path, launchdarkly, source, "env:LD_ACCESS_TOKEN", reference)
    refused(planned(path, environ, as_json=True), "sourceApiKey")
    path = recipe_at(tmp_path, launchdarkly, source, reference, "env:UNLEASH_SDK_KEY")
    refused(planned(path, {**environ, "UNLEASH_SDK_KEY": KEY}, as_json=True), "token")
    assert (launchdarkly.connections, source.connections) == (0, 0)


@pytest.mark.parametrize("name", ["/proc/self/environ", "/proc/self/cmdline", "/dev/stdin", "/dev/null"])
def test_plan_reads_no_file_of_the_system(tmp_path: Path, launchdarkly: Listener, source: Listener, name: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(name)
    for place in (name, str(link), f"{tmp_path}/{'../' * len(tmp_path.parts)}{name}"):
        path = recipe_at(tmp_path, launchdarkly, source, "env:LD_ACCESS_TOKEN", f"file:{place}")
        refused(planned(path, {"LD_ACCESS_TOKEN": TOKEN}, as_json=True), "sourceApiKey")
    assert (launchdarkly.connections, source.connections) == (0, 0)


def test_a_good_key_is_sent_as_it_is(tmp_path: Path, launchdarkly: Listener, source: Listener) -> None:
    """The listener would notice."""
    (tmp_path / "key").write_bytes(b"\xef\xbb\xbf " + KEY.encode() + b" \r\n")
    path = recipe_at(tmp_path, launchdarkly, source, "env:LD_ACCESS_TOKEN", f"file:{tmp_path / 'key'}")
    assert planned(path, {"LD_ACCESS_TOKEN": f"{TOKEN}\n"})[0] == 5
    received = launchdarkly.received + source.received
    assert re.search(rb"(?i)authorization: " + re.escape(KEY.encode()) + rb"\r\n", received)
    assert re.search(rb"(?i)authorization: " + re.escape(TOKEN.encode()) + rb"\r\n", received)


@pytest.mark.parametrize("command", [apply.run, verify.run, undo.run], ids=["apply", "verify", "undo"])
def test_with_a_journal_no_command_sends_what_is_no_token(recipe: Recipe, command: Command) -> None:
    assert recipe.run().code == 0
    before = len(recipe.box.requests)
    ran = recipe.run(command, environ={**recipe.environ, "LD_ACCESS_TOKEN": WRONG["both keys"]})
    assert (ran.code, ran.one("error")["kind"]) == (3, "credential")
    assert len(recipe.box.requests) == before
    assert TOKEN not in ran.out + ran.err


@pytest.mark.parametrize("variable", ["LD_ACCESS_TOKEN", "UNLEASH_SDK_KEY", "LD_IMPORT_API_KEY"])
@pytest.mark.parametrize("create_only", [True, False])
def test_apply_sends_nothing_if_one_key_is_none(recipe: Recipe, variable: str, create_only: bool) -> None:
    ran = recipe.run(create_only=create_only, environ={**recipe.environ, variable: WRONG["both keys"]})
    assert (ran.code, ran.one("error")["kind"], ran.events) == (3, "credential", ["error", "result"])
    assert recipe.box.requests == []


@pytest.mark.parametrize("text", [*WRONG.values()], ids=WRONG)
def test_configs_sends_nothing_of_what_is_no_token(own_world: Path, launchdarkly: Listener, text: str) -> None:
    environ = {"LD_ACCESS_TOKEN": text, "LD_BASE_URI": launchdarkly.url}
    refused(configs(environ, "list", as_json=True), "token")
    if "\n" not in text:
        config = own_world / ".config" / "ldcli" / "config.yml"
        config.parent.mkdir(parents=True)
        config.write_text(f"access-token: '{text}'\nbase-uri: {launchdarkly.url}\n")
        assert configs({"HOME": str(own_world)}, "list", as_json=True)[0] == 3
    assert launchdarkly.connections == 0


@pytest.mark.parametrize("integration", ["unleash", "split"])
@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_the_wizard_takes_no_variable_that_is_no_key(integration: str, text: str) -> None:
    variables = ("LD_ACCESS_TOKEN", "UNLEASH_SDK_KEY", "SPLIT_ADMIN_KEY", "LD_IMPORT_API_KEY")
    made = session(environ=dict.fromkeys(variables, text))
    made.choose(integration)
    for key in ("token", "ldApiKey", SOURCE_KEY[integration]):
        assert key not in made.bag
        assert not made.due(key)
        assert remarks.line(made.draft, key).level.value == "problem"
        made.put(key, f"{TOKEN[:9]}\n{TOKEN[9:]}")
        assert made.bag.peek(key) == TOKEN, "a paste is put together"


def test_a_key_that_goes_to_another_server_is_named_with_it(
    tmp_path: Path, launchdarkly: Listener, source: Listener
) -> None:
    path = recipe_at(tmp_path, launchdarkly, source, "env:LD_ACCESS_TOKEN", "env:UNLEASH_SDK_KEY")
    text = path.read_text()
    for url, reference, other in (
        (launchdarkly.url, "env:LD_ACCESS_TOKEN", "env:UNLEASH_SDK_KEY"),
        (source.url, "env:UNLEASH_SDK_KEY", "env:LD_ACCESS_TOKEN"),
    ):
        path.write_text(text.replace(url, "https://elsewhere.invalid"))
        for as_json in (False, True):
            code, out, err = planned(path, {}, as_json=as_json)  # no key is there: it is said before one is needed
            line = next(line for line in err.splitlines() if "https://elsewhere.invalid" in line)
            assert reference in line
            assert other not in line
            assert code == 3
            assert "elsewhere" not in out
    path.write_text(text)
    assert launchdarkly.url not in planned(path, {})[2]


def test_verify_without_a_journal_sends_nothing_of_what_is_no_key(recipe: Recipe) -> None:
    ran = recipe.run(verify.run, environ={**recipe.environ, "UNLEASH_SDK_KEY": WRONG["both keys"]})
    assert (ran.code, ran.one("error")["kind"]) == (3, "credential")
    assert recipe.box.requests == []


@pytest.mark.parametrize("host", ["us", "eu", "federal", "https://app.launchdarkly.com"])
def test_the_usual_addresses_are_not_named(box: Sandbox, tmp_path: Path, host: str) -> None:
    recipe = recipe_in(box, tmp_path, "split")
    text = re.sub(r'api = ".*"', 'api = "https://api.split.io/internal/api/v2"', recipe.path.read_text())
    recipe.path.write_text(re.sub(r'host = ".*"', f'host = "{host}"', text))
    assert "://" not in planned(recipe.path, {})[2]


def test_apply_names_once_all_keys_that_go_to_another_server(recipe: Recipe) -> None:
    text = re.sub(r'host = ".*"', 'host = "https://elsewhere.invalid"', recipe.path.read_text())
    recipe.path.write_text(text)
    ran = recipe.run(create_only=True, environ={})
    (line,) = (line for line in ran.err.splitlines() if "https://elsewhere.invalid" in line)
    assert all(name in line for name in recipe.environ)
    assert ran.code == 3


def test_a_file_that_others_can_read_is_told_on_stderr(recipe: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "sdk.key"
    path.write_text(recipe.environ["UNLEASH_SDK_KEY"])
    path.chmod(0o644)
    recipe.path.write_text(recipe.path.read_text().replace("env:UNLEASH_SDK_KEY", f"file:{path}"))
    code, out, err = planned(recipe.path, recipe.environ, as_json=True)
    assert code == 0
    assert json.loads(out)["counts"]
    assert len([line for line in err.splitlines() if str(path) in line]) == 1
    path.chmod(0o600)
    assert str(path) not in planned(recipe.path, recipe.environ, as_json=True)[2]
