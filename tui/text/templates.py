"""Documents from Jinja templates. Jinja is loaded for the first document, not before."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(template: Path, escape: Callable[[str], str], **values: object) -> str:
    """Return the document of `template` with `values`. Every value goes through `escape` once."""
    return _environment(template.parent, escape).get_template(template.name).render(values)


@cache
def _environment(folder: Path, escape: Callable[[str], str]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def escaped(value: object) -> Markup:
        return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - it was escaped

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,  # leaves what `finalize` has marked, and would escape anything that got past it
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["escaped"] = escaped
    environment.filters["number"] = lambda count: f"{count:,}"
    return environment
