"""Names of keyring entries and environment variables, as the contract has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.answers.draft import BUILT_IN
from tui.secrets.names import (
    OWN_FIELDS,
    SERVICE,
    entry_name,
    holds_secret,
    host_of,
    inside,
    outside,
    proposed_variable,
    variable_of_entry,
)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://app.EU.launchdarkly.com", "app.eu.launchdarkly.com"),
        ("app.launchdarkly.com:443", "app.launchdarkly.com"),
        ("https://ld.example.com:8443/base", "ld.example.com:8443"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://me:secret@ld.example.com", "ld.example.com"),
        ("https://bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_has_one_spelling(address: str, host: str) -> None:
    assert host_of(address) == host
    assert entry_name(address) == f"{host}/token"


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_no_two_variables_share_an_entry(project: str, integration: str, variable: str) -> None:
    named = entry_name("h", project=project, integration=integration, variable=variable)
    assert named.isascii()
    assert named.isprintable()
    assert named.count("/") == 3
    other = entry_name("h", project=project + "/", integration=integration, variable=variable)
    assert named != other


@pytest.mark.parametrize(
    ("parts", "name", "variable"),
    [
        ({}, "h/token", "LD_ACCESS_TOKEN"),
        ({"project": "web", "integration": "unleash", "variable": "sourceApiKey"}, "h/web/unleash/sourceApiKey",
         "UNLEASH_SDK_KEY"),
        ({"project": "", "integration": "split", "variable": "workspaceApiKey"}, "h/-/split/workspaceApiKey",
         "SPLIT_ADMIN_KEY"),
        ({"project": "p", "integration": "acme", "variable": inside("token")}, "h/p/acme/token", "LDFI_TOKEN"),
    ],
)  # fmt: skip
def test_entry_has_a_name_and_a_variable_that_can_replace_it(parts: dict[str, str], name: str, variable: str) -> None:
    assert SERVICE == "ld-flag-import"
    assert entry_name("h", **parts) == name
    assert variable_of_entry(name) == variable


@pytest.mark.parametrize(
    ("integration", "key", "variable"),
    [
        ("unleash", "token", "LD_ACCESS_TOKEN"),
        ("", "token", "LD_ACCESS_TOKEN"),
        ("split", "ldApiKey", "LD_IMPORT_API_KEY"),
        ("unleash", "sourceApiKey", "UNLEASH_SDK_KEY"),
        ("split", "workspaceApiKey", "SPLIT_ADMIN_KEY"),
        ("other", "sourceApiKey", "LDFI_SOURCEAPIKEY"),
        ("other", "api-key.ü", "LDFI_API_KEY__"),
        ("other", inside("token"), "LDFI_TOKEN"),
    ],
)
def test_proposed_variables(integration: str, key: str, variable: str) -> None:
    assert proposed_variable(integration, key) == variable
    assert holds_secret(variable)
    assert not holds_secret("PATH")


# --- form variables with the names of our own fields


def test_own_fields_are_those_that_the_program_asks_for() -> None:
    assert BUILT_IN.keys() == OWN_FIELDS


@pytest.mark.parametrize("name", [*sorted(OWN_FIELDS), "ldApiKey", "a.b"])
def test_form_variable_has_a_key_of_its_own_inside_and_its_name_outside(name: str) -> None:
    assert inside(name) not in BUILT_IN
    assert outside(inside(name)) == name
    assert outside(name) == name
