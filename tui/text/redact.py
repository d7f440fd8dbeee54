"""Known secrets taken out of any text: raw, as JSON, percent and base64 write them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MASK = "••••"
_SHORTEST = 4  # shorter values stand in innocent words too; the form takes no key that short


class Redactor:
    """Replaces each secret it was told by `MASK`. Its own representation tells only how many it knows."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._count = 0

    def __repr__(self) -> str:
        return f"Redactor({self._count} secrets)"

    def add(self, secret: str) -> None:
        """Remember a secret for as long as the program runs; a value below four characters is not one."""
        if len(secret) < _SHORTEST or secret in self._forms:
            return
        self._count += 1
        self._forms.update(_spellings(secret))
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """`text` without any of the known secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield quote(secret, safe="").lower()
    raw = secret.encode("utf-8", "surrogatepass")
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded.decode().rstrip("=")
    # Inside a longer base64 text a secret may start at each of three offsets; its inner part is always the same.
    for lead in (1, 2):
        inner = base64.b64encode(b"\0" * lead + raw).decode()[4:].rstrip("=")[:-1]
        if len(inner) >= 2 * _SHORTEST:
            yield inner
