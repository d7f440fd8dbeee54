"""Fields that fill themselves or say what their answer means: environments, tags, the maintainer."""

from __future__ import annotations

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


class MadeEnvironments:
    """A Split with these environments of one workspace, or with a refusal in their place."""

    def __init__(self, *environments: tuple[str, str, bool], status: int = 200) -> None:
        self.found = [{"id": each[0], "name": each[1], "production": each[2]} for each in environments]
        self.status = status

    def __call__(self, asked: Asked) -> Reply:
        assert asked.path == f"{BASE}/environments/ws/{WORKSPACE}"
        return Reply(self.status, self.found if self.status == 200 else {"code": self.status, "message": "no"})


async def asked_split(made_up: MadeEnvironments, environment: str = "", *, touched: bool = True) -> Session:
    """A session whose environment was checked, by one request."""
    async with serving(made_up) as server:
        made = split_session(server.url + BASE)
        made.draft = changes.put(made.draft, "environmentId", environment, touched=touched)
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


@pytest.mark.parametrize(("typed", "id"), [("dev", DEV), ("Prod Default", PROD), ("prod default", PROD), ("DEV-2", QA)])
async def test_a_name_becomes_its_id_by_itself(typed: str, id: str) -> None:
    made = await asked_split(MadeEnvironments(*THREE), typed)
    answer = drafts.answer(made.draft, "environmentId")
    assert (answer.value, answer.touched) == (id, True)
    name = next(name for one, name, _ in THREE if one == id)
    assert below(made) == Finding(Level.OK, "environmentId", f"{name}; its id was filled in")
    assert drafts.scope(made.draft) == (name,)


async def test_an_id_is_told_by_its_name() -> None:
    made = await asked_split(MadeEnvironments(*THREE), QA)
    assert below(made) == Finding(Level.OK, "environmentId", "dev-2")


FILLED = [
    ((THREE[1],), DEV, "dev; the only one"),
    ((THREE[0], THREE[1]), PROD, "Prod Default; the production environment"),
]


@pytest.mark.parametrize(("there", "id", "said"), FILLED)
async def test_the_one_that_must_be_meant_is_filled_in(
    there: tuple[tuple[str, str, bool], ...], id: str, said: str
) -> None:
    for touched in (False, True):  # also after `next` has called it missing
        made = await asked_split(MadeEnvironments(*there), touched=touched)
        assert drafts.value(made.draft, "environmentId") == id
        assert below(made).text == said
        assert not drafts.answer(made.draft, "environmentId").touched


async def test_of_several_none_is_guessed() -> None:
    made = await asked_split(MadeEnvironments(*THREE[1:]), touched=False)
    assert drafts.value(made.draft, "environmentId") == ""
    assert below(made) == Finding(Level.NOTE, "environmentId", "There are dev and dev-2. Pick one.")
    two_live = await asked_split(MadeEnvironments(THREE[0], (DEV, "eu", True)), touched=False)
    assert drafts.value(two_live.draft, "environmentId") == ""


async def test_what_was_filled_in_follows_the_workspace_and_what_was_typed_does_not() -> None:
    filled = await asked_split(MadeEnvironments(THREE[1]), ELSEWHERE, touched=False)
    assert drafts.value(filled.draft, "environmentId") == DEV
    typed = await asked_split(MadeEnvironments(THREE[1]), ELSEWHERE)
    assert drafts.value(typed.draft, "environmentId") == ELSEWHERE
    said = below(typed)
    assert said.level is Level.WARNING  # it may exist all the same: restrictions hide some
    assert said.offer is not None
    assert said.offer.value == DEV


@pytest.mark.parametrize(("typed", "offered"), [("prod", PROD), ("staging", None), ("dev-", QA)])
async def test_a_name_that_is_not_there_is_a_problem_with_what_there_is(typed: str, offered: str | None) -> None:
    made = await asked_split(MadeEnvironments(*THREE), typed)
    (said,) = (f for f in remarks.findings(made.draft, "environmentId") if f.level is Level.PROBLEM)
    assert said.text == f"The workspace has no environment {typed}, but dev, dev-2 and Prod Default. Pick one."
    assert (said.offer.value if said.offer else None) == offered
    assert drafts.value(made.draft, "environmentId") == typed
    made.put("environmentId", PROD)
    assert not stops(made)


async def test_two_of_one_name_are_not_told_apart() -> None:
    made = await asked_split(MadeEnvironments(THREE[1], (QA, "Dev", False)), "DEV")
    assert stops(made)
    assert drafts.value(made.draft, "environmentId") == "DEV"


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("typed", ["", DEV])
async def test_without_the_list_the_field_is_a_plain_one_and_says_why(status: int, typed: str) -> None:
    made = await asked_split(MadeEnvironments(status=status), typed, touched=bool(typed))
    assert drafts.value(made.draft, "environmentId") == typed
    said = below(made)
    assert said.level is Level.UNKNOWN
    assert f"({status})" in said.text
    assert isinstance(made.draft.checks["environmentId"].facts, Failure)
    assert made.due("environmentId", again=True)
    made.put("environmentId", DEV)
    assert not stops(made)


async def test_no_environment_at_all() -> None:
    assert "Type the id." in below(await asked_split(MadeEnvironments(), touched=False)).text
    assert below(await asked_split(MadeEnvironments(), DEV)).level is Level.UNKNOWN


async def test_a_name_that_the_source_made_hostile_is_clean() -> None:
    made = await asked_split(MadeEnvironments((DEV, "a\x1b]52;c;eA==\x07\u202eb", False)), touched=False)
    assert below(made).text.isprintable()
    assert "".join(drafts.scope(made.draft)).isprintable()


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
def test_a_pasted_address_fills_both_ids(pasted_into: str) -> None:
    made = session()
    made.choose("split")
    made.put(pasted_into, PAGE)
    assert (drafts.value(made.draft, "workspaceId"), drafts.value(made.draft, "environmentId")) == (WORKSPACE, DEV)
    other = "environmentId" if pasted_into == "workspaceId" else "workspaceId"
    assert drafts.answer(made.draft, other).source == "from the address you pasted"
    assert drafts.answer(made.draft, pasted_into).said == "Read from the address you pasted."


def test_a_pasted_address_leaves_what_was_typed_and_an_address_without_an_id_fills_nothing() -> None:
    made = session()
    made.choose("split")
    made.put("environmentId", QA)
    made.put("workspaceId", PAGE)
    assert drafts.value(made.draft, "environmentId") == QA
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


@pytest.mark.parametrize(("integration", "tag", "said"), [
    ("split", "payments", "9 flags have it"),
    ("unleash", "simple:payments", "8 flags have it"),
])  # fmt: skip
async def test_a_tag_says_how_many_flags_have_it(box: Sandbox, integration: str, tag: str, said: str) -> None:
    made, key = tagged(box, integration, tag)
    before = len(box.requests)
    await checked(made, key)
    assert len(box.requests) == before + 1
    assert below(made, key).text.split(".")[0] == said
    assert not stops(made, key)


async def test_a_tag_that_no_flag_has_is_a_warning(box: Sandbox) -> None:
    for integration, tag, part in (
        ("unleash", "simple:nothing", "Unleash answers the same for a project or tag that does not exist."),
        ("split", "Payments", "capitals matter"),
    ):
        made, key = tagged(box, integration, tag)
        await checked(made, key)
        assert below(made, key).level is Level.WARNING
        assert below(made, key).text.startswith("0 flags have it. ")
        assert part in below(made, key).text


async def test_review_says_that_the_form_of_an_unleash_tag_is_not_known(box: Sandbox) -> None:
    made, key = tagged(box, "unleash", "simple:payments")
    wanted = "Not known: does LaunchDarkly want this, or payments alone?"
    for _ in range(2):  # before Unleash was asked, and after
        said = [line for line in review.lines(made.draft) if line.text == wanted]
        assert [(line.label, line.step, line.level) for line in said] == [("Unleash tag", "fields", Level.UNKNOWN)]
        await checked(made, key)
    assert below(made, key).text == f"8 flags have it. {wanted}"


@pytest.mark.parametrize("integration", ["split", "unleash"])
async def test_a_source_that_refuses_the_count_stops_nobody(box: Sandbox, integration: str) -> None:
    made, key = tagged(box, integration, {"split": "payments", "unleash": "simple:payments"}[integration])
    box.set_fault("source-unauthorized")
    await checked(made, key)
    assert made.draft.checks[key].level is Level.UNKNOWN
    assert not stops(made, key)


def test_nothing_is_asked_about_a_blank_tag_or_one_that_is_none(box: Sandbox) -> None:
    for integration, tag in (("split", ""), ("unleash", ""), ("unleash", "payments")):
        made, key = tagged(box, integration, tag)
        assert not made.due(key)
    made, key = tagged(box, "unleash", "simple:payments", sourceProjectId="")
    assert not made.due(key)


# --- LaunchDarkly's tag and member


@pytest.mark.parametrize(("number", "level", "said"), [
    (0, Level.OK, "proposed; no flag carries it yet"),
    (1, Level.WARNING, "1 flag carries it from an earlier import"),
    (12, Level.WARNING, "12 flags carry it from an earlier import"),
])  # fmt: skip
async def test_a_flag_tag_says_how_many_flags_carry_it(number: int, level: Level, said: str) -> None:
    tags = ("imported-from-unleash",)
    flags = tuple(LdFlag(f"flag-{n}", f"flag-{n}", tags, 1_700_000_000_000 + n) for n in range(number))
    with Sandbox.start(destination=Destination(flags)) as box:
        made, _ = tagged(box, "unleash", "")
        assert made.due("ldTag")
        before = len(box.requests)
        await checked(made, "ldTag")
        assert len(box.requests) == before + 1
        assert below(made, "ldTag") == Finding(level, "ldTag", said)
        made.put("project", "mobile-app")
        assert "ldTag" not in made.draft.checks
        made.put("ldTag", "")
        assert not made.due("ldTag")


async def test_a_project_that_may_not_be_read_leaves_the_tag_alone(box: Sandbox) -> None:
    made, _ = tagged(box, "unleash", "", project="no-such-project")
    await checked(made, "ldTag")
    assert below(made, "ldTag").level is Level.UNKNOWN


async def test_a_typed_member_is_told_by_name_and_a_picked_one_is_not_asked_about(box: Sandbox) -> None:
    made = await at_review(box)
    ana = object_id("member", 1)
    made.put("ldMaintainer", ana)
    await checked(made, "ldMaintainer")
    assert below(made, "ldMaintainer") == Finding(Level.OK, "ldMaintainer", "Ana Ruiz, ana@example.com")
    assert (
        "maintainer Ana Ruiz, ana@example.com"
        in {line.label: line.text for line in review.lines(made.draft)}["They get"]
    )
    made.pick("ldMaintainer", object_id("member", 2), "Ben Somebody")
    assert not made.due("ldMaintainer")
    assert below(made, "ldMaintainer").text == "Ben Somebody"


async def test_a_member_that_is_not_there_is_a_warning(box: Sandbox) -> None:
    made = await at_review(box)
    made.put("ldMaintainer", "f" * 24)
    await checked(made, "ldMaintainer")
    assert below(made, "ldMaintainer").level is Level.WARNING
    made.put("ldMaintainer", "Ana")
    assert not made.due("ldMaintainer")


async def test_no_key_is_in_what_the_fields_say(box: Sandbox) -> None:
    box.set_fault("hostile-text")
    made, key = tagged(box, "split", "payments")
    for field in (key, "environmentId", "ldTag"):
        await checked(made, field)
        assert below(made, field).text.isprintable()
        for secret in (TOKENS["writer"].value, SPLIT_KEYS["admin"].value):
            assert secret not in repr(made.draft)
