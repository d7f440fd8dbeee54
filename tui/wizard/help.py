"""The help page of each step and field, as data for any front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.answers import steps

if TYPE_CHECKING:  # the first paint of a wide terminal shows a page without any field
    from tui.answers.fields import Variable


@dataclass(frozen=True, slots=True)
class Table:
    """Terms and what they mean; `width` is that of the first column, in cells."""

    title: str
    width: int
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A title and its lines."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class HelpPage:
    """A title, and paragraphs, sections and tables in their order."""

    title: str
    parts: Sequence[str | Section | Table]


_KEYS = Table(
    "Keys",
    26,
    (
        ("Tab, Shift+Tab, Down, Up", "next or previous field or button"),
        ("Enter", "accept the answer; press or open what has the focus"),
        ("Ctrl+O or F8", "next step, from anywhere; on Review it only moves to the button"),
        ("Esc, then Enter", "back to the previous step; F7 goes back at once"),
        ("F1, Ctrl+G, ?", "help for the current field"),
        ("F2, Ctrl+P, :", "all actions by name"),
        ("F4", "in practice: fill in everything"),
        ("Ctrl+Q, Ctrl+C, q", "quit; your answers are saved, keys only if you store them"),
        ("Ctrl+L", "redraw the screen"),
    ),
)

_LIST_KEYS = Table(
    "In the list",
    26,
    (
        ("Up, Down, PgUp, PgDn", "move (also j and k); Home and End: first and last"),
        ("Enter", "open the flag: what is imported, and which rules are not"),
        ("/", "search; Enter keeps the result, Esc shows all flags again"),
        ("f, s", "next filter, next sort order"),
        ("l", "review losses"),
        ("o", "flags that are on at the source and off after the import"),
        ("r", "reload the plan: read both sides again"),
        ("w", "save the plan as Markdown or JSON"),
    ),
)

_REBUILD_KEYS = Table(
    "In the list",
    26,
    (
        ("Enter", "open the flag: both sides' rules, what differs and for whom, the proof"),
        ("a", "accept differences by name"),
        ("Space", "adopt a flag of others that you have opened"),
        ("/, f", "search, next filter"),
        ("l", "what is left by hand, with the reasons"),
        ("e", "choose another environment"),
        ("r", "read both sides again"),
    ),
)

_ABOUT: dict[str, tuple[str, ...]] = {
    "integration": (
        "Choose where your feature flags are now: Split (also called Harness FME) or Unleash.",
        "LaunchDarkly reads the flags from there itself, with a key you provide. The wizard collects the settings,"
        " checks them, and creates the import in LaunchDarkly.",
        "Nothing is created in LaunchDarkly until you press the button on Review.",
    ),
    "launchdarkly": (
        "The wizard uses your token to create the import. Your token is not the import key, which LaunchDarkly stores.",
        "When you leave the token field, the wizard asks LaunchDarkly whose token it is and whether it can list"
        " imports. The token is sent only to the instance you chose.",
    ),
    "keys": (
        "LaunchDarkly stores both keys with the import. It uses the first to read your flags and the import key to"
        " create them. The wizard checks each key when you leave its field; the check changes nothing.",
        "A key stays in memory for this session, or in your system's keyring if you choose it. It is never written to"
        " a file.",
        "Create one creates the import key in LaunchDarkly with your token. The wizard remembers its name, so that you"
        " can delete it before you quit, or on Run after the import.",
    ),
    "fields": (
        "The wizard fills in what it can learn from your keys. You can leave optional fields blank.",
        "Warnings don't stop you. Fix all problems to continue.",
    ),
    "plan": (
        "The wizard has read both sides and changed nothing. The bar and the counts cover every flag, whatever the"
        " list below shows.",
        "LaunchDarkly imports a flag's variations, but not the rules that decide who gets which one. Review the losses"
        " and confirm each kind: you will need to rebuild them.",
        "A plan expires after 15 minutes, or when you change an answer it depends on.",
    ),
    "review": (
        "Change takes you to an answer and back. Only the button at the bottom sends anything.",
        "Details shows the exact request, also as a curl command with variables instead of keys.",
        "LaunchDarkly doesn't document whether creating an import already starts it.",
    ),
    "submit": (
        "You can cancel until the request is sent. After that you can stop waiting, and the wizard looks up whether"
        " LaunchDarkly created the import.",
    ),
    "run": (
        "LaunchDarkly runs the import and reports a status without counts. The wizard counts the flags in your project"
        " while this step is open. You can quit at any time. To come back, start the wizard again; you only need your"
        " token.",
        "LaunchDarkly can't stop a running import. Starting it again skips flags that already exist and imports the"
        " missing ones.",
        "When the import ends, the wizard compares each flag with the plan. Undo archives or deletes only flags that"
        " this import created and no one has changed. You see the list first.",
    ),
    "rebuild": (
        "The import copies flags without the rules that decide who gets which variation. This step translates those"
        " rules for one LaunchDarkly environment, and proves each translation: it evaluates both sides for many sample"
        " users and compares what they get.",
        "Choose an environment. The wizard reads both sides, which changes nothing. Open a flag to compare its"
        " rules. If a flag would differ for some users, the difference has a name. Accept names, not flags: a flag is"
        " rebuilt only if you accepted every name that it has.",
        "Apply asks first, and once more for a critical environment. All flags stay off. Each flag is read back and"
        " compared. Turn on and Take back are questions of their own. Take back removes exactly what was added, unless"
        " someone has changed the flag since.",
        "Flags that this import didn't create can be adopted if they are off and have no rules here. Open the flag,"
        " then tick it.",
        "You can quit at any time. To come back days later, open Earlier imports. You need your token and the key that"
        " reads your flags.",
    ),
}


def step_help(key: str, *, keys: bool = True) -> HelpPage:
    """Return the page of a step: what it is for, what its words mean, and with `keys` the keys of the screen."""
    step = steps.step(key)
    terms, list_keys = _TERMS.get(key, lambda: ())(), _LISTS.get(key)
    tables = (*terms, *((list_keys,) if list_keys and keys else ()), *((_KEYS,) if keys else ()))
    return HelpPage(step.heading, (*_ABOUT[key], *tables))


def field_help(variable: Variable) -> HelpPage:
    """Return the page of a field: what it is, where to find it, which permission it needs."""
    guide = variable.guide
    parts: list[str | Section | Table] = [guide.what or variable.help]
    if guide.where:
        parts.append(Section("Where to find it", guide.where))
    if guide.right:
        parts.append(Section("Required permission", (guide.right,)))
    if variable.note:
        parts.append(variable.note)
    if variable.choices:
        parts.append(Section("One of", (", ".join(label for _, label in variable.options),)))
    parts.append("Required." if variable.required else "Optional. You can leave it blank.")
    return HelpPage(variable.label, parts)


def _plan_terms() -> tuple[Table, ...]:
    """What the words of a plan mean."""
    from tui.plan.plan import WORDS
    from tui.plan.words import GRADE_MEANINGS, GRADES, KINDS, MEANINGS

    return (
        Table("Results", 14, [(WORDS[verdict], meaning) for verdict, meaning in MEANINGS.items()]),
        Table("Losses", 22, tuple(KINDS.items())),
        Table("Rebuild", 14, [(GRADES[grade], meaning) for grade, meaning in GRADE_MEANINGS.items()]),
    )


def _rebuild_terms() -> tuple[Table, ...]:
    """What the words in the list of a rebuild mean, and its keys."""
    from tui.wizard.rebuild_words import WORDS

    return (Table("Flags", 14, tuple(WORDS.items())),)


_TERMS: Mapping[str, Callable[[], tuple[Table, ...]]] = {"plan": _plan_terms, "rebuild": _rebuild_terms}
_LISTS: Mapping[str, Table] = {"plan": _LIST_KEYS, "rebuild": _REBUILD_KEYS}
