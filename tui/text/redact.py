"""Known secrets taken out of any text: raw, as JSON, HTML, Markdown, percent and base64 write them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from tui.text.markdown import plain

MASK = "••••"
_SHORTEST = 4  # shorter values stand in innocent words too
_SHORTEST_HELD = 8  # a key that is still being typed

_ESCAPE = re.compile("%[0-9A-F]{2}")


class Redactor:
    """Replaces each secret it was told by `MASK`. Its own representation tells only how many it knows."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._held: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._known = True
        """The pattern is up to date; it is made when it is needed, not on each key press."""

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets())} secrets)"

    def add(self, secret: str) -> None:
        """Remember a secret for as long as the program runs: it was sent, so that it may come back."""
        if len(secret) >= _SHORTEST and secret not in self._used:
            self._used.add(secret)
            self._known = False

    def hold(self, slot: str, secret: str) -> None:
        """Remember what a field holds now, in place of what it held before: a key typed letter by letter would
        otherwise leave each of its beginnings, and "api-" stands in innocent words too."""
        if self._held.get(slot) != secret:
            self._held[slot] = secret
            self._known = False

    def __call__(self, text: str) -> str:
        """`text` without any of the known secrets."""
        if not self._known:
            forms = {form for secret in self._secrets() for form in _spellings(secret)}
            longest_first = sorted(forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None
            self._known = True
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def document(self, value: object) -> object:
        """A JSON value with each text in it redacted: it stays JSON whatever the secrets are."""
        if isinstance(value, dict):
            return {key: self.document(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.document(each) for each in value]
        return self(value) if isinstance(value, str) else value

    def _secrets(self) -> set[str]:
        return self._used | {secret for secret in self._held.values() if len(secret) >= _SHORTEST_HELD}


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield html.escape(secret)  # in a picture
    # In Markdown; inside a sentence its first character means nothing. Blanks run together there, to nothing maybe.
    yield from (form for form in (plain(secret), plain(f"x{secret}")[1:]) if len(form) >= _SHORTEST)
    for safe in ("", "/"):
        encoded = quote(secret, safe=safe, errors="replace")
        yield from (encoded, encoded.replace("%20", "+"), _ESCAPE.sub(lambda escape: escape[0].lower(), encoded))
    raw = secret.encode("utf-8", "surrogatepass")
    for written in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield written.decode().rstrip("=")
    # Inside a longer base64 text a secret may start at each of three offsets; its inner part is always the same.
    for lead in (0, 1, 2):
        inner = base64.b64encode(b"\0" * lead + raw).decode()[4 if lead else 0 :].rstrip("=")[:-1]
        if len(inner) >= 2 * _SHORTEST:
            yield inner
