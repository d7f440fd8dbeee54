"""Lint, format, types, and the direction of imports: `python -m tests.tools.check`. Exits with 1 if one fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("lint-imports",))


def main() -> int:
    """Run every check, also after one has failed."""
    scripts = Path(sys.executable).parent
    failed = []
    for program, *arguments in CHECKS:
        print(f"== {program} {' '.join(arguments)}".rstrip(), flush=True)
        if subprocess.run([scripts / program, *arguments], cwd=ROOT, check=False).returncode:
            failed.append(program)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
