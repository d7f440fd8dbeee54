"""Answers saved at each change of step and offered at the next start. Never a key, only the place of each.

The first screen reads the file, so plain `json` does it: pydantic isn't loaded by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.answers import created_key, steps
from tui.answers.created_key import CreatedKey
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary, write_private

if TYPE_CHECKING:
    from tui.answers.draft import Draft
    from tui.answers.fields import Form

VERSION = 1
FILE = "draft.json"
"""The name of the file in a state folder."""
_LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft as it was saved. `route` and `saved_at` are for the line that offers it."""

    integration: str
    step: str
    answers: tuple[tuple[str, str, str, bool], ...]
    """(key, value, source, touched) of each answer that is no secret."""
    keyring: tuple[str, ...]
    """The secret fields whose keys are stored in the keyring."""
    route: str
    saved_at: float
    """Seconds since the epoch."""
    starts: bool = True
    """Start the import as soon as its configuration exists."""
    import_keys: tuple[CreatedKey, ...] = ()
    """The import keys that the wizard created, or was about to create."""


def save(draft: Draft, path: Path, now: float, redact: Callable[[str], str] = str) -> None:
    """Write a draft to a file (0600, whole or not at all), unless it has no integration yet. Raises OSError.

    An answer with a key in it, or with a password in an address, is left out: `redact` changes one with a known key.
    """
    if draft.form is None:
        return
    from tui.answers import draft as drafts  # deferred, here and below: the first screen only loads
    from tui.answers.secret_facts import looks_secret

    answers, in_keyring = {}, []
    for key, answer in draft.answers.items():
        if not drafts.asks(draft, key):
            continue
        if answer.reference == drafts.KEYRING:
            in_keyring.append(key)
        authority = answer.value.partition("://")[2].partition("/")[0]
        has_key = looks_secret(answer.value) or "@" in authority or redact(answer.value) != answer.value
        if not (drafts.variable(draft, key).secret or has_key):
            answers[key] = {"value": answer.value, "source": answer.source, "touched": answer.touched}
    document = {
        "version": VERSION,
        "integration": draft.integration,
        "step": draft.step if steps.index(draft.step) < steps.index("submit") else "review",
        "answers": answers,
        "keyring": in_keyring,
        "starts": draft.starts,
        "import_keys": [asdict(key) for key in draft.import_keys],
        "route": redact(" -> ".join(filter(None, drafts.route(draft)))),
        "saved_at": now,
    }
    write_private(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def load(path: Path) -> Saved | None:
    """Return the saved draft; None if there is none, or if the file is something else. Never raises."""
    try:
        raw = read_ordinary(path, _LARGEST)
        if raw is None or len(raw) > _LARGEST:
            return None
        document = limited_json.parse_file(raw)
        if document["version"] != VERSION:
            return None
        step = str(document["step"])
        steps.index(step)
        return Saved(
            integration=str(document["integration"]),
            step=step,
            answers=tuple(
                (str(key), clean(str(a["value"]), multiline=True), clean(str(a["source"])), a["touched"] is True)
                for key, a in dict(document["answers"]).items()
            ),
            keyring=tuple(str(key) for key in document["keyring"]),
            route=clean(str(document["route"])),
            saved_at=float(document["saved_at"]),
            starts=document.get("starts") is not False,
            import_keys=created_key.read(document.get("import_keys") or ()),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def restore(saved: Saved, form: Form) -> Draft:
    """Return the draft on its step, without answers that the form no longer has. Keys must be entered again."""
    from tui.answers import changes
    from tui.answers import draft as drafts

    draft = changes.start_too(changes.choose(drafts.Draft(), form), saved.starts)
    draft = replace(draft, import_keys=saved.import_keys)
    for key, value, source, touched in saved.answers:
        try:
            if not drafts.variable(draft, key).secret:
                draft = changes.put(draft, key, value, source=source, touched=touched)
        except KeyError:
            continue
    # Keys aren't saved: past the steps that ask for them, the draft starts at the first one that needs a key.
    reachable = steps.index(saved.step) <= steps.index("launchdarkly")
    return changes.go(draft, saved.step if reachable else "launchdarkly")


def discard(path: Path) -> None:
    """Remove a saved draft, if there is one. One that can't be removed is offered again, which does no harm."""
    with suppress(OSError):
        path.unlink()
