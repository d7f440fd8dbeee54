"""Step 2: the instance, your token, and the project."""

from __future__ import annotations

from tui.answers import checks, remarks
from tui.answers import draft as drafts
from tui.answers.builtin import CONFIG_NAME, HOST, PROJECT, TOKEN
from tui.answers.fields import Variable
from tui.answers.finding import Level
from tui.launchdarkly.instances import INSTANCES, instance
from tui.net.errors import Failure
from tui.plain import fields, storing
from tui.plain import help as pages
from tui.plain.asking import Option
from tui.plain.walk import Walk
from tui.wizard.picks import fetch_for


def ask(walk: Walk) -> None:
    """Ask for the instance, your token, and the project."""
    walk.head("launchdarkly")
    storing.prepare(walk, "launchdarkly")
    fields.ask_all(walk, "launchdarkly", {HOST.key: ask_host, TOKEN.key: ask_token, PROJECT.key: _ask_project})


def ask_host(walk: Walk, field: Variable) -> None:
    """Ask for the instance: a known one, or an address."""
    session = walk.session
    if walk.practicing:
        where = drafts.value(session.draft, HOST.key)
        walk.say("note", f"Instance: demo server, {where}. Type fill to fill in this step with the demo values.")
        return
    options = tuple(Option(each.key, each.name) for each in INSTANCES)
    names = ", ".join(f"{number} {each.name}" for number, each in enumerate(INSTANCES, 1))
    while True:
        now = _instance_name(walk)
        reply = walk.ask.choose(
            f"Instance: {names}, or an address", options, now, help=pages.of_field(walk, field), shown=False, other=True
        )
        before = drafts.value(session.draft, HOST.key)
        if reply.text != now:
            session.put(HOST.key, reply.text)
        changed = drafts.value(session.draft, HOST.key) != before
        if fields.check(walk, field, changed=changed):
            if changed:
                storing.prepare(walk, "launchdarkly")  # its entries are named by instance
            return


def _instance_name(walk: Walk) -> str:
    host = drafts.value(walk.session.draft, HOST.key)
    try:
        known = instance(host)
    except ValueError:
        return host
    return known.name if any(known.key == each.key for each in INSTANCES) else host


def ask_token(walk: Walk, field: Variable) -> None:
    """Ask for your token. A rejected one is sent to another instance only if the user names it."""
    session = walk.session
    while True:
        before = drafts.answer(session.draft, TOKEN.key).revision
        reply = walk.ask.ask_hidden(field.label, fields.shown_value(walk, field), help=pages.of_field(walk, field))
        others = {} if walk.practicing else dict(checks.other_instances(session.draft))
        moved = reply.text.strip().casefold() in others
        if moved:
            session.put(HOST.key, reply.text.strip().casefold())
            walk.say("note", f"Trying {others[reply.text.strip().casefold()]}.", indent=2)
        else:
            fields.accept(walk, field, reply)
        changed = moved or drafts.answer(session.draft, TOKEN.key).revision != before
        if fields.check(walk, field, changed=changed):
            return
        if others := {} if walk.practicing else dict(checks.other_instances(session.draft)):
            walk.say("note", f"Enter it again, or type {_listed(tuple(others))} to try it there.", indent=2)


def _listed(names: tuple[str, ...]) -> str:
    """ "us, eu, or federal"."""
    *most, last = names
    return f"{', '.join(most)}{',' if len(most) > 1 else ''} or {last}" if most else last


def _ask_project(walk: Walk, field: Variable) -> None:
    session = walk.session
    if checks.must_ask_project_again(session.draft):
        session.ask_again(PROJECT.key)
    if not drafts.value(session.draft, PROJECT.key):
        _count_projects(walk)
    fields.ask_field(walk, field, label="Project, or list and part of its name")
    _offer_imports(walk)


def _count_projects(walk: Walk) -> None:
    """Say how many projects there are; the only one is proposed."""
    session = walk.session
    fetch = fetch_for(session, PROJECT.key)
    if checks.token_owner(session.draft) is None or fetch is None:
        return

    async def first() -> tuple[int | None, str]:
        picks = await fetch("", 0)
        return picks.total, picks.items[0].value if len(picks.items) == 1 else ""

    try:
        total, only = walk.do(first())
    except Failure as failure:
        walk.say("unknown", f"Can't read the list of projects. {failure.what}")
        return
    if total == 1 and only:
        session.pick(PROJECT.key, only, "the only project your token can see")
    elif total is not None:
        walk.say("note", f"Your token can see {total:,} projects.")


def _offer_imports(walk: Walk) -> None:
    """Offer to look at the imports that the line below the project warned about, and check again afterwards."""
    session = walk.session
    imports = checks.imported_already(session.draft) if PROJECT.key in session.draft.checks else ()
    warned = any(f.level is Level.WARNING for f in remarks.findings(session.draft, PROJECT.key))
    if not imports or not warned:
        return
    it = "it" if len(imports) == 1 else "them"
    if walk.ask.ask(f"Type open to see {it}, or Enter to continue", "continue").text.casefold() != "open":
        return
    from tui.plain.configurations import show

    show(walk, imports)
    for key in (TOKEN.key, PROJECT.key, CONFIG_NAME.key):
        session.ask_again(key)
    for key in (TOKEN.key, PROJECT.key):
        if session.due(key):
            fields.run_check(walk, key)
