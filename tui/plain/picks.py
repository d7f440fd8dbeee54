"""Choose a value from a list that a server gives page by page."""

from __future__ import annotations

from collections.abc import Callable

from tui.net.errors import Failure, Kind, joined
from tui.plain.asking import Back
from tui.plain.walk import Walk
from tui.wizard import remedies
from tui.wizard.picks import FetchPicks, Pick, Picks


def choose(
    walk: Walk, fetch: FetchPicks, text: str, again: Callable[[], None] = lambda: None
) -> tuple[str, str] | None:
    """List what contains `text`, and ask for one. Returns its value and its words, None if the user goes back.

    `again` is called before the list is read again.
    """
    shown: list[Pick] = []
    picks = _page(walk, fetch, text, 0)
    while True:
        if picks is None:
            return None
        _write(walk, picks, shown)
        more = picks.total is not None and len(shown) < picks.total
        try:
            reply = walk.ask.ask(_prompt(len(shown), picks.total, more=more), lists=lambda rest: None)
        except Back:
            return None
        word = reply.text
        if reply.literal:
            return word, word
        if word.isascii() and word.isdigit() and 0 < int(word) <= len(shown):
            pick = shown[int(word) - 1]
            return pick.value, pick.label
        exact = next((pick for pick in shown if word in (pick.value, pick.label)), None)
        if exact is not None and word:
            return exact.value, exact.label
        if word.casefold() == "more" and more:
            picks = _page(walk, fetch, text, len(shown))
            continue
        if word.casefold() == "reload":
            again()
        elif word:
            text = word
        else:
            return None
        shown.clear()
        picks = _page(walk, fetch, text, 0)


def _page(walk: Walk, fetch: FetchPicks, text: str, offset: int) -> Picks | None:
    async def read() -> Picks:
        return await fetch(text, offset)

    try:
        return walk.do(read())
    except Failure as failure:
        instead = remedies.advice(failure.advice) if failure.kind is Kind.SOURCE else "Type the value instead."
        walk.say("unknown", f"Can't read the list. {joined(failure.what, instead)}")
        return None


def _write(walk: Walk, picks: Picks, shown: list[Pick]) -> None:
    known = {pick.value for pick in shown}
    for pick in picks.items:
        if pick.value not in known:
            shown.append(pick)
            label = pick.label if pick.label != pick.value else ""
            words = ", ".join(filter(None, (pick.value, label, pick.detail)))
            walk.terminal.say(f"{len(shown)} {words}", indent=2)
    if picks.note:
        walk.say("unknown", picks.note)


def _prompt(count: int, total: int | None, *, more: bool) -> str:
    if not count:
        return "Nothing matches. A part of its name, or back"
    of = f"{count:,} of {total:,}" if total is not None else f"{count:,}"
    return f"{of}. Number, part of a name, or more" if more else f"{of}. Number, or part of a name"
