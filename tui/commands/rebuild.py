"""`ld-flag-import rebuild RECIPE --environment KEY`: the source's targeting, translated, proved, and set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass, field, replace
from threading import Event

from tui.answers.rebuild_settings import RebuildSettings, is_key, unknown_name
from tui.answers.recipe_reader import Problem, RecipeError
from tui.apply.journal import identity_of
from tui.apply.ours import account_of
from tui.commands import rebuild_undo
from tui.commands.case import Case, RecipeOptions, must_be_able_to_ask, open_case
from tui.commands.output import Output
from tui.commands.rebuild_output import outcome_lines, proposal_lines
from tui.commands.rebuild_questions import Questions
from tui.commands.remedies import RECIPE
from tui.commands.surroundings import Surroundings
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.rebuild_requests import EnvironmentRequests
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted
from tui.plan.words import flags
from tui.rebuild import live, resume
from tui.rebuild.apply import Application, note_results
from tui.rebuild.documents import as_json, notes
from tui.rebuild.proposal import Proposal, accepting, narrowed
from tui.rebuild.read_back import Outcome
from tui.rebuild.reading import BothSides, read
from tui.rebuild.record import Record, State
from tui.rebuild.session import Session
from tui.rebuild.store import load, path_of
from tui.rebuild.turn_on import to_turn_on, turned_on
from tui.sources.registry import SOURCES
from tui.text.clean import clean
from tui.wizard.rebuild_run import proposed, record_of, saved, selection_of

_DECLINED = 2
_NOT_DONE = 6
_BAD = (State.DIFFERS, State.FAILED, State.PENDING_APPROVAL)


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Print what a rebuild would set, or set it. Return the exit code: 6 if something isn't as it should be."""
    output = surroundings.output(options.as_json)
    try:
        with open_case(options, surroundings, begins=not options.dry_run) as case:
            settings = _settings(case.recipe.rebuild, options)
            if not (case.journal or options.adopt or path_of(case.path, settings.environment).exists()):
                raise _no_journal()
            if not options.dry_run:
                must_be_able_to_ask(options, surroundings, "Undo" if options.undo else "Rebuild")
            stopped = "Stopped. Nothing was changed." if options.dry_run else "Stopped. Run it again to continue."
            rebuild = _Rebuild(case, settings, options, output)
            return surroundings.run(rebuild.run, lambda: output.say(stopped))
    except Failure as failure:
        return output.fail(failure, RECIPE.after_refused_token("then run it again"))


def _settings(recipe: RebuildSettings, options: RecipeOptions) -> RebuildSettings:
    """Return the recipe's settings with those of the command line. Raises RecipeError with every problem."""
    problems = []
    environment = options.environment or recipe.environment
    if not environment:
        text = "is missing. Write LaunchDarkly's environment there, or use --environment KEY."
        problems.append(Problem("rebuild.environment", text))
    elif not is_key(environment):
        problems.append(Problem("--environment", "isn't the key of a LaunchDarkly environment."))
    for name in options.accept:
        if text := unknown_name(name):
            problems.append(Problem("--accept", text))
    if problems:
        raise RecipeError(problems)
    accept = recipe.accept | frozenset(options.accept)
    return RebuildSettings(environment, accept, recipe.helper_segments, recipe.source_sdk, recipe.context_kinds)


@dataclass
class _Rebuild:
    """One run of the command."""

    case: Case
    settings: RebuildSettings
    options: RecipeOptions
    output: Output
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    source_environment: str = ""

    async def run(self) -> int:
        case, options = self.case, self.options
        self._must_be_known(load(path_of(case.path, self.settings.environment)))
        if options.undo:
            await case.token()
        else:
            self.source_environment = (await case.readable()).environment
        async with case.context.launchdarkly(case.bag, case.request.instance) as ld:
            account = await account_of(ld, case.journal, writes=not options.dry_run)
            session = self._session(ld, account)
            with closing(case.progress()) as progress:
                session.requests = replace(session.requests, sink=progress.happened)
                await resume.settled(session)
            questions = Questions(case, options, self.settings.environment)
            if options.undo:
                return await rebuild_undo.taken_back(session, case, options, questions, self.output)
            sides, proposal = await self._proposal(session, account)
            if options.dry_run:
                self._print(self._shown(proposal), sides)
                return 0
            return await self._applied(session, sides, proposal, questions, account)

    def _session(self, ld: LaunchDarkly, account: str) -> Session:
        case, environment, dry = self.case, self.settings.environment, self.options.dry_run
        identity = identity_of(case.request)
        record = record_of(case.path, identity, environment, account, writes=not dry)

        def keep(record: Record) -> None:
            if not dry:
                saved(record, case.path, case.context.redactor)

        return Session(record, EnvironmentRequests(ld, case.request.project, environment), case.context, keep)

    def _must_be_known(self, record: Record | None) -> None:
        """Raise Failure RECIPE for a --flag that is neither of this import, nor adopted, nor rebuilt already."""
        journal, options = self.case.journal, self.options
        known = (journal.keys if journal else frozenset()) | {*options.adopt, *(record.flags if record else ())}
        if unknown := [key for key in options.flags if key not in known]:
            raise Failure(
                Kind.RECIPE,
                f"This import has no flag with the key {clean(unknown[0])}.",
                "--flag only accepts flags of this import, and those of --adopt.",
                Remedy.LIST_FLAGS,
                safe=Safe.NOTHING_SENT,
            )

    async def _proposal(self, session: Session, account: str) -> tuple[BothSides, Proposal]:
        """Read both sides, translate and prove."""
        case, settings, record = self.case, self.settings, session.record
        with closing(case.progress()) as progress:
            reading = read(await case.readable(), settings.environment, settings.source_sdk, case.bag, case.context)
            sides = await reading.finish(progress.happened)
            ld, adopt = session.requests.ld, self.options.adopt
            selection = await selection_of(ld, case.journal, record, sides, adopt, account)
            loop, stopped = asyncio.get_running_loop(), Event()

            def count(done: int, total: int) -> None:
                loop.call_soon_threadsafe(progress.happened, Counted("Flags translated and proved", done, total))

            try:  # the thread ends with this coroutine
                proposal = await asyncio.to_thread(
                    proposed, sides, selection, settings, record.flags, count, stopped.is_set
                )
            finally:
                stopped.set()
            await asyncio.sleep(0)  # the last count is shown before the result
        return sides, proposal

    def _shown(self, proposal: Proposal) -> Proposal:
        """Return the part that --flag asks for. The rest is still needed for what depends on it."""
        return narrowed(proposal, self.options.flags) if self.options.flags else proposal

    # --- applying

    async def _applied(
        self, session: Session, sides: BothSides, whole: Proposal, questions: Questions, account: str
    ) -> int:
        whole = accepting(whole, await questions.names(self._shown(whole)))
        proposal = self._shown(whole)
        planned = sum(row.state is State.PLANNED for row in proposal.rows)
        standing = sum(row.recorded is State.APPLIED for row in proposal.rows)
        if not planned and not standing:
            self._print(proposal, sides)
            return _DECLINED if any(row.not_accepted for row in proposal.rows) else self._code(proposal)
        if planned:
            self._show(proposal, sides)
            if not await questions.apply(planned, sides.environment):
                self.output.say("Nothing was changed.")
                return _DECLINED
        application = Application(session, whole, sides, only=self.options.flags)
        try:
            await self._watched("Flags rebuilt", len(proposal.rows), session, application.run())
            needing = [key for key, outcome in self.outcomes.items() if outcome.needs_approval]
            if needing and await questions.request_approvals(len(needing)):
                again = Application(session, whole, sides, approvals=True, only=needing)
                await self._watched("Approvals requested", len(needing), session, again.run())
            if self.options.turn_on:
                await self._turned_on(session, questions, account)
            self.notes += [f"Helper segment {key}: {why}" for key, why in (await application.finished()).items()]
        finally:
            with suppress(Failure):  # what ended the run matters more
                note_results(session, {row.key: row for row in proposal.rows}, self.outcomes)
        self._print(proposal, sides)
        return self._code(proposal)

    async def _watched(self, what: str, total: int, session: Session, outcomes: AsyncGenerator[Outcome, None]) -> None:
        with closing(self.case.progress()) as progress:
            session.requests = replace(session.requests, sink=progress.happened)
            done = 0
            async with aclosing(outcomes):
                async for outcome in outcomes:
                    self.outcomes[outcome.key] = outcome
                    done += 1
                    progress.happened(Counted(what, done, total))

    async def _turned_on(self, session: Session, questions: Questions, account: str) -> None:
        """Read both sides again, and turn on what is on at the source, was applied, and is proved."""
        equal = [key for key, outcome in self.outcomes.items() if outcome.state is State.EQUAL]
        if not equal:
            return
        sides, proposal = await self._proposal(session, account)
        rows = to_turn_on(session, proposal, sides, equal)
        if not rows or not await questions.turn_on(len(rows), SOURCES[self.case.recipe.draft.integration].name):
            return
        await self._watched("Flags turned on", len(rows), session, turned_on(session, rows, proposal))
        on = [row for row in rows if self.outcomes[row.key].state is State.EQUAL]
        self.notes.append(f"{flags(len(on))} turned on.")
        if on and await questions.evaluate():
            answers = live.checked(session, on, proposal)
            await self._watched("Flags evaluated by LaunchDarkly", len(on), session, answers.run())
            self.notes += answers.notes

    def _code(self, proposal: Proposal) -> int:
        states = [self.outcomes[row.key].state if row.key in self.outcomes else row.state for row in proposal.rows]
        return _NOT_DONE if any(state in _BAD for state in states) else 0

    # --- output

    def _print(self, proposal: Proposal, sides: BothSides) -> None:
        sentences = [*notes(proposal, sides, done=bool(self.outcomes)), *self.notes]
        output, integration = self.output, self.case.recipe.draft.integration
        if output.as_json:
            head = {
                "integration": integration,
                "project": self.case.request.project,
                "source_environment": self.source_environment,
            }
            document = as_json(proposal, self.outcomes)
            output.document({**head, "environment": sides.environment.key, **document, "notes": sentences})
        elif self.outcomes:
            output.lines(outcome_lines(proposal, self.outcomes, sides, sentences, output.width, output.style))
        else:
            self._show(proposal, sides, sentences)

    def _show(self, proposal: Proposal, sides: BothSides, sentences: Sequence[str] | None = None) -> None:
        """Show what a rebuild would set."""
        output, source = self.output, SOURCES[self.case.recipe.draft.integration].name
        if output.as_json or (sentences is None and self.options.yes):
            return
        texts = [*notes(proposal, sides)] if sentences is None else sentences
        opened = bool(self.options.flags)
        output.lines(proposal_lines(proposal, sides, source, texts, output.width, output.style, opened=opened))


def _no_journal() -> Failure:
    return Failure(
        Kind.RECIPE,
        "No journal found for this import, so its flags can't be told apart from others.",
        "",
        Remedy.USE,
        about="--adopt KEY for each flag to rebuild",
        safe=Safe.NOTHING_SENT,
    )
