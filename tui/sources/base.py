"""What every source of flags can do, and what its check of a key reports.

This room knows nothing of the form: it reports plain facts, and remarks that name the form variable they are
about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Advice
from tui.net.events import Sink, ignore
from tui.sources.flags import Listing, Lost, SourceFlag

Level = Literal["ok", "note", "unknown", "warning", "problem"]
"""In rising order. Only a problem stops; `unknown` says honestly that nobody can tell."""

_LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence about the form variable `field`; `instead` holds values that would agree with the key."""

    level: Level
    field: str
    text: str
    instead: tuple[str, ...] = ()
    advice: Advice | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick: the `value` that a field takes, the `label` its owner knows it by, and a word more."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a key can see. Everything foreign in here is cleaned.

    `text` goes on from "the key ...". `project` and `environment` are the ones the key was seen to read
    (Split: the workspace's id), None where the source told of none or of several; `projects` all that were
    seen. With `every_project` the key also reads projects that nobody saw. `flags` counts what the key reads,
    None where that was not asked. `workspaces` is None where the key may not list them; `absent` is the
    workspace of which the source said that it does not exist. `by_header` is the header that opened the door.
    """

    text: str
    on_key: tuple[Remark, ...] = ()
    on_answers: tuple[Remark, ...] = ()
    project: str | None = None
    environment: str | None = None
    projects: tuple[str, ...] = ()
    every_project: bool = False
    flags: int | None = None
    workspaces: tuple[Choice, ...] | None = None
    absent: str | None = None
    by_header: str = "Authorization"

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Those about the key itself first, then those that came of comparing it with the answers."""
        return self.on_key + self.on_answers

    @property
    def level(self) -> Level:
        """The gravest of its remarks, "ok" without any."""
        return max((remark.level for remark in self.remarks), key=_LEVELS.index, default="ok")


class Source(Protocol):
    """A system that flags come from. A module is one, if it has these names."""

    NAME: str
    KEY_FIELD: str
    """The form variable that holds the key."""
    ADDRESS_FIELD: str | None
    """The form variable that holds the address a key is checked against; None where the form has none."""
    DEFAULT_ADDRESS: str
    """Used where nobody gave an address; "" where there is none to guess."""
    DISCOVERS: frozenset[str]
    """The form variables whose values `discover` can list."""

    async def check_key(
        self, http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
    ) -> SourceReport:
        """Find out by the smallest read that tells what `key` is and sees, and compare that with `answers`.

        `address` is a normalised base URL. Raises Failure alone, with `field` set where one is at fault.
        """
        ...

    def compare(self, report: SourceReport, answers: Mapping[str, str]) -> tuple[Remark, ...]:
        """`on_answers` for other answers than those of the check; nothing is sent."""
        ...

    async def discover(
        self,
        http: Http,
        address: str,
        key: SecretStr,
        field: str,
        *,
        answers: Mapping[str, str],
        helper: SecretStr | None = None,
        sink: Sink = ignore,
    ) -> tuple[Choice, ...]:
        """What could stand in the form variable `field`, given the other answers, sorted for a person's eye.

        `helper` is a key for looking only, where the source has such a thing; it is sent to `address` alone.
        Raises Failure where the key may not list it; its sentence ends in what to do in place of picking.
        """
        ...

    async def count_flags(
        self, http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
    ) -> int | None:
        """How many flags `answers` (scope and tag) match, by one request; None where untold. Raises Failure."""
        ...

    def list_flags(
        self, http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
    ) -> Listing:
        """All flags that `answers` match, in batches as they arrive, with no more requests than needed."""
        ...

    def explain(self, flag: SourceFlag) -> tuple[Lost, ...]:
        """What of `flag` no import brings, in the definition's own order; `flag.losses` are its kinds."""
        ...
