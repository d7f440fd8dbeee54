"""LaunchDarkly's responses, read leniently: the API is in beta and documents more than it returns.

Only what identifies an object (`_id`, `key`) is required. An unknown status is kept unchanged, numbers may be
strings, and anything else may be missing or null. Shapes are those of LaunchDarkly's OpenAPI document.
Every `parse…` raises Failure NOT_JSON and nothing else, whatever it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)  # fmt: skip

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.text.clean import clean
from tui.text.redact import Redactor

T = TypeVar("T")

_WHOLE = re.compile(r"-?[0-9]{1,18}(\.0*)?")
_LARGEST = 10**18
_LONGEST_QUERY = 2000


# --- lenient values


def data_of(value: object) -> str:
    """Return text unchanged, a number as text, "" for anything else."""
    if isinstance(value, str):
        # A lone surrogate of a JSON escape is no text: it could be neither shown nor sent.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value) if -_LARGEST < value < _LARGEST else ""


def _text(value: object) -> str:
    return clean(data_of(value))


def _words(value: object, info: ValidationInfo) -> str:
    redact = info.context.foreign if isinstance(info.context, Redactor) else str
    return clean(redact(data_of(value)))


def whole_of(value: object) -> int | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if -_LARGEST < value < _LARGEST else None  # false for NaN too


def _millis(value: object) -> int | None:
    # 0 is how some of its services write "never".
    number = whole_of(value)
    return number if number is not None and number > 0 else None


def _all_data(value: object) -> tuple[str, ...]:
    return tuple(text for text in map(data_of, value) if text) if isinstance(value, list | tuple) else ()


def object_of(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _object_or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


def objects_of(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def truth_of(value: object) -> bool:
    return value is True or value in ("true", "True")


Data = Annotated[str, BeforeValidator(data_of)]
"""Text that identifies a flag or is compared with the source, unchanged: clean it before it is shown."""
AllData = Annotated[tuple[str, ...], BeforeValidator(_all_data)]
CleanText = Annotated[str, BeforeValidator(_text)]
"""Names and roles, cleaned here because they go into sentences and lists everywhere."""
Texts = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(map(clean, _all_data(value))))]
Words = Annotated[str, BeforeValidator(_words)]
"""A message for people. It may quote a key, so it is redacted before anything else."""
NonEmptyText = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Whole = Annotated[int | None, BeforeValidator(whole_of)]
Millis = Annotated[int | None, BeforeValidator(_millis)]
Truth = Annotated[bool, BeforeValidator(truth_of)]


# --- configurations, people, projects


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ImportFault(_Lenient):
    """One entry of `_status.errors`. `timestamp` in milliseconds since the epoch.

    `original` is the message before redaction. It only tells errors apart and is never shown.
    """

    message: Words = Field(default="", repr=False)
    original: SecretStr = SecretStr("")
    status_code: Whole = Field(default=None, alias="statusCode")
    timestamp: Millis = None


def _fault(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "original": _text(item.get("message"))}


class ImportStatus(_Lenient):
    """The status of the import job: complete, importing, pending, failed, partial, or a word not known yet.

    `last_import` (the last successful one) and `last_error` are milliseconds since the epoch, or None.
    """

    status: Words = ""
    last_import: Millis = Field(default=None, alias="lastImport")
    last_error: Millis = Field(default=None, alias="lastError")
    errors: Annotated[tuple[ImportFault, ...], BeforeValidator(lambda value: list(map(_fault, objects_of(value))))] = ()


class Reason(_Lenient):
    """Which role allows or denies an action."""

    role_name: Words = ""


class AccessAction(_Lenient):
    """One action that your token may or may not do with this configuration."""

    action: Words = ""
    reason: Annotated[Reason, BeforeValidator(object_of)] = Reason()


class Access(_Lenient):
    """`_access`: what your token may do with this configuration."""

    denied: Annotated[tuple[AccessAction, ...], BeforeValidator(objects_of)] = ()
    allowed: Annotated[tuple[AccessAction, ...], BeforeValidator(objects_of)] = ()


class Configuration(_Lenient):
    """A flag import configuration. `config` is None if LaunchDarkly leaves it out, as in lists.

    `name` and `tags` are cleaned, to be shown; `exact_name` and `exact_tags` are unchanged, for other programs.
    LaunchDarkly doesn't document whether it returns secrets in `config` masked: redact what is shown.
    """

    id: NonEmptyText = Field(alias="_id")
    integration_key: CleanText = Field(default="", alias="integrationKey")
    project_key: CleanText = Field(default="", alias="projectKey")
    name: CleanText = ""
    tags: Texts = ()
    exact_name: Data = Field(default="", alias="name")
    exact_tags: AllData = Field(default=(), alias="tags")
    version: Whole = None
    config: Annotated[dict[str, object] | None, BeforeValidator(_object_or_none)] = Field(None, repr=False)
    status: Annotated[
        ImportStatus,
        BeforeValidator(lambda value: {"status": value} if isinstance(value, str) else object_of(value)),
    ] = Field(default=ImportStatus(), alias="_status")
    access: Annotated[Access | None, BeforeValidator(_object_or_none)] = Field(default=None, alias="_access")


class CallerIdentity(_Lenient):
    """Whose token this is. A service token belongs to no member."""

    account_id: CleanText = Field(default="", alias="accountId")
    token_id: CleanText = Field(default="", alias="tokenId")
    token_name: CleanText = Field(default="", alias="tokenName")
    member_id: CleanText = Field(default="", alias="memberId")
    service_token: Truth = Field(default=False, alias="serviceToken")


class Member(_Lenient):
    """A person of the account. `role` is the base role; `custom_roles` holds keys or ids."""

    id: NonEmptyText = Field(alias="_id")
    email: CleanText = ""
    role: CleanText = ""
    first_name: CleanText = Field(default="", alias="firstName")
    last_name: CleanText = Field(default="", alias="lastName")
    custom_roles: Texts = Field(default=(), alias="customRoles")

    @property
    def display_name(self) -> str:
        """First and last name, or the email address if neither is set."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email


class NamingConvention(_Lenient):
    """The rules for keys of new flags: `case` such as kebabCase, and `prefix`; each may be ""."""

    case: CleanText = ""
    prefix: CleanText = ""


class Project(_Lenient):
    """A project of the account. `naming_convention` is None if it has none."""

    id: CleanText = Field(default="", alias="_id")
    key: NonEmptyText
    name: CleanText = ""
    tags: Texts = ()
    naming_convention: Annotated[NamingConvention | None, BeforeValidator(_object_or_none)] = Field(
        default=None, alias="namingConvention"
    )


def _approval(name: str) -> AliasPath:
    return AliasPath("approvalSettings", name)


class Environment(_Lenient):
    """An environment of a project. With `approval_required`, changes of its flags need an approval: of all flags, or
    of those with one of `approval_tags` if it has any. A `critical` one deserves a second question.
    """

    key: Annotated[str, BeforeValidator(data_of), Field(min_length=1)]
    name: CleanText = ""
    critical: Truth = False
    approval_required: Truth = Field(default=False, validation_alias=_approval("required"))
    approval_tags: AllData = Field(default=(), validation_alias=_approval("requiredApprovalTags"))


# --- flags


def _states(value: object) -> dict[str, FlagState] | None:
    return {data_of(key): _state(object_of(state)) for key, state in value.items()} if isinstance(value, dict) else None


def _state(item: Mapping[str, Any]) -> FlagState:
    # Targets of all kinds of contexts, without empty entries, which target no one.
    both = (*objects_of(item.get("targets")), *objects_of(item.get("contextTargets")))
    targets = [target for target in both if target.get("values")]
    complete = all(isinstance(item.get(name), list) for name in ("rules", "targets", "prerequisites"))
    parts = {"rules": item.get("rules"), "targets": targets, "prerequisites": item.get("prerequisites")}
    return FlagState(
        on=truth_of(item.get("on")),
        version=whole_of(item.get("version")),
        last_modified=_millis(item.get("lastModified")),
        targeting=tuple(name for name, part in parts.items() if part) if complete else None,
        targets=_users(targets),
    )


def _users(targets: list[dict[str, Any]]) -> tuple[tuple[int, tuple[str, ...]], ...] | None:
    users: dict[int, set[str]] = {}
    for target in targets:
        variation, keys = whole_of(target.get("variation")), target["values"]
        if variation is None or target.get("contextKind", "user") != "user" or not isinstance(keys, list):
            return None
        users.setdefault(variation, set()).update(map(data_of, keys))
    return tuple((variation, tuple(sorted(users[variation]))) for variation in sorted(users))


_Key = Annotated[str, BeforeValidator(data_of), Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in LaunchDarkly, its text as it came. `created` in ms since the epoch. Small: there can be 10,000."""

    key: _Key
    name: Data = ""
    tags: AllData = ()
    archived: Truth = False
    created: Annotated[Millis, Field(alias="creationDate")] = None
    version: Annotated[Whole, Field(alias="_version")] = None


@dataclass(frozen=True, slots=True)
class FlagVariation:
    """A variation's JSON value, and its name or ""."""

    value: Annotated[object, BeforeValidator(lambda value: data_of(value) if isinstance(value, str) else value)] = None
    name: Data = ""


@dataclass(frozen=True, slots=True)
class FlagState:
    """A flag in one environment. `version` and `last_modified` (ms since the epoch) move with each change of it.

    `targeting` names what someone has set there: "rules", "targets" or "prerequisites", () for nothing. None if
    LaunchDarkly leaves one of them out. `targets` are the users who get a variation of their own: its index and their
    keys, both sorted. None if other contexts have one too, or it isn't clear who gets what.
    """

    on: bool
    version: int | None
    last_modified: int | None
    targeting: tuple[str, ...] | None = ()
    targets: tuple[tuple[int, tuple[str, ...]], ...] | None = ()


@dataclass(frozen=True, slots=True)
class WholeFlag:
    """A flag with all that an import sets and all that someone may have changed since, its text as it came.

    `on` and `off` are the indexes of the default variations, `created` is in ms since the epoch. `environments` holds
    the requested ones; None if LaunchDarkly shows none at all. `maintainer` is a member's id, "" for none. `version`
    moves with each change of the flag itself.
    """

    key: _Key
    name: Data = ""
    description: Data = ""
    tags: AllData = ()
    variations: Annotated[tuple[FlagVariation, ...], BeforeValidator(objects_of)] = ()
    on: Annotated[Whole, Field(validation_alias=AliasPath("defaults", "onVariation"))] = None
    off: Annotated[Whole, Field(validation_alias=AliasPath("defaults", "offVariation"))] = None
    maintainer: Annotated[Data, Field(alias="maintainerId")] = ""
    archived: Truth = False
    created: Annotated[Millis, Field(alias="creationDate")] = None
    version: Annotated[Whole, Field(alias="_version")] = None
    environments: Annotated[Mapping[str, FlagState] | None, PlainValidator(_states)] = None
    kind: Data = ""


# --- the audit log

CREATION = "createFlag"
"""The action of an audit log entry for a flag's creation."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of flags. `date` in ms since the epoch; `token` and `member` are ids, "" if none is named.

    `environments` are those that its resources name, "*" for all of them.
    """

    id: str
    date: int | None
    actions: frozenset[str]
    keys: frozenset[str]
    token: str
    member: str
    environments: frozenset[str] = frozenset()


def _audit_entry(value: object) -> AuditEntry:
    item = object_of(value)
    accesses = objects_of(item.get("accesses"))
    # Resources such as `proj/web-shop:env/*:flag/checkout;tag`.
    resources = [data_of(access.get("resource")) for access in accesses]
    resources += _all_data(object_of(item.get("target")).get("resources"))
    keys = (resource.rpartition(":flag/")[2].partition(";")[0] for resource in resources if ":flag/" in resource)
    return AuditEntry(
        id=data_of(item.get("_id")),
        date=_millis(item.get("date")),
        actions=frozenset(data_of(access.get("action")) for access in accesses),
        keys=frozenset(filter(None, keys)),
        token=data_of(object_of(item.get("token")).get("_id")),
        member=data_of(object_of(item.get("member")).get("_id")),
        environments=frozenset(
            resource.partition(":env/")[2].partition(":")[0] for resource in resources if ":env/" in resource
        ),
    )


# --- reading


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `total_count` is None if LaunchDarkly doesn't say; `next` is the next page's query, or ""."""

    items: tuple[T, ...]
    total_count: int | None
    next: str


_NAMES: dict[type, tuple[str, str]] = {
    Configuration: ("a flag import configuration", "a list of flag import configurations"),
    CallerIdentity: ("the identity of your token", ""),
    Member: ("a member of your account", "a list of members"),
    Project: ("a project", "a list of projects"),
    Environment: ("an environment", "a list of environments"),
    Flag: ("a flag", "a list of flags"),
    WholeFlag: ("a flag", "a list of flags"),
}
"""The name of each in a failure: one of them, and a list."""


def parse(kind: type[T], value: object, redactor: Redactor | None = None) -> T:
    """Read one `kind`. `redactor` learns the secrets that a configuration shows, and takes keys out of LaunchDarkly's
    words."""
    _learn(redactor, value)
    return model_of(kind, value, _NAMES[kind][0], redactor)


def parse_page(kind: type[T], value: object, redactor: Redactor | None = None) -> Page[T]:
    """Read a page of a list of `kind`, as `parse`. A page with one unreadable entry is refused whole: leaving it out
    would let a look-up say "not there"."""
    for item in objects_of(object_of(value).get("items")) if redactor else ():
        _learn(redactor, item)
    expected = _NAMES[kind][1]
    return page_of(value, lambda item: model_of(kind, item, expected, redactor), expected)


def parse_audit_log(value: object) -> Page[AuditEntry]:
    """Read a page of the audit log."""
    return page_of(value, _audit_entry, "a list of audit log entries")


def parse_tags(value: object) -> Page[str]:
    """Read a page of tags; what is no text is left out."""
    return _named(page_of(value, _text, "a list of tags"))


def parse_environments(value: object) -> Page[str]:
    """Read a page of a project's environments: their keys."""
    return _named(page_of(value, lambda item: _text(object_of(item).get("key")), "a list of environments"))


def _named(page: Page[str]) -> Page[str]:
    return replace(page, items=tuple(filter(None, page.items)))


def _learn(redactor: Redactor | None, value: object) -> None:
    if redactor is not None:
        redactor.learn(_text(object_of(value).get("integrationKey")), object_of(object_of(value).get("config")))


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def model_of(kind: type[T], value: object, expected: str, redactor: Redactor | None = None) -> T:
    """Read one `kind`; `expected` names it in the failure."""
    try:
        model: T = _adapter(kind).validate_python(value, context=redactor)
        return model
    except (ValidationError, RecursionError):
        pass  # pydantic's error holds the whole input, so nothing of it is kept
    raise _unexpected(expected)


def page_of(value: object, read_item: Callable[[object], T], expected: str) -> Page[T]:
    """Read a page of a list, each item by `read_item`; `expected` names the list in the failure."""
    page = object_of(value)
    items = page.get("items")
    if not isinstance(items, list):
        raise _unexpected(expected)
    link = data_of(object_of(object_of(page.get("_links")).get("next")).get("href"))
    # Only the query is used, written again: a link must not lead a token to another address.
    query = link.partition("#")[0].partition("?")[2][:_LONGEST_QUERY]
    return Page(tuple(map(read_item, items)), whole_of(page.get("totalCount")), urlencode(parse_qsl(query)))


def _unexpected(expected: str) -> Failure:
    return Failure(
        Kind.NOT_JSON,
        f"LaunchDarkly's response is not {expected}.",
        "Most likely the beta API has changed, or the address is not LaunchDarkly's.",
        Remedy.CHECK,
        about="the address",
        safe=Safe.ANSWER_NOT_USED,
        sent=True,
    )
