"""`ld-flag-import verify RECIPE`: what arrived against what was planned. It writes nothing to LaunchDarkly."""

from __future__ import annotations

from contextlib import closing

from tui.apply import journal as journals
from tui.apply.engine import incomplete
from tui.apply.verify import Promise, Verification, promise_of, verify
from tui.commands import verified
from tui.commands.case import Around, Asked, Case, opened
from tui.commands.output import Output
from tui.commands.progress import Progress, result_of, terminal_width
from tui.commands.signals import to_the_end
from tui.net.errors import Failure
from tui.plan import reading
from tui.plan.plan import Plan, Verdict

_DIFFERS = 6


def run(asked: Asked, around: Around) -> int:
    """Compare, and print what is not as planned. Returns the exit code of contract §2: 6 for any difference."""
    output = Output(asked.as_json, around.out, around.err, around.tools.redactor)
    try:
        with opened(asked, around) as case:

            async def main() -> int:
                return _print(await _verified(case), output)

            return to_the_end(
                main,
                ended=lambda: output.say("Ended before all was compared. Nothing was changed."),
                connections=around.tools.connections,
            )
    except Failure as failure:
        return output.fail(failure)


async def _verified(case: Case) -> Verification:
    """Compare, and note the first sight of each flag in the journal, if there is one. Raises Failure."""
    journal = case.journal
    with closing(case.progress()) as progress:
        if journal is None or not journal.planned_at:
            promise = await _without_journal(case, progress)
        else:
            await case.token()
            promise = promise_of(journal, case.request.instance)
        verification = await result_of(verify(promise, case.bag, case.tools), progress)
    if journal is not None:
        later = journals.verified(journal, verification.arrived.values(), case.tools.now())
        if later is not journal:
            case.keep(later)
    return verification


async def _without_journal(case: Case, progress: Progress) -> Promise:
    """Expect every flag of the source that has a valid key (contract §4): nobody noted what was there before."""
    request = await case.readable()
    plan = await result_of(reading.Reading(request, case.bag, case.tools).read(), progress)
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
    """An archived flag that lacks the tag isn't of this import."""
    flag = plan.existing.get(key)
    return flag is not None and flag.archived and bool(tag) and tag not in flag.tags


def _print(verification: Verification, output: Output) -> int:
    if output.as_json:
        output.document(verified.as_json(verification))
    else:
        for line in verified.lines(verification, terminal_width(output.out), output.redactor):
            output.line(line)
    return 0 if verification.agrees else _DIFFERS
