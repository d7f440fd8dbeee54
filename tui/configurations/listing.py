"""The flag import configurations of an account: listed, filtered, in words, and what may be done with one.

`edit` changes one; `run` starts, watches and deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tui.answers.fields import Form, Variable
from tui.apply.import_errors import explain
from tui.apply.watch import ENDS, RUNS
from tui.context import Context
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import Configuration
from tui.launchdarkly.words import access_in_words, fault_in_words, refused_by
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Sink, Stream
from tui.secrets.bag import Bag
from tui.secrets.names import outside
from tui.text.clean import REPLACEMENT, clean
from tui.text.redact import MASK, Redactor
from tui.text.times import minute

NOT_TOLD = "not known"
NEVER = "never"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Account:
    """One LaunchDarkly as the token in `bag` sees it. `journals` is the folder of journals, None for the usual one."""

    instance: Instance
    bag: Bag
    context: Context
    journals: Path | None = None


# --- the list


class Sort(StrEnum):
    """What a list is sorted by."""

    NAME = "name"
    PROJECT = "project"
    STATUS = "status"
    LAST_IMPORT = "last import"


_SORT_KEYS: Mapping[Sort, Callable[[Configuration], str | int]] = {
    Sort.NAME: lambda configuration: configuration.name.casefold(),
    Sort.PROJECT: lambda configuration: configuration.project_key,
    Sort.STATUS: lambda configuration: state(configuration),
    Sort.LAST_IMPORT: lambda configuration: -(configuration.status.last_import or 0),
}


@dataclass(frozen=True, slots=True)
class ConfigurationFilter:
    """Which configurations are wanted; "" for any. `text` is looked for in all that identifies one."""

    text: str = ""
    integration: str = ""
    project: str = ""
    status: str = ""

    def accepts(self, configuration: Configuration) -> bool:
        tags, status = " ".join(configuration.tags), state(configuration)
        name, project, integration = configuration.name, configuration.project_key, configuration.integration_key
        words = f"{name} {project} {integration} {tags} {configuration.id} {status}".casefold()
        return (
            all(part in words for part in self.text.casefold().split())
            and self.integration in ("", integration)
            and self.project in ("", project)
            and self.status in ("", status)
        )


def filtered(
    configurations: Iterable[Configuration], wanted: ConfigurationFilter | None = None, by: Sort = Sort.NAME
) -> tuple[Configuration, ...]:
    """Those wanted, sorted: the latest import first, one that never ran last. Equals are sorted by name."""
    accepted = filter((wanted or ConfigurationFilter()).accepts, configurations)
    return tuple(
        sorted(
            accepted,
            key=lambda configuration: (_SORT_KEYS[by](configuration), configuration.name.casefold(), configuration.id),
        )
    )


def listed(account: Account) -> Stream[tuple[Configuration, ...]]:
    """All flag import configurations of the account, without their settings. Raises Failure."""

    async def run(sink: Sink) -> tuple[Configuration, ...]:
        async with account.context.launchdarkly(account.bag, account.instance) as ld:
            return await ld.list_configurations(sink=sink)

    return Stream(run)


def opened(account: Account, configuration: Configuration) -> Stream[Configuration]:
    """One of the list, read whole. Raises Failure."""

    async def run(sink: Sink) -> Configuration:
        async with account.context.launchdarkly(account.bag, account.instance) as ld:
            return await ld.get(configuration.project_key, configuration.integration_key, configuration.id, sink=sink)

    return Stream(run)


def by_id(configurations: Iterable[Configuration], id: str) -> Configuration:
    """The one with this id. Raises Failure NOT_FOUND."""
    for configuration in configurations:
        if configuration.id == id:
            return configuration
    raise Failure(
        Kind.NOT_FOUND,
        "Your account has no flag import configuration with this ID.",
        "It was deleted, your token can't see it, or the ID is wrong.",
        Remedy.LOOK_UP_CONFIGURATION,
    )


# --- one configuration in words


def state(configuration: Configuration) -> str:
    """Its status as LaunchDarkly writes it, or words if it gives none."""
    return configuration.status.status or NOT_TOLD


_LEVELS = {"complete": "ok", "partial": "warning", "failed": "problem", RUNS: "note", "pending": "note"}


def level(configuration: Configuration) -> str:
    """How much its status matters: the level of a finding."""
    return _LEVELS.get(configuration.status.status, "unknown")


def when(milliseconds: int, now: float = 0) -> str:
    """Return a moment in local time, with its year if that isn't the year of `now` (seconds)."""
    return minute(milliseconds / 1000, now)


def last_import_at(configuration: Configuration) -> int | str:
    """Return when it last succeeded (ms), or words: LaunchDarkly may leave the time out after an import."""
    at = configuration.status.last_import
    return at if at is not None else NOT_TOLD if configuration.status.status == "complete" else NEVER


def last_error_at(configuration: Configuration) -> int | str:
    """Return when it last failed (ms), or words. Its errors may be newer than the time that LaunchDarkly gives."""
    times = (configuration.status.last_error, *(error.timestamp for error in configuration.status.errors))
    at = max((time for time in times if time is not None), default=None)
    failed = bool(configuration.status.errors) or configuration.status.status in ("failed", "partial")
    return at if at is not None else NOT_TOLD if failed else NEVER


def last_import(configuration: Configuration, now: float = 0) -> str:
    """Return `last_import_at` in local time."""
    return _in_words(last_import_at(configuration), now)


def last_error(configuration: Configuration, now: float = 0) -> str:
    """Return `last_error_at` in local time."""
    return _in_words(last_error_at(configuration), now)


def _in_words(at: int | str, now: float) -> str:
    return when(at, now) if isinstance(at, int) else at


def newest_error(configuration: Configuration, redactor: Redactor) -> str:
    """The latest of its errors, "" if it has none; one without a time counts as older."""
    newest = max(configuration.status.errors, key=lambda error: error.timestamp or 0, default=None)
    return redactor.foreign(fault_in_words(newest)) if newest is not None else ""


def errors(configuration: Configuration, redactor: Redactor) -> tuple[tuple[str, str], ...]:
    """Return each error of its status once, with its cause, "" if that isn't known. Keys that became known after the
    configuration was read are taken out."""
    texts = dict.fromkeys(redactor.foreign(fault_in_words(error)) for error in configuration.status.errors)
    return tuple((text, explain(text).cause) for text in texts)


def details(
    configuration: Configuration, form: Form | None, redactor: Redactor, now: float = 0
) -> tuple[tuple[str, str, str], ...]:
    """Return (label, level, text) of each fact: source and project, its status, what your token may do."""
    title = (form.title if form else configuration.integration_key) or "an unknown integration"
    version = f", version {configuration.version}" if configuration.version is not None else ""
    rows = [
        ("Imports", "note", f"from {title} into {configuration.project_key or NOT_TOLD}"),
        ("ID", "note", f"{configuration.id}{version}"),
        ("Tags", "note", ", ".join(configuration.tags) or "none"),
        ("Status", level(configuration), state(configuration)),
        ("Last import", "note", last_import(configuration, now)),
        ("Last error", "note", last_error(configuration, now)),
    ]
    if configuration.access is not None:
        rows.append(("Your token", "note", access_in_words(configuration.access)))
    return tuple((label, level, redactor.data(text)) for label, level, text in rows)


# --- what it holds


@dataclass(frozen=True, slots=True)
class HeldSetting:
    """One setting that a configuration holds. `key` is its key in `config`, `variable` its field in the form.

    A setting that is not in the form counts as secret, because its meaning is not known.
    """

    key: str
    value: object
    variable: Variable | None

    @property
    def secret(self) -> bool:
        return self.variable is None or self.variable.secret

    @property
    def text(self) -> str:
        """The setting as the answer to its field."""
        return as_text(self.value)


def held(configuration: Configuration, form: Form | None) -> tuple[HeldSetting, ...]:
    """The settings that LaunchDarkly shows, in the form's order, then those that are not in the form."""
    config = configuration.config or {}
    known = {outside(variable.key): variable for variable in form.variables} if form else {}
    order = (*(key for key in known if key in config), *(key for key in config if key not in known))
    return tuple(HeldSetting(key, config[key], known.get(key)) for key in order)


def as_text(setting: object) -> str:
    """A setting as the answer to its field: "true" or "false", one choice a line, "" for none."""
    if setting is None:
        return ""
    if isinstance(setting, bool):
        return "true" if setting else "false"
    if isinstance(setting, list | tuple):
        return "\n".join(map(as_text, setting))
    return str(setting)


def settings(configuration: Configuration, form: Form | None, redactor: Redactor) -> tuple[tuple[str, str], ...]:
    """(label, text) of each setting. The text of a secret says only whether there is one."""
    rows = []
    for setting in held(configuration, form):
        label = setting.variable.label if setting.variable else clean(redactor.foreign(setting.key))[:40]
        if setting.secret:
            rows.append((label, MASK if setting.text else "none"))
        else:
            rows.append((label, clean(redactor.setting(setting.text))[:_LONGEST] or "blank"))
    return tuple(rows)


# --- what may be done


class Deed(StrEnum):
    """What can be done with a configuration, by the verb that LaunchDarkly's rights have for it."""

    EDIT = "edit"
    REPLACE_KEY = "replace"
    START = "start"
    WATCH = "see"
    DELETE = "delete"


def why_not(configuration: Configuration, deed: Deed, form: Form | None) -> str:
    """Why something can't be done now and what to do instead, "" if nothing is known against it."""
    verb = Deed.EDIT.value if deed is Deed.REPLACE_KEY else deed.value
    if (role := refused_by(configuration.access, verb)) is not None and deed is not Deed.WATCH:
        by = f" ({role})" if role else ""
        return f"Your token isn't allowed to {verb} it{by}. Ask an admin, or use another token."
    status = configuration.status.status
    if deed is Deed.START and status == RUNS:
        return "It is importing now. Watch it instead of starting it again."
    if deed is Deed.WATCH and status in ENDS:
        return f"Nothing to watch: the import is {status}. Start it first."
    if deed is Deed.REPLACE_KEY and not any(v.secret for v in (form.variables if form else ())):
        integration = configuration.integration_key
        return f"Can't tell which of its settings are keys. Start with --manifest and the manifest for {integration}."
    return ""


def caution(configuration: Configuration, deed: Deed) -> str:
    """Return a warning to show before it is done, or ""."""
    if configuration.status.status != RUNS:
        return ""
    if deed is Deed.DELETE:
        return "It is importing now. LaunchDarkly doesn't document what happens to the remaining flags."
    if deed in (Deed.EDIT, Deed.REPLACE_KEY):
        return "It is importing now. This run may still use the old values."
    return ""


def confirms(configuration: Configuration, typed: str) -> bool:
    """Whether `typed` confirms the deletion."""
    return typed.strip() == to_type(configuration)


def to_type(configuration: Configuration) -> str:
    """Return the text to type before deleting: the name, or the id if the name can't be typed."""
    name = configuration.name.strip()
    return name if name and REPLACEMENT not in name else configuration.id


def named_alike(configuration: Configuration, name: str, listed: Iterable[Configuration]) -> str:
    """A sentence about another configuration of the same name, project and integration, or ""."""
    project, integration = configuration.project_key, configuration.integration_key
    for other in listed:
        same = (other.name, other.project_key, other.integration_key) == (name, project, integration)
        if same and other.id != configuration.id:
            return f'{project} already has another configuration named "{name}" ({other.id}).'
    return ""
