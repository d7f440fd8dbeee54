"""What an undo says: its flags by reason with the exceptions first, and its counts."""

from __future__ import annotations

import pytest

from tui.apply.undo import Decision, UndoAction
from tui.wizard import undo_words

OURS = "created by this import, unchanged, off"
ARCHIVE, KEEP = UndoAction.ARCHIVE, UndoAction.KEEP
DECISIONS = (
    Decision("a", ARCHIVE, OURS),
    Decision("b", KEEP, "on in production"),
    Decision("c", ARCHIVE, OURS),
    Decision("d", KEEP, "not certain: its creation time is unknown", not_certain=True),
    Decision("e", KEEP, "on in production"),
    Decision("f", KEEP, "LaunchDarkly refused: no", refused=True),
)


def listed(*, done: bool) -> list[tuple[str, str, str]]:
    groups = undo_words.groups(DECISIONS, done=done)
    return [(group.level, group.heading, "".join(each.key for each in group.decisions)) for group in groups]


def test_flags_that_share_a_reason_are_listed_under_it_with_the_exceptions_first() -> None:
    assert listed(done=False) == [
        ("unknown", "Not certain 1: its creation time is unknown", "d"),
        ("warning", "Keep 1: LaunchDarkly refused: no", "f"),
        ("note", "Keep 2: on in production", "be"),
        ("note", f"Archive 2: {OURS}", "ac"),
    ]
    assert [heading for _, heading, _ in listed(done=True)] == [
        "Kept, not certain 1: its creation time is unknown",
        "Kept 1: LaunchDarkly refused: no",
        "Kept 2: on in production",
        f"Archived 2: {OURS}",
    ]


@pytest.mark.parametrize(
    ("decisions", "done", "not_reached", "text"),
    [
        ((), False, 0, "This import created no flags."),
        (DECISIONS[:1], False, 0, "1 flag to archive"),
        (DECISIONS, False, 0, "2 flags to archive, 4 to keep"),
        (DECISIONS, True, 0, "2 flags archived, 4 kept"),
        (DECISIONS[:1], True, 3, "1 flag archived, 3 not reached"),
    ],
)
def test_counts_follow_what_was_done(decisions: tuple[Decision, ...], done: bool, not_reached: int, text: str) -> None:
    assert undo_words.summary(decisions, done=done, open_=not_reached) == text
