"""`ld-flag-import apply RECIPE`: plan, create, start, watch, and verify; or resume where an earlier run stopped."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import Any

from tui.answers import draft as drafts
from tui.apply.engine import Created, Event, Planned, Triggered, Verified
from tui.apply.journal import Journal
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.apply.watch import Moved
from tui.commands.case import Case, RecipeOptions, must_be_able_to_ask, open_case
from tui.commands.output import Output
from tui.commands.plan import summary_lines
from tui.commands.progress import ImportProgress, Progress, stuck
from tui.commands.remedies import RECIPE
from tui.commands.saved_plan import PlanChangedError, must_match
from tui.commands.surroundings import Surroundings
from tui.commands.verify import print_verification
from tui.net.errors import Failure, Kind, Safe
from tui.plan import saved
from tui.plan.documents import counts_as_json
from tui.plan.saved import SavedPlan
from tui.plan.words import flags
from tui.report import documents, report
from tui.report.report import Report, redacted
from tui.report.summary import summary
from tui.text.clean import clean

_NOT_COMPLETE = 6
_DECLINED = 2


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Import, and print each step. Return the exit code, which JSON also has in its last line."""
    command = ApplyCommand(options, surroundings, surroundings.output(options.as_json))
    output = command.output
    try:
        if options.saved_plan is not None:
            command.saved_plan = _saved_plan(options)
        with open_case(options, surroundings, begins=True) as case:
            command.case, command.first_journal = case, case.journal
            must_be_able_to_ask(options, surroundings, "An import")
            code = surroundings.run(lambda: command.run(case), command.ended)
    except Failure as failure:
        became = "then run it again to resume" if command.saved else "nothing was changed"
        more = {"differences": failure.as_json} if isinstance(failure, PlanChangedError) else {}
        code = output.fail(failure, RECIPE.after_refused_token(became), **more)
    if options.as_json:
        output.document({"event": "result", "exit": code, "report": command.report})
    return code


def _saved_plan(options: RecipeOptions) -> SavedPlan:
    if options.create_only or options.saved_plan is None:
        what = "--create-only reads no source, so it can't be combined with --plan."
        raise Failure(Kind.RECIPE, what, safe=Safe.NOTHING_SENT)
    return saved.load(options.saved_plan)


@dataclass
class ApplyCommand:
    """One run: what it has printed so far, and its exit code."""

    options: RecipeOptions
    surroundings: Surroundings
    output: Output
    report: str | None = None
    saved_plan: SavedPlan | None = None
    case: Case | None = None
    first_journal: Journal | None = None
    """The journal as it was before this run."""
    _code: int = 0
    _shown: ImportProgress | None = None
    _line: Progress | None = None

    @property
    def saved(self) -> bool:
        """Whether this run has changed the journal."""
        return self.case is not None and self.case.journal is not self.first_journal

    def ended(self) -> None:
        self.output.say(f"Stopped. {'Run it again to resume.' if self.saved else 'Nothing was changed.'}")

    async def run(self, case: Case) -> int:
        """Run the import to its end. Raises Failure."""
        create_only = self.options.create_only
        the_import = case.importing(self.options.stuck_after)
        if the_import.journal.configuration:
            await case.token()
        else:
            await case.completed()  # a missing key is reported before anything is sent
            name, project = clean(case.request.name), clean(case.request.project)
            question = f'Create the configuration "{name}" in project {project}, without starting it?'
            if create_only and not await self._confirmed(question):
                return self._declined()
        with closing(case.progress()) as progress:
            self._line = progress
            async with aclosing(the_import.run(case, create_only=create_only)) as events:
                async for event in events:
                    self._show(event, case, progress)
                    if isinstance(event, Planned) and self.saved_plan is not None:
                        must_match(self.saved_plan, event, case.journal, case.request, self.output.redactor)
                    if isinstance(event, Planned) and event.counts.arrive:
                        into = f"{flags(event.counts.arrive)} into project {clean(case.request.project)}"
                        question = f"Import {into}?" if event.plan else f"Resume importing {into}?"
                        if not await self._confirmed(question):
                            return self._declined()
        return self._code

    async def _confirmed(self, question: str) -> bool:
        return self.options.yes or await self.surroundings.confirm(question)

    def _declined(self) -> int:
        self.output.say("Nothing was sent.")
        return _DECLINED

    def _show(self, event: Event, case: Case, progress: Progress) -> None:
        show = _SHOWN.get(type(event))
        if show is None:
            progress.happened(event)  # type: ignore[arg-type]  # all others are of an exchange
            return
        if not isinstance(event, Moved | Resting):  # the live line stays between two looks
            progress.close()
        show(self, event, case)
        self.surroundings.out.flush()

    def _progress(self, case: Case) -> ImportProgress:
        if self._shown is None:
            self._shown = ImportProgress(self.output, self._line or case.progress(), self.options.quiet)
        return self._shown

    def _print(self, event: str, fields: Mapping[str, object], text: str) -> None:
        if self.output.as_json:
            self.output.document({"event": event, **fields})
        else:
            self.output.titled("ok", text)

    def _planned(self, event: Planned, case: Case) -> None:
        for note in event.plan.notes if event.plan else ():
            self.output.warn(note)
        if self.output.as_json:
            self.output.document({"event": "planned", "counts": counts_as_json(event.counts)})
            return
        route = drafts.route(case.recipe.draft)
        if event.plan is None:
            self.output.paragraph(" -> ".join(route))
            self.output.paragraph(f"Resuming the import of {flags(event.counts.arrive)} planned by an earlier run.")
        else:
            self.output.lines(summary_lines(event.plan, route, self.output.width, self.output.style))
            self.output.line("" if event.counts.arrive else "Nothing to import. Nothing was changed.")

    def _created(self, event: Created, case: Case) -> None:
        text = "Using the existing configuration" if event.reused else "Created the configuration"
        fields = {"id": event.id, "reused": event.reused, "status_code": event.status_code}
        self._print("created", fields, f'{text} "{case.request.name}" ({event.id}).')

    def _triggered(self, event: Triggered, case: Case) -> None:
        text = "Started the import." if event.by_us else "The import is already running."
        self._print("triggered", {"status_code": event.status_code}, text)

    def _moved(self, event: Moved, case: Case) -> None:
        self._progress(case).moved(event, case.journal)

    def _resting(self, event: Resting, case: Case) -> None:
        self._progress(case).resting(event)

    def _stuck(self, event: Stuck, case: Case) -> None:
        raise stuck(event)

    def _ended(self, event: Ended, case: Case) -> None:
        self._code = 0 if event.status == "complete" else _NOT_COMPLETE
        expected = len(case.journal.awaited) if case.journal is not None else 0
        self._progress(case).ended(event, case.journal, expected)

    def _verified(self, event: Verified, case: Case) -> None:
        if not event.verification.agrees:
            self._code = _NOT_COMPLETE
        print_verification(event.verification, self.output, event="verified")
        form = case.recipe.draft.form
        document = report.report(event.journal, event.verification, case.context.now(), form=form)
        try:
            path = documents.save(document, self.surroundings.folder, "html", case.context.redactor)
        except OSError as error:
            self.output.warn(f"Can't save the report: {error.strerror or 'no reason given'}.")
        else:
            self.report = str(path)
        if not self.output.as_json:
            recipe = shlex.quote(clean(str(self.options.recipe)))
            self.output.lines(summary_of(document, self.report or "", recipe, self.output))


_SHOWN: Mapping[type, Callable[[ApplyCommand, Any, Case], None]] = {
    Planned: ApplyCommand._planned,
    Created: ApplyCommand._created,
    Triggered: ApplyCommand._triggered,
    Moved: ApplyCommand._moved,
    Resting: ApplyCommand._resting,
    Stuck: ApplyCommand._stuck,
    Ended: ApplyCommand._ended,
    Verified: ApplyCommand._verified,
}


def summary_of(document: Report, saved: str, recipe: str, output: Output) -> Iterator[str]:
    """Yield how the import ended, where its report is, and what to do next."""
    result = summary(redacted(document, output.redactor))
    yield ""
    yield from output.style.titled(result.level, clean(result.headline), output.width)
    if saved:
        yield f"Report: {clean(saved)}"
    if not result.steps:
        return
    yield "Next:"
    for step in result.steps:
        command = _HINTS.get(step.kind, "").format(recipe)
        yield from output.style.marked("item", f"{step.text} {command}".strip(), output.width, indent=2)


_HINTS: Mapping[str, str] = {
    "import": "Run: ld-flag-import apply {}",
    "fix": "See the report.",
    "review": "See the report.",
    "rebuild": "List them: ld-flag-import report {} --format csv",
}
