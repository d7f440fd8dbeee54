"""Load what the first screen doesn't need, in a thread while the user reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui.answers import form as forms
from tui.answers import saved_drafts
from tui.apply.heads import FOLDER
from tui.context import Context
from tui.manifests.files import registry
from tui.secrets.keyring import Keyring, can_open_window
from tui.text.redact import Redactor
from tui.wizard.practice import Practice, PracticeFault, values_from
from tui.wizard.session import Session, StartOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tui.wizard.options import Options, PracticeServers


def build(
    options: Options,
    redactor: Redactor,
    log: Callable[[str], None] | None,
    servers: PracticeServers | None,
    folder: Path | None,
    instance: str = "",
) -> Session:
    """Make the session of a walk. Its answers and journals are in `folder`; `instance` is that of the user's settings.

    Practice uses no variable and no keyring.

    Raises ManifestError for a manifest that changed since it was checked.
    """
    built = {key: forms.build(manifest) for key, manifest in registry(options.manifests).items()}
    practice = _practice(servers) if servers else None
    return Session(
        forms=built,
        context=Context(
            redactor=redactor,
            log=log,
            now=options.now,
            timer=options.timer,
            sleep=options.sleep,
            loopback_only=servers is not None,
        ),
        keyring=None if practice else Keyring(window=can_open_window(options.environ)),
        environ={} if practice else options.environ,
        start_options=StartOptions() if practice else StartOptions(options.host, options.project),
        preferred_instance="" if practice else instance,
        draft_path=folder / saved_drafts.FILE if folder is not None else None,
        journals=folder / FOLDER if folder is not None else None,
        practice=practice,
    )


def _practice(servers: PracticeServers) -> Practice:
    faults = cast("Iterable[PracticeFault]", servers.faults())
    addresses = servers.addresses()
    known = tuple(PracticeFault(each.name, each.title, each.explains, each.step, each.teaches) for each in faults)
    return Practice(
        values_from(addresses),
        addresses["launchdarkly"]["url"],
        known,
        servers.set_fault,
        servers.stop,
        lambda: servers.fault,
    )
