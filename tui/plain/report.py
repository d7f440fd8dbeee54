"""The report of an import, and what is left to do: its lists, another start, undo, and saving it."""

from __future__ import annotations

from collections.abc import Callable

from tui.answers import steps
from tui.apply.engine import Import
from tui.configurations.listing import Account
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.plain import import_key
from tui.plain.asking import Back, Option
from tui.plain.saving import save
from tui.plain.walk import Moved, Walk
from tui.plain.words import leveled
from tui.report.report import Report
from tui.report.sections import list_text, when
from tui.text.clean import clean
from tui.wizard import import_key_words, remedies, saving
from tui.wizard.outcomes import report_of
from tui.wizard.report_lines import ReportItem, next_steps, outcome
from tui.wizard.walk import to_rebuild

REBUILD = Option("rebuild", f"Go to {steps.step('rebuild').title}. {steps.step('rebuild').purpose}")
_LIST = "list-"


def show(walk: Walk, run: Import) -> None:
    """Write the outcome. What something can be done about is listed with the numbers."""
    report = report_of(run, walk.session.forms, walk.session.rebuild_records())
    walk.ask.list_again()
    level, text = report.summary
    walk.say(level, f"{clean(text)}.".replace("..", "."))
    walk.say("note", when(report))
    for item in (*outcome(report), *next_steps(report)):
        if item.button is None:
            walk.terminal.say(_text(item), indent=2)


def menu(walk: Walk, run: Import) -> None:
    """Ask for one of the next steps. Raises Quit through the word quit."""
    report = report_of(run, walk.session.forms, walk.session.rebuild_records())
    actions = _actions(walk, run)
    items = {item.button[0]: item for item in (*outcome(report), *next_steps(report)) if item.button is not None}
    options = {key: Option(key, _text(item)) for key, item in items.items() if key in actions or key.startswith(_LIST)}
    options.setdefault("compare", Option("compare", "Compare again."))
    options["rebuild"] = REBUILD
    options["quit"] = Option("quit", "Quit.")
    key = walk.ask.choose("What next? Number", tuple(options.values())).text
    if key.startswith(_LIST):
        _list(walk, report, key.removeprefix(_LIST))
    else:
        actions[key]()


def _actions(walk: Walk, run: Import) -> dict[str, Callable[[], object]]:
    from tui.plain import run as run_step
    from tui.plain import undo

    return {
        "write": lambda: _save(walk, run),
        "again": lambda: run_step.start(walk, run, again=True),
        "replace": lambda: replace_key(walk, run),
        "delete-key": lambda: import_key.delete(walk, run),
        "wider-key": lambda: _wider_key(walk, run),
        "compare": lambda: run_step.compare(walk, run),
        "undo": lambda: _undo(walk, run, undo.ask),
        "rebuild": lambda: go_to_rebuild(walk),
        "quit": lambda: walk.ask.commands["quit"](""),
    }


def go_to_rebuild(walk: Walk) -> None:
    """Go to the step after this one."""
    walk.session.draft = to_rebuild(walk.session.draft, imported=True)
    raise Moved


def _text(item: ReportItem) -> str:
    return leveled(item.level, f"{item.label}: {clean(item.text)}")


def _list(walk: Walk, report: Report, key: str) -> None:
    title, text = list_text(report, key)
    walk.say("note", f"{title}:")
    walk.ask.pages(text.split("\n"))


def _save(walk: Walk, run: Import) -> None:
    session = walk.session
    kinds = saving.report_kinds(session, run, walk.folder)
    save(walk, kinds, "", lambda kind: saving.save_report(session, run, walk.folder, kind))


def _undo(walk: Walk, run: Import, ask: Callable[[Walk, Import], bool]) -> None:
    from tui.plain import run as run_step

    changed = False
    try:
        changed = ask(walk, run)
    except Back:
        walk.say("note", "Back to the report.")
    if changed:
        run_step.compare(walk, run)


def replace_key(walk: Walk, run: Import) -> None:
    """Replace a key of the import's configuration."""
    from tui.plain import configuration_edit

    if (there := _configuration(walk, run)) is None:
        return
    account = Account(run.instance, run.bag, run.context)
    changed = None
    try:
        changed = configuration_edit.ask(walk, account, there, (), keys_alone=True)
    except Back:
        walk.say("note", "Nothing was sent.")
    if changed is not None:
        walk.say(*import_key_words.REPLACED)


def _wider_key(walk: Walk, run: Import) -> None:
    if (there := _configuration(walk, run)) is not None:
        import_key.replace_by_wider(walk, run, there)


def _configuration(walk: Walk, run: Import) -> Configuration | None:
    """Read the import's configuration; None, after saying why, if it can't be read."""

    async def read() -> Configuration:
        async with run.record.launchdarkly() as ld:
            return await run.record.configuration(ld)

    try:
        return walk.do(read())
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return None
