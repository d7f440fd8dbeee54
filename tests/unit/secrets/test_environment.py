"""Values found without asking: variables, and ldcli's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.secrets.environment import find_secret, find_setting

CANARY = "api-canary-7d1f0c"
US, EU = "app.launchdarkly.com", "app.eu.launchdarkly.com"


def ldcli(home: Path, text: str | bytes, folder: str = ".config") -> dict[str, str]:
    path = home / folder / "ldcli" / "config.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"HOME": str(home)}


def test_a_variable_is_found_and_named() -> None:
    found = find_secret("token", "unleash", {"LD_ACCESS_TOKEN": f"{CANARY}\n"}, host=US)
    assert found is not None
    assert (found.value.get_secret_value(), found.reference, found.origin) == (
        CANARY, "env:LD_ACCESS_TOKEN", "from LD_ACCESS_TOKEN",
    )  # fmt: skip
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("integration", "key", "variable"),
    [("split", "workspaceApiKey", "SPLIT_ADMIN_KEY"), ("unleash", "ldApiKey", "LD_IMPORT_API_KEY"),
     ("mine", "api-key", "LDFI_API_KEY")],
)  # fmt: skip
def test_each_field_has_its_variable(integration: str, key: str, variable: str) -> None:
    found = find_secret(key, integration, {variable: CANARY, "LD_ACCESS_TOKEN": "the-token"})
    assert found is not None
    assert (found.value.get_secret_value(), found.reference) == (CANARY, f"env:{variable}")


def test_nothing_there_is_none(own_world: Path) -> None:
    assert find_secret("token", "unleash", {}) is None
    assert find_secret("token", "unleash", {"HOME": str(own_world), "LD_ACCESS_TOKEN": " \n"}) is None
    assert find_setting("host", {"HOME": str(own_world)}) is None
    assert find_setting("config-name", {"LD_PROJECT": "web"}) is None


def test_ldcli_is_read_for_the_token_alone(own_world: Path) -> None:
    environ = ldcli(own_world, f"access-token: {CANARY}\nproject: web\nbase-uri: https://{EU}\n")
    found = find_secret("token", "unleash", environ, host=EU)
    assert found is not None
    assert (found.value.get_secret_value(), found.reference, found.origin) == (
        CANARY, "", "from ldcli's configuration",
    )  # fmt: skip
    assert find_secret("ldApiKey", "unleash", environ, host=EU) is None
    host, project = find_setting("host", environ), find_setting("project", environ)
    assert host is not None
    assert project is not None
    assert (host.value, project.value) == (f"https://{EU}", "web")
    assert "ldcli" in host.origin


def test_xdg_config_home_beats_home_and_variables_beat_the_file(own_world: Path) -> None:
    ldcli(own_world, "project: from-home\n")
    ldcli(own_world, "project: from-xdg\n", "elsewhere")
    environ = {"HOME": str(own_world), "XDG_CONFIG_HOME": str(own_world / "elsewhere")}
    found = find_setting("project", environ)
    assert found is not None
    assert found.value == "from-xdg"
    found = find_setting("project", {**environ, "LD_PROJECT": "from-variable"})
    assert found is not None
    assert (found.value, found.origin) == ("from-variable", "from LD_PROJECT")


@pytest.mark.parametrize(
    ("base", "host", "offered"),
    [
        ("", US, True),
        ("", EU, True),  # a variable alone says nothing of an instance
        (f"https://{EU}/", EU, True),
        (f"https://{EU}", f"https://{EU}", True),
        (f"https://{EU}", US, False),
        ("http://[broken", US, False),
        (f"https://{EU}", "", True),
    ],
)
def test_a_token_is_not_offered_to_another_instance(base: str, host: str, offered: bool) -> None:
    found = find_secret("token", "unleash", {"LD_ACCESS_TOKEN": CANARY, "LD_BASE_URI": base}, host=host)
    assert (found is not None) is offered


def test_ldcli_without_an_address_means_the_us(own_world: Path) -> None:
    environ = ldcli(own_world, f"access-token: {CANARY}\n")
    assert find_secret("token", "", environ, host=US) is not None
    assert find_secret("token", "", environ, host=EU) is None
    assert find_secret("token", "", {**environ, "LD_BASE_URI": f"https://{EU}"}, host=EU) is not None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('project: "web"', "web"),
        ("project: 'web' # mine", "web"),
        ("project: web # mine", "web"),
        ("project: web\r", "web"),
        ("project:\tweb", "web"),
        ("project: we#b", "we#b"),
        ("project: ", None),
        ("project:web", None),
        ("  project: nested", None),
        ("project: *alias", None),
        ("project: !!python/object/apply:os.system [x]", None),
        ("project: [a, b]", None),
        ('project: "a\\u0041"', None),
        ('project: "open', None),
    ],
)
def test_flat_plain_entries_alone_are_read(own_world: Path, line: str, value: str | None) -> None:
    found = find_setting("project", ldcli(own_world, f"# head\n{line}\n"))
    assert (found.value if found else None) == value


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"project: web\n" + b"#" * 65536])
def test_a_file_that_is_none_of_ldcli_is_passed_over(own_world: Path, content: bytes) -> None:
    assert find_setting("project", ldcli(own_world, content)) is None


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_content_raises(own_world: Path, content: bytes) -> None:
    environ = ldcli(own_world, content)
    find_setting("host", environ)
    find_secret("token", "unleash", environ, host=US)
