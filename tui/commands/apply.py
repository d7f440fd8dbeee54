"""`ld-flag-import apply RECIPE`: plan, create, start, watch, verify; or go on where an earlier run has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from tui.answers import draft as drafts
from tui.apply.engine import Created, Event, Planned, Triggered, Verified
from tui.apply.import_errors import foreseen
from tui.apply.journal import Journal
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.apply.watch import Moved
from tui.commands import verified
from tui.commands.case import Asked, Case, agreed, must_be_able_to_ask, opened
from tui.commands.output import Output
from tui.commands.plan_text import summed
from tui.commands.progress import Progress, terminal_width
from tui.commands.remedies import RECIPE
from tui.commands.signals import to_the_end
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure, Kind, Remedy
from tui.net.times import span
from tui.plan.documents import counts_as_json
from tui.report import documents, report
from tui.text.cells import wrapped
from tui.text.clean import clean

_NOT_AS_WANTED = 6
_DECLINED = 2


def run(asked: Asked, around: Surroundings) -> int:
    """Import, and tell each step. Returns the exit code of contract §2; with JSON the last line says it too."""
    output = Output(asked.as_json, around.out, around.err, around.context.redactor)
    command = _Command(asked, around, output)
    try:
        with opened(asked, around, begins=True) as case:
            command.case, command.found = case, case.journal
            must_be_able_to_ask(asked, around, "An import")
            code = to_the_end(lambda: command.run(case), ended=command.ended, connections=around.context.connections)
    except Failure as failure:
        code = output.fail(failure, RECIPE.knowing(command.safe()))
    if asked.as_json:
        output.document({"event": "result", "exit": code, "report": command.report})
    return code


@dataclass
class _Command:
    asked: Asked
    around: Surroundings
    output: Output
    report: str | None = None
    case: Case | None = None
    found: Journal | None = None
    """What was noted before this run."""
    _code: int = 0
    _told: tuple[str, int] | None = None
    _known: set[str] = field(default_factory=set)

    def ended(self) -> None:
        noted = "What was done is noted: run it again to go on from there." if self._noted() else "Nothing was changed."
        self.output.say(f"Ended. {noted}")

    def safe(self) -> str:
        """What became of the import where it could not go on."""
        return "then run it again: what was done is noted" if self._noted() else "nothing was changed"

    def _noted(self) -> bool:
        return self.case is not None and self.case.journal is not self.found

    async def run(self, case: Case) -> int:
        the_import = case.importing(self.asked.stuck_after)
        if the_import.journal.configuration:
            await case.token()
        else:
            await case.completed()  # a missing key is reported before anything is sent
            if self.asked.create_only and not await self._may_create(case):
                return self._declined()
        progress = case.progress()
        try:
            async with aclosing(the_import.run(case, create_only=self.asked.create_only)) as events:
                async for event in events:
                    if not await self._happened(event, case, progress):
                        return self._declined()
        finally:
            progress.close()
        return self._code

    def _declined(self) -> int:
        self.output.say("Nothing was sent.")
        return _DECLINED

    async def _may_create(self, case: Case) -> bool:
        question = f'Create "{clean(case.request.name)}" in project {clean(case.request.project)}, without starting it?'
        return await agreed(self.asked, self.around, self.output, question)

    async def _happened(self, event: Event, case: Case, progress: Progress) -> bool:
        """Tell an event; False where the person does not want to go on."""
        show = _SHOWN.get(type(event))
        if show is None:
            progress.happened(event)  # type: ignore[arg-type]  # all others are of an exchange
            return True
        progress.close()
        show(self, event, case)
        self.around.out.flush()
        return not isinstance(event, Planned) or await self._wanted(event, case)

    async def _wanted(self, event: Planned, case: Case) -> bool:
        if not event.counts.arrive:
            return True
        count, project = event.counts.arrive, clean(case.request.project)
        flags = "1 flag" if count == 1 else f"{count:,} flags"
        doing = "Import" if event.plan else "Go on importing"
        return await agreed(self.asked, self.around, self.output, f"{doing} {flags} into project {project}?")

    def _tell(self, event: str, fields: Mapping[str, object], text: str) -> None:
        if self.output.as_json:
            self.output.document({"event": event, **fields})
        else:
            self._lines(text)

    def _lines(self, text: str) -> None:
        for line in wrapped(clean(text), terminal_width(self.output.out)):
            self.output.line(line)

    def _planned(self, event: Planned, case: Case) -> None:
        for note in event.plan.notes if event.plan else ():
            for line in wrapped(clean(note), terminal_width(self.output.err), first="! ", rest="  "):
                self.output.say(line)
        if self.output.as_json:
            self.output.document({"event": "planned", "counts": counts_as_json(event.counts)})
            return
        route = drafts.route(case.recipe.draft)
        if event.plan is None:
            self._lines(" -> ".join(route))
            self._lines(f"An earlier run has planned {event.counts.arrive:,} flags; going on from where it ended.")
        else:
            for line in summed(event.plan, route, terminal_width(self.output.out)):
                self.output.line(line)
            self.output.line("" if event.counts.arrive else "Nothing to import. Nothing was written.")

    def _created(self, event: Created, case: Case) -> None:
        doing = "Uses the configuration that is there:" if event.reused else "Created the configuration"
        fields = {"id": event.id, "reused": event.reused, "status_code": event.status_code}
        self._tell("created", fields, f'{doing} "{case.request.name}" ({event.id}).')

    def _triggered(self, event: Triggered, case: Case) -> None:
        text = "Started the import." if event.by_us else "The import was started already."
        self._tell("triggered", {"status_code": event.status_code}, text)

    def _moved(self, event: Moved, case: Case) -> None:
        now = (event.status, event.arrived)
        if now != self._told:
            self._told = now
            fields = {"status": event.status, "arrived": event.arrived, "expected": event.expected}
            text = f"{event.status or 'no status'}: {event.arrived:,} of {event.expected:,} flags have arrived"
            self._tell("progress", fields, text)
        self._errors(event.errors, case)

    def _errors(self, errors: Sequence[str], case: Case) -> None:
        """Each error once, marked if the plan foresaw it; with JSON they stand in `finished`."""
        known = foreseen(case.journal) if case.journal is not None else None
        for error in errors:
            if error not in self._known and not self.output.as_json:
                first = "  expected: " if known is not None and known.explain(error).expected else "! "
                for line in wrapped(clean(error), terminal_width(self.output.out), first=first, rest="  "):
                    self.output.line(line)
            self._known.add(error)

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
        self._code = 0 if event.status == "complete" else _NOT_AS_WANTED
        expected = len(case.journal.awaited) if case.journal is not None else 0
        fields = {
            "status": event.status, "arrived": len(event.arrived), "expected": expected, "errors": [*event.errors],
        }  # fmt: skip
        text = f"Ended {event.status}: {len(event.arrived):,} of {expected:,} flags have arrived."
        self._errors(event.errors, case)
        self._tell("finished", fields, text)

    def _verified(self, event: Verified, case: Case) -> None:
        found = event.verification
        if not found.agrees:
            self._code = _NOT_AS_WANTED
        if self.output.as_json:
            self.output.document({"event": "verified", **verified.as_json(found)})
        else:
            for line in verified.lines(found, terminal_width(self.output.out), self.output.redactor):
                self.output.line(line)
        self._write_report(event, case)

    def _write_report(self, event: Verified, case: Case) -> None:
        form = case.recipe.draft.form
        told = report.report(event.journal, event.verification, case.context.now(), form=form)
        try:
            path = documents.save(told, self.around.folder, "html", case.context.redactor)
        except OSError as error:
            self.output.say(f"The report cannot be written here: {error.strerror or 'no reason given'}.")
            return
        self.report = str(path)
        if not self.output.as_json:
            self.output.line(f"Report: {clean(self.report)}")


_SHOWN: Mapping[type, Callable[[_Command, Any, Case], None]] = {
    Planned: _Command._planned,
    Created: _Command._created,
    Triggered: _Command._triggered,
    Moved: _Command._moved,
    Resting: _Command._resting,
    Stuck: _Command._stuck,
    Ended: _Command._finished,
    Verified: _Command._verified,
}
