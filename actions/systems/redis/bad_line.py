"""What Redis says of a line of its configuration that it refuses: three lines, of which the first names nothing."""

from __future__ import annotations

import re

_SAID = re.compile(r"FATAL CONFIG FILE ERROR.*\n(Reading .*)\n.*?>>> '(\S+)(.*)'\n(.*)")
_HIDES = ("requirepass", "masterauth", "user", "tls-key-file-pass", "tls-client-key-file-pass", "rename-command")
"""Directives whose values are nobody's to read: the line is named without them."""


def bad_line(said: str) -> str:
    """Return which line of its configuration ended a start, and why, in one line; empty: none did.

    Args:
        said: what the server printed (seen on 7.0.15).
    """
    found = _SAID.search(said)
    if not found:
        return ""
    where, directive, value, why = found.groups()
    hidden = " …" if directive.lower() in _HIDES else value
    return f"{where}: {directive}{hidden}: {why.strip()}"
