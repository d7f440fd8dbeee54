"""`ld-flag-import verify RECIPE`: compare what was imported with the plan. Writes nothing to LaunchDarkly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace

from tui.apply import journal as journals
from tui.apply import new_journal
from tui.apply.verify import Promise, Verification, promise_of, verify
from tui.commands.case import Case, RecipeOptions, open_case
from tui.commands.output import Output
from tui.commands.style import PLAIN, Style
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure
from tui.plan.plan import Plan, Verdict
from tui.plan.words import flags
from tui.rebuild.record import own_changes
from tui.report.report import redacted
from tui.text.cells import wrapped
from tui.text.clean import clean
from tui.text.redact import Redactor
from tui.wizard.rebuild_run import records_beside

_DIFFERS = 6


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Print the differences. Return the exit code: 6 if there are any."""
    output = surroundings.output(options.as_json)
    try:
        with open_case(options, surroundings) as case:
            return surroundings.run(
                lambda: _verify(case, output),
                lambda: output.say("Stopped before all flags were compared. Nothing was changed."),
            )
    except Failure as failure:
        return output.fail(failure)


async def _verify(case: Case, output: Output) -> int:
    verification = await compare(case)
    print_verification(verification, output)
    return 0 if verification.agrees else _DIFFERS


async def compare(case: Case) -> Verification:
    """Compare the flags with the plan. The first comparison records their versions in the journal, if there is one.
    Raises Failure."""
    journal = case.journal
    if journal is None or not journal.planned_at:
        promise = await _without_journal(case)
    else:
        await case.token()
        own = own_changes(records_beside(case.path, journal.identity))
        promise = promise_of(journal, case.request.instance, own)
    with closing(case.progress()) as progress:
        verification = await verify(promise, case.bag, case.context).finish(progress.happened)
    if journal is not None:
        verified = journals.verified(journal, verification.arrived.values(), case.context.now())
        if verified is not journal:
            case.keep(verified)
    return verification


async def _without_journal(case: Case) -> Promise:
    """Expect every flag of the source with a legal key: nothing says which flags existed before the import."""
    plan, _ = await case.plan()
    config = case.request.config
    tag = str(config.get("ldTag") or "")
    expected = tuple(
        new_journal.expected_of(planned)
        for planned in plan.flags
        if planned.verdict not in (Verdict.INVALID_KEY, Verdict.DUPLICATE)
        and not _archived_before(plan, planned.flag.key, tag)
    )
    maintainer = str(config.get("ldMaintainer") or "")
    return Promise(case.request.instance, case.request.project, expected, None, tag, maintainer)


def _archived_before(plan: Plan, key: str, tag: str) -> bool:
    """An archived flag without the tag wasn't imported by this import."""
    existing = plan.existing.get(key)
    return existing is not None and existing.archived and bool(tag) and tag not in existing.tags


# --- what it prints


def print_verification(verification: Verification, output: Output, **fields: object) -> None:
    """Print it as lines, or as one JSON document that begins with `fields`."""
    if output.as_json:
        output.document({**fields, **verification_json(verification)})
    else:
        output.lines(verification_lines(verification, output.width, output.redactor, output.style))


def verification_json(verification: Verification) -> dict[str, object]:
    """Return the fields of the event `verified`, and `notes` if there are any."""
    document: dict[str, object] = {
        "missing": [{"key": key} for key in verification.missing],
        "unexpected": [{"key": key} for key in verification.unexpected],
        "different": [
            {"key": key, "properties": [asdict(difference) for difference in differences]}
            for key, differences in verification.different
        ],
        "on_in_launchdarkly": [{"key": key, "environments": [*names]} for key, names in verification.on],
    }
    return document | ({"notes": [*verification.notes]} if verification.notes else {})


def verification_lines(
    verification: Verification, width: int | None, redactor: Redactor, style: Style = PLAIN
) -> Iterator[str]:
    """Yield a summary, the differences flag by flag, and what could not be compared.

    Secrets are redacted before lines are broken, because nothing finds them afterwards.
    """
    verification = redacted(replace(verification, arrived={}), redactor)
    yield from style.titled("ok" if verification.agrees else "problem", _headline(verification), width)
    undone = [key for key in verification.missing if key in verification.taken_back]
    for level, word, keys in (
        ("problem", "missing", _missing(verification)),
        ("note", "undone", undone),
        ("warning", "not planned", verification.unexpected),
    ):
        for key in keys:
            yield from style.marked(level, f"{word}  {clean(key)}", width, indent=2)
    for key, differences in verification.different:
        yield from style.marked("warning", f"different  {clean(key)}", width, indent=2)
        for unlike in differences:
            planned, there = (clean(value) or "blank" for value in (unlike.planned, unlike.there))
            text = f"{unlike.what}: planned {planned}, in LaunchDarkly {there}"
            yield from wrapped(text, width, first="      ", rest="        ")
    for key, environments in verification.on:
        yield from style.marked("warning", f"on  {clean(key)} in {clean(', '.join(environments))}", width, indent=2)
    for text in verification.notes:
        yield from style.marked("warning", clean(text), width)
    if verification.not_compared:
        yield style.heading("Not compared")
        for text in verification.not_compared:
            yield from wrapped(clean(text), width, first="  ", rest="  ")


def _headline(verification: Verification) -> str:
    arrived = f"{verification.as_planned:,} as planned"
    parts = [
        f"{len(keys):,} {word}"
        for keys, word in (
            (_missing(verification), "missing"), (verification.taken_back, "undone"),
            (verification.different, "different"), (verification.on, "on in LaunchDarkly"),
            (verification.unexpected, "not planned"),
        )
        if keys
    ]  # fmt: skip
    skipped = f" {flags(verification.skipped)} already existed." if verification.skipped else ""
    return f"Verified: {', '.join([arrived, *parts])}.{skipped}"


def _missing(verification: Verification) -> tuple[str, ...]:
    return tuple(key for key in verification.missing if key not in verification.taken_back)
