"""A Split definition in one environment as targeting.

Members: docs.split.io/reference (feature flag definition, treatment, rule, condition, bucket) and the schema of Split's
own Python client for the Admin API. Prerequisites of a whole flag have one spelling in the SDKs (`n`, `ts`) and one in
full. Split serves whole percents: https://help.split.io, "percentage".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tui.sources.lenient import Object, elements, members, number, objects, text
from tui.sources.split.matchers import Problem, condition, matchers_of, parent_treatments, unknown_members
from tui.targeting.model import Parent, Rule, Shares, Target, Targeting
from tui.text import phrases
from tui.text.phrases import short

_ABOUT = frozenset({
    "id", "name", "description", "title", "comment", "comments", "tags", "owners", "flagSets", "sets", "environment",
    "workspace", "workspaceId", "creationTime", "lastUpdateTime", "lastTrafficReceivedAt", "changeNumber",
    "rolloutStatus", "rolloutStatusTimestamp", "impressionsDisabled", "baselineTreatment", "configurations",
})  # fmt: skip
"""Members of a definition that no evaluation depends on. The baseline is for metrics."""

_DEFINITION = _ABOUT | {
    "trafficType", "trafficTypeName", "killed", "treatments", "defaultTreatment", "trafficAllocation", "rules",
    "defaultRule", "prerequisites",
}  # fmt: skip
_TREATMENT = frozenset({"name", "description", "configurations", "configuration", "keys", "segments"})
_RULE = frozenset({"id", "name", "description", "comment", "label", "condition", "buckets"})
_CONDITION = frozenset({"combiner", "matchers"})
_BUCKET = frozenset({"treatment", "size"})
_PARENT = frozenset({"name", "n", "splitName", "flagName", "treatments", "ts", "treatment"})


def targeting_of(definition: Object, sdk: str = "") -> Targeting:
    """Return the targeting of a definition; parts that aren't understood are in `unknown`, each with a sentence.

    `sdk` is the language of Split's SDK that the app uses (javascript, python, go, ruby or java), which decides what a
    negated rule says of a missing attribute; "" if it isn't known.
    """
    problems: dict[str, None] = {}

    def report(where: str, what: str) -> None:
        problems.setdefault(f"{where} has {what}. Rebuild this flag by hand.")

    problem = partial(report, "The flag")
    _check(definition, _DEFINITION, problem)
    names = _treatments(definition, problem)
    off = text(definition.get("defaultTreatment"))
    if off not in names:
        problem("a default treatment that is none of its treatments")
    return Targeting(
        origin="split",
        flag=text(definition.get("name")),
        kind=_kind(definition, problem),
        variations=names,
        on=_is_on(definition, problem),
        off=off or None,
        default=Shares(_parts(definition.get("defaultRule"), names, partial(report, "The default rule"))),
        rules=tuple(_rules(definition, names, sdk, report)),
        targets=tuple(_targets(definition, problem)),
        parents=tuple(_parents(definition.get("prerequisites"), problem)),
        allocation=_allocation(definition, problem),
        configured=tuple(configured(definition)),
        unknown=tuple(problems),
    )


def _check(part: Object, known: frozenset[str], problem: Problem) -> None:
    if part.keys() <= known:  # nearly always, and there may be many parts
        return
    for name in unknown_members(part, known):
        problem(f"an unknown member ({name})")


def _treatments(definition: Object, problem: Problem) -> tuple[str, ...]:
    names = tuple(text(treatment.get("name")) for treatment in objects(definition.get("treatments")))
    if not names:
        problem("no treatments in this environment")
    if "" in names or len(set(names)) < len(names):
        problem("treatments without a name, or with the same name")
    return names


def _kind(definition: Object, problem: Problem) -> str:
    kind = members(definition.get("trafficType")).get("name") or definition.get("trafficTypeName")
    if not isinstance(kind, str):
        problem("no traffic type")
    return text(kind)


def _is_on(definition: Object, problem: Problem) -> bool:
    killed = definition.get("killed")
    if killed not in (None, True, False, "true", "false"):
        problem(f"an unknown state (killed: {phrases.value(killed)})")
    return killed not in (True, "true")


def _allocation(definition: Object, problem: Problem) -> float:
    written = definition.get("trafficAllocation")
    if written is None:
        return 100.0
    share = number(written)
    if not _is_whole_percent(share):
        problem(f"a traffic allocation that is no whole percentage ({phrases.value(written)})")
    return 100.0 if share is None else share


def _is_whole_percent(share: float | None) -> bool:
    return share is not None and 0 <= share <= 100 and share.is_integer()


def _parts(buckets: object, names: Sequence[str], problem: Problem) -> tuple[tuple[str, float], ...]:
    """Treatments with their percents; one that isn't from 0 to 100 counts as 0, as it does in sentences."""
    parts: list[tuple[str, float]] = []
    for bucket in objects(buckets):
        _check(bucket, _BUCKET, problem)
        treatment, size = text(bucket.get("treatment")), number(bucket.get("size"))
        if treatment not in names:
            problem(f"a share for an unknown treatment ({short(treatment) or 'no name'})")
        if not _is_whole_percent(size):
            problem(f"a share that is no whole percentage ({phrases.value(bucket.get('size'))})")
        parts.append((treatment, size if size is not None and 0 <= size <= 100 else 0.0))
    if sum(size for _, size in parts) != 100:
        problem("shares that don't add up to 100")
    return tuple(parts)


def _rules(definition: Object, names: Sequence[str], sdk: str, report: Callable[[str, str], None]) -> Iterator[Rule]:
    rules = definition.get("rules")
    if rules is not None and not isinstance(rules, list):
        report("The flag", "rules that are no list")
    for place, rule in enumerate(objects(rules), 1):
        problem = partial(report, f"Rule {place}")
        group, matchers = members(rule.get("condition")), matchers_of(rule)
        _check(rule, _RULE, problem)
        _check(group, _CONDITION, problem)
        # AND is the only combiner there is.
        written = group.get("combiner")
        combiner = short(text(written)) or "AND"
        if combiner != "AND" or (written is not None and not isinstance(written, str)):
            problem(f"an unknown combiner ({combiner})")
        if not matchers:
            problem("no matchers")
        conditions = tuple(condition(matcher, sdk, problem) for matcher in matchers)
        yield Rule(conditions, Shares(_parts(rule.get("buckets"), names, problem)), combiner=combiner)


def _targets(definition: Object, problem: Problem) -> Iterator[Target]:
    for treatment in objects(definition.get("treatments")):
        _check(treatment, _TREATMENT, problem)
        keys = _texts(treatment.get("keys"), "keys", problem)
        segments = _texts(treatment.get("segments"), "segments", problem)
        if keys or segments:
            yield Target(text(treatment.get("name")), keys, segments)


def _texts(value: object, what: str, problem: Problem) -> tuple[str, ...]:
    if value is None:
        return ()
    texts = tuple([item for item in elements(value) if isinstance(item, str) and item])
    if len(texts) != len(elements(value)) or not isinstance(value, list):
        problem(f"a treatment whose {what} can't be read")
    return texts


def _parents(prerequisites: object, problem: Problem) -> Iterator[Parent]:
    """A list, or treatments by the other flag's name; a name alone is a flag that must serve something."""
    if isinstance(prerequisites, dict):
        prerequisites = [{"name": name, "treatments": treatments} for name, treatments in prerequisites.items()]
    if prerequisites is None:
        return
    if not isinstance(prerequisites, list):
        problem("prerequisites that can't be read")
    for parent in elements(prerequisites):
        item = members(parent)
        _check(item, _PARENT, problem)
        names = (item[key] for key in ("name", "n", "splitName", "flagName") if key in item)
        name = text(parent) or text(next(names, None))
        treatments = parent_treatments(item)
        if not name or not treatments:
            problem("a prerequisite without a name or treatments")
        yield Parent(name, treatments)


# --- dynamic configurations


_NO_CONFIGURATION: tuple[object, ...] = (None, "", "{}", "null", {})


def configured(definition: Object) -> Iterator[str]:
    """Yield the treatments that have a dynamic configuration: their own, or in one object of all as in the SDKs."""
    of_all = members(definition.get("configurations"))
    for treatment in objects(definition.get("treatments")):
        name = text(treatment.get("name"))
        values = (treatment.get("configurations"), treatment.get("configuration"), of_all.get(name))
        if any(value is not None and _without_blanks(value) not in _NO_CONFIGURATION for value in values):
            yield name


def _without_blanks(value: object) -> object:
    return "".join(value.split()) if isinstance(value, str) else value
