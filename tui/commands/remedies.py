"""Words for failures and their remedies in commands: the user fixes something and runs the command again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tui.answers.recipe_keys import MissingKeys
from tui.answers.recipe_reader import Problem, RecipeError
from tui.net import remedies
from tui.net.errors import Advice, Failure, Remedy, Safe, joined

_SAFE = {
    Safe.ANSWERS_KEPT: "",
    Safe.NOTHING_CREATED_ANSWERS_KEPT: Safe.NOTHING_CREATED.value,
    Safe.SENT_STAYS_SENT: f"then run it again: {Safe.SENT_STAYS_SENT}",
}
_TOKEN = (Remedy.TOKEN_OR_INSTANCE, Remedy.REPLACE_TOKEN)


@dataclass(frozen=True, slots=True)
class FailureWording:
    """The words of a command's failures. `after_refusal` gives the state of the import if your token is refused."""

    words: Mapping[Remedy, str]
    safe: Mapping[Safe, str] = field(default_factory=lambda: _SAFE)
    after_refusal: str = Safe.NOTHING_CHANGED.value

    def after_refused_token(self, became: str) -> FailureWording:
        """Return the same words, with the state of the import."""
        return replace(self, after_refusal=became)

    def message(self, failure: Failure) -> str:
        """Return what happened, with a line for each problem of a recipe."""
        return failure.lines(self._problem) if isinstance(failure, RecipeError) else failure.what

    def advice(self, failure: Failure) -> str:
        """Return why, what to do next, and what is safe; "" for nothing."""
        if isinstance(failure, MissingKeys):
            return " ".join(dict.fromkeys(map(self.advice, failure.failures)))
        return joined(failure.why, self._worded(failure.advice))

    def sentence(self, failure: Failure) -> str:
        """Return message and advice; the advice on a recipe has a line of its own."""
        between = "\n" if isinstance(failure, RecipeError) else " "
        return between.join(filter(None, (self.message(failure), self.advice(failure))))

    def _problem(self, problem: Problem) -> str:
        return joined(str(problem), self._worded(problem.advice) if problem.advice else "")

    def _worded(self, advice: Advice) -> str:
        if advice.remedy in _TOKEN:
            return f"{self.words[advice.remedy]}. {self.after_refusal[:1].upper()}{self.after_refusal[1:]}."
        return remedies.worded(advice, self.words, self.safe)


_SAME: Mapping[Remedy, str] = {
    Remedy.TRY_LATER: "Run it again in a moment",
    Remedy.SEND_AFTER: "Run it again after {about}",
    Remedy.CHOOSE_ONE: "Use one of those",
    Remedy.CLEAR: "Remove it",
    Remedy.SEE_HELP: "The wizard shows where to find it",
    Remedy.PASTE_ALONE: "Store {about} there",
    Remedy.CORRECT: "Fix {about} and run it again",
    Remedy.COPY_HELPER: "Fix the Unleash admin token, or leave it out",
    Remedy.OTHER_HELPER: "Use an admin token, or a personal token with read access, or leave it out",
    Remedy.LOOK_UP_CONFIGURATION: "Look it up with: ld-flag-import configs list",
    Remedy.SEND_AGAIN: "Run it again",
    Remedy.SEND_CHANGES_AGAIN: "Run it again to send the same changes",
    Remedy.SEE_DIFFERENCE: "Review the difference, then run it again",
    Remedy.READ_DIFFERENCE: "Review the difference, then run it again",
    Remedy.RELOAD_LIST: "Check whether it exists with: ld-flag-import configs list",
    Remedy.MOVE_JOURNAL: "Move it away, or use another file with --journal",
    Remedy.OTHER_JOURNAL: "Use another file with --journal",
    Remedy.RESUME_OR_RENAME: "Run it again to resume, or change the name",
    Remedy.READ_PLAN: "Run it again",
    Remedy.LOOK_UNDER_CONFIGURATIONS: "Look it up with: ld-flag-import configs list",
}
RECIPE = FailureWording(
    {
        **_SAME,
        Remedy.CORRECT_ANSWER: "Fix it in the recipe",
        Remedy.LOOK_THROUGH_ANSWERS: "Check the recipe",
        Remedy.CHOOSE_PROJECT: "Fix it in the recipe, or use --project",
        Remedy.CHECK_INSTANCE: "Fix launchdarkly.host in the recipe, or use --host",
        Remedy.PICK: "Look up {about}, and fix it in the recipe",
        Remedy.PICK_OR_CLEAR: "Look up {about} in LaunchDarkly, or leave it out",
        Remedy.PASTE_FIRST: "Add a reference to it in the recipe",
        Remedy.PASTE_AGAIN: "Fix the key that the recipe refers to",
        Remedy.COPY_KEY: "Copy {about} to where the recipe reads it from",
        Remedy.MAKE_KEY: "Create a backend token in Unleash (API access), and store it where the recipe reads it from",
        Remedy.REPLACE_KEY: "Fix the key that the recipe refers to, or create a new one",
        Remedy.REPLACE_TOKEN: "Fix the token that the recipe refers to, or use another instance with --host",
        Remedy.TOKEN_OR_INSTANCE: "Fix the token that the recipe refers to, or use another instance with --host",
        Remedy.READ_LIST: "Check it with: ld-flag-import configs list",
        Remedy.LOOK_FIRST: "Run it again: it checks first",
        Remedy.LOOK_AGAIN: "Run it again: it checks first",
        Remedy.WATCH_LATER: "The import may continue: run it again later to keep watching. Don't start another one",
        Remedy.MAKE_ROOM: "Free some space, or use another file with --journal",
    }
)
"""For commands with a recipe."""
ACCOUNT = FailureWording(
    {
        **_SAME,
        Remedy.CORRECT_ANSWER: "Check it with: ld-flag-import configs show",
        Remedy.LOOK_THROUGH_ANSWERS: "Check it with: ld-flag-import configs show",
        Remedy.CHOOSE_PROJECT: "Look it up with: ld-flag-import configs list",
        Remedy.CHECK_INSTANCE: "Fix LD_BASE_URI, or use --host",
        Remedy.PICK: "Look up {about}",
        Remedy.PICK_OR_CLEAR: "Look up {about}",
        Remedy.PASTE_FIRST: "Set LD_ACCESS_TOKEN",
        Remedy.PASTE_AGAIN: "Fix it",
        Remedy.COPY_KEY: "Copy {about} again",
        Remedy.MAKE_KEY: "Create a backend token in Unleash under API access",
        Remedy.REPLACE_KEY: "Fix it, or create a new one",
        Remedy.REPLACE_TOKEN: "Fix LD_ACCESS_TOKEN or the stored token, or use another instance with --host",
        Remedy.TOKEN_OR_INSTANCE: ("Fix LD_ACCESS_TOKEN or the stored token, or use another instance with --host"),
        Remedy.READ_LIST: "Check it with: ld-flag-import configs show",
        Remedy.LOOK_FIRST: "Check whether it did with: ld-flag-import configs show",
        Remedy.LOOK_AGAIN: "Check whether it did with: ld-flag-import configs show",
        Remedy.WATCH_LATER: "Don't start it again; check later with: ld-flag-import configs watch {about}",
        Remedy.MAKE_ROOM: "Free some space, or fix the folder's permissions",
    }
)
"""For `configs`."""
