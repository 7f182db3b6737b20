"""Starting a program as another account without copying our own process first.

Python can give a child another account only by `fork`, which copies the page tables of a process that may be large:
ten times what a short program costs. `setpriv` (util-linux) is started by `vfork` and becomes the account itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import Any

from actions.transport.accounts import Account

_CANNOT_RUN = (126, 127)
_SAYS = b"setpriv: failed to execute "
_ASK_S = 10.0


def switch(argv: Sequence[str], account: Account | None) -> tuple[list[str], dict[str, Any]]:
    """Return the command line, and the arguments for `subprocess`, that run ``argv`` as an account; None: as ours."""
    if account is None:
        return list(argv), {}
    groups = os.getgrouplist(account.name, account.gid)
    if program := _setpriv():
        listed = ",".join(map(str, groups))
        return [program, f"--reuid={account.uid}", f"--regid={account.gid}", f"--groups={listed}", "--", *argv], {}
    return list(argv), {"user": account.uid, "group": account.gid, "extra_groups": groups}


def refused(code: int, err: bytes) -> str:
    """Return why the account may not run its program, where that is what ended it; else an empty string."""
    if code not in _CANNOT_RUN or not err.startswith(_SAYS):
        return ""
    return err.decode("utf-8", "replace").strip().rpartition(": ")[2]


@cache
def _setpriv() -> str:
    """Return the path of a `setpriv` that can do it (busybox's cannot); empty where there is none."""
    program = shutil.which("setpriv", path="/usr/bin:/bin") or ""
    if not program:
        return ""
    ours = [f"--reuid={os.geteuid()}", f"--regid={os.getegid()}", f"--groups={os.getegid()}", "--", "true"]
    try:
        done = subprocess.run([program, *ours], capture_output=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return program if done.returncode == 0 else ""
