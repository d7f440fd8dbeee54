"""What LaunchDarkly answers, read leniently: the interface is in beta and says less than it promises.

Only what identifies a thing (`_id`, `key`) must be there. An unknown status is kept as it is, numbers may be
strings, and anything else may be missing or null. Shapes are those of LaunchDarkly's OpenAPI document.
Every `read_…` raises Failure NOT_JSON and nothing else, whatever it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.text.clean import clean
from tui.text.redact import Redactor

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_WHOLE = re.compile(r"-?[0-9]{1,18}(\.0*)?")
_LARGEST = 10**18
_LONGEST_QUERY = 2000


def as_data(value: object) -> str:
    """What identifies a flag or is compared with another side, letter by letter: clean it before it is shown."""
    if isinstance(value, str):
        # A lone surrogate of a JSON escape is no text: it could be neither shown nor sent.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value) if -_LARGEST < value < _LARGEST else ""


def as_text(value: object) -> str:
    """Cleaned here, since names, roles and messages go into sentences and lists everywhere."""
    return clean(as_data(value))


def _as_words(value: object, info: ValidationInfo) -> str:
    redact = info.context.foreign if isinstance(info.context, Redactor) else str
    return clean(redact(as_data(value)))


def as_whole(value: object) -> int | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if -_LARGEST < value < _LARGEST else None  # false for NaN too


def as_moment(value: object) -> int | None:
    # 0 is how some of its services write "never".
    number = as_whole(value)
    return number if number is not None and number > 0 else None


def as_texts(value: object) -> tuple[str, ...]:
    return tuple(map(clean, all_data(value)))


def all_data(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else ()
    return tuple(text for text in map(as_data, items) if text)


def as_objects(value: object) -> list[object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _faults(value: object) -> list[dict[str, object]]:
    return [{**one, "original": clean(as_data(one.get("message")))} for one in map(as_object, as_objects(value))]


def as_object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _object_or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


def as_truth(value: object) -> bool:
    return value is True or value in ("true", "True")


def _status(value: object) -> dict[str, object]:
    return {"status": value} if isinstance(value, str) else as_object(value)


def _links(value: object) -> dict[str, str]:
    return {name: as_data(as_object(link).get("href")) for name, link in as_object(value).items()}


Text = Annotated[str, BeforeValidator(as_text)]
Words = Annotated[str, BeforeValidator(_as_words)]
"""What LaunchDarkly says to a person. It may quote a key, so it is redacted before anything else is done to it."""
Identity = Annotated[str, BeforeValidator(as_text), Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_texts)]
Data = Annotated[str, BeforeValidator(as_data)]
AllData = Annotated[tuple[str, ...], BeforeValidator(all_data)]
Whole = Annotated[int | None, BeforeValidator(as_whole)]
Millis = Annotated[int | None, BeforeValidator(as_moment)]
Truth = Annotated[bool, BeforeValidator(as_truth)]


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ImportFault(_Lenient):
    """One entry of `_status.errors`. `timestamp` in milliseconds since the epoch.

    `original` is the message with whatever key it quotes: only to tell errors apart, and never shown.
    """

    message: Words = Field(default="", repr=False)
    original: SecretStr = SecretStr("")
    status_code: Whole = Field(default=None, alias="statusCode")
    timestamp: Millis = None
    integration_id: Text = Field(default="", alias="integrationId")


class ImportStatus(_Lenient):
    """How the import job stands: complete, importing, pending, failed, partial or a word not known yet.

    `last_import` (the last successful one) and `last_error` are milliseconds since the epoch, or None.
    """

    status: Words = ""
    last_import: Millis = Field(default=None, alias="lastImport")
    last_error: Millis = Field(default=None, alias="lastError")
    errors: Annotated[tuple[ImportFault, ...], BeforeValidator(_faults)] = ()


class Reason(_Lenient):
    """Which statement of which role allows or denies an action."""

    effect: Text = ""
    role_name: Words = ""
    actions: Texts = ()
    resources: Texts = ()


class Action(_Lenient):
    """One action that your token may or may not do with this configuration."""

    action: Words = ""
    reason: Annotated[Reason, BeforeValidator(as_object)] = Reason()


class Access(_Lenient):
    """`_access`: what your token may do with this configuration."""

    denied: Annotated[tuple[Action, ...], BeforeValidator(as_objects)] = ()
    allowed: Annotated[tuple[Action, ...], BeforeValidator(as_objects)] = ()


class Configuration(_Lenient):
    """A flag import configuration. `config` is None where LaunchDarkly leaves it out, as in lists.

    `name` and `tags` are cleaned, to be shown; `exact_name` and `exact_tags` are as they came, for other programs.
    It is unknown whether secrets in `config` come back clear, masked or not at all: redact what is shown.
    """

    id: Identity = Field(alias="_id")
    integration_key: Text = Field(default="", alias="integrationKey")
    project_key: Text = Field(default="", alias="projectKey")
    name: Text = ""
    tags: Texts = ()
    exact_name: Data = Field(default="", alias="name")
    exact_tags: AllData = Field(default=(), alias="tags")
    version: Whole = None
    config: Annotated[dict[str, object] | None, BeforeValidator(_object_or_none)] = Field(None, repr=False)
    status: Annotated[ImportStatus, BeforeValidator(_status)] = Field(default=ImportStatus(), alias="_status")
    access: Annotated[Access | None, BeforeValidator(_object_or_none)] = Field(default=None, alias="_access")
    links: Annotated[dict[str, str], BeforeValidator(_links)] = Field(default={}, alias="_links", repr=False)


class CallerIdentity(_Lenient):
    """Who a token is. All members are optional; a service token belongs to no member."""

    account_id: Text = Field(default="", alias="accountId")
    auth_kind: Text = Field(default="", alias="authKind")
    token_kind: Text = Field(default="", alias="tokenKind")
    token_id: Text = Field(default="", alias="tokenId")
    token_name: Text = Field(default="", alias="tokenName")
    member_id: Text = Field(default="", alias="memberId")
    client_id: Text = Field(default="", alias="clientId")
    service_token: Truth = Field(default=False, alias="serviceToken")
    scopes: Texts = ()
    project_id: Text = Field(default="", alias="projectId")
    project_name: Text = Field(default="", alias="projectName")
    environment_id: Text = Field(default="", alias="environmentId")
    environment_name: Text = Field(default="", alias="environmentName")


class Member(_Lenient):
    """A person of the account. `role` is the base role; `custom_roles` holds keys or ids."""

    id: Identity = Field(alias="_id")
    email: Text = ""
    role: Text = ""
    first_name: Text = Field(default="", alias="firstName")
    last_name: Text = Field(default="", alias="lastName")
    custom_roles: Texts = Field(default=(), alias="customRoles")

    @property
    def display_name(self) -> str:
        """First and last name, or the mail address where neither is set."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email


class NamingConvention(_Lenient):
    """What a project asks of the keys of new flags: `case` such as kebabCase, `prefix`; each may be ""."""

    case: Text = ""
    prefix: Text = ""


class Project(_Lenient):
    """A project of the account. `naming_convention` is None where it has none."""

    id: Text = Field(default="", alias="_id")
    key: Identity
    name: Text = ""
    tags: Texts = ()
    naming_convention: Annotated[NamingConvention | None, BeforeValidator(_object_or_none)] = Field(
        default=None, alias="namingConvention"
    )


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in LaunchDarkly, its text as it came. `created` in ms since the epoch. Small: there can be 10,000."""

    key: str
    name: str
    tags: tuple[str, ...]
    archived: bool
    created: int | None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `total_count` is None where untold; `next` is the query of the next page, or ""."""

    items: tuple[T, ...]
    total_count: int | None
    next: str


def read_configuration(value: object, redactor: Redactor | None = None) -> Configuration:
    """One configuration, of an answer to create, get or update. `redactor` learns the secrets that it shows, and
    takes keys out of LaunchDarkly's words."""
    _learn(redactor, value)
    return _model(Configuration, value, "a flag import configuration", redactor)


def read_configurations(value: object, redactor: Redactor | None = None) -> Page[Configuration]:
    """The account's configurations, as `read_configuration`."""
    for item in as_objects(as_object(value).get("items")):
        _learn(redactor, item)
    expected = _LISTS[Configuration]
    return read_page(value, lambda item: _model(Configuration, item, expected, redactor), expected)


def _learn(redactor: Redactor | None, value: object) -> None:
    if redactor is not None:
        one = as_object(value)
        redactor.learn(as_text(one.get("integrationKey")), as_object(one.get("config")))


def read_identity(value: object) -> CallerIdentity:
    """Whose token this is."""
    return _model(CallerIdentity, value, "the identity of your token")


def read_member(value: object) -> Member:
    """One member."""
    return _model(Member, value, "a member of your account")


def read_members(value: object) -> Page[Member]:
    """A page of members."""
    return _models(Member, value)


def read_project(value: object) -> Project:
    """One project."""
    return _model(Project, value, "a project")


def read_projects(value: object) -> Page[Project]:
    """A page of projects."""
    return _models(Project, value)


def read_tags(value: object) -> Page[str]:
    """A page of tags; what is no text is left out."""
    page = read_page(value, as_text, "a list of tags")
    return Page(tuple(tag for tag in page.items if tag), page.total_count, page.next)


def read_flags(value: object) -> Page[Flag]:
    """A page of flags."""
    return read_page(value, _flag, _LISTS[Flag])


def read_environments(value: object) -> Page[str]:
    """A page of a project's environments: their keys."""
    page = read_page(value, lambda item: as_text(as_object(item).get("key")), "a list of environments")
    return Page(tuple(key for key in page.items if key), page.total_count, page.next)


_LISTS: dict[type, str] = {
    Configuration: "a list of flag import configurations",
    Member: "a list of members",
    Project: "a list of projects",
    Flag: "a list of flags",
}


def _flag(value: object) -> Flag:
    item = as_object(value)
    key = as_data(item.get("key"))
    if not key:
        raise unexpected(_LISTS[Flag])
    return Flag(
        key=key,
        name=as_data(item.get("name")),
        tags=all_data(item.get("tags")),
        archived=as_truth(item.get("archived")),
        created=as_moment(item.get("creationDate")),
        version=as_whole(item.get("_version")),
    )


def read_page(value: object, read: Callable[[object], T], expected: str) -> Page[T]:
    items = as_object(value).get("items")
    if not isinstance(items, list):
        raise unexpected(expected)
    links = as_object(as_object(value).get("_links"))
    following = as_data(as_object(links.get("next")).get("href"))
    # Only the query is used, written anew: a link must not lead a token to another address.
    query = following.partition("#")[0].partition("?")[2][:_LONGEST_QUERY]
    total = as_whole(as_object(value).get("totalCount"))
    return Page(tuple(map(read, items)), total, urlencode(parse_qsl(query)))


def _models(kind: type[M], value: object) -> Page[M]:
    return read_page(value, lambda item: _model(kind, item, _LISTS[kind]), _LISTS[kind])


def _model(kind: type[M], value: object, expected: str, redactor: Redactor | None = None) -> M:
    try:
        return kind.model_validate(value, context=redactor)
    except (ValidationError, RecursionError):
        # What pydantic says holds the whole input, so nothing of it is kept.
        pass
    raise unexpected(expected)


def unexpected(expected: str) -> Failure:
    return Failure(
        Kind.NOT_JSON,
        f"LaunchDarkly's answer is not what was expected: {expected}.",
        "Most likely the beta interface has changed, or the address is not LaunchDarkly's.",
        Remedy.CHECK,
        about="the address",
        safe=Safe.ANSWER_NOT_USED,
        sent=True,
    )
