"""Words for failures and their remedies, for somebody who corrects something and runs the command again."""

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
            return f"{self.words[advice.remedy]}; {self.after_refusal}."
        return remedies.worded(advice, self.words, self.safe)


_SAME: Mapping[Remedy, str] = {
    Remedy.TRY_LATER: "Run it again in a moment",
    Remedy.SEND_AFTER: "Run it again after {about}",
    Remedy.CHOOSE_ONE: "Take one of those",
    Remedy.CLEAR: "Take it out",
    Remedy.SEE_HELP: "The wizard tells where to find it",
    Remedy.PASTE_ALONE: "Store {about} there",
    Remedy.CORRECT: "Correct {about} and run again",
    Remedy.COPY_HELPER: "Correct the token for looking, or leave it out",
    Remedy.OTHER_HELPER: "Use an admin token, or a personal one of somebody who may look, or leave it out",
    Remedy.LOOK_UP_CONFIGURATION: "Look it up with: ld-flag-import configs list",
    Remedy.SEND_AGAIN: "Run it again",
    Remedy.SEND_CHANGES_AGAIN: "Run it again: it replaces the same again",
    Remedy.SEE_DIFFERENCE: "Look at the difference, then run it again",
    Remedy.READ_DIFFERENCE: "Look at the difference, then run it again",
    Remedy.RELOAD_LIST: "Look whether it is there, with: ld-flag-import configs list",
    Remedy.MOVE_JOURNAL: "Name another by --journal, or move it away",
    Remedy.OTHER_JOURNAL: "Name another by --journal",
    Remedy.RESUME_OR_RENAME: "Run it again to go on with it, or change the name",
    Remedy.READ_PLAN: "Run it again",
    Remedy.LOOK_UNDER_CONFIGURATIONS: "Look it up with: ld-flag-import configs list",
}
RECIPE = FailureWording(
    {
        **_SAME,
        Remedy.CORRECT_ANSWER: "Correct it in the recipe",
        Remedy.LOOK_THROUGH_ANSWERS: "Look through the recipe",
        Remedy.CHOOSE_PROJECT: "Correct it in the recipe, or give --project",
        Remedy.CHECK_INSTANCE: "Correct launchdarkly.host in the recipe, or give --host",
        Remedy.PICK: "Look {about} up, and correct it in the recipe",
        Remedy.PICK_OR_CLEAR: "Look {about} up in LaunchDarkly, or leave it out",
        Remedy.PASTE_FIRST: "Refer to it in the recipe",
        Remedy.PASTE_AGAIN: "Correct it where the recipe refers to",
        Remedy.COPY_KEY: "Copy {about} and put it where the recipe refers to",
        Remedy.MAKE_KEY: "Make a server-side SDK key in Unleash (API access), and put it where the recipe refers to",
        Remedy.REPLACE_KEY: "Correct it where the recipe refers to, or make a new one",
        Remedy.REPLACE_TOKEN: "Correct the token that the recipe refers to, or name another instance with --host",
        Remedy.TOKEN_OR_INSTANCE: "Correct the token that the recipe refers to, or name another instance with --host",
        Remedy.READ_LIST: "Look at it with: ld-flag-import configs list",
        Remedy.LOOK_FIRST: "Run it again: it looks first whether it did",
        Remedy.LOOK_AGAIN: "Run it again: it looks first",
        Remedy.WATCH_LATER: ("It may still go on: run this again later to watch on. Do not start it anew meanwhile"),
        Remedy.MAKE_ROOM: "Make room for it, or name another place by --journal",
    }
)
"""For somebody who has a recipe."""
ACCOUNT = FailureWording(
    {
        **_SAME,
        Remedy.CORRECT_ANSWER: "Look at it with: ld-flag-import configs show",
        Remedy.LOOK_THROUGH_ANSWERS: "Look at it with: ld-flag-import configs show",
        Remedy.CHOOSE_PROJECT: "Look it up with: ld-flag-import configs list",
        Remedy.CHECK_INSTANCE: "Correct LD_BASE_URI, or give --host",
        Remedy.PICK: "Look {about} up",
        Remedy.PICK_OR_CLEAR: "Look {about} up",
        Remedy.PASTE_FIRST: "Set LD_ACCESS_TOKEN",
        Remedy.PASTE_AGAIN: "Correct it",
        Remedy.COPY_KEY: "Copy {about} again",
        Remedy.MAKE_KEY: "Make a server-side SDK key in Unleash under API access",
        Remedy.REPLACE_KEY: "Correct it, or make a new one",
        Remedy.REPLACE_TOKEN: "Correct LD_ACCESS_TOKEN, or what holds your token, or name another instance with --host",
        Remedy.TOKEN_OR_INSTANCE: (
            "Correct LD_ACCESS_TOKEN, or what holds your token, or name another instance with --host"
        ),
        Remedy.READ_LIST: "Look at it with: ld-flag-import configs show",
        Remedy.LOOK_FIRST: "Look whether it did, with: ld-flag-import configs show",
        Remedy.LOOK_AGAIN: "Look whether it did, with: ld-flag-import configs show",
        Remedy.WATCH_LATER: "Do not start it again; look later with: ld-flag-import configs watch {about}",
        Remedy.MAKE_ROOM: "Make room for it, or correct its folder's rights",
    }
)
"""For somebody who manages the configurations of an account."""
