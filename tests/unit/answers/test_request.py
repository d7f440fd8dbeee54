"""The request as it is shown, as curl would send it, and as it is sent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import needed
from tests.unit.answers.test_recipe import SECRETS, answered
from tests.unit.made_manifests import variable, written
from tests.unit.walk_tools import at_review, attempt, configurations, posts, sent, values
from tui.answers import changes
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.draft import Draft
from tui.answers.request import CreateRequest, Slot, build
from tui.launchdarkly.instances import US
from tui.manifests.files import load
from tui.sandbox.server import Sandbox
from tui.secrets.bag import Bag
from tui.text.redact import MASK

NASTY = 'It\'s "mine" \\ \\n $HOME `id` $1 @@0@@ @@@ !x %s ☃ JSON'


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_what_is_shown_has_no_key(integration: str) -> None:
    draft, bag = answered(integration)
    request = build(draft)
    told = repr(request) + request.shown() + request.curl() + repr(request.document(lambda key: MASK))
    assert not any(secret in told for secret in SECRETS.values())
    body = json.loads(request.body(bag))
    assert {body["config"][key] for key in request.secrets} <= set(SECRETS.values())
    assert body["config"].keys() == request.config.keys()
    assert set(request.secrets) == {key for key in SECRETS if key != "token" and drafts.asks(draft, key)}


def test_what_is_shown_is_what_is_sent() -> None:
    draft, bag = answered(config_tags="a b")
    request = build(draft)
    head, _, body = request.shown().partition("\n\n")
    assert head.splitlines() == [
        "POST https://app.launchdarkly.com/api/v2/integration-capabilities/flag-import/web-shop/unleash",
        f"Authorization: {MASK}  (your token)",
        "LD-API-Version: beta",
        "Content-Type: application/json",
    ]
    shown, sent_ = json.loads(body), json.loads(request.body(bag))
    for key in request.secrets:
        assert shown["config"].pop(key) == MASK
        sent_["config"].pop(key)
    assert shown == sent_
    assert sent_["tags"] == ["a", "b"]


def test_a_secret_that_is_not_there_is_a_key_error() -> None:
    request = build(answered()[0])
    with pytest.raises(KeyError, match="sourceApiKey"):
        request.body(Bag())


def test_an_optional_key_that_was_left_blank_is_left_out(tmp_path: Path) -> None:
    variables = variable(key="plain"), variable(key="extra-key", isSecret=True, isOptional=True, defaultValue="")
    draft = changes.choose(Draft(), forms.build(load(written(tmp_path, *variables))))
    bag = Bag()
    for key, text in (("project", "web"), ("plain", "x"), ("config-name", "Mine")):
        draft = changes.put(draft, key, text)
    draft = changes.put_secret(draft, bag, "token", SECRETS["token"])
    request = build(draft)
    assert request.secrets == ()
    assert json.loads(request.body(bag))["config"] == {"plain": "x"}
    filled = changes.put_secret(draft, bag, "extra-key", "a-secret-of-some-length")
    assert json.loads(build(filled).body(bag))["config"]["extra-key"] == "a-secret-of-some-length"
    assert build(changes.put_secret(filled, bag, "extra-key", "")).secrets == ()


def test_marks_of_direction_are_written_as_escapes() -> None:
    request = CreateRequest(US, "web", "unleash", "a\u202eb\x1b[31m\u2028", (), {"tag": "\u0378"})
    for text in (request.shown(), request.curl()):
        assert "\\u202eb" in text
        assert all(c.isprintable() or c == "\n" for c in text)
    assert json.loads(request.shown().partition("\n\n")[2])["name"] == request.name


# --- curl


def run_in_bash(command: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`command` as pasted into bash: its variables are those of `environ` and of no file."""
    needed(shutil.which("bash"), "bash")
    world = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **environ}
    run = ["bash", "--norc", "--noprofile", "-c", command]
    return subprocess.run(run, env=world, capture_output=True, text=True, check=False, timeout=30)


def variables_of(box: Sandbox, integration: str) -> dict[str, str]:
    given_ = values(box, integration)
    names = {"token": "LD_ACCESS_TOKEN", "ldApiKey": "LD_IMPORT_API_KEY", "sourceApiKey": "UNLEASH_SDK_KEY"}
    names |= {"workspaceApiKey": "SPLIT_ADMIN_KEY"}
    return {name: given_[key] for key, name in names.items() if key in given_}


@pytest.mark.parametrize("integration", ["split", "unleash"])
async def test_the_printed_curl_creates_the_configuration(box: Sandbox, integration: str) -> None:
    needed(shutil.which("curl"), "curl")
    session = await at_review(box, integration, config_name=NASTY, config_tags="one two")
    command = build(session.draft).curl()
    done = run_in_bash(command, variables_of(box, integration))
    assert done.returncode == 0, done.stderr
    (there,) = configurations(box, NASTY)
    assert json.loads(done.stdout)["_id"] == there["_id"]
    assert (there["tags"], there["projectKey"]) == (["one", "two"], "web-shop")
    assert posts(box) == 1
    # The wizard takes it for its own: the same settings to the letter, and keys that open the source.
    outcome = await sent(attempt(session, reuse=True))
    assert outcome.configuration is not None
    assert (outcome.reused, outcome.configuration.id) == (True, there["_id"])


async def test_a_variable_that_is_not_set_creates_nothing(box: Sandbox) -> None:
    needed(shutil.which("curl"), "curl")
    session = await at_review(box)
    done = run_in_bash(build(session.draft).curl(), {})
    assert json.loads(done.stdout)["code"] == "unauthorized"
    assert "401" in str(box.requests[-1])


answers = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@settings(max_examples=25)
@given(name=answers, setting=answers)
def test_no_answer_escapes_the_shell(name: str, setting: str) -> None:
    """The body that curl would read is the very document, whatever stands in it."""
    request = CreateRequest(US, "web", "unleash", name, (setting,), {"a": setting, "k": Slot("k"), "b": [name]})
    body = request.curl().partition("--data-binary @- ")[2]
    done = run_in_bash(f"cat {body}", {"LDFI_K": "the-secret"})
    assert done.stderr == ""
    expected: dict[str, Any] = request.document(lambda key: "the-secret")
    assert json.loads(done.stdout) == expected


def test_the_address_does_not_escape_the_shell() -> None:
    request = CreateRequest(US, "we'b $(touch x) [1-3]{a}", "unleash", "n", (), {})
    first = request.curl().splitlines()[0].removesuffix("\\").replace("curl -sS -X POST ", "printf %s ")
    assert run_in_bash(first, {}).stdout == request.url
    assert not set("[]{}") & set(request.url)  # curl itself would read these as patterns
