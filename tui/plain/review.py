"""Step 6: everything once more. Only typing the project's key sends anything."""

from __future__ import annotations

from contextlib import suppress

from tui.answers import changes, plan_state, recipe, remarks, request
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, PROJECT
from tui.answers.finding import Level
from tui.answers.lookup import Standing
from tui.net.errors import Failure
from tui.plain import fields
from tui.plain.asking import Back, found
from tui.plain.walk import Moved, Walk
from tui.plan import words
from tui.text.clean import clean
from tui.wizard import launch, remedies, sending
from tui.wizard import walk as walking
from tui.wizard.review import Line, create_label, lead, leads_to, lines


def ask(walk: Walk) -> None:
    """Check the keys again, look up the name, show all answers, and ask what to do."""
    walk.head("review")
    session = walk.session
    session.ask_again(CONFIG_NAME.key)  # someone may have created one meanwhile
    session.look_at_clock()
    for key in session.pending():
        fields.run_check(walk, key)
    if session.due(CONFIG_NAME.key):
        fields.run_check(walk, CONFIG_NAME.key)
    _show(walk)
    while True:
        _menu(walk)


def _show(walk: Walk) -> None:
    session = walk.session
    walk.say("note", lead(session.draft))
    for number, line in enumerate(lines(session.draft), 1):
        walk.terminal.say(f"{number} {_of(line)}", indent=2)
    if (made := session.draft.checks.get(CONFIG_NAME.key)) is not None and made.level is not Level.OK:
        walk.say(made.level, remedies.text(made))


def _of(line: Line) -> str:
    from tui.plain.words import leveled

    text = f"{line.label}: {line.text}"
    return leveled(line.level, text) if line.level in (Level.PROBLEM, Level.WARNING, Level.UNKNOWN) else text


def _menu(walk: Walk) -> None:
    """Ask for one command. Raises Moved once the walk goes to another step."""
    draft = walk.session.draft
    usable = _usable(walk)
    other = "create only" if draft.starts else "create and start"
    names = ["create", other, "change NUMBER", "details", "curl", "recipe"]
    if usable:
        names.insert(1, "use")
    commands = {
        "create": lambda rest: _create(walk, rest),
        "use": lambda rest: _use(walk, usable=usable),
        "change": lambda rest: _change(walk, rest),
        "details": lambda rest: _details(walk),
        "curl": lambda rest: _curl(walk),
        "recipe": lambda rest: _save_recipe(walk),
    }
    reply = walk.ask.ask(f"Review: {', '.join(names)}", "create", lists=lambda text: _show(walk))
    if (do := found(commands, reply)) is None:
        walk.say("problem", "Type one of these words, or help. Nothing has been sent yet.")
        return
    do()


def _usable(walk: Walk) -> bool:
    """Whether the same configuration exists already, so that it can be used."""
    made = walk.session.draft.checks.get(CONFIG_NAME.key)
    return made is not None and isinstance(made.facts, Standing) and made.facts.same is not None


def _create(walk: Walk, rest: str) -> None:
    """Create, and start or not if the user says which."""
    starts = {"only": False, "and start": True}.get(rest.casefold())
    if rest and starts is None:
        walk.say("problem", "Type create, create only, or create and start. Nothing has been sent yet.")
        return
    if starts is not None:
        walk.session.draft = changes.start_too(walk.session.draft, starts)
    _send(walk, reuse=False)


def _change(walk: Walk, rest: str) -> None:
    """Go to the step of a line; its end leads back here."""
    shown = lines(walk.session.draft)
    if not (rest.isascii() and rest.isdigit() and 0 < int(rest) <= len(shown)):
        walk.say("problem", f"Type change and a number from 1 to {len(shown)}.")
        return
    _go(walk, shown[int(rest) - 1].step)


def _go(walk: Walk, step: str) -> None:
    walk.session.draft = walking.change(walk.session.draft, step)
    raise Moved


def _complete(walk: Walk) -> bool:
    wrong = remarks.problems(walk.session.draft, "review")
    if wrong:
        walk.say("problem", f"{remarks.label(walk.session.draft, wrong[0].field)}: {remedies.text(wrong[0])}")
    return not wrong


def _details(walk: Walk) -> None:
    if _complete(walk):
        walk.say("note", "The request, as it will be sent. Keys are hidden.")
        walk.terminal.copy(request.build(walk.session.draft).shown())


def _curl(walk: Walk) -> None:
    if _complete(walk):
        note = "For bash or zsh. Set the variables first. The keys stay out of the shell history and of `ps`."
        walk.say("note", f"The same request with curl. {note}")
        walk.terminal.copy(request.build(walk.session.draft).curl())


def _save_recipe(walk: Walk) -> None:
    if not _complete(walk):
        return
    draft = walk.session.draft
    made = recipe.write(draft)
    try:
        path = recipe.save(made, walk.folder, recipe.file_name(draft))
    except OSError as error:
        what = f"Can't save the recipe ({error.strerror})."
        walk.say("problem", f"{what} Start the wizard in a folder you can write to.")
        return
    first = f" Before you run it, set: {', '.join(made.must_be_set)}." if made.must_be_set else ""
    walk.say("ok", f"Saved {path.name} in {clean(str(path.parent))}. It contains no keys.{first}")


# --- sending


def _use(walk: Walk, *, usable: bool) -> None:
    if usable:
        _send(walk, reuse=True)
    else:
        walk.say("note", "There is no import with the same settings.")


def _send(walk: Walk, *, reuse: bool) -> None:
    """Ask to type the project's key, and go to Submit, which sends."""
    session = walk.session
    if (blocking := sending.blocking(session)) is not None:
        walk.say("problem", f"{remarks.label(session.draft, blocking.field)}: {remedies.text(blocking)}")
        step = leads_to(session.draft, blocking)
        walk.ask.ask(f"Enter to go to {step}", "go")
        _go(walk, step)
    with suppress(Back):
        if not walk.ask.typed(_question(walk, reuse=reuse), drafts.value(session.draft, PROJECT.key)):
            return
        if sending.blocking(session) is not None:  # the plan may have become too old meanwhile
            _send(walk, reuse=reuse)
            return
        try:
            launch.begin(session, reuse=reuse)
        except Failure as failure:
            walk.say("problem", f"Not sent. {remedies.sentence(failure)}")
            return
        session.draft = changes.go(session.draft, "submit")
        raise Moved


def _question(walk: Walk, *, reuse: bool) -> str:
    draft = walk.session.draft
    plan = draft.plan
    known = plan is not None and plan.whole and not plan_state.out_of_date(draft)
    count = f" {words.flags(plan.counts.arrive)}." if plan is not None and known else ""
    label = create_label(draft)
    return f"{label.replace('Create', 'Use that one', 1) if reuse else label}?{count}"
