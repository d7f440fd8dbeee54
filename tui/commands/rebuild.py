"""`ld-flag-import rebuild RECIPE --environment KEY --dry-run`: the source's targeting, translated and proved."""

from __future__ import annotations

import asyncio
from contextlib import closing

from tui.answers.rebuild_settings import RebuildSettings, is_key, unknown_name
from tui.answers.recipe_reader import Problem, RecipeError
from tui.apply.journal import Journal
from tui.apply.ours import account_of, judgments
from tui.apply.ownership import Judgment, Owner
from tui.commands.case import Case, RecipeOptions, open_case
from tui.commands.output import Output
from tui.commands.rebuild_output import proposal_lines
from tui.commands.remedies import RECIPE
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted
from tui.rebuild.compile import Options
from tui.rebuild.documents import as_json, notes
from tui.rebuild.proposal import Proposal, Selection, narrowed, propose
from tui.rebuild.reading import BothSides, read
from tui.sources.registry import SOURCES
from tui.text.clean import clean


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Print what a rebuild would set. Return the exit code."""
    output = surroundings.output(options.as_json)
    try:
        if not options.dry_run:
            raise _not_available()
        with open_case(options, surroundings) as case:
            settings = _settings(case.recipe.rebuild, options)
            if case.journal is None and not options.adopt:
                raise _no_journal()
            return surroundings.run(
                lambda: _rebuild(case, settings, options, output),
                lambda: output.say("Stopped. Nothing was changed."),
            )
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


async def _rebuild(case: Case, settings: RebuildSettings, options: RecipeOptions, output: Output) -> int:
    journal = case.journal
    _must_be_planned(options, journal)
    request = await case.readable()
    with closing(case.progress()) as progress:
        async with case.context.launchdarkly(case.bag, request.instance) as ld:
            account = await account_of(ld, journal, writes=False)
        reading = read(request, settings.environment, settings.source_sdk, case.bag, case.context)
        sides = await reading.finish(progress.happened)
        owners: dict[str, Judgment] = {}
        if journal is not None:
            whole = {key: flag.flag for key, flag in sides.flags.items()}
            async with case.context.launchdarkly(case.bag, request.instance) as ld:
                owners = await judgments(ld, journal, whole, settings.environment, account)
        selection = _selection(owners, sides, options)
        loop = asyncio.get_running_loop()

        def count(done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress.happened, Counted("Flags translated and proved", done, total))

        compile_options = Options(settings.helper_segments, dict(settings.context_kinds))
        proposal = await asyncio.to_thread(propose, sides, selection, compile_options, settings.accept, count)
        await asyncio.sleep(0)  # the last count is shown before the result
    if options.flags:
        proposal = narrowed(proposal, options.flags)
    _print(proposal, case, request.environment, sides, output, opened=bool(options.flags))
    return 0


def _must_be_planned(options: RecipeOptions, journal: Journal | None) -> None:
    """Raise Failure RECIPE for a --flag that is neither of this import nor adopted."""
    known = (journal.keys if journal else frozenset()) | frozenset(options.adopt)
    if unknown := [key for key in options.flags if key not in known]:
        raise Failure(
            Kind.RECIPE,
            f"This import has no flag with the key {clean(unknown[0])}.",
            "--flag only accepts flags of this import, and those of --adopt.",
            Remedy.LIST_FLAGS,
            safe=Safe.NOTHING_SENT,
        )


def _selection(owners: dict[str, Judgment], sides: BothSides, options: RecipeOptions) -> Selection:
    """Select the flags of this import, and those that are adopted."""
    flags = {key: _why_not(judgment) for key, judgment in owners.items()}
    flags |= dict.fromkeys(options.adopt, "")
    ours = frozenset(key for key, judgment in owners.items() if judgment.owner is Owner.OURS)
    order = {key: place for place, key in enumerate(sides.source)}
    ordered = sorted(flags, key=lambda key: order.get(key, len(order)))
    return Selection({key: flags[key] for key in ordered}, frozenset(options.adopt) - ours)


def _why_not(judgment: Judgment) -> str:
    if judgment.owner is Owner.OURS:
        return ""
    if judgment.owner is Owner.OTHERS:
        return f"It isn't a flag of this import as the import left it: {clean(judgment.reason)}."
    return f"It may not be a flag of this import ({clean(judgment.reason)}). To rebuild it anyway, use --adopt KEY."


def _print(
    proposal: Proposal, case: Case, source_environment: str, sides: BothSides, output: Output, *, opened: bool
) -> None:
    integration, environment = case.recipe.draft.integration, sides.environment.key
    sentences = [*notes(proposal, sides)]
    if output.as_json:
        head = {"integration": integration, "project": case.request.project, "source_environment": source_environment}
        output.document({**head, "environment": environment, **as_json(proposal), "notes": sentences})
    else:
        source = SOURCES[integration].name
        output.lines(proposal_lines(proposal, sides, source, sentences, output.width, output.style, opened=opened))


def _not_available() -> Failure:
    what = "This version can't apply a rebuild yet. It shows what a rebuild would set."
    return Failure(Kind.RECIPE, what, "", Remedy.USE, about="--dry-run", safe=Safe.NOTHING_SENT)


def _no_journal() -> Failure:
    return Failure(
        Kind.RECIPE,
        "No journal found for this import, so its flags can't be told apart from others.",
        "",
        Remedy.USE,
        about="--adopt KEY for each flag to rebuild",
        safe=Safe.NOTHING_SENT,
    )
