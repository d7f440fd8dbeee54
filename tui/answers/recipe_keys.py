"""Fetch the keys that a recipe refers to, only those a command needs, and name the addresses they are sent to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.draft import Draft, source_address
from tui.answers.finding import Level
from tui.answers.recipe_reader import Problem, RecipeAnswers, RecipeError, shown
from tui.launchdarkly.instances import INSTANCES, instance
from tui.net.address import AddressError, is_loopback, normal_base_url
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets.bag import Bag
from tui.secrets.keyring import Keyring
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import entry_name, proposed_variable
from tui.secrets.references import Reference, resolve
from tui.text.redact import Redactor, holds

_ONLY_PLACE = "The recipe names it as the only place."


async def fetched(
    recipe: RecipeAnswers,
    wanted: Sequence[str],
    bag: Bag,
    *,
    environ: Mapping[str, str],
    keyring: Keyring,
    warn: Callable[[str], None],
    creating: bool = False,
) -> Draft:
    """The recipe's answers with the secrets of the fields `wanted`, which go into the bag.

    `warn` gets a sentence for each key that other people can read, and for each unusual address that a key is for;
    when `creating`, all of them are for LaunchDarkly.

    Raises Failure CREDENTIAL, which names every key that is missing or cannot be what its field asks for, and
    RecipeError where one of the keys stands in the recipe.
    """
    draft, failures = recipe.draft, []
    for sentence in destinations(recipe, wanted, creating=creating):
        warn(sentence)
    for key in wanted:
        reference = recipe.references[key]
        try:
            value = await _value(draft, key, reference, environ=environ, keyring=keyring, warn=warn)
        except Failure as failure:
            failures.append(failure)
            continue
        draft = changes.put_secret(
            draft, bag, key, value, source=f"from {_place(reference)}", reference=str(reference), pasted=False
        )
        failures += _unfit(draft, key, reference)
    if found := _in_plain_sight(recipe, [bag.peek(key) for key in bag.keys()]):  # noqa: SIM118 - a bag is no mapping
        raise RecipeError(found)
    await _overheard(recipe, wanted, bag, keyring)
    if failures:
        raise failures[0] if len(failures) == 1 else MissingKeys(failures)
    return draft


def overhear(recipe: RecipeAnswers, redactor: Redactor, environ: Mapping[str, str]) -> None:
    """Tell `redactor` the keys behind all references to variables and files, whatever a command needs: servers may
    quote any of them. Raises RecipeError where one of the keys is in the recipe."""
    keys = []
    for key, reference in recipe.references.items():
        if reference.kind != "keyring":
            with suppress(Failure):  # who needs it says what is wrong with it
                keys.append(resolve(reference, label="", field=key, environ=environ).get_secret_value())
                redactor.add(keys[-1])
    redactor.exempt(filter(None, drafts.values(recipe.draft).values()))
    if found := _in_plain_sight(recipe, keys):
        raise RecipeError(found)


async def _overheard(recipe: RecipeAnswers, wanted: Sequence[str], bag: Bag, keyring: Keyring) -> None:
    """Do the same for keys in the keyring that a command doesn't need. A locked keyring's keys stay unknown."""
    for key, reference in recipe.references.items():
        if reference.kind == "keyring" and key not in wanted:
            got = await keyring.get(entry_of(recipe.draft, key))
            if got.value is not None:
                bag.overhear(got.value.get_secret_value())


def entry_of(draft: Draft, key: str) -> str:
    """The user name of a secret's entry in the keyring."""
    host = instance(drafts.value(draft, HOST.key)).host
    if key == TOKEN.key:
        return entry_name(host)
    return entry_name(host, project=drafts.value(draft, PROJECT.key), integration=draft.integration, variable=key)


async def _value(
    draft: Draft,
    key: str,
    reference: Reference,
    *,
    environ: Mapping[str, str],
    keyring: Keyring,
    warn: Callable[[str], None],
) -> str:
    label = _label(draft, key)
    if reference.kind != "keyring":
        return resolve(reference, label=label, field=key, environ=environ, warn=warn).get_secret_value()
    entry = entry_of(draft, key)
    got = await keyring.get(entry)
    if got.value is not None:
        return got.value.get_secret_value()
    why = f"The keyring has no entry {entry}." if got.state is KeyringState.MISSING else got.reason
    raise Failure(
        Kind.CREDENTIAL,
        f"There is no {label}. {why}",
        _ONLY_PLACE,
        _REMEDY.get(got.state, Remedy.WRITE_REFERENCE),
        about=f"env:{proposed_variable(draft.integration, key)}",
        safe=Safe.NOTHING_SENT,
        field=key,
    )


_REMEDY: Mapping[KeyringState, Remedy] = {
    KeyringState.MISSING: Remedy.STORE_OR_WRITE,
    KeyringState.LOCKED: Remedy.UNLOCK_OR_WRITE,
}


def _label(draft: Draft, key: str) -> str:
    """What a sentence calls a key: "There is no import key"."""
    field = drafts.variable(draft, key)
    return {"ld-token": "LaunchDarkly token", "import-key": "import key"}.get(field.role, field.label)


def _place(reference: Reference) -> str:
    return shown(reference.name) or "the keyring"


def _unfit(draft: Draft, key: str, reference: Reference) -> list[Failure]:
    """What the shape of a key says against it."""
    problems = [found.text for found in remarks.findings(draft, key) if found.level is Level.PROBLEM]
    if not problems:
        return []
    what = f"The {_label(draft, key)} from {_place(reference)} cannot be used. {problems[0]}"
    return [Failure(Kind.CREDENTIAL, what, "", Remedy.CORRECT, safe=Safe.NOTHING_SENT, field=key)]


def _in_plain_sight(recipe: RecipeAnswers, keys: Sequence[str]) -> list[Problem]:
    """Fields of the recipe that hold no key and have one in them, as a part of a name for instance."""
    text = "holds a key in plain sight. Take it out, and have that key replaced: whoever has read the file knows it."
    written = ((key, value) for key, value in drafts.values(recipe.draft).items() if key in recipe.places)
    return [Problem(recipe.places[key], text) for key, value in written if any(holds(value, each) for each in keys)]


class MissingKeys(Failure):  # as `Failure`
    """Several keys that can't be had, each in `failures`."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        what = " ".join(each.what for each in failures)
        super().__init__(Kind.CREDENTIAL, what, safe=Safe.NOTHING_SENT, field=failures[0].field)
        self.failures = tuple(failures)


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
