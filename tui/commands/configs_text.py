"""Configurations as a person reads them in a terminal, and as a program reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.answers.fields import Form
from tui.configurations import listing
from tui.launchdarkly.models import Configuration
from tui.net.times import moment_json
from tui.text.cells import cells, fitted, padded
from tui.text.redact import MASK, Redactor

_LONGEST_CELL = 40
_HEADS = ("ID", "INTEGRATION", "PROJECT", "NAME", "STATUS", "LAST IMPORT", "LAST ERROR", "TAGS")


def as_json(
    one: Configuration, redactor: Redactor, form: Form | None = None, *, whole: bool = False
) -> dict[str, object]:
    """A configuration with LaunchDarkly's own words. Times are its milliseconds since the epoch, null if it gives none,
    and ISO 8601 under `<name>_at`.

    With `whole` also its settings: `config` holds no secret, and nothing that is not in the manifest; `secrets` are
    the keys of those that it has.
    """
    document: dict[str, object] = {
        "id": one.id,
        "integration": one.integration_key,
        "project": one.project_key,
        "name": one.exact_name,
        "tags": [*one.exact_tags],
        "status": one.status.status,
        **moment_json("last_import", one.status.last_import),
        **moment_json("last_error", one.status.last_error),
        "errors": [each for each, _ in listing.errors(one, redactor)],
    }
    if not whole:
        return document
    held, access = listing.held(one, form), one.access
    return document | {
        "version": one.version,
        "config": {setting.key: _shown(setting.value, redactor) for setting in held if not setting.secret},
        "secrets": [setting.key for setting in held if setting.secret and setting.variable and setting.value],
        "access": access and {
            "allowed": [action.action for action in access.allowed],
            "denied": [action.action for action in access.denied],
        },
    }  # fmt: skip


def _shown(value: object, redactor: Redactor) -> object:
    if isinstance(value, list):
        return [_shown(each, redactor) for each in value]
    return redactor.setting(value) if isinstance(value, str) else value


def table(there: Sequence[Configuration], redactor: Redactor) -> Iterator[str]:
    """A line for each, in columns; a long text is cut."""
    rows = [_HEADS, *(_row(each, redactor) for each in there)]
    widths = [max(cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(one: Configuration, redactor: Redactor) -> tuple[str, ...]:
    times = (listing.last_import(one), listing.last_error(one))
    texts = (one.id, one.integration_key, one.project_key, one.name, listing.state(one), *times, ", ".join(one.tags))
    return tuple(_cut(redactor.data(text)) for text in texts)


def _cut(text: str) -> str:
    return fitted(text, min(cells(text), _LONGEST_CELL)).rstrip() or "-"


def line(one: Configuration) -> str:
    """One configuration in a sentence."""
    return f'"{one.name}" imports from {one.integration_key} into {one.project_key}; status {listing.state(one)}.'


def report(one: Configuration, form: Form | None, redactor: Redactor) -> Iterator[str]:
    """Everything about one, in rows."""
    yield one.name or one.id
    for label, _, text in listing.details(one, form, redactor):
        yield _pair(label, text)
    if one.config is None:
        yield _pair("Settings", "not shown by LaunchDarkly")
    for label, text in listing.settings(one, form, redactor):
        yield _pair(label, "a key is kept" if text == MASK else text)
    for error, cause in listing.errors(one, redactor):
        yield _pair("Error", error)
        if cause:
            yield _pair("", cause)


def _pair(label: str, text: str) -> str:
    return f"  {label:<22}{text}"
