"""A recipe and what is noted of its import: what `apply`, `verify` and `undo` have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui.answers import recipe_keys, request
from tui.answers.builtin import TOKEN
from tui.answers.draft import Draft
from tui.answers.plan_state import plan_request
from tui.answers.recipe_reader import RecipeAnswers, shown
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply import lock, store
from tui.apply.engine import Import
from tui.apply.journal import Identity, Journal, Stage, identity_of
from tui.apply.watch import STUCK_AFTER
from tui.commands import plan
from tui.commands.output import Output, write
from tui.commands.progress import Progress
from tui.commands.surroundings import Surroundings
from tui.context import Context
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.plan.request import PlanRequest
from tui.secrets.bag import Bag
from tui.sources.registry import SOURCES
from tui.text.clean import clean


@dataclass(frozen=True, slots=True)
class Asked(plan.Asked):
    """What the command line asks for. Without `journal` it is where its import says; times are in seconds."""

    journal: Path | None = None
    yes: bool = False
    create_only: bool = False
    stuck_after: float = STUCK_AFTER
    delete: bool = False
    dry_run: bool = False
    flags: tuple[str, ...] | list[str] = ()
    """Keys of flags to undo although it isn't certain that this import made them."""


@dataclass
class Case:
    """One import, as its recipe and its journal tell it. `journal` is None where nothing was noted."""

    recipe: RecipeAnswers
    request: CreateRequest
    path: Path
    journal: Journal | None
    bag: Bag
    context: Context
    around: Surroundings
    warned: set[str] = field(default_factory=set)

    @property
    def references(self) -> dict[str, str]:
        return {key: str(each) for key, each in self.recipe.references.items()}

    def keep(self, journal: Journal) -> None:
        """Write the journal down. Raises Failure where it cannot be."""
        try:
            store.save(journal, self.path, self.context.redactor)
        except OSError as error:
            raise _unwritten(self.path, error, begun=journal.stage not in _NOTHING_SENT) from None
        self.journal = journal

    def importing(self, stuck_after: float) -> Import:
        """The import of the recipe, as far as its journal says it has come."""
        fresh = journals.unplanned(self.request, self.references, "")
        return Import(
            self.journal or fresh,
            self.request.instance,
            self.bag,
            self.context,
            self.keep,
            self.request,
            stuck_after=stuck_after,
        )

    async def token(self) -> None:
        """Your token into the bag: all that is needed to go on. Raises Failure CREDENTIAL."""
        await self._fetched([TOKEN.key])

    async def readable(self) -> PlanRequest:
        """What a plan is made from, its keys in the bag. Raises Failure."""
        integration = self.recipe.draft.integration
        plan.must_be_readable(integration)
        meant = plan_request(await self._fetched([TOKEN.key, SOURCES[integration].key_field]))
        if meant is None:
            raise Failure(Kind.INTERNAL, "The recipe says nothing to plan from.")
        return meant

    async def completed(self) -> CreateRequest:
        """The request that can be sent, all its secrets in the bag. Raises Failure."""
        return request.build(await self._fetched([*self.recipe.references], creating=True))

    async def _fetched(self, wanted: Sequence[str], *, creating: bool = False) -> Draft:
        there = [key for key in dict.fromkeys(wanted) if key in self.recipe.references]
        return await recipe_keys.fetched(
            self.recipe,
            there,
            self.bag,
            environ=self.around.environ,
            keyring=self.around.keyring,
            warn=self._warn,
            creating=creating,
        )

    def _warn(self, text: str) -> None:
        """Say a sentence once, however often keys are fetched."""
        if text not in self.warned:
            self.warned.add(text)
            write(self.context.redactor(text), self.around.err)

    def progress(self) -> Progress:
        return Progress(self.around.err, timer=self.context.timer, now=self.context.now)


_NOTHING_SENT = (Stage.PLANNED, Stage.CREATING)


@contextmanager
def opened(asked: Asked, around: Surroundings, *, begins: bool = False) -> Iterator[Case]:
    """The recipe read, and its journal, which nobody else works on meanwhile. Without `begins` one that is not there
    will not be made. Raises Failure RECIPE, and TIMEOUT while another run has the journal; nothing was sent then.
    """
    recipe = plan.recipe_of(asked, around)
    meant = request.of_settings(recipe.draft)
    context = replace(around.context, deadline=around.context.now() + asked.timeout)
    identity = identity_of(meant)
    path = Path("journals")
    with ExitStack() as held:
        try:
            path = asked.journal or store.path_of(identity)
            there = begins or path.exists()
            if there:
                held.enter_context(lock.taken(path))
        except OSError as error:
            raise _unwritten(path, error, begun=False) from None
        noted = store.load(path) if there else None
        _must_be_of(noted, identity, path)
        yield Case(recipe, meant, path, noted, Bag(context.redactor), context, around)


def _must_be_of(noted: Journal | None, identity: Identity, path: Path) -> None:
    if noted is not None and noted.identity != identity:
        raise Failure(
            Kind.RECIPE,
            f"The journal {shown(path.name)} is of another import:"
            f' "{clean(noted.identity.name)}" in {clean(noted.identity.project)}.',
            "A journal belongs to one host, project, integration and name.",
            Remedy.OTHER_JOURNAL,
            safe=Safe.NOTHING_SENT,
        )


def _unwritten(path: Path, error: OSError, *, begun: bool) -> Failure:
    what = f"The journal {shown(path.name)} cannot be written: {error.strerror or 'no reason given'}."
    why = "Without it nobody could tell what this import has made."
    if begun:
        return Failure(Kind.UNREACHABLE, what, why, Remedy.MAKE_ROOM, safe=Safe.SENT_STAYS_SENT)
    return Failure(Kind.RECIPE, what, why, Remedy.MAKE_ROOM, safe=Safe.NOTHING_SENT)


def must_be_able_to_ask(asked: Asked, around: Surroundings, deed: str) -> None:
    """Raises Failure RECIPE where a question would be needed, and nobody is there to be asked."""
    if asked.yes or (not asked.as_json and around.input.isatty() and around.err.isatty()):
        return
    raise Failure(
        Kind.RECIPE,
        f"{deed} asks first, and here is no terminal to ask in.",
        remedy=Remedy.CONFIRM,
        about="go on",
        safe=Safe.NOTHING_SENT,
    )


async def agreed(asked: Asked, around: Surroundings, output: Output, question: str) -> bool:
    """Whether the person says yes; anything else is no. A signal ends the waiting."""
    if asked.yes:
        return True
    around.err.write(output.redactor(f"{question} [y/N] "))
    around.err.flush()
    loop, ready, handle = asyncio.get_running_loop(), asyncio.Event(), around.input.fileno()
    loop.add_reader(handle, ready.set)  # a terminal gives whole lines: reading one does not wait then
    try:
        await ready.wait()
    except asyncio.CancelledError:
        around.err.write("\n")  # what is said next has a line of its own
        raise
    finally:
        loop.remove_reader(handle)
    return around.input.readline().strip().lower() in ("y", "yes")
