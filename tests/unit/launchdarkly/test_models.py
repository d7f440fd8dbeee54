"""Reading LaunchDarkly's answers: lenient in everything but identity, and no input raises but Failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.launchdarkly import models
from tui.launchdarkly.instances import EU, FEDERAL, INSTANCES, US, Instance, instance
from tui.launchdarkly.models import (
    CallerIdentity,
    Configuration,
    Flag,
    FlagState,
    FlagVariation,
    ImportStatus,
    Member,
    Project,
    WholeFlag,
    parse,
    parse_page,
)
from tui.launchdarkly.words import access_in_words, fault_in_words, status_in_words
from tui.net.address import AddressError
from tui.net.errors import Failure, Kind
from tui.text.times import moment

FULL = {
    "_links": {"self": {"href": "/api/v2/x", "type": "application/json"}, "odd": 3},
    "_id": "12ab3c4d5ef1a2345bcde67f",
    "integrationKey": "unleash",
    "projectKey": "web-shop",
    "config": {"sourceApiKey": "CANARY"},
    "tags": ["a", None, 3],
    "name": "Unleash production",
    "version": "2",
    "_status": {
        "status": "importing",
        "lastImport": "1717263000000",
        "lastError": 0,
        "errors": [{"message": "Forbidden", "statusCode": "403", "timestamp": 1717263000000}, "junk"],
    },
    "_access": {
        "allowed": [
            {"action": "triggerFlagImport", "reason": {"effect": "allow"}},
            {"action": "updateIntegration"},
        ],
        "denied": [{"action": "deleteIntegration", "reason": {"effect": "deny", "role_name": "Writer"}}],
    },
    "of tomorrow": 1,
}


def test_a_whole_configuration() -> None:
    read = parse(Configuration, FULL)
    assert (read.id, read.integration_key, read.project_key) == (
        "12ab3c4d5ef1a2345bcde67f",
        "unleash",
        "web-shop",
    )
    assert (read.name, read.version, read.tags) == ("Unleash production", 2, ("a", "3"))
    assert read.config == {"sourceApiKey": "CANARY"}
    assert "CANARY" not in repr(read)
    assert (read.status.last_import, read.status.last_error) == (1717263000000, None)
    assert [(fault.message, fault.status_code) for fault in read.status.errors] == [("Forbidden", 403)]


@pytest.mark.parametrize("nothing", [None, {}, [], 3, "", True, {"status": None, "errors": None}])
def test_everything_but_the_id_may_be_missing(nothing: object) -> None:
    names = set(FULL) - {"_id"}
    bare = parse(Configuration, {"_id": "x"})
    assert parse(Configuration, {"_id": "x", **dict.fromkeys(names, nothing)}).status.errors == bare.status.errors == ()
    assert (bare.config, bare.access, bare.version, bare.status.status) == (None, None, None, "")


def test_an_unknown_status_is_kept() -> None:
    assert parse(Configuration, {"_id": "x", "_status": {"status": "paused"}}).status.status == "paused"
    assert parse(Configuration, {"_id": "x", "_status": "queued"}).status.status == "queued"


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"_id": None}, {"_id": ""}, {"_id": {}}, {"id": "x"}])
def test_without_an_id_it_is_no_configuration(value: object) -> None:
    with pytest.raises(Failure, match="not a flag import configuration") as caught:
        parse(Configuration, value)
    assert (caught.value.kind, caught.value.sent) == (Kind.NOT_JSON, True)


def test_a_list_with_one_unreadable_entry_is_refused_whole() -> None:
    # Leaving it out would let a look-up say "not there".
    with pytest.raises(Failure, match="a list of flag import configurations"):
        parse_page(Configuration, {"items": [FULL, {"name": "CANARY"}]})
    with pytest.raises(Failure):
        parse_page(Configuration, [FULL])


def test_a_next_page_is_only_ever_a_query() -> None:
    page = parse_page(
        Configuration, {"items": [], "_links": {"next": {"href": "https://evil.example/x?offset=20&a=\r\n"}}}
    )
    assert page.next == "offset=20&a=%0D%0A"
    assert models.parse_tags({"items": ["a", None, 1], "totalCount": "7"}).items == ("a", "1")
    assert models.parse_tags({"items": ["a"], "totalCount": "7"}).total_count == 7


FLAG = {
    "key": "checkout", "name": "Checkout", "description": "d", "tags": ["a"],
    "variations": [{"value": True, "name": "on"}, {"value": {"x": 1}}],
    "defaults": {"onVariation": 0, "offVariation": 1},
    "maintainerId": "m1", "archived": False, "creationDate": 5, "_version": 3,
    "environments": {"test": {"on": True, "version": 7, "lastModified": "9"}},
}  # fmt: skip


def test_a_flag_is_read_whole() -> None:
    assert parse(WholeFlag, FLAG) == WholeFlag(
        "checkout", "Checkout", "d", ("a",), (FlagVariation(True, "on"), FlagVariation({"x": 1}, "")),
        on=0, off=1, maintainer="m1", archived=False, created=5, version=3,
        environments={"test": FlagState(True, 7, 9, None)},
    )  # fmt: skip


def test_states_that_are_not_told_are_not_off() -> None:
    bare = {key: value for key, value in FLAG.items() if key != "environments"}
    assert parse(WholeFlag, bare).environments is None
    assert parse(WholeFlag, {**FLAG, "environments": {}}).environments == {}


@pytest.mark.parametrize("value", [None, {}, {"items": None}, {"items": [{}]}, {"items": [{"key": 7.5e300}]}])
def test_what_is_no_list_of_flags_is_refused(value: object) -> None:
    with pytest.raises(Failure):
        parse_page(WholeFlag, value)


# --- any JSON

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
_KEYS = sorted({
    *FULL, *FLAG, "items", "totalCount", "memberId", "customRoles", "accesses", "target", "date",
})  # fmt: skip
_SHAPED = st.dictionaries(st.sampled_from(_KEYS), _JSON | st.sampled_from(list(FULL.values())))
_READERS: list[Callable[[object], object]] = [
    *(partial(models.parse, kind) for kind in (Configuration, CallerIdentity, Member, Project, WholeFlag)),
    *(partial(models.parse_page, kind) for kind in (Configuration, Member, Project, Flag, WholeFlag)),
    models.parse_tags,
    models.parse_environments,
    models.parse_audit_log,
]


@pytest.mark.parametrize("read", _READERS)
@given(value=_JSON | _SHAPED | st.builds(lambda one: {"items": [one]}, _SHAPED))
def test_no_input_raises_anything_but_failure(read: Callable[[object], object], value: object) -> None:
    with suppress(Failure):
        repr(read(value))


@given(_SHAPED, st.text(min_size=1))
def test_whatever_was_read_can_be_said(value: dict[str, object], name: str) -> None:
    read = parse(Configuration, {**value, "_id": f"x{name}"})
    for line in (access_in_words(read.access), *status_in_words(read.status)):
        assert line.isprintable()
        assert line
    json.dumps(read.name).encode()


def test_odd_numbers_and_letters_of_json() -> None:
    status = '{"lastImport": 1e400, "lastError": NaN}'
    text = f'{{"_id": "x", "name": "\\ud800", "version": 1e999, "_status": {status}}}'
    read = parse(Configuration, json.loads(text))
    assert (read.version, read.status.last_import, read.status.last_error) == (None, None, None)
    assert read.name == "?"
    assert parse(Configuration, {"_id": 7, "version": 10**5000, "name": 10**5000}).id == "7"


def test_access_in_words() -> None:
    read = parse(Configuration, FULL)
    assert access_in_words(read.access) == "You can start and edit, but not delete (role Writer)."


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (None, "Can't tell what your token can do with it."),
        ({"allowed": [], "denied": []}, "Can't tell what your token can do with it."),
        (
            {"allowed": [{"action": "*", "reason": {"role_name": "Admin"}}]},
            "You can do everything (role Admin).",
        ),
        ({"denied": [{"action": "deleteIntegration"}, {"action": "deleteX"}]}, "You can't delete."),
        ({"allowed": [{"action": "bake\x1b[2J"}]}, "You can bake\ufffd[2J."),
    ],
)
def test_access_of_other_shapes(access: object, words: str) -> None:
    assert access_in_words(parse(Configuration, {"_id": "x", "_access": access}).access) == words


def test_status_in_words() -> None:
    at = moment(1717263000)
    assert status_in_words(parse(Configuration, FULL).status) == (
        "importing",
        f"last import {at}",
        f"{at}: Forbidden (403)",
    )
    assert status_in_words(ImportStatus()) == ("unknown",)
    odd = ImportStatus.model_validate({"status": "half\x07done", "errors": [{}, {"message": "x" * 999}]})
    lines = status_in_words(odd)
    assert lines[:2] == ("half\ufffddone", "an error without a message")
    assert len(lines[2]) == 200
    assert fault_in_words(odd.errors[0]) == lines[1]


def test_a_moment_is_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC-5")
    time.tzset()
    try:
        assert moment(1_795_442_531) == "23 Nov 19:02:11"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("us", US),
        (" EU ", EU),
        ("federal", FEDERAL),
        ("https://app.eu.launchdarkly.com/", EU),
        ("https://app.launchdarkly.com/projects/default/flags?env=x", US),
        ("https://app.launchdarkly.us/api/v2", FEDERAL),
        *(
            (f"{url}/api/v2/", Instance(url, url.partition("//")[2], url))
            for url in ("https://ld.example.com", "http://127.0.0.1:8080")
        ),
    ],
)
def test_instances(text: str, found: Instance) -> None:
    assert instance(text) == found
    assert instance(found.key) == found


def test_what_is_no_instance() -> None:
    assert {one.key for one in INSTANCES} == {"us", "eu", "federal"}
    with pytest.raises(AddressError):
        instance("asia")
    assert instance("https://app.launchdarkly.com.evil.example").key not in {"us", "eu", "federal"}
