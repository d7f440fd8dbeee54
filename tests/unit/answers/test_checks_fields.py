"""Fields that fill themselves or say what their answer means: environments, tags, the maintainer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.sources_server import Asked, Reply, serving
from tests.unit.walk_tools import at_review, checked, session, values
from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.finding import Finding, Level
from tui.net.errors import Failure
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, TOKENS, WORKSPACES, object_id
from tui.sandbox.server import Sandbox
from tui.wizard import review
from tui.wizard.session import Session

WORKSPACE = WORKSPACES["default"][0]
PROD, DEV, QA = (f"3d9e7a60-5a4d-4b0c-8500-0000000000{n}" for n in (11, 12, 13))
ELSEWHERE = "3d9e7a60-5a4d-4b0c-8500-000000000099"
THREE = [(PROD, "Prod Default", True), (DEV, "dev", False), (QA, "dev-2", False)]
BASE = "/internal/api/v2"
Environments = Sequence[tuple[str, str, bool]]


async def asked_split(
    *environments: tuple[str, str, bool], typed: str = "", touched: bool = True, status: int = 200
) -> Session:
    """A session whose environment was checked, by one request to a Split with these environments, or a refusal."""
    found = [{"id": each[0], "name": each[1], "production": each[2]} for each in environments]

    def reply(asked: Asked) -> Reply:
        assert asked.path == f"{BASE}/environments/ws/{WORKSPACE}"
        return Reply(status, found if status == 200 else {"code": status, "message": "no"})

    async with serving(reply) as server:
        made = split_session(server.url + BASE)
        made.draft = changes.put(made.draft, "environmentId", typed, touched=touched)
        assert made.due("environmentId")
        await checked(made, "environmentId")
        assert len(server.asked) == 1
        assert not made.due("environmentId")
    return made


def split_session(api: str) -> Session:
    made = session()
    made.choose("split")
    given = {"source-api": api, "workspaceApiKey": SPLIT_KEYS["admin"].value, "workspaceId": WORKSPACE}
    for key, value in given.items():
        made.put(key, value)
    return made


def below(made: Session, key: str = "environmentId") -> Finding:
    return remarks.line(made.draft, key)


def stops(made: Session, key: str = "environmentId") -> bool:
    return any(f.level is Level.PROBLEM for f in remarks.findings(made.draft, key))


# --- Split's environment


@pytest.mark.parametrize(
    ("typed", "id", "words"),
    [
        ("dev", DEV, "dev. Found by its name."),
        ("Prod Default", PROD, "Prod Default. Found by its name."),
        ("prod default", PROD, "Prod Default. Found by its name."),
        ("DEV-2", QA, "dev-2. Found by its name."),
        (QA, QA, "dev-2"),
    ],
)
async def test_name_becomes_its_id_and_an_id_shows_its_name(typed: str, id: str, words: str) -> None:
    made = await asked_split(*THREE, typed=typed)
    answer = drafts.answer(made.draft, "environmentId")
    assert (answer.value, answer.touched) == (id, True)
    assert below(made) == Finding(Level.OK, "environmentId", words)
    assert drafts.scope(made.draft) == (words.partition(". ")[0],)


@pytest.mark.parametrize("touched", [False, True], ids=["untouched", "after next has called it missing"])
@pytest.mark.parametrize(
    ("environments", "id", "words"),
    [
        (THREE[1:2], DEV, "dev. The only environment."),
        (THREE[:2], PROD, "Prod Default. The production environment."),
    ],
)
async def test_only_or_production_environment_is_filled_in(
    environments: Environments, id: str, words: str, *, touched: bool
) -> None:
    made = await asked_split(*environments, touched=touched)
    answer = drafts.answer(made.draft, "environmentId")
    assert (answer.value, answer.touched, below(made).text) == (id, False, words)


@pytest.mark.parametrize(
    "environments", [THREE[1:], [THREE[0], (DEV, "eu", True)], []], ids=["two", "two live", "none"]
)
async def test_environment_is_never_guessed(environments: Environments) -> None:
    made = await asked_split(*environments, touched=False)
    assert drafts.value(made.draft, "environmentId") == ""
    assert below(made).level is Level.NOTE


async def test_filled_in_environment_follows_the_workspace_and_a_typed_one_does_not() -> None:
    filled = await asked_split(THREE[1], typed=ELSEWHERE, touched=False)
    assert drafts.value(filled.draft, "environmentId") == DEV
    typed = await asked_split(THREE[1], typed=ELSEWHERE)
    assert drafts.value(typed.draft, "environmentId") == ELSEWHERE
    finding = below(typed)
    assert finding.level is Level.WARNING, "restrictions may hide it from this key"
    assert finding.offer is not None
    assert finding.offer.value == DEV


@pytest.mark.parametrize(("typed", "offered"), [("prod", PROD), ("staging", None), ("dev-", QA)])
async def test_unknown_name_is_a_problem_that_offers_similar_ones(typed: str, offered: str | None) -> None:
    made = await asked_split(*THREE, typed=typed)
    (problem,) = (f for f in remarks.findings(made.draft, "environmentId") if f.level is Level.PROBLEM)
    assert (problem.offer.value if problem.offer else None) == offered
    assert all(name in problem.text for _, name, _ in THREE)
    assert drafts.value(made.draft, "environmentId") == typed
    made.put("environmentId", PROD)
    assert not stops(made)


async def test_name_of_two_environments_is_a_problem() -> None:
    made = await asked_split(THREE[1], (QA, "Dev", False), typed="DEV")
    assert stops(made)
    assert drafts.value(made.draft, "environmentId") == "DEV"


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("typed", ["", DEV])
async def test_field_without_a_list_can_be_typed_and_says_why(status: int, typed: str) -> None:
    made = await asked_split(status=status, typed=typed, touched=bool(typed))
    assert drafts.value(made.draft, "environmentId") == typed
    assert (below(made).level, f"({status})" in below(made).text) == (Level.UNKNOWN, True)
    assert isinstance(made.draft.checks["environmentId"].facts, Failure)
    assert made.due("environmentId", again=True)
    made.put("environmentId", DEV)
    assert not stops(made)


@pytest.mark.parametrize(
    ("missing", "value"), [("workspaceId", ""), ("workspaceId", "Acme Mobile"), ("workspaceApiKey", "")]
)
def test_it_is_not_asked_without_what_it_needs(missing: str, value: str) -> None:
    made = split_session("http://127.0.0.1:1/v2")
    made.put(missing, value)
    assert not made.due("environmentId")


async def test_the_proposed_name_follows_what_was_filled_in(box: Sandbox) -> None:
    made = split_session(values(box, "split")["source-api"])
    await checked(made, "workspaceApiKey")
    made.draft = changes.propose_name(changes.go(made.draft, "fields"))
    assert drafts.value(made.draft, "config-name") == "Split Acme"
    await checked(made, "environmentId")
    assert drafts.value(made.draft, "environmentId") == ENVIRONMENTS["production"]
    assert drafts.value(made.draft, "config-name") == "Split Acme production"


# --- the address of a flag's page

PAGE = f"https://app.split.io/org/o/ws/{WORKSPACE}/splits/f/env/{DEV}/definition"


@pytest.mark.parametrize("pasted_into", ["workspaceId", "environmentId"])
def test_pasted_address_fills_both_ids_unless_one_was_typed(pasted_into: str) -> None:
    made = session()
    made.choose("split")
    made.put(pasted_into, PAGE)
    assert (drafts.value(made.draft, "workspaceId"), drafts.value(made.draft, "environmentId")) == (WORKSPACE, DEV)
    other = "environmentId" if pasted_into == "workspaceId" else "workspaceId"
    assert drafts.answer(made.draft, other).source == "from the address you pasted"
    assert drafts.answer(made.draft, pasted_into).said == "Read from the address you pasted."
    made.put(other, QA)
    made.put(pasted_into, PAGE)
    assert drafts.value(made.draft, other) == QA
    made.put("environmentId", "")
    made.put("workspaceId", f"https://app.split.io/org/o/ws/{WORKSPACE}/splits")
    assert drafts.value(made.draft, "environmentId") == ""


# --- the tags of the source


def tagged(box: Sandbox, integration: str, tag: str, **changed: str) -> tuple[Session, str]:
    made = session()
    made.choose(integration)
    for key, value in {**values(box, integration), **changed}.items():
        made.put(key, value)
    key = {"split": "splitTag", "unleash": "sourceTag"}[integration]
    made.put(key, tag)
    return made, key


@pytest.mark.parametrize(
    ("integration", "tag", "level", "words"),
    [
        ("split", "payments", Level.OK, "9 flags have this tag"),
        ("unleash", "simple:payments", Level.UNKNOWN, "8 flags have this tag"),
        ("split", "Payments", Level.WARNING, "No flag has this tag"),
        ("unleash", "simple:nothing", Level.WARNING, "No flag has this tag"),
    ],
)
async def test_tag_shows_how_many_flags_have_it(
    box: Sandbox, integration: str, tag: str, level: Level, words: str
) -> None:
    made, key = tagged(box, integration, tag)
    before = len(box.requests)
    await checked(made, key)
    assert len(box.requests) == before + 1
    assert (below(made, key).level, below(made, key).text.split(".")[0]) == (level, words)
    assert not stops(made, key)
    box.set_fault("source-unauthorized")
    made.ask_again(key)
    await checked(made, key)
    assert made.draft.checks[key].level is Level.UNKNOWN
    assert not stops(made, key), "a source that doesn't count blocks nobody"


async def test_review_says_that_the_form_of_an_unleash_tag_is_not_known(box: Sandbox) -> None:
    made, key = tagged(box, "unleash", "simple:payments")
    wanted = "LaunchDarkly doesn't document the format. It may expect only payments."
    for _ in range(2):  # before Unleash was asked, and after
        said = [line for line in review.lines(made.draft) if line.text == wanted]
        assert [(line.label, line.step, line.level) for line in said] == [("Unleash tag", "fields", Level.UNKNOWN)]
        await checked(made, key)
    assert below(made, key).text == f"8 flags have this tag. {wanted}"


def test_nothing_is_asked_about_a_blank_tag_or_one_that_is_none(box: Sandbox) -> None:
    for integration, tag in (("split", ""), ("unleash", ""), ("unleash", "payments")):
        made, key = tagged(box, integration, tag)
        assert not made.due(key)
    made, key = tagged(box, "unleash", "simple:payments", sourceProjectId="")
    assert not made.due(key)


# --- LaunchDarkly's tag and member


@pytest.mark.parametrize(
    ("number", "level", "words"),
    [
        (0, Level.OK, "Suggested. No flag has this tag yet."),
        (1, Level.WARNING, "1 flag already has this tag, perhaps from an earlier import."),
        (12, Level.WARNING, "12 flags already have this tag, perhaps from an earlier import."),
    ],
)
async def test_flag_tag_shows_how_many_flags_carry_it(number: int, level: Level, words: str) -> None:
    tags = ("imported-from-unleash",)
    flags = tuple(LdFlag(f"flag-{n}", f"flag-{n}", tags, 1_700_000_000_000 + n) for n in range(number))
    with Sandbox.start(destination=Destination(flags)) as box:
        made, _ = tagged(box, "unleash", "")
        before = len(box.requests)
        await checked(made, "ldTag")
        assert len(box.requests) == before + 1
        assert below(made, "ldTag") == Finding(level, "ldTag", words)
        made.put("project", "no-such-project")
        assert "ldTag" not in made.draft.checks
        await checked(made, "ldTag")
        assert below(made, "ldTag").level is Level.UNKNOWN
        made.put("ldTag", "")
        assert not made.due("ldTag")


async def test_typed_member_shows_its_name_and_a_picked_one_is_not_asked_about(box: Sandbox) -> None:
    made = await at_review(box)
    made.put("ldMaintainer", object_id("member", 1))
    await checked(made, "ldMaintainer")
    ana = "Ana Ruiz, ana@example.com"
    assert below(made, "ldMaintainer") == Finding(Level.OK, "ldMaintainer", ana)
    assert f"maintainer {ana}" in {line.label: line.text for line in review.lines(made.draft)}["New flags get"]
    made.put("ldMaintainer", "f" * 24)
    await checked(made, "ldMaintainer")
    assert below(made, "ldMaintainer").level is Level.WARNING
    made.put("ldMaintainer", "Ana")
    assert not made.due("ldMaintainer")
    made.pick("ldMaintainer", object_id("member", 2), "Ben Somebody")
    assert not made.due("ldMaintainer")
    assert below(made, "ldMaintainer").text == "Ben Somebody"


async def test_no_key_is_in_what_the_fields_say(box: Sandbox) -> None:
    box.set_fault("hostile-text")
    made, key = tagged(box, "split", "payments")
    for field in (key, "environmentId", "ldTag"):
        await checked(made, field)
        assert below(made, field).text.isprintable()
        for secret in (TOKENS["writer"].value, SPLIT_KEYS["admin"].value):
            assert secret not in repr(made.draft)
