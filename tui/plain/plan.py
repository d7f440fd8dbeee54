"""Step 5: both sides are read, the losses are confirmed one by one, and the flags can be looked at."""

from __future__ import annotations

from contextlib import aclosing, suppress

from tui.answers import changes, plan_state, remarks
from tui.answers import draft as drafts
from tui.net.events import Pausing
from tui.plain import flags
from tui.plain.asking import Back, found
from tui.plain.saving import save
from tui.plain.walk import Moved, Progress, Stopped, Walk
from tui.plan import words
from tui.plan.plan import Plan
from tui.plan.words import KINDS, kind_label
from tui.wizard import plan_words, remedies, saving
from tui.wizard.walk import next_step


def ask(walk: Walk) -> None:
    """Read the plan unless it is fresh, have its losses confirmed, and ask what to look at before going on."""
    walk.head("plan")
    session = walk.session
    session.look_at_clock()
    if plan_words.usable(session.draft):
        _show(walk)
    else:
        _read(walk)
    _confirm_losses(walk)
    while not _menu(walk):
        pass


def _read(walk: Walk) -> None:
    session = walk.session
    if plan_words.never(session.draft) is None:
        walk.say("note", f"{plan_words.READING}. Nothing is changed on either side.")
        session.reading = None
        with suppress(Stopped):
            walk.do(_reading(walk), {"stop": lambda: session.reading.stop() if session.reading else None})
    _show(walk)


async def _reading(walk: Walk) -> None:
    session, progress = walk.session, Progress(walk)
    async with aclosing(session.read_plan()) as events:
        async for event in events:
            if isinstance(event, Pausing):
                level, text = plan_words.pause(event, session.context.now())
                progress.show(level, text, now=True)
            elif session.reading is not None:
                progress.show("note", f"{', '.join(count.words for count in session.reading.counted)}.{_stop(walk)}")


def _stop(walk: Walk) -> str:
    """How to stop, where what is typed is looked at."""
    return " Type stop to keep the flags read so far." if walk.terminal.watchable is not None else ""


def _show(walk: Walk) -> None:
    """Say how many flags will be imported, and what that costs; or why there is no plan."""
    draft = walk.session.draft
    if (never := plan_words.never(draft)) is not None:
        walk.say(never[0], f"{never[1]}. {never[2]}")
        return
    plan = draft.plan
    if plan is None:
        walk.say("problem", plan_words.heading(draft))
        return
    level, headline = words.headline(plan)
    walk.say(level, f"{headline}. {words.when_read(plan)}")
    for _, text in words.verdicts(plan) if plan.counts.source else ():
        walk.terminal.say(text, indent=2)
    fault = plan_words.fault(draft)
    walk.say("problem", fault)
    if not fault:
        for level, text in words.warnings(plan):
            walk.say(level, f"{text}.")
    for text in plan.notes:
        level, note = words.note(text)
        walk.say(level, note)


# --- losses


def _confirm_losses(walk: Walk) -> None:
    """Have each kind of loss confirmed. Going back leaves the rest for later."""
    draft = walk.session.draft
    plan = draft.plan
    if plan is None or plan_words.never(draft) is not None or plan_words.fault(draft) or not plan_state.unseen(draft):
        return
    walk.say("note", plan_words.LOSSES_TEXT)
    with suppress(Back):
        while unseen := plan_state.unseen(walk.session.draft):
            _confirm(walk, plan, unseen[0])


def _confirm(walk: Walk, plan: Plan, kind: str) -> None:
    kinds = list(plan.losses)
    place = f"Loss {kinds.index(kind) + 1} of {len(kinds)}"
    text = f"{place}, {kind_label(kind)}, {words.flags(plan.losses[kind])}: {KINDS.get(kind, '')}"
    reply = walk.ask.ask(f"{text}. Type ok, flags, or ok all", lists=lambda text: flags.show_loss(walk, kind, text))
    answer = reply.text.casefold()
    draft = walk.session.draft
    if answer == "ok all":
        walk.session.draft = plan_state.see(draft, draft.seen | plan.losses.keys())
    elif answer == "ok":
        walk.session.draft = plan_state.see(draft, draft.seen | {kind})
    elif answer == "flags":
        flags.show_loss(walk, kind, "")
    else:
        walk.say("problem", "Type ok to confirm this kind, flags to list its flags, or ok all to confirm every kind.")


# --- what to do with the plan


def _menu(walk: Walk) -> bool:
    """Ask for one command. Returns whether the walk goes on to another step."""
    draft = walk.session.draft
    plan = draft.plan if plan_words.never(draft) is None else None
    ready = not remarks.problems(draft, "plan")
    names = ["next"]
    if plan is not None and plan.flags:
        names += ["on", "cannot", "flags", "find TEXT", "flag KEY", "save"]
    if plan_state.unseen(draft) and not plan_words.fault(draft):
        names.append("losses")
    names.append("reload")
    field = plan_words.field_at_fault(draft, plan) if plan is not None else ""
    if field:
        names.append(f"fix ({remarks.label(draft, field)})")
    if plan_words.may_go_without(draft) and not draft.without_plan:
        names.append("without")
    commands = {
        "next": lambda rest: True,
        "on": lambda rest: flags.show_filter(walk, "on", rest),
        "cannot": lambda rest: flags.show_filter(walk, "cannot", rest),
        "flags": lambda rest: flags.show_flags(walk, rest),
        "find": lambda rest: flags.find(walk, rest),
        "flag": lambda rest: flags.show_flag(walk, rest),
        "source": lambda rest: flags.show_definition(walk, rest),
        "save": lambda rest: _save(walk, rest),
        "losses": lambda rest: _confirm_losses(walk),
        "reload": lambda rest: _read_again(walk),
        "fix": lambda rest: _fix(walk, field),
        "without": lambda rest: _go_without(walk),
    }
    default = "next" if ready else "without" if "without" in names else "losses" if "losses" in names else "reload"
    if default == "without":
        default = ""  # going on without a plan takes a word of its own
    reply = walk.ask.ask(f"Plan: {', '.join(names)}", default, lists=lambda text: flags.show_flags(walk, text))
    do = found(commands, reply)
    if do is None:
        walk.say("problem", "Type one of these words, or help.")
        return False
    return do() is True and _next(walk)


def _next(walk: Walk) -> bool:
    session = walk.session
    session.look_at_clock()
    draft = session.draft
    if wrong := remarks.answer_problems(draft):
        step = drafts.step_of(draft, wrong[0].field)
        session.draft = changes.go(changes.touch(draft, step), step)
        return True
    if blocking := remarks.problems(draft, "plan"):
        walk.say("problem", remedies.text(blocking[0]))
        return False
    session.draft = next_step(draft)
    return True


def _read_again(walk: Walk) -> None:
    _read(walk)
    _confirm_losses(walk)


def _fix(walk: Walk, field: str) -> None:
    """Go to the field that the failure of the reading names."""
    session = walk.session
    if not field:
        walk.say("note", "There is nothing to fix.")
        return
    session.draft = changes.go(session.draft, drafts.step_of(session.draft, field))
    raise Moved


def _go_without(walk: Walk) -> None:
    session = walk.session
    if not plan_words.may_go_without(session.draft):
        walk.say("note", "There is a complete plan.")
        return
    session.draft = plan_state.go_without(session.draft, True)
    walk.say("warning", "You are continuing without a complete plan. Review repeats this.")


def _save(walk: Walk, rest: str) -> None:
    session, plan = walk.session, walk.session.draft.plan
    if plan is None:
        walk.say("warning", "There is no plan to save yet.")
        return
    note = "" if plan.whole else saving.NO_JSON
    save(
        walk, saving.plan_kinds(session, plan, walk.folder), rest,
        lambda kind: saving.save_plan(session, plan, walk.folder, kind), note=note,
    )  # fmt: skip
