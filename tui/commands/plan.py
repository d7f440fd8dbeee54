"""`ld-flag-import plan RECIPE`: both sides read, and what the import would do. It writes nothing, and asks nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers import recipe_keys, recipe_reader
from tui.answers.builtin import TOKEN
from tui.answers.draft import Draft
from tui.answers.plan_state import plan_request
from tui.answers.recipe_reader import Overrides, Problem, RecipeAnswers, RecipeError
from tui.apply.engine import incomplete
from tui.commands.output import Output, write
from tui.commands.plan_text import report
from tui.commands.progress import Progress, terminal_width
from tui.commands.signals import to_the_end
from tui.commands.surroundings import Surroundings
from tui.manifests.files import ManifestError, registry
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.times import span
from tui.plan import documents, reading
from tui.plan.plan import Plan
from tui.secrets.bag import Bag
from tui.sources.registry import SOURCES


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. `timeout` is in seconds, of the whole run."""

    recipe: Path
    host: str = ""
    project: str = ""
    integration: str = ""
    manifests: tuple[Path, ...] = ()
    timeout: float = 1800.0
    as_json: bool = False


def run(asked: Asked, around: Surroundings) -> int:
    """Read both sides and print the plan. Returns the exit code of contract §2; what fails is told."""
    context = replace(around.context, deadline=around.context.now() + asked.timeout)
    output = Output(asked.as_json, around.out, around.err, context.redactor)
    try:
        recipe = recipe_of(asked, around)

        async def main() -> int:
            plan, draft = await _in_time(asked.timeout, recipe, replace(around, context=context))
            _print(plan, draft, output)
            return 0

        return to_the_end(
            main,
            ended=lambda: output.say("Ended before the plan was complete. Nothing was changed."),
            connections=around.context.connections,
        )
    except Failure as failure:
        return output.fail(failure)


def recipe_of(asked: Asked, around: Surroundings) -> RecipeAnswers:
    """The recipe's answers, with what the command line says in place of some. Raises RecipeError.

    From then on the redactor knows every key that the recipe names, except those in the keyring.
    """
    try:
        manifests = registry(asked.manifests)
    except ManifestError as error:
        raise RecipeError([Problem("", line) for line in str(error).splitlines()]) from None
    known = {key: forms.build(manifest) for key, manifest in manifests.items()}
    overrides = Overrides(asked.host, asked.project, asked.integration, around.environ.get("LD_BASE_URI", "").strip())
    recipe = recipe_reader.read(asked.recipe, known, overrides)
    redactor = around.context.redactor
    redactor.secret_settings(forms.secret_settings(known))
    recipe_keys.overhear(recipe, redactor, around.environ)
    return recipe


def must_be_readable(integration: str) -> None:
    """Raises RecipeError for a source whose flags nobody here can read."""
    if not reading.can_be_read(integration):
        text = "names a source that this program cannot read flags from: what would arrive is not known."
        raise RecipeError([Problem("import.integration", text)])


async def _in_time(timeout: float, recipe: RecipeAnswers, around: Surroundings) -> tuple[Plan, Draft]:
    try:
        async with asyncio.timeout(timeout):
            return await _planned(recipe, around)
    except TimeoutError:
        what = f"The plan was not read within {span(timeout)}."
    raise Failure(Kind.TIMEOUT, what, "", Remedy.MORE_TIME, safe=Safe.NOTHING_CHANGED)


async def _planned(recipe: RecipeAnswers, around: Surroundings) -> tuple[Plan, Draft]:
    """The plan, whole, and the answers that it is of. Raises Failure, also for a plan that is not whole."""
    integration = recipe.draft.integration
    must_be_readable(integration)
    needed = (TOKEN.key, SOURCES[integration].key_field)  # nothing is created: the import key may be missing
    wanted = [key for key in needed if key in recipe.references]  # a manifest of the person's own may have other keys
    context, bag = around.context, Bag(around.context.redactor)

    def warn(text: str) -> None:
        write(context.redactor(text), around.err)

    draft = await recipe_keys.fetched(recipe, wanted, bag, environ=around.environ, keyring=around.keyring, warn=warn)
    request = plan_request(draft)
    assert request is not None  # noqa: S101 - the recipe names a host and an integration
    progress = Progress(around.err, timer=context.timer, now=context.now)
    try:
        plan = await reading.Reading(request, bag, context).read().finish(progress.happened)
    finally:
        progress.close()
    if not plan.whole:
        raise incomplete(plan)
    return plan, draft


def _print(plan: Plan, draft: Draft, output: Output) -> None:
    if output.as_json:
        output.document(documents.as_json(plan))
        return
    explained = reading.explanations(plan, output.redactor)
    for line in report(plan, drafts.route(draft), explained, terminal_width(output.out)):
        output.line(line)
