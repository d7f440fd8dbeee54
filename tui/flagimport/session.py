"""One walk of one person: the draft and the bag beside it, and the slow things a front may ask for.

The only place where a draft is replaced by the next. Every front holds one session and nothing else of the
answers; a session knows no front.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from tui.flagimport import checks, drafts, walk
from tui.flagimport.builtin_fields import HOST, PROJECT, TOKEN
from tui.flagimport.drafts import Saved
from tui.flagimport.finding import Offer
from tui.flagimport.form import Form
from tui.flagimport.practice import Practice
from tui.flagimport.submit import Submission
from tui.flagimport.tools import Tools
from tui.flagimport.walk import Check, Draft
from tui.launchdarkly.instances import instance
from tui.net.events import Exchange, Result
from tui.secrets import found
from tui.secrets.bag import Bag
from tui.secrets.keyring_store import Keyring, Probe, State
from tui.secrets.names import entry_name
from tui.text import clean


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line said; it beats the environment."""

    host: str = ""
    project: str = ""
    integration: str = ""


@dataclass
class Session:
    """`keyring` is None in practice, where none is touched; `draft_path` None where nothing is to be saved."""

    forms: Mapping[str, Form]
    tools: Tools
    keyring: Keyring | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Given = field(default_factory=Given)
    draft_path: Path | None = None
    practice: Practice | None = None
    draft: Draft = field(default_factory=Draft)
    bag: Bag = field(init=False)
    submission: Submission | None = None
    """The latest attempt to create a configuration."""
    _kept: frozenset[str] = frozenset()
    needs_unlocking: bool = False
    """The last attempt to store a key met a locked keyring."""
    probe: Probe | None = None
    """What the keyring's probe said; None until it has answered."""

    def __post_init__(self) -> None:
        self.bag = Bag(self.tools.redactor)

    # --- answers

    def choose(self, integration: str) -> None:
        """Take an integration, and fill in what is known without asking. Raises KeyError for an unknown one."""
        self.draft = walk.choose(self.draft, self.forms[integration])
        self._collect()

    def put(self, key: str, raw: str) -> None:
        """Answer a field, secret or not, with what a person typed or pasted."""
        if walk.variable(self.draft, key).secret:
            self.draft = walk.put_secret(self.draft, self.bag, key, raw)
        else:
            self.draft = checks.compared(walk.put(self.draft, key, raw))

    def take(self, offer: Offer) -> None:
        """Take an offered value over."""
        self.draft = checks.compared(walk.take(self.draft, offer))

    def resume(self, saved: Saved) -> None:
        """Go on with saved answers. Raises KeyError where their integration is no longer known."""
        self.draft = drafts.restore(saved, self.forms[saved.integration])
        for key in set(saved.keyring) & set(self._secret_keys()):
            self.draft = walk.keep(self.draft, key, walk.KEYRING)
        self._collect()

    def save(self) -> str:
        """Write the answers down for the next start; "" or the sentence that says why it could not be done."""
        if self.draft_path is None:
            return ""
        try:
            drafts.save(self.draft, self.draft_path, self.tools.now())
        except OSError as error:
            return f"Your answers could not be saved ({error.strerror}); they are lost if you leave."
        return ""

    def forget_draft(self) -> None:
        """The walk has come to its end: there is nothing to go on with."""
        if self.draft_path is not None:
            drafts.discard(self.draft_path)

    def farewell(self) -> str:
        """What to say on the plain screen after leaving: what was created, or how to go on."""
        kept = "Your answers are kept; start again to go on." if self.draft.form and self.draft_path else ""
        return self.made() or kept

    def made(self) -> str:
        """Which configuration this walk has created or found, "" for none."""
        outcome = self.submission.outcome if self.submission else None
        if outcome is not None and outcome.configuration is not None and self.submission is not None:
            made, asked = outcome.configuration, self.submission.request
            where = "practice" if self.practice else f"LaunchDarkly {asked.instance.name}"
            text = f'Flag import configuration "{asked.name}" ({made.id}) is in {asked.project}, {where}.'
            return clean(self.tools.redactor(text))
        return ""

    # --- values that are known without asking

    def _collect(self) -> None:
        """Fill what the command line, the environment and ldcli's configuration tell, where nothing was answered."""
        if self.practice is not None:
            return self._put_found(HOST.key, self.practice.host, "the practice server")
        given = {HOST.key: self.given.host, PROJECT.key: self.given.project}
        for key in (HOST.key, PROJECT.key):
            hit = found.setting(key, self.environ)
            if given[key]:
                self._put_found(key, given[key], "from the command line")
            elif hit is not None:
                self._put_found(key, hit.value, hit.said)
        for key in self._secret_keys():
            if key not in self.bag:
                self._put_secret_found(key)
        return None

    def _put_found(self, key: str, value: str, said: str) -> None:
        if not walk.answer(self.draft, key).touched:
            self.draft = walk.put(self.draft, key, value, source=said, touched=False)

    def _put_secret_found(self, key: str) -> None:
        hit = found.find(key, self.draft.integration, self.environ, host=self.host_name())
        if hit is None:
            return
        self.draft = walk.put_secret(
            self.draft,
            self.bag,
            key,
            hit.value.get_secret_value(),
            source=hit.said,
            reference=hit.reference,
            touched=True,
        )

    def _secret_keys(self) -> list[str]:
        return [v.key for v in walk.all_fields(self.draft) if v.secret]

    def fill_practice(self, step: str) -> None:
        """Answer every open field of a step with the practice company's value."""
        if self.practice is None:
            return
        values = self.practice.values.get(self.draft.integration, {})
        for each in walk.fields(self.draft, step):
            if each.key in values:
                self.put(each.key, values[each.key])

    # --- the keyring

    def host_name(self) -> str:
        """The LaunchDarkly host that entries of the keyring are named by, "" where the address is not valid."""
        try:
            url = instance(walk.value(self.draft, HOST.key) or HOST.default).url
        except ValueError:
            return ""
        return url.split("://", 1)[-1]

    def entry(self, key: str) -> str:
        """The user name of a key's entry in the keyring."""
        if key == TOKEN.key:
            return entry_name(self.host_name())
        project = walk.value(self.draft, PROJECT.key)
        return entry_name(self.host_name(), project=project, integration=self.draft.integration, variable=key)

    @property
    def may_store(self) -> bool:
        """There is a keyring that keys can be kept in, though it may have to be unlocked first."""
        usable = (State.READY, State.LOCKED, State.NO_COLLECTION)
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
        locked = self.probe is not None and self.probe.state is State.LOCKED
        return locked and self.entry(key) in self._kept

    async def fetch_kept(self, step: str) -> bool:
        """Fill the open secret fields of a step from the keyring, as far as its list names them. True if any was."""
        if not await self.ask_keyring() or self.probe is None or self.probe.state is not State.READY:
            return False
        wanted = [v.key for v in walk.fields(self.draft, step) if v.secret and v.key not in self.bag]
        said = [await self.fetch(key) for key in wanted if self.entry(key) in self._kept]
        return "" in said

    async def fetch(self, key: str, *, unlock: bool = False) -> str:
        """Take a key from the keyring into its field. Returns "" or the sentence that says why it did not come."""
        if self.keyring is None:
            return ""
        entry = self.entry(key)
        got = await self.keyring.get(entry, unlock=unlock)
        if got.value is None or key in self.bag or not walk.asks(self.draft, key) or self.entry(key) != entry:
            return got.said
        label = self.probe.label if self.probe else "the keyring"
        self.draft = walk.put_secret(
            self.draft, self.bag, key, got.value.get_secret_value(), source=f"from {label}", reference=walk.KEYRING
        )
        return ""

    async def store(self, key: str, *, unlock: bool = False) -> str:
        """Keep a key in the keyring. Returns what became of it in words; never raises, never blocks the import."""
        held = self.bag.get(key)
        if self.keyring is None or held is None:
            return ""
        stored = await self.keyring.put(self.entry(key), held, unlock=unlock)
        if self.bag.get(key) != held:
            return stored.said  # of another key than the one that stands in the field by now
        fine = stored.state is State.OK
        self.needs_unlocking = stored.state in (State.LOCKED, State.NO_COLLECTION)
        self.draft = walk.was_kept(self.draft, key, "" if fine else stored.said, in_keyring=fine)
        return stored.said

    # --- checks

    def due(self, key: str) -> bool:
        """Leaving this field is worth a question to a server."""
        return checks.due(self.draft, key)

    def ask_again(self, key: str) -> None:
        """Drop what a server said of a field, since it may have changed there."""
        self.draft = walk.unchecked(self.draft, key)

    async def check(self, key: str) -> AsyncGenerator[Exchange, None]:
        """Ask, yield what happens on the way, and put the result into the draft unless its inputs changed meanwhile."""
        asked = self.draft
        async with aclosing(checks.check(asked, self.bag, self.tools, key)) as events:
            async for event in events:
                if isinstance(event, Result):
                    self._checked(asked, event.value)
                else:
                    yield event

    def _checked(self, asked: Draft, check: Check) -> None:
        used = walk.inputs_of(asked, check.field)
        same = asked.integration == self.draft.integration
        if same and walk.revisions(asked, used) == walk.revisions(self.draft, used):
            self.draft = walk.checked(self.draft, check)
