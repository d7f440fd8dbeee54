"""Words of plain mode: a word for each level, and what the screens say about keys and buttons, said for a prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping

LEVELS: Mapping[str, str] = {"ok": "OK", "warning": "Warning", "problem": "Problem", "unknown": "Not known", "note": ""}
COMMANDS = (
    "At every question you can type back, help, list, or quit, and next to skip the other questions of a step. Enter"
    " accepts the value in brackets; - clears it. To enter such a word as a value, put = before it."
)
HELP = (
    ("back", "the question before"),
    ("help", "this page"),
    ("list, list TEXT", "the values to choose from, or those that contain TEXT"),
    ("next", "where a step asks several questions: skip the others"),
    ("go STEP", "a step that you have reached, such as go keys"),
    ("imports", "the imports begun on this machine"),
    ("configurations", "the import configurations in your account"),
    ("quit", "quit; your answers are saved, keys only if you store them"),
    ("-", "clear the value in brackets"),
    ("=TEXT", "the value TEXT, even if it is one of these words"),
)
PRACTICE_HELP = (
    ("fill", "in practice: fill in this step"),
    ("fill all", "in practice: fill in everything, up to Plan"),
    ("fault", "in practice: simulate an error"),
)
REBUILD_HELP = (
    ("list, list TEXT", "all flags, or those whose key contains TEXT; also one of the words above, such as by hand"),
    ("flag KEY", "one flag: what both sides serve, what differs, and why"),
    ("accept, ok NAME, no NAME", "the differences; accept one, or no longer; ok all accepts all"),
    ("apply, turn on, take back", "these ask first, and you confirm with the environment's key"),
    ("adopt KEY", "adopt a flag that this import didn't create, or no longer"),
    ("left", "what is left by hand, with the reasons"),
    ("reload, environment, report", "read both sides again, choose another environment, go back to Run"),
)

_PHRASES: tuple[tuple[str, str], ...] = (
    ("Press F1 for help", "Type help for more"),
    ("or press F1 for help", "or type help"),
    ("Press F1 to see", "Type help to see"),
    ("Press F4 to fill in the demo keys.", "Type fill to fill in the demo keys."),
    ("Press Enter to use its ID", "Type use to enter its ID"),
    ("Choose one from the list below", "Type list to choose one"),
    ("under Earlier imports (F2)", "after typing imports"),
    ("then choose a button below", "then answer the question below"),
    ("until you press the button below", "until you type the project's key"),
    ("until you press the button on Review", "until you type the project's key on Review"),
    ("See the API address below", "Check the API address"),
    ("The line below the field shows", "The next line shows"),
    ("when you leave the token field", "when you have entered the token"),
    ("When you leave the token field", "When you have entered the token"),
    ("when you leave its field", "when you have entered it"),
    (
        "Change takes you to an answer and back. Only the button at the bottom sends anything.",
        "change and a number takes you to a step and back. Only typing the project's key sends anything.",
    ),
    ("Details shows the exact request, also as a curl command", "details shows the exact request, curl a curl command"),
    ("Type part of the project's name or key here, and choose it from the list.", "Type list and a part of its name."),
    ("The bar and the counts cover every flag, whatever the list below shows. ", "The counts cover every flag. "),
    ("The bar and the counts cover every flag, whatever the list below shows.", "The counts cover every flag."),
    ("Open this flag first (Enter). Then press Space", "First type flag and its key. Then type adopt and its key"),
    ("press Space to adopt it", "type adopt and its key to adopt it"),
    ("Adopt flags: open one, then press Space.", "To adopt one, type flag and its key, then adopt and its key."),
    ("Press r to read both sides", "Type reload to read both sides"),
    ("open one (Enter) to see why", "type flag and its key to see why"),
    ("Accept differences (a) to include", "Accept differences to include"),
    ("open it, then tick it to adopt it", "open it, then adopt it"),
    ("Open the flag, then tick it.", "Open the flag, then adopt it."),
    ("open Earlier imports.", "type imports, and choose it."),
    ("Press Create one for this project", "Type create to create one for this project"),
    ("Press Create one to check", "Type create to check"),
    ("press Create one to replace it", "type create to replace it"),
    ("Create one creates the import key in LaunchDarkly", "Typing create creates the import key in LaunchDarkly"),
    ("Create one creates a service token", "Typing create creates a service token"),
    ("Don't start it again. You can close this page and check later.", "Don't start it again. You can check later."),
)


def in_lines(text: str) -> str:
    """Return a sentence of the screens for someone who has neither keys nor buttons, only prompts."""
    for screen, prompt in _PHRASES:
        text = text.replace(screen, prompt)
    return text


def leveled(level: str, text: str) -> str:
    """Return a text with the word for its level before it."""
    word = LEVELS[level]
    return f"{word}: {in_lines(text)}" if word else in_lines(text)


def stem(text: str) -> str:
    """Return a text without its last period, for a longer sentence."""
    return re.sub(r"\.$", "", text)
