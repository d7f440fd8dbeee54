"""One walk of one person: the draft, the bag of secrets, the plan, the checks, and the import.

Every front holds one session and no answers of its own; a session knows no front. `keys` adds the OS keyring, `picks`
the lists to choose from, and `launch` the import.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from tui.answers import changes, checks, created_key, plan_state, remarks, saved_drafts
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.draft import Draft
from tui.answers.fields import Form
from tui.answers.finding import Offer
from tui.answers.form import secret_settings
from tui.answers.plan_state import plan_request
from tui.answers.request import build
from tui.answers.saved_drafts import Saved
from tui.answers.source_checks import compared
from tui.apply.engine import Import
from tui.apply.journal import GONE, Stage
from tui.apply.lock import Lock
from tui.apply.start_watch import watch_command
from tui.context import Context
from tui.launchdarkly.instances import instance
from tui.net.errors import Failure
from tui.net.events import ProgressEvent
from tui.plan.reading import Reading, can_be_read
from tui.secrets import environment
from tui.secrets.bag import Bag
from tui.secrets.keyring import Keyring, KeyringResult
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import entry_name
from tui.secrets.references import NotAReferenceError, UnusableKeyError, parse, resolve
from tui.text.clean import clean
from tui.text.redact import holds
from tui.wizard.practice import Practice

if TYPE_CHECKING:  # only the last step needs it
    from tui.rebuild.record import Record
    from tui.wizard.rebuilding import Rebuilding

DEMO_SERVER = "Demo server"
"""The origin of an address that practice fills in."""


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What the command line names; it beats the environment."""

    host: str = ""
    project: str = ""


@dataclass
class Session:
    """`keyring` is None in practice, which uses none. `draft_path` is None if answers are not saved; `journals` is the
    folder of the imports' journals, None for the usual one."""

    forms: Mapping[str, Form]
    context: Context
    keyring: Keyring | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    start_options: StartOptions = field(default_factory=StartOptions)
    preferred_instance: str = ""
    """LaunchDarkly's instance from the user's settings file; a default."""
    draft_path: Path | None = None
    journals: Path | None = None
    practice: Practice | None = None
    draft: Draft = field(default_factory=Draft)
    saved_report: str = ""
    """The file of the latest report that the user saved."""
    bag: Bag = field(init=False)
    attempt: Import | None = None
    """The import whose configuration was created last, or is being created; its run is `run` once it exists."""
    run: Import | None = None
    """The import whose configuration was created, used or resumed last."""
    locks: dict[Path, Lock] = field(default_factory=dict, repr=False)
    """The locks on the journals of this session's imports, by path."""
    journal_path: Path | None = None
    """The journal of the latest attempt or run."""
    resumed: Mapping[str, str] | None = field(default=None, repr=False)
    """The answers in the journal of an earlier session, without keys; None without one."""
    rebuilding: Rebuilding | None = None
    """The rebuild of targeting that was begun last."""
    rebuilding_of: tuple[Import | None, Mapping[str, str]] = field(default=(None, {}), repr=False)
    """The run and the answers that `rebuilding` is about."""
    reading: Reading | None = None
    """The reading of a plan that is running, or was the latest."""
    needs_unlocking: bool = False
    """The last attempt to store a key met a locked keyring."""
    probe: KeyringResult | None = None
    """The result of the keyring's probe; None until it has answered."""
    stored_entries: frozenset[str] = frozenset()
    """The user names of the keyring's entries, by its own list."""
    entries: dict[str, str] = field(default_factory=dict, repr=False)
    """The entry that each stored key of this walk has, by field."""
    lists: dict[str, tuple[Hashable, object]] = field(default_factory=dict, repr=False)
    """The lists to pick from that were read, each with the state of the answers that it depends on."""
    stale_lists: set[str] = field(default_factory=set, repr=False)
    """The fields whose lists the user has asked to read again: what a check has listed no longer counts."""

    def __post_init__(self) -> None:
        self.bag = Bag(self.context.redactor)
        self.context.redactor.secret_settings(secret_settings(self.forms))
        for secret in environment.all_secrets(self.environ):
            self.bag.overhear(secret)
        if self.draft_path is not None and (saved := saved_drafts.load(self.draft_path)) is not None:
            # Keys that were created stay known, though the answers of that time may not be resumed.
            keys = saved.import_keys
            moved = created_key.moved(keys, self.practice.host) if self.practice else keys
            self.draft = replace(self.draft, import_keys=moved)

    # --- answers

    def choose(self, integration: str) -> None:
        """Choose an integration, and fill in what is known without asking. Raises KeyError for an unknown one."""
        self.draft = changes.choose(self.draft, self.forms[integration])
        self._collect()

    def put(self, key: str, raw: str) -> None:
        """Answer a field, secret or not, with typed or pasted text."""
        if drafts.variable(self.draft, key).secret:
            self.draft = changes.put_secret(self.draft, self.bag, key, raw)
        else:
            self.draft = changes.put(self.draft, key, raw)
        self._answered()

    def take(self, offer: Offer) -> None:
        """Use an offered value."""
        self.draft = changes.take(self.draft, offer)
        self._answered()

    def pick(self, key: str, value: str, words: str) -> None:
        """Answer a field with a value picked from a list, which shows `words` for it."""
        self.draft = changes.put(self.draft, key, value, source=words if words != value else "")
        self._answered()

    def settle(self, key: str) -> bool:
        """Replace a name in a field by the id that it certainly means. Returns whether it did."""
        before, self.draft = self.draft, changes.settle(self.draft, key)
        if self.draft is before:
            return False
        self._answered()
        return True

    def _answered(self) -> None:
        """Compare a changed answer with keys, with what servers reported, and with the names of keyring entries."""
        self.take_keys_out()
        self.context.redactor.exempt(filter(None, drafts.values(self.draft).values()))
        for key in [k for k, entry in self.entries.items() if k in self.bag and self.entry(k) != entry]:
            del self.entries[key]
            self.draft = changes.was_kept(self.draft, key, "", in_keyring=False)
        self.draft = compared(changes.renamed(self.draft))

    def take_keys_out(self) -> None:
        """Empty each field that isn't for a key but contains one: files and LaunchDarkly get its value."""
        keys = [self.bag.peek(key) for key in self.bag.keys()]  # noqa: SIM118 - a bag is no mapping
        for field_, answer in self.draft.answers.items():
            if answer.secret is None and any(holds(answer.value, key) for key in keys):
                self.draft = changes.take_out(self.draft, field_)

    def resume(self, saved: Saved) -> None:
        """Continue with saved answers. Raises KeyError if their integration is no longer known."""
        self.draft = saved_drafts.restore(saved, self.forms[saved.integration])
        if self.practice is not None:  # the demo servers listen on other ports at each start
            keys = created_key.moved(self.draft.import_keys, self.practice.host)
            self.draft = replace(self.draft, import_keys=keys)
            values = self.practice.values.get(self.draft.integration, {})
            for field_ in drafts.all_fields(self.draft):
                if field_.key in values and field_.role in ("host", "base-url", "source-api"):
                    value = values[field_.key]
                    self.draft = changes.put(self.draft, field_.key, value, source=DEMO_SERVER)
        for key in set(saved.keyring) & set(self._secret_keys()):
            self.draft = changes.keep(self.draft, key, drafts.KEYRING)
        self._collect()

    def save(self) -> str:
        """Save the answers for the next start. Returns "", or a sentence that says why it failed.

        Only what the user answered is worth it: the rest can be found again.
        """
        answered = any(a.touched and not a.source.startswith("from ") for a in self.draft.answers.values())
        if self.draft_path is None or not (answered or self.draft.import_keys) or self.of_journal:
            return ""
        if self.finished:
            self.forget_draft()
            return ""
        try:
            saved_drafts.save(self.draft, self.draft_path, self.context.now(), self.context.redactor)
        except OSError as error:
            return f"Can't save your answers ({error.strerror}). They will be lost when you quit."
        return ""

    def forget_draft(self) -> None:
        """Remove the saved draft at the end of the walk, unless it may be another walk's: a journal's aren't saved."""
        if self.draft_path is not None and not self.of_journal:
            saved_drafts.discard(self.draft_path)

    def farewell(self) -> str:
        """Return what the terminal shows after the wizard: how the import ended, what was created, or how to resume."""
        trouble, made = self.save(), self.made()
        kept = self.draft_path is not None and self.draft_path.exists() and self.draft.form is not None
        answers = trouble or ("Your answers are saved. Start the wizard again to resume." if kept and not made else "")
        return "\n".join(filter(None, (self.result(), made, answers, self.unused_keys())))

    def unused_keys(self) -> str:
        """Return which import keys the wizard has created that no import uses, "" for none."""
        if not self.draft.import_keys:
            return ""
        from tui.wizard import import_key, import_key_words  # deferred: most walks create none, and both need this room

        return import_key_words.kept(import_key.unused(self))

    def result(self) -> str:
        """Return how the import ended and what is left to do, in a line; "" before its flags were compared."""
        if self.run is None or self.run.verification is None:
            return ""
        from tui.report.summary import summary  # deferred: the first screen needs no report
        from tui.wizard.outcomes import report_of

        report = report_of(self.run, self.forms, self.rebuild_records())
        return clean(summary(report).line(self.saved_report))

    def rebuild_records(self) -> tuple[Record, ...]:
        """Return the records of the rebuilds of the run's flags; none if one of them is damaged."""
        from tui.wizard.rebuild_run import records_beside  # deferred: the first screen needs none of it

        if self.run is None or (path := self.run_path) is None:
            return ()
        with suppress(Failure):
            return records_beside(path, self.run.journal.identity)
        return ()

    @property
    def run_path(self) -> Path | None:
        """The journal of the run: the latest one, unless that is of an attempt that created nothing yet."""
        return self.journal_path if self.attempt is None or self.attempt is self.run else None

    @property
    def of_journal(self) -> bool:
        """Whether the answers are those of the journal of an earlier start."""
        return drafts.values(self.draft) == self.resumed

    @property
    def finished(self) -> bool:
        """Whether the configuration that the answers ask for exists."""
        outcome = self.attempt.creation.outcome if self.attempt else None
        return outcome is not None and outcome.configuration is not None and not self.outdated

    @property
    def outdated(self) -> bool:
        """Whether the answers ask for something else than the latest attempt has sent."""
        if self.attempt is None:
            return False
        try:
            return build(self.draft) != self.attempt.creation.request
        except ValueError:
            return True

    def release(self, but: Path | None = None) -> None:
        """Let other processes use the journals of this walk, all `but` that one."""
        for path in [path for path in self.locks if path != but]:
            self.locks.pop(path).release()

    def made(self) -> str:
        """Return which configuration this walk has created or found, "" for none."""
        if self.run is None or not self.run.journal.configuration or self.run.journal.ended == GONE.status:
            return ""
        journal, identity = self.run.journal, self.run.journal.identity
        where = "demo account" if self.practice else f"LaunchDarkly {self.run.instance.name}"
        text = f'Import configuration: "{identity.name}" ({journal.configuration}) in {identity.project}, {where}.'
        if self.practice is not None and self.run.begun and not self.run.over:
            text += " The import continues when you resume it: ld-flag-import --demo"
        elif self.run.begun and not self.run.over:
            known = journal.stage is Stage.STARTED
            runs = "The import continues in LaunchDarkly." if known else "Can't tell whether the import is running."
            text += f" {runs} To watch it, start the wizard again or run: {watch_command(journal.configuration)}"
        return clean(self.context.redactor(text))

    # --- the plan

    async def read_plan(self) -> AsyncGenerator[ProgressEvent, None]:
        """Read both sides into a plan for the draft, and yield the exchanges. Does nothing if no plan can be made."""
        request = plan_request(self.draft)
        if request is None or remarks.answer_problems(self.draft) or not can_be_read(request.integration):
            return
        self.reading = Reading(request, self.bag, self.context)
        async with self.reading.read() as events:
            async for event in events:
                yield event
        self.draft = plan_state.with_plan(self.draft, events.result)

    async def grade_plan(self) -> bool:
        """Work out in a thread how far the flags of a complete plan can be rebuilt. Return whether the draft has that
        now, and hadn't before."""
        from tui.rebuild.preview import Preview  # the first screen needs none of it

        plan, stopped = self.draft.plan, Event()
        if plan is None or not plan.whole or plan.prospects is not None:
            return False
        try:
            prospects = await asyncio.to_thread(Preview(plan, self.context.redactor).prospects, stopped.is_set)
        finally:
            stopped.set()
        if prospects is None or self.draft.plan is not plan:
            return False
        self.draft = plan_state.with_prospects(self.draft, plan, prospects)
        return True

    def look_at_clock(self) -> None:
        """Note whether the plan has become too old."""
        self.draft = plan_state.aged(self.draft, self.context.now())

    # --- values that are known without asking

    def look_around(self) -> None:
        """Fill in the instance and your token as far as they are known, though no integration is chosen yet."""
        self._collect()
        if not drafts.value(self.draft, HOST.key):
            self.draft = changes.put(self.draft, HOST.key, HOST.default, source=drafts.PROPOSED, touched=False)

    def _collect(self) -> None:
        """Fill in the values of the command line, the environment, and ldcli's configuration, unless answered."""
        if self.practice is not None:
            self._fill(HOST.key, self.practice.host, DEMO_SERVER)
            api = self.practice.values.get(self.draft.integration, {}).get(SOURCE_API.key)
            if api:
                self._fill(SOURCE_API.key, api, DEMO_SERVER)
            return
        options = {HOST.key: self.start_options.host, PROJECT.key: self.start_options.project}
        self.start_options = StartOptions()  # an option counts once, and a later answer beats it
        for key, option in options.items():
            setting = environment.find_setting(key, self.environ)
            if option:
                self.draft = changes.put(self.draft, key, option, source="from the command line")
            elif setting is not None:
                self._fill(key, setting.value, setting.origin)
            elif key == HOST.key and self.preferred_instance:
                self._fill(key, self.preferred_instance, "from config.toml")
        for key in self._secret_keys():
            if key not in self.bag:
                self._fill_secret(key)
        self.take_keys_out()

    def _fill(self, key: str, value: str, source: str) -> None:
        if not drafts.answer(self.draft, key).touched:
            self.draft = changes.put(self.draft, key, value, source=source, touched=False)

    def _fill_secret(self, key: str) -> None:
        try:
            hit = environment.find_secret(key, self.draft.integration, self.environ, host=self.host_name())
        except UnusableKeyError as unusable:
            why = f"{unusable}. It is not used."
            self.draft = changes.refuse_secret(self.draft, key, why, source=f"from {unusable.place}")
            return
        if hit is not None:
            value, source, reference = hit.value.get_secret_value(), hit.origin, hit.reference
            self.draft = changes.put_secret(
                self.draft, self.bag, key, value, source=source, reference=reference, pasted=False
            )

    def _secret_keys(self) -> list[str]:
        return [v.key for v in drafts.all_fields(self.draft) if drafts.may_be_kept(v)]

    def fill_practice_token(self) -> None:
        """Take your token from the demo account."""
        if self.practice is not None:
            self.put(TOKEN.key, next(iter(self.practice.values.values()))[TOKEN.key])

    def fill_practice(self, step: str) -> None:
        """Answer every open field of a step with the demo's value."""
        values = self.practice.values.get(self.draft.integration, {}) if self.practice else {}
        for field_ in drafts.fields(self.draft, step):
            if field_.key in values:
                self.put(field_.key, values[field_.key])

    def overhear(self, references: Mapping[str, str]) -> None:
        """Let the redactor know the keys behind references to variables and files, since servers may quote them."""
        for key, text in references.items():
            with suppress(Failure, NotAReferenceError):  # whoever needs the key reports what is wrong
                reference = parse(text)
                if reference.kind != "keyring":
                    secret = resolve(reference, label="", field=key, environ=self.environ)
                    self.bag.overhear(secret.get_secret_value())

    # --- the keyring, as far as it is known

    def host_name(self) -> str:
        """Return the LaunchDarkly host in the names of keyring entries, "" if the address is not valid."""
        try:
            url = instance(drafts.value(self.draft, HOST.key) or HOST.default).url
        except ValueError:
            return ""
        return url.split("://", 1)[-1]

    def entry(self, key: str) -> str:
        """Return the user name of a key's entry in the keyring."""
        if key == TOKEN.key:
            return entry_name(self.host_name())
        project = drafts.value(self.draft, PROJECT.key)
        return entry_name(self.host_name(), project=project, integration=self.draft.integration, variable=key)

    @property
    def may_store(self) -> bool:
        """Whether there is a keyring to store keys in, though it may have to be unlocked first."""
        usable = (KeyringState.READY, KeyringState.LOCKED, KeyringState.NO_COLLECTION)
        if self.keyring is None or self.probe is None:
            return False
        return self.probe.state in (usable if self.keyring.window else usable[:1])

    def held_but_locked(self, key: str) -> bool:
        """Return whether the keyring has this key, but must be unlocked before it can be read."""
        locked = self.may_store and self.probe is not None and self.probe.state is KeyringState.LOCKED
        return locked and self.entry(key) in self.stored_entries

    # --- checks

    def due(self, key: str, *, again: bool = False) -> bool:
        """Return whether a server should be asked about this field; with `again` also after a failure."""
        return checks.due(self.draft, key, again=again)

    def pending(self) -> list[str]:
        """Return the fields of all steps whose check is due, except the name."""
        return [v.key for v in drafts.all_fields(self.draft) if v.key != CONFIG_NAME.key and self.due(v.key)]

    def ask_again(self, key: str) -> None:
        """Drop the check of a field, since the server's answer may have changed."""
        self.draft = changes.unchecked(self.draft, key)

    async def check(self, key: str) -> AsyncGenerator[ProgressEvent, None]:
        """Check a field, yield the exchanges, and put the result into the draft unless its inputs have changed."""
        before = self.draft
        if checks.runner(before, key) is not None and not checks.due(changes.unchecked(before, key), key):
            return  # an answer that it needs has changed since the front decided to check
        async with checks.check(before, self.bag, self.context, key) as events:
            async for event in events:
                yield event
        check, inputs = events.result, drafts.inputs_of(before, key)
        if before.integration != self.draft.integration:
            return
        if drafts.revisions(before, inputs) != drafts.revisions(self.draft, inputs):
            return
        self.draft = compared(changes.renamed(changes.checked(self.draft, check)))
        if key == TOKEN.key:  # the import key's account was compared with your token's
            for field_ in drafts.all_fields(self.draft):
                if field_.role == "import-key":
                    self.draft = changes.unchecked(self.draft, field_.key)
