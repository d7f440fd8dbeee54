"""What a person with an account on the practice servers has at hand."""

from __future__ import annotations

from tui.sandbox.server import Sandbox

KEYS = {"split": "workspaceApiKey", "unleash": "sourceApiKey"}
"""The form variable that holds the source's key."""

FIELD_STEPS = ("launchdarkly", "keys", "fields")


def answers(box: Sandbox, integration: str) -> dict[str, dict[str, str]]:
    """By step: what a person with an account on the practice servers would paste, by the input's id."""
    there = box.addresses()
    ld, split, unleash = there["launchdarkly"], there["split"], there["unleash"]
    keys = {
        "split": {"#field-source-api": split["api"], "#field-workspaceApiKey": split["key"]},  # a key is sent when left
        "unleash": {"#field-sourceBaseUrl": unleash["url"], "#field-sourceApiKey": unleash["key"]},
    }
    fields = {
        "split": {"#field-workspaceId": split["workspace"], "#field-environmentId": split["environment"]},
        "unleash": {"#field-sourceProjectId": unleash["project"], "#field-sourceEnvironmentId": unleash["environment"]},
    }
    return {
        "launchdarkly": {"#host": ld["url"], "#token": ld["token"], "#project": ld["project"]},
        "keys": {**keys[integration], "#field-ldApiKey": ld["import_key"]},
        "fields": fields[integration],
    }
