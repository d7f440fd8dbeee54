"""What LaunchDarkly accepts as a tag. Source: its documentation of tags, and the errors of its REST API."""

from __future__ import annotations

import re

TAG = re.compile(r"[a-zA-Z0-9_.-]+")
LONGEST_TAG = 64


def is_tag(text: str) -> bool:
    """Whether LaunchDarkly accepts this as a tag."""
    return len(text) <= LONGEST_TAG and bool(TAG.fullmatch(text))
