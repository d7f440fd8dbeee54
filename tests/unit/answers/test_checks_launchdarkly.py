"""Checks that ask LaunchDarkly: your token, the import key, the project, the name."""

from __future__ import annotations

import pytest

from tests.unit import raw_http, sandbox_tools
from tests.unit.walk_tools import NAME, at_review, attempt, built_forms, checked, drained, sent, session, values
from tui.answers import changes, checks, remarks
from tui.answers import draft as drafts
from tui.answers.checks import TokenOwner
from tui.answers.draft import Check
from tui.answers.finding import Level
from tui.net.errors import Failure, Kind
from tui.net.events import Answered, Connected
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.wizard import walk
from tui.wizard.session import Session


def begun(box: Sandbox, who: str = "writer", integration: str = "unleash", **answers: str) -> Session:
    made = session()
    made.choose(integration)
    made.put("host", values(box, integration)["host"])
    made.put("token", TOKENS[who].value)
    for key, text in answers.items():
        made.put(key, text)
    return made


async def of(made: Session, key: str) -> Check:
    """The check of a field that is due; afterwards it no longer is."""
    assert made.due(key)
    await checked(made, key)
    assert not made.due(key)
    return made.draft.checks[key]


# --- your token


async def test_a_good_token_says_whose_it_is(box: Sandbox) -> None:
    made = begun(box)
    check = await of(made, "token")
    assert check.level is Level.OK
    assert check.text == "Ana Ruiz, ana@example.com, role writer; may see import configurations; creating: not known"
    account = checks.facts(made.draft, "token")
    assert isinstance(account, TokenOwner)
    assert account.configurations is not None
    assert TOKENS["writer"].value not in repr(check) + repr(account)
    assert not remarks.problems(made.draft, "launchdarkly") or made.draft.checks.keys() == {"token"}


async def test_events_of_a_check_are_told(box: Sandbox) -> None:
    made = begun(box)
    events = await checked(made, "token")
    assert isinstance(events[0], Connected)
    assert sum(isinstance(event, Answered) for event in events) == 3


@pytest.mark.parametrize(
    ("who", "level", "part"),
    [("import-key", Level.OK, "service token Flag import;"), ("reader", Level.WARNING, "Ben Okafor")],
)
async def test_a_token_is_judged_by_its_owner(box: Sandbox, who: str, level: Level, part: str) -> None:
    check = await of(begun(box, who), "token")
    assert (check.level, part in check.text) == (level, True)


async def test_a_refused_token_offers_the_other_instances(box: Sandbox) -> None:
    made = begun(box)
    made.put("token", "api-00000000-0000-4000-8000-000000000000")
    check = await of(made, "token")
    assert check.level is Level.PROBLEM
    assert "(401)" in check.text
    assert checks.other_instances(made.draft) == (("us", "US"), ("eu", "EU"), ("federal", "Federal"))
    assert walk.next_step(made.draft) is made.draft or made.draft.step == "integration"
    before = len(box.requests)
    made.put("host", "eu")  # picked by hand; nothing is sent by that alone
    assert "token" not in made.draft.checks
    assert checks.other_instances(made.draft) == ()
    assert len(box.requests) == before


async def test_only_a_refusal_offers_other_instances(box: Sandbox) -> None:
    made = begun(box)
    assert checks.other_instances(made.draft) == ()
    await of(made, "token")
    assert checks.other_instances(made.draft) == ()
    box.stop()
    made.ask_again("token")
    assert (await of(made, "token")).level is Level.UNKNOWN
    assert checks.other_instances(made.draft) == ()


async def test_a_token_of_one_instance_is_not_offered_that_one() -> None:
    made = session()
    made.choose("unleash")
    made.put("host", "eu")
    refused = Failure(Kind.UNAUTHORIZED, "Refused.", status_code=401)
    made.draft = changes.checked(made.draft, Check("token", Level.PROBLEM, "Refused.", facts=refused))
    assert checks.other_instances(made.draft) == (("us", "US"), ("federal", "Federal"))


LIST = "GET /api/v2/integration-capabilities/flag-import"
IDENTITY = raw_http.answer(body=b'{"accountId": "a1", "tokenName": "Tim\\u001b[31m"}')
NOBODY = raw_http.answer("404 Not Found", b'{"code": "not_found", "message": "no"}')
FORBIDDEN = raw_http.answer("403 Forbidden", b'{"code": "forbidden", "message": "no"}')


async def test_a_forbidden_list_is_a_warning() -> None:
    routes = {"GET /api/v2/caller-identity": IDENTITY, "GET /api/v2/members/me": NOBODY, LIST: FORBIDDEN}
    async with raw_http.serving(raw_http.routed(routes)) as raw:
        made = session()
        made.choose("unleash")
        made.put("host", raw.url)
        made.put("token", TOKENS["writer"].value)
        check = await of(made, "token")
    assert check.level is Level.WARNING
    assert "may not see import configurations (403)" in check.text
    account = checks.facts(made.draft, "token")
    assert isinstance(account, TokenOwner)
    assert account.configurations is None
    assert checks.who(account).isprintable()
    made.put("project", "web")
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
async def test_what_could_not_be_asked_is_not_known_and_a_refusal_is_a_problem(answer: bytes, level: Level) -> None:
    async with raw_http.serving(raw_http.always(answer)) as raw:
        made = session()
        made.choose("unleash")
        made.put("host", raw.url)
        made.put("token", TOKENS["writer"].value)
        check = await of(made, "token")
    assert check.level is level
    assert check.text.isprintable()
    assert TOKENS["writer"].value not in check.text
    assert isinstance(check.facts, Failure)


async def test_without_a_token_nothing_is_asked(box: Sandbox) -> None:
    made = session()
    made.choose("unleash")
    made.put("host", values(box, "unleash")["host"])
    assert not made.due("token")
    made.put("project", "web-shop")
    assert not made.due("project")
    _, check = await drained(checks.check(made.draft, made.bag, made.context, "token"))
    assert check.level is Level.PROBLEM
    assert box.requests == []


@pytest.mark.parametrize("token", ["api-5a4db0c5-0000", "sdk-5a4db0c5-0000-4000-8000-5a4db0c5a11a", "••••"])
def test_a_token_that_cannot_be_right_is_not_asked_about(box: Sandbox, token: str) -> None:
    made = begun(box)
    made.put("token", token)
    asks = not any(f.level is Level.PROBLEM for f in remarks.findings(made.draft, "token"))
    assert made.due("token") == asks
    assert asks == (token == "api-5a4db0c5-0000")


def test_a_wrong_address_and_a_field_that_no_server_knows_are_not_asked(box: Sandbox) -> None:
    made = begun(box)
    assert not made.due("config-tags")
    with pytest.raises(KeyError):
        checks.check(made.draft, made.bag, made.context, "config-tags")
    made.put("host", "http://ld.example.com")
    assert not made.due("token")


# --- the import key


@pytest.mark.parametrize(
    ("who", "level", "part"),
    [
        ("import-key", Level.OK, "same account; service token Flag import; creating flags: not known"),
        ("other-account", Level.PROBLEM, "another LaunchDarkly account"),
        ("reader", Level.WARNING, "Ben Okafor"),
    ],
)
async def test_an_import_key_is_judged_by_its_account_and_owner(
    box: Sandbox, who: str, level: Level, part: str
) -> None:
    made = begun(box, ldApiKey=TOKENS[who].value)
    await of(made, "token")
    check = await of(made, "ldApiKey")
    assert (check.level, part in check.text) == (level, True)


async def test_a_refused_import_key_is_not_called_your_token(box: Sandbox) -> None:
    made = begun(box, ldApiKey="api-00000000-0000-4000-8000-000000000000")
    check = await of(made, "ldApiKey")
    assert check.level is Level.PROBLEM
    assert check.text.startswith("LaunchDarkly refused the import key (401).")
    assert checks.other_instances(made.draft) == ()


async def test_an_account_that_is_not_known_is_not_called_the_same(box: Sandbox) -> None:
    """Your token was not checked: nothing to compare with."""
    made = begun(box, ldApiKey=TOKENS["import-key"].value)
    check = await of(made, "ldApiKey")
    assert check.level is not Level.PROBLEM
    assert "same account" not in check.text


# --- the project


async def test_a_project_is_there_or_missing(box: Sandbox) -> None:
    made = begun(box, project="web-shopp")
    check = await of(made, "project")
    assert check.level is Level.PROBLEM
    assert check.text.startswith("LaunchDarkly has no project web-shopp for your token.")
    made.put("project", "web-shop")
    check = await of(made, "project")
    assert (check.level, check.text, check.findings) == (Level.OK, "Web Shop", ())
    assert not remarks.problems(made.draft, "launchdarkly")


async def test_a_project_that_something_imports_into_already(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    made = begun(box, project="web-shop")
    await of(made, "token")
    check = await of(made, "project")
    (warning,) = check.findings
    assert warning.level is Level.WARNING
    assert f'"{NAME}"' in warning.text
    assert "from Unleash into web-shop already" in warning.text
    assert remarks.line(made.draft, "project") == warning
    other = begun(box, integration="split", project="web-shop")
    await of(other, "token")
    assert (await of(other, "project")).findings == ()


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
