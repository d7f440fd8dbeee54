"""What fields can be filled with, by tokens for looking and by SDK keys, on real Unleash servers."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from tests.real.unleash_server import Unleash
from tui.net.client import Http
from tui.net.errors import Failure, Remedy
from tui.sources.base import Connection
from tui.sources.unleash import check as unleash_check

pytestmark = pytest.mark.timeout(600)  # the first one may have to install the servers


async def found(unleash: Unleash, field: str, key: str, helper: str | None = None) -> list[str]:
    async with Http() as http:
        choices = await unleash_check.discover(
            Connection(http, unleash.address, SecretStr(unleash.keys[key])),
            field,
            {},
            SecretStr(unleash.keys[helper]) if helper else None,
        )
        return [choice.value for choice in choices]


@pytest.mark.parametrize("helper", ["admin", "personal"])
async def test_a_token_for_looking_lists_everything(unleash: Unleash, helper: str) -> None:
    # The open-source edition names its first project alone, whatever others there are.
    assert "default" in await found(unleash, "sourceProjectId", "production", helper)
    environments = await found(unleash, "sourceEnvironmentId", "production", helper)
    assert [name for name in environments if name != "default"] == ["development", "production"]
    tags = await found(unleash, "sourceTag", "production", helper)
    assert tags == ["simple:payments", "team:growth squad"]


async def test_an_sdk_key_tells_its_own(unleash: Unleash) -> None:
    assert await found(unleash, "sourceProjectId", "both") == ["default", "web-shop"]
    assert await found(unleash, "sourceProjectId", "everything") == ["default", "web-shop"]
    assert await found(unleash, "sourceEnvironmentId", "development") == ["development"]


async def test_an_sdk_key_cannot_list_tags(unleash: Unleash) -> None:
    with pytest.raises(Failure) as caught:
        await found(unleash, "sourceTag", "production")
    assert caught.value.field == "sourceTag"


@pytest.mark.parametrize(
    ("helper", "status_code", "remedy", "says"),
    [
        ("production", 403, Remedy.OTHER_HELPER, "it is an SDK key"),
        ("frontend", 403, Remedy.OTHER_HELPER, "admin token (403)"),
        ("unknown", 401, Remedy.COPY_HELPER, "admin token (401)"),
    ],
)
async def test_a_helper_that_is_none(
    unleash: Unleash, helper: str, status_code: int, remedy: Remedy, says: str
) -> None:
    with pytest.raises(Failure) as caught:
        await found(unleash, "sourceProjectId", "production", helper)
    assert (caught.value.status_code, caught.value.remedy) == (status_code, remedy)
    assert says in caught.value.what
    assert unleash.keys[helper] not in str(caught.value)


@pytest.mark.parametrize("helper", ["admin", "personal"])
async def test_the_check_of_a_token_for_looking(unleash: Unleash, helper: str) -> None:
    async with Http() as http:
        report = await unleash_check.check_helper(Connection(http, unleash.address, SecretStr(unleash.keys[helper])))
    assert "default" in report.projects
    assert "lists project" in report.text
