"""Text that systems gave us, made harmless: no escape sequence, control or direction mark reaches the terminal."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC, DCS, SOS, PM, APC up to their end
    r"|\x1b.?"  # everything else that begins with ESC
    r"|\x9b[0-?]*[ -/]*[@-~]",  # CSI as one C1 byte
    re.DOTALL,
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def inert(text: str) -> str:
    """Return ``text`` as one line that shows what can be seen of it and does nothing."""
    if text.isprintable():
        return text
    text = _ESCAPE.sub("", text).expandtabs(8).replace("\n", " ")
    return "".join(char for char in text if unicodedata.category(char) not in _HIDDEN)


def inert_lines(text: str) -> str:
    """Return ``text`` like `inert`, keeping its line breaks."""
    return "\n".join(inert(line) for line in text.splitlines())
