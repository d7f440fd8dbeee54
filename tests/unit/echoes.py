"""Keys as a server may echo them, and a search for what is left of them. Shares nothing with what it tests."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from urllib.parse import quote, unquote

RUN = 12
"""Characters of a secret part in a row that must not be left."""

TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "cut": lambda key: f"{key}...",
    "upper case": str.upper,
    "broken by a line": lambda key: f"{key[:5]}\n{key[5:]}",
    "broken by blanks": " ".join,
    "without dashes": lambda key: key.replace("-", ""),
    "colored": lambda key: f"{key[:7]}\x1b[0m\x1b[7m{key[7:]}",
    "in hexadecimal": lambda key: key.encode().hex(),
    "in hexadecimal with colons": lambda key: key.encode().hex(":"),
    "in JSON": lambda key: json.dumps(key)[1:-1],
    "in JSON, each character": lambda key: "".join(f"\\u{ord(each):04x}" for each in key),
    "in octal, each character": lambda key: "".join(f"\\{ord(each):03o}" for each in key),
    "in wide letters": lambda key: "".join(chr(ord(each) + 0xFEE0) for each in key),
    "in HTML": html.escape,
    "in HTML, each character": lambda key: "".join(f"&#{ord(each)};" for each in key),
    "in HTML, in hexadecimal": lambda key: "".join(f"&#x{ord(each):X};" for each in key),
    "in a URL": lambda key: quote(key, safe=""),
    "in a URL, each byte": lambda key: "".join(f"%{ord(each):02x}" for each in key),
    "in a URL twice": lambda key: quote("".join(f"%{ord(each):02X}" for each in key)),
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64 behind one": lambda key: base64.b64encode(f":{key}".encode()).decode(),
    "in base64 behind two": lambda key: base64.urlsafe_b64encode(f"u:{key}:x".encode()).decode(),
}


def secret_part(key: str) -> str:
    """What of a key is secret."""
    if key.startswith("api-"):
        return key[4:]
    if ":" in key:
        return key.partition("." if "." in key else ":")[2]
    return key


def truncated(key: str) -> Iterator[str]:
    """The key whole, without its ends, its halves, and cut after each length from twelve letters and digits on."""
    part = secret_part(key)
    yield from (key, key[1:], key[:-1], part[: len(part) // 2], part[len(part) // 2 :])
    for length in range(RUN, len(part) + 1):
        if len(letters(part[:length])) >= RUN:
            yield part[:length]


def letters(text: str) -> str:
    return "".join(re.findall("[0-9a-z]", text.lower()))


def left_of(key: str, text: str) -> str:
    """A run of twelve characters of the key that `text` still has in some form, or "". A base64 form may end in one
    character that is not certain."""
    forms = "\n".join(_decoded(text))
    return next((run for run, traces in _traces(secret_part(key)) if any(trace in forms for trace in traces)), "")


@cache
def _traces(part: str) -> list[tuple[str, set[str]]]:
    """Each run of the part, and the forms that give it away."""
    plain = letters(part)
    found = [(plain[at : at + RUN], {plain[at : at + RUN]}) for at in range(len(plain) - RUN + 1)]
    for run in _runs(part):
        coded = {run.encode().hex(), run.upper().encode().hex(), run.lower().encode().hex()}
        coded |= {letters(base64.b64encode(b"\0" * lead + run.encode()).decode()[lead + 2 : -4]) for lead in range(3)}
        found.append((run, coded))
    return found


def _runs(part: str) -> Iterator[str]:
    """Each run with twelve letters and digits, and the separators between them."""
    places = [at for at, character in enumerate(part) if letters(character)]
    for first in range(len(places) - RUN + 1):
        yield part[places[first] : places[first + RUN - 1] + 1]


def _decoded(text: str) -> set[str]:
    text = "".join(chr(ord(each) - 0xFEE0) if 0xFF01 <= ord(each) <= 0xFF5E else each for each in text)
    text = re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), text)
    forms = {letters(text)}
    for _ in range(3):
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
        text = unquote(html.unescape(text.replace("\\n", "")))
        forms.add(letters(text))
    return forms
