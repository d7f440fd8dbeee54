"""The roles a field can play: how a paste into it is tidied, how an answer is judged while it is typed."""

from __future__ import annotations

from dataclasses import dataclass

from tui.answers import rules
from tui.answers.addresses import check_base_url, check_host, check_uri
from tui.answers.fields import KINDS, Tidied, Variable
from tui.answers.finding import Finding
from tui.answers.rules import Answers, Check, Secrets
from tui.answers.say import problem, warning
from tui.answers.secret_facts import KEY_ROLES, looks_secret, secret_facts
from tui.answers.tidying import (
    Tidier,
    tidy_base_url,
    tidy_host,
    tidy_id,
    tidy_id_from,
    tidy_key,
    tidy_nothing,
    tidy_text,
)
from tui.net.errors import Remedy
from tui.secrets.references import is_placeholder

LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Role:
    """What a field is for. A key's own shape is judged by `secret_facts`, so its check adds nothing."""

    name: str
    tidy: Tidier
    check: Check = rules.anything


def tidy(variable: Variable, raw: str) -> Tidied:
    """`raw` without what a paste brought along. It may shorten an address: write it back to the input when
    the field is left or after a paste, not while the person types. Raises nothing."""
    return role_of(variable).tidy(raw)


def validate(variable: Variable, value: str, answers: Answers, secrets: Secrets) -> tuple[Finding, ...]:
    """What there is to say about `value`, the worst first; nothing where all is well. Raises nothing.

    Of a secret `variable` the facts in `secrets` are judged; `value` only where there are none. No finding
    holds a secret. `answers` and `secrets` are those of all fields, for what contradicts another answer.
    """
    if variable.secret:
        facts = secrets.get(variable.key) or secret_facts(variable, value)
        return facts.findings if facts.length else _blank(variable, secrets)
    if not value.strip():
        return _blank(variable, secrets)
    if len(value) > LONGEST_ANSWER:
        return (problem(variable, f"Too long: {len(value):,} characters."),)
    if looks_secret(value.strip()):
        return (problem(variable, "This is a key, and no key belongs here.", None, Remedy.CLEAR),)
    if any(is_placeholder(each) for each in (value, *_entries(variable, value))):
        return (problem(variable, "This is a placeholder that was not filled in. Write the value itself."),)
    return tuple(role_of(variable).check(variable, value, answers, secrets))


def _entries(variable: Variable, value: str) -> tuple[str, ...]:
    """The single values of an answer that holds several."""
    return rules.tags_of(value) if variable.role == "config-tags" else ()


def _blank(variable: Variable, secrets: Secrets) -> tuple[Finding, ...]:
    if variable.role == "ld-tag" and not variable.required:
        return (
            warning(variable, "Without a tag, imported flags are known only by key. Undo then needs the audit log."),
        )
    if not variable.required:
        return ()
    remedy = Remedy.CHOOSE_ONE if variable.choices else Remedy.SEE_HELP
    return (problem(variable, f"{variable.label} is missing.", rules.from_key(variable, secrets), remedy),)


def role_of(variable: Variable) -> Role:
    """The role of a field; a secret is never taken for anything but a key."""
    role = ROLES.get(variable.role, ROLES["text"])
    return ROLES["secret"] if variable.secret and role.name not in KEY_ROLES else role


_PROJECT_ADDRESSES = (r"/projects/([^/?#\s]+)", r"launchdarkly\.[a-z]+/([^/?#\s]+)/[^/?#\s]+/features")

ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("text", tidy_text),
        Role("secret", tidy_key),
        Role("boolean", tidy_nothing, rules.boolean),
        Role("choice", tidy_nothing, rules.choice),
        Role("choices", tidy_nothing, rules.choices),
        Role("uri", tidy_id, check_uri),
        Role("ld-token", tidy_key),
        Role("import-key", tidy_key),
        Role("host", tidy_host, check_host),
        Role("project-key", tidy_id_from(*_PROJECT_ADDRESSES), rules.project_key),
        Role("config-name", tidy_text),
        Role("config-tags", tidy_text, rules.tags),
        Role("ld-tag", tidy_id, rules.tag),
        Role("member-id", tidy_id_from(r"/members/([a-f0-9]{24})"), rules.member_id),
        Role("split-key", tidy_key),
        Role("split-workspace", tidy_id_from(r"/ws/([^/?#\s]+)"), rules.split_id),
        Role("split-environment", tidy_id_from(r"/env/([^/?#\s]+)"), rules.split_environment),
        Role("split-tag", tidy_text, rules.split_tag),
        Role("source-api", tidy_base_url, check_uri),
        Role("base-url", tidy_base_url, check_base_url),
        Role("unleash-key", tidy_key),
        Role("unleash-helper", tidy_key),
        Role("source-project", tidy_id_from(r"/projects/([^/?#\s]+)"), rules.source_project),
        Role("source-environment", tidy_id_from(r"[?&]environmentId=([^&#\s]+)"), rules.source_environment),
        Role("unleash-tag", tidy_text, rules.unleash_tag),
    )
}
"""All roles by name. A front may ask for a picker by role; a manifest's guide may name one."""

TOGETHER_IN_AN_ADDRESS: dict[str, tuple[str, ...]] = {
    "split-workspace": ("split-environment",),
    "split-environment": ("split-workspace",),
}
"""The roles whose ids stand in one browser address, that of a flag's page in Split or Harness FME
(`/ws/ID/splits/ID/env/ID`)."""

ROLE_OF_KIND: dict[str, str] = {
    **dict.fromkeys(KINDS, "text"),
    "boolean": "boolean",
    "uri": "uri",
    "enum": "choice",
    "multiselect": "choices",
}
"""What a variable is where nothing tells more than its kind."""
