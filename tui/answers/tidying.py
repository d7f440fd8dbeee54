"""Take away what a paste brings along and what never belongs to a value, and say so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from tui.answers.fields import Tidied
from tui.net.address import AddressError, is_loopback, normal_base_url
from tui.secrets.references import is_placeholder
from tui.text.key_shapes import holds_key

Tidier = Callable[[str], Tidied]

_BREAK = re.compile(r"(?:\r\n|[\n\r\v\f\x85\u2028\u2029])\s*")  # with the indent of the next line
_BLANK = re.compile(r"\s")
_INVISIBLE = ("Cc", "Cf", "Cs")  # controls, format characters such as the zero-width ones, lone surrogates
_QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": "”„“",
    "„": "“”",
    "”": "”",
    "‘": "’",
    "’": "’",
    "«": "»",
    "<": ">",
}
_HOST = re.compile(
    r"(?:localhost|\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)(?::\d{1,5})?(?:/[^\s@]*)?",
    re.IGNORECASE,
)
"""An address without its scheme: a host with a dot, or this machine."""
_HEADER = re.compile(r"authorization\s*:\s*(?:bearer\s+)?|bearer\s+", re.IGNORECASE)


def tidy_nothing(raw: str) -> Tidied:
    """Change nothing: the answer is chosen, not typed."""
    return Tidied(raw)


def tidy_text(raw: str) -> Tidied:
    """Trim free text. A line break inside becomes a blank, since the field has one line."""
    if raw.isprintable():
        return Tidied(raw.strip())
    value, breaks = _BREAK.subn(" ", raw.strip())
    value = "".join(c for c in value if c == "\t" or unicodedata.category(c) not in _INVISIBLE)
    return Tidied(value.replace("\t", " ").strip(), "Line breaks were replaced by spaces." if breaks else "")


def tidy_key(raw: str) -> Tidied:
    """Take all blanks, line breaks, and invisible characters out of a key, and quotes and `Bearer ` off it."""
    raw, dropped = _first_key(raw)
    text, said = _without_invisible(raw)
    said = _sentence(said, dropped)
    if _BLANK.search(text) is None and text[:1] not in _QUOTES:
        return Tidied(text, said)
    text, blanks = text.strip(), len(text) - len(text.strip())
    text, quotes = _unquoted(text)
    header = _HEADER.match(text)
    text = text[header.end() :] if header else text
    text, inside = _BLANK.subn("", text)
    parts = (said, _gone(blanks + inside, "space"), "The quotes were removed." if quotes else "")
    return Tidied(text, _sentence(*parts, "“Bearer” was removed." if header else ""))


def _first_key(raw: str) -> tuple[str, str]:
    """Drop the lines after the first one, unless they are the rest of a key that was broken into lines."""
    lines = [line for line in _BREAK.split(raw) if line.strip()] if not raw.isprintable() else []
    if len(lines) < 2 or (holds_key("".join(lines)) and not any(holds_key(line) for line in lines)):
        return raw, ""
    return lines[0], "The second line was dropped." if len(lines) == 2 else "Only the first line was kept."


def tidy_id(raw: str) -> Tidied:
    """Tidy an id or a tag like a key. A blank inside stays, since it shows that this is a name and no id."""
    text, said = _without_invisible(raw)
    text, quotes = _unquoted(text.strip())
    return Tidied(text, _sentence(said, "The quotes were removed." if quotes else ""))


def tidy_id_from(*patterns: str) -> Tidier:
    """Return a tidier that also reads an id out of a pasted browser address: group 1 of one of `patterns`."""
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]

    def tidier(raw: str) -> Tidied:
        tidied = tidy_id(raw)
        if "://" not in tidied.value:
            return tidied
        found = (pattern.search(tidied.value) for pattern in compiled)
        match = next(filter(None, found), None)
        return Tidied(unquote(match[1]), "Read from the address you pasted.") if match else tidied

    return tidier


def tidy_base_url(raw: str) -> Tidied:
    """Add a missing `https://` (`http://` for this machine), and remove what comes after the base, such as `/api`.

    An invalid address stays as it is.
    """
    tidied = _with_scheme(tidy_id(raw))
    try:
        base = normal_base_url(tidied.value)
    except AddressError:
        return tidied
    return Tidied(base.url, _sentence(tidied.said, base.removed))


def _with_scheme(tidied: Tidied) -> Tidied:
    if not _HOST.fullmatch(tidied.value):
        return tidied
    host = re.split(r"[/]|:\d+(?:/|$)", tidied.value, maxsplit=1)[0]
    scheme = "http://" if is_loopback(host) else "https://"
    return Tidied(scheme + tidied.value, _sentence(tidied.said, f"{scheme} was added."))


def tidy_host(raw: str) -> Tidied:
    """Return the key of an instance, or the base of its address."""
    tidied = tidy_base_url(raw)
    return tidied if "://" in tidied.value else Tidied(tidied.value.lower(), tidied.said)


def _without_invisible(raw: str) -> tuple[str, str]:
    if raw.isprintable():
        return raw, ""
    text, breaks = _BREAK.subn("", raw)
    value = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    unseen = len(text) - len(value)
    return value, _sentence(_gone(breaks, "line break"), _gone(unseen, "invisible character"))


def _unquoted(text: str) -> tuple[str, bool]:
    if len(text) > 2 and text[-1] in _QUOTES.get(text[0], "") and not is_placeholder(text):
        return text[1:-1].strip(), True
    return text, False


def _gone(count: int, what: str) -> str:
    if count == 0:
        return ""
    if count == 1:
        return f"{'An' if what[0] in 'aeiou' else 'A'} {what} was removed."
    return f"{count} {what}s were removed."


def _sentence(*parts: str) -> str:
    return " ".join(part for part in parts if part)
