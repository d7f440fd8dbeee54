"""Commands as processes, behind a proxy and with servers that send odd answers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.net.test_tls import NAME, PASSWORD, certificate, tunnel_to
from tests.unit.raw_http import Raw, always, answer, serving
from tests.unit.recipe_tools import ROOT

TOKEN = "api-5a4db0c5-0000-4000-8000-5a4db0c5a11a"
LIST = ("configs", "list", "--json")
NO_CONFIGURATIONS = answer("200 OK", b'{"items": []}')
SOCKS = "socks5://127.0.0.1:7891"


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.splitlines()[0])
        assert found["event"] == "error"
        return found


async def ld_flag_import(*arguments: str, **environ: str) -> Ended:
    """The program in a process of its own, while the servers of the test run in this one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", *arguments,
        cwd=ROOT, env={**os.environ, "LD_ACCESS_TOKEN": TOKEN, **environ}, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    ended = Ended(process.returncode or 0, out.decode(), err.decode())
    assert "Traceback" not in ended.err
    assert TOKEN not in ended.out + ended.err
    assert PASSWORD not in ended.out + ended.err
    return ended


@pytest.mark.parametrize(
    "environ",
    [
        {"https_proxy": "{}", "all_proxy": SOCKS, "HTTP_PROXY": "http://127.0.0.1:99999"},
        {"HTTPS_PROXY": "http://ana:p%23x%2Fy@{}", "NO_PROXY": "fd00::/8,[::1],[fd00::]/8,10.0.0.0/8,:,%%,.other"},
    ],
)
async def test_only_the_variable_for_the_host_is_read(tmp_path: Path, environ: Mapping[str, str]) -> None:
    cert = certificate(tmp_path)
    # LaunchDarkly has a name that only the proxy knows.
    async with serving(always(NO_CONFIGURATIONS), cert.context) as server, serving(tunnel_to(server.port)) as proxy:
        named = {name: value.replace("{}", f"127.0.0.1:{proxy.port}") for name, value in environ.items()}
        ended = await ld_flag_import(*LIST, "--host", f"https://{NAME}", SSL_CERT_FILE=str(cert.file), **named)
        assert (ended.code, ended.err) == (0, "")
        assert proxy.heads[0].startswith(f"CONNECT {NAME}:443 ")
        assert ("proxy-authorization: basic" in proxy.heads[0].lower()) is ("@" in str(environ))
        assert len(server.seen) == 1


# --- a source


RECIPES = {
    "unleash": """
        sourceBaseUrl = "{url}"
        sourceApiKey = "env:SOURCE_KEY"
        sourceProjectId = "default"
        sourceEnvironmentId = "development"
        ldApiKey = "env:LD_IMPORT_API_KEY"
    """,
    "split": """
        workspaceApiKey = "env:SOURCE_KEY"
        workspaceId = "ws-1"
        environmentId = "env-1"
        ldApiKey = "env:LD_IMPORT_API_KEY"
    """,
}
KEYS = {
    "unleash": "default:development.0123456789abcdef0123456789abcdef",
    "split": "bbka4th38dlfh1cmn3ron8s36a7s2r3jpp9q",
}


async def plan(folder: Path, integration: str, url: str, launchdarkly: Raw, **environ: str) -> Ended:
    """`plan --json` of a recipe whose source is at `url`."""
    recipe = folder / f"{integration}.toml"
    source = f'[source]\napi = "{url}"\n' if integration == "split" else ""
    recipe.write_text(
        f'version = 1\n[launchdarkly]\nhost = "{launchdarkly.url}"\nproject = "web"\ntoken = "env:LD_ACCESS_TOKEN"\n'
        f'[import]\nintegration = "{integration}"\nname = "A"\n[import.config]\n'
        f"{RECIPES[integration].replace('{url}', url)}\n{source}"
    )
    secrets = {"SOURCE_KEY": KEYS[integration], "LD_IMPORT_API_KEY": TOKEN}
    ended = await ld_flag_import("plan", str(recipe), "--json", **secrets, **environ)
    assert KEYS[integration] not in ended.out + ended.err
    return ended


PROJECT = b'{"key": "web", "name": "Web", "items": [], "totalCount": 0}'


@asynccontextmanager
async def source_of(body: bytes, status: str = "200 OK") -> AsyncIterator[tuple[Raw, Raw]]:
    """A LaunchDarkly with an empty project, and a source that sends `body`."""
    async with (
        serving(always(answer("200 OK", PROJECT))) as launchdarkly,
        serving(always(answer(status, body))) as source,
    ):
        yield launchdarkly, source


async def test_details_of_split_are_quoted_without_its_key(tmp_path: Path) -> None:
    body = json.dumps({"code": 401, "message": "Invalid", "details": f"not of \x1b[2J that {KEYS['split']} project"})
    async with source_of(body.encode(), "401 Unauthorized") as (launchdarkly, source):
        ended = await plan(tmp_path, "split", source.url, launchdarkly)
    assert (ended.code, ended.error["field"]) == (3, "workspaceApiKey")
    assert {"Invalid", "not of"} <= set(re.split('[";:] *| \ufffd', ended.error["message"]))
    assert ended.error["message"].isprintable()


async def test_deeply_nested_answer_is_not_json(tmp_path: Path) -> None:
    levels = 100_000
    body = b'{"items": [{"_id": "1", "name": "a", "config": ' + b"[" * levels + b"1" + b"]" * levels + b"}]}"
    async with source_of(body) as (launchdarkly, source):
        for command in (LIST, ("configs", "show", "12ab3c4d5ef1a2345bcde67f", "--json")):
            ended = await ld_flag_import(*command, "--host", source.url)
            assert (ended.code, ended.error["kind"]) == (5, "not-json")
        for integration in RECIPES:
            ended = await plan(tmp_path, integration, source.url, launchdarkly)
            assert (ended.code, ended.error["kind"]) == (5, "not-json")
