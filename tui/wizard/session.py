"""One walk of one person: the draft and the bag beside it, and the slow things a front may ask for.

The only place where a draft is replaced by the next. Every front holds one session and nothing else of the
answers; a session knows no front.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tui.answers import changes, checks, plan_state, remarks, saved_drafts
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, HOST, PROJECT, TOKEN
from tui.answers.draft import Check, Draft
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
from tui.secrets import references as key_places
from tui.secrets.bag import Bag
from tui.secrets.keyring import Keyring, KeyringResult
from tui.secrets.keyring_process import KeyringState
from tui.secrets.names import entry_name
from tui.secrets.references import UnusableKeyError
from tui.text.clean import clean
from tui.text.redact import holds
from tui.wizard.lists import Lists
from tui.wizard.practice import Practice


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line said; it beats the environment."""

    host: str = ""
    project: str = ""


@dataclass
class Session:
    """`keyring` is None in practice, where none is touched; `draft_path` None where nothing is to be saved."""

    forms: Mapping[str, Form]
    context: Context
    keyring: Keyring | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Given = field(default_factory=Given)
    preferred_instance: str = ""
    """LaunchDarkly's instance from the user's settings file; a default."""
    draft_path: Path | None = None
    practice: Practice | None = None
    draft: Draft = field(default_factory=Draft)
    bag: Bag = field(init=False)
    attempt: Import | None = None
    """The import whose configuration was created last, or is being created; its run is `run` once it exists."""
    run: Import | None = None
    """The import whose configuration was created, used or resumed last."""
    locks: dict[Path, Lock] = field(default_factory=dict, repr=False)
    """What keeps other processes away from the journals of this walk's imports, by path."""
    journal_path: Path | None = None
    """The journal of the latest attempt or run, None in practice."""
    resumed: Mapping[str, str] | None = field(default=None, repr=False)
    """The answers that the journal of an earlier start gave, but for keys; None where there was none."""
    reading: Reading | None = None
    """The reading of a plan that is under way, or was the latest."""
    needs_unlocking: bool = False
    """The last attempt to store a key met a locked keyring."""
    probe: KeyringResult | None = None
    """What the keyring's probe said; None until it has answered."""
    lists: Lists = field(default_factory=Lists, repr=False)
    """The lists to pick from that were read."""

    def __post_init__(self) -> None:
        self._kept: frozenset[str] = frozenset()
        """The names of the keyring's entries, as its list has them."""
        self._entries: dict[str, str] = {}
        """The entry each key of this walk is kept under, by field."""
        self.bag = Bag(self.context.redactor)
        self.context.redactor.secret_settings(secret_settings(self.forms))
        for secret in environment.all_secrets(self.environ):
            self.bag.overhear(secret)

    # --- answers

    def choose(self, integration: str) -> None:
        """Take an integration, and fill in what is known without asking. Raises KeyError for an unknown one."""
        self.draft = changes.choose(self.draft, self.forms[integration])
        self._collect()

    def put(self, key: str, raw: str) -> None:
        """Answer a field, secret or not, with what a person typed or pasted."""
        if drafts.variable(self.draft, key).secret:
            self.draft = changes.put_secret(self.draft, self.bag, key, raw)
        else:
            self.draft = changes.put(self.draft, key, raw)
        self._answered()

    def take(self, offer: Offer) -> None:
        """Take an offered value over."""
        self.draft = changes.take(self.draft, offer)
        self._answered()

    def pick(self, key: str, value: str, words: str) -> None:
        """Answer a field with a value picked from a list, which `words` tell a person."""
        self.draft = changes.put(self.draft, key, value, source=words if words != value else "")
        self._answered()

    def _answered(self) -> None:
        """An answer has changed: hold it against keys, against what servers said, and against the keyring's names."""
        self._take_keys_out()
        self.context.redactor.exempt(filter(None, drafts.values(self.draft).values()))
        moved = [k for k, entry in self._entries.items() if k in self.bag and self.entry(k) != entry]
        for key in moved:
            del self._entries[key]
            self.draft = changes.was_kept(self.draft, key, "", in_keyring=False)
        self.draft = compared(changes.renamed(self.draft))

    def _take_keys_out(self) -> None:
        """Empty each field that holds no key and has one in it: a name goes into files, and to LaunchDarkly."""
        held = [self.bag.peek(key) for key in self.bag.keys()]  # noqa: SIM118 - a bag is no mapping
        for key, given in self.draft.answers.items():
            if given.secret is None and any(holds(given.value, each) for each in held):
                self.draft = changes.take_out(self.draft, key)

    def resume(self, saved: Saved) -> None:
        """Go on with saved answers. Raises KeyError where their integration is no longer known."""
        self.draft = saved_drafts.restore(saved, self.forms[saved.integration])
        self._renew_practice_addresses()
        for key in set(saved.keyring) & set(self._secret_keys()):
            self.draft = changes.keep(self.draft, key, drafts.KEYRING)
        self._collect()

    def save(self) -> str:
        """Write the answers down for the next start; "" or the sentence that says why it could not be done."""
        if self.draft_path is None or not self._worth_saving() or self.of_journal:
            return ""
        if self.finished:
            self.forget_draft()
            return ""
        try:
            saved_drafts.save(self.draft, self.draft_path, self.context.now(), self.context.redactor)
        except OSError as error:
            return f"Your answers could not be saved ({error.strerror}); they are lost if you leave."
        return ""

    def forget_draft(self) -> None:
        """The walk has come to its end: there is nothing to go on with. Answers that a journal gave were not saved:
        those that are may be of another walk."""
        if self.draft_path is not None and not self.of_journal:
            saved_drafts.discard(self.draft_path)

    def farewell(self) -> str:
        """What to say on the plain screen after leaving: what was created, or how to go on."""
        trouble = self.save()
        kept = self.draft_path is not None and self.draft_path.exists() and self.draft.form is not None
        told = trouble or ("Your answers are kept; start again to go on." if kept and not self.made() else "")
        return "\n".join(filter(None, (self.made(), told)))

    @property
    def of_journal(self) -> bool:
        """The answers are those that the journal of an earlier start gave."""
        return drafts.values(self.draft) == self.resumed

    @property
    def finished(self) -> bool:
        """The configuration that the answers ask for exists."""
        outcome = self.attempt.creation.outcome if self.attempt else None
        return outcome is not None and outcome.configuration is not None and not self.outdated

    @property
    def outdated(self) -> bool:
        """The answers have changed since the latest attempt: what it sent is no longer what they ask for."""
        if self.attempt is None:
            return False
        try:
            return build(self.draft) != self.attempt.creation.request
        except ValueError:
            return True

    def release(self, but: Path | None = None) -> None:
        """Let other processes work on the journals of this walk, `but` that one."""
        for path in [each for each in self.locks if each != but]:
            self.locks.pop(path).release()

    def _worth_saving(self) -> bool:
        """The person has answered something; what was found without asking can be found again."""
        return any(a.touched and not a.source.startswith("from ") for a in self.draft.answers.values())

    def made(self) -> str:
        """Which configuration this walk has created or found, "" for none."""
        if self.run is None or not self.run.journal.configuration or self.run.journal.ended == GONE.status:
            return ""
        noted, instance_ = self.run.journal, self.run.instance
        where = "practice" if self.practice else f"LaunchDarkly {instance_.name}"
        who = noted.identity
        text = f'Flag import configuration "{who.name}" ({noted.configuration}) is in {who.project}, {where}.'
        if self.run.begun and not self.run.over and self.practice is None:
            known = noted.stage is Stage.STARTED
            runs = "Its import goes on there" if known else "Whether its import runs is not known"
            text += f" {runs}; start again to come back, or: {watch_command(noted.configuration)}"
        return clean(self.context.redactor(text))

    # --- the plan

    async def read_plan(self) -> AsyncGenerator[ProgressEvent, None]:
        """Read both sides into a plan for the draft, and yield what happens. Nothing where no plan can be made."""
        request = plan_request(self.draft)
        if request is None or remarks.answer_problems(self.draft) or not can_be_read(request.integration):
            return
        self.reading = Reading(request, self.bag, self.context)
        async with self.reading.read() as events:
            async for event in events:
                yield event
        self.draft = plan_state.with_plan(self.draft, events.result)

    def look_at_clock(self) -> None:
        """A plan may have become too old meanwhile."""
        self.draft = plan_state.aged(self.draft, self.context.now())

    # --- values that are known without asking

    def look_around(self) -> None:
        """Fill in the instance and your token as far as they are known, though no integration is chosen yet."""
        self._collect()
        if not drafts.value(self.draft, HOST.key):
            self.draft = changes.put(self.draft, HOST.key, HOST.default, source=drafts.PROPOSED, touched=False)

    def _collect(self) -> None:
        """Fill what the command line, the environment and ldcli's configuration tell, where nothing was answered."""
        if self.practice is not None:
            return self._put_found(HOST.key, self.practice.host, "the practice server")
        given = {HOST.key: self.given.host, PROJECT.key: self.given.project}
        self.given = Given()  # said once: what is answered later counts more
        for key in (HOST.key, PROJECT.key):
            hit = environment.find_setting(key, self.environ)
            if given[key]:
                self.draft = changes.put(self.draft, key, given[key], source="from the command line")
            elif hit is not None:
                self._put_found(key, hit.value, hit.origin)
            elif key == HOST.key and self.preferred_instance:
                self._put_found(key, self.preferred_instance, "from config.toml")
        for key in self._secret_keys():
            if key not in self.bag:
                self._put_secret_found(key)
        self._take_keys_out()
        return None

    def _renew_practice_addresses(self) -> None:
        """The practice servers listen elsewhere at each start."""
        values = self.practice.values.get(self.draft.integration, {}) if self.practice else {}
        for each in drafts.all_fields(self.draft):
            if each.key in values and each.role in ("host", "base-url", "source-api"):
                self.draft = changes.put(self.draft, each.key, values[each.key], source="the practice server")

    def _put_found(self, key: str, value: str, said: str) -> None:
        if not drafts.answer(self.draft, key).touched:
            self.draft = changes.put(self.draft, key, value, source=said, touched=False)

    def _put_secret_found(self, key: str) -> None:
        try:
            hit = environment.find_secret(key, self.draft.integration, self.environ, host=self.host_name())
        except UnusableKeyError as unusable:
            text = f"{unusable}. It is not used."
            self.draft = changes.refuse_secret(self.draft, key, text, source=f"from {unusable.place}")
            return
        if hit is None:
            return
        self.draft = changes.put_secret(
            self.draft,
            self.bag,
            key,
            hit.value.get_secret_value(),
            source=hit.origin,
            reference=hit.reference,
            touched=True,
            pasted=False,
        )

    def _secret_keys(self) -> list[str]:
        return [v.key for v in drafts.all_fields(self.draft) if drafts.may_be_kept(v)]

    def fill_practice(self, step: str) -> None:
        """Answer every open field of a step with the practice company's value."""
        if self.practice is None:
            return
        values = self.practice.values.get(self.draft.integration, {})
        for each in drafts.fields(self.draft, step):
            if each.key in values:
                self.put(each.key, values[each.key])

    def overhear(self, references: Mapping[str, str]) -> None:
        """Let the redactor know the keys behind references to variables and files, as servers may quote them."""
        for key, text in references.items():
            with suppress(Failure, key_places.NotAReferenceError):  # who needs the key says what is wrong
                reference = key_places.parse(text)
                if reference.kind != "keyring":
                    secret = key_places.resolve(reference, label="", field=key, environ=self.environ)
                    self.bag.overhear(secret.get_secret_value())

    async def overhear_kept(self) -> None:
        """The same for every key in the keyring that belongs to this LaunchDarkly, without unlocking anything."""
        if self.keyring is None or self.probe is None or self.probe.state is not KeyringState.READY:
            return
        ours = entry_name(self.host_name()).removesuffix(TOKEN.key)
        for entry in sorted(each for each in self._kept if each.startswith(ours)):
            got = await self.keyring.get(entry)
            if got.value is not None:
                self.bag.overhear(got.value.get_secret_value())

    # --- the keyring

    def host_name(self) -> str:
        """The LaunchDarkly host that entries of the keyring are named by, "" where the address is not valid."""
        try:
            url = instance(drafts.value(self.draft, HOST.key) or HOST.default).url
        except ValueError:
            return ""
        return url.split("://", 1)[-1]

    def entry(self, key: str) -> str:
        """The user name of a key's entry in the keyring."""
        if key == TOKEN.key:
            return entry_name(self.host_name())
        project = drafts.value(self.draft, PROJECT.key)
        return entry_name(self.host_name(), project=project, integration=self.draft.integration, variable=key)

    @property
    def may_store(self) -> bool:
        """There is a keyring that keys can be kept in, though it may have to be unlocked first."""
        usable = (KeyringState.READY, KeyringState.LOCKED, KeyringState.NO_COLLECTION)
        return self.keyring is not None and self.probe is not None and self.probe.state in usable

    async def ask_keyring(self, *, again: bool = False) -> bool:
        """Ask once how the keyring stands and what it holds. False where there is none to ask."""
        if self.keyring is None:
            return False
        if self.probe is None or again:
            self.probe = await self.keyring.probe()
            self._kept = frozenset(each.user for each in await self.keyring.entries())
        return True

    def held_but_locked(self, key: str) -> bool:
        """The keyring's list has this key, but it cannot be read before the keyring is unlocked."""
        locked = self.probe is not None and self.probe.state is KeyringState.LOCKED
        return locked and self.entry(key) in self._kept

    async def fetch_kept(self, step: str) -> bool:
        """Fill the open secret fields of a step from the keyring, as far as its list names them. True if any was."""
        if not await self.ask_keyring() or self.probe is None or self.probe.state is not KeyringState.READY:
            return False
        wanted = [v.key for v in drafts.fields(self.draft, step) if drafts.may_be_kept(v) and v.key not in self.bag]
        said = [await self.fetch(key) for key in wanted if self.entry(key) in self._kept]
        return "" in said

    async def fetch(self, key: str, *, unlock: bool = False) -> str:
        """Take a key from the keyring into its field. Returns "" or the sentence that says why it did not come."""
        if self.keyring is None:
            return ""
        entry = self.entry(key)
        got = await self.keyring.get(entry, unlock=unlock)
        if got.value is None or key in self.bag or not drafts.asks(self.draft, key) or self.entry(key) != entry:
            return got.message
        label = self.probe.label if self.probe else "the keyring"
        self._entries[key] = entry
        self.draft = changes.put_secret(
            self.draft,
            self.bag,
            key,
            got.value.get_secret_value(),
            source=f"from {label}",
            reference=drafts.KEYRING,
            pasted=False,
        )
        self._take_keys_out()
        return ""

    async def store(self, key: str, *, unlock: bool = False) -> str:
        """Keep a key in the keyring. Returns what became of it in words; never raises, never blocks the import."""
        held = self.bag.get(key)
        if self.keyring is None or held is None or not drafts.may_be_kept(drafts.variable(self.draft, key)):
            return ""
        if not self.host_name():
            return "Entries are named by LaunchDarkly's address, which is not a valid one yet."
        entry = self.entry(key)
        stored = await self.keyring.put(entry, held, unlock=unlock)
        if self.bag.get(key) != held:
            return stored.message  # of another key than the one now in the field
        fine = stored.state is KeyringState.OK
        if fine:
            self._entries[key] = entry
        self.needs_unlocking = stored.state in (KeyringState.LOCKED, KeyringState.NO_COLLECTION)
        self.draft = changes.was_kept(self.draft, key, "" if fine else stored.message, in_keyring=fine)
        return stored.message

    # --- checks

    def due(self, key: str, *, again: bool = False) -> bool:
        """Asking a server about this field is worth it; with `again` also where that has failed before."""
        return checks.due(self.draft, key, again=again)

    def pending(self) -> list[str]:
        """The fields of all steps that a server could be asked about and was not, but for the name."""
        return [v.key for v in drafts.all_fields(self.draft) if v.key != CONFIG_NAME.key and self.due(v.key)]

    def ask_again(self, key: str) -> None:
        """Drop what a server said of a field, since it may have changed there."""
        self.draft = changes.unchecked(self.draft, key)

    async def check(self, key: str) -> AsyncGenerator[ProgressEvent, None]:
        """Ask, yield what happens on the way, and put the result into the draft unless its inputs changed meanwhile."""
        asked = self.draft
        if checks.runner(asked, key) is not None and not checks.due(changes.unchecked(asked, key), key):
            return  # an answer that it needs has changed since somebody decided to ask
        async with checks.check(asked, self.bag, self.context, key) as events:
            async for event in events:
                yield event
        self._checked(asked, events.result)

    def _checked(self, asked: Draft, check: Check) -> None:
        used = drafts.inputs_of(asked, check.field)
        same = asked.integration == self.draft.integration
        if same and drafts.revisions(asked, used) == drafts.revisions(self.draft, used):
            self.draft = compared(changes.renamed(changes.checked(self.draft, check)))
            if check.field == TOKEN.key:
                for each in drafts.all_fields(self.draft):  # its account is what the import key's is held against
                    self.draft = changes.unchecked(self.draft, each.key) if each.role == "import-key" else self.draft
