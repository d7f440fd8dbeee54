"""The response that creates an access token: the only one that ever shows its value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from pydantic import SecretStr

from tui.net.messages import Response
from tui.text.redact import SHORTEST, Redactor, holds

_VALUE = re.compile(r'"token"\s*:\s*"((?:[^"\\]|\\.)*)')
"""The value, also in a body that ends in the middle of it."""
_USABLE = re.compile(rf"[!-~]{{{SHORTEST},}}")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """A token that was just created. `id` is "" and `value` None if the response doesn't have a usable one."""

    id: str
    value: SecretStr | None = field(repr=False)


def learn_values(answer: Response, redactor: Redactor) -> None:
    """Let the redactor know every token value in a body, whether or not it is JSON. Call it before anything else."""
    for written in _VALUE.findall(answer.text()):
        redactor.add(written)
        try:
            redactor.add(json.loads(f'"{written}"'))
        except ValueError:
            continue  # cut off in an escape


def created_token(answer: Response, redactor: Redactor) -> CreatedToken:
    """Read a successful response. Raises Failure NOT_JSON if it isn't JSON."""
    shape = answer.json()
    whole = shape if isinstance(shape, dict) else {}
    value, id_ = (text if isinstance(text := whole.get(name), str) else "" for name in ("token", "_id"))
    redactor.add(value)
    # An id is written to files, so it must not be the value.
    known = _ID.fullmatch(id_) is not None and not holds(id_, value)
    return CreatedToken(id_ if known else "", SecretStr(value) if _USABLE.fullmatch(value) else None)
