"""Calling git: without a terminal, without hooks, and with a deadline."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SAFE = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "gc.auto=0"]
_QUIET: Mapping[str, str] = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "20",
    "LC_ALL": "C",
}
"""Nobody is asked for a password, and a server that stops sending is given up."""


class GitFailed(Exception):
    """git could not do it; the text is its own."""


class Mirror:
    """The bare repository that is ours.

    Args:
        path: where it lies; made by the first fetch.
        deadline_s: seconds that one call of git may take.
    """

    def __init__(self, path: Path, deadline_s: float) -> None:
        self.path = path
        self.deadline_s = deadline_s

    def bytes_of(self, *words: str) -> bytes:
        """Run git on it, and return what it printed.

        Raises:
            GitFailed: it failed, or took too long.
        """
        argv = ["git", *_SAFE, "--git-dir", str(self.path), *words]
        env = {**_QUIET, **os.environ}
        env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10")
        try:
            done = subprocess.run(argv, capture_output=True, env=env, timeout=self.deadline_s, check=False)
        except subprocess.TimeoutExpired:
            raise GitFailed(f"git {words[0]} gave no answer within {self.deadline_s:.0f} s") from None
        except FileNotFoundError:
            raise GitFailed("git is not installed") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitFailed(said[-1] if said else f"git {words[0]} ended with status {done.returncode}")
        return done.stdout

    def ask(self, *words: str) -> str:
        """Return what git printed, as text."""
        return self.bytes_of(*words).decode("utf-8", "replace").strip()

    def holds(self, *words: str) -> bool:
        """Whether git says yes."""
        try:
            self.bytes_of(*words)
        except GitFailed:
            return False
        return True
