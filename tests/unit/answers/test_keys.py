"""What a pasted key comes to: what is taken off, which kind it is, and whether it may stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.answers.builtin import HELPER, TOKEN
from tui.answers.fields import Variable
from tui.answers.finding import Level
from tui.answers.form import build
from tui.answers.rules import tidy, validate
from tui.answers.secret_facts import secret_facts
from tui.manifests.files import registry

FORMS = {key: build(manifest) for key, manifest in registry().items()}
HEX = "0123abcd" * 7
V2 = "v2_AbCdEfGhIjKlMnOpQrSt-__0123456789abcdefghij_BCDEFGHIJ-123456789abc"
API = "api-01234567-89ab-4cde-8f01-23456789abcd"
SDK = "sdk-01234567-89ab-4cde-8f01-23456789abcd"
MOB = "mob-01234567-89ab-4cde-8f01-23456789abcd"
CLIENT_ID = "0123456789abcdef01234567"
SPLIT = "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8"


def _field(integration: str, key: str) -> Variable:
    found = FORMS[integration].get(key)
    assert found is not None
    return found


IMPORT = _field("split", "ldApiKey")
UNLEASH = _field("unleash", "sourceApiKey")
ADMIN = _field("split", "workspaceApiKey")

P, W, U, N = Level.PROBLEM, Level.WARNING, Level.UNKNOWN, Level.NOTE
UNTOUCHED: dict[tuple[Variable, str, Level | None], list[str]] = {
    (TOKEN, "ld-api", None): [API, API.upper().replace("API", "api")],
    (TOKEN, "", W): [API[:-3], API + API, SPLIT],
    (TOKEN, "ld-sdk", P): [SDK, "sdk-short"],
    (TOKEN, "ld-mobile", P): [MOB],
    (TOKEN, "ld-client-id", P): [CLIENT_ID],
    (TOKEN, "unleash-sdk", P): [f"default:production.{HEX}"],
    (TOKEN, "unleash-admin", P): [f"*:*.{HEX}"],
    (TOKEN, "unleash-personal", P): [f"user:{HEX}"],
    (TOKEN, "harness", P): ["pat.account.0123456789.secret"],
    (TOKEN, "", P): [
        "abc", "k" * 5000, "api-••••••••9abc", "api-***9abc", "api-xxxxxxxx-9abc", "api-0123…9abc",
        "api-“0123”-9abc-0123", "$LD_ACCESS_TOKEN", "${LD_ACCESS_TOKEN}", "env:LD_ACCESS_TOKEN",
        f"LD_ACCESS_TOKEN={API}",
    ],
    (IMPORT, "ld-api", None): [API],
    (IMPORT, "ld-sdk", P): [SDK],
    (IMPORT, "unleash-sdk", P): [f"default:production.{HEX}"],
    (UNLEASH, "unleash-sdk", N): [
        f"default:production.{HEX}", f"[]:production.{HEX}", f"*:production.{HEX}", f"web.shop:prod.eu.{HEX}",
        "default:development.unleash-insecure-api-token", f"default:prod.eu.{V2}", f"user:production.{HEX}",
    ],
    (UNLEASH, "unleash-admin", P): [f"*:*.{HEX}", "*:*.unleash-insecure-admin-api-token", f"*:*.{V2}"],
    (UNLEASH, "unleash-personal", P): [f"user:{HEX}", f"user:{V2}"],
    (UNLEASH, "ld-api", P): [API],
    (UNLEASH, "ld-sdk", P): [SDK],
    (UNLEASH, "", W): ["an-alias-of-old-times"],
    (ADMIN, "", None): [SPLIT, "sixteen--letters"],
    (ADMIN, "ld-api", P): [API],
    (ADMIN, "unleash-sdk", P): [f"default:production.{HEX}"],
    (ADMIN, "harness", U): ["sat.account.0123456789.secret"],
    (ADMIN, "ld-sdk", None): ["sdk-of-split-maybe-0123456789"],
    (ADMIN, "", P): ["fifteen-letters"],
    (HELPER, "unleash-admin", None): [f"*:*.{HEX}"],
    (HELPER, "unleash-personal", None): [f"user:{HEX}"],
    (HELPER, "unleash-sdk", P): [f"default:production.{HEX}"],
    (HELPER, "ld-api", P): [API],
    (HELPER, "harness", P): ["sat.account.0123456789.secret"],
    (HELPER, "", W): ["some-key-of-another-shape"],
}  # fmt: skip
"""Keys that no paste changes, by their field, kind and worst finding."""

CASES: list[tuple[Variable, str, str, str, Level | None]] = [
    # field, pasted, what tidying said, kind, worst finding
    *((field, key, "", kind, worst) for (field, kind, worst), keys in UNTOUCHED.items() for key in keys),
    (TOKEN, f"{API}\n", "A line break was removed.", "ld-api", None),
    (TOKEN, f"{API}\r\n", "A line break was removed.", "ld-api", None),
    (TOKEN, f"  {API} ", "3 spaces were removed.", "ld-api", None),
    (TOKEN, f"{API[:20]}\n    {API[20:]}", "A line break was removed.", "ld-api", None),
    (TOKEN, f"{API}\n{SPLIT}\n", "The second line was dropped.", "ld-api", None),
    (TOKEN, f"{API}\n\n{API}\r\nthree", "Only the first line was kept.", "ld-api", None),
    (UNLEASH, f"default:production.{HEX}\n{API}", "The second line was dropped.", "unleash-sdk", N),
    (ADMIN, f"\n{SPLIT}\n{SPLIT}", "The second line was dropped.", "", None),
    (TOKEN, f"{API[:20]} {API[20:]}", "A space was removed.", "ld-api", None),
    (TOKEN, f"\ufeff{API}", "An invisible character was removed.", "ld-api", None),
    (TOKEN, f"{API[:9]}\u200b{API[9:]}\u200d", "2 invisible characters were removed.", "ld-api", None),
    (TOKEN, f"\xa0{API}", "A space was removed.", "ld-api", None),
    (TOKEN, f"\x1b{API}", "An invisible character was removed.", "ld-api", None),
    (TOKEN, f'"{API}"', "The quotes were removed.", "ld-api", None),
    (TOKEN, f"“{API}”", "The quotes were removed.", "ld-api", None),
    (TOKEN, f"Bearer {API}", "“Bearer” was removed.", "ld-api", None),
    (TOKEN, f"bearer  {API}", "“Bearer” was removed.", "ld-api", None),
    (TOKEN, f"Authorization: Bearer {API}", "“Bearer” was removed.", "ld-api", None),
    (TOKEN, f"export LD_ACCESS_TOKEN={API}", "A space was removed.", "", P),
    (UNLEASH, f"default:production.{HEX}\n", "A line break was removed.", "unleash-sdk", N),
    (ADMIN, f"Bearer {SPLIT}", "“Bearer” was removed.", "", None),
]


@pytest.mark.parametrize(("field", "pasted", "said", "kind", "worst"), CASES)
def test_a_pasted_key(field: Variable, pasted: str, said: str, kind: str, worst: Level | None) -> None:
    tidied = tidy(field, pasted)
    assert tidied.said == said
    facts = secret_facts(field, tidied.value)
    assert facts.kind == kind
    assert facts.length == len(tidied.value)
    found = validate(field, "", {}, {field.key: facts})
    assert next((finding.level for finding in found), None) == worst
    assert found == validate(field, tidied.value, {}, {}), "without facts the value itself is judged the same"


@pytest.mark.parametrize(
    ("key", "scope"),
    [
        (f"default:production.{HEX}", ("default", "production")),
        (f"web.shop:prod.eu.{HEX}", ("web.shop", "prod.eu")),
        ("default:development.unleash-insecure-api-token", ("default", "development")),
        (f"web.shop:prod.eu.{V2}", ("web.shop", "prod.eu")),
        (f"[]:production.{HEX}", ("[]", "production")),
        (f"*:production.{HEX}", ("*", "production")),
        (f"*:*.{HEX}", None),
        (f"user:{HEX}", None),
        ("name:pass.word", None),
        (SPLIT, None),
    ],
)
def test_scope_written_into_an_unleash_key(key: str, scope: tuple[str, str] | None) -> None:
    assert secret_facts(UNLEASH, key).scope == scope
    assert secret_facts(TOKEN, key).scope is None


def test_a_key_that_contradicts_the_fields_offers_what_it_says() -> None:
    project, environment = _field("unleash", "sourceProjectId"), _field("unleash", "sourceEnvironmentId")
    secrets = {UNLEASH.key: secret_facts(UNLEASH, f"default:production.{HEX}")}
    (contradiction,) = validate(environment, "staging", {}, secrets)
    assert contradiction.level is W
    assert contradiction.offer is not None
    assert (contradiction.offer.field, contradiction.offer.value) == (environment.key, "production")
    assert validate(environment, "production", {}, secrets) == ()
    (missing,) = validate(project, "", {}, secrets)
    assert missing.level is P
    assert missing.offer is not None
    assert missing.offer.value == "default"


@pytest.mark.parametrize("scope", ["*", "[]"])
def test_a_key_for_many_projects_contradicts_none(scope: str) -> None:
    secrets = {UNLEASH.key: secret_facts(UNLEASH, f"{scope}:production.{HEX}")}
    assert validate(_field("unleash", "sourceProjectId"), "web-shop", {}, secrets) == ()


@pytest.mark.parametrize("field", [TOKEN, IMPORT, UNLEASH, ADMIN], ids=lambda field: str(field.role))
def test_a_missing_key_is_a_problem(field: Variable) -> None:
    assert [finding.level for finding in validate(field, "", {}, {})] == [P]


CANARY = "q7CANARYz"


@given(
    st.text(max_size=60),
    st.text(st.characters(exclude_characters=":"), max_size=20),
    st.sampled_from(["", "api-", "sdk-", "user:", "*:*.", "default:production.", "[]:x.", "A=", "Bearer "]),
    st.sampled_from([TOKEN, IMPORT, UNLEASH, ADMIN]),
)
def test_nothing_of_a_key_is_kept_or_said(before: str, after: str, prefix: str, field: Variable) -> None:
    tidied = tidy(field, f"{prefix}{before}{CANARY}{after}")
    facts = secret_facts(field, tidied.value)
    assert CANARY not in repr((facts, validate(field, tidied.value, {}, {}), tidied.said))
