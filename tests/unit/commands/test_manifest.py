"""`ld-flag-import manifest`: what people and programs read."""

from __future__ import annotations

import io
import json
from pathlib import Path

from tests.unit.made_manifests import needs, options, variable, written
from tui.commands.manifest import run

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
    assert "  Import key            ldApiKey  string, required, secret\n    LaunchDarkly keeps it" in out
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
    assert "none.json: cannot be read" in err
    assert "Correct all 3 and run again; nothing was sent." in err
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
