"""A session and the import keys it creates: drafts and journals remember them, never their values."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sandbox_tools import launchdarkly
from tests.unit.walk_tools import built_forms, checked, session, values
from tui.answers import draft as drafts
from tui.answers import remarks, saved_drafts
from tui.answers.created_key import CREATED, CreatedKey
from tui.answers.finding import Level
from tui.apply import store
from tui.apply.import_key import Fate, KeyOutcome
from tui.apply.journal import Identity, Journal
from tui.net.errors import Failure, Kind
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.wizard import import_key, import_key_words, launch
from tui.wizard.session import Session

FIELD = "ldApiKey"


def at_keys(box: Sandbox, folder: Path, integration: str = "unleash", **more: Any) -> Session:
    made = session(draft_path=folder / saved_drafts.FILE, journals=folder / "journals", **more)
    made.choose(integration)
    given = values(box, integration)
    for key in ("host", "token", "project"):
        made.put(key, given[key])
    return made


async def created(made: Session) -> KeyOutcome:
    outcome = await import_key.keys_of_draft(made).create(import_key.proposal(made)).finish()
    assert outcome.fate is Fate.CREATED, outcome.failure
    import_key.use(made, FIELD, outcome)
    return outcome


def value_of(outcome: KeyOutcome) -> str:
    assert outcome.value is not None
    return outcome.value.get_secret_value()


def files(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def keys_there(box: Sandbox) -> set[str]:
    with launchdarkly(box) as ld:
        return {each["name"] for each in ld.get("/api/v2/tokens").json()["items"]}


async def test_created_key_is_in_the_field_as_if_it_was_pasted(box: Sandbox, tmp_path: Path) -> None:
    made = at_keys(box, tmp_path)
    outcome = await created(made)
    assert made.bag.peek(FIELD) == value_of(outcome)
    assert remarks.line(made.draft, FIELD).text.endswith(f"{CREATED}.")
    await checked(made, "token")
    await checked(made, FIELD)
    line = remarks.line(made.draft, FIELD)
    assert line.level is Level.OK
    assert outcome.key.name in line.text
    assert value_of(outcome) not in repr(made.draft) + files(tmp_path)


async def test_draft_on_the_disk_has_the_name_before_the_request(box: Sandbox, tmp_path: Path) -> None:
    made, at_post = at_keys(box, tmp_path), list[str]()
    box.on_request = lambda method, path: at_post.append(files(tmp_path)) if method == "POST" else None
    outcome = await created(made)
    (before,) = at_post
    assert outcome.key.name in before
    assert outcome.key.id not in before
    saved = saved_drafts.load(tmp_path / saved_drafts.FILE)
    assert saved is not None
    assert saved.import_keys == (outcome.key,)


async def test_full_disk_stops_before_the_request(box: Sandbox, tmp_path: Path) -> None:
    made = at_keys(box, tmp_path / "file" / "folder")
    (tmp_path / "file").write_text("in the way")
    outcome = await import_key.keys_of_draft(made).create(import_key.proposal(made)).finish()
    assert outcome.fate is Fate.NOT_CREATED
    assert not [path for method, path, _ in box.requests if method == "POST"]


async def test_resumed_session_remembers_the_key_without_its_value(box: Sandbox, tmp_path: Path) -> None:
    first = at_keys(box, tmp_path)
    outcome = await created(first)
    saved = saved_drafts.load(tmp_path / saved_drafts.FILE)
    assert saved is not None
    second = session(draft_path=tmp_path / saved_drafts.FILE)
    second.resume(saved)
    second.put("token", values(box, "unleash")["token"])
    assert import_key.here(second) == (outcome.key,)
    line = remarks.line(second.draft, FIELD)
    assert (line.level, outcome.key.name in line.text) == (Level.WARNING, True)
    assert FIELD not in second.bag
    assert await import_key.keys_of_draft(second).delete(outcome.key).finish() is True
    assert outcome.key.name not in keys_there(box)
    assert outcome.key.name not in files(tmp_path)


async def test_kill_during_the_request_is_told_at_the_next_start(box: Sandbox, tmp_path: Path) -> None:
    made = at_keys(box, tmp_path)
    key = import_key.proposal(made)
    import_key.keys_of_draft(made).keep(key)  # all that the killed process had written
    other = at_keys(box, tmp_path)
    line = remarks.line(other.draft, FIELD).text
    assert key.name in line
    assert "Can't tell" in line
    outcome = await import_key.keys_of_draft(other).look(key).finish()
    assert outcome.fate is Fate.NOT_CREATED
    assert remarks.line(other.draft, FIELD).level is Level.NOTE
    assert key.name not in files(tmp_path)


async def test_key_stays_known_though_other_answers_are_saved_over_it(box: Sandbox, tmp_path: Path) -> None:
    outcome = await created(at_keys(box, tmp_path))
    another = at_keys(box, tmp_path, "split")
    assert another.save() == ""
    saved = saved_drafts.load(tmp_path / saved_drafts.FILE)
    assert saved is not None
    assert (saved.integration, saved.import_keys) == ("split", (outcome.key,))


async def test_key_of_another_project_is_a_warning(box: Sandbox, tmp_path: Path) -> None:
    made = at_keys(box, tmp_path)
    await created(made)
    made.put("project", "kiosk")
    assert remarks.line(made.draft, FIELD).text.startswith(remarks.OTHER_PROJECT)
    assert import_key.here(made) == ()
    made.put("project", "web-shop")
    assert remarks.OTHER_PROJECT not in remarks.line(made.draft, FIELD).text


@pytest.mark.parametrize(("key", "why"), [("token", import_key.NO_TOKEN), ("project", import_key.NO_PROJECT)])
async def test_creating_needs_token_and_project(box: Sandbox, tmp_path: Path, key: str, why: str) -> None:
    made = at_keys(box, tmp_path)
    assert import_key.missing(made) == ""
    made.put(key, "")
    assert import_key.missing(made) == why


# --- leaving


async def test_key_that_no_import_uses_is_offered_on_leaving(box: Sandbox, tmp_path: Path) -> None:
    made = at_keys(box, tmp_path)
    assert import_key.unused(made) == ()
    outcome = await created(made)
    assert import_key.unused(made) == (outcome.key,)
    assert outcome.key.name in made.farewell()
    made.put("host", "us")
    assert import_key.unused(made) == ()
    made.put("host", values(box, "unleash")["host"])
    made.put("token", TOKENS["writer"].value)
    assert await import_key.keys_of_draft(made).delete(outcome.key).finish() is True
    assert import_key.unused(made) == ()
    assert FIELD not in made.bag
    assert outcome.key.name not in made.farewell()


async def test_leaving_question_depends_on_where_the_value_is(box: Sandbox) -> None:
    key = CreatedKey("n", "h", "p")
    title, text = import_key_words.leaving(key, 0, stored=False, quits=True)
    assert "quit" in title
    assert "can't use it later" in text
    assert "resume" in import_key_words.leaving(key, 1, stored=True, quits=False)[1]


# --- the journal


async def imported(box: Sandbox, folder: Path, **changed: str) -> tuple[Session, CreatedKey]:
    """An import that was created with a key of the wizard's."""
    made = at_keys(box, folder)
    outcome = await created(made)
    for key, value in (values(box, "unleash") | changed).items():
        if key not in ("host", "token", "project") and (key != FIELD or FIELD in changed):
            made.put(key, value)
            if made.due(key):
                await checked(made, key)
    made.put("config-name", "With its own key")
    launch.begin(made, reuse=False)
    assert made.attempt is not None
    sent = await made.attempt.send().finish()
    assert sent.configuration is not None, sent.failure
    launch.settled(made)
    return made, outcome.key


def noted(made: Session) -> Journal:
    assert made.journal_path is not None
    journal = store.load(made.journal_path)
    assert journal is not None
    return journal


async def test_journal_has_name_and_id_and_no_file_has_the_value(box: Sandbox, tmp_path: Path) -> None:
    made, key = await imported(box, tmp_path)
    assert noted(made).import_keys == (key,)
    assert made.bag.peek(FIELD) not in files(tmp_path)
    assert import_key.unused(made) == ()
    made.save()
    assert not (tmp_path / saved_drafts.FILE).exists()


async def test_pasted_key_instead_leaves_a_created_one_unused(box: Sandbox, tmp_path: Path) -> None:
    made, key = await imported(box, tmp_path, ldApiKey=TOKENS["import-key"].value)
    assert noted(made).import_keys == (replace(key, replaced=True),)
    assert "isn't used" in import_key_words.delete_question(noted(made).import_keys[0])[1]


async def test_deleting_after_the_import_forgets_it_in_the_journal(box: Sandbox, tmp_path: Path) -> None:
    made, key = await imported(box, tmp_path)
    run = made.run
    assert run is not None
    assert import_key.to_delete(run) == key
    assert await import_key.keys_of_run(made, run).delete(key).finish() is True
    assert noted(made).import_keys == ()
    assert import_key.to_delete(run) is None


async def test_wider_key_replaces_the_narrow_one_in_the_journal(box: Sandbox, tmp_path: Path) -> None:
    made, key = await imported(box, tmp_path)
    run = made.run
    assert run is not None
    outcome = await import_key.keys_of_run(made, run).create(import_key.wider(run)).finish()
    import_key.replaced_by(run, outcome.key)
    first, second = noted(made).import_keys
    assert (first.name, first.replaced, second.wide, second.replaced) == (key.name, True, True, False)
    assert noted(made).importer.later == (second.id,)
    assert import_key.to_delete(run) == first


def test_journal_without_the_field_still_opens(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    store.save(_plain_journal(), path)
    document = json.loads(path.read_text())
    assert document.pop("import_keys") == []
    del document["importer"]["later"]
    path.write_text(json.dumps(document))
    journal = store.load(path)
    assert journal is not None
    assert journal.import_keys == ()


def _plain_journal() -> Journal:
    return Journal(Identity("https://app.launchdarkly.com", "web", "unleash", "n"), (), {}, {})


@pytest.mark.parametrize("damage", [[1], [{}], {"a": 1}, [{"name": "n"}], "text", 7])
async def test_damaged_keys_in_a_draft_are_no_crash(box: Sandbox, tmp_path: Path, damage: object) -> None:
    made = at_keys(box, tmp_path)
    assert made.save() == ""
    path = tmp_path / saved_drafts.FILE
    document = json.loads(path.read_text())
    document["import_keys"] = damage
    path.write_text(json.dumps(document))
    assert saved_drafts.load(path) is None
    assert at_keys(box, tmp_path).draft.import_keys == ()


async def test_failure_to_write_the_journal_is_told(box: Sandbox, tmp_path: Path) -> None:
    made, key = await imported(box, tmp_path)
    run = made.run
    assert run is not None

    def full(journal: Journal) -> None:
        raise Failure(Kind.INTERNAL, "full")

    run.record.keep = full
    outcome = await import_key.keys_of_run(made, run).create(import_key.wider(run)).finish()
    assert outcome.fate is Fate.NOT_CREATED
    assert key.name in keys_there(box)
    assert len([name for name in keys_there(box) if name.startswith("ld-flag-import")]) == 1


def test_forms_have_one_import_key() -> None:
    for form in built_forms().values():
        assert [field.key for field in form.variables if field.role == import_key.ROLE] == [FIELD]


async def test_every_page_has_a_way_out(box: Sandbox) -> None:
    key = CreatedKey("ld-flag-import web", "h", "web")
    pages = [
        import_key_words.ask(key),
        import_key_words.ask(replace(key, wide=True)),
        import_key_words.earlier(key),
        import_key_words.earlier(replace(key, id="1")),
        import_key_words.working("w"),
        *(import_key_words.ended(KeyOutcome(key, fate)) for fate in Fate),
    ]
    assert all(page.no and page.title for page in pages)


async def test_a_deleted_key_in_the_keyring_is_named(box: Sandbox, tmp_path: Path) -> None:
    made = at_keys(box, tmp_path)
    await created(made)
    assert not import_key.is_stored(made)
    answers = {**made.draft.answers, FIELD: replace(made.draft.answers[FIELD], reference=drafts.KEYRING)}
    made.draft = replace(made.draft, answers=answers)
    assert import_key.is_stored(made)
    key = import_key.proposal(made)
    assert "keys forget" in import_key_words.deleted(key, stored=True)
    assert "keyring" not in import_key_words.deleted(key)
