"""What is loaded when, seen in fresh processes: a slow line and a slow disk feel every import."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"textual", "rich", "httpx", "pydantic", "keyring", "starlette", "uvicorn", "tomlkit", "jinja2"}
NETWORK = {"httpx", "pydantic", "keyring", "starlette", "uvicorn", "tomlkit", "truststore", "jinja2"}


def loaded_by(statement: str) -> set[str]:
    """The modules of a fresh process that has run `statement`."""
    code = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_command_line_alone_loads_nothing_heavy() -> None:
    loaded = loaded_by("import tui.cli; tui.cli.parser().parse_args(['--demo', '--log', 'x'])")
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("tui.")} - {
        "tui.cli",
        "tui.commands",
        "tui.commands.command_line",
        "tui.commands.parser",
        "tui.commands.streams",
    }


def test_a_plan_without_a_screen_loads_nothing_of_one() -> None:
    loaded = loaded_by("import tui.cli; tui.cli.main(['plan', 'none.toml'])")
    assert "httpx" in loaded, "the command has run"
    assert not loaded & {"textual", "rich", "pygments", "starlette", "uvicorn", "tomlkit", "keyring", "jinja2"}
    assert not {name for name in loaded if name.startswith(("tui.screens", "tui.widgets", "tui.sandbox"))}


def test_the_first_screen_loads_no_network_no_models_and_no_practice_servers() -> None:
    loaded = loaded_by("import tui.app, tui.screens.integration")
    assert "textual" in loaded
    assert not loaded & NETWORK
    assert not {name for name in loaded if name.startswith(("tui.sandbox", "tui.sources", "tui.launchdarkly"))}
    assert not loaded & {"tui.answers.draft", "tui.answers.fields", "tui.widgets.field_row", "email", "html"}


def test_what_the_first_screen_asks_of_the_walk_loads_none_of_it_either() -> None:
    statement = """
from pathlib import Path
from tui.answers import draft as drafts, remarks, saved_drafts, steps
from tui.wizard import walk
from tui.manifests.cards import cards
from tui.secrets.bag import Bag
draft = drafts.Draft()
remarks.summary(draft, "integration"), walk.following(draft), drafts.route(draft)
remarks.problems(draft, "integration")
saved_drafts.load(Path("/nonexistent"))
assert [card["key"] for card in cards()] == ["split", "unleash"]
"""
    assert not loaded_by(statement) & {"textual", *NETWORK}


def test_the_engine_knows_no_front() -> None:
    modules = "tui.wizard.setup, tui.wizard.picks, tui.wizard.review, tui.answers.recipe, tui.commands.manifest"
    loaded = loaded_by(f"import sys; sys.modules['rich'] = None\nimport {modules}")  # httpx would load it for itself
    assert "textual" not in loaded
    assert not {name for name in loaded if name.startswith(("tui.screens", "tui.widgets", "tui.sandbox"))}


PLAIN_WALK = """
import os, sys
sys.modules["textual"] = sys.modules["rich"] = None
reading, writing = os.pipe()
os.write(writing, b"unleash\\nfill all\\nok all\\nnext\\ncreate\\nweb-shop\\n")
os.write(writing, b"rebuild\\ndevelopment\\nok all\\napply\\ndevelopment\\ntake back\\ndevelopment\\nquit\\n")
os.close(writing)
os.dup2(reading, 0)
import tui.cli
assert tui.cli.main(["--plain", "--demo"]) == 0
"""


def test_plain_mode_walks_all_steps_with_textual_unimportable() -> None:
    loaded = loaded_by(PLAIN_WALK)
    assert {"tui.plain.run", "tui.rebuild.take_back"} <= loaded
    assert not {name for name in loaded if name.startswith(("textual.", "rich.", "tui.screens", "tui.widgets"))}


def test_the_first_prompt_loads_no_network_no_loop_and_no_models() -> None:
    statement = """
import os, sys
from tui.plain.front import Front
def load(self):
    import json
    print("\\n" + json.dumps(sorted(sys.modules)), flush=True)
    os._exit(0)
Front._load = load
import tui.cli
tui.cli.main(["--plain"])
"""
    loaded = loaded_by(statement)
    assert "tui.plain.integration" in loaded
    assert not loaded & {"asyncio", "textual", "rich", "tui.text.redact", "tui.wizard.session", "tui.sandbox", *NETWORK}


def test_modules_import_each_other_in_no_circle() -> None:
    """Whichever is imported first: a circle would work in one order and fail in another."""
    paths = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in (ROOT / "tui").rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        imports = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ImportFrom)]
        named = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
        graph[name] = ({str(node.module) for node in imports} | named) & paths.keys()
    assert len(graph["tui.app"]) > 10
    assert set(TopologicalSorter(graph).static_order()) == paths.keys()


@pytest.mark.parametrize("package", sorted((ROOT / "tui").glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_packages_load_nothing_by_themselves(package: Path) -> None:
    if package.parent.name != "text":
        assert package.read_text() == ""
