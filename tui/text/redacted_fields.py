"""Types of dataclass fields from which keys are taken out when a pydantic adapter writes them.

Each names the kind of text that a field has (see `redact`). The adapter gets the `Redactor` as its context.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tui.text.redact import Redactor

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, SerializationInfo
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class _Redacted:
    redact: Callable[[Redactor, str], str]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic import PlainSerializer  # deferred: these types are also used where nothing is written

        def written(value: object, info: SerializationInfo[Redactor]) -> object:
            return self.redact(info.context, value) if isinstance(value, str) else value

        return PlainSerializer(written).__get_pydantic_core_schema__(source, handler)


DataText = Annotated[str, _Redacted(Redactor.data)]
DataValue = Annotated[object, _Redacted(Redactor.data)]
"""A JSON value that is data if it is a text."""
ForeignText = Annotated[str, _Redacted(Redactor.foreign)]
SentenceText = Annotated[str, _Redacted(Redactor.__call__)]
