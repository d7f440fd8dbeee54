"""From answers to a run, and from a journal back to both: what an import has made stays its own, whoever goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.unit.echoes import left_of
from tests.unit.headless_tools import KilledError
from tests.unit.run_tools import Time, context_of, creates, is_held, triggers
from tests.unit.walk_tools import NAME, at_review, configurations, planned
from tests.unit.walk_tools import session as session_of
from tui.answers import draft as drafts
from tui.apply import heads, store
from tui.apply.create import Outcome
from tui.apply.engine import Import
from tui.apply.heads import Head
from tui.apply.journal import Journal, Mark, Stage
from tui.net.errors import Failure, Kind
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.text.private_files import state_dir
from tui.wizard import launch
from tui.wizard.session import Session


async def at_the_button(
    box: Sandbox, integration: str = "unleash", *, clock: Time | None = None, **answers: str
) -> Session:
    """All answered and planned; the clock waits for imports there."""
    clock = clock or Time(at=time.time(), box=box)
    made = await at_review(box, integration, context_of(clock), **answers)
    await planned(made)
    return made


async def pressed(made: Session, *, reuse: bool = False) -> Outcome:
    """Review's button, to the end of the attempt."""
    launch.begin(made, reuse=reuse)
    assert made.attempt is not None
    outcome = await made.attempt.send().finish()
    launch.settled(made)
    return outcome


async def imported(made: Session) -> Import:
    """Created, started, watched and compared."""
    await pressed(made)
    return await to_the_end(made)


async def left_created(box: Sandbox) -> None:
    """An import that was created by a session that is closed by now."""
    made = await at_the_button(box)
    await pressed(made)
    made.release()


async def to_the_end(made: Session) -> Import:
    run = made.run
    assert run is not None
    await run.start().finish()
    async for _ in run.watch():
        pass
    await run.compare().finish()
    assert run.trouble is None
    assert run.journal.stage is Stage.VERIFIED
    return run


def the_journal() -> Path:
    (path,) = store.folder().glob("*.json")
    return path


def noted() -> Journal:
    journal = store.load(the_journal())
    assert journal is not None
    return journal


def head() -> Head:
    (found,) = heads.heads(store.folder())
    return found


def somebody(box: Sandbox) -> Session:
    """Another start of the program by a person whose token is in the environment."""
    environ = {"LD_ACCESS_TOKEN": TOKENS["writer"].value, "LD_BASE_URI": box.addresses()["launchdarkly"]["url"]}
    return session_of(context_of(Time(at=time.time(), box=box)), environ=environ)


def noted_stages(made: Session) -> list[Stage]:
    """The stages that are found in the file of the attempt's journal, each right after it was written."""
    assert made.attempt is not None
    record, stages = made.attempt.record, list[Stage]()
    keep = record.keep

    def watched(journal: Journal) -> None:
        keep(journal)
        stages.append(noted().stage)

    record.keep = watched
    return stages


def before_it_is_noted(made: Session, stage: Stage, act: Callable[[], None]) -> None:
    """Have something happen right before the attempt's journal is written in this stage."""
    assert made.attempt is not None
    record = made.attempt.record
    keep = record.keep

    def acting(journal: Journal) -> None:
        if journal.stage is stage:
            act()
        keep(journal)

    record.keep = acting


def killed() -> None:
    raise KilledError


def no_folder() -> None:
    shutil.rmtree(store.folder())
    store.folder().write_text("no folder")


# --- the button


async def test_nothing_is_written_before_something_is_sent(box: Sandbox) -> None:
    made = await at_the_button(box)
    launch.begin(made, reuse=False)
    assert list(store.folder().glob("*.json")) == []
    assert creates(box) == 0
    stages = noted_stages(made)
    assert made.attempt is not None
    await made.attempt.send().finish()
    assert stages == [Stage.CREATING, Stage.CREATED]
    launch.settled(made)
    assert noted().configuration == configurations(box, NAME)[0]["_id"]
    assert made.run is not None
    assert made.run.planned
    assert noted().expected == made.run.journal.expected


async def test_its_journal_is_kept_from_others_until_it_is_let_go(box: Sandbox) -> None:
    made = await at_the_button(box)
    await pressed(made)
    assert is_held(the_journal())
    made.release()
    assert not is_held(the_journal())


async def test_journal_is_in_the_folder_of_the_session(box: Sandbox, tmp_path: Path) -> None:
    made = await at_the_button(box)
    made.journals = tmp_path / "practice"
    await imported(made)
    assert not store.folder().exists()
    (practiced,) = heads.heads(made.journals)
    assert practiced.stage == Stage.VERIFIED


@pytest.mark.parametrize("fault", ["bad-request", "lost-request"])
async def test_what_was_not_created_is_not_under_way(box: Sandbox, fault: str) -> None:
    made = await at_the_button(box)
    box.set_fault(fault)
    outcome = await pressed(made)
    assert outcome.may_send_again
    assert made.run is None
    assert noted().stage is Stage.PLANNED
    assert not head().under_way
    box.set_fault(None)
    assert (await pressed(made)).configuration is not None
    assert noted().stage is Stage.CREATED


# --- over the journal of an earlier run


async def test_one_that_another_works_on_is_left_to_it(box: Sandbox) -> None:
    await imported(await at_the_button(box))
    again = await at_the_button(box)
    with pytest.raises(Failure, match="This import is already running"):
        launch.begin(again, reuse=True)
    assert again.attempt is None
    assert creates(box) == 1


async def test_over_its_journal_an_import_goes_on_with_what_it_has_made(box: Sandbox) -> None:
    clock = Time(at=time.time(), box=box)
    one = await at_the_button(box, clock=clock)
    made = (await imported(one)).journal
    one.release()
    clock.at += 60
    other = await at_the_button(box, clock=clock)
    outcome = await pressed(other, reuse=True)
    assert outcome.reused
    assert other.run is not None
    run = other.run.journal
    assert (run.configuration, run.traces, run.expected) == (made.configuration, made.traces, made.expected)
    assert run.before & made.keys == frozenset(), "they are not taken for flags of others"
    assert noted().traces == made.traces
    after = await to_the_end(other)
    assert after.verification is not None
    assert after.verification.agrees
    assert after.journal.traces == made.traces
    assert (creates(box), triggers(box)) == (1, 2)


@pytest.mark.parametrize("stage", [Stage.CREATING, Stage.STARTING, Stage.STARTED, Stage.ENDED])
async def test_one_that_is_under_way_is_not_begun_once_more(box: Sandbox, stage: Stage) -> None:
    await left_created(box)
    store.save(replace(noted(), stage=stage), the_journal())
    other = await at_the_button(box)
    before = the_journal().read_bytes()
    with pytest.raises(Failure) as refused:
        launch.begin(other, reuse=True)
    assert refused.value.kind is Kind.CONFLICT
    assert (the_journal().read_bytes(), creates(box)) == (before, 1)
    assert other.attempt is None


async def test_a_plan_from_before_the_last_run_is_read_again_first(box: Sandbox) -> None:
    clock = Time(at=time.time(), box=box)
    one, other = await at_the_button(box, clock=clock), await at_the_button(box, clock=clock)
    await imported(one)
    one.release()
    with pytest.raises(Failure, match="older than the last run"):
        launch.begin(other, reuse=True)
    clock.at += 60
    await planned(other)
    launch.begin(other, reuse=True)


async def test_without_a_plan_what_was_made_stays_too(box: Sandbox) -> None:
    one = await at_the_button(box)
    made = (await imported(one)).journal
    one.release()
    other = await at_review(box)
    assert (await pressed(other, reuse=True)).reused
    assert noted().traces == made.traces
    assert noted().configuration == made.configuration


# --- a journal that cannot be written


async def test_where_no_journal_can_be_made_nothing_is_sent(box: Sandbox) -> None:
    made = await at_the_button(box)
    (state_dir() / heads.FOLDER).write_text("no folder")
    with pytest.raises(Failure, match="Can't write") as refused:
        launch.begin(made, reuse=False)
    assert refused.value.kind is Kind.INTERNAL
    assert creates(box) == 0
    assert made.attempt is None


async def test_a_creation_that_cannot_be_noted_is_told_and_still_is_the_run(box: Sandbox) -> None:
    made = await at_the_button(box)
    launch.begin(made, reuse=False)
    before_it_is_noted(made, Stage.CREATED, no_folder)
    assert made.attempt is not None
    with pytest.raises(Failure, match="Can't write") as trouble:
        await made.attempt.send().finish()
    launch.settled(made)
    assert made.run is not None
    assert made.run.trouble is trouble.value
    assert made.run.journal.configuration == configurations(box, NAME)[0]["_id"]


# --- going on


@pytest.mark.parametrize("stage", [Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED])
async def test_an_earlier_import_is_taken_up_where_it_stands(box: Sandbox, stage: Stage) -> None:
    await left_created(box)
    store.save(replace(noted(), stage=stage, mark=Mark("pending", None, None)), the_journal())
    other = somebody(box)
    assert launch.resume(other, head()) == other.draft.step == "run"
    assert other.run is not None
    assert other.run.journal == noted()
    assert other.bag.keys() == ("token",)
    assert is_held(the_journal())
    assert other.of_journal
    assert other.save() == ""


@pytest.mark.parametrize("integration", ["unleash", "split"])
async def test_the_answers_come_back_without_the_keys(box: Sandbox, integration: str) -> None:
    one = await at_the_button(box, integration, config_tags="migration, second-try")
    await pressed(one)
    one.release()
    other = somebody(box)
    launch.resume(other, head())
    for each in drafts.all_fields(other.draft):
        given, there = drafts.answer(one.draft, each.key), drafts.answer(other.draft, each.key)
        if each.secret:
            assert there.secret is None or each.key == "token"
        elif each.role not in ("source-api",):
            assert there.value == given.value, each.key


async def test_keys_of_the_journal_are_known_to_the_redactor_from_the_resume_on(box: Sandbox, tmp_path: Path) -> None:
    """They are not needed to go on, but a server may quote them."""
    await left_created(box)
    keys = "api-1f0e2d3c-4b5a-4697-8877-665544332211", "default:production.c41d8cd98f00b204e9800998ecf8427e3d1bb0a6"
    secret = tmp_path / "import.secret"
    secret.write_text(keys[0])
    secret.chmod(0o600)
    references = {
        "ldApiKey": f"file:{secret}",
        "sourceApiKey": "env:OF_MY_OWN",
        "token": "keyring",
        "x": "no reference",
    }
    store.save(replace(noted(), references=references), the_journal())
    other = somebody(box)
    other.environ = {**other.environ, "OF_MY_OWN": keys[1]}
    said = f"refused {keys[0][4:24]} and {keys[1][-20:]}"
    assert other.context.redactor.foreign(said) == said
    launch.resume(other, head())
    assert not any(left_of(key, other.context.redactor.foreign(said)) for key in keys)
    assert other.bag.keys() == ("token",)


async def test_a_token_stays_for_its_own_host_alone(box: Sandbox) -> None:
    await left_created(box)
    same = await at_review(box)
    launch.resume(same, head())
    assert "token" in same.bag
    same.release()
    with Sandbox.start() as elsewhere:
        other = await at_review(elsewhere)
        launch.resume(other, head())
        assert "token" not in other.bag


def broken(path: Path) -> None:
    text = path.read_text("utf-8")
    path.write_text(text[: len(text) // 2], "utf-8")


def of_another(path: Path, **identity: str) -> None:
    journal = noted()
    path.unlink()
    changed = replace(journal.identity, **identity)
    store.save(replace(journal, identity=changed), store.path_of(changed))


OF_NOBODY = partial(of_another, integration="flagsmith")
OF_NOWHERE = partial(of_another, host="gopher://nowhere")


@pytest.mark.parametrize("spoil", [broken, OF_NOBODY, OF_NOWHERE], ids=["broken", "nobody's", "nowhere's"])
async def test_one_that_cannot_be_taken_up_changes_nothing(box: Sandbox, spoil: Callable[[Path], None]) -> None:
    await left_created(box)
    spoil(the_journal())
    other = await at_the_button(box, config_name="Another one")
    await pressed(other)
    mine, its = (
        other.journal_path,
        next(each for each in heads.heads(store.folder()) if each.name == NAME),
    )
    before = other.draft, other.run, other.attempt, other.resumed
    with pytest.raises(Failure):
        launch.resume(other, its)
    assert (other.draft, other.run, other.attempt, other.resumed) == before
    assert mine is not None
    assert is_held(mine)
    assert not is_held(its.path)


async def test_a_journal_that_is_gone_by_then(box: Sandbox) -> None:
    await left_created(box)
    found = head()
    found.path.unlink()
    other = somebody(box)
    with pytest.raises(Failure, match="missing"):
        launch.resume(other, found)
    assert not is_held(found.path)
