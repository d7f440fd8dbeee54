"""What a source of flags can do, what the check of its key reports, and the failures all sources share.

This room knows nothing of the form: it reports plain facts, and remarks that name the form variable they are about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.events import Sink, ignore
from tui.net.problems import OF_THE_ADDRESS, remedy
from tui.sources.flags import Listing, Lost, SourceFlag
from tui.sources.phrases import quoted

RemarkLevel = Literal["ok", "note", "unknown", "warning", "problem"]
"""In rising order. Only a problem blocks; `unknown` means that it can't be known."""

_LEVELS: tuple[RemarkLevel, ...] = get_args(RemarkLevel)

Answers = Mapping[str, str]
"""What the user entered, by form variable."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence about the form variable `field`; `instead` holds values that would agree with the key."""

    level: RemarkLevel
    field: str
    text: str
    instead: tuple[str, ...] = ()
    advice: Advice | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a field takes, the `label` its owner knows it by, and a detail."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a key can see. Everything foreign in here is cleaned.

    `text` continues "the key ...". `project` and `environment` are the ones the key was seen to read (Split: the
    workspace's id), None if the source named none or several; `projects` all that were seen. With `every_project`
    the key also reads projects that weren't seen. `flags` counts what the key reads, None if that is not known.
    `workspaces` is None if the key may not list them; `absent` is the workspace that the source says does not exist.
    `by_header` is the header that the source accepted.
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
        """Those about the key itself, then those that came of comparing it with the answers."""
        return self.on_key + self.on_answers

    @property
    def level(self) -> RemarkLevel:
        """The highest level of its remarks, "ok" without any."""
        return max((remark.level for remark in self.remarks), key=_LEVELS.index, default="ok")


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a source: a normalized base URL, the key, and where events go."""

    http: Http
    address: str
    key: SecretStr
    sink: Sink = ignore


@dataclass(frozen=True, slots=True)
class Source:
    """A system that flags come from. What asks it raises `Failure` and nothing else, with `field` set if one is wrong.

    `key_field` is the form variable that holds the key, `address_field` the one that holds the address a key is checked
    against (None if the form has none). `default_address` is used if the user entered none; "" if there is none to
    guess.
    """

    name: str
    key_field: str
    address_field: str | None
    default_address: str

    check_key: Callable[[Connection, Answers], Awaitable[SourceReport]]
    """Find out what the key is and sees by the smallest read that shows it, and compare that with the answers."""
    compare: Callable[[SourceReport, Answers], tuple[Remark, ...]]
    """`on_answers` for other answers than those of the check; nothing is sent."""
    discover: Callable[[Connection, str, Answers, SecretStr | None], Awaitable[tuple[Choice, ...]]]
    """The choices for a form variable, given the other answers, sorted for people.

    The last argument is a key that can only look, if the source has such a thing; it goes to the same address. A
    Failure for a key that may not list ends in what to do instead of picking.
    """
    count_flags: Callable[[Connection, Answers], Awaitable[int | None]]
    """Count the flags that the answers (scope and tag) match, by one request; None if the source doesn't say."""
    list_flags: Callable[[Connection, Answers], Listing]
    """All flags that the answers match, in batches as they arrive, with no more requests than needed."""
    explain: Callable[[SourceFlag], tuple[Lost, ...]]
    """What the import leaves behind of a flag, in the definition's own order; `flag.losses` are its kinds."""


def failed(name: str, status_code: int, message: str) -> Failure:
    """A 5xx: the server's fault and safe to ask again, except for a few that stay."""
    why, step = remedy(status_code) or (
        "The fault is on that side, or at a proxy in between.",
        (Remedy.TRY_LATER, ""),
    )
    return Failure(
        Kind.SOURCE,
        f"{name} failed ({status_code}){quoted(message)}",
        why,
        step[0],
        about=step[1],
        safe=Safe.NOTHING_CREATED,
        status_code=status_code,
        at_address=status_code in OF_THE_ADDRESS,
    )


def refused_request(name: str, status_code: int, message: str, field: str | None) -> Failure:
    """Any other refusal, in the server's words if it had some: a 400 may have no body. Sending it again won't help."""
    what = f"{name} did not accept the request ({status_code})"
    why, step = remedy(status_code) or ("", (Remedy.CHECK, "the address, the key and the values"))
    return Failure(
        Kind.SOURCE,
        what + quoted(message) if message else f"{what} and gave no reason.",
        why,
        step[0],
        about=step[1],
        safe=Safe.NOTHING_CREATED,
        status_code=status_code,
        field=field,
        at_address=status_code in OF_THE_ADDRESS,
    )
