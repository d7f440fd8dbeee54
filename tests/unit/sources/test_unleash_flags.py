"""Unleash's features as flags, its pickers and its token for looking, over real loopback HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.unit.sources_server import Asked, Handler, Reply, Scripted, json_values, report_or_failure, serving
from tests.unit.split_made import Listed, listed
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Choice, Connection, SourceReport
from tui.sources.flags import BOOLEAN, SourceFlag
from tui.sources.unleash import check as unleash_check
from tui.sources.unleash import flags as unleash_flags
from tui.sources.unleash import rules as unleash_rules
from tui.text.redact import MASK

KEY = "default:production.0123456789abcdef0123456789abcdef"
SEVERAL = "[]:production.0123456789abcdef0123456789abcdef"
EVERY = "*:production.0123456789abcdef0123456789abcdef"
ADMIN = "*:*.0123456789abcdef0123456789abcdef"
HELPER = "user:fedcba9876543210fedcba9876543210"
SCOPES: dict[str, dict[str, object]] = {
    KEY: {"project": ["default"], "environment": "production"},
    SEVERAL: {"project": ["default", "web-shop"], "environment": "production"},
    EVERY: {"environment": "production"},
    ADMIN: {},
}
WRONG_KIND = Reply(403, {"message": "invalid token: expected a different token type for this endpoint"})
ANSWERS = {"sourceProjectId": "default", "sourceEnvironmentId": "production"}
SEGMENTS = [{"id": 1, "name": "staff", "constraints": []}, {"id": 2, "name": "unused", "constraints": []}]


def feature(name: str, project: str = "default", tag: str = "simple:payments", **more: object) -> dict[str, object]:
    shown = {"name": name, "enabled": True, "project": project, "strategies": [], "variants": [], "description": None}
    return {**shown, "tag": tag, **more}


FEATURES = [
    feature("checkout-v2", strategies=[{"name": "flexibleRollout", "parameters": {"rollout": "25"}, "segments": [1]}]),
    feature("dark-mode", tag="team:growth squad", enabled=False, description="Dark colours"),
    feature("shop-banner", "web-shop"),
]
ADMIN_LISTS: Mapping[str, object] = {
    "/api/admin/projects": {"projects": [{"id": "web-shop", "name": "Web shop"}, {"id": "default", "name": "Default"}]},
    "/api/admin/environments": {"environments": [
        {"name": "production", "type": "production", "enabled": True},
        {"name": "development", "type": "development", "enabled": False}]},
    "/api/admin/tags": {"tags": [{"type": "team", "value": "growth squad"}, {"type": "simple", "value": "payments"}]},
    "/api/admin/user": {"user": {"id": 1, "name": "Ana Ruiz", "email": "ana@example.com"}},
}  # fmt: skip


def made(asked: Asked) -> Reply:
    """Version 7.5.1, as it was measured: a key of named projects cannot be narrowed, tags are type:value."""
    key = asked.headers.get("authorization", "")
    if asked.path.startswith("/api/admin/"):
        if key not in (HELPER, ADMIN):
            return WRONG_KIND if key in SCOPES else Reply(401, {"message": "no"})
        return Reply(200, ADMIN_LISTS[asked.path])
    if key not in SCOPES:
        return Reply(401, {"message": "This endpoint requires an API token."})
    asks = parse_qs(urlsplit(asked.target).query)
    scope = dict(SCOPES[key])
    if key == EVERY and "project" in asks:
        scope["project"] = asks["project"]
    if any(":" not in tag for tag in asks.get("tag", [])):
        return Reply(400, {"message": '"tag[0]" fails to match the tag pattern'})
    projects: Any = scope.get("project", ["default", "web-shop"])
    features = [
        {name: value for name, value in one.items() if name != "tag"}
        for one in FEATURES
        if one["project"] in projects and one["tag"] in asks.get("tag", [one["tag"]])
    ]
    apart = {"segments": SEGMENTS} if "unleash-client-spec" in asked.headers else {}
    return Reply(200, {"version": 2, "features": features, "query": scope, **apart})


async def read(handler: Handler = made, key: str = KEY, **answers: str) -> Listed:
    return await listed(handler, {**ANSWERS, **answers}, source="unleash", key=key, base="")


async def test_every_feature_of_the_key_comes_by_one_request() -> None:
    asked = list[Asked]()

    def handler(one: Asked) -> Reply:
        asked.append(one)
        return made(one)

    found = await read(handler)
    assert found.keys == ["checkout-v2", "dark-mode"]
    (one,) = asked
    assert (one.target, one.headers["authorization"]) == ("/api/client/features?project=default", KEY)
    assert one.headers["unleash-client-spec"] == "5.2.0"
    assert found.batches[-1].read == found.batches[-1].total == {"flags": 2}
    assert found.notes == [TAGS_NOT_READ]


TAGS_NOT_READ = "Tags of the flags are not known: an SDK key cannot read them."


async def test_a_feature_as_it_arrives() -> None:
    checkout, dark = (await read()).flags
    assert (checkout.name, checkout.description, checkout.tags) == ("checkout-v2", "", None)
    assert (checkout.variations, checkout.on, checkout.off) == (BOOLEAN, 0, 1)
    assert (checkout.on_at_source, dark.on_at_source, dark.description) == (True, False, "Dark colours")
    assert checkout.losses == ("percentage-rollout", "segments")
    assert "in segment staff: on" in [lost.text for lost in unleash_rules.explain(checkout)]
    assert checkout.definition["segments"] == SEGMENTS[:1]


async def test_a_tag_is_asked_for() -> None:
    found = await read(sourceTag="team:growth squad")
    assert found.keys == ["dark-mode"]
    assert "is not known" in found.notes[-1]
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


OTHER_SCOPES = [
    {"sourceEnvironmentId": "staging"},
    {"sourceProjectId": "payments"},
    {"sourceEnvironmentId": "Production"},
]


@pytest.mark.parametrize(
    ("key", "answers"), [*((key, answers) for key in (KEY, SEVERAL) for answers in OTHER_SCOPES), (ADMIN, {})]
)
async def test_key_of_another_scope_lists_nothing(key: str, answers: dict[str, str]) -> None:
    found = await read(made, key, **answers)
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


async def test_flags_of_projects_that_nobody_asked_for_are_left_out_and_noted() -> None:
    plain, narrowed = await read(edge(EDGE), key=EVERY), await read(key=EVERY)
    assert plain.keys == narrowed.keys == ["checkout-v2", "dark-mode"]
    assert plain.batches[-1].read == plain.batches[-1].total == {"flags": 2}
    assert len(plain.notes) == len(narrowed.notes) + 1


async def test_flag_without_a_project_is_not_left_out() -> None:
    bare = {name: value for name, value in FEATURES[2].items() if name != "project"}
    found = await read(lambda _: Reply(200, {"features": [*FEATURES, bare], "query": EDGE}), key=EVERY)
    assert found.keys.count("shop-banner") == 1


@pytest.mark.parametrize(
    ("reply", "kind", "field"),
    [
        (Reply(401, {"message": "no"}), Kind.SOURCE, "sourceApiKey"),
        (WRONG_KIND, Kind.SOURCE, "sourceApiKey"),
        (Reply(404, {}), Kind.SOURCE, "sourceBaseUrl"),
        (Reply(503, b""), Kind.SOURCE, None),
        (Reply(200, "<html>", "text/html"), Kind.NOT_JSON, "sourceBaseUrl"),
        (Reply(200, b"{"), Kind.NOT_JSON, "sourceBaseUrl"),
    ],
)
async def test_refusals_are_those_of_the_check(reply: Reply, kind: Kind, field: str | None) -> None:
    failure = (await read(lambda _: reply)).failure
    assert failure is not None
    assert (failure.kind, failure.field) == (kind, field)


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
    said = [lost.text for lost in unleash_rules.explain(one)]
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


bodies = st.fixed_dictionaries(
    {"features": st.lists(json_values | st.fixed_dictionaries({"name": json_values, "strategies": json_values}))},
    optional={"query": json_values, "segments": json_values},
)


@given(body=bodies | json_values)
async def test_no_answer_raises_anything_but_a_failure(body: object) -> None:
    http = Scripted([(200, json.dumps(body).encode())])
    flags = list[SourceFlag]()
    try:
        async for batch in unleash_flags.list_flags(Connection(http, "https://example.com", SecretStr(KEY)), ANSWERS):
            flags += batch.flags
    except Failure as failure:
        said = str(failure)
    else:
        said = ""
    assert said.isprintable()
    assert all(one.key for one in flags)


# --- pickers


async def found(field: str, key: str = KEY, helper: str = "", handler: Handler = made) -> tuple[Choice, ...]:
    async with serving(handler) as server, Http() as http:
        token = SecretStr(helper) if helper else None
        return await unleash_check.discover(Connection(http, server.url, SecretStr(key)), field, ANSWERS, token)


HELPER_LISTS = {
    "sourceProjectId": (Choice("default", "Default"), Choice("web-shop", "Web shop")),
    "sourceEnvironmentId": (
        Choice("development", "development", "disabled"),
        Choice("production", "production", "production"),
    ),
    "sourceTag": (Choice("simple:payments", "simple:payments"), Choice("team:growth squad", "team:growth squad")),
}


@pytest.mark.parametrize("field", HELPER_LISTS)
async def test_a_token_for_looking_lists_all_and_the_key_is_not_sent(field: str) -> None:
    keys = set[str]()

    def handler(asked: Asked) -> Reply:
        keys.add(asked.headers["authorization"])
        return made(asked)

    assert await found(field, helper=HELPER, handler=handler) == HELPER_LISTS[field]
    assert keys == {HELPER}


@pytest.mark.parametrize(
    ("field", "key", "values"),
    [
        ("sourceProjectId", SEVERAL, ["default", "web-shop"]),
        ("sourceProjectId", EVERY, ["default", "web-shop"]),
        ("sourceEnvironmentId", KEY, ["production"]),
    ],
)
async def test_an_sdk_key_tells_its_own_scope(field: str, key: str, values: list[str]) -> None:
    assert await found(field, key) == tuple(Choice(value, value) for value in values)


async def test_an_sdk_key_cannot_list_tags_and_nobody_is_asked() -> None:
    async with serving(made) as server, Http() as http:
        with pytest.raises(Failure) as caught:
            await unleash_check.discover(Connection(http, server.url, SecretStr(KEY)), "sourceTag", ANSWERS)
    assert server.asked == []
    assert (caught.value.kind, caught.value.field) == (Kind.SOURCE, "sourceTag")
    assert caught.value.remedy is Remedy.TYPE_TAG


async def test_an_admin_token_in_the_place_of_an_sdk_key_is_told() -> None:
    with pytest.raises(Failure) as caught:
        await found("sourceEnvironmentId", ADMIN)
    assert (caught.value.kind, caught.value.field) == (Kind.CREDENTIAL, "sourceApiKey")


@pytest.mark.parametrize(
    ("reply", "kind", "status"),
    [
        (Reply(401, {"message": "no"}), Kind.SOURCE, 401),
        (Reply(403, {"message": "no permission"}), Kind.SOURCE, 403),
        (Reply(404, {}), Kind.SOURCE, 404),
        (Reply(418, {}), Kind.SOURCE, 418),
        (Reply(500, {}), Kind.SOURCE, 500),
        (Reply(200, {}), Kind.NOT_JSON, 200),
        (Reply(200, "<html>", "text/html"), Kind.NOT_JSON, 200),
        (Reply(403, "<html>", "text/html"), Kind.NOT_JSON, 403),
    ],
)
@pytest.mark.parametrize("field", ["sourceProjectId", "sourceEnvironmentId", "sourceTag"])
async def test_a_list_that_is_refused(field: str, reply: Reply, kind: Kind, status: int) -> None:
    with pytest.raises(Failure) as caught:
        await found(field, helper=HELPER, handler=lambda _: reply)
    assert (caught.value.kind, caught.value.status_code) == (kind, status)
    assert HELPER not in str(caught.value)


# --- the token for looking


async def helper(handler: Handler = made, key: str = HELPER) -> SourceReport:
    async with serving(handler) as server, Http() as http:
        return await unleash_check.check_helper(Connection(http, server.url + "/", SecretStr(key)))


@pytest.mark.parametrize("user", [None, Reply(404, {}), Reply(200, []), Reply(200, {"user": None})])
async def test_a_token_for_looking_tells_what_it_lists_and_whose_it_is(user: Reply | None) -> None:
    report = await helper(lambda asked: user if user and asked.path.endswith("/user") else made(asked))
    assert (report.level, report.projects) == ("ok", ("default", "web-shop"))
    assert ("Ana Ruiz" in report.text) is (user is None)


@pytest.mark.parametrize(("key", "status", "is_sdk_key"), [(KEY, 403, True), ("user:unknown", 401, False)])
async def test_a_token_that_is_none(key: str, status: int, is_sdk_key: bool) -> None:
    with pytest.raises(Failure) as caught:
        await helper(key=key)
    assert (caught.value.kind, caught.value.status_code) == (Kind.SOURCE, status)
    assert ("SDK key" in caught.value.what) is is_sdk_key
    assert key not in str(caught.value)


@given(first=json_values | st.fixed_dictionaries({"projects": json_values}), user=json_values)
async def test_no_answer_about_a_token_raises_anything_but_a_failure(first: object, user: object) -> None:
    http = Scripted([(200, json.dumps(body).encode()) for body in (first, user)])
    assert (
        await report_or_failure(unleash_check.check_helper(Connection(http, "https://example.com", SecretStr(HELPER))))
    ).isprintable()


# --- counting


async def count(key: str = KEY, handler: Callable[[Asked], Reply] = made, **answers: str) -> int | None:
    async with serving(handler) as server, Http() as http:
        given = {**ANSWERS, **answers}
        found = await unleash_check.count_flags(Connection(http, server.url, SecretStr(key)), given)
        assert len(server.asked) == 1
        return found


async def test_flags_are_counted_by_one_request() -> None:
    assert await count() == 2
    assert await count(SEVERAL) == 3
    assert await count(EVERY) == 2
    assert await count(sourceTag="team:growth squad") == 1
    with pytest.raises(Failure):
        await count(sourceTag="payments")
