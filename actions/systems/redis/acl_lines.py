"""The lines of an ACL file or of a configuration that say who may log in: switched off, and on again as before.

A user's rules count from left to right (Redis manual, ACL): ``off`` at the end of the line outweighs all before it, and
taking it off again leaves the line as it was. A server that saves its users in between (ACL SAVE) writes the line anew.
"""

from __future__ import annotations

import hashlib
import re

_OFF = " off"


def line_of(text: str, name: str) -> str:
    """Return a user's line; empty: there is none."""
    return next((line for line in reversed(text.splitlines()) if _is_of(line, name)), "")


def is_off(text: str, name: str) -> bool:
    """Whether a user cannot log in, by these lines. One without a line is not off."""
    off = bool(line_of(text, name))  # a user that a line makes is off until it says on
    for rule in line_of(text, name).split()[2:]:
        if rule in ("on", "off", "reset"):
            off = rule != "on"
    return off


def with_off(text: str, name: str, otherwise: str = "") -> str:
    """Return the text with a user switched off.

    Args:
        text: the lines.
        name: the user.
        otherwise: the line that the user has where there is none, as the server tells it (ACL LIST).
    """
    line = line_of(text, name)
    if not line and otherwise:
        return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{otherwise}{_OFF}\n"
    return _replaced(text, line, f"{line}{_OFF}") if line and not is_off(text, name) else text


def with_on(text: str, name: str, before: str) -> str:
    """Return the text with a user as it was before it was switched off.

    Args:
        text: the lines as they are now.
        name: the user.
        before: the digest of its line as it was (`digest_of`); empty: it had none.
    """
    line = line_of(text, name)
    if not line or not is_off(text, name):
        return text
    if not before and line.endswith(_OFF):
        return "".join(one for one in text.splitlines(keepends=True) if one.rstrip("\n") != line)
    if digest_of(line.removesuffix(_OFF)) == before:
        return _replaced(text, line, line.removesuffix(_OFF))
    rules = [rule for rule in line.split()[2:] if rule not in ("on", "off")]
    return _replaced(text, line, " ".join(["user", name, "on", *rules]))


def digest_of(line: str) -> str:
    """Return what tells a line from every other; it may hold a password, which is written nowhere else."""
    return hashlib.sha256(line.encode()).hexdigest() if line else ""


def _is_of(line: str, name: str) -> bool:
    return bool(re.match(rf"\s*user\s+{re.escape(name)}(?:\s|$)", line))


def _replaced(text: str, line: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    at = max(number for number, one in enumerate(lines) if one.rstrip("\n") == line)
    lines[at] = new + ("\n" if lines[at].endswith("\n") else "")
    return "".join(lines)
