"""What a source wrote, made fit for a sentence: without the key, cleaned, and short."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.messages import Answer
from tui.net.problems import OF_THE_ADDRESS, remedy
from tui.text.clean import clean
from tui.text.limited_json import parse_answer
from tui.text.redact import Redactor, tree

_LONGEST_NAME = 60
_LONGEST_MESSAGE = 200
_MOST_NAMES = 4
_MOST_DETAILS = 3
_MESSAGE_BYTES = 64 * 1024  # an error's body beyond this is no message


class Foreign:
    """Reads the texts in the answers to one key. A server may echo that key, so it is taken out first."""

    def __init__(self, key: SecretStr, redactor: Redactor) -> None:
        self._redactor = redactor
        self._redactor.add(key.get_secret_value())

    def plain(self, value: object) -> str:
        """A name or an id, cleaned and whole; "" where it is no text."""
        return clean(self._redactor.data(value)).strip() if isinstance(value, str) else ""

    def json(self, answer: Answer) -> object:
        """The body's JSON value. Flags, names, and rules are data: only whole tokens are taken out of them.

        Raises Failure NOT_JSON.
        """
        value, text = answer.json(), answer.text()
        return value if self._redactor.data(text) == text else tree(value, self._redactor.data)

    def has_member(self, answer: Answer, member: str) -> bool:
        """Whether the body is a JSON object with that member."""
        try:
            body = parse_answer(answer.body[:_MESSAGE_BYTES])
        except ValueError:
            return False
        return isinstance(body, dict) and member in body

    def message(self, answer: Answer) -> str:
        """What the body says in words: `message` and `details` of a JSON object, or plain text. "" where none."""
        if len(answer.body) > _MESSAGE_BYTES or answer.is_page:
            return ""
        text = answer.text()
        try:
            body: object = parse_answer(text)
        except ValueError:
            return short(self._words(text), _LONGEST_MESSAGE)
        parts = [body.get("message"), *_details(body.get("details"))] if isinstance(body, dict) else [body]
        return "; ".join(dict.fromkeys(short(each, _LONGEST_MESSAGE) for part in parts if (each := self._words(part))))

    def _words(self, value: object) -> str:
        """What a server says to a person."""
        return clean(self._redactor.foreign(value)).strip() if isinstance(value, str) else ""


def _details(value: object) -> list[object]:
    """The texts of `details`: Split writes one text, Unleash a list of objects."""
    some = value[:_MOST_DETAILS] if isinstance(value, list) else [value]
    return [each.get("message") or each.get("description") if isinstance(each, dict) else each for each in some]


def short(text: str, limit: int = _LONGEST_NAME) -> str:
    """`text`, cleaned, in at most `limit` characters."""
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def listed(names: Sequence[str], total: int = 0) -> str:
    """ "a", "a and b", "a, b and c"; beyond four names the rest is counted, of `total` where that is more."""
    shown = [short(name) for name in names[:_MOST_NAMES]]
    if (more := max(total, len(names)) - len(shown)) > 0:
        shown.append(f"{more:,} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def count(number: int, noun: str) -> str:
    """ "1 flag", "1,200 flags"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def left_out(source: str, number: int) -> str:
    """The note on a list with entries that nobody can call by a name."""
    return f"Entries without a name in {source}'s list of flags, which were left out: {number:,}."


def said(message: str) -> str:
    """How a quoted message goes on after what happened, with the full stop."""
    return f': "{message}".' if message else "."


def place(url: str) -> str:
    """Host, port and path of `url` as a sentence names them."""
    parts = urlsplit(url)
    return short(parts.netloc.rpartition("@")[2] + parts.path.rstrip("/"), 100)


def failed(name: str, status_code: int, message: str) -> Failure:
    """A 5xx: their fault, and safe to ask again, but for a few that stay."""
    why, step = remedy(status_code) or (
        "The fault is on that side, or at a proxy in between.",
        (Remedy.TRY_LATER, ""),
    )
    return Failure(
        Kind.SOURCE,
        f"{name} failed ({status_code}){said(message)}",
        why,
        step[0],
        about=step[1],
        safe=Safe.NOTHING_CREATED,
        status_code=status_code,
        at_address=status_code in OF_THE_ADDRESS,
    )


def refused_request(name: str, status_code: int, message: str, field: str | None) -> Failure:
    """Any other refusal, in the server's words if it had some: a 400 may have no body. Sending it again won't help."""
    what = f"{name} did not accept the request ({status_code})"
    why, step = remedy(status_code) or ("", (Remedy.CHECK, "the address, the key and the values"))
    return Failure(
        Kind.SOURCE,
        what + said(message) if message else f"{what} and gave no reason.",
        why,
        step[0],
        about=step[1],
        safe=Safe.NOTHING_CREATED,
        status_code=status_code,
        field=field,
        at_address=status_code in OF_THE_ADDRESS,
    )
