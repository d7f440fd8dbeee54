"""Change a configuration: a form of what it holds, the difference, and a JSON Patch of the changes alone.

What was read is never written back: LaunchDarkly may have masked its secrets. A secret is not shown, only replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tui.answers import draft as drafts
from tui.answers import fields as variables
from tui.answers import form as forms
from tui.answers import remarks, rules
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, TOKEN
from tui.answers.draft import Answer, Draft
from tui.answers.fields import Form, Variable
from tui.answers.finding import Finding, Level
from tui.configurations.listing import Account, Deed, caution, held, named_alike
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind, Remedy, Safe, joined
from tui.net.events import Note, Sink, Stream
from tui.net.lost_answer import looked_up, may_have_happened
from tui.secrets.bag import Bag
from tui.secrets.names import outside
from tui.text.clean import clean

AS_IT_IS = "current value"
_KEPT = "Leave blank to keep the key that LaunchDarkly has."
_BUILT_IN = (CONFIG_NAME, CONFIG_TAGS)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is to change. The texts of a secret say only that it is replaced."""

    key: str
    label: str
    before: str
    after: str
    secret: bool = False

    def __str__(self) -> str:
        return f"{self.label}: {self.before or 'blank'} -> {self.after or 'blank'}"


# --- the form


def draft_of(form: Form | None, configuration: Configuration) -> Draft:
    """Return a configuration as answers, without its secrets.

    In its form the keys may stay blank, and texts have no default. An integration without a manifest has no fields
    but name and tags. A blank answer is untouched, so that it is no problem before the user changes it.
    """
    form = form or Form(configuration.integration_key, configuration.integration_key, ())
    edited = replace(form, variables=tuple(map(_editable, form.variables)))
    answers = {
        key: Answer(value=text, source=AS_IT_IS if text else "", touched=bool(text))
        for key, text in _texts(edited, configuration).items()
    }
    return Draft(form=edited, answers=answers)


def _editable(variable: Variable) -> Variable:
    if variable.kind not in ("boolean", "enum"):
        variable = replace(variable, default="")
    return replace(variable, required=False, help=_KEPT) if variable.secret else variable


def _texts(form: Form | None, configuration: Configuration) -> dict[str, str]:
    """What a configuration holds, by field, as the fields show it."""
    texts = {CONFIG_NAME.key: configuration.name, CONFIG_TAGS.key: ", ".join(configuration.tags)}
    for setting in held(configuration, form):
        if setting.variable and not setting.secret:
            lines = setting.variable.kind == "multiselect"
            texts[setting.variable.key] = clean(setting.text, multiline=lines)
    return texts


def fields(draft: Draft, *, keys_alone: bool = False) -> tuple[Variable, ...]:
    """The fields that can be changed, in the manifest's order: with `keys_alone` the secrets, else all."""
    shown = {v.key for v in forms.visible(draft.form, drafts.values(draft))} if draft.form else set()
    return tuple(v for v in all_fields(draft, keys_alone=keys_alone) if v in _BUILT_IN or v.key in shown)


def all_fields(draft: Draft, *, keys_alone: bool = False) -> tuple[Variable, ...]:
    """The same with those that other answers hide now."""
    free = [v for v in (draft.form.variables if draft.form else ()) if not v.fixed_after_saving]
    if keys_alone:
        return tuple(v for v in free if v.secret)
    return (*_BUILT_IN, *free)


def rebased(draft: Draft, before: Configuration, now: Configuration) -> Draft:
    """Return the answers after someone else changed the configuration. Changes made here stay."""
    changed = {change.key for change in changes(draft, before)}
    fresh = draft_of(draft.form, now).answers
    kept = {key: answer for key, answer in draft.answers.items() if key in changed or answer.secret is not None}
    return replace(draft, answers={key: answer for key, answer in fresh.items() if key not in changed} | kept)


# --- the difference


def changes(draft: Draft, configuration: Configuration) -> tuple[Change, ...]:
    """What the answers change of a configuration."""
    return tuple(_changes(draft, configuration))


def _changes(draft: Draft, configuration: Configuration) -> Iterator[Change]:
    texts = _texts(draft.form, configuration)
    for field in fields(draft):
        if field.secret:
            secret = drafts.answer(draft, field.key).secret
            if secret is not None and secret.length:
                after = f"replaced, {secret.length} characters"
                yield Change(field.key, field.label, "stored in LaunchDarkly", after, secret=True)
            continue
        before, after = texts.get(field.key, ""), drafts.value(draft, field.key)
        if _meaning(field, before) != _meaning(field, after):
            yield Change(field.key, field.label, before.replace("\n", ", "), after.replace("\n", ", "))


def _meaning(field: Variable, text: str) -> object:
    """Two texts of one field that mean the same are no change."""
    if field.key == CONFIG_TAGS.key:
        return rules.tags_of(text)
    return variables.selected(field, text) if field.kind == "multiselect" else clean(text)


def problems(draft: Draft, configuration: Configuration) -> tuple[Finding, ...]:
    """What is wrong with the changes. A problem that was there before and stays doesn't count."""
    findings = (finding for change in changes(draft, configuration) for finding in remarks.findings(draft, change.key))
    return tuple(finding for finding in findings if finding.level is Level.PROBLEM)


def cautions(draft: Draft, configuration: Configuration, listed: Iterable[Configuration]) -> list[str]:
    """What to know before the changes are sent. `listed` are the account's configurations."""
    alike = named_alike(configuration, drafts.value(draft, CONFIG_NAME.key), listed)
    renamed = any(change.key == CONFIG_NAME.key for change in changes(draft, configuration))
    warned = [remarks.SAME_KEY] if draft.same_as_token else []
    return [text for text in (alike if renamed else "", caution(configuration, Deed.EDIT), *warned) if text]


def operations(draft: Draft, configuration: Configuration, bag: Bag) -> tuple[dict[str, object], ...]:
    """The JSON Patch (RFC 6902) of the changes. A secret is a SecretStr, which is opened in the body alone.

    Existing settings are replaced and others added: LaunchDarkly would refuse a `replace` of a missing one.
    """
    built = forms.config(draft.form, drafts.values(draft), lambda key: None) if draft.form else {}
    patch: list[dict[str, object]] = []
    for change in changes(draft, configuration):
        text, name = drafts.value(draft, change.key), outside(change.key)
        if change.key == CONFIG_NAME.key:
            patch.append({"op": "replace", "path": "/name", "value": text})
        elif change.key == CONFIG_TAGS.key:
            patch.append({"op": "replace", "path": "/tags", "value": list(rules.tags_of(text))})
        else:
            op = "replace" if name in (configuration.config or {}) else "add"
            blank: object = [] if drafts.variable(draft, change.key).kind == "multiselect" else ""
            value = bag.get(change.key) if change.secret else built.get(name, blank)
            pointer = name.replace("~", "~0").replace("/", "~1")  # RFC 6901
            patch.append({"op": op, "path": f"/config/{pointer}", "value": value})
    return tuple(patch)


# --- sending it


@dataclass(frozen=True, slots=True)
class Changed:
    """The outcome of a change. `configuration` is how it is now, None if that is not known.

    `ignored` are the labels of fields that LaunchDarkly accepted and did not change; `failure` says why nothing was
    changed, or that it isn't known. `found`: the answer was lost, and the change was found.
    """

    configuration: Configuration | None = None
    failure: Failure | None = None
    ignored: tuple[str, ...] = ()
    found: bool = False


@dataclass(frozen=True)
class Edit:
    """One change to send. `bag` holds the new secrets, by the key of their field."""

    account: Account
    configuration: Configuration
    draft: Draft
    bag: Bag

    def send(self) -> Stream[Changed]:
        """Send the changes; nothing if there are none. A Failure is part of the outcome, and not raised."""
        return Stream(self._send)

    async def _send(self, sink: Sink) -> Changed:
        configuration, context = self.configuration, self.account.context
        patch = operations(self.draft, configuration, self.bag)
        if not patch or (wrong := problems(self.draft, configuration)):
            text, advice = (wrong[0].text, wrong[0].advice) if patch else ("Nothing has changed.", None)
            failure = Failure(Kind.BAD_REQUEST, text, safe=Safe.NOTHING_SENT)
            return Changed(
                configuration, failure.advised(replace(advice, safe=Safe.NOTHING_SENT)) if advice else failure
            )
        try:
            async with context.launchdarkly(self.account.bag, self.account.instance) as ld:
                sent_at = context.now()
                try:
                    after = await ld.patch(
                        configuration.project_key, configuration.integration_key, configuration.id, patch, sink=sink
                    )
                except Failure as failure:
                    if failure.kind is Kind.CONFLICT:
                        return await self._read_again(ld, failure, sink)
                    if may_have_happened(failure):
                        return await self._look_up(ld, failure, sent_at, sink)
                    raise
        except Failure as failure:
            return Changed(failure=failure)
        return Changed(after, ignored=tuple(change.label for change in self._missing(after)))

    async def _read_again(self, ld: LaunchDarkly, conflict: Failure, sink: Sink) -> Changed:
        """After a conflict the difference must be one from what is there now."""
        try:
            now: Configuration | None = await self._get(ld, sink)
            remedy = Remedy.SEE_DIFFERENCE
        except Failure:
            now = None
            remedy = Remedy.READ_DIFFERENCE
        return Changed(now, conflict.replaced(remedy=remedy, about="", safe=Safe.NOTHING_CHANGED))

    async def _look_up(self, ld: LaunchDarkly, lost: Failure, sent_at: float, sink: Sink) -> Changed:
        """The answer was lost: the configuration itself shows whether the change got through."""
        now = self.configuration

        async def look() -> bool | None:
            nonlocal now
            now = await self._get(ld, sink)
            return self._shown_by(now) or None

        sink(Note("sent, no response", "checking the configuration ...", level="unknown"))
        try:
            changed = await looked_up(look, sent_at, self.account.context, sink)
        except Failure as failure:
            return Changed(failure=_harmless(lost, f"Can't check it: {failure.what}"))
        if changed:
            sink(Note("found", "the change is there"))
            return Changed(now, found=True)
        known = now.version is not None or not self._only_keys
        step = "LaunchDarkly still has the old values." if known else "Can't tell if the key was replaced."
        return Changed(now, _harmless(lost, step).replaced(sent=not known))

    def _shown_by(self, now: Configuration) -> bool:
        """Whether the configuration has the changes. Keys can't be compared, so a new version counts instead."""
        if self._missing(now):
            return False
        if not self._only_keys:
            return True  # a patch is done whole or not at all
        return now.version is not None and now.version != self.configuration.version

    @property
    def _only_keys(self) -> bool:
        return all(change.secret for change in changes(self.draft, self.configuration))

    def _missing(self, now: Configuration) -> list[Change]:
        """What was asked for and is not there. Settings that LaunchDarkly does not show count as there."""
        left = {change.key for change in changes(self.draft, now) if not change.secret}
        if now.config is None:
            left &= {CONFIG_NAME.key, CONFIG_TAGS.key}
        return [change for change in changes(self.draft, self.configuration) if change.key in left]

    async def _get(self, ld: LaunchDarkly, sink: Sink) -> Configuration:
        return await ld.get(
            self.configuration.project_key, self.configuration.integration_key, self.configuration.id, sink=sink
        )


def _harmless(lost: Failure, news: str) -> Failure:
    """The failure with what was seen since. A change can be sent again safely."""
    return lost.replaced(why=joined(lost.why, news), remedy=Remedy.SEND_CHANGES_AGAIN, about="", safe=None)


def token_beside(bag: Bag, account: Account) -> None:
    """Put your token beside the new keys, so that one that is the same is warned about."""
    if (token := account.bag.get(TOKEN.key)) is not None:
        bag.put(TOKEN.key, token)
