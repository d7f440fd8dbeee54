"""A configuration changed: a form of what it holds, the difference, and a JSON Patch of what has changed alone.

What was read is never written back: LaunchDarkly may have masked its secrets. A secret is not shown, only replaced.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tui.answers import draft as drafts
from tui.answers import fields as variables
from tui.answers import form as forms
from tui.answers import remarks, rules
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, TOKEN
from tui.answers.draft import Answer, Draft
from tui.answers.fields import Form, Variable
from tui.answers.finding import Finding, Level
from tui.apply.lost_answer import looked_up, may_have_happened
from tui.configurations.listing import Account, as_text
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind
from tui.net.events import Exchange, Note, Result, Sink, streamed
from tui.secrets.bag import Bag
from tui.secrets.names import outside
from tui.text.clean import clean

AS_IT_IS = "as it is"
_KEPT = "Blank keeps the key that LaunchDarkly has."


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is to change. Of a secret the texts say no more than that it is replaced."""

    key: str
    label: str
    before: str
    after: str
    secret: bool = False

    def __str__(self) -> str:
        return f"{self.label}: {self.before or 'blank'} -> {self.after or 'blank'}"


# --- the form


def form_of(form: Form | None, one: Configuration) -> Form:
    """The integration's form for a configuration that exists: its keys may stay blank, and none has a default.

    An integration without a manifest has no fields but name and tags.
    """
    if form is None:
        return Form(one.integration_key, one.integration_key, ())
    return replace(form, variables=tuple(map(_editable, form.variables)))


def _editable(each: Variable) -> Variable:
    each = replace(each, default=each.default if each.kind in ("boolean", "enum") else "")
    return replace(each, required=False, help=_KEPT) if each.secret else each


def draft_of(form: Form | None, one: Configuration) -> Draft:
    """The answers that a configuration stands for; its secrets are none of them."""
    edited = form_of(form, one)
    answers = {
        CONFIG_NAME.key: _answer(one.name),
        CONFIG_TAGS.key: _answer(", ".join(one.tags)),
    }
    for each in edited.variables:
        if not each.secret and outside(each.key) in (one.config or {}):
            answers[each.key] = _answer(_text(one, each))
    return Draft(form=edited, answers=answers)


def _answer(text: str) -> Answer:
    return Answer(value=text, source=AS_IT_IS if text else "", touched=True)


def _text(one: Configuration, each: Variable) -> str:
    """What it holds of a field, as the field shows it."""
    return clean(as_text((one.config or {}).get(outside(each.key))), multiline=each.kind == "multiselect")


def fields(draft: Draft, *, keys_alone: bool = False) -> tuple[Variable, ...]:
    """The fields that can be changed, in the manifest's order: with `keys_alone` the secrets, else all."""
    shown = {each.key for each in forms.visible(draft.form, drafts.values(draft))} if draft.form else set()
    built_in = (CONFIG_NAME, CONFIG_TAGS)
    return tuple(v for v in all_fields(draft, keys_alone=keys_alone) if v in built_in or v.key in shown)


def all_fields(draft: Draft, *, keys_alone: bool = False) -> tuple[Variable, ...]:
    """The same with those that other answers keep away now."""
    free = [v for v in (draft.form.variables if draft.form else ()) if not v.fixed_after_saving]
    if keys_alone:
        return tuple(v for v in free if v.secret)
    return (CONFIG_NAME, CONFIG_TAGS, *free)


def rebased(draft: Draft, before: Configuration, now: Configuration) -> Draft:
    """The answers after somebody else has changed the configuration: what was changed here stays, the rest follows."""
    changed = {each.key for each in changes(draft, before)}
    fresh = draft_of(draft.form, now)
    return replace(
        draft,
        answers={**{k: a for k, a in fresh.answers.items() if k not in changed}}
        | {k: a for k, a in draft.answers.items() if k in changed or a.secret is not None},
    )


# --- the difference


def changes(draft: Draft, one: Configuration) -> tuple[Change, ...]:
    """What the answers change of a configuration."""
    return tuple(_changes(draft, one))


def _changes(draft: Draft, one: Configuration) -> Iterator[Change]:
    for each in fields(draft):
        if each.secret:
            given = drafts.answer(draft, each.key).secret
            if given is not None and given.length:
                yield Change(each.key, each.label, "kept by LaunchDarkly", f"replaced, {given.length} characters", True)
            continue
        before, after = _before(one, each), drafts.value(draft, each.key)
        if _means(each, before) != _means(each, after):
            yield Change(each.key, each.label, before.replace("\n", ", "), after.replace("\n", ", "))


def _before(one: Configuration, each: Variable) -> str:
    if each.key == CONFIG_NAME.key:
        return one.name
    return ", ".join(one.tags) if each.key == CONFIG_TAGS.key else _text(one, each)


def _means(each: Variable, text: str) -> object:
    """Two texts of one field that mean the same are no change."""
    if each.key == CONFIG_TAGS.key:
        return rules.tags_of(text)
    return variables.selected(each, text) if each.kind == "multiselect" else clean(text)


def problems(draft: Draft, one: Configuration) -> tuple[Finding, ...]:
    """What is wrong with the changes; what stands there already and is left as it is stops nobody."""
    return tuple(
        found
        for each in changes(draft, one)
        for found in remarks.findings(draft, each.key)
        if found.level is Level.PROBLEM
    )


def operations(draft: Draft, one: Configuration, bag: Bag) -> tuple[dict[str, object], ...]:
    """The JSON Patch (RFC 6902) of the changes. A secret is a SecretStr, which is opened in the body alone.

    What stands there is replaced, what does not is added: `replace` would be refused for it.
    """
    built = forms.config(draft.form, drafts.values(draft), lambda key: None) if draft.form else {}
    return tuple(_operation(each, one, built, bag, draft) for each in changes(draft, one))


def _operation(
    each: Change, one: Configuration, built: Mapping[str, object], bag: Bag, draft: Draft
) -> dict[str, object]:
    if each.key == CONFIG_NAME.key:
        return {"op": "replace", "path": "/name", "value": drafts.value(draft, each.key)}
    if each.key == CONFIG_TAGS.key:
        return {"op": "replace", "path": "/tags", "value": list(rules.tags_of(drafts.value(draft, each.key)))}
    name = outside(each.key)
    op = "replace" if name in (one.config or {}) else "add"
    blank: object = [] if drafts.variable(draft, each.key).kind == "multiselect" else ""
    value = bag.get(each.key) if each.secret else built.get(name, blank)
    return {"op": op, "path": f"/config/{_pointer(name)}", "value": value}


def _pointer(key: str) -> str:
    """A key as a part of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


# --- sending it


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a change. `configuration` is how it stands now, None where that is not known.

    `ignored` are the labels of what LaunchDarkly took and did not change all the same; `failure` says why nothing
    was changed, or that nobody knows.
    """

    configuration: Configuration | None = None
    failure: Failure | None = None
    ignored: tuple[str, ...] = ()
    found: bool = False
    """The answer was lost, and the change was found there."""


@dataclass
class Edit:
    """One change on its way. `bag` holds the new secrets, by the key of their field."""

    account: Account
    one: Configuration
    draft: Draft
    bag: Bag
    _out_at: float = field(default=0.0, init=False)

    def send(self) -> AsyncGenerator[Exchange | Result[Changed], None]:
        """Send what has changed; nothing where nothing has. Never raises Failure: it is an outcome."""
        return streamed(self._send)

    async def _send(self, sink: Sink) -> Changed:
        wanted = operations(self.draft, self.one, self.bag)
        if not wanted or (wrong := problems(self.draft, self.one)):
            text = wrong[0].text if wanted else "Nothing has changed."
            return Changed(self.one, Failure(Kind.BAD_REQUEST, text, "", "Nothing was sent."))
        tools, one = self.account.tools, self.one
        try:
            async with tools.launchdarkly(self.account.bag, self.account.instance) as ld:
                self._out_at = tools.now()
                try:
                    after = await ld.patch(one.project_key, one.integration_key, one.id, wanted, sink=sink)
                except Failure as failure:
                    return await self._failed(ld, failure, sink)
        except Failure as failure:
            return Changed(failure=failure)
        return Changed(after, ignored=tuple(each.label for each in self._missing(after)))

    async def _failed(self, ld: LaunchDarkly, failure: Failure, sink: Sink) -> Changed:
        if failure.kind is Kind.CONFLICT:
            return await self._conflict(ld, failure, sink)
        return await self._look(ld, failure, sink) if may_have_happened(failure) else Changed(failure=failure)

    async def _conflict(self, ld: LaunchDarkly, failure: Failure, sink: Sink) -> Changed:
        """Read it again, so that the difference is one from what is there now."""
        try:
            now: Configuration | None = await self._get(ld, sink)
        except Failure:
            now = None
        step = "It was read again, and your changes are kept: look at the difference, then send again."
        if now is None:
            step = "Your changes are kept: read it again, look at the difference, then send again."
        return Changed(now, failure.replaced(next_step=f"{step} Nothing was changed."))

    async def _look(self, ld: LaunchDarkly, lost: Failure, sink: Sink) -> Changed:
        """The answer was lost: whether the change got through is read from the configuration itself."""
        now = self.one

        async def look() -> bool | None:
            nonlocal now
            now = await self._get(ld, sink)
            return self._shows(now) or None

        sink(Note("sent, no answer", "reading the configuration ...", level="unknown"))
        try:
            changed = await looked_up(look, self._out_at, self.account.tools, sink)
        except Failure as failure:
            return Changed(failure=lost.replaced(next_step=f"It could not be read: {failure.what} {_HARMLESS}"))
        if changed:
            sink(Note("found", "it is changed"))
            return Changed(now, found=True)
        told = now.version is not None or any(not each.secret for each in changes(self.draft, self.one))
        step = "Looked up: it was not changed." if told else "Whether the key was replaced, nobody can tell."
        return Changed(now, lost.replaced(next_step=f"{step} {_HARMLESS}", sent=not told))

    def _shows(self, now: Configuration) -> bool:
        """The configuration is as it was asked for. Keys cannot be compared: a new version stands for them."""
        if self._missing(now):
            return False
        if any(not each.secret for each in changes(self.draft, self.one)):
            return True  # a patch is done whole or not at all
        return now.version is not None and now.version != self.one.version

    def _missing(self, now: Configuration) -> list[Change]:
        """What was asked for and is not there. Nothing of settings that LaunchDarkly does not show."""
        left = {each.key for each in changes(self.draft, now) if not each.secret}
        if now.config is None:
            left &= {CONFIG_NAME.key, CONFIG_TAGS.key}
        return [each for each in changes(self.draft, self.one) if each.key in left]

    async def _get(self, ld: LaunchDarkly, sink: Sink) -> Configuration:
        return await ld.get(self.one.project_key, self.one.integration_key, self.one.id, sink=sink)


_HARMLESS = "Your changes are kept. To send them again is harmless: they replace the same again."


def token_beside(bag: Bag, account: Account) -> None:
    """Put your token beside the new keys, so that one that is the same is warned about."""
    if (token := account.bag.get(TOKEN.key)) is not None:
        bag.put(TOKEN.key, token)
