"""`ld-flag-import manifest`: what people and programs read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from tests.unit.headless_tools import Recipe
from tests.unit.made_manifests import needs, options, variable, written
from tests.unit.source_thread import answering
from tests.unit.sources_server import Asked, Reply
from tui.commands.manifest import run
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.secrets.names import OWN_FIELDS

HERE = Path(__file__).parents[3] / "tui" / "manifests"
BUNDLED = [HERE / "split.json", HERE / "unleash.json"]


def _run(paths: list[Path], *, as_json: bool = False) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return run(paths, as_json, out, err), out.getvalue(), err.getvalue()


def test_the_form_is_printed_for_people(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        variable(key="e", name="Which", type="enum", allowedValues=["a", "b"], isOptional=True, defaultValue="a"),
        variable(
            key="s",
            name="Secret\x1b[2J",
            isSecret=True,
            isHidden=True,
            dependsOn=[needs("e", value="b")],
        ),
        variable(
            key="m",
            type="multiselect",
            multiselectOptions=options("First", "Second"),
            multiselectDefaultOptions=["second"],
        ),
    )
    code, out, err = _run([*BUNDLED, path])
    assert (code, err) == (0, "")
    assert "Split (split), 7 fields, from" in out
    assert "  Import key            ldApiKey  string, required, secret\n    LaunchDarkly stores this key" in out
    assert "  Which                 e  enum, optional\n    One thing.\n    choices: a, b\n    default: a\n" in out
    assert "secret, under more" in out
    assert "shown when e is equalTo “b”" in out
    assert "choices: First, Second\n    default: Second\n" in out
    assert "\x1b" not in out


def test_json_is_one_document_with_the_keys_of_each_form() -> None:
    code, out, err = _run(BUNDLED, as_json=True)
    assert (code, err, out.count("\n")) == (0, "", 1)
    manifests = json.loads(out)["manifests"]
    assert [each["integration"] for each in manifests] == ["split", "unleash"]
    assert [each["path"] for each in manifests] == [str(path) for path in BUNDLED]
    unleash = manifests[1]["variables"]
    assert [each["key"] for each in unleash] == [
        "sourceBaseUrl",
        "sourceApiKey",
        "sourceProjectId",
        "sourceEnvironmentId",
        "sourceTag",
        "ldApiKey",
        "ldTag",
        "ldMaintainer",
    ]
    assert [each["key"] for each in unleash if each["secret"]] == ["sourceApiKey", "ldApiKey"]


def test_bad_ones_are_told_whole_and_end_with_2(tmp_path: Path) -> None:
    bad = [
        written(tmp_path, variable(key="a b"), variable(type="x"), name="one.json"),
        tmp_path / "none.json",
    ]
    code, out, err = _run([BUNDLED[0], *bad])
    assert (code, out) == (2, "")
    assert err.count("one.json: formVariables") == 2
    assert "none.json: can't be read" in err
    assert "Fix all 3 and run it again. Nothing was sent." in err
    code, out, err = _run([BUNDLED[0], *bad], as_json=True)
    assert (code, err) == (2, "")
    error = json.loads(out)
    assert {"event", "kind", "status_code", "message", "advice", "field"} <= set(error)
    assert (error["event"], error["kind"], error["field"]) == ("error", "recipe", None)
    assert [problem["place"] for problem in error["problems"]] == [
        "formVariables[0].key",
        "formVariables[1].type",
        "",
    ]


def test_an_output_without_all_signs_still_gets_it(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii", write_through=True) as out:
        assert run([written(tmp_path, variable(name="Größe"))], False, out) == 0
        assert b"Gr??e" in raw.getvalue()


# --- form variables with the names of the wizard's own fields

NAMES = sorted(OWN_FIELDS)
SECRET = "a-key-of-a-source-nobody-knows"


def test_manifest_prints_names_as_they_are_and_options_by_label(tmp_path: Path) -> None:
    many = variable(key="many", type="multiselect", multiselectOptions=options("First"), isOptional=True)
    path = written(tmp_path, *(variable(key=name) for name in NAMES), many)
    code, out, _ = _run([path], as_json=True)
    assert code == 0
    *plain, last = json.loads(out)["manifests"][0]["variables"]
    assert [each["key"] for each in plain] == NAMES
    assert (last["choices"], last["choice_labels"]) == (["first"], ["First"])


def test_create_sends_both_tokens_where_they_belong(tmp_path: Path) -> None:
    manifest = written(
        tmp_path, *(variable(key=name, isSecret=name == "token") for name in NAMES), name="own.json", key="unleash"
    )
    heads, bodies = list[Asked](), list[dict[str, Any]]()

    def handler(asked: Asked) -> Reply:
        heads.append(asked)
        if asked.method == "GET":
            return Reply(200, {"items": [], "_links": {}})
        return Reply(200, {"_id": "12ab3c4d5ef1a2345bcde67f", "name": "n", "integrationKey": "unleash", "version": 1})

    with answering(handler, bodies=bodies) as server:
        config = "".join(f'{name} = "{name} of mine"\n' for name in NAMES if name != "token")
        path = tmp_path / "own.toml"
        path.write_text(
            f'version = 1\n[launchdarkly]\nhost = "{server.url}"\nproject = "p"\ntoken = "env:LD_ACCESS_TOKEN"\n'
            f'[import]\nintegration = "unleash"\nname = "n"\n[import.config]\n{config}token = "env:LDFI_TOKEN"\n'
        )
        with Sandbox.start() as box:
            environ = {"LD_ACCESS_TOKEN": TOKENS["writer"].value, "LDFI_TOKEN": SECRET}
            recipe = Recipe(box, "unleash", path, environ)
            ran = recipe.run(create_only=True, manifests=(manifest,))
    assert ran.code == 0, ran.out
    (sent,) = bodies
    assert sent["config"] == {**{name: f"{name} of mine" for name in NAMES}, "token": SECRET}
    assert {asked.headers["authorization"] for asked in heads} == {TOKENS["writer"].value}
