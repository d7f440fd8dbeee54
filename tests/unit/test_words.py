"""Phrases that must not come back: in what people read, in docstrings, and in comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PHRASES = re.compile(
    r"\b(?:made-up|anew|somebody|anybody|put right|in place of|what became of|gone on with|go on with|goes on with"
    r"|left alone|by hand again|made again|rehearse|whereof|thereby|save that|so many|can be come back to"
    r"|stands? (?:in|there|here)|is told|are told|known of|asked of|told of|under way|the same without a screen"
    r"|demo imports?|(?:in|start|leave|quit) the demo(?! [a-zA-Z])|cut-over checklist"
    r"|practice company|token for looking|passing trouble|nobody (?:knows|planned|has|touched))\b",
    re.IGNORECASE,
)
_READ = ("tui/**/*.py", "tui/**/*.json", "tui/**/templates/*", "README.md", "CONTRIBUTING.md")


def _found() -> Iterator[str]:
    for pattern in _READ:
        for path in sorted(_ROOT.glob(pattern)):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                for phrase in _PHRASES.finditer(line):
                    yield f"{path.relative_to(_ROOT)}:{number}: {phrase[0]}"


def test_phrases_do_not_come_back() -> None:
    assert list(_found()) == []
