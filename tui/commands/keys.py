"""`ld-flag-import keys list|forget`: the keys that this program stores in the keyring, never their values."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Literal, TextIO

from tui.commands.output import Output, table
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets.keyring import IndexFileError, Keyring, KeyringEntry
from tui.secrets.keyring_process import KeyringState
from tui.text.clean import clean
from tui.text.key_shapes import without_keys
from tui.text.times import iso_minute, moment_json

_YEAR_3000 = 32_503_680_000
_NOTES = {True: "", False: "no longer in the keyring", None: "can't tell whether it's still there"}


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
    """List the entries, or forget those with these `names` (all with `everything`). Return the exit code.

    0 on success, even if an entry was no longer in the keyring. 2 for an unknown name or an unusable list; nothing
    was removed then. 5 if the keyring refused to remove an entry; the entries before it are removed.
    """
    output = Output(as_json, out or sys.stdout, err or sys.stderr)
    keyring = keyring or Keyring()
    try:
        entries = keyring.index.read()
        if action == "list":
            return asyncio.run(_list(keyring, entries, output))
        return asyncio.run(_forget(keyring, _chosen(entries, names, everything), output))
    except IndexFileError as error:
        return output.fail(Failure(Kind.RECIPE, str(error), safe=Safe.NO_KEY_TOUCHED), keys=[])
    except Failure as failure:
        return output.fail(failure, keys=[])


async def _list(keyring: Keyring, entries: Mapping[str, KeyringEntry], output: Output) -> int:
    present: Mapping[str, bool] = {}
    if entries:
        result = await keyring.presence(tuple(entries))
        present = result.present
        if result.message:
            output.say(result.message)
    if output.as_json:
        output.document({"keys": [_as_json(entry, present.get(entry.user)) for entry in entries.values()]})
        return 0
    rows = [(e.user, e.label, _date(e.created), _NOTES[present.get(e.user)]) for e in entries.values()]
    if rows:
        output.lines(table([("NAME", "STORED IN", "SINCE", "NOTE"), *rows], widest=80))
    else:
        output.line("No keys are stored in the keyring.")
    return 0


def _date(seconds: float) -> str:
    return iso_minute(seconds) if 0 <= seconds < _YEAR_3000 else "date unknown"


def _as_json(entry: KeyringEntry, present: bool | None) -> dict[str, object]:
    created = moment_json("created", entry.created * 1000)
    return {"name": entry.user, "where": entry.label, **created, "present": present}


def _chosen(entries: Mapping[str, KeyringEntry], names: Sequence[str], everything: bool) -> list[str]:
    """Return the entries to forget. Raises Failure RECIPE before anything is removed."""
    if everything == bool(names):
        what = "Give key names or --all."
        raise Failure(Kind.RECIPE, what, safe=Safe.NOTHING_REMOVED)
    unknown = [_quotable(name) for name in names if name not in entries]
    if unknown:
        what = f"No key is stored under {', '.join(unknown)}."
        raise Failure(Kind.RECIPE, what, "", Remedy.LIST_KEYS, safe=Safe.NOTHING_REMOVED)
    return list(entries) if everything else list(dict.fromkeys(names))


def _quotable(name: str) -> str:
    """Return a name that may be shown. Entries have a host and a slash; a text without a slash may be a key."""
    return clean(without_keys(name)) if "/" in name else "that name"


async def _forget(keyring: Keyring, names: Sequence[str], output: Output) -> int:
    done: list[dict[str, str]] = []
    for name in names:
        result = await keyring.forget(name)
        if result.state not in (KeyringState.OK, KeyringState.MISSING):  # the next would fail too
            kind = Kind.TIMEOUT if result.state is KeyringState.TIMEOUT else Kind.UNREACHABLE
            return output.fail(Failure(kind, f"{name} wasn't removed.", result.message), keys=done)
        done.append({"name": name, "action": "forgotten" if result.state is KeyringState.OK else "was-missing"})
        if not output.as_json:
            output.line(f"{name}: {result.message}")
    if output.as_json:
        output.document({"keys": done})
    elif not names:
        output.line("No keys are stored in the keyring, so nothing was removed.")
    return 0
