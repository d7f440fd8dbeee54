"""What a strict LaunchDarkly would not take: the body of a create, and each config key by name.

Which of these LaunchDarkly itself checks is not documented; a message always names the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tui.sandbox.account import Account
from tui.sandbox.answers import ld_refusal

_TAG = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_TEXT = 4096


def _is_tag(value: str, _: Account) -> bool:
    return _TAG.fullmatch(value) is not None


def _is_id(value: str, _: Account) -> bool:
    return _UUID.fullmatch(value) is not None


def _is_web_address(value: str, _: Account) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _is_member(value: str, account: Account) -> bool:
    return any(member.id == value for member in account.members)


_VALID: Mapping[str, Callable[[str, Account], bool]] = {
    "workspaceId": _is_id,
    "environmentId": _is_id,
    "sourceBaseUrl": _is_web_address,
    "ldTag": _is_tag,
    "ldMaintainer": _is_member,
}

REQUIRED = {
    "split": ("workspaceApiKey", "workspaceId", "environmentId", "ldApiKey"),
    "unleash": ("sourceBaseUrl", "sourceApiKey", "sourceProjectId", "sourceEnvironmentId", "ldApiKey"),
}

OPTIONAL = {
    "split": {"splitTag": "", "ldTag": "imported-from-split", "ldMaintainer": ""},
    "unleash": {"sourceTag": "", "ldTag": "imported-from-unleash", "ldMaintainer": ""},
}
"""Optional keys with the manifest's defaults, taken where a key is missing."""


def checked_name(value: object, integration: str) -> str:
    """Only `config` is required by LaunchDarkly's schema; without a name there is a usual one."""
    if value is None:
        return f"{integration.capitalize()} import"
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 256:
        raise ld_refusal(400, "name must be a text of 1 to 256 characters")
    return value


def checked_tags(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(tag, str) and _TAG.fullmatch(tag) for tag in value):
        raise ld_refusal(400, "tags must be a list of letters, digits, '.', '_' and '-', 64 at most each")
    return list(value)


def checked_config(value: object, integration: str, account: Account) -> dict[str, str]:
    """The config as it is kept: the manifest's keys alone; others are ignored, as the API's overview says."""
    if not isinstance(value, dict):
        raise ld_refusal(400, "config is required")
    given: dict[str, Any] = {key: one for key, one in value.items() if one is not None}
    config: dict[str, str] = {}
    for key in REQUIRED[integration]:
        config[key] = _text(given.get(key, ""), key)
        if not config[key].strip():
            raise ld_refusal(400, f"{key} is required")
    for key, usual in OPTIONAL[integration].items():
        config[key] = _text(given.get(key, usual), key)
    for key, text in config.items():
        valid = _VALID.get(key)
        if valid and text and not valid(text, account):
            raise ld_refusal(400, f"{key} is not valid")
    return config


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ld_refusal(400, f"{key} must be a text of at most {_MOST_TEXT} characters")
    return value
