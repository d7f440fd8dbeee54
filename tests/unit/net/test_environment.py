"""The commands in a process of their own, in networks with proxies and authorities as people really have them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.net.test_tls import NAME, PASSWORD, Certificate, certificate, tunnel_to
from tests.unit.raw_http import Handler, Raw, always, answer, free_port, serving
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


@pytest.fixture
def cert(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@asynccontextmanager
async def behind_a_proxy(cert: Certificate) -> AsyncIterator[tuple[Raw, Raw]]:
    """LaunchDarkly at https://flags.invalid, a name that only the proxy knows; and the proxy."""
    async with (
        serving(always(NO_CONFIGURATIONS), cert.context) as server,
        serving(tunnel_to(server.port)) as proxy,  # type: ignore[arg-type]
    ):
        yield server, proxy


# --- proxies


@pytest.mark.parametrize(
    "environ",
    [
        {"https_proxy": "{}", "all_proxy": SOCKS, "HTTP_PROXY": "http://127.0.0.1:99999"},
        {"HTTPS_PROXY": "http://ana:p%23x%2Fy@{}", "NO_PROXY": "fd00::/8,[::1],[fd00::]/8,10.0.0.0/8,:,%%,.other"},
    ],
)
async def test_variables_that_do_not_count_stop_nothing(cert: Certificate, environ: Mapping[str, str]) -> None:
    async with behind_a_proxy(cert) as (server, proxy):
        named = {name: value.replace("{}", f"127.0.0.1:{proxy.port}") for name, value in environ.items()}
        ended = await ld_flag_import(*LIST, "--host", f"https://{NAME}", SSL_CERT_FILE=str(cert.file), **named)
        assert (ended.code, ended.err) == (0, "")
        assert proxy.heads[0].startswith(f"CONNECT {NAME}:443 ")
        assert ("proxy-authorization: basic" in proxy.heads[0].lower()) is ("@" in str(environ))
        assert len(server.seen) == 1


# --- authorities


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
async def source_of(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Raw, Raw]]:
    """A LaunchDarkly with an empty project, and a source that answers by `handler`."""
    async with serving(always(answer("200 OK", PROJECT))) as launchdarkly, serving(handler, tls) as source:
        yield launchdarkly, source


@pytest.mark.parametrize("value", ["http://127.0.0.1:{closed}", "http://127.0.0.1:{proxy}", "127.0.0.1:99999"])
async def test_a_proxy_at_fault_is_not_an_answer_at_fault(tmp_path: Path, value: str) -> None:
    async with source_of(always(answer("407 Proxy Authentication Required", b""))) as (launchdarkly, proxy):
        named = value.format(closed=free_port(), proxy=proxy.port)
        ended = await plan(tmp_path, "unleash", f"https://{NAME}", launchdarkly, HTTPS_PROXY=named)
    error = ended.error
    assert (ended.code, error["kind"], error["field"]) == (5, "unreachable", None)
    assert "HTTPS_PROXY" in error["message"] + error["advice"]


@pytest.mark.parametrize(
    ("status", "connections"), [("407 Proxy Authentication Required", 1), ("403 Forbidden", 1), ("502 Bad Gateway", 6)]
)
async def test_a_refusal_by_a_proxy_is_not_tried_again(tmp_path: Path, status: str, connections: int) -> None:
    async with source_of(always(answer(status, b""))) as (launchdarkly, proxy):
        proxied = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        await plan(tmp_path, "split", f"https://{NAME}", launchdarkly, **proxied)
        assert proxy.connections == connections


async def test_an_authority_at_fault_is_not_an_address_at_fault(tmp_path: Path, cert: Certificate) -> None:
    async with source_of(always(answer()), cert.context) as (launchdarkly, source):
        ended = await plan(tmp_path, "unleash", f"https://localhost:{source.port}", launchdarkly)
    assert (ended.code, ended.error["kind"], ended.error["field"]) == (5, "tls", None)


@pytest.mark.parametrize("integration", RECIPES)
async def test_a_plan_s_limit_is_no_passing_trouble(tmp_path: Path, integration: str) -> None:
    body = b'{"code": 402, "message": "Forbidden by Paywalls"}'
    async with source_of(always(answer("402 Payment Required", body))) as (launchdarkly, source):
        error = (await plan(tmp_path, integration, source.url, launchdarkly)).error
    assert (error["kind"], error["status_code"], error["field"]) == ("source", 402, None)
    assert "again" not in error["advice"].lower()


async def test_split_s_details_are_quoted(tmp_path: Path) -> None:
    body = json.dumps({"code": 401, "message": "Invalid", "details": f"not of \x1b[2J that {KEYS['split']} project"})
    async with source_of(always(answer("401 Unauthorized", body.encode()))) as (launchdarkly, source):
        ended = await plan(tmp_path, "split", source.url, launchdarkly)
    assert (ended.code, ended.error["field"]) == (3, "workspaceApiKey")
    assert {"Invalid", "not of"} <= set(re.split('[";:] *| \ufffd', ended.error["message"]))
    assert ended.error["message"].isprintable()


async def test_a_server_that_ignores_keys_is_not_a_wrong_key(tmp_path: Path) -> None:
    body = {"version": 2, "features": [{"name": "a", "enabled": False, "strategies": []}], "query": {"x": True}}
    async with source_of(always(answer("200 OK", json.dumps(body).encode()))) as (launchdarkly, source):
        ended = await plan(tmp_path, "unleash", source.url, launchdarkly)
    assert (ended.code, ended.error["kind"], ended.error["field"]) == (5, "source", None)


# --- nesting


async def test_nested_answers_crash_nothing(tmp_path: Path) -> None:
    levels = 100_000
    body = b'{"items": [{"_id": "1", "name": "a", "config": ' + b"[" * levels + b"1" + b"]" * levels + b"}]}"
    async with source_of(always(answer("200 OK", body))) as (launchdarkly, source):
        for command in (LIST, ("configs", "show", "12ab3c4d5ef1a2345bcde67f", "--json")):
            ended = await ld_flag_import(*command, "--host", source.url)
            assert (ended.code, ended.error["kind"]) == (5, "not-json")
        for integration in RECIPES:
            ended = await plan(tmp_path, integration, source.url, launchdarkly)
            assert (ended.code, ended.error["kind"]) == (5, "not-json")
