"""Ask the fields of a step, each with its check right after the answer. Also step 4, which has nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, TOKEN
from tui.answers.fields import Variable, joined, selected
from tui.answers.finding import Finding, Level
from tui.plain import help as pages
from tui.plain import picks, storing
from tui.plain.asking import Back, Option, Reply, matching
from tui.plain.walk import Progress, Stopped, Walk
from tui.plain.words import stem
from tui.wizard import remedies
from tui.wizard.groups import groups
from tui.wizard.picks import PICKABLE, fetch_for, read_again
from tui.wizard.walk import next_step

_STORE, _MORE = "store", "more"
"""Questions of a step that are no field: where its keys are stored, and whether to see the optional fields."""
Asks = Callable[[Walk, Variable], None]


def ask(walk: Walk) -> None:
    """Step 4: which flags are imported, what new flags get, and the import's name."""
    walk.head("fields")
    ask_all(walk, "fields")


def ask_all(walk: Walk, step: str, special: Mapping[str, Asks] | None = None) -> None:
    """Ask all fields of a step, and go to the next step. `special` are fields that the step asks itself."""
    opened: set[str] = set()

    def questions() -> list[str]:
        return list(_questions(walk, step, opened))

    def ask_one(key: str) -> None:
        if key == _STORE:
            storing.ask(walk, step)
        elif key != _MORE:
            (special or {}).get(key, ask_field)(walk, drafts.variable(walk.session.draft, key))
        elif _wants_more(walk, step):
            opened.add(step)

    at = len(questions()) - 1 if walk.backwards else 0
    walk.backwards = False
    while True:
        ask_in_order(walk, questions, ask_one, at)
        wrong = go_on(walk)
        if not wrong:
            return
        if wrong not in questions():
            opened.add(step)
        at = questions().index(wrong)


class _Skipped(BaseException):
    """The other questions are skipped."""


def _skip(rest: str) -> None:
    raise _Skipped


def ask_in_order(
    walk: Walk, questions: Callable[[], Sequence[str]], ask_one: Callable[[str], None], at: int = 0
) -> None:
    """Ask questions from the one at `at` on; which there are may depend on the answers.

    Going back leads to the question before; from the first one it raises Back. The word next skips the others.
    """
    with walk.ask.command("next", _skip):
        while at < len(keys := questions()):
            try:
                ask_one(keys[at])
            except Back:
                if not at:
                    raise
                at -= 1
            except _Skipped:
                return
            else:
                at += 1


def _questions(walk: Walk, step: str, opened: set[str]) -> Iterator[str]:
    """The questions of a step after the answers so far, in order: where keys are stored comes right after them."""
    session = walk.session
    stores = storing.is_asked(walk, step)
    for group in groups(session.draft, step):
        if group.title:
            if stores:
                yield _STORE
            stores = False
            yield _MORE
            if step not in opened:
                continue
        for field in group.fields:
            yield field.key
            if stores and field.key == TOKEN.key:
                yield _STORE
                stores = False
    if stores:
        yield _STORE


def _wants_more(walk: Walk, step: str) -> bool:
    """Ask whether to see the fields that most people leave as they are."""
    session = walk.session
    group = next(group for group in groups(session.draft, step) if group.title)
    shown = ", ".join(filter(None, (_in_words(walk, field) for field in group.fields)))
    wrong = any(f.level is Level.PROBLEM for field in group.fields for f in remarks.findings(session.draft, field.key))
    return walk.ask.confirm(f"{group.title}: {shown}. Change?", default=wrong)


def _in_words(walk: Walk, field: Variable) -> str:
    value = shown_value(walk, field)
    return f"{field.label} {value}" if value else field.label


def go_on(walk: Walk) -> str:
    """Make the checks that other answers have made due, and go to the next step. Returns "", or the field whose
    problem keeps the walk on this one."""
    session = walk.session
    step = session.draft.step
    session.draft = changes.touch(session.draft, step)
    for field in drafts.fields(session.draft, step):
        if session.due(field.key, again=True):
            run_check(walk, field.key)
            line = remarks.line(session.draft, field.key)
            walk.say(line.level, f"{field.label}: {remedies.text(line)}", indent=2)
    if wrong := remarks.problems(session.draft, step):
        walk.say("problem", f"{remarks.label(session.draft, wrong[0].field)}: {remedies.text(wrong[0])}")
        return wrong[0].field
    session.draft = next_step(session.draft)
    return ""


def fill(walk: Walk) -> bool:
    """In practice, answer the fields of the step with the demo account's values, and go on. Returns False for a step
    without fields."""
    session = walk.session
    asked = drafts.fields(session.draft, session.draft.step)
    if not asked:
        return False
    session.fill_practice(session.draft.step)
    for field in asked:
        if field.role != "host" and (value := shown_value(walk, field)):
            walk.say("note", f"{field.label}: {value}.")
        check(walk, field, changed=not field.hidden)
    go_on(walk)
    return True


# --- one field


def ask_field(walk: Walk, field: Variable, *, label: str = "") -> None:
    """Ask for one field until its answer has no problem."""
    session, asked_again = walk.session, False
    while True:
        before = drafts.answer(session.draft, field.key).revision
        try:
            reply = _reply(walk, field, label or field.label)
        except _Picked as picked:
            session.pick(field.key, picked.value, picked.words)
            reply = Reply("")
        if reply.command()[0] == "use" and (offer := remarks.line(session.draft, field.key).offer) is not None:
            session.take(offer)
            if check(walk, field, changed=True):
                return
            asked_again = True
            continue
        accept(walk, field, reply)
        changed = asked_again or drafts.answer(session.draft, field.key).revision != before
        if check(walk, field, changed=changed):
            return
        asked_again = True


def _reply(walk: Walk, field: Variable, label: str) -> Reply:
    """Ask once, in the way that fits the kind of the field."""
    value, help_ = shown_value(walk, field), pages.of_field(walk, field)
    if field.secret:
        return walk.ask.ask_hidden(label, value, help=help_)
    if field.kind == "boolean":
        return Reply("true" if walk.ask.confirm(label, default=value == "yes", help=help_) else "false", literal=True)
    if field.kind in ("enum", "multiselect") and field.options:
        options = [Option(key, text) for key, text in field.options]
        if field.kind == "enum":
            return walk.ask.choose(label, options, value, help=help_)
        return _several(walk, label, options, value)
    lists = _lists(walk, field)
    hint = label if value or field.required else f"{label} (optional)"
    return walk.ask.ask(hint, value, help=help_, lists=lists)


def _several(walk: Walk, label: str, options: Sequence[Option], value: str) -> Reply:
    """Ask for any number of options, with commas between them."""

    def show(text: str = "") -> None:
        for number, option in enumerate(options, 1):
            if text.casefold() in option.text.casefold():
                walk.terminal.say(f"{number} {option.text}", indent=2)

    show()
    while True:
        reply = walk.ask.ask(f"{label}: numbers with commas between them", value, lists=show)
        if reply.text in (value, "-"):
            return reply
        keys = [matching(options, part.strip()) for part in reply.text.split(",") if part.strip()]
        if None not in keys:
            return Reply(joined(key for key in keys if key is not None), literal=True)
        walk.say("problem", f"Enter numbers from 1 to {len(options)}.")


class _Picked(BaseException):
    """A value was picked while a question was open."""

    def __init__(self, value: str, words: str) -> None:
        super().__init__(value)
        self.value, self.words = value, words


def _lists(walk: Walk, field: Variable) -> Callable[[str], None] | None:
    if field.role not in PICKABLE:
        return None

    def show(text: str) -> None:
        session = walk.session
        fetch = fetch_for(session, field.key)
        if fetch is None:
            walk.say("note", "There is no list without a key. Enter the key on the step before.")
            return
        if (picked := picks.choose(walk, fetch, text, lambda: read_again(session, field.key))) is not None:
            raise _Picked(*picked)

    return show


def accept(walk: Walk, field: Variable, reply: Reply) -> None:
    """Put a reply into the draft. The text in brackets means the answer that is there."""
    session, value = walk.session, shown_value(walk, field)
    if reply.text == "-" and not reply.literal:
        session.put(field.key, "")
    elif reply.text and (field.secret or reply.literal or reply.text != value):
        session.put(field.key, reply.text)
    elif not value:
        session.put(field.key, "")  # it was asked for, so a blank one may be a problem now


def check(walk: Walk, field: Variable, *, changed: bool) -> bool:
    """Check the answer, and say what is new about it. Returns whether there is no problem."""
    session = walk.session
    session.settle(field.key)
    due = field.key != CONFIG_NAME.key and session.due(field.key, again=True)  # the name is looked up at the end
    if (
        field.secret
        and changed
        and not session.practice
        and (facts := drafts.answer(session.draft, field.key).secret) is not None
    ):
        walk.say("note", f"{facts.length} characters.{' Checking.' if due else ''}", indent=2)
    if due:
        run_check(walk, field.key)
    line = remarks.line(session.draft, field.key)
    if changed or due or line.level is Level.PROBLEM:
        _tell(walk, field, line)
    return not any(f.level is Level.PROBLEM for f in remarks.findings(session.draft, field.key))


def run_check(walk: Walk, key: str) -> None:
    """Ask the server about a field, and replace names by ids that they certainly mean."""
    session, progress = walk.session, Progress(walk)

    async def checked() -> None:
        async for event in session.check(key):
            progress.pauses(event)

    session.ask_again(key)
    with suppress(Stopped):
        walk.do(checked(), still="Checking")
    for field in drafts.all_fields(session.draft):
        session.settle(field.key)


def _tell(walk: Walk, field: Variable, line: Finding) -> None:
    """Say what is known about an answer; a blank one and one that is fine need no word."""
    answer = drafts.answer(walk.session.draft, field.key)
    answered = bool(answer.value or answer.secret)
    if line.level is Level.NOTE and not (answered and (answer.said or answer.kept)):
        return
    if line.level is Level.OK and field.key in walk.session.draft.checks and field.secret:
        line = Finding(line.level, line.field, walk.session.draft.checks[field.key].text or line.text)
    walk.say(line.level, remedies.text(line), indent=2)
    if line.offer is not None:
        walk.say("note", f"Type use to enter {line.offer.label.removeprefix('Use ')}.", indent=2)


def shown_value(walk: Walk, field: Variable) -> str:
    """Return an answer as it is shown in brackets, "" for none."""
    session = walk.session
    answer = drafts.answer(session.draft, field.key)
    if field.secret:
        wrong = any(f.level is Level.PROBLEM for f in remarks.findings(session.draft, field.key))
        if answer.secret is None or wrong:
            return ""
        origin = remarks.origin(answer)
        return f"{answer.secret.length} characters{', ' + origin[:1].lower() + origin[1:] if origin else ''}"
    if field.kind == "boolean":
        return "yes" if answer.value == "true" else "no"
    labels = dict(field.options)
    if field.kind == "multiselect":
        return ", ".join(labels.get(value, value) for value in selected(field, answer.value))
    if field.role == "member-id" and answer.source and answer.value:
        return stem(answer.source)
    return labels.get(answer.value) or drafts.name(session.draft, answer.value)
