"""Take keys out of texts.

There are three kinds of text. A *foreign* text (an error, a description, a header) comes from a server or a file and
goes through `foreign` whole, before it is cut or cleaned: it loses every part of a key, in any spelling, and everything
with the shape of a key. A *finished* text contains words of this program: calling the redactor takes out whole keys
and nothing else, so that those words stay. Flag keys, ids, names, and tags are *data*: they lose whole tokens of
LaunchDarkly and Unleash. A key of another kind may be an ordinary word, which stays.

Parts of keys are found in *folded* texts: letters and digits alone, in lower case, with escapes decoded. So neither
case nor separators nor the escapes of JSON, HTML, and URLs hide one.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tui.text import key_shapes
from tui.text.clean import plain

MASK = "••••"
SHORTEST = 16
"""Characters of the shortest key; a shorter value is refused wherever a key is asked for."""
RUN = 12
"""Characters of a key's secret part in a row that give it away."""

_FEWEST = 8  # letters and digits in a run of twelve characters; with fewer it may be a line of dashes
_RUN_IN_BASE64 = 11  # what is certain of twelve characters, less the signs that folding drops
_BLOCK = 6  # every run of eleven has a whole block of six that begins at a multiple of six
_WINDOW, _OVERLAP = 4096, 512
_PERCENT = re.compile("%[0-9A-F]{2}")
_PREFIX = re.compile(r"(?:api|sdk|mob)-|[^\s:]+:[^.]*\.|user:", re.IGNORECASE)
_DATA = frozenset({
    "key", "id", "_id", "name", "tag", "tags", "project", "integration", "environment", "variations", "missing",
    "unexpected", "on_in_launchdarkly",
})  # fmt: skip
_NO_WORD = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z]{24,}")


@dataclass(frozen=True, slots=True, repr=False)
class _Patterns:
    """What texts are searched for."""

    whole: re.Pattern[str] | None
    tokens: re.Pattern[str] | None
    runs: frozenset[bytes]
    runs_in_base64: frozenset[bytes]
    blocks: frozenset[bytes]
    runs_with_separators: re.Pattern[str] | None
    by_runs: bool
    """Where a whole key is, there is a run of it. Not so with a key that has almost no letters and digits."""


class Redactor:
    """Replaces the keys it knows by `MASK`. Its representation contains only their number."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._held: dict[str, str] = {}
        self._ids: frozenset[str] = frozenset()
        self._secret_settings: dict[str, frozenset[str]] = {}
        self._built: _Patterns | None = None
        """Built when it is needed, not on each key press."""

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets())} secrets)"

    # --- what it knows

    def add(self, secret: str) -> None:
        """Remember a secret as long as the program runs: it was sent, so a server may send it back."""
        if len(secret) >= SHORTEST and secret not in self._used:
            self._used.add(secret)
            self._built = None

    def hold(self, slot: str, secret: str) -> None:
        """Remember what a field contains now, instead of what it contained before.

        A key that is typed letter by letter would otherwise leave each of its beginnings.
        """
        if self._held.get(slot) != secret:
            self._held[slot] = secret
            self._built = None

    def exempt(self, ids: Iterable[str]) -> None:
        """Remember ids that only look like keys: runs of hexadecimal digits that are not masked."""
        self._ids |= {id_.lower() for id_ in ids}

    def secret_settings(self, secret: Mapping[str, Iterable[str]]) -> None:
        """Remember which settings of an import configuration are secret, by integration."""
        self._secret_settings |= {integration: frozenset(keys) for integration, keys in secret.items()}

    def learn(self, integration: str, config: Mapping[str, object]) -> None:
        """Remember the secrets in the settings of a configuration that a server shows, masked or not."""
        anywhere = frozenset[str]().union(*self._secret_settings.values())
        secret = self._secret_settings.get(integration, anywhere)
        for value in (value for key, value in config.items() if key in secret):
            if isinstance(value, str) and len(folded(value)) >= RUN:  # not one that is all stars
                self.add(value)

    def _secrets(self) -> set[str]:
        return self._used | {secret for secret in self._held.values() if len(secret) >= SHORTEST}

    def _patterns(self) -> _Patterns:
        if self._built is None:
            self._built = _patterns(self._secrets())
        return self._built

    # --- what it takes out

    def __call__(self, text: str) -> str:
        """Return a finished text without whole keys."""
        if len(text) < SHORTEST:
            return text
        return _masked(text, [*_places(self._patterns().whole, text), *key_shapes.tokens(text)])

    def data(self, text: str) -> str:
        """Return a flag key, an id, a name, or a tag without whole tokens of LaunchDarkly and Unleash."""
        if len(text) < SHORTEST:
            return text
        return _masked(text, [*_places(self._patterns().tokens, text), *key_shapes.tokens(text)])

    def foreign(self, text: str) -> str:
        """Return a foreign text without any part of a key. Pass it whole: not cut, cleaned, or put into a sentence."""
        return self._without_parts(text, self._ids)

    def setting(self, text: str) -> str:
        """Do the same for a setting that may be an id: one of nothing but hexadecimal digits stays."""
        return self._without_parts(text, {*self._ids, text.lower()})

    def _without_parts(self, text: str, ids: Collection[str]) -> str:
        if len(text) < RUN:
            return text
        patterns = self._patterns()
        spans = [*key_shapes.keys(text, ids), *_runs(patterns, text)]
        if spans or not patterns.by_runs:  # the search for whole keys is the slow one
            spans += _places(patterns.whole, text)
        if patterns.runs_with_separators is not None:
            spans += (match.span(1) for match in patterns.runs_with_separators.finditer(text))
        return _masked(text, spans)

    def suspects(self, value: object) -> bool:
        """Whether a foreign JSON value may contain anything to take out. Fast if it does not."""
        text = json.dumps(value, ensure_ascii=False, default=str)
        return self.foreign(text) != text

    def document(self, value: object, *, data: bool = False) -> object:
        """Redact each text in a JSON value of this program. It stays JSON whatever the secrets are."""
        if isinstance(value, dict):
            return {key: self.document(item, data=data or key in _DATA) for key, item in value.items()}
        if isinstance(value, list):
            return [self.document(item, data=data) for item in value]
        if not isinstance(value, str):
            return value
        return self.data(value) if data else self(value)


def tree(value: object, redact: Callable[[str], str]) -> object:
    """Redact each text and each name in a foreign JSON value."""
    if isinstance(value, dict):
        return {redact(str(key)): tree(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [tree(item, redact) for item in value]
    return redact(value) if isinstance(value, str) else value


def holds(text: str, secret: str) -> bool:
    """Whether `text` contains `secret`, in any case and with any separators, with or without its prefix."""
    if len(secret) < SHORTEST:
        return False
    wanted = folded(_secret_part(secret))
    return secret in text or (len(wanted) >= RUN and any(wanted in view for view in views(text)))


# --- finding


def _places(pattern: re.Pattern[str] | None, text: str) -> Iterator[key_shapes.Span]:
    return (match.span() for match in pattern.finditer(text)) if pattern is not None else iter(())


def _runs(patterns: _Patterns, text: str) -> Iterator[key_shapes.Span]:
    """The places of parts of keys. A long text is searched window by window, because places take memory."""
    if patterns.blocks:
        for at in range(0, max(1, len(text) - _OVERLAP), _WINDOW - _OVERLAP):
            window = text[at : at + _WINDOW] if len(text) > _WINDOW else text
            if any(_suspected(patterns, view) for view in views(window)):
                yield from ((at + start, at + end) for start, end in _runs_in(patterns, window))
            if window is text:
                break


def _suspected(patterns: _Patterns, view: bytes) -> bool:
    return not patterns.blocks.isdisjoint([view[at : at + _BLOCK] for at in range(0, len(view), _BLOCK)])


def _runs_in(patterns: _Patterns, text: str) -> Iterator[key_shapes.Span]:
    for view in views_with_places(text):
        for at in range(len(view.text)):
            for size, runs in ((RUN, patterns.runs), (_RUN_IN_BASE64, patterns.runs_in_base64)):
                if view.text[at : at + size] in runs:
                    yield view.starts[at], view.ends[at + size - 1]


def _masked(text: str, spans: list[key_shapes.Span]) -> str:
    """`text` with one mask for all places that overlap or touch."""
    if not spans:
        return text
    parts, end = list[str](), -1
    for start, stop in sorted(spans):
        if start > end:
            parts += [text[max(end, 0) : start], MASK]
        end = max(end, stop)
    return "".join((*parts, text[end:]))


# --- knowing


def _patterns(secrets: set[str]) -> _Patterns:
    parts = [_secret_part(secret) for secret in secrets]
    plain_forms = {form for part in parts for form in _folded_forms(part)}
    base64_forms = {form for part in parts for form in _base64_forms(part)}
    runs = frozenset(_slices(plain_forms, RUN))
    runs_in_base64 = frozenset(_slices(base64_forms, _RUN_IN_BASE64))
    return _Patterns(
        _pattern(secrets),
        _pattern(secret for secret in secrets if _PREFIX.match(secret) or _NO_WORD.fullmatch(secret)),
        runs,
        runs_in_base64,
        frozenset(_slices(runs | runs_in_base64, _BLOCK)),
        _with_separators(parts),
        all(len(folded(part)) >= RUN for part in parts),
    )


def _with_separators(parts: Iterable[str]) -> re.Pattern[str] | None:
    """Finds runs that are long enough only if their separators count, as in a UUID."""
    runs = {part[at : at + RUN] for part in parts for at in range(len(part) - RUN + 1)}
    short = sorted(run for run in runs if _FEWEST <= len(folded(run)) < RUN)
    return re.compile(f"(?=({'|'.join(map(re.escape, short))}))", re.IGNORECASE) if short else None


def _secret_part(secret: str) -> str:
    """Return a key without its public part: LaunchDarkly's `api-`, Unleash's project and environment."""
    match = _PREFIX.match(secret)
    return secret[match.end() :] if match else secret


def _slices(texts: Iterable[bytes], size: int) -> Iterator[bytes]:
    return (text[at : at + size] for text in texts for at in range(len(text) - size + 1))


def _folded_forms(part: str) -> Iterator[bytes]:
    yield from views(part)
    yield from (folded(raw.hex()) for raw in _raw_forms(part))


def _base64_forms(part: str) -> Iterator[bytes]:
    """Inside a longer base64 text a key begins at one of three places; its inner part is the same for each."""
    for raw in _raw_forms(part):
        for lead in (0, 1, 2):
            whole = base64.b64encode(b"\0" * lead + raw).decode()
            certain = whole[lead + 1 if lead else 0 :].rstrip("=")
            yield folded(certain[:-1] if whole.endswith("=") else certain)


def _raw_forms(part: str) -> set[bytes]:
    """The bytes that may be encoded: as it is, in one case, without separators."""
    bare = "".join(filter(str.isalnum, part))
    forms = (form for text in (part, bare) for form in (text, text.lower(), text.upper()))
    return {form.encode("utf-8", "surrogatepass") for form in forms}


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in _spellings(secret)}
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if forms else None


def _spellings(secret: str) -> Iterator[str]:
    import html  # deferred: its table of entities is large

    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield html.escape(secret)  # in a picture
    # In Markdown; inside a sentence its first character means nothing. Blanks run together there, to nothing maybe.
    yield from (form for form in (plain(secret), plain(f"x{secret}")[1:]) if len(form) >= SHORTEST)
    for safe in ("", "/"):
        encoded = quote(secret, safe=safe, errors="replace")
        yield from (encoded, encoded.replace("%20", "+"), _PERCENT.sub(lambda escape: escape[0].lower(), encoded))
    raw = secret.encode("utf-8", "surrogatepass")
    for written in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield written.decode().rstrip("=")
    for lead in (0, 1, 2):
        inner = base64.b64encode(b"\0" * lead + raw).decode()[4 if lead else 0 :].rstrip("=")[:-1]
        yield inner


# --- folding

_ROUNDS = 3
"""A text may be encoded more than once: `%2541` is `%41`, which is `A`."""
_ESCAPE = re.compile(
    r"%[0-9A-Fa-f]{2}"
    r"|\\[0-3][0-7]{2}"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[bfnrtv]"
    r"|&#[xX][0-9A-Fa-f]{1,6};?|&#[0-9]{1,7};?|&[A-Za-z]{2,31};"
    r"|[\x1b\ufffd]\[[0-9;:?<>=]*[ -/]*[@-~]"  # a terminal's sequence, also after it was made harmless
    r"|0[xX](?=[0-9A-Fa-f]{2})"
)
_DROPPED = bytes(number for number in range(256) if not (number < 128 and chr(number).isalnum()))


def folded(text: str) -> bytes:
    """The letters and digits of `text` alone, in lower case. Escapes stay as they are."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)  # wide letters and letters in circles become plain
    return text.encode("ascii", "ignore").lower().translate(None, _DROPPED)


def views(text: str) -> Iterator[bytes]:
    """`text` folded as it is and, where it has escapes, after each round of decoding them."""
    yield folded(text)
    # One of these is in each escape. Written out, as this is done for every text.
    if "%" in text or "&" in text or "\\" in text or "0x" in text or "\ufffd" in text or "\x1b" in text or "0X" in text:
        for _ in range(_ROUNDS):
            before, text = text, _ESCAPE.sub(lambda match: _meaning(match[0]), text)
            if before == text:
                break
            yield folded(text)


def _meaning(escape: str) -> str:
    if escape[0] == "&":
        import html

        return html.unescape(escape if escape.endswith(";") else f"{escape};")
    if escape[0] == "%":
        return chr(int(escape[1:], 16))
    if escape[0] == "\\" and escape[1] in "uUx":
        number = int(escape[2:].strip("{}"), 16)
        return chr(number) if number <= 0x10FFFF else ""
    if escape[0] == "\\" and escape[1].isdigit():
        return chr(int(escape[1:], 8))
    return ""  # a line break, a terminal's sequence, 0x: nothing of a key


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that knows where each of its characters came from."""

    text: bytes
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def views_with_places(text: str) -> Iterator[Folded]:
    """The same as `views`. Slower by far: only for a text that is suspected."""
    characters = [(character, at, at + 1) for at, character in enumerate(text)]
    yield _kept(characters)
    for _ in range(_ROUNDS):
        fresh = list(_decoded_once(characters))
        if fresh == characters:
            break
        characters = fresh
        yield _kept(characters)


_Character = tuple[str, int, int]


def _decoded_once(characters: list[_Character]) -> Iterator[_Character]:
    text = "".join(character for character, _, _ in characters)
    end = 0
    for match in _ESCAPE.finditer(text):
        yield from characters[end : match.start()]
        start, stop = characters[match.start()][1], characters[match.end() - 1][2]
        yield from ((character, start, stop) for character in _meaning(match[0]))
        end = match.end()
    yield from characters[end:]


def _kept(characters: list[_Character]) -> Folded:
    plain_letters = (
        (letter, start, end)
        for character, start, end in characters
        for letter in unicodedata.normalize("NFKD", character)
    )
    kept = [place for place in plain_letters if place[0].isascii() and place[0].isalnum()]
    text = "".join(character for character, _, _ in kept).lower().encode()
    return Folded(text, tuple(start for _, start, _ in kept), tuple(end for _, _, end in kept))
