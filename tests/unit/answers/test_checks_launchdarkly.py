"""Checks that ask LaunchDarkly about your token, the import key, the project, and the name."""

from __future__ import annotations

import pytest

from tests.unit import raw_http, sandbox_tools
from tests.unit.walk_tools import (
    NAME,
    at_review,
    attempt,
    built_forms,
    checked,
    drained,
    sent,
    session,
    strangers,
    values,
)
from tui.answers import changes, checks, remarks
from tui.answers import draft as drafts
from tui.answers.checks import TokenOwner
from tui.answers.draft import Check
from tui.answers.finding import Level
from tui.net.errors import Failure, Kind
from tui.net.events import Connected
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.wizard.session import Session


def begun(url: str, who: str = "writer", integration: str = "unleash", **answers: str) -> Session:
    """A session that knows a LaunchDarkly and a token, and nothing else of the account."""
    made = session()
    made.choose(integration)
    for key, text in {"host": url, "token": TOKENS[who].value, **answers}.items():
        made.put(key, text)
    return made


@pytest.fixture
def url(box: Sandbox) -> str:
    return values(box, "unleash")["host"]


UNKNOWN_TOKEN = "api-00000000-0000-4000-8000-000000000000"


async def of(made: Session, key: str) -> Check:
    """The check of a field that is due; afterwards it no longer is."""
    assert made.due(key)
    await checked(made, key)
    assert not made.due(key)
    return made.draft.checks[key]


# --- your token


async def test_a_good_token_says_whose_it_is(url: str) -> None:
    made = begun(url)
    check = await of(made, "token")
    assert check.level is Level.OK
    assert (
        check.text == "Ana Ruiz, ana@example.com, role writer. Can list imports; can't tell whether it can create one."
    )
    account = checks.facts(made.draft, "token")
    assert isinstance(account, TokenOwner)
    assert account.configurations is not None
    assert TOKENS["writer"].value not in repr(check) + repr(account)
    assert not remarks.problems(made.draft, "launchdarkly") or made.draft.checks.keys() == {"token"}


@pytest.mark.parametrize(
    ("who", "level", "part"),
    [("import-key", Level.OK, "Service token Flag import."), ("reader", Level.WARNING, "Ben Okafor")],
)
async def test_a_token_is_judged_by_its_owner(url: str, who: str, level: Level, part: str) -> None:
    check = await of(begun(url, who), "token")
    assert (check.level, part in check.text) == (level, True)


async def test_refused_token_offers_the_other_instances(box: Sandbox, url: str) -> None:
    made = begun(url, token=UNKNOWN_TOKEN)
    check = await of(made, "token")
    assert (check.level, "(401)" in check.text) == (Level.PROBLEM, True)
    assert checks.other_instances(made.draft) == (("us", "US"), ("eu", "EU"), ("federal", "Federal"))
    before = len(box.requests)
    made.put("host", "eu")  # chosen by the user; that alone sends nothing
    assert "token" not in made.draft.checks
    assert checks.other_instances(made.draft) == ()
    assert len(box.requests) == before


@pytest.mark.parametrize(
    ("kind", "offered"),
    [(Kind.UNAUTHORIZED, (("us", "US"), ("federal", "Federal"))), (Kind.FORBIDDEN, ()), (Kind.UNREACHABLE, ())],
)
def test_only_a_refusal_offers_instances_except_the_chosen_one(
    kind: Kind, offered: tuple[tuple[str, str], ...]
) -> None:
    made = begun("eu")
    check = Check("token", Level.PROBLEM, "Refused.", facts=Failure(kind, "Refused."))
    assert checks.other_instances(changes.checked(made.draft, check)) == offered


LIST = "GET /api/v2/integration-capabilities/flag-import"
IDENTITY = raw_http.answer(body=b'{"accountId": "a1", "tokenName": "Tim\\u001b[31m"}')
NOBODY = raw_http.answer("404 Not Found", b'{"code": "not_found", "message": "no"}')
FORBIDDEN = raw_http.answer("403 Forbidden", b'{"code": "forbidden", "message": "no"}')


async def test_forbidden_list_of_configurations_is_a_warning() -> None:
    routes = {"GET /api/v2/caller-identity": IDENTITY, "GET /api/v2/members/me": NOBODY, LIST: FORBIDDEN}
    async with raw_http.serving(raw_http.routed(routes)) as raw:
        made = begun(raw.url, project="web")
        check = await of(made, "token")
    assert (check.level, "(403)" in check.text) == (Level.WARNING, True)
    owner = checks.token_owner(made.draft)
    assert owner is not None
    assert owner.configurations is None
    assert checks.who(owner).isprintable()
    assert not remarks.problems(made.draft, "launchdarkly")


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (raw_http.answer("401 Unauthorized", b""), Level.PROBLEM),
        (FORBIDDEN, Level.PROBLEM),
        (raw_http.answer("200 OK", b"<html>", "Content-Type: text/html"), Level.PROBLEM),
        (raw_http.answer("200 OK", b'{"_id": ' + b"[" * 600 + b"]" * 600 + b"}"), Level.PROBLEM),
        (raw_http.answer("302 Found", b"", "Location: https://login.example.com/"), Level.PROBLEM),
        (raw_http.answer("502 Bad Gateway", b"<html>"), Level.UNKNOWN),
        (raw_http.answer("500 Internal Server Error", b"{}"), Level.UNKNOWN),
        (raw_http.answer("429 Too Many Requests", b"", "Retry-After: 4000"), Level.UNKNOWN),
    ],
    ids=["401", "403", "page", "nested", "redirect", "502", "500", "429"],
)
async def test_refusal_is_a_problem_and_no_answer_is_not_known(answer: bytes, level: Level) -> None:
    async with raw_http.serving(raw_http.always(answer)) as raw:
        check = await of(begun(raw.url), "token")
    assert check.level is level
    assert check.text.isprintable()
    assert TOKENS["writer"].value not in check.text
    assert isinstance(check.facts, Failure)


async def test_nothing_is_asked_without_a_possible_token_and_address(box: Sandbox, url: str) -> None:
    made = begun(url, token="", project="web-shop")
    assert not made.due("token")
    assert not made.due("project")
    _, check = await drained(checks.check(made.draft, made.bag, made.context, "token"))
    assert check.level is Level.PROBLEM
    for token, possible in (("api-5a4db0c5-0000", True), ("sdk-5a4db0c5-0000-4000-8000-5a4db0c5a11a", False)):
        made.put("token", token)
        assert made.due("token") is possible
    assert not begun("http://ld.example.com").due("token")
    assert not made.due("config-tags")
    with pytest.raises(KeyError):
        checks.check(made.draft, made.bag, made.context, "config-tags")
    assert box.requests == []


# --- the import key

SERVICE_KEY = TOKENS["import-key"].value


@pytest.mark.parametrize(
    ("key", "token_checked", "level", "part"),
    [
        (
            SERVICE_KEY,
            True,
            Level.OK,
            "Service token Flag import, same account. Can't tell whether it can create flags.",
        ),
        (SERVICE_KEY, False, Level.UNKNOWN, "whether it belongs to your token's account"),
        (TOKENS["other-account"].value, True, Level.PROBLEM, "different account than your token"),
        (TOKENS["reader"].value, True, Level.WARNING, "Ben Okafor"),
        (UNKNOWN_TOKEN, True, Level.PROBLEM, "LaunchDarkly rejected the import key (401)."),
    ],
    ids=["good", "your token is not checked", "other account", "reader", "refused"],
)
async def test_import_key_is_judged_by_its_account_and_owner(
    url: str, key: str, level: Level, part: str, *, token_checked: bool
) -> None:
    made = begun(url, ldApiKey=key)
    if token_checked:
        await of(made, "token")
    check = await of(made, "ldApiKey")
    assert (check.level, part in check.text) == (level, True)
    assert checks.other_instances(made.draft) == (), "the refused key is not your token"


# --- the project


async def test_project_exists_or_not(url: str) -> None:
    made = begun(url, project="web-shopp")
    check = await of(made, "project")
    assert check.level is Level.PROBLEM
    assert check.text.startswith("Your token can't see a project web-shopp.")
    made.put("project", "web-shop")
    check = await of(made, "project")
    assert (check.level, check.text, check.findings) == (Level.OK, "Web Shop", ())
    assert not remarks.problems(made.draft, "launchdarkly")


async def test_import_into_the_same_project_is_a_warning(box: Sandbox, url: str) -> None:
    await sent(attempt(await at_review(box)))
    made = begun(url, project="web-shop")
    await of(made, "token")
    check = await of(made, "project")
    (warning,) = check.findings
    assert warning.level is Level.WARNING
    assert f'"{NAME}"' in warning.text
    assert "already has an import from Unleash" in warning.text
    assert remarks.line(made.draft, "project") == warning
    other = begun(url, integration="split", project="web-shop")
    await of(other, "token")
    assert (await of(other, "project")).findings == ()


# --- the name


async def test_free_name_is_checked_once_all_else_is_answered(box: Sandbox) -> None:
    made = await at_review(box)
    made.put("sourceProjectId", "")
    assert not made.due("config-name")
    made.put("sourceProjectId", "default")
    check = await of(made, "config-name")
    assert (check.level, check.text, check.findings) == (Level.OK, "Available in web-shop", ())


async def test_name_of_the_same_settings_is_a_warning(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    made = await at_review(box)
    check = await of(made, "config-name")
    assert (check.level, "Use it" in check.text) == (Level.WARNING, True)
    assert not remarks.problems(made.draft, "review")


async def test_a_name_of_other_settings(box: Sandbox) -> None:
    await sent(attempt(await at_review(box, ldTag="another")))
    made = await at_review(box)
    check = await of(made, "config-name")
    assert check.level is Level.PROBLEM
    assert "ldTag is another there, imported-from-unleash here" in check.text
    assert [f.field for f in remarks.problems(made.draft, "review")] == ["config-name"]
    made.put("ldTag", "another")
    assert (await of(made, "config-name")).level is Level.WARNING


async def test_a_sibling_is_a_warning_at_the_project(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    made = await at_review(box, config_name="Another")
    check = await of(made, "config-name")
    assert check.level is Level.OK
    assert [f.field for f in check.findings] == ["project"]
    assert remarks.line(made.draft, "project").level is Level.WARNING
    assert not remarks.problems(made.draft, "review")


# --- what changes meanwhile


@pytest.mark.parametrize(
    ("key", "changed", "texts"),
    [
        ("token", "host", ("eu",)),
        ("token", "token", (TOKENS["reader"].value,)),
        ("project", "project", ("default",)),
        ("project", "project", ("default", "web-shop")),  # the server may have been asked about the first
        ("project", "token", (TOKENS["reader"].value,)),
        ("ldApiKey", "token", (TOKENS["reader"].value,)),
        ("ldApiKey", "ldApiKey", ("",)),
        ("config-name", "ldTag", ("another",)),
        ("config-name", "config-name", ("Another",)),
    ],
)
async def test_a_check_is_dropped_when_what_it_asked_about_changes(
    box: Sandbox, key: str, changed: str, texts: tuple[str, ...]
) -> None:
    made = await at_review(box)
    before = drafts.answer(made.draft, changed)
    async for event in made.check(key):
        if isinstance(event, Connected):
            for text in texts:
                made.put(changed, text)
    assert drafts.answer(made.draft, changed) != before
    assert key not in made.draft.checks


@pytest.mark.parametrize("key", ["token", "project", "ldApiKey", "sourceApiKey", "config-name"])
async def test_cancelled_check_leaves_no_task(box: Sandbox, key: str) -> None:
    made = await at_review(box)
    events = made.check(key)
    await anext(events)
    await events.aclose()
    assert not strangers()
    assert key not in made.draft.checks
    assert made.due(key)


async def test_check_is_kept_if_another_field_changes_and_dropped_for_another_integration(box: Sandbox) -> None:
    made = await at_review(box)
    async for event in made.check("project"):
        if isinstance(event, Connected):
            made.put("ldTag", "another")
    assert made.draft.checks["project"].level is Level.OK
    async for event in made.check("sourceApiKey"):
        if isinstance(event, Connected):
            made.choose("split")
    assert not made.draft.checks


# --- all of them


def test_every_runner_is_of_a_role_that_a_field_has() -> None:
    chosen = [changes.choose(drafts.Draft(), form) for form in built_forms().values()]
    assert set(checks.RUNNERS) <= {v.role for draft in chosen for v in drafts.all_fields(draft)}


async def test_hostile_names_are_clean_in_every_sentence(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    box.set_fault("hostile-text")
    made = await at_review(box, config_name="Another", ldApiKey=TOKENS["writer"].value)
    for key in ("token", "project", "ldApiKey", "sourceApiKey", "config-name"):
        check = await of(made, key)
        assert check.text.isprintable(), key
        assert all(f.text.isprintable() for f in check.findings)
        assert remarks.line(made.draft, key).text.isprintable()
    with sandbox_tools.launchdarkly(box) as other:
        assert "\\u001b" in other.get(sandbox_tools.FI).text  # they were there
