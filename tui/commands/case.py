"""A recipe, its keys, and the journal of its import: what `plan`, `apply`, `verify` and `undo` share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from tui.answers import form as forms
from tui.answers import recipe_keys, recipe_reader, request
from tui.answers.builtin import TOKEN
from tui.answers.draft import Draft
from tui.answers.plan_state import plan_request
from tui.answers.recipe_reader import Overrides, Problem, RecipeAnswers, RecipeError, shown
from tui.answers.request import CreateRequest
from tui.apply import lock, new_journal, store
from tui.apply.engine import Import, incomplete
from tui.apply.journal import Identity, Journal, Stage, identity_of
from tui.apply.watch import STUCK_AFTER
from tui.commands.output import Output
from tui.commands.progress import Progress
from tui.commands.surroundings import Surroundings
from tui.context import Context
from tui.manifests.files import ManifestError, registry
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.plan import reading
from tui.plan.plan import Plan
from tui.plan.request import PlanRequest
from tui.rebuild.preview import Preview
from tui.rebuild.record import own_changes
from tui.report.documents import ReportFormat
from tui.secrets.bag import Bag
from tui.sources.registry import SOURCES
from tui.text.clean import clean
from tui.wizard.rebuild_run import records_beside

_NOTHING_SENT = (Stage.PLANNED, Stage.CREATING)


@dataclass(frozen=True, slots=True)
class RecipeOptions:
    """The command line of a command that takes a recipe. Times are in seconds; `timeout` is for the whole run.

    Without `journal`, the journal is in the state directory. `flags` are keys of flags to undo although it isn't
    certain that this import created them, or of the only ones to show of a rebuild. `environment` is LaunchDarkly's;
    `accept` has names of approximations, `adopt` keys of flags to rebuild that this import didn't create; `turn_on` and
    `undo` are about rebuilt flags. `output` is the file for a plan or report, `saved_plan` a plan to import.
    """

    recipe: Path
    host: str = ""
    project: str = ""
    integration: str = ""
    manifests: tuple[Path, ...] = ()
    timeout: float = 1800.0
    as_json: bool = False
    journal: Path | None = None
    yes: bool = False
    create_only: bool = False
    stuck_after: float = STUCK_AFTER
    delete: bool = False
    dry_run: bool = False
    flags: Sequence[str] = ()
    environment: str = ""
    accept: Sequence[str] = ()
    adopt: Sequence[str] = ()
    turn_on: bool = False
    undo: bool = False
    quiet: bool = False
    output: Path | None = None
    saved_plan: Path | None = None
    format: ReportFormat = "html"
    web: bool = False


@dataclass
class RecipeInputs:
    """A recipe and the bag for its keys, which are fetched only when they are needed."""

    recipe: RecipeAnswers
    bag: Bag
    context: Context
    surroundings: Surroundings
    output: Output
    quiet: bool = False
    _warnings: set[str] = field(default_factory=set, kw_only=True)

    @property
    def references(self) -> dict[str, str]:
        return {key: str(reference) for key, reference in self.recipe.references.items()}

    def progress(self) -> Progress:
        return Progress(self.output, quiet=self.quiet, timer=self.context.timer, now=self.context.now)

    async def token(self) -> None:
        """Put your token into the bag: a resumed import needs no other key. Raises Failure CREDENTIAL."""
        await self._fetch([TOKEN.key])

    async def readable(self) -> PlanRequest:
        """Return what a plan is made from, its keys in the bag. Raises Failure."""
        return (await self._readable())[0]

    async def completed(self) -> CreateRequest:
        """Return the request that can be sent, all its secrets in the bag. Raises Failure."""
        return request.build(await self._fetch([*self.recipe.references], creating=True))

    async def plan(self, *, graded: bool = False) -> tuple[Plan, Draft]:
        """Read the whole plan. Return it with the answers it was made from. Raises Failure, also if it is incomplete.

        With `graded` it also says how far each flag can be rebuilt.

        The import key may be missing, because nothing is created.
        """
        plan_of, draft = await self._readable()
        with closing(self.progress()) as progress:
            plan = await reading.Reading(plan_of, self.bag, self.context).read().finish(progress.happened)
        if not plan.whole:
            raise incomplete(plan)
        return (await self.graded(plan) if graded else plan), draft

    async def graded(self, plan: Plan) -> Plan:
        """Add how far each flag can be rebuilt. That takes two seconds for 10,000 flags."""
        return replace(plan, prospects=await asyncio.to_thread(Preview(plan, self.context.redactor).prospects))

    async def _readable(self) -> tuple[PlanRequest, Draft]:
        integration = self.recipe.draft.integration
        if not reading.can_be_read(integration):
            text = "names a source that this program can't read, so it can't plan the import."
            raise RecipeError([Problem("import.integration", text)])
        draft = await self._fetch([TOKEN.key, SOURCES[integration].key_field])
        plan_of = plan_request(draft)
        if plan_of is None:
            raise Failure(Kind.INTERNAL, "The recipe has too little to plan from.")
        return plan_of, draft

    async def _fetch(self, keys: Sequence[str], *, creating: bool = False) -> Draft:
        """Fetch the keys that the recipe refers to; one with its own manifest may have others."""
        return await recipe_keys.fetched(
            self.recipe,
            [key for key in dict.fromkeys(keys) if key in self.recipe.references],
            self.bag,
            environ=self.surroundings.environ,
            keyring=self.surroundings.keyring,
            warn=self._warn,
            creating=creating,
        )

    def _warn(self, text: str) -> None:
        """Write a warning once, however often keys are fetched."""
        if text not in self._warnings:
            self._warnings.add(text)
            self.output.warn(text)


@dataclass(kw_only=True)
class Case(RecipeInputs):
    """One import: its recipe, and its journal if there is one."""

    request: CreateRequest
    path: Path
    journal: Journal | None

    def keep(self, journal: Journal) -> None:
        """Save the journal. Raises Failure if that's impossible."""
        try:
            store.save(journal, self.path, self.context.redactor)
        except OSError as error:
            raise _unwritten(self.path, error, sent=journal.stage not in _NOTHING_SENT) from None
        self.journal = journal

    def importing(self, stuck_after: float) -> Import:
        """Return the import of the recipe as its journal left it."""
        return Import(
            self.journal or new_journal.unplanned(self.request, self.references, ""),
            self.request.instance,
            self.bag,
            self.context,
            self.keep,
            self.request,
            stuck_after=stuck_after,
            grade=self.graded,
            own=lambda: own_changes(records_beside(self.path, identity_of(self.request))),
        )


def inputs_of(options: RecipeOptions, surroundings: Surroundings) -> RecipeInputs:
    """Read the recipe; options of the command line override its answers. Raises RecipeError.

    From then on the redactor knows every key that the recipe names, except those in the keyring.
    """
    try:
        manifests = registry(options.manifests)
    except ManifestError as error:
        raise RecipeError([Problem("", line) for line in str(error).splitlines()]) from None
    forms_by_key = {key: forms.build(manifest) for key, manifest in manifests.items()}
    base_uri = surroundings.environ.get("LD_BASE_URI", "").strip()
    overrides = Overrides(options.host, options.project, options.integration, base_uri)
    recipe = recipe_reader.read(options.recipe, forms_by_key, overrides)
    redactor = surroundings.context.redactor
    redactor.secret_settings(forms.secret_settings(forms_by_key))
    recipe_keys.overhear(recipe, redactor, surroundings.environ)
    context = replace(surroundings.context, deadline=surroundings.context.now() + options.timeout)
    return RecipeInputs(
        recipe, Bag(redactor), context, surroundings, surroundings.output(options.as_json), options.quiet
    )


@contextmanager
def open_case(options: RecipeOptions, surroundings: Surroundings, *, begins: bool = False) -> Iterator[Case]:
    """Read the recipe and its journal, and lock the journal. Only with `begins` may the journal be new.

    Raises Failure RECIPE, and TIMEOUT while another run has the journal; nothing was sent then.
    """
    inputs = inputs_of(options, surroundings)
    create_request = request.of_settings(inputs.recipe.draft)
    identity = identity_of(create_request)
    path = Path("journals")
    with ExitStack() as locks:
        try:
            path = options.journal or store.path_of(identity)
            exists = begins or path.exists()
            if exists:
                locks.enter_context(lock.taken(path))
        except OSError as error:
            raise _unwritten(path, error, sent=False) from None
        journal = store.load(path) if exists else None
        _must_be_of(journal, identity, path)
        shared = {item.name: getattr(inputs, item.name) for item in fields(inputs) if item.name != "_warnings"}
        yield Case(**shared, request=create_request, path=path, journal=journal)


def _must_be_of(journal: Journal | None, identity: Identity, path: Path) -> None:
    if journal is not None and journal.identity != identity:
        raise Failure(
            Kind.RECIPE,
            f"The journal {shown(path.name)} belongs to another import:"
            f' "{clean(journal.identity.name)}" in {clean(journal.identity.project)}.',
            "A journal is for one host, project, integration, and name.",
            Remedy.OTHER_JOURNAL,
            safe=Safe.NOTHING_SENT,
        )


def _unwritten(path: Path, error: OSError, *, sent: bool) -> Failure:
    what = f"Can't save the journal {shown(path.name)}: {error.strerror or 'no reason given'}."
    why = "Without it, nothing shows which flags this import created."
    kind, safe = (Kind.UNREACHABLE, Safe.SENT_STAYS_SENT) if sent else (Kind.RECIPE, Safe.NOTHING_SENT)
    return Failure(kind, what, why, Remedy.MAKE_ROOM, safe=safe)


def must_be_able_to_ask(options: RecipeOptions, surroundings: Surroundings, command: str) -> None:
    """Raise Failure RECIPE if a confirmation is required and there is no terminal to ask in."""
    if not options.yes and not surroundings.can_ask(options.as_json):
        raise Failure(
            Kind.RECIPE,
            f"{command} requires confirmation, but no terminal is available.",
            remedy=Remedy.CONFIRM,
            about="continue",
            safe=Safe.NOTHING_SENT,
        )
