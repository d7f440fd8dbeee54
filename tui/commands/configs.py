"""`ld-flag-import configs list|show|trigger|watch|delete`: flag import configurations that exist, whoever made them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from tui.answers import form as forms
from tui.answers import rules
from tui.answers.builtin import HOST, TOKEN
from tui.answers.fields import Form
from tui.answers.finding import Level
from tui.apply.engine import Import
from tui.apply.import_errors import foreseen
from tui.apply.start_watch import Ended, Resting, Started, Stuck
from tui.apply.watch import STUCK_AFTER, Moved
from tui.commands.configs_text import as_json, line, report, table
from tui.commands.output import Output
from tui.commands.remedies import ACCOUNT
from tui.commands.signals import to_the_end
from tui.commands.surroundings import Surroundings
from tui.configurations import listing
from tui.configurations import run as manage_run
from tui.configurations.listing import Account, ConfigurationFilter
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Configuration
from tui.manifests.files import ManifestError, registry
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.times import span
from tui.secrets import environment
from tui.secrets.bag import Bag
from tui.secrets.keyring import KeyringResult
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import entry_name
from tui.secrets.references import UnusableKeyError

T = TypeVar("T")
Action = Literal["list", "show", "trigger", "watch", "delete"]
_NOT_AS_WANTED = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. `id` is "" for a list alone. Times in seconds; `timeout` is of the whole run."""

    action: Action
    id: str = ""
    host: str = ""
    project: str = ""
    integration: str = ""
    manifests: tuple[Path, ...] = ()
    yes: bool = False
    as_json: bool = False
    timeout: float = 1800.0
    stuck_after: float = STUCK_AFTER


def run(asked: Asked, around: Surroundings) -> int:
    """Do it, and print what came of it. Returns the exit code of contract §2; what fails is told."""
    output = Output(asked.as_json, around.out, around.err, around.context.redactor)
    command = _Command(asked, around, output)
    try:
        command.check()
        return to_the_end(
            command.run, ended=lambda: output.say(_ENDED[asked.action]), connections=around.context.connections
        )
    except Failure as failure:
        return command.failed(failure)


_ENDED: Mapping[Action, str] = {
    "list": "Ended before the list was read. Nothing was changed.",
    "show": "Ended before it was read. Nothing was changed.",
    "trigger": "Ended. Whether the import was started is not known; look with: ld-flag-import configs show",
    "watch": "You stopped watching. The import goes on at LaunchDarkly.",
    "delete": "Ended. Whether it was deleted is not known; look with: ld-flag-import configs list",
}


@dataclass
class _Command:
    asked: Asked
    around: Surroundings
    output: Output
    forms: Mapping[str, Form] = field(default_factory=dict)

    def check(self) -> None:
        """What can be told without a server. Raises Failure RECIPE."""
        try:
            self.forms = {key: forms.build(each) for key, each in registry(self.asked.manifests).items()}
        except ManifestError as error:
            raise Failure(Kind.RECIPE, str(error), safe=Safe.NOTHING_SENT) from None
        self.output.redactor.secret_settings(forms.secret_settings(self.forms))
        if self.asked.action == "delete" and not self.asked.yes and not self._can_ask():
            raise Failure(
                Kind.RECIPE,
                "Deleting asks for the configuration's name first, and here is no terminal to ask in.",
                remedy=Remedy.CONFIRM,
                about="delete",
                safe=Safe.NOTHING_SENT,
            )

    def _can_ask(self) -> bool:
        return not self.asked.as_json and self.around.input.isatty() and self.around.err.isatty()

    def failed(self, failure: Failure) -> int:
        """Tell a failure; the line-by-line command ends in a `result` all the same."""
        code = self.output.fail(failure, ACCOUNT)
        if self.asked.as_json and self.asked.action == "watch":
            self._result(code)
        return code

    def _result(self, code: int) -> int:
        if self.output.as_json:
            self.output.document({"event": "result", "exit": code, "report": None})
        self.around.out.flush()
        return code

    async def run(self) -> int:
        """Find the token, then do what was asked. Raises Failure."""
        try:
            async with asyncio.timeout(None if self.asked.action == "watch" else self.asked.timeout):
                account = await self._account()
                return await _ACTIONS[self.asked.action](self, account)
        except TimeoutError:
            what = f"LaunchDarkly did not answer all of it within {span(self.asked.timeout)}."
        except OSError as error:
            raise Failure(
                Kind.RECIPE,
                f"The journal of this import cannot be written: {error.strerror or 'no reason given'}.",
                "Without it a start could not be found again.",
                Remedy.MAKE_ROOM,
                safe=Safe.NOTHING_STARTED,
            ) from None
        raise Failure(Kind.TIMEOUT, what, _ENDED[self.asked.action].partition(". ")[2], Remedy.MORE_TIME)

    # --- who asks

    async def _account(self) -> Account:
        where, around = self._instance(), self.around
        context = replace(around.context, deadline=around.context.now() + self.asked.timeout)
        bag = Bag(context.redactor)
        bag.put(TOKEN.key, await self._token(where))
        return Account(where, bag, context)

    def _instance(self) -> Instance:
        setting = environment.find_setting(HOST.key, self.around.environ)
        try:
            return instance(self.asked.host or (setting.value if setting else "") or HOST.default)
        except ValueError as error:
            place = "--host" if self.asked.host or setting is None else setting.origin.removeprefix("from ")
            raise Failure(Kind.RECIPE, f"{place}: {error}", safe=Safe.NOTHING_SENT, field=HOST.key) from None

    async def _token(self, where: Instance) -> str:
        """Your token, from where the wizard finds it too. Raises Failure CREDENTIAL."""
        try:
            hit = environment.find_secret(TOKEN.key, "", self.around.environ, host=where.url)
        except UnusableKeyError as unusable:
            what = f"The LaunchDarkly token can't be used: {unusable}."
            alone = Remedy.STORE_KEY_ALONE
            raise Failure(Kind.CREDENTIAL, what, "", alone, safe=Safe.NOTHING_SENT, field=TOKEN.key) from None
        if hit is not None:
            value, place = hit.value.get_secret_value(), hit.origin
        else:
            got = await self.around.keyring.get(entry_name(where.url))
            if got.value is None:
                raise self._no_token(where, got)
            value, place = got.value.get_secret_value(), "from the keyring"
        wrong = [each.text for each in rules.validate(TOKEN, value, {}, {}) if each.level is Level.PROBLEM]
        if wrong:
            what = f"The LaunchDarkly token {place} cannot be used. {wrong[0]}"
            raise Failure(Kind.CREDENTIAL, what, "", Remedy.CORRECT, safe=Safe.NOTHING_SENT, field=TOKEN.key)
        return value

    def _no_token(self, where: Instance, got: KeyringResult) -> Failure:
        given = bool(self.around.environ.get("LD_ACCESS_TOKEN", "").strip())
        what = f"There is no LaunchDarkly token for {where.host}: LD_ACCESS_TOKEN is not set."
        if given:
            what = f"LD_ACCESS_TOKEN is not a token for {where.host}: it was set up for another instance."
        why = "Neither ldcli's configuration nor the keyring has one."
        if got.state not in (KeyringState.MISSING, KeyringState.UNAVAILABLE):
            why = f"ldcli's configuration has none. {got.reason}"
        variables = "it and LD_BASE_URI" if given else "it"
        return Failure(
            Kind.CREDENTIAL, what, why, Remedy.SET_VARIABLE, about=variables, safe=Safe.NOTHING_SENT, field=TOKEN.key
        )

    # --- what is asked

    async def _listed(self, account: Account) -> tuple[Configuration, ...]:
        wanted = ConfigurationFilter(integration=self.asked.integration, project=self.asked.project)
        there = await listing.listed(account).finish()
        return listing.filtered(there, wanted)

    async def _one(self, account: Account) -> Configuration:
        """The one named, read whole. Raises Failure."""
        one = listing.by_id(await self._listed(account), self.asked.id)
        return await listing.opened(account, one).finish()

    def _form(self, one: Configuration) -> Form | None:
        return self.forms.get(one.integration_key)

    async def list(self, account: Account) -> int:
        there = await self._listed(account)
        if self.output.as_json:
            self.output.document({"configurations": [as_json(each, self.output.redactor) for each in there]})
        elif there:
            for text in table(there, self.output.redactor):
                self.output.line(text)
        else:
            self.output.line("There is no flag import configuration.")
        return 0

    async def show(self, account: Account) -> int:
        one = await self._one(account)
        if self.output.as_json:
            self.output.document(as_json(one, self.output.redactor, self._form(one), whole=True))
        else:
            for text in report(one, self._form(one), self.output.redactor):
                self.output.line(text)
        return 0

    async def delete(self, account: Account) -> int:
        one = await self._one(account)
        if not self.asked.yes and not self._confirmed(one):
            raise Failure(Kind.RECIPE, "That is not its name.", safe=Safe.NOTHING_DELETED)
        await manage_run.deleted(account, one).finish()
        if self.output.as_json:
            self.output.document({"id": one.id, "name": one.exact_name, "deleted": True})
        else:
            self.output.line(f'Deleted "{one.name}" ({one.id}). The flags it imported stay in {one.project_key}.')
        return 0

    def _confirmed(self, one: Configuration) -> bool:
        for text in (line(one), listing.caution(one, listing.Deed.DELETE)):
            if text:
                self.output.say(text)
        self.around.err.write(self.output.redactor(f"To delete it, type {listing.to_type(one)}: "))
        self.around.err.flush()
        return listing.confirms(one, self.around.input.readline())

    async def trigger(self, account: Account) -> int:
        one = await self._one(account)
        started = await manage_run.to_start(account, one).start(again=True).finish()
        if not started.known:
            raise started.failure or Failure(Kind.INTERNAL, "Whether it was started is not known.")
        if self.output.as_json:
            self.output.document({"id": one.id, "triggered": started.triggered, "status_code": started.status_code})
        else:
            self.output.line(_started(one, started))
        return 0

    async def watch(self, account: Account) -> int:
        one = await self._one(account)
        watched = manage_run.to_watch(account, one, stuck_after=self.asked.stuck_after)
        async with aclosing(watched.watch()) as events:
            async for event in events:
                if isinstance(event, Ended):
                    return self._finished(watched, event)
                if isinstance(event, Stuck):
                    raise _stuck(one, watched, event)
                self._progress(watched, event)
        raise Failure(Kind.INTERNAL, "Watching ended without an end.")

    def _progress(self, watched: Import, event: Moved | Resting) -> None:
        if isinstance(event, Resting):
            if event.trouble:
                self.output.say(f"{event.trouble} The import is not affected; looking again.")
            return
        arrived, expected = _numbers(watched, event.arrived)
        if self.output.as_json:
            self.output.document(
                {"event": "progress", "status": event.status, "arrived": arrived, "expected": expected}
            )
        else:
            self.output.line(_counted(event.status, arrived, expected))
            for told in foreseen(watched.journal).explained(event.errors):
                self.output.line(f"  {'expected: ' if told.expected else ''}{told.text}")
        self.around.out.flush()

    def _finished(self, watched: Import, event: Ended) -> int:
        arrived, expected = _numbers(watched, len(event.arrived))
        code = 0 if event.status == "complete" else _NOT_AS_WANTED
        if self.output.as_json:
            told: dict[str, object] = {"event": "finished", "status": event.status, "arrived": arrived}
            self.output.document({**told, "expected": expected, "errors": [*event.errors]})
        else:
            self.output.line(f"Ended {_counted(event.status, arrived, expected)}.")
        return self._result(code)


_ACTIONS: Mapping[Action, Callable[[_Command, Account], Coroutine[object, object, int]]] = {
    "list": _Command.list,
    "show": _Command.show,
    "trigger": _Command.trigger,
    "watch": _Command.watch,
    "delete": _Command.delete,
}


def _numbers(watched: Import, arrived: int) -> tuple[int | None, int | None]:
    """Arrived and expected; nothing where it is not known which flags are to arrive."""
    return (arrived, len(watched.journal.awaited)) if watched.planned else (None, None)


def _counted(status: str, arrived: int | None, expected: int | None) -> str:
    status = status or listing.NOT_TOLD
    return status if arrived is None else f"{status}, {arrived:,} of {expected:,} flags arrived"


def _started(one: Configuration, started: Started) -> str:
    watch = f"Watch it with: ld-flag-import configs watch {one.id}"
    if started.triggered:
        return f'Started "{one.name}" ({one.id}). {watch}'
    return f'"{one.name}" ({one.id}) runs already; it was not started once more. {watch}'


def _stuck(one: Configuration, watched: Import, event: Stuck) -> Failure:
    counted = f"{event.arrived:,} of {event.expected:,} flags have arrived, and " if watched.planned else ""
    return Failure(
        Kind.STUCK,
        f"Nothing has moved for {span(event.seconds)}: {counted}the status says {event.status or listing.NOT_TOLD}.",
        "Most likely LaunchDarkly cannot reach the source.",
        Remedy.WATCH_LATER,
        about=one.id,
    )
