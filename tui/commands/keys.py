"""`ld-flag-import keys list` and `forget`: the keys this program keeps in the keyring, never their values."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TextIO

from tui.commands.output import Output
from tui.net.errors import Failure, Kind
from tui.net.times import moment_json
from tui.secrets.key_index import Entry, IndexFileError
from tui.secrets.keyring_store import Keyring, Presence
from tui.secrets.states import State
from tui.text.cells import cells, padded
from tui.text.clean import clean
from tui.text.key_text import without_keys

_GONE = frozenset({State.OK, State.MISSING})
_STANDING = {True: "", False: "missing: no longer in the keyring", None: "not known whether still there"}
_NO_PRESENCE = Presence(State.READY, {}, "")


def run(
    action: Literal["list", "forget"],
    names: Sequence[str] = (),
    *,
    everything: bool = False,
    as_json: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
    keyring: Keyring | None = None,
) -> int:
    """List the entries, or forget those with these `names` (`everything`: all). Returns the exit code.

    0 when it is done, also where an entry was no longer in the keyring. 2 for a name that is not listed, and for a
    list that can't be used; nothing was removed then. 5 where the keyring did not let an entry be removed; those
    before it are gone.
    """
    output = Output(as_json, out or sys.stdout, err or sys.stderr)
    store = keyring or Keyring()
    try:
        entries = store.index.read()
        if action == "list":
            return asyncio.run(_list(store, entries, output))
        return asyncio.run(_forget(store, _chosen(entries, names, everything), output))
    except IndexFileError as error:
        return output.fail(Failure(Kind.RECIPE, str(error), "", "No key was touched."), keys=[])
    except Failure as failure:
        return output.fail(failure, keys=[])


async def _list(store: Keyring, entries: dict[str, Entry], output: Output) -> int:
    asked = await store.presence(tuple(entries)) if entries else _NO_PRESENCE
    if asked.said:
        output.say(asked.said)
    if output.as_json:
        keys = [_document(e, asked.present.get(e.user)) for e in entries.values()]
        output.document({"keys": keys})
    elif entries:
        for line in _table([_row(e, asked.present.get(e.user)) for e in entries.values()]):
            output.line(line)
    else:
        output.line("This program keeps no keys in the keyring.")
    return 0


def _document(entry: Entry, present: bool | None) -> dict[str, object]:
    created = moment_json("created", entry.created * 1000)
    return {"name": entry.user, "where": entry.label, **created, "present": present}


def _row(entry: Entry, present: bool | None) -> tuple[str, str, str, str]:
    return entry.user, entry.label, _date(entry.created), _STANDING[present]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(padded(c, w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _chosen(entries: dict[str, Entry], names: Sequence[str], everything: bool) -> list[str]:
    """The entries to forget. Raises Failure RECIPE (exit 2), before anything is removed."""
    if everything == bool(names):
        what = "Name the keys to forget, or give --all; not both, not neither."
        raise Failure(Kind.RECIPE, what, "", "Nothing was removed.")
    unknown = [_quotable(name) for name in names if name not in entries]
    if unknown:
        next_step = "See `ld-flag-import keys list` for the names; nothing was removed."
        raise Failure(Kind.RECIPE, f"No key is stored under {', '.join(unknown)}.", "", next_step)
    return list(entries) if everything else list(dict.fromkeys(names))


def _quotable(name: str) -> str:
    """A name to show: entries have a host and a slash, and what has none may be a key."""
    return clean(without_keys(name)) if "/" in name else "a name that is no entry's"


async def _forget(store: Keyring, names: Sequence[str], output: Output) -> int:
    done: list[dict[str, str]] = []
    for name in names:
        outcome = await store.forget(name)
        if outcome.state not in _GONE:  # the next would fare no better
            kind = Kind.TIMEOUT if outcome.state is State.TIMEOUT else Kind.UNREACHABLE
            return output.fail(Failure(kind, f"{name} was not removed.", outcome.said), keys=done)
        action = "forgotten" if outcome.state is State.OK else "was-missing"
        done.append({"name": name, "action": action})
        if not output.as_json:
            output.line(f"{name}: {outcome.said}")
    if output.as_json:
        output.document({"keys": done})
    elif not names:
        output.line("This program keeps no keys in the keyring; there was nothing to forget.")
    return 0


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%d %b %Y %H:%M")
    except (OverflowError, OSError, ValueError):
        return "date not known"
