"""Text that systems and people gave us, made harmless: no escape sequence, control or direction mark is passed on."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC where they end; else only their ESC goes
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def sanitize(text: str) -> str:
    """Return ``text`` as one line that shows what can be seen of it and does nothing."""
    if text.isprintable():
        return text
    text = _ESCAPE.sub("", text).expandtabs(8).replace("\r", " ").replace("\n", " ")
    return "".join(char for char in text if unicodedata.category(char) not in _HIDDEN)


def sanitize_lines(text: str) -> str:
    """Return ``text`` like `sanitize`, keeping its line breaks."""
    return "\n".join(sanitize(line) for line in text.splitlines())
