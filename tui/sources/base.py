"""What a source of flags can do, what the check of its key reports, and the failures all sources share.

This room knows nothing of the form: it reports plain facts, and remarks that name the form variable they are about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.net.events import Sink, ignore
from tui.net.problems import OF_THE_ADDRESS, remedy
from tui.sources.flags import Listing, SourceFlag
from tui.targeting.model import Segment, Targeting
from tui.text.phrases import quoted

RemarkLevel = Literal["ok", "note", "unknown", "warning", "problem"]
"""In rising order. Only a problem blocks; `unknown` means that it can't be known."""

_LEVELS: tuple[RemarkLevel, ...] = get_args(RemarkLevel)

Answers = Mapping[str, str]
"""What the user entered, by form variable."""


def answered(answers: Answers, field: str) -> str:
    """Return the answer for `field`, "" without one."""
    return answers.get(field, "").strip()


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


def by_label(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Sort choices for people."""
    return tuple(sorted(choices, key=lambda choice: (choice.label.casefold(), choice.value)))


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
    targeting: Callable[[SourceFlag, str], Targeting]
    """Who gets what of a flag, from its definition, given the language of the app's SDK ("" if it isn't known)."""
    read_segments: Callable[[Connection, Answers, Collection[Targeting], str], Awaitable[Mapping[str, Segment]]] | None
    """The segments that these flags name, and those that they name, by key; the last argument is the SDK's language.

    One that can't be read says why. None if flags come with the content of their segments.
    """


def source_failure(
    what: str,
    why: str = "",
    remedy: Remedy | None = None,
    about: str = "",
    *,
    kind: Kind = Kind.SOURCE,
    status_code: int | None = None,
    field: str | None = None,
    at_address: bool = False,
) -> Failure:
    """Return the failure of a read from a source. It is certain that nothing was created."""
    return Failure(
        kind,
        what,
        why,
        remedy,
        about=about,
        safe=Safe.NOTHING_CREATED,
        status_code=status_code,
        field=field,
        at_address=at_address,
    )


def server_error(name: str, status_code: int, message: str) -> Failure:
    """Return the failure for a 5xx: safe to ask again, except for a few statuses that stay."""
    what = f"{name} failed ({status_code}){quoted(message)}"
    why = "The problem is on that server, or at a proxy in between."
    return _by_status(what, status_code, why, (Remedy.TRY_LATER, ""))


def request_refused(name: str, status_code: int, message: str, field: str | None = None) -> Failure:
    """Return the failure for any other refusal, with the server's message if it sent one. Sending again won't help."""
    what = f"{name} rejected the request ({status_code})"
    what += quoted(message) if message else " and gave no reason."
    return _by_status(what, status_code, "", (Remedy.CHECK, "the address, the key, and the values"), field)


def _by_status(what: str, status_code: int, why: str, advice: tuple[Remedy, str], field: str | None = None) -> Failure:
    why, advice = remedy(status_code) or (why, advice)
    at_address = status_code in OF_THE_ADDRESS
    return source_failure(what, why, *advice, status_code=status_code, field=field, at_address=at_address)
