"""LaunchDarkly's audit log: who created and changed the flags of a project.

Shapes are those of LaunchDarkly's OpenAPI document: entries come newest first, at most 20 a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui.launchdarkly.door import Door, part, query
from tui.launchdarkly.models import Page, as_data, as_moment, as_object, as_objects, read_page
from tui.net.errors import Failure, Kind
from tui.net.events import Counted, Sink, ignore

_PAGE = 20
_MOST_PAGES = 1_000
CREATION = "createFlag"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of flags. `date` in ms since the epoch; `token` and `member` are ids, "" where none is named."""

    id: str
    date: int | None
    actions: frozenset[str]
    keys: frozenset[str]
    token: str
    member: str


class AuditCalls(Door):
    """Every method raises Failure."""

    async def flag_changes(
        self, project: str, after: int, before: int, *, sink: Sink = ignore
    ) -> tuple[AuditEntry, ...]:
        """Changes of a project's flags between two moments (ms since the epoch)."""
        asked = self._asked(of="the audit log", project=project)
        spec = f"proj/{part(project)}:env/*:flag/*"
        following = query(after=after, before=before, limit=_PAGE, spec=spec).removeprefix("?")
        found: dict[str, AuditEntry] = {}
        for _ in range(_MOST_PAGES):
            page = _read((await self._get(f"/api/v2/auditlog?{following}", asked, sink)).json())
            fresh = {entry.id: entry for entry in page.items if entry.id not in found}
            found |= fresh
            sink(Counted("Audit log entries", len(found), page.total_count))
            if not page.next or not fresh:
                return tuple(found.values())
            following = page.next
        raise Failure(Kind.TOO_LARGE, "LaunchDarkly's audit log has too many entries to read.")


def _read(value: object) -> Page[AuditEntry]:
    return read_page(value, _entry, "a list of audit log entries")


def _entry(value: object) -> AuditEntry:
    item = as_object(value)
    accesses = [as_object(each) for each in as_objects(item.get("accesses"))]
    target = as_object(item.get("target")).get("resources")
    resources = [as_data(each.get("resource")) for each in accesses]
    resources += [as_data(each) for each in target] if isinstance(target, list) else []
    return AuditEntry(
        id=as_data(item.get("_id")),
        date=as_moment(item.get("date")),
        actions=frozenset(as_data(each.get("action")) for each in accesses),
        keys=frozenset(key for each in resources if (key := _flag_key(each))),
        token=_id(item.get("token")),
        member=_id(item.get("member")),
    )


def _id(value: object) -> str:
    return as_data((value if isinstance(value, Mapping) else {}).get("_id"))


def _flag_key(resource: str) -> str:
    """The key in a resource such as `proj/web-shop:env/*:flag/checkout;tag`."""
    return resource.rpartition(":flag/")[2].partition(";")[0] if ":flag/" in resource else ""
