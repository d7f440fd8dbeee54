"""Imports to report on, made by hand: their journals and verifications, without any server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.unit.plan_tools import READ_AT
from tui.apply.journal import Expected, Identity, Journal, LeftOut, Stage, trace_of
from tui.apply.verify import Promise, Verification, compare
from tui.launchdarkly.instances import EU
from tui.launchdarkly.models import FlagState, FlagVariation, WholeFlag
from tui.sources.flags import BOOLEAN
from tui.targeting.losses import Lost

NOW = READ_AT + 400
ENVIRONMENTS = ("test", "staging", "production")
TAG = "imported-from-unleash"


def expected(key: str, *lost: Lost, on: bool = False, **more: Any) -> Expected:
    """A boolean flag without tags that are known; `more` goes over the rest."""
    given: dict[str, Any] = {
        "name": key, "description": "", "tags": None, "variations": BOOLEAN, "on": 0, "off": 1,
    } | more  # fmt: skip
    return Expected(key=key, on_at_source=on, lost=lost, **given)


def there(flag: Expected, on_in: Iterable[str] = (), **more: Any) -> WholeFlag:
    """The flag as it arrives, off everywhere but in `on_in`; `more` goes over the rest."""
    given: dict[str, Any] = {
        "name": flag.name, "description": flag.description, "tags": (TAG,),
        "variations": tuple(FlagVariation(each.value, each.name) for each in flag.variations),
        "on": flag.on, "off": flag.off, "maintainer": "", "archived": False, "created": 1, "version": 1,
        "environments": {each: FlagState(each in on_in, 1, 1) for each in ENVIRONMENTS},
    } | more  # fmt: skip
    return WholeFlag(key=flag.key, **given)


def journal(*flags: Expected, left_out: Iterable[LeftOut] = (), **more: Any) -> Journal:
    """The journal of an import that ended complete five minutes after its plan, unless `more` says otherwise."""
    given: dict[str, Any] = {
        "identity": Identity(EU.url, "web-shop", "unleash", "Unleash production"),
        "tags": ("migration",),
        "config": {
            "sourceBaseUrl": "https://unleash.example.com", "sourceProjectId": "default",
            "sourceEnvironmentId": "production", "sourceTag": "", "ldTag": TAG,
        },
        "references": {"sourceApiKey": "env:UNLEASH_SDK_KEY", "ldApiKey": "keyring"},
        "planned_at": READ_AT,
        "notes": (),
        "before": frozenset(),
        "who": "Ada Lovelace",
        "stage": Stage.ENDED,
        "configuration": "12ab3c4d5ef1a2345bcde67f",
        "sent_at": READ_AT + 60,
        "started_at": READ_AT + 61,
        "ended_at": READ_AT + 291,
        "ended": "complete",
    } | more  # fmt: skip
    return Journal(expected=flags, left_out=tuple(left_out), **given)


def verification(made: Journal, flags: Iterable[WholeFlag]) -> Verification:
    """What the real comparison says of these flags."""
    promise = Promise(EU, made.identity.project, made.expected, made.before, made.flag_tag, made.maintainer)
    return compare(promise, {flag.key: flag for flag in flags}, ENVIRONMENTS)


def traces(flags: Iterable[WholeFlag]) -> Mapping[str, Any]:
    return {flag.key: trace_of(flag) for flag in flags}


def partial_import() -> tuple[Journal, Verification]:
    """44 of 47 arrived, 3 are missing, 1 is different, 1 is on, 1 was not planned; 14 never were to arrive."""
    rollout = Lost("percentage-rollout", "25 % by user id: on")
    rules = Lost("targeting-rules", "country is one of DE, AT, CH: on")
    constraint = Lost("constraints", "appVersion is at least 4.2 and region is not one of us-east, us-west: on")
    names = ("checkout-v2", "dark-mode", "search-boost", "promo-2025", "promo-2026", "beta-search")
    flags = [expected(names[n] if n < len(names) else f"shop-feature-{n:02d}", *_losses(n, rollout, rules, constraint),
                      on=n % 3 != 2) for n in range(47)]  # fmt: skip
    left_out = [
        *(LeftOut(f"old-{n}", "skip-exists", "made there 2 Mar 2025") for n in range(9)),
        LeftOut("retired", "skip-archived", "archived there; its key is still taken"),
        *(LeftOut(f"promo~{n}", "invalid-key", '"~" is not allowed') for n in range(3)),
        LeftOut("checkout-v2", "duplicate", "the source lists this name twice; the first one counts"),
    ]
    errors = (
        "23 Nov 14:06:04: tag is not valid for promo-2025 (400)",
        "23 Nov 14:06:40: sourceApiKey: Forbidden (403)",
        "23 Nov 14:06:41: something nobody has seen before",
    )
    arrived = [there(each) for each in flags if each.key not in ("promo-2025", "promo-2026", "beta-search")]
    arrived[0] = there(flags[0], off=0, description="Moved by hand")
    arrived[2] = there(flags[2], ("staging",))
    made = journal(*flags, left_out=left_out, ended="partial", errors=errors, traces=traces(arrived),
                   notes=("The source's key cannot read tags.",))  # fmt: skip
    return made, verification(made, [*arrived, there(expected("surprise"))])


def _losses(n: int, rollout: Lost, rules: Lost, constraint: Lost) -> tuple[Lost, ...]:
    return tuple(lost for lost, every in ((rollout, 4), (rules, 3), (constraint, 7)) if n % every == 0)
