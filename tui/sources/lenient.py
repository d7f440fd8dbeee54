"""Reads JSON whose shape no one promised: what is missing or of another type is empty, never an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from tui.net.messages import Response
from tui.text.clean import clean
from tui.text.limited_json import parse_answer
from tui.text.phrases import short
from tui.text.redact import Redactor, tree

Object = Mapping[str, object]
"""A JSON object."""

_EMPTY: Object = {}
_LONGEST_MESSAGE = 200
_MOST_DETAILS = 3
_MESSAGE_BYTES = 64 * 1024  # an error's body beyond this is no message


def members(value: object) -> Object:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def elements(value: object) -> Sequence[object]:
    """Return `value` if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else ()


def objects(value: object) -> list[Object]:
    """Return the elements of an array as objects; an element of another type is empty."""
    if not isinstance(value, list):
        return []
    return [element if isinstance(element, dict) else _EMPTY for element in value]


def text(value: object) -> str:
    """Return `value` if it is a string, else "". It is not cleaned."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """Return `value` if it is a number or a string with one, as in Unleash's parameters; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


class Reader:
    """Reads the answers to one key. A server may echo that key, so it is redacted first."""

    def __init__(self, key: SecretStr, redactor: Redactor) -> None:
        self._redactor = redactor
        self._redactor.add(key.get_secret_value())

    def plain(self, value: object) -> str:
        """Return a name or an ID, cleaned and not cut; "" if it isn't text."""
        return clean(self._redactor.data(value)).strip() if isinstance(value, str) else ""

    def json(self, answer: Response) -> object:
        """Return the body's JSON value. Flags, names, and rules are data: only whole tokens are redacted in them.

        Raises Failure NOT_JSON.
        """
        value, body = answer.json(), answer.text()
        return value if self._redactor.data(body) == body else tree(value, self._redactor.data)

    def has_member(self, answer: Response, member: str) -> bool:
        """Return whether the body is a JSON object with that member."""
        try:
            return member in members(parse_answer(answer.body[:_MESSAGE_BYTES]))
        except ValueError:
            return False

    def message(self, answer: Response) -> str:
        """Return the server's message: `message` and `details` of a JSON object, or plain text; "" without one."""
        if len(answer.body) > _MESSAGE_BYTES or answer.is_page:
            return ""
        parts: list[object] = [answer.text()]
        try:
            body: object = parse_answer(answer.text())
            parts = [body.get("message"), *_details(body.get("details"))] if isinstance(body, dict) else [body]
        except ValueError:
            pass
        texts = [clean(self._redactor.foreign(part)).strip() for part in parts if isinstance(part, str)]
        return "; ".join(dict.fromkeys(short(text, _LONGEST_MESSAGE) for text in texts if text))


def _details(value: object) -> list[object]:
    """Return the texts of `details`: one text in Split, a list of objects in Unleash."""
    details = value[:_MOST_DETAILS] if isinstance(value, list) else [value]
    return [item.get("message") or item.get("description") if isinstance(item, dict) else item for item in details]
