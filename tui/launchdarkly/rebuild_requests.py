"""What a rebuild reads and writes in one environment: single flags, segments, approval requests. After the OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import data_of, object_of, objects_of
from tui.launchdarkly.targeting import (
    ApprovalRequest,
    PresentSegment,
    TargetedFlag,
    parse_approvals,
    parse_segment,
    parse_targeted_flag,
)
from tui.net.errors import Failure, Kind, Safe
from tui.net.events import Sink, ignore
from tui.net.messages import Response

Json = Mapping[str, Any]

MOST_OPERATIONS = 1_500
"""Keys that one semantic patch of a segment may add or remove."""
_NOT_ALLOWED = 405
_FORBIDDEN = 403


def needs_approval(failure: Failure) -> bool:
    """Whether LaunchDarkly refused a change because it needs an approval: 405 for flags, for segments a 403 that says
    so."""
    asks = failure.status_code == _FORBIDDEN and "approval" in failure.what.lower()
    return failure.status_code == _NOT_ALLOWED or asks


@dataclass(frozen=True, slots=True)
class EnvironmentRequests:
    """Requests about one environment of a project. Raise Failure as `LaunchDarkly` does, NOT_FOUND for a write to what
    is gone. `sent` of a write's failure leaves open whether it happened: look before anything is sent again."""

    ld: LaunchDarkly
    project: str
    environment: str
    sink: Sink = ignore

    # --- flags

    async def flag(self, key: str) -> TargetedFlag | None:
        """Return a flag with its targeting in the environment, None if there is none."""
        answer = await self._send("GET", "flags", self._flag(key), query={"env": self.environment})
        return None if answer is None else parse_targeted_flag(answer.json(), self.environment)

    async def patch_flag(self, key: str, instructions: Sequence[Json], comment: str) -> None:
        """Change a flag in the environment: all instructions, or none."""
        body = {"environmentKey": self.environment, "comment": comment, "instructions": [*instructions]}
        answer = await self._send("PATCH", "flags", self._flag(key), body, semantic=True, writes=True)
        _must_be_there(answer, "flag")

    async def evaluated(self, key: str, context: Json) -> object:
        """Return the value that LaunchDarkly serves a context, which it doesn't record.

        Raises Failure NOT_FOUND where this isn't available, and LookupError if the answer lacks the flag.
        """
        where = ("projects", self.project, "environments", self.environment, "flags", "evaluate")
        query = {"filter": f'query equals "{key}"', "limit": 100}
        answer = await self._send("POST", "flags", where, context, query=query)
        shape = object_of(_must_be_there(answer, "evaluation").json())
        for item in objects_of(shape.get("items")):
            if item.get("key") == key and "_value" in item:
                return item["_value"]
        raise LookupError(key)

    def _flag(self, key: str) -> tuple[str, ...]:
        return "flags", self.project, key

    # --- segments

    async def segment(self, key: str) -> PresentSegment | None:
        """Return a segment with the flags that name it, None if there is none."""
        answer = await self._send("GET", "segments", self._segment(key))
        return None if answer is None else parse_segment(answer.json())

    async def create_segment(self, key: str, name: str, description: str, tags: Sequence[str]) -> None:
        """Create a segment that no context is in yet. Not idempotent: a key that exists is a CONFLICT."""
        body = {"key": key, "name": name, "description": description, "tags": [*tags]}
        where = "segments", self.project, self.environment
        _must_be_there(await self._send("POST", "segments", where, body, writes=True), "environment")

    async def instruct_segment(self, key: str, instructions: Sequence[Json], comment: str) -> None:
        """Change a segment by a semantic patch: all instructions, or none."""
        body = {"environmentKey": self.environment, "comment": comment, "instructions": [*instructions]}
        answer = await self._send("PATCH", "segments", self._segment(key), body, semantic=True, writes=True)
        _must_be_there(answer, "segment")

    async def patch_segment(self, key: str, operations: Sequence[Json], comment: str) -> None:
        """Change a segment by a JSON Patch, which alone can set the weight of a rule."""
        body = {"comment": comment, "patch": [*operations]}
        _must_be_there(await self._send("PATCH", "segments", self._segment(key), body, writes=True), "segment")

    async def delete_segment(self, key: str) -> None:
        """Delete a segment. One that is gone is no error."""
        await self._send("DELETE", "segments", self._segment(key), writes=True, safe=Safe.NOTHING_DELETED)

    def _segment(self, key: str) -> tuple[str, ...]:
        return "segments", self.project, self.environment, key

    # --- approvals

    async def open_approvals(self, key: str) -> tuple[ApprovalRequest, ...]:
        """Return the requests to change a flag in the environment that wait for approval or for their time."""
        answer = await self._send("GET", "approval requests", self._approvals(key))
        if answer is None:
            return ()
        page = parse_approvals(answer.json(), self.project, self.environment)
        return tuple(each for each in page.items if each.status in ("pending", "scheduled"))

    async def request_approval(self, key: str, description: str, instructions: Sequence[Json], comment: str) -> str:
        """Ask for an approval of a change, and return the request's id. Not idempotent."""
        body = {"description": description, "instructions": [*instructions], "comment": comment}
        answer = await self._send("POST", "approval requests", self._approvals(key), body, writes=True)
        return data_of(object_of(_must_be_there(answer, "flag").json()).get("_id"))

    async def withdraw_approval(self, key: str, id: str) -> None:
        """Take back a request that waits. One that is gone is no error."""
        await self._send("DELETE", "approval requests", (*self._approvals(key), id), writes=True)

    def _approvals(self, key: str) -> tuple[str, ...]:
        return "projects", self.project, "flags", key, "environments", self.environment, "approval-requests"

    # ---

    async def _send(
        self, method: str, of: str, parts: Sequence[str], body: object = None, **more: Any
    ) -> Response | None:
        return await self.ld.exchange(method, parts, body, sink=self.sink, of=of, project=self.project, **more)


def _must_be_there(answer: Response | None, what: str) -> Response:
    if answer is None:
        text = f"LaunchDarkly can't find the {what} (404)."
        raise Failure(Kind.NOT_FOUND, text, safe=Safe.NOTHING_CHANGED, status_code=404)
    return answer
