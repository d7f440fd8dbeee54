"""`ld-flag-import manifest PATH…`: check integration manifests and print their forms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tui.answers.fields import Dependency, Form, Variable, selected
from tui.answers.form import build
from tui.commands.output import Output
from tui.manifests.files import ManifestError, load
from tui.manifests.models import Manifest
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets.names import outside
from tui.text.cells import padded
from tui.text.clean import clean
from tui.text.key_shapes import without_keys


def run(paths: Sequence[Path], as_json: bool, out: TextIO, err: TextIO | None = None) -> int:
    """Print the forms to `out` and return 0. If a manifest is invalid, print only the problems of all files to `err`
    (with `as_json`, one error object to `out`), and return 2."""
    checked: list[tuple[Path, Manifest]] = []
    bad: list[ManifestError] = []
    for path in paths:
        try:
            checked.append((path, load(path)))
        except ManifestError as error:
            bad.append(error)
    output = Output(as_json, out, err or sys.stderr)
    if bad:
        problems = [
            {"path": without_keys(str(error.path)), "place": problem.place, "text": problem.text}
            for error in bad
            for problem in error.problems
        ]
        text = "\n".join(map(str, bad)) + "\n"
        about = "" if len(problems) == 1 else f"all {len(problems)}"
        failure = Failure(Kind.RECIPE, text, remedy=Remedy.CORRECT, about=about, safe=Safe.NOTHING_SENT)
        return output.fail(failure, problems=problems)
    if as_json:
        output.document({"manifests": [_document(path, manifest) for path, manifest in checked]})
    else:
        output.line("\n\n".join(_page(path, manifest) for path, manifest in checked))
    return 0


def _document(path: Path, manifest: Manifest) -> dict[str, object]:
    form = build(manifest)
    return {
        "path": without_keys(str(path)),
        "integration": form.integration,
        "title": form.title,
        "notes": list(manifest.notes),
        "variables": [_entry(variable) for variable in form.variables],
    }


def _entry(variable: Variable) -> dict[str, object]:
    return {
        "key": outside(variable.key), "label": variable.label, "kind": variable.kind, "role": variable.role,
        "required": variable.required, "secret": variable.secret, "hidden": variable.hidden,
        "default": variable.default, "placeholder": variable.placeholder, "choices": list(variable.choices),
        "choice_labels": [label for _, label in variable.options],
        "disable_after_saving": variable.fixed_after_saving, "hide_empty": variable.hide_empty,
        "depends_on": [
            {
                "key": outside(dependency.key), "action": "showField" if dependency.shows else "hideField",
                "conditions": [{"operator": c.operator, "value": c.value} for c in dependency.conditions],
            }
            for dependency in variable.depends_on
        ],
        "help": variable.help, "note": variable.note,
    }  # fmt: skip


def _page(path: Path, manifest: Manifest) -> str:
    form = build(manifest)
    lines = [f"{form.title} ({form.integration}), {_count(form)}, from {clean(without_keys(str(path)))}"]
    for variable in form.variables:
        lines += ["", f"  {padded(variable.label, 20)}  {outside(variable.key)}  {', '.join(_traits(variable))}"]
        lines += [f"    {line}" for line in _about(variable)]
    lines += ["", *(f"  note: {clean(note)}" for note in manifest.notes)] if manifest.notes else []
    return "\n".join(lines)


def _count(form: Form) -> str:
    return "1 field" if len(form.variables) == 1 else f"{len(form.variables)} fields"


def _traits(variable: Variable) -> list[str]:
    traits = [variable.kind, "required" if variable.required else "optional"]
    traits += ["secret"] if variable.secret else []
    traits += ["under more"] if variable.hidden else []
    traits += ["fixed after saving"] if variable.fixed_after_saving else []
    traits += ["hidden when empty"] if variable.hide_empty else []
    return traits


def _about(variable: Variable) -> list[str]:
    about = [variable.help, variable.note]
    labels = dict(variable.options)
    chosen = selected(variable, variable.default) if variable.kind == "multiselect" else (variable.default,)
    default = ", ".join(labels.get(key, key) for key in chosen)
    about.append(f"choices: {', '.join(labels.values())}" if labels else "")
    about.append(f"default: {default}" if default else "")
    about += [_condition(dependency) for dependency in variable.depends_on]
    return [line for line in about if line]


def _condition(dependency: Dependency) -> str:
    conditions = " and ".join(f"{c.operator} “{clean(c.value)}”" for c in dependency.conditions)
    return f"{'shown' if dependency.shows else 'hidden'} when {outside(dependency.key)} is {conditions}"
