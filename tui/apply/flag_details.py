"""Details of a flag that an importer may set in its own way: the same for a whole run, so nobody's edit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from tui.apply.journal import Expected
from tui.launchdarkly.tags import is_tag
from tui.launchdarkly.whole_flags import WholeFlag

DEFAULTS = "default variations"
_Detail = Callable[[Expected, WholeFlag, str], tuple[object, object]]
_DETAILS: Mapping[str, _Detail] = {
    "description": lambda planned, flag, tag: (planned.description.strip(), flag.description.strip()),
    "tags": lambda planned, flag, tag: ({*filter(is_tag, planned.tags or ())} - {tag}, {*flag.tags} - {tag}),
    "variation names": lambda planned, flag, tag: (_planned_names(planned, flag), _names(planned, flag)),
    DEFAULTS: lambda planned, flag, tag: ((planned.on, planned.off), _defaults(planned, flag)),
}
"""By name: what is planned, and what the flag has. `tag` is the import's own, which is judged elsewhere."""


def unplanned(planned: Expected, flag: WholeFlag, tag: str) -> frozenset[str]:
    """The names of details that aren't as planned."""
    pairs = {name: detail(planned, flag, tag) for name, detail in _DETAILS.items()}
    return frozenset(name for name, (wanted, there) in pairs.items() if wanted != there)


def shared(flags: Collection[tuple[Expected, WholeFlag]], tag: str, *, at_least: int) -> frozenset[str]:
    """Names of details that differ from the plan in at least `at_least` flags and in most of the run."""

    def is_shared(detail: _Detail) -> bool:
        pairs = [detail(planned, flag, tag) for planned, flag in flags]
        differing = sum(wanted != there for wanted, there in pairs)
        telling = sum(wanted != there or bool(wanted) for wanted, there in pairs)
        return differing >= at_least and 2 * differing > telling

    return frozenset(name for name, detail in _DETAILS.items() if is_shared(detail))


def _planned_names(planned: Expected, flag: WholeFlag) -> tuple[str, ...]:
    return tuple(wanted.name for wanted, _ in zip(planned.variations, flag.variations, strict=False))


def _names(planned: Expected, flag: WholeFlag) -> tuple[str, ...]:
    """A variation without a name is as good as one with the planned name."""
    pairs = zip(planned.variations, flag.variations, strict=False)
    return tuple(there.name or wanted.name for wanted, there in pairs)


def _defaults(planned: Expected, flag: WholeFlag) -> tuple[int | None, int | None]:
    """Those that the plan knows."""
    return None if planned.on is None else flag.on, None if planned.off is None else flag.off
