"""What an SDK key of Unleash is and sees, what it or a read-only token can list for the fields of the form."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace

from pydantic import SecretStr

from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Answers, Choice, Connection, Remark, SourceReport, answered, by_label, source_failure
from tui.sources.lenient import objects
from tui.sources.unleash.client import ENVIRONMENT_FIELD, KEY_FIELD, PROJECT_FIELD, TAG_FIELD, Scope, UnleashClient
from tui.text.phrases import count, listed, short

_NOUNS = {ENVIRONMENT_FIELD: "environment", PROJECT_FIELD: "project"}
_SDK_KEY = re.compile(r"(?!user:)[^:]+:(?!\*\.)[^:]+\..+")
"""`project:environment.secret`. An admin token has `*` for its environment, a personal one begins with `user:`."""


async def check_key(connection: Connection, answers: Answers) -> SourceReport:
    """Read the client features.

    Raises Failure: SOURCE with the status of a refusal, NOT_JSON for a page or another server's data, and
    what `Http.send` raises.
    """
    scope = (await UnleashClient(connection).features()).scope
    report = report_of(scope)
    try:
        require_environment(scope, connection.key)
    except Failure as failure:
        return replace(report, on_key=(Remark("problem", KEY_FIELD, str(failure), advice=failure.advice),))
    return replace(report, on_answers=compare(report, answers))


def report_of(scope: Scope, *, every: bool = False) -> SourceReport:
    """Return what the scope of a key means; `every` if the key is known to cover more than was asked for."""
    every = every or (scope.has_query and not scope.named)
    flags = count(scope.flags, "flag")
    if scope.has_query:
        projects = f"{_projects_noun(scope.named)} {listed(scope.named)}" if scope.named else "every project"
        environment = f"environment {short(scope.environment)}" if scope.environment else "no environment"
        text = f"reads {projects}, {environment}, {flags}"
    else:
        text = f"reads flags of {listed(scope.seen)}, {flags}" if scope.seen else f"reads {flags}, project unknown"
    return SourceReport(
        text=text,
        on_key=tuple(_on_key(scope)),
        project=scope.named[0] if len(scope.named) == 1 and not every else None,
        environment=scope.environment or None,
        projects=scope.named or scope.seen,
        every_project=every,
        flags=scope.flags,
    )


def _projects_noun(projects: tuple[str, ...]) -> str:
    return "project" if len(projects) == 1 else "projects"


def _on_key(scope: Scope) -> Iterator[Remark]:
    if not scope.has_query:
        text = (
            "Can't tell which project and environment this key reads: the response doesn't show it. Most likely a "
            "proxy removed it. Check the key in Unleash under API access."
        )
        yield Remark("unknown", KEY_FIELD, text)
    if scope.flags == 0:
        text = (
            "The key works but reads 0 flags. The project is empty, its flags are archived, or it doesn't exist: "
            "Unleash gives the same response. Check the project in Unleash."
        )
        yield Remark("warning", KEY_FIELD, text)


def require_environment(scope: Scope, key: SecretStr) -> None:
    """Raise Failure if the server reads no environment from the key: an import would read something else.

    An admin or personal token opens the client API too (CREDENTIAL). A server with AUTH_TYPE=none takes any key and
    ignores it (SOURCE): a key that names an environment in its own text is not at fault.
    """
    if not scope.has_query or scope.environment:
        return
    if _SDK_KEY.fullmatch(key.get_secret_value()):
        what = "Unleash doesn't read an environment from the SDK key."
        why = "Most likely the server runs with AUTH_TYPE=none and ignores keys."
        raise source_failure(what, why, Remedy.AUTHENTICATE)
    what = (
        "This is an admin or personal token, not an SDK key. It has no environment, so LaunchDarkly would "
        "read the wrong one."
    )
    raise source_failure(what, "", Remedy.MAKE_KEY, kind=Kind.CREDENTIAL, field=KEY_FIELD)


def compare(report: SourceReport, answers: Answers) -> tuple[Remark, ...]:
    """Compare the key with the entered project and environment, and report what else it covers."""
    if any(remark.level == "problem" for remark in report.on_key):
        return ()  # another key will see other things
    environment, project = answered(answers, ENVIRONMENT_FIELD), answered(answers, PROJECT_FIELD)
    on_project = _on_every_project if report.every_project else _on_project
    remarks = (_on_environment(report.environment, environment), on_project(report, project))
    return tuple(remark for remark in remarks if remark)


def contradiction(report: SourceReport, answers: Answers) -> Failure | None:
    """Return why the key cannot be meant for the environment or the project of `answers`; None if it can."""
    remark = next((remark for remark in compare(report, answers) if remark.level == "problem"), None)
    if remark is None:
        return None
    noun, readable = _NOUNS[remark.field], listed(remark.instead)
    entered = short(answered(answers, remark.field))
    return source_failure(
        f"The {noun} is {entered}, but the SDK key reads {readable}.",
        f"Unleash uses the {noun} of the key and ignores the one in a request.",
        Remedy.USE,
        f"{readable}, or a key for {entered}",
        kind=Kind.CREDENTIAL,
        field=remark.field,
    )


def _on_environment(known: str | None, entered: str) -> Remark | None:
    if not entered or not known or entered == known:
        return None
    text = f"The SDK key reads {short(known)}, not {short(entered)}. Use {short(known)}, or a key for {short(entered)}."
    return Remark("problem", ENVIRONMENT_FIELD, text, (known,))


def _on_project(report: SourceReport, entered: str) -> Remark | None:
    known = report.projects
    if not entered:
        text = f"The SDK key reads {listed(known)}. LaunchDarkly may import all of them."
        return Remark("note", PROJECT_FIELD, text, known) if len(known) > 1 else None
    if not known or known == (entered,):
        return None
    if entered not in known:
        use = short(known[0]) if len(known) == 1 else "one of them"
        text = f"The SDK key reads {listed(known)}, not {short(entered)}. Use {use}, or a key for {short(entered)}."
        # If the response doesn't show the key's scope, the flags are the only evidence.
        return Remark("problem" if report.environment else "warning", PROJECT_FIELD, text, known)
    others = listed([name for name in known if name != entered])
    text = (
        f"The SDK key reads {others} as well as {short(entered)}. LaunchDarkly may import them all. "
        f"A key for {short(entered)} only is safe."
    )
    return Remark("warning", PROJECT_FIELD, text)


def _on_every_project(report: SourceReport, entered: str) -> Remark | None:
    seen = report.projects
    if entered and seen and entered not in seen:
        text = (
            f"The SDK key reads every project, but finds no flags in {short(entered)}. It is empty or doesn't exist: "
            f"Unleash gives the same response. There are flags in {listed(seen)}."
        )
        return Remark("warning", PROJECT_FIELD, text, seen)
    if not entered or seen in ((), (entered,)):
        text = "The SDK key reads every project. LaunchDarkly may import all of them."
        return Remark("note", PROJECT_FIELD, text, () if entered else seen)
    others = listed([name for name in seen if name != entered])
    text = (
        f"The SDK key reads every project, including {others}. LaunchDarkly may import them all. "
        f"A key for {short(entered)} only is safe."
    )
    return Remark("warning", PROJECT_FIELD, text)


# --- what it can list


async def discover(
    connection: Connection, field: str, answers: Answers, helper: SecretStr | None = None
) -> tuple[Choice, ...]:
    """Return the choices for project, environment, or tag, by `helper` (an admin or personal token), else by the SDK
    key, which shows its own projects and environment and no tags.

    Raises Failure, SOURCE with the status of a refusal.
    """
    if helper is not None:
        return by_label(await _LISTS[field](UnleashClient(replace(connection, key=helper))))
    if field == TAG_FIELD:
        what, why = "Can't list Unleash tags with an SDK key.", "Unleash doesn't show tags to SDK keys."
        raise Failure(Kind.SOURCE, what, why, Remedy.TYPE_TAG, field=TAG_FIELD)
    scope = (await UnleashClient(connection).features()).scope
    require_environment(scope, connection.key)
    environments = (scope.environment,) if scope.environment else ()
    values = {PROJECT_FIELD: scope.named or scope.seen, ENVIRONMENT_FIELD: environments}[field]
    return tuple(Choice(value, value) for value in values)


async def count_flags(connection: Connection, answers: Answers) -> int | None:
    """Count the flags that the project and the tag match, as far as the key can be narrowed; by one request."""
    return (await UnleashClient(connection).features(answers)).scope.flags


async def check_helper(connection: Connection) -> SourceReport:
    """Return what a read-only token sees. Raises Failure: SOURCE with 401 or 403 if it is none, and what `Http.send`
    raises."""
    client = UnleashClient(connection)
    projects = tuple(sorted(choice.value for choice in await _projects(client)))
    user = await client.user()
    names = (client.reader.plain(user.get(part)) for part in ("name", "username", "email"))
    owner = next((name for name in names if name), "")
    text = f"lists {_projects_noun(projects)} {listed(projects)}" if projects else "lists no projects"
    return SourceReport(text=f"{text}, as {short(owner)}" if owner else text, projects=projects)


async def _projects(client: UnleashClient) -> list[Choice]:
    plain = client.reader.plain
    projects = objects(await client.admin_list("projects"))
    return [Choice(key, plain(one.get("name")) or key) for one in projects if (key := plain(one.get("id")))]


async def _environments(client: UnleashClient) -> list[Choice]:
    plain = client.reader.plain
    return [
        Choice(name, name, "disabled" if environment.get("enabled") is False else plain(environment.get("type")))
        for environment in objects(await client.admin_list("environments"))
        if (name := plain(environment.get("name")))
    ]


async def _tags(client: UnleashClient) -> list[Choice]:
    plain = client.reader.plain
    tags = objects(await client.admin_list("tags"))
    parts = ((plain(tag.get("type")), plain(tag.get("value"))) for tag in tags)
    return [Choice(tag, tag) for tag in dict.fromkeys(f"{kind}:{value}" for kind, value in parts if kind and value)]


_LISTS: Mapping[str, Callable[[UnleashClient], Awaitable[list[Choice]]]] = {
    PROJECT_FIELD: _projects,
    ENVIRONMENT_FIELD: _environments,
    TAG_FIELD: _tags,
}
