"""`python -m tui` is the same as `ld-flag-import`."""

import sys

from tui.cli import main

sys.exit(main())
