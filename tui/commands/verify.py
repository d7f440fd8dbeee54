"""`ld-flag-import verify RECIPE`: what arrived against what was planned. It writes nothing to LaunchDarkly."""

from __future__ import annotations

from typing import TypeVar

from tui.apply import journal as journals
from tui.apply.engine import incomplete
from tui.apply.verify import Promise, Verification, promise_of, verify
from tui.commands import verified
from tui.commands.case import Asked, Case, opened
from tui.commands.output import Output
from tui.commands.progress import Progress, terminal_width
from tui.commands.signals import to_the_end
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure
from tui.plan import reading
from tui.plan.plan import Plan, Verdict

T = TypeVar("T")
_DIFFERS = 6


def run(asked: Asked, around: Surroundings) -> int:
    """Compare, and print what is not as planned. Returns the exit code of contract §2: 6 for any difference."""
    output = Output(asked.as_json, around.out, around.err, around.context.redactor)
    try:
        with opened(asked, around) as case:

            async def main() -> int:
                return _print(await _verified(case), output)

            return to_the_end(
                main,
                ended=lambda: output.say("Ended before all was compared. Nothing was changed."),
                connections=around.context.connections,
            )
    except Failure as failure:
        return output.fail(failure)


async def _verified(case: Case) -> Verification:
    """The comparison; what was seen of the flags first is noted in the journal, if there is one. Raises Failure."""
    noted, progress = case.journal, case.progress()
    try:
        if noted is None or not noted.planned_at:
            promise = await _without_journal(case, progress)
        else:
            await case.token()
            promise = promise_of(noted, case.request.instance)
        found = await verify(promise, case.bag, case.context).finish(progress.happened)
    finally:
        progress.close()
    if noted is not None:
        seen = journals.verified(noted, found.arrived.values(), case.context.now())
        if seen is not noted:
            case.keep(seen)
    return found


async def _without_journal(case: Case, progress: Progress) -> Promise:
    """Every flag of the source that has a legal key (contract §4); nobody noted what stood there before."""
    request = await case.readable()
    plan = await reading.Reading(request, case.bag, case.context).read().finish(progress.happened)
    if not plan.whole:
        raise incomplete(plan)
    config = case.request.config
    tag = str(config.get("ldTag") or "")
    expected = tuple(
        journals.expected_of(each)
        for each in plan.flags
        if each.verdict not in (Verdict.INVALID_KEY, Verdict.DUPLICATE)
        and not _archived_before(plan, each.flag.key, tag)
    )
    return Promise(
        case.request.instance, case.request.project, expected, None, tag, str(config.get("ldMaintainer") or "")
    )


def _archived_before(plan: Plan, key: str, tag: str) -> bool:
    """An archived flag that lacks the tag is none that came by this import."""
    there = plan.existing.get(key)
    return there is not None and there.archived and bool(tag) and tag not in there.tags


def _print(found: Verification, output: Output) -> int:
    if output.as_json:
        output.document(verified.as_json(found))
    else:
        for line in verified.lines(found, terminal_width(output.out), output.redactor):
            output.line(line)
    return 0 if found.agrees else _DIFFERS
