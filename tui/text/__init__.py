"""Foreign text made safe to show, and known secrets taken out of any text."""

from tui.text.clean import REPLACEMENT, clean
from tui.text.redact import MASK, Redactor

__all__ = ["MASK", "REPLACEMENT", "Redactor", "clean"]
