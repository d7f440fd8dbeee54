"""The machine that tells how an import stands: whatever it is shown, it ends only at the end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.apply.journal import NEVER_RUN, Mark, mark_of
from tui.apply.watch import FASTEST, SLOWEST, Moved, Watch
from tui.launchdarkly.models import ImportStatus

KEYS = ("a", "b", "c", "d")
NOW = 1_763_906_531.0


def status(
    word: str, imported: int | None = None, failed: int | None = None, *errors: tuple[str, int | None]
) -> ImportStatus:
    told = [{"message": text, "timestamp": at, "statusCode": 400} for text, at in errors]
    return ImportStatus.model_validate({"status": word, "lastImport": imported, "lastError": failed, "errors": told})


def watch(mark: Mark | None, expected: tuple[str, ...] = KEYS, **more: float) -> Watch:
    return Watch(frozenset(expected), mark, NOW, **more)  # type: ignore[arg-type]


RUNNING = st.sampled_from(["pending", "importing", "reconciling", ""])
ENDS = st.sampled_from(["complete", "failed", "partial"])
OLD_ERROR, NEW_ERROR = ("old", 90), ("new", 150)


@dataclass(frozen=True)
class Story:
    """What a server shows of one run: the status before, looks (None for one that failed), and the end."""

    before: ImportStatus
    looks: tuple[tuple[ImportStatus, tuple[str, ...]] | None, ...]
    end: ImportStatus
    arrived: frozenset[str]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A run that follows another one, or none; the server may show the status of before for a while."""
    fresh = draw(st.booleans())
    before = status("pending") if fresh else status(draw(ENDS), 100, draw(st.sampled_from([None, 90])), OLD_ERROR)
    stale = [(before, ())] * draw(st.integers(0, 5))
    accumulates = draw(st.booleans())
    errors = (OLD_ERROR,) if accumulates and not fresh else ()
    times = (before.last_import, before.last_error)
    there: list[str] = []
    looks: list[tuple[ImportStatus, tuple[str, ...]] | None] = list(stale)
    for word in draw(st.lists(RUNNING, max_size=8)):
        there += draw(st.lists(st.sampled_from((*KEYS, "foreign")), max_size=2))
        looks.append((status(word, *times, *errors), tuple(there)))
        if draw(st.booleans()):
            looks.append(None)
    word = draw(ENDS)
    last = [(*errors, NEW_ERROR), errors][word == "complete"]
    imported = 200 if word == "complete" else times[0]
    end = status(word, imported, times[1] if word == "complete" else 201, *last)
    there += draw(st.lists(st.sampled_from(KEYS), max_size=4))
    looks += [(end, tuple(there))]
    return Story(before, tuple(looks), end, frozenset(there) & frozenset(KEYS))


@given(stories(), st.floats(2, 200))
def test_it_ends_at_the_end_and_not_before(story: Story, pace: float) -> None:
    made = watch(mark_of(story.before))
    at, moves = NOW, []
    for look in story.looks:
        at += pace
        if look is None:
            made.missed()
            assert not made.stuck(at + 10_000)
            continue
        last = look is story.looks[-1]
        moves.append(made.look(*look, at))
        assert (made.ended is not None) is last, look
        assert FASTEST <= made.pause <= SLOWEST
    assert made.ended is not None
    assert made.ended.status == story.end.status
    assert made.arrived == story.arrived
    assert sum(len(each.fresh) for each in moves if each) == len(story.arrived)
    assert not any("old" in text for text in made.errors)
    assert len([text for text in made.errors if "new" in text]) == (story.end.status != "complete")


@given(st.lists(st.tuples(st.sampled_from(["complete", "importing", "x"]), st.sets(st.sampled_from(KEYS)))))
def test_any_looks_at_all_count_up_and_tell_nothing_twice(looks: list[tuple[str, set[str]]]) -> None:
    made = watch(Mark("complete", 100, None))
    told: list[str] = []
    for number, (word, there) in enumerate(looks):
        moved = made.look(status(word, 100, None, ("e", 150)), sorted(there), NOW + number)
        told += [*moved.fresh, *moved.errors] if moved else []
        if moved:
            assert (moved.arrived, moved.expected) == (len(made.arrived), len(KEYS))
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("before", "looks", "ends_at"),
    [
        pytest.param(Mark("complete", 100, None), ["complete"] * 9, None, id="the run before"),
        pytest.param(Mark("pending", None, None), ["complete"], 1, id="no times at all, changed"),
        pytest.param(Mark("complete", None, None), ["importing", "complete"], 2, id="no times at all, seen to run"),
        pytest.param(Mark("complete", 100, None), ["importing", "complete"], None, id="seen to run, time stands still"),
        pytest.param(Mark("complete", 100, None), ["importing"] + ["complete"] * 3, 4, id="the same end three times"),
        pytest.param(NEVER_RUN, ["failed"], 1, id="started by creating"),
        pytest.param(None, ["partial"], 1, id="nobody noted it"),
        pytest.param(Mark("failed", None, 90), ["failed"] * 9, None, id="failed before"),
    ],
)
def test_ends_without_a_new_time(before: Mark | None, looks: list[str], ends_at: int | None) -> None:
    made = watch(before)
    times = (before.last_import, before.last_error) if before else (None, None)
    ended = []
    for number, word in enumerate(looks, 1):
        made.look(status(word, *times), (), NOW + number)
        ended.append(made.ended is not None)
    assert ended == [ends_at is not None and number >= ends_at for number in range(1, len(looks) + 1)]


def test_a_time_that_belongs_to_another_end_does_not_count() -> None:
    """An error in the middle of a run, while the status is still that of the run before."""
    made = watch(Mark("complete", 100, None))
    made.look(status("complete", 100, 150, NEW_ERROR), (), NOW + 2)
    ended = [made.ended]
    made.look(status("complete", 200, 150, NEW_ERROR), KEYS, NOW + 4)
    ended.append(made.ended)
    assert [each is not None for each in ended] == [False, True]
    assert len(made.errors) == 1


def test_everything_there_and_at_rest_is_the_end_of_a_complete_that_never_changed() -> None:
    made = watch(Mark("complete", 100, None))
    at = NOW
    while made.ended is None:
        at += made.pause
        made.look(status("complete", 100), KEYS, at)
        assert at < NOW + 100
    assert at >= NOW + 30


def test_pauses_grow_while_nothing_moves() -> None:
    made = watch(NEVER_RUN)
    pauses = []
    for number in range(8):
        made.look(status("importing"), KEYS[: number // 7], NOW + number)
        pauses.append(made.pause)
    assert pauses[0] == FASTEST
    assert pauses[1:7] == sorted(pauses[1:7])
    assert max(pauses) == SLOWEST
    assert pauses[7] == FASTEST


def test_stuck_is_what_was_seen_not_to_move() -> None:
    made = watch(NEVER_RUN, stuck_after=100)
    assert not made.stuck(NOW + 1000)  # nobody has looked yet
    made.look(status("importing"), ("a",), NOW + 5)
    made.look(status("importing"), ("a",), NOW + 60)
    assert not made.stuck(NOW + 104)
    made.missed()
    assert not made.stuck(NOW + 500)
    made.look(status("importing"), ("a",), NOW + 500)  # 440 seconds of which nobody knows
    assert not made.stuck(NOW + 500)
    made.look(status("importing"), ("a",), NOW + 545)
    assert made.stuck(NOW + 545)
    moved = made.look(status("importing"), ("a", "b"), NOW + 546)
    assert isinstance(moved, Moved)
    assert not made.stuck(NOW + 600)


def test_an_old_error_that_went_away_and_comes_again_is_new() -> None:
    before = status("failed", None, 90, ("no answer", None))
    made = watch(mark_of(before))
    told = []
    for shown in (before, status("importing", None, 90), status("importing", None, 90, ("no answer", None))):
        made.look(shown, (), NOW + 2)
        told.append(made.errors)
    assert told == [(), (), ("no answer (400)",)]


def test_errors_are_told_without_keys() -> None:
    made = Watch(frozenset(KEYS), NEVER_RUN, NOW, redact=lambda text: text.replace("sesame", "••••"))
    moved = made.look(status("importing", None, None, ("bad key sesame", 150)), (), NOW)
    assert moved is not None
    assert "sesame" not in str(moved)
    assert moved.errors == made.errors


# --- times


def test_new_flags_and_errors_have_launchdarklys_time() -> None:
    made = watch(NEVER_RUN)
    dates = {"a": int(NOW - 500) * 1000, "b": int(NOW - 400) * 1000, "c": None}
    running = status("importing", None, None, ("no", int(NOW - 450) * 1000), ("yes", None))
    moved = made.look(running, dates, NOW, dates)
    assert moved is not None
    assert (moved.came_at, moved.errors_at) == (NOW - 400, (NOW - 450, None))
    assert moved.changed_at == made.changed_at == NOW - 400


@pytest.mark.parametrize(("created", "came_at", "changed_at"), [(None, None, NOW), (NOW + 3600, NOW + 3600, NOW)])
def test_change_is_never_later_than_the_look(created: float | None, came_at: float | None, changed_at: float) -> None:
    dates = {"a": None if created is None else int(created) * 1000}
    moved = watch(NEVER_RUN).look(status("importing"), ("a",), NOW, dates)
    assert moved is not None
    assert (moved.came_at, moved.changed_at) == (came_at, changed_at)


def test_first_look_alone_is_no_change() -> None:
    made = watch(NEVER_RUN)
    looks = [made.look(status(word), (), NOW + at) for word, at in (("importing", 5), ("reconciling", 9))]
    assert [look and look.changed_at for look in looks] == [0.0, NOW + 9]
