"""`ld-flag-import report RECIPE`: save the report of an import again. Writes nothing to LaunchDarkly."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from tui.apply.journal import Journal
from tui.apply.verify import Verification
from tui.commands.case import Case, RecipeOptions, open_case
from tui.commands.output import Output
from tui.commands.surroundings import Surroundings
from tui.commands.verify import compare
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.report import documents, report
from tui.report.summary import summary
from tui.text.clean import clean
from tui.text.private_files import unused, write_private
from tui.text.times import moment_json
from tui.wizard.rebuild_run import records_beside

_STDOUT = Path("-")
_TEMPORARY = 5
"""The exit code of failures that may be over at the next try."""


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Save the report, or print it with `-o -`. Return the exit code."""
    output = surroundings.output(options.as_json)
    try:
        _must_fit_together(options)
        with open_case(options, surroundings) as case:
            journal = case.journal
            if journal is None:
                raise Failure(
                    Kind.RECIPE,
                    "No journal found for this import, so there's nothing to report.",
                    "The journal is on the machine that ran the import.",
                    Remedy.OTHER_JOURNAL,
                    safe=Safe.NOTHING_CHANGED,
                )
            return surroundings.run(
                lambda: _report(case, journal, options, output),
                lambda: output.say("Stopped. No report was saved."),
            )
    except Failure as failure:
        return output.fail(failure)


def _must_fit_together(options: RecipeOptions) -> None:
    """Raise Failure RECIPE for options that exclude each other."""
    what = ""
    if options.web and (options.format != "html" or options.output == _STDOUT):
        what = "--web only opens an HTML report that is saved to a file."
    elif options.as_json and options.output == _STDOUT:
        what = "--json and `-o -` would both print to stdout. Use one of them."
    if what:
        raise Failure(Kind.RECIPE, what, safe=Safe.NOTHING_SENT)


async def _report(case: Case, journal: Journal, options: RecipeOptions, output: Output) -> int:
    verification = await _verification(case, journal, output)
    now, redactor = case.context.now(), case.context.redactor
    form, records = case.recipe.draft.form, records_beside(case.path, journal.identity)
    document = report.report(case.journal or journal, verification, now, form=form, records=records)
    document = report.redacted(document, redactor)
    text = documents.text_of(document, options.format, redactor)
    if options.output == _STDOUT:
        output.out.write(text)
        return 0
    try:
        folder = case.surroundings.folder
        path = options.output or unused(folder, documents.file_name(document, options.format))
        write_private(path, text)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        reason = getattr(error, "strerror", None) or "no reason given"
        raise Failure(Kind.RECIPE, f"Can't save the report: {reason}.", safe=Safe.NOTHING_CHANGED) from None
    result = summary(document)
    if output.as_json:
        steps = {step.kind.replace(" ", "_"): step.count for step in result.steps}
        fields = {"report": str(path), "format": options.format, "verified": document.verified}
        output.document({**fields, **moment_json("written", now * 1000), "next": steps})
    else:
        output.titled(result.level, result.line(str(path)))
    if options.web and not webbrowser.open(path.resolve().as_uri()):
        output.warn(f"No browser is available. Open {clean(str(path))} yourself.")
    return 0


async def _verification(case: Case, journal: Journal, output: Output) -> Verification | None:
    """Compare the flags with the plan as they are now. Return None, after a warning, if LaunchDarkly can't be asked."""
    if not (journal.planned_at and journal.configuration):
        return None
    try:
        return await compare(case)
    except Failure as failure:
        no_token = failure.kind is Kind.CREDENTIAL and failure.remedy is not Remedy.SAME_ACCOUNT
        if not no_token and failure.exit_code != _TEMPORARY:
            raise
        output.warn(f"{failure.what} This report is from the journal alone: it doesn't show flags as they are now.")
        return None
