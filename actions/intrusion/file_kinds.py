"""What of a file is worth a look after a break-in, by its name, kind and mode alone."""

from __future__ import annotations

import re
import stat

_NAMED = re.compile(
    r"(^|/)(authorized_keys2?|\.ssh|\.netrc|\.pgpass|crontabs?|cron\.[a-z]+|\.bash(rc|_profile)|\.profile|\.htaccess"
    r"|sudoers(\.d)?|ld\.so\.preload|rc\.local)(/|$)"
    r"|\.(php\d?|phtml|jspx?|aspx?|cgi|sh|so|service|timer|pth)$"
)


def worth_a_look(path: str, mode: int) -> str:
    """Return what is worth a look in a file, in words; empty: nothing.

    Args:
        path: its path.
        mode: as of ``lstat``, with the file's kind.
    """
    if stat.S_ISDIR(mode):
        return "lets somebody in, or runs" if _NAMED.search(path) else ""
    if stat.S_ISLNK(mode):
        return "a link"
    if not stat.S_ISREG(mode):
        return "a device, pipe or socket"
    marks = (("setuid", stat.S_ISUID), ("setgid", stat.S_ISGID), ("can be run", 0o111))
    words = [word for word, bits in marks if mode & bits]
    words += ["lets somebody in, or runs, by its name"] if _NAMED.search(path) else []
    return ", ".join(words)


def suspect_by_itself(what: str) -> str:
    """Return why a file is suspicious with nothing to compare it with, by `worth_a_look`'s words; empty: it is not."""
    return "is setuid or setgid" if "setuid" in what or "setgid" in what else ""
