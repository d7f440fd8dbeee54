"""Checks that ask Split and Unleash about their key, and what that means for the other fields."""

from __future__ import annotations

import pytest

from tests.unit.walk_tools import SOURCE_KEY, checked, session, values
from tui.answers import checks, remarks
from tui.answers import draft as drafts
from tui.answers.finding import Level
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox
from tui.wizard.session import Session

ACME = WORKSPACES["default"][0]


def begun(box: Sandbox, integration: str, key: str, **answers: str) -> Session:
    """One that knows the source's address and a key, and nothing else of it."""
    made = session()
    made.choose(integration)
    given = values(box, integration)
    made.put("host", given["host"])
    address = "sourceBaseUrl" if integration == "unleash" else "source-api"
    made.put(address, given[address])
    for field, text in answers.items():
        made.put(field, text)
    made.put(SOURCE_KEY[integration], key)
    return made


async def asked(made: Session) -> drafts.Check:
    """The check of the source's key, in which nothing of it is repeated."""
    key = SOURCE_KEY[made.draft.integration]
    assert made.due(key)
    await checked(made, key)
    check, secret = made.draft.checks[key], made.bag.peek(key)
    assert secret
    assert secret not in repr(check) + repr(check.facts) + remarks.line(made.draft, key).text
    assert checks.facts(made.draft, key) is check.facts
    return check


def problems(made: Session) -> set[str]:
    return {
        f.field for step in ("keys", "fields") for f in remarks.problems(made.draft, step) if "required" not in f.text
    }


# --- Unleash


async def test_an_unleash_key_fills_project_and_environment(box: Sandbox) -> None:
    made = begun(box, "unleash", UNLEASH_KEYS["sdk"].value)
    check = await asked(made)
    assert check.level is Level.OK
    assert check.text.startswith("Reads project default, environment production, ")
    for key, text in (("sourceProjectId", "default"), ("sourceEnvironmentId", "production")):
        answer = drafts.answer(made.draft, key)
        assert (answer.value, answer.source, answer.touched) == (text, "from the key", False)
    assert drafts.scope(made.draft) == ("default", "production")
    assert not problems(made)


async def test_answer_against_the_key_is_a_problem_with_an_offer_and_compared_without_a_request(box: Sandbox) -> None:
    made = begun(box, "unleash", UNLEASH_KEYS["sdk"].value, sourceEnvironmentId="staging")
    await asked(made)
    count = len(box.requests)
    assert problems(made) == {"sourceEnvironmentId"}
    assert drafts.value(made.draft, "sourceEnvironmentId") == "staging"
    finding = remarks.line(made.draft, "sourceEnvironmentId")
    assert finding.level is Level.PROBLEM
    assert finding.offer is not None
    made.take(finding.offer)
    assert drafts.value(made.draft, "sourceEnvironmentId") == "production"
    assert not problems(made)
    made.put("sourceEnvironmentId", "staging")
    assert problems(made) == {"sourceEnvironmentId"}
    assert len(box.requests) == count


@pytest.mark.parametrize("kind", ["admin", "personal"])
async def test_admin_and_personal_tokens_are_problems_before_anybody_asks(box: Sandbox, kind: str) -> None:
    made = begun(box, "unleash", UNLEASH_KEYS[kind].value)
    assert "sourceApiKey" in problems(made)
    assert not made.due("sourceApiKey")
    await checked(made, "sourceApiKey")  # asked all the same, it is one by Unleash's own word
    assert "sourceApiKey" in problems(made)


@pytest.mark.parametrize(
    ("integration", "key", "part"),
    [
        ("unleash", UNLEASH_KEYS["frontend"].value, "it is a frontend key"),
        ("unleash", f"default:production.{'0' * 56}", "(401)"),
        ("split", SPLIT_KEYS["sdk"].value, "(401)"),
    ],
    ids=["frontend", "unknown", "sdk"],
)
async def test_a_key_that_the_source_refuses_is_a_problem(box: Sandbox, integration: str, key: str, part: str) -> None:
    check = await asked(begun(box, integration, key))
    assert (check.level, part in check.text) == (Level.PROBLEM, True)


async def test_a_source_that_is_away_is_not_known(box: Sandbox) -> None:
    made = begun(box, "unleash", UNLEASH_KEYS["sdk"].value)
    box.stop()
    check = await asked(made)
    assert check.level is Level.UNKNOWN
    assert "sourceApiKey" not in problems(made)


# --- Split


async def test_split_key_names_its_workspaces(box: Sandbox) -> None:
    made = begun(box, "split", SPLIT_KEYS["admin"].value, workspaceId="00000000-0000-4000-8000-000000000000")
    check = await asked(made)
    assert problems(made) == {"workspaceId"}
    made.put("workspaceId", ACME)
    assert (check.level, (ACME, "Acme") in check.names) == (Level.OK, True)
    assert "Acme" in remarks.line(made.draft, "workspaceId").text
    made.put("environmentId", ENVIRONMENTS["production"])
    assert not problems(made)
    viewer = begun(box, "split", SPLIT_KEYS["viewer"].value, workspaceId=ACME)
    assert (await asked(viewer)).names == (), "this key lists no workspaces, which is no problem"
    assert not problems(viewer)


async def test_another_address_than_the_usual_is_asked(box: Sandbox) -> None:
    made = begun(box, "split", SPLIT_KEYS["admin"].value)
    made.put("source-api", values(box, "unleash")["sourceBaseUrl"])  # no Split there
    check = await asked(made)
    assert check.level is not Level.OK
    blamed = [
        f.field for f in (*check.findings, *remarks.findings(made.draft, "source-api")) if f.level is Level.PROBLEM
    ]
    assert "source-api" in blamed or "workspaceApiKey" in problems(made)
