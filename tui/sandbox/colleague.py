"""Other people in the same account, for tests: they write flags while an import is planned, run or undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui.sandbox.account import Accounts, Author, LdFlag, StoredAccount
from tui.sandbox.job import Jobs, Twist
from tui.sandbox.keys import TOKENS
from tui.sandbox.wire import ThreadedServer

_CONTENT = ("name", "tags", "description", "variations", "on", "off", "maintainer")


class Colleague:
    """A person or a script. `who` is the email address of a member, who works in the web page, or a name in `TOKENS`.

    Every change moves the flag's `_version`, and one in an environment its `version` and `lastModified` too.
    Each one gets an audit log entry. Methods raise LookupError for a flag or configuration that does not exist.
    """

    def __init__(
        self, accounts: Accounts, jobs: Jobs, server: ThreadedServer, who: str, account: str | None, project: str
    ) -> None:
        token = TOKENS.get(who)
        self._accounts, self._jobs, self._server, self._project = accounts, jobs, server, project
        self._account: StoredAccount = accounts.named(account or (token.account if token else "acme"))
        member = self._account.member(who)
        if token is None and member is None:
            raise LookupError(who)
        self._author = self._account.author(token) if token else Author(member)

    def flags(self) -> dict[str, LdFlag]:
        """Return all flags of the project by key, archived ones too."""
        return self._server.call(lambda: dict(self._account.flags[self._project]))

    def flag(self, key: str) -> LdFlag:
        return self.flags()[key]

    def create(self, key: str, **fields: Any) -> LdFlag:
        """Create a flag with these fields of `LdFlag`. A `created` in the past makes it older."""

        def do() -> LdFlag:
            now = self._accounts.now_ms()
            if key in self._account.flags[self._project]:
                raise ValueError(f"{key} exists")
            flag = replace(LdFlag(key, key, (), now), **fields)
            self._account.create_flag(self._project, flag, self._author, now)
            return flag

        return self._server.call(do)

    def edit(self, key: str, **changes: Any) -> LdFlag:
        """Change fields of `LdFlag`."""
        return self._update(key, lambda flag, now: replace(flag, **changes))

    def edit_in(self, key: str, environment: str = "production", **changes: Any) -> LdFlag:
        """Change fields of `State`."""
        return self._update(key, lambda flag, now: flag.changed_in(environment, now, **changes))

    def rename(self, key: str, name: str) -> LdFlag:
        return self.edit(key, name=name)

    def describe(self, key: str, description: str) -> LdFlag:
        return self.edit(key, description=description)

    def tag(self, key: str, *tags: str) -> LdFlag:
        return self._update(key, lambda flag, now: replace(flag, tags=tuple(dict.fromkeys((*flag.tags, *tags)))))

    def untag(self, key: str, *tags: str) -> LdFlag:
        return self._update(key, lambda flag, now: replace(flag, tags=tuple(t for t in flag.tags if t not in tags)))

    def change_variation(self, key: str, index: int, value: object, name: str = "") -> LdFlag:
        def change(flag: LdFlag, now: int) -> LdFlag:
            variations = list(flag.variations)
            variations[index] = (value, name)
            return replace(flag, variations=tuple(variations))

        return self._update(key, change)

    def switch(self, key: str, environment: str = "production", *, on: bool = True) -> LdFlag:
        return self.edit_in(key, environment, on=on)

    def add_rule(self, key: str, environment: str = "production", *, variation: int = 0, **clause: Any) -> LdFlag:
        """Add a rule of one clause: the group `beta`, with the fields in `clause` replaced."""
        default = {"attribute": "group", "op": "in", "values": ["beta"], "contextKind": "user", "negate": False}
        number = len(self.flag(key).state(environment).rules)
        rule = {"_id": f"rule-{number}", "variation": variation, "trackEvents": False}
        return self._add(
            key, environment, "rules", rule | {"clauses": [{"_id": f"clause-{number}"} | default | clause]}
        )

    def add_target(
        self, key: str, *keys: str, environment: str = "production", variation: int = 0, kind: str = "user"
    ) -> LdFlag:
        """Target contexts by key."""
        target = {"values": list(keys), "variation": variation, "contextKind": kind}
        return self._add(key, environment, "targets" if kind == "user" else "context_targets", target)

    def require(self, key: str, other: str, environment: str = "production") -> LdFlag:
        """Make `other` a prerequisite."""
        return self._add(key, environment, "requires", other)

    def archive(self, key: str) -> LdFlag:
        return self.edit(key, archived=True)

    def restore(self, key: str) -> LdFlag:
        return self.edit(key, archived=False)

    def delete(self, key: str) -> None:
        now = self._accounts.now_ms()
        self._server.call(lambda: self._account.delete_flag(self._project, key, self._author, now))

    def recreate(self, key: str, **fields: Any) -> LdFlag:
        """Delete a flag and create it with the same content, off everywhere, and with `fields`."""
        old = self.flag(key)
        content = {name: getattr(old, name) for name in _CONTENT}
        self.delete(key)
        return self.create(key, **content | fields)

    def request_approval(self, key: str, environment: str = "production") -> None:
        """Leave a change of a flag waiting for approval."""
        resource = f"proj/{self._project}:env/{environment}:flag/{key}"
        self._server.call(lambda: self._account.approvals.append(resource))

    def trigger(self, configuration: str) -> None:
        """Start the import of the configuration with this id."""
        self._server.call(lambda: self._jobs.start(self._account, self._account.configurations[configuration], Twist()))

    def delete_configuration(self, configuration: str) -> None:
        self._server.call(lambda: self._jobs.cancel(self._account.configurations.pop(configuration)))

    def _add(self, key: str, environment: str, field: str, item: object) -> LdFlag:
        """Add an item to a field of `State`."""

        def change(flag: LdFlag, now: int) -> LdFlag:
            return flag.changed_in(environment, now, **{field: (*getattr(flag.state(environment), field), item)})

        return self._update(key, change)

    def _update(self, key: str, change: Callable[[LdFlag, int], LdFlag]) -> LdFlag:
        def do() -> LdFlag:
            now = self._accounts.now_ms()
            before = self._account.flags[self._project][key]
            after = change(before, now)
            if after == before:
                return before
            return self._account.update_flag(self._project, after, self._author, now)

        return self._server.call(do)
