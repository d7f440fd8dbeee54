"""LaunchDarkly's evaluation of flags for a context. Not available, unless a test brings an evaluator."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Accounts
from tui.sandbox.endpoints import collection, gated, ld_refusal, link, matches, read_body
from tui.sandbox.flags import flag_json
from tui.sandbox.keys import Token
from tui.sandbox.segments import segment_json

Json = Mapping[str, Any]

Evaluator = Callable[[Sequence[Json], Sequence[Json], Json], Mapping[str, tuple[object, Json]]]
"""Takes the flags (with one environment each) and the segments of an environment, and a context, all in the API's JSON.

Returns each flag's value and reason by its key.
"""


class Evaluation:
    def __init__(self, accounts: Accounts, evaluator: Callable[[], Evaluator | None]) -> None:
        self._accounts, self._evaluator = accounts, evaluator

    def routes(self) -> list[BaseRoute]:
        path = "/api/v2/projects/{project}/environments/{environment}/flags/evaluate"
        return [Route(path, gated(self.evaluate), methods=["POST"])]

    async def evaluate(self, request: Request, token: Token) -> Response:
        """Return the value of each flag that is not archived. Of the filters this server knows `query equals`."""
        account, evaluator = self._accounts.of(token), self._evaluator()
        project, environment = request.path_params["project"], request.path_params["environment"]
        if project not in account.projects or environment not in account.environments:
            raise ld_refusal(404)
        if evaluator is None:
            raise ld_refusal(404, "Evaluating flags is not available on the demo servers")
        context = await read_body(request)
        if not isinstance(context, dict) or not context:
            raise ld_refusal(400, "The body must be a context")
        wanted = re.search(r'query equals "?([^",]+)', request.query_params.get("filter", ""))
        flags = [
            flag_json(account, project, flag, environments=(environment,))
            for flag in account.flags[project].values()
            if not flag.archived
        ]
        segments = [
            segment_json(project, environment, each) for each in account.segments_in(project, environment).values()
        ]
        values = evaluator(flags, segments, context)
        listed = [flag for flag in flags if wanted is None or matches(wanted[1].strip(), flag["key"], flag["name"])]
        return collection(
            request,
            listed,
            lambda flag: {
                "name": flag["name"],
                "key": flag["key"],
                "_value": values[flag["key"]][0],
                "reason": values[flag["key"]][1],
                "_links": {"site": link(f"/{project}/{environment}/features/{flag['key']}")},
            },
        )
