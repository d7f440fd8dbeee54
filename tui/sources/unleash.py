"""Unleash, through the one read that its SDK keys and LaunchDarkly's import share: the client features.

Facts were measured on real servers of version 4.19, 5.12, 6.10, 7.5 and 8.2. `query` in the answer tells the
key's true scope; `project` and `environment` in the request change nothing for a key of named projects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pydantic import SecretStr

from tui.net.client import Answer, Http, Limits, Request
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.sources.base import Remark, SourceReport
from tui.sources.foreign import Foreign, count, failed, listed, place, refused_request, said, short

NAME: str = "Unleash"
KEY_FIELD: str = "sourceApiKey"
ADDRESS_FIELD: str | None = "sourceBaseUrl"
DEFAULT_ADDRESS: str = ""
PROJECT_FIELD = "sourceProjectId"
ENVIRONMENT_FIELD = "sourceEnvironmentId"

LIMITS = Limits(total_seconds=120.0, max_bytes=64 * 1024 * 1024)
"""The list of features is one answer without pages."""

_PATH = "/api/client/features"
_UI_PATHS = frozenset({"api", "admin", "features", "insights", "login", "projects", "search", "ui"})
_OF_THE_ADDRESS = frozenset({Kind.UNREACHABLE, Kind.TLS, Kind.REDIRECT, Kind.NOT_JSON})


async def check_key(
    http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
) -> SourceReport:
    """Read the client features of `address` with `key`, sent raw: server 4 refuses it behind Bearer.

    Raises Failure: SOURCE with the status of a refusal, NOT_JSON for a page or another server's data, and
    what `Http.send` raises.
    """
    address = address.rstrip("/")
    request = Request("GET", address + _PATH, {"Authorization": key, "Accept": "application/json"})
    foreign = Foreign(key)
    try:
        answer = await http.send(request, peer=NAME, sink=sink, limits=LIMITS)
        report = _report(_read(answer, address, foreign))
    except Failure as failure:
        raise _with_field(failure) from None
    return replace(report, on_answers=compare(report, answers))


def compare(report: SourceReport, answers: Mapping[str, str]) -> tuple[Remark, ...]:
    """What the key says against the typed project and environment, and what else it covers."""
    if any(remark.level == "problem" for remark in report.on_key):
        return ()  # another key will see other things
    project = answers.get(PROJECT_FIELD, "").strip()
    environment = answers.get(ENVIRONMENT_FIELD, "").strip()
    remarks = (_on_environment(report, environment), _on_project(report, project))
    return tuple(remark for remark in remarks if remark)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the answer said: `named` are the projects of `query`, `seen` those of the features themselves."""

    flags: int
    seen: tuple[str, ...]
    named: tuple[str, ...]
    environment: str
    told: bool


def _read(answer: Answer, address: str, foreign: Foreign) -> _Scope:
    if answer.status_code != 200:
        raise _refusal(answer, address, foreign)
    if answer.is_page:
        raise _page(address, answer.status_code)
    body = answer.json()
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(features, list):
        raise Failure(
            Kind.NOT_JSON,
            f"{place(address)} answers with data, but not with Unleash's list of flags.",
            "Most likely another program answers at this address.",
            "Give the address of Unleash itself; nothing was created.",
            status_code=answer.status_code,
        )
    query = body.get("query")
    told = isinstance(query, dict)
    scope = query if isinstance(query, dict) else {}
    # Unleash writes `project`; its cache Edge writes `projects`, with "*" for all of them.
    projects = scope.get("project", scope.get("projects"))
    names = projects if isinstance(projects, list) else [projects]
    return _Scope(
        flags=len(features),
        seen=_unique(foreign, (f.get("project") for f in features if isinstance(f, dict))),
        named=_unique(foreign, (name for name in names if name != "*")) if "*" not in names else (),
        environment=foreign.plain(scope.get("environment")),
        told=told,
    )


def _unique(foreign: Foreign, names: Iterable[object]) -> tuple[str, ...]:
    texts = {name for name in names if isinstance(name, str)}  # few projects, many features: clean each once
    return tuple(sorted({plain for plain in map(foreign.plain, texts) if plain}))


def _report(scope: _Scope) -> SourceReport:
    every = scope.told and not scope.named
    projects = scope.named or scope.seen
    return SourceReport(
        text=_summary(scope),
        on_key=_on_key(scope),
        project=scope.named[0] if len(scope.named) == 1 else None,
        environment=scope.environment or None,
        projects=projects,
        every_project=every,
        flags=scope.flags,
    )


def _summary(scope: _Scope) -> str:
    if not scope.told:
        where = f"flags of {listed(scope.seen)}" if scope.seen else "an answer that names no project"
        return f"reads {where}, {count(scope.flags, 'flag')}"
    named = "project" if len(scope.named) == 1 else "projects"
    projects = f"{named} {listed(scope.named)}" if scope.named else "every project"
    environment = f"environment {short(scope.environment)}" if scope.environment else "no environment"
    return f"reads {projects}, {environment}, {count(scope.flags, 'flag')}"


def _on_key(scope: _Scope) -> tuple[Remark, ...]:
    if scope.told and not scope.environment:
        return (Remark("problem", KEY_FIELD, _NO_SDK_KEY),)
    remarks = []
    if not scope.told:
        remarks.append(Remark("unknown", KEY_FIELD, _NOT_TOLD))
    if scope.flags == 0:
        remarks.append(Remark("warning", KEY_FIELD, _NO_FLAGS))
    return tuple(remarks)


_NO_SDK_KEY = (
    "This is an admin or personal token, not an SDK key: it has no environment, so LaunchDarkly would "
    "read the wrong one. Make a server-side SDK key in Unleash under API access."
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


def _refusal(answer: Answer, address: str, foreign: Foreign) -> Failure:
    status_code, message = answer.status_code, foreign.message(answer)
    if status_code >= 500:
        return failed(NAME, status_code, message)
    if status_code == 404:
        return _not_found(address)
    if answer.is_page:
        return _page(address, status_code)
    if status_code in _REFUSED_KEYS:
        return _REFUSED_KEYS[status_code](message)
    failure = refused_request(NAME, status_code, message, ADDRESS_FIELD)
    return failure.replaced(why="Most likely another server answers there.")


def _unknown_key(message: str) -> Failure:
    # Not quoted: Unleash blames a missing header for every key that it does not know.
    return Failure(
        Kind.SOURCE,
        "Unleash refused the SDK key (401).",
        "It is mistyped, cut short, expired or deleted, or belongs to another Unleash.",
        "Copy it whole in Unleash under API access and paste it again; nothing was created.",
        status_code=401,
        field=KEY_FIELD,
    )


def _wrong_kind_of_key(message: str) -> Failure:
    frontend = "different token type" in message
    return Failure(
        Kind.SOURCE,
        f"Unleash refused the SDK key (403){': it is a frontend key.' if frontend else said(message)}",
        "The import needs a server-side key." if frontend else "Most likely it is not a server-side SDK key.",
        "Make one in Unleash under API access, then paste it here; nothing was created.",
        status_code=403,
        field=KEY_FIELD,
    )


_REFUSED_KEYS: dict[int, Callable[[str], Failure]] = {401: _unknown_key, 403: _wrong_kind_of_key}


def _not_found(address: str) -> Failure:
    path = urlsplit(address).path
    why, next_step = (
        ("The path is most likely one too many.", f"Try {_without_ui_path(address)}; nothing was created.")
        if path
        else (
            "Unleash most likely lives under a path of that host, such as /team.",
            "Give the address as your browser shows it in Unleash, up to that path; nothing was created.",
        )
    )
    what = f"{place(address)} has no client API of Unleash (404)."
    return Failure(Kind.SOURCE, what, why, next_step, status_code=404, field=ADDRESS_FIELD)


def _page(address: str, status_code: int) -> Failure:
    status = "" if status_code == 200 else f" ({status_code})"
    why, next_step = (
        ("The path is most likely one too many.", f"Try {_without_ui_path(address)}; nothing was created.")
        if urlsplit(address).path
        else (
            "Most likely a login page or a proxy stands before Unleash, or this is another server.",
            "Give the address where Unleash itself answers; nothing was created.",
        )
    )
    what = f"{place(address)} answers with a web page{status}, not with flags."
    return Failure(Kind.NOT_JSON, what, why, next_step, status_code=status_code, field=ADDRESS_FIELD)


def _without_ui_path(address: str) -> str:
    """The address up to where a page of Unleash's own begins, or its host alone where none does."""
    parts = urlsplit(address)
    segments = parts.path.split("/")
    first = next((at for at, segment in enumerate(segments) if segment in _UI_PATHS), 0)
    return f"{parts.scheme}://{place(parts._replace(path='/'.join(segments[:first])).geturl())}"


def _with_field(failure: Failure) -> Failure:
    if failure.field is None and failure.kind is Kind.CREDENTIAL:
        return failure.replaced(field=KEY_FIELD)
    if failure.field is None and failure.kind in _OF_THE_ADDRESS:
        return failure.replaced(field=ADDRESS_FIELD)
    return failure
