"""What an SDK key of Unleash is and sees, what it or a read-only token can list for the fields of the form."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from pydantic import SecretStr

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.sources.base import Answers, Choice, Connection, Remark, SourceReport
from tui.sources.lenient import objects
from tui.sources.phrases import count, listed, short
from tui.sources.unleash.client import (
    ENVIRONMENT_FIELD,
    KEY_FIELD,
    PROJECT_FIELD,
    TAG_FIELD,
    Scope,
    UnleashClient,
    answered,
)


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


def compare(report: SourceReport, answers: Answers) -> tuple[Remark, ...]:
    """What the key says against the typed project and environment, and what else it covers."""
    if any(remark.level == "problem" for remark in report.on_key):
        return ()  # another key will see other things
    environment, project = answered(answers, ENVIRONMENT_FIELD), answered(answers, PROJECT_FIELD)
    remarks = (_on_environment(report, environment), _on_project(report, project))
    return tuple(remark for remark in remarks if remark)


def contradiction(report: SourceReport, answers: Answers) -> Failure | None:
    """Why the key cannot be meant for the environment or the project of `answers`; None where it can."""
    for remark in compare(report, answers):
        if remark.level == "problem":
            what, reads = _WHAT[remark.field], listed(remark.instead)
            mine = short(answered(answers, remark.field))
            return Failure(
                Kind.CREDENTIAL,
                f"The {what} is {mine}, but the SDK key reads {reads}.",
                f"Unleash takes the {what} from the key, whatever a request asks for.",
                Remedy.USE,
                about=f"{reads}, or a key made for {mine}",
                safe=Safe.NOTHING_CREATED,
                field=remark.field,
            )
    return None


_WHAT = {ENVIRONMENT_FIELD: "environment", PROJECT_FIELD: "project"}


def report_of(scope: Scope, *, every: bool = False) -> SourceReport:
    """What the scope of a key means; `every` where the key is known to cover more than was asked for."""
    every = every or (scope.told and not scope.named)
    projects = scope.named or scope.seen
    return SourceReport(
        text=_summary(scope),
        on_key=_on_key(scope),
        project=scope.named[0] if len(scope.named) == 1 and not every else None,
        environment=scope.environment or None,
        projects=projects,
        every_project=every,
        flags=scope.flags,
    )


def require_environment(scope: Scope, key: SecretStr) -> None:
    """Raise Failure where the server reads no environment from the key: an import would read something else.

    An admin or personal token opens the client API too (CREDENTIAL). A server with AUTH_TYPE=none takes any key and
    ignores it (SOURCE): a key that names an environment in its own text is not at fault.
    """
    if not scope.told or scope.environment:
        return
    if _SDK_KEY.fullmatch(key.get_secret_value()):
        raise Failure(Kind.SOURCE, _KEY_IGNORED, _AUTH_OFF, Remedy.AUTHENTICATE, safe=Safe.NOTHING_CREATED)
    raise Failure(Kind.CREDENTIAL, _NO_SDK_KEY, "", Remedy.MAKE_KEY, safe=Safe.NOTHING_CREATED, field=KEY_FIELD)


def _summary(scope: Scope) -> str:
    if not scope.told:
        where = f"flags of {listed(scope.seen)}" if scope.seen else "an answer that names no project"
        return f"reads {where}, {count(scope.flags, 'flag')}"
    named = "project" if len(scope.named) == 1 else "projects"
    projects = f"{named} {listed(scope.named)}" if scope.named else "every project"
    environment = f"environment {short(scope.environment)}" if scope.environment else "no environment"
    return f"reads {projects}, {environment}, {count(scope.flags, 'flag')}"


def _on_key(scope: Scope) -> tuple[Remark, ...]:
    remarks = []
    if not scope.told:
        remarks.append(Remark("unknown", KEY_FIELD, _NOT_TOLD))
    if scope.flags == 0:
        remarks.append(Remark("warning", KEY_FIELD, _NO_FLAGS))
    return tuple(remarks)


_SDK_KEY = re.compile(r"(?!user:)[^:]+:(?!\*\.)[^:]+\..+")
"""`project:environment.secret`. An admin token has `*` for its environment, a personal one begins with `user:`."""
_KEY_IGNORED = "This Unleash reads no environment from the SDK key."
_AUTH_OFF = "Most likely it runs with AUTH_TYPE=none and ignores every key."
_NO_SDK_KEY = (
    "This is an admin or personal token, not an SDK key: it has no environment, so LaunchDarkly would "
    "read the wrong one."
)
_NOT_TOLD = (
    "The answer does not say which project and environment this key reads; most likely a proxy left it "
    "out. Compare the key in Unleash under API access."
)
_NO_FLAGS = (
    "It works but reads 0 flags: the project is empty, all its flags are archived, or it is gone. Unleash "
    "answers the same for each. Look there first."
)


def _on_environment(report: SourceReport, typed: str) -> Remark | None:
    known = report.environment
    if not typed or not known or typed == known:
        return None
    text = (
        f"The environment here is {short(typed)}, but the SDK key reads {short(known)}, whatever is asked. "
        f"Take over {short(known)}, or use a key made for {short(typed)}."
    )
    return Remark("problem", ENVIRONMENT_FIELD, text, (known,))


def _on_project(report: SourceReport, typed: str) -> Remark | None:
    if report.every_project:
        return _on_every_project(report, typed)
    known = report.projects
    if not typed:
        several = f"The SDK key reads {listed(known)}. LaunchDarkly may import all of them."
        return Remark("note", PROJECT_FIELD, several, known) if len(known) > 1 else None
    if not known or known == (typed,):
        return None
    if typed not in known:
        one = f"Take over {short(known[0])}" if len(known) == 1 else "Take over one of them"
        text = (
            f"The project here is {short(typed)}, but the SDK key reads {listed(known)}, whatever is asked. "
            f"{one}, or use a key made for {short(typed)}."
        )
        # Where the key's scope was not told, only the flags seen speak.
        return Remark("problem" if report.environment else "warning", PROJECT_FIELD, text, known)
    others = listed([name for name in known if name != typed])
    text = (
        f"The SDK key reads {others} as well as {short(typed)} and cannot be narrowed: LaunchDarkly may "
        f"import all. A key for {short(typed)} alone is safe."
    )
    return Remark("warning", PROJECT_FIELD, text)


def _on_every_project(report: SourceReport, typed: str) -> Remark | None:
    seen = report.projects
    if typed and seen and typed not in seen:
        text = (
            f"The SDK key reads every project, but no flag in {short(typed)}: it is empty or does not exist, "
            f"Unleash answers the same. There are flags in {listed(seen)}."
        )
        return Remark("warning", PROJECT_FIELD, text, seen)
    if not typed or seen in ((), (typed,)):
        text = "The SDK key reads every project. LaunchDarkly may import all it covers."
        return Remark("note", PROJECT_FIELD, text, () if typed else seen)
    others = listed([name for name in seen if name != typed])
    text = (
        f"The SDK key reads every project, {others} too. LaunchDarkly may import all it covers; that is not "
        f"known. A key for {short(typed)} alone is safe."
    )
    return Remark("warning", PROJECT_FIELD, text)


# --- what it can list


async def discover(
    connection: Connection, field: str, answers: Answers, helper: SecretStr | None = None
) -> tuple[Choice, ...]:
    """The choices for project, environment, or tag, by `helper` (an admin or personal token), else by the SDK key.

    An SDK key shows its own projects and environment and no tags. Raises Failure, SOURCE with the status of a
    refusal.
    """
    if helper is not None:
        choices = await _LISTS[field](UnleashClient(replace(connection, key=helper)))
        return tuple(sorted(choices, key=lambda choice: (choice.label.casefold(), choice.value)))
    if field == TAG_FIELD:
        raise Failure(
            Kind.SOURCE,
            "An SDK key cannot list the tags of Unleash.",
            "They are not in what it reads.",
            Remedy.TYPE_TAG,
            field=TAG_FIELD,
        )
    scope = (await UnleashClient(connection).features()).scope
    require_environment(scope, connection.key)
    environments = (scope.environment,) if scope.environment else ()
    values = {PROJECT_FIELD: scope.named or scope.seen, ENVIRONMENT_FIELD: environments}[field]
    return tuple(Choice(value, value) for value in values)


async def count_flags(connection: Connection, answers: Answers) -> int | None:
    """How many flags the project and the tag match, as far as the key can be narrowed; by one request."""
    return (await UnleashClient(connection).features(answers)).scope.flags


async def check_helper(connection: Connection) -> SourceReport:
    """What a read-only token sees. Raises Failure: SOURCE with 401 or 403 if it is none, and what `Http.send`
    raises."""
    client = UnleashClient(connection)
    projects = tuple(sorted(choice.value for choice in await _projects(client)))
    user = await client.user()
    names = (client.reader.plain(user.get(part)) for part in ("name", "username", "email"))
    owner = next((name for name in names if name), "")
    word = "project" if len(projects) == 1 else "projects"
    text = f"lists {word} {listed(projects)}" if projects else "lists no project"
    return SourceReport(text=f"{text}, as {short(owner)}" if owner else text, projects=projects)


async def _projects(client: UnleashClient) -> list[Choice]:
    plain = client.reader.plain
    projects = objects(await client.admin_list("projects"))
    return [Choice(own, plain(one.get("name")) or own) for one in projects if (own := plain(one.get("id")))]


async def _environments(client: UnleashClient) -> list[Choice]:
    plain = client.reader.plain
    return [
        Choice(name, name, "disabled" if one.get("enabled") is False else plain(one.get("type")))
        for one in objects(await client.admin_list("environments"))
        if (name := plain(one.get("name")))
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
