"""What is read of real Unleash servers: against labels written by hand, and against Unleash's own client."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pydantic import SecretStr
from UnleashClient.clients.unleash_client import UnleashClient

from tests.real import unleash_seed as seed
from tests.real.unleash_server import Unleash
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.sources.base import Connection
from tui.sources.flags import BOOLEAN, Batch, SourceFlag, Variation
from tui.sources.unleash import check as unleash_check
from tui.sources.unleash import flags as unleash_flags
from tui.sources.unleash.targeting import targeting_of
from tui.targeting import losses as loss

pytestmark = pytest.mark.timeout(600)  # the first one may have to install the servers

Flags = Mapping[str, SourceFlag]
NO_ANSWERS: Mapping[str, str] = {}


async def batches(unleash: Unleash, key: str, answers: Mapping[str, str] = NO_ANSWERS) -> list[Batch]:
    secret = SecretStr(unleash.keys[key])
    async with Http() as http:
        return [batch async for batch in unleash_flags.list_flags(Connection(http, unleash.address, secret), answers)]


async def read(unleash: Unleash, key: str, answers: Mapping[str, str] = NO_ANSWERS) -> Flags:
    return {flag.key: flag for batch in await batches(unleash, key, answers) for flag in batch.flags}


async def count(unleash: Unleash, key: str, answers: Mapping[str, str]) -> int | None:
    async with Http() as http:
        return await unleash_check.count_flags(Connection(http, unleash.address, SecretStr(unleash.keys[key])), answers)


def by_unleash_client(unleash: Unleash, key: str, project: str | None = None) -> set[str]:
    """The names that Unleash's own client reads."""
    client = UnleashClient(
        url=f"{unleash.address}/api",
        app_name="reader",
        custom_headers={"Authorization": unleash.keys[key]},
        project_name=project,
        disable_metrics=True,
        disable_registration=True,
    )
    client.initialize_client()
    try:
        return set(client.feature_definitions())
    finally:
        client.destroy()


@pytest.mark.parametrize(
    ("key", "project", "projects"),
    [
        ("production", None, (seed.DEFAULT,)),
        ("development", None, (seed.DEFAULT,)),
        ("both", None, (seed.DEFAULT, seed.SHOP)),
        ("everything", None, (seed.DEFAULT, seed.SHOP)),
        ("everything", "web-shop", (seed.SHOP,)),
        ("everything-development", "default", (seed.DEFAULT,)),
    ],
)
async def test_unleash_client_reads_the_same_names(
    unleash: Unleash, key: str, project: str | None, projects: tuple[str, ...]
) -> None:
    names = by_unleash_client(unleash, key, project)
    assert names == set(await read(unleash, key, {"sourceProjectId": project} if project else {}))
    assert names == set(seed.listed(unleash.version, *projects))


async def test_each_flag_in_production_loses_what_was_labelled(unleash: Unleash) -> None:
    flags = await read(unleash, "both")
    labels = seed.listed(unleash.version)
    assert {key: flag.losses for key, flag in flags.items()} == {key: label.lost for key, label in labels.items()}


async def test_each_flag_in_development_loses_what_was_labelled(unleash: Unleash) -> None:
    flags = await read(unleash, "everything-development")
    labels = seed.listed(unleash.version)
    assert {key: flag.losses for key, flag in flags.items()} == {
        key: label.lost_in_development for key, label in labels.items()
    }


async def test_explanations_are_of_the_kinds_told_and_name_what_is_lost(unleash: Unleash) -> None:
    labels = seed.listed(unleash.version)
    for key, flag in (await read(unleash, "both")).items():
        explained = loss.explained(targeting_of(flag.definition))
        assert {lost.kind for lost in explained} == set(labels[key].lost), key
        said = " ".join(lost.text for lost in explained)
        assert not [word for word in labels[key].words if word not in said], (key, said)


async def test_several_strategies_are_told_apart(unleash: Unleash) -> None:
    explained = loss.explained(targeting_of((await read(unleash, "production"))["several"].definition))
    assert [(lost.kind, lost.text.rpartition(" (")[2]) for lost in explained] == [
        (loss.INDIVIDUAL_TARGETS, "strategy 1)"),
        (loss.PERCENTAGE_ROLLOUT, "strategy 2)"),
        (loss.CONSTRAINTS, "strategy 2)"),
        (loss.TARGETING_RULES, "strategy 3)"),
    ]


async def test_a_segment_is_named_and_no_constraint(unleash: Unleash) -> None:
    (lost,) = loss.explained(targeting_of((await read(unleash, "production"))["in-segment"].definition))
    assert (lost.kind, "beta testers" in lost.text) == (loss.SEGMENTS, True)


async def test_a_parent_that_must_be_off_is_told(unleash: Unleash) -> None:
    flags = await read(unleash, "production")
    (must_be_on,) = loss.explained(targeting_of(flags["child"].definition))
    (must_be_off,) = loss.explained(targeting_of(flags["rebel"].definition))
    assert must_be_on.text != must_be_off.text
    assert "off" in must_be_off.text


async def test_inverted_constraints_say_the_contrary(unleash: Unleash) -> None:
    (lost,) = loss.explained(targeting_of((await read(unleash, "production"))["operators"].definition))
    assert "email does not contain" in lost.text
    assert "appVersion is not after version 1.2.0" in lost.text
    assert len(lost.text.split(" and ")) >= len(seed.OPERATORS)


@pytest.mark.parametrize(
    ("key", "environment"), [("both", seed.PRODUCTION), ("everything-development", seed.DEVELOPMENT)]
)
async def test_on_is_what_was_labelled(unleash: Unleash, key: str, environment: str) -> None:
    labels = seed.listed(unleash.version)
    flags = await read(unleash, key)
    assert {name for name, flag in flags.items() if flag.on_at_source} == {
        name for name, label in labels.items() if environment in label.on
    }


async def test_flags_arrive_as_booleans_unless_they_have_variants_of_their_own(unleash: Unleash) -> None:
    for key, flag in (await read(unleash, "both")).items():
        old = seed.listed(unleash.version)[key].legacy
        variations = tuple(Variation(one["name"], one["name"]) for one in old) or BOOLEAN
        assert (flag.variations, flag.on, flag.off) == (variations, 0, None if old else 1), key
        assert flag.tags is None
        assert flag.name == key


async def test_variants_of_their_own_belong_to_an_environment(unleash: Unleash) -> None:
    assert (await read(unleash, "development"))["old-variants"].variations == BOOLEAN


async def test_only_what_is_not_known_is_warned_of(unleash: Unleash) -> None:
    warned = {key for key, flag in (await read(unleash, "both")).items() if flag.warnings}
    assert warned == {"home-made", "old-variants"}


async def test_a_hostile_description_is_kept_letter_by_letter(unleash: Unleash) -> None:
    flag = (await read(unleash, "production"))["loud"]
    assert flag.definition["description"] == seed.listed(unleash.version)["loud"].description
    assert flag.description == flag.definition["description"]
    assert not flag.description.isprintable()


async def test_archived_flags_are_not_listed_and_stale_ones_are(unleash: Unleash) -> None:
    flags = await read(unleash, "everything")
    assert "gone" not in flags
    assert flags["old-banner"].definition["stale"] is True


@pytest.mark.parametrize(
    ("key", "project", "tag", "matches"),
    [
        ("production", "default", "simple:payments", {"checkout-v2", "kill-payments"}),
        ("production", "default", "team:growth squad", {"default-strategy", "kill-payments"}),
        ("both", "default", "simple:payments", {"checkout-v2", "kill-payments", "shop-banner"}),
        ("everything", "web-shop", "simple:payments", {"shop-banner"}),
        ("everything", "nowhere", "", set()),
        ("production", "default", "simple:nothing", set()),
    ],
)
async def test_a_tag_narrows_and_a_project_only_for_a_key_of_all(
    unleash: Unleash, key: str, project: str, tag: str, matches: set[str]
) -> None:
    answers = {"sourceProjectId": project, "sourceTag": tag}
    assert set(await read(unleash, key, answers)) == matches
    assert await count(unleash, key, answers) == len(matches)


async def test_a_project_that_the_key_does_not_read_is_the_fields_fault(unleash: Unleash) -> None:
    with pytest.raises(Failure) as caught:
        await read(unleash, "production", {"sourceProjectId": "web-shop", "sourceTag": "simple:payments"})
    assert (caught.value.kind, caught.value.field) == (Kind.CREDENTIAL, "sourceProjectId")


async def test_a_tag_without_its_type_is_the_field_s_fault(unleash: Unleash) -> None:
    with pytest.raises(Failure) as caught:
        await count(unleash, "production", {"sourceTag": "payments"})
    assert (caught.value.status_code, caught.value.field) == (400, "sourceTag")
    assert (caught.value.remedy, caught.value.about) == (Remedy.ENTER_TAG, "simple:payments")


@pytest.mark.parametrize("key", ["admin", "personal"])
async def test_a_token_for_looking_lists_no_flags(unleash: Unleash, key: str) -> None:
    with pytest.raises(Failure) as caught:
        await batches(unleash, key)
    assert (caught.value.kind, caught.value.field) == (Kind.CREDENTIAL, "sourceApiKey")


async def test_counts_of_the_listing_end_in_all(unleash: Unleash) -> None:
    *_, last = await batches(unleash, "production")
    number = len(seed.listed(unleash.version, seed.DEFAULT))
    assert (last.read, last.total) == ({"flags": number}, {"flags": number})


async def test_what_the_key_covers_beyond_the_choice_is_noted(unleash: Unleash) -> None:
    first, *_ = await batches(unleash, "both", {"sourceProjectId": "default"})
    covered = [note for note in first.notes if note.startswith("The SDK key reads web-shop as well as default")]
    assert len(covered) == 1, first.notes
