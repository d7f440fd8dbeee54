"""All flag import configurations of an account: listed, filtered, told in words, and what may be done with one.

`manage_edit` changes one; `manage_run` starts, watches and deletes it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tui.answers.fields import Form
from tui.apply.import_errors import explain
from tui.apply.watch import ENDS, RUNS
from tui.context import Tools
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import Configuration
from tui.launchdarkly.words import access_in_words, fault_in_words, refused_by
from tui.net.errors import Failure, Kind
from tui.net.events import Exchange, Result, Sink, streamed
from tui.net.times import moment
from tui.secrets.bag import Bag
from tui.secrets.names import outside
from tui.text.clean import REPLACEMENT, clean
from tui.text.redact import MASK, Redactor

NOT_TOLD = "not told"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Account:
    """One LaunchDarkly as the token in `bag` sees it."""

    instance: Instance
    bag: Bag
    tools: Tools


# --- the list


class Sort(StrEnum):
    """What a list is sorted by."""

    NAME = "name"
    PROJECT = "project"
    STATUS = "status"
    LAST_IMPORT = "last import"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which configurations are wanted; "" for any. `text` is looked for in all that identifies one."""

    text: str = ""
    integration: str = ""
    project: str = ""
    status: str = ""

    def takes(self, each: Configuration) -> bool:
        """Whether a configuration is one of those wanted."""
        words = f"{each.name} {each.project_key} {each.integration_key} {' '.join(each.tags)} {each.id} {state(each)}"
        exact = (
            (self.integration, each.integration_key),
            (self.project, each.project_key),
            (self.status, state(each)),
        )
        found = all(part in words.casefold() for part in self.text.casefold().split())
        return found and all(wanted in ("", there) for wanted, there in exact)


def chosen(
    listed: Iterable[Configuration], wanted: Filter | None = None, by: Sort = Sort.NAME
) -> tuple[Configuration, ...]:
    """Those wanted, sorted; the latest import comes first, one that never was last. Equals are sorted by name."""
    wanted = wanted or Filter()
    return tuple(sorted(filter(wanted.takes, listed), key=lambda each: (_KEYS[by](each), _by_name(each), each.id)))


def _by_name(each: Configuration) -> str:
    return each.name.casefold()


_KEYS: Mapping[Sort, Callable[[Configuration], str | int]] = {
    Sort.NAME: _by_name,
    Sort.PROJECT: lambda each: each.project_key,
    Sort.STATUS: lambda each: state(each),
    Sort.LAST_IMPORT: lambda each: -(each.status.last_import or 0),
}


def listed(account: Account) -> AsyncGenerator[Exchange | Result[tuple[Configuration, ...]], None]:
    """All flag import configurations of the account, without their settings. Raises Failure."""

    async def run(sink: Sink) -> tuple[Configuration, ...]:
        async with account.tools.launchdarkly(account.bag, account.instance) as ld:
            return await ld.list_configurations(sink=sink)

    return streamed(run)


def opened(account: Account, one: Configuration) -> AsyncGenerator[Exchange | Result[Configuration], None]:
    """One of the list, read whole. Raises Failure."""

    async def run(sink: Sink) -> Configuration:
        async with account.tools.launchdarkly(account.bag, account.instance) as ld:
            return await ld.get(one.project_key, one.integration_key, one.id, sink=sink)

    return streamed(run)


def found(listed: Iterable[Configuration], id: str) -> Configuration:
    """The one with this id. Raises Failure NOT_FOUND."""
    one = next((each for each in listed if each.id == id), None)
    if one is None:
        raise Failure(
            Kind.NOT_FOUND,
            "There is no flag import configuration with this ID in your account.",
            "It was deleted, your token may not see it, or this is not its id.",
            "Look it up with: ld-flag-import configs list",
        )
    return one


# --- one configuration in words


def state(one: Configuration) -> str:
    """Its status as LaunchDarkly writes it; words where it says nothing."""
    return one.status.status or NOT_TOLD


_LEVELS = {"complete": "ok", "partial": "warning", "failed": "problem", RUNS: "note", "pending": "note"}


def level(one: Configuration) -> str:
    """How much its status matters: the level of a finding."""
    return _LEVELS.get(one.status.status, "unknown")


def when(milliseconds: int | None) -> str:
    """A moment that LaunchDarkly tells, local time; "never" where it tells none."""
    return moment(milliseconds / 1000) if milliseconds is not None else "never"


def last_import(one: Configuration) -> str:
    """When it last went well. LaunchDarkly may leave the time out, though the status shows an import."""
    at = one.status.last_import
    return NOT_TOLD if at is None and one.status.status == "complete" else when(at)


def last_error(one: Configuration) -> str:
    """When it last went wrong. Its errors may be newer than the time that LaunchDarkly gives, or have none."""
    times = (one.status.last_error, *(each.timestamp for each in one.status.errors))
    at = max((each for each in times if each is not None), default=None)
    went_wrong = bool(one.status.errors) or one.status.status in ("failed", "partial")
    return NOT_TOLD if at is None and went_wrong else when(at)


def newest_error(one: Configuration, redactor: Redactor) -> str:
    """The latest of its errors, "" if it has none; one without a time is taken for older."""
    newest = max(one.status.errors, key=lambda each: each.timestamp or 0, default=None)
    return redactor.foreign(fault_in_words(newest)) if newest is not None else ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about a configuration: a level, what it is about, and a text with nothing foreign left in it."""

    label: str
    text: str
    level: str = "note"


def facts(one: Configuration, form: Form | None, redactor: Redactor) -> tuple[Fact, ...]:
    """What a person wants to know of a configuration: where from and to, how it stands, what your token may do."""
    title = form.title if form else one.integration_key
    lines = [
        Fact("Imports", f"from {title or 'an integration that is not told'} into {one.project_key or NOT_TOLD}"),
        Fact("Id", one.id + (f", version {one.version}" if one.version is not None else "")),
        Fact("Tags", ", ".join(one.tags) or "none"),
        Fact("Status", state(one), level(one)),
        Fact("Last import", last_import(one)),
        Fact("Last error", last_error(one)),
    ]
    if one.access is not None:
        lines.append(Fact("Your token", access_in_words(one.access)))
    return tuple(replace(each, text=redactor.data(each.text)) for each in lines)


def errors(one: Configuration, redactor: Redactor) -> tuple[tuple[str, str], ...]:
    """Each error of its status once, with what is behind it where that is known, else "". A key that became known
    after the configuration was read is taken out here."""
    told = dict.fromkeys(redactor.foreign(fault_in_words(each)) for each in one.status.errors)
    return tuple((each, explain(each).cause) for each in told)


def settings(one: Configuration, form: Form | None, redactor: Redactor) -> tuple[tuple[str, str], ...]:
    """(label, text) of each setting. A secret's text says whether there is one; so does that of a setting which is not
    in the form, since nobody knows what it is. Nothing where LaunchDarkly shows none."""
    there = one.config or {}
    known = {outside(v.key): v for v in form.variables} if form else {}
    order = [*(key for key in known if key in there), *(key for key in there if key not in known)]
    rows = []
    for key in order:
        variable = known.get(key)
        hidden = variable is None or variable.secret
        text = as_text(there[key])
        shown = (MASK if text else "none") if hidden else clean(redactor.setting(text))[:_LONGEST] or "blank"
        rows.append((variable.label if variable else clean(redactor.foreign(key))[:40], shown))
    return tuple(rows)


def as_text(setting: object) -> str:
    """A setting as the answer to its field: "true" or "false", one choice a line, "" for none."""
    if setting is None:
        return ""
    if isinstance(setting, bool):
        return "true" if setting else "false"
    if isinstance(setting, list | tuple):
        return "\n".join(map(as_text, setting))
    return str(setting)


# --- what may be done


class Deed(StrEnum):
    """What can be done with a configuration, by the verb that LaunchDarkly's rights have for it."""

    EDIT = "edit"
    REPLACE_KEY = "replace"
    START = "start"
    WATCH = "see"
    DELETE = "delete"


def why_not(one: Configuration, deed: Deed, form: Form | None) -> str:
    """Why something cannot be done now, in a sentence with what to do; "" where nothing is known against it."""
    verb = Deed.EDIT.value if deed is Deed.REPLACE_KEY else deed.value
    if (role := refused_by(one.access, verb)) is not None and deed is not Deed.WATCH:
        by = f" ({role})" if role else ""
        return f"Your token may not {verb} it{by}. Ask an admin, or use another token."
    status = one.status.status
    if deed is Deed.START and status == RUNS:
        return "It is importing now. Watch it; a second start would be refused, or do nothing."
    if deed is Deed.WATCH and status in ENDS:
        return f"Nothing runs: it has ended {status}. Start it, then watch."
    if deed is Deed.REPLACE_KEY and not any(v.secret for v in (form.variables if form else ())):
        return f"Which of its settings are keys is not known: no manifest for {one.integration_key} (--manifest)."
    return ""


def caution(one: Configuration, deed: Deed) -> str:
    """What a person should know before it is done, "" for nothing."""
    if one.status.status != RUNS:
        return ""
    if deed is Deed.DELETE:
        return "It is importing now; what becomes of the rest of its flags is not known."
    if deed in (Deed.EDIT, Deed.REPLACE_KEY):
        return "It is importing now; that run may still use what it was started with."
    return ""


def confirms(one: Configuration, typed: str) -> bool:
    """Whether somebody has typed what deleting asks for."""
    return typed.strip() == to_type(one)


def to_type(one: Configuration) -> str:
    """What deleting asks for: the name, or the id where the name is none that can be typed."""
    name = one.name.strip()
    return name if name and REPLACEMENT not in name else one.id


def named_alike(one: Configuration, name: str, listed: Iterable[Configuration]) -> str:
    """The sentence for another configuration of the same name, project and integration, "" where there is none."""
    for other in listed:
        same = (other.name, other.project_key, other.integration_key) == (name, one.project_key, one.integration_key)
        if same and other.id != one.id:
            return f'Another configuration in {one.project_key} has the name "{name}" ({other.id}).'
    return ""
