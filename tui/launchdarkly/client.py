"""LaunchDarkly's REST interface as far as an import needs it; paths and codes from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from tui.launchdarkly import models
from tui.launchdarkly.audit import AuditCalls
from tui.launchdarkly.door import BETA, part, query
from tui.launchdarkly.flag_calls import FlagCalls
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import CallerIdentity, Configuration, Member, Page, Project
from tui.launchdarkly.problems import Asked
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Sink, ignore
from tui.net.messages import Answer, Request

_IMPORTS = "/api/v2/integration-capabilities/flag-import"
_NOT_FOUND = 404
_MOST_PAGES = 100
MOST_TAGS = 100
_OF_IMPORTS = "import configurations"


@dataclass(frozen=True, slots=True)
class Created:
    """A configuration that was just created, and the answer as it came for whoever wants to look at it."""

    configuration: Configuration
    answer: Answer


def request_for_create(instance: Instance, project: str, integration: str) -> tuple[str, str, Mapping[str, str]]:
    """Method, address and headers of the very request that `create` sends, but for your token."""
    url = f"{instance.url}{_import_path(project, integration)}"
    return "POST", url, {"LD-API-Version": BETA, "Content-Type": "application/json"}


class LaunchDarkly(FlagCalls, AuditCalls):
    """All calls. Every method raises Failure, and what it raises quotes no secret."""

    async def list_configurations(self, *, sink: Sink = ignore) -> tuple[Configuration, ...]:
        """All flag import configurations of the account; LaunchDarkly has no filter for them."""
        asked = self._asked(of=_OF_IMPORTS)
        found: dict[str, Configuration] = {}
        following = ""
        for _ in range(_MOST_PAGES):
            answer = await self._get(f"{_IMPORTS}{following}", asked, sink, BETA)
            page = models.read_configurations(answer.json(), self._redactor)
            fresh = {one.id: one for one in page.items if one.id not in found}
            found |= fresh
            left = (page.total_count or 0) > len(found)
            if not fresh and left:
                raise _not_whole("import configurations", page.total_count, len(found))
            if not fresh or not (page.next or left):
                return tuple(found.values())
            following = f"?{page.next or f'offset={len(found)}'}"
        raise _endless("import configurations")

    async def create(self, project: str, integration: str, body: bytes, *, sink: Sink = ignore) -> Created:
        """Create a configuration from `body`, the JSON of name, tags and config. Not idempotent.

        A Failure with `sent` leaves open whether it was created: look it up before sending again.
        """
        method, url, headers = request_for_create(self.instance, project, integration)
        asked = self._asked(
            safe=Safe.NOTHING_CREATED,
            of=_OF_IMPORTS,
            writes=True,
            project=project,
            integration=integration,
            fields=_config_keys(body),
        )
        answer = await self._send(Request(method, url, headers, body), asked, sink)
        return Created(models.read_configuration(answer.json(), self._redactor), answer)

    async def get(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> Configuration:
        """One configuration with its config; whether secrets in it are masked is not documented."""
        asked = self._configuration(project, integration, id)
        answer = await self._get(_import_path(project, integration, id), asked, sink, BETA)
        return models.read_configuration(answer.json(), self._redactor)

    async def patch(
        self,
        project: str,
        integration: str,
        id: str,
        operations: Sequence[Mapping[str, object]],
        *,
        sink: Sink = ignore,
    ) -> Configuration:
        """Change `config`, `tags` or `name` by JSON Patch; a SecretStr value is opened in the body alone."""
        body = json.dumps([dict(one) for one in operations], default=_opened, ensure_ascii=False).encode()
        asked = self._configuration(project, integration, id, writes=True)
        answer = await self._write("PATCH", _import_path(project, integration, id), asked, sink, body)
        return models.read_configuration(answer.json(), self._redactor)

    async def delete(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> None:
        """Delete a configuration; the flags it imported stay."""
        asked = self._configuration(project, integration, id, safe=Safe.NOTHING_DELETED, writes=True)
        await self._write("DELETE", _import_path(project, integration, id), asked, sink)

    async def trigger(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> int:
        """Queue the import job and return the status code: 201 by the document, any 2xx is taken."""
        asked = self._configuration(project, integration, id, safe=Safe.NOTHING_STARTED, writes=True)
        path = f"{_import_path(project, integration, id)}/trigger"
        return (await self._write("POST", path, asked, sink)).status_code

    async def caller_identity(self, *, sink: Sink = ignore) -> CallerIdentity:
        """Whose token this is."""
        answer = await self._get("/api/v2/caller-identity", self._asked(), sink)
        return models.read_identity(answer.json())

    async def me(self, *, sink: Sink = ignore) -> Member | None:
        """The member the token belongs to; None for a service token, which belongs to nobody."""
        return await self.member("me", sink=sink)

    async def member(self, id: str, *, sink: Sink = ignore) -> Member | None:
        """One member; None where there is none with this id."""
        answer = await self._answer(self._request("GET", f"/api/v2/members/{part(id)}"), sink)
        if answer.status_code == _NOT_FOUND:
            return None
        return models.read_member(self._accepted(answer, self._asked(of="members")).json())

    async def projects(
        self, offset: int = 0, limit: int = 20, search: str = "", *, sink: Sink = ignore
    ) -> Page[Project]:
        """A page of projects by name; `search` is looked for in names and keys."""
        path = f"/api/v2/projects{_listed(offset, limit, search, sort='name')}"
        return models.read_projects((await self._get(path, self._asked(of="projects"), sink)).json())

    async def project(self, key: str, *, sink: Sink = ignore) -> Project:
        """One project; Failure NOT_FOUND where the token sees none with this key."""
        answer = await self._get(f"/api/v2/projects/{part(key)}", self._asked(project=key), sink)
        return models.read_project(answer.json())

    async def members(self, offset: int = 0, limit: int = 20, search: str = "", *, sink: Sink = ignore) -> Page[Member]:
        """A page of members by name; `search` is looked for in names and mail addresses."""
        path = f"/api/v2/members{_listed(offset, limit, search, sort='displayName')}"
        return models.read_members((await self._get(path, self._asked(of="members"), sink)).json())

    async def tags(self, prefix: str = "", *, sink: Sink = ignore) -> tuple[str, ...]:
        """At most 100 flag tags of the account that begin with `prefix`."""
        path = f"/api/v2/tags{query(kind='flag', pre=prefix, limit=MOST_TAGS)}"
        answer = await self._get(path, self._asked(of="tags"), sink)
        return models.read_tags(answer.json()).items[:MOST_TAGS]

    def _configuration(self, project: str, integration: str, id: str, **known: object) -> Asked:
        return self._asked(of=_OF_IMPORTS, project=project, integration=integration, configuration=id, **known)


def _import_path(*parts: str) -> str:
    return "/".join((_IMPORTS, *map(part, parts)))


def _listed(offset: int, limit: int, search: str, *, sort: str) -> str:
    # A comma would end the filter, and there is no way to write one that does not.
    wanted = {"filter": f"query:{search.replace(',', ' ')}"} if search.strip() else {}
    return query(limit=limit, offset=offset, sort=sort, **wanted)


def _config_keys(body: bytes) -> tuple[str, ...]:
    try:
        config = json.loads(body)["config"]
        return tuple(config)
    except (ValueError, TypeError, KeyError):
        return ()


def _opened(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _not_whole(what: str, total: int | None, count: int) -> Failure:
    return Failure(
        Kind.SERVER_ERROR,
        f"LaunchDarkly reports {total} {what} but lists only {count}.",
        "Most likely your token may not see all of them.",
        Remedy.USE,
        about="a token that may view them",
        safe=Safe.NOTHING_CHANGED,
    )


def _endless(what: str) -> Failure:
    return Failure(
        Kind.TOO_LARGE,
        f"LaunchDarkly lists {what} without end; reading stopped.",
        "The list was not used.",
        safe=Safe.NOTHING_CHANGED,
    )
