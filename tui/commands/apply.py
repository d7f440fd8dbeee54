"""`ld-flag-import apply RECIPE`: plan, create, start, watch and verify; or resume where an earlier run ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from typing import Any

from tui.answers import draft as drafts
from tui.apply.engine import Created, Event, Planned, Triggered, Verified
from tui.apply.import_errors import foreseen
from tui.apply.journal import Journal
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.apply.watch import Moved
from tui.commands.case import Case, RecipeOptions, must_be_able_to_ask, open_case
from tui.commands.output import Output, Progress, terminal_width
from tui.commands.plan import summary
from tui.commands.remedies import RECIPE
from tui.commands.surroundings import Surroundings
from tui.commands.verify import print_verification
from tui.net.errors import Failure, Kind, Remedy
from tui.net.times import span
from tui.plan.documents import counts_as_json
from tui.report import documents, report
from tui.text.cells import wrapped
from tui.text.clean import clean

_NOT_COMPLETE = 6
_DECLINED = 2


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Import, and print each step. Return the exit code; with JSON it is also in the last line."""
    command = ApplyCommand(options, surroundings, surroundings.output(options.as_json))
    output = command.output
    try:
        with open_case(options, surroundings, begins=True) as case:
            command.case, command.first_journal = case, case.journal
            must_be_able_to_ask(options, surroundings, "An import")
            code = surroundings.run(lambda: command.run(case), command.ended)
    except Failure as failure:
        became = "then run it again: what was done is noted" if command.noted else "nothing was changed"
        code = output.fail(failure, RECIPE.after_refused_token(became))
    if options.as_json:
        output.document({"event": "result", "exit": code, "report": command.report})
    return code


@dataclass
class ApplyCommand:
    """One run: what it has printed so far, and its exit code."""

    options: RecipeOptions
    surroundings: Surroundings
    output: Output
    report: str | None = None
    case: Case | None = None
    first_journal: Journal | None = None
    """The journal as it was before this run."""
    _code: int = 0
    _last_progress: tuple[str, int] | None = None
    _errors_seen: set[str] = field(default_factory=set)

    @property
    def noted(self) -> bool:
        """Whether this run has changed the journal."""
        return self.case is not None and self.case.journal is not self.first_journal

    def ended(self) -> None:
        noted = "What was done is noted: run it again to go on from there." if self.noted else "Nothing was changed."
        self.output.say(f"Ended. {noted}")

    async def run(self, case: Case) -> int:
        """Run the import to its end. Raises Failure."""
        create_only = self.options.create_only
        the_import = case.importing(self.options.stuck_after)
        if the_import.journal.configuration:
            await case.token()
        else:
            await case.completed()  # a missing key is reported before anything is sent
            name, project = clean(case.request.name), clean(case.request.project)
            question = f'Create "{name}" in project {project}, without starting it?'
            if create_only and not await self._confirmed(question):
                return self._declined()
        with closing(case.progress()) as progress:
            async with aclosing(the_import.run(case, create_only=create_only)) as events:
                async for event in events:
                    self._show(event, case, progress)
                    if isinstance(event, Planned) and event.counts.arrive:
                        count, project = event.counts.arrive, clean(case.request.project)
                        flags = "1 flag" if count == 1 else f"{count:,} flags"
                        verb = "Import" if event.plan else "Go on importing"
                        if not await self._confirmed(f"{verb} {flags} into project {project}?"):
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
        progress.close()
        show(self, event, case)
        self.surroundings.out.flush()

    def _print(self, event: str, fields: Mapping[str, object], text: str) -> None:
        if self.output.as_json:
            self.output.document({"event": event, **fields})
        else:
            self.output.paragraph(text)

    def _planned(self, event: Planned, case: Case) -> None:
        for note in event.plan.notes if event.plan else ():
            for line in wrapped(clean(note), terminal_width(self.output.err), first="! ", rest="  "):
                self.output.say(line)
        if self.output.as_json:
            self.output.document({"event": "planned", "counts": counts_as_json(event.counts)})
            return
        route = drafts.route(case.recipe.draft)
        if event.plan is None:
            self.output.paragraph(" -> ".join(route))
            text = f"An earlier run has planned {event.counts.arrive:,} flags; going on from where it ended."
            self.output.paragraph(text)
        else:
            self.output.lines(summary(event.plan, route, self.output.width))
            self.output.line("" if event.counts.arrive else "Nothing to import. Nothing was written.")

    def _created(self, event: Created, case: Case) -> None:
        text = "Uses the configuration that is there:" if event.reused else "Created the configuration"
        fields = {"id": event.id, "reused": event.reused, "status_code": event.status_code}
        self._print("created", fields, f'{text} "{case.request.name}" ({event.id}).')

    def _triggered(self, event: Triggered, case: Case) -> None:
        text = "Started the import." if event.by_us else "The import was started already."
        self._print("triggered", {"status_code": event.status_code}, text)

    def _moved(self, event: Moved, case: Case) -> None:
        progress = (event.status, event.arrived)
        if progress != self._last_progress:
            self._last_progress = progress
            fields = {"status": event.status, "arrived": event.arrived, "expected": event.expected}
            text = f"{event.status or 'no status'}: {event.arrived:,} of {event.expected:,} flags have arrived"
            self._print("progress", fields, text)
        self._errors(event.errors, case)

    def _errors(self, errors: Sequence[str], case: Case) -> None:
        """Print each error once, marked if the plan foresaw it. With JSON they are in `finished`."""
        explanations = foreseen(case.journal) if case.journal is not None else None
        for error in errors:
            if error not in self._errors_seen and not self.output.as_json:
                expected = explanations is not None and explanations.explain(error).expected
                first = "  expected: " if expected else "! "
                self.output.lines(wrapped(clean(error), self.output.width, first=first, rest="  "))
            self._errors_seen.add(error)

    def _resting(self, event: Resting, case: Case) -> None:
        if event.trouble:
            self.output.say(f"{clean(event.trouble)} The import is not affected; looking again.")

    def _stuck(self, event: Stuck, case: Case) -> None:
        raise Failure(
            Kind.STUCK,
            f"Nothing has moved for {span(event.seconds)}: {event.arrived:,} of {event.expected:,} flags have arrived,"
            f" and the status says {clean(event.status) or 'nothing'}.",
            "Most likely LaunchDarkly cannot reach the source.",
            Remedy.WATCH_LATER,
        )

    def _finished(self, event: Ended, case: Case) -> None:
        self._code = 0 if event.status == "complete" else _NOT_COMPLETE
        expected = len(case.journal.awaited) if case.journal is not None else 0
        fields = {
            "status": event.status, "arrived": len(event.arrived), "expected": expected, "errors": [*event.errors],
        }  # fmt: skip
        text = f"Ended {event.status}: {len(event.arrived):,} of {expected:,} flags have arrived."
        self._errors(event.errors, case)
        self._print("finished", fields, text)

    def _verified(self, event: Verified, case: Case) -> None:
        if not event.verification.agrees:
            self._code = _NOT_COMPLETE
        print_verification(event.verification, self.output, event="verified")
        form = case.recipe.draft.form
        document = report.report(event.journal, event.verification, case.context.now(), form=form)
        try:
            path = documents.save(document, self.surroundings.folder, "html", case.context.redactor)
        except OSError as error:
            self.output.say(f"The report cannot be written here: {error.strerror or 'no reason given'}.")
            return
        self.report = str(path)
        if not self.output.as_json:
            self.output.line(f"Report: {clean(self.report)}")


_SHOWN: Mapping[type, Callable[[ApplyCommand, Any, Case], None]] = {
    Planned: ApplyCommand._planned,
    Created: ApplyCommand._created,
    Triggered: ApplyCommand._triggered,
    Moved: ApplyCommand._moved,
    Resting: ApplyCommand._resting,
    Stuck: ApplyCommand._stuck,
    Ended: ApplyCommand._finished,
    Verified: ApplyCommand._verified,
}
