"""The check of the address that LaunchDarkly will be given: what can be seen of it from here, and what that proves."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.answers import draft as drafts
from tui.answers.addresses import level_of, reached_there
from tui.answers.builtin import HOST
from tui.answers.draft import Check, Draft
from tui.answers.finding import Level
from tui.context import Tools
from tui.net.address import normal_base_url
from tui.net.events import Sink
from tui.net.reach import Reach, Sighting, classify, look
from tui.secrets.bag import Bag


@dataclass(frozen=True, slots=True)
class Reached:
    """What is said of it. OK means that nothing is against it: nobody can know from here that it is reached."""

    sentence: str
    level: Level
    sighting: Sighting


_STAND_IN = "on this machine, as the practice LaunchDarkly is"


async def reach(draft: Draft, bag: Bag, tools: Tools, key: str, sink: Sink) -> Check:
    """Whether LaunchDarkly may reach the address that `key` holds; the facts are `Reached`.

    Practice asks no DNS and no server. Raises Failure there for a public address.
    """
    reached = await _reached(draft, tools, key)
    return Check(key, reached.level, reached.sentence, facts=reached)


async def _reached(draft: Draft, tools: Tools, key: str) -> Reached:
    if drafts.variable(draft, key).secret:  # nothing is told of what a manifest calls a secret
        seen = Sighting("", Reach.PUBLIC)
        return Reached(seen.sentence, level_of(seen), seen)
    url = normal_base_url(drafts.value(draft, key)).url
    host = urlsplit(url).hostname or ""
    kind = classify(host)
    if reached_there(host, drafts.value(draft, HOST.key)):
        return Reached(_STAND_IN, Level.OK, Sighting(host, kind))
    if kind is Reach.PUBLIC:
        tools.stays_here(url)
    seen = await look(url)
    return Reached(seen.sentence, level_of(seen), seen)
