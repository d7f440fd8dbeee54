"""`ld-flag-import configs list|show|trigger|watch|delete`: the flag import configurations of an account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tui.answers import form as forms
from tui.answers import rules
from tui.answers.builtin import HOST, TOKEN
from tui.answers.fields import Form
from tui.answers.finding import Level
from tui.apply.start_watch import Ended, Resting, Started, Stuck
from tui.apply.watch import STUCK_AFTER
from tui.commands.output import Output, table
from tui.commands.progress import ImportProgress, Progress, stuck
from tui.commands.remedies import ACCOUNT
from tui.commands.surroundings import Surroundings
from tui.configurations import listing
from tui.configurations import run as manage_run
from tui.configurations.listing import Account, ConfigurationFilter
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Configuration
from tui.manifests.files import ManifestError, registry
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets import environment
from tui.secrets.bag import Bag
from tui.secrets.keyring import KeyringResult
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import entry_name
from tui.secrets.references import UnusableKeyError
from tui.text.redact import MASK, Redactor
from tui.text.times import iso_minute, moment_json, span

ConfigsAction = Literal["list", "show", "trigger", "watch", "delete"]
_NOT_COMPLETE = 6
_HEADS = ("ID", "INTEGRATION", "PROJECT", "NAME", "STATUS", "LAST IMPORT", "LAST ERROR", "TAGS")


@dataclass(frozen=True, slots=True)
class ConfigsOptions:
    """The command line. `id` is "" only for `list`. Times are in seconds; `timeout` is of the whole run."""

    action: ConfigsAction
    id: str = ""
    host: str = ""
    project: str = ""
    integration: str = ""
    manifests: tuple[Path, ...] = ()
    yes: bool = False
    as_json: bool = False
    timeout: float = 1800.0
    stuck_after: float = STUCK_AFTER
    status: str = ""
    quiet: bool = False


def run(options: ConfigsOptions, surroundings: Surroundings) -> int:
    """Run the action and print its result. Return the exit code."""
    command = ConfigsCommand(options, surroundings, surroundings.output(options.as_json))
    try:
        command.check()
        return surroundings.run(command.run, lambda: command.output.say(_ENDED[options.action]))
    except Failure as failure:
        code = command.output.fail(failure, ACCOUNT)
        return command.result(code) if options.action == "watch" else code


_ENDED: Mapping[ConfigsAction, str] = {
    "list": "Stopped before the list was complete. Nothing was changed.",
    "show": "Stopped. Nothing was changed.",
    "trigger": "Stopped. The import may have started. Check with: ld-flag-import configs show",
    "watch": "Stopped watching. The import continues in LaunchDarkly.",
    "delete": "Stopped. The configuration may have been deleted. Check with: ld-flag-import configs list",
}


@dataclass
class ConfigsCommand:
    """One action on the account's configurations."""

    options: ConfigsOptions
    surroundings: Surroundings
    output: Output
    forms: Mapping[str, Form] = field(default_factory=dict)

    def check(self) -> None:
        """Check what needs no server. Raises Failure RECIPE."""
        try:
            self.forms = {key: forms.build(manifest) for key, manifest in registry(self.options.manifests).items()}
        except ManifestError as error:
            raise Failure(Kind.RECIPE, str(error), safe=Safe.NOTHING_SENT) from None
        self.output.redactor.secret_settings(forms.secret_settings(self.forms))
        confirmed = self.options.yes or self.surroundings.can_ask(self.options.as_json)
        if self.options.action == "delete" and not confirmed:
            raise Failure(
                Kind.RECIPE,
                "Deleting requires confirmation, but no terminal is available.",
                remedy=Remedy.CONFIRM,
                about="delete",
                safe=Safe.NOTHING_SENT,
            )

    def result(self, code: int) -> int:
        """End the JSON lines of `watch` with the exit code."""
        if self.output.as_json:
            self.output.document({"event": "result", "exit": code, "report": None})
        self.surroundings.out.flush()
        return code

    async def run(self) -> int:
        """Find the token, then run the action. Raises Failure."""
        try:
            async with asyncio.timeout(None if self.options.action == "watch" else self.options.timeout):
                account = await self._account()
                return await _ACTIONS[self.options.action](self, account)
        except TimeoutError:
            what = f"LaunchDarkly didn't respond in full within {span(self.options.timeout)}."
        except OSError as error:
            raise Failure(
                Kind.RECIPE,
                f"Can't save the journal of this import: {error.strerror or 'no reason given'}.",
                "Without it, an interrupted start couldn't be resumed.",
                Remedy.MAKE_ROOM,
                safe=Safe.NOTHING_STARTED,
            ) from None
        raise Failure(Kind.TIMEOUT, what, _ENDED[self.options.action].partition(". ")[2], Remedy.MORE_TIME)

    # --- the account

    async def _account(self) -> Account:
        instance_, surroundings = self._instance(), self.surroundings
        context = replace(surroundings.context, deadline=surroundings.context.now() + self.options.timeout)
        bag = Bag(context.redactor)
        bag.put(TOKEN.key, await self._token(instance_))
        return Account(instance_, bag, context)

    def _instance(self) -> Instance:
        setting = environment.find_setting(HOST.key, self.surroundings.environ)
        try:
            return instance(self.options.host or (setting.value if setting else "") or HOST.default)
        except ValueError as error:
            place = "--host" if self.options.host or setting is None else setting.origin.removeprefix("from ")
            raise Failure(Kind.RECIPE, f"{place}: {error}", safe=Safe.NOTHING_SENT, field=HOST.key) from None

    async def _token(self, instance_: Instance) -> str:
        """Find your token where the wizard finds it too. Raises Failure CREDENTIAL."""
        try:
            hit = environment.find_secret(TOKEN.key, "", self.surroundings.environ, host=instance_.url)
        except UnusableKeyError as unusable:
            what = f"The LaunchDarkly token can't be used: {unusable}."
            alone = Remedy.STORE_KEY_ALONE
            raise Failure(Kind.CREDENTIAL, what, "", alone, safe=Safe.NOTHING_SENT, field=TOKEN.key) from None
        if hit is not None:
            value, place = hit.value.get_secret_value(), hit.origin
        else:
            answer = await self.surroundings.keyring.get(entry_name(instance_.url))
            if answer.value is None:
                raise self._no_token(instance_, answer)
            value, place = answer.value.get_secret_value(), "from the keyring"
        problems = [finding.text for finding in rules.validate(TOKEN, value, {}, {}) if finding.level is Level.PROBLEM]
        if problems:
            what = f"The LaunchDarkly token {place} can't be used. {problems[0]}"
            raise Failure(Kind.CREDENTIAL, what, "", Remedy.CORRECT, safe=Safe.NOTHING_SENT, field=TOKEN.key)
        return value

    def _no_token(self, instance_: Instance, answer: KeyringResult) -> Failure:
        other_instance = bool(self.surroundings.environ.get("LD_ACCESS_TOKEN", "").strip())
        what = f"No LaunchDarkly token found for {instance_.host}: LD_ACCESS_TOKEN isn't set."
        if other_instance:
            what = f"LD_ACCESS_TOKEN isn't for {instance_.host}: it belongs to another instance."
        why = "ldcli's configuration and the keyring don't have one either."
        if answer.state not in (KeyringState.MISSING, KeyringState.UNAVAILABLE):
            why = f"ldcli's configuration doesn't have one either. {answer.reason}"
        variables = "it and LD_BASE_URI" if other_instance else "it"
        return Failure(
            Kind.CREDENTIAL, what, why, Remedy.SET_VARIABLE, about=variables, safe=Safe.NOTHING_SENT, field=TOKEN.key
        )

    # --- the actions

    async def _list(self, account: Account) -> tuple[Configuration, ...]:
        wanted = ConfigurationFilter(
            integration=self.options.integration, project=self.options.project, status=self.options.status
        )
        return listing.filtered(await listing.listed(account).finish(), wanted)

    async def _open(self, account: Account) -> Configuration:
        """Read the configuration with the id whole. Raises Failure."""
        row = listing.by_id(await self._list(account), self.options.id)
        return await listing.opened(account, row).finish()

    def _form(self, configuration: Configuration) -> Form | None:
        return self.forms.get(configuration.integration_key)

    async def list(self, account: Account) -> int:
        rows = await self._list(account)
        if self.output.as_json:
            self.output.document({"configurations": [as_json(row, self.output.redactor) for row in rows]})
        elif rows:
            self.output.lines(table([_HEADS, *(_row(row, self.output.redactor) for row in rows)]))
        else:
            self.output.line("No flag import configurations found.")
        return 0

    async def show(self, account: Account) -> int:
        configuration = await self._open(account)
        form, redactor = self._form(configuration), self.output.redactor
        if self.output.as_json:
            self.output.document(as_json(configuration, redactor, form, whole=True))
        else:
            self.output.lines(_details(configuration, form, redactor))
        return 0

    async def delete(self, account: Account) -> int:
        configuration = await self._open(account)
        if not self.options.yes and not self._confirmed(configuration):
            raise Failure(Kind.RECIPE, "The name doesn't match.", safe=Safe.NOTHING_DELETED)
        await manage_run.deleted(account, configuration).finish()
        if self.output.as_json:
            self.output.document({"id": configuration.id, "name": configuration.exact_name, "deleted": True})
        else:
            c = configuration
            text = f'Deleted "{c.name}" ({c.id}). The flags it imported stay in {c.project_key}.'
            self.output.titled("ok", text)
        return 0

    def _confirmed(self, configuration: Configuration) -> bool:
        c, state = configuration, listing.state(configuration)
        self.output.say(f'"{c.name}" imports from {c.integration_key} into {c.project_key}; status {state}.')
        if caution := listing.caution(configuration, listing.Deed.DELETE):
            self.output.say(caution)
        self.surroundings.prompt(f"To delete it, type {listing.to_type(configuration)}: ")
        return listing.confirms(configuration, self.surroundings.input.readline())

    async def trigger(self, account: Account) -> int:
        configuration = await self._open(account)
        started = await manage_run.to_start(account, configuration).start(again=True).finish()
        if not started.known:
            raise started.failure or Failure(Kind.INTERNAL, "Can't tell whether the import started.")
        if self.output.as_json:
            fields = {"triggered": started.triggered, "status_code": started.status_code}
            self.output.document({"id": configuration.id, **fields})
        else:
            self.output.titled("ok", _started(configuration, started))
        return 0

    async def watch(self, account: Account) -> int:
        configuration = await self._open(account)
        watched = manage_run.to_watch(account, configuration, stuck_after=self.options.stuck_after)
        quiet, context = self.options.quiet, account.context
        with closing(Progress(self.output, quiet=quiet, timer=context.timer, now=context.now)) as line:
            progress = ImportProgress(self.output, line, quiet)
            async with aclosing(watched.watch()) as events:
                async for event in events:
                    if isinstance(event, Ended):
                        expected = len(watched.journal.awaited) if watched.planned else None
                        progress.ended(event, watched.journal, expected)
                        return self.result(0 if event.status == "complete" else _NOT_COMPLETE)
                    if isinstance(event, Stuck):
                        raise stuck(event, configuration.id, planned=watched.planned)
                    if isinstance(event, Resting):
                        progress.resting(event)
                    else:
                        progress.moved(event, watched.journal, planned=watched.planned)
                    self.surroundings.out.flush()
        raise Failure(Kind.INTERNAL, "Stopped watching; the import had not finished.")


_ACTIONS: Mapping[ConfigsAction, Callable[[ConfigsCommand, Account], Coroutine[object, object, int]]] = {
    "list": ConfigsCommand.list,
    "show": ConfigsCommand.show,
    "trigger": ConfigsCommand.trigger,
    "watch": ConfigsCommand.watch,
    "delete": ConfigsCommand.delete,
}


def _started(configuration: Configuration, started: Started) -> str:
    watch = f"Watch it with: ld-flag-import configs watch {configuration.id}"
    if started.triggered:
        return f'Started "{configuration.name}" ({configuration.id}). {watch}'
    return f'"{configuration.name}" ({configuration.id}) is already running. {watch}'


# --- what they print


def as_json(
    configuration: Configuration, redactor: Redactor, form: Form | None = None, *, whole: bool = False
) -> dict[str, object]:
    """Return a configuration in LaunchDarkly's own words. Times are milliseconds since the epoch, null if unknown, and
    ISO 8601 under `<name>_at`.

    With `whole`, also its settings: `config` holds no secret, and nothing that isn't in the manifest; `secrets` are
    the keys of the secrets that it has.
    """
    document: dict[str, object] = {
        "id": configuration.id,
        "integration": configuration.integration_key,
        "project": configuration.project_key,
        "name": configuration.exact_name,
        "tags": [*configuration.exact_tags],
        "status": configuration.status.status,
        **moment_json("last_import", configuration.status.last_import),
        **moment_json("last_error", configuration.status.last_error),
        "errors": [error for error, _ in listing.errors(configuration, redactor)],
    }
    if not whole:
        return document
    settings, access = listing.held(configuration, form), configuration.access
    return document | {
        "version": configuration.version,
        "config": {setting.key: _shown(setting.value, redactor) for setting in settings if not setting.secret},
        "secrets": [setting.key for setting in settings if setting.secret and setting.variable and setting.value],
        "access": access and {
            "allowed": [action.action for action in access.allowed],
            "denied": [action.action for action in access.denied],
        },
    }  # fmt: skip


def _shown(value: object, redactor: Redactor) -> object:
    if isinstance(value, list):
        return [_shown(item, redactor) for item in value]
    return redactor.setting(value) if isinstance(value, str) else value


def _row(configuration: Configuration, redactor: Redactor) -> tuple[str, ...]:
    c = configuration
    times = (_when(listing.last_import_at(c)), _when(listing.last_error_at(c)))
    texts = (c.id, c.integration_key, c.project_key, c.name, listing.state(c), *times, ", ".join(c.tags))
    return tuple(map(redactor.data, texts))


def _when(milliseconds: int | str) -> str:
    return iso_minute(milliseconds / 1000) if isinstance(milliseconds, int) else milliseconds


def _details(configuration: Configuration, form: Form | None, redactor: Redactor) -> Iterator[str]:
    """Yield everything about a configuration, in rows."""
    yield configuration.name or configuration.id
    times = {"Last import": listing.last_import_at, "Last error": listing.last_error_at}
    for label, _, text in listing.details(configuration, form, redactor):
        yield _pair(label, _when(times[label](configuration)) if label in times else text)
    if configuration.config is None:
        yield _pair("Settings", "not shown by LaunchDarkly")
    for label, text in listing.settings(configuration, form, redactor):
        yield _pair(label, "stored" if text == MASK else text)
    for error, cause in listing.errors(configuration, redactor):
        yield _pair("Error", error)
        if cause:
            yield _pair("", cause)


def _pair(label: str, text: str) -> str:
    return f"  {label:<22}{text}"
