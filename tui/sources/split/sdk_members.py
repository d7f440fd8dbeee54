"""Split's matchers as its SDKs write them, brought under the Admin API's names.

The members are those of Split's Java SDK (`io.split.client.dtos.Matcher`), where most of them are null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.sources.shapes import Object, members, text


def under_admin_names(matcher: Object) -> Object:
    """The matcher with each SDK member also under its Admin API name, where nothing is there."""
    translated: dict[str, object] = {}
    for name, translate in _MEMBERS.items():
        if matcher.get(name) is not None:
            translated |= translate(matcher[name])
    if not translated:
        return matcher
    return {**translated, **{name: value for name, value in matcher.items() if value is not None}}


def _one_of(admin: str, sdk: str) -> Callable[[object], Object]:
    """A member that is the value itself, or an object that holds it under `sdk`."""
    return lambda data: {admin: data.get(sdk) if isinstance(data, dict) else data}


def _unary_number(data: object) -> Object:
    kind = text(members(data).get("dataType"))
    return {"date" if kind == "DATETIME" else "number": members(data).get("value"), "dataType": kind}


def _between(data: object) -> Object:
    return {"between": data, "dataType": members(data).get("dataType")}


_MEMBERS: Mapping[str, Callable[[object], Object]] = {
    "matcherType": lambda data: {"type": data},
    "keySelector": lambda data: {"attribute": members(data).get("attribute")},
    "whitelistMatcherData": _one_of("strings", "whitelist"),
    "unaryNumericMatcherData": _unary_number,
    "betweenMatcherData": _between,
    "betweenStringMatcherData": _between,
    "unaryStringMatcherData": _one_of("string", "value"),
    "stringMatcherData": _one_of("string", "value"),
    "booleanMatcherData": _one_of("bool", "value"),
    "dependencyMatcherData": lambda data: {"depends": data},
    "userDefinedSegmentMatcherData": _one_of("string", "segmentName"),
    "userDefinedLargeSegmentMatcherData": _one_of("string", "largeSegmentName"),
}
