"""The wizard with something put in or shortened: `python altered.py HOW [arguments of the wizard]`.

Each crash holds keys in local variables and tells them in its message, its cause and its notes.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any, NoReturn


def fail(session: Any) -> NoReturn:
    """Raise the worst error there can be: it tells every key of the session."""
    keys = [session.bag.get(key).get_secret_value() for key in session.bag.keys()]  # noqa: SIM118
    held = {"Authorization": keys[0], "body": keys}
    error = RuntimeError(f"could not use {keys[0]!r} with {held}")
    error.add_note(f"in other words {base64.b64encode(keys[-1].encode()).decode()}")
    raise error from ValueError(*keys)


def in_drawing() -> None:
    from tui.screens.review import ReviewScreen

    def compose_step(self: ReviewScreen) -> NoReturn:
        fail(self.session)

    ReviewScreen.compose_step = compose_step  # type: ignore[method-assign]


def in_a_handler() -> None:
    from tui.screens.review import ReviewScreen

    def action_save_recipe(self: ReviewScreen) -> None:
        fail(self.session)

    ReviewScreen.action_save_recipe = action_save_recipe  # type: ignore[method-assign]


def in_a_worker() -> None:
    from tui.wizard.session import Session

    async def check(self: Session, key: str) -> Any:
        if key == "config-name":
            fail(self)
        async for event in before(self, key):
            yield event

    before = Session.check
    Session.check = check  # type: ignore[method-assign]


def in_a_thread() -> None:
    import asyncio

    from tui.apply.engine import Import
    from tui.screens.submit import SubmitScreen

    async def send(self: SubmitScreen, attempt: Import, *, looking: bool) -> None:
        await asyncio.to_thread(fail, self.session)

    def run(self: SubmitScreen, attempt: Import, *, looking: bool) -> Any:
        return self.run_worker(send(self, attempt, looking=looking), group="submit", exit_on_error=True)

    SubmitScreen._run = run  # type: ignore[method-assign]


def in_a_rich_error() -> None:
    """Textual draws an error that can draw itself, in place of its report."""
    from tui.screens.review import ReviewScreen

    class DrawsItself(Exception):  # noqa: N818
        def __rich__(self) -> str:
            return f"drawn {self.args[0]}"

    def compose_step(self: ReviewScreen) -> NoReturn:
        held = self.session.bag.get("token")
        raise DrawsItself(held.get_secret_value() if held else "")

    ReviewScreen.compose_step = compose_step  # type: ignore[method-assign]


CRASHES = {
    "drawing": in_drawing, "handler": in_a_handler, "worker": in_a_worker, "thread": in_a_thread,
    "rich-error": in_a_rich_error,
}  # fmt: skip


def in_a_hurry() -> None:
    """Nothing else is changed: a lost answer is looked for during half a second."""
    from tui.net import lost_answer

    lost_answer.GRACE = lost_answer._FIRST_PAUSE = 0.5


def with_a_hanging_keyring() -> None:
    """The keyring's process never answers; it writes down which processes there are."""
    import os

    from tui.secrets import keyring

    script = str(Path(__file__).parents[1] / "unit/fake_keyring_child.py")
    vars(keyring).update(CHILD=(sys.executable, script, "hang", os.environ["TMPDIR"]))


if __name__ == "__main__":
    from tui.cli import main

    {**CRASHES, "hasty": in_a_hurry, "hanging-keyring": with_a_hanging_keyring}[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
