"""The escape sequence that puts text into the clipboard of the terminal at the other end, also through tmux and screen.

A terminal takes it (OSC 52) over SSH as it does here, and answers nothing: whether it did cannot be told. Some do not
take it at all (GNOME Terminal, macOS Terminal), xterm only with ``disallowedWindowOps`` unset; many cut it at 74,994
bytes. tmux hands it on with ``set-clipboard on``, or packed as here with ``allow-passthrough on``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

_SCREEN_TAKES = 500
"""Bytes that GNU screen takes in one packed sequence; it knows 768."""


def clipboard_sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return what to write to the terminal.

    Args:
        text: what is copied.
        environ: the environment, which tells whether tmux or screen is in between.
    """
    plain = f"\x1b]52;c;{b64encode(text.encode()).decode()}\a"
    terminal = environ.get("TERM", "")
    if environ.get("TMUX") or terminal.startswith("tmux"):
        return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY") or terminal.startswith("screen"):
        pieces = [plain[at : at + _SCREEN_TAKES] for at in range(0, len(plain), _SCREEN_TAKES)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain
