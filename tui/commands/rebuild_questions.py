"""What `rebuild` asks before it changes anything. `--yes` answers all but one: names are accepted by name."""

from __future__ import annotations

from dataclasses import dataclass

from tui.commands.case import Case, RecipeOptions
from tui.launchdarkly.models import Environment
from tui.plan.words import flags
from tui.rebuild.proposal import Proposal
from tui.targeting.approximations import sentence
from tui.text.clean import clean
from tui.wizard.rebuild_run import example_of


@dataclass(frozen=True, slots=True)
class Questions:
    case: Case
    options: RecipeOptions
    environment: str

    async def names(self, proposal: Proposal) -> frozenset[str]:
        """Ask for each approximation that isn't accepted yet. Return the accepted ones."""
        if self.options.yes:
            return frozenset()
        accepted = set()
        for name in dict.fromkeys(name for row in proposal.rows for name in row.not_accepted):
            count = sum(name in row.not_accepted for row in proposal.rows)
            self.case.output.say(clean(f"{name}: {sentence(name)} {example_of(proposal, name)}".rstrip()))
            if await self._confirmed(f"Accept {name} for {flags(count)}?"):
                accepted.add(name)
        return frozenset(accepted)

    async def apply(self, count: int, environment: Environment) -> bool:
        where = f"{clean(environment.key)} of project {clean(self.case.request.project)}"
        if not await self._confirmed(f"Set the targeting of {flags(count)} in {where}? They stay off."):
            return False
        again = f"{clean(environment.key)} is a critical environment. Set the targeting there?"
        return not environment.critical or await self._confirmed(again)

    async def request_approvals(self, count: int) -> bool:
        return await self._confirmed(f"Changes of {flags(count)} need an approval. Request it in LaunchDarkly?")

    async def turn_on(self, count: int, source: str) -> bool:
        where = f"{clean(self.environment)} of project {clean(self.case.request.project)}"
        return await self._confirmed(f"Turn on {flags(count)} in {where}? They are on in {source} now.")

    async def evaluate(self) -> bool:
        return await self._confirmed("Let LaunchDarkly evaluate them for some contexts? It doesn't record these.")

    async def take_back(self, count: int) -> bool:
        where = f"{clean(self.environment)} of project {clean(self.case.request.project)}"
        return await self._confirmed(f"Take back the rebuild of {flags(count)} in {where}?")

    async def _confirmed(self, question: str) -> bool:
        return self.options.yes or await self.case.surroundings.confirm(question)
