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
    """Return the recipe's answers with the secrets of the fields `wanted`, which go into the bag.

    `warn` gets a sentence for each key that other people can read, and for each unusual address that a key is for;
    when `creating`, all of them are for LaunchDarkly.

    Raises Failure CREDENTIAL, which names every key that is missing or cannot be what its field asks for, and
    RecipeError if one of the keys is in the recipe.
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
        place = shown(reference.name) or "the keyring"
        draft = changes.put_secret(
            draft, bag, key, value, source=f"from {place}", reference=str(reference), pasted=False
        )
        problems = [finding.text for finding in remarks.findings(draft, key) if finding.level is Level.PROBLEM]
        if problems:
            text = f"The {_label(draft, key)} from {place} can't be used. {problems[0]}"
            failures.append(_unusable(key, text, remedy=Remedy.CORRECT))
    _must_contain_none(recipe, [bag.peek(key) for key in bag.keys()])  # noqa: SIM118 - a bag is no mapping
    for key, reference in recipe.references.items():
        # A server may quote a key that this command doesn't need. A locked keyring's keys stay unknown.
        if reference.kind == "keyring" and key not in wanted:
            stored = await keyring.get(entry_of(recipe.draft, key))
            if stored.value is not None:
                bag.overhear(stored.value.get_secret_value())
    if failures:
        raise failures[0] if len(failures) == 1 else MissingKeys(failures)
    return draft


def overhear(recipe: RecipeAnswers, redactor: Redactor, environ: Mapping[str, str]) -> None:
    """Let `redactor` know the keys in all variables and files that the recipe names, since servers may quote any.

    Raises RecipeError if one of the keys is in the recipe.
    """
    keys = []
    for key, reference in recipe.references.items():
        if reference.kind != "keyring":
            with suppress(Failure):  # whoever needs the key reports what is wrong with it
                keys.append(resolve(reference, label="", field=key, environ=environ).get_secret_value())
                redactor.add(keys[-1])
    redactor.exempt(filter(None, drafts.values(recipe.draft).values()))
    _must_contain_none(recipe, keys)


def _must_contain_none(recipe: RecipeAnswers, keys: Sequence[str]) -> None:
    """Raise RecipeError if a field for no key has one of the keys in it, as a part of a name for instance."""
    text = "contains a key in plain text. Remove it and replace that key: anyone who read the file knows it."
    written = [(key, value) for key, value in drafts.values(recipe.draft).items() if key in recipe.places]
    exposed = [key for key, value in written if any(holds(value, secret) for secret in keys)]
    if exposed:
        raise RecipeError([Problem(recipe.places[key], text) for key in exposed])


def entry_of(draft: Draft, key: str) -> str:
    """Return the user name of a secret's entry in the keyring."""
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
    stored = await keyring.get(entry)
    if stored.value is not None:
        return stored.value.get_secret_value()
    why = f"The keyring has no entry {entry}." if stored.state is KeyringState.MISSING else stored.reason
    raise _unusable(
        key,
        f"There is no {label}. {why}",
        "The recipe names no other place.",
        remedy=_REMEDY.get(stored.state, Remedy.WRITE_REFERENCE),
        about=f"env:{proposed_variable(draft.integration, key)}",
    )


_REMEDY: Mapping[KeyringState, Remedy] = {
    KeyringState.MISSING: Remedy.STORE_OR_WRITE,
    KeyringState.LOCKED: Remedy.UNLOCK_OR_WRITE,
}


def _unusable(key: str, what: str, why: str = "", *, remedy: Remedy, about: str = "") -> Failure:
    return Failure(Kind.CREDENTIAL, what, why, remedy, about=about, safe=Safe.NOTHING_SENT, field=key)


def _label(draft: Draft, key: str) -> str:
    """What a sentence calls a key: "There is no import key"."""
    field = drafts.variable(draft, key)
    return {"ld-token": "LaunchDarkly token", "import-key": "import key"}.get(field.role, field.label)


class MissingKeys(Failure):  # as `Failure`
    """Several keys that can't be had, each in `failures`."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        what = " ".join(failure.what for failure in failures)
        super().__init__(Kind.CREDENTIAL, what, safe=Safe.NOTHING_SENT, field=failures[0].field)
        self.failures = tuple(failures)


_LONGEST = 400


def destinations(recipe: RecipeAnswers, wanted: Sequence[str], *, creating: bool) -> Iterator[str]:
    """Yield a sentence for each address that isn't LaunchDarkly's, this machine's, or the source's usual one.

    It names the references of the fields `wanted` that go there. Only `creating` sends more than your token to
    LaunchDarkly.
    """
    to_source = () if creating else tuple(key for key in wanted if key != TOKEN.key)
    to_launchdarkly = tuple(key for key in wanted if key not in to_source)
    host = instance(drafts.value(recipe.draft, HOST.key))
    usual = (SOURCE_API.default, *(known.url for known in INSTANCES))
    for keys, address in ((to_launchdarkly, host.url), (to_source, source_address(recipe.draft))):
        try:
            url = normal_base_url(address).url
        except AddressError:
            continue  # refused elsewhere
        if keys and url not in usual and not is_loopback(urlsplit(url).hostname or ""):
            references = ", ".join(shown(str(recipe.references[key]), _LONGEST) for key in keys)
            yield f"This recipe sends a key to another server: {references} to {shown(address, _LONGEST)}."
