"""Plain mode: the wizard as lines and prompts, for screen readers, simple terminals, and answers from a pipe.

The first question is asked before the session is loaded, which a thread does meanwhile: the imports would take a tenth
of a second.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.answers import steps
from tui.manifests.cards import cards
from tui.plain import integration, words
from tui.plain.asking import Back
from tui.plain.signals import Ended, Signals
from tui.plain.terminal import InputEnded, Terminal
from tui.plain.walk import Loading, Moved, Quit, StartOver, Walk
from tui.wizard import earlier, preferences

if TYPE_CHECKING:
    from typing import TextIO

    from tui.text.redact import Redactor
    from tui.wizard.options import Options, PracticeServers
    from tui.wizard.practice_folder import PracticeFolder
    from tui.wizard.session import Session

INPUT_ENDED = 2
_FAULT = 1


class PracticeError(Exception):
    """The demo servers can't be started. `str()` is the reason."""


class Front:
    """Walks through the steps, one question after the other."""

    def __init__(
        self,
        options: Options,
        redactor: Redactor | None,
        log: Callable[[str], None] | None,
        *,
        out: TextIO | None = None,
        handle: int = 0,
    ) -> None:
        """Without a `redactor` it makes its own when one is needed. `out` and `handle` are by default the standard
        streams."""
        self._options, self._redactor, self._log = options, redactor, log
        self._signals = Signals()
        self.terminal = Terminal(self._signals, out, handle)
        self.walk = Walk(self.terminal, self._signals, options.folder, cards(options.manifests), options.now)
        self.walk.practicing = options.demo
        self._practice: PracticeFolder | None = None
        self._servers: PracticeServers | None = None
        self._integration = options.integration
        self._not_saved = ""
        """Why the answers can't be saved, as it was said last."""
        chosen, self._wrong_settings = preferences.read(preferences.path(options.environ))
        self._instance = chosen.instance
        ask = self.walk.ask
        ask.help = self._help
        ask.commands = {
            "quit": lambda rest: self._quit(),
            "go": self._go,
            "imports": lambda rest: self._imports(),
            "configurations": lambda rest: self._configurations(),
        }
        if options.demo:
            ask.commands |= self._practice_commands()

    @property
    def redactor(self) -> Redactor:
        """What takes keys out of all that is written."""
        if self._redactor is None:
            from tui.text.redact import Redactor

            self._redactor = Redactor()
        return self._redactor

    # --- the whole walk

    def run(self) -> int:
        """Walk to the end. Returns the exit code: 0, 2 at the end of the input, 129, 130 or 143 for a signal, 1 if the
        demo servers can't start."""
        with self._signals.handled(self.terminal.continued):
            return self._run()

    def _run(self) -> int:
        try:
            return self._walked_to_its_end()
        except Ended:
            self._save()
            self.terminal.give_up()
            self.terminal.part(self.walk.parting)
            return 128 + self._signals.received
        except Exception:
            self._save()
            if self._signals.received:  # the terminal is gone, so nothing can be written
                return 128 + self._signals.received
            raise
        finally:
            self._close()

    def _walked_to_its_end(self) -> int:
        try:
            return self._walked()
        except Quit as left:
            return left.code
        except InputEnded:
            return self._input_ended()
        except PracticeError as error:
            print(f"Can't start the demo servers ({error}). Nothing was sent.", file=sys.stderr)
            return _FAULT

    @property
    def _session(self) -> Session | None:
        """The session, None while it isn't loaded."""
        return self.walk.loading.loaded if self.walk.loading is not None else None

    def _save(self) -> str:
        return self._session.save() if self._session is not None else ""

    def _walked(self) -> int:
        walk = self.walk
        what = "practice. No account is needed, and nothing leaves this machine" if walk.practicing else "plain mode"
        self.terminal.say(f"ld-flag-import, {what}.")
        self.terminal.say(words.COMMANDS)
        while True:
            try:
                self._begin()
                self._steps()
            except StartOver as over:
                self._end_session(fresh=over.fresh)
                walk.practicing = walk.practicing or over.practice
                if walk.practicing:
                    walk.ask.commands |= self._practice_commands()

    def _practice_commands(self) -> dict[str, Callable[[str], object]]:
        return {"fill": self._fill, "fault": lambda rest: self._fault()}

    def _begin(self) -> None:
        """Look for what earlier starts left. The session is loaded once the first question is open."""
        walk = self.walk
        walk.earlier = earlier.look(self._folder())
        walk.shown_step = ""
        for text in (*self._wrong_settings, *walk.earlier.damaged):
            walk.say("warning", text)
        self._wrong_settings = ()
        walk.loading = None
        given, self._integration = self._integration, ""
        if not given:
            self.terminal.when_asked = self._load
            return
        self._load()
        if given in walk.session.forms:
            from tui.answers.changes import go

            walk.session.choose(given)
            walk.session.draft = go(walk.session.draft, "launchdarkly")

    def _load(self) -> None:
        """Begin to load the session; returns at once."""
        from tui.secrets.hardening import harden

        harden()
        self.terminal.redact = self.redactor
        self.walk.loading = Loading(self._loaded)

    def _loaded(self) -> Session:
        from tui.wizard import setup

        if self._practice is not None and self._servers is None:
            try:
                self._servers, damaged = self._practice.start(self._options.start_practice)
            except OSError as error:
                raise PracticeError(error.strerror) from error
            if damaged:
                self._wrong_settings = (damaged,)
        servers = self._servers if self.walk.practicing else None
        session = setup.build(self._options, self.redactor, self._log, servers, self._folder(), self._instance)
        session.context.connections.hold()
        if not gc.isenabled():  # `cli` switched the garbage collector off
            gc.freeze()
            gc.enable()
        return session

    def _folder(self) -> Path | None:
        """The folder of drafts and journals, None if it can't be created. Practice has one of its own."""
        if self.walk.practicing:
            if self._practice is None:
                from tui.wizard.practice_folder import PracticeFolder

                self._practice = PracticeFolder()
            return self._practice.path
        from tui.text.private_files import state_dir

        try:
            return state_dir()
        except OSError:
            return None

    def _steps(self) -> None:
        """Ask the steps, from the draft's step on, until the walk ends."""
        walk = self.walk
        while True:
            try:
                if walk.loading is None or walk.session.draft.step == "integration":
                    integration.ask(walk)
                else:
                    from tui.plain.registry import ASKED

                    ASKED[walk.session.draft.step](walk)
                walk.backwards = False
            except Back:
                self._back()
            except Moved:
                walk.backwards = False
            trouble = walk.session.save() if walk.loading is not None else ""
            if trouble != self._not_saved:
                self._not_saved = trouble
                walk.say("warning", trouble)

    def _back(self) -> None:
        from tui.wizard.walk import back

        walk = self.walk
        if walk.loading is None or walk.session.draft.step == "integration":
            walk.say("note", "This is the first step. To quit, type quit.")
            return
        walk.session.draft = back(walk.session.draft)
        walk.backwards = True

    # --- commands at every prompt

    def _help(self) -> None:
        from tui.plain import help as pages

        pages.show_step(self.walk)

    def _quit(self) -> None:
        """Quit; ask first if something would be lost."""
        session = self._session
        if session is not None:
            from tui.plain.import_key import may_leave

            if not may_leave(self.walk):
                return
        if session is not None and (farewell := session.farewell()):
            for line in farewell.split("\n"):
                self.terminal.say(line)
        raise Quit

    def _go(self, rest: str) -> None:
        """Go to a step that was reached before."""
        from tui.answers.changes import go
        from tui.wizard.walk import to_rebuild

        walk, wanted = self.walk, rest.casefold()
        draft, run = walk.session.draft, walk.session.run
        step = next((s for s in steps.STEPS if wanted and s.title.casefold().startswith(wanted)), None)
        reached = steps.STEPS[: steps.index(draft.furthest) + 1]
        if step is not None and step.key == "rebuild" and draft.form is not None:
            walk.session.draft = to_rebuild(draft, imported=run is not None)
        elif step is not None and step in reached:
            walk.session.draft = go(draft, step.key)
        else:
            names = ", ".join(each.title for each in reached)
            walk.say("note", f"Type go and a step that you have reached: {names}.")
            return
        walk.shown_step = ""
        raise Moved

    def _imports(self) -> None:
        from tui.plain import resume

        if resume.choose(self.walk, self._folder()):
            raise Moved

    def _configurations(self) -> None:
        from tui.plain import configurations

        configurations.show(self.walk)

    def _fill(self, rest: str) -> None:
        """In practice, answer this step with the demo account's values; on the first step, or with `all`, every step up
        to Plan."""
        from tui.plain import fields
        from tui.wizard.filling import fill_in_everything

        walk = self.walk
        session = walk.session
        if steps.index(session.draft.step) >= steps.index("submit"):
            walk.say("note", "Nothing to fill in here.")
            return
        if rest != "all" and fields.fill(walk):
            raise Moved
        if not session.draft.integration:
            session.choose(str(walk.cards[0]["key"]))
        walk.say("note", f"Filling in the demo values for {walk.title_of(session.draft.integration)}.")
        walk.do(fill_in_everything(session))
        raise Moved

    def _fault(self) -> None:
        from tui.plain import practice

        practice.choose_fault(self.walk)

    # --- the end

    def _input_ended(self) -> int:
        session, trouble = self._session, self._save()
        kept = session is not None and session.draft_path is not None and session.draft_path.exists()
        saved = " Your answers are saved. Start again to resume." if kept and not trouble else ""
        self.terminal.say(f"The input ended at this question: {self.walk.ask.open}.{saved}")
        for line in filter(None, (trouble, session.made() if session is not None else "")):
            self.terminal.say(line)
        return INPUT_ENDED

    def _end_session(self, *, fresh: bool = False) -> None:
        """Leave the walk for another one; `fresh` deletes the practice imports."""
        walk = self.walk
        session = walk.session if walk.loading is not None else None
        if session is not None:
            session.save()
            session.release()
            walk.do(session.context.connections.release())
        walk.loading = None
        if fresh and self._practice is not None and self._servers is not None:
            self._servers.stop()
            self._servers = None
            self._practice.drop()

    def _close(self) -> None:
        self.terminal.restore()
        self.walk.close()
        if self._servers is not None:
            self._servers.stop()
        if self._practice is not None:
            self._practice.close()
