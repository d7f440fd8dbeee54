"""One import as a front holds it: what it shows is kept, shown once, and no failure blocks the next step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace

import pytest

from tests.unit import run_tools
from tests.unit.report_tools import expected, journal
from tests.unit.run_tools import Time, begun, creates, deleted, flags_of, instructed, triggers
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import strangers
from tui.apply.engine import Import
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Resting, Started
from tui.apply.watch import Moved
from tui.context import Context
from tui.launchdarkly.instances import EU
from tui.net.errors import Failure, Kind, Remedy
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.secrets.bag import Bag
from tui.text.redact import Redactor
from tui.wizard.outcomes import report_of

FULL = Failure(Kind.INTERNAL, "The journal cannot be written.")


@dataclass
class Kept:
    """The journals that were written down; `refuses` says which cannot be."""

    journals: list[Journal] = field(default_factory=list)
    refuses: Callable[[Journal], bool] = lambda journal: False

    def __call__(self, journal: Journal) -> None:
        if self.refuses(journal):
            raise FULL
        self.journals.append(journal)

    @property
    def stages(self) -> list[Stage]:
        return [each.stage for each in self.journals]


async def created(box: Sandbox, integration: str = "unleash") -> tuple[Import, Kept]:
    """A configuration that exists and was not started."""
    made = await run_tools.run_of(box, integration)
    assert (await made.create()).configuration is not None
    kept = Kept()
    return Import(made.journal, made.request.instance, made.bag, made.context, kept), kept


async def start(run: Import) -> Started:
    return await run.start().finish()


async def watch(run: Import, looks: int = 1000) -> None:
    """Watch until the end, a failure, or this many pauses."""
    with suppress(Failure):
        async with aclosing(run.watch()) as events:
            async for event in events:
                looks -= isinstance(event, Resting)
                if not looks:
                    return


async def compare(run: Import) -> None:
    with suppress(Failure):
        await run.compare().finish()


async def finished(run: Import) -> None:
    await start(run)
    await watch(run)
    await compare(run)


def told(run: Import) -> int:
    """How many arrivals the news speak of."""
    texts = [each.text.partition(" and ") for each in run.news if each.level == "ok"]
    return sum(len(names.split(", ")) + int(more.removesuffix(" more") or 0) for names, _, more in texts)


async def test_from_the_start_to_the_comparison(box: Sandbox) -> None:
    run, kept = await created(box)
    assert run.planned
    assert (await start(run)).triggered
    assert (kept.stages[-1], run.begun, run.by_us, run.trouble, run.unsure) == (Stage.STARTED, True, True, None, False)
    await watch(run)
    assert (kept.stages[-1], run.status, run.resting, run.stuck) == (Stage.ENDED, "complete", None, None)
    assert run.arrived == told(run) == len(run.journal.expected)
    assert not report_of(run, {}).verified
    await compare(run)
    assert run.verification is not None
    assert run.verification.agrees
    assert kept.stages == [Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED]
    assert (creates(box), triggers(box)) == (1, 1)
    assert kept.journals[-1] == run.journal
    assert report_of(run, {}).verified
    assert not strangers()


async def test_import_watched_again_shows_nothing_twice(box: Sandbox) -> None:
    run, _ = await created(box)
    box.set_fault("import-error-then-success")
    await start(run)
    for looks in (1, 2, 1):
        await watch(run, looks)
        assert told(run) == run.arrived
    await watch(run)
    assert run.over
    assert told(run) == run.arrived == len(run.journal.expected)
    warnings = [each.text for each in run.news if each.level == "warning"]
    assert len(warnings) == len(set(warnings)) > 0
    assert any("trying again (503)" in each for each in warnings)
    moments = [each.at for each in run.news]
    assert moments == sorted(moments, reverse=True), "the newest first"


def moved(*fresh: str, errors: tuple[str, ...] = (), at: float = 5.0) -> Moved:
    return Moved("importing", len(fresh), 9, fresh, errors, at)


def quiet() -> Import:
    """An import that reaches no server."""
    return Import(journal(expected("a")), EU, Bag(Redactor()), Context(), lambda journal: None)


def test_imported_flags_are_named_as_far_as_they_fit() -> None:
    run = quiet()
    run._take(moved("a"))
    run._take(moved("a", "b", "c", "d"))
    run._take(moved("a", "b", "c", "d", *(f"more-{n}" for n in range(1_003))))
    assert [each.text for each in run.news] == ["more-0, more-1, more-2 and 1,000 more", "b, c, d", "a"]


def test_news_are_bounded() -> None:
    run = quiet()
    for n in range(5_000):
        run._take(moved(f"flag-{n}"))
    assert len(run.news) == 200
    assert run.news[0].text == "flag-4999"


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        ("23 Nov 14:06:04: sourceApiKey: Forbidden (403)", True),
        ("The source refused the request (401)", True),
        ('"a~b" is not allowed as a flag key (400)', False),
        ("The source did not answer, trying again (503)", False),
    ],
)
def test_refused_key_is_known_while_the_import_runs(error: str, refused: bool) -> None:
    run = quiet()
    assert not run.key_refused
    run._take(moved("a", errors=(error,)))
    assert run.key_refused is refused


# --- starting again


def cleared(run: Import) -> bool:
    return run.verification is None and not run.news


async def test_second_start_imports_and_shows_only_what_is_missing(box: Sandbox) -> None:
    run, kept = await created(box)
    box.set_fault("import-partial")
    await finished(run)
    assert run.verification is not None
    missing, before = len(run.verification.missing), flags_of(box)
    assert missing
    run.once_more()
    assert cleared(run)
    assert run.journal.stage is Stage.CREATED
    box.set_fault(None)
    assert (await start(run)).triggered
    await watch(run)
    await compare(run)
    assert run.verification.agrees
    assert told(run) == missing
    assert {key: flags_of(box)[key]["creationDate"] for key in before} == {
        key: flag["creationDate"] for key, flag in before.items()
    }
    assert kept.stages[4:] == [Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED]
    assert triggers(box) == 2


async def test_second_start_that_cannot_be_noted_changes_nothing(box: Sandbox) -> None:
    run, kept = await created(box)
    await finished(run)
    before = run.journal, run.verification, list(run.news)
    kept.refuses = lambda journal: True
    with pytest.raises(Failure):
        run.once_more()
    assert (run.journal, run.verification, list(run.news)) == before


# --- a start whose fate nobody knows


async def unsure(box: Sandbox) -> tuple[Import, Kept]:
    run, kept = await created(box)
    box.set_fault("lost-trigger-request")
    assert not (await start(run)).known
    assert run.unsure
    assert run.trouble is not None
    assert (run.trouble.exit_code, run.trouble.remedy) == (5, Remedy.START_OR_WATCH)
    assert run.begun
    assert run.journal.stage is Stage.STARTING
    box.set_fault(None)
    return run, kept


async def test_unsure_start_that_the_user_denies_can_be_repeated(box: Sandbox) -> None:
    run, kept = await unsure(box)
    naps = len(time_of(run).naps)
    assert not (await start(run)).known
    assert len(time_of(run).naps) == naps, "long after it was sent, one look is enough"
    run.assume(False)
    assert (run.begun, run.unsure, run.trouble) == (False, False, None)
    assert kept.stages[-1] is Stage.CREATED
    assert (await start(run)).triggered
    await watch(run)
    assert (run.status, triggers(box)) == ("complete", 2)


def time_of(run: Import) -> Time:
    clock = run.context.now.__self__  # type: ignore[attr-defined]
    assert isinstance(clock, Time)
    return clock


async def test_unsure_start_that_the_user_confirms_is_watched(box: Sandbox) -> None:
    run, kept = await unsure(box)
    run.assume(True)
    assert (run.begun, run.unsure, run.trouble, run.by_us) == (True, False, None, True)
    assert kept.stages[-1] is Stage.STARTED
    with launchdarkly(box) as ld:
        ld.post(f"{FI}/web-shop/unleash/{run.journal.configuration}/trigger")
    await watch(run)
    assert run.status == "complete"


async def test_late_start_is_found_by_another_look_up(box: Sandbox) -> None:
    run, _ = await unsure(box)
    assert not (await start(run)).known
    assert run.unsure
    with launchdarkly(box) as ld:
        ld.post(f"{FI}/web-shop/unleash/{run.journal.configuration}/trigger")
    begun(box, run.journal.configuration)
    assert (await start(run)).known
    assert (run.unsure, run.trouble, triggers(box)) == (False, None, 2)


async def test_import_that_runs_already_is_not_ours(box: Sandbox) -> None:
    box.set_fault("trigger-conflict")
    run, _ = await created(box)
    assert (await start(run)).status_code == 409
    assert (run.by_us, run.trouble, run.unsure) == (False, None, False)
    await watch(run)
    assert run.status == "complete"


# --- trouble


def stuck_in(run: Import) -> Failure | None:
    return run.trouble


@pytest.mark.parametrize("stage", [Stage.STARTED, Stage.VERIFIED])
async def test_journal_that_cannot_be_written_is_trouble_and_stops_the_import(box: Sandbox, stage: Stage) -> None:
    run, kept = await created(box)
    kept.refuses = lambda journal: journal.stage is stage
    with suppress(Failure):
        await start(run)
    if run.trouble is None:
        await watch(run)
    if run.trouble is None:
        await compare(run)
    assert run.trouble is FULL
    assert run.journal.stage is not stage
    assert stage not in kept.stages
    assert not strangers()


async def test_refused_token_is_trouble_until_it_is_replaced(box: Sandbox) -> None:
    run, kept = await created(box)
    run.bag.put("token", TOKENS["writer"].value[:-1] + "0")
    with suppress(Failure):
        await start(run)
    assert run.trouble is not None
    assert (run.trouble.status_code, run.unsure, triggers(box)) == (401, False, 0)
    assert kept.stages == []
    run.bag.put("token", TOKENS["writer"].value)
    await start(run)
    run.bag.put("token", TOKENS["writer"].value[:-1] + "0")
    await watch(run)
    assert run.trouble is not None
    assert (run.trouble.status_code, run.over) == (401, False)
    run.bag.put("token", TOKENS["writer"].value)
    await watch(run)
    assert run.journal.stage is Stage.ENDED
    assert not stuck_in(run)


async def test_failed_comparison_keeps_the_one_before(box: Sandbox) -> None:
    run, _ = await created(box)
    await finished(run)
    before = run.verification
    box.stop()
    await compare(run)
    assert run.trouble is not None
    assert run.verification is before is not None


async def test_second_comparison_keeps_the_first_traces(box: Sandbox) -> None:
    """What was changed since must not pass for untouched: undo goes by it."""
    run, _ = await created(box)
    await finished(run)
    traces, key = run.journal.traces, run.journal.expected[0].key
    instructed(box, key, "turnFlagOn", environmentKey="test")
    deleted(box, run.journal.expected[1].key)
    await compare(run)
    assert run.verification is not None
    assert (run.verification.missing, [each for each, _ in run.verification.on]) == (
        (run.journal.expected[1].key,),
        [key],
    )
    assert run.journal.traces == traces
    assert run.journal.stage is Stage.VERIFIED


def test_report_holds_no_key() -> None:
    run, key = quiet(), TOKENS["writer"].value
    run.context.redactor.add(key)
    run.record.journal = replace(run.journal, stage=Stage.ENDED, ended="failed", errors=(f"{key} was refused (401)",))
    assert key not in repr(report_of(run, {}))
    assert "(401)" in report_of(run, {}).errors[0].text
