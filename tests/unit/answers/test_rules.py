"""What is said of answers that are no keys, and what a paste into their fields loses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, SOURCE_API
from tui.answers.fields import Variable, joined, selected
from tui.answers.finding import Level
from tui.answers.form import build
from tui.answers.rules import ROLES, tags_of, tidy, validate
from tui.manifests.files import registry

FORMS = {key: build(manifest) for key, manifest in registry().items()}
P, W, U = Level.PROBLEM, Level.WARNING, Level.UNKNOWN


def _field(integration: str, key: str) -> Variable:
    found = FORMS[integration].get(key)
    assert found is not None
    return found


def _made(role: str, choices: tuple[str, ...] = ()) -> Variable:
    return Variable("made", "Made up", role=role, choices=choices)


URL, TAG = _field("unleash", "sourceBaseUrl"), _field("unleash", "sourceTag")
PROJECT_ID, ENVIRONMENT = _field("unleash", "sourceProjectId"), _field("unleash", "sourceEnvironmentId")
WORKSPACE, SPLIT_ENVIRONMENT = _field("split", "workspaceId"), _field("split", "environmentId")
FLAG_TAG, MAINTAINER = _field("split", "ldTag"), _field("split", "ldMaintainer")
UUID = "1f03bc00-01f0-11ec-a057-42851e80ca2c"
ENV_UUID = "1f08ec20-01f0-11ec-a057-42851e80ca2c"
SPLIT_FLAG = f"https://app.split.io/org/{UUID[:-1]}d/ws/{UUID}/splits/{UUID[:-1]}e/env/{ENV_UUID}"
UNLEASH_UI = "https://unleash.example.com/projects"
HARNESS = (
    f"https://app.harness.io/ng/account/A/module/fme/orgs/O/projects/P/org/X/ws/{UUID}/splits/F/env/E-1/definition"
)

JUDGED = {
    None: ["https://unleash.example.com", "https://8.8.8.8"],
    W: ["https://unleash.example.com/projects/default", "http://localhost:4242"],
    P: [
        "http://unleash.example.com", "https://ana:pw@unleash.example.com",
        "https://unleash .example.com", "ftp://unleash.example.com", "https://", "https://unleash.example.com:99999",
    ],
    U: [
        "https://10.2.0.7", "https://192.168.1.4:8443", "https://[fd00::1]", "https://100.64.0.9", "https://unleash",
        "https://unleash.corp", "https://unleash.svc.internal",
    ],
}  # fmt: skip
"""Addresses that no paste changes, by the worst finding."""

ADDRESSES = [
    # pasted, value, said, worst
    *((url, url, "", worst) for worst, urls in JUDGED.items() for url in urls),
    ("unleash.example.com", "https://unleash.example.com", "https:// was added.", None),
    ("Unleash.example.com/team/api/", "https://unleash.example.com/team",
     "https:// was added. A trailing /api was removed.", None),
    ("10.2.0.7:4242", "https://10.2.0.7:4242", "https:// was added.", U),
    ("localhost:4242", "http://localhost:4242", "http:// was added.", W),
    ("me@unleash.example.com", "me@unleash.example.com", "", P),
    ("unleash", "unleash", "", P),
    ("https://unleash.example.com/", "https://unleash.example.com", "A trailing slash was removed.", None),
    ("https://unleash.example.com/api", "https://unleash.example.com", "A trailing /api was removed.", None),
    ("https://unleash.example.com/api/client/features", "https://unleash.example.com",
     "A trailing /api path was removed.", None),
    ("https://unleash.example.com/team/api/", "https://unleash.example.com/team", "A trailing /api was removed.", None),
    ("https://UNLEASH.example.com\n", "https://unleash.example.com", "A line break was removed.", None),
    ('"https://unleash.example.com"', "https://unleash.example.com", "The quotes were removed.", None),
    ("\u200bhttps://unleash.example.com", "https://unleash.example.com", "An invisible character was removed.", None),
    ("https://unleash.example.com/team/admin/api", "https://unleash.example.com/team/admin",
     "A trailing /api was removed.", W),
    ("http://127.0.0.1:4242/api", "http://127.0.0.1:4242", "A trailing /api was removed.", W),
]  # fmt: skip


@pytest.mark.parametrize(("pasted", "value", "said", "worst"), ADDRESSES)
def test_the_address_of_unleash(pasted: str, value: str, said: str, worst: Level | None) -> None:
    tidied = tidy(URL, pasted)
    assert (tidied.value, tidied.said) == (value, said)
    found = validate(URL, tidied.value, {"host": "us"}, {})
    assert next((finding.level for finding in found), None) == worst
    assert "pw" not in "".join(finding.text for finding in found)


def test_a_page_of_unleash_offers_its_address() -> None:
    (found,) = validate(URL, "https://unleash.example.com/team/projects/web", {}, {})
    assert found.offer is not None
    assert found.offer.value == "https://unleash.example.com/team"


def test_practice_servers_reach_each_other() -> None:
    assert validate(URL, "http://127.0.0.1:4242", {"host": "http://127.0.0.1:4000"}, {}) == ()


UNTOUCHED = {
    (PROJECT, None): ["web-shop", "w" * 100],
    (PROJECT, P): ["https://app.launchdarkly.com/settings", "Web Shop", "-web", ""],
    (PROJECT, W): ["w" * 101],
    (HOST, None): ["us", "federal", "http://127.0.0.1:4000"],
    (HOST, P): ["asia", "http://app.launchdarkly.com"],
    (HOST, W): ["https://app.launchdarkly.com.evil.example", "https://launchdarkly.example.com"],
    (CONFIG_NAME, None): ["Grüße 🎉"],
    (CONFIG_TAGS, None): ["migration, team-a", ""],
    (SOURCE_API, P): ["http://api.split.io"],
    (FLAG_TAG, None): ["imported-from-split", "t" * 64],
    (FLAG_TAG, P): ["ü"],
    (FLAG_TAG, W): [""],
    (MAINTAINER, None): ["569f183514f4432160000007", ""],
    (MAINTAINER, P): ["ana@example.com", "Ana"],
    (WORKSPACE, None): [UUID],
    (WORKSPACE, P): ["https://app.split.io/org/x", "Acme Mobile"],
    (WORKSPACE, W): ["Default"],
    (SPLIT_ENVIRONMENT, P): [UUID, "https://app.split.io/org/x"],
    (_field("split", "splitTag"), None): ["payments", ""],
    (_field("split", "splitTag"), W): ["payments,search"],
    (PROJECT_ID, P): ["Web Shop", "https://unleash.example.com", "p" * 101],
    (ENVIRONMENT, P): ["*"],
    (TAG, U): ["simple:payments", "team:growth squad"],
    (TAG, P): ["simple:", ":payments"],
    (TAG, None): [""],
    (_made("uri"), None): ["https://example.com/a?b=c"],
    (_made("uri"), P): ["example.com"],
    (_made("boolean"), None): ["true"],
    (_made("boolean"), P): ["True"],
    (_made("choice", ("a", "b c")), None): ["b c"],
    (_made("choice", ("a", "b c")), P): ["b"],
    (_made("choices", ("a", "b", "c,d")), None): ["a, b", "a\nc,d", "c,d"],
    (_made("choices", ("a", "b")), P): ["a\nx", ""],
    (_made("text"), P): ["x" * 5000],
}  # fmt: skip
"""Texts that no paste changes, by their field and the worst finding."""

ANSWERS = [
    # field, pasted, value, worst, offered
    *((field, text, text, worst, None) for (field, worst), texts in UNTOUCHED.items() for text in texts),
    (PROJECT, " web-shop\n", "web-shop", None, None),
    (HOST, " EU ", "eu", None, None),
    (HOST, "https://app.eu.launchdarkly.com/", "https://app.eu.launchdarkly.com", None, None),
    (CONFIG_NAME, "  Unleash production ", "Unleash production", None, None),
    (CONFIG_NAME, "Unleash\n  production", "Unleash production", None, None),
    (CONFIG_NAME, " ", "", P, None),
    (CONFIG_TAGS, "migration, team:a", "migration, team:a", P, "migration, team-a"),
    (SOURCE_API, "https://api.split.io/internal/api/v2/", "https://api.split.io/internal/api/v2", None, None),
    (FLAG_TAG, "from split", "from split", P, "from-split"),
    (FLAG_TAG, "größe", "größe", P, "gr-e"),
    (FLAG_TAG, "t" * 65, "t" * 65, P, "t" * 64),
    (MAINTAINER, "https://app.launchdarkly.com/settings/members/569f183514f4432160000007",
     "569f183514f4432160000007", None, None),
    (SPLIT_ENVIRONMENT, HARNESS, "E-1", W, None),
    (SPLIT_ENVIRONMENT, "Prod Default", "Prod Default", W, None),  # asking Split turns it into the id
    (PROJECT_ID, "https://unleash.example.com/projects/web%7Eshop", "web~shop", None, None),
    (ENVIRONMENT, "production\u200b", "production", None, None),
    (TAG, "payments", "payments", P, "simple:payments"),
    (_made("no such role"), " text ", "text", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("field", "pasted", "value", "worst", "offered"), ANSWERS)
def test_an_answer(field: Variable, pasted: str, value: str, worst: Level | None, offered: str | None) -> None:
    tidied = tidy(field, pasted)
    assert tidied.value == value
    found = validate(field, tidied.value, {"workspaceId": UUID}, {})
    assert next((finding.level for finding in found), None) == worst
    assert next((finding.offer.value for finding in found if finding.offer), None) == offered
    for finding in found:
        assert finding.field == field.key
        if finding.offer:
            assert finding.offer.field == field.key
            left = validate(field, finding.offer.value, {}, {})
            assert all(f.level is Level.UNKNOWN for f in left), "what is offered is good"


def test_reading_an_address_and_taking_off_quotes_are_said() -> None:
    assert tidy(WORKSPACE, HARNESS).said == "Read from the address you pasted."
    assert tidy(ENVIRONMENT, "'production'").said == "The quotes were removed."
    assert tidy(CONFIG_NAME, "a\nb").said == "Line breaks were replaced by spaces."


BROWSER_ADDRESSES = [
    (WORKSPACE, f"{SPLIT_FLAG}/definition", UUID),
    (WORKSPACE, f"{SPLIT_FLAG}?tab=rules#top", UUID),
    (WORKSPACE, f"https://app.split.io/org/o/ws/{UUID}/splits", UUID),
    (WORKSPACE, f"https://app.split.io/org/o/ws/{UUID}/admin/apis", UUID),
    (WORKSPACE, f"https://app.harness.io/ng/account/A/all/fme/orgs/O/projects/P/org/X/ws/{UUID}/mywork", UUID),
    (WORKSPACE, HARNESS, UUID),
    (SPLIT_ENVIRONMENT, f"{SPLIT_FLAG}/definition", ENV_UUID),
    (SPLIT_ENVIRONMENT, SPLIT_FLAG, ENV_UUID),
    (SPLIT_ENVIRONMENT, f"{SPLIT_FLAG}/metrics/results", ENV_UUID),
    (PROJECT_ID, f"{UNLEASH_UI}/web-shop", "web-shop"),
    (PROJECT_ID, f"{UNLEASH_UI}/web-shop/features/checkout-v2", "web-shop"),
    (PROJECT_ID, "https://example.com/unleash/team/projects/web-shop?tab=flags", "web-shop"),
    (PROJECT_ID, f"{UNLEASH_UI}/a/features/b/strategies/edit?environmentId=development&strategyId=c", "a"),
    (ENVIRONMENT, f"{UNLEASH_UI}/a/features/b/strategies/edit?environmentId=development&strategyId=c", "development"),
    (ENVIRONMENT, f"{UNLEASH_UI}/a/features/b/strategies/edit?strategyId=c&environmentId=pre%7Eprod", "pre~prod"),
    (PROJECT, "https://app.launchdarkly.com/projects/web-shop/flags?env=production", "web-shop"),
    (PROJECT, "https://app.eu.launchdarkly.com/settings/projects/web-shop/environments", "web-shop"),
    (PROJECT, "https://app.launchdarkly.com/web-shop/production/features/dark-mode/targeting", "web-shop"),
    (PROJECT, "https://app.launchdarkly.us/projects/web-shop", "web-shop"),
]


@pytest.mark.parametrize(("field", "address", "id"), BROWSER_ADDRESSES)
def test_the_id_is_taken_out_of_a_browser_address(field: Variable, address: str, id: str) -> None:
    for pasted in (address, f"  <{address}>\n"):
        assert tidy(field, pasted).value == id
        assert tidy(field, pasted).said.endswith("Read from the address you pasted.")


def test_tags_of_one_line() -> None:
    assert tags_of(" a, b;c  a\n") == ("a", "b", "c")


def test_chosen_ones_are_read_back() -> None:
    field = _made("choices", ("a", "b,c"))
    for chosen in ((), ("a",), ("b,c",), ("a", "b,c")):
        assert selected(field, joined(chosen)) == chosen


def test_a_secret_of_any_manifest_is_tidied_as_a_key_and_never_judged_by_another_role() -> None:
    field = replace(_made("ld-tag"), secret=True)
    assert tidy(field, " a b ").value == "ab"
    assert validate(field, "no tag at all, ever!", {}, {})[0].text.startswith("The space at position 3")
    assert validate(field, "p4ss:word!longer", {}, {}) == ()


def test_a_hostile_answer_is_quoted_clean() -> None:
    (found,) = validate(_made("choice", ("a",)), "\x1b]52;c;eA==\x07\u202e", {}, {})
    assert found.text.isprintable()


def test_sentences_are_short_enough_for_the_line_below_a_field() -> None:
    said = {f.text for field, pasted, *_ in ANSWERS for f in validate(field, tidy(field, pasted).value, {}, {})}
    assert len(said) > 20
    for text in said:
        assert len(text) <= 156, text
        assert len(text.split(". ")[0]) <= 62, text


def test_every_role_of_the_bundled_forms_is_known() -> None:
    assert {field.role for form in FORMS.values() for field in form.variables} <= set(ROLES)
