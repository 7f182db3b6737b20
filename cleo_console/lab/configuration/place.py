"""Where everything of a lab's configuration lies: the remote, a clone to work in, and what runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cleo_console.lab.account import Account
from cleo_console.lab.workspace import Workspace
from journal.errors import CleoError

PATHS = ("configs/dr", "network/dr", "k8s/disaster-recovery")
BRANCH = "main"
_WHO = {
    "GIT_AUTHOR_NAME": "CleoAI Infrastructure",
    "GIT_AUTHOR_EMAIL": "infrastructure@cleoai.example",
    "GIT_COMMITTER_NAME": "CleoAI Infrastructure",
    "GIT_COMMITTER_EMAIL": "infrastructure@cleoai.example",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Place:
    """The configuration of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
    """

    lab: Path
    name: str

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()))

    @property
    def remote(self) -> Path:
        """The bare repository that people push to."""
        return self.lab / self.name / "remote.git"

    @property
    def clone(self) -> Path:
        """The clone that commits are made in."""
        return self.lab / self.name / "clone"

    @property
    def directory(self) -> Path:
        """What runs."""
        return self.lab / self.name / "srv" / "cleoai"

    @property
    def mirror(self) -> Path:
        """The bare repository on the host that cleo fetches into."""
        return self.lab / self.name / "mirror.git"

    def git(self, *words: str, environment: Mapping[str, str] | None = None) -> str:
        """Run git in the clone, and return what it printed.

        Raises:
            CleoError: it failed.
        """
        env = {**self.workspace.environment, **_WHO, **(environment or {})}
        done = subprocess.run(
            ["git", *words], cwd=self.clone, env=env, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise CleoError(f"git {words[0]} failed: {done.stderr.strip()}", "Is git installed?")
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str], subject: str, at: str = "") -> str:
        """Commit files and push them; return the commit's id.

        Args:
            files: what each of them holds, by its path.
            subject: the commit's first line.
            at: its date, as git takes one; empty: now.
        """
        for path, text in files.items():
            (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / path).write_text(text)
        self.git("add", "--all")
        date = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        self.git("commit", "--quiet", "--message", subject, environment=date)
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
        return self.git("rev-parse", "HEAD")
