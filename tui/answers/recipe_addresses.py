"""Which key of a recipe goes to which address: a recipe decides both, so it is said before a key is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from tui.answers import draft as drafts
from tui.answers.builtin import HOST, SOURCE_API, TOKEN
from tui.answers.draft import source_address
from tui.answers.recipe_problems import shown
from tui.answers.recipe_reader import RecipeAnswers
from tui.launchdarkly.instances import INSTANCES, instance
from tui.net.address import AddressError, is_loopback, normal_base_url

_LONGEST = 400


def destinations(recipe: RecipeAnswers, wanted: Sequence[str], *, creating: bool) -> Iterator[str]:
    """A sentence for each address that isn't LaunchDarkly's, this machine's, or the source's usual one.

    It names the references of the fields `wanted` that go there. Only `creating` sends more than
    your token to LaunchDarkly.
    """
    to_source = () if creating else tuple(key for key in wanted if key != TOKEN.key)
    to_launchdarkly = tuple(key for key in wanted if key not in to_source)
    host = instance(drafts.value(recipe.draft, HOST.key))
    source = source_address(recipe.draft)
    for keys, address in ((to_launchdarkly, host.url), (to_source, source)):
        if keys and _is_foreign(address):
            references = ", ".join(shown(str(recipe.references[key]), _LONGEST) for key in keys)
            yield f"This recipe sends a key to another server: {references} to {shown(address, _LONGEST)}."


def _is_foreign(address: str) -> bool:
    try:
        url = normal_base_url(address).url
    except AddressError:
        return False  # refused elsewhere
    known = (SOURCE_API.default, *(each.url for each in INSTANCES))
    return url not in known and not is_loopback(urlsplit(url).hostname or "")
