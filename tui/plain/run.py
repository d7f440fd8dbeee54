"""Step 8: the import while it runs, a line at each change; then its report, and what is left to do."""

from __future__ import annotations

from tui.apply.engine import Import
from tui.apply.journal import Stage
from tui.net.errors import Failure
from tui.plain import report, resume
from tui.plain.asking import Back, Option
from tui.plain.events import teller
from tui.plain.walk import Progress, Stopped, Walk
from tui.plan.words import flags
from tui.report.words import to_come
from tui.text.clean import clean
from tui.wizard import remedies, run_words, running

_LABELS = {
    "start": "Start the import",
    "it-started": "It started",
    "it-did-not": "It didn't start",
    "look-again": "Check again",
    "compare-anyway": "Compare now",
    "token": "Use another token",
    "replace-key": "Replace a key",
    "look-now": "Check now",
}
_NEWS_AT_ONCE = 5
"""News of one look that are written each; more are counted."""


def ask(walk: Walk) -> None:
    """Watch the import to its end and compare it, unless the user decides first; then ask what to do."""
    run = walk.session.run
    purpose = run_words.purpose(run, practicing=walk.practicing)
    walk.head("run", run_words.heading(run), purpose)
    if run is None:
        walk.say("note", "There is no import yet. Submit creates it.")
        raise Back
    if running.is_compared(run):
        report.show(walk, run)
    elif not running.waits_for_user(run):
        go_on(walk, run)
    else:
        _say_state(walk, run)
    while True:
        _menu(walk, run)


def go_on(walk: Walk, run: Import, *, start: bool = False) -> None:
    """Start it if `start` is set, watch it, and compare it: whatever is left to do."""
    watching = _Watching(walk, run)
    if start or run.journal.stage is Stage.STARTING:
        walk.say("note", "Starting." if start else "Checking whether it started.")
    words = {"now": run.look_now, "stop": walk.stop, "quit": watching.quit}
    try:
        walk.do(
            running.to_its_end(run, watching.begun, watching.looked, teller(walk), start=start),
            words,
            still="" if run.journal.stage is Stage.STARTED else "Waiting",
        )
    except Stopped:
        if watching.quits:
            _leave(walk, run)
        if run.stuck is not None:
            _say_trouble(walk, run)
        walk.say("note", "Stopped watching. The import isn't affected.")
        return
    if run.trouble is None and run.over:
        compare(walk, run)
    else:
        _say_trouble(walk, run)


class _Watching:
    """Lines about an import that runs: each piece of news, and how far it is, at most once in ten seconds."""

    def __init__(self, walk: Walk, run: Import) -> None:
        self._walk, self._run = walk, run
        self._progress = Progress(walk)
        self._told = {(each.at, each.text) for each in run.news}
        self._errors_told: set[str] = set()
        self._stuck = False
        self.quits = False

    def quit(self) -> None:
        """Stop watching, to quit."""
        self.quits = True
        self._walk.stop()

    def begun(self) -> None:
        """The watching begins."""
        run = self._run
        self._walk.say("note", f"{run_words.state(run)}.")
        if self._walk.terminal.watchable is not None:
            self._walk.say("note", "Type now to check at once, stop to stop watching, or quit.")

    def looked(self) -> None:
        """Write what is new after a look."""
        run = self._run
        for each in reversed(run.news):
            if each.level != "ok" and each.text not in self._errors_told:  # errors are never held back
                self._errors_told.add(each.text)
                self._error(each.text, each.why, expected=each.expected)
        if run.stuck is not None and not self._stuck:
            if self._walk.terminal.watchable is None:  # no one can type stop: the next answer says what to do
                self._walk.stop()
                return
            for level, text in run_words.trouble(run):
                self._walk.say(level, text)
        self._stuck = run.stuck is not None
        if run.resting is not None and run.resting.trouble:
            message = run_words.message(run)
            if message is not None:
                self._progress.show(*message)
            return
        if run.planned:
            status = run.status or "checking"
            self._progress.show("note", f"{run.arrived:,} of {flags(len(run.journal.awaited))}, {clean(status)}.")

    def _error(self, text: str, why: str, *, expected: bool) -> None:
        if len(self._errors_told) > _NEWS_AT_ONCE:
            return  # the report has all of them
        from tui.launchdarkly.words import without_date

        said = without_date(text)
        level, line = ("note", f"Expected: {said}") if expected else ("warning", f"{said}. {why}".removesuffix(". "))
        self._walk.say(level, clean(self._run.context.redactor(line)), indent=2)


def compare(walk: Walk, run: Import) -> None:
    """Compare the flags as they are now with the plan, and show the report."""
    walk.say("note", "Comparing LaunchDarkly with the plan.")
    progress = Progress(walk)
    if walk.do(running.compared(run, progress.tells), still="Comparing"):
        report.show(walk, run)
    else:
        _say_trouble(walk, run)


def _say_state(walk: Walk, run: Import) -> None:
    walk.say("note", f"{run_words.state(run)}.")
    if run.begun or run.trouble is not None:
        _say_trouble(walk, run)


def _say_trouble(walk: Walk, run: Import) -> None:
    for level, text in run_words.trouble(run):
        walk.say(level, text)
    if (message := run_words.message(run)) is not None and run.trouble is None:
        walk.say(*message)
    for line in run_words.coming_back(run, practicing=walk.practicing).split("\n"):
        walk.say("note", line)


# --- what to do


def _menu(walk: Walk, run: Import) -> None:
    """Ask for one action. Raises Quit or Moved to leave the step."""
    if running.is_compared(run):
        report.menu(walk, run)
        return
    offered = running.offered(run, reported=False)
    options = [Option(key, _LABELS[key]) for key in running.ACTIONS if key in offered]
    if "look-now" in offered:
        options = [Option("watch", "Watch it"), *(each for each in options if each.key != "look-now")]
    if not running.runs_on(walk.session):
        options.append(report.REBUILD)
    options.append(Option("quit", "Quit"))
    default = "1" if options[0].key in ("watch", "look-again") else ""
    key = walk.ask.choose("What next? Number", options, default).text
    if key == "quit":
        _leave(walk, run)
    elif key == "rebuild":
        report.go_to_rebuild(walk)
    else:
        _do(walk, run, key)


def _leave(walk: Walk, run: Import) -> None:
    """Quit as the word does; LaunchDarkly continues the import. Raises Quit unless the user stays."""
    walk.ask.commands["quit"]("")


def _do(walk: Walk, run: Import, key: str) -> None:
    if key == "start":
        start(walk, run, again=False)
    elif key in ("it-started", "it-did-not"):
        _assume(walk, run, started=key == "it-started")
    elif key in ("look-again", "watch"):
        go_on(walk, run)
    elif key == "compare-anyway":
        _compare_anyway(walk, run)
    elif key == "token":
        if resume.ask_token(walk, "Use another token"):
            go_on(walk, run)
    elif key == "replace-key":
        report.replace_key(walk, run)


def start(walk: Walk, run: Import, *, again: bool) -> None:
    """Ask with project and count, then start."""
    title, text = run_words.start_question(run, to_come(run.journal, run.verification), again=again)
    walk.say("note", text)
    if not walk.ask.typed(title, "start"):
        return
    try:
        if again:
            run.once_more()
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    go_on(walk, run, start=True)


def _assume(walk: Walk, run: Import, *, started: bool) -> None:
    """The user knows whether the start got through."""
    try:
        run.assume(started)
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    if run.begun:
        go_on(walk, run)
    else:
        _say_state(walk, run)


def _compare_anyway(walk: Walk, run: Import) -> None:
    """Compare although its configuration was deleted: no more flags will be imported."""
    try:
        run.lost()
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    compare(walk, run)
