"""Step 9: an environment, both sides of its flags, and what a rebuild would set; each deed is a word."""

from __future__ import annotations

from collections.abc import Callable

from tui.answers import changes
from tui.answers import draft as drafts
from tui.net.errors import Failure
from tui.plain import help as pages
from tui.plain import rebuild_accept, rebuild_flags, rebuild_writes, resume
from tui.plain.asking import Back, Option, found
from tui.plain.walk import Moved, Progress, Stopped, Walk
from tui.plain.words import REBUILD_HELP
from tui.text.clean import clean
from tui.wizard import keys, rebuild_deeds, rebuild_words, remedies
from tui.wizard.rebuilding import Rebuilding, rebuilding_of

_DEEDS = ("accept", "apply", "approvals", "check", "turn-on", "take-back")
"""What can be done, in the order of the prompt."""


def ask(walk: Walk) -> None:
    """Ask for what is missing, read both sides, and ask what to do. Only the deeds that ask first send anything."""
    walk.head("rebuild")
    rebuilding = rebuilding_of(walk.session)
    try:
        _need_answers(walk, rebuilding)
        _need_keys(walk, rebuilding)
        if rebuilding.sides is not None:
            rebuild_flags.summarize(walk, rebuilding)
        while True:
            if rebuilding.environment is None:
                _choose_environment(walk, rebuilding)
            _menu(walk, rebuilding)
    except Back:
        if walk.session.run is not None:
            raise
        walk.session.draft = changes.go(walk.session.draft, walk.session.draft.furthest)
        raise Moved from None


# --- what is needed


def _need_answers(walk: Walk, rebuilding: Rebuilding) -> None:
    """Leave the step if flags can't be read: for the field at fault if there is one."""
    session = walk.session
    if not (why := rebuild_deeds.not_ready(rebuilding)):
        return
    for level, text in why:
        walk.say(level, text)
    if problems := rebuilding.problems():
        walk.say("problem", rebuild_deeds.NEEDS_ANSWERS)
        step = drafts.step_of(session.draft, problems[0].field)
        session.draft = changes.go(session.draft, step)
        raise Moved
    raise Back


def _need_keys(walk: Walk, rebuilding: Rebuilding) -> None:
    """Ask for your token and the source's key where they are missing: days later no key is there."""
    session = walk.session
    if rebuilding.missing_key():
        walk.do(keys.fetch_stored(session, "keys"), still="Asking the keyring")
    while lacks := rebuilding.missing_key():
        walk.say("note", rebuild_deeds.key_needed(rebuilding, lacks))
        label = drafts.variable(session.draft, lacks).label
        if not resume.ask_key(walk, f"Enter the {label}", lacks, rebuild_deeds.key_use(rebuilding, lacks)):
            raise Back


# --- the environment, and reading


def _choose_environment(walk: Walk, rebuilding: Rebuilding) -> None:
    """Ask for an environment if there are several, and read both sides."""
    while not rebuilding.environments:
        walk.say("note", f"{rebuild_deeds.READING_ENVIRONMENTS}.")
        try:
            walk.do(rebuilding.list_environments(Progress(walk).pauses), {"stop": walk.stop}, still="Waiting")
        except Failure as failure:
            walk.say("problem", remedies.sentence(failure))
        except Stopped:
            walk.say("note", "Stopped.")
        if not rebuilding.environments:
            _try_again(walk)
    there = rebuilding.environments
    key = there[0].key
    if len(there) > 1:
        walk.say("note", rebuild_words.CHOOSE)
        options = [Option(each.key, f"{clean(each.key)}: {rebuild_words.environment(each)}") for each in there]
        walk.ask.list_again()
        key = walk.ask.choose("Environment. Number or key", options).text
    rebuilding.choose(key)
    _read(walk, rebuilding)


def _try_again(walk: Walk) -> None:
    options = (Option("again", "Try again"), Option("leave", "Go back"))
    if walk.ask.choose("What next? Number", options, "1").text == "leave":
        raise Back


def _read(walk: Walk, rebuilding: Rebuilding) -> None:
    """Read both sides, and say what a rebuild would do with how many flags."""
    if rebuilding.environment is None:
        return
    title, text = rebuild_deeds.chosen(rebuilding.environment)
    walk.say("note", f"{title}. {text}")
    stop = " Type stop to stop." if walk.terminal.watchable is not None else ""
    walk.say("note", f"{rebuild_words.READING}{stop}")
    try:
        walk.do(rebuilding.read(Progress(walk).tells), {"stop": walk.stop})
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    except Stopped:
        walk.say("note", rebuild_words.stopped(writing=False))
        return
    rebuild_flags.summarize(walk, rebuilding)
    walk.say("note", rebuild_words.NOTHING_CHANGED)


# --- what to do


def _menu(walk: Walk, rebuilding: Rebuilding) -> None:
    """Ask for one word. Raises Moved once the walk goes to another step."""
    names = _names(walk, rebuilding)
    default = "reload" if rebuilding.sides is None else ""
    reply = walk.ask.ask(
        f"Rebuild: {', '.join(names)}",
        default,
        help=lambda: pages.show_step(walk, REBUILD_HELP),
        lists=lambda text: rebuild_flags.show(walk, rebuilding, text),
    )
    if rebuilding.sides is not None and (kind := rebuild_flags.filter_named(reply.text)):
        rebuild_flags.show(walk, rebuilding, kind)
        return
    do = found(_commands(walk, rebuilding), reply)
    if do is None:
        walk.say("problem", "Type one of these words, or help.")
        return
    try:
        do()
    except Back:
        walk.say("note", "Nothing was sent.")


def _names(walk: Walk, rebuilding: Rebuilding) -> list[str]:
    offered = rebuild_deeds.offered(rebuilding)
    names = [name.replace("-", " ") for name in _DEEDS if name in offered]
    if rebuilding.sides is not None:
        names += ["list", "find TEXT", "flag KEY"]
    if rebuilding.others or rebuilding.adopted:
        names.append("adopt KEY")
    names += [name for name in ("left", "environment") if name in offered]
    names.append("reload")
    if walk.session.run is not None:
        names.append("report")
    return names


def _commands(walk: Walk, rebuilding: Rebuilding) -> dict[str, Callable[[str], object]]:
    return {
        "accept": lambda rest: rebuild_accept.ask(walk, rebuilding),
        "ok": lambda rest: rebuild_accept.accept(walk, rebuilding, rest),
        "no": lambda rest: rebuild_accept.refuse(walk, rebuilding, rest),
        "apply": lambda rest: rebuild_writes.apply(walk, rebuilding),
        "approvals": lambda rest: rebuild_writes.request_approvals(walk, rebuilding),
        "check": lambda rest: rebuild_writes.check(walk, rebuilding),
        "turn": lambda rest: rebuild_writes.turn_on(walk, rebuilding),
        "take": lambda rest: rebuild_writes.take_back(walk, rebuilding),
        "left": lambda rest: rebuild_flags.show_left(walk, rebuilding),
        "find": lambda rest: rebuild_flags.find(walk, rebuilding, rest),
        "flag": lambda rest: rebuild_flags.show_flag(walk, rebuilding, rest),
        "adopt": lambda rest: rebuild_flags.adopt(walk, rebuilding, rest),
        "environment": lambda rest: _other_environment(rebuilding),
        "reload": lambda rest: _read_again(walk, rebuilding),
        "report": lambda rest: _report(walk),
    }


def _other_environment(rebuilding: Rebuilding) -> None:
    rebuilding.environment = None


def _read_again(walk: Walk, rebuilding: Rebuilding) -> None:
    _need_keys(walk, rebuilding)
    _read(walk, rebuilding)


def _report(walk: Walk) -> None:
    """Go to the report of the import, which counts what is rebuilt."""
    session = walk.session
    if session.run is None:
        walk.say("note", "There is no import yet, so there is no report.")
        return
    session.draft = changes.go(session.draft, "run")
    raise Moved
