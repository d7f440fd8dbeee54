"""What a command finds around it, so that a test can put its own in place."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tui.context import Context
from tui.secrets import environment
from tui.secrets.keyring import Keyring
from tui.text.private_files import working_folder


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Context, variables, the keyring and the streams of a command; reports are written into `folder`."""

    context: Context = field(default_factory=Context)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    keyring: Keyring = field(default_factory=Keyring)
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    input: TextIO = field(default_factory=lambda: sys.stdin)
    folder: Path = field(default_factory=working_folder)

    def __post_init__(self) -> None:
        for secret in environment.all_secrets(self.environ):
            self.context.redactor.add(secret)
