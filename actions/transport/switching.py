"""Starting a program as another account without copying our own process first.

Python can give a child another account only by `fork`, which copies the page tables of a process that may be large:
five times what a short program costs. `chroot` (coreutils) is started by `vfork`; it changes the account and leaves the
root directory where it is. Unlike `setpriv` it keeps no right of ours while it looks for the program.
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
_ASK_S = 10.0


def switch(argv: Sequence[str], account: Account | None) -> tuple[list[str], dict[str, Any]]:
    """Return the command line, and the arguments for `subprocess`, that run ``argv`` as an account; None: as ours."""
    if account is None:
        return list(argv), {}
    return run_as(argv, account.uid, account.gid, os.getgrouplist(account.name, account.gid))


def run_as(argv: Sequence[str], uid: int, gid: int, groups: Sequence[int]) -> tuple[list[str], dict[str, Any]]:
    """Return the same for an account by its numbers; the working directory stays what it is."""
    if program := _chroot():
        return [program, *_become(uid, gid, groups), *argv], {}
    return list(argv), {"user": uid, "group": gid, "extra_groups": groups}


def refused(code: int, err: bytes) -> str:
    """Return why the account may not run its program, where that is what ended it; else an empty string."""
    if code not in _CANNOT_RUN or not err.startswith(f"{_chroot()}: ".encode()):
        return ""
    return err.decode("utf-8", "replace").strip().rpartition(": ")[2]


def _become(uid: int, gid: int, groups: Sequence[int]) -> list[str]:
    """Return the arguments that change the account by its numbers, and the root directory to itself."""
    return [f"--userspec=+{uid}:+{gid}", f"--groups={','.join(f'+{group}' for group in groups)}", "--skip-chdir", "/"]


@cache
def _chroot() -> str:
    """Return the path of a `chroot` that can do it (busybox cannot, some containers may not); empty: there is none."""
    program = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin") or ""
    ours = _become(os.geteuid(), os.getegid(), [os.getegid()])
    try:
        done = subprocess.run([program, *ours, "true"], capture_output=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return program if done.returncode == 0 else ""
