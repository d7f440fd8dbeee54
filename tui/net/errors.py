"""The root of the error tree: every failure that a person may meet, and its exit code.

A failure states what happened (who refused what, with the status) and why ("most likely" for a guess). The next step
is data, a `Remedy`: each front words it for its own users. A key is named by its field, never by its value.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields
from enum import StrEnum, auto


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
_TEMPORARY = 5
_CREDENTIAL_STATUSES = frozenset({401, 403})


class Remedy(StrEnum):
    """What to do next. The comment names what `about` holds, if the sentence needs it."""

    # the network, and this machine's settings
    CHECK = auto()  # what to check
    CHECK_PROXY = auto()  # the variable that names the proxy
    FIX_OR_UNSET = auto()
    PERCENT_ENCODE = auto()
    PROXY_OR_EXEMPT = auto()  # the variable that names the proxy
    PROXY_LOGIN = auto()
    NETWORK_LOGIN = auto()
    RENEW_CERTIFICATE = auto()
    TRUST = auto()  # where to add the authority
    POINT_TO_PEM = auto()  # the variable
    REHASH = auto()
    TRY_AGAIN = auto()
    TRY_LATER = auto()
    SEND_AFTER = auto()  # the time of day
    NARROW = auto()
    ASK = auto()  # whom to ask
    NEWER_VERSION = auto()
    # answers
    CORRECT = auto()  # what, if not "it"
    CORRECT_ANSWER = auto()
    LOOK_THROUGH_ANSWERS = auto()
    USE = auto()  # what to use instead
    CHOOSE_ONE = auto()
    CHOOSE_PROJECT = auto()
    CHECK_INSTANCE = auto()
    PICK = auto()  # what to pick
    PICK_OR_CLEAR = auto()  # what to pick
    CLEAR = auto()
    SEE_HELP = auto()
    GIVE_ADDRESS = auto()  # whose address
    BROWSER_ADDRESS = auto()
    TRY_ADDRESS = auto()  # the address
    USUAL_ADDRESS = auto()  # the address
    TYPE_ID = auto()
    TYPE_TAG = auto()
    ENTER_TAG = auto()  # the tag
    RENAME_OR_MATCH = auto()
    USE_OR_RENAME = auto()
    # keys
    PASTE_FIRST = auto()
    PASTE_AGAIN = auto()
    PASTE_ALONE = auto()  # what to paste
    COPY_KEY = auto()  # what to copy
    MAKE_KEY = auto()
    REPLACE_KEY = auto()
    REPLACE_TOKEN = auto()
    TOKEN_OR_INSTANCE = auto()  # the other instances
    OTHER_TOKEN = auto()
    COPY_HELPER = auto()
    OTHER_HELPER = auto()
    AUTHENTICATE = auto()
    SET_VARIABLE = auto()  # the variables
    FIX_KEY_FILE = auto()
    STORE_KEY_ALONE = auto()
    WRITE_REFERENCE = auto()  # the reference
    STORE_OR_WRITE = auto()  # the reference
    UNLOCK_OR_WRITE = auto()  # the reference
    SAME_ACCOUNT = auto()
    # what is in LaunchDarkly already, or may be
    LOOK_UP_CONFIGURATION = auto()
    READ_LIST = auto()
    LOOK_FIRST = auto()
    LOOK_AGAIN = auto()
    SEND_AGAIN = auto()
    SEND_CHANGES_AGAIN = auto()
    SEE_DIFFERENCE = auto()
    READ_DIFFERENCE = auto()
    DELETE_AGAIN = auto()
    RELOAD_LIST = auto()
    START_OR_WATCH = auto()  # the configuration's id
    WATCH_LATER = auto()  # the configuration's id
    # journals, and runs
    WAIT_OR_WATCH = auto()
    END_OR_WAIT = auto()  # the number of the process
    MAKE_ROOM = auto()
    MOVE_JOURNAL = auto()
    OTHER_JOURNAL = auto()
    FIND_MACHINE = auto()
    RESUME_OR_RENAME = auto()
    READ_PLAN = auto()
    LOOK_UNDER_CONFIGURATIONS = auto()
    GIVE_MANIFEST = auto()
    # commands
    RUN_AGAIN = auto()
    MORE_TIME = auto()
    CONFIRM = auto()  # what would be asked
    LIST_FLAGS = auto()
    LIST_KEYS = auto()


class Safe(StrEnum):
    """What certainly happened or didn't, as a clause in lower case."""

    NOTHING_SENT = "nothing was sent"
    NOTHING_MORE_SENT = "nothing more was sent"
    NOTHING_CHANGED = "nothing was changed"
    NOTHING_CREATED = "nothing was created"
    NOTHING_CREATED_ANSWERS_KEPT = "nothing was created, and your answers are saved"
    NOTHING_STARTED = "nothing was started"
    NOTHING_ARCHIVED = "nothing was archived"
    NOTHING_DELETED = "nothing was deleted"
    NOTHING_REMOVED = "nothing was removed"
    NO_KEY_TOUCHED = "no key was changed"
    ANSWER_NOT_USED = "the response was not used"
    REQUEST_DID_NOTHING = "this request changed nothing"
    ANSWERS_KEPT = "your answers are saved"
    SENT_STAYS_SENT = "what was sent before is still in effect"
    MAYBE_DONE = "it may have succeeded"


@dataclass(frozen=True, slots=True)
class Advice:
    """The next step, and what is safe, for a front to put into words."""

    remedy: Remedy | None = None
    about: str = ""
    safe: Safe | None = None


@dataclass(eq=False, repr=False)
class Failure(Exception):  # noqa: N818  # the name of the whole tree, and it reads well
    """What went wrong, as data. `str()` is what happened and why, cleaned by whoever quotes foreign text."""

    kind: Kind
    what: str
    why: str = ""
    remedy: Remedy | None = None
    _: KW_ONLY
    about: str = ""
    """What the remedy's sentence names."""
    safe: Safe | None = None
    status_code: int | None = None
    """The HTTP status; None if no answer came."""
    field: str | None = None
    """The key of the form variable (or of `token`, `project`, `host`, `config-name`) at fault."""
    sent: bool = False
    """The request's bytes had left, so the server may have acted on it."""
    at_address: bool = False
    """The address is most likely wrong, and neither this machine's settings (proxy, authorities) nor the server."""
    at_setting: bool = False
    """A variable or setting of this machine is wrong, so trying again can't help."""
    until: float | None = None
    """When the pause that the server asked for ends, in seconds since the epoch."""

    def __post_init__(self) -> None:
        super().__init__(self.kind, self.what)  # all that `repr` shows

    def __str__(self) -> str:
        return joined(self.what, self.why)

    @property
    def advice(self) -> Advice:
        """The next step, and what is safe."""
        return Advice(self.remedy, self.about, self.safe)

    @property
    def exit_code(self) -> int:
        """The exit code of contract §2."""
        if self.kind is Kind.SOURCE and self.status_code in _CREDENTIAL_STATUSES:
            return 3
        return _EXIT_CODES.get(self.kind, _TEMPORARY)

    def replaced(self, **parts: object) -> Failure:
        """Return this failure with other parts: the room above knows the field or its name better."""
        known = {part.name: getattr(self, part.name) for part in fields(Failure)}
        return Failure(**{**known, **parts})

    def advised(self, advice: Advice, **parts: object) -> Failure:
        """Return this failure with another advice, and other parts."""
        return self.replaced(remedy=advice.remedy, about=advice.about, safe=advice.safe, **parts)


def joined(*sentences: str) -> str:
    """Return the sentences that aren't empty, in one text."""
    return " ".join(filter(None, sentences))
