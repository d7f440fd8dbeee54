"""Create the import key for the user, look it up if the response is lost, and delete it again.

The key is an access token of LaunchDarkly's: a service token whose inline role covers the flags of one project.
Creating one is not idempotent, and its value is shown once. So its unique name is noted before the request and its id
right after it; a lost answer is looked up by that name, and nothing is sent twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pydantic import SecretStr

from tui.answers.created_key import CreatedKey
from tui.apply.account import caller_of
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import AccessToken
from tui.net.errors import Failure, Kind, Remedy, Safe, joined
from tui.net.events import Note, ProgressEvent, Sent, Sink, Stream
from tui.net.lost_answer import looked_up, may_have_happened
from tui.secrets.bag import Bag
from tui.text.times import iso_date

NARROW_ACTION, ALL_ACTIONS = "createFlag", "*"
_ONLY_ADMINS = "Only the role Admin, or a custom role that allows it, can manage access tokens."
_ASK = "an admin of your LaunchDarkly account for an import key, then paste it"


class Fate(StrEnum):
    """How a request to create a key ended."""

    CREATED = "created"
    NOT_CREATED = "not created"
    LOST = "lost"
    """The key exists, but its value never arrived. It is of no use to anyone."""
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """How creating a key ended. `value` is there only for CREATED; `failure` is there for all others."""

    key: CreatedKey
    fate: Fate
    value: SecretStr | None = field(default=None, repr=False)
    failure: Failure | None = None


def resource(project: str) -> str:
    """Return LaunchDarkly's name for all flags of a project, in a role."""
    return f"proj/{project}:env/*:flag/*"


def action(key: CreatedKey) -> str:
    """Return what a key may do with these flags."""
    return ALL_ACTIONS if key.wide else NARROW_ACTION


def proposed(instance: Instance, project: str, now: float, salt: str, *, wide: bool = False) -> CreatedKey:
    """Return a key that can be created. Time (seconds since the epoch) and `salt` make its name unique."""
    digest = hashlib.sha256(
        f"{now} {salt} {instance.url} {project} {wide}".encode("utf-8", "surrogatepass")
    ).hexdigest()
    name = f"ld-flag-import {project} {iso_date(now)} {digest[:4]}"
    return CreatedKey(name, instance.url, project, wide=wide)


def body_of(key: CreatedKey) -> dict[str, object]:
    """Return the JSON of the request that creates a key."""
    statement = {"effect": "allow", "resources": [resource(key.project)], "actions": [action(key)]}
    return {
        "name": key.name,
        "description": f"Created by ld-flag-import. LaunchDarkly's flag import into {key.project} uses it.",
        "serviceToken": True,
        "inlineRole": [statement],
    }


@dataclass
class ImportKeys:
    """Creates and deletes keys with your token. `keep` saves a note of a key, `drop` forgets the note of a name; both
    raise Failure."""

    instance: Instance
    bag: Bag
    context: Context
    keep: Callable[[CreatedKey], None]
    drop: Callable[[str], None]

    def create(self, key: CreatedKey) -> Stream[KeyOutcome]:
        """Note the key and create it. A Failure is part of the outcome, and not raised.

        If the stream is left early, the note stays without an id: `look` then finds out.
        """
        return Stream(lambda sink: self._create(key, sink))

    def look(self, key: CreatedKey) -> Stream[KeyOutcome]:
        """Find out whether a key exists whose creation was interrupted. Never CREATED: its value can't be read."""
        lost = Failure(Kind.TIMEOUT, "The response of LaunchDarkly never arrived.", sent=True)
        return Stream(lambda sink: self._look(key, lost, sink))

    def delete(self, key: CreatedKey) -> Stream[bool]:
        """Delete a key and forget its note. False if it was deleted already. Raises Failure."""
        return Stream(lambda sink: self._delete(key, sink))

    def _launchdarkly(self) -> AbstractAsyncContextManager[LaunchDarkly]:
        return self.context.launchdarkly(self.bag, self.instance)

    # --- creating

    async def _create(self, key: CreatedKey, sink: Sink) -> KeyOutcome:
        try:
            async with self._launchdarkly() as ld:
                account = (await caller_of(ld, sink=sink)).account_id
                taken = {token.name for token in await ld.access_tokens(sink=sink)}
                key = replace(key, name=_free(key.name, taken), account=account, sent_at=self.context.now())
                self.keep(key)
        except Failure as failure:
            return KeyOutcome(key, Fate.NOT_CREATED, failure=_refused(failure.replaced(sent=False)))
        return await self._send(key, sink)

    async def _send(self, key: CreatedKey, sink: Sink) -> KeyOutcome:
        out = False

        def watched(event: ProgressEvent) -> None:
            nonlocal out
            out = out or isinstance(event, Sent)
            sink(event)

        try:
            async with self._launchdarkly() as ld:
                created = await ld.create_token(body_of(key), sink=watched)
                id_ = created.id or await self._id_of(ld, key)
        except Failure as failure:
            if may_have_happened(failure.replaced(sent=failure.sent or out)):
                return await self._look(key, failure, sink)
            self._forget(key)
            return KeyOutcome(key, Fate.NOT_CREATED, failure=_refused(failure))
        key = replace(key, id=id_)
        with suppress(Failure):  # the note of its name is saved; the value must not be lost for this
            self.keep(key)
        if created.value is None:
            what = "LaunchDarkly created the key, but its response contains no usable value."
            return KeyOutcome(key, Fate.LOST, failure=Failure(Kind.NOT_JSON, what, sent=True))
        return KeyOutcome(key, Fate.CREATED, created.value)

    async def _id_of(self, ld: LaunchDarkly, key: CreatedKey) -> str:
        """Return the id of a key that was just created, "" if it can't be found: then its name has to do."""
        with suppress(Failure):
            return next((token.id for token in await ld.access_tokens() if token.name == key.name), "")
        return ""

    # --- a lost answer

    async def _look(self, key: CreatedKey, lost: Failure, sink: Sink) -> KeyOutcome:
        sink(Note("no response", "checking whether the key was created ...", level="unknown"))
        try:
            present = await looked_up(lambda: self._present(key, sink), key.sent_at, self.context, sink)
        except Failure as failure:
            why = joined(lost.why, f"Can't check whether the key was created: {failure.what}")
            unsure = lost.replaced(why=why, remedy=Remedy.LOOK_AGAIN, about="", safe=None)
            return KeyOutcome(key, Fate.NOT_KNOWN, failure=unsure)
        if present is None:
            self._forget(key)
            why = joined(lost.why, "The wizard checked: the key was not created.")
            again = lost.replaced(why=why, remedy=Remedy.SEND_AGAIN, about="", safe=Safe.ANSWERS_KEPT, sent=False)
            return KeyOutcome(key, Fate.NOT_CREATED, failure=again)
        key = replace(key, id=present.id)
        with suppress(Failure):
            self.keep(key)
        return KeyOutcome(key, Fate.LOST, failure=lost)

    async def _present(self, key: CreatedKey, sink: Sink) -> AccessToken | None:
        """Return the token of the key's name, None if there is none. Raises Failure, also for one of another account:
        its list doesn't tell."""
        async with self._launchdarkly() as ld:
            await self._must_be_same_account(ld, key, sink)
            return next((token for token in await ld.access_tokens(sink=sink) if token.name == key.name), None)

    async def _must_be_same_account(self, ld: LaunchDarkly, key: CreatedKey, sink: Sink) -> None:
        account = (await caller_of(ld, sink=sink)).account_id
        if key.account and account and key.account != account:
            what = f"The key {key.name} belongs to another LaunchDarkly account than your token."
            raise Failure(Kind.CREDENTIAL, what, "", Remedy.REPLACE_TOKEN, safe=Safe.NOTHING_CHANGED, field="token")

    def _forget(self, key: CreatedKey) -> None:
        """A note that stays only makes the wizard look the key up once more."""
        with suppress(Failure):
            self.drop(key.name)

    # --- deleting

    async def _delete(self, key: CreatedKey, sink: Sink) -> bool:
        async with self._launchdarkly() as ld:
            await self._must_be_same_account(ld, key, sink)
            id_, sent_at = key.id or await self._id_by_name(key, sink), self.context.now()
            try:
                deleted = bool(id_) and await ld.delete_token(id_, sink=sink)
            except Failure as failure:
                if not may_have_happened(failure):
                    raise _refused(failure, deleting=key.name) from None
                await self._look_gone(key, id_, failure, sent_at, sink)
                deleted = True
            if not deleted and id_:  # a 404 may also hide what a token must not see
                await self._look_gone(key, id_, _HIDDEN, 0.0, sink)
        self._forget(key)
        return deleted

    async def _id_by_name(self, key: CreatedKey, sink: Sink) -> str:
        """Return the id of a key whose request may still be at work, "" if there is none."""
        present = await looked_up(lambda: self._present(key, sink), key.sent_at, self.context, sink)
        return present.id if present is not None else ""

    async def _look_gone(self, key: CreatedKey, id_: str, lost: Failure, sent_at: float, sink: Sink) -> None:
        """Raise Failure unless the key is gone after all."""

        async def gone() -> bool | None:
            async with self._launchdarkly() as ld:
                return id_ not in {token.id for token in await ld.access_tokens(sink=sink)} or None

        try:
            if await looked_up(gone, sent_at, self.context, sink):
                return
        except Failure as failure:
            why = joined(lost.why, f"Can't check it: {failure.what}")
            raise lost.replaced(why=why, remedy=Remedy.TRY_AGAIN, about="", safe=Safe.MAYBE_DONE) from None
        why = joined(lost.why, f"The wizard checked: {key.name} still exists.")
        raise lost.replaced(why=why, remedy=Remedy.DELETE_AGAIN, about="", safe=None)


_HIDDEN = Failure(Kind.NOT_FOUND, "LaunchDarkly can't find the key (404).", status_code=404)


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no token has."""
    number, free = 1, name
    while free in taken:
        number, free = number + 1, f"{name}-{number + 1}"
    return free


def _refused(failure: Failure, deleting: str = "") -> Failure:
    """Return the failure with who can help, if the token's role is the reason."""
    if failure.kind is not Kind.FORBIDDEN:
        return failure
    whom = f"an admin of your LaunchDarkly account to delete {deleting}" if deleting else _ASK
    return failure.replaced(why=_ONLY_ADMINS, remedy=Remedy.ASK, about=whom)
