"""The one request this program exists for, as it is shown, as `curl` would send it, and as it is sent."""

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
        return self._sent()[0]

    @property
    def url(self) -> str:
        return self._sent()[1]

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers but for Authorization, which carries your token."""
        return self._sent()[2]

    def _sent(self) -> tuple[str, str, Mapping[str, str]]:
        return request_for_create(self.instance, self.project, self.integration)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys of the config's secret values."""
        return tuple(each.key for each in self.config.values() if isinstance(each, Slot))

    def document(self, secret: Callable[[str], object]) -> dict[str, object]:
        """The body as a JSON document, with `secret(key)` in the place of each secret."""
        config = {k: secret(v.key) if isinstance(v, Slot) else v for k, v in self.config.items()}
        return {"name": self.name, "tags": list(self.tags), "config": config}

    def body(self, bag: Bag) -> bytes:
        """The body's bytes, secrets and all: for the wire alone. Raises KeyError for a secret not in the bag."""

        def opened(key: str) -> str:
            held = bag.get(key)
            if held is None:
                raise KeyError(key)
            return held.get_secret_value()

        return json.dumps(self.document(opened), ensure_ascii=False).encode()

    def shown(self) -> str:
        """The request for a person's eye: method, address, headers, body; secrets hidden."""
        headers = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
        body = _written(self.document(lambda key: MASK))
        return f"{self.method} {self.url}\nAuthorization: {MASK}  (your token)\n{headers}\n{body}"

    def curl(self) -> str:
        """The same request for a shell, each key as a `$VARIABLE`: pasting it puts no key into the history.

        curl reads its header and body from the shell, so that no key stands in its argument list either.
        """
        variables = {key: proposed_variable(self.integration, key) for key in self.secrets}
        around = "@@"
        while around in _written(self.document(lambda key: "")):
            around += "@"  # an answer may hold what marks the places of the keys
        marks = {key: f"{around}{number}{around}" for number, key in enumerate(variables)}
        body = _written(self.document(marks.__getitem__))
        body = body.replace("\\", "\\\\").replace("$", "\\$").replace("`", "\\`")
        for key, name in variables.items():
            body = body.replace(marks[key], f"${{{name}}}")
        headers = "".join(f"  -H {shlex.quote(f'{name}: {value}')} \\\n" for name, value in self.headers.items())
        return (
            f"curl -sS -X {self.method} {shlex.quote(self.url)} \\\n"
            f"  -H @<(printf '%s' \"Authorization: ${{{proposed_variable(self.integration, TOKEN.key)}}}\") \\\n"
            f"{headers}  --data-binary @- <<JSON\n{body}\nJSON"
        )


def _written(document: object) -> str:
    """JSON for a person's eye; what does not print, such as marks of reading direction, is written as an escape."""
    return readable(document)


def config(draft: drafts.Draft) -> Mapping[str, object]:
    """The settings a draft stands for, with a `Slot` for each secret; an optional one left blank has none.

    Raises ValueError where no integration is chosen.
    """
    if draft.form is None:
        raise ValueError("no integration is chosen")
    given = drafts.secret_facts(draft)
    wanted = {v.key for v in draft.form.variables if v.required or v.key in given}
    return forms.config(draft.form, drafts.values(draft), lambda key: Slot(key) if key in wanted else None)


def build(draft: drafts.Draft) -> CreateRequest:
    """The request a draft stands for. Raises ValueError while an answer still has a problem."""
    if draft.form is None or remarks.answer_problems(draft):
        raise ValueError("the draft still has problems")
    return of_settings(draft)


def of_settings(draft: drafts.Draft) -> CreateRequest:
    """As `build`, whether the secrets are there or not: to compare with what exists, not to send. Raises ValueError."""
    return CreateRequest(
        instance=instance(drafts.value(draft, HOST.key)),
        project=drafts.value(draft, PROJECT.key),
        integration=draft.integration,
        name=drafts.value(draft, CONFIG_NAME.key),
        tags=rules.tags_of(drafts.value(draft, CONFIG_TAGS.key)),
        config=config(draft),
    )
