"""What the practice LaunchDarkly's resources look like as JSON, after LaunchDarkly's OpenAPI document."""

from __future__ import annotations

from typing import Any

from tui.sandbox.account import ENVIRONMENT_KEYS, Account, Configuration, LdFlag, Member, Project
from tui.sandbox.answers import link
from tui.sandbox.company import STARTED
from tui.sandbox.keys import CONFIGURE, Token, object_id

FLAG_IMPORT = "/api/v2/integration-capabilities/flag-import"
MASKED = "********"

_TARGETING = frozenset({"targets", "contextTargets", "rules", "prerequisites"})
"""What a list of flags leaves out unless it is asked for with `summary=0`."""

SECRETS = {"split": ("workspaceApiKey", "ldApiKey"), "unleash": ("sourceApiKey", "ldApiKey")}


def member_json(member: Member) -> dict[str, Any]:
    shape = {
        "_links": {"self": link(f"/api/v2/members/{member.id}")},
        "_id": member.id,
        "email": member.email,
        "role": member.role,
        "customRoles": list(member.custom),
        "mfa": "disabled",
        "_pendingInvite": member.invited,
        "_verified": not member.invited,
        "_lastSeen": STARTED,
        "creationDate": STARTED,
    }
    names = {"firstName": member.first, "lastName": member.last}
    return shape | {key: name for key, name in names.items() if name}


def member_summary(member: Member) -> dict[str, Any]:
    whole = member_json(member)
    return {key: whole[key] for key in ("_links", "_id", "firstName", "lastName", "role", "email") if key in whole}


def project_json(project: Project, *, whole: bool = False) -> dict[str, Any]:
    """A project; with its naming convention where it was asked for alone (`whole`).

    LaunchDarkly documents the convention for making a project alone. That reading one shows it is assumed here.
    """
    at = f"/api/v2/projects/{project.key}"
    shape: dict[str, Any] = {
        "_links": {"self": link(at), "environments": link(f"{at}/environments")},
        "_id": project.id,
        "key": project.key,
        "name": project.name,
        "tags": list(project.tags),
        "includeInSnippetByDefault": False,
    }
    if whole and project.convention is not None:
        parts = {"case": project.convention.case, "prefix": project.convention.prefix}
        shape["namingConvention"] = {name: text for name, text in parts.items() if text}
    return shape


def environment_json(project: Project, key: str) -> dict[str, Any]:
    """Its keys are masked: nobody needs them here."""
    number = int(project.id[-6:], 16) * 10 + ENVIRONMENT_KEYS.index(key)
    return {
        "_links": {"self": link(f"/api/v2/projects/{project.key}/environments/{key}")},
        "_id": object_id("environment", number),
        "key": key,
        "name": key.capitalize(),
        "apiKey": f"sdk-{MASKED}",
        "mobileKey": f"mob-{MASKED}",
        "color": "417505",
        "defaultTtl": 0,
        "secureMode": False,
        "defaultTrackEvents": False,
        "requireComments": False,
        "confirmChanges": key == "production",
        "tags": [],
        "critical": key == "production",
    }


def flag_json(
    account: Account, project: str, flag: LdFlag, *, environments: tuple[str, ...] = (), targeting: bool = True
) -> dict[str, Any]:
    """A flag with its state in `environments`, and there with prerequisites, targets and rules if `targeting`."""
    variations = [
        {"_id": object_id("variation", n), "value": value} | ({"name": name} if name else {})
        for n, (value, name) in enumerate(flag.variations)
    ]
    shape: dict[str, Any] = {
        "_links": {
            "self": link(f"/api/v2/flags/{project}/{flag.key}"),
            "parent": link(f"/api/v2/flags/{project}"),
        },
        "key": flag.key,
        "name": flag.name,
        "kind": flag.kind,
        "description": flag.description,
        "variations": variations,
        "defaults": {"onVariation": flag.on, "offVariation": flag.off},
        "tags": list(flag.tags),
        "temporary": True,
        "archived": flag.archived,
        "deprecated": False,
        "creationDate": flag.created,
        "_version": flag.version,
        "customProperties": {},
        "experiments": {"baselineIdx": 0, "items": []},
    }
    maintainer = account.member(flag.maintainer) if flag.maintainer else None
    if maintainer:
        shape |= {"maintainerId": maintainer.id, "_maintainer": member_summary(maintainer)}
    if environments:
        shape["environments"] = {key: _state(project, flag, key, targeting) for key in environments}
    return _without(shape, flag.lacks)


def _without(shape: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if key not in names}


def _state(project: str, flag: LdFlag, environment: str, targeting: bool) -> dict[str, Any]:
    state = flag.state(environment)
    shape = {
        "on": state.on,
        "archived": flag.archived,
        "salt": "5a4db0c5",
        "sel": "5a4db0c5",
        "lastModified": state.modified,
        "version": state.version,
        "targets": list(state.targets),
        "contextTargets": list(state.context_targets),
        "rules": list(state.rules),
        "fallthrough": {"variation": flag.on if state.fallthrough is None else state.fallthrough},
        "offVariation": flag.off if state.off is None else state.off,
        "prerequisites": [{"key": key, "variation": 0} for key in state.requires],
        "_site": link(f"/{project}/{environment}/features/{flag.key}"),
        "_environmentName": environment.capitalize(),
        "trackEvents": False,
        "trackEventsFallthrough": False,
    }
    return _without(shape, flag.lacks if targeting else flag.lacks | _TARGETING)


def configuration_json(configuration: Configuration, token: Token, *, whole: bool) -> dict[str, Any]:
    """One configuration. Only the answer for a single one (`whole`) has its config, with the secrets masked.

    How LaunchDarkly hands secrets back is not known; that they are masked is this server's choice.
    """
    secrets = SECRETS[configuration.integration]
    config = {key: MASKED if key in secrets else value for key, value in configuration.config.items()}
    at = f"{FLAG_IMPORT}/{configuration.project}/{configuration.integration}"
    return {
        "_links": {
            "self": link(f"{at}/{configuration.id}"),
            "parent": link(FLAG_IMPORT),
            "project": link(f"/api/v2/projects/{configuration.project}"),
        },
        "_id": configuration.id,
        "integrationKey": configuration.integration,
        "projectKey": configuration.project,
        "config": config if whole else {},
        "tags": list(configuration.tags),
        "name": configuration.name,
        "version": configuration.version,
        "_access": _access(token),
        "_status": configuration.stale if configuration.stale_looks else status_json(configuration),
    }


def status_json(configuration: Configuration) -> dict[str, Any]:
    times = {"lastImport": configuration.last_import, "lastError": configuration.last_error}
    return {
        "status": configuration.status,
        "errors": list(configuration.errors),
        **{name: time for name, time in times.items() if time is not None},
    }


def _access(token: Token) -> dict[str, Any]:
    """The names of the actions are a guess: LaunchDarkly does not document them for this resource."""
    may = CONFIGURE in token.rights
    reason = {"effect": "allow" if may else "deny", "resources": ["integration/*"], "role_name": token.role}
    actions = [{"action": name, "reason": reason} for name in ("updateConfiguration", "deleteIntegration")]
    return {"denied": [] if may else actions, "allowed": actions if may else []}
