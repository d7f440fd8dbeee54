"""The root of the error tree: every failure that a person may meet, with its sentence and its exit code.

A sentence has three parts: what happened (who refused what, with the status), why ("most likely" where it is
a guess), and the next thing to do with what is safe. A key is named by its field, never by its value.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What went wrong, as `--json` writes it."""

    RECIPE = "recipe"
    CREDENTIAL = "credential"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    SOURCE = "source"
    BAD_REQUEST = "bad-request"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    REDIRECT = "redirect"
    NOT_JSON = "not-json"
    TOO_LARGE = "too-large"
    STUCK = "stuck"
    INTERNAL = "internal"


_EXIT_CODES = {
    Kind.RECIPE: 2,
    Kind.CREDENTIAL: 3,
    Kind.UNAUTHORIZED: 3,
    Kind.FORBIDDEN: 3,
    Kind.BAD_REQUEST: 4,
    Kind.NOT_FOUND: 4,
    Kind.CONFLICT: 4,
    Kind.STUCK: 7,
    Kind.INTERNAL: 1,
}
_PASSING_TROUBLE = 5
_CREDENTIAL_STATUSES = frozenset({401, 403})


class Failure(Exception):  # noqa: N818  # the name of the whole tree, and it reads well
    """A failure with its sentence. `str()` is the whole sentence, cleaned by whoever quotes foreign text.

    `status_code` is the HTTP status, None where no answer came; `field` the key of the form variable (or of
    `token`, `project`, `host`, `config-name`) at fault, None where none is. `sent` says that the request's
    bytes had left, so that the server may have acted on it. `at_address` says that the address is most likely wrong,
    and neither this machine's settings (proxy, authorities) nor the server. `at_setting` says that an environment
    variable or a setting of this machine is wrong, so that trying again can't help.
    """

    def __init__(
        self,
        kind: Kind,
        what: str,
        why: str = "",
        next_step: str = "",
        *,
        status_code: int | None = None,
        field: str | None = None,
        sent: bool = False,
        at_address: bool = False,
        at_setting: bool = False,
        until: float | None = None,
    ) -> None:
        super().__init__(kind, what)
        self.kind = kind
        self.what = what
        self.why = why
        self.next_step = next_step
        self.status_code = status_code
        self.field = field
        self.sent = sent
        self.at_address = at_address
        self.at_setting = at_setting
        self.until = until
        """When a pause asked for by the server ends, seconds since the epoch; None without one."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.next_step) if part)

    @property
    def advice(self) -> str:
        """Why it matters and what to do next, for `--json`."""
        return " ".join(part for part in (self.why, self.next_step) if part)

    @property
    def exit_code(self) -> int:
        """The exit code of contract §2."""
        if self.kind is Kind.SOURCE and self.status_code in _CREDENTIAL_STATUSES:
            return 3
        return _EXIT_CODES.get(self.kind, _PASSING_TROUBLE)

    def replaced(self, **parts: object) -> Failure:
        """The same failure with other parts: the room above knows the field or the field's name better."""
        known: dict[str, object] = {
            "kind": self.kind,
            "what": self.what,
            "why": self.why,
            "next_step": self.next_step,
            "status_code": self.status_code,
            "field": self.field,
            "sent": self.sent,
            "at_address": self.at_address,
            "at_setting": self.at_setting,
            "until": self.until,
        }
        return Failure(**{**known, **parts})  # type: ignore[arg-type]
