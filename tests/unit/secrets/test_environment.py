"""Values that need no asking: variables, and ldcli's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.secrets.environment import all_secrets, find_secret, find_setting

CANARY = "api-canary-7d1f0c"
US, EU = "app.launchdarkly.com", "app.eu.launchdarkly.com"


def ldcli(home: Path, text: str | bytes, folder: str = ".config") -> dict[str, str]:
    path = home / folder / "ldcli" / "config.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"HOME": str(home)}


def secret(key: str, integration: str, environ: dict[str, str], host: str = "") -> tuple[str, str, str] | None:
    """The key that was found, how a recipe names its place, and the place for people."""
    found = find_secret(key, integration, environ, host=host)
    assert CANARY not in repr(found)
    return (found.value.get_secret_value(), found.reference, found.origin) if found else None


def setting(key: str, environ: dict[str, str]) -> tuple[str, str] | None:
    found = find_setting(key, environ)
    return (found.value, found.origin) if found else None


@pytest.mark.parametrize(
    ("integration", "key", "variable"),
    [("unleash", "token", "LD_ACCESS_TOKEN"), ("split", "workspaceApiKey", "SPLIT_ADMIN_KEY"),
     ("unleash", "ldApiKey", "LD_IMPORT_API_KEY"), ("mine", "api-key", "LDFI_API_KEY")],
)  # fmt: skip
def test_each_field_has_its_variable(integration: str, key: str, variable: str) -> None:
    environ = {"LD_ACCESS_TOKEN": "the-token", variable: f"{CANARY}\n"}
    assert secret(key, integration, environ, US) == (CANARY, f"env:{variable}", f"from {variable}")
    assert set(all_secrets({**environ, "PATH": "/bin"})) == {CANARY, environ["LD_ACCESS_TOKEN"].strip()}


def test_missing_values_are_none(own_world: Path) -> None:
    assert secret("token", "unleash", {}) is None
    assert secret("token", "unleash", {"HOME": str(own_world), "LD_ACCESS_TOKEN": " \n"}) is None
    assert setting("host", {"HOME": str(own_world)}) is None
    assert setting("config-name", {"LD_PROJECT": "web"}) is None


def test_ldcli_is_read_for_the_token_alone(own_world: Path) -> None:
    environ = ldcli(own_world, f"access-token: {CANARY}\nproject: web\nbase-uri: https://{EU}\n")
    place = "from ldcli's configuration"
    assert secret("token", "unleash", environ, EU) == (CANARY, "", place)
    assert secret("ldApiKey", "unleash", environ, EU) is None
    assert setting("host", environ) == (f"https://{EU}", place)
    assert setting("project", environ) == ("web", place)
    assert list(all_secrets(environ)) == [CANARY]
    environ = ldcli(own_world, f"access-token: {CANARY}\n")
    assert secret("token", "", environ, US)
    assert secret("token", "", environ, EU) is None
    assert secret("token", "", {**environ, "LD_BASE_URI": f"https://{EU}"}, EU)


def test_xdg_config_home_beats_home_and_variables_beat_the_file(own_world: Path) -> None:
    ldcli(own_world, "project: from-home\n")
    ldcli(own_world, "project: from-xdg\n", "elsewhere")
    environ = {"HOME": str(own_world), "XDG_CONFIG_HOME": str(own_world / "elsewhere")}
    assert setting("project", environ) == ("from-xdg", "from ldcli's configuration")
    assert setting("project", {**environ, "LD_PROJECT": "variable"}) == ("variable", "from LD_PROJECT")


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
def test_token_is_not_offered_to_another_instance(base: str, host: str, offered: bool) -> None:
    assert (secret("token", "unleash", {"LD_ACCESS_TOKEN": CANARY, "LD_BASE_URI": base}, host) is not None) is offered


@pytest.mark.parametrize(
    ("content", "value"),
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
        (b"\xff\xfe\x00", None),
        (b"project: web\n" + b"#" * 65536, None),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_only_flat_plain_entries_are_read(own_world: Path, content: str | bytes, value: str | None) -> None:
    text = content if isinstance(content, bytes) else f"# head\n{content}\n"
    assert (setting("project", ldcli(own_world, text)) or (None,))[0] == value


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_content_raises(own_world: Path, content: bytes) -> None:
    environ = ldcli(own_world, content)
    setting("host", environ)
    secret("token", "unleash", environ, US)
