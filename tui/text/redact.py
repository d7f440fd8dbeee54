"""Keys taken out of texts.

Two kinds of text are told apart. A *foreign* text (an error, a description, a header) comes from a server or a file
and goes through `foreign` whole, before it is cut or cleaned: it loses every part of a key, however it is written, and
everything with the shape of a key. A *finished* text has words of this program in it; the call alone takes whole keys
out of it and nothing else, so that those words stay. Flag keys, ids, names, and tags are *data*: they lose whole
tokens of LaunchDarkly and Unleash. A key of another kind may be an ordinary word, and then it stays in them.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tui.text import key_shapes
from tui.text.fold import folded, views, views_with_places
from tui.text.markdown import plain

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
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
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
    """Replaces the keys it knows by `MASK`. Its representation tells only how many it knows."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._held: dict[str, str] = {}
        self._ids: frozenset[str] = frozenset()
        self._secret_settings: dict[str, frozenset[str]] = {}
        self._known: _Known | None = None
        """Made when it is needed, not on each key press."""

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets())} secrets)"

    # --- what it knows

    def add(self, secret: str) -> None:
        """Remember a secret for as long as the program runs: it was sent, so that it may come back."""
        if len(secret) >= SHORTEST and secret not in self._used:
            self._used.add(secret)
            self._known = None

    def hold(self, slot: str, secret: str) -> None:
        """Remember what a field holds now, in place of what it held before: a key typed letter by letter would
        otherwise leave each of its beginnings."""
        if self._held.get(slot) != secret:
            self._held[slot] = secret
            self._known = None

    def exempt(self, ids: Iterable[str]) -> None:
        """Remember ids that only look like keys: a run of hexadecimal digits that is one of them stays."""
        self._ids |= {each.lower() for each in ids}

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

    def _all(self) -> _Known:
        if self._known is None:
            self._known = _known(self._secrets())
        return self._known

    # --- what it takes out

    def __call__(self, text: str) -> str:
        """A finished text without whole keys."""
        if len(text) < SHORTEST:
            return text
        return _masked(text, [*_places(self._all().whole, text), *key_shapes.tokens(text)])

    def data(self, text: str) -> str:
        """A flag key, an id, a name, or a tag without whole tokens of LaunchDarkly and Unleash."""
        if len(text) < SHORTEST:
            return text
        return _masked(text, [*_places(self._all().tokens, text), *key_shapes.tokens(text)])

    def foreign(self, text: str) -> str:
        """A foreign text without any part of a key. It must be whole: not cut, not cleaned, not put into a sentence."""
        return self._without_parts(text, self._ids)

    def setting(self, text: str) -> str:
        """The same for a setting that may be an id: one that is nothing but hexadecimal digits stays."""
        return self._without_parts(text, {*self._ids, text.lower()})

    def _without_parts(self, text: str, ids: Collection[str]) -> str:
        if len(text) < RUN:
            return text
        known = self._all()
        spans = [*key_shapes.keys(text, ids), *_runs(known, text)]
        if spans or not known.by_runs:  # the search for whole keys is the slow one
            spans += _places(known.whole, text)
        if known.runs_with_separators is not None:
            spans += (match.span(1) for match in known.runs_with_separators.finditer(text))
        return _masked(text, spans)

    def suspects(self, value: object) -> bool:
        """Whether a foreign JSON value may have anything in it that would be taken out; quick where it has not."""
        text = json.dumps(value, ensure_ascii=False, default=str)
        return self.foreign(text) != text

    def document(self, value: object, *, data: bool = False) -> object:
        """A JSON value of this program with each text in it redacted: it stays JSON whatever the secrets are."""
        if isinstance(value, dict):
            return {key: self.document(each, data=data or key in _DATA) for key, each in value.items()}
        if isinstance(value, list):
            return [self.document(each, data=data) for each in value]
        if not isinstance(value, str):
            return value
        return self.data(value) if data else self(value)


def tree(value: object, redact: Callable[[str], str]) -> object:
    """A foreign JSON value with each text and each name in it redacted."""
    if isinstance(value, dict):
        return {redact(str(key)): tree(each, redact) for key, each in value.items()}
    if isinstance(value, list):
        return [tree(each, redact) for each in value]
    return redact(value) if isinstance(value, str) else value


def holds(text: str, secret: str) -> bool:
    """Whether `secret` is in `text`, whole but for its prefix, its case, and its separators."""
    if len(secret) < SHORTEST:
        return False
    wanted = folded(_secret_part(secret))
    return secret in text or (len(wanted) >= RUN and any(wanted in view for view in views(text)))


# --- finding


def _places(pattern: re.Pattern[str] | None, text: str) -> Iterator[Span]:
    return (match.span() for match in pattern.finditer(text)) if pattern is not None else iter(())


def _runs(known: _Known, text: str) -> Iterator[Span]:
    """The places of parts of keys. A long text is looked at window by window, as places take memory."""
    if known.blocks:
        for at in range(0, max(1, len(text) - _OVERLAP), _WINDOW - _OVERLAP):
            window = text[at : at + _WINDOW] if len(text) > _WINDOW else text
            if any(_suspected(known, view) for view in views(window)):
                yield from ((at + start, at + end) for start, end in _runs_in(known, window))
            if window is text:
                break


def _suspected(known: _Known, view: bytes) -> bool:
    return not known.blocks.isdisjoint([view[at : at + _BLOCK] for at in range(0, len(view), _BLOCK)])


def _runs_in(known: _Known, text: str) -> Iterator[Span]:
    for view in views_with_places(text):
        for at in range(len(view.text)):
            for size, runs in ((RUN, known.runs), (_RUN_IN_BASE64, known.runs_in_base64)):
                if view.text[at : at + size] in runs:
                    yield view.starts[at], view.ends[at + size - 1]


def _masked(text: str, spans: list[Span]) -> str:
    """`text` with one mask for all places that overlap or touch."""
    if not spans:
        return text
    parts, end = [], 0
    for start, stop in _merged(spans):
        parts += [text[end:start], MASK]
        end = stop
    return "".join((*parts, text[end:]))


def _merged(spans: list[Span]) -> Iterator[Span]:
    first, *others = sorted(spans)
    start, end = first
    for fresh, stop in others:
        if fresh > end:
            yield start, end
            start = fresh
        end = max(end, stop)
    yield start, end


# --- knowing


def _known(secrets: set[str]) -> _Known:
    parts = [_secret_part(secret) for secret in secrets]
    plain_forms = {form for part in parts for form in _folded_forms(part)}
    base64_forms = {form for part in parts for form in _base64_forms(part)}
    runs = frozenset(_slices(plain_forms, RUN))
    runs_in_base64 = frozenset(_slices(base64_forms, _RUN_IN_BASE64))
    return _Known(
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
    """A key without what is no secret: LaunchDarkly's `api-`, Unleash's project and environment."""
    match = _PREFIX.match(secret)
    return secret[match.end() :] if match else secret


def _slices(texts: Iterable[bytes], size: int) -> Iterator[bytes]:
    return (text[at : at + size] for text in texts for at in range(len(text) - size + 1))


def _folded_forms(part: str) -> Iterator[bytes]:
    yield from views(part)
    yield from (folded(raw.hex()) for raw in _raw_forms(part))


def _base64_forms(part: str) -> Iterator[bytes]:
    """Inside a longer base64 text a key may begin at each of three places; its inner part is always the same."""
    for raw in _raw_forms(part):
        for lead in (0, 1, 2):
            whole = base64.b64encode(b"\0" * lead + raw).decode()
            certain = whole[lead + 1 if lead else 0 :].rstrip("=")
            yield folded(certain[:-1] if whole.endswith("=") else certain)


def _raw_forms(part: str) -> set[bytes]:
    """The bytes that may be encoded: as it is, in one case, without separators."""
    bare = "".join(filter(str.isalnum, part))
    forms = (form for each in (part, bare) for form in (each, each.lower(), each.upper()))
    return {form.encode("utf-8", "surrogatepass") for form in forms}


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in _spellings(secret)}
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if forms else None


def _spellings(secret: str) -> Iterator[str]:
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
