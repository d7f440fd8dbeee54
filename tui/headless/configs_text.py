"""Configurations as a person reads them in a terminal, and as a program reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tui.flagimport import manage
from tui.flagimport.form import Form
from tui.launchdarkly.models import Configuration
from tui.text import MASK
from tui.text.cells import cells, fitted, padded

_LONGEST_CELL = 40
_HEADS = ("ID", "INTEGRATION", "PROJECT", "NAME", "STATUS", "LAST IMPORT", "LAST ERROR", "TAGS")


def as_json(one: Configuration, form: Form | None = None, *, whole: bool = False) -> dict[str, object]:
    """A configuration with LaunchDarkly's own words; times in milliseconds since the epoch, null for never.

    With `whole` also its settings: `config` holds no secret, and nothing that is not in the manifest; `secrets` are
    the keys of those that it has.
    """
    told: dict[str, object] = {
        "id": one.id,
        "integration": one.integration_key,
        "project": one.project_key,
        "name": one.name,
        "tags": [*one.tags],
        "status": one.status.status,
        "last_import": one.status.last_import,
        "last_error": one.status.last_error,
        "errors": [each for each, _ in manage.errors(one, str)],
    }
    if not whole:
        return told
    there, known = one.config or {}, form.variables if form else ()
    shown = {v.key: there[v.key] for v in known if v.key in there and not v.secret}
    access = one.access
    return told | {
        "version": one.version,
        "config": shown,
        "secrets": [v.key for v in known if v.secret and there.get(v.key)],
        "access": None
        if access is None
        else {"allowed": [a.action for a in access.allowed], "denied": [a.action for a in access.denied]},
    }


def table(there: Sequence[Configuration]) -> Iterator[str]:
    """A line for each, in columns; a long text is cut."""
    rows = [_HEADS, *(_row(each) for each in there)]
    widths = [max(cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(one: Configuration) -> tuple[str, ...]:
    times = (manage.when(one.status.last_import), manage.when(one.status.last_error))
    texts = (one.id, one.integration_key, one.project_key, one.name, manage.state(one), *times, ", ".join(one.tags))
    return tuple(map(_cut, texts))


def _cut(text: str) -> str:
    return fitted(text, min(cells(text), _LONGEST_CELL)).rstrip() or "-"


def line(one: Configuration) -> str:
    """One configuration in a sentence."""
    return f'"{one.name}" imports from {one.integration_key} into {one.project_key}; status {manage.state(one)}.'


def report(one: Configuration, form: Form | None, redact: Callable[[str], str]) -> Iterator[str]:
    """Everything about one, in rows."""
    yield one.name or one.id
    for fact in manage.facts(one, form, redact):
        yield _pair(fact.label, fact.text)
    if one.config is None:
        yield _pair("Settings", "not shown by LaunchDarkly")
    for label, text in manage.settings(one, form, redact):
        yield _pair(label, "a key is kept" if text == MASK else text)
    for error, cause in manage.errors(one, redact):
        yield _pair("Error", error)
        if cause:
            yield _pair("", cause)


def _pair(label: str, text: str) -> str:
    return f"  {label:<22}{text}"
