"""Unleash's features as flags, over real loopback HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.unit.sources.unleash_made import (
    ADMIN,
    ANSWERS,
    EVERY,
    FEATURES,
    KEY,
    SCOPES,
    SEGMENTS,
    SEVERAL,
    feature,
    unleash,
)
from tests.unit.sources_server import Asked, Handler, Reply
from tests.unit.split_made import Listed, listed
from tui.net.errors import Kind, Remedy
from tui.sources.flags import BOOLEAN
from tui.sources.unleash.targeting import targeting_of
from tui.targeting.losses import explained
from tui.text.redact import MASK


async def read(handler: Handler = unleash, key: str = KEY, **answers: str) -> Listed:
    return await listed(handler, {**ANSWERS, **answers}, source="unleash", key=key, base="")


async def test_every_feature_of_the_key_comes_by_one_request() -> None:
    asked = list[Asked]()

    def handler(one: Asked) -> Reply:
        asked.append(one)
        return unleash(one)

    found = await read(handler)
    assert found.keys == ["checkout-v2", "dark-mode"]
    (one,) = asked
    assert (one.target, one.headers["authorization"]) == ("/api/client/features?project=default", KEY)
    assert one.headers["unleash-client-spec"] == "5.2.0"
    assert found.batches[-1].read == found.batches[-1].total == {"flags": 2}
    assert found.notes == [TAGS_NOT_READ]


TAGS_NOT_READ = "Can't read flag tags with an SDK key."


async def test_a_feature_as_it_arrives() -> None:
    checkout, dark = (await read()).flags
    assert (checkout.name, checkout.description, checkout.tags) == ("checkout-v2", "", None)
    assert (checkout.variations, checkout.on, checkout.off) == (BOOLEAN, 0, 1)
    assert (checkout.on_at_source, dark.on_at_source, dark.description) == (True, False, "Dark colours")
    assert checkout.losses == ("percentage-rollout", "segments")
    assert "in segment staff: on" in [lost.text for lost in explained(targeting_of(checkout.definition))]
    assert checkout.definition["segments"] == SEGMENTS[:1]


async def test_a_tag_is_asked_for() -> None:
    found = await read(sourceTag="team:growth squad")
    assert found.keys == ["dark-mode"]
    assert found.notes[-1].startswith("Can't tell")
    assert (await read(sourceTag="simple:nobody")).flags == []


async def test_a_tag_without_its_type_is_told() -> None:
    failure = (await read(sourceTag="payments")).failure
    assert failure is not None
    assert (failure.kind, failure.status_code, failure.field) == (Kind.SOURCE, 400, "sourceTag")
    assert (failure.remedy, failure.about) == (Remedy.ENTER_TAG, "simple:payments")


@pytest.mark.parametrize(("key", "shown"), [(SEVERAL, True), (EVERY, False)])
async def test_a_key_of_other_projects_too_has_a_note(key: str, shown: bool) -> None:
    found = await read(key=key)
    assert ("shop-banner" in found.keys) is shown, "only a key of every project can be narrowed"
    assert len(found.notes) == 2
    assert found.notes[-1] == TAGS_NOT_READ


OTHER_SCOPES = [{"sourceEnvironmentId": "staging"}, {"sourceProjectId": "payments"}]


@pytest.mark.parametrize(
    ("key", "answers"), [*((key, answers) for key in (KEY, SEVERAL) for answers in OTHER_SCOPES), (ADMIN, {})]
)
async def test_key_of_another_scope_lists_nothing(key: str, answers: dict[str, str]) -> None:
    found = await read(unleash, key, **answers)
    assert (found.flags, found.batches) == ([], [])
    assert found.failure is not None
    assert (found.failure.kind, found.failure.exit_code) == (Kind.CREDENTIAL, 3)
    assert [found.failure.field] == (list(answers) or ["sourceApiKey"])


def edge(query: Mapping[str, object]) -> Handler:
    """A server that ignores project and tag, and echoes `query`."""
    return lambda _: Reply(200, {"version": 2, "features": FEATURES, "query": query})


EDGE: Mapping[str, object] = {"tags": None, "projects": ["*"], "namePrefix": None, "environment": "production"}


ECHOED = [{"tag": [["simple", "payments"]]}, {"tags": [["simple", "payments"]]}, {"tags": ["simple:payments"]}, {}]
IGNORED = [{"tags": None}, {"tags": []}, {"tag": []}, {"tags": [["simple", "other"]]}]


@pytest.mark.parametrize(
    ("tags", "ignored"), [*((tags, False) for tags in ECHOED), *((tags, True) for tags in IGNORED)]
)
async def test_tag_that_the_server_ignored_is_an_error(tags: dict[str, object], ignored: bool) -> None:
    query = {name: value for name, value in EDGE.items() if name != "tags"} | tags
    found = await read(edge(query), key=EVERY, sourceTag="simple:payments")
    assert (len(found.flags), found.failure is not None) == ((0, True) if ignored else (2, False))
    if found.failure:
        assert found.batches == []
        assert (found.failure.kind, found.failure.field, found.failure.exit_code) == (Kind.SOURCE, "sourceTag", 5)


async def test_flags_of_other_projects_are_left_out_and_noted() -> None:
    plain, narrowed = await read(edge(EDGE), key=EVERY), await read(key=EVERY)
    assert plain.keys == narrowed.keys == ["checkout-v2", "dark-mode"]
    assert plain.batches[-1].read == plain.batches[-1].total == {"flags": 2}
    assert len(plain.notes) == len(narrowed.notes) + 1


async def test_flag_without_a_project_is_not_left_out() -> None:
    bare = {name: value for name, value in FEATURES[2].items() if name != "project"}
    found = await read(lambda _: Reply(200, {"features": [*FEATURES, bare], "query": EDGE}), key=EVERY)
    assert found.keys.count("shop-banner") == 1


async def test_1_200_features_come_in_parts() -> None:
    features = [feature(f"f-{number}") for number in range(1200)]
    found = await read(lambda _: Reply(200, {"features": features, "query": SCOPES[KEY]}))
    assert [len(batch.flags) for batch in found.batches] == [0, 500, 500, 200]
    assert found.keys == [one["name"] for one in features]
    assert found.batches[1].read == {"flags": 500}
    assert found.batches[0].total == {"flags": 1200}


async def test_flag_text_stays_raw_and_sentences_are_cleaned_without_an_echoed_key() -> None:
    hostile = f"\x1b]52;c;aGk=\x07{KEY}\u202e"
    strategy = {"name": hostile, "parameters": {hostile: hostile}, "segments": [1, hostile]}
    body = {
        "features": [feature(hostile, description=hostile, strategies=[strategy], variants=[{"name": hostile}]), 7, {}],
        "query": {"project": [hostile, hostile + "x", "default"], "environment": "production"},
        "segments": [{"id": 1, "name": hostile}],
    }
    found = await read(lambda _: Reply(200, body))
    (one,) = found.flags
    said = [lost.text for lost in explained(targeting_of(one.definition))]
    data = [one.key, one.description, one.variations[0].name]
    assert all(text.startswith("\x1b]52;c;aGk=") and text.endswith(f"{MASK}\u202e") for text in data)
    assert all(text.isprintable() for text in (*one.warnings, one.cut_over_warning, *said, *found.notes))
    assert KEY not in repr([data, one.warnings, said, found.notes]) + repr(one.definition)
    assert "2" in found.notes[-1]  # entries without a name, which were left out
    refused = (
        await read(lambda _: Reply(200, {**body, "query": {"project": [hostile], "environment": hostile}}))
    ).failure
    assert refused is not None
    assert str(refused).isprintable()
    assert KEY not in str(refused)
