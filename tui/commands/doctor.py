"""`ld-flag-import doctor`: whether this machine can run an import, and what to do where it can't."""

from __future__ import annotations

import asyncio
import os
import re
import select
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

from tui.answers import draft as drafts
from tui.answers.builtin import HOST
from tui.commands import doctor_checks, doctor_hosts
from tui.commands.case import RecipeOptions, inputs_of
from tui.commands.doctor_checks import Check, Screen
from tui.commands.doctor_hosts import Host
from tui.commands.output import Output
from tui.commands.surroundings import Surroundings
from tui.launchdarkly.instances import INSTANCES, Instance, instance
from tui.net.address import AddressError, normal_base_url
from tui.net.errors import Failure, Kind, Safe
from tui.sources.registry import SOURCES
from tui.text.phrases import count

_NO_KEY = "/api/v2/caller-identity"
_PATHS = {"split": "/workspaces?limit=1", "unleash": "/health"}
"""Any response proves that the server is there; without a key LaunchDarkly's and Split's are 401."""
_ANSWERS_WITHIN = 0.3
_ASK_PASTE = b"\x1b[?2004$p"  # DECRQM: whether mode 2004, bracketed paste, is known


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """The command line. Without a recipe, only LaunchDarkly and Split's usual address are checked."""

    recipe: Path | None = None
    host: str = ""
    manifests: tuple[Path, ...] = ()
    as_json: bool = False


def run(options: DoctorOptions, surroundings: Surroundings) -> int:
    """Print every check. Return 0 if nothing stops an import, 2 for a wrong setting, 5 for an unreachable host."""
    output = surroundings.output(options.as_json)

    async def main() -> int:
        try:
            hosts = _hosts(options, surroundings)
        except Failure as failure:
            return output.fail(failure)
        found = await _checks(surroundings, hosts)
        codes = [check.exit_code for check in found]
        code = 2 if 2 in codes else max(codes, default=0)
        _print(output, found, code)
        return code

    return surroundings.run(main, lambda: output.say("Stopped. Nothing was changed."))


async def _checks(surroundings: Surroundings, hosts: tuple[Host, ...]) -> list[Check]:
    environ, context = surroundings.environ, surroundings.context
    screen = screen_of(surroundings.out, surroundings.input)
    here = [
        *doctor_checks.versions(),
        *doctor_checks.terminal(environ, screen),
        *doctor_checks.connection(environ),
        *doctor_checks.state(),
        *doctor_checks.variables(environ),
    ]
    asked = asyncio.gather(*(doctor_hosts.checks(host, context) for host in hosts))
    key = await doctor_checks.keyring(surroundings.keyring, context.timer)
    return [*here, key, *chain.from_iterable(await asked)]


def _hosts(options: DoctorOptions, surroundings: Surroundings) -> tuple[Host, ...]:
    """Return the servers to check. Raises Failure RECIPE for a bad recipe or --host."""
    base = surroundings.environ.get("LD_BASE_URI", "").strip()
    if options.recipe is None:
        place, text = ("--host", options.host) if options.host else ("LD_BASE_URI", base or INSTANCES[0].key)
        try:
            chosen = instance(text)
        except AddressError as error:
            raise Failure(Kind.RECIPE, f"{place}: {error}", safe=Safe.NOTHING_SENT, field="host") from None
        return _launchdarkly(chosen, place), _source("split", SOURCES["split"].default_address)
    draft = inputs_of(
        RecipeOptions(options.recipe, options.host, manifests=options.manifests), surroundings
    ).recipe.draft
    here = _launchdarkly(instance(drafts.value(draft, HOST.key)), "the recipe")
    try:
        return here, _source(draft.integration, normal_base_url(drafts.source_address(draft)).url)
    except AddressError:  # a source that this program doesn't read
        return (here,)


def _launchdarkly(chosen: Instance, place: str) -> Host:
    usual = chosen in INSTANCES
    name = f"LaunchDarkly {chosen.name}" if usual else f"LaunchDarkly at the address in {place}"
    return Host(name, chosen.url, _NO_KEY)


def _source(integration: str, url: str) -> Host:
    source = SOURCES[integration]
    usual = url == source.default_address
    return Host(source.name if usual else f"{source.name} at the address in the recipe", url, _PATHS[integration])


def _print(output: Output, found: list[Check], code: int) -> None:
    if output.as_json:
        checks: list[dict[str, object]] = [
            {"name": check.name, "level": check.level, "text": check.text, "next": check.next} for check in found
        ]
        output.document({"checks": checks, "exit": code})
        return
    for check in found:
        words = f"{check.name}: {check.text}{f' {check.next}' if check.next else ''}"
        output.lines(output.style.marked(check.level, words, output.width))
    output.line("")
    output.line(_conclusion(found))


def _conclusion(found: list[Check]) -> str:
    counts = {level: sum(check.level == level for check in found) for level in ("problem", "warning")}
    listed = " and ".join(count(number, level) for level, number in counts.items() if number)
    first = " Fix the problems first." if counts["problem"] else ""
    return f"{listed or 'No problems'}.{first} This contains no keys and no values of variables, so you can share it."


# --- the terminal


def screen_of(out: TextIO, typed: TextIO) -> Screen:
    """Return what the terminal says about itself. It is asked for bracketed paste, and has 0.3 seconds to respond."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    size = None
    with suppress(OSError, ValueError):
        if out.isatty():
            columns, rows = os.get_terminal_size(out.fileno())
            size = (columns, rows)
    if size is None or not typed.isatty() or sys.platform == "win32":
        return Screen(size, encoding)
    return Screen(size, encoding, _bracketed(typed.fileno()))


def _bracketed(terminal: int) -> bool | None:
    """Return whether the terminal marks pasted text, None if it doesn't say. What is typed meanwhile is dropped."""
    import termios
    import tty

    try:
        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal, termios.TCSANOW)
    except termios.error:
        return None
    try:
        os.write(terminal, _ASK_PASTE)
        answer, until = b"", time.monotonic() + _ANSWERS_WITHIN
        while not answer.endswith(b"$y") and (left := until - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                answer += os.read(terminal, 64)
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    state = re.search(rb"\x1b\[\?2004;([0-4])\$y", answer)
    return state[1] != b"0" if state else None
