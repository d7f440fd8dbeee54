"""Sentences of the rooms below as somebody reads them who has no screen: they run a command again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tui.answers.builtin import TOKEN
from tui.answers.recipe_problems import RecipeError
from tui.net.errors import Failure, Kind

# Each is replaced in its turn: a longer one stands before what it contains.
_SEND_AGAIN = {
    "You can send again; your answers are kept.": "Run it again.",
    "; answers are kept": "",
    ", and your answers are kept": "",
    "; your answers are kept.": ".",
    "Send again after": "Run it again after",
    "Check again": "Run it again",
}
_RECIPE: Mapping[str, str] = {
    "Choose the project again;": "Correct it in the recipe, or give --project;",
    "Check the instance;": "Correct launchdarkly.host in the recipe, or give --host;",
    "Read the list again before you send;": "Look at it with: ld-flag-import configs list;",
    "Look through your answers": "Look through the recipe",
    "Correct that answer;": "Correct it in the recipe;",
    "Look whether it did before you send it again": "Run it again: it looks first whether it did",
    "Do not send again yet: look again first, or a copy may come to be.": "Run it again: it looks first.",
    "and paste it again": "and put it where the recipe refers to",
    "then paste it here": "then put it where the recipe refers to",
    "Paste it again": "Correct it where the recipe refers to",
    "Paste it first": "Refer to it in the recipe",
    "Paste it on the step Keys.": "Refer to it in the recipe.",
    "Pick the workspace, or look it up with F1.": "Correct it in the recipe; nothing was created.",
    "Pick the environment, or look its id up in Split;": "Look its id up in Split, and correct it in the recipe;",
    "Pick it, or see F1.": "Look it up in LaunchDarkly.",
    "Pick it.": "Look it up in LaunchDarkly.",
    "Pick the member, or clear this.": "Look it up in LaunchDarkly, or leave it out.",
    "Clear the field.": "Take it out.",
    "F1 tells where to find it.": "The wizard tells where to find it.",
    "Choose one.": "Take one of those.",
    "Move it away; nothing": "Name another by --journal, or move it away; nothing",
    **_SEND_AGAIN,
}
_ACCOUNT: Mapping[str, str] = {
    "Choose the project again;": "Look it up with: ld-flag-import configs list;",
    "Look it up in the list;": "Look it up with: ld-flag-import configs list;",
    "Check the instance;": "Correct LD_BASE_URI, or give --host;",
    "Read the list again before you send;": "Look at it with: ld-flag-import configs show;",
    "Look through your answers;": "Look at it with: ld-flag-import configs show;",
    "Look whether it did before you send it again": "Look whether it did, with: ld-flag-import configs show",
    "Paste it first": "Set LD_ACCESS_TOKEN",
    "Paste it again": "Correct it",
    **_SEND_AGAIN,
}


def for_recipe(failure: Failure, safe: str = "nothing was changed") -> Failure:
    """The same failure of a command on a recipe. `safe` says what became of the import."""
    if _is_of_token(failure):
        step = "Correct the token that the recipe refers to, or name another instance with --host"
        return failure.replaced(next_step=f"{step}; {safe}.")
    if isinstance(failure, RecipeError):
        return RecipeError([replace(each, text=_said(each.text, _RECIPE)) for each in failure.problems])
    return _in_words(failure, _RECIPE)


def for_account(failure: Failure) -> Failure:
    """The same failure of a command on the account's configurations."""
    if _is_of_token(failure):
        step = "Correct LD_ACCESS_TOKEN, or what holds your token, or name another instance with --host"
        return failure.replaced(next_step=f"{step}; nothing was changed.")
    return _in_words(failure, _ACCOUNT)


def _is_of_token(failure: Failure) -> bool:
    return failure.kind is Kind.UNAUTHORIZED and failure.field == TOKEN.key


def _in_words(failure: Failure, words: Mapping[str, str]) -> Failure:
    what, why, step = (_said(text, words) for text in (failure.what, failure.why, failure.next_step))
    return failure.replaced(what=what, why=why, next_step=step)


def _said(text: str, words: Mapping[str, str]) -> str:
    for wizard, here in words.items():
        text = text.replace(wizard, here)
    return text
