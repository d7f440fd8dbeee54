"""The create request: its preview, its curl form, and its bytes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers import remarks, rules
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, TOKEN
from tui.launchdarkly.client import request_for_create
from tui.launchdarkly.instances import Instance, instance
from tui.secrets.names import proposed_variable
from tui.text.clean import readable
from tui.text.redact import MASK

if TYPE_CHECKING:
    from tui.secrets.bag import Bag


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a secret in a request: the form variable's key, nothing of its value."""

    key: str


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A flag import configuration to be created. `config` holds a `Slot` where a secret goes."""

    instance: Instance
    project: str
    integration: str
    name: str
    tags: tuple[str, ...]
    config: Mapping[str, object]

    @property
    def method(self) -> str:
        return self._head()[0]

    @property
    def url(self) -> str:
        return self._head()[1]

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers except Authorization, which contains your token."""
        return self._head()[2]

    def _head(self) -> tuple[str, str, Mapping[str, str]]:
        return request_for_create(self.instance, self.project, self.integration)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys of the config's secret values."""
        return tuple(value.key for value in self.config.values() if isinstance(value, Slot))

    def document(self, secret: Callable[[str], object]) -> dict[str, object]:
        """The body as a JSON document, with `secret(key)` in the place of each secret."""
        config = {k: secret(v.key) if isinstance(v, Slot) else v for k, v in self.config.items()}
        return {"name": self.name, "tags": list(self.tags), "config": config}

    def body(self, bag: Bag) -> bytes:
        """Return the body's bytes with all secrets, only to be sent. Raises KeyError for a secret not in the bag."""
        secrets = {key: secret.get_secret_value() for key in self.secrets if (secret := bag.get(key)) is not None}
        return json.dumps(self.document(secrets.__getitem__), ensure_ascii=False).encode()

    def shown(self) -> str:
        """Return the request for people to read: method, address, headers, body; secrets hidden."""
        headers = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
        body = readable(self.document(lambda key: MASK))
        return f"{self.method} {self.url}\nAuthorization: {MASK}  (your token)\n{headers}\n{body}"

    def curl(self) -> str:
        """Return the request for a shell, each key as a `$VARIABLE`: pasting it puts no key into the history.

        curl reads its header and body from the shell, so that its argument list contains no key either.
        """
        variables = {key: proposed_variable(self.integration, key) for key in self.secrets}
        around = "@@"
        while around in readable(self.document(lambda key: "")):
            around += "@"  # an answer may hold what marks the places of the keys
        marks = {key: f"{around}{number}{around}" for number, key in enumerate(variables)}
        body = readable(self.document(marks.__getitem__))
        body = body.replace("\\", "\\\\").replace("$", "\\$").replace("`", "\\`")
        for key, name in variables.items():
            body = body.replace(marks[key], f"${{{name}}}")
        headers = "".join(f"  -H {shlex.quote(f'{name}: {value}')} \\\n" for name, value in self.headers.items())
        return (
            f"curl -sS -X {self.method} {shlex.quote(self.url)} \\\n"
            f"  -H @<(printf '%s' \"Authorization: ${{{proposed_variable(self.integration, TOKEN.key)}}}\") \\\n"
            f"{headers}  --data-binary @- <<JSON\n{body}\nJSON"
        )


def config(draft: drafts.Draft) -> Mapping[str, object]:
    """Return the settings of a draft, with a `Slot` for each secret except blank optional ones.

    Raises ValueError if no integration is chosen.
    """
    if draft.form is None:
        raise ValueError("no integration is chosen")
    given = drafts.secret_facts(draft)
    wanted = {v.key for v in draft.form.variables if v.required or v.key in given}
    return forms.config(draft.form, drafts.values(draft), lambda key: Slot(key) if key in wanted else None)


def build(draft: drafts.Draft) -> CreateRequest:
    """Return the request of a draft. Raises ValueError while an answer has a problem."""
    if draft.form is None or remarks.answer_problems(draft):
        raise ValueError("the draft still has problems")
    return of_settings(draft)


def of_settings(draft: drafts.Draft) -> CreateRequest:
    """Do the same whether the secrets are known or not: to compare with what exists, not to send. Raises ValueError."""
    return CreateRequest(
        instance=instance(drafts.value(draft, HOST.key)),
        project=drafts.value(draft, PROJECT.key),
        integration=draft.integration,
        name=drafts.value(draft, CONFIG_NAME.key),
        tags=rules.tags_of(drafts.value(draft, CONFIG_TAGS.key)),
        config=config(draft),
    )
